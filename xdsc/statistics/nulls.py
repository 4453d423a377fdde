"""What all tests of statistics share: seeds, two-sided p-values and false discoveries."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.errors import ParameterError, message

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
    if not _is_whole(n) or n < 1:
        raise ParameterError(
            message("n= as a whole number above 0", f"{n!r}", "leave it out, or pass n=1000")
        )
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    if not _is_whole(random_state) or random_state < 0:
        raise ParameterError(
            message("random_state= as a whole number from 0", f"{random_state!r}", "pass a seed")
        )
    attrs = {"n_surrogates": int(n), "random_state": int(random_state)}
    return np.random.default_rng(random_state), attrs


def tail_shares(observed: _Floats, surrogates: _Floats) -> tuple[_Floats, _Floats]:
    """How often a null gives as much, and as little: p of "more" and p of "less".

    ``p = (1 + number of surrogates as far) / (n + 1)``, which is never 0 [1]_.

    Parameters
    ----------
    observed : numpy.ndarray, of any shape
    surrogates : numpy.ndarray, shape (n, ...)

    References
    ----------
    .. [1] Phipson, B., Smyth, G. K. (2010): Permutation p-values should never be zero. Statistical
       Applications in Genetics and Molecular Biology 9, 39.

    Examples
    --------
    >>> more, less = tail_shares(np.array(3.0), np.array([1.0, 2.0, 3.0, 1.0]))
    >>> float(more), float(less)
    (0.4, 1.0)
    """
    n = len(surrogates)
    slack = 1e-9 * np.maximum(np.abs(observed), 1e-9)  # rounding is no difference
    more = (1 + (surrogates >= observed - slack).sum(axis=0)) / (n + 1)
    less = (1 + (surrogates <= observed + slack).sum(axis=0)) / (n + 1)
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


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
