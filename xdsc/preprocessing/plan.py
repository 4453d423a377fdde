"""The plan of a preparation: the one table of its steps, in their order, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.region import sel_to_json
from xdsc.errors import ParameterError, Problems, message
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
    variables = given["variables"]
    if not isinstance(variables, (str, Sequence, type(None))):
        problems.add(
            message("variables= as a list of names", f"{variables!r}", "write ['t2m', ...]")
        )
    problems.raise_if_any(ParameterError)
    return settings


def restored(state: Mapping[str, Any], fields: Mapping[str, xr.Dataset]) -> FittedPlan:
    """What `FittedPlan.state` was taken from."""
    kinds = {row.kind.__name__: row.kind for row in TABLE}
    steps: list[Step] = []
    for i, described in enumerate(state["steps"]):
        step = kinds[described["kind"]](**described["settings"])
        step.fitted_ = fields[f"step{i}"]
        steps.append(step)
    height, width = state["shape"]
    return FittedPlan(
        settings=dict(state["settings"]),
        given=dict(state["given"]),
        wanted=tuple(Wanted(**variable) for variable in state["wanted"]),
        steps=tuple(steps),
        grid=Grid(fields["grid"], Axes(**state["axes"]), (int(height), int(width))),
        gaps=fields["gaps"],
        step=state["step"],
    )
