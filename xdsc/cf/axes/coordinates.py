"""What coordinates say of themselves: by CF attributes (through cf-xarray), by name, by dtype."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

TIME_NAMES = ("time", "valid_time", "t")

# Of ensemble members and runs: CMIP and CESM, ECMWF, and what people write.
MEMBER_NAMES = (
    "member",
    "realization",
    "realisation",
    "ensemble",
    "ens",
    "number",
    "member_id",
    "ensemble_member",
    "run",
)

# Axes of a grid that are no latitude or longitude, though some are called so.
_GRID_AXES = {
    "projection_y_coordinate",
    "projection_x_coordinate",
    "projection_y_angular_coordinate",
    "projection_x_angular_coordinate",
    "grid_latitude",
    "grid_longitude",
}


@dataclass(frozen=True)
class Direction:
    """One horizontal direction: how it is spelled everywhere.

    Attributes
    ----------
    keyword : str
        The argument of `find_axes`.
    word : str
        The standard name of its coordinate in degrees.
    names : tuple of str
        Well-known names of that coordinate, in lower case.
    axis : str
        The value of the attribute ``axis``.
    axis_names : tuple of str
        Well-known names of projected, rotated or plain index axes, in lower case.
    """

    keyword: str
    word: str
    names: tuple[str, ...]
    axis: str
    axis_names: tuple[str, ...]


LAT = Direction(
    "lat",
    "latitude",
    ("lat", "latitude", "nav_lat", "xlat"),
    "Y",
    ("y", "rlat", "yc", "south_north"),
)
LON = Direction(
    "lon",
    "longitude",
    ("lon", "longitude", "nav_lon", "xlong"),
    "X",
    ("x", "rlon", "xc", "west_east"),
)


def cf_names(ds: xr.Dataset) -> dict[str, list[str]]:
    """What cf-xarray finds: "time", "latitude", "longitude", "X" and "Y" -> names."""
    import cf_xarray  # noqa: F401 (registers ds.cf; here, so that `import xdsc` stays quick)

    plain = with_texts_alone(ds.drop_vars(cell_bounds(ds)))
    # Latitude and longitude are often left among the data variables.
    aside = [name for name, variable in plain.data_vars.items() if 0 < variable.ndim <= 2]
    cf = plain.set_coords(aside).cf
    names = {**cf.axes, **cf.coordinates}
    names["time"] = [*cf.axes.get("T", []), *cf.coordinates.get("time", [])]
    keys = ("time", "latitude", "longitude", "Y", "X")
    return {key: list(dict.fromkeys(map(str, names.get(key, [])))) for key in keys}


def said(variable: xr.DataArray | xr.Variable, key: str) -> str:
    """An attribute that is text; empty where there is none, or something else."""
    found = variable.attrs.get(key, "")
    return found if isinstance(found, str) else ""


def with_texts_alone(ds: xr.Dataset) -> xr.Dataset:
    """Without attributes that are no text, where all that say what a variable is are texts."""

    def texts(found: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: value for key, value in found.items() if isinstance(value, str)}

    plain = ds.copy(deep=False)
    for name in plain.variables:
        variable = plain[name].variable
        variable.attrs = texts(variable.attrs)
        # Where xarray moves some of them.
        for key in ("coordinates", "grid_mapping", "bounds", "calendar", "units"):
            if not isinstance(variable.encoding.get(key, ""), str):
                variable.encoding = {k: v for k, v in variable.encoding.items() if k != key}
    plain.attrs = texts(plain.attrs)
    return plain


def well_known(names: list[str], known: tuple[str, ...]) -> list[str]:
    """Those of `names` that are well known, in the order of `known`; case does not matter."""
    return [name for word in known for name in names if name.lower() == word]


def cell_bounds(ds: xr.Dataset) -> set[str]:
    """Names of the cell bounds: of attributes, of encoding (where xarray moves them), by name."""
    linked = {
        source[key]
        for variable in ds.variables.values()
        for source in (variable.attrs, variable.encoding)
        for key in ("bounds", "climatology")
        if isinstance(source.get(key), str)
    }
    named = {str(name) for name in ds.variables if str(name).endswith(("_bnds", "_bounds"))}
    return (linked | named) & set(map(str, ds.variables))


def dim_names(ds: xr.Dataset) -> tuple[str, ...]:
    """The dimensions of a Dataset."""
    return tuple(map(str, ds.dims))


def dims_of(ds: xr.Dataset, name: str) -> tuple[str, ...]:
    """Dimensions of a coordinate; a dimension without one has itself."""
    return tuple(map(str, ds[name].dims))


def is_grid_axis(ds: xr.Dataset, name: str) -> bool:
    """Whether CF attributes call this an axis of a projected or rotated grid."""
    return said(ds[name], "standard_name") in _GRID_AXES


def or_renamed(ds: xr.Dataset, name: str, to: str) -> str:
    """Another remedy than to name an axis, for which labelling other data has no argument.

    Parameters
    ----------
    ds : Dataset
        Where the axis is not told.
    name, to : str
        What it is called, and a name by which it would be known.

    Returns
    -------
    str
        With its comma; empty where another variable or dimension is called so.
    """
    taken = to in ds.variables or to in ds.dims
    return "" if taken else f", or call it so, ds.rename({{{name!r}: {to!r}}})"


def is_dates(coordinate: xr.DataArray) -> bool:
    """Whether a 1-D coordinate holds datetime64 or cftime dates."""
    return isinstance(coordinate.to_index(), (pd.DatetimeIndex, xr.CFTimeIndex))


def index_along(data: xr.Dataset | xr.DataArray, dim: Hashable) -> pd.Index | None:
    """The coordinate of a dimension as an index of pandas; None where there is none.

    The mapping ``data.indexes`` does not exist where a coordinate is a quantity of pint-xarray.
    """
    return data.coords[dim].to_index() if dim in data.coords else None


def has_dates(data: xr.Dataset | xr.DataArray, dim: Hashable) -> bool:
    """Whether a dimension has a coordinate of datetime64 or cftime dates."""
    return dim in data.coords and is_dates(data.coords[dim])
