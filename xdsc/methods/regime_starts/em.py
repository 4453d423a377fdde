"""Hidden Markov models of scores by expectation and maximisation, many side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xdsc.methods.regime_starts.chains import Smoothed, smooth
from xdsc.methods.regime_starts.kinds import Kind, States
from xdsc.methods.regime_starts.series import Series

_Array = npt.NDArray[np.float64]

#: Iterations of all rivals, and of the best one at most; a gain of log-likelihood per frame that
#: ends them before.
_TRIAL, _ITERATIONS, _LEAST_GAIN = 12, 40, 1e-5

#: Probability of staying in a regime at first, and stays that are counted before any is seen.
_STAY, _STAYS_BEFORE = 0.85, 3.0


@dataclass(eq=False)
class Chain:
    """A hidden Markov model that is fitted to a series.

    Attributes
    ----------
    series : Series
        What it is fitted to.
    states : States
        Of what kind its K states are.
    transition, initial : numpy.ndarray, shape (K, K) and (K,)
        Probabilities of steps and of beginnings.
    membership : numpy.ndarray, shape (N, K)
        Of the frames it is fitted to.
    log_likelihood : float
        Per frame.
    """

    series: Series
    states: States
    transition: _Array
    initial: _Array
    membership: _Array
    log_likelihood: float = -np.inf

    @classmethod
    def begin(cls, kind: Kind, series: Series, labels: npt.NDArray[np.intp], k: int) -> Chain:
        """Begin with labels of the frames, which are believed to nine tenths."""
        membership = np.eye(k)[labels] * 0.9 + 0.1 / k
        transition = np.full((k, k), (1 - _STAY) / max(k - 1, 1))
        np.fill_diagonal(transition, _STAY if k > 1 else 1.0)
        states = States(kind, series, membership)
        return cls(series, states, transition, membership.mean(axis=0), membership)

    @property
    def labels(self) -> npt.NDArray[np.intp]:
        """The most probable state of each frame, (N,)."""
        return self.membership.argmax(axis=1)

    def label(self, series: Series) -> npt.NDArray[np.intp]:
        """The most probable state of each frame of another series."""
        return _smooth_all([self], [series]).membership[0, : len(series)].argmax(axis=1)


def fit_chains(rivals: Sequence[Sequence[Chain]]) -> list[Chain]:
    """Fit chains of the same K, each to its series, and give the most likely of each set of rivals.

    All rivals go through the first iterations, the best of them through the others. Chains that
    have converged are left alone.
    """
    going = [chain for of_series in rivals for chain in of_series]
    for iteration in range(_ITERATIONS):
        if iteration == _TRIAL:
            best = [max(each, key=lambda chain: chain.log_likelihood) for each in rivals]
            going = [chain for chain in going if any(chain is one for one in best)]
        if not going:
            break
        found = _smooth_all(going, [chain.series for chain in going])
        still = []
        for i, chain in enumerate(going):
            n, k = chain.membership.shape
            likelihood = float(found.log_likelihood[i]) / n
            gain = likelihood - chain.log_likelihood
            chain.membership, chain.log_likelihood = found.membership[i, :n], likelihood
            steps = found.transitions[i] + 1 / k + _STAYS_BEFORE * np.eye(k)
            chain.transition = steps / steps.sum(axis=1, keepdims=True)
            chain.initial = chain.membership.mean(axis=0)
            if iteration <= 5 or gain >= _LEAST_GAIN:
                chain.states.learn(chain.membership)
                still.append(chain)
        going = still
    return [max(each, key=lambda chain: chain.log_likelihood) for each in rivals]


def likelihood_of(chain: Chain, series: Series) -> float:
    """Log-likelihood per frame of a series that a chain need not know."""
    return float(_smooth_all([chain], [series]).log_likelihood[0]) / len(series)


def likelihood_of_one(kind: Kind, series: Series) -> float:
    """Log-likelihood per frame where there is one state alone."""
    return float(States(kind, series, np.ones((len(series), 1))).log_density().mean())


def _smooth_all(chains: Sequence[Chain], each: Sequence[Series]) -> Smoothed:
    """Run chains over a series each; shorter ones are filled up by frames that say nothing."""
    n, k = max(map(len, each)), chains[0].membership.shape[1]
    density, begins = np.zeros((len(chains), n, k)), np.ones((len(chains), n), bool)
    for i, (chain, series) in enumerate(zip(chains, each, strict=True)):
        own = series is chain.series
        density[i, : len(series)] = chain.states.log_density(None if own else series)
        begins[i, : len(series)] = series.begins
    transition = np.stack([chain.transition for chain in chains])
    return smooth(density, transition, np.stack([chain.initial for chain in chains]), begins)
