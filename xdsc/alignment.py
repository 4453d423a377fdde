"""Arrays that come in beside a Dataset, put in its order by their coordinates, or refused.

Only what carries no coordinate is taken by position.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf.axes.coordinates import index_along, is_dates
from xdsc.errors import ParameterError, message

_EXACT = "%Y-%m-%dT%H:%M:%S.%f"


def aligned(
    array: xr.DataArray,
    ds: xr.Dataset,
    dims: Sequence[str],
    *,
    words: str = "labels",
    argument: str = "labels",
) -> xr.DataArray:
    """An array in the order of a Dataset.

    Parameters
    ----------
    array : DataArray
        Its first dimensions stand for `dims`, of the same sizes; a dimension of dates may have
        another name.
    ds : Dataset
        With these dimensions.
    dims : sequence of str
        Of the samples, ``(time,)`` or ``(member, time)``.
    words, argument : str
        What errors call it, and the argument that it is.

    Returns
    -------
    DataArray
        With the first dimensions `dims` and without coordinates; lazy where `array` is.

    Raises
    ------
    ParameterError
        Its coordinates are not those of `ds`.
    """
    data = array.variable
    for axis, (own, dim) in enumerate(zip(array.dims, dims, strict=False)):
        there, wanted = _index_of(array, own, dim), index_along(ds, dim)
        if there is None or wanted is None:
            continue
        order = _order(there, wanted, same_name=own == dim)
        if order is None:
            named = f", e.g. {argument}.reindex({dim}=ds[{dim!r}])" if own == dim else ""
            what = "time steps" if _is_dates(wanted) else repr(dim)
            raise ParameterError(
                message(
                    f"{words} at the {what} of the Dataset (from {wanted[0]})",
                    f"{words} at other {'times' if _is_dates(wanted) else 'ones'} "
                    f"(from {there[0]})",
                    f"select the same {what} in the Dataset and in the {words}{named}",
                )
            )
        if not np.array_equal(order, np.arange(len(order))):
            data = data.isel({array.dims[axis]: order})
    names = (*dims, *map(str, array.dims[len(dims) :]))
    return xr.DataArray(data.data, dims=names, name=array.name, attrs=array.attrs)


def _order(
    there: pd.Index, wanted: pd.Index, *, same_name: bool
) -> npt.NDArray[np.signedinteger] | None:
    """Where each of the wanted coordinates is among those that are there; None where it is not.

    Numbers of rows, which pandas gives to what has no index, say nothing about dates.
    """
    if type(there) is type(wanted) and there.equals(wanted):
        return np.arange(len(wanted))
    if _is_dates(wanted):
        numbered = there.dtype.kind in "iu"
        if numbered and not same_name:
            return _by_numbers(there)
        if isinstance(there, pd.PeriodIndex) and isinstance(wanted, pd.DatetimeIndex):
            wanted = wanted.to_period(there.freq)
        else:
            found = _as_dates(there)
            if found is None:
                return None
            there, wanted = found, wanted.strftime(_EXACT)
    elif not same_name:
        return None if _is_dates(there) else np.arange(len(wanted))
    if not there.is_unique:
        return np.arange(len(wanted)) if there.equals(wanted) else None
    order = there.get_indexer(wanted)
    return None if (order < 0).any() or len(order) != len(there) else order


def _index_of(array: xr.DataArray, own: Hashable, dim: str) -> pd.Index | None:
    """Coordinates along a dimension: its own, or else dates that lie along it by another name."""
    there = index_along(array, own)
    if there is not None and there.dtype.kind not in "iu":
        return there
    along = [str(name) for name, c in array.coords.items() if c.dims == (own,) and name != own]
    named = [name for name in along if name == dim] or [n for n in along if is_dates(array[n])]
    return array[named[0]].to_index() if len(named) == 1 else there


def _by_numbers(there: pd.Index) -> npt.NDArray[np.signedinteger] | None:
    """The order of rows that have numbers instead of dates; None where that cannot be told.

    Those of a table that was sorted by something else are brought back in their order.
    """
    if there.is_monotonic_increasing:
        return np.arange(len(there))
    order = there.get_indexer(np.arange(len(there))) if there.is_unique else np.array([-1])
    return None if (order < 0).any() else order


def _is_dates(index: pd.Index) -> bool:
    return isinstance(index, (pd.DatetimeIndex, xr.CFTimeIndex, pd.PeriodIndex))


def _as_dates(index: pd.Index) -> pd.Index | None:
    """Dates of any kind as text, which calendars and precisions share; None for what is no date."""
    if isinstance(index, pd.DatetimeIndex):
        index = index.tz_convert(None) if index.tz is not None else index
    elif not isinstance(index, xr.CFTimeIndex):
        try:  # text, or the dates of Python
            written = [str(value) if isinstance(value, int) else value for value in index]
            index = pd.DatetimeIndex(pd.to_datetime(written, format="ISO8601"))
        except (TypeError, ValueError):
            return None
    return index.strftime(_EXACT)
