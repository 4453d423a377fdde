"""Gaps: which cells and time steps take part, and what stands where a value is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf.decoding.sentinels import (
    HUGE,
    Ends,
    Told,
    beyond_valid,
    far_off,
    filled_with,
    inner_ends,
)
from xdsc.errors import InputError, Problems, message, warn_user
from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.block import SPACE, TIME, X, Y, frames_there, samples
from xdsc.preprocessing.onepass.summaries import (
    Statistic,
    Summary,
    nothing_known,
    of_frames,
    sample_axes,
)
from xdsc.preprocessing.steps.base import FitData, Step
from xdsc.preprocessing.steps.invented import check_kept
from xdsc.preprocessing.steps.rereading import require_same
from xdsc.storage import DamageError

GapPolicy: TypeAlias = Literal["mean", "overall-mean", "interpolate", "error"]
FillKind: TypeAlias = Literal["mean", "overall-mean"]


@dataclass(eq=False)
class Screen(Step):
    """Take out what cannot be used: masked cells, missing frames, infinite and fill values.

    A cell without a value at any time is *masked*. A frame (one time step of one member) of which
    more than half of the unmasked values, over all variables, are missing is a *missing frame*.
    Both are NaN afterwards; all other values stay. ``fitted_`` is True where a cell has a value at
    some time, (y, x).

    Attributes
    ----------
    told_ : dict of str to Told
        What the variables that it is to be fitted to say of themselves.
    time_ : str
        What the time dimension is called there.
    low_, high_ : dict of str to float
        Lowest and highest value of each variable in the data of the fit.
    missing_frames_ : DataArray of bool, ([member,] time)
        The missing frames in the data of the fit.
    per_frame_ : Dataset of int, ([member,] time)
        Number of values in each frame of the data of the fit.
    sums_ : Dataset of float64, ([member,] time)
        Their sum.
    """

    fits_all = True

    told_: dict[str, Told] = field(init=False, repr=False, default_factory=dict)
    time_: str = field(init=False, repr=False, default=TIME)

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self:
        """Always a step."""
        step = cls()
        step.told_ = {name: Told.of(data.ds[name]) for name in data.names}
        for name in {*(settings.get("units") or ()), *(settings.get("deaccumulate") or ())}:
            if name in step.told_:  # the attributes are of what it was
                step.told_[name] = Told(step.told_[name].dtype)
        step.time_ = data.axes.time
        return step

    def summary(self, time: xr.DataArray) -> Summary:
        """Lowest and highest value, valid values of each frame and their sum, cells seen (y, x)."""
        return Summary(_screened, nothing_known(time))

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory.

        Raises
        ------
        InputError
            Naming every variable with infinite values, without values, or constant; or no frame
            is left.
        """
        self.low_ = {str(name): float(low) for name, low in statistics["low"].items()}
        self.high_ = {str(name): float(high) for name, high in statistics["high"].items()}
        inner = [statistics[key] for key in ("inner_low", "inner_high")]
        self._check_ranges({name: [float(end[name]) for end in inner] for name in self.low_})
        self.fitted_ = statistics["seen"]
        self.per_frame_, self.sums_ = statistics["per_frame"], statistics["sums"]
        self.missing_frames_ = self._is_missing(self.per_frame_)
        if bool(self.missing_frames_.all()):
            raise InputError(
                message(
                    "time steps with at least half of their values",
                    f"{self.missing_frames_.size} steps that all lack more",
                    "fill the gaps first, e.g. with ds.interpolate_na, or leave out the variables "
                    "that have most of them",
                )
            )
        check_kept(self.per_frame_, self.missing_frames_, self.time_)
        return self

    def _check_ranges(self, inner: Mapping[str, Sequence[float]]) -> None:
        """Raise for every variable with infinite, fill or no values, or a constant one.

        `inner` is the lowest and highest value of each without sentinels.
        """
        texts: dict[str, str | tuple[str, str] | None] = {}
        for name, low in self.low_.items():
            ends = low, self.high_[name]
            told = self.told_.get(name, Told())
            texts[name] = (
                _unusable(*ends)
                or filled_with(name, told.dtype, *ends)
                or far_off(name, Ends(*ends, *inner[name]), told)
            )
            if not texts[name] and (beyond := beyond_valid(name, *ends, told)):
                warn_user(beyond)
        good = [name for name, text in texts.items() if not text]
        problems = Problems()
        for name, text in texts.items():
            if isinstance(text, tuple):
                leave_out = f"leave {name!r} out" + f", variables={good}" * bool(good)
                problems.add(message(f"{text[0]} in {name!r}", text[1], leave_out))
            elif text:
                problems.add(text)
        problems.raise_if_any(InputError)

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Set masked cells, the missing frames of `ds` and infinite values to NaN; lazy."""
        valid = _is_value(ds) & self.fitted_
        return self.without(ds, self._is_missing(valid.sum(SPACE)))

    def transform_again(self, ds: xr.Dataset) -> xr.Dataset:
        """`transform` of the data of the fit, told where they have changed since; lazy."""
        valid = _is_value(ds)
        sums = ds.where(valid, 0).sum(SPACE, dtype=np.float64)
        require = require_same(valid.sum(SPACE), sums, self.per_frame_, self.sums_)
        return self.without(ds, self._is_missing(require))

    def without(self, ds: xr.Dataset, missing: xr.DataArray) -> xr.Dataset:
        """`transform` where the missing frames, ([member,] time), are known; lazy.

        Variables then do not wait for each other.
        """
        kept = ~missing
        return ds.map(
            lambda v: v.where(_is_value(v) & self.fitted_[v.name] & kept), keep_attrs=True
        )

    def check_fitted(self, names: Sequence[str], sizes: Mapping[str, int]) -> None:
        """Also that masks are masks."""
        super().check_fitted(names, sizes)
        if any(values.dtype != bool for values in self.fitted_.values()):
            raise DamageError("a mask that is none")

    def _is_missing(self, per_frame: xr.Dataset) -> xr.DataArray:
        """Whether a frame with so many valid values is a missing one."""
        cells = sum(int(self.fitted_[name].sum()) for name in per_frame)
        return 2 * per_frame.to_dataarray().sum("variable") < cells


@dataclass(eq=False)
class Fill(Step):
    """Put a mean where a single value is missing.

    Cells without a value at any time, and frames without any value, stay NaN. ``fitted_`` is what
    is put there, (y, x), in the units of the variable; NaN in cells without a value at any time.

    Parameters
    ----------
    kind : {"mean", "overall-mean"}, default "mean"
        The mean of the variable over everything observed; or one mean over the values of all
        variables, whatever their units, as the code published with the paper takes.

    Attributes
    ----------
    observed_ : dict of str to int
        Number of observed values in the data of the fit.
    used_ : Dataset, (y, x)
        ``fitted_`` in the cells where something was filled in the data of the fit; NaN elsewhere.
    per_frame_ : Dataset of int, ([member,] time)
        Number of values in each frame of the data of the fit.
    frames_ : int
        Number of frames with a value in the data of the fit.
    """

    fits_all = True

    kind: FillKind = "mean"

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `gaps`."""
        return {"gaps": one_of("gaps", given["gaps"], get_args(GapPolicy))}

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self:
        """Always a step: it is also what counts the gaps that are left."""
        return cls("overall-mean" if settings["gaps"] == "overall-mean" else "mean")

    def summary(self, time: xr.DataArray) -> Summary:
        """Sum of the values, their number in each cell (y, x), and in each frame."""
        return Summary(_counted, nothing_known(time))

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory."""
        sums, per_cell = statistics["sum"], statistics["count"]
        counts = per_cell.sum()
        if self.kind == "overall-mean":
            mean = sums.to_dataarray().sum() / counts.to_dataarray().sum()
            means = xr.Dataset(dict.fromkeys(sums, mean))
        else:
            means = sums / counts
        self.fitted_ = means.where(per_cell > 0)
        self.per_frame_ = statistics["per_frame"]
        there = self.per_frame_.to_dataarray() > 0
        self.frames_ = int(there.any("variable").sum())
        self.used_ = self.fitted_.where(per_cell < self.frames_)
        self.observed_ = {str(name): int(count) for name, count in counts.items()}
        return self

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Fill the gaps of `ds`; lazy."""
        there = frames_there(ds)

        def fill(values: xr.DataArray) -> xr.DataArray:
            mean = self.fitted_[values.name].astype(values.dtype)
            return values.fillna(mean).where(there)

        return ds.map(fill, keep_attrs=True)


