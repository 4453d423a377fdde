"""Patterns of regimes brought onto the grid of a Dataset, by their coordinates."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.axes.coordinates import LAT, LON, cf_names
from xdsc.cf.axes.horizontal import find_horizontal
from xdsc.cf.axes.longitude import from_minus_180
from xdsc.cf.units import dequantified
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

# Part of a grid step by which coordinates of the same cell may differ.
_SAME = 0.01


def patterns_on(
    ds: xr.Dataset,
    axes: Axes,
    given: xr.DataArray | xr.Dataset,
    variable: str,
    *,
    interpolate: bool = False,
    part: bool = False,
) -> xr.DataArray:
    """Patterns on the grid of a Dataset.

    Parameters
    ----------
    ds : Dataset
        On `axes`.
    axes : Axes
        Of `ds`.
    given : DataArray or Dataset, (regime, y, x)
        In any order of dimensions and latitudes, with longitudes of any turn. Of a Dataset its
        only variable, or "pattern", or the anomaly of `variable`, or that itself. Where dimensions
        have coordinates every cell has to be one of `ds`; others have to be of the same size.
    variable : str
        Name of the variable.
    interpolate : bool, default False
        Whether to interpolate linearly to the cells of `ds` inside the grid of the patterns.
    part : bool, default False
        Whether patterns may cover more than `ds`, along each dimension, of which all cells are
        among theirs.

    Returns
    -------
    DataArray of float64, (cluster, y, x)
        In memory, with the coordinate of regimes alone; NaN in cells without a pattern.

    Raises
    ------
    ParameterError
        They have other dimensions, or are on another grid.
    """
    array = without_single(_variable(given, variable), axes.space)
    regime, y, x = _dims(array, axes)
    array = array.transpose(regime, y, x).astype(np.float64).compute()
    rows, columns = _axis(array, y), _axis(array, x)
    lat, lon = _axis(ds, axes.y), _axis(ds, axes.x)
    round_earth = axes.longitude == axes.x
    if interpolate:
        if rows is None or columns is None or lat is None or lon is None:
            raise ParameterError(
                message(
                    "coordinates along both dimensions of the grid for interpolate=True",
                    f"patterns on {array.dims} and data on {axes.space}, not all of which have one",
                    "bring the patterns to the grid of the data beforehand",
                )
            )
        values = _interpolated(array.values, (rows, columns), (lat, lon), round_earth)
    else:
        sizes = ds.sizes[axes.y], ds.sizes[axes.x]
        values = np.full((array.shape[0], *sizes), np.nan)
        of_y, at_y = _places(rows, lat, (array.sizes[y], sizes[0]), y, part=part)
        of_x, at_x = _places(
            columns, lon, (array.sizes[x], sizes[1]), x, part=part, turns=round_earth
        )
        values[:, at_y[:, None], at_x] = array.values[:, of_y[:, None], of_x]
    if not np.isfinite(values).any(axis=(1, 2)).all():
        raise ParameterError(
            message(
                "patterns with values on the grid of the data",
                "one without",
                "leave it out, or pass patterns of the same region",
            )
        )
    named = array.coords[regime].variable if regime in array.coords else None
    labels = np.arange(len(values)) if named is None else named.values
    coordinate = (CLUSTER, labels, {} if named is None else named.attrs)
    return xr.DataArray(
        values, {CLUSTER: coordinate}, (CLUSTER, *axes.space), "pattern", dict(array.attrs)
    )


def without_single(values: xr.DataArray, own: Collection[str] = ()) -> xr.DataArray:
    """Fields without dimensions of one step beyond three, as that of a single level.

    Examples
    --------
    >>> without_single(
    ...     xr.DataArray(np.ones((2, 1, 3, 1)), dims=["cluster", "level", "y", "x"])
    ... ).dims
    ('cluster', 'y', 'x')
    """
    kept = {CLUSTER, "regime", *own}
    single = [dim for dim, size in values.sizes.items() if size == 1 and dim not in kept]
    return values.squeeze(single[: max(0, values.ndim - 3)], drop=True)


def _variable(given: xr.DataArray | xr.Dataset, variable: str) -> xr.DataArray:
    """The patterns themselves."""
    if isinstance(given, xr.DataArray):
        return given
    given = dequantified(given)
    names = [name for name, values in given.data_vars.items() if values.ndim >= 3]
    for name in ("pattern", f"{variable}_anomaly", variable, *names[: len(names) == 1]):
        if name in names:
            return given[name]
    raise ParameterError(
        message(
            f"patterns of {variable!r}, (regime, lat, lon)",
            f"a Dataset with {list(given)}",
            "select one, patterns['name']",
        )
    )


def _dims(array: xr.DataArray, axes: Axes) -> tuple[str, str, str]:
    """The dimensions of patterns: of regimes, y and x."""
    space = list(axes.space)
    if not set(space) <= set(array.dims):
        own = array.to_dataset(name="xdsc/pattern")
        found = cf_names(own)
        try:
            pair = [find_horizontal(own, to, None, found, "") for to in (LAT, LON)]
        except InputError:
            pair = []
        space = [str(array[name].dims[0]) for name in pair if array[name].ndim == 1]
    others = [str(dim) for dim in array.dims if dim not in space]
    if len(space) != 2 or len(others) != 1:
        raise ParameterError(
            message(
                f"patterns on (regime, {axes.y}, {axes.x})",
                f"the dimensions {array.dims}",
                "select one of each other dimension, or rename them, patterns.rename({...})",
            )
        )
    return others[0], space[0], space[1]


def _axis(data: xr.DataArray | xr.Dataset, dim: str) -> Floats | None:
    """Coordinate along a dimension; None where it has none."""
    return data[dim].values.astype(np.float64) if dim in data.coords else None


def _places(
    own: Floats | None,
    there: Floats | None,
    sizes: tuple[int, int],
    dim: str,
    *,
    part: bool,
    turns: bool = False,
) -> tuple[Integers, Integers]:
    """Which cells of patterns are on the grid along a dimension, and where."""
    size, cells = sizes
    if own is None or there is None:
        if size == cells:
            return np.arange(size), np.arange(size)
        received = f"{size} and {cells} without coordinates"
    else:
        away = own[:, None] - there
        away = np.abs(from_minus_180(away) if turns else away)
        step = np.abs(np.diff(there)).min() if cells > 1 else 1.0
        places = away.argmin(axis=1)
        missing = away.min(axis=1) > _SAME * step
        found = np.flatnonzero(~missing)
        if not missing.any() or (part and np.unique(places[found]).size == cells):
            return found, places[found]
        received = f"none at {own[missing][0]:g} and {int(missing.sum()) - 1} more"
    raise ParameterError(
        message(
            f"data at every {dim!r} of the patterns",
            received,
            "select their common region, patterns.sel(...), or pass interpolate=True",
        )
    )


def _interpolated(
    values: Floats, own: tuple[Floats, Floats], there: tuple[Floats, Floats], round_earth: bool
) -> Floats:
    """Patterns (K, h, l) at other rows and columns; NaN outside their own."""
    (rows, columns), (lat, lon) = own, there
    if round_earth:
        # From the western end on; a whole circle ends where it began.
        edge = np.argmax(np.diff(np.sort(columns % 360), append=np.min(columns % 360) + 360))
        west = np.sort(columns % 360)[(edge + 1) % columns.size]
        columns, lon = west + (columns - west) % 360, west + (lon - west + 1e-9) % 360 - 1e-9
        order = np.argsort(columns)
        columns, values = columns[order], values[:, :, order]
        if columns.size > 1 and 360 - np.ptp(columns) <= 1.5 * np.diff(columns).max():
            columns = np.append(columns, columns[0] + 360)
            values = np.concatenate([values, values[:, :, :1]], axis=2)
    plain = xr.DataArray(values, {"y": rows, "x": columns}, ("k", "y", "x"))
    found = plain.sortby(["y", "x"]).interp(y=lat, x=lon, kwargs={"bounds_error": False})
    return np.asarray(found.values)
