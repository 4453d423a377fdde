"""k-means on embeddings, where networks start or end with it."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from xdsc.errors import quiet_where
from xdsc.frames.centres import few_differ

_KMEANS_STARTS = 20


def fit_kmeans(
    embedding: np.ndarray, n_clusters: int, seed: int, init: np.ndarray | None = None
) -> KMeans:
    """k-means from the centres `init`, or the best of 20 starts.

    Fewer distinct embeddings than K leave clusters empty.
    """
    start = {"n_init": _KMEANS_STARTS} if init is None else {"init": init, "n_init": 1}
    with quiet_where(few_differ(embedding, n_clusters), ConvergenceWarning):
        return KMeans(n_clusters, random_state=seed, **start).fit(embedding)
