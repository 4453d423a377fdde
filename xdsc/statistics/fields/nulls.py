"""How large differences between a regime and all other time steps are by chance.

Plain functions of arrays: N labelled samples of C cells, in the order of time. All compare the mean
of each of K regimes with that of its complement, and give p-values (K, C), two-sided; NaN where a
cell has too few values.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from xdsc.progress import steps
from xdsc.statistics.chance import mid_p, two_sided
from xdsc.statistics.fields.draws import Draws

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

# Part of a difference that is rounding.
_ROUNDING = 1e-5
# Time steps over which times of onsets are correlated, and most effective samples for one.
_REACH, _MOST = 20, 4.0


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


def apart_share(r: Floats, indicator: Floats, run: Integers) -> Floats:
    r"""Effective over true number of samples, of red noise at times that keep apart.

    .. math:: \Big[1 + 2 \sum_{τ=1}^{20} r_1^τ \, r_I(τ)\Big]^{-1}

    with the autocorrelation of the indicator of these times, which does not fall as a power.

    Parameters
    ----------
    r : numpy.ndarray, shape (C,)
        Correlations of neighbours in time.
    indicator : numpy.ndarray, shape (N, K)
        1 and 0, less its mean.
    run : numpy.ndarray of int, shape (N,)
        Number of the run without a gap of each sample.

    Returns
    -------
    numpy.ndarray, shape (K, C)
    """
    r = np.clip(r, 0, 1)
    variance = (indicator**2).mean(axis=0)
    total = np.zeros((indicator.shape[1], r.size))
    for lag in range(1, min(_REACH, len(run) - 1) + 1):
        same = run[lag:] == run[:-lag]
        products = (indicator[lag:] * indicator[:-lag])[same].sum(axis=0) / max(same.sum(), 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            total += np.nan_to_num(products / variance)[:, None] * r**lag
    return np.asarray(1 / np.maximum(1 + 2 * total, 1 / _MOST))


def t_test(
    x: Floats,
    codes: Integers,
    k: int,
    pairs: npt.NDArray[np.bool_],
    *,
    onsets_in: Integers | None = None,
) -> Floats:
    r"""Welch's t-test with the effective sample size :math:`n (1 - r_1) / (1 + r_1)`.

    A difference of means is the regression of a field on the indicator of a regime, so that
    :math:`r_1` is the product of both lag-1 autocorrelations, as for every covariance of two red
    series: that of the field alone would be right only for regimes that never end. Onsets are
    further apart than by chance, which `apart_share` takes into account; `onsets_in` are then the
    runs without a gap that samples lie in, (N,).
    """
    from scipy.special import stdtr  # here, so that `import xdsc` stays quick

    x, valid = _centred(x)
    filled = np.where(valid, x, 0)
    member = (codes == np.arange(k)[:, None]).astype(np.float64)
    n, total, square = member @ valid, member @ filled, member @ filled**2
    indicator = (member - member.mean(axis=1, keepdims=True)).T
    if onsets_in is not None:
        share = apart_share(lag_1(x, pairs), indicator, onsets_in)
    else:
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


def placement(x: Floats, draws: Draws, n: int, seed: int) -> Floats:
    """How often drawn labels have a difference beyond the one found, two-sided.

    Parameters
    ----------
    x : numpy.ndarray, shape (N, C)
        Values, NaN where they are missing.
    draws : Draws
        The labels, and what is drawn of them.
    n : int
        Number of draws.
    seed : int
        Of the draws.
    """
    x, valid = _centred(x)
    filled = np.where(valid, x, 0)
    # Of the size of 1, so that single precision does, which is twice as quick.
    largest = np.abs(filled).max(axis=0)
    single = (filled / np.where(largest > 0, largest, 1)).astype(np.float32)
    # Where no value is missing there are as many in all cells.
    there = (valid[:, :1] if valid.all() else valid).astype(np.float32)
    both = np.concatenate([single, there], axis=1)
    every, number = both.sum(axis=0, dtype=np.float64), valid.sum(axis=0)

    def differences(drawn: Integers) -> Iterator[Floats]:
        totals = draws.totals(drawn, both)
        for regime in range(draws.k):
            part = totals[:, regime].astype(np.float64)
            total, count = part[:, : x.shape[1]], part[:, x.shape[1] :]
            # Without a value on one side there is no difference, where rounding over 0 is infinite.
            one, other = (np.where(part > 0, part, np.nan) for part in (count, number - count))
            yield total / one - (every[: x.shape[1]] - total) / other

    found = np.concatenate(list(differences(draws.found[None])))
    slack = _ROUNDING * np.abs(found)
    above, below, drawn = (np.zeros(found.shape) for _ in range(3))
    rng = np.random.default_rng(seed)
    batch = draws.at_once(both.shape[1])
    for start in steps(range(0, n, batch), "Drawing labels", "batch"):
        some = np.stack([draws.draw(rng) for _ in range(min(batch, n - start))])
        for regime, chance in enumerate(differences(some)):
            above[regime] += (chance > found[regime] + slack[regime]).sum(axis=0)
            below[regime] += (chance < found[regime] - slack[regime]).sum(axis=0)
            drawn[regime] += np.isfinite(chance).sum(axis=0)
    equal = drawn - above - below
    p = two_sided(mid_p(above, equal, drawn), mid_p(below, equal, drawn))
    return np.where(np.isfinite(found) & (drawn > 0), p, np.nan)


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
