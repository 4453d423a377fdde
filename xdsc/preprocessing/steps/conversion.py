"""Units: accumulations to rates, and every variable in the units that are asked for or fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import xarray as xr

from xdsc.arguments import as_timedelta
from xdsc.cf import seconds
from xdsc.cf.units import (
    Conversion,
    conversion,
    is_difference,
    is_water,
    per_second,
    same_units,
    short,
    unit_of,
)
from xdsc.errors import InputError, ParameterError, Problems, XdscError, message
from xdsc.preprocessing.along_time import duration, median_step
from xdsc.preprocessing.block import TIME
from xdsc.preprocessing.steps.base import FitData, Step
from xdsc.preprocessing.steps.parsing import by_variable

# Attributes that speak of values in the old units.
_RANGES = ("actual_range", "valid_min", "valid_max", "valid_range")


@dataclass(eq=False)
class Units(Step):
    """Bring variables to their units.

    Units are read from the attributes of each block, so another dataset may have its own: K against
    degC, or rates where the fitted one has accumulations. What is in no `targets` is brought to the
    fitted units. Units that are not known, or cannot be read, are taken for the fitted ones.

    Parameters
    ----------
    targets : dict of str to str, optional
        Units to convert variables to.
    deaccumulate : dict of str to float, optional
        For variables that are accumulated over each time step its seconds: values are divided by
        them, and units are per second, W m-2 for J m-2.
    sources : dict of str to str or None, optional
        Units of the fitted variables, None where they are not known; set by `learn`.
    differences, water : list of str, optional
        The fitted variables that are differences of temperatures, to be converted without an
        offset, and those of which 1 kg m-2 is 1 mm; set by `learn`.
    """

    targets: dict[str, str] = field(default_factory=dict)
    deaccumulate: dict[str, float] = field(default_factory=dict)
    sources: dict[str, str | None] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    water: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `units` and `deaccumulate`."""
        problems = Problems()
        settings: dict[str, Any] = {}
        with problems.collect():
            settings["units"] = by_variable("units", given["units"], str, ("units", "'degC'"))
        with problems.collect():
            settings["deaccumulate"] = _accumulations(given["deaccumulate"])
        problems.raise_if_any(ParameterError)
        return settings

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self:
        """Always a step: other data may come in other units."""
        rates = parse_deaccumulate(settings["deaccumulate"], data.block[TIME])
        return cls(targets=dict(settings["units"] or {}), deaccumulate=rates)

    def statistics(self, ds: xr.Dataset) -> dict[str, xr.Dataset]:
        """Nothing of the data; the attributes of the variables."""
        return {"attrs": xr.Dataset({name: ((), 0, v.attrs) for name, v in ds.items()})}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory.

        Raises
        ------
        ParameterError
            With every variable that is asked for and not there, and every target that is no unit.
        InputError
            With every variable that cannot be brought to the units that are asked for.
        """
        attrs = {str(name): v.attrs for name, v in statistics["attrs"].items()}
        wanted = list(dict.fromkeys([*self.targets, *self.deaccumulate]))
        if missing := [name for name in wanted if name not in attrs]:
            raise ParameterError(
                message(
                    f"units= and deaccumulate= to name some of the variables {list(attrs)}",
                    f"{missing}",
                    "correct the names",
                )
            )
        self.sources = {name: unit_of(a) for name, a in attrs.items()}
        self.differences = [name for name, a in attrs.items() if is_difference(a)]
        self.water = [name for name, a in attrs.items() if is_water(a)]
        arguments, data = Problems(), Problems()
        for name in wanted:
            try:
                self._check(name)
            except ParameterError as error:
                arguments.add(f"{name!r}: {error}")
            except InputError as error:
                data.add(f"{name!r}: {error}")
        arguments.raise_if_any(ParameterError)
        data.raise_if_any(InputError)
        return super().learn({})

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Convert a block of any units; lazy. `ds` itself where nothing is to be done.

        Raises
        ------
        InputError
            With every variable in units of another kind than the fitted one.
        """
        changed, problems = {}, Problems()
        for name, values in ds.items():
            try:
                convert, unit = self._plan(str(name), values.attrs)
            except XdscError as error:
                problems.add(f"{name!r}: {error}")
            else:
                if convert or unit != _unit_of(values):
                    changed[name] = _converted(values.variable, convert, unit)
        problems.raise_if_any(InputError)
        return ds.assign(changed) if changed else ds

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Bring a block back to the fitted units, accumulations included; lazy."""
        changed = {}
        for name, values in ds.items():
            source = self.sources.get(str(name))
            convert, _ = self._plan(str(name), {})
            if convert or source != _unit_of(values):
                changed[name] = _converted(values.variable, convert.inverse(), source)
        return ds.assign(changed) if changed else ds

    def _check(self, name: str) -> None:
        """Raise what is wrong with what is asked for a fitted variable."""
        if name in self.targets and self.sources[name] is None:
            raise InputError(
                message(
                    f"units to convert to {self.targets[name]!r}",
                    "none",
                    f"set ds[{name!r}].attrs['units']",
                )
            )
        self._plan(name, {})

    def _plan(self, name: str, attrs: Mapping[Any, Any]) -> tuple[Conversion, str | None]:
        """How to convert a variable with such attributes, and its unit afterwards."""
        source, period = self.sources.get(name), self.deaccumulate.get(name)
        goal = self._goal(name)
        unit = unit_of(attrs)
        if same_units(unit, source) is None:
            unit = source

        def to_goal(unit: str | None) -> Conversion:
            if unit is None or goal is None:
                return Conversion()
            difference = name in self.differences or is_difference(attrs)
            water = name in self.water or is_water(attrs)
            return conversion(unit, goal, difference=difference, water=water)

        if period is None:
            return to_goal(unit), goal or unit_of(attrs)
        if unit != source:
            with suppress(InputError):  # another dataset may have rates already
                return to_goal(unit), goal
        convert = to_goal(unit and per_second(unit))
        return Conversion(short(convert.factor / period), convert.offset), goal

    def _goal(self, name: str) -> str | None:
        """The unit that a variable is brought to; None where that is not known."""
        source = self.sources.get(name)
        if name in self.targets:
            return self.targets[name]
        return per_second(source) if source and name in self.deaccumulate else source


def step_seconds(time: xr.DataArray) -> float:
    """Time step of data, the median of all, in seconds.

    Parameters
    ----------
    time : DataArray of shape (T,)
        Dates in ascending order, datetime64 or cftime.

    Raises
    ------
    InputError
        There are less than two.

    Examples
    --------
    >>> import pandas as pd
    >>> step_seconds(xr.DataArray(pd.date_range("2000", periods=4, freq="6h"), dims="time"))
    21600.0
    """
    if time.size < 2:
        raise InputError(
            message(
                "two time steps or more, which say how long one is",
                f"{time.size}",
                "tell the duration, deaccumulate={'tp': '1h'}, or select a longer period",
            )
        )
    return median_step(time)


def parse_deaccumulate(
    given: str | Sequence[str] | Mapping[str, str] | None, time: xr.DataArray
) -> dict[str, float]:
    """Read the argument `deaccumulate`.

    Parameters
    ----------
    given : str, sequence of str, or mapping of str to str, optional
        Names of variables that are accumulated over each time step; or each with the time over
        which it is accumulated, ``{"tp": "1h"}``, as pandas.Timedelta reads it.
    time : DataArray of shape (T,)
        Of the data; says what the time step is.

    Returns
    -------
    dict of str to float
        Seconds for each variable.

    Raises
    ------
    ParameterError
        With every duration that cannot be read or is not positive.
    InputError
        The time step is asked for, and there is none: less than two times, or steps of several
        lengths, such as months. (Gaps do no harm.)

    Examples
    --------
    >>> parse_deaccumulate({"tp": "1h", "ssrd": "1D"}, xr.DataArray([]))
    {'tp': 3600.0, 'ssrd': 86400.0}
    """
    if not given:
        return {}
    if not isinstance(given, Mapping):
        names = [given] if isinstance(given, str) else list(given)
        return dict.fromkeys(names, _even_step(time, names[0]))
    problems = Problems()
    result = {}
    for name, length in given.items():
        with problems.collect():
            result[name] = _seconds(name, length)
    problems.raise_if_any(ParameterError)
    return result


def _accumulations(given: Any) -> Any:
    """`deaccumulate` as JSON knows it: names, or a mapping from names to durations."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Mapping):
        return {str(name): str(length) for name, length in given.items()}
    if isinstance(given, Sequence):
        return [str(name) for name in given]
    raise ParameterError(
        message(
            "deaccumulate= as names, or a mapping from names to durations",
            f"{given!r}",
            "write deaccumulate=['tp'] or deaccumulate={'tp': '1h'}",
        )
    )


