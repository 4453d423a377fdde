"""Selection by the values of coordinates, whichever way these run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.coordinates import LAT, LON
from xdsc.cf.axes.longitude import longitudes_in, relabelled, within
from xdsc.cf.grids.sel import is_several, sel_from_json
from xdsc.errors import InputError, ParameterError, Problems, message

_Array: TypeAlias = np.ndarray[Any, Any]

_WORDS = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "time": "time",
}

# What float32 loses of the largest value: 50.1 is 50.099998 there, and yet the same latitude.
_ROUNDING = 2.0**-22
# So many values of a coordinate are told one by one, more by the first and the last.
_FEW = 12


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
    chosen = _checked(ds, axes, sel_from_json(sel) or {})
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


def _checked(ds: xr.Dataset, axes: Axes, sel: Mapping[str, Any]) -> dict[str, Any]:
    """Name of the coordinate -> what to select of it."""
    problems = Problems()
    chosen: dict[str, Any] = {}
    for key, value in sel.items():
        with problems.collect():
            name = _coordinate(ds, axes, key)
            if name in chosen:
                raise ParameterError(
                    message(f"{name!r} once in sel=", "it twice", f"leave {key!r} out")
                )
            chosen[name] = value
            _check_value(ds, axes, key, name, value)
    problems.raise_if_any(ParameterError)
    return chosen


def _moving(ds: xr.Dataset, axes: Axes, key: str) -> list[str]:
    """Latitude and longitude that lie along time as well, as WRF writes them."""
    words = {to.word: to.names for to in (LAT, LON)}
    if _WORDS.get(key) not in words and key not in ds.variables:
        return []
    return [
        str(name)
        for name, coordinate in ds.variables.items()
        if coordinate.ndim == 3
        and axes.time in coordinate.dims
        and any(str(name).lower() in names for names in words.values())
    ]


def _coordinate(ds: xr.Dataset, axes: Axes, key: str) -> str:
    """Name of the coordinate that `key` means."""
    if key in ds.variables and ds[key].ndim in (1, 2):
        return key
    if found := getattr(axes, _WORDS.get(key, ""), None):
        return str(found)
    names = [str(name) for name, coord in ds.coords.items() if coord.ndim]
    if key in ds.dims:
        received = f"{key!r}, a dimension without a coordinate"
        remedy = f"assign one, ds.assign_coords({key}=...), or select before, ds.isel({key}=...)"
    elif moving := _moving(ds, axes, key):
        received = f"{key!r}, of which {' and '.join(map(repr, moving))} are given for each time"
        still = ", ".join(
            f"{name}=ds[{name!r}].isel({{{axes.time!r}: 0}}, drop=True)" for name in moving
        )
        remedy = f"take those of the first time, if the grid stays, ds.assign_coords({still})"
    elif key in ds.variables:
        received = f"{key!r}, which has {ds[key].ndim} dimensions"
        remedy = f"leave {key!r} out of sel="
    else:
        received, remedy = f"{key!r}", "correct the name"
    words = "" if axes.latitude is None else ", or 'latitude' and 'longitude'"
    raise ParameterError(message(f"sel= by the coordinates {names}{words}", received, remedy))


def _check_value(ds: xr.Dataset, axes: Axes, key: str, name: str, value: Any) -> None:
    """Check that a value is of a kind that can be selected of this coordinate."""
    if isinstance(value, slice) and value.step is not None:
        raise ParameterError(
            message(
                f"a slice without step for {key!r}",
                f"{value}",
                "leave the step out, and thin the data before, ds.isel(...)",
            )
        )
    if ds[name].ndim == 2:
        if not isinstance(value, slice) or set(ds[name].dims) != set(axes.space):
            raise ParameterError(
                message(
                    f"a slice for {key!r}, which has two dimensions",
                    f"{value!r} on {ds[name].dims}",
                    f"write sel={{{key!r}: slice(start, stop)}}, or select by {axes.y!r} and "
                    f"{axes.x!r}",
                )
            )
    elif name not in ds.indexes and not _is_numeric(ds[name]):
        raise ParameterError(
            message(
                f"{key!r} to be the coordinate of a dimension",
                f"one along {ds[name].dims[0]!r}",
                f"make it one, ds.swap_dims({ds[name].dims[0]}={name!r})",
            )
        )
    if _is_numeric(ds[name]) and not all(
        isinstance(number, int | float | np.number) for number in _values_of(value)
    ):
        raise ParameterError(
            message(
                f"numbers for {key!r}, whose values are {_describe(ds[name])}",
                f"{value!r}",
                "select by numbers",
            )
        )


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
                + " and ".join(f"{name!r} {_describe(ds[name])}" for name in curved),
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
    if not _is_numeric(coordinate):
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
    away = np.abs(values - np.array(_values_of(wanted), dtype=np.float64)[:, np.newaxis])
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
            f"{coordinate.name!r} {_describe(coordinate)}",
            "select what the data have",
        )
    )


def _spelled(value: Any) -> str:
    """A selection in words."""
    if isinstance(value, slice):
        return f"from {value.start} to {value.stop}"
    return ", ".join(map(str, _values_of(value)))


def _describe(coordinate: xr.DataArray) -> str:
    """Values of a coordinate in words."""
    values = coordinate.values.ravel()
    if values.size <= _FEW and coordinate.ndim == 1:
        return ", ".join(map(_word, values))
    if _is_numeric(coordinate):
        return f"from {_word(np.nanmin(values))} to {_word(np.nanmax(values))}"
    return f"from {_word(values[0])} to {_word(values[-1])}"


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, np.number) else str(value)


def _is_numeric(coordinate: xr.DataArray) -> bool:
    return coordinate.dtype.kind in "iuf"


def _values_of(value: Any) -> list[Any]:
    """The single values in a selection; of a slice its ends, open ones apart."""
    if isinstance(value, slice):
        return [end for end in (value.start, value.stop) if end is not None]
    return list(value) if is_several(value) else [value]
