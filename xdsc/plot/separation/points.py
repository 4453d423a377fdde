"""The points of figures of distances, each with the name and the colour of its regime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.frames.centres import cluster_means
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.plot.style import regime_colours, regime_names, regime_sizes, with_labels_in_memory
from xdsc.samples import samples_of

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Points:
    """The time steps that have a row, and the regimes of the labels.

    Attributes
    ----------
    rows : numpy.ndarray, shape (N, F)
        Without the missing ones.
    codes : numpy.ndarray of int, shape (N,)
        Place of each row's regime among the regimes; -1 where it has no label.
    regimes : Dataset
        ``n_frames(cluster)`` and ``frequency(cluster)`` of the K regimes that occur.
    names, colours : list of str
        Of the K regimes.
    numbers : list of str
        What they are called in little room.
    """

    rows: Floats
    codes: npt.NDArray[np.intp]
    regimes: xr.Dataset
    names: list[str]
    colours: list[str]
    numbers: list[str]

    @classmethod
    def of(cls, ds: xr.Dataset, X: xr.DataArray) -> Points:
        """Take the rows of `X`, ([member,] time, feature), that belong to a labelled Dataset.

        Raises
        ------
        NotFittedError, ParameterError, InputError
            There are no labels, X is at other time steps, or all its rows are missing.
        """
        ds = with_labels_in_memory(ds)
        regimes = regime_sizes(ds)  # as their codes count them: ascending, those that occur
        samples = samples_of(ds, space="embedding", embedding=X.compute())
        if infinite := int(np.isinf(samples.rows).any(axis=1).sum()):
            raise InputError(
                message(
                    "finite values, or NaN for missing frames",
                    f"{infinite} rows with infinite ones",
                    "look for what made them, e.g. np.isinf(X)",
                )
            )
        if not (samples.codes != NO_LABEL).any():
            raise InputError(
                message(
                    "labelled time steps with values",
                    f"{ds[CLUSTER].size} time steps, none with both",
                    "look for missing data in them",
                )
            )
        regime = regimes[CLUSTER]
        number = regime.dtype.kind in "iu"
        return cls(
            rows=samples.rows,
            codes=samples.codes,
            regimes=regimes,
            names=regime_names(regime),
            colours=regime_colours(regime),
            numbers=[str(label) if number else str(i) for i, label in enumerate(regime.values)],
        )

    def __len__(self) -> int:
        """N."""
        return len(self.rows)

    def means(self) -> Floats:
        """Mean row of each regime, (K, F); NaN where all its rows are missing."""
        return cluster_means(self.rows, self.codes, len(self.names))
