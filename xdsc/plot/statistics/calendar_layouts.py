"""Calendars: the row and the column of every time step."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.errors import InputError, message

Ints = npt.NDArray[np.int64]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86400.0
#: Months of a season at most; of more it is the year with gaps.
_LONGEST = 9


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


def dates_of(labels: xr.DataArray, time: Hashable) -> Any:
    """Index of the time steps: DatetimeIndex or CFTimeIndex.

    Raises
    ------
    InputError
        They are no dates.
    """
    if isinstance(levels := labels.indexes.get(time), pd.MultiIndex):
        raise InputError(
            message(
                "labels ([member,] time), by their dates",
                f"labels along {time!r}, which is stacked from {', '.join(map(str, levels.names))}",
                f"take it apart, ds = ds.unstack({str(time)!r})",
            )
        )
    if labels[time].dtype.kind != "M" and not isinstance(labels.indexes.get(time), xr.CFTimeIndex):
        raise InputError(
            message(
                f"dates in the coordinate {str(time)!r}",
                f"values of type {labels[time].dtype}",
                "decode them first, e.g. ds = xr.decode_cf(ds)",
            )
        )
    return labels.indexes[time]


def arrange(index: Any, labelled: npt.NDArray[np.bool_]) -> tuple[Ints, Layout]:
    """Slot of each time step, and the calendar of all slots from the first step to the last.

    Where no time step outside of a season has a label, the calendar has a row for each season.

    Parameters
    ----------
    index : DatetimeIndex or CFTimeIndex
        The time steps.
    labelled : array of bool, (T,)
        Which of them have a label.
    """
    seconds = np.asarray((index - index.min()).total_seconds())
    step = float(np.median(np.diff(np.unique(seconds)))) if index.size > 1 else _DAY
    if step > 300 * _DAY:
        years = np.asarray(index.year)
        return years - years.min(), _decades_by_years(np.arange(years.min(), years.max() + 1))
    if step > 27 * _DAY:
        months = np.asarray(index.year * 12 + index.month - 1)
        every_month = np.arange(months.min(), months.max() + 1)
        return months - months.min(), _years_by_months(every_month, _season(months, labelled))

    slots = np.rint(seconds / step).astype(np.int64)
    every = (np.arange(slots.max() + 1) * step * 1e6).astype("timedelta64[us]")
    dates = index[[int(seconds.argmin())]].repeat(every.size) + type(index - index)(every)
    dates = xr.DataArray(dates, dims="slot")  # whose .dt is the same for every calendar
    months = (dates.dt.year * 12 + dates.dt.month - 1).values
    season = _season(np.asarray(index.year * 12 + index.month - 1), labelled)
    if step < 0.9 * _DAY:
        return slots, _hours_by_days(dates, step, season)
    if step < 1.1 * _DAY and np.ptp(months) < 14 and season is None:
        return slots, _months_by_days(dates, months)
    return slots, _years_by_days(dates, max(1, round(step / _DAY)), season)


def _season(months: Ints, labelled: npt.NDArray[np.bool_]) -> list[int] | None:
    """The months, 1 to 12, of a record that has one season only; None of others.

    A year or less has a season where it comes twice, as winter does: labels that merely begin late
    are no season.

    Parameters
    ----------
    months : array of int, (T,)
        Month of each time step, counted from the year 0.
    labelled : array of bool, (T,)
        Which time steps have a label.
    """
    found = np.unique(months[labelled])
    season = season_of(found % 12 + 1)
    comes_again = (np.diff(found) > 1).any()
    return season if comes_again or np.ptp(months) >= 14 else None


def season_of(months: Ints) -> list[int] | None:
    """Months, 1 to 12, that follow each other, up to nine, in their order; None of others."""
    there = np.isin(np.arange(1, 13), months)
    starts = np.flatnonzero(there & ~np.roll(there, 1))
    if len(starts) != 1 or there.sum() > _LONGEST:
        return None
    return [int((starts[0] + i) % 12) + 1 for i in range(there.sum())]


def _by_season(
    years: Ints, months: Ints, season: list[int] | None
) -> tuple[Ints, dict[int, str] | None]:
    """Row of each slot, -1 out of season, and the names of the rows of seasons over new year."""
    if season is None:
        return years - years[0], None
    wraps = season[0] > season[-1]
    begun = years - (months < season[0]) if wraps else years
    inside = np.isin(months, season)
    rows = np.where(inside, begun - begun[inside].min(), -1)
    first, last = int(begun[inside].min()), int(begun[inside].max())
    names = {y: f"{y}/{(y + 1) % 100:02d}" if wraps else str(y) for y in range(first, last + 1)}
    return rows, names


def _season_days(dates: xr.DataArray, season: list[int]) -> tuple[Ints, dict[float, str]]:
    """Day of the season of each date, from 0 on, and ticks at the middle of its months."""
    months, days = dates.dt.month.values, dates.dt.day.values
    lengths = {m: int(days[months == m].max()) for m in season if (months == m).any()}
    firsts = dict(zip(lengths, np.cumsum([0, *lengths.values()])[:-1], strict=True))
    first = np.array([firsts.get(m, 0) for m in range(13)])
    ticks = {float(firsts[m] + lengths[m] / 2): _MONTHS[m - 1] for m in lengths}
    return first[months] + days - 1, ticks


def _decades_by_years(years: Ints) -> Layout:
    """One value a year."""
    decades = years // 10
    return Layout(
        rows=decades - decades[0],
        columns=years % 10,
        row_ticks=_year_ticks(decades, 1, {d: f"{10 * d}–" for d in np.unique(decades).tolist()}),
        column_ticks={i + 0.5: str(i) for i in range(10)},
        column_text="year of the decade",
    )


def _years_by_months(months: Ints, season: list[int] | None) -> Layout:
    """Monthly data; `months` count from the year 0."""
    years, month = months // 12, months % 12 + 1
    rows, names = _by_season(years, month, season)
    order = season or list(range(1, 13))
    place = np.array([order.index(m) if m in order else 0 for m in range(13)])
    return Layout(
        rows=rows,
        columns=place[month],
        row_ticks=_year_ticks(years, 1, names),
        column_ticks={i + 0.5: _MONTHS[m - 1] for i, m in enumerate(order)},
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


def _years_by_days(dates: xr.DataArray, days: int, season: list[int] | None) -> Layout:
    """Data of many years, one value in so many `days`."""
    years, months = dates.dt.year.values, dates.dt.month.values
    rows, names = _by_season(years, months, season)
    columns, ticks = (dates.dt.dayofyear.values - 1) // days, None
    if season is not None:
        columns, ticks = _season_days(dates, season)
        columns, ticks = columns // days, {place / days: name for place, name in ticks.items()}
    return Layout(
        rows=rows,
        columns=columns,
        row_ticks=_year_ticks(years, 1, names),
        column_ticks=ticks or _month_ticks(months, columns),
    )


def _hours_by_days(dates: xr.DataArray, step: float, season: list[int] | None) -> Layout:
    """Sub-daily data: one band of hours; for more than a year, a band for each year."""
    per_day = round(_DAY / step)
    clock = (dates.dt.hour * 3600 + dates.dt.minute * 60 + dates.dt.second).values
    hours = (clock * per_day // _DAY).astype(np.int64)
    days = ((clock[0] + np.arange(dates.size) * step) // _DAY).astype(np.int64)
    years, months = dates.dt.year.values, dates.dt.month.values
    if days[-1] > 400:
        rows, names = _by_season(years, months, season)
        columns, ticks = dates.dt.dayofyear.values - 1, None
        if season is not None:
            columns, ticks = _season_days(dates, season)
        return Layout(
            rows=np.where(rows < 0, -1, rows * per_day + hours),
            columns=columns,
            row_ticks=_year_ticks(years, per_day, names),
            column_ticks=ticks or _month_ticks(months, columns),
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


def _year_ticks(years: Ints, rows: int, names: dict[int, str] | None = None) -> dict[float, str]:
    """Name up to 15 years, seasons or decades, each in the middle of its `rows`."""
    names = names or {year: str(year) for year in range(int(years[0]), int(years[-1]) + 1)}
    first, last = min(names), max(names)
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 1000) if last - first < 15 * n)
    return {(year - first + 0.5) * rows: name for year, name in names.items() if year % every == 0}


def _month_ticks(months: Ints, columns: Ints) -> dict[float, str]:
    """Name each month in the middle of its columns."""
    return {
        float(columns[months == month].mean()) + 0.5: _MONTHS[month - 1]
        for month in np.unique(months)
    }


def for_members(layout: Layout, members: list[str]) -> list[Layout]:
    """The calendars of members, one below the other in each group of rows."""
    n, group = len(members), layout.rows_in_group
    if n == 1:
        return [layout]
    band, within = layout.rows // group, layout.rows % group
    ticks = {place * n: name for place, name in layout.row_ticks.items()}
    if group > 1 and band.max() == 0:  # the hours of the day, which each member has
        ticks = {(i + 0.5) * group: name for i, name in enumerate(members)}
    return [
        replace(
            layout,
            rows=np.where(layout.rows < 0, -1, (band * n + i) * group + within),
            row_ticks=ticks,
            rows_in_group=group * n,
        )
        for i in range(n)
    ]
