"""What `deseasonalize` may be, and how much data it and a trend need."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import typical_step
from xdsc.cf.calendar import (
    decimal_year,
    describe_times,
    elapsed_days,
    second_of_day,
)
from xdsc.errors import InputError, ParameterError, Problems, message

#: Kinds of climatology, each with its options: name -> (default, least value). Without a default
#: the data decide.
KINDS: dict[str, dict[str, tuple[int | None, int]]] = {
    "harmonics": {"n": (2, 1), "diurnal": (None, 0)},
    "day": {"window": (31, 1)},
    "month": {},
    "hour": {"window": (31, 1)},
}
#: Longest window of a running mean over days of the year, about half of it.
LONGEST_WINDOW = 181
#: Fewest values with which a trend is told.
TREND_VALUES = 10

_DAYS_NEEDED = 300
_REMEDY = 'deseasonalize=True, or {"kind": "day", "window": 31}, or one of: ' + ", ".join(
    map(repr, KINDS)
)


def parse_deseasonalize(value: Any) -> dict[str, Any] | None:
    """The climatology that `deseasonalize` asks for, spelled out.

    Parameters
    ----------
    value : bool, int, str, mapping or None
        None or False for none; True for two annual harmonics or their number; a kind by name, or a
        mapping with it and its options: ``{"kind": "day", "window": 31}``.

        - ``"harmonics"``: `n` annual harmonics, and of sub-daily data `diurnal` ones of the time of
          day, which change with the season (default: 2, or as many as the times of day tell);
        - ``"day"``: mean of each day of the year, smoothed over `window` days;
        - ``"month"``: mean of each month;
        - ``"hour"``: as ``"day"``, for each time of day apart.

    Returns
    -------
    dict or None
        With ``"kind"`` and its options.

    Raises
    ------
    ParameterError
        With everything that is wrong.

    Examples
    --------
    >>> parse_deseasonalize(True)
    {'kind': 'harmonics', 'n': 2}
    >>> parse_deseasonalize("day")
    {'kind': 'day', 'window': 31}
    """
    if value is None or isinstance(value, bool):
        return {"kind": "harmonics", "n": 2} if value else None
    if isinstance(value, str):
        value = {"kind": value}
    elif not isinstance(value, Mapping):
        value = {"kind": "harmonics", "n": value}
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ParameterError(
            message("a kind of climatology for deseasonalize", f"kind={kind!r}", _REMEDY)
        )
    problems = Problems()
    options = KINDS[kind]
    for name in value.keys() - {"kind"} - options.keys():
        known = ", ".join(options) or "none"
        problems.add(
            message(
                f"options that deseasonalize={kind!r} has ({known})",
                f"{name!r}",
                f"leave {name!r} out",
            )
        )
    parsed: dict[str, Any] = {"kind": kind}
    for name, (default, least) in options.items():
        option = value.get(name, default)
        if option is not None:
            with problems.collect():
                parsed[name] = _whole(name, option, least)
    problems.raise_if_any(ParameterError)
    return parsed


def check_length(
    time: xr.DataArray, climatology: Mapping[str, Any] | None, *, detrend: bool
) -> None:
    """Check that the data are long enough for what is to be fitted.

    Parameters
    ----------
    time : DataArray of shape (T,)
        Times of the data.
    climatology : mapping or None
        From `parse_deseasonalize`.
    detrend : bool
        Whether a trend is fitted too.

    Raises
    ------
    InputError
        Less than about a year for a climatology, or two for a trend besides; fewer than 10 time
        steps for a trend.
    """
    index, elapsed, years = time.to_index(), elapsed_days(time), decimal_year(time)
    period = f"{elapsed[-1]:.0f} days, from {index[0]} to {index[-1]}"
    problems = Problems()
    monthly = climatology is not None and climatology["kind"] == "month"
    # The last month is as long as the others, and 12 months of the 360_day calendar have 360 days.
    if monthly and elapsed[-1] + typical_step(elapsed) < 359:
        problems.add(
            message(
                "a year of data or more for a climatology of months",
                period,
                "use a longer period, or deseasonalize=False",
            )
        )
    elif climatology is not None and elapsed[-1] < _DAYS_NEEDED:
        problems.add(
            message(
                "about a year of data or more for deseasonalize",
                period,
                "use a longer period, or deseasonalize=False",
            )
        )
    if detrend and index.size < TREND_VALUES:
        problems.add(
            message(
                f"at least {TREND_VALUES} time steps for detrend",
                f"{index.size}",
                "use a longer period, or detrend=False",
            )
        )
    # Of one year, trend and season cannot be told apart.
    elif detrend and climatology and years[-1] - years[0] + typical_step(years) < 1.98:
        problems.add(
            message(
                "two years of data or more for detrend together with deseasonalize",
                period,
                "use a longer period, or detrend=False",
            )
        )
    problems.raise_if_any(InputError)


def check_times_of_day(time: xr.DataArray, times: tuple[int, ...]) -> None:
    """Raise where `time` has other times of day than `times`, in seconds; nothing if empty."""
    other = np.setdiff1d(second_of_day(time), times) if times else np.empty(0, dtype=np.int64)
    if other.size:
        raise InputError(
            message(
                f"the times of day that deseasonalize was fitted to ({describe_times(times)})",
                describe_times(other.tolist()),
                "select or resample to the fitted times of day, or fit on data that have these",
            )
        )


def _whole(name: str, option: Any, least: int) -> int:
    """An option as a whole number, at least `least`; a window odd and not too long."""
    try:
        number = operator.index(option)
    except TypeError:
        number = least - 1
    if name == "window":
        expected = f"an odd number of days from {least} to {LONGEST_WINDOW}"
        good = least <= number <= LONGEST_WINDOW and number % 2 == 1
    else:
        expected, good = f"a whole number of at least {least}", number >= least
    if not good or isinstance(option, bool):
        default = {"window": 31}.get(name, 2)
        raise ParameterError(
            message(
                f"{expected} for {name!r} of deseasonalize",
                f"{option!r}",
                f"use {name}={default}; without a climatology, deseasonalize=False",
            )
        )
    return number
