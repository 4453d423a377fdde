"""Mean and standard deviation in one pass, also of cells that have no value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xdsc.preprocessing.array_types import Array


def central_moments(values: Array, axis: tuple[int, ...]) -> Array:
    """Number of values, their mean, and the sum of the squared deviations from it.

    Parameters
    ----------
    values : array of float
        NaN is left out.
    axis : tuple of int
        Dimensions to reduce.

    Returns
    -------
    array of float64, (3, ...)
        On the other dimensions; the mean of no value is 0.
    """
    valid = ~np.isnan(values)
    count = valid.sum(axis, keepdims=True)
    mean = values.sum(axis, dtype=np.float64, keepdims=True, where=valid) / np.maximum(count, 1)
    deviations = np.where(valid, values - mean, 0.0)
    squares = (deviations**2).sum(axis, keepdims=True)
    return np.stack([number.squeeze(axis) for number in (count, mean, squares)])


def pooled_moments(parts: Sequence[Array]) -> Array:
    """Moments of all parts, (3, ...), by Chan, Golub and LeVeque (1983) [1]_.

    Parts are pooled by their own means, so that large means cost no precision.

    References
    ----------
    .. [1] Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance, Am. Stat.
       37, Eq. 2.1.
    """
    counts, means, squares = np.stack(parts, axis=1)
    count = counts.sum(0)
    mean = (counts * means).sum(0) / np.maximum(count, 1)
    return np.stack([count, mean, (squares + counts * (means - mean) ** 2).sum(0)])


def mean_and_deviation(moments: Array) -> Array:
    """Mean and standard deviation, divided by the number of values, (2, ...); NaN of no value."""
    count, mean, squares = moments
    some = count > 0
    deviation = np.sqrt(squares / np.where(some, count, 1))
    return np.where(some, np.stack([mean, deviation]), np.nan)
