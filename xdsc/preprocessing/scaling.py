"""Scaling: variables of all units brought to one scale."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, Problems, message
from xdsc.preprocessing.gaps import compute

ScaleKind = Literal["minmax", "standard"]

# Attributes that are true of the values in their own units only.
_OF_UNITS = ("units", "standard_name", "valid_min", "valid_max", "valid_range", "actual_range")
_KEPT = "original_"


class Scale:
    """Scale each variable by two numbers, over all its values in time and space.

    Parameters
    ----------
    kind : {"minmax", "standard"}, default "minmax"
        "minmax" is Eq. 8 of the paper [1]_, (v - min) / (max - min), which gives 0 to 1;
        "standard" is (v - mean) / standard deviation.

    Attributes
    ----------
    offset_, range_ : dict of str to float
        min and max - min, or mean and standard deviation, in the units of each variable.

    References
    ----------
    .. [1] Faruque et al. (2023): Deep Spatiotemporal Clustering: A Temporal Clustering Approach
       for Multi-dimensional Climate Data, https://arxiv.org/abs/2304.14541
    """

    offset_: dict[str, float]
    range_: dict[str, float]

    def __init__(self, kind: ScaleKind = "minmax") -> None:
        self.kind = kind

    def statistics(self, ds: xr.Dataset, axes: Axes) -> dict[str, xr.Dataset]:
        """What `kind` needs of each variable: scalars, lazy."""
        if self.kind == "minmax":
            return {"low": ds.min(), "high": ds.max()}
        return {"mean": ds.mean(dtype=np.float64), "std": ds.astype(np.float64).std()}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory.

        Raises
        ------
        InputError
            Naming every variable without spread.
        """
        first, second = statistics.values()
        self.offset_ = {str(name): float(value) for name, value in first.items()}
        self.range_ = {str(name): float(value) for name, value in second.items()}
        if self.kind == "minmax":
            self.range_ = {name: high - self.offset_[name] for name, high in self.range_.items()}
        problems = Problems()
        for name, spread in self.range_.items():
            if not spread > 0:
                problems.add(message(f"values that vary in {name!r}", "a constant", "leave it out"))
        problems.raise_if_any(InputError)
        return self

    def fit(self, ds: xr.Dataset, axes: Axes) -> Self:
        """Find the two numbers of each variable of `ds`."""
        return self.learn(*compute(self.statistics(ds, axes)))

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Scale; lazy, dtype kept. The units become "1", the old ones `original_units`."""

        def scale(values: xr.DataArray) -> xr.DataArray:
            name = str(values.name)
            kept = {_KEPT * (key in _OF_UNITS) + key: x for key, x in values.attrs.items()}
            scaled = (values - self.offset_[name]) / self.range_[name]
            return scaled.drop_attrs().assign_attrs(kept | {"units": "1"})

        return ds.assign({name: scale(values) for name, values in ds.items()})

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Scale back to the units of the fitted data; lazy, dtype kept."""

        def unscale(values: xr.DataArray) -> xr.DataArray:
            name = str(values.name)
            kept = {key: x for key, x in values.attrs.items() if key not in _OF_UNITS}
            original = {key.removeprefix(_KEPT): x for key, x in kept.items()}
            return (
                (values * self.range_[name] + self.offset_[name])
                .drop_attrs()
                .assign_attrs(original)
            )

        return ds.assign({name: unscale(values) for name, values in ds.items()})
