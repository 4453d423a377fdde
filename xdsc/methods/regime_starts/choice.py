"""Which way to begin: the one whose regimes come back in another part of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from xdsc.errors import InputError, message
from xdsc.methods.regime_starts.evidence import (
    COMPARABLE,
    cross_validated,
    fitted,
    is_noise,
    kmeans_labels,
    noise_reproducibility,
    null_of,
    refined,
    searched,
)
from xdsc.methods.regime_starts.kinds import KINDS
from xdsc.methods.regime_starts.series import Series
from xdsc.progress import say

_Labels = npt.NDArray[np.intp]

#: What parts of the calendar say of labels (N,): share of their information by part, "month" or
#: "hour"; 0 where that is no more than chance.
CalendarOf: TypeAlias = Callable[[_Labels], Mapping[str, float]]

#: Ways to begin by name, and what tells regimes apart in each.
STARTS: Mapping[str, str] = MappingProxyType(
    {
        "kmeans": "k-means of the scores of EOFs",
        "means": "mean fields, in a Markov chain",
        "covariances": "mean fields and covariances, in a Markov chain",
        "dynamics": "how a frame follows from the one before, in a Markov chain",
        "spectra": "mean fields and covariances, and spectra in space, in a Markov chain",
    }
)

#: Starts that come back as well as each other differ by less.
_TIE = 0.02

#: Log-likelihood per unseen frame that more parameters have to gain. Covariances that are drawn
#: together altogether are those of one for all, but for rounding.
_LIKELIER = 0.01

#: By how much a mean of so few pairs wavers: another start may come back worse than k-means by it,
#: and has to come back better than of noise.
_SLACK = 0.05

#: Adjusted Rand index below which nothing has come back.
_LEAST_REPRODUCIBILITY = 0.4

#: The same of regimes that have a covariance each. Variances of weather waver without regimes, and
#: what is cut from them comes back by nearly as much: of seasons of real records, whose later years
#: then have regimes of their own.
_LEAST_OF_COVARIANCES = 0.5

#: Adjusted Rand index of a network's labels with those of a start, below which it has not learnt
#: to tell them.
LEAST_AGREEMENT = 0.3

#: By how much more the calendar may say of a start's labels than of those by k-means. Variances and
#: memory have an annual cycle that anomalies keep: what differs in them are seasons, which come
#: back. Regimes that are nine times as frequent in one season as in the opposite one are below it.
_CALENDAR = 0.15

#: EOFs that are looked at until a model is chosen: as many as any of them sees.
_LEADING = max(kind.d for kind in KINDS.values())

#: Frames a regime, and frames in all, below which there is k-means alone.
_LEAST_A_REGIME, _LEAST = 40, 160

#: Independent frames a regime, below which there is k-means alone: nothing that is seen so seldom
#: is known to come back. Two weeks of hours may have three or four.
_LEAST_INDEPENDENT = 5


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
    held_out_likelihood : dict of str to float
        Log-likelihood per frame of the quarters that a model does not know, for each hidden Markov
        model of scores alone, and for "memory", "dynamics" in which regimes do not differ.
    null : dict of str to dict
        For each hidden Markov model of scores alone, until one sees structure: ``gain`` of
        log-likelihood per frame over a single state, its mean in ``surrogates``, and their standard
        ``deviation``. Empty where not tried.
    calendar : dict of str to dict
        For each start the share of the information in its labels that is the ``month``, or the
        ``hour``; empty where that is not known.
    n_independent : float or None
        `Series.n_independent`, where a start had to be chosen.
    """

    start: str
    labels: _Labels
    reproducibility: dict[str, float] = field(default_factory=dict)
    noise_reproducibility: dict[str, float] = field(default_factory=dict)
    held_out_likelihood: dict[str, float] = field(default_factory=dict)
    null: dict[str, dict[str, float]] = field(default_factory=dict)
    calendar: dict[str, dict[str, float]] = field(default_factory=dict)
    n_independent: float | None = None

    @property
    def is_noise(self) -> bool:
        """Whether no model sees more in the record than in red noise, and no spectra come back."""
        return is_noise(self.null) and self.start == "kmeans"

    @property
    def rival(self) -> str | None:
        """What k-means is to be compared with, where it is kept for want of better.

        Its regimes come back no better than of red noise, though the record is none: they are parts
        of a continuum. The other start comes back furthest beyond noise, of those that do and
        whose regimes are not seasons. None elsewhere.
        """
        found, noise = self.reproducibility, self.noise_reproducibility
        if self.start != "kmeans" or not noise or self.is_noise:
            return None
        beyond = {name: found[name] - noise[name] for name in found}
        others = [
            name
            for name in _chains(found)
            if beyond[name] > _SLACK and not _is_calendar(name, self.calendar)
        ]
        if beyond["kmeans"] > _SLACK or not others:
            return None
        return max(others, key=lambda name: beyond[name])

    def to_json(self) -> dict[str, Any]:
        """All of it but the labels."""
        return {
            "start": self.start,
            "reproducibility": self.reproducibility,
            "noise_reproducibility": self.noise_reproducibility,
            "held_out_likelihood": self.held_out_likelihood,
            "null": self.null,
            "calendar": self.calendar,
            "n_independent": self.n_independent,
            "is_noise": self.is_noise,
            "rival": self.rival,
        }


