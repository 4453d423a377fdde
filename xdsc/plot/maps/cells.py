"""Cells of a grid, and where they come to lie on a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, text_of
from xdsc.cf.grids.edges import cell_edges, latitude_edges, longitude_edges
from xdsc.plot.maps.charts import Chart, Extent
from xdsc.plot.maps.grid_mappings import cartopy_crs, grid_mapping_of, native_crs
from xdsc.plot.style import label_with_units

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.intp]

_METRES = {"m": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0, "km": 1000.0}


@dataclass(frozen=True)
class Cells:
    """Cells of a grid of H rows and L columns.

    Attributes
    ----------
    x, y : array
        Centres: 1-D, (L,) and (H,), or 2-D, (H, L); longitudes go on where numbers jump by 360.
    x_text, y_text : str
        Names of the axes, where these are no degrees.
    geographic : bool
        Whether x and y are longitude and latitude.
    native : Cells or None
        The same cells on the axes of their projection, where the data name it.
    crs : cartopy.crs.Projection or None
        What x and y are in, where they are not geographic.
    """

    x: Floats
    y: Floats
    x_text: str = ""
    y_text: str = ""
    geographic: bool = False
    native: Cells | None = None
    crs: Any = None

    @classmethod
    def of(cls, ds: xr.Dataset, var: str, axes: Axes) -> Cells:
        """Take the grid of a variable: in longitude and latitude if the Dataset knows them."""
        native = _native_cells(ds, axes, grid_mapping_of(ds, var))
        if axes.latitude and axes.longitude:
            lat, lon = ds[axes.latitude], ds[axes.longitude]
            if lat.dims == (axes.y,) and lon.dims == (axes.x,):
                x = np.unwrap(lon.values.astype(float), period=360)
                return cls(x, lat.values.astype(float), geographic=True)
            if set(lat.dims) == set(lon.dims) == set(axes.space):
                y = lat.transpose(*axes.space).values.astype(float)
                x = lon.transpose(*axes.space).values.astype(float)
                # matplotlib takes no missing coordinates, as of cells outside a satellite's view.
                if np.isfinite(x).all() and np.isfinite(y).all() and min(x.shape) > 1:
                    x = np.unwrap(np.unwrap(x, period=360, axis=0), period=360, axis=1)
                    return cls(x, y, geographic=True, native=native)
        (x, x_text), (y, y_text) = _kilometres(ds[axes.x]), _kilometres(ds[axes.y])
        return cls(x, y, x_text, y_text, native=native)

    @property
    def regular(self) -> bool:
        """Whether rows and columns have one coordinate each."""
        return self.x.ndim == 1

    @property
    def edges(self) -> tuple[Floats, Floats]:
        """Edges of regular cells, (L + 1,) and (H + 1,); corners of others, (H + 1, L + 1)."""
        if not self.regular:
            y = _corners(self.y)
            return _corners(self.x), y.clip(-90, 90) if self.geographic else y
        if self.geographic:
            return longitude_edges(self.x), latitude_edges(self.y)
        return cell_edges(self.x), cell_edges(self.y)

    @property
    def extent(self) -> Extent | None:
        """Domain in degrees; None where that is not known."""
        if not self.geographic:
            return None
        x, y = self.edges
        return Extent(*(float(f(v)) for v in (x, y) for f in (np.min, np.max)))


def _corners(centres: Floats) -> Floats:
    """Corners of cells, (H + 1, L + 1), in the middle of four centres, (H, L), and beyond them."""
    for axis in (0, 1):
        first = 2 * centres.take([0], axis) - centres.take([1], axis)
        last = 2 * centres.take([-1], axis) - centres.take([-2], axis)
        wide = np.concatenate([first, centres, last], axis)
        n = wide.shape[axis]
        centres = (wide.take(range(n - 1), axis) + wide.take(range(1, n), axis)) / 2
    return centres


def _native_cells(ds: xr.Dataset, axes: Axes, mapping: Mapping[Any, Any] | None) -> Cells | None:
    """Cells on the axes of their projection, in its units; None where that is not known."""
    crs = native_crs(mapping)
    if crs is None or not {axes.x, axes.y} <= set(ds.coords):
        return None
    values = []
    for axis in (ds[axes.x], ds[axes.y]):
        units = text_of(axis.attrs, "units")
        scale = 1.0 if units.startswith("deg") else _METRES.get(units)
        if axis.ndim != 1 or axis.size < 2 or axis.dtype.kind not in "iuf" or scale is None:
            return None
        values.append(axis.values.astype(float) * scale)
    return Cells(values[0], values[1], crs=crs)


def _kilometres(axis: xr.DataArray) -> tuple[Floats, str]:
    """Centres and name of a projection axis; metres as kilometres, which fit beside a map."""
    if text_of(axis.attrs, "units") in _METRES and text_of(axis.attrs, "units") != "km":
        axis = (axis / 1000).assign_attrs(axis.attrs, units="km")
    return axis.values.astype(float), label_with_units(axis)


@dataclass(frozen=True)
class Placed:
    """Cells in the coordinates of a chart, as matplotlib draws them.

    Attributes
    ----------
    edges : (array, array)
        x and y for pcolormesh.
    points : (array, array)
        x and y for contours.
    columns : array of int
        The column of the fields that each drawn column shows.
    between : (array of int, array of int, array)
        Columns at the left and the right of each drawn point, and the share of the right one.
    rows : array of int
        The row of the fields that each row of points shows.
    hidden, hidden_points : array of bool or None
        What lies outside the map.
    """

    edges: tuple[Floats, Floats]
    points: tuple[Floats, Floats]
    columns: Ints
    between: tuple[Ints, Ints, Floats]
    rows: Ints
    hidden: Any = None
    hidden_points: Any = None

    def cells(self, field: Any) -> Any:
        """A field (H, L) as pcolormesh takes it."""
        drawn = field[:, self.columns]
        return drawn if self.hidden is None else np.ma.masked_where(self.hidden, drawn)

    def at_points(self, field: Any) -> Any:
        """A field (H, L) at the points of contours; these go on to the edges of the domain."""
        left, right, share = self.between
        drawn = ((1 - share) * field[:, left] + share * field[:, right])[self.rows]
        outside = ~np.isfinite(drawn)
        if self.hidden_points is not None:
            outside |= self.hidden_points
        return np.ma.masked_where(outside, drawn)


def place(cells: Cells, chart: Chart) -> Placed:
    """Bring cells onto a chart.

    Parameters
    ----------
    cells : Cells
        Of a grid, geographic or on the axes of the chart itself.
    chart : Chart
        For them.
    """
    height, width = (len(cells.y), len(cells.x)) if cells.regular else cells.x.shape
    every_row, every = np.arange(height), np.arange(width)
    if not cells.regular:
        points, itself = (cells.x, cells.y), (every, every, np.zeros(width))
        return _projected(Placed(cells.edges, points, every, itself, every_row), cells, chart)
    if cells.geographic and abs(cells.x[-1] - cells.x[0]) > 359.99:
        return place(replace(cells, x=cells.x[:-1]), chart)  # which repeats the first column
    x, y = cells.edges
    columns, left = every, every[[0, *every, -1]]
    right = left
    points_x = np.concatenate([x[:1], cells.x, x[-1:]])
    share = np.zeros(width + 2)
    if cells.geographic and np.ptp(x) > 359.99:
        x, columns = _cut_cells(x, chart)
        points_x, (left, right), share = _cut_points(cells.x, x)
    points_y = np.concatenate([y[:1], cells.y, y[-1:]])
    rows = every_row[[0, *every_row, -1]]
    placed = Placed((x, y), (points_x, points_y), columns, (left, right, share), rows)
    return _projected(placed, cells, chart)


def _cut_cells(x: Floats, chart: Chart) -> tuple[Floats, Ints]:
    """Edges of columns round the globe from the seam of the chart on, and the column of each."""
    if x[0] > x[-1]:
        x, columns = x[::-1], np.arange(len(x) - 1)[::-1]
    else:
        columns = np.arange(len(x) - 1)
    if chart.crs is None:
        return x, columns
    seam = x[0] + (chart.central_longitude - 180 - x[0]) % 360
    cut = int(np.searchsorted(x, seam, side="right")) - 1
    cut = min(cut, len(columns) - 1)
    edges = np.concatenate([[seam], x[cut + 1 :], x[1 : cut + 1] + 360, [seam + 360]])
    order = np.concatenate([columns[cut:], columns[: cut + 1]])
    wide = np.concatenate([[True], np.diff(edges) > 1e-6])  # the seam may lie on an edge
    return edges[wide], order[wide[1:]]


def _cut_points(centres: Floats, edges: Floats) -> tuple[Floats, tuple[Ints, Ints], Floats]:
    """Centres round the globe between two edges, these among them, and what lies left and right."""
    start, end = edges[0], edges[-1]
    turned = start + (centres - start) % 360
    order = np.argsort(turned)
    inside = turned[order]
    gap = inside[0] + 360 - inside[-1]
    share = (end - inside[-1]) / gap if gap > 0 else 0.0
    left = np.concatenate([order[-1:], order, order[-1:]])
    right = np.concatenate([order[:1], order, order[:1]])
    shares = np.concatenate([[share], np.zeros(len(order)), [share]])
    return np.concatenate([[start], inside, [end]]), (left, right), shares


def _projected(placed: Placed, cells: Cells, chart: Chart) -> Placed:
    """The same in the coordinates of the chart; places that it does not show are hidden."""
    if chart.crs is None or cells.crs == chart.crs:
        return placed
    source = cells.crs or cartopy_crs().PlateCarree()
    edges, off = _transformed(placed.edges, source, chart.crs)
    points, hidden_points = _transformed(placed.points, source, chart.crs)
    # A cell is drawn where all its corners are.
    off = off[1:, 1:] | off[1:, :-1] | off[:-1, 1:] | off[:-1, :-1] | _torn(edges[0], chart.crs)
    torn = np.pad(_torn(points[0], chart.crs), 1)
    hidden_points |= torn[1:, 1:] | torn[1:, :-1] | torn[:-1, 1:] | torn[:-1, :-1]
    return Placed(
        edges,
        points,
        placed.columns,
        placed.between,
        placed.rows,
        off if off.any() else None,
        hidden_points if hidden_points.any() else None,
    )


def _transformed(xy: tuple[Floats, Floats], source: Any, target: Any) -> tuple[Any, Any]:
    """X and y, (N, M) each, in another projection, and where they are not on the map."""
    x, y = np.meshgrid(*xy) if xy[0].ndim == 1 else xy
    # The two sides of the seam are one place: a hair inside they are two.
    if xy[0].ndim == 1 and np.ptp(x) > 359.99:
        x = x.copy()
        x[:, 0] += 1e-6
        x[:, -1] -= 1e-6
    found = target.transform_points(source, x, y)[..., :2]
    lost = ~np.isfinite(found).all(axis=-1)
    found = np.where(lost[..., None], 0.0, found)
    return (found[..., 0], found[..., 1]), lost


def _torn(x: Floats, crs: Any) -> Any:
    """Cells whose sides lie at the two sides of the map, as where a seam goes through them."""
    half = (crs.x_limits[1] - crs.x_limits[0]) / 2
    far = np.abs(np.diff(x, axis=1)) > half
    return far[1:] | far[:-1]
