"""Edges of the cells of a grid, half way between their centres."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cell_edges(centres: npt.NDArray[Any]) -> Floats:
    """Edges of cells along one axis: half way between the centres, as far beyond the ends.

    Parameters
    ----------
    centres : array, (N,)
        In order, either way. A single cell is 1 wide.

    Returns
    -------
    array of float64, (N + 1,)

    Examples
    --------
    >>> cell_edges(np.array([0, 2, 6])).tolist()
    [-1.0, 1.0, 4.0, 8.0]
    """
    points = centres.astype(np.float64)
    if points.size == 1:
        return np.array([points[0] - 0.5, points[0] + 0.5])
    middle = (points[1:] + points[:-1]) / 2
    first, last = 2 * points[0] - middle[0], 2 * points[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def latitude_edges(centres: npt.NDArray[Any]) -> Floats:
    """Edges of rows, degrees, (H,) -> (H + 1,): none lies beyond a pole."""
    return cell_edges(centres).clip(-90, 90)


def longitude_edges(centres: npt.NDArray[Any]) -> Floats:
    """Edges of columns, degrees, (L,) -> (L + 1,): where numbers jump by 360 they go on instead."""
    return cell_edges(np.unwrap(centres.astype(np.float64), period=360))
