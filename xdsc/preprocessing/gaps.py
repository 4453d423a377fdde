"""Gaps: which cells and time steps take part, and what stands where a value is missing.

A step has ``statistics`` (what it needs of the data, lazy), ``learn`` (from these, in memory) and
``fit``, which is the two together; apart from each other they let several steps share one pass
through the data. Steps are fitted on what was observed: none takes a filled value for data.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Self

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, Problems, message


def compute(*lazy: Any) -> tuple[Any, ...]:
    """Bring lazy results into memory, all in one pass through the data."""
    import dask  # here, so that `import xdsc` stays quick

    return tuple(dask.compute(*lazy))  # type: ignore[attr-defined, no-untyped-call]


class Screen:
    """Take out what cannot be used: masked cells, missing frames and infinite values.

    A cell without a value at any time is *masked*. A frame (time step) of which more than half of
    the unmasked values, over all variables, are missing is a *missing frame*. Both are NaN
    afterwards; all other values stay.

    Attributes
    ----------
    mask_ : Dataset of bool, (H, L)
        For each variable, True where the cell has a value at some time.
    missing_frames_ : DataArray of bool, (T,)
        True for the missing frames of the data seen in `fit`.
    spread_ : dict of str to float
        Highest minus lowest value of each variable.
    """

    mask_: xr.Dataset
    spread_: dict[str, float]
    missing_frames_: xr.DataArray
    _axes: Axes

    def statistics(self, ds: xr.Dataset, axes: Axes) -> dict[str, xr.Dataset]:
        """Lowest and highest value, valid values of each frame (T,), cells seen (H, L)."""
        self._axes = axes
        valid: xr.Dataset = np.isfinite(ds)  # type: ignore[assignment]
        return {
            "low": ds.min(),
            "high": ds.max(),
            "per_frame": valid.sum(_all_but(ds, axes.time)),
            "seen": valid.any(_all_but(ds, *axes.space)),
        }

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory.

        Raises
        ------
        InputError
            Naming every variable with infinite values, without values, or constant; or no frame
            is left.
        """
        low, high = statistics["low"], statistics["high"]
        reasons = {str(name): _unusable(float(low[name]), float(high[name])) for name in low}
        good = [name for name, reason in reasons.items() if not reason]
        problems = Problems()
        for name, reason in reasons.items():
            if reason:
                expected, received = reason
                leave_out = f"leave {name!r} out" + f", variables={good}" * bool(good)
                missing = f"ds[{name!r}] = ds[{name!r}].where(np.isfinite(ds[{name!r}]))"
                problems.add(
                    message(
                        f"{expected} in {name!r}",
                        received,
                        f"make them missing, {missing}" if received == "inf" else leave_out,
                    )
                )
        problems.raise_if_any(InputError)

        self.spread_ = {name: float(high[name] - low[name]) for name in reasons}
        self.mask_ = statistics["seen"]
        self.missing_frames_ = self._is_missing(statistics["per_frame"])
        if bool(self.missing_frames_.all()):
            raise InputError(
                message(
                    "time steps with at least half of their values",
                    f"{self.missing_frames_.size} steps that all lack more",
                    "fill the gaps first, e.g. with ds.interpolate_na, or leave out the variables "
                    "that have most of them",
                )
            )
        return self

    def fit(self, ds: xr.Dataset, axes: Axes) -> Self:
        """Find masked cells and missing frames of `ds`."""
        return self.learn(*compute(self.statistics(ds, axes)))

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Set masked cells, the missing frames of `ds` and infinite values to NaN; lazy."""
        valid = np.isfinite(ds) & self.mask_
        kept = ~self._is_missing(valid.sum(_all_but(ds, self._axes.time)))
        return ds.map(lambda values: values.where(valid[values.name] & kept), keep_attrs=True)

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Return `ds` as it is: what was taken out cannot be known again."""
        return ds

    def _is_missing(self, per_frame: xr.Dataset) -> xr.DataArray:
        """Whether a frame with so many valid values (T,) is a missing one."""
        cells = sum(int(mask.sum()) for mask in self.mask_.values())
        return 2 * per_frame.to_dataarray().sum("variable") < cells


class Fill:
    """Put the mean of the variable where a single value is missing.

    Cells without a value at any time, and frames without any value, stay NaN.

    Attributes
    ----------
    fill_ : dict of str to float
        Mean of each variable over everything observed, in the units of the variable.
    mask_ : Dataset of bool, (H, L)
        For each variable, True where the cell has a value at some time.
    """

    fill_: dict[str, float]
    mask_: xr.Dataset
    _axes: Axes

    def statistics(self, ds: xr.Dataset, axes: Axes) -> dict[str, xr.Dataset]:
        """Sum and number of the values, cells seen (H, L)."""
        self._axes = axes
        return {
            "sum": ds.sum(dtype=np.float64),
            "count": ds.count(),
            "seen": ds.notnull().any(_all_but(ds, *axes.space)),
        }

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory."""
        means = statistics["sum"] / statistics["count"]
        self.fill_ = {str(name): float(mean) for name, mean in means.items()}
        self.mask_ = statistics["seen"]
        return self

    def fit(self, ds: xr.Dataset, axes: Axes) -> Self:
        """Find the mean of each variable of `ds`."""
        return self.learn(*compute(self.statistics(ds, axes)))

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Fill the gaps of `ds`; lazy."""
        frames = ds.notnull().any(_all_but(ds, self._axes.time)).to_dataarray().any("variable")
        return ds.map(
            lambda values: values.fillna(self.fill_[values.name]).where(
                self.mask_[values.name] & frames
            ),
            keep_attrs=True,
        )

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Return `ds` as it is: a filled value does not say that it was missing."""
        return ds


def _unusable(low: float, high: float) -> tuple[str, str] | None:
    """What is expected and received where a variable from `low` to `high` cannot be used."""
    if np.isinf(low) or np.isinf(high):
        return "finite values", "inf"
    if np.isnan(low):
        return "values", "NaN at every time and place"
    if low == high:
        return "values that vary", f"{low:g} at every time and place"
    return None


def _all_but(ds: xr.Dataset, *dims: str) -> list[Hashable]:
    """Dimensions to reduce over, so that `dims` are left."""
    return [dim for dim in ds.dims if dim not in dims]
