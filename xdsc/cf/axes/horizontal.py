"""The two horizontal directions of a Dataset: their coordinates, and the grid that these are on."""

from __future__ import annotations

import xarray as xr

from xdsc.cf.axes.coordinates import (
    LAT,
    LON,
    TIME_NAMES,
    Direction,
    cell_bounds,
    dim_names,
    dims_of,
    is_grid_axis,
    or_renamed,
    said,
    well_known,
)
from xdsc.cf.axes.degrees import without_numberings
from xdsc.errors import InputError, message


def find_horizontal(
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
            f"the dimensions {dim_names(ds)}",
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
    free = [dim for dim in dim_names(ds) if dim not in taken]
    if not free:
        return f"use data that have a {to.word} dimension"
    # Dimensions come in the order (y, x); but some are called after what they are.
    order = free if to is LAT else free[::-1]
    order = sorted(order, key=lambda dim: to.keyword not in dim.lower())
    remedy = f"pass {to.keyword}={order[0]!r}" + f", or one of {order[1:]}" * (len(order) > 1)
    if labelled := [dim for dim in order if dim in ds.coords]:
        remedy += f", or set ds[{labelled[0]!r}].attrs['standard_name'] = {to.word!r}"
    if order[0] not in ds.coords:  # and so has no attributes
        remedy += or_renamed(ds, order[0], to.axis_names[0])
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


def grid_dims(
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
                else "pass lat= and lon= that belong to one grid, or leave out the variables on "
                "the other grid",
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


def in_degrees(
    ds: xr.Dataset, name: str, to: Direction, given: str | None, found: dict[str, list[str]]
) -> bool:
    """Whether this is latitude or longitude, not only an axis of the grid."""
    if name not in ds.variables or is_grid_axis(ds, name):
        return False
    known = name in found[to.word] or name.lower() in to.names
    return known or (name == given and (said(ds[name], "units") or "degrees").startswith("deg"))
