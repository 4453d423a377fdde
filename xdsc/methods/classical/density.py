"""DBSCAN and HDBSCAN: regimes are dense places, and what is nowhere dense is noise."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from xdsc.errors import Problems, message
from xdsc.methods.base import check_number, check_one_of, is_integer
from xdsc.methods.classical.adapter import ScikitLearn
from xdsc.methods.classical.nearest import Nearest, check_n_pairs


class DBSCAN(ScikitLearn):
    """scikit-learn's DBSCAN on the frames' principal components; it finds K itself.

    A frame with `min_samples` frames, itself included, within `eps` is a core of a cluster; cores
    within `eps` of each other share one. A frame within `eps` of a core belongs to it, others are
    noise. Other frames join the cluster of their nearest core, or are noise where that is farther
    than `eps`; of the fitted frames only those between two clusters may change theirs thereby.

    Parameters
    ----------
    eps : float, optional
        Radius. By default it is chosen from the data: the knee of the sorted distances to the
        `min_samples`-th frame, the point farthest below the chord from their first to their last.
    min_samples : int, default 5
        Frames within `eps` that make a core, itself included.
    n_components : int or float, optional, default 10
        Number of leading principal components (EOFs), or the share of variance that they explain.
        None for the cells themselves, among which all distances are much alike.
    random_state : int, optional
        Seed of the principal components; nothing else is random.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, -1 for noise.
    n_clusters_ : int
        K, as found.
    eps_ : float
        The radius that was used.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; only with `n_components`, as ``n_components_``, which is M, and
        ``seed_``.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong; and where all frames are noise.

    References
    ----------
    Ester et al. (1996), A density-based algorithm for discovering clusters, KDD-96, Section 4.2
    for the sorted distances. Schubert et al. (2017), DBSCAN revisited, ACM TODS 42, Section 4.
    Satopää et al. (2011), Finding a "kneedle" in a haystack, ICDCSW, for the knee.
    """

    _is_random = False
    _fitted: ClassVar[tuple[str, ...]] = (*ScikitLearn._fitted, "eps_")

    eps_: float

    def __init__(
        self,
        *,
        eps: float | None = None,
        min_samples: int = 5,
        n_components: int | float | None = 10,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.n_components = n_components
        self.random_state = random_state
        self.progress = progress

    @property
    def _radius(self) -> float:
        return self.eps_

    def _clusterer(self, rows: np.ndarray) -> Any:
        import sklearn.cluster

        self.eps_ = knee(reach(rows, self.min_samples)) if self.eps is None else float(self.eps)
        return sklearn.cluster.DBSCAN(eps=self.eps_, min_samples=self.min_samples)

    def _nearest_of(self, rows: np.ndarray) -> Nearest:
        """The cores."""
        cores = self.estimator_.core_sample_indices_
        return Nearest(rows[cores], self.labels_[cores], radius=self.eps_)

    def _centres(self) -> None:
        """Its clusters have any shape: they have no centres."""

    def _about_noise(self, rows: np.ndarray) -> tuple[str, str]:
        wider = float(np.median(reach(rows, self.min_samples)))
        return f"with eps={self.eps_:.4g}", f"try eps={wider:.4g}, or eps=None"

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        if self.eps is not None:
            check_number(problems, "eps", self.eps, 0, above=True)
        _check_size(problems, "min_samples", self.min_samples, 1, n_frames)
        check_n_pairs(problems, "dbscan", n_frames)


class HDBSCAN(ScikitLearn):
    """scikit-learn's HDBSCAN on the frames' principal components; it finds K itself.

    It looks for clusters at all densities and keeps those that last over most of them. Other
    frames go to the nearest centre, the mean of a cluster's frames, and are never noise.

    Parameters
    ----------
    min_cluster_size : int, default 10
        Fewest frames of a cluster.
    min_samples : int, default 1
        Frames that make a place dense: more of them, more noise. scikit-learn's default is
        `min_cluster_size`, by which most of the weather is noise.
    cluster_selection_method : {"eom", "leaf"}, default "eom"
        Keep the clusters that last longest ("excess of mass") or the smallest ones.
    n_components : int or float, optional, default 10
        Number of leading principal components (EOFs), or the share of variance that they explain.
        None for the cells themselves, among which all distances are much alike.
    random_state : int, optional
        Seed of the principal components; nothing else is random.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, -1 for noise.
    n_clusters_ : int
        K, as found.
    cluster_centers_ : numpy.ndarray, shape (K, features)
        Means of the clusters' frames, as cells or principal components.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; only with `n_components`, as ``n_components_``, which is M, and
        ``seed_``.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong; and where all frames are noise.

    References
    ----------
    Campello, Moulavi and Sander (2013), Density-based clustering based on hierarchical density
    estimates, PAKDD.
    """

    _is_random = False

    def __init__(
        self,
        *,
        min_cluster_size: int = 10,
        min_samples: int = 1,
        cluster_selection_method: Literal["eom", "leaf"] = "eom",
        n_components: int | float | None = 10,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.cluster_selection_method = cluster_selection_method
        self.n_components = n_components
        self.random_state = random_state
        self.progress = progress

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        _check_size(problems, "min_cluster_size", self.min_cluster_size, 2, n_frames)
        _check_size(problems, "min_samples", self.min_samples, 1, n_frames)
        known = ("eom", "leaf")
        check_one_of(problems, "cluster_selection_method", self.cluster_selection_method, known)
        check_n_pairs(problems, "hdbscan", n_frames)

    def _clusterer(self, rows: np.ndarray) -> Any:
        return self._of_size(self.min_cluster_size)

    def _of_size(self, min_cluster_size: int) -> Any:
        import sklearn.cluster

        return sklearn.cluster.HDBSCAN(
            min_cluster_size=min_cluster_size,
            min_samples=self.min_samples,
            cluster_selection_method=self.cluster_selection_method,
            copy=True,
        )

    def _about_noise(self, rows: np.ndarray) -> tuple[str, str]:
        received = f"with min_cluster_size={self.min_cluster_size}"
        size = self.min_cluster_size
        while (size := size // 2) >= 2:
            if (self._of_size(size).fit_predict(rows) >= 0).any():
                return received, f"try min_cluster_size={size}, or min_samples=1"
        return received, "try min_samples=1, a smaller n_components, or method='kmeans'"


def reach(rows: np.ndarray, min_samples: int) -> np.ndarray:
    """Distance of each row to the `min_samples`-th one, itself counted; ascending, (N,)."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=min_samples).fit(rows).kneighbors(rows)
    return np.sort(distances[:, -1])


