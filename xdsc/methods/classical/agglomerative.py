"""Agglomerative clustering of the flattened frames, or of their principal components."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.methods.base import check_n_clusters, check_one_of
from xdsc.methods.classical.adapter import ScikitLearn
from xdsc.methods.classical.nearest import check_n_pairs

LINKAGES = ("ward", "complete", "average", "single")
METRICS = ("euclidean", "manhattan", "cosine", "correlation")


class Agglomerative(ScikitLearn):
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
    random_state : int, optional
        Seed of the principal components; nothing else is random.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames, as cells or principal components.
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
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.metric = metric
        self.n_components = n_components
        self.random_state = random_state
        self.progress = progress

    def _clusterer(self, rows: np.ndarray) -> Any:
        from sklearn.cluster import AgglomerativeClustering

        self._check_directions(rows)
        return AgglomerativeClustering(self.n_clusters, metric=self.metric, linkage=self.linkage)

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_n_pairs(problems, "agglomerative", n_frames)
        for name, known in (("linkage", LINKAGES), ("metric", METRICS)):
            check_one_of(problems, name, getattr(self, name), known)
        if not problems and self.linkage == "ward" and self.metric in METRICS[1:]:
            problems.add(
                message(
                    "metric='euclidean' with linkage='ward'",
                    f"metric={self.metric!r}",
                    "leave one of them out, or use linkage='average'",
                )
            )

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
