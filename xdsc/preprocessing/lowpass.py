"""Low-pass filters of arrays: weights, and weighted means over windows within runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.preprocessing.along_time import TIME_AXIS

_ROUNDING = 1e-9


def lanczos_weights(window: int, cutoff: float) -> npt.NDArray[np.float64]:
    r"""Weights of a Lanczos low-pass filter [1]_.

    .. math::

        w_k = 2 f_c \, \mathrm{sinc}(2 f_c k) \, \mathrm{sinc}(k / m),
        \quad |k| < m, \quad f_c = 1 / \text{cutoff}

    divided by their sum, with :math:`\mathrm{sinc}(x) = \sin(πx) / (πx)`.

    Parameters
    ----------
    window : int
        Number 2m - 1 of weights, odd. (At k = ± m the weight is 0 and not counted.)
    cutoff : float
        Period in time steps where half of the amplitude passes.

    Returns
    -------
    array of shape (window,)
        The weights; their sum is 1, so that a constant passes as it is.

    References
    ----------
    .. [1] Duchon, C. E. (1979): Lanczos Filtering in One and Two Dimensions. J. Appl. Meteor., 18,
       1016-1022.
    """
    m = (window + 1) // 2
    k = np.arange(1 - m, m)
    weights = np.sinc(2 * k / cutoff) * np.sinc(k / m)
    normalised: npt.NDArray[np.float64] = weights / weights.sum()
    return normalised


def smooth(
    values: npt.NDArray[np.floating],
    run: npt.NDArray[np.int64],
    *,
    weights: npt.NDArray[np.float64],
) -> npt.NDArray[np.floating]:
    """Weighted means over the window around each time, run by run; in memory.

    Parameters
    ----------
    values : array of shape ([member,] time, y, x)
        The data; what is not finite is missing.
    run : array of shape (time, 1, 1)
        Number of the run in which each time lies.
    weights : array of shape (window,)
        Of the window, an odd number; their sum is 1.

    Returns
    -------
    array like `values`
        NaN where a value is missing itself, or less than half of the window's weight is there.
    """
    result = np.full_like(values, np.nan)
    edges = np.flatnonzero(np.diff(run[:, 0, 0], prepend=-1, append=-1))
    for start, stop in pairwise(edges):
        part = (..., slice(start, stop), slice(None), slice(None))
        result[part] = _smooth_run(values[part], weights)
    return result


def _smooth_run(
    values: npt.NDArray[np.floating], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Smooth one run ([member,] time, y, x)."""
    valid = np.isfinite(values)
    seen = valid
    if np.array_equal(valid, np.broadcast_to(valid.any(TIME_AXIS, keepdims=True), valid.shape)):
        # Cells have all their values or none, as most often: one cell tells the weights of all.
        seen = np.ones((values.shape[TIME_AXIS], 1, 1), dtype=bool)
    # Of both sums: where many of the negative side lobes are there, but little of the middle, the
    # second may be near 0 and the mean huge.
    size, total = _sums(seen, np.abs(weights)), _sums(seen, weights)
    enough = (size >= np.abs(weights).sum() / 2 - _ROUNDING) & (total >= 0.5 - _ROUNDING)
    enough = enough & valid
    result = np.full(values.shape, np.nan)
    np.divide(_sums(np.where(valid, values, 0), weights), total, out=result, where=enough)
    return result


def _sums(values: npt.NDArray[Any], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weighted sums over the window around each time; beyond the ends there is nothing."""
    from scipy.ndimage import correlate1d  # here, so that `import xdsc` stays quick

    # Not by running sums, where a huge value would leave its rounding error in all that follow.
    sums = np.empty(values.shape, dtype=np.float64)
    correlate1d(values, weights, axis=TIME_AXIS, output=sums, mode="constant", cval=0)
    return sums
