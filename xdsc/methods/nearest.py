"""What methods share that see all pairs of frames, and cannot label new ones themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.errors import Problems, message
from xdsc.methods.base import MethodState

#: Above this number of frames the distances between all of them (float64) take over 3.6 GB.
MOST_FRAMES = 30_000


@dataclass(frozen=True)
class NearestCentre:
    """Labels rows by the centre that is nearest to them.

    Attributes
    ----------
    centres : numpy.ndarray, shape (K, features)
        Means of the clusters' members; NaN where there are none. Frames without a cluster, label
        -1, are no members.
    metric : str
        A metric of `sklearn.metrics.pairwise_distances`.
    """

    centres: np.ndarray
    metric: str = "euclidean"

    @classmethod
    def of(
        cls, rows: np.ndarray, labels: np.ndarray, n_clusters: int, metric: str = "euclidean"
    ) -> NearestCentre:
        """Take the centres of N rows with labels, shape (N,)."""
        centres = np.full((n_clusters, rows.shape[1]), np.nan, dtype=rows.dtype)
        for label in np.unique(labels[labels >= 0]):
            centres[label] = rows[labels == label].mean(axis=0, dtype=np.float64)
        return cls(centres, metric)

    def state(self) -> MethodState:
        """The centres that there are, which are finite, and which ones they are."""
        there = self._there()
        return MethodState(
            {"n_centres": len(self.centres)},
            {"centres": self.centres[there], "centres_of": there},
        )

    @classmethod
    def restored(cls, state: MethodState, metric: str = "euclidean") -> NearestCentre:
        """Make it anew of its state."""
        there = state.array("centres_of", None)
        known = state.array("centres", len(there), None)
        centres = np.full((state.number("n_centres"), known.shape[1]), np.nan, dtype=known.dtype)
        centres[there] = known
        return cls(centres, metric)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The nearest centre of other rows, shape (N,); never that of an empty cluster."""
        from sklearn.metrics import pairwise_distances_argmin

        there = self._there()
        nearest = pairwise_distances_argmin(rows, self.centres[there], metric=self.metric)
        labels: np.ndarray = there[nearest]
        return labels

    def _there(self) -> np.ndarray:
        """Clusters that have a centre."""
        return np.flatnonzero(np.isfinite(self.centres).all(axis=1))


def check_n_pairs(problems: Problems, name: str, n_frames: int | None) -> None:
    """Note a problem where there are too many frames to compare each with each."""
    if n_frames is not None and n_frames > MOST_FRAMES:
        size: Any = n_frames**2 * 8 / 2 / 1e9
        problems.add(
            message(
                f"at most {MOST_FRAMES} time steps with method={name!r}, which compares each with "
                "each",
                f"{n_frames}, whose distances take {size:.0f} GB",
                "thin out or average them, as in ds.resample(time='1D').mean(), fit these and "
                "label all with ds.dsc.model.label, or use method='kmeans'",
            )
        )
