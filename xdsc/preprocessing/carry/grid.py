"""Grid: what is known of a horizontal grid, so that another Dataset can be brought onto it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.units import Conversion, conversion, same_units, unit_of
from xdsc.errors import XdscError
from xdsc.preprocessing.carry.axis_points import AxisPoints

_ROLES: tuple[Literal["latitude"], Literal["longitude"]] = ("latitude", "longitude")


@dataclass(frozen=True, eq=False)
class Grid:
    """A horizontal grid of H × L points.

    Attributes
    ----------
    coordinates : Dataset
        Those of its coordinates that are known, in memory: 1-D along y or x, or 2-D.
    axes : Axes
        Names of its dimensions and coordinates.
    shape : tuple of int
        (H, L), sizes along (y, x).

    Examples
    --------
    >>> coordinates = xr.Dataset(coords={"lat": [50.0, 47.5], "lon": [0.0, 2.5, 5.0]})
    >>> print(Grid(coordinates, Axes("time", "lat", "lon", "lat", "lon"), (2, 3)))
    2 × 3 points, 'lat' from 50 to 47.5 by 2.5, 'lon' from 0 to 5 by 2.5
    """

    coordinates: xr.Dataset
    axes: Axes
    shape: tuple[int, int]

    @classmethod
    def of(cls, ds: xr.Dataset, axes: Axes) -> Self:
        """The grid of a Dataset; reads its coordinates, not its data."""
        shape = ds.sizes[axes.y], ds.sizes[axes.x]
        return cls(grid_coordinates(ds, axes).compute(), axes, shape)

    def points_along(self, direction: int) -> AxisPoints | None:
        """Points along y (0) or x (1), in degrees where these are 1-D; None where unknown."""
        dim, degrees = self.axes.space[direction], self._degrees[direction]
        is_2d = degrees in self.coordinates.variables and self.coordinates[degrees].ndim == 2
        for name in (degrees, dim):
            if name is not None and name in self.coordinates.variables:
                coordinate = self.coordinates[name]
                if coordinate.dims == (dim,):
                    own: Literal["plain", "projected"] = "projected" if is_2d else "plain"
                    kind = _ROLES[direction] if name == degrees else own
                    return AxisPoints(name, coordinate.values, kind)
        return None

    def in_lengths_of(self, other: Self) -> Self:
        """The same grid, with the axes of a projection in the units of length of another grid.

        Metres of one file are kilometres of the next. Axes stay as they are where either grid lacks
        one, or its units are none of length: degrees of a rotated pole say nothing of a scale.
        """
        converted = {}
        for direction in (0, 1):
            own, theirs = self._axis(direction), other._axis(direction)
            if own is None or theirs is None:
                continue
            if convert := _of_lengths(own, theirs):
                new = own.copy(data=convert(own.values.astype(np.float64)))
                converted[own.name] = new.assign_attrs(units=unit_of(theirs.attrs))
        if not converted:
            return self
        return replace(self, coordinates=self.coordinates.assign_coords(converted))

    def _axis(self, direction: int) -> xr.DataArray | None:
        """The coordinate of numbers along y (0) or x (1), where that is not in degrees."""
        dim = self.axes.space[direction]
        if dim == self._degrees[direction] or dim not in self.coordinates.variables:
            return None
        coordinate = self.coordinates[dim]
        return coordinate if coordinate.dtype.kind in "iuf" else None

    @property
    def is_curvilinear(self) -> bool:
        """Whether latitude or longitude is 2-D."""
        return any(
            name in self.coordinates.variables and self.coordinates[name].ndim == 2
            for name in self._degrees
        )

    def degrees(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
        """Latitude and longitude of each point, (H, L) both; None where unknown."""
        if any(name not in self.coordinates.variables for name in self._degrees):
            return None
        latitude, longitude = (self._spread(self.coordinates[name]) for name in self._degrees)
        return latitude, longitude

    def _spread(self, coordinate: xr.DataArray) -> npt.NDArray[Any]:
        """Values of a coordinate at each point, (H, L)."""
        y, x = self.axes.space
        values = coordinate.transpose(*(d for d in (y, x) if d in coordinate.dims)).values
        return np.broadcast_to(values if x in coordinate.dims else values[:, None], self.shape)

    @property
    def _degrees(self) -> tuple[str | None, str | None]:
        return self.axes.latitude, self.axes.longitude

    def __str__(self) -> str:
        """Size, ranges and spacings, for errors."""
        parts = [f"{self.shape[0]} × {self.shape[1]} points"]
        parts += [str(points) for i in (0, 1) if (points := self.points_along(i)) is not None]
        if self.is_curvilinear and (degrees := self.degrees()) is not None:
            for name, values in zip(self._degrees, degrees, strict=True):
                low, high = np.nanmin(values), np.nanmax(values)
                parts.append(f"2-D {name!r} between {low:g} and {high:g}")
        return ", ".join(parts)


def _of_lengths(own: xr.DataArray, other: xr.DataArray) -> Conversion | None:
    """From the units of one axis to those of another; None unless they are lengths that differ."""
    source, target = unit_of(own.attrs), unit_of(other.attrs)
    if source is None or target is None or same_units(source, target) is not False:
        return None
    try:
        conversion(source, "m")
        return conversion(source, target)
    except XdscError:
        return None


def grid_coordinates(ds: xr.Dataset, axes: Axes) -> xr.Dataset:
    """Coordinates of the grid, those that are there."""
    names = dict.fromkeys((axes.y, axes.x, axes.latitude, axes.longitude))
    return xr.Dataset(coords={n: ds[n].variable for n in names if n in ds.variables})
