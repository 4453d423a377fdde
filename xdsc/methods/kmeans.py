"""k-means on the flattened frames, or on their leading principal components."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np

from xdsc.errors import ParameterError, Problems
from xdsc.frames import Frames
from xdsc.methods.base import MethodState, check_n_clusters, check_number, check_random_state
from xdsc.methods.reduce import InSpace, check_space


class KMeans(InSpace):
    """scikit-learn's k-means on the unmasked cells of each frame.

    Where fewer than K frames differ, some clusters stay empty.

    Parameters
    ----------
    n_clusters : int
        K.
    n_init : int, default 10
        Starts, the best of which is kept.
    n_components : int or float, optional
        Cluster the leading principal components (EOFs) of the frames: their number, or the share
        of variance that they explain. By default the cells themselves.
    area_weights : bool, default False
        Whether cells are multiplied by √cos φ first, so that they count by their area.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames, as weighted cells or principal components.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; only with `n_components`, as ``n_components_``, which is M.
    seed_ : int
        The seed that was used.
    """

    _fitted: ClassVar[tuple[str, ...]] = (*InSpace._fitted, "cluster_centers_")

    def __init__(
        self,
        n_clusters: int,
        *,
        n_init: int = 10,
        n_components: int | float | None = None,
        area_weights: bool = False,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.n_components = n_components
        self.area_weights = area_weights
        self.random_state = random_state
        self.progress = progress

    def fit(self, frames: Frames) -> Self:
        """Cluster N frames."""
        self.check(len(frames))
        rows = self._fit_rows(frames)
        self._kmeans = self._fit_kmeans(rows, n_init=self.n_init, random_state=self.seed_)
        self.labels_ = self._kmeans.labels_
        self.cluster_centers_ = self._kmeans.cluster_centers_
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Nearest centre of other frames, (N,)."""
        labels: np.ndarray = self._kmeans.predict(self._rows(frames))
        return labels

    def _own_state(self) -> MethodState:
        return MethodState()

    def _restore_own(self, state: MethodState) -> None:
        centres = state.array("cluster_centers_", self.n_clusters, None)
        # A fit to the centres sets up everything else that scikit-learn wants for a prediction.
        self._kmeans = self._fit_kmeans(centres, init=centres, n_init=1, max_iter=1)
        self._kmeans.cluster_centers_ = centres

    def _fit_kmeans(self, rows: np.ndarray, **options: Any) -> Any:
        import sklearn.cluster
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            # Said of duplicated frames, which the class documents.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return sklearn.cluster.KMeans(self.n_clusters, **options).fit(rows)

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_number(problems, "n_init", self.n_init, 1, integer=True)
        check_space(problems, self.n_components, self.area_weights)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)
