"""States of methods as files of format 1 hold them, in the form of today.

There k-means, Gaussian mixtures and principal components lay as lists of arrays, and methods could
weight cells by their area, which is now done in the preparation. Nothing else knows of this.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from xdsc.methods.base import ClusteringMethod, MethodState
from xdsc.methods.classical.adapter import ScikitLearn
from xdsc.methods.classical.kmeans import KMeans
from xdsc.methods.classical.mixture import GMM

#: Points that other frames are held against: centres of clusters, or cores of DBSCAN.
_RENAMED = {
    "centres": "points",
    "centres_of": "point_labels",
    "cores": "points",
    "core_labels": "point_labels",
}
_PCA = (
    "components_",
    "mean_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "noise_variance_",
)
_PCA_COUNTS = ("n_components_", "n_samples_", "n_features_in_")
_MIXTURE = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


def upgraded(method: ClusteringMethod, state: MethodState) -> MethodState:
    """The state in the form that ``method.restore`` takes; a state of today as it is.

    Parameters
    ----------
    method : ClusteringMethod
        With the arguments of the one that the state was taken from, but ``area_weights``.
    state : MethodState
        From a file of any format.

    Raises
    ------
    StorageError
        Something is missing.
    """
    if not isinstance(method, ScikitLearn):
        return state
    gone = {"weights", "cluster_centers_"}
    arrays = {
        _RENAMED.get(name, name): array
        for name, array in state.arrays.items()
        if name not in gone and not name.startswith(("pca.", "mixture."))
    }
    estimators = dict(state.estimators)
    steps = [_scaler(state)] if "weights" in state.arrays else []
    steps += [_pca(state)] if "pca.components_" in state.arrays else []
    if steps:
        from sklearn.pipeline import make_pipeline

        estimators["space"] = steps[0] if len(steps) == 1 else make_pipeline(*steps)
    if isinstance(method, KMeans) and "cluster_centers_" in state.arrays:
        estimators["estimator"] = _kmeans(method, state)
    if isinstance(method, GMM) and "mixture.means_" in state.arrays:
        estimators["estimator"] = _mixture(method, state)
    return MethodState(state.numbers, arrays, estimators)


def _scaler(state: MethodState) -> Any:
    """What multiplies each cell by its weight, to the bit."""
    from sklearn.preprocessing import MinMaxScaler

    weights, scaler = state.array("weights", None), MinMaxScaler()
    scaler.scale_, scaler.min_ = weights, np.zeros_like(weights)
    scaler.n_features_in_ = len(weights)
    return scaler


def _pca(state: MethodState) -> Any:
    from sklearn.decomposition import PCA

    m, features = state.array("pca.components_", None, None).shape
    shapes = {"components_": (m, features), "mean_": (features,), "noise_variance_": ()}
    pca = PCA(m)
    for name in _PCA:
        setattr(pca, name, state.array(f"pca.{name}", *shapes.get(name, (m,)))[()])
    for name in _PCA_COUNTS:
        setattr(pca, name, state.number(f"pca.{name}"))
    return pca


def _kmeans(method: KMeans, state: MethodState) -> Any:
    import sklearn.cluster

    centres = state.array("cluster_centers_", method.n_clusters, None)
    kmeans = sklearn.cluster.KMeans(method.n_clusters, init=centres, n_init=1, max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A fit to the centres sets up everything else that scikit-learn wants for a prediction.
        kmeans.fit(centres)
    kmeans.cluster_centers_, kmeans.labels_ = centres, state.array("labels_", None)
    return kmeans.set_params(init="k-means++", n_init=method.n_init, max_iter=300)


def _mixture(method: GMM, state: MethodState) -> Any:
    from sklearn.mixture import GaussianMixture

    k, m = state.array("mixture.means_", method.n_clusters, None).shape
    covariance = {"full": (k, m, m), "tied": (m, m), "diag": (k, m), "spherical": (k,)}
    shapes: dict[str, tuple[int, ...]] = {"weights_": (k,), "means_": (k, m)}
    mixture = GaussianMixture(k, covariance_type=method.covariance_type)
    for name in _MIXTURE:
        expected = shapes.get(name, covariance[method.covariance_type])
        setattr(mixture, name, state.array(f"mixture.{name}", *expected))
    mixture.converged_ = state.number("converged_", bool)
    mixture.n_features_in_ = m
    return mixture
