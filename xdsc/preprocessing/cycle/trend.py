"""Sums over samples, and the slope that they give beside a climatology."""

from __future__ import annotations

import numpy as np

from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.cycle.climatology import TREND_VALUES

# Two whole years, each time of the year once in each, have 0.25 square years.
_LEAST_VARIANCE = 0.1


def over_members(values: Array) -> tuple[Floats, Floats]:
    """Sum and number of the values of all members at each time of a piece, ([member,] t, y, x).

    Returns
    -------
    totals, counts : array of shape (t, y, x)
        0 where nothing was observed.
    """
    valid = ~np.isnan(values)
    totals = np.where(valid, values, 0).astype(np.float64, copy=False)
    counts = valid.astype(np.float64)
    return (totals.sum(0), counts.sum(0)) if values.ndim == 4 else (totals, counts)


def dot(columns: Floats, values: Floats) -> Floats:
    """Sum over time of values (t, y, x) times each column (t, P), as (P, y, x)."""
    return np.asarray(np.tensordot(columns, values, axes=(0, 0)))


def dot_counts(columns: Floats, counts: Floats) -> Floats:
    """`dot` of numbers of values; (P, 1, 1) where all cells have the same, as most often."""
    first = counts[:, :1, :1]
    return dot(columns, first if first.size and (counts == first).all() else counts)


def slope(count: Floats, spread: Floats, product: Floats, total: Floats, *, cycle: bool) -> Floats:
    r"""Slope of each cell by the theorem of Frisch, Waugh and Lovell [1]_.

    What remains of the values, after the climatology was taken out of them, is regressed on what
    remains of time: with the residuals :math:`\tilde v, \tilde t` of C cells,

    .. math:: b = \sum \tilde t \tilde v \big/ \sum \tilde t^2

    Parameters
    ----------
    count : array of shape (C,)
        Number of values.
    spread, product : arrays of shape (C,)
        The sums of squares and of products of the residuals.
    total : array of shape (C,)
        The sum of t², residuals or not, for the scale of rounding errors.
    cycle : bool
        Whether a climatology was taken out, so that a trend needs several years.

    Returns
    -------
    array of shape (C,)
        Per year; 0 with fewer than 10 values, or at times that do not tell a slope.

    References
    ----------
    .. [1] Lovell, M. C. (2008): A simple proof of the FWL theorem. J. Econ. Educ., 39, 88-91.
    """
    least = _LEAST_VARIANCE * count if cycle else 1e-12 * total
    told = (count >= TREND_VALUES) & (spread > least)
    return np.where(told, product / np.where(told, spread, 1), 0.0)
