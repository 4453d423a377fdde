"""Preprocessor: the steps in their order, from one Dataset to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.units import dequantified
from xdsc.errors import NotFittedError, ParameterError, Problems, message, nearest
from xdsc.html import html_repr
from xdsc.preprocessing.applying import (
    Climatology,
    Result,
    apply,
    apply_fitted,
    departures,
    positions_in,
    undo,
)
from xdsc.preprocessing.block import X, Y
from xdsc.preprocessing.carry.conform import axes_of
from xdsc.preprocessing.fitted import FittedPlan, arguments_of
from xdsc.preprocessing.learning import CheckSize, fit_plan
from xdsc.preprocessing.plan import check_settings, restored
from xdsc.preprocessing.presets import PRESET, PRESETS, FromPreset
from xdsc.preprocessing.provenance import Provenance
from xdsc.preprocessing.steps.base import Step, TimeStep
from xdsc.preprocessing.steps.gaps import GapPolicy, Screen
from xdsc.preprocessing.steps.scaling import ScaleKind


@dataclass(kw_only=True, eq=False, repr=False)
class Preprocessor:
    """Prepares a Dataset for clustering, step by step in one fixed order.

    1. **Selection**: `variables`, and `sel`, a region or a level.
    2. **Units**: accumulations to rates (`deaccumulate`), conversion (`units`).
    3. **Time**: means over longer steps (`resample`).
    4. **Masks**: a cell without a value at any time is masked, a frame (time step) of which more
       than half of the unmasked values are missing is a missing frame; both are NaN in the end.
    5. **Anomalies**: the mean annual cycle (`deseasonalize`) and a linear trend (`detrend`) of
       each cell, estimated together, are taken out.
    6. **Gaps** are interpolated in time, where `gaps` asks for it.
    7. **Filter**: a low-pass in time (`filter`), which never reaches across a gap.
    8. **Season**: other months are left out (`season`, `months`); after the filter, which needs
       their neighbours, and the climatology, which needs the whole year.
    9. **Gaps** that are left are filled with a mean.
    10. **Scale** (`scale`).
    11. **Weights** of area and variables (`area_weights`, `variable_weights`).

    Everything is learnt from observed values and held, so that another Dataset is treated alike.
    The data are read at most twice by `fit`, and not at all by `transform` if they are Dask's,
    unless it is to take another climatology.

    Parameters
    ----------
    preset : {"paper", "published-code", "weather-regimes"}, default "paper"
        What the settings below are by default; see Notes.
    variables : str or sequence of str, optional
        Variables to prepare, in this order; by default all numeric ones with time and space.
    sel : mapping, optional
        Region or level to select, by the names of coordinates or by "latitude" and "longitude":
        ``{"latitude": slice(30, 70), "longitude": slice(-80, 40), "level": 500}``.
    units : mapping of str to str, optional
        Units to convert variables to: ``{"t2m": "degC"}``.
    deaccumulate : str, sequence of str, or mapping of str to str, optional
        Variables that are sums over a time step, to be made rates; with the length of the step
        where it is not that of the data: ``{"tp": "1h"}``.
    resample : str, optional
        Step to average over, a number of "min", "h", "D", "MS", "QS" or "YS": ``"1D"``, ``"6h"``.
    gaps : {"mean", "overall-mean", "interpolate", "error"}, default as the preset says
        What to do about single missing values: take the mean of the variable; of all variables; the
        line between the neighbours in time, over 5 time steps at most, and the mean in longer gaps;
        or raise an error.
    deseasonalize : bool, int, str or mapping, default as the preset says
        Climatology to take out. True or a number: so many annual harmonics (2). "day", "month" or
        "hour": means for each day of the year in a window, for each month, or for each day and time
        of day. A mapping sets more: ``{"kind": "day", "window": 31}``.
    detrend : bool, default as the preset says
        Whether to take out the linear trend of each cell.
    filter : str, int or mapping, optional
        Running mean over a duration or a number of steps: ``"5D"``. Or
        ``{"kind": "lanczos", "cutoff": "10D"}``.
    season : str, optional
        Months to keep, by their initials: ``"DJF"``.
    months : sequence of int, optional
        Months to keep, by their numbers.
    scale : {"minmax", "standard", "robust", "cell-minmax", "cell-standard", "cell-robust", None}
        (v - min) / (max - min) over time and space (Eq. 8), (v - mean) / standard deviation,
        (v - median) / interquartile range; or these for each cell; or nothing. By default as the
        preset says.
    area_weights : bool or str, default as the preset says
        Whether values are multiplied by √(cos φ), so that squared distances count by area; or the
        variable with the areas of the cells.
    variable_weights : mapping of str to float, optional
        Weight of variables in squared distances; 1 for those that are not named.
    time, lat, lon, member : str, optional
        Names of the axes, where they cannot be told by CF conventions.

    Attributes
    ----------
    axes_ : Axes
        Names of the axes of the fitted Dataset.
    variables_ : list of str
        Names of the V prepared variables.
    steps_ : list of Step
        The fitted steps, in order.
    grid_ : Dataset
        Coordinates of the fitted grid.
    mask_ : Dataset of bool, (lat, lon)
        For each variable, True where the cell takes part.
    gaps_ : Dataset, (variable,)
        What was found missing in the fitted Dataset, and what was put there.

    Notes
    -----
    "paper" is Section 5.1 of [1]_: gaps have the mean of the variable, each variable is scaled to 0
    to 1. "published-code" does what the code published with it does: one mean over all variables
    fills the gaps, each cell is scaled to 0 to 1. "weather-regimes" is what studies of weather
    regimes do [2]_: anomalies from a smooth annual cycle (and daily cycle, where there is one),
    divided by one standard deviation for each variable, weighted by area.

    References
    ----------
    .. [1] Faruque et al. (2023): Deep Spatiotemporal Clustering: A Temporal Clustering Approach
       for Multi-dimensional Climate Data, https://arxiv.org/abs/2304.14541
    .. [2] Hannachi et al. (2017): Low-frequency nonlinearity and regime behavior in the Northern
       Hemisphere extratropical atmosphere, Rev. Geophys. 55.

    Examples
    --------
    >>> import numpy as np, pandas as pd, xarray as xr
    >>> ds = xr.Dataset(
    ...     {"t2m": (("time", "lat", "lon"), 280.0 + np.arange(21).reshape(7, 1, 3))},
    ...     coords={
    ...         "time": pd.date_range("2020", periods=7),
    ...         "lat": [50.0],
    ...         "lon": [0.0, 1.0, 2.0],
    ...     },
    ... )
    >>> ds["t2m"][3, 0, 1] = np.nan
    >>> preprocessor = Preprocessor()
    >>> prepared = preprocessor.fit_transform(ds)
    >>> prepared.t2m.values[3].tolist()  # the gap has the mean, 290 K
    [[0.45, 0.5, 0.55]]
    >>> preprocessor.inverse_transform(prepared).t2m.values[3].tolist()
    [[289.0, 290.0, 291.0]]
    """

    preset: str = "paper"
    variables: str | Sequence[str] | None = None
    sel: Mapping[str, Any] | None = None
    units: Mapping[str, str] | None = None
    deaccumulate: str | Sequence[str] | Mapping[str, str] | None = None
    resample: str | None = None
    gaps: GapPolicy | FromPreset = PRESET
    deseasonalize: bool | int | str | Mapping[str, Any] | FromPreset = PRESET
    detrend: bool | FromPreset = PRESET
    filter: str | int | Mapping[str, Any] | None = None
    season: str | None = None
    months: Sequence[int] | None = None
    scale: ScaleKind | FromPreset | None = PRESET
    area_weights: bool | str | FromPreset = PRESET
    variable_weights: Mapping[str, float] | None = None
    time: str | None = None
    lat: str | None = None
    lon: str | None = None
    member: str | None = None

    axes_: Axes = field(init=False, repr=False)
    variables_: list[str] = field(init=False, repr=False)
    steps_: list[Step] = field(init=False, repr=False)
    grid_: xr.Dataset = field(init=False, repr=False)
    gaps_: xr.Dataset = field(init=False, repr=False)
    _fitted: FittedPlan = field(init=False, repr=False)

    def fit(self, ds: xr.Dataset) -> Self:
        """Learn masks, climatologies, means and ranges.

        Parameters
        ----------
        ds : Dataset
            Data on (time, lat, lon) in any order, NumPy or Dask, with or without a dimension of
            members. Dask data are read once, or twice where there is a missing frame or where a
            step changes them before the scale is learnt.

        Returns
        -------
        Preprocessor
            Itself.

        Raises
        ------
        ParameterError
            An argument of the constructor is wrong.
        InputError
            `ds` does not fit; all its problems are named.
        """
        self._adopt(fit_plan(ds, self._arguments).plan)
        return self

    def transform(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.Dataset:
        """Prepare a Dataset as the fitted one was prepared.

        Parameters
        ----------
        ds : Dataset
            The fitted Dataset or another one with its variables: in any units that can be
            converted, with other names and order of the dimensions, latitude upside down,
            longitudes shifted, or on a larger grid that has the fitted points.
        climatology : {"fitted", "own"} or Dataset, default "fitted"
            What anomalies are taken from: the fitted annual cycle and trend; those of `ds` itself,
            of all its members together, which removes the bias of one model; or those of another
            Dataset, such as the historical run that a scenario goes on from. All but the
            first read data once.
        names : mapping of str to str, optional
            What the fitted variables are called in `ds`, fitted name first: ``{"t2m": "tas"}``.
            Otherwise variables are found by name, and then by standard name.
        regrid : {"linear", "nearest", "bilinear", "conservative", "patch"}, optional
            How to bring another grid to the fitted one; the last three need xESMF.

        Returns
        -------
        Dataset
            New; same dims and coordinates, apart from what is selected, resampled or regridded. The
            prepared variables are changed, all others carried through, but for those on time where
            it is resampled. Dask stays lazy (2-D coordinates are read, to compare the grids),
            float32 stays float32.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ParameterError
            `climatology`, `names` or `regrid` are wrong.
        InputError
            `ds` does not fit; all its problems are named.
        """
        return self.apply(ds, climatology=climatology, names=names, regrid=regrid).ds

    def fit_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Learn from a Dataset and prepare it: ``fit(ds).transform(ds)``."""
        return self.fit_apply(ds).ds

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Bring prepared variables back to their units, climatology and trend included.

        Parameters
        ----------
        ds : Dataset
            Prepared data, or reconstructions of such, with some or all of the variables, on the
            fitted grid.

        Returns
        -------
        Dataset
            New; filled gaps have their fill value, masked cells and missing frames NaN. A filter,
            a mean over longer steps and a selection cannot be undone.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            No prepared variable is there, or the grid is another one.
        """
        self._check_fitted()
        return undo(self._fitted, ds)

    def positions(self, ds: xr.Dataset) -> npt.NDArray[np.intp] | None:
        """Where the time steps of a Dataset are in what `transform` makes of it.

        Returns
        -------
        array of shape (T,), or None
            For each time step the position of the prepared one, -1 for those that are left out;
            None where the time steps stay as they are.
        """
        self._check_fitted()
        if not any(isinstance(step, TimeStep) for step in self.steps_):
            return None
        ds = dequantified(ds)
        return positions_in(self._fitted, ds.indexes[axes_of(ds, self._fitted.given).time])

    @property
    def mask_(self) -> xr.Dataset:
        """For each variable, True where the cell takes part."""
        self._check_fitted()
        screen = next(step for step in self.steps_ if isinstance(step, Screen))
        there = screen.fitted_.rename({Y: self.axes_.y, X: self.axes_.x})
        return there.assign_coords(self.grid_.coords)

    def __repr__(self) -> str:
        differ = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.init and getattr(self, f.name) is not f.default
        ]
        return f"Preprocessor({', '.join(differ)})"

    def _repr_html_(self) -> str:
        given = {f.name: repr(getattr(self, f.name)) for f in fields(self) if f.init}
        default = {f.name: repr(f.default) for f in fields(self) if f.init}
        chosen = {name: text for name, text in given.items() if text != default[name]}
        rows, sections = (
            {"preset": str(self.preset), **chosen},
            {"Of the preset": _of_preset(self.preset, chosen)},
        )
        if not hasattr(self, "_fitted"):
            return html_repr("xdsc.Preprocessor (not fitted)", rows, sections, repr(self))
        rows["variables"] = ", ".join(self.variables_)
        steps = {str(i + 1): repr(step) for i, step in enumerate(self.steps_)}
        grid = {"points": str(self._fitted.grid)}
        sections = {"Steps": steps, "Grid": grid, **sections}
        return html_repr("xdsc.Preprocessor", rows, sections, repr(self))

    @property
    def fingerprint(self) -> str:
        """What tells this fit from fits with other settings or to other data."""
        self._check_fitted()
        return self._fitted.fingerprint

    @property
    def provenance(self) -> Provenance:
        """What Datasets carry that are prepared with it."""
        self._check_fitted()
        return self._fitted.provenance()

    # --- For `prepare` --------------------------------------------------------------------------

    def apply(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> Result:
        """`transform`, with all that is known of what comes out."""
        self._check_fitted()
        return apply(self._fitted, ds, climatology, names, regrid)

    def departures(
        self,
        ds: xr.Dataset,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> tuple[xr.Dataset, Axes]:
        """The fitted variables on the fitted grid, less their climatology, and nothing else."""
        self._check_fitted()
        return departures(self._fitted, ds, climatology, names, regrid)

    def fit_apply(self, ds: xr.Dataset, check_size: CheckSize | None = None) -> Result:
        """`fit_transform`, with all that is known of what comes out; see `fit_plan`."""
        fit = fit_plan(ds, self._arguments, check_size)
        self._adopt(fit.plan)
        return apply_fitted(fit)

    # --- For files ------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], dict[str, xr.Dataset]]:
        """All that was given and learnt: settings as JSON, and fields."""
        self._check_fitted()
        return self._fitted.state()

    def unfitted(self) -> Self:
        """One with the same settings and variables that has learnt nothing."""
        self._check_fitted()
        return type(self)(**self._fitted.arguments)

    @classmethod
    def with_settings(cls, settings: Mapping[str, Any], **given: Any) -> Self:
        """One that is not fitted, with settings as prepared Datasets and labels name them.

        Parameters
        ----------
        settings : mapping
            The settings of a `xdsc.preprocessing.Provenance`.
        **given
            Other arguments: variables and names of axes.
        """
        return cls(**arguments_of(settings), **given)

    @classmethod
    def from_state(cls, state: Mapping[str, Any], fields: Mapping[str, xr.Dataset]) -> Self:
        """The Preprocessor that `state` was taken from."""
        fitted = restored(state, fields)
        found = cls(**fitted.arguments)
        check_settings(found._arguments)
        found._adopt(fitted)
        return found

    # --- Work -----------------------------------------------------------------------------------

    def _adopt(self, fitted: FittedPlan) -> None:
        self._fitted = fitted
        self.axes_, self.variables_ = fitted.axes, fitted.variables
        self.steps_, self.grid_ = list(fitted.steps), fitted.grid.coordinates
        self.gaps_ = fitted.gaps

    @property
    def _arguments(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}

    def _check_fitted(self) -> None:
        if not hasattr(self, "_fitted"):
            raise NotFittedError(
                message("a fitted Preprocessor", "one that is not", "call fit(ds) first")
            )


def _of_preset(preset: Any, chosen: Mapping[str, str]) -> dict[str, str]:
    """What a preset says about settings that were not chosen, by name."""
    known = PRESETS.get(preset, {}) if isinstance(preset, str) else {}
    return {name: repr(value) for name, value in known.items() if name not in chosen}


#: Names of the settings of a `Preprocessor`.
SETTINGS = tuple(f.name for f in fields(Preprocessor) if f.init)


def check_names(settings: Mapping[str, Any], besides: Iterable[str] = ()) -> None:
    """Raise a `ParameterError` where settings are named that a `Preprocessor` does not have.

    Parameters
    ----------
    settings : mapping
        By name.
    besides : iterable of str
        Other arguments of the function that was called, which may have been meant.
    """
    problems = Problems()
    for name in settings:
        if name not in SETTINGS:
            near = nearest(name, [*SETTINGS, *besides])
            remedy = f"write {near}=" if near else "leave it out"
            problems.add(message(f"settings among {', '.join(SETTINGS)}", f"{name}=", remedy))
    problems.raise_if_any(ParameterError)
