"""k-means on the flattened frames, or on their leading principal components."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from xdsc.errors import Problems
from xdsc.frames.centres import cluster_means
from xdsc.methods.base import MethodState, check_n_clusters, check_number, not_a_state
from xdsc.methods.classical.adapter import ScikitLearn
from xdsc.methods.classical.nearest import Nearest


class KMeans(ScikitLearn):
    """scikit-learn's k-means on the unmasked cells of each frame.

    Where fewer than K frames differ, some clusters stay empty.

    Parameters
    ----------
    n_clusters : int
        K.
    n_init : int, default 10
        Starts, the best of which is kept; one from labels to begin with.
    n_components : int or float, optional
        Cluster the leading principal components (EOFs) of the frames: their number, or the share
        of variance that they explain. By default the cells themselves.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames, as cells or principal components.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; only with `n_components`, as ``n_components_``, which is M.
    seed_ : int
        The seed that was used.
    """

    begins_with_labels = True
    n_clusters: int

    def __init__(
        self,
        n_clusters: int,
        *,
        n_init: int = 10,
        n_components: int | float | None = None,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.n_components = n_components
        self.random_state = random_state
        self.progress = progress

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        super().restore(state)
        expected = (self.n_clusters, self.estimator_.n_features_in_)
        # Compiled code takes their shape for granted.
        if (found := np.shape(self._centres())) != expected:
            raise not_a_state(f"centres of shape {expected}", f"{found}")
        return self

    @property
    def _predicts(self) -> bool:
        return True

    def _predicted(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        # scikit-learn fits to rows less their mean, but predicts with the mean in them, where
        # float32 does not tell near centres apart: of pressures of 1e5 Pa.
        return Nearest(self._centres(), np.arange(self.n_clusters)).predict(rows)

    def _clusterer(self, rows: np.ndarray) -> Any:
        import sklearn.cluster

        if self._init is None:
            start: dict[str, Any] = {"n_init": self.n_init}
        else:
            centres = cluster_means(rows, self._init, self.n_clusters)
            start = {"n_init": 1, "init": centres.astype(rows.dtype)}
        return sklearn.cluster.KMeans(self.n_clusters, random_state=self.seed_, **start)

    def _centres(self) -> np.ndarray:
        centres: np.ndarray = self.estimator_.cluster_centers_
        return centres

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_number(problems, "n_init", self.n_init, 1, integer=True)
