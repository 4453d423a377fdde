"""Longitudes, which are the same every 360 degrees."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import xarray as xr

_Array: TypeAlias = np.ndarray[Any, Any]

# What float32 loses of 360 degrees, some metres.
_ROUNDING = 360 * 2.0**-22


def from_minus_180(degrees: _Array) -> _Array:
    """The same angles, of any shape, from -180 up to, not including, 180."""
    return (degrees + 180) % 360 - 180


def within(values: _Array, asked: slice) -> _Array:
    """Which longitudes, of any shape, lie in a slice from west to east; bool."""
    west, east = _ends(asked)
    if np.isinf(west) or np.isinf(east):
        plain: _Array = (values >= west - _ROUNDING) & (values <= east + _ROUNDING)
        return plain
    inside: _Array = _east_of(west, values) <= east - west + _ROUNDING
    return inside


def longitudes_in(values: _Array, asked: slice | float | list[float]) -> tuple[_Array, _Array]:
    """Where asked longitudes are, whichever of 0..360 and -180..180 the grid and the user take.

    Parameters
    ----------
    values : array of float, (N,)
        Longitudes of the grid, in degrees.
    asked : slice, float or list of float
        A slice goes from west to east, and round the globe where its end is the lower number.

    Returns
    -------
    positions : array of int, (P,)
        In `values`; of a slice from west to east, unless the grid has it in one piece already. Of
        single longitudes -1 where there is none.
    turns : array of int, (P,)
        How many times 360 degrees to add, so that they read as they were asked for.
    """
    if not isinstance(asked, slice):
        wanted = np.atleast_1d(np.asarray(asked, dtype=np.float64))
        away = np.abs(from_minus_180(values - wanted[:, np.newaxis]))
        positions = away.argmin(1)
        turns = np.rint((wanted - values[positions]) / 360).astype(np.int64)
        return np.where(away.min(1) <= _ROUNDING, positions, -1), turns
    west, east = _ends(asked)
    plain = np.flatnonzero((values >= west - _ROUNDING) & (values <= east + _ROUNDING))
    inside = np.flatnonzero(within(values, asked))
    if np.isinf(west) or (plain.size >= inside.size and (np.diff(plain) == 1).all()):
        return plain, np.zeros_like(plain)
    from_west = _east_of(west, values[inside])
    order = np.argsort(from_west, kind="stable")
    # A cyclic grid has its first meridian twice.
    order = order[np.diff(from_west[order], prepend=-np.inf) > _ROUNDING]
    positions, new = inside[order], west + from_west[order]
    return positions, np.rint((new - values[positions]) / 360).astype(np.int64)


def relabelled(ds: xr.Dataset, name: str, turns: _Array) -> xr.Dataset:
    """A new Dataset with `turns` times 360 degrees, (L,), added to its longitudes and their bounds.

    Parameters
    ----------
    ds : Dataset
        Selected already.
    name : str
        The 1-D coordinate of longitudes.
    turns : array of int, (L,)
        One for each longitude.
    """
    if not turns.any():
        return ds
    variable = ds[name].variable
    bounds = variable.attrs.get("bounds", variable.encoding.get("bounds"))
    if not isinstance(bounds, str):
        bounds = None
    for moved in (name, bounds):
        if moved not in ds.variables or variable.dims[0] not in ds[moved].dims:
            continue
        old = ds[moved].variable
        degrees = xr.Variable(variable.dims, 360 * turns)
        # In double precision, since 0.1 + 360 in single precision is no grid of tenths.
        new = (old.astype(np.float64) + degrees).transpose(*old.dims).astype(old.dtype)
        new = xr.Variable(old.dims, new.data, old.attrs, old.encoding)
        ds = ds.assign_coords({moved: new}) if moved in ds.coords else ds.assign({moved: new})
    return ds


def _ends(asked: slice) -> tuple[float, float]:
    """West and east; east is the larger number, as for a region over the date line."""
    west = -np.inf if asked.start is None else float(asked.start)
    east = np.inf if asked.stop is None else float(asked.stop)
    return west, east + 360 * np.ceil((west - east) / 360) if east < west else east


def _east_of(west: float, values: _Array) -> _Array:
    """How far east of `west` longitudes are, from 0 (rounding apart) to 360 degrees."""
    away: _Array = (values - west + _ROUNDING) % 360 - _ROUNDING
    return away
