"""A Gaussian hidden Markov model on the leading principal components of the frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from xdsc.errors import Problems
from xdsc.frames.centres import completed
from xdsc.methods.base import Ability, MethodState, check_n_clusters, check_number
from xdsc.methods.classical.adapter import ScikitLearn, check_has_components, fit_labels
from xdsc.methods.classical.chain import Chain, fitted_chain
from xdsc.methods.classical.mixture import check_covariance_type
from xdsc.methods.classical.windows import LONGEST_WINDOW


class HMM(ScikitLearn):
    """hmmlearn's Gaussian hidden Markov model on principal components (EOFs).

    A Gaussian mixture with a memory: which regime comes next depends on the one that is, so that
    regimes persist, and a frame between two of them goes with its neighbours. The model is fitted
    to whole runs without gaps in time. Memberships are the posterior probabilities given the frames
    of a *window* around each, not of the whole run: so they are the same for any part of a record
    that holds the window, and no label depends on what comes months later. Windows at the edges of
    a run are shorter. Where fewer than K frames differ, some clusters stay empty.

    Parameters
    ----------
    n_clusters : int
        K.
    n_components : int or float, default 10
        Number of principal components, at most as many as the frames have; or the share of
        variance that they explain.
    window : int, default 15
        W, frames in a window. With one that is longer than regimes usually last, labels are those
        of the whole run but for few; 1 is the mixture without its neighbours.
    covariance_type : {"full", "tied", "diag", "spherical"}, default "full"
        Shape of the Gaussians: any, the same for all, along the axes, or round.
    prior_weight : float, default 10.0
        Number of frames that the mean covariance within the k-means clusters, where a fit starts,
        counts as in each regime: a regime of one frame still has a width.
    n_init : int, default 3
        Starts, each from a k-means of its own, the most likely of which is kept.
    max_iter : int, default 200
        Most steps of the expectation-maximisation.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames: the most probable one.
    membership_ : numpy.ndarray, shape (N, K)
        Posterior probabilities.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components; ``n_components_`` is M.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Means of the Gaussians.
    transitions_ : numpy.ndarray, shape (K, K)
        Probabilities that the row's regime is followed by the column's.
    converged_ : bool
        Whether the best start converged within `max_iter` steps.
    seed_ : int
        The seed that was used.

    References
    ----------
    Rabiner (1989), A tutorial on hidden Markov models and selected applications in speech
    recognition, Proc. IEEE 77. Majda et al. (2006), Distinct metastable atmospheric regimes despite
    nearly Gaussian statistics, PNAS 103. Franzke, Crommelin, Fischer and Majda (2008), A hidden
    Markov model perspective on regimes and metastability in atmospheric flows, J. Climate 21.
    """

    begins_with_labels = True
    _fitted = (*ScikitLearn._fitted, "converged_")

    converged_: bool
    estimator_: Chain

    def __init__(
        self,
        n_clusters: int,
        *,
        n_components: int | float = 10,
        window: int = 15,
        covariance_type: Literal["full", "tied", "diag", "spherical"] = "full",
        prior_weight: float = 10.0,
        n_init: int = 3,
        max_iter: int = 200,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.window = window
        self.covariance_type = covariance_type
        self.prior_weight = prior_weight
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.progress = progress

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions that a fit computes with."""
        return (*super().packages, "hmmlearn")

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked."""
        return super().abilities | {"predict_proba"}

    @property
    def transitions_(self) -> np.ndarray:
        """Probabilities that the row's regime is followed by the column's, (K, K)."""
        return self.estimator_.transitions

    @property
    def _predicts(self) -> bool:
        return True

    def _centres(self) -> np.ndarray:
        return self.estimator_.means

    def _fit_labels(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        best = -np.inf
        for labels in self._starts(rows):
            chain, log_likelihood, converged = fitted_chain(
                rows,
                runs,
                labels,
                int(self.n_clusters or 0),
                self.covariance_type,
                prior_weight=self.prior_weight,
                max_iter=self.max_iter,
            )
            if log_likelihood > best:
                best, self.estimator_, self.converged_ = log_likelihood, chain, converged
        return self._predicted(rows, runs)

    def _starts(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Labels of as many k-means clusterings, (N,) each; or those to begin with."""
        if self._init is not None:
            yield completed(rows, self._init, int(self.n_clusters or 0))
            return
        from sklearn.cluster import KMeans

        random = np.random.default_rng(self.seed_)
        for seed in random.integers(2**31, size=self.n_init).tolist():
            yield fit_labels(KMeans(self.n_clusters, n_init=1, random_state=seed), rows)

    def _predicted(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        return self._memberships(rows, runs).argmax(axis=1)

    def _memberships(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        return self.estimator_.posteriors(rows, runs, self.window)

    def _clusterer_state(self) -> MethodState:
        chain = self.estimator_
        return MethodState(
            {},
            {
                "transitions": chain.transitions,
                "means": chain.means,
                "covariances": chain.covariances,
            },
        )

    def _restore_clusterer(self, state: MethodState) -> None:
        k = self.n_clusters
        means = state.array("means", k, None)
        m = means.shape[1]
        self.estimator_ = Chain(
            state.array("transitions", k, k), means, state.array("covariances", k, m, m)
        )

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_has_components(problems, "hmm", self.n_components)
        check_covariance_type(problems, self.covariance_type)
        check_number(problems, "prior_weight", self.prior_weight, 0, above=True)
        check_number(problems, "window", self.window, 1, LONGEST_WINDOW, integer=True)
        for name in ("n_init", "max_iter"):
            check_number(problems, name, getattr(self, name), 1, integer=True)
