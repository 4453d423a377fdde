"""Area of the cells of a grid, relative to each other."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.coordinates import said
from xdsc.errors import InputError, ParameterError, message, warn_user

_Array: TypeAlias = np.ndarray[Any, Any]

# Words for "whatever the Dataset says are the areas of its cells".
_WORDS = ("cell_area", "area")


def area_weights(
    ds: xr.Dataset, axes: Axes, given: bool | str | xr.DataArray | None = None
) -> xr.DataArray:
    """Area of each cell relative to the mean of the grid.

    The mean over the grid is 1, so that weighted values stay on their scale.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`. Only coordinates and the variable of areas are read.
    axes : Axes
        Of `ds`.
    given : bool, str or DataArray, optional
        True for cos φ of the 1-D latitude φ: what its integral over the cells of an evenly spaced
        latitude-longitude grid is proportional to. Cells of a projected, rotated or ocean grid,
        whose latitude is 2-D, are of any size, and have to bring areas of their own. The name of a
        variable of areas, or "cell_area" for the one that the data point to (``cell_measures`` or
        ``standard_name``, CF conventions 7.2). Or the areas themselves, on the dimensions of the
        grid, in any unit. False for cells that are all alike. By default True for a 1-D latitude,
        and False for all other grids: those of regional models have cells of about one size.

    Returns
    -------
    DataArray of float64, (y, x)
        Above 0, without coordinates, in memory; named as the dimensions of `ds`.

    Raises
    ------
    ParameterError
        No latitude, no such variable, or no areas.
    InputError
        The latitudes or areas cannot be used.

    Notes
    -----
    cos 90° is 0, but reanalyses have rows on the poles. Such a row stands for the cap within half a
    spacing δ of the pole, which relative to a cell on the equator has the area
    (1 - cos(δ / 2)) / δ. That is the least that any cell gets.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> ds = xr.Dataset(coords={"lat": [0.0, 60.0], "lon": [0.0, 1.0, 2.0]})
    >>> area_weights(ds, Axes("time", "lat", "lon", "lat", "lon")).values.round(2).tolist()
    [[1.33, 1.33, 1.33], [0.67, 0.67, 0.67]]
    """
    if given is None:
        given = axes.latitude is not None and ds[axes.latitude].ndim == 1
    if isinstance(given, xr.DataArray):
        area = _on_grid(ds, axes, given, "the areas")
    elif isinstance(given, str):
        name = _find(ds, axes, given)
        area = _on_grid(ds, axes, ds[name], repr(name))
    elif isinstance(given, bool | np.bool_):
        area = _cos_latitude(ds, axes) if given else np.ones([ds.sizes[dim] for dim in axes.space])
    else:
        raise ParameterError(
            message(
                "area_weights= to be True, False, the name of a variable, or a DataArray",
                f"a {type(given).__name__}",
                "pass area_weights=True for √cos φ",
            )
        )
    attrs = {"long_name": "cell area relative to the mean of the grid", "units": "1"}
    return xr.DataArray(area / area.mean(), dims=axes.space, name="area_weights", attrs=attrs)


def _are_numbers_of_rows(ds: xr.Dataset, name: str) -> bool:
    """Whether a coordinate counts from 0, as numbers of rows do, and says nothing of itself."""
    coordinate = ds[name]
    counted = coordinate.dtype.kind in "iu" and coordinate.ndim == 1 and coordinate.size > 1
    told = {"units", "standard_name"} & {*coordinate.attrs}
    return counted and not told and bool((coordinate.values == np.arange(coordinate.size)).all())


def _cos_latitude(ds: xr.Dataset, axes: Axes) -> _Array:
    """Cosine of the latitude φ, shape (H, L), with the area of the polar cap as the least."""
    if axes.latitude is None:
        raise ParameterError(
            message(
                "a latitude in degrees for area_weights=True",
                f"a grid of {axes.y!r} and {axes.x!r} alone",
                "pass area_weights= with the areas of the cells, or their name in the Dataset, or "
                f"set ds[{axes.y!r}].attrs['standard_name'] = 'latitude' if it is one",
            )
        )
    latitude = ds[axes.latitude]
    if latitude.ndim > 1:
        raise ParameterError(
            message(
                "a latitude along one dimension for area_weights=True",
                f"{axes.latitude!r} on {latitude.dims}: cells of projected and rotated "
                "grids have areas of their own",
                "name a variable with the areas of the cells, area_weights='cell_area', or leave "
                "them alone, area_weights=False",
            )
        )
    degrees = latitude.values.astype(np.float64)
    if all(_are_numbers_of_rows(ds, name) for name in axes.space):
        warn_user(
            message(
                "latitudes in degrees for weights of area",
                f"{axes.latitude!r} of 0, 1, 2 and so on without units, taken for degrees",
                f"give the dimension its degrees, ds.assign_coords({axes.latitude}=...), or say "
                f"that it has them, ds[{axes.latitude!r}].attrs['units'] = 'degrees_north'",
            )
        )
    if not np.all(np.abs(degrees) <= 90.001):  # rounding apart; NaN is not either
        raise InputError(
            message(
                f"latitudes from -90 to 90 in {axes.latitude!r}",
                f"values from {degrees.min():g} to {degrees.max():g}",
                "convert them to degrees and fill what is missing, or pass area_weights= with the "
                "areas of the cells",
            )
        )
    phi = np.deg2rad(degrees)
    steps = np.abs(np.diff(phi))
    # The larger step to a neighbour; a single row is the whole sphere, from pole to pole.
    spacing = np.maximum(np.append(steps, 0), np.insert(steps, 0, 0))
    spacing = np.where(spacing > 0, spacing, np.pi)
    cap = (1 - np.cos(spacing / 2)) / spacing
    rows = np.maximum(np.cos(phi), cap)
    along = axes.space.index(str(latitude.dims[0]))
    return np.broadcast_to(
        np.expand_dims(rows, 1 - along), tuple(ds.sizes[dim] for dim in axes.space)
    )


def _find(ds: xr.Dataset, axes: Axes, given: str) -> str:
    """Name of the variable of areas."""
    if given in ds.variables:
        return given
    names = _linked(ds, axes) if given in _WORDS else []
    there = [name for name in names if name in ds.variables]
    if len(there) == 1:
        return there[0]
    if there:
        raise ParameterError(
            message("one variable of areas", f"{there}", f"pass area_weights={there[0]!r}")
        )
    raise ParameterError(
        message(
            f"a variable {given!r} with the areas of the cells",
            f"cell_measures that name {names[0]!r}, which is in another file"
            if names
            else f"the variables {sorted(map(str, ds.variables))}",
            f"open that file, and assign it: ds.assign({names[0]}=areas[{names[0]!r}])"
            if names
            else "correct the name, or pass area_weights=True for √cos φ",
        )
    )


def _linked(ds: xr.Dataset, axes: Axes) -> list[str]:
    """Names of variables of areas: those that data on the grid point to, or that say so."""
    names = []
    for name, variable in ds.variables.items():
        if not set(axes.space) <= set(variable.dims):
            continue
        if said(variable, "standard_name") == "cell_area":
            names.append(str(name))
        for source in (variable.attrs, variable.encoding):  # where xarray moves it in decoding
            names += re.findall(r"\barea:\s*(\S+)", str(source.get("cell_measures", "")))
    return list(dict.fromkeys(names))


def _on_grid(ds: xr.Dataset, axes: Axes, area: xr.DataArray, what: str) -> _Array:
    """Areas as an array of shape (H, L), finite and above 0."""
    shape = tuple(ds.sizes[dim] for dim in axes.space)
    area = area.squeeze(
        [dim for dim in area.dims if dim not in axes.space and area.sizes[dim] == 1]
    )
    if not area.dims or not set(area.dims) <= set(axes.space):
        raise ParameterError(
            message(
                f"{what} on the grid ({', '.join(axes.space)})",
                f"the dimensions {area.dims}",
                "rename them, areas.rename({...}), or select one time, areas.isel(time=0)",
            )
        )
    area = _brought_in_line(ds, area, what)
    sizes = {str(dim): size for dim, size in area.sizes.items()}
    if any(size != ds.sizes[dim] for dim, size in sizes.items()):
        raise ParameterError(
            message(
                f"{what} on the grid of {dict(zip(axes.space, shape, strict=True))}",
                f"{sizes}",
                "select the same region of both",
            )
        )
    missing = [dim for dim in axes.space if dim not in area.dims]
    values = area.expand_dims(missing).transpose(*axes.space).values.astype(np.float64)
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        first = values[wrong].ravel()[0]
        raise InputError(
            message(
                f"{what} to be finite and above 0",
                f"{first:g} in {int(wrong.sum())} of {values.size} cells",
                "put any area where the data are masked: areas.where(areas > 0, areas.mean())",
            )
        )
    return np.broadcast_to(values, shape)


def _brought_in_line(ds: xr.Dataset, area: xr.DataArray, what: str) -> xr.DataArray:
    """Areas in the order of the grid, where both have coordinates: a larger grid is cut."""
    for dim in area.dims:
        if dim not in ds.indexes or dim not in area.indexes:
            continue
        wanted, there = ds.indexes[dim], area.indexes[dim]
        if len(wanted) == len(there) and np.allclose(wanted, there):
            area = area.drop_vars([str(dim)])  # rounding of float32 apart
            continue
        positions = there.get_indexer(wanted)
        if (positions < 0).any():
            raise ParameterError(
                message(
                    f"{what} at every {dim!r} of the data",
                    f"none at {wanted[positions < 0][0]} and {int((positions < 0).sum()) - 1} more",
                    "give the areas of the same grid, or make them part of the Dataset, "
                    "ds.assign(cell_area=areas), and pass area_weights='cell_area'",
                )
            )
        area = area.isel({dim: positions}).drop_vars([str(dim)])
    return area
