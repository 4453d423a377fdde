"""Times in any CF calendar: year, time of the year, day of a frame of days, time of day."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf.axes.time import seconds, typical_step

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

#: Days of the two frames in which days of the year are counted: months and days of a leap year for
#: all calendars but one, and that of the 360_day calendar.
LEAP_FRAME, EVEN_FRAME = 366, 360
#: 29 February in the leap frame, counted from 0.
LEAP_DAY = 59
SECONDS = 86400

_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_STARTS = np.concatenate([[0], np.cumsum(_MONTH_LENGTHS)])
_MONTHS = "January February March April May June July August September October November December"
MONTHS = tuple(_MONTHS.split())


def frame_of(calendar: str) -> int:
    """Number of days of the frame for a CF calendar."""
    return EVEN_FRAME if calendar == "360_day" else LEAP_FRAME


def days_of(calendar: str) -> _Ints:
    """The days, counted from 0 in its frame, that a CF calendar ever has."""
    days = np.arange(frame_of(calendar))
    return np.delete(days, LEAP_DAY) if calendar in ("noleap", "365_day") else days


def day_in_frame(time: xr.DataArray, frame: int) -> _Ints:
    """Day of the year of each time in a frame, counted from 0.

    Within the leap frame by month and day, so that 1 March is the same day in all years; between
    frames by the fraction of the year at noon.

    Parameters
    ----------
    time : DataArray of shape (T,)
        Dates in any calendar.
    frame : int
        Days of the frame, `LEAP_FRAME` or `EVEN_FRAME`.

    Returns
    -------
    array of int, (T,)

    Examples
    --------
    >>> time = xr.DataArray(np.array(["2001-03-01"], dtype="datetime64[ns]"), dims="time")
    >>> day_in_frame(time, 366).tolist(), day_in_frame(time, 360).tolist()
    ([60], [58])
    """
    if frame != frame_of(time.dt.calendar):
        noon = (time.dt.dayofyear.values - 0.5) / _year_lengths(time)
        return np.floor(noon * frame).astype(np.int64)
    if frame == EVEN_FRAME:
        return np.asarray(time.dt.dayofyear.values - 1, dtype=np.int64)
    starts = _MONTH_STARTS[time.dt.month.values - 1]
    return np.asarray(starts + time.dt.day.values - 1, dtype=np.int64)


def month_of(time: xr.DataArray) -> _Ints:
    """Month of each time, counted from 0; shape (T,)."""
    return np.asarray(time.dt.month.values - 1, dtype=np.int64)


def second_of_day(time: xr.DataArray) -> _Ints:
    """Time of day of each time, in whole seconds from 0 to 86399; shape (T,)."""
    return np.rint(_seconds(time)).astype(np.int64) % SECONDS


def times_of_day(time: xr.DataArray) -> _Ints:
    """The different times of day of sub-daily data, in seconds; only one of other data.

    Monthly data are often stamped in the middle of the month, at 00:00 or 12:00 by its length; so
    the step of the data decides.
    """
    days = elapsed_days(time)
    sub_daily = days.size > 1 and typical_step(days) < 0.9
    return np.unique(second_of_day(time)) if sub_daily else second_of_day(time)[:1]


def fraction_of_day(time: xr.DataArray) -> _Floats:
    """Time of day of each time as fraction of the day, in [0, 1); shape (T,)."""
    return _seconds(time) / SECONDS


def fraction_of_year(time: xr.DataArray) -> _Floats:
    """Time of the year of each time as fraction of its year, in [0, 1); shape (T,)."""
    elapsed = time.dt.dayofyear.values - 1 + fraction_of_day(time)
    return np.asarray(elapsed / _year_lengths(time), dtype=np.float64)


def decimal_year(time: xr.DataArray) -> _Floats:
    """Year of each time with its fraction, 2001.5 in the middle of 2001; shape (T,)."""
    return np.asarray(time.dt.year.values + fraction_of_year(time), dtype=np.float64)


def elapsed_days(time: xr.DataArray) -> _Floats:
    """Days since the first time, in days of 24 hours; shape (T,)."""
    return seconds(time.values) / SECONDS


def describe_days(days: Iterable[int], frame: int) -> str:
    """Days of a frame in words, runs of them as from .. to.

    Examples
    --------
    >>> describe_days([0, 1, 2, 59], 366)
    '1 January to 3 January, 29 February'
    """
    return _describe_runs(days, lambda day: _day_name(day, frame))


def describe_months(months: Iterable[int]) -> str:
    """Months, counted from 0, in words.

    Examples
    --------
    >>> describe_months([5, 6, 7, 11])
    'June to August, December'
    """
    return _describe_runs(months, lambda month: MONTHS[month])


def describe_times(seconds: Iterable[int]) -> str:
    """Times of day, in seconds, in words; no more than six.

    Examples
    --------
    >>> describe_times([0, 21600])
    '00:00, 06:00'
    """
    names = [
        f"{s // 3600:02d}:{s // 60 % 60:02d}" + f":{s % 60:02d}" * (s % 60 > 0) for s in seconds
    ]
    return ", ".join(names[:6]) + ", ..." * (len(names) > 6)


def _year_lengths(time: xr.DataArray) -> _Ints:
    """Days of the year of each time, (T,); asked once a year, for cftime takes its time."""
    _, first, year = np.unique(time.dt.year.values, return_index=True, return_inverse=True)
    return np.asarray(time[first].dt.days_in_year.values[year], dtype=np.int64)


def _seconds(time: xr.DataArray) -> _Floats:
    """Seconds since midnight, with their fraction; (T,)."""
    part = time.dt
    whole = part.hour.values * 3600 + part.minute.values * 60 + part.second.values
    return np.asarray(whole + part.microsecond.values / 1e6, dtype=np.float64)


def _day_name(day: int, frame: int) -> str:
    """Day and month of a day of the frame."""
    if frame == EVEN_FRAME:
        return f"{day % 30 + 1} {MONTHS[day // 30]}"
    month = int(np.searchsorted(_MONTH_STARTS, day, side="right")) - 1
    return f"{day - _MONTH_STARTS[month] + 1} {MONTHS[month]}"


def _describe_runs(values: Iterable[int], name: Callable[[int], str]) -> str:
    """Names of numbers, runs of three and more of them as from .. to; no more than six runs."""
    numbers = np.unique(np.fromiter(values, dtype=np.int64))
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    texts: list[str] = []
    for run in runs:
        ends = [name(int(number)) for number in (run if run.size < 3 else run[[0, -1]])]
        texts.append(", ".join(ends) if run.size < 3 else " to ".join(ends))
    return ", ".join(texts[:6]) + ", ..." * (len(texts) > 6)
