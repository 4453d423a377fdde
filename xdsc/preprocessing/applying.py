"""What was fitted, applied to a Dataset and undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, ParameterError, advice, message
from xdsc.preprocessing.block import TIME, X, Y, from_block, to_block
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.conform import axes_of, bring_in_line
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.fitted import FittedPlan
from xdsc.preprocessing.learning import PartlyPrepared
from xdsc.preprocessing.provenance import PREPARED, Provenance
from xdsc.preprocessing.steps.anomalies import Anomalies
from xdsc.preprocessing.steps.base import Step, TimeStep
from xdsc.preprocessing.steps.conversion import Units
from xdsc.preprocessing.steps.gaps import Fill, Screen, warn_of_lost_cells
from xdsc.preprocessing.subset import checked_names

Climatology: TypeAlias = Literal["fitted", "own"] | xr.Dataset
_KNOWN = ("fitted", "own")


@dataclass(frozen=True, eq=False)
class Result:
    """A Dataset that was prepared, and what is known of it.

    Attributes
    ----------
    ds : Dataset
        The prepared one.
    axes : Axes
        Its axes.
    provenance : Provenance
        How it was prepared.
    positions : numpy.ndarray of int, shape (T,), or None
        See `positions_in`.
    grid : Grid or None
        Its grid, where that was read on the way.
    """

    ds: xr.Dataset
    axes: Axes
    provenance: Provenance
    positions: npt.NDArray[np.intp] | None = None
    grid: Grid | None = None


def apply(
    plan: FittedPlan,
    ds: xr.Dataset,
    climatology: Climatology = "fitted",
    names: Mapping[str, str] | None = None,
    regrid: str | None = None,
) -> Result:
    """Prepare a Dataset as the fitted one was prepared; see `Preprocessor.transform`."""
    _check_climatology(climatology, plan)
    ds, axes = bring_in_line(ds, plan.target, names, regrid)
    block = to_block(ds, plan.variables, axes)
    for step in plan.steps:
        if isinstance(step, Anomalies):
            step = _with_climatology(step, plan, block, climatology, names, regrid)
        if isinstance(step, Fill):
            warn_of_lost_cells(block, step)
        block = step.transform(block)
    whose = climatology if isinstance(climatology, str) else "other"
    return _result(plan, ds, axes, block, whose)


def departures(
    plan: FittedPlan,
    ds: xr.Dataset,
    climatology: Climatology = "fitted",
    names: Mapping[str, str] | None = None,
    regrid: str | None = None,
) -> tuple[xr.Dataset, Axes]:
    """A Dataset in fitted units, less its climatology where the fit has taken one out.

    Nothing else is done to the values: no filter, no scale, all time steps.

    Returns
    -------
    ds : Dataset
        With the fitted variables, on the fitted grid.
    axes : Axes
        Its axes.
    """
    _check_climatology(climatology, plan)
    ds, axes = bring_in_line(ds, plan.target, names, regrid)
    block = to_block(ds, plan.variables, axes)
    for step in plan.steps:
        if isinstance(step, Anomalies):
            step = _with_climatology(step, plan, block, climatology, names, regrid)
        if isinstance(step, (Units, Anomalies)):
            block = step.transform(block)
    return from_block(ds[plan.variables], block, axes), axes


def apply_fitted(fit: PartlyPrepared) -> Result:
    """Prepare the Dataset of a fit itself.

    What the steps have made of NumPy's data on the way is taken on, and not made again.
    """
    plan, block = fit.plan, fit.block
    for step in plan.steps[fit.taken :]:
        block = step.transform_again(block) if isinstance(step, Screen) else step.transform(block)
    return _result(plan, fit.ds, plan.axes, block, grid=plan.grid)


def undo(plan: FittedPlan, ds: xr.Dataset) -> xr.Dataset:
    """Bring prepared variables back to their units; see `Preprocessor.inverse_transform`."""
    made = Provenance.from_json(ds.attrs[PREPARED]) if PREPARED in ds.attrs else None
    if made is not None and made.climatology != "fitted":
        raise InputError(
            message(
                "anomalies from the fitted climatology, which can be put back",
                f"anomalies from the {made.climatology} one",
                "keep the Dataset as it was before transform()",
            )
        )
    names = [name for name in plan.variables if name in ds.data_vars]
    axes = axes_of(ds, plan.given)
    names = checked_names(ds, axes, names or plan.variables, at_least=1)
    ds, axes = align(ds, axes, plan.grid)
    block = to_block(ds, names, axes)
    for step in reversed(plan.steps):
        block = step.inverse_transform(block)
    attrs = {key: value for key, value in ds.attrs.items() if key != PREPARED}
    return from_block(ds, block, axes).drop_attrs(deep=False).assign_attrs(attrs)


def positions_in(plan: FittedPlan, index: pd.Index) -> npt.NDArray[np.intp] | None:
    """Where time steps are among the prepared ones.

    Parameters
    ----------
    plan : FittedPlan
        How they are prepared.
    index : Index of shape (T,)
        Times of a Dataset.

    Returns
    -------
    array of shape (T,), or None
        -1 for those that are left out; None where the time steps stay as they are.
    """
    changing = [step for step in plan.steps if isinstance(step, TimeStep)]
    if not changing:
        return None
    values = (TIME, Y, X), np.zeros((len(index), 1, 1), "float32")
    block = xr.Dataset({"times": values}, {TIME: (TIME, index)})
    found = np.arange(len(index))
    for step in changing:
        there = step.positions(block[TIME])
        found = np.where(found >= 0, there[found], -1)
        block = step.transform(block)
    return found


def _result(
    plan: FittedPlan,
    ds: xr.Dataset,
    axes: Axes,
    block: xr.Dataset,
    climatology: str = "fitted",
    grid: Grid | None = None,
) -> Result:
    """What has become of `ds`, whose variables are now those of the block."""
    made = plan.provenance(climatology)
    # Means over longer steps are at times of their own.
    keeps_steps = plan.settings["resample"] is None
    prepared = from_block(ds, block, axes, keeps_steps).assign_attrs({PREPARED: made.to_json()})
    return Result(prepared, axes, made, positions_in(plan, ds.indexes[axes.time]), grid)


def _with_climatology(
    step: Anomalies,
    plan: FittedPlan,
    block: xr.Dataset,
    climatology: Climatology,
    names: Mapping[str, str] | None,
    regrid: str | None,
) -> Anomalies:
    """The step with the climatology that is asked for; `block` is what it is to be applied to."""
    if not isinstance(climatology, str):
        return step.refit(_until(step, plan, climatology, names, regrid))
    return step.refit(block) if climatology == "own" else step


def _until(
    last: Step,
    plan: FittedPlan,
    ds: xr.Dataset,
    names: Mapping[str, str] | None,
    regrid: str | None,
) -> xr.Dataset:
    """A Dataset as a block that the steps before `last` have been applied to."""
    # It may be the reanalysis, where the Dataset is a model with names of its own.
    own = {name: source for name, source in (names or {}).items() if source in ds}
    ds, axes = bring_in_line(ds, plan.target, own, regrid)
    block = to_block(ds, plan.variables, axes)
    for step in plan.steps[: plan.steps.index(last)]:
        block = step.transform(block)
    return block


def _check_climatology(climatology: Climatology, plan: FittedPlan) -> None:
    """Raise `ParameterError` for a climatology that there is not, or that no step takes out."""
    known = isinstance(climatology, str) and climatology in _KNOWN
    if not known and not isinstance(climatology, xr.Dataset):
        array = isinstance(climatology, xr.DataArray)
        raise ParameterError(
            message(
                "climatology='fitted', 'own' or a Dataset",
                "a DataArray" if array else f"{climatology!r}",
                f"make it a Dataset, climatology.to_dataset(name={plan.variables[0]!r})"
                if array
                else advice("climatology", climatology, _KNOWN, "pass climatology='fitted'"),
            )
        )
    other = isinstance(climatology, xr.Dataset) or climatology == "own"
    if other and not any(isinstance(step, Anomalies) for step in plan.steps):
        raise ParameterError(
            message(
                "a preparation with a climatology, for another one than the fitted one",
                "one without",
                "fit with deseasonalize=True or detrend=True, or leave climatology out",
            )
        )
