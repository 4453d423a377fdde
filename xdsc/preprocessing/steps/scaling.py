"""Scaling: variables of all units brought to one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
import xarray as xr

from xdsc.arguments import one_of
from xdsc.errors import InputError, Problems, message
from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.block import QUANTILE, SPACE, STATISTIC
from xdsc.preprocessing.onepass.moments import central_moments, mean_and_deviation
from xdsc.preprocessing.onepass.quantiles import cell_quantiles, quantiles_of, tally
from xdsc.preprocessing.onepass.summaries import Statistic, Summary, nothing_known, sample_axes
from xdsc.preprocessing.steps.base import FitData, Step

ScaleKind: TypeAlias = Literal[
    "minmax", "standard", "robust", "cell-minmax", "cell-standard", "cell-robust"
]
SCALES: tuple[ScaleKind, ...] = get_args(ScaleKind)

_CELL = "cell-"
_QUARTILES = (0.25, 0.5, 0.75)

# A cell whose range is less than this share of the largest one has nothing but rounding: float32
# leaves some 1e-6 of the range elsewhere where sea ice keeps the water at one temperature.
_NOTHING = 1e-6

# Attributes that are true of the values in their own units only.
_OF_UNITS = ("units", "standard_name", "valid_min", "valid_max", "valid_range", "actual_range")
_KEPT = "original_"


@dataclass(eq=False)
class Scale(Step):
    """Scale each variable, or each cell of it, by two numbers: (v - offset) / range.

    Parameters
    ----------
    kind : str, default "minmax"
        For each variable, over all its values in time and space: "minmax", Eq. 8 of the paper
        [1]_, (v - min) / (max - min), which gives 0 to 1; "standard", (v - mean) / standard
        deviation; or "robust", (v - median) / interquartile range, which single extremes do not
        move. For each cell, over its values in time: "cell-minmax", which the code published with
        the paper does, "cell-standard" or "cell-robust".

    Attributes
    ----------
    fitted_ : Dataset of float64
        For each variable its offset and its range, in its units: (_statistic,) or (_statistic, y,
        x), _statistic of size 2. A cell that does not vary (by a millionth of what the cell that
        varies most does), or has no value, has range 1: what is constant becomes 0, what is missing
        stays so.

    Notes
    -----
    Standard deviations are those of all values there are, divided by their number. Quartiles of a
    variable are those of `xdsc.preprocessing.onepass.quantiles`.

    References
    ----------
    .. [1] Faruque et al. (2023): Deep Spatiotemporal Clustering: A Temporal Clustering Approach
       for Multi-dimensional Climate Data, https://arxiv.org/abs/2304.14541
    """

    fitted_dims = ((STATISTIC,), (STATISTIC, *SPACE))
    fits_all = True

    kind: ScaleKind = "minmax"

    _spread: dict[str, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        one_of("scale", self.kind, SCALES)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `scale`."""
        return {"scale": one_of("scale", given["scale"], (*SCALES, None))}

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """None without `scale`."""
        return cls(settings["scale"]) if settings["scale"] else None

    @property
    def per_cell(self) -> bool:
        """Whether each cell has two numbers of its own."""
        return self.kind.startswith(_CELL)

    def summary(self, time: xr.DataArray) -> Summary:
        """Lowest and highest value, and what else `kind` needs: () or (y, x)."""
        return Summary(partial(_scaled, kind=self.kind), nothing_known(time))

    def statistics(self, ds: xr.Dataset) -> dict[str, xr.Dataset]:
        """Quartiles of each cell where they are asked for, which pieces do not tell; lazy."""
        if self.kind != "cell-robust":
            return {}
        return {"quartiles": ds.map(lambda values: cell_quantiles(values, _QUARTILES))}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory.

        Raises
        ------
        InputError
            Naming every variable without spread.
        """
        statistics = {key: ds.astype(np.float64) for key, ds in statistics.items()}
        reach = statistics["high"] - statistics["low"]
        offset, spread = self._offset_and_range(statistics, reach)
        problems = Problems()
        fitted = {}
        for name in map(str, reach):
            with problems.collect():
                fitted[name] = _checked(self.kind, name, offset[name], spread[name], reach[name])
        problems.raise_if_any(InputError)
        self.fitted_ = xr.Dataset(fitted)
        self._spread = {str(name): float(values.max()) for name, values in reach.items()}
        return self

    def widen(self, filled: xr.Dataset) -> None:
        """Let ranges from minimum to maximum hold what is put into gaps as well.

        Parameters
        ----------
        filled : Dataset, (y, x)
            What is filled in each cell; NaN where nothing is.
        """
        if not self.kind.endswith("minmax"):
            return

        def wide(numbers: xr.DataArray) -> xr.DataArray:
            low, reach = numbers.isel({STATISTIC: 0}), numbers.isel({STATISTIC: 1})
            put = filled[numbers.name]
            least, most = (put, put) if self.per_cell else (put.min(), put.max())
            lowest = low.where(~(least < low), least)
            widest = reach.where(~(most > low + reach), most - low) + (low - lowest)
            return xr.concat([lowest, widest], STATISTIC)

        self.fitted_ = self.fitted_.map(wide)

    def spread(self) -> dict[str, float]:
        """Highest minus lowest value of each fitted variable; the largest of its cells.

        Told after `fit` or `learn` only: it is not part of what is fitted.
        """
        return dict(self._spread)

    def check_fitted(self, names: Sequence[str], sizes: Mapping[str, int]) -> None:
        """Also that there are two numbers."""
        super().check_fitted(names, {**sizes, STATISTIC: 2})

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Scale; lazy, dtype kept. The units become "1", the old ones `original_units`."""

        def scale(values: xr.DataArray) -> xr.DataArray:
            kept = {_KEPT * (key in _OF_UNITS) + key: x for key, x in values.attrs.items()}
            high, low, spread = self._numbers(values)
            scaled = ((values - high) - low) / spread
            return scaled.drop_attrs().assign_attrs(kept | {"units": "1"})

        return ds.assign({name: scale(values) for name, values in ds.items()})

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Scale back to the units of the fitted data; lazy, dtype kept."""

        def unscale(values: xr.DataArray) -> xr.DataArray:
            kept = {key: x for key, x in values.attrs.items() if key not in _OF_UNITS}
            original = {key.removeprefix(_KEPT): x for key, x in kept.items()}
            high, low, spread = self._numbers(values)
            return ((values * spread + low) + high).drop_attrs().assign_attrs(original)

        return ds.assign({name: unscale(values) for name, values in ds.items()})

    def _offset_and_range(
        self, statistics: dict[str, xr.Dataset], reach: xr.Dataset
    ) -> tuple[xr.Dataset, xr.Dataset]:
        """What is taken off, and what the rest is divided by."""
        if self.kind.endswith("minmax"):
            return statistics["low"], reach
        if self.kind.endswith("standard"):
            moments = statistics["moments"]
            return moments.isel({STATISTIC: 0}), moments.isel({STATISTIC: 1})
        lower, median, upper = (statistics["quartiles"].isel({QUANTILE: i}) for i in range(3))
        return median, upper - lower

    def _numbers(self, values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
        """Offset, in two parts, and range of a variable in its dtype, so that the result keeps it.

        The offset of pressure in Pa has more digits than float32: what rounding takes off is the
        second part.
        """
        numbers = self.fitted_[values.name]
        offset, spread = numbers.isel({STATISTIC: 0}), numbers.isel({STATISTIC: 1})
        high = offset.astype(values.dtype)
        return high, (offset - high).astype(values.dtype), spread.astype(values.dtype)


def _scaled(
    values: Array, known: Floats, at: tuple[int, int], *, kind: ScaleKind
) -> dict[str, Statistic]:
    """What a kind needs of a piece."""
    per_cell = kind.startswith(_CELL)
    axis = sample_axes(values) if per_cell else tuple(range(values.ndim))
    dims = SPACE if per_cell else ()
    parts = {
        "low": Statistic(np.fmin.reduce(values, axis), "min", dims),
        "high": Statistic(np.fmax.reduce(values, axis), "max", dims),
    }
    if kind.endswith("standard"):
        found = central_moments(values, axis)
        parts["moments"] = Statistic(found, "moments", (STATISTIC, *dims), mean_and_deviation)
    elif kind == "robust":
        quartiles = partial(quantiles_of, q=_QUARTILES)
        parts["quartiles"] = Statistic(tally(values), "tally", (QUANTILE,), quartiles)
    return parts


def _checked(
    kind: str, name: str, offset: xr.DataArray, spread: xr.DataArray, reach: xr.DataArray
) -> xr.DataArray:
    """Offset and range, (_statistic[, y, x]); an error where nothing varies."""
    varies = (reach > _NOTHING * reach.max()) if kind.startswith(_CELL) else reach > 0
    if not varies.any():
        received = "a constant" if reach.notnull().any() else "no value"
        raise InputError(message(f"values that vary in {name!r}", received, "leave it out"))
    flat = varies & ~(spread > 0)
    if flat.any():  # of "robust" only: all other ranges are above 0 where anything varies
        cells = f" in {int(flat.sum())} of {int(varies.sum())} cells" if flat.ndim else ""
        raise InputError(
            message(
                f"an interquartile range above 0 in {name!r}",
                f"one of 0{cells}: at least half of the values are the same",
                f"use scale={kind.replace('robust', 'standard')!r}",
            )
        )
    numbers = [offset.fillna(0.0), spread.where(varies, 1.0)]
    return xr.concat([number.drop_attrs() for number in numbers], STATISTIC)