def warn_of_lost_cells(block: xr.Dataset, fill: Fill) -> None:
    """Warn of cells that were observed in the fit and never are in a block in memory.

    What is filled there is a constant: after regridding along coasts, or from another mask. Dask
    data are not read for it, and a single time step tells nothing.
    """
    if any(values.chunks for values in block.values()) or frames_there(block).sum() < 2:
        return
    lost = {}
    for name, values in block.items():
        expected = fill.fitted_[name].notnull()
        number = int((expected & values.isnull().all(samples(block))).sum())
        if number:
            lost[str(name)] = f"{number} of {int(expected.sum())} cells of {str(name)!r}"
    if lost:
        text = message(
            "values wherever the fitted Dataset has some",
            f"none at any time in {', '.join(lost.values())}, which get a mean",
            "use data with the fitted mask, or fit without these cells",
        )
        warn_user(text)


def gap_report(counted: Mapping[str, xr.Dataset], fill: Fill, block: xr.Dataset) -> xr.Dataset:
    """What was missing in the data of a fit, and what was put there.

    Parameters
    ----------
    counted : mapping of str to Dataset
        "observed": valid values of each variable; "interpolated": those after interpolation.
    fill : Fill
        Fitted on what came out of all of that.
    block : Dataset
        What it was fitted on.

    Returns
    -------
    Dataset, (variable,)
        Numbers of values: ``observed``, ``interpolated``, ``filled`` with a mean, and, over all
        variables, ``missing_frames``; and ``masked_cells`` of the grid.
    """
    names = list(map(str, block))
    observed = np.array([int(counted["observed"][name]) for name in names])
    later = counted.get("interpolated", counted["observed"])
    interpolated = np.array([int(later[name]) for name in names]) - observed
    cells = np.array([int(fill.fitted_[name].notnull().sum()) for name in names])
    seen = np.array([fill.observed_[name] for name in names])
    frames, n_frames = int(np.prod([block.sizes[dim] for dim in samples(block)])), fill.frames_
    long_names = {
        "observed": (observed, "number of observed values"),
        "interpolated": (interpolated, "number of values interpolated in time"),
        "filled": (cells * n_frames - seen, "number of values filled with a mean"),
        "masked_cells": (
            block.sizes[Y] * block.sizes[X] - cells,
            "number of cells without a value at any time",
        ),
    }
    return xr.Dataset(
        {
            key: ("variable", number.astype(np.int64), {"long_name": text, "units": "1"})
            for key, (number, text) in long_names.items()
        },
        {"variable": names},
    ).assign(
        missing_frames=(
            (),
            frames - n_frames,
            {
                "long_name": "number of frames that lack more than half of their values",
                "units": "1",
            },
        )
    )


