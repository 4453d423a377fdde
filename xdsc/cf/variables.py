"""The variables that can be clustered: numbers on time and both dimensions of the grid."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from xdsc.cf.axes import Axes
from xdsc.cf.coordinates import cell_bounds
from xdsc.errors import InputError, Problems, message


def feature_variables(
    ds: xr.Dataset, axes: Axes, variables: str | Sequence[str] | None = None
) -> list[str]:
    """Names of the variables to cluster: numeric, with time and both dimensions of the grid.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`.
    axes : Axes
        As found by `find_axes`.
    variables : str or sequence of str, optional
        Variables to take, in this order. By default all that fit; bounds and variables without
        time or space are left alone.

    Returns
    -------
    list of str
        At least one name. Dimensions of the variables are in any order; dimensions besides time,
        space and members have size 1.

    Raises
    ------
    InputError
        With every variable that does not fit, and why.
    """
    problems = Problems()
    if variables is None:
        names = _on_axes(ds, axes)
        if not names:
            problems.add(
                message(
                    f"a variable with the dimensions {axes.time!r}, {axes.y!r} and {axes.x!r}",
                    f"the variables {list(ds.data_vars)}",
                    "add gridded data that vary in time, or name the axes with time=, lat=, lon=",
                )
            )
    else:
        names = [variables] if isinstance(variables, str) else list(dict.fromkeys(variables))
        if not names:
            problems.add(
                message(
                    "at least one name in variables=",
                    "an empty list",
                    f"choose from {list(ds.data_vars)}, or leave variables= out to take all",
                )
            )
    for name in names:
        with problems.collect():
            _check_variable(ds, axes, name, chosen=variables is not None)
    problems.raise_if_any(InputError)
    return names


def _on_axes(ds: xr.Dataset, axes: Axes) -> list[str]:
    """Names of the data variables with time and space, bounds apart."""
    bounds = cell_bounds(ds)
    return [
        str(name)
        for name, variable in ds.data_vars.items()
        if {axes.time, *axes.space} <= set(variable.dims) and name not in bounds
    ]


def _check_variable(ds: xr.Dataset, axes: Axes, name: str, *, chosen: bool) -> None:
    """Check that a variable is numeric and has time, space and nothing else."""
    if name not in ds.data_vars:
        raise InputError(
            message(
                f"a variable {name!r}",
                f"the variables {_on_axes(ds, axes)} with time and space",
                "correct the name, or rename the variable, ds.rename(...)",
            )
        )
    variable, on = ds[name], (axes.time, *axes.space)
    leave_out = "" if chosen else ", or leave it out with variables=[...]"
    if missing := [dim for dim in on if dim not in variable.dims]:
        raise InputError(
            message(
                f"{name!r} on {on}",
                f"the dimensions {variable.dims}",
                f"leave it out of variables=, it lacks {' and '.join(map(repr, missing))}",
            )
        )
    if variable.dtype.kind not in "iuf":
        remedy = (
            "open the data with decode_timedelta=False"
            if variable.dtype.kind == "m"
            else f"convert it, ds[{name!r}].astype(float)"
        )
        raise InputError(
            message(f"numbers in {name!r}", f"dtype {variable.dtype}", remedy + leave_out)
        )
    for dim, size in variable.sizes.items():
        if dim not in (*on, axes.member) and size > 1:
            raise InputError(
                message(
                    f"{name!r} on {on} alone",
                    f"{dim!r} of size {size} as well",
                    f"select one, ds.isel({dim}=0) or ds.sel({dim}=...), or make each a variable, "
                    f"xr.Dataset({{f'{name}{{i}}': ds[{name!r}].sel({dim}=i, drop=True) for i in "
                    f"ds[{str(dim)!r}].values}}), or pass member={str(dim)!r} if these are members"
                    + leave_out,
                )
            )
