"""What the states of a Markov chain are: means, covariances, dynamics, or spectra in space too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from xdsc.methods.regime_starts.series import Series

_Array = npt.NDArray[np.float64]

#: Weight of the regression of all frames in that of each regime, in variances of a predictor; and
#: where regimes do not differ in it.
_RIDGE, _SHARED = 5.0, 1e6


@dataclass(frozen=True)
class Kind:
    """In what the states of a chain differ.

    Attributes
    ----------
    d : int
        EOFs that it looks at.
    own_covariance : bool
        Whether each state has a covariance of its own, drawn to the pooled one.
    lagged : bool
        Whether a frame is regressed on the one before.
    own_dynamics : bool
        Whether each state does that in its own way.
    spectra : bool
        Whether it looks at the spectra of the frames, too.
    """

    d: int
    own_covariance: bool = False
    lagged: bool = False
    own_dynamics: bool = False
    spectra: bool = False


#: Hidden Markov models by what tells regimes apart.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "means": Kind(20),
        "covariances": Kind(20, own_covariance=True),
        "dynamics": Kind(10, own_covariance=True, lagged=True, own_dynamics=True),
        "spectra": Kind(20, own_covariance=True, spectra=True),
    }
)

#: What "dynamics" would be if regimes did not differ in them: frames remember the one before, all
#: in one way. No start, but what that one is compared with.
MEMORY = Kind(10, own_covariance=True, lagged=True)


class States:
    """Gaussian states of a chain: a regression of the frames, and a covariance, for each.

    Parameters
    ----------
    kind : Kind
        In what they differ.
    series : Series
        What they are learnt from, its leading scores.
    membership : numpy.ndarray, shape (N, K)
        Share of each state in each frame.
    """

    def __init__(self, kind: Kind, series: Series, membership: _Array) -> None:
        self.kind = kind
        x, predictors, counts = _regression(kind, series)
        self._all = x, predictors, counts
        n = max(counts.sum(), 1.0)
        weighted = predictors.T * counts
        gram = weighted @ predictors / n
        p = predictors.shape[1]
        self._common = np.linalg.solve(gram + 1e-8 * np.eye(p), weighted @ x / n)
        slopes = np.full(p - 1, _RIDGE if kind.own_dynamics else _SHARED)
        self._ridge = np.diag(np.r_[0.1 if kind.lagged else 0.0, slopes])
        self._ridge = self._ridge * np.diag(gram)
        self.learn(membership)

    def learn(self, membership: _Array) -> None:
        """Fit the states to the frames that are theirs."""
        x, predictors, counts = self._all
        d, k = x.shape[1], membership.shape[1]
        shares = membership * counts[:, None]
        weight = shares.sum(axis=0) + 1e-6
        self._coefficients, squares = [], []
        for j in range(k):
            weighted = predictors.T * shares[:, j]
            gram = weighted @ predictors + self._ridge + 1e-9 * np.eye(len(self._ridge))
            drawn = weighted @ x + self._ridge @ self._common
            self._coefficients.append(np.linalg.solve(gram, drawn))
            residual = x - predictors @ self._coefficients[-1]
            squares.append((residual.T * shares[:, j]) @ residual)
        pooled = np.sum(squares, axis=0) / max(counts.sum(), 1.0)
        floor = (1e-6 * np.trace(pooled) / d + 1e-12) * np.eye(d)
        common = pooled + floor
        whitener = np.linalg.inv(np.linalg.cholesky(common))
        if self.kind.own_covariance:
            covariances = [
                _drawn_to(common, whitener, own / max(w, 1.0), w) + floor
                for own, w in zip(squares, weight, strict=True)
            ]
            self._whiteners = list(np.linalg.inv(np.linalg.cholesky(np.stack(covariances))))
        else:
            self._whiteners = [whitener] * k

    def log_density(self, series: Series | None = None) -> _Array:
        """Logarithm of the density of frames in each state, (N, K); by default of its own."""
        x, predictors, counts = self._all if series is None else _regression(self.kind, series)
        found = np.empty((len(x), len(self._whiteners)))
        states = zip(self._coefficients, self._whiteners, strict=True)
        for j, (coefficients, whitener) in enumerate(states):
            white = (x - predictors @ coefficients) @ whitener.T
            found[:, j] = np.log(np.diag(whitener)).sum() - 0.5 * np.einsum(
                "nd,nd->n", white, white
            )
        found -= 0.5 * x.shape[1] * np.log(2 * np.pi)
        # Of a frame with none before it, a regression on that one says nothing.
        found[counts == 0] = 0.0
        return found


def _drawn_to(common: _Array, whitener: _Array, own: _Array, n: float) -> _Array:
    """The covariance of a state's n frames, drawn to the common one, which is whitened so.

    By as much as is best in the mean square: the variance that the covariance of so few Gaussian
    frames has, as a share of its squared distance from the common one, in units of that one
    (Ledoit and Wolf 2004; the variance as in Chen et al. 2010).
    """
    seen = whitener @ own @ whitener.T
    variance = (np.trace(seen) ** 2 + np.square(seen).sum()) / max(n, 1.0)
    distance = np.square(seen - np.eye(len(seen))).sum()
    share = min(1.0, variance / max(distance, 1e-12))
    return (1 - share) * own + share * common


def _regression(kind: Kind, series: Series) -> tuple[_Array, _Array, _Array]:
    """Frames (N, d), what they are regressed on (N, p), and whether they count (N,)."""
    x = series.scores[:, : kind.d]
    if kind.spectra:
        x = np.concatenate([x, series.spectra], axis=1)
    predictors, counts = np.ones((len(x), 1)), np.ones(len(x))
    if kind.lagged:
        predictors = np.concatenate([predictors, np.roll(x, 1, axis=0)], axis=1)
        counts[series.begins] = 0.0
    return x, predictors, counts
