"""Answers of a fitted method about the frames of a Dataset, put back on its time steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.names import free_name
from xdsc.frames import Frames
from xdsc.labels import CLUSTER, label_variable
from xdsc.model.record.fitted_method import FittedMethod, Question, missing_value
from xdsc.model.record.numbering import Numbering


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers about the frames of a Dataset: `AnswersAtOnce`, or lazily `AnswersByBlock`.

    Attributes
    ----------
    ds : Dataset
        Where the results go; prepared or not.
    axes : Axes
        Its axes.
    positions : numpy.ndarray of int, shape (T,), or None
        For each time step of `ds` the prepared one, -1 for those that were left out; None where
        they are the same.
    """

    ds: xr.Dataset
    axes: Axes
    positions: npt.NDArray[np.intp] | None = None

    def of(self, fitted: FittedMethod, *questions: Question) -> dict[Question, Any]:
        """Answers to questions at the prepared times, each ([members,] T, ...); NumPy or Dask."""
        raise NotImplementedError

    def at_own_times(self, values: Any, missing: float) -> Any:
        """Values at the prepared times, ([members,] T, ...), at those of `ds`."""
        raise NotImplementedError

    def labels(
        self,
        places: Any,
        numbering: Numbering,
        provenance: Mapping[str, str | int | float],
        *,
        no_regime: bool = False,
    ) -> xr.DataArray:
        """Labels as a coordinate, ([member,] time).

        Parameters
        ----------
        places : array of int, shape ([members,] T)
            Those of the regimes at the prepared times; K for no regime, -1 for no label.
        numbering : Numbering
            What the K regimes are called.
        provenance : mapping
            Where the labels come from.
        no_regime : bool, default False
            Whether no regime is a class.
        """
        values = numbering.labels(self.at_own_times(places, missing_value("labels")))
        k = len(numbering.numbers)
        attrs = numbering.attributes(no_regime=no_regime)
        variable = label_variable(values, self.axes.samples, k, {**attrs, **provenance})
        return xr.DataArray(variable, self._coordinates(), name=CLUSTER)

    def array(self, values: Any, name: str, attrs: Mapping[str, str], *dims: str) -> xr.DataArray:
        """Values at the prepared times, ([members,] T, ...), as ([member,] time, *dims)."""
        values = self.at_own_times(values, np.nan)
        samples = self.axes.samples
        free = [free_name(dim, samples) for dim in dims]
        return xr.DataArray(
            values, self._coordinates(), (*samples, *free), name=name, attrs=dict(attrs)
        )

    def _coordinates(self) -> dict[str, xr.Variable]:
        return {dim: self.ds[dim].variable for dim in self.axes.samples if dim in self.ds.coords}


@dataclass(frozen=True, kw_only=True)
class AnswersAtOnce(Answers):
    """Answers about frames that are in memory.

    Attributes
    ----------
    frames : Frames
        N of them, of the prepared Dataset.
    """

    frames: Frames

    def of(self, fitted: FittedMethod, *questions: Question) -> dict[Question, Any]:
        """NumPy arrays."""
        return {
            question: self.frames.spread(
                fitted.answer(self.frames, question), missing_value(question)
            )
            for question in questions
        }

    def at_own_times(self, values: Any, missing: float) -> Any:
        """NumPy arrays."""
        if self.positions is None:
            return values
        at = len(self.axes.samples) - 1
        # A last place that holds nothing is where -1 points to.
        nothing = np.full((*values.shape[:at], 1, *values.shape[at + 1 :]), missing, values.dtype)
        return np.concatenate([values, nothing], axis=at).take(self.positions, axis=at)
