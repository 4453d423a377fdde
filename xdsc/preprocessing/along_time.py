"""What steps along time share: distances, runs, and work on chunks with their neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import seconds, typical_step
from xdsc.preprocessing.block import TIME, frames_there

Kernel = Callable[..., npt.NDArray[np.floating]]

#: Time counted from the end, so that it is found with and without members: (..., time, y, x).
TIME_AXIS = -3


def median_step(time: npt.ArrayLike) -> float:
    """Step of the data in seconds, as in `xdsc.cf.time_runs`; NaN for fewer than two times."""
    since = seconds(time)
    return typical_step(since) if since.size > 1 else np.nan


def duration(length: float) -> str:
    """A number of seconds as text, in days or hours."""
    return f"{length / 86400:.4g} days" if length >= 86400 else f"{length / 3600:.4g} hours"


def missing_frames(ds: xr.Dataset) -> Any:
    """Whether no variable of a block has a value at a time, ([member,] time, 1, 1); lazy."""
    return ~frames_there(ds).data[..., None, None]


def along_time(
    kernel: Kernel, values: xr.DataArray, *others: npt.ArrayLike, depth: int | None
) -> xr.DataArray:
    """Apply a function of the values and their neighbours in time; lazy where the data are.

    Parameters
    ----------
    kernel : callable
        Of an array ([member,] time, y, x) and of `others`, NumPy all; returns an array like the
        first. Neighbours that it does not get, those beyond the record's ends, do not count.
    values : DataArray, ([member,] time, y, x)
        The data.
    *others : array, ([member,] time, 1, 1)
        NumPy or Dask.
    depth : int or None
        Number of neighbours on either side on which a result depends; None for all.

    Returns
    -------
    DataArray
        Like `values`, with their attributes. With Dask, chunks shorter than `depth` are merged.
    """
    import dask.array as da  # here, so that `import xdsc` stays quick

    arrays = [values.data, *others]
    if not any(isinstance(array, da.Array) for array in arrays):
        return values.copy(data=kernel(*arrays))

    data = da.asarray(values.data)  # type: ignore[no-untyped-call]
    n_dims, n_times = data.ndim, values.sizes[TIME]
    if depth is None or depth >= n_times:
        depth = n_times
        data = data.rechunk({n_dims - 3: -1, n_dims - 2: "auto", n_dims - 1: "auto"})
    if data.numblocks[TIME_AXIS] == 1:
        depth = 0
    times = data.chunks[TIME_AXIS]
    aligned = [da.asarray(other) for other in others]  # type: ignore[no-untyped-call]
    aligned = [other.rechunk({other.ndim - 3: times}) for other in aligned]
    arrays = [data, *aligned]
    result = da.map_overlap(  # type: ignore[no-untyped-call]
        kernel,
        *arrays,
        depth=[{array.ndim - 3: depth} for array in arrays],
        boundary="none",
        dtype=data.dtype,
        meta=np.empty((0,) * n_dims, data.dtype),
    )
    return values.copy(data=result)
