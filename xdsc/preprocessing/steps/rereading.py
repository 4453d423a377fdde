"""Whether data that are read a second time are those that were read the first time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.preprocessing.block import TIME

# The sum of a frame is the same while it differs by less, of what it could be at most: chunks that
# are put together in another order differ in their last digits.
_SAME = 1e-5


def require_same(
    found: xr.Dataset, sums: xr.Dataset, first: xr.Dataset, first_sums: xr.Dataset
) -> xr.Dataset:
    """Numbers of values, looked at when they are computed.

    Parameters
    ----------
    found, sums : Dataset, ([member,] time)
        Number of values, and their sum, of each frame as they are read now; Dask.
    first, first_sums : Dataset, ([member,] time)
        Those of the first reading, in memory.

    Returns
    -------
    Dataset, ([member,] time)
        `found`, lazy.

    Raises
    ------
    InputError
        When it is computed: frames have other values than at the first reading.
    """

    def one(numbers: xr.DataArray) -> xr.DataArray:
        if numbers.chunks is None:
            return numbers
        name = numbers.name
        expected = [given[name].transpose(*numbers.dims) for given in (first, first_sums)]
        largest = float(np.abs(first_sums[name] / first[name].clip(1)).max())
        checked: xr.DataArray = xr.apply_ufunc(
            _checked,
            numbers,
            sums[name],
            *(there.drop_vars(TIME).chunk(numbers.chunksizes) for there in expected),
            numbers[TIME].variable.to_base_variable().chunk({TIME: numbers.chunksizes[TIME]}),
            kwargs={"name": name, "largest": largest},
            dask="parallelized",
            output_dtypes=[numbers.dtype],
        )
        return checked

    return found.map(one)


def check_same(found: xr.Dataset, first: xr.Dataset) -> None:
    """Raise `InputError` where the numbers of values of frames are not those of the first reading.

    Parameters
    ----------
    found, first : Dataset, ([member,] time)
        In memory.
    """
    for name, numbers in found.items():
        then = first[name].transpose(*numbers.dims)
        same = np.zeros(numbers.shape)
        _checked(
            numbers.values, same, then.values, same, then[TIME].values, name=str(name), largest=0
        )


def _checked(
    numbers: npt.NDArray[np.int64],
    sums: npt.NDArray[np.float64],
    first: npt.NDArray[np.int64],
    first_sums: npt.NDArray[np.float64],
    time: npt.NDArray[Any],
    *,
    name: str,
    largest: float,
) -> npt.NDArray[np.int64]:
    """Numbers of values of frames, ([members,] t), or an error where others were read first."""
    less = numbers != first
    other = ~less & (np.abs(sums - first_sums) > _SAME * largest * np.maximum(first, 1))
    if not (less | other).any():
        return numbers
    differ = np.flatnonzero((less | other).reshape(-1, numbers.shape[-1]).any(0))
    raise InputError(
        message(
            "data that are the same each time they are read",
            f"{name!r} with {_change(less, numbers, first)} when read again, at "
            f"{_places(time, differ)}",
            "read them once, ds = ds.load(), or ds = ds.persist() where Dask's workers have the "
            "memory; and find out which reading is right",
        )
    )


def _change(
    less: npt.NDArray[np.bool_], numbers: npt.NDArray[np.int64], first: npt.NDArray[np.int64]
) -> str:
    """What is different of frames."""
    if not less.any():
        return "other values"
    now, then = (int(given[less].sum()) for given in (numbers, first))
    return f"{now} values instead of {then}"


def _places(time: npt.NDArray[Any], differ: npt.NDArray[np.intp]) -> str:
    """The first and last of some times, and their number."""
    first, last = (str(time[at])[:19] for at in (differ[0], differ[-1]))
    if len(differ) == 1:
        return first
    return f"{len(differ)} time steps from {first} to {last}"
