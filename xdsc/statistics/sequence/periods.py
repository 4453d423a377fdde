"""Periods of a record that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xarray as xr

from xdsc.errors import ParameterError, message


def two_periods(periods: Sequence[Any]) -> list[slice]:
    """Two periods as slices of dates.

    Raises
    ------
    ParameterError
        They are no two pairs.

    Examples
    --------
    >>> two_periods([("1981", "2000"), slice("2001", None)])
    [slice('1981', '2000', None), slice('2001', None, None)]
    """
    try:
        parts = [] if isinstance(periods, str | slice) else list(periods)
        ends = [(p.start, p.stop) if isinstance(p, slice) else tuple(p) for p in parts]
    except TypeError:
        ends = []
    if len(ends) != 2 or any(len(pair) != 2 for pair in ends):
        raise ParameterError(
            message(
                "two periods", f"{periods!r}", "pass periods=[('1981', '2000'), ('2001', '2020')]"
            )
        )
    plain = [[_date(end) for end in pair] for pair in ends]
    return [slice(*pair) for pair in plain]


def _date(end: Any) -> Any:
    """A date without the array around it."""
    return end.values[()] if isinstance(end, xr.DataArray) else end
