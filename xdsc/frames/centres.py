"""Sums and means of the rows of each cluster, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from xdsc.frames.values import slices


def cluster_sums(
    blocks: Iterable[tuple[np.ndarray, npt.NDArray[np.integer]]], n_clusters: int, n_features: int
) -> npt.NDArray[np.float64]:
    """Sum of the rows of each cluster, in float64.

    Parameters
    ----------
    blocks : iterable of (numpy.ndarray, numpy.ndarray of int)
        Rows (n, F), and their clusters (n,), 0 to K - 1; below 0 for those of none.
    n_clusters, n_features : int
        K, F.

    Returns
    -------
    numpy.ndarray of float64, shape (K, F)
        Zeros for a cluster without rows.
    """
    sums = np.zeros((n_clusters, n_features))
    for rows, codes in blocks:
        for code in np.unique(codes[codes >= 0]):
            sums[code] += rows[codes == code].sum(axis=0, dtype="float64")
    return sums


def cluster_means(
    rows: np.ndarray, codes: npt.NDArray[np.integer], n_clusters: int
) -> npt.NDArray[np.float64]:
    """Mean of the rows of each cluster, in float64.

    Parameters
    ----------
    rows : numpy.ndarray, shape (N, F)
        In memory.
    codes : numpy.ndarray of int, shape (N,)
        Their clusters, 0 to K - 1; below 0 for those of none.
    n_clusters : int
        K.

    Returns
    -------
    numpy.ndarray of float64, shape (K, F)
        NaN for a cluster without rows.

    Examples
    --------
    >>> rows = np.array([[0.0, 4.0], [2.0, 4.0], [7.0, 7.0], [9.0, 9.0]])
    >>> cluster_means(rows, np.array([0, 0, -1, 2]), 3)
    array([[ 1.,  4.],
           [nan, nan],
           [ 9.,  9.]])
    """
    blocks = ((rows[at], codes[at]) for at in slices(rows))
    sums = cluster_sums(blocks, n_clusters, rows.shape[1])
    counts = np.bincount(codes[codes >= 0], minlength=n_clusters)
    return np.divide(
        sums, counts[:, None], out=np.full_like(sums, np.nan), where=counts[:, None] > 0
    )


def few_differ(rows: np.ndarray, k: int) -> bool:
    """Whether so few of N rows, (N, F), differ that K clusters of them may be fewer.

    Rows that differ by rounding alone count as one; a few more than K may fall into one cluster.

    Examples
    --------
    >>> few_differ(np.repeat(np.arange(8.0), 9)[:, None], 2), few_differ(np.eye(2).repeat(9, 0), 2)
    (False, True)
    """
    spread = float(np.ptp(rows)) if rows.size else 0.0
    if not 0 < spread < np.inf:
        return True
    wanted = min(4 * k, max(len(rows), k))
    # The first rows nearly always tell.
    for part in (rows[: 4 * wanted], rows):
        coarse = np.round(part / spread, 5)
        if len(np.unique(coarse, axis=0)) >= wanted:
            return False
    return True


def completed(
    rows: np.ndarray, codes: npt.NDArray[np.integer], n_clusters: int
) -> npt.NDArray[np.intp]:
    """Clusters of all rows, those of none in that of the nearest mean.

    Parameters
    ----------
    rows : numpy.ndarray, shape (N, F)
        In memory.
    codes : numpy.ndarray of int, shape (N,)
        Their clusters, 0 to K - 1, each of which occurs; below 0 for those of none.
    n_clusters : int
        K.

    Examples
    --------
    >>> completed(np.array([[0.0], [4.0], [3.0]]), np.array([0, 1, -1]), 2).tolist()
    [0, 1, 1]
    """
    found = np.array(codes, dtype=np.intp)
    left = np.flatnonzero(found < 0)
    if left.size:
        means = cluster_means(rows, codes, n_clusters)
        distances = [np.linalg.norm(rows[left] - mean, axis=1) for mean in means]
        found[left] = np.argmin(distances, axis=0)
    return found
