"""How long regimes last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.plot.arguments import checked_columns, known
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.style import pyplot, regime_colours, regime_names, tone, wrapped
from xdsc.statistics.sequence.persistence import persistence as persistence_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def persistence(
    ds: xr.Dataset | xr.DataArray,
    *,
    col_wrap: int | None = None,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw the share of events of each regime that last longer, on a logarithmic axis.

    There the geometric law, of regimes without a memory, is a straight line; it is dashed. The
    p-value says how well events go with it.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    col_wrap : int, optional
        Number of panels in a row; by default up to 4.
    axes : array of Axes, optional
        To draw on, one for each panel, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of each panel in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **arguments
        Of `xdsc.persistence`.

    Returns
    -------
    Figure
        Of matplotlib; a panel for each regime.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.persistence`.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2001-01-01", periods=90)
    >>> labels = xr.DataArray(time.day // 4 % 2, {"time": time}, ("time",))
    >>> fig = xdsc.plot.persistence(labels, n=50, random_state=0)
    >>> fig.axes[0].get_title()
    'regime 0'
    """
    pyplot()
    known(persistence, arguments, persistence_of)
    n_columns = checked_columns(col_wrap) or 4
    found = persistence_of(ds, **arguments)
    k = found.sizes[CLUSTER]
    canvas = Canvas.many(
        *(k, min(k, n_columns), Wishes(axes, figsize, size, aspect, title)),
        panel=(2.3, 2.1),
        margins=(0.4, 0.3),
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    names, colours = regime_names(found[CLUSTER]), regime_colours(found[CLUSTER])
    days = found["duration"].values
    lowest = 0.5 / max(int(found["n_events"].max()), 1)
    for i, panel in enumerate(canvas.panels):
        one = found.isel({CLUSTER: i})
        share, law = one["survival"].values, one["survival_geometric"].values
        panel.plot(days, np.where(law > 0, law, np.nan), "--", color=tone(0.35), lw=1)
        panel.plot(days, np.where(share > 0, share, np.nan), "o", ms=3, color=colours[i], mew=0)
        panel.set_yscale("log")
        panel.set_ylim(lowest, 1.3)
        panel.set_title(wrapped(names[i], canvas.small_letters), fontsize="small")
        mean, p = float(one["mean_duration"]), float(one["p_value"])
        lines = [f"{int(one['n_events'])} events", f"mean {mean:.3g} days", f"p = {p:.2f}"]
        there = [line for line in lines if "nan" not in line]
        panel.text(
            *(0.97, 0.97, "\n".join(there)),
            transform=panel.transAxes,
            ha="right",
            va="top",
            fontsize="x-small",
        )
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize="small")
    if not found["n_events"].any():  # of which matplotlib would make thousandths of a day
        for panel in canvas.panels:
            panel.set(xticks=[], yticks=[])
            panel.minorticks_off()
    _name_axes(canvas)
    return canvas.root


def _name_axes(canvas: Canvas) -> None:
    """What is along the axes: once for a figure of its own, else at each of the panels."""
    x, y = "duration (days)", "share of events that last longer"
    if canvas.own:
        canvas.figure.supxlabel(x, fontsize="small")
        canvas.figure.supylabel(y, fontsize="small")
        return
    for i, panel in enumerate(canvas.panels):
        panel.set_xlabel(x, fontsize="small")
        if i % canvas.n_columns == 0:
            panel.set_ylabel(y, fontsize="small")
