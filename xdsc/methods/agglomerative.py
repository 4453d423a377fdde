"""Agglomerative clustering of the flattened frames, or of their principal components."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import MethodState, check_n_clusters, check_random_state
from xdsc.methods.nearest import NearestCentre, check_n_pairs
from xdsc.methods.reduce import InSpace, check_space

LINKAGES = ("ward", "complete", "average", "single")
METRICS = ("euclidean", "manhattan", "cosine", "correlation")


class Agglomerative(InSpace):
    """scikit-learn's agglomerative clustering of the unmasked cells of each frame.

    It compares each frame with each, N² / 2 distances in float64, so there is a limit to N. Other
    frames go to the nearest centre, the mean of a cluster's frames; for frames of the fit that is
    not always the cluster that they are in. Where fewer than K frames differ, equal frames are
    parted.

    Parameters
    ----------
    n_clusters : int
        K.
    linkage : {"ward", "complete", "average", "single"}, default "ward"
        Which two clusters are merged: those that raise the variance least, or those at the
        smallest largest, mean or smallest distance of their frames.
    metric : {"euclidean", "manhattan", "cosine", "correlation"}, default "euclidean"
        Distance of frames; "ward" wants the Euclidean one.
    n_components : int or float, optional
        Cluster the leading principal components (EOFs) of the frames: their number, or the share
        of variance that they explain. By default the cells themselves.
    area_weights : bool, default False
        Whether cells are multiplied by √cos φ first, so that they count by their area.
    random_state : int, optional
        Seed of the principal components; nothing else is random.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames, as weighted cells or principal components.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; only with `n_components`, as ``n_components_``, which is M, and
        ``seed_``.
    """

    _is_random = False

    def __init__(
        self,
        n_clusters: int,
        *,
        linkage: Literal["ward", "complete", "average", "single"] = "ward",
        metric: Literal["euclidean", "manhattan", "cosine", "correlation"] = "euclidean",
        n_components: int | float | None = None,
        area_weights: bool = False,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.metric = metric
        self.n_components = n_components
        self.area_weights = area_weights
        self.random_state = random_state
        self.progress = progress

    def fit(self, frames: Frames) -> Self:
        """Cluster N frames."""
        from sklearn.cluster import AgglomerativeClustering

        self.check(len(frames))
        rows = self._fit_rows(frames)
        self._check_directions(rows)
        clustering = AgglomerativeClustering(
            self.n_clusters, metric=self.metric, linkage=self.linkage
        ).fit(rows)
        self.labels_ = clustering.labels_
        self._nearest = NearestCentre.of(rows, self.labels_, self.n_clusters_, self.metric)
        self.cluster_centers_ = self._nearest.centres
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Nearest centre of other frames, by the metric of the fit, (N,)."""
        return self._nearest.predict(self._rows(frames))

    def _own_state(self) -> MethodState:
        return self._nearest.state()

    def _restore_own(self, state: MethodState) -> None:
        self._nearest = NearestCentre.restored(state, self.metric)
        self.cluster_centers_ = self._nearest.centres

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_n_pairs(problems, "agglomerative", n_frames)
        for name, known in (("linkage", LINKAGES), ("metric", METRICS)):
            if (value := getattr(self, name)) not in known:
                problems.add(
                    message(f"{name} to be one of {known}", repr(value), "choose one of these")
                )
        if self.linkage == "ward" and self.metric in METRICS[1:]:
            problems.add(
                message(
                    "metric='euclidean' with linkage='ward'",
                    f"metric={self.metric!r}",
                    "leave one of them out, or use linkage='average'",
                )
            )
        check_space(problems, self.n_components, self.area_weights)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)

    def _check_directions(self, rows: np.ndarray) -> None:
        """A frame without a direction has no angle to others."""
        if self.metric not in ("cosine", "correlation"):
            return
        what = "the same everywhere" if self.metric == "correlation" else "0 everywhere"
        still = (rows == (rows[:, :1] if self.metric == "correlation" else 0)).all(axis=1)
        if still.any():
            raise ParameterError(
                message(
                    f"frames that are not {what} for metric={self.metric!r}",
                    f"{still.sum()} such frames",
                    "use metric='euclidean'",
                )
            )
