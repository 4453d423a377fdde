"""A Gaussian mixture on the leading principal components of the frames."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from xdsc.errors import Problems
from xdsc.frames.centres import cluster_means
from xdsc.methods.base import Ability, check_n_clusters, check_number, check_one_of
from xdsc.methods.classical.adapter import ScikitLearn, check_has_components

COVARIANCES = ("full", "tied", "diag", "spherical")


class GMM(ScikitLearn):
    """scikit-learn's Gaussian mixture on principal components (EOFs).

    As in the mixture models of weather regimes, a frame is a point of a few principal components
    and a regime is a Gaussian among them; memberships are its posterior probabilities. Where
    fewer than K frames differ, some clusters stay empty.

    Parameters
    ----------
    n_clusters : int
        K.
    n_components : int or float, default 10
        Number of principal components, at most as many as the frames have; or the share of
        variance that they explain.
    covariance_type : {"full", "tied", "diag", "spherical"}, default "full"
        Shape of the Gaussians: any, the same for all, along the axes, or round.
    reg_covar : float, default 1e-3
        Added to the variances, as a share of the mean variance of the components: a cluster of one
        frame still has a width, whatever the units are.
    n_init : int, default 5
        Starts, the best of which is kept.
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
    converged_ : bool
        Whether the best start converged within `max_iter` steps.
    seed_ : int
        The seed that was used.

    References
    ----------
    Smyth, Ide and Ghil (1999), Multiple regimes in Northern Hemisphere height fields via mixture
    model clustering, J. Atmos. Sci. 56.
    """

    begins_with_labels = True
    n_clusters: int

    def __init__(
        self,
        n_clusters: int,
        *,
        n_components: int | float = 10,
        covariance_type: Literal["full", "tied", "diag", "spherical"] = "full",
        reg_covar: float = 1e-3,
        n_init: int = 5,
        max_iter: int = 200,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.progress = progress

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked."""
        return super().abilities | {"predict_proba"}

    @property
    def converged_(self) -> bool:
        """Whether the best start converged."""
        return bool(self.estimator_.converged_)

    @property
    def _predicts(self) -> bool:
        return True

    def _clusterer(self, rows: np.ndarray) -> Any:
        from sklearn.mixture import GaussianMixture

        least = self.reg_covar * float(rows.var(axis=0).mean())
        return GaussianMixture(
            self.n_clusters,
            covariance_type=self.covariance_type,
            reg_covar=least,
            **self._start(rows, least),
            max_iter=self.max_iter,
            random_state=self.seed_,
        )

    def _start(self, rows: np.ndarray, least: float) -> dict[str, Any]:
        """Where to begin: Gaussians of the shape that frames have within given labels."""
        if self._init is None:
            return {"n_init": self.n_init}
        known = self._init >= 0
        means = cluster_means(rows, self._init, self.n_clusters)
        away = rows[known] - means[self._init[known]]
        within = away.T @ away / len(away) + least * np.eye(rows.shape[1])
        variances = np.diag(within)
        precisions = {
            "full": np.repeat(np.linalg.inv(within)[None], self.n_clusters, axis=0),
            "tied": np.linalg.inv(within),
            "diag": np.repeat(1 / variances[None], self.n_clusters, axis=0),
            "spherical": np.full(self.n_clusters, 1 / variances.mean()),
        }
        return {
            "n_init": 1,
            "weights_init": np.bincount(self._init[known]) / known.sum(),
            "means_init": means,
            "precisions_init": precisions[self.covariance_type],
        }

    def _centres(self) -> np.ndarray:
        means: np.ndarray = self.estimator_.means_
        return means

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_has_components(problems, "gmm", self.n_components)
        check_covariance_type(problems, self.covariance_type)
        check_number(problems, "reg_covar", self.reg_covar, 0, above=True)
        for name in ("n_init", "max_iter"):
            check_number(problems, name, getattr(self, name), 1, integer=True)


def check_covariance_type(problems: Problems, covariance_type: Any) -> None:
    """Note a problem unless it is one of the shapes of Gaussians."""
    check_one_of(problems, "covariance_type", covariance_type, COVARIANCES)
