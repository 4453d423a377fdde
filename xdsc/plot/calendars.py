"""Labels over the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER, NO_LABEL, labels_of, regimes_and_codes
from xdsc.plot.style import (
    GREY,
    percent,
    pyplot,
    regime_colours,
    regime_names,
    regime_sizes,
    subplots,
    with_labels_in_memory,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

Ints = npt.NDArray[np.int64]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86400.0
_NO_DATE = -2


@dataclass(frozen=True)
class Layout:
    """The calendar: one slot for each time step that there should be, in order of time."""

    rows: Ints
    columns: Ints
    row_ticks: dict[float, str]
    column_ticks: dict[float, str]
    row_text: str = ""
    column_text: str = ""
    rows_in_group: int = 1  # of one year; a line is drawn between groups


def timeline(ds: xr.Dataset) -> Figure:
    """Draw the regime of every time step over the calendar.

    Daily data of up to 14 months are drawn as months × days, longer ones as years × days of the
    year; sub-daily data as hours × days; monthly data as years × months. Grey is a time step that
    is missing or has no label; white is no date at all, as 30 February.

    Parameters
    ----------
    ds : Dataset
        With the coordinate ``cluster(time)``; datetime64 or any CF calendar.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    InputError
        Time is no dates, or no time step has a label.
    ParameterError
        The labels have members: select one.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> days = xr.date_range("2001-01-01", periods=90)
    >>> seasons = days.month.isin([1, 2]).astype(int)
    >>> fig = xdsc.plot.timeline(xr.Dataset(coords={"time": days, "cluster": ("time", seasons)}))
    >>> [label.get_text() for label in fig.axes[0].get_yticklabels()]
    ['Jan', 'Feb', 'Mar']
    """
    pyplot()
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    ds = with_labels_in_memory(ds)
    labels = labels_of(ds, CLUSTER).assign_coords(ds[CLUSTER].coords)
    sizes = regime_sizes(ds)
    slots, layout = _arrange(_dates(labels))

    # Slots that no time step is in stay without a label.
    codes = np.full(layout.rows.size, NO_LABEL)
    found = regimes_and_codes(labels.values)[1]
    codes[slots[found >= 0]] = found[found >= 0]
    cells = np.full((layout.rows.max() + 1, layout.columns.max() + 1), _NO_DATE)
    cells[layout.rows, layout.columns] = codes

    colours = regime_colours(sizes[CLUSTER])
    names = regime_names(sizes[CLUSTER])
    entries = [
        (colour, f"{name} · {percent(float(share))}")
        for colour, name, share in zip(colours, names, sizes["frequency"], strict=True)
    ]
    if (codes == NO_LABEL).any():
        entries.append((GREY, "no label"))

    panel: Panel
    fig, panel = subplots(
        figsize=(8.0, _height(len(cells), layout, len(entries))), layout="constrained"
    )
    panel.pcolormesh(
        np.ma.masked_equal(cells, _NO_DATE),
        cmap=ListedColormap([GREY, *colours]),
        vmin=NO_LABEL - 0.5,
        vmax=len(colours) - 0.5,
        rasterized=True,
    )
    _dress(panel, layout)
    fig.legend(
        handles=[Patch(color=colour, label=text) for colour, text in entries],
        loc="outside right center",
        frameon=False,
        fontsize="small",
    )
    return fig


def _dates(labels: xr.DataArray) -> Any:
    """Index of the time steps: DatetimeIndex or CFTimeIndex."""
    (time,) = labels.dims
    if labels[time].dtype.kind != "M" and not isinstance(labels.indexes.get(time), xr.CFTimeIndex):
        raise InputError(
            message(
                f"dates in the coordinate {str(time)!r}",
                f"values of type {labels[time].dtype}",
                "decode them first, e.g. ds = xr.decode_cf(ds)",
            )
        )
    return labels.indexes[time]


def _arrange(index: Any) -> tuple[Ints, Layout]:
    """Slot of each time step, and the calendar of all slots from the first step to the last."""
    seconds = np.asarray((index - index.min()).total_seconds())
    step = float(np.median(np.diff(np.unique(seconds)))) if index.size > 1 else _DAY
    if step > 27 * _DAY:
        months = np.asarray(index.year * 12 + index.month - 1)
        return months - months.min(), _years_by_months(np.arange(months.min(), months.max() + 1))

    slots = np.rint(seconds / step).astype(np.int64)
    every = (np.arange(slots.max() + 1) * step * 1e6).astype("timedelta64[us]")
    dates = index[[int(seconds.argmin())]].repeat(every.size) + type(index - index)(every)
    dates = xr.DataArray(dates, dims="slot")  # whose .dt is the same for every calendar
    if step < 0.9 * _DAY:
        return slots, _hours_by_days(dates, step)
    months = (dates.dt.year * 12 + dates.dt.month - 1).values
    if step < 1.1 * _DAY and np.ptp(months) < 14:
        return slots, _months_by_days(dates, months)
    return slots, _years_by_days(dates, max(1, round(step / _DAY)))


def _years_by_months(months: Ints) -> Layout:
    """Monthly data; `months` count from the year 0."""
    years = months // 12
    return Layout(
        rows=years - years[0],
        columns=months % 12,
        row_ticks=_year_ticks(years, 1),
        column_ticks={i + 0.5: name for i, name in enumerate(_MONTHS)},
    )


def _months_by_days(dates: xr.DataArray, months: Ints) -> Layout:
    """Daily data of about a year; `months` count from the year 0."""
    one_year = months[0] // 12 == months[-1] // 12
    return Layout(
        rows=months - months[0],
        columns=dates.dt.day.values - 1,
        row_ticks={
            month - months[0] + 0.5: _MONTHS[month % 12] + ("" if one_year else f" {month // 12}")
            for month in range(months[0], months[-1] + 1)
        },
        column_ticks={day - 0.5: str(day) for day in (1, 5, 10, 15, 20, 25, 30)},
        row_text=str(dates.dt.year.values[0]) if one_year else "",
        column_text="day of the month",
    )


def _years_by_days(dates: xr.DataArray, days: int) -> Layout:
    """Data of many years, one value in so many `days`."""
    years, columns = dates.dt.year.values, (dates.dt.dayofyear.values - 1) // days
    return Layout(
        rows=years - years[0],
        columns=columns,
        row_ticks=_year_ticks(years, 1),
        column_ticks=_month_ticks(dates.dt.month.values, columns),
    )


def _hours_by_days(dates: xr.DataArray, step: float) -> Layout:
    """Sub-daily data: one band of hours; for more than a year, a band for each year."""
    per_day = round(_DAY / step)
    clock = (dates.dt.hour * 3600 + dates.dt.minute * 60 + dates.dt.second).values
    hours = (clock * per_day // _DAY).astype(np.int64)
    days = ((clock[0] + np.arange(dates.size) * step) // _DAY).astype(np.int64)
    years, months = dates.dt.year.values, dates.dt.month.values
    if days[-1] > 400:
        columns = dates.dt.dayofyear.values - 1
        return Layout(
            rows=(years - years[0]) * per_day + hours,
            columns=columns,
            row_ticks=_year_ticks(years, per_day),
            column_ticks=_month_ticks(months, columns),
            rows_in_group=per_day,
        )
    first = np.flatnonzero(np.diff(days, prepend=-1))  # the first slot of each day
    if days[-1] <= 62:
        chosen = first[:: -(-first.size // 8)]
        ticks = {
            days[i] + 0.5: f"{dates.dt.day.values[i]} {_MONTHS[months[i] - 1]}" for i in chosen
        }
    else:
        count = years * 12 + months - 1
        ticks = {
            float(days[count == month].mean()) + 0.5: _MONTHS[month % 12]
            for month in np.unique(count)
        }
    return Layout(
        rows=hours,
        columns=days,
        row_ticks={hour / 24 * per_day: str(hour) for hour in range(0, 25, 6)},
        column_ticks=ticks,
        row_text="hour of the day",
        column_text="–".join(map(str, np.unique(years))),
        rows_in_group=per_day,
    )


def _year_ticks(years: Ints, rows: int) -> dict[float, str]:
    """Name up to 15 years, each in the middle of its `rows`."""
    first, last = int(years[0]), int(years[-1])
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 1000) if last - first < 15 * n)
    named = [year for year in range(first, last + 1) if year % every == 0]
    return {(year - first + 0.5) * rows: str(year) for year in named}


def _month_ticks(months: Ints, columns: Ints) -> dict[float, str]:
    """Name each month in the middle of its columns."""
    return {
        float(columns[months == month].mean()) + 0.5: _MONTHS[month - 1]
        for month in np.unique(months)
    }


def _height(n_rows: int, layout: Layout, n_entries: int) -> float:
    """Height of the figure in inches: rows that can be read, and room for the legend."""
    groups = n_rows / layout.rows_in_group
    rows = 0.28 * groups if layout.rows_in_group == 1 else max(2.2, 0.4 * groups)
    return float(np.clip(max(rows + 0.7, 0.2 * n_entries + 0.4), 1.5, 10.0))


def _dress(panel: Panel, layout: Layout) -> None:
    """Write ticks; draw lines between the rows, and between columns that are wide enough."""
    # On one base line, whether a name reaches below it or not.
    panel.set_xticks(list(layout.column_ticks), list(layout.column_ticks.values()), va="baseline")
    panel.tick_params(axis="x", pad=12)
    panel.set_yticks(list(layout.row_ticks), list(layout.row_ticks.values()))
    panel.set(xlabel=layout.column_text, ylabel=layout.row_text)
    panel.tick_params(length=0, labelsize="small")
    panel.invert_yaxis()  # time goes down the page, as in a calendar
    panel.spines[:].set_visible(False)
    n_rows, n_columns = int(layout.rows.max()) + 1, int(layout.columns.max()) + 1
    if n_rows / layout.rows_in_group <= 40:
        for row in range(layout.rows_in_group, n_rows, layout.rows_in_group):
            panel.axhline(row, color="white", linewidth=1.5)
    if n_columns <= 62:
        for column in range(1, n_columns):
            panel.axvline(column, color="white", linewidth=0.5)
