"""What a selection asks for: of which coordinates, and whether it can be asked of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.coordinates import LAT, LON
from xdsc.cf.grids.sel import is_several
from xdsc.errors import ParameterError, Problems, message

_WORDS = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "time": "time",
}

# So many values of a coordinate are told one by one, more by the first and the last.
_FEW = 12


def chosen_of(ds: xr.Dataset, axes: Axes, sel: Mapping[str, Any]) -> dict[str, Any]:
    """Name of the coordinate -> what to select of it; `ParameterError` with all that is wrong."""
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
    elif name not in ds.indexes and not is_numeric(ds[name]):
        raise ParameterError(
            message(
                f"{key!r} to be the coordinate of a dimension",
                f"one along {ds[name].dims[0]!r}",
                f"make it one, ds.swap_dims({ds[name].dims[0]}={name!r})",
            )
        )
    if is_numeric(ds[name]) and not all(
        isinstance(number, int | float | np.number) for number in values_of(value)
    ):
        raise ParameterError(
            message(
                f"numbers for {key!r}, whose values are {described(ds[name])}",
                f"{value!r}",
                "select by numbers",
            )
        )


def described(coordinate: xr.DataArray) -> str:
    """Values of a coordinate in words."""
    values = coordinate.values.ravel()
    if values.size <= _FEW and coordinate.ndim == 1:
        return ", ".join(map(_word, values))
    if is_numeric(coordinate):
        return f"from {_word(np.nanmin(values))} to {_word(np.nanmax(values))}"
    return f"from {_word(values[0])} to {_word(values[-1])}"


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, np.number) else str(value)


def is_numeric(coordinate: xr.DataArray) -> bool:
    """Whether the values of a coordinate are numbers, neither dates nor words."""
    return coordinate.dtype.kind in "iuf"


def values_of(value: Any) -> list[Any]:
    """The single values in a selection; of a slice its ends, open ones apart."""
    if isinstance(value, slice):
        return [end for end in (value.start, value.stop) if end is not None]
    return list(value) if is_several(value) else [value]
