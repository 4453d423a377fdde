"""How long regimes last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.plot.style import pyplot, regime_colours, regime_names, subplots
from xdsc.statistics.sequence.persistence import persistence as persistence_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def persistence(ds: xr.Dataset | xr.DataArray, **arguments: Any) -> Figure:
    """Draw the share of events of each regime that last longer, on a logarithmic axis.

    There the geometric law, of regimes without a memory, is a straight line; it is dashed. The
    p-value says how well events go with it.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
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
    found = persistence_of(ds, **arguments)
    k = found.sizes[CLUSTER]
    columns = min(k, 4)
    rows = -(-k // columns)
    fig, grid = subplots(
        rows,
        columns,
        figsize=(2.3 * columns + 0.4, 2.1 * rows + 0.3),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for spare in list(grid.flat)[k:]:
        spare.remove()
    names, colours = regime_names(found[CLUSTER]), regime_colours(found[CLUSTER])
    days = found["duration"].values
    lowest = 0.5 / max(int(found["n_events"].max()), 1)
    for i, panel in enumerate(list(grid.flat)[:k]):
        one = found.isel({CLUSTER: i})
        share, law = one["survival"].values, one["survival_geometric"].values
        panel.plot(days, np.where(law > 0, law, np.nan), "--", color="0.35", lw=1)
        panel.plot(days, np.where(share > 0, share, np.nan), "o", ms=3, color=colours[i], mew=0)
        panel.set_yscale("log")
        panel.set_ylim(lowest, 1.3)
        panel.set_title(names[i], fontsize="small")
        mean, p = float(one["mean_duration"]), float(one["p_value"])
        lines = [f"{int(one['n_events'])} events", f"mean {mean:.3g} days", f"p = {p:.2f}"]
        known = [line for line in lines if "nan" not in line]
        panel.text(
            *(0.97, 0.97, "\n".join(known)),
            transform=panel.transAxes,
            ha="right",
            va="top",
            fontsize="x-small",
        )
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize="small")
    fig.supxlabel("duration (days)", fontsize="small")
    fig.supylabel("share of events that last longer", fontsize="small")
    return fig
