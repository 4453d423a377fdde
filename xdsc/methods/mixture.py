"""A Gaussian mixture on the leading principal components of the frames."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Literal, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import (
    Ability,
    MethodState,
    check_n_clusters,
    check_number,
    check_random_state,
)
from xdsc.methods.reduce import InSpace, check_space

COVARIANCES = ("full", "tied", "diag", "spherical")
#: What a fit leaves on a mixture: documented attributes, and all that it predicts with.
_MIXTURE_ARRAYS = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


class GMM(InSpace):
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
    area_weights : bool, default False
        Whether cells are multiplied by √cos φ first, so that they count by their area.
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

    _fitted: ClassVar[tuple[str, ...]] = (*InSpace._fitted, "membership_", "converged_")

    def __init__(
        self,
        n_clusters: int,
        *,
        n_components: int | float = 10,
        covariance_type: Literal["full", "tied", "diag", "spherical"] = "full",
        reg_covar: float = 1e-3,
        n_init: int = 5,
        max_iter: int = 200,
        area_weights: bool = False,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.max_iter = max_iter
        self.area_weights = area_weights
        self.random_state = random_state
        self.progress = progress

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked."""
        return super().abilities | {"predict_proba"}

    def fit(self, frames: Frames) -> Self:
        """Cluster N frames."""
        from sklearn.exceptions import ConvergenceWarning

        self.check(len(frames))
        scores = self._fit_rows(frames)
        mixture = self._new_mixture(
            reg_covar=self.reg_covar * float(scores.var(axis=0).mean()),
            n_init=self.n_init,
            max_iter=self.max_iter,
            random_state=self.seed_,
        )
        with warnings.catch_warnings():
            # Told by `converged_`, and of duplicated frames by the class.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._mixture = mixture.fit(scores)
        self.membership_ = mixture.predict_proba(scores)
        self.labels_ = self.membership_.argmax(axis=1)
        self.cluster_centers_ = mixture.means_
        self.converged_ = bool(mixture.converged_)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Most probable cluster of other frames, (N,)."""
        return self.predict_proba(frames).argmax(axis=1)

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Posterior probabilities of other frames, (N, K)."""
        q: np.ndarray = self._mixture.predict_proba(self._rows(frames))
        return q

    def _new_mixture(self, **options: Any) -> Any:
        from sklearn.mixture import GaussianMixture

        return GaussianMixture(self.n_clusters, covariance_type=self.covariance_type, **options)

    def _own_state(self) -> MethodState:
        found = {f"mixture.{name}": getattr(self._mixture, name) for name in _MIXTURE_ARRAYS}
        return MethodState({}, found)

    def _restore_own(self, state: MethodState) -> None:
        means = state.array("mixture.means_", self.n_clusters, None)
        k, m = means.shape
        shape = {"full": (k, m, m), "tied": (m, m), "diag": (k, m), "spherical": (k,)}
        shapes = {"weights_": (k,), "means_": (k, m)}
        self._mixture = self._new_mixture()
        for name in _MIXTURE_ARRAYS:
            expected = shapes.get(name, shape[self.covariance_type])
            setattr(self._mixture, name, state.array(f"mixture.{name}", *expected))
        self._mixture.converged_ = state.number("converged_", bool)
        self._mixture.n_features_in_ = m
        self.cluster_centers_ = means

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        if self.n_components is None:
            problems.add(
                message(
                    "n_components with method='gmm', which has no use for thousands of cells",
                    "None",
                    "leave it out, or use n_components=10",
                )
            )
        if self.covariance_type not in COVARIANCES:
            problems.add(
                message(
                    f"covariance_type to be one of {COVARIANCES}",
                    repr(self.covariance_type),
                    "choose one of these",
                )
            )
        check_number(problems, "reg_covar", self.reg_covar, 0, above=True)
        for name in ("n_init", "max_iter"):
            check_number(problems, name, getattr(self, name), 1, integer=True)
        check_space(problems, self.n_components, self.area_weights)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)
