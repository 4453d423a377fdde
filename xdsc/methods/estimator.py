"""A user's own scikit-learn clusterer behind the protocol."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import (
    Ability,
    ClusteringMethod,
    MethodState,
    check_n_clusters,
    check_random_state,
    draw_seed,
    fitted_state,
    is_integer,
    restore_fitted,
)
from xdsc.methods.nearest import NearestCentre

_EXPECTED = (
    "a scikit-learn clusterer: an object with fit(X) and labels_, or with fit_predict(X), or "
    "with fit(X) and predict(X)"
)


class Estimator(ClusteringMethod):
    """A clusterer in scikit-learn's sense, or a pipeline that ends in one, on the unmasked cells.

    A copy is fitted: the object that was given stays as it is. Other frames are labelled by its
    ``predict``; where it has none they go to the nearest centre, the mean of a cluster's frames,
    which for frames of the fit is not always the cluster that they are in.

    Parameters
    ----------
    estimator : object
        With ``fit(X)`` and ``labels_``, or ``fit_predict(X)``, or ``fit(X)`` and ``predict(X)``.
        Negative labels are noise.
    n_clusters : int, optional
        K, which is set on the copy; by default the estimator's own.
    random_state : int, optional
        Seed, which is set on the copy and its parts where they have such a parameter and it is
        None.
    progress : bool
        Taken for the sake of the protocol.

    Attributes
    ----------
    estimator_ : object
        The fitted copy.
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, -1 for noise.
    n_clusters_ : int
        K, as given or found.
    seed_ : int
        The seed that was used, where the estimator takes one.
    """

    OPTIONS: ClassVar[list[str]] = ["progress", "random_state"]
    concurrent = False  # nobody knows the objects of users
    _fitted: ClassVar[tuple[str, ...]] = ("labels_", "seed_")

    def __init__(
        self,
        estimator: Any,
        n_clusters: int | None = None,
        *,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.estimator = estimator
        self.n_clusters = n_clusters
        self.random_state = random_state
        self.progress = progress

    def fit(self, frames: Frames) -> Self:
        """Cluster N frames."""
        self.check(len(frames))
        rows = frames.rows()
        self.estimator_ = self._copy()
        labels = _labels(self.estimator_, rows)
        if not _are_labels(labels, len(rows)):
            received = type(self.estimator).__name__
            received += "" if labels is None else f", which gives {_describe(labels)}"
            raise ParameterError(
                message(
                    f"{_EXPECTED}; one label a frame, from 0 to below their number, -1 for noise",
                    received,
                    "pass a clusterer such as sklearn.cluster.KMeans(7)",
                )
            )
        if (labels < 0).all():
            raise ParameterError(
                message(
                    "some frames to be near each other",
                    f"nothing but noise from {self.estimator!r}",
                    "change its parameters",
                )
            )
        self.labels_ = np.where(labels >= 0, labels, -1).astype(np.intp)
        if not hasattr(self.estimator_, "predict"):
            self._nearest = NearestCentre.of(rows, self.labels_, self.n_clusters_)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Labels of other frames, (N,), by the estimator or by the nearest centre."""
        rows = frames.rows()
        if not hasattr(self.estimator_, "predict"):
            return self._nearest.predict(rows)
        labels = np.asarray(self.estimator_.predict(rows))
        return np.where((labels >= 0) & (labels < self.n_clusters_), labels, -1).astype(np.intp)

    def state(self) -> MethodState:
        """What `fit` has found; the fitted copy is among its estimators."""
        state = fitted_state(self, self._fitted)
        state.estimators["estimator"] = self.estimator_
        return state if hasattr(self.estimator_, "predict") else state | self._nearest.state()

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        restore_fitted(self, state, self._fitted)
        self.estimator_ = state.estimator("estimator")
        if not hasattr(self.estimator_, "predict"):
            self._nearest = NearestCentre.restored(state)
        return self

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked: memberships if the estimator gives them."""
        found = super().abilities
        return found | {"predict_proba"} if hasattr(self.estimator, "predict_proba") else found

    @property
    def n_clusters_(self) -> int:
        """K, as given or found."""
        return max(int(self.labels_.max()) + 1, _own_k(self.estimator_) or 0)

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships of other frames, (N, K); if the estimator gives them."""
        if "predict_proba" not in self.abilities:
            raise self._unable("predict_proba")
        q: np.ndarray = self.estimator_.predict_proba(frames.rows())
        return q

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        from sklearn.base import is_classifier, is_regressor

        problems = Problems()
        name = type(self.estimator).__name__
        if is_classifier(self.estimator) or is_regressor(self.estimator):
            problems.add(
                message(_EXPECTED, f"{name}, which wants the labels", "pass a clusterer instead")
            )
        if not callable(getattr(self.estimator, "fit", None)):
            problems.add(message(_EXPECTED, name, "choose one, or a method by name"))
        k = self.n_clusters
        if k is not None and _k_parameter(self.estimator) is None:
            problems.add(
                message(
                    f"no k with {name}, which finds the number of regimes itself",
                    f"k={k!r}",
                    "leave k out",
                )
            )
            k = None
        k = _own_k(self.estimator) if k is None else k
        for text in [] if k is None else check_n_clusters(k, n_frames):
            problems.add(text)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)

    def _copy(self) -> Any:
        """The estimator anew, with K and the seed."""
        from sklearn.base import clone

        copy = clone(self.estimator, safe=False)
        given: dict[str, Any] = {}
        if self.n_clusters is not None:
            given[str(_k_parameter(copy))] = self.n_clusters
        seeds = {
            name: value
            for name, value in _parameters(copy).items()
            if name == "random_state" or name.endswith("__random_state")
        }
        if any(value is None for value in seeds.values()):
            self.seed_ = draw_seed(self.random_state)
            given |= {name: self.seed_ for name, value in seeds.items() if value is None}
        elif seeds and is_integer(last := list(seeds.values())[-1]):
            self.seed_ = int(last)
        return copy.set_params(**given) if given else copy


