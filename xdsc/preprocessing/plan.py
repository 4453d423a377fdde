"""From settings to fitted steps, in at most two passes through the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.area import area_weights
from xdsc.cf.region import sel_from_json, sel_to_json
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.frames.chunks import warn_of_chunks, with_fewer_chunks
from xdsc.preprocessing.along_time import median_step
from xdsc.preprocessing.block import TIME, X, Y, to_block
from xdsc.preprocessing.carry.grid import Grid, grid_coordinates
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.cycle.climatology import parse_deseasonalize
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

if TYPE_CHECKING:
    from xdsc.preprocessing.pipeline import Preprocessor

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


@dataclass(frozen=True)
class Fitted:
    """What a Preprocessor has learnt.

    Attributes
    ----------
    settings : dict
        Of the steps, no preset left in them; values that JSON knows.
    given : dict of str to str or None
        Names of axes that were given.
    axes : Axes
        Of the fitted Dataset.
    wanted : tuple of Wanted
        The V variables.
    steps : list of Step
        Fitted, in order.
    grid : Dataset
        Coordinates of the fitted grid.
    shape : (int, int)
        H, L.
    gaps : Dataset, (variable,)
        What was missing.
    step : float or None
        Median time step in seconds of the resampled data; None for a single time.
    """

    settings: dict[str, Any]
    given: dict[str, str | None]
    axes: Axes
    wanted: tuple[Wanted, ...]
    steps: list[Step]
    grid: xr.Dataset
    shape: tuple[int, int]
    gaps: xr.Dataset
    step: float | None

    @cached_property
    def fingerprint(self) -> str:
        """What tells this fit from fits to other data; the same for NumPy and Dask."""
        state, _ = self.state()
        found = hashlib.sha256(json.dumps(state, sort_keys=True).encode())
        # A mean of anomalies is nothing but rounding, which is what Fill may hold.
        learnt = [step.fitted_ for step in self.steps if not isinstance(step, Fill)]
        for ds in (self.grid, *learnt):
            for name in sorted(map(str, ds.variables)):
                values = ds[name].values
                if values.dtype.kind == "f":
                    # Sums in another order differ in their last digits.
                    largest = np.nanmax(np.abs(values), initial=0.0) or 1.0
                    values = np.rint(np.nan_to_num(values / largest, nan=2.0) * 1e4).astype("i4")
                found.update(f"{name} {values.shape}".encode())
                found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()[:16]

    @property
    def whole_grid(self) -> Grid:
        """The fitted grid."""
        return Grid(self.grid, self.axes, self.shape)

    @property
    def variables(self) -> list[str]:
        """Names of the V variables."""
        return [variable.name for variable in self.wanted]

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of a `Preprocessor` that does the same."""
        return {**arguments_of(self.settings), **self.given, "variables": self.variables}

    def state(self) -> tuple[dict[str, Any], dict[str, xr.Dataset]]:
        """All of it as JSON and as fields."""
        state = {
            "settings": self.settings,
            "given": self.given,
            "axes": asdict(self.axes),
            "wanted": [asdict(variable) for variable in self.wanted],
            "steps": [{"kind": type(s).__name__, "settings": s.settings} for s in self.steps],
            "shape": list(self.shape),
            "step": self.step,
        }
        fields = {f"step{i}": step.fitted_ for i, step in enumerate(self.steps)}
        return state, {"grid": self.grid, "gaps": self.gaps, **fields}


def arguments_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a `Preprocessor` from settings that JSON knows."""
    return {**settings, "sel": sel_from_json(settings.get("sel"))}


def restored(state: Mapping[str, Any], fields: Mapping[str, xr.Dataset]) -> Fitted:
    """What `Fitted.state` was taken from."""
    kinds = {kind.__name__: kind for kind in STEPS}
    steps: list[Step] = []
    for i, described in enumerate(state["steps"]):
        step = kinds[described["kind"]](**described["settings"])
        step.fitted_ = fields[f"step{i}"]
        steps.append(step)
    return Fitted(
        settings=dict(state["settings"]),
        given=dict(state["given"]),
        axes=Axes(**state["axes"]),
        wanted=tuple(Wanted(**variable) for variable in state["wanted"]),
        steps=steps,
        grid=fields["grid"],
        shape=(int(state["shape"][0]), int(state["shape"][1])),
        gaps=fields["gaps"],
        step=state["step"],
    )


def check_settings(given: Preprocessor) -> dict[str, Any]:
    """Settings without presets, as values that JSON knows.

    Raises
    ------
    ParameterError
        With all that is wrong.
    """
    problems = Problems()
    names = (*_SETTINGS, "season")
    settings = resolve(given.preset, {name: getattr(given, name) for name in names}, problems)
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
    variables: Any = given.variables
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
) -> Fitted:
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
    warn_of_chunks(ds, axes, names, sorts_series=settings["scale"] == "cell-robust")
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
    return Fitted(
        settings=dict(settings),
        given=dict(given),
        axes=axes,
        wanted=tuple(Wanted.of(ds[name]) for name in names),
        steps=steps,
        grid=grid_coordinates(ds, axes).compute(),
        shape=(ds.sizes[axes.y], ds.sizes[axes.x]),
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
