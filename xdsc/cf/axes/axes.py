"""Axes of a Dataset: found by CF conventions or, failing these, by well-known names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from xdsc.arguments import check_name
from xdsc.cf.axes.coordinates import (
    LAT,
    LON,
    MEMBER_NAMES,
    TIME_NAMES,
    cf_names,
    dim_names,
    dims_of,
    is_dates,
    or_renamed,
    said,
    well_known,
)
from xdsc.cf.axes.degrees import beyond_the_poles, check_degrees
from xdsc.cf.axes.forecasts import check_valid_time
from xdsc.cf.axes.horizontal import find_horizontal, grid_dims, in_degrees
from xdsc.cf.dataset import require_dataset
from xdsc.errors import InputError, ParameterError, Problems, message


@dataclass(frozen=True)
class Axes:
    """Names of the axes of a Dataset.

    Attributes
    ----------
    time : str
        The time dimension, which has a coordinate of the same name.
    y, x : str
        The dimensions of the horizontal grid, south-north and west-east.
    latitude, longitude : str or None
        The coordinates in degrees, 1-D or 2-D; None where the grid has only axes of its own.
    member : str or None
        The dimension of ensemble members or runs; None where there is one run.
    """

    time: str
    y: str
    x: str
    latitude: str | None = None
    longitude: str | None = None
    member: str | None = None

    @property
    def samples(self) -> tuple[str, ...]:
        """The dimensions of the labels, ``(time,)`` or ``(member, time)``."""
        return (self.time,) if self.member is None else (self.member, self.time)

    @property
    def space(self) -> tuple[str, str]:
        """The dimensions of the grid, ``(y, x)``."""
        return self.y, self.x


def find_axes(
    ds: xr.Dataset,
    *,
    time: str | None = None,
    lat: str | None = None,
    lon: str | None = None,
    member: str | None = None,
) -> Axes:
    """Find time, latitude and longitude of a Dataset, and the dimension of members if it has one.

    Each is looked for in this order: the name that was given; ``standard_name``, ``axis`` and
    ``units`` by the CF conventions; well-known names. Members are a dimension of more than one
    that variables have besides time and space.

    Parameters
    ----------
    ds : Dataset
        Gridded data. Dimensions in any order, latitude ascending or descending, 1-D or 2-D
        latitude and longitude, or a projected or rotated grid with axes only.
    time, lat, lon : str, optional
        Names to take instead of looking: for time a dimension with a coordinate, for lat and lon
        a coordinate or a dimension.
    member : str, optional
        Name of the dimension of ensemble members or runs.

    Returns
    -------
    Axes
        The names that were found.

    Raises
    ------
    InputError
        With all the axes that are missing, ambiguous or contradictory; or latitude and longitude
        are in radians, or the time dimension is when forecasts begin, and `time` was not given.

    References
    ----------
    CF conventions 1.11, chapters 4 and 5, https://cfconventions.org

    Examples
    --------
    >>> import numpy as np, pandas as pd, xarray as xr
    >>> ds = xr.Dataset(
    ...     {"t2m": (("lat", "valid_time", "lon"), np.zeros((3, 2, 4)))},
    ...     coords={"valid_time": pd.date_range("2020", periods=2)},
    ... )
    >>> find_axes(ds)
    Axes(time='valid_time', y='lat', x='lon', latitude=None, longitude=None, member=None)
    """
    require_dataset(ds)
    _check_names({"time": time, "lat": lat, "lon": lon, "member": member})
    problems = Problems()
    found = cf_names(ds)
    time_dim = latitude = longitude = ""
    with problems.collect():
        time_dim = _find_time(ds, time, found["time"])
    with problems.collect():
        latitude = find_horizontal(ds, LAT, lat, found, time_dim)
    with problems.collect():
        longitude = find_horizontal(ds, LON, lon, found, time_dim)
    if latitude and longitude:
        with problems.collect():
            y, x = grid_dims(ds, latitude, longitude, found)
    with problems.collect():
        named = [name for name in (latitude, longitude) if name]
        others = {time_dim, *(dim for name in named for dim in dims_of(ds, name))}
        member = _find_member(ds, member, others)
    problems.raise_if_any(InputError)
    taken = [time_dim, y, x]
    if member in taken or len({*taken}) < len(taken):
        raise InputError(
            message(
                "different dimensions for time, members, latitude and longitude",
                f"time={time_dim!r}, member={member!r}, and a grid on {(y, x)}",
                "correct what is passed as time=, member=, lat= or lon=",
            )
        )
    if empty := [dim for dim in (y, x, member) if dim is not None and not ds.sizes[dim]]:
        raise InputError(
            message(
                "a grid with points",
                f"none along {empty[0]!r}",
                "look at what was selected: a slice that runs the other way than latitude is empty",
            )
        )
    has_lat = in_degrees(ds, latitude, LAT, lat, found)
    has_lon = in_degrees(ds, longitude, LON, lon, found)
    for name, there in ((latitude, has_lat), (longitude, has_lon)):
        if there and ds[name].dtype.kind not in "iuf":
            raise InputError(
                message(
                    f"{name!r} as numbers, in degrees",
                    f"{ds[name].dtype}",
                    f"convert it, ds.assign_coords({name}=ds[{name!r}].astype(float)), or give "
                    "the dimension its degrees",
                )
            )
        if there and ds[name].ndim == 1 and ds[name].isnull().any():
            raise InputError(
                message(
                    f"{name!r} without gaps",
                    "missing values",
                    f"leave these points out, ds.isel({ds[name].dims[0]}="
                    f"ds[{name!r}].notnull().values), or give the dimension its "
                    "degrees",
                )
            )
    if has_lat and beyond_the_poles(ds, latitude):  # numbers of rows, and so of columns
        has_lat, has_lon = False, longitude in found[LON.word]
    if has_lat and has_lon:
        check_degrees(ds, latitude, longitude)
    return Axes(
        time_dim, y, x, latitude if has_lat else None, longitude if has_lon else None, member
    )


def _check_names(given: Mapping[str, Any]) -> None:
    """Raise `ParameterError` where an axis is given as anything but a name."""
    problems = Problems()
    for key, name in given.items():
        with problems.collect():
            check_name(key, name)
    problems.raise_if_any(ParameterError)


def _find_time(ds: xr.Dataset, given: str | None, found: list[str]) -> str:
    """Name of the time dimension."""
    # A 2-D coordinate may have the name of one of its dimensions.
    dims = [str(dim) for dim in ds.dims if dim in ds.coords and ds[dim].ndim == 1]
    if given is not None:
        if given in dims:
            return given
        raise InputError(
            message(
                "time= to name a dimension that has a coordinate",
                f"time={given!r}, where such dimensions are {dims}",
                _time_remedy(ds, [given]),
            )
        )
    # cfgrib writes `valid_time` as a second coordinate along `time`: the dimension wins, where
    # they are the same.
    candidates = [name for name in found if name in dims]
    if len(candidates) != 1:
        candidates = well_known(candidates or dims, TIME_NAMES)[:1] or candidates
    candidates = candidates or [name for name in dims if is_dates(ds[name])]
    if len(candidates) == 1:
        check_valid_time(ds, candidates[0])
        return candidates[0]
    if candidates:
        raise InputError(
            message(
                "one time dimension",
                f"{candidates}",
                f"pass time={candidates[0]!r}" + or_renamed(ds, candidates[0], TIME_NAMES[0]),
            )
        )
    raise InputError(
        message(
            "a time dimension with a coordinate (looked for standard_name, axis and units, then "
            f"the names {', '.join(TIME_NAMES)}, then dates)",
            f"the dimensions {dim_names(ds)}",
            _time_remedy(ds, [*found, *TIME_NAMES]),
        )
    )


def _time_remedy(ds: xr.Dataset, names: list[str]) -> str:
    """What to do about the first of `names` that is there, but as no dimension coordinate."""
    for name in names:
        if name in ds.dims:
            return f"give the dimension its dates, ds.assign_coords({name}=...)"
        if name in ds.variables and ds[name].ndim == 0:
            return f"select several time steps; {name!r} is a single date here"
        if name in ds.variables and ds[name].ndim == 1:
            return _as_dimension(ds, name)
    dated = _dates_along(ds)
    if len(dated) == 1:
        return _as_dimension(ds, dated[0])
    return "pass time= with the name of the time dimension, or call it so, ds.rename({...: 'time'})"


def _as_dimension(ds: xr.Dataset, name: str) -> str:
    """How a coordinate along one dimension becomes one itself."""
    (dim,) = ds[name].dims
    if name in ds.xindexes and dim in ds.xindexes and ds.xindexes[name] is ds.xindexes[dim]:
        return f"make its levels dimensions, ds.unstack({dim!r})"
    return f"make {name!r} the dimension, ds.swap_dims({dim}={name!r})"


def _dates_along(ds: xr.Dataset) -> list[str]:
    """Coordinates of dates along one dimension, or variables of such."""
    return [
        str(name)
        for name, variable in ds.variables.items()
        if variable.ndim == 1 and name not in ds.dims and is_dates(ds[name])
    ]


def _find_member(ds: xr.Dataset, given: str | None, others: set[str]) -> str | None:
    """Name of the dimension of members; None where there is none, or one member alone.

    `others` are the dimensions of time and space, whatever they are called.
    """
    if given is not None:
        if given in ds.dims:
            return given
        raise InputError(
            message(
                "member= to name a dimension",
                f"member={given!r}, where the dimensions are {dim_names(ds)}",
                "choose one of them, or leave member= out",
            )
        )
    dims = [dim for dim in dim_names(ds) if ds.sizes[dim] > 1 and dim not in others]
    standard = [dim for dim in dims if _standard_name(ds, dim) == "realization"]
    found = standard or well_known(dims, MEMBER_NAMES)
    if len(found) > 1:
        raise InputError(
            message(
                "one dimension of members",
                f"{found}",
                f"pass member={found[0]!r}, or stack them, ds.stack(member={found})",
            )
        )
    return found[0] if found else None


def _standard_name(ds: xr.Dataset, name: str) -> str | None:
    return said(ds[name], "standard_name") or None if name in ds.variables else None