def _parameters(estimator: Any) -> dict[str, Any]:
    """Parameters by name, those of its parts among them."""
    found: dict[str, Any] = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return found


def _k_parameter(estimator: Any) -> str | None:
    """Name of the parameter that is K: the last step's, where the estimator is a pipeline."""
    known = _parameters(estimator)
    prefix = ""
    while steps := getattr(estimator, "steps", None):
        name, estimator = steps[-1]
        prefix += f"{name}__"
    # Mixtures call it n_components; they have no n_clusters.
    names = ["n_clusters", "n_components"] if hasattr(estimator, "predict") else ["n_clusters"]
    return next((prefix + name for name in names if prefix + name in known), None)


def _own_k(estimator: Any) -> int | None:
    """K of the estimator's own, if it has one."""
    k: Any = _parameters(estimator).get(_k_parameter(estimator) or "")
    return int(k) if is_integer(k) else None


def _labels(estimator: Any, rows: np.ndarray) -> Any:
    """Fit it and return its labels; None where it has none."""
    if hasattr(estimator, "fit_predict"):
        return np.asarray(estimator.fit_predict(rows))
    estimator.fit(rows)
    if hasattr(estimator, "labels_"):
        return np.asarray(estimator.labels_)
    return np.asarray(estimator.predict(rows)) if hasattr(estimator, "predict") else None


def _are_labels(labels: Any, n: int) -> bool:
    return (
        labels is not None
        and labels.shape == (n,)
        and labels.dtype.kind in "iu"
        and int(labels.max()) < n
    )


def _describe(labels: np.ndarray) -> str:
    largest = f" up to {labels.max()}" if labels.dtype.kind in "iu" and labels.size else ""
    return f"{labels.dtype} of shape {labels.shape}{largest}"