def check_without_gaps(report: xr.Dataset) -> None:
    """Raise `InputError` where a report of gaps has any, apart from masked cells."""
    problems = Problems()
    remedy = "fill them first, or choose gaps='mean' or gaps='interpolate'"
    for name, number in zip(report["variable"].values, report["filled"].values, strict=True):
        if number:
            problems.add(message(f"no gaps in {str(name)!r}", f"{number} missing values", remedy))
    if n_missing := int(report["missing_frames"]):
        problems.add(
            message(
                "values at every time step",
                f"{n_missing} time steps that lack more than half of theirs",
                remedy,
            )
        )
    problems.raise_if_any(InputError)


def _screened(values: Array, known: Floats, at: tuple[int, int]) -> dict[str, Statistic]:
    valid = _is_value(values)
    low, high, inner_low, inner_high = inner_ends(values)
    return {
        "low": Statistic(low, "min"),
        "high": Statistic(high, "max"),
        "inner_low": Statistic(inner_low, "min"),
        "inner_high": Statistic(inner_high, "max"),
        "per_frame": of_frames(valid, at),
        "sums": of_frames(np.where(valid, values, 0), at, np.float64),
        "seen": Statistic(valid.any(sample_axes(values)), "any", SPACE),
    }


def _counted(values: Array, known: Floats, at: tuple[int, int]) -> dict[str, Statistic]:
    valid = ~np.isnan(values)
    return {
        "sum": Statistic(values.sum(dtype=np.float64, where=valid), "sum"),
        "count": Statistic(valid.sum(sample_axes(values)), "sum", SPACE),
        "per_frame": of_frames(valid, at),
    }


def _is_value(values: Any) -> Any:
    """Whether these are values, and neither missing nor infinite nor beyond any quantity."""
    return np.abs(values) < HUGE


def _unusable(low: float, high: float) -> tuple[str, str] | None:
    """What is expected and received where a variable from `low` to `high` cannot be used."""
    if np.isnan(low):
        return "values", "NaN at every time and place"
    if low == high and np.isfinite(low):
        return "values that vary", f"{low:g} at every time and place"
    return None
