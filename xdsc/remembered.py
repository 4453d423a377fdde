"""What an accessor remembers of a fit holds as long as the Dataset has no labels of its own."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

from xdsc.labels import CLUSTER


@dataclass(frozen=True)
class LabelsOfFit:
    """Labels of the last fit of a Dataset, to be put on it as long as it has none.

    Attributes
    ----------
    labels : DataArray of int, ([member,] time)
        What the fit found.
    """

    labels: xr.DataArray

    def on(self, ds: xr.Dataset) -> xr.Dataset:
        """The Dataset as it is now, with these labels.

        `ds` itself where it has labels, or was given other time steps since the fit.
        """
        if CLUSTER in ds.variables or not self._fit(ds):
            return ds
        return ds.assign_coords({CLUSTER: self.labels.variable})

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
