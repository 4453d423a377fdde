"""Times as integers since 1970, in the largest unit in which all of them are integers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from xdsc.storage.damage import DamageError

#: Names of NumPy's types of times that xarray has.
TIME_TYPE = re.compile(r"(datetime64|timedelta64)\[(s|ms|us|ns)\]")

#: Nanoseconds in the units of the CF conventions that have the same length everywhere.
_LENGTHS = {
    "days": 86_400 * 10**9,
    "hours": 3_600 * 10**9,
    "minutes": 60 * 10**9,
    "seconds": 10**9,
    "milliseconds": 10**6,
    "microseconds": 10**3,
    "nanoseconds": 1,
}
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_SINCE = " since 1970-01-01"
_CFTIME_UNIT = "microseconds"


def is_cftime(values: np.ndarray) -> bool:
    """Whether these are dates of cftime."""
    if values.dtype.kind != "O" or not values.size:
        return False
    import cftime

    return all(isinstance(item, cftime.datetime) for item in values.flat)


def encode_times(values: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Turn times into integers (int64), with the notes from which `decode_times` restores them.

    Dates of cftime lose nothing: they have microseconds. A time that is missing (NaT) is the least
    integer.
    """
    if values.dtype.kind in "mM":
        found = TIME_TYPE.fullmatch(values.dtype.name)
        if found is None:
            values = values.astype(f"{values.dtype.name.partition('[')[0]}[s]")
            found = TIME_TYPE.fullmatch(values.dtype.name)
        assert found is not None
        whole, units = _coarsest(values.astype("int64"), _UNITS[found[2]])
        if found[1] == "timedelta64":
            return whole, {"dtype": values.dtype.name, "units": units}
        notes = {"units": units + _SINCE, "calendar": "proleptic_gregorian"}
        return whole, {"dtype": values.dtype.name, **notes}
    import cftime

    first = values.flat[0]
    rules = {"calendar": first.calendar, "has_year_zero": bool(first.has_year_zero)}
    counted = cftime.date2num(values, _CFTIME_UNIT + _SINCE, **rules)
    whole, units = _coarsest(np.asarray(counted, "int64"), _CFTIME_UNIT)
    return whole, {"dtype": "object", "units": units + _SINCE, **rules}


def decode_times(whole: np.ndarray, notes: Mapping[str, Any]) -> np.ndarray:
    """Undo `encode_times`."""
    units = notes["units"].removesuffix(_SINCE)
    if units not in _LENGTHS:
        raise DamageError(f"times in {notes['units']!r}")
    if notes["dtype"] == "object":
        import cftime

        dates = cftime.num2date(
            whole,
            units + _SINCE,
            calendar=notes["calendar"],
            only_use_cftime_datetimes=True,
            has_year_zero=notes["has_year_zero"],
        )
        return np.asarray(dates, object)
    found = TIME_TYPE.fullmatch(notes["dtype"])
    if found is None:
        raise DamageError(f"times of type {notes['dtype']!r}")
    return np.asarray(whole * _factor(units, _UNITS[found[2]]), "int64").astype(found[0])


def _coarsest(whole: np.ndarray, unit: str) -> tuple[np.ndarray, str]:
    """The same times in the largest unit in which they are integers."""
    for larger in _LENGTHS:
        factor = _factor(larger, unit)
        if not (whole % factor).any():
            return np.asarray(whole // factor), larger
    raise AssertionError("every integer can be divided by 1")


def _factor(larger: str, smaller: str) -> int:
    return _LENGTHS[larger] // _LENGTHS[smaller]
