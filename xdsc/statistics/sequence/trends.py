"""Trends of yearly numbers: slope, bootstrap over whole years, and Mann-Kendall's test."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]


def slope(x: _Floats, y: _Floats) -> _Floats:
    """Slope of the least squares line along the last axis; NaN where all x are equal.

    Examples
    --------
    >>> float(slope(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])))
    2.0
    """
    dx = x - x.mean(axis=-1, keepdims=True)
    spread = (dx**2).sum(axis=-1)
    along = (dx * (y - y.mean(axis=-1, keepdims=True))).sum(axis=-1)
    return np.asarray(np.where(spread > 0, along / np.where(spread > 0, spread, 1), np.nan))


def bootstrapped_slopes(x: _Floats, y: _Floats, n: int, rng: np.random.Generator) -> _Floats:
    """Slopes of n samples of whole years, drawn with replacement, shape (n,)."""
    drawn = rng.integers(0, len(x), (n, len(x)))
    return slope(x[drawn], y[drawn])


def mann_kendall(y: _Floats) -> float:
    r"""P-value of Mann-Kendall's test for a trend of N numbers, two-sided.

    .. math:: S = \sum_{i<j} \mathrm{sgn}(y_j - y_i), \quad Z = (S - \mathrm{sgn} S) / \sqrt{V}

    with the variance :math:`V = [N(N-1)(2N+5) - \sum_t t(t-1)(2t+5)] / 18`, where t are the numbers
    of equal values; the numbers are taken for independent but for the trend.

    References
    ----------
    Kendall, M. G. (1975): Rank Correlation Methods, 4th ed., Griffin.

    Examples
    --------
    >>> round(mann_kendall(np.array([1.0, 2.0, 3.0, 4.0, 5.0])), 4)
    0.0275
    """
    from scipy.stats import norm

    n = len(y)
    if n < 3:
        return float("nan")
    ranks, ties = np.unique(np.round(y, 12), return_inverse=True, return_counts=True)[1:]
    s = int(np.sign(ranks[None, :] - ranks[:, None])[np.triu_indices(n, 1)].sum())
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    if variance == 0:
        return 1.0
    return float(2 * norm.sf(abs(s - np.sign(s)) / np.sqrt(variance)))
