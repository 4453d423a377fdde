"""From settings to fitted steps, in at most two passes through the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import xarray as xr

from xdsc.cf import find_axes, require_dataset
from xdsc.cf.axes.degrees import warn_of_small_degrees
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.cf.grids.merged import warn_of_merged_grids
from xdsc.cf.units import dequantified
from xdsc.errors import InputError, Problems, message
from xdsc.frames.chunks import (
    Size,
    is_lazy,
    warn_of_chunks,
    with_fewer_chunks,
)
from xdsc.preprocessing.along_time import median_step
from xdsc.preprocessing.block import TIME, to_block
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.fitted import FittedPlan
from xdsc.preprocessing.plan import TABLE, Stage, check_settings
from xdsc.preprocessing.provenance import require_unprepared
from xdsc.preprocessing.steps.base import FitData, Step, learn
from xdsc.preprocessing.steps.filtering import Filter
from xdsc.preprocessing.steps.gaps import Fill, Screen, check_without_gaps, gap_report
from xdsc.preprocessing.steps.interpolation import Interpolate
from xdsc.preprocessing.steps.invented import check_filled
from xdsc.preprocessing.steps.rereading import check_same
from xdsc.preprocessing.steps.scaling import Scale
from xdsc.preprocessing.steps.season import Season
from xdsc.preprocessing.subset import checked_names, select

# Settings of what is done to values before `Screen` looks at them.
_BEFORE_SCREEN = ("units", "deaccumulate", "resample")
# A variable with less than this share of its range left has lost everything but rounding.
_NOTHING_LEFT = 1e-6

CheckSize: TypeAlias = Callable[[Size], object]

_Step = TypeVar("_Step", bound=Step)


@dataclass(frozen=True, eq=False)
class PartlyPrepared:
    """What a fit has learnt, and how far it has prepared its own data on the way.

    Attributes
    ----------
    plan : FittedPlan
        What was learnt.
    ds : Dataset
        What it was learnt from, on the axes and the grid of the plan.
    block : Dataset
        Its variables, as the first `taken` steps of the plan have left them. Of Dask's data no
        step is taken, since those of the fit were read in other chunks.
    taken : int
        Number of steps.
    """

    plan: FittedPlan
    ds: xr.Dataset
    block: xr.Dataset
    taken: int


def fit_plan(
    ds: xr.Dataset, arguments: Mapping[str, Any], check_size: CheckSize | None = None
) -> PartlyPrepared:
    """Fit the steps that are asked for to a Dataset.

    Parameters
    ----------
    ds : Dataset
        As for `Preprocessor.fit`.
    arguments : mapping
        Those of a `Preprocessor`, by name.
    check_size : callable, optional
        Called before any data are read, with the `Size` of what is prepared; raises what is wrong
        with it.

    Raises
    ------
    ParameterError
        Arguments are wrong.
    InputError
        `ds` does not fit; all its problems are named.
    """
    settings = check_settings(arguments)
    require_dataset(ds)
    require_unprepared(ds)
    ds = dequantified(ds)
    given = {name: arguments[name] for name in ("time", "lat", "lon", "member")}
    axes = find_axes(ds, **given)
    ds = select(ds, axes, settings["sel"])
    warn_of_merged_grids(ds, axes)
    warn_of_small_degrees(ds, (axes.latitude, axes.longitude))
    names = checked_names(ds, axes, arguments["variables"])
    warn_of_chunks(ds, axes, names, sorts_series=settings["scale"] == "cell-robust")
    if any(settings[name] for name in _BEFORE_SCREEN):
        # What stands for missing values is nothing that means and other units could be made of.
        ds = ds.assign({name: require_no_fills(ds[name]) for name in names})
    block = with_fewer_chunks(to_block(ds, names, axes), TIME)
    made: dict[Stage, list[Step]] = {stage: [] for stage in Stage}
    for row in TABLE:
        step = row.kind.make(settings, FitData(ds, axes, names, block))
        if step is None:
            continue
        made[row.stage].append(step)
        if row.stage is Stage.BEFORE:
            block = step.fit(block).transform(block)
    seconds = median_step(block.indexes[TIME])
    if check_size is not None:
        check_size(Size.of(ds, axes, names, _n_times(block[TIME], made[Stage.BETWEEN])))
    first, between, last = made[Stage.FIRST], made[Stage.BETWEEN], made[Stage.LAST]
    block, report = _learn_from_values(block, first, between, last)

    if settings["gaps"] == "error":
        check_without_gaps(report)
        # Nothing was filled, and nothing is to be filled in other data.
        last = [step for step in last if not isinstance(step, Fill)]
    else:
        check_filled(report, *_screened(first, between), axes.time)
    before = [*made[Stage.BEFORE], *first, *between]
    plan = FittedPlan(
        settings=settings,
        given=given,
        wanted=tuple(Wanted.of(ds[name]) for name in names),
        steps=(*before, *last, *made[Stage.AFTER]),
        grid=Grid.of(ds, axes),
        gaps=report,
        step=None if np.isnan(seconds) else seconds,
    )
    if is_lazy(ds, names):
        return PartlyPrepared(plan, ds, to_block(ds, names, axes), 0)
    return PartlyPrepared(plan, ds, block, len(before))


def _n_times(time: xr.DataArray, steps: Sequence[Step]) -> int:
    """Number of times that the steps leave, which learn from times alone."""
    kept = np.ones(time.size, dtype=bool)
    for step in steps:
        if isinstance(step, Season):
            kept &= step.positions(time) >= 0
    return int(kept.sum())


def _learn_from_values(
    block: xr.Dataset, first: Sequence[Step], between: Sequence[Step], last: Sequence[Step]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Fit the steps that learn from values, and those between them.

    Returns
    -------
    block : Dataset
        As all but the last steps have left it.
    report : Dataset
        Of its gaps; see `gap_report`.
    """
    screen, fill = _one(Screen, first), _one(Fill, last)
    # Without anything in between, the first pass sees what the last steps get.
    one_pass = len(first) == 1 and not between
    learn(([*first, *last] if one_pass else first, block))

    seasons = [step for step in between if isinstance(step, Season)]
    per_frame, gone = _screened(first, between)
    counted = {"observed": per_frame.where(~gone).sum()}
    block = screen.without(block, screen.missing_frames_)
    for step in first:
        if step is not screen:
            block = step.transform(block)
    counts: list[Fill] = []
    passes: list[tuple[Sequence[Step], xr.Dataset]] = []
    for step in between:
        block = step.fit(block).transform(block)
        if isinstance(step, Interpolate):
            counts.append(Fill())
            passes.append((counts, _in_season(block, seasons)))
    if not one_pass or screen.missing_frames_.any():
        learn((last, block), *passes)
        if not any(isinstance(step, (Interpolate, Filter)) for step in between):
            check_same(fill.per_frame_, per_frame.where(~gone, 0))
    if counts:
        counted["interpolated"] = xr.Dataset(counts[0].observed_)
    for scale in last:
        if isinstance(scale, Scale):
            scale.widen(fill.used_)
            if len(first) > 1:
                _check_left(scale, screen)
    return block, gap_report(counted, fill, block)


def _one(kind: type[_Step], steps: Sequence[Step]) -> _Step:
    return next(step for step in steps if isinstance(step, kind))


def _screened(first: Sequence[Step], between: Sequence[Step]) -> tuple[xr.Dataset, xr.DataArray]:
    """Number of values in each frame of the season, and which of the frames are missing."""
    screen, seasons = _one(Screen, first), [step for step in between if isinstance(step, Season)]
    gone = _in_season(screen.missing_frames_.to_dataset(name="gone"), seasons)["gone"]
    return _in_season(screen.per_frame_, seasons), gone


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
