"""Regimes as sets of states that weather stays in: small clusters merged by who follows whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.errors import InputError, Problems, message
from xdsc.methods.base import MethodState, check_n_clusters, check_number
from xdsc.methods.classical.adapter import ScikitLearn, check_has_components, fit_labels
from xdsc.methods.classical.windows import LONGEST_WINDOW, windows_of


class Metastable(ScikitLearn):
    """Small clusters of windows of EOF scores, merged where one often follows the other.

    k-means parts the windows into many small clusters; from one frame to the next the record steps
    from cluster to cluster. Sets of clusters that it stays in for long, and seldom changes between,
    are the regimes: they are found by a spectral partition of the symmetrised counts of these
    steps. A regime need not be one blob, so that phases of a wave that travels are one regime, and
    those of a wave that travels back another one. No step leads across a gap in time, and windows
    repeat the first or last frame of a run without gaps. Other frames go to the regime of the
    nearest small cluster. Where fewer than K windows differ, some regimes stay empty.

    Parameters
    ----------
    n_clusters : int
        K.
    window : int, default 3
        W, frames in a window, which is centred on the frame that it belongs to. One frame alone
        does not tell which way a wave travels.
    n_components : int or float, default 6
        Number of principal components (EOFs), at most as many as the frames have; or the share of
        variance that they explain.
    n_small : int, default 30
        Small clusters, where there are as many frames; with fewer than K there are K.
    n_init : int, default 5
        Starts of the k-means that makes the small clusters, the best of which is kept.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    regime_of_ : numpy.ndarray of int, shape (S,)
        The cluster that each of the small ones is a part of.
    embedding_ : numpy.ndarray, shape (N, W * M)
        The windows of principal components that the small clusters are made of.
    estimator_ : sklearn.cluster.KMeans
        The small clusters.
    seed_ : int
        The seed that was used.

    References
    ----------
    Deuflhard and Weber (2005), Robust Perron cluster analysis in conformation dynamics, Linear
    Algebra Appl. 398. Froyland (2005), Statistically optimal almost-invariant sets, Physica D 200.
    Shi and Malik (2000), Normalized cuts and image segmentation, IEEE Trans. PAMI 22.
    """

    _fitted = (*ScikitLearn._fitted, "regime_of_")

    regime_of_: npt.NDArray[np.intp]

    def __init__(
        self,
        n_clusters: int,
        *,
        window: int = 3,
        n_components: int | float = 6,
        n_small: int = 30,
        n_init: int = 5,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.window = window
        self.n_components = n_components
        self.n_small = n_small
        self.n_init = n_init
        self.random_state = random_state
        self.progress = progress

    @property
    def n_components_(self) -> int | None:
        """Number of principal components, M."""
        width = super().n_components_
        return None if width is None else width // self.window

    @property
    def _predicts(self) -> bool:
        return True

    def _centres(self) -> None:
        """A regime has many places, and none of them is its centre."""

    def _in_space(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        return windows_of(super()._in_space(rows, runs), runs, self.window)

    def _clusterer(self, rows: np.ndarray) -> Any:
        import sklearn.cluster

        n_small = min(max(self.n_small, int(self.n_clusters or 0)), len(rows))
        return sklearn.cluster.KMeans(n_small, n_init=self.n_init, random_state=self.seed_)

    def _fit_labels(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        if (np.diff(runs, axis=1) == 1).all():
            raise InputError(
                message(
                    "time steps that follow each other, for method='metastable'",
                    "a gap in time between any two",
                    "use method='pca_kmeans'",
                )
            )
        small = super()._fit_labels(rows, runs)
        centres = self.estimator_.cluster_centers_
        self.regime_of_ = merged(small, runs, centres, int(self.n_clusters or 0), self.seed_)
        return self.regime_of_[small]

    def _predicted(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        return self.regime_of_[self.estimator_.predict(rows)]

    def _restore_clusterer(self, state: MethodState) -> None:
        super()._restore_clusterer(state)
        state.array("regime_of_", len(self.estimator_.cluster_centers_))

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_has_components(problems, "metastable", self.n_components)
        check_number(problems, "n_small", self.n_small, 2, integer=True)
        check_number(problems, "window", self.window, 1, LONGEST_WINDOW, integer=True)
        check_number(problems, "n_init", self.n_init, 1, integer=True)


def merged(
    small: npt.NDArray[np.intp],
    runs: np.ndarray,
    centres: np.ndarray,
    n_clusters: int,
    seed: int | None,
) -> npt.NDArray[np.intp]:
    """Merge small clusters into K, by the transitions between them.

    Parameters
    ----------
    small : numpy.ndarray of int, shape (N,)
        Small cluster of each frame, 0 to S - 1.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs of frames.
    centres : numpy.ndarray, shape (S, features)
        Of the small clusters: one without frames goes with the nearest that has some.
    n_clusters : int
        K.
    seed : int, optional
        Of the k-means that parts the small clusters.

    Returns
    -------
    numpy.ndarray of int, shape (S,)
        The merged cluster of each small one, 0 to K - 1.

    Examples
    --------
    >>> small = np.array([0, 1, 0, 1, 2, 3, 2, 3])
    >>> found = merged(small, np.array([[0, 8]]), np.eye(4), 2, seed=0)
    >>> bool(found[0] == found[1] != found[2] == found[3])
    True
    """
    from sklearn.metrics import pairwise_distances_argmin

    used, codes = np.unique(small, return_inverse=True)
    if len(used) <= n_clusters:
        regimes = np.arange(len(used))
    else:
        regimes = partition(transitions(codes, runs, len(used)), n_clusters, seed)
    return regimes[pairwise_distances_argmin(centres, centres[used])]


def transitions(
    codes: npt.NDArray[np.intp], runs: np.ndarray, n_states: int
) -> npt.NDArray[np.float64]:
    """How often each state is followed by each.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (N,)
        State of each frame, 0 to S - 1.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs of frames: nothing follows the last of a run.
    n_states : int
        S.

    Returns
    -------
    numpy.ndarray, shape (S, S)
        From the row's state to the column's.

    Examples
    --------
    >>> transitions(np.array([0, 1, 1, 0]), np.array([[0, 3], [3, 4]]), 2)
    array([[0., 1.],
           [0., 1.]])
    """
    follows = np.ones(len(codes), bool)
    follows[np.asarray(runs)[:, 0]] = False
    later = np.flatnonzero(follows)
    pairs = codes[later - 1] * n_states + codes[later]
    counts = np.bincount(pairs, minlength=n_states**2)
    return counts.reshape(n_states, n_states).astype(np.float64)


def partition(
    counts: npt.NDArray[np.float64], n_clusters: int, seed: int | None
) -> npt.NDArray[np.intp]:
    """Part states into sets that are seldom left.

    The counts are symmetrised, as if time ran both ways. The leading eigenvectors of the transition
    matrix that belongs to them are nearly constant on sets that are seldom left; with each as
    large as its eigenvalue (diffusion coordinates), weighted k-means finds the sets.

    Parameters
    ----------
    counts : numpy.ndarray, shape (S, S)
        Transitions.
    n_clusters : int
        K, below S.
    seed : int, optional
        Of the k-means.

    Returns
    -------
    numpy.ndarray of int, shape (S,)
        0 to K - 1.
    """
    from sklearn.cluster import KMeans

    both = counts + counts.T
    # A state that nothing comes to and that nothing follows has a weight, too.
    weight = np.maximum(both.sum(axis=1), 1.0)
    values, vectors = np.linalg.eigh(both / np.sqrt(np.outer(weight, weight)))
    leading = vectors[:, ::-1][:, :n_clusters] / np.sqrt(weight / weight.sum())[:, None]
    places = leading * np.maximum(values[::-1][:n_clusters], 0.0)
    kmeans = KMeans(n_clusters, n_init=20, random_state=seed)
    return fit_labels(kmeans, places, sample_weight=weight)
