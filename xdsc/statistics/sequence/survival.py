"""How many spells last longer: Kaplan-Meier's estimate, and the test of a geometric law."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xdsc.statistics.chance import mid_p

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.intp]


def survival(steps: _Integers, whole: npt.NDArray[np.bool_], longest: int) -> _Floats:
    r"""Share of spells that last longer than n steps, n from 0 to `longest`.

    .. math:: S(n) = \prod_{i \le n} (1 - d_i / r_i)

    with the number :math:`d_i` of spells that end after i steps, of the :math:`r_i` of which it is
    known whether they do [1]_. Where all are whole it is the plain share.

    Parameters
    ----------
    steps : numpy.ndarray of int, shape (E,)
        Lengths of whole spells; of others after how many steps they are known to have gone on,
        which is one less than were seen.
    whole : numpy.ndarray of bool, shape (E,)
        Whether the end of each is known.
    longest : int

    Returns
    -------
    numpy.ndarray, shape (longest + 1,)
        NaN from where nothing is known.

    References
    ----------
    .. [1] Kaplan, E. L., Meier, P. (1958): Nonparametric estimation from incomplete observations.
       Journal of the American Statistical Association 53, 457-481.

    Examples
    --------
    >>> survival(np.array([1, 2, 2, 4]), np.array([True, True, False, True]), 4).tolist()
    [1.0, 0.75, 0.5, 0.5, 0.0]
    """
    ended = np.bincount(steps[whole], minlength=longest + 1)
    seen = np.bincount(steps, minlength=longest + 1)[::-1].cumsum()[::-1]
    ratio = 1 - ended / np.where(seen > 0, seen, 1)
    found = np.cumprod(ratio)
    # Past the longest spell that was cut off nobody knows.
    last = int(steps.max(initial=0))
    if not steps.size or found[last] > 0:
        found[last + 1 if steps.size else 0 :] = np.nan
    return np.asarray(found, dtype=np.float64)


def geometric_p_value(steps: _Integers, n: int, rng: np.random.Generator) -> float:
    r"""P-value of the law :math:`P(L = l) = p^{l-1} (1 - p)` for the lengths of E spells.

    The statistic is the largest distance of the shares of longer spells from those of the law with
    its most likely p, as in Kolmogorov's and Smirnov's test. Given their sum, which says all that
    there is to say of p, lengths under this law are any that have the sum with the same
    probability: the test draws such ones, and needs no p.

    Parameters
    ----------
    steps : numpy.ndarray of int, shape (E,)
        Lengths of whole spells.
    n : int
        Number of draws.

    Returns
    -------
    float
        NaN for fewer than two spells.

    References
    ----------
    Lockhart, R. A., O'Reilly, F. J., Stephens, M. A. (2007): Exact conditional tests and
    approximate bootstrap tests for the von Mises distribution. Journal of Statistical Theory and
    Practice 1, 543-554.
    """
    total, size = int(steps.sum()), len(steps)
    if size < 2:
        return float("nan")
    p = 1 - size / total
    observed = _distance(np.bincount(steps)[None], size, p)[0]
    further = equal = 0
    for begin in range(0, n, 100):
        drawn = _lengths(total, size, min(100, n - begin), rng)
        rows = np.arange(len(drawn))[:, None]
        width = int(drawn.max()) + 1
        counts = np.bincount((rows * width + drawn).ravel(), minlength=len(drawn) * width)
        distances = _distance(counts.reshape(len(drawn), width), size, p)
        same = np.abs(distances - observed) < 1e-12
        further += int(((distances > observed) & ~same).sum())
        equal += int(same.sum())
    return float(mid_p(further, equal, n))


def _lengths(total: int, size: int, n: int, rng: np.random.Generator) -> _Integers:
    """Draw n times the lengths of `size` spells of `total` steps, each with the same probability.

    These are the distances between places where one ends, chosen from total - 1.
    """
    places = rng.random((n, total - 1)).argpartition(size - 2, axis=1)[:, : size - 1] + 1
    ends = np.sort(places, axis=1)
    edges = np.concatenate([np.zeros((n, 1), int), ends, np.full((n, 1), total)], axis=1)
    return np.diff(edges, axis=1)


def _distance(counts: npt.NDArray[np.int_], size: int, p: float) -> _Floats:
    """Largest distance from the law, of numbers of spells by length, (n, longest + 1)."""
    longer = 1 - counts.cumsum(axis=1) / size
    law = p ** np.arange(counts.shape[1])
    return np.asarray(np.abs(longer - law).max(axis=1), dtype=np.float64)
