"""The index of each regime over time, and the life cycles that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.cf import run_of
from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.statistics.dates import days_since_first, write_dates
from xdsc.plot.statistics.one_index import with_one_index
from xdsc.plot.style import pyplot, regime_colours, regime_names, tone
from xdsc.statistics.index.life_cycles import life_cycles as life_cycles_of
from xdsc.statistics.index.regime_index import regime_index as regime_index_of
from xdsc.statistics.index.standardised import INDEX
from xdsc.statistics.sequence.seasons import WHOLE, seasons_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: More time steps than these are no lines that can be followed.
_MOST = 400


def regime_index(
    ds: xr.Dataset,
    period: slice | tuple[Any, Any] | str | None = None,
    *,
    threshold: float = 1.0,
    min_duration: str | float | None = None,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw the index of each regime over time, and below it the life cycles.

    A bar is a life cycle, from its first to its last time step, dark where the regime is the active
    one with the largest index; a dot on the line is its peak. An end without an edge is cut off by
    the record.

    Parameters
    ----------
    ds : Dataset
        What `xdsc.regime_index` returns; or labelled data, which it is asked of.
    period : slice, pair of dates or str, optional
        What to draw, as ("2003-12", "2004-02") or "2004"; by default all of up to 400 time steps,
        and of a longer record its last whole season.
    threshold, min_duration
        As for `xdsc.life_cycles`, which are found in the whole record.
    axes : two Axes, optional
        To draw on, the index on the first and life cycles on the second, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Mean height of the two panels in inches, and their width over it.
    title : str, optional
        Of the figure.
    **arguments
        Of `xdsc.regime_index`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.regime_index` and `xdsc.life_cycles`; or the period has no time step, there
        are members, or the index has no value, as of one regime.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> fig = xdsc.plot.regime_index(ds, labels="regime", variable="t2m", min_duration="2D")
    >>> [label.get_text() for label in fig.axes[1].get_yticklabels()]
    ['regime 0', 'regime 1', 'regime 2']
    """
    pyplot()
    known(regime_index, arguments, regime_index_of)
    wishes = Wishes(axes, figsize, size, aspect, title)
    found = with_one_index(ds if INDEX in ds else regime_index_of(ds, **arguments))
    index = found[INDEX]
    events, labels = life_cycles_of(found, threshold, min_duration)
    dim = str(index.dims[0])
    shown = _period(index, dim, period)
    index, labels = index.isel({dim: shown}), labels.isel({dim: shown})
    names, colours = regime_names(index[CLUSTER]), regime_colours(index[CLUSTER])
    k, time = len(names), index[dim]
    canvas = Canvas.many(
        *(2, 1, wishes),
        panel=(8.0, 1.5 + 0.11 * k),
        margins=(0.0, 0.0),
        sharex=True,
        height_ratios=(2.4, 0.22 * k),
        layout="constrained",
    )
    panel, bars = canvas.panels
    days = days_since_first(time)
    runs = run_of(time.values)
    for regime, (name, colour) in enumerate(zip(names, colours, strict=True)):
        for run in np.unique(runs):
            there = runs == run
            panel.plot(
                days[there],
                index.values[there, regime],
                color=colour,
                lw=1.4,
                label=name if run == runs[0] else None,
            )
    panel.axhline(threshold, color=tone(0.35), lw=0.9, ls="--", zorder=0)
    panel.axhline(0, color=tone(0.8), lw=0.7, zorder=0)
    panel.set_ylabel("regime index", fontsize="small")
    step = float(np.median(np.diff(days))) if days.size > 1 else 1.0
    origin = time.values[0]
    numbers = index[CLUSTER].values
    inside = events.isel(
        event=((events["decay"] >= time[0]) & (events["onset"] <= time[-1])).values
    )
    for i in range(inside.sizes["event"]):
        one = inside.isel(event=i)
        row = int(np.flatnonzero(numbers == one[CLUSTER].values)[0])
        begin, peak, end = (_days(one[name].values, origin) for name in ("onset", "peak", "decay"))
        bars.barh(row, end - begin + step, 0.72, begin - step / 2, color=colours[row], alpha=0.35)
        for edge, cut in ((begin - step / 2, "onset"), (end + step / 2, "decay")):
            if not one[f"{cut}_censored"]:
                bars.vlines(edge, row - 0.36, row + 0.36, color=colours[row], lw=1.2)
        panel.plot(peak, float(one["maximum"]), "o", ms=4, color=colours[row], mec=tone(1), mew=0.6)
    for row, number in enumerate(numbers):
        active = days[labels.values == number]
        bars.barh(np.full(active.size, row), step, 0.72, active - step / 2, color=colours[row])
    bars.set_yticks(range(k), names)
    bars.set_ylim(k - 0.5, -0.5)
    for one_panel in (panel, bars):
        one_panel.set_xlim(days[0] - step, days[-1] + step)
        write_dates(one_panel, time)
    panel.tick_params(labelbottom=False)
    for one_panel in (panel, bars):
        one_panel.spines[["top", "right"]].set_visible(False)
        one_panel.tick_params(labelsize="small")
    bars.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", length=0)
    return canvas.root


def _period(index: xr.DataArray, dim: str, period: Any) -> Any:
    """Which time steps to draw, (T,)."""
    time, chosen = index[dim], np.zeros(index.sizes[dim], dtype=bool)
    if period is None:
        if chosen.size <= _MOST:
            return ~chosen
        known = np.isfinite(index.values).any(axis=1)
        block = seasons_in(time, known).block
        number = np.bincount(block[known])
        return known & (block == np.flatnonzero(number >= WHOLE * number.max())[-1])
    whole = f"period={(str(time.values[0])[:10], str(time.values[-1])[:10])}"
    ends = period if isinstance(period, slice | tuple | list) else (period, period)
    try:
        limits = ends if isinstance(ends, slice) else slice(*ends)
        chosen[time.to_index().slice_indexer(limits.start, limits.stop)] = True
    except (TypeError, ValueError, KeyError) as error:
        raise ParameterError(
            message("period= as two dates", f"{period!r}", f"pass e.g. {whole}")
        ) from error
    if not chosen.any():
        raise ParameterError(
            message(
                f"a period from {time.values[0]} to {time.values[-1]}",
                f"{period!r}",
                f"choose another one, at most {whole}",
            )
        )
    return chosen


def _days(date: Any, origin: Any) -> float:
    """Days from one date to another."""
    dates = np.array([origin, date[()] if isinstance(date, np.ndarray) else date])
    return float(days_since_first(xr.DataArray(dates, dims="date"))[1])
