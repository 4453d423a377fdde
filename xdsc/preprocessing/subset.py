"""What of a Dataset is prepared: its variables, a region, a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes, check_time, feature_variables
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
        single = ds[key] if key in ds.coords and ds[key].ndim == 0 else None
        if single is not None and not _selects(axes, single, value):
            problems.add(
                message(
                    f"{key}={value!r}, as fitted", f"{single.item()!r}", "select the fitted one"
                )
            )
    problems.raise_if_any(InputError)
    return select(ds, axes, {key: value for key, value in rest.items() if key in ds.dims})


def _selects(axes: Axes, single: xr.DataArray, value: Any) -> bool:
    """Whether a selection holds a single value, which float32 may have rounded."""
    alone = xr.Dataset(coords={single.name: np.atleast_1d(single.values)})
    try:
        select_region(alone, axes, {str(single.name): value})
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