def choose_start(
    series: Series, k: int, seed: int, start: str = "auto", calendar: CalendarOf | None = None
) -> Choice:
    """Find regimes in a series by the named start, or by the one whose regimes come back.

    Parameters
    ----------
    series : Series
        Scores of N frames, and their spectra. Models look at twenty scores at most; in the end the
        one that is chosen looks at N / 20, if these are more and there are as many.
    k, seed : int
        K, and what k-means is seeded with.
    start : str
        A row of `STARTS`, or "auto": regimes are looked for without each quarter of the record,
        and labels of two models compared in the quarters that one of them does not know. (Halves
        say less: two years hardly show moving regimes once, let alone twice.) It is k-means, unless
        another start's regimes come back as well, to 0.05 and by 0.5 at least ("means" by 0.4), and
        better once what comes back of phase-randomised surrogates is taken from both; by 0.05
        better than of these in any case. Of "means" and "covariances" the one counts that makes the
        quarters more likely that it does not know; "dynamics" only if it makes them more likely
        than a chain with one memory for all regimes does. None counts whose regimes are the
        calendar, more than k-means' are by 0.15 of their information. Of the others the one is
        taken that comes back best, and the first in `STARTS` of those within 0.02 of it. Where no
        hidden Markov model of scores alone gains more likelihood on the record than on surrogates,
        none of them counts but "spectra".
    calendar : callable, optional
        What the calendar says of labels, where dates are known.

    Raises
    ------
    InputError
        There are no spectra for ``start="spectra"``.
    """
    # Of many small products one thread makes short work, and several wait for each other.
    with threadpool_limits(1):
        return _choose(series, series.leading(_LEADING), k, seed, start, calendar)


def _choose(
    every: Series, series: Series, k: int, seed: int, start: str, calendar: CalendarOf | None
) -> Choice:
    """What `choose_start` does, with every score and with the leading ones."""

    def labels_of(name: str) -> _Labels:
        if name == "kmeans":
            return kmeans_labels(series, k, seed)
        say("looking for a start: hidden Markov models")
        models = fitted([series], k, seed)[0]
        return refined(searched(series, name, models[name], k, seed), every).labels

    if start == "spectra" and not series.spectra.shape[1]:
        raise InputError(
            message(
                "fields on a grid of several points for start='spectra'",
                "fields without waves in space that change",
                "use start='auto'",
            )
        )
    if start != "auto" or series.scores.shape[1] < 2:
        name = "kmeans" if start == "auto" else start
        return Choice(name, labels_of(name))
    n = series.n_independent
    if not _is_enough(series, n, k):
        return Choice("kmeans", labels_of("kmeans"), n_independent=n)
    say("looking for a start: what they see in red noise")
    null = null_of(series, k, seed)
    say("looking for a start: which regimes come back")
    found, held_out, labels = cross_validated(series, k, seed)
    said = {} if calendar is None else {name: _mean(map(calendar, labels[name])) for name in labels}
    noise = noise_reproducibility(series, k, seed)
    counts = found
    if is_noise(null):
        # Scores of red noise say nothing of regimes that other things tell apart.
        counts = {name: found[name] for name in found if name == "kmeans" or KINDS[name].spectra}
    best = _best_beyond_noise(counts, noise, held_out, said)
    return Choice(best, labels_of(best), found, noise, held_out, null, said, n)


