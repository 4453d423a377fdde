"""Life cycles of regimes over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes, give_way
from xdsc.plot.statistics.dates import MONTHS, MOST, SHORT, days_since_first
from xdsc.plot.statistics.one_index import with_one_index
from xdsc.plot.style import ink, missing, pyplot, regime_colours, regime_names
from xdsc.statistics.index.life_cycles import life_cycles as life_cycles_of
from xdsc.statistics.index.regime_index import regime_index as regime_index_of
from xdsc.statistics.index.standardised import INDEX
from xdsc.statistics.sequence.seasons import seasons_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MONTH = 30.44  # days
_BELOW = 0.1  # of the height of the caller's axes, between them and the legend
_WIDE, _INCHES = 100, 8.0  # letters above the figure, and its width


def life_cycles(
    ds: xr.Dataset,
    *,
    threshold: float | None = None,
    min_duration: str | float | None = None,
    variable: str | None = None,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw the life cycles of each year, or season, over its days.

    A row is a year, or the season that the regimes are of, and has a lane for each regime. A bar is
    a life cycle, a dot its peak; an end with an arrow is cut off by the record. Grey days are
    those with an index.

    Parameters
    ----------
    ds : Dataset
        What `xdsc.regime_index` returns; or labelled data, which it is asked of.
    threshold, min_duration, variable
        As for `xdsc.life_cycles`.
    ax : Axes, optional
        To draw on, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of the figure in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **arguments
        Others of `xdsc.life_cycles`.

    Returns
    -------
    Figure
        Of matplotlib. The legend has the number of life cycles and their mean duration.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.life_cycles`; or there are members, or the index has no value, as of one
        regime.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> index = xdsc.regime_index(ds, "regime", variable="t2m")
    >>> fig = xdsc.plot.life_cycles(index, min_duration="2D")
    >>> len(fig.legends[0].get_texts())
    3
    """
    pyplot()
    known(life_cycles, arguments, life_cycles_of)
    wishes = Wishes(ax, figsize, size, aspect, title)
    from matplotlib.patches import Patch

    if INDEX not in ds:
        ds = regime_index_of(ds, variable=variable, preprocessor=arguments.get("preprocessor"))
    ds = with_one_index(ds)
    index = ds[INDEX]
    events, _ = life_cycles_of(ds, threshold, min_duration, **arguments)
    names, colours = regime_names(index[CLUSTER]), regime_colours(index[CLUSTER])
    k, time = len(names), index[index.dims[0]]
    there = np.isfinite(index.values).any(axis=1)
    rows, start, ticks = _rows(time, there)
    days = days_since_first(time)
    place = {value: i for i, value in enumerate(time.values.tolist())}
    step = float(np.median(np.diff(days))) if days.size > 1 else 1.0
    canvas = Canvas.one(wishes, (8.0, 0.9 + max(0.32, 0.09 * k + 0.06) * len(start)))
    (panel,) = canvas.panels
    for row, origin in enumerate(start.values()):
        inside = days[there & (rows == row)] - origin
        panel.barh(
            np.full(inside.size, row), step, 0.9, inside - step / 2, color=missing(), alpha=0.5
        )
    lane = 0.86 / k
    numbers = index[CLUSTER].values
    for i in range(events.sizes["event"]):
        one = events.isel(event=i)
        regime = int(np.flatnonzero(numbers == one[CLUSTER].values)[0])
        first, peak, last = (
            place[one[name].values.tolist()] for name in ("onset", "peak", "decay")
        )
        row = int(rows[first])
        origin = list(start.values())[row]
        y = row - 0.43 + (regime + 0.5) * lane
        begin, end = days[first] - origin - step / 2, days[last] - origin + step / 2
        panel.barh(y, end - begin, 0.9 * lane, begin, color=colours[regime])
        panel.plot(days[peak] - origin, y, "o", ms=2.2, color=ink(colours[regime]), mew=0)
        for cut, x, mark in (("onset", begin, 8), ("decay", end, 9)):
            if one[f"{cut}_censored"]:  # matplotlib's 8 and 9 are carets to the left and right
                panel.plot(x, y, marker=mark, ms=4, color=colours[regime], mew=0)
    panel.set_yticks(range(len(start)), [str(name) for name in start])
    panel.set_ylim(len(start) - 0.5, -0.5)
    panel.set_xticks(list(ticks), list(ticks.values()))
    panel.tick_params(length=0, labelsize="small")
    panel.tick_params(axis="x", length=3)
    panel.spines[["top", "right", "left"]].set_visible(False)
    texts = []
    for name, number in zip(names, numbers, strict=True):
        mine = events["duration"].values[events[CLUSTER].values == number]
        mean = f", mean {mine.mean():.1f} days" if mine.size else ""
        texts.append(f"{name} · {mine.size}{mean}")
    handles = [Patch(color=colour, label=text) for colour, text in zip(colours, texts, strict=True)]
    where: dict[str, Any] = {"loc": f"outside {'lower' if title else 'upper'} center"}
    width = 1.0
    if not canvas.own:  # above is the title of the axes
        where = {"loc": "upper center", "bbox_to_anchor": (0.5, -_BELOW)}
        width = panel.bbox.width / panel.figure.dpi / _INCHES
    legend = (canvas.figure if canvas.own else panel).legend(
        handles=handles,
        ncols=max(1, min(k, int(_WIDE * width) // (max(map(len, texts)) + 6))),
        frameon=False,
        fontsize="small",
        **where,
    )
    if not canvas.own:
        give_way(panel, legend, below=True, apart=_BELOW)
    return canvas.root


def _rows(time: xr.DataArray, known: Any) -> tuple[Any, dict[Any, float], dict[float, str]]:
    """Row of each of T time steps, where each row begins, in days, and names of months or days."""
    seasons = seasons_in(time, known)
    calendar = time.dt.year.values
    years = seasons.year if len(seasons.names) == 1 else calendar
    names = np.unique(years[known])
    rows = np.where(known, np.searchsorted(names, years), -1)
    days, day = days_since_first(time), time.dt.day.values
    # Months since that with which the season, or the year, begins.
    order = 12 * (calendar - years) + time.dt.month.values
    first_month = int(order[known].min())
    order = order - first_month
    origin: dict[Any, float] = {}
    places: dict[int, list[float]] = {}
    for row, name in enumerate(names):
        mine = np.flatnonzero(rows == row)
        # A row that begins late has its place among the others.
        origin[name] = days[mine[0]] - day[mine[0]] + 1 - _MONTH * order[mine[0]]
        for value in np.unique(order[mine]):
            at = mine[order[mine] == value][0]
            places.setdefault(int(value), []).append(days[at] - day[at] + 1 - origin[name])
    starts = {value: float(np.median(found)) for value, found in places.items()}
    dates = np.unique(np.stack([order, day], axis=1)[known], axis=0).tolist()
    first, last = (starts[value] + number for value, number in (dates[0], dates[-1]))
    months = {value: MONTHS[(value + first_month - 1) % 12] for value in starts}
    if last - first > SHORT:
        return rows, origin, {start: months[value] for value, start in starts.items()}
    chosen = dates[:: -(-len(dates) // MOST)]
    texts = {starts[value] + number - 1: f"{number} {months[value]}" for value, number in chosen}
    return rows, origin, texts
