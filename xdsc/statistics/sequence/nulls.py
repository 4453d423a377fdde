"""What all tests of statistics share: seeds, two-sided p-values and false discoveries."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.arguments import in_range

#: More draws take all memory, and tell nothing more.
MOST_DRAWS = 100_000
_Floats = npt.NDArray[np.float64]


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
    in_range("n", n, 1, MOST_DRAWS, default=1000, whole=True)
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    in_range("random_state", random_state, 0, default=0, whole=True)
    attrs = {"n_surrogates": int(n), "random_state": int(random_state)}
    return np.random.default_rng(random_state), attrs


def tail_shares(observed: _Floats, surrogates: _Floats) -> tuple[_Floats, _Floats]:
    """How often a null gives more, and less: p of "more" and p of "less".

    Surrogates that are equal count by half (mid-p), so that p-values of small numbers are not too
    large on average, as they would be if they counted in full [1]_.

    Parameters
    ----------
    observed : numpy.ndarray, of any shape
    surrogates : numpy.ndarray, shape (n, ...)

    Returns
    -------
    tuple of numpy.ndarray
        ``(1 + number beyond + half the number of equal ones) / (n + 1)``, never 0.

    References
    ----------
    .. [1] Fay, M. P. (2010): Two-sided exact tests and matching confidence intervals for discrete
       data. The R Journal 2, 53-58.

    Examples
    --------
    >>> more, less = tail_shares(np.array(3.0), np.array([1.0, 2.0, 3.0, 1.0]))
    >>> float(more), float(less)
    (0.3, 0.9)
    """
    slack = 1e-9 * np.maximum(np.abs(observed), 1e-9)  # rounding is no difference
    above = (surrogates > observed + slack).sum(axis=0)
    below = (surrogates < observed - slack).sum(axis=0)
    equal = len(surrogates) - above - below
    more, less = ((1 + part + equal / 2) / (len(surrogates) + 1) for part in (above, below))
    return np.asarray(more, dtype=np.float64), np.asarray(less, dtype=np.float64)


def two_sided(more: _Floats, less: _Floats) -> _Floats:
    """P-value of a difference either way: twice the smaller one, at most 1."""
    return np.asarray(np.minimum(1.0, 2 * np.minimum(more, less)), dtype=np.float64)


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
