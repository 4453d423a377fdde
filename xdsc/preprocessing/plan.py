"""From settings to fitted steps, in at most two passes through the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.area import area_weights
from xdsc.cf.region import sel_to_json
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.frames.chunks import warn_before_fit, with_fewer_chunks
from xdsc.preprocessing.along_time import median_step
from xdsc.preprocessing.block import TIME, X, Y, to_block
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.cycle.climatology import parse_deseasonalize
from xdsc.preprocessing.fitted import FittedPlan
from xdsc.preprocessing.presets import GAP_POLICIES, resolve
from xdsc.preprocessing.steps.anomalies import Anomalies
from xdsc.preprocessing.steps.base import Step, learn
from xdsc.preprocessing.steps.conversion import Units, parse_deaccumulate
from xdsc.preprocessing.steps.filtering import Filter, check_filter, parse_filter
from xdsc.preprocessing.steps.gaps import (
    Fill,
    FillKind,
    Screen,
    check_without_gaps,
    gap_report,
)
from xdsc.preprocessing.steps.interpolation import Interpolate
from xdsc.preprocessing.steps.resampling import Resample
from xdsc.preprocessing.steps.scaling import SCALES, Scale
from xdsc.preprocessing.steps.season import Season, parse_season
from xdsc.preprocessing.steps.weighting import Weights

STEPS = (Units, Resample, Screen, Anomalies, Interpolate, Filter, Season, Fill, Scale, Weights)

# Settings in the order of the steps.
_SETTINGS = (
    "sel",
    "units",
    "deaccumulate",
    "resample",
    "deseasonalize",
    "detrend",
    "gaps",
    "filter",
    "months",
    "scale",
    "area_weights",
    "variable_weights",
)

# Gaps of more time steps than this are not isolated: a line through them says nothing.
_ISOLATED = 5

# A variable with less than this share of its range left has lost everything but rounding.
_NOTHING_LEFT = 1e-6


def restored(state: Mapping[str, Any], fields: Mapping[str, xr.Dataset]) -> FittedPlan:
    """What `FittedPlan.state` was taken from."""
    kinds = {kind.__name__: kind for kind in STEPS}
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


def check_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without presets, as values that JSON knows.

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
    names = (*_SETTINGS, "season")
    settings = resolve(given["preset"], {name: given[name] for name in names}, problems)
    with problems.collect():
        settings["sel"] = sel_to_json(settings["sel"])
    with problems.collect():
        settings["deseasonalize"] = parse_deseasonalize(settings["deseasonalize"])
    with problems.collect():
        settings["months"] = parse_season(settings.pop("season"), settings["months"])
    with problems.collect():
        settings["filter"] = check_filter(settings["filter"])
    if settings["resample"] is not None:
        with problems.collect():
            Resample(settings["resample"])
    for name, known in (("gaps", GAP_POLICIES), ("scale", (*SCALES, None))):
        if settings[name] not in known:
            problems.add(
                message(
                    f"{name} to be one of {', '.join(map(repr, known))}",
                    f"{name}={settings[name]!r}",
                    "choose one of them",
                )
            )
    if not isinstance(settings["detrend"], bool):
        problems.add(
            message("detrend=True or False", f"{settings['detrend']!r}", "choose one of them")
        )
    for name, kind, as_json in (
        ("units", str, str),
        ("variable_weights", (int, float, np.number), float),
    ):
        with problems.collect():
            settings[name] = _mapping(name, settings[name], kind, as_json)
    with problems.collect():
        settings["deaccumulate"] = _accumulations(settings["deaccumulate"])
    if not isinstance(settings["area_weights"], (bool, np.bool_, str)):
        problems.add(
            message(
                "area_weights=True, False or the name of a variable",
                f"a {type(settings['area_weights']).__name__}",
                "make the areas a variable, ds.assign(cell_area=...), area_weights='cell_area'",
            )
        )
    elif not isinstance(settings["area_weights"], str):
        settings["area_weights"] = bool(settings["area_weights"])
    variables: Any = given["variables"]
    if not isinstance(variables, (str, Sequence, type(None))):
        problems.add(
            message("variables= as a list of names", f"{variables!r}", "write ['t2m', ...]")
        )
    problems.raise_if_any(ParameterError)
    return {name: settings[name] for name in _SETTINGS}


def _mapping(name: str, given: Any, kind: Any, as_json: Any) -> dict[str, Any] | None:
    """A mapping from names to values of a kind, as JSON knows them."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        wrong = [value for value in given.values() if not isinstance(value, kind)]
        if not wrong and all(isinstance(key, str) for key in given):
            return {key: as_json(value) for key, value in given.items()}
        given = wrong[0] if wrong else given
    what, example = ("units", "'degC'") if kind is str else ("weights", "2")
    raise ParameterError(
        message(
            f"{name}= as a mapping from variables to {what}",
            f"{given!r}",
            f"write {name}={{'t2m': {example}}}",
        )
    )


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


