"""The plan of a preparation: the one table of its steps, in their order, and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.grids.sel import sel_to_json
from xdsc.cf.variables import names_given
from xdsc.errors import ParameterError, Problems
from xdsc.preprocessing.block import SPACE, of_older_file
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.fitted import FittedPlan
from xdsc.preprocessing.presets import resolve
from xdsc.preprocessing.steps.anomalies import Anomalies
from xdsc.preprocessing.steps.base import Step
from xdsc.preprocessing.steps.conversion import Units
from xdsc.preprocessing.steps.filtering import Filter
from xdsc.preprocessing.steps.gaps import Fill, Screen
from xdsc.preprocessing.steps.interpolation import Interpolate
from xdsc.preprocessing.steps.resampling import Resample
from xdsc.preprocessing.steps.scaling import Scale
from xdsc.preprocessing.steps.season import Season
from xdsc.preprocessing.steps.weighting import Weights
from xdsc.storage import DamageError, made_of

#: Of the numbers among settings of steps.
_LARGEST = 1_000_000


class Stage(Enum):
    """When a step is fitted, by what it learns from: so the data are read twice at most."""

    #: Attributes and times, of the data as they come.
    BEFORE = auto()
    #: Values, of the data as they come: the first pass.
    FIRST = auto()
    #: Nothing but times.
    BETWEEN = auto()
    #: Values, as all steps before have left them: the second pass.
    LAST = auto()
    #: Nothing of the variables.
    AFTER = auto()


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes
    ----------
    kind : type of Step
        Says, by `Step.parse` and `Step.make`, what it makes of the arguments.
    stage : Stage
        When it is fitted; stages are in order in the table, as steps are.
    arguments : tuple of str
        Those of a `Preprocessor` that concern it.
    """

    kind: type[Step]
    stage: Stage
    arguments: tuple[str, ...] = ()


#: All steps, in the order in which they are taken.
TABLE = (
    Row(Units, Stage.BEFORE, ("units", "deaccumulate")),
    Row(Resample, Stage.BEFORE, ("resample",)),
    Row(Screen, Stage.FIRST),
    Row(Anomalies, Stage.FIRST, ("deseasonalize", "detrend")),
    Row(Interpolate, Stage.BETWEEN, ("gaps",)),
    Row(Filter, Stage.BETWEEN, ("filter",)),
    Row(Season, Stage.BETWEEN, ("season", "months")),
    Row(Fill, Stage.LAST, ("gaps",)),
    Row(Scale, Stage.LAST, ("scale",)),
    Row(Weights, Stage.AFTER, ("area_weights", "variable_weights")),
)


def check_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without presets, as values that JSON knows, in the order of the steps.

    Parameters
    ----------
    given : mapping
        The arguments of a `Preprocessor`, by name.

    Raises
    ------
    ParameterError
        With all that is wrong.
    """
    problems = Problems()
    chosen = resolve(given["preset"], given, problems)
    settings: dict[str, Any] = {}
    with problems.collect():
        settings["sel"] = sel_to_json(chosen["sel"])
    for row in TABLE:
        with problems.collect():
            settings |= row.kind.parse({name: chosen[name] for name in row.arguments})
    with problems.collect():
        names_given(given["variables"])
    problems.raise_if_any(ParameterError)
    return settings


def restored(state: Mapping[str, Any], fields: Mapping[str, xr.Dataset]) -> FittedPlan:
    """What `FittedPlan.state` was taken from."""
    kinds = {row.kind.__name__: row.kind for row in TABLE}
    steps: list[Step] = []
    for i, described in enumerate(state["steps"]):
        step = made_of(kinds[described["kind"]], described["settings"])
        step.fitted_ = of_older_file(fields[f"step{i}"])
        steps.append(step)
    height, width = state["shape"]
    found = FittedPlan(
        settings=dict(state["settings"]),
        given=dict(state["given"]),
        wanted=tuple(made_of(Wanted, variable) for variable in state["wanted"]),
        steps=tuple(steps),
        grid=Grid(fields["grid"], made_of(Axes, state["axes"]), (int(height), int(width))),
        gaps=fields["gaps"],
        step=state["step"],
    )
    _check_restored(found)
    return found


def _check_restored(plan: FittedPlan) -> None:
    """Raise `DamageError` unless what was learnt is of the variables and of the grid."""
    _check_numbers([step.settings for step in plan.steps])
    order = [row.kind for row in TABLE]
    places = [order.index(type(step)) for step in plan.steps]
    needed = [order.index(kind) for kind in (Units, Screen, Fill)]
    if places != sorted({*places}) or not {*needed} <= {*places}:
        raise DamageError("steps of a preparation that are not in their order")
    axes = [name for name in plan.given.values() if name is not None]
    if not all(isinstance(name, str) for name in axes):
        raise DamageError(f"the axes {plan.given!r:.200}")
    if not plan.variables or len({*plan.variables}) < len(plan.variables):
        raise DamageError(f"a preparation of the variables {plan.variables!r:.200}")
    step_length: Any = plan.step
    if step_length is not None and not (isinstance(step_length, (int, float)) and step_length > 0):
        raise DamageError(f"a time step of {plan.step!r:.80}")
    there = plan.grid.coordinates.sizes
    for dim, size in zip(plan.axes.space, plan.grid.shape, strict=True):
        if there.get(dim, size) != size:
            raise DamageError(f"a grid of {size} points with coordinates of {there[dim]}")
    for step in plan.steps:
        step.check_fitted(plan.variables, dict(zip(SPACE, plan.grid.shape, strict=True)))


def _check_numbers(value: Any) -> None:
    """Settings count steps, days and harmonics: beyond this they only take memory."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise DamageError(f"the number {value} in the settings of a preparation")
    if isinstance(value, Mapping):
        _check_numbers([*value.values()])
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_numbers(item)
