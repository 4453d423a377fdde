"""Low-pass filters of arrays: weights, and weighted means over windows within runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.preprocessing.along_time import TIME_AXIS

# Cells that are smoothed at a time.
_CELLS_AT_ONCE = 4096

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
    missing: npt.NDArray[np.bool_],
    run: npt.NDArray[np.int64],
    *,
    weights: npt.NDArray[np.float64],
) -> npt.NDArray[np.floating]:
    """Weighted means over the window around each time, run by run; in memory.

    Parameters
    ----------
    values : array of shape ([member,] time, y, x)
        The data; what is not finite is missing.
    missing : array of bool of shape ([member,] time, 1, 1)
        The missing frames: gaps, as missing dates are.
    run : array of shape (time, 1, 1)
        Number of the run in which each time lies.
    weights : array of shape (window,)
        Of the window, an odd number; their sum is 1.

    Returns
    -------
    array like `values`
        NaN where a value is missing itself, or less than half of the window's weight is there.
    """
    if values.ndim > -TIME_AXIS:
        members = zip(values, missing, strict=True)
        return np.stack([smooth(*member, run, weights=weights) for member in members])

    flat = values.reshape(len(values), -1)
    result = np.full_like(flat, np.nan)
    # A number of its own for every stretch of frames that are there.
    stretch = 2 * run[:, 0, 0] + missing[:, 0, 0]
    edges = np.flatnonzero(np.diff(stretch, prepend=-1, append=-1))
    for start, stop in pairwise(edges):
        if missing[start, 0, 0]:
            continue
        # Cells are apart from each other: a few at a time take little memory.
        for first in range(0, flat.shape[1], _CELLS_AT_ONCE):
            part = slice(start, stop), slice(first, first + _CELLS_AT_ONCE)
            result[part] = _smooth_run(flat[part], weights)
    return result.reshape(values.shape)


def _smooth_run(
    values: npt.NDArray[np.floating], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Smooth one run (time, cells)."""
    valid = np.isfinite(values)
    seen = valid
    if np.array_equal(valid, np.broadcast_to(valid.any(axis=0), valid.shape)):
        # Cells have all their values or none, as most often: one cell tells the weights of all.
        seen = np.ones((len(values), 1), dtype=bool)
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
    correlate1d(values, weights, axis=0, output=sums, mode="constant", cval=0)
    return sums