def _mean(each: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each value of several mappings with the same keys."""
    found = list(each)
    return {key: float(np.mean([one[key] for one in found])) for key in found[0]}


def _chains(found: Mapping[str, float]) -> list[str]:
    """Hidden Markov models that were tried, the one that says the least first."""
    return [name for name in KINDS if name in found]


def _least_reproducibility(start: str) -> float:
    """Adjusted Rand index below which a start's regimes have not come back."""
    return _LEAST_OF_COVARIANCES if KINDS[start].own_covariance else _LEAST_REPRODUCIBILITY


def _is_calendar(start: str, said: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether the calendar says much more of the labels of a start than of those of k-means."""
    of_kmeans = said.get("kmeans", {})
    own = said.get(start, {})
    return any(share > of_kmeans[part] + _CALENDAR for part, share in own.items())


def _best_beyond_noise(
    found: Mapping[str, float],
    noise: Mapping[str, float],
    held_out: Mapping[str, float],
    said: Mapping[str, Mapping[str, float]],
) -> str:
    """The start whose regimes come back best, of those that beat k-means beyond red noise.

    What comes back because it is a season, by what the calendar has `said` of labels, does not.
    """
    beyond = {name: found[name] - noise[name] for name in found}
    # To come back worse than of noise is chance, which is nothing that others could beat.
    bar = max(beyond["kmeans"], _SLACK)
    # A start that comes back worse than k-means is no regime that one can rely on.
    least = found["kmeans"] - _SLACK
    rivals = [
        name
        for name in _chains(found)
        if found[name] >= max(least, _least_reproducibility(name))
        and beyond[name] > bar
        and not _is_calendar(name, said)
    ]
    # Few parameters come back more easily, and memory looks like dynamics: whether more is needed
    # unseen frames say.
    for lesser, greater in COMPARABLE:
        best, other = lesser, greater
        if held_out[greater] > held_out[lesser] + _LIKELIER:
            best, other = greater, lesser
        if other in rivals and (best in rivals or best not in KINDS):
            rivals.remove(other)
    most = max((found[name] for name in rivals), default=0.0)
    # Of those that are as good as each other, the one that says the least.
    return next((name for name in rivals if found[name] > most - _TIE), "kmeans")


def is_outdone(
    start: str, agreement: float, found: Mapping[str, float], noise: Mapping[str, float]
) -> bool:
    """Whether k-means' regimes come back better than what a network tells of a start's.

    A network that tells nothing of them is outdone by any.

    Parameters
    ----------
    start : str
        A row of `STARTS` that was chosen.
    agreement : float
        Adjusted Rand index of the network's labels with those of the start.
    found, noise : dict of str to float
        `Choice.reproducibility` and `Choice.noise_reproducibility`.
    """
    if agreement < LEAST_AGREEMENT:
        return True
    beyond = {name: found[name] - noise[name] for name in (start, "kmeans")}
    return agreement * beyond[start] < beyond["kmeans"] - _SLACK


def _is_enough(series: Series, n_independent: float, k: int) -> bool:
    """Whether what comes back in another part of the record can be told from chance."""
    least = max(_LEAST, _LEAST_A_REGIME * k)
    return len(series) >= least and n_independent >= _LEAST_INDEPENDENT * k
