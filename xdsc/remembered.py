"""What an accessor remembers of a fit holds as long as the Dataset has no other labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import xarray as xr

from xdsc.labels import CLUSTER


@dataclass(frozen=True)
class LabelsOfFit:
    """Labels of the last fit of a Dataset, to be put on it as long as they are its own.

    Attributes
    ----------
    labels : DataArray of int, ([member,] time)
        What the fit found.
    before : Variable or None
        The labels that the Dataset had before the fit.
    """

    labels: xr.DataArray
    before: xr.Variable | None

    @classmethod
    def of(cls, ds: xr.Dataset, labels: xr.DataArray) -> Self:
        """Take the labels that a fit has found for `ds`."""
        had = ds.variables.get(CLUSTER)
        return cls(labels, None if had is None else had.copy(deep=True))

    def on(self, ds: xr.Dataset) -> xr.Dataset:
        """The Dataset as it is now, with these labels.

        `ds` itself where it was given other labels since the fit, or other time steps.
        """
        now = ds.variables.get(CLUSTER)
        kept = now is None or (self.before is not None and _same(now, self.before))
        return ds.assign_coords({CLUSTER: self.labels.variable}) if kept and self._fit(ds) else ds

    def _fit(self, ds: xr.Dataset) -> bool:
        """Whether the members and time steps are still those of the fit."""
        ours = self.labels.coords
        return all(
            ds.sizes.get(dim) == size
            and (dim in ds.coords) == (dim in ours)
            and (dim not in ours or _same(ds[dim].variable, ours[dim].variable))
            for dim, size in self.labels.sizes.items()
        )


def _same(one: xr.Variable, other: xr.Variable) -> bool:
    return bool(one.equals(other))  # type: ignore[no-untyped-call]
