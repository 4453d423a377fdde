"""How large differences between a regime and all other time steps are by chance.

Plain functions of arrays: N labelled samples of C cells, in the order of time. All compare the mean
of each of K regimes with that of its complement, and give p-values (K, C), two-sided; NaN where a
cell has too few values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.progress import steps

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
#: A random generator and how many draws -> the regime of each sample in each draw, (draws, N).
Draw = Callable[[np.random.Generator, int], Integers]

# Bytes that surrogates of all samples may take at a time.
_BYTES = 32 * 2**20
# Part of a difference that is rounding.
_ROUNDING = 1e-5


def effective_share(r: npt.ArrayLike) -> Floats:
    r"""Share of samples that counts as independent, :math:`(1 - r_1) / (1 + r_1)`, at most 1.

    Examples
    --------
    >>> effective_share([0.0, 0.5, -0.2]).round(3).tolist()
    [1.0, 0.333, 1.0]
    """
    r = np.clip(np.asarray(r, dtype=np.float64), 0, 1)
    return np.asarray((1 - r) / (1 + r))


def lag_1(x: Floats, pairs: npt.NDArray[np.bool_]) -> Floats:
    """Correlation of neighbours in time, (C,), of N values (N, C) with a mean of 0, or NaN.

    `pairs` (N - 1,) says whether a sample and the next one are neighbours.
    """
    valid = np.isfinite(x)
    filled = np.where(valid, x, 0)
    both = (valid[:-1] & valid[1:])[pairs]
    products = (filled[:-1] * filled[1:])[pairs].sum(axis=0)
    n, variance = valid.sum(axis=0), (filled**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nan_to_num(products / both.sum(axis=0) / (variance / n)))


def t_test(x: Floats, codes: Integers, k: int, pairs: npt.NDArray[np.bool_]) -> Floats:
    r"""Welch's t-test with the effective sample size :math:`n (1 - r_1) / (1 + r_1)`.

    A difference of means is the regression of a field on the indicator of a regime, so that
    :math:`r_1` is the product of both lag-1 autocorrelations, as for every covariance of two red
    series: that of the field alone would be right only for regimes that never end.
    """
    from scipy.special import stdtr  # here, so that `import xdsc` stays quick

    x, valid = _centred(x)
    filled = np.where(valid, x, 0)
    member = (codes == np.arange(k)[:, None]).astype(np.float64)
    n, total, square = member @ valid, member @ filled, member @ filled**2
    indicator = (member - member.mean(axis=1, keepdims=True)).T
    share = effective_share(lag_1(x, pairs) * lag_1(indicator, pairs)[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, variance, size = _moments(n, total, square, share)
        rest = n.sum(axis=0) - n, total.sum(axis=0) - total, square.sum(axis=0) - square
        mean_rest, variance_rest, size_rest = _moments(*rest, share)
        one, other = variance / size, variance_rest / size_rest
        freedom = (one + other) ** 2 / (one**2 / (size - 1) + other**2 / (size_rest - 1))
        p = 2 * stdtr(freedom, -np.abs(mean - mean_rest) / np.sqrt(one + other))
    # Cells that never change do not differ.
    p = np.where((one + other == 0) & (mean == mean_rest), 1, p)
    return np.where((size < 2) | (size_rest < 2), np.nan, p)


def _moments(n: Floats, total: Floats, square: Floats, share: Floats) -> tuple[Floats, ...]:
    """Mean, variance (``ddof=1``) and effective size of samples, each (K, C)."""
    mean = total / n
    return mean, np.maximum(square - n * mean**2, 0) / (n - 1), n * share


def placement(x: Floats, codes: Integers, k: int, draw: Draw, n: int, seed: int) -> Floats:
    """Twice the share of drawn labels whose difference is beyond the one found, on its rarer side.

    `draw` gives the regime of each sample in each draw. The labels that were found count as one
    draw more.
    """
    x, valid = _centred(x)
    filled = np.where(valid, x, 0)
    # Of the size of 1, so that single precision does, which is twice as quick.
    largest = np.abs(filled).max(axis=0)
    single = (filled / np.where(largest > 0, largest, 1)).astype(np.float32)
    every, number = single.sum(axis=0, dtype=np.float64), valid.sum(axis=0)
    there = valid if valid.all() else valid.astype(np.float32)

    def difference(labels: Integers, regime: int) -> Floats:
        weights = (labels == regime).astype(np.float32)
        total, count = (weights @ single).astype(np.float64), _counts(weights, there)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(total / count - (every - total) / (number - count))

    found = np.concatenate([difference(codes[None], regime) for regime in range(k)])
    slack = _ROUNDING * np.abs(found)
    above, below, drawn = (np.zeros(found.shape) for _ in range(3))
    rng = np.random.default_rng(seed)
    batch = max(1, _BYTES // (16 * codes.size))
    for start in steps(range(0, n, batch), "Drawing labels", "batch"):
        labels = draw(rng, min(batch, n - start))
        for regime in range(k):
            chance = difference(labels, regime)
            above[regime] += (chance >= found[regime] - slack[regime]).sum(axis=0)
            below[regime] += (chance <= found[regime] + slack[regime]).sum(axis=0)
            drawn[regime] += np.isfinite(chance).sum(axis=0)
    p = np.minimum(2 * (1 + np.minimum(above, below)) / (1 + drawn), 1)
    return np.where(np.isfinite(found) & (drawn > 0), p, np.nan)


def resampled_seasons(codes: Integers, season: Integers, part: Integers) -> Draw:
    """Give each season the labels of one that is drawn, with replacement, from the same part.

    Day by day, so that the time of the year stays; shorter seasons begin again at their end.
    `season` numbers the season of each sample, `part` the part of the year that it is; both (N,).
    """
    _, start, at, length = np.unique(
        season, return_index=True, return_inverse=True, return_counts=True
    )
    day = np.arange(codes.size) - start[at]
    groups = [np.flatnonzero(part[start] == one) for one in np.unique(part)]

    def draw(rng: np.random.Generator, draws: int) -> Integers:
        source = np.empty((draws, len(start)), dtype=np.intp)
        for group in groups:
            source[:, group] = rng.choice(group, (draws, len(group)))
        return np.asarray(codes[start[source][:, at] + day % length[source][:, at]])

    return draw


def moving_blocks(codes: Integers, length: int) -> Draw:
    """Lay blocks of so many labels, which begin anywhere, one after the other.

    After the last label comes the first.
    """
    size = codes.size
    number = -(-size // length)

    def draw(rng: np.random.Generator, draws: int) -> Integers:
        starts = rng.integers(0, size, (draws, number, 1))
        places = (starts + np.arange(length)).reshape(draws, -1)[:, :size]
        return np.asarray(codes[places % size])

    return draw


def placed_events(codes: Integers, run: Integers) -> Draw:
    """Lay the events, whose ends runs are too, one after the other in random order."""
    begins = np.flatnonzero(np.diff(codes, prepend=-1) | np.diff(run, prepend=-1))
    lengths, regimes = np.diff(begins, append=codes.size), codes[begins]

    def draw(rng: np.random.Generator, draws: int) -> Integers:
        orders = (rng.permutation(len(begins)) for _ in range(draws))
        return np.stack([np.repeat(regimes[order], lengths[order]) for order in orders])

    return draw


def _centred(x: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Values minus their mean, NaN where they are missing, and where they are not; (N, C)."""
    valid = np.isfinite(x)
    filled = np.where(valid, x, 0)
    n = np.maximum(valid.sum(axis=0), 1)
    away = filled - filled.sum(axis=0) / n
    lowest = np.where(valid, x, np.inf).min(axis=0)
    highest = np.where(valid, x, -np.inf).max(axis=0)
    away[:, lowest == highest] = 0  # no rounding of what never changes
    return np.where(valid, away, np.nan), valid


def _counts(weights: npt.NDArray[np.float32], there: npt.NDArray[Any]) -> Floats:
    """How many values each draw has in each cell, (draws, C)."""
    if there.all():
        of_draw = weights.sum(axis=1, dtype=np.float64)[:, None]
        return np.broadcast_to(of_draw, (len(weights), there.shape[1]))
    return np.asarray(weights @ there, dtype=np.float64)
