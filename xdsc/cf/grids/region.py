"""Selection by the values of coordinates, whichever way these run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.longitude import longitudes_in, relabelled, within
from xdsc.cf.grids.asked import chosen_of, described, is_numeric, values_of
from xdsc.cf.grids.sel import is_several, sel_from_json
from xdsc.errors import InputError, Problems, message

_Array: TypeAlias = np.ndarray[Any, Any]

# What float32 loses of the largest value: 50.1 is 50.099998 there, and yet the same latitude.
_ROUNDING = 2.0**-22


def select_region(ds: xr.Dataset, axes: Axes, sel: Mapping[str, Any]) -> xr.Dataset:
    """Select by values of coordinates.

    Ends of slices belong to the region and may come in any order; values that float32 has rounded
    are still found.

    Longitudes are understood modulo 360, and a slice goes from west to east: on a grid from 0 to
    360, ``slice(-80, 40)`` is one region whose longitudes run from -80 to 40, ``slice(170, -170)``
    one from 170 to 190. A slice with an open end stays within the numbers of the grid.

    Of a grid with 2-D latitude and longitude the smallest box of its rows and columns is taken that
    holds all cells with their centre in the region. Nothing in the box is masked, so that some
    cells lie outside the region; a box over the seam of a global grid has its whole width.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`, NumPy or Dask.
    axes : Axes
        Of `ds`; they are those of the result, too.
    sel : mapping of str to slice, number, str, date or list
        By the names of coordinates, or "latitude", "lat", "longitude", "lon" and "time", whatever
        they are called in `ds`. A single value of another dimension drops that dimension, as
        ``ds.sel`` does; time, member, y and x stay. Forms made by `sel_to_json` are understood.

    Returns
    -------
    Dataset
        New, lazy if `ds` is; values of dtype and attributes as in `ds`.

    Raises
    ------
    ParameterError
        Unknown names, or values of the wrong kind; all are named.
    InputError
        Nothing lies there; tells what there is.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> ds = xr.Dataset(coords={"lat": [60.0, 40.0, 20.0], "lon": np.arange(0.0, 360, 30)})
    >>> axes = Axes("time", "lat", "lon", "lat", "lon")
    >>> region = select_region(ds, axes, {"lat": slice(30, 70), "longitude": slice(-60, 30)})
    >>> region.lat.values.tolist(), region.lon.values.tolist()
    ([60.0, 40.0], [-60.0, -30.0, 0.0, 30.0])
    """
    chosen = chosen_of(ds, axes, sel_from_json(sel) or {})
    problems = Problems()
    region = ds
    curved = {name: value for name, value in chosen.items() if ds[name].ndim == 2}
    if curved:
        with problems.collect():
            region = _box(region, axes, curved)
    for name, value in chosen.items():
        if name not in curved:
            with problems.collect():
                region = _select(region, axes, name, value)
    problems.raise_if_any(InputError)
    return region


def _box(ds: xr.Dataset, axes: Axes, curved: Mapping[str, slice]) -> xr.Dataset:
    """The rows and columns that hold all cells of a region of 2-D latitude and longitude."""
    inside = np.ones([ds.sizes[dim] for dim in axes.space], dtype=bool)
    for name, asked in curved.items():
        values = ds[name].transpose(*axes.space).values.astype(np.float64)
        inside &= within(values, asked) if name == axes.longitude else _between(values, asked)
    if not inside.any():
        raise InputError(
            message(
                "cells in the region "
                + ", ".join(f"{name!r} {_spelled(asked)}" for name, asked in curved.items()),
                "none; the data have "
                + " and ".join(f"{name!r} {described(ds[name])}" for name in curved),
                "select a region that the data cover",
            )
        )
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return ds.isel(
        {axes.y: slice(rows[0], rows[-1] + 1), axes.x: slice(columns[0], columns[-1] + 1)}
    )


def _select(ds: xr.Dataset, axes: Axes, name: str, value: Any) -> xr.Dataset:
    """Select by one 1-D coordinate."""
    coordinate, dim = ds[name], ds[name].dims[0]
    stays = dim in (axes.time, axes.member, *axes.space)
    if not is_numeric(coordinate):
        region = _select_labels(ds, name, value, stays)
        if region.sizes.get(str(dim), 1) == 0:
            raise _nothing(coordinate, value)
        return region
    values = coordinate.values.astype(np.float64)
    turns = None
    if name == axes.longitude:
        positions, turns = longitudes_in(values, value)
    elif isinstance(value, slice):
        positions = np.flatnonzero(_between(values, value))
    else:
        positions = _nearest(values, value)
    if not positions.size or (not isinstance(value, slice) and (positions < 0).any()):
        raise _nothing(coordinate, value)
    single = not stays and not isinstance(value, slice) and not is_several(value)
    region = ds.isel({dim: int(positions[0]) if single else _indexer(positions)})
    return region if turns is None else relabelled(region, name, turns)


def _select_labels(ds: xr.Dataset, name: str, value: Any, stays: bool) -> xr.Dataset:
    """Select dates or words."""
    if stays and not isinstance(value, slice) and not is_several(value):
        # "2000" is a year, and a single date must leave the dimension.
        value = slice(value, value) if isinstance(value, str) else [value]
    try:
        return ds.sel({name: value})
    except (KeyError, TypeError, ValueError) as error:
        raise _nothing(ds[name], value) from error


def _between(values: _Array, asked: slice) -> _Array:
    """Which values lie in a slice whose ends come in any order; bool."""
    low, high = asked.start, asked.stop
    if low is not None and high is not None and low > high:
        low, high = high, low
    rounding = _rounding(values)
    inside: _Array = values >= (-np.inf if low is None else low - rounding)
    return inside & (values <= (np.inf if high is None else high + rounding))


def _nearest(values: _Array, wanted: Any) -> _Array:
    """Position of each of one or several values; -1 where it is not there."""
    away = np.abs(values - np.array(values_of(wanted), dtype=np.float64)[:, np.newaxis])
    positions = away.argmin(1)
    return np.where(away.min(1) <= _rounding(values), positions, -1)


def _rounding(values: _Array) -> float:
    return _ROUNDING * float(np.nanmax(np.abs(values), initial=0.0))


def _indexer(positions: _Array) -> slice | _Array:
    """Positions as a slice, if they follow each other: it copies nothing."""
    if (np.diff(positions) == 1).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def _nothing(coordinate: xr.DataArray, value: Any) -> InputError:
    return InputError(
        message(
            f"data at {coordinate.name!r} {_spelled(value)}",
            f"{coordinate.name!r} {described(coordinate)}",
            "select what the data have",
        )
    )


def _spelled(value: Any) -> str:
    """A selection in words."""
    if isinstance(value, slice):
        return f"from {value.start} to {value.stop}"
    return ", ".join(map(str, values_of(value)))
