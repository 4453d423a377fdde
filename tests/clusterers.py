"""Clusterers of users, for several test files."""

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin


class Moody(ClusterMixin, BaseEstimator):
    """Fails for odd seeds."""

    def __init__(self, n_clusters=3, random_state=None):
        self.n_clusters, self.random_state = n_clusters, random_state

    def fit(self, X, y=None):
        if self.random_state % 2:
            raise RuntimeError("a bad day")
        self.labels_ = np.arange(len(X)) % self.n_clusters
        return self
