"""Axes of a Dataset: found by CF conventions or, failing these, by well-known names."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

from xdsc.cf.coordinates import (
    LAT,
    LON,
    MEMBER_NAMES,
    TIME_NAMES,
    Direction,
    cell_bounds,
    cf_names,
    dims_of,
    is_dates,
    is_grid_axis,
    well_known,
)
from xdsc.cf.dataset import require_dataset
from xdsc.cf.degrees import beyond_the_poles, check_degrees, without_numberings
from xdsc.errors import InputError, Problems, message


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
        are in radians.

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
    problems = Problems()
    found = cf_names(ds)
    time_dim = latitude = longitude = ""
    with problems.collect():
        time_dim = _find_time(ds, time, found["time"])
    with problems.collect():
        latitude = _find_horizontal(ds, LAT, lat, found, time_dim)
    with problems.collect():
        longitude = _find_horizontal(ds, LON, lon, found, time_dim)
    if latitude and longitude:
        with problems.collect():
            y, x = _grid(ds, latitude, longitude, found)
    with problems.collect():
        member = _find_member(ds, member)
    problems.raise_if_any(InputError)
    in_degrees = [
        _in_degrees(ds, name, to, given, found)
        for name, to, given in ((latitude, LAT, lat), (longitude, LON, lon))
    ]
    if in_degrees[0] and beyond_the_poles(ds, latitude):  # numbers of rows, and so of columns
        in_degrees = [False, longitude in found[LON.word]]
    if all(in_degrees):
        check_degrees(ds, latitude, longitude)
    return Axes(
        time_dim,
        y,
        x,
        latitude if in_degrees[0] else None,
        longitude if in_degrees[1] else None,
        member,
    )


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
    # cfgrib writes `valid_time` as a second coordinate along `time`: the dimension wins.
    candidates = [name for name in found if name in dims]
    if len(candidates) != 1:
        candidates = well_known(candidates or dims, TIME_NAMES)[:1] or candidates
    candidates = candidates or [name for name in dims if is_dates(ds[name])]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(
            message("one time dimension", f"{candidates}", f"pass time={candidates[0]!r}")
        )
    raise InputError(
        message(
            "a time dimension with a coordinate (looked for standard_name, axis and units, then "
            f"the names {', '.join(TIME_NAMES)}, then dates)",
            f"the dimensions {_dims(ds)}",
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
            return f"make {name!r} the dimension, ds.swap_dims({ds[name].dims[0]}={name!r})"
    return "pass time= with the name of the time dimension"


def _find_member(ds: xr.Dataset, given: str | None) -> str | None:
    """Name of the dimension of members; None where there is none, or one member alone."""
    if given is not None:
        if given in ds.dims:
            return given
        raise InputError(
            message(
                "member= to name a dimension",
                f"member={given!r}, where the dimensions are {_dims(ds)}",
                "choose one of them, or leave member= out",
            )
        )
    dims = [dim for dim in _dims(ds) if ds.sizes[dim] > 1]
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
    return ds[name].attrs.get("standard_name") if name in ds.variables else None


def _find_horizontal(
    ds: xr.Dataset, to: Direction, given: str | None, found: dict[str, list[str]], time: str
) -> str:
    """Name of the coordinate in one direction or, where it has none, of the dimension."""
    everything = list(dict.fromkeys(map(str, [*ds.variables, *ds.dims])))
    bounds = cell_bounds(ds)
    usable = [
        name
        for name in everything
        if name not in bounds and ds[name].ndim in (1, 2) and time not in ds[name].dims
    ]
    if given is not None:
        if given in usable:
            return given
        raise InputError(
            message(
                f"{to.keyword}= to name a dimension, or a 1-D or 2-D coordinate without time",
                f"{to.keyword}={given!r}"
                + (f" on {ds[given].dims}" if given in ds.variables else ", which is not there"),
                f"choose from {[n for n in usable if n not in (*ds.data_vars, *TIME_NAMES)]}",
            )
        )
    # A rotated pole's own latitude is an axis, even where a file gives it degrees_north.
    degrees = [name for name in found[to.word] if not is_grid_axis(ds, name)]
    for candidates in (
        degrees,
        well_known(everything, to.names),
        found[to.axis],
        well_known(everything, to.axis_names),
    ):
        fitting = [name for name in candidates if name in usable]
        if fitting:
            return _choose(ds, without_numberings(ds, fitting, to), to, time)

    remedy = _horizontal_remedy(ds, [*degrees, *well_known(everything, to.names)], to, found, time)
    raise InputError(
        message(
            f"a {to.word} (looked for standard_name, axis and units, then the names "
            f"{', '.join((*to.names, *to.axis_names))})",
            f"the dimensions {_dims(ds)}",
            remedy,
        )
    )


def _horizontal_remedy(
    ds: xr.Dataset, near: list[str], to: Direction, found: dict[str, list[str]], time: str
) -> str:
    """What to do where nothing fits, knowing names that are near to it."""
    for name in near:
        if ds[name].ndim == 0:
            return f"give the single {to.word} a dimension, ds.expand_dims({name!r})"
    other = LON if to is LAT else LAT
    taken = {time, *TIME_NAMES, *other.names, *other.axis_names}
    taken |= {*found[other.word], *found[other.axis]}
    free = [dim for dim in _dims(ds) if dim not in taken]
    if not free:
        return f"use data that have a {to.word} dimension"
    remedy = f"pass {to.keyword}= with one of {free}"
    if labelled := [dim for dim in free if dim in ds.coords]:
        remedy += f", or set ds[{labelled[0]!r}].attrs['standard_name'] = {to.word!r}"
    return remedy


def _choose(ds: xr.Dataset, names: list[str], to: Direction, time: str) -> str:
    """The one of several coordinates on which the data are."""
    used = [set(v.dims) for v in ds.data_vars.values() if {time} < set(v.dims)]
    names = [n for n in names if any(set(dims_of(ds, n)) <= dims for dims in used)] or names
    # A dimension coordinate is as good as any that shares its dimension.
    best = next((name for name in names if name in ds.dims), names[0])
    apart = [n for n in names if not set(dims_of(ds, best)) & set(dims_of(ds, n))]
    if apart:
        raise InputError(
            message(
                f"one {to.word}",
                f"{[best, *apart]}, which belong to different grids",
                f"pass {to.keyword}={best!r}, or leave out the variables on the other grid",
            )
        )
    return best


def _grid(
    ds: xr.Dataset, latitude: str, longitude: str, found: dict[str, list[str]]
) -> tuple[str, str]:
    """Dimensions (y, x) that latitude and longitude, 1-D or 2-D, are on."""
    lat_dims, lon_dims = dims_of(ds, latitude), dims_of(ds, longitude)
    both = list(dict.fromkeys([*lat_dims, *lon_dims]))
    if len(both) != 2:
        raise InputError(
            message(
                "a grid of two dimensions",
                f"{latitude!r} on {lat_dims} and {longitude!r} on {lon_dims}",
                "interpolate stations or an unstructured mesh to a grid first"
                if len(both) == 1
                else "pass lat= and lon= that belong to one grid",
            )
        )
    # A 1-D coordinate is on its own axis. Of 2-D ones an axis attribute says which is y, then a
    # name, then the usual order (y, x).
    for ys, xs in (
        (lat_dims if len(lat_dims) == 1 else (), lon_dims if len(lon_dims) == 1 else ()),
        (found["Y"], found["X"]),
        (
            well_known(both, (*LAT.axis_names, *LAT.names, "j", "nj")),
            well_known(both, (*LON.axis_names, *LON.names, "i", "ni")),
        ),
    ):
        for y, x in (both, both[::-1]):
            if y in ys or x in xs:
                return y, x
    return both[0], both[1]


def _in_degrees(
    ds: xr.Dataset, name: str, to: Direction, given: str | None, found: dict[str, list[str]]
) -> bool:
    """Whether this is latitude or longitude, not only an axis of the grid."""
    if name not in ds.variables or is_grid_axis(ds, name):
        return False
    known = name in found[to.word] or name.lower() in to.names
    return known or (name == given and ds[name].attrs.get("units", "degrees").startswith("deg"))


def _dims(ds: xr.Dataset) -> tuple[str, ...]:
    return tuple(map(str, ds.dims))
