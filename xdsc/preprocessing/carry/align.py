"""Bring another Dataset onto the fitted grid: pick its points out, or interpolate where asked to.

Lazy: coordinates are read, data are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.axes.longitude import from_minus_180
from xdsc.errors import InputError, message
from xdsc.preprocessing.carry.axis_points import (
    TOLERANCE,
    Floats,
    Ints,
    comparable,
    not_covered,
    shared_positions,
)
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.regrid import check_method, interpolate

Points = tuple[Ints, Ints]

# So many places are tried for a grid with 2-D coordinates in a larger one.
_FEW = 16


def align(
    ds: xr.Dataset, axes: Axes, grid: Grid, regrid: str | None = None
) -> tuple[xr.Dataset, Axes]:
    """Bring a Dataset onto the fitted grid.

    Where it has all points of the fitted grid these are picked out: in another order, with
    latitude the other way round, with longitudes from 0 to 360 or -180 to 180, of a larger area or
    of a finer grid. Points within a hundredth of the (finer) spacing are the same. Axes of a
    projection may be in other units of length. An axis without coordinates on either side is told
    by its size alone.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`, NumPy or Dask.
    axes : Axes
        Of `ds`.
    grid : Grid
        The fitted grid, (H, L).
    regrid : {"linear", "nearest", "bilinear", "conservative", "patch"}, optional
        How to interpolate a Dataset on another grid; see
        `xdsc.preprocessing.carry.regrid.interpolate`. By default that is an error. Nothing is
        interpolated where all points are there.

    Returns
    -------
    ds : Dataset
        New, with its own names and coordinates, at the fitted points in their order; the same
        object where nothing is to be done. Where interpolated: with the names and the coordinates
        of the fitted grid, without what describes the old one.
    axes : Axes
        Of that Dataset.

    Raises
    ------
    ParameterError
        `regrid` is unknown, or what it needs is not installed.
    InputError
        `ds` is on another grid, or does not reach over the fitted one.
    """
    check_method(regrid)
    own = Grid.of(ds, axes).in_lengths_of(grid)
    points = _shared_points(grid, own)
    if points is not None:
        return _pick(ds, axes, points), axes
    if regrid is None:
        raise _another_grid(grid, own)
    return interpolate(ds, axes, own, grid, regrid)


def _shared_points(grid: Grid, own: Grid) -> Points | None:
    """Positions of the fitted rows (H,) and columns (L,); None where some are missing."""
    found = [_along(grid, own, direction) for direction in (0, 1)]
    points = None if any(index is None for index in found) else _at_places(grid, own, found)
    if points is None and _both_tell_places(grid, own):
        # Of two selections each may number its rows from 0, and another file count in kilometres.
        points = _at_places(grid, own, ["unknown", "unknown"])
    return points


def _along(grid: Grid, own: Grid, direction: int) -> Ints | Literal["unknown"] | None:
    """Where the fitted rows (0) or columns (1) are, by 1-D coordinates; None where some lack."""
    wanted, given = grid.points_along(direction), own.points_along(direction)
    if wanted is None or given is None or not comparable(wanted, given):
        return "unknown"
    return shared_positions(wanted, given)


def _both_tell_places(grid: Grid, own: Grid) -> bool:
    """Whether both grids have 2-D latitude and longitude, which say more than axes of their own."""
    if not (grid.is_curvilinear and own.is_curvilinear):
        return False
    both = grid.degrees(), own.degrees()
    return all(there is not None and np.isfinite(there).all(axis=0).any() for there in both)


def _at_places(
    grid: Grid, own: Grid, found: Sequence[Ints | Literal["unknown"] | None]
) -> Points | None:
    """The first points, with the rows and columns that were found, at the fitted places."""
    unknown = [direction for direction in (0, 1) if isinstance(found[direction], str)]
    for possible in _possible_points(grid, own, unknown):
        rows, columns = (
            index if isinstance(index, np.ndarray) else at
            for at, index in zip(possible, found, strict=True)
        )
        inside = rows.max() < own.shape[0] and columns.max() < own.shape[1]
        inside &= min(rows.min(), columns.min()) >= 0
        if inside and _same_places(grid, own, (rows, columns)):
            return rows, columns
    return None


def _possible_points(grid: Grid, own: Grid, unknown: list[int]) -> Iterator[Points]:
    """Where the fitted rows and columns may be along the directions in which that is unknown."""
    every = np.arange(grid.shape[0]), np.arange(grid.shape[1])
    if all(own.shape[direction] == grid.shape[direction] for direction in unknown):
        yield every  # nothing may tell but the size
    fitted, there = grid.degrees(), own.degrees()
    if not unknown or fitted is None or there is None:
        return
    known = np.argwhere(np.isfinite(fitted[0]) & np.isfinite(fitted[1]))
    if not (grid.is_curvilinear or own.is_curvilinear) or not known.size:
        return
    row, column = (int(i) for i in known[0])
    near = np.full(own.shape, True)
    for is_longitude, (wanted, given) in enumerate(zip(fitted, there, strict=True)):
        apart = _apart(given, wanted[row, column], bool(is_longitude))
        near &= np.abs(apart) <= TOLERANCE * _usual_step(wanted)
    # A global ocean grid has some points twice, and a place of fill values many.
    for i, j in np.argwhere(near)[:_FEW]:
        for down, right in product((1, -1), repeat=2):
            yield i + down * (every[0] - row), j + right * (every[1] - column)


def _same_places(grid: Grid, own: Grid, points: Points) -> bool:
    """Whether 2-D latitudes and longitudes, as far as known, are those of the fitted points."""
    if not (grid.is_curvilinear or own.is_curvilinear):
        return True
    fitted, picked = grid.degrees(), own.degrees()
    if fitted is None or picked is None:
        return True
    for is_longitude, (wanted, given) in enumerate(zip(fitted, picked, strict=True)):
        apart = _apart(given[np.ix_(*points)], wanted, bool(is_longitude))
        # Ocean grids have coordinates that are missing over land.
        unknown = np.isnan(wanted) & np.isnan(given[np.ix_(*points)])
        if not np.all(unknown | (np.abs(apart) <= TOLERANCE * _usual_step(wanted))):
            return False
    return True


def _apart(degrees: npt.NDArray[Any], others: Any, is_longitude: bool) -> Floats:
    """How far degrees are from others, with sign."""
    apart: Floats = np.asarray(degrees, np.float64) - others
    return from_minus_180(apart) if is_longitude else apart


def _usual_step(degrees: npt.NDArray[Any]) -> float:
    """Usual distance of neighbours, (H, L), along the axis where it is larger; 1 for one point."""
    steps = [np.abs(np.diff(degrees, axis=axis)) for axis in (0, 1) if degrees.shape[axis] > 1]
    finite = [step[np.isfinite(step)] for step in steps]
    return max((float(np.median(step)) for step in finite if step.size), default=1.0)


def _pick(ds: xr.Dataset, axes: Axes, points: Points) -> xr.Dataset:
    """The Dataset at these rows and columns."""
    indexers = {
        dim: _slice(index)
        for dim, index in zip(axes.space, points, strict=True)
        if not np.array_equal(index, np.arange(ds.sizes[dim]))
    }
    return ds.isel(indexers) if indexers else ds


def _slice(index: Ints) -> slice | Ints:
    """A slice for evenly spaced positions: views in NumPy, and few tasks in Dask."""
    first, last = int(index[0]), int(index[-1])
    step = int(index[1]) - first if index.size > 1 else 1
    if step == 0 or (np.diff(index) != step).any():
        return index
    stop = last + (1 if step > 0 else -1)
    return slice(first, stop if stop >= 0 else None, step)


def _another_grid(grid: Grid, own: Grid) -> InputError:
    """The error that tells both grids and what to do."""
    was, now = str(grid), str(own)
    gaps = _gaps(grid, own)
    if gaps:
        remedy = f"use data that reach over {' and '.join(gaps)}"
    elif grid.is_curvilinear != own.is_curvilinear and None in (grid.degrees(), own.degrees()):
        remedy = "give both grids their latitudes and longitudes, or interpolate them first"
    elif grid.is_curvilinear or own.is_curvilinear:
        remedy = 'pass regrid="bilinear", which needs xESMF, or interpolate them first'
    elif any(g.points_along(i) is None for g in (grid, own) for i in (0, 1)):
        remedy = "select the fitted area, or give both grids their coordinates"
    else:
        remedy = 'pass regrid="linear", or interpolate them first, ds.interp(...)'
    received = f"a grid of {now}" + ", at other places" * (was == now)
    return InputError(message(f"the fitted grid of {was}", received, remedy))


def _gaps(grid: Grid, own: Grid) -> Sequence[str]:
    """What the Dataset does not reach over, where that can be told from 1-D coordinates."""
    if grid.is_curvilinear or own.is_curvilinear:
        return []
    pairs = [(grid.points_along(direction), own.points_along(direction)) for direction in (0, 1)]
    return [
        gap
        for wanted, given in pairs
        if wanted is not None and given is not None
        if wanted.is_numeric and given.is_numeric
        if (gap := not_covered(wanted, given)) is not None
    ]
