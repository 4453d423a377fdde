"""Regridding with xESMF, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf.grids.edges import latitude_edges, longitude_edges
from xdsc.errors import InputError, ParameterError, message
from xdsc.preprocessing.carry.axis_points import goes_round
from xdsc.preprocessing.carry.grid import Grid

#: Our word -> that of ESMF. Area means over the part of a cell that has data: without this
#: normalisation cells at the edge of a region are too small.
ESMF_METHODS = {"bilinear": "bilinear", "conservative": "conservative_normed", "patch": "patch"}


def esmf_kernel(
    source: Grid, target: Grid, method: str
) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """Function that regrids an array (..., H, L) to (..., H', L') with weights from xESMF.

    Points outside the source are NaN, and so is what has part in a missing value.

    Parameters
    ----------
    source, target : Grid
        (H, L) and (H', L'), with latitudes and longitudes, 1-D or 2-D.
    method : {"bilinear", "conservative", "patch"}
        "conservative" needs 1-D ones, of which the cell bounds can be told.

    Raises
    ------
    ParameterError
        xESMF is not installed.
    InputError
        A grid lacks latitude or longitude, or what the method needs.

    References
    ----------
    xESMF, https://xesmf.readthedocs.io
    """
    try:
        import xesmf
    except ImportError as error:
        # "linear" takes no 2-D coordinates, and sends here.
        is_2d = source.is_curvilinear or target.is_curvilinear
        other = "interpolate the data first" if is_2d else 'use regrid="linear"'
        raise ParameterError(
            message(
                f"xESMF for regrid={method!r}",
                "an environment without it",
                "install it, conda install -c conda-forge xesmf (pip cannot install the ESMF "
                f"library that it needs), or {other}",
            )
        ) from error
    with_bounds = method == "conservative"
    longitudes = source.points_along(1)
    regridder = xesmf.Regridder(
        _esmf_grid(source, with_bounds),
        _esmf_grid(target, with_bounds),
        ESMF_METHODS[method],
        periodic=not source.is_curvilinear and longitudes is not None and goes_round(longitudes),
        unmapped_to_nan=True,
        ignore_degenerate=True,
    )
    # The plain matrix (H' L', H L) goes to Dask's workers; a regridder would not.
    weights = regridder.weights.data.to_scipy_sparse().tocsr()
    return partial(_multiply, weights=weights, shape=target.shape)


def _multiply(values: npt.NDArray[Any], weights: Any, shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Values (..., H, L) by weights (H' L', H L)."""
    dtype = np.result_type(values.dtype, np.float32)
    flat = values.reshape(-1, weights.shape[1])
    result: npt.NDArray[Any] = (weights @ flat.T).T.reshape(*values.shape[:-2], *shape)
    return result.astype(dtype, copy=False)


def _esmf_grid(grid: Grid, with_bounds: bool) -> xr.Dataset:
    """A grid as xESMF wants it, with bounds of the cells (n + 1,) where asked for."""
    degrees = grid.degrees()
    if degrees is None or not all(np.isfinite(values).all() for values in degrees):
        raise InputError(
            message(
                "latitude and longitude of each point to regrid with xESMF",
                f"a grid of {grid}",
                "give the Dataset lat and lon in degrees, without missing values",
            )
        )
    if grid.is_curvilinear:
        if with_bounds:
            raise InputError(
                message(
                    '1-D latitude and longitude for regrid="conservative"',
                    f"a grid of {grid}",
                    'use regrid="bilinear"',
                )
            )
        names = zip(("lat", "lon"), degrees, strict=True)
        return xr.Dataset(coords={name: (("y", "x"), values) for name, values in names})
    latitude, longitude = degrees[0][:, 0].astype(np.float64), degrees[1][0].astype(np.float64)
    ds = xr.Dataset(coords={"lat": latitude, "lon": longitude})
    if with_bounds:
        if 1 in grid.shape:
            raise InputError(
                message(
                    'two rows and columns or more for regrid="conservative"',
                    "a single one",
                    'use regrid="bilinear"',
                )
            )
        ds["lat_b"] = ("lat_b", latitude_edges(latitude))
        ds["lon_b"] = ("lon_b", longitude_edges(longitude))
    return ds
