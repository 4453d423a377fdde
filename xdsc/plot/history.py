"""How training went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.style import palette, pyplot, tone

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# These have the first colours, whatever the other curves are.
_COLOURED = ("reconstruction_loss", "clustering_loss", "label_change", "held_out_agreement")

#: Curves that are shares, and what their axis is called.
_SHARES = {"label_change": "changed\nlabels", "held_out_agreement": "agreement\nheld out"}
_SHADE = 0.93


def history(
    training: xr.Dataset,
    *,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
) -> Figure:
    r"""Draw the losses and the label changes of a training run, epoch by epoch.

    Parameters
    ----------
    training : Dataset
        With ``phase``, ``label_change`` (fraction of the time steps, 0 to 1) and at least one loss,
        as ``reconstruction_loss`` and ``clustering_loss``, over ``epoch``; NaN where an epoch has
        none. A curve without a value is left out. Epochs of pretraining (whose phase begins with
        "pretrain" or "layer") are shaded, what is "untrained" is left out: its loss is so large
        that the rest would look flat.
    axes : array of Axes, optional
        To draw on, one for each panel, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of each panel in inches, and its width over its height.
    title : str, optional
        Of the figure.

    Returns
    -------
    Figure
        Of matplotlib; a panel for each curve.

    Raises
    ------
    InputError
        A curve is missing, or no epoch has a value.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> training = xr.Dataset(
    ...     {
    ...         "phase": ("epoch", ["untrained", "pretrain", "joint", "joint"]),
    ...         "reconstruction_loss": ("epoch", [9.0, 1.0, 0.5, 0.4]),
    ...         "label_change": ("epoch", [float("nan"), float("nan"), 0.2, 0.0]),
    ...     },
    ...     coords={"epoch": range(4)},
    ... )
    >>> fig = xdsc.plot.history(training)
    >>> [panel.get_ylabel().replace("\n", " ") for panel in fig.axes]
    ['reconstruction loss', 'changed labels']
    """
    losses = [str(name) for name in training.variables if str(name).endswith("_loss")]
    missing = sorted({"phase", "label_change"} - set(training.variables))
    if missing or not losses:
        raise InputError(
            message(
                "a training history with 'phase', 'label_change' and a loss, as "
                "'reconstruction_loss'",
                f"a Dataset without {missing or 'a loss'}",
                "pass ds.dsc.history or model.history_",
            )
        )
    pyplot()
    training = training.isel(epoch=training["phase"].values != "untrained")
    curves = {
        name: values
        for name in (*losses, *_SHARES)
        if name in training
        if np.isfinite(values := training[name].values.astype(float)).any()
    }
    if not curves:
        raise InputError(
            message(
                "a training run of one epoch or more",
                f"{training.sizes['epoch']} epochs with a value",
                "fit with epochs= above 0",
            )
        )
    epoch = training["epoch"].values
    n = len(curves)
    canvas = Canvas.many(
        *(n, 1, Wishes(axes, figsize, size, aspect, title)),
        panel=(6.5, 1.5),
        margins=(0, 0.5),
        sharex=True,
        layout="constrained",
    )
    panels = dict(zip(curves, canvas.panels, strict=True))
    coloured = (*_COLOURED, *(name for name in losses if name not in _COLOURED))
    colours = dict(zip(coloured, palette(len(coloured)), strict=True))
    for name, panel in panels.items():
        values = curves[name]
        known = np.isfinite(values)
        # Few points, as of label changes at each refresh, would be lost as a line alone.
        marker = "o" if known.sum() <= 60 else ""
        panel.plot(epoch[known], values[known], color=colours[name], marker=marker, markersize=3)
        # Room above, so that a curve that hardly falls does not lie on the edge.
        panel.set_ylim(0, 1.12 * float(values[known].max()) or 1)
        panel.set_ylabel(
            _SHARES[name]
            if name in _SHARES
            else f"{name.removesuffix('_loss').replace('_', ' ')}\nloss"
        )
        panel.grid(axis="y", color=tone(0.9))
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        if name in _SHARES:
            panel.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    last = canvas.panels[-1]
    last.set_xlabel("epoch")
    last.locator_params(axis="x", integer=True)
    if len(epoch) == 1:
        last.set_xlim(epoch[0] - 1, epoch[0] + 1)
    _shade(list(panels.values()), epoch, training["phase"].values.astype(str))
    return canvas.root


def _shade(panels: list[Any], epoch: Any, phase: Any) -> None:
    """Shade each phase of pretraining, and name it above the curves."""
    blocks = _blocks(epoch, phase)
    layers = [block for block in blocks if block[0].startswith("layer")]
    for i, (_, first, last) in enumerate(blocks):
        for panel in panels:
            panel.axvspan(first - 0.5, last + 0.5, color=tone(_SHADE), lw=0, zorder=0)
            if i:
                panel.axvline(first - 0.5, color=tone(1), lw=2, zorder=0.5)
    named = [("pretraining", first, last) for name, first, last in blocks if "layer" not in name]
    if layers:
        named.append(("layer by layer", layers[0][1], layers[-1][2]))
    for text, first, last in named:
        panels[0].text(
            (first + last) / 2,
            1.02,
            text,
            ha="center",
            va="bottom",
            fontsize="small",
            transform=panels[0].get_xaxis_transform(),
        )


def _blocks(epoch: Any, phase: Any) -> list[tuple[str, float, float]]:
    """Phases of pretraining with their first and last epoch."""
    edges = np.flatnonzero(phase[1:] != phase[:-1]) + 1
    runs = np.split(np.arange(len(phase)), edges) if len(phase) else []
    return [
        (str(phase[run[0]]), float(epoch[run[0]]), float(epoch[run[-1]]))
        for run in runs
        if str(phase[run[0]]).startswith(("pretrain", "layer"))
    ]
