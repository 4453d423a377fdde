"""Another Dataset, brought in line with the fitted one before it is prepared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdsc.cf import Axes, check_time, feature_variables, find_axes, require_dataset
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.cf.units import dequantified, same_units, unit_of
from xdsc.errors import InputError, Problems, message, warn_user
from xdsc.preprocessing.along_time import duration, median_step
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.levels import at_pressure, check_level
from xdsc.preprocessing.carry.naming import check_names_given, match_variables
from xdsc.preprocessing.carry.regrid import check_method
from xdsc.preprocessing.carry.target import Target
from xdsc.preprocessing.provenance import require_unprepared
from xdsc.preprocessing.steps.conversion import step_seconds
from xdsc.preprocessing.subset import select_again


def axes_of(ds: xr.Dataset, given: Mapping[str, str | None]) -> Axes:
    """Axes of a Dataset; names given for the fitted one hold where this one has them too."""
    there = {*ds.dims, *ds.coords}
    return find_axes(ds, **{key: name for key, name in given.items() if name in there})


def bring_in_line(
    ds: xr.Dataset,
    target: Target,
    names: Mapping[str, str] | None = None,
    regrid: str | None = None,
) -> tuple[xr.Dataset, Axes]:
    """Give a Dataset the fitted variables on the fitted grid; lazy.

    Parameters
    ----------
    ds : Dataset
        In units, names, order and range of its own.
    target : Target
        What the fitted one was.
    names, regrid
        As for `Preprocessor.transform`.

    Returns
    -------
    ds : Dataset
        New, in its own units.
    axes : Axes
        Its axes.

    Raises
    ------
    ParameterError
        `names` or `regrid` are wrong.
    InputError
        `ds` does not fit; all its problems are named.

    Warns
    -----
    XdscWarning
        Units are not known, where those of the fitted Dataset are.
    """
    require_dataset(ds)
    require_unprepared(ds)
    ds = dequantified(ds)
    check_method(regrid)
    check_names_given(names, target.wanted, ds)
    axes = axes_of(ds, target.given)
    ds = select_again(ds, axes, at_pressure(target.settings["sel"], ds, target.pressure))
    problems = Problems()
    with problems.collect():
        check_time(ds, axes, at_least=1)
    with problems.collect():
        ds = match_variables(ds, axes, target.wanted, names)
        feature_variables(ds, axes, target.variables)
        # Before they are interpolated, averaged or brought to other units.
        ds = ds.assign({name: require_no_fills(ds[name], huge=False) for name in target.variables})
    for variable in target.wanted:
        if variable.name in ds.data_vars:  # else that is told already
            with problems.collect():
                check_level(ds[variable.name], variable.pressure)
    with problems.collect():
        ds, axes = align(ds, axes, target.grid, regrid)
    with problems.collect():
        _check_accumulations(ds[axes.time], target)
    problems.raise_if_any(InputError)
    _warn_of_unknown_units(ds, target)
    _warn_of_shorter_steps(ds[axes.time], target)
    return _with_fitted_longitudes(ds, axes, target), axes


def _check_accumulations(time: xr.DataArray, target: Target) -> None:
    """Raise where sums over the fitted time step cannot be sums over that of `time`."""
    given, steps = target.settings["deaccumulate"], [*target.units.deaccumulate.values()]
    if given is None or isinstance(given, Mapping) or time.size < 2 or not steps:
        return
    expected = steps[0]
    step = step_seconds(time)
    if abs(step / expected - 1) > 0.1:
        raise InputError(
            message(
                f"time steps of {expected:g} s, over which {given!r} was summed in the fit",
                f"time steps of {step:g} s",
                "say how long the sums are when you fit, deaccumulate={'tp': '1h'}",
            )
        )


def _warn_of_unknown_units(ds: xr.Dataset, target: Target) -> None:
    """Tell of variables whose units cannot be compared, and so are taken for the fitted ones."""
    fitted_units = {name: unit for name, unit in target.units.sources.items() if unit}
    found = {name: unit_of(ds[name].attrs) for name in fitted_units}
    unknown = [name for name, unit in found.items() if unit is None]
    if unknown:
        text = message(
            f"units of {', '.join(unknown)}, which the fitted Dataset has",
            "none, so they are taken for the fitted ones",
            f"set ds[{unknown[0]!r}].attrs['units']",
        )
        warn_user(text)
    for name, unit in found.items():
        if unit is not None and same_units(unit, fitted_units[name]) is None:
            text = message(
                f"units of {name!r} that can be read, to compare them with {fitted_units[name]!r}",
                f"{unit!r}, so they are taken for the fitted ones",
                f"write ds[{name!r}].attrs['units'] as UDUNITS does",
            )
            warn_user(text)


def _warn_of_shorter_steps(time: xr.DataArray, target: Target) -> None:
    """Tell of sub-daily data for a daily fit and the like: their daily cycle was never seen."""
    step = median_step(time.values)
    if target.settings["resample"] or target.step is None or not step < 0.9 * target.step:
        return
    text = message(
        f"time steps of {duration(target.step)}, as fitted",
        f"time steps of {duration(step)}",
        "average them first, or fit with resample=, which then holds for other data too",
    )
    warn_user(text)


def _with_fitted_longitudes(ds: xr.Dataset, axes: Axes, target: Target) -> xr.Dataset:
    """The same places from -180 to 180 or from 0 to 360, as in the fitted Dataset."""
    name, known = axes.longitude, target.grid.axes.longitude
    coordinates = target.grid.coordinates
    if name is None or known not in coordinates.variables or ds[name].ndim != 1:
        return ds
    there = coordinates[known]
    if there.ndim != 1 or np.abs(ds[name].values - there.values).max() < 180:
        return ds
    turns = 360 * np.round((there.values - ds[name].values) / 360)
    return ds.assign_coords({name: ds[name].copy(data=ds[name].values + turns)})