def knee(distances: np.ndarray) -> float:
    """Where ascending distances begin to rise steeply.

    Parameters
    ----------
    distances : numpy.ndarray, shape (N,)
        In ascending order, 0 or more.

    Returns
    -------
    float
        The one farthest below the chord from the first to the last, and above 0.

    Examples
    --------
    >>> knee(np.array([1.0, 1.1, 1.2, 1.3, 5.0])) == 1.3
    True
    """
    n = len(distances)
    height = distances[-1] - distances[0]
    chord = distances[0] + height * np.arange(n) / max(n - 1, 1)
    found = float(distances[np.argmax(chord - distances)])
    if found > 0:
        return found
    # More than min_samples frames are the same: the nearest ones that differ, if any do.
    positive = distances[distances > 0]
    return float(positive[0]) if len(positive) else float(np.finfo(np.float32).tiny)


def _check_size(problems: Problems, name: str, value: Any, low: int, n_frames: int | None) -> None:
    """Note a problem unless `value` is a number of frames that can be found among N."""
    check_number(problems, name, value, low, integer=True)
    if n_frames is not None and is_integer(value) and value > n_frames:
        problems.add(
            message(
                f"{name} of at most the number of time steps with data ({n_frames})",
                f"{name}={value}",
                f"lower {name}, or select a longer period",
            )
        )
