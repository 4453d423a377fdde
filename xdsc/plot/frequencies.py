"""How often each regime occurs, over the calendar or over the years."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import xarray as xr

from xdsc.arguments import one_of
from xdsc.labels import CLUSTER
from xdsc.plot.style import percent, pyplot, regime_colours, regime_names, subplots
from xdsc.statistics.sequence.frequency import Part
from xdsc.statistics.sequence.frequency import frequency as frequency_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

_LONG = 15
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def frequency(ds: xr.Dataset | xr.DataArray, by: Part | None = "month", **arguments: Any) -> Figure:
    """Draw how often each regime occurs.

    By month, season or hour, or of the whole record, as bars that sum to 100 %. By "year" or
    "season-year" as a panel for each regime, and season, with its trend: a line that is dashed
    where Mann-Kendall's p-value is 0.05 or more.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    by : {"month", "season", "year", "season-year", "hour"} or None, default "month"
        As for `xdsc.frequency`.
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
    if by in ("year", "season-year"):
        return _over_years(frequency_of(ds, by=by, **{"trend": True} | arguments))
    return _bars(frequency_of(ds, by=by, **arguments), by)


def _bars(found: xr.Dataset, by: Part | None) -> Figure:
    """Stacked bars, the first regime at the bottom."""
    share = 100 * found["frequency"].values.reshape(-1, found.sizes[CLUSTER])
    values: list[Any] = [""] if by is None else found[by].values.tolist()
    names = [_MONTHS[value - 1] if by == "month" else str(value) for value in values]
    fig, panel = subplots(figsize=(max(3.5, 0.42 * len(names) + 2.2), 3.0), layout="constrained")
    bottom = np.zeros(len(share))
    colours, words = regime_colours(found[CLUSTER]), regime_names(found[CLUSTER])
    total = found["n_frames"].values.reshape(share.shape).sum(axis=0)
    for i, (colour, name) in enumerate(zip(colours, words, strict=True)):
        label = f"{name} · {percent(total[i] / total.sum())}"
        panel.bar(range(len(share)), share[:, i], 0.85, bottom, color=colour, label=label)
        bottom += np.nan_to_num(share[:, i])
    panel.set_xticks(range(len(names)), names)
    panel.set(ylim=(0, 100), ylabel="time steps (%)", xlabel="hour" if by == "hour" else "")
    _plain(panel)
    handles, texts = panel.get_legend_handles_labels()
    fig.legend(
        handles[::-1],
        texts[::-1],
        loc="outside right center",
        frameon=False,
        fontsize="small",
    )
    return fig


def _over_years(found: xr.Dataset) -> Figure:
    """A panel for each regime (down) and season (across)."""
    season = "season" in found.dims
    seasons = found["season"].values.tolist() if season else [""]
    colours, names = regime_colours(found[CLUSTER]), regime_names(found[CLUSTER])
    fig, grid = subplots(
        len(names),
        len(seasons),
        figsize=(2.4 * len(seasons) + 1.2, 1.15 * len(names) + 0.5),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for row, (name, colour) in enumerate(zip(names, colours, strict=True)):
        # A long name would reach into the panels above and below.
        words = name if len(name) < _LONG else fill(name, _LONG, break_long_words=False)
        grid[row, 0].set_ylabel(f"{words} (%)", fontsize="small")
        for column in range(len(seasons)):
            one = found.isel({CLUSTER: row} | ({"season": column} if season else {}))
            _series(grid[row, column], one, colour)
            if row == 0 and season:
                grid[0, column].set_title(seasons[column], fontsize="medium")
    # Room for what is written above the highest value, which all panels share.
    grid[0, 0].set_ylim(0, 130 * float(found["frequency"].max()))
    grid[0, 0].locator_params(axis="y", nbins=4)
    grid[0, 0].locator_params(axis="x", integer=True)
    return fig


def _series(panel: Panel, one: xr.Dataset, colour: str) -> None:
    """One regime and season: a dot for each year, hollow where it takes no part in the trend."""
    years, share = one["year"].values, 100 * one["frequency"].values
    panel.plot(years, share, color=colour, lw=0.7, alpha=0.5)
    _plain(panel)
    whole = one["in_trend"].values if "in_trend" in one else np.isfinite(share)
    panel.plot(years[whole], share[whole], "o", ms=3, color=colour, mew=0)
    panel.plot(years[~whole], share[~whole], "o", ms=3, color=colour, mfc="white", mew=0.7)
    if "trend" not in one or not np.isfinite(one["trend"]):
        return
    slope, p = 100 * float(one["trend"]), float(one["p_value"])
    middle, mean = years[whole].mean(), share[whole].mean()
    ends = years[whole][[0, -1]]
    style = "-" if p < 0.05 else "--"
    panel.plot(ends, mean + slope * (ends - middle) / 10, style, color="0.2", lw=1.2)
    text = f"{slope:+.1f} % in 10 years, p = {p:.2f}".replace("-", "−")
    panel.annotate(
        text, (0.98, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize="x-small"
    )


def _plain(panel: Panel) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize="small")
