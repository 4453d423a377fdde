"""Which way to begin: the one whose regimes come back in another part of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from xdsc.methods.regime_starts.clusters import first_labels, kmeans
from xdsc.methods.regime_starts.em import Chain, fit_chains, likelihood_of_one
from xdsc.methods.regime_starts.kinds import KINDS
from xdsc.methods.regime_starts.series import Series
from xdsc.progress import say

_Labels = npt.NDArray[np.intp]

#: Ways to begin by name, and what tells regimes apart in each.
STARTS: Mapping[str, str] = MappingProxyType(
    {
        "kmeans": "k-means of the scores of EOFs",
        "means": "mean fields, in a Markov chain",
        "covariances": "mean fields and covariances, in a Markov chain",
        "dynamics": "how a frame follows from the one before, in a Markov chain",
    }
)

#: By how much more than k-means another start must come back beyond what it does of red noise.
_MARGIN = 0.12

#: Parts of the record each of which a model does not know.
_PARTS = 4

#: Surrogates of red noise whose regimes are looked for in the same way.
_NOISES = 2

#: Starts that come back as well as each other differ by less.
_TIE = 0.02

#: Frames a regime, and frames in all, below which there is k-means alone.
_LEAST_A_REGIME, _LEAST = 40, 160

#: Structure is said where the likelihood gains so much more than in surrogates of red noise,
#: in shares of their gain and in their standard deviations.
_EXCESS, _DEVIATIONS = 0.1, 4.0

#: Surrogates; fewer of a long record, each of which costs more and says more.
_SURROGATES, _FEWER, _LONG = 9, 5, 2000


@dataclass(frozen=True)
class Choice:
    """Where to begin, and why there.

    Attributes
    ----------
    start : str
        A row of `STARTS`.
    labels : numpy.ndarray of int, shape (N,)
        Found by it.
    reproducibility : dict of str to float
        Adjusted Rand index between regimes found without one quarter of the record and without
        another, in these two; for each start that was tried, empty where nothing was compared.
    noise_reproducibility : dict of str to float
        The same for phase-randomised surrogates, their mean. A continuum is cut by k-means in much
        the same way twice, and the more so the fewer its directions; by a Markov chain it is not.
    null : dict of str to dict
        For each hidden Markov model, until one sees structure: ``gain`` of log-likelihood per frame
        over a single state, its mean in ``surrogates``, and their standard ``deviation``. Empty
        where not tried.
    """

    start: str
    labels: _Labels
    reproducibility: dict[str, float] = field(default_factory=dict)
    noise_reproducibility: dict[str, float] = field(default_factory=dict)
    null: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def is_noise(self) -> bool:
        """Whether no model sees more in the record than in red noise."""
        return _is_noise(self.null)

    def to_json(self) -> dict[str, Any]:
        """All of it but the labels."""
        return {
            "start": self.start,
            "reproducibility": self.reproducibility,
            "noise_reproducibility": self.noise_reproducibility,
            "null": self.null,
            "is_noise": self.is_noise,
        }


def choose_start(series: Series, k: int, seed: int, start: str = "auto") -> Choice:
    """Find regimes in a series by the named start, or by the one whose regimes come back.

    Parameters
    ----------
    series : Series
        Scores of N frames.
    k, seed : int
        K, and what k-means is seeded with.
    start : str
        A row of `STARTS`, or "auto": regimes are looked for without each quarter of the record,
        and labels of two models compared in the quarters that one of them does not know. (Halves
        say less: two years hardly show moving regimes once, let alone twice.) It is k-means, unless
        another start's regimes come back at least as well, and 0.12 better once what comes back of
        phase-randomised surrogates is taken from both. Where no hidden Markov model gains more
        likelihood on the record than on surrogates, k-means is kept.
    """
    # Of many small products one thread makes short work, and several wait for each other.
    with threadpool_limits(1):
        return _choose(series, k, seed, start)


def _choose(series: Series, k: int, seed: int, start: str) -> Choice:
    if start == "kmeans" or (start == "auto" and not _is_enough(series, k)):
        return Choice("kmeans", _kmeans_labels(series, k, seed))
    if start != "auto":
        return Choice(start, _fitted([series], [start], k, seed)[0][start].labels)
    say("looking for a start: hidden Markov models")
    models = _fitted([series], list(KINDS), k, seed)[0]
    say("looking for a start: what they see in red noise")
    null = _null(series, models, k, seed)
    say("looking for a start: which regimes come back")
    found = _reproducibility(series, k, seed)
    noise = _noise_reproducibility(series, k, seed)
    best = _best_beyond_noise(found, noise)
    if _is_noise(null):
        best = "kmeans"
    labels = _kmeans_labels(series, k, seed) if best == "kmeans" else models[best].labels
    return Choice(best, labels, found, noise, null)


def _best_beyond_noise(found: Mapping[str, float], noise: Mapping[str, float]) -> str:
    """The start whose regimes come back best, of those that beat k-means beyond red noise."""
    beyond = {name: found[name] - noise[name] for name in found}
    # A start that comes back worse than k-means, be it of noise, is no regime that one can rely on.
    least = max(found["kmeans"], noise["kmeans"])
    rivals = [
        name for name in KINDS if found[name] >= least and beyond[name] > beyond["kmeans"] + _MARGIN
    ]
    most = max((found[name] for name in rivals), default=0.0)
    # Of those that are as good as each other, the one that says the least.
    return next((name for name in rivals if found[name] > most - _TIE), "kmeans")


def _is_enough(series: Series, k: int) -> bool:
    return len(series) >= max(_LEAST, _LEAST_A_REGIME * k) and series.scores.shape[1] > 1


def _kmeans_labels(series: Series, k: int, seed: int) -> _Labels:
    found: _Labels = kmeans(series.scores, k, seed, 20).labels_.astype(np.intp)
    return found


def _fitted(each: list[Series], names: list[str], k: int, seed: int) -> list[dict[str, Chain]]:
    """The best chain of each kind for each series."""
    return _best_chains(each, [first_labels(series, k, seed) for series in each], names, k)


def _best_chains(
    each: list[Series], begins: list[list[_Labels]], names: list[str], k: int
) -> list[dict[str, Chain]]:
    """The most likely of the chains that begin with given labels, by kind, for each series."""
    rivals = [
        [Chain.begin(KINDS[name], series, labels, k) for labels in of_series]
        for series, of_series in zip(each, begins, strict=True)
        for name in names
    ]
    best = iter(fit_chains(rivals))
    return [{name: next(best) for name in names} for _ in each]


def _reproducibility(series: Series, k: int, seed: int) -> dict[str, float]:
    """How well labels of models that do not know one quarter or another agree in these two."""
    edges = np.linspace(0, len(series), _PARTS + 1).astype(np.intp)
    left_out = [np.arange(start, stop) for start, stop in pairwise(edges)]
    parts = [series.without(start, stop) for start, stop in pairwise(edges)]
    labels = {
        "kmeans": [kmeans(part.scores, k, seed).predict(series.scores) for part in parts],
        **{name: [] for name in KINDS},
    }
    for models in _fitted(parts, list(KINDS), k, seed):
        for name, chain in models.items():
            labels[name].append(chain.label(series))
    found = {}
    for name, of_parts in labels.items():
        agreement = []
        for i, j in combinations(range(_PARTS), 2):
            frames = np.concatenate([left_out[i], left_out[j]])
            agreement.append(adjusted_rand_score(of_parts[i][frames], of_parts[j][frames]))
        found[name] = float(np.mean(agreement))
    return found


def _noise_reproducibility(series: Series, k: int, seed: int) -> dict[str, float]:
    """What comes back of red noise, a mean over surrogates."""
    rng = np.random.default_rng([seed, 1])
    each = [_reproducibility(series.surrogate(rng), k, seed) for _ in range(_NOISES)]
    return {name: float(np.mean([found[name] for found in each])) for name in STARTS}


def _null(
    series: Series, models: Mapping[str, Chain], k: int, seed: int
) -> dict[str, dict[str, float]]:
    """What models gain on surrogates, one model after the other until one sees structure."""
    rng = np.random.default_rng(seed)
    number = _FEWER if len(series) > _LONG else _SURROGATES
    surrogates = [series.surrogate(rng) for _ in range(number)]
    begins = [first_labels(surrogate, k, seed) for surrogate in surrogates]
    found: dict[str, dict[str, float]] = {}
    for name, kind in KINDS.items():
        fitted = _best_chains(surrogates, begins, [name], k)
        gains = [
            chains[name].log_likelihood - likelihood_of_one(kind, surrogate)
            for surrogate, chains in zip(surrogates, fitted, strict=True)
        ]
        found[name] = {
            "gain": models[name].log_likelihood - likelihood_of_one(kind, series),
            "surrogates": float(np.mean(gains)),
            "deviation": float(np.std(gains, ddof=1)),
        }
        if _sees(**found[name]):
            break
    return found


def _is_noise(null: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether models were tried, and none sees more in the record than in red noise."""
    return bool(null) and not any(_sees(**found) for found in null.values())


def _sees(gain: float, surrogates: float, deviation: float) -> bool:
    """Whether a model gains more on the record than on its surrogates."""
    more = gain - surrogates
    return more > _EXCESS * max(surrogates, 1e-12) and more > _DEVIATIONS * deviation