def _unit_of(values: xr.DataArray) -> str | None:
    """What a variable says of its units; an attribute may be an array, which equals nothing."""
    given = values.attrs.get("units")
    return None if given is None else str(given)


def _converted(variable: xr.Variable, convert: Conversion, unit: str | None) -> xr.Variable:
    """A variable in other units; without its encoding, which packs numbers in the old ones."""
    old = variable.attrs
    attrs = {k: v for k, v in old.items() if k != "units" and not (convert and k in _RANGES)}
    if unit is not None:
        attrs["units"] = unit
    return xr.Variable(variable.dims, convert(variable.data), attrs)


def _even_step(time: xr.DataArray, name: str) -> float:
    """Time step in seconds, if there is one."""
    step, steps = step_seconds(time), np.diff(seconds(time))
    regular = steps[steps < 1.5 * step]
    if np.any(np.abs(regular - step) > 0.01 * step):
        raise InputError(
            message(
                "time steps of one length, over which values are accumulated",
                f"steps from {duration(regular.min())} to {duration(regular.max())}",
                f"tell the duration, e.g. deaccumulate={{{name!r}: '1D'}}",
            )
        )
    return step


def _seconds(name: str, length: object) -> float:
    """A duration in seconds."""
    found = as_timedelta(length)
    if found is None or found.total_seconds() <= 0:
        raise ParameterError(
            message(
                f"the time over which {name!r} is accumulated, such as '1h' or '1D'",
                repr(length),
                f"pass deaccumulate={{{name!r}: '1h'}}",
            )
        )
    return float(found.total_seconds())
