"""Labels of a series that chains begin with: k-means, and small clusters merged by who follows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from xdsc.errors import quiet_where
from xdsc.frames.centres import few_differ
from xdsc.methods.regime_starts.series import Series

_Labels = npt.NDArray[np.intp]


def kmeans(
    rows: np.ndarray, k: int, seed: int, n_init: int = 10, weight: np.ndarray | None = None
) -> KMeans:
    """k-means, the best of some starts. Fewer distinct rows than K leave clusters empty."""
    with quiet_where(few_differ(rows, k), ConvergenceWarning):
        return KMeans(k, n_init=n_init, random_state=seed).fit(rows, sample_weight=weight)


def first_labels(series: Series, k: int, seed: int) -> list[_Labels]:
    """Labels (N,) found in three ways, so that a chain can begin in the best of them."""
    found = kmeans(series.scores[:, :10], k, seed, 5).labels_.astype(np.intp)
    return [
        found,
        metastable(series.leading(6), k, seed, width=3, m=30),
        metastable(series.leading(10), k, seed, width=1, m=60),
    ]


def metastable(series: Series, k: int, seed: int, *, width: int, m: int) -> _Labels:
    """Merge m small clusters of windows into the K groups that are left least often.

    The groups are found by k-means in the leading eigenvectors of the transition counts between
    small clusters, made symmetric: diffusion coordinates.
    """
    m = max(k, min(m, len(series) // 8))
    small = kmeans(series.windows(width), m, seed, 3).labels_
    follows = np.flatnonzero(~series.begins)
    counts = np.zeros((m, m))
    np.add.at(counts, (small[follows - 1], small[follows]), 1)
    counts += counts.T
    share = counts.sum(axis=1) + 1e-9
    values, vectors = np.linalg.eigh(counts / np.sqrt(np.outer(share, share)))
    values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
    diffusion = vectors / np.sqrt(share)[:, None] * np.sqrt(share.sum())
    groups = kmeans(diffusion[:, 1:] * values[1:], k, seed, 5, share).labels_
    found: _Labels = groups[small].astype(np.intp)
    return found
