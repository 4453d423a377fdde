"""Whether coordinates that are called latitude and longitude are these, in degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf.axes.coordinates import LAT, Direction
from xdsc.cf.axes.longitude import from_minus_180
from xdsc.cf.dataset import text_of
from xdsc.errors import InputError, message, warn_user

_RADIANS = ("radian", "radians", "rad")

# Two coordinates that differ by more, in degrees, are not of the same place.
_ROUNDING = 1e-3

# Degrees of usual grids are multiples of this, and how far off such numbers are by rounding.
_GRID, _ROUND = 0.005, 1e-4
# The poles, and a little more, in radians.
_QUARTER = np.pi / 2 + 0.01


def check_degrees(ds: xr.Dataset, latitude: str, longitude: str) -> None:
    """Raise an `InputError` for latitude or longitude in radians.

    These are told by their units or, where they have none, by longitudes that go round the globe
    from 0 to 2π, by such that go far round while latitudes reach beyond 68° north and south, by
    latitudes that lie many times closer, or by numbers that are round in degrees alone.
    """
    units = {name: text_of(ds[name].attrs, "units").lower() for name in (latitude, longitude)}
    told = [name for name, unit in units.items() if unit in _RADIANS]
    radians = told or _guessed(ds, latitude, longitude, units)
    if not radians:
        return
    degrees = {latitude: "degrees_north", longitude: "degrees_east"}
    new = ", ".join(
        f"{name}=np.rad2deg(ds[{name!r}]).assign_attrs(units={degrees[name]!r})" for name in radians
    )
    raise InputError(
        message(
            "latitude and longitude in degrees",
            f"{' and '.join(map(repr, radians))} in radians"
            + ("" if told else ", by their values, without the attribute units that says degrees"),
            f"convert them, ds.assign_coords({new})",
        )
    )


def _guessed(ds: xr.Dataset, latitude: str, longitude: str, units: dict[str, str]) -> list[str]:
    """Those of latitude and longitude, without units, that look like radians."""
    phi, turn = (ds[name] for name in (latitude, longitude))
    if units[latitude] or any(
        c.ndim != 1 or c.size < 3 or c.dtype.kind != "f" for c in (phi, turn)
    ):
        return []
    if not np.abs(phi.values).max() < _QUARTER:
        return []
    if not units[longitude]:
        far = np.ptp(turn.values) > 4 and -np.pi <= turn.values.min() and turn.values.max() < 6.3
        tall = phi.values.min() < -1.2 and phi.values.max() > 1.2
        if _round_in_radians(ds, latitude, longitude) or (far and tall):
            return [latitude, longitude]
    round_ones = [c.name for c in (phi, turn) if not units[str(c.name)] and _round_in_degrees(c)]
    if str(phi.name) in round_ones:
        return list(map(str, round_ones))
    rows, columns = (np.median(np.abs(np.diff(c.values))) for c in (phi, turn))
    return [latitude] if columns > 6 * rows > 0 and np.ptp(phi.values) > 0.3 else []


def warn_of_small_degrees(ds: xr.Dataset, axes_of_degrees: tuple[str | None, str | None]) -> None:
    """Warn of latitudes and longitudes without units that could be radians as well.

    Degrees of a region at the equator and the prime meridian have the same numbers, so that nothing
    but units can tell.

    Parameters
    ----------
    ds : Dataset
        The data.
    axes_of_degrees : (str or None, str or None)
        Its latitude and longitude, where it has these.
    """
    latitude, longitude = axes_of_degrees
    if latitude is None or longitude is None:
        return
    names = latitude, longitude
    if any(ds[name].attrs.get("units") or ds[name].size < 2 for name in names):
        return
    phi, turn = (np.abs(ds[name].values) for name in names)
    if (
        np.nanmax(phi) > _QUARTER
        or np.nanmax(turn) > 4 * _QUARTER
        or ds[latitude].dtype.kind != "f"
    ):
        return
    text = message(
        "latitudes and longitudes whose attribute units says that they are degrees",
        f"{latitude!r} and {longitude!r} without it, in a range that could be radians, and are "
        "taken for degrees",
        f"say so, ds[{latitude!r}].attrs['units'] = 'degrees_north', or convert them, "
        f"ds.assign_coords({latitude}=np.rad2deg(ds[{latitude!r}]), "
        f"{longitude}=np.rad2deg(ds[{longitude!r}]))",
    )
    warn_user(text)


def _round_in_degrees(coordinate: xr.DataArray) -> bool:
    """Whether numbers are round, by the degrees of usual grids, if and only if they are radians."""
    apart = [
        np.abs(values - _GRID * np.round(values / _GRID)).max()
        for values in (np.rad2deg(coordinate.values), coordinate.values)
    ]
    return bool(apart[0] < _ROUND and apart[1] > 10 * _ROUND)


def _round_in_radians(ds: xr.Dataset, latitude: str, longitude: str) -> bool:
    phi, turn = (ds[name] for name in (latitude, longitude))
    if any(c.ndim != 1 or c.size < 3 or c.dtype.kind != "f" for c in (phi, turn)):
        return False
    steps = np.diff(np.sort(turn.values))
    whole = abs(steps.sum() + np.median(steps) - 2 * np.pi) < 0.01
    return bool(whole and np.abs(phi.values).max() < _QUARTER)


def beyond_the_poles(ds: xr.Dataset, latitude: str) -> bool:
    """Whether a 1-D coordinate without attributes has numbers that no latitude has."""
    coordinate = ds[latitude]
    told = {"units", "standard_name"} & set(coordinate.attrs)
    if told or coordinate.ndim != 1 or coordinate.dtype.kind not in "iuf":
        return False
    return bool((np.abs(coordinate.values) > 90 + _ROUNDING).any())


def without_numberings(ds: xr.Dataset, names: list[str], to: Direction) -> list[str]:
    """Names of coordinates, without the 1-D ones that a 2-D one of the same grid contradicts.

    Such are numbers of rows and columns, or degrees of a rotated pole.
    """
    fields = [ds[name] for name in names if ds[name].ndim == 2]
    return [
        name
        for name in names
        if ds[name].ndim == 2 or not any(_contradicts(field, ds[name], to) for field in fields)
    ]


def _contradicts(field: xr.DataArray, line: xr.DataArray, to: Direction) -> bool:
    """Whether a 2-D coordinate is elsewhere than the 1-D one along one of its dimensions."""
    if not set(line.dims) <= set(field.dims) or line.dtype.kind not in "iuf" or not line.size:
        return False
    axis = field.dims.index(line.dims[0])
    apart: np.ndarray[Any, Any] = field.values - np.expand_dims(line.values, 1 - axis)
    if to is not LAT:
        apart = from_minus_180(apart)
    return bool(np.nanmax(np.abs(apart), initial=0.0) > _ROUNDING)
