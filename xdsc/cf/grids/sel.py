"""Selections as JSON, and back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from xdsc.errors import ParameterError, Problems, message

_SLICE, _DATE, _CFTIME = "slice", "date", "cftime"


def sel_to_json(sel: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A selection in values that JSON knows.

    Slices become ``{"slice": [start, stop]}``, dates ``{"date": "2000-01-01T00:00:00"}``, cftime
    dates ``{"cftime": "noleap", "fields": [2000, 1, 1, 0, 0, 0, 0]}``.

    Parameters
    ----------
    sel : mapping of str to slice, number, str, date or list; or None
        As for `select_region`.

    Returns
    -------
    dict or None
        What `sel_from_json` reads; a selection that is in this form already stays so.

    Raises
    ------
    ParameterError
        Naming every value that cannot be written.

    Examples
    --------
    >>> sel_to_json({"latitude": slice(30, 70), "level": 500})
    {'latitude': {'slice': [30, 70]}, 'level': 500}
    """
    if sel is None:
        return None
    if not isinstance(sel, Mapping):
        raise ParameterError(
            message(
                "sel= as a mapping from coordinates",
                f"{sel!r}",
                'write sel={"latitude": slice(30, 70)}',
            )
        )
    problems = Problems()
    written = {}
    for key, value in sel.items():
        with problems.collect():
            written[str(key)] = _write(str(key), value)
    problems.raise_if_any(ParameterError)
    return written


def sel_from_json(sel: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The selection that `sel_to_json` wrote; anything else in it stays as it is.

    Dates come back as `pandas.Timestamp`, arrays as lists.

    Raises
    ------
    ParameterError
        Naming every value that `sel_to_json` cannot have written.

    Examples
    --------
    >>> sel_from_json({"latitude": {"slice": [30, 70]}, "level": 500})
    {'latitude': slice(30, 70, None), 'level': 500}
    """
    if sel is None:
        return None
    problems = Problems()
    read = {}
    for key, value in sel.items():
        with problems.collect():
            read[key] = _read(key, value)
    problems.raise_if_any(ParameterError)
    return read


def is_several(value: Any) -> bool:
    """Whether a selection is a list of values, not a single one."""
    if isinstance(value, np.ndarray | xr.DataArray | xr.Variable):
        return value.ndim > 0
    return isinstance(value, list | tuple | set | range | pd.Index)


def _write(key: str, value: Any) -> Any:
    if isinstance(value, slice):
        parts = [value.start, value.stop, value.step]
        return {_SLICE: [_write(key, part) for part in parts[: 2 if value.step is None else 3]]}
    if is_several(value):
        return [_write(key, one) for one in value]
    if isinstance(value, Mapping):
        return _write(key, _read(key, value))  # written already, if it is anything
    if isinstance(value, np.ndarray | xr.DataArray | xr.Variable):
        value = np.asarray(value)[()]
    if isinstance(value, np.datetime64 | datetime.date):  # dates with a time are dates, too
        return {_DATE: pd.Timestamp(value).isoformat()}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    if type(value).__module__.startswith("cftime"):
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        fields = [int(getattr(value, name)) for name in names]
        return {_CFTIME: value.calendar, "fields": fields}
    raise ParameterError(
        message(
            f"a slice, number, string, date or list for {key!r} in sel=",
            f"a {type(value).__name__}",
            "select by one of these",
        )
    )


def _read(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_read(key, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    try:
        match dict(value):
            case {"slice": [*parts], **rest} if not rest and len(parts) in (2, 3):
                return slice(*(_read(key, part) for part in parts))
            case {"date": str(date), **rest} if not rest:
                return pd.Timestamp(date)
            case {"cftime": str(calendar), "fields": [*fields], **rest} if not rest:
                import cftime  # here, since few need it

                return cftime.datetime(*fields, calendar=calendar)
    except (TypeError, ValueError):
        pass
    raise ParameterError(
        message(
            f"a slice, number, string, date or list for {key!r} in sel=",
            f"{value!r}",
            'write slices as slice(30, 70) or, in JSON, {"slice": [30, 70]}',
        )
    )
