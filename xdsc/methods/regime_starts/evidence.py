"""What speaks for a way to begin: its regimes come back, tell unseen frames, and are no noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score

from xdsc.methods.regime_starts.clusters import first_labels, kmeans
from xdsc.methods.regime_starts.em import Chain, fit_chains, likelihood_of, likelihood_of_one
from xdsc.methods.regime_starts.kinds import KINDS, MEMORY
from xdsc.methods.regime_starts.series import Series

_Labels = npt.NDArray[np.intp]

#: Chains whose likelihoods can be compared, the lesser first: they look at the same scores, and
#: both or neither of them at the frame before.
COMPARABLE = (("means", "covariances"), ("memory", "dynamics"))

#: Starts, and what one of them is compared with.
_KINDS = {**KINDS, "memory": MEMORY}

#: Seeds of beginnings besides the first one, of the chain that is kept.
_MORE = 3

#: Frames for each EOF that the chain that is kept looks at in the end, if it is not lagged.
_FRAMES_AN_EOF = 20

#: Parts of the record each of which a model does not know.
_PARTS = 4

#: Surrogates of red noise whose regimes are looked for in the same way.
_NOISES = 2

#: Structure is said where the likelihood gains so much more than in surrogates of red noise,
#: in shares of their gain and in their standard deviations.
_EXCESS, _DEVIATIONS = 0.1, 4.0

#: Surrogates; fewer of a long record, each of which costs more and says more.
_SURROGATES, _FEWER, _LONG = 9, 5, 2000


def kmeans_labels(series: Series, k: int, seed: int) -> _Labels:
    """Labels (N,) by k-means of the scores."""
    found: _Labels = kmeans(series.scores, k, seed, 20).labels_.astype(np.intp)
    return found


def kinds_of(series: Series) -> list[str]:
    """Rows of `KINDS` that can be fitted: all, or without spectra those that need none."""
    has_spectra = series.spectra.shape[1] > 0
    return [name for name, kind in KINDS.items() if has_spectra or not kind.spectra]


def fitted(
    each: list[Series], k: int, seed: int, also: tuple[str, ...] = ()
) -> list[dict[str, Chain]]:
    """The most likely chain of each kind for each series, those named besides at the end.

    Rows of `KINDS` begin with first labels, and then with those of the others that look at scores
    alone: where one is led astray another often is not.
    """
    names = kinds_of(each[0])
    first = [_beginnings(series, [*names, *also], k, seed) for series in each]
    found = _best_chains(each, first, k)
    of_scores = [name for name in names if not KINDS[name].spectra]
    of_others = [
        {name: [chains[other].labels for other in of_scores if other != name] for name in names}
        for chains in found
    ]
    again = _best_chains(each, of_others, k)
    return [
        chains | {name: _likelier(chains[name], other) for name, other in others.items()}
        for chains, others in zip(found, again, strict=True)
    ]


def _beginnings(series: Series, names: list[str], k: int, seed: int) -> dict[str, list[_Labels]]:
    """First labels for each kind: of the spectra where it looks at these, else of the scores."""
    looks = {name: _KINDS[name].spectra for name in names}
    of = {
        at_spectra: first_labels(series.of_spectra if at_spectra else series, k, seed)
        for at_spectra in set(looks.values())
    }
    return {name: of[at_spectra] for name, at_spectra in looks.items()}


def searched(series: Series, name: str, begun: Chain, k: int, seed: int) -> Chain:
    """The most likely chain of a kind: one that is known, or one that more beginnings lead to."""
    seeds = np.random.default_rng([seed, 2]).integers(2**31, size=_MORE)
    first = [x for own in seeds for x in _beginnings(series, [name], k, int(own))[name]]
    found = fit_chains([[Chain.begin(_KINDS[name], series, labels, k) for labels in first]])
    return _likelier(begun, found[0])


def _likelier(one: Chain, other: Chain) -> Chain:
    return max(one, other, key=lambda chain: chain.log_likelihood)


def refined(chain: Chain, series: Series) -> Chain:
    """A chain goes on with as many EOFs as the frames are enough for, if these are more.

    Few lead to better solutions, and more then tell the regimes better; but not regimes that differ
    in their dynamics, which have a coefficient for each pair of EOFs.
    """
    kind, k = chain.states.kind, chain.membership.shape[1]
    d = min(len(series) // _FRAMES_AN_EOF, series.scores.shape[1])
    if kind.lagged or d <= kind.d:
        return chain
    return fit_chains([[Chain.begin(replace(kind, d=d), series, chain.labels, k)]])[0]


def _best_chains(
    each: list[Series], begins: list[dict[str, list[_Labels]]], k: int
) -> list[dict[str, Chain]]:
    """The most likely of the chains that begin with given labels, by kind, for each series."""
    rivals = [
        [Chain.begin(_KINDS[name], series, labels, k) for labels in of_kind]
        for series, by_kind in zip(each, begins, strict=True)
        for name, of_kind in by_kind.items()
    ]
    best = iter(fit_chains(rivals))
    return [{name: next(best) for name in by_kind} for by_kind in begins]


def cross_validated(
    series: Series, k: int, seed: int
) -> tuple[dict[str, float], dict[str, float], dict[str, list[_Labels]]]:
    """How well regimes come back without a quarter of the record, and how likely they make it.

    Returns
    -------
    reproducibility : dict of str to float
        For each start, adjusted Rand index between labels of models that do not know one quarter
        and another, in these two; mean of all pairs.
    held_out_likelihood : dict of str to float
        For the chains of `COMPARABLE`, log-likelihood per frame of the quarters that a model does
        not know, their mean (Smyth 2000).
    labels : dict of str to list of numpy.ndarray, shape (N,)
        For each start, by each model; of all frames, those that it does not know as well.
    """
    ends = list(pairwise(_edges(series)))
    models = _without_each_part(series, k, seed, also=("memory",))
    held_out = {
        name: float(
            np.mean(
                [
                    likelihood_of(chains[name], series.only(start, stop))
                    for chains, (start, stop) in zip(models, ends, strict=True)
                ]
            )
        )
        for pair in COMPARABLE
        for name in pair
    }
    labels = _labels_of_models(series, models, k, seed)
    return _reproducibility(series, labels), held_out, labels


def _edges(series: Series) -> npt.NDArray[np.intp]:
    return np.linspace(0, len(series), _PARTS + 1).astype(np.intp)


def _without_each_part(
    series: Series, k: int, seed: int, also: tuple[str, ...] = ()
) -> list[dict[str, Chain]]:
    """Chains that do not know one quarter of the record, or another."""
    parts = [series.without(start, stop) for start, stop in pairwise(_edges(series))]
    return fitted(parts, k, seed, also)


def _labels_of_models(
    series: Series, models: list[dict[str, Chain]], k: int, seed: int
) -> dict[str, list[_Labels]]:
    """Labels of all frames by models that do not know one quarter or another, by start."""
    parts = [series.without(start, stop) for start, stop in pairwise(_edges(series))]
    return {
        "kmeans": [kmeans(part.scores, k, seed).predict(series.scores) for part in parts],
        **{name: [own[name].label(series) for own in models] for name in kinds_of(series)},
    }


def _reproducibility(series: Series, labels: dict[str, list[_Labels]]) -> dict[str, float]:
    """How well labels of models that do not know one quarter or another agree in these two."""
    left_out = [np.arange(start, stop) for start, stop in pairwise(_edges(series))]
    return {name: _agreement(of_parts, left_out) for name, of_parts in labels.items()}


def _agreement(labels: list[_Labels], left_out: list[_Labels]) -> float:
    """Mean agreement of each two models where one of them does not know the frames."""
    found = []
    for i, j in combinations(range(len(labels)), 2):
        frames = np.concatenate([left_out[i], left_out[j]])
        found.append(adjusted_rand_score(labels[i][frames], labels[j][frames]))
    return float(np.mean(found))


def noise_reproducibility(series: Series, k: int, seed: int) -> dict[str, float]:
    """What comes back of red noise, a mean over surrogates."""
    rng = np.random.default_rng([seed, 1])
    each = []
    for _ in range(_NOISES):
        noise = series.surrogate(rng)
        models = _without_each_part(noise, k, seed)
        each.append(_reproducibility(noise, _labels_of_models(noise, models, k, seed)))
    return {name: float(np.mean([found[name] for found in each])) for name in each[0]}


def null_of(series: Series, k: int, seed: int) -> dict[str, dict[str, float]]:
    """What models gain on the record and on surrogates, until one sees structure.

    All chains begin with the first labels alone: those of the record must not be looked for harder.
    """
    rng = np.random.default_rng(seed)
    number = _FEWER if len(series) > _LONG else _SURROGATES
    each = [series, *(series.surrogate(rng) for _ in range(number))]
    labels = [first_labels(one, k, seed) for one in each]
    found: dict[str, dict[str, float]] = {}
    for name, kind in KINDS.items():
        if kind.spectra:
            # The logarithm of the power of noise is not Gaussian, which would be structure.
            continue
        models = _best_chains(each, [{name: of_one} for of_one in labels], k)
        gain, *gains = [
            chains[name].log_likelihood - likelihood_of_one(kind, one)
            for one, chains in zip(each, models, strict=True)
        ]
        found[name] = {
            "gain": gain,
            "surrogates": float(np.mean(gains)),
            "deviation": float(np.std(gains, ddof=1)),
        }
        if _sees(**found[name]):
            break
    return found


def is_noise(null: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether models were tried, and none sees more in the record than in red noise."""
    return bool(null) and not any(_sees(**found) for found in null.values())


def _sees(gain: float, surrogates: float, deviation: float) -> bool:
    """Whether a model gains more on the record than on its surrogates."""
    more = gain - surrogates
    return more > _EXCESS * max(surrogates, 1e-12) and more > _DEVIATIONS * deviation
