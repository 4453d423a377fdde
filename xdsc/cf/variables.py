"""The variables that can be clustered: numbers on time and both dimensions of the grid."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.coordinates import LAT, LON, cell_bounds
from xdsc.cf.decoding.packing import check_decoded
from xdsc.errors import InputError, ParameterError, Problems, message, nearest, warn_user

_FLAGS = ("flag_values", "flag_masks", "flag_meanings")
# Names of whole numbers that are flags, and of errors, where no attribute says it.
_FLAG_NAME = re.compile(r"(^|_)(qc|qa|flags?|quality|mask|status)(_|$)", re.IGNORECASE)
_ERROR_NAME = re.compile(r"_(error|stderr|uncertainty)$", re.IGNORECASE)


def names_given(variables: Any) -> list[str] | None:
    """What is passed as variables=, as a list of names; None for none.

    Raises
    ------
    ParameterError
        It is no name, and no list of names that differ.
    """
    if variables is None:
        return None
    if isinstance(variables, str):
        return [variables]
    # What is gone through once cannot be asked again.
    if isinstance(variables, Collection) and not isinstance(variables, (bytes, Mapping)):
        listed = list(variables)
        if all(isinstance(name, str) for name in listed):
            once = list(dict.fromkeys(listed))
            if len(once) < len(listed):
                raise ParameterError(
                    message(
                        "variables= with each name once",
                        f"variables={listed!r:.200}",
                        f"write variables={once}; for more weight of one, "
                        f"variable_weights={{{once[0]!r}: 2}}",
                    )
                )
            return listed
    raise ParameterError(
        message(
            "variables= as a name or a list of names",
            f"variables={variables!r:.100}",
            "write variables=['t2m', 'msl']",
        )
    )


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
        time or space are left alone, and so are those whose attributes say that they are no fields:
        flags, standard errors and counts, areas of cells, latitudes and longitudes.

    Returns
    -------
    list of str
        At least one name. Dimensions of the variables are in any order; dimensions besides time,
        space and members have size 1.

    Raises
    ------
    InputError
        With every variable that does not fit, and why.

    Warns
    -----
    XdscWarning
        Variables on time and space are left out, where none are named.

    References
    ----------
    CF conventions 1.11, Sections 3.3 to 3.5: modifiers of standard names, ancillary data and flags.
    """
    problems = Problems()
    if variables is None:
        candidates = _on_axes(ds, axes)
        left_out = _no_fields(ds, candidates)
        names = [name for name in candidates if name not in left_out]
        reasons = ", ".join(f"{name!r} ({what})" for name, what in left_out.items())
        if left_out and names:
            text = message(
                "fields alone on time and space",
                f"{reasons} as well, which are left out",
                f"name what to cluster, variables={names}",
            )
            warn_user(text)
        elif left_out:
            problems.add(
                message(
                    "a field on time and space",
                    f"{reasons} alone",
                    f"add one, or name what to cluster nevertheless, variables={candidates}",
                )
            )
        elif not names:
            problems.add(
                message(
                    f"a variable with the dimensions {axes.time!r}, {axes.y!r} and {axes.x!r}",
                    f"the variables {list(ds.data_vars)}",
                    "add gridded data that vary in time, or name the axes with time=, lat=, lon=",
                )
            )
    else:
        names = names_given(variables) or []
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


def _no_fields(ds: xr.Dataset, names: Sequence[str]) -> dict[str, str]:
    """Those of the variables whose attributes say that they are no fields -> what they are."""
    ancillary = {
        word
        for variable in ds.variables.values()
        for source in (variable.attrs, variable.encoding)
        for word in str(source.get("ancillary_variables", "")).split()
    }
    found = {}
    for name in names:
        attrs = ds[name].attrs
        standard_name, *modifiers = str(attrs.get("standard_name", "")).split() or [""]
        named = ds[name].dtype.kind in "iu" and _FLAG_NAME.search(name)
        told = any(attrs.get(key) is not None for key in _FLAGS)
        if told or named or standard_name.endswith(("_flag", "_mask")):
            found[name] = "flags"
        elif _ERROR_NAME.search(name) and not standard_name:
            found[name] = "errors, by its name"
        elif modifiers:
            found[name] = " ".join(modifiers)
        elif name in ancillary:
            found[name] = "ancillary to another variable"
        elif standard_name in (LAT.word, LON.word) or name.lower() in (*LAT.names, *LON.names):
            found[name] = "coordinates"
        elif standard_name == "cell_area":
            found[name] = "areas of cells"
    return found


def _check_variable(ds: xr.Dataset, axes: Axes, name: str, *, chosen: bool) -> None:
    """Check that a variable is numeric and has time, space and nothing else."""
    if name not in ds.data_vars:
        there = _on_axes(ds, axes)
        near = nearest(name, there)
        remedy = "correct the name, or rename the variable, ds.rename(...)"
        raise InputError(
            message(
                f"a variable {name!r}",
                f"the variables {there} with time and space",
                remedy if near is None else f"write {near!r}",
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
    check_decoded(variable)
    require_values(variable, leave_out)
    for dim, size in variable.sizes.items():
        if dim not in (*on, axes.member) and size > 1:
            raise InputError(
                message(
                    f"{name!r} on {on} alone",
                    f"{dim!r} of size {size} as well",
                    f"{_put_together(ds, str(dim))}"
                    f"select one, ds.isel({dim}=0) or ds.sel({dim}=...), or make each a variable, "
                    f"xr.Dataset({{f'{name}{{i}}': ds[{name!r}].sel({dim}=i, drop=True) for i in "
                    f"ds[{str(dim)!r}].values}}), or pass member={str(dim)!r} if these are members"
                    # A model that is asked about other data takes no names of axes.
                    f", or call them so, ds.rename({{{str(dim)!r}: 'member'}})" + leave_out,
                )
            )


def _put_together(ds: xr.Dataset, dim: str) -> str:
    """How the two versions of ERA5, the final one and the first one after it, become one."""
    values = ds[dim].values.tolist()
    if dim != "expver" or len(values) != 2:
        return ""
    one, other = (f"ds.sel(expver={value!r}, drop=True)" for value in values)
    return f"put the two versions of ERA5 together, {one}.combine_first({other}); or "


def require_values(variable: xr.DataArray, leave_out: str = "") -> None:
    """Raise an `InputError` for a variable with a dimension of length 0.

    Parameters
    ----------
    variable : DataArray
        A field.
    leave_out : str, optional
        Another remedy, with its comma.

    Examples
    --------
    >>> require_values(xr.DataArray([[]], dims=("time", "number"), name="t2m"))
    Traceback (most recent call last):
        ...
    xdsc.errors.InputError: Expected values in 't2m', received none along 'number'. To fix: look at
    what was selected of 'number', of which nothing is left.
    """
    if variable.size:
        return
    empty = next(dim for dim, size in variable.sizes.items() if not size)
    raise InputError(
        message(
            f"values in {variable.name!r}",
            f"none along {empty!r}",
            f"look at what was selected of {empty!r}, of which nothing is left{leave_out}",
        )
    )
