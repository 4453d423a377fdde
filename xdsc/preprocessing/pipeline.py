"""Preprocessor: the steps in their order, from one Dataset to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self, get_args

import numpy as np
import xarray as xr

from xdsc.cf import Axes, check_time, feature_variables, find_axes
from xdsc.errors import InputError, NotFittedError, ParameterError, Problems, message
from xdsc.preprocessing.compare import check_grid, check_units, grid_coordinates
from xdsc.preprocessing.gaps import Fill, Screen, compute
from xdsc.preprocessing.mark import PREPARED
from xdsc.preprocessing.scaling import Scale, ScaleKind
from xdsc.preprocessing.seasonal import Seasonal

Step = Screen | Seasonal | Fill | Scale

# A variable with less than this share of its range left has lost everything but rounding.
_NOTHING_LEFT = 1e-6


@dataclass(kw_only=True, eq=False)
class Preprocessor:
    """Prepares a Dataset for clustering: gaps, annual cycle, scale.

    In this order, all by default as in Section 5.1 of the paper [1]_:

    1. Cells without a value at any time are masked, frames (time steps) of which more than half of
       the unmasked values are missing are missing frames: both are NaN in the prepared Dataset.
    2. The mean annual cycle of each cell is taken out, where `deseasonalize` asks for it.
    3. Every other gap is filled with the mean of the variable.
    4. Each variable is scaled.

    Everything is learnt from observed values and held, so that another Dataset is treated alike.

    Parameters
    ----------
    variables : str or sequence of str, optional
        Variables to prepare, in this order; by default all numeric ones with time and space.
    deseasonalize : bool or int, default False
        Take out the mean annual cycle: True for 2 annual harmonics, or their number.
    scale : {"minmax", "standard", None}, default "minmax"
        (v - min) / (max - min) over time and space (Eq. 8), (v - mean) / standard deviation, or
        nothing.
    time, lat, lon : str, optional
        Names of the axes, where they cannot be told by CF conventions.

    Attributes
    ----------
    axes_ : Axes
        Names of the axes of the fitted Dataset.
    variables_ : list of str
        Names of the V prepared variables.
    steps_ : list
        The fitted steps, in order.
    grid_ : Dataset
        Coordinates of the fitted grid, which other Datasets must have.
    mask_ : Dataset of bool, (H, L)
        For each variable, True where the cell takes part.

    References
    ----------
    .. [1] Faruque et al. (2023): Deep Spatiotemporal Clustering: A Temporal Clustering Approach
       for Multi-dimensional Climate Data, https://arxiv.org/abs/2304.14541

    Examples
    --------
    >>> import numpy as np, pandas as pd, xarray as xr
    >>> ds = xr.Dataset(
    ...     {"t2m": (("time", "lat", "lon"), [[[280.0, 290.0]], [[np.nan, 300.0]]])},
    ...     coords={"time": pd.date_range("2020", periods=2), "lat": [50.0], "lon": [0.0, 1.0]},
    ... )
    >>> preprocessor = Preprocessor()
    >>> prepared = preprocessor.fit_transform(ds)
    >>> prepared.t2m.values.tolist()  # the gap has the mean, 290 K
    [[[0.0, 0.5]], [[0.5, 1.0]]]
    >>> preprocessor.inverse_transform(prepared).t2m.values.tolist()
    [[[280.0, 290.0]], [[290.0, 300.0]]]
    """

    variables: str | Sequence[str] | None = None
    deseasonalize: bool | int = False
    scale: ScaleKind | None = "minmax"
    time: str | None = None
    lat: str | None = None
    lon: str | None = None

    axes_: Axes = field(init=False, repr=False)
    variables_: list[str] = field(init=False, repr=False)
    steps_: list[Step] = field(init=False, repr=False)
    grid_: xr.Dataset = field(init=False, repr=False)
    mask_: xr.Dataset = field(init=False, repr=False)
    _units: dict[str, str | None] = field(init=False, repr=False)

    def fit(self, ds: xr.Dataset) -> Self:
        """Learn masks, means and ranges.

        Parameters
        ----------
        ds : Dataset
            Data on (time, lat, lon) in any order, NumPy or Dask. Dask data are read once, or up to
            three times where the annual cycle is taken out.

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
        self._check_parameters()
        axes = find_axes(ds, time=self.time, lat=self.lat, lon=self.lon)
        problems = Problems()
        with problems.collect():
            check_time(ds, axes)
        with problems.collect():
            names = feature_variables(ds, axes, self.variables)
        problems.raise_if_any(InputError)

        block = _block(ds, names, axes, axes)
        steps = _fit_steps(block, axes, self._harmonics, self.scale)
        # Stored last, so that a fit that fails leaves nothing half-fitted.
        self.axes_, self.variables_, self.steps_ = axes, names, steps
        self.grid_ = grid_coordinates(ds, axes).compute()
        self.mask_ = next(step.mask_ for step in steps if isinstance(step, Fill))
        self._units = {name: ds[name].attrs.get("units") for name in names}
        return self

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Prepare a Dataset on the fitted grid.

        Parameters
        ----------
        ds : Dataset
            The fitted Dataset or another one with its variables, in the same units, on its grid.
            Names and order of the dimensions may differ.

        Returns
        -------
        Dataset
            New; same dims, names and coordinates. The prepared variables are changed, all others
            carried through. Dask stays lazy (2-D coordinates are read, to compare the grids),
            float32 stays float32.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            `ds` does not fit; all its problems are named.
        """
        self._check_fitted()
        axes = self._check_other(ds, self.variables_, units=True)
        block = _block(ds, self.variables_, axes, self.axes_)
        for step in self.steps_:
            block = step.transform(block)
        return _put_back(ds, block).assign_attrs({PREPARED: self._configuration()})

    def fit_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Learn from a Dataset and prepare it: ``fit(ds).transform(ds)``."""
        return self.fit(ds).transform(ds)

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Bring prepared variables back to their units, the annual cycle included.

        Parameters
        ----------
        ds : Dataset
            Prepared data, or reconstructions of such, with some or all of the variables, on the
            fitted grid.

        Returns
        -------
        Dataset
            New; filled gaps have their fill value, masked cells and missing frames NaN.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            No prepared variable is there, or the grid is another one.
        """
        self._check_fitted()
        names = [name for name in self.variables_ if name in ds.data_vars]
        axes = self._check_other(ds, names or self.variables_, units=False)
        block = _block(ds, names, axes, self.axes_)
        for step in reversed(self.steps_):
            block = step.inverse_transform(block)
        attrs = {key: value for key, value in ds.attrs.items() if key != PREPARED}
        return _put_back(ds, block).drop_attrs(deep=False).assign_attrs(attrs)

    @property
    def _harmonics(self) -> int:
        """Number of annual harmonics to take out."""
        return 2 if self.deseasonalize is True else int(self.deseasonalize)

    def _configuration(self) -> str:
        """What was done, as JSON."""
        configuration = {
            "variables": self.variables_,
            "deseasonalize": self._harmonics,
            "scale": self.scale,
        }
        return json.dumps(configuration)

    def _check_parameters(self) -> None:
        problems = Problems()
        harmonics: object = self.deseasonalize
        if not isinstance(harmonics, int | np.integer) or harmonics < 0:
            problems.add(
                message(
                    "deseasonalize to be True, False or a number of annual harmonics",
                    f"deseasonalize={harmonics!r}",
                    "use deseasonalize=True for two harmonics",
                )
            )
        if self.scale not in (*get_args(ScaleKind), None):
            problems.add(
                message(
                    "scale to be 'minmax', 'standard' or None",
                    f"scale={self.scale!r}",
                    "use scale='minmax' for values from 0 to 1",
                )
            )
        problems.raise_if_any(ParameterError)

    def _check_fitted(self) -> None:
        if not hasattr(self, "steps_"):
            raise NotFittedError(
                message("a fitted Preprocessor", "one that is not", "call fit(ds) first")
            )

    def _check_other(self, ds: xr.Dataset, names: list[str], *, units: bool) -> Axes:
        """Axes of a Dataset to transform, after a check that it goes with the fitted one."""
        # Names given for the fitted Dataset hold where the other one has them as well.
        given = {"time": self.time, "lat": self.lat, "lon": self.lon}
        there = {*ds.dims, *ds.coords}
        axes = find_axes(ds, **{key: name for key, name in given.items() if name in there})
        problems = Problems()
        with problems.collect():
            check_time(ds, axes, at_least=1)
        with problems.collect():
            feature_variables(ds, axes, names)
        with problems.collect():
            shape = self.mask_.sizes[self.axes_.y], self.mask_.sizes[self.axes_.x]
            check_grid(ds, axes, self.grid_, self.axes_, shape)
        if units:
            with problems.collect():
                check_units(ds, self._units)
        problems.raise_if_any(InputError)
        return axes


def _fit_steps(block: xr.Dataset, axes: Axes, harmonics: int, kind: ScaleKind | None) -> list[Step]:
    """Fit the steps in as few passes through the data as they allow."""
    screen, fill = Screen(), Fill()
    seasonal = Seasonal(harmonics) if harmonics else None
    scale = Scale(kind) if kind else None
    last: list[Step] = [fill, scale] if scale else [fill]
    _learn([screen] if seasonal else [screen, *last], block, axes)
    block = screen.transform(block)
    if seasonal:
        _learn([seasonal], block, axes)
        block = seasonal.transform(block)
    # Without an annual cycle and missing frames, the first pass saw what the last steps get.
    if seasonal or screen.missing_frames_.any():
        _learn(last, block, axes)
    if seasonal and scale:
        _check_left(scale, screen)
    return [screen, seasonal, *last] if seasonal else [screen, *last]


def _learn(steps: Sequence[Step], block: xr.Dataset, axes: Axes) -> None:
    """Fit `steps` on the same data, in one pass."""
    found = compute(*(step.statistics(block, axes) for step in steps))
    for step, statistics in zip(steps, found, strict=True):
        step.learn(statistics)


def _block(ds: xr.Dataset, names: Sequence[str], axes: Axes, fitted: Axes) -> xr.Dataset:
    """The variables and time alone, as floats, on dimensions named as fitted.

    Without the other coordinates no arithmetic can align, and so lose, anything.
    """
    rename = {axes.time: fitted.time, axes.y: fitted.y, axes.x: fitted.x}

    def plain(name: str) -> xr.Variable:
        variable = ds[name].variable
        dims = [rename.get(str(dim), str(dim)) for dim in variable.dims]
        floats = variable.astype(np.result_type(variable.dtype, np.float32), copy=False)
        return xr.Variable(dims, floats.data, variable.attrs)

    time = (fitted.time, ds.indexes[axes.time])
    return xr.Dataset({name: plain(name) for name in names}, coords={fitted.time: time})


def _put_back(ds: xr.Dataset, block: xr.Dataset) -> xr.Dataset:
    """A new Dataset with the variables of the block in the place of its own."""
    return ds.assign({name: (ds[name].dims, v.data, v.attrs) for name, v in block.items()})


def _check_left(scale: Scale, screen: Screen) -> None:
    """Raise where a variable has nothing but its annual cycle: scaling would blow up rounding."""
    problems = Problems()
    for name, spread in scale.range_.items():
        if spread < _NOTHING_LEFT * screen.spread_[name]:
            problems.add(
                message(
                    f"{name!r} to differ from its mean annual cycle",
                    "the same values every year",
                    f"leave {name!r} out, or deseasonalize=False",
                )
            )
    problems.raise_if_any(InputError)
