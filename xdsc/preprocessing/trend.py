"""Sums over samples, and the slope that they give beside a climatology."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.preprocessing.block import MEMBER, TIME
from xdsc.preprocessing.calendar import Floats
from xdsc.preprocessing.climatology import TREND_VALUES

# Two whole years, each time of the year once in each, have 0.25 square years.
_LEAST_VARIANCE = 0.1
_SLAB = 2**22


def pooled(ds: xr.Dataset, frames: int) -> tuple[xr.Dataset, xr.Dataset]:
    """Sum and number of the values of all members at each time; lazy, also for NumPy.

    Parameters
    ----------
    ds : Dataset
        A block.
    frames : int
        About as many frames as there will be sums for each chunk: smaller chunks are put together,
        or else the sums of all of them would take more memory than the data.

    Returns
    -------
    totals, counts : Dataset
        (time, y, x), float64; 0 where nothing was observed.
    """
    lazy = ds.map(lambda values: _in_slabs(values, frames))
    totals, counts = lazy.fillna(0).astype(np.float64), lazy.notnull().astype(np.float64)
    return (totals.sum(MEMBER), counts.sum(MEMBER)) if MEMBER in ds.dims else (totals, counts)


def dot(ds: xr.Dataset, columns: Floats) -> xr.Dataset:
    """Sum over time of each variable times each column.

    Parameters
    ----------
    ds : Dataset
        (time, y, x).
    columns : array of shape (T, P)

    Returns
    -------
    Dataset
        (_term, y, x), with P terms; lazy.
    """
    weights = xr.DataArray(columns, dims=(TIME, "_term"))
    return ds.map(lambda values: xr.dot(values, weights, dim=TIME, optimize=True)).transpose(
        "_term", ...
    )


def slope(count: Floats, spread: Floats, product: Floats, total: Floats, *, cycle: bool) -> Floats:
    r"""Slope of each cell by the theorem of Frisch, Waugh and Lovell [1]_.

    What remains of the values, after the climatology was taken out of them, is regressed on what
    remains of time: with the residuals :math:`\tilde v, \tilde t` of C cells,

    .. math:: b = \sum \tilde t \tilde v \big/ \sum \tilde t^2

    Parameters
    ----------
    count : array of shape (C,)
        Number of values.
    spread, product : arrays of shape (C,)
        The sums of squares and of products of the residuals.
    total : array of shape (C,)
        The sum of t², residuals or not, for the scale of rounding errors.
    cycle : bool
        Whether a climatology was taken out, so that a trend needs several years.

    Returns
    -------
    array of shape (C,)
        Per year; 0 with fewer than 10 values, or at times that do not tell a slope.

    References
    ----------
    .. [1] Lovell, M. C. (2008): A simple proof of the FWL theorem. J. Econ. Educ., 39, 88-91.
    """
    least = _LEAST_VARIANCE * count if cycle else 1e-12 * total
    told = (count >= TREND_VALUES) & (spread > least)
    return np.where(told, product / np.where(told, spread, 1), 0.0)


def _in_slabs(values: xr.DataArray, least: int) -> xr.DataArray:
    """The same values as Dask array, in chunks of at least so many frames.

    NumPy arrays too: a copy in float64 then is one of a few frames at a time.
    """
    if values.chunks is not None:
        return values.chunk({TIME: _merged(values.chunksizes[TIME], least)})
    import dask.array as da  # here, so that `import xdsc` stays quick

    axis = values.get_axis_num(TIME)
    frames = max(least, _SLAB * values.shape[axis] // max(values.size, 1))
    chunks = {i: frames if i == axis else size for i, size in enumerate(values.shape)}
    # Without a name Dask would hash all of the data.
    return values.copy(data=da.from_array(values.data, chunks, name=False))  # type: ignore[no-untyped-call]


def _merged(chunks: tuple[int, ...], least: int) -> tuple[int, ...]:
    """Chunks put together with the next ones until they have `least` frames, the last one apart."""
    merged = [0]
    for chunk in chunks:
        if merged[-1] >= least:
            merged.append(0)
        merged[-1] += chunk
    return tuple(merged)
