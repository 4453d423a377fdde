"""k-means on the flattened frames: the baseline."""

from __future__ import annotations

from typing import Self

import numpy as np

from xdsc.errors import ParameterError, Problems
from xdsc.frames import Frames
from xdsc.methods.base import check_n_clusters, check_number, check_random_state, draw_seed


class KMeans:
    """scikit-learn's k-means on the unmasked cells of each frame.

    Parameters
    ----------
    n_clusters : int
        K.
    n_init : int, default 10
        Starts, the best of which is kept.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames.
    seed_ : int
        The seed that was used.
    """

    def __init__(
        self,
        n_clusters: int,
        *,
        n_init: int = 10,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state
        self.progress = progress

    def fit(self, frames: Frames) -> Self:
        """Cluster N frames."""
        import sklearn.cluster

        self.check(len(frames))
        self.seed_ = draw_seed(self.random_state)
        self._kmeans = sklearn.cluster.KMeans(
            self.n_clusters, n_init=self.n_init, random_state=self.seed_
        ).fit(frames.rows())
        self.labels_ = self._kmeans.labels_
        self.cluster_centers_ = self._kmeans.cluster_centers_
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Nearest centre of other frames, (N,)."""
        labels: np.ndarray = self._kmeans.predict(frames.rows())
        return labels

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_number(problems, "n_init", self.n_init, 1, integer=True)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)
