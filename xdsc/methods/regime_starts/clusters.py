"""Labels of a series that chains begin with: clusters of scores, of moments, or merged by time."""

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


#: Frames that moments are taken over, shorter than most regimes last; their principal components.
_STRETCH, _COMPONENTS = 7, 15


def first_labels(series: Series, k: int, seed: int) -> list[_Labels]:
    """Labels (N,) found in four ways, so that a chain can begin in the best of them.

    In twenty dimensions a chain stays near where it begins: of regimes that move about or deform,
    whose mean fields are alike, only the moments of stretches of time show where that should be.
    """
    found: _Labels = kmeans(series.scores[:, :10], k, seed, 5).labels_.astype(np.intp)
    return [
        found,
        metastable(series.leading(6), k, seed, width=3, m=30),
        of_moments(series, k, seed, means=False),
        of_moments(series, k, seed, means=True),
    ]


def of_moments(series: Series, k: int, seed: int, *, means: bool) -> _Labels:
    """k-means of the second moments of short stretches of time, with their means or without."""
    d = series.scores.shape[1]
    unit = np.sqrt(np.square(series.scores).mean(axis=0))
    # In half the memory, of which this takes the most.
    scores = (series.scores / np.maximum(unit, np.finfo(float).tiny)).astype("float32")
    one, other = np.triu_indices(d)
    # As often as a product is in the matrix.
    often = np.where(one == other, 1.0, np.sqrt(2.0)).astype("float32")
    moments = Series(scores[:, one] * scores[:, other] * often, series.runs).running_mean(_STRETCH)
    if means:
        average = Series(scores, series.runs).running_mean(_STRETCH)
        # In all they weigh as much as the products do.
        moments = np.concatenate([moments, float(np.sqrt(d)) * average], axis=1)
    moments -= moments.mean(axis=0)
    vectors = np.linalg.eigh(moments.T @ moments)[1][:, -_COMPONENTS:]
    found: _Labels = kmeans(moments @ vectors, k, seed, 5).labels_.astype(np.intp)
    return found


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