def fit_steps(
    ds: xr.Dataset,
    axes: Axes,
    names: Sequence[str],
    settings: Mapping[str, Any],
    given: Mapping[str, str | None],
) -> FittedPlan:
    """Fit the steps to a Dataset.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`, selected, without quantities.
    names : sequence of str
        The variables to prepare.
    settings : mapping
        From `check_settings`.
    given : mapping of str to str or None
        Names of axes that were given.
    """
    warn_before_fit(ds, axes, names, settings["scale"])
    block = with_fewer_chunks(to_block(ds, names, axes), TIME)
    head = _first_steps(block, settings)
    for step in head:
        block = step.fit(block).transform(block)
    seconds = median_step(block.indexes[TIME])

    screen, fill = Screen(), Fill(_fill_kind(settings["gaps"]))
    anomalies = _anomalies(settings)
    middle = _middle_steps(block, settings)
    scale = Scale(settings["scale"]) if settings["scale"] else None
    last: list[Step] = [fill, scale] if scale else [fill]
    early = [screen] if anomalies is None else [screen, anomalies]
    # Without anything in between, the first pass sees what the last steps get.
    one_pass = anomalies is None and not middle
    learn(([*early, *last] if one_pass else early, block))

    seasons = [step for step in middle if isinstance(step, Season)]
    counted: dict[str, xr.Dataset] = {
        "observed": _in_season(screen.per_frame_, seasons)
        .where(~_in_season(screen.missing_frames_.to_dataset(name="gone"), seasons)["gone"])
        .sum()
    }
    block = screen.without(block, screen.missing_frames_)
    if anomalies is not None:
        block = anomalies.transform(block)
    passes: list[tuple[Sequence[Step], xr.Dataset]] = []
    for step in middle:
        block = step.fit(block).transform(block)
        if isinstance(step, Interpolate):
            count = Fill()
            passes.append(([count], _in_season(block, seasons)))
    if not one_pass or screen.missing_frames_.any():
        learn((last, block), *passes)
    if passes:
        counted["interpolated"] = xr.Dataset(count.observed_)
    if scale is not None:
        scale.widen(fill.used_)
        if anomalies is not None:
            _check_left(scale, screen)

    report = gap_report(counted, fill, block)
    if settings["gaps"] == "error":
        check_without_gaps(report)
    weights = _weights(ds, axes, names, settings)
    if settings["gaps"] == "error":
        # Nothing was filled, and nothing is to be filled in other data.
        last = last[1:]
    steps = [*head, *early, *middle, *last, *([] if weights is None else [weights])]
    return FittedPlan(
        settings=dict(settings),
        given=dict(given),
        wanted=tuple(Wanted.of(ds[name]) for name in names),
        steps=tuple(steps),
        grid=Grid.of(ds, axes),
        gaps=report,
        step=None if np.isnan(seconds) else seconds,
    )


def _first_steps(block: xr.Dataset, settings: Mapping[str, Any]) -> list[Step]:
    rates = parse_deaccumulate(settings["deaccumulate"], block[TIME])
    units = Units(targets=dict(settings["units"] or {}), deaccumulate=rates)
    return [units, Resample(settings["resample"])] if settings["resample"] else [units]


def _anomalies(settings: Mapping[str, Any]) -> Anomalies | None:
    if settings["deseasonalize"] is None and not settings["detrend"]:
        return None
    return Anomalies(settings["deseasonalize"], settings["detrend"])


def _middle_steps(block: xr.Dataset, settings: Mapping[str, Any]) -> list[Step]:
    steps: list[Step] = []
    if settings["gaps"] == "interpolate":
        steps.append(Interpolate(_ISOLATED))
    if (chosen := parse_filter(settings["filter"], block[TIME])) is not None:
        steps.append(Filter(**chosen))
    if settings["months"] is not None:
        steps.append(Season(settings["months"]))
    return steps


def _fill_kind(gaps: str) -> FillKind:
    return "overall-mean" if gaps == "overall-mean" else "mean"


def _weights(
    ds: xr.Dataset, axes: Axes, names: Sequence[str], settings: Mapping[str, Any]
) -> Weights | None:
    if not settings["area_weights"] and not settings["variable_weights"]:
        return None
    area = None
    if settings["area_weights"]:
        area = area_weights(ds, axes, settings["area_weights"])
        area = area.rename({axes.y: Y, axes.x: X}).drop_vars(area.coords)
    return Weights.of(area, dict(settings["variable_weights"] or {}), names)


def _in_season(block: xr.Dataset, seasons: Sequence[Season]) -> xr.Dataset:
    for season in seasons:
        block = season.transform(block)
    return block


def _check_left(scale: Scale, screen: Screen) -> None:
    """Raise where a variable has nothing but its climatology: scaling would blow up rounding."""
    problems = Problems()
    for name, spread in scale.spread().items():
        if spread < _NOTHING_LEFT * (screen.high_[name] - screen.low_[name]):
            problems.add(
                message(
                    f"{name!r} to differ from its climatology",
                    "the same values every year",
                    f"leave {name!r} out, or deseasonalize=False",
                )
            )
    problems.raise_if_any(InputError)
