"""What of a Dataset is prepared: its variables, a region, a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes, check_time, feature_variables, text_of
from xdsc.cf.grids.asked import described
from xdsc.cf.grids.region import select_region
from xdsc.cf.grids.sel import sel_from_json
from xdsc.errors import InputError, ParameterError, Problems, XdscError, message


def select(ds: xr.Dataset, axes: Axes, sel: Mapping[str, Any] | None) -> xr.Dataset:
    """What `sel` says of a Dataset; see `xdsc.cf.grids.region.select_region`.

    Raises
    ------
    ParameterError
        It says something of the time or of members, which other Datasets have of their own.
    """
    for key in sel or {}:
        if key in (*axes.samples, "time"):
            raise ParameterError(
                message(
                    "a region or a level in sel=",
                    f"{key!r}",
                    f"select before, ds.sel({key}=...), or use season= and months=",
                )
            )
    return ds if not sel else select_region(ds, axes, sel)


def select_again(ds: xr.Dataset, axes: Axes, sel: Mapping[str, Any] | None) -> xr.Dataset:
    """What `sel` says of levels and the like.

    The region is told by the fitted grid, and the period is another Dataset's own.
    """
    grid = {axes.time, *axes.space, axes.latitude, axes.longitude}
    words = {"time", "latitude", "longitude", "lat", "lon"}
    rest = {key: value for key, value in (sel or {}).items() if key not in grid | words}
    problems = Problems()
    for key, value in (sel_from_json(rest) or {}).items():
        if key not in ds.coords or (ds[key].ndim > 0 and key not in ds.dims):
            continue
        there = xr.Dataset(coords={key: np.atleast_1d(ds[key].values)})
        if not _selects(there, axes, key, value):
            problems.add(
                message(
                    f"{key}={value!r}, as fitted",
                    f"{described(there[key])} {text_of(ds[key].attrs, 'units')}".rstrip(),
                    # Without a unit on both sides nothing but the numbers can be compared.
                    "use data that have the fitted one; or, if it has another number there, "
                    f"ds.sel({key}=..., drop=True)"
                    if ds[key].ndim
                    else f"select the fitted one; or, if this is that, ds.drop_vars({key!r})",
                )
            )
    problems.raise_if_any(InputError)
    return select(ds, axes, {key: value for key, value in rest.items() if key in ds.dims})


def _selects(ds: xr.Dataset, axes: Axes, key: str, value: Any) -> bool:
    """Whether a selection finds what it asks for, which float32 may have rounded."""
    try:
        select_region(ds, axes, {key: value})
    except XdscError:
        return False
    return True


def checked_names(
    ds: xr.Dataset,
    axes: Axes,
    variables: str | Sequence[str] | None,
    *,
    at_least: int = 2,
) -> list[str]:
    """Names of the variables to prepare.

    Raises
    ------
    InputError
        With all problems of the variables and of time, of which there are fewer than `at_least`
        steps or which cannot be used.
    """
    problems = Problems()
    names: list[str] = []
    with problems.collect():
        check_time(ds, axes, at_least=at_least)
    with problems.collect():
        names = feature_variables(ds, axes, variables)
    problems.raise_if_any(InputError)
    return names
