"""Time coordinates that are no dates: what they are, and how they become dates."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import xarray as xr

from xdsc.cf.axes.coordinates import said

# Lengths that differ, which no CF calendar counts in.
_UNEVEN = re.compile(r"\s*(month|year)s?\s+since\s+(\d{1,4}-\d{1,2}(?:-\d{1,2})?)", re.IGNORECASE)
# Of dates that are written as numbers, by their digits.
_WRITTEN = {8: "%Y%m%d", 6: "%Y%m", 10: "%Y%m%d%H"}


def dates_remedy(ds: xr.Dataset, name: str) -> str:
    """What to type so that a time coordinate which is no dates becomes such."""
    coordinate = ds[name]
    values, units = coordinate.to_index(), said(coordinate, "units")
    if isinstance(values, pd.PeriodIndex):
        return (
            f"take the start of each, ds.assign_coords({name}=ds.indexes[{name!r}].to_timestamp())"
        )
    if uneven := _UNEVEN.match(units):
        unit, since = uneven[1].lower(), uneven[2]
        return (
            f"make dates of the {unit}s, ds.assign_coords({name}=[pd.Timestamp({since!r}) + "
            f"pd.DateOffset({unit}s=int(n)) for n in ds[{name!r}].values])"
        )
    if " since " in units:
        return f"decode it with xr.decode_cf(ds), which its units {units!r} are for"
    if form := _written(values):
        return (
            f"read the dates, ds.assign_coords({name}=pd.to_datetime("
            f"ds[{name!r}].values.astype(str), format={form!r}))"
        )
    if _is_read(values):
        return f"read the dates, ds.assign_coords({name}=pd.to_datetime(ds[{name!r}].values))"
    return (
        "decode it with xr.decode_cf(ds), if its attribute units can be something like 'days since "
        "1900-01-01'; or assign dates, with the first and the step of yours, "
        f"ds.assign_coords({name}=pd.date_range('2000-01-01', periods={values.size}, freq='D'))"
    )


def _is_read(values: pd.Index) -> bool:
    """Whether pandas reads dates of text."""
    if values.dtype.kind not in "OUT" or not all(isinstance(value, str) for value in values):
        return False
    try:
        return len(pd.to_datetime(list(values), format="ISO8601")) > 0
    except (ValueError, OverflowError):
        return False


def _written(values: pd.Index) -> str | None:
    """Format of dates that are written as whole numbers, such as 20000131."""
    if values.dtype.kind not in "iuf" or not values.size:
        return None
    numbers = np.asarray(values)
    if not np.isfinite(numbers).all() or (numbers % 1).any() or numbers.dtype.kind == "f":
        return None
    texts = numbers.astype(str)
    form = _WRITTEN.get(len(texts[0]))
    if form is None:
        return None
    read = pd.to_datetime(pd.Series(texts), format=form, errors="coerce")
    return form if bool((read.notna() & read.dt.year.between(1500, 2500)).all()) else None
