"""How often each regime occurs, over the calendar or over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import xarray as xr

from xdsc.arguments import one_of
from xdsc.labels import CLUSTER
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes, legend_size
from xdsc.plot.statistics.calendar_layouts import season_of
from xdsc.plot.style import percent, pyplot, regime_colours, regime_names, tone, wrapped
from xdsc.statistics.sequence.frequency import Part
from xdsc.statistics.sequence.frequency import frequency as frequency_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

_LONG = 15
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def frequency(
    ds: xr.Dataset | xr.DataArray,
    by: Part | None = "month",
    *,
    ax: Any = None,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw how often each regime occurs.

    By month, season or hour, or of the whole record, as bars that sum to 100 %; of one season its
    months alone, in their order. By "year" or "season-year" as a panel for each regime, and season,
    with its trend: a line that is dashed where Mann-Kendall's p-value is 0.05 or more.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    by : {"month", "season", "year", "season-year", "hour"} or None, default "month"
        As for `xdsc.frequency`.
    ax : Axes, optional
        To draw the bars on.
    axes : array of Axes, optional
        To draw on, one for each panel, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of each panel in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **arguments
        Others of `xdsc.frequency`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.frequency`.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2001-01-01", periods=90)
    >>> labels = xr.DataArray(time.day % 2, {"time": time}, ("time",))
    >>> fig = xdsc.plot.frequency(labels)
    >>> [label.get_text() for label in fig.axes[0].get_xticklabels()]
    ['Jan', 'Feb', 'Mar']
    """
    pyplot()
    one_of("by", by, (*get_args(Part), None))
    known(frequency, arguments, frequency_of)
    wishes = Wishes(ax if axes is None else axes, figsize, size, aspect, title)
    if by in ("year", "season-year"):
        return _over_years(frequency_of(ds, by=by, **{"trend": True} | arguments), wishes)
    return _bars(frequency_of(ds, by=by, **arguments), by, wishes)


def _bars(found: xr.Dataset, by: Part | None, wishes: Wishes) -> Figure:
    """Stacked bars, the first regime at the bottom."""
    found = found if by is None else _where_labels_are(found, by)
    share = 100 * found["frequency"].values.reshape(-1, found.sizes[CLUSTER])
    values: list[Any] = [""] if by is None else found[by].values.tolist()
    names = [_MONTHS[value - 1] if by == "month" else str(value) for value in values]
    colours, words = regime_colours(found[CLUSTER]), regime_names(found[CLUSTER])
    total = found["n_frames"].values.reshape(share.shape).sum(axis=0)
    labels = [f"{w} · {percent(n / total.sum())}" for w, n in zip(words, total, strict=True)]
    width, height = legend_size(labels)
    size = (max(3.5, 0.42 * len(names) + 0.8 + width), max(3.0, height))
    canvas = Canvas.one(wishes, size)
    (panel,) = canvas.panels
    bottom = np.zeros(len(share))
    for i, (colour, label) in enumerate(zip(colours, labels, strict=True)):
        panel.bar(range(len(share)), share[:, i], 0.85, bottom, color=colour, label=label)
        bottom += np.nan_to_num(share[:, i])
    panel.set_xticks(range(len(names)), names)
    panel.set(ylim=(0, 100), ylabel="time steps (%)", xlabel="hour" if by == "hour" else "")
    _plain(panel)
    handles, texts = panel.get_legend_handles_labels()
    canvas.legend(handles[::-1], texts[::-1])
    return canvas.root


def _where_labels_are(found: xr.Dataset, by: Part) -> xr.Dataset:
    """Months of the one season that has labels, in its order; seasons and hours that have any."""
    there = found[by].values[found["n_frames"].sum(CLUSTER).values > 0]
    if by == "month":
        return found.sel({by: season_of(there) or found[by].values})
    return found.sel({by: there})


def _over_years(found: xr.Dataset, wishes: Wishes) -> Figure:
    """A panel for each regime (down) and season (across)."""
    season = "season" in found.dims
    seasons = found["season"].values.tolist() if season else [""]
    colours, names = regime_colours(found[CLUSTER]), regime_names(found[CLUSTER])
    canvas = Canvas.many(
        *(len(names) * len(seasons), len(seasons), wishes),
        panel=(2.4, 1.15),
        margins=(1.2, 0.5),
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    grid = np.array(canvas.panels, dtype=object).reshape(len(names), len(seasons))
    for row, (name, colour) in enumerate(zip(names, colours, strict=True)):
        # A long name would reach into the panels above and below.
        grid[row, 0].set_ylabel(f"{wrapped(name, _LONG)} (%)", fontsize="small")
        for column in range(len(seasons)):
            one = found.isel({CLUSTER: row} | ({"season": column} if season else {}))
            _series(grid[row, column], one, colour)
            if row == 0 and season:
                grid[0, column].set_title(seasons[column], fontsize="medium")
    # Room for what is written above the highest value, which all panels share.
    grid[0, 0].set_ylim(0, 130 * float(found["frequency"].max()))
    grid[0, 0].locator_params(axis="y", nbins=4)
    plt = pyplot()
    others = [dim for dim in found["frequency"].dims if dim != "year"]
    there = found["year"].values[found["frequency"].notnull().any(others).values]
    if there.size == 1:  # of which matplotlib would make two centuries
        grid[0, 0].set_xlim(there[0] - 0.5, there[0] + 0.5)
    grid[0, 0].xaxis.set_major_locator(plt.MaxNLocator(4, integer=True, min_n_ticks=1))
    grid[0, 0].xaxis.set_major_formatter(lambda year, _: f"{year:.0f}")
    return canvas.root


def _series(panel: Panel, one: xr.Dataset, colour: str) -> None:
    """One regime and season: a dot for each year, hollow where it takes no part in the trend."""
    years, share = one["year"].values, 100 * one["frequency"].values
    panel.plot(years, share, color=colour, lw=0.7, alpha=0.5)
    _plain(panel)
    whole = one["in_trend"].values if "in_trend" in one else np.isfinite(share)
    panel.plot(years[whole], share[whole], "o", ms=3, color=colour, mew=0)
    panel.plot(years[~whole], share[~whole], "o", ms=3, color=colour, mfc=tone(1), mew=0.7)
    if "trend" not in one or not np.isfinite(one["trend"]):
        return
    slope, p = 100 * float(one["trend"]), float(one["p_value"])
    middle, mean = years[whole].mean(), share[whole].mean()
    ends = years[whole][[0, -1]]
    style = "-" if p < 0.05 else "--"
    panel.plot(ends, mean + slope * (ends - middle) / 10, style, color=tone(0.2), lw=1.2)
    text = f"{slope:+.1f} % in 10 years, p = {p:.2f}".replace("-", "−")
    panel.annotate(
        text, (0.98, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize="x-small"
    )


def _plain(panel: Panel) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize="small")
