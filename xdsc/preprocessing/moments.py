"""Standard deviation in one pass, also of cells that have no value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

_Array: TypeAlias = np.ndarray[Any, Any]
#: Number of values, their mean, and the sum of the squared deviations from it.
_Moments: TypeAlias = tuple[_Array, _Array, _Array]


# Values at a time, so that the deviations need little memory besides the data.
_PIECE = 2**24


def standard_deviation(values: xr.DataArray, over: Sequence[str]) -> xr.DataArray:
    """Standard deviation, divided by the number of values; lazy.

    As ``values.std(over)`` in double precision, but without Dask's warnings for cells that have no
    value. Chunks are pooled by their own means [1]_, so that large means cost no precision.

    Parameters
    ----------
    values : DataArray of float
        NumPy or Dask; NaN is left out.
    over : sequence of str
        Dimensions to reduce.

    Returns
    -------
    DataArray of float64
        On the other dimensions; NaN where there is no value.

    References
    ----------
    .. [1] Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance, Am. Stat.
       37, Eq. 2.1.
    """
    axis = tuple(values.dims.index(dim) for dim in over)
    dims = [dim for dim in values.dims if dim not in over]
    if values.chunks is None:
        longest = max(axis, key=lambda i: values.shape[i])
        total: list[_Moments] = []
        for piece in np.array_split(values.values, -(-values.size // _PIECE) or 1, axis=longest):
            total = [_pooled([*total, _moments(piece, axis)])]
        return xr.DataArray(_root(total, axis), dims=dims)
    import dask.array  # here, so that `import xdsc` stays quick

    lazy = dask.array.reduction(  # type: ignore[no-untyped-call]
        values.data,
        chunk=_moments,
        combine=_pooled,
        aggregate=_root,
        axis=axis,
        dtype=np.float64,
        concatenate=False,
        meta=np.empty((0,) * len(dims)),
    )
    return xr.DataArray(lazy, dims=dims)


def _moments(values: _Array, axis: tuple[int, ...], keepdims: bool = True) -> _Moments:
    """Moments of an array, with the reduced dimensions of size 1."""
    valid = ~np.isnan(values)
    count = valid.sum(axis, keepdims=True)
    mean = values.sum(axis, dtype=np.float64, keepdims=True, where=valid) / np.maximum(count, 1)
    deviations = np.where(valid, values - mean, 0.0)
    return count, mean, (deviations**2).sum(axis, keepdims=True)


def _pooled(parts: Any, axis: tuple[int, ...] = (), keepdims: bool = True) -> _Moments:
    """Moments of all parts, which come in lists of lists."""
    counts, means, squares = map(np.stack, zip(*_flat(parts), strict=True))
    count = counts.sum(0)
    mean = (counts * means).sum(0) / np.maximum(count, 1)
    return count, mean, (squares + counts * (means - mean) ** 2).sum(0)


def _root(parts: Any, axis: tuple[int, ...], keepdims: bool = False) -> _Array:
    """Standard deviation of all parts."""
    count, _, squares = (moment.squeeze(axis) for moment in _pooled(parts))
    root: _Array = np.sqrt(np.where(count > 0, squares / np.maximum(count, 1), np.nan))
    return root


def _flat(parts: Any) -> list[_Moments]:
    if isinstance(parts, tuple):
        return [parts]
    return [moments for part in parts for moments in _flat(part)]
