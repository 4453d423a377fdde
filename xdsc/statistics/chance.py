"""What all tests of statistics share: seeds, p-values of surrogates and false discoveries."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.arguments import in_range
from xdsc.errors import ParameterError, Problems

_Floats = npt.NDArray[np.float64]

#: More surrogates take all memory, and tell nothing more.
MOST_DRAWS = 100_000


def check_draws(n: object, random_state: object) -> None:
    """Raise for a number of surrogates and their seed, both told, unless they can be used."""
    problems = Problems()
    with problems.collect():
        in_range("n", n, 1, MOST_DRAWS, default=1000, whole=True)
    if random_state is not None:
        with problems.collect():
            in_range("random_state", random_state, 0, default=0, whole=True)
    problems.raise_if_any(ParameterError)


def seed_of(random_state: int | None) -> int:
    """The seed that was given, or one that is drawn and that every file can hold."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    return operator.index(random_state)


def generator(random_state: int | None, n: int) -> tuple[np.random.Generator, dict[str, Any]]:
    """Random numbers of a test, and the attributes that say which.

    Parameters
    ----------
    random_state : int or None
        Seed; None draws one, which the attributes tell.
    n : int
        Number of surrogates.

    Raises
    ------
    ParameterError
        `n` is not a whole number above 0, or the seed none from 0.
    """
    check_draws(n, random_state)
    seed = seed_of(random_state)
    return np.random.default_rng(seed), {"n_surrogates": operator.index(n), "random_state": seed}


def mid_p(beyond: npt.ArrayLike, equal: npt.ArrayLike, n: npt.ArrayLike) -> _Floats:
    """P-value of what so many of `n` surrogates go beyond, and so many equal.

    What was found counts as one surrogate more, so that p is never 0 [1]_. Equal ones count by half
    (mid-p): where numbers are few, as numbers of events are, a test that counts them in full
    rejects a true null far less often than it says [2]_. Where none are equal it makes no
    difference.

    Parameters
    ----------
    beyond, equal, n : array-like
        Numbers, of one shape.

    Returns
    -------
    numpy.ndarray
        ``(1 + beyond + equal / 2) / (n + 1)``

    References
    ----------
    .. [1] Davison, A. C., Hinkley, D. V. (1997): Bootstrap Methods and their Application, Eq. 4.11.
    .. [2] Fay, M. P. (2010): Two-sided exact tests and matching confidence intervals for discrete
       data. The R Journal 2, 53-58.

    Examples
    --------
    >>> mid_p(1, 2, 4).item()
    0.6
    """
    beyond, equal, n = (np.asarray(part, dtype=np.float64) for part in (beyond, equal, n))
    return np.asarray((1 + beyond + equal / 2) / (n + 1))


def tail_shares(observed: _Floats, surrogates: _Floats) -> tuple[_Floats, _Floats]:
    """P of "more" and p of "less" than surrogates, by `mid_p`.

    Parameters
    ----------
    observed : numpy.ndarray, of any shape
    surrogates : numpy.ndarray, shape (n, ...)
        Those that are NaN, as a share of nothing, take no part.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        NaN where what was observed is.

    Examples
    --------
    >>> more, less = tail_shares(np.array(3.0), np.array([1.0, 2.0, 3.0, 1.0]))
    >>> float(more), float(less)
    (0.3, 0.9)
    """
    slack = 1e-9 * np.maximum(np.abs(observed), 1e-9)  # rounding is no difference
    above = (surrogates > observed + slack).sum(axis=0)
    below = (surrogates < observed - slack).sum(axis=0)
    n = np.where(np.isnan(observed), np.nan, np.isfinite(surrogates).sum(axis=0))
    return mid_p(above, n - above - below, n), mid_p(below, n - above - below, n)


def two_sided(more: _Floats, less: _Floats) -> _Floats:
    """P-value of a difference either way: twice the smaller one, at most 1."""
    return np.asarray(np.minimum(1.0, 2 * np.minimum(more, less)), dtype=np.float64)


def expanded_levels(n: int, fitted: int = 2) -> tuple[float, float]:
    r"""Which quantiles of bootstrap samples are the ends of an interval of 95 %.

    Those of 2.5 and 97.5 % of few pieces of a record are too narrow: they know neither that the
    pieces lie closer to what is fitted to them than to the truth, nor Student's t. Where the
    estimate is normal, :math:`Φ(± t_{n-p} \sqrt{n / (n - p)})` are right [1]_.

    Parameters
    ----------
    n : int
        Number of pieces, such as seasons, that are drawn.
    fitted : int, default 2
        Number p of parameters that are fitted to them: a line, or the means of two periods.

    References
    ----------
    .. [1] Hesterberg, T. C. (2015): What teachers should know about the bootstrap. The American
       Statistician 69, 371-386, Sec. 3.3.

    Examples
    --------
    >>> [round(level, 4) for level in expanded_levels(20)]
    [0.0134, 0.9866]
    """
    from scipy.special import ndtr, stdtrit

    freedom = n - fitted
    if freedom < 1:
        return 0.0, 1.0
    low = float(ndtr(-stdtrit(freedom, 0.975) * np.sqrt(n / freedom)))
    return low, 1 - low


def adjusted(p: _Floats) -> _Floats:
    """P-values adjusted for their number: below α where FDR is controlled at α.

    By Benjamini and Hochberg (1995) over all that are not NaN.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, np.nan, 0.03])).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    found = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        found[known] = false_discovery_control(p[known])
    return found
