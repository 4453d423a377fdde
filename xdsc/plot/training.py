"""How training went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.plot.style import palette, pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CURVES = {
    "reconstruction_loss": "reconstruction\nloss",
    "clustering_loss": "clustering loss\n(KL divergence)",
    "label_change": "changed\nlabels",
}
_SHADE = "0.93"


def history(training: xr.Dataset) -> Figure:
    """Draw the losses and the label changes of a training run, epoch by epoch.

    Parameters
    ----------
    training : Dataset
        With ``reconstruction_loss``, ``clustering_loss`` (Kullback-Leibler divergence) and
        ``label_change`` (fraction of the time steps, 0 to 1) over ``epoch``; NaN where an epoch
        has none. Epochs with ``phase`` "pretrain" are shaded, what is "untrained" is left out:
        its loss is so large that the rest would look flat.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        A curve is missing.
    """
    if missing := sorted({*_CURVES, "phase"} - set(training.variables)):
        raise InputError(
            message(
                f"a training history with {sorted({*_CURVES, 'phase'})}",
                f"a Dataset without {missing}",
                "pass ds.dsc.history or model.history_",
            )
        )
    plt = pyplot()
    training = training.isel(epoch=training["phase"].values != "untrained")
    epoch = training["epoch"].values
    fig: Figure
    fig, panels = plt.subplots(3, figsize=(6.5, 5.0), sharex=True, layout="constrained")
    for panel, (name, text), colour in zip(panels, _CURVES.items(), palette(3), strict=True):
        values = training[name].values.astype(float)
        known = np.isfinite(values)
        # Few points, as of label changes at each refresh, would be lost as a line alone.
        marker = "o" if known.sum() <= 60 else ""
        panel.plot(epoch[known], values[known], color=colour, marker=marker, markersize=3)
        panel.set_ylim(bottom=0)
        panel.set_ylabel(text)
        panel.grid(axis="y", color="0.9")
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
    panels[2].yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    panels[2].set_xlabel("epoch")
    panels[2].xaxis.get_major_locator().set_params(integer=True)

    pretraining = epoch[training["phase"].values == "pretrain"]
    if pretraining.size:
        for panel in panels:
            panel.axvspan(
                pretraining.min() - 0.5, pretraining.max() + 0.5, color=_SHADE, lw=0, zorder=0
            )
        panels[0].text(
            pretraining.mean(),
            0.97,
            "pretraining",
            ha="center",
            va="top",
            fontsize="small",
            transform=panels[0].get_xaxis_transform(),
        )
    return fig
