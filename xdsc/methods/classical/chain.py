"""A hidden Markov chain of Gaussians: its fit by hmmlearn, and its answers in windows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xdsc.methods.classical.windows import window_indices, within_runs
from xdsc.networks.segments import frames_before

Floats = npt.NDArray[np.float64]

#: Probability to stay in a state that the fit begins with.
_STAY = 0.8


@dataclass(frozen=True)
class Chain:
    """States that follow each other by chance, each of which is a Gaussian.

    Attributes
    ----------
    transitions : numpy.ndarray, shape (K, K)
        Probabilities from the row's state to the column's. One that is never entered is a state
        that no frame was left for.
    means : numpy.ndarray, shape (K, M)
        Centres of the Gaussians.
    covariances : numpy.ndarray, shape (K, M, M)
        Their covariance matrices.
    """

    transitions: Floats
    means: Floats
    covariances: Floats

    @property
    def shares(self) -> Floats:
        """How much of the time is spent in each state in the long run, (K,)."""
        k = len(self.means)
        balance = np.vstack([self.transitions.T - np.eye(k), np.ones(k)])
        found = np.linalg.lstsq(balance, np.eye(k + 1)[k], rcond=None)[0]
        found = np.where(self.transitions.any(axis=0), np.maximum(found, 0.0), 0.0)
        return found / found.sum()

    def posteriors(self, rows: np.ndarray, runs: np.ndarray, window: int) -> Floats:
        """Probabilities of the states, given the frames of a window.

        They come from the forward-backward algorithm in the window of each frame, which begins
        with the long-run shares. Places of a window beyond its run say nothing.

        Parameters
        ----------
        rows : numpy.ndarray, shape (N, M)
            Frames.
        runs : numpy.ndarray of int, shape (R, 2)
            Start and stop (exclusive) of the runs of frames.
        window : int
            W.

        Returns
        -------
        numpy.ndarray, shape (N, K)
            Rows sum to 1.
        """
        from hmmlearn.stats import log_multivariate_normal_density

        log_density = log_multivariate_normal_density(rows, self.means, self.covariances, "full")
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        reach = window_indices(runs, window)
        index = within_runs(reach, runs)

        def seen(place: int) -> Floats:
            there = reach[:, place] == index[:, place]
            return np.where(there[:, None], density[index[:, place]], 1.0)

        own = frames_before(window)
        forward = _normalised(self.shares * seen(0))
        for place in range(1, own + 1):
            forward = _normalised(forward @ self.transitions * seen(place))
        backward = np.ones_like(forward)
        for place in range(window - 1, own, -1):
            backward = _normalised((backward * seen(place)) @ self.transitions.T)
        return _normalised(forward * backward)


def fitted_chain(
    rows: Floats,
    runs: np.ndarray,
    labels: npt.NDArray[np.intp],
    n_clusters: int,
    covariance_type: Literal["full", "tied", "diag", "spherical"],
    *,
    prior_weight: float,
    max_iter: int,
) -> tuple[Chain, float, bool]:
    """Fit a chain by hmmlearn's expectation-maximisation, from labels to begin with.

    Parameters
    ----------
    rows : numpy.ndarray, shape (N, M)
        Frames.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs of frames, each a sequence of its own.
    labels : numpy.ndarray of int, shape (N,)
        States at the beginning. One without frames is never entered.
    n_clusters : int
        K.
    covariance_type : {"full", "tied", "diag", "spherical"}
        Shape of the Gaussians.
    prior_weight : float
        Number of frames that the mean covariance at the beginning counts as, in each state.
    max_iter : int
        Most steps.

    Returns
    -------
    chain : Chain
    log_likelihood : float
        Of the frames, before the last step.
    converged : bool
        Whether a step gained less than 1e-4 a frame.
    """
    from hmmlearn.hmm import GaussianHMM

    n, m = rows.shape
    used, codes = np.unique(labels, return_inverse=True)
    k = len(used)
    # hmmlearn's own constants are for variances of about one.
    scale = np.sqrt(rows.var(axis=0).mean())
    unit = rows / scale
    means = np.array([unit[codes == code].mean(axis=0) for code in range(k)])
    left = unit - means[codes]
    # A constant component has some variance, too.
    within = left.T @ left / n + 1e-3 * np.eye(m)
    freedom = m if covariance_type in ("full", "tied") else 1
    prior: Any = within if covariance_type in ("full", "tied") else np.diag(within)
    model = GaussianHMM(
        k,
        covariance_type,
        startprob_prior=1 + 1 / k,
        transmat_prior=1 + 1 / k,
        means_weight=1e-3,
        covars_prior=prior_weight * prior,
        covars_weight=prior_weight + freedom,
        n_iter=max_iter,
        tol=1e-4 * n,
        init_params="",
    )
    model.startprob_ = np.full(k, 1 / k)
    model.transmat_ = np.full((k, k), (1 - _STAY) / max(k - 1, 1))
    np.fill_diagonal(model.transmat_, _STAY if k > 1 else 1.0)
    model.means_ = means
    model.covars_ = _of_shape(within, covariance_type, k)
    with _quiet():
        model.fit(unit, np.diff(runs, axis=1)[:, 0])
    shares = model.transmat_.mean(axis=0)
    transitions = np.zeros((n_clusters, n_clusters))
    transitions[:, used] = shares
    transitions[np.ix_(used, used)] = model.transmat_
    # A state that is never entered may have any Gaussian: it has that of the first.
    own = np.zeros(n_clusters, np.intp)
    own[used] = np.arange(k)
    chain = Chain(transitions, model.means_[own] * scale, model.covars_[own] * scale**2)
    history = [*model.monitor_.history]
    converged = len(history) > 1 and history[-1] - history[-2] < model.tol
    return chain, float(history[-1]), bool(converged)


def _of_shape(covariance: Floats, covariance_type: str, n_states: int) -> Floats:
    """One covariance matrix, (M, M), for all states in hmmlearn's shapes."""
    if covariance_type == "tied":
        return covariance
    if covariance_type == "full":
        return np.repeat(covariance[None], n_states, axis=0)
    variances = np.repeat(np.diag(covariance)[None], n_states, axis=0)
    return variances if covariance_type == "diag" else variances.mean(axis=1)


def _normalised(values: Floats) -> Floats:
    found: Floats = values / values.sum(axis=1, keepdims=True)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep hmmlearn from logging that a fit has not converged, which `HMM.converged_` says."""
    logger = logging.getLogger("hmmlearn")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
