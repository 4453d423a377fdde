"""What methods share that see all pairs of frames, and cannot label new ones themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames.centres import cluster_means
from xdsc.methods.base import MethodState

#: Above this number of frames the distances between all of them (float64) take over 3.6 GB.
MOST_FRAMES = 30_000


@dataclass(frozen=True)
class Nearest:
    """Labels rows as the point that is nearest to them: a centre, or a core.

    Attributes
    ----------
    points : numpy.ndarray, shape (P, features)
        Points with a label.
    labels : numpy.ndarray of int, shape (P,)
        Their labels.
    metric : str
        A metric of `sklearn.metrics.pairwise_distances`.
    radius : float or None
        What is farther from every point, by the Euclidean distance, is noise. None: nothing is.
    """

    points: np.ndarray
    labels: np.ndarray
    metric: str = "euclidean"
    radius: float | None = None

    @classmethod
    def centre(cls, rows: np.ndarray, labels: np.ndarray, metric: str = "euclidean") -> Self:
        """Take the means of the clusters of N rows with labels, shape (N,).

        Rows without a cluster, label -1, are in no mean; clusters without rows have none.
        """
        means = cluster_means(rows, labels, int(labels.max()) + 1)
        there = np.unique(labels[labels >= 0])
        return cls(means[there].astype(rows.dtype), there, metric)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The label of the point that is nearest to each of N rows, (N,); -1 is noise."""
        found: np.ndarray
        if self.radius is None:
            from sklearn.metrics import pairwise_distances_argmin

            found = self.labels[pairwise_distances_argmin(rows, self.points, metric=self.metric)]
            return found
        # Exact to the bit, as the distances that the radius was chosen from.
        distance, nearest = self._neighbours.kneighbors(rows)
        return np.where(distance[:, 0] <= self.radius, self.labels[nearest[:, 0]], -1)

    def state(self) -> MethodState:
        """The points and their labels."""
        return MethodState({}, {"points": self.points, "point_labels": self.labels})

    @classmethod
    def restored(cls, state: MethodState, metric: str, radius: float | None) -> Self:
        """Make it anew of its state."""
        labels = state.array("point_labels", None)
        return cls(state.array("points", len(labels), None), labels, metric, radius)

    @cached_property
    def _neighbours(self) -> Any:
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(n_neighbors=1).fit(self.points)


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
