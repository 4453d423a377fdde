"""What was found for the frames, put back on the time steps of their Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.frames import Frames
from xdsc.labels import CLUSTER, NO_LABEL, label_variable


@dataclass(frozen=True)
class Seen:
    """Frames, and the Dataset that they come from.

    Attributes
    ----------
    frames : Frames
        N of them, of the prepared Dataset.
    ds : Dataset
        Where the results go; prepared or not.
    axes : Axes
        Its axes.
    positions : numpy.ndarray of int, shape (T,), or None
        For each time step of `ds` the prepared one, -1 for those that were left out; None where
        they are the same.
    """

    frames: Frames
    ds: xr.Dataset
    axes: Axes
    positions: npt.NDArray[np.intp] | None = None

    def labels(
        self,
        found: npt.NDArray[np.integer],
        order: npt.NDArray[np.intp],
        provenance: Mapping[str, str | int],
    ) -> xr.DataArray:
        """Labels as a coordinate, ([member,] time).

        Parameters
        ----------
        found : numpy.ndarray of int, shape (N,)
            Clusters of the frames; -1 for noise.
        order : numpy.ndarray of int, shape (K,)
            Which cluster gets which label, ``order[label] = cluster``.
        provenance : mapping
            Where the labels come from.
        """
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        labels = np.where(found >= 0, rank[np.maximum(found, 0)], NO_LABEL).astype(np.int32)
        values = self._at_all_times(labels, NO_LABEL)
        variable = label_variable(values, self.axes.samples, len(order), provenance)
        return xr.DataArray(variable, self._coordinates(), name=CLUSTER)

    def array(
        self, found: npt.NDArray[np.floating], name: str, attrs: Mapping[str, str], *dims: str
    ) -> xr.DataArray:
        """Values of the frames, (N, ...), as an array ([member,] time, *dims); NaN for missing."""
        values = self._at_all_times(np.asarray(found, dtype=np.float32), np.nan)
        return xr.DataArray(
            values, self._coordinates(), (*self.axes.samples, *dims), name=name, attrs=dict(attrs)
        )

    def _at_all_times(self, found: np.ndarray, missing: float) -> np.ndarray:
        full = self.frames.spread(found, missing)
        if self.positions is None:
            return full
        at = len(self.frames.samples) - 1
        # A last place that holds nothing is where -1 points to.
        nothing = np.full((*full.shape[:at], 1, *full.shape[at + 1 :]), missing, full.dtype)
        return np.concatenate([full, nothing], axis=at).take(self.positions, axis=at)

    def _coordinates(self) -> dict[str, xr.Variable]:
        return {dim: self.ds[dim].variable for dim in self.axes.samples if dim in self.ds.coords}
