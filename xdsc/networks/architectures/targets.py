"""The target distribution that the memberships are drawn to."""

from __future__ import annotations

import numpy as np


def target_of_labels(labels: np.ndarray, n_clusters: int, doubt: float = 0.05) -> np.ndarray:
    """Target distribution p of labels (N,) that are believed but for a share of doubt, (N, K).

    Examples
    --------
    >>> target_of_labels(np.array([0, 1]), 2, doubt=0.5).tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    sure = np.eye(n_clusters, dtype="float32")[labels]
    p: np.ndarray = sure * (1 - doubt) + doubt / n_clusters
    return p.astype("float32")


def target_distribution(q: np.ndarray) -> np.ndarray:
    """Target distribution p of memberships q, Eq. 4.

    ``p_ij = (q_ij^2 / sum_i q_ij) / sum_l (q_il^2 / sum_i q_il)``

    Parameters
    ----------
    q : numpy.ndarray, shape (N, K)
        Memberships; rows sum to 1.

    Returns
    -------
    numpy.ndarray of float32, shape (N, K)

    Examples
    --------
    >>> target_distribution(np.array([[0.8, 0.2], [0.5, 0.5]])).astype("float64").round(3).tolist()
    [[0.896, 0.104], [0.35, 0.65]]
    """
    # An empty cluster has no frequency to divide by; it gets no target either.
    frequency = np.maximum(q.sum(axis=0), np.finfo(q.dtype).tiny)
    weight = q**2 / frequency
    p: np.ndarray = weight / weight.sum(axis=1, keepdims=True)
    return p.astype("float32")
