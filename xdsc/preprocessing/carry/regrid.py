"""Interpolate a Dataset to the fitted grid, where it is on another one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.preprocessing.carry.axis_points import Neighbours, neighbours, on_points, shared_positions
from xdsc.preprocessing.carry.esmf import ESMF_METHODS, esmf_kernel
from xdsc.preprocessing.carry.grid import Grid

METHODS = ("linear", "nearest", *ESMF_METHODS)

#: From (..., H, L) to (..., H', L').
Kernel = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

# Attributes that link a variable to its grid.
_LINKS = ("grid_mapping", "cell_measures", "coordinates")


def check_method(method: str | None) -> None:
    """Raise a `ParameterError` for a way of regridding that there is not."""
    if method is not None and method not in METHODS:
        raise ParameterError(
            message(
                f"regrid to be one of {', '.join(map(repr, METHODS))}, or None",
                f"regrid={method!r}",
                'use regrid="linear"',
            )
        )


def interpolate(
    ds: xr.Dataset, axes: Axes, source: Grid, target: Grid, method: str
) -> tuple[xr.Dataset, Axes]:
    """Interpolate a Dataset to another grid.

    Latitudes may go either way and longitudes have any range; all round the globe they are
    periodic. Nothing is extrapolated: a fitted point may lie beyond the last row or column by half
    a step at most, or between the last row and the pole, and then takes the values of that row or
    column. A value is missing where one of those that it comes from is: next to masked cells
    (coasts) the interpolated field is missing, and nothing here fills it.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`, NumPy or Dask. Chunks become whole fields.
    axes : Axes
        Of `ds`.
    source : Grid
        Of `ds`, (H, L).
    target : Grid
        (H', L').
    method : {"linear", "nearest", "bilinear", "conservative", "patch"}
        "linear" in latitude and longitude, the four points around, or "nearest", in each
        direction: for 1-D coordinates. The others are xESMF's, which must be installed, and take
        2-D ones too; "conservative" (area means) only 1-D ones.

    Returns
    -------
    ds : Dataset
        New and lazy: numeric variables with time and space on the dimensions and coordinates of
        `target`. Whatever else was on the old grid (cell areas, bounds, masks) is left out. Floats
        keep their precision.
    axes : Axes
        Of that Dataset.

    Raises
    ------
    ParameterError
        xESMF is needed and not installed.
    InputError
        `ds` does not reach over the grid, or these grids need another method.
    """
    if method in ESMF_METHODS:
        _check_coverage(source, target)
        kernel = esmf_kernel(source, target, method)
    else:
        kernel = _kernel(source, target, method)
    names = target.axes
    return _apply(ds, axes, target, kernel), Axes(
        axes.time, names.y, names.x, names.latitude, names.longitude, axes.member
    )


def _kernel(source: Grid, target: Grid, method: str) -> Kernel:
    """Linear or nearest interpolation along both axes."""
    if source.is_curvilinear or target.is_curvilinear:
        raise InputError(
            message(
                f"1-D latitude and longitude on both grids for regrid={method!r}",
                f"{source}, and fitted {target}",
                'pass regrid="bilinear", which needs xESMF, or interpolate them first',
            )
        )
    rows, columns = _check_coverage(source, target)
    if method == "nearest":
        rows, columns = rows.nearest(), columns.nearest()
    return partial(_mean, rows=rows, columns=columns, keep_integers=method == "nearest")


def _check_coverage(source: Grid, target: Grid) -> tuple[Neighbours, Neighbours]:
    """Neighbours of the rows and columns; an error that names all parts that are missing."""
    problems = Problems()
    found = []
    for direction in (0, 1):
        with problems.collect():
            found.append(_along(source, target, direction))
    problems.raise_if_any(InputError)
    rows, columns = found
    return rows, columns


def _along(source: Grid, target: Grid, direction: int) -> Neighbours:
    """Neighbours of the rows (0) or columns (1) of the target, where 1-D coordinates tell."""
    wanted, given = target.points_along(direction), source.points_along(direction)
    size = target.shape[direction]
    if wanted is None or given is None or source.is_curvilinear or target.is_curvilinear:
        if size == source.shape[direction] or source.is_curvilinear or target.is_curvilinear:
            return on_points(np.arange(size))
        raise InputError(
            message(
                f"coordinates along {source.axes.space[direction]!r} to interpolate between",
                f"{source}, and fitted {target}",
                "give both grids their coordinates, ds.assign_coords(...), and fit again",
            )
        )
    if (index := shared_positions(wanted, given)) is not None:
        return on_points(index)
    if not (wanted.is_numeric and given.is_numeric):
        raise InputError(
            message(
                f"numbers as {given.name!r}", f"{given}", "select the fitted points, ds.sel(...)"
            )
        )
    return neighbours(wanted, given)


def _mean(
    values: npt.NDArray[Any], rows: Neighbours, columns: Neighbours, keep_integers: bool
) -> npt.NDArray[Any]:
    """Values of (..., H, L) at the new rows and columns."""
    if not keep_integers:
        values = values.astype(np.result_type(values.dtype, np.float32), copy=False)
    return columns.mean(rows.mean(values, axis=-2), axis=-1)


def _apply(ds: xr.Dataset, axes: Axes, target: Grid, kernel: Kernel) -> xr.Dataset:
    """A Dataset with its fields put through the kernel, on the target grid."""
    on_grid = [name for name, v in ds.variables.items() if set(axes.space) & set(v.dims)]
    in_the_way = [n for n in (*target.axes.space, *target.coordinates.variables) if n in ds]
    rest = ds.drop_vars({*on_grid, *in_the_way})
    fields = {
        name: _field(ds[name].variable, axes, target, kernel)
        for name, values in ds.data_vars.items()
        if {axes.time, *axes.space} <= set(values.dims) and values.dtype.kind in "iuf"
    }
    variables = {name: fields.get(name, rest.get(name)) for name in ds.data_vars}
    kept = {name: v for name, v in variables.items() if v is not None}
    return xr.Dataset(kept, rest.coords, ds.attrs).assign_coords(target.coordinates.coords)


def _field(variable: xr.Variable, axes: Axes, target: Grid, kernel: Kernel) -> xr.Variable:
    """One variable on the target grid, dimensions in their order."""
    chunks = variable.chunksizes
    if any(len(chunks.get(dim, ())) > 1 for dim in axes.space):
        variable = variable.chunk({axes.time: "auto", axes.y: -1, axes.x: -1})
    new = dict(zip(axes.space, target.axes.space, strict=True))
    sizes = dict(zip(target.axes.space, target.shape, strict=True))
    # What the kernel makes of the type, told by a smallest field.
    dtype = kernel(np.zeros([variable.sizes[dim] for dim in axes.space], variable.dtype)).dtype
    field = xr.apply_ufunc(
        kernel,
        variable,
        input_core_dims=[list(axes.space)],
        output_core_dims=[list(target.axes.space)],
        exclude_dims=set(axes.space),
        dask="parallelized",
        output_dtypes=[dtype],
        dask_gufunc_kwargs={"output_sizes": sizes},
        keep_attrs=True,
    )
    for link in _LINKS:
        field.attrs.pop(link, None)
    result: xr.Variable = field.transpose(*(new.get(str(dim), dim) for dim in variable.dims))
    return result
