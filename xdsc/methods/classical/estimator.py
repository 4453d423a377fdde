"""A user's own scikit-learn clusterer behind the protocol."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.methods.base import Ability, MethodState, check_n_clusters, draw_seed, is_integer
from xdsc.methods.classical.adapter import ScikitLearn

_EXPECTED = (
    "a scikit-learn clusterer: an object with fit(X) and labels_, or with fit_predict(X), or "
    "with fit(X) and predict(X)"
)


class Estimator(ScikitLearn):
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

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions that a fit computes with; most are called as the module is."""
        return (*super().packages, type(self.estimator).__module__.partition(".")[0])

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked: memberships if the estimator gives them."""
        found = super().abilities
        return found | {"predict_proba"} if hasattr(self.estimator, "predict_proba") else found

    @property
    def n_clusters_(self) -> int:
        """K, as given or found."""
        return max(int(self.labels_.max()) + 1, _own_k(self.estimator_) or 0)

    def state(self) -> MethodState:
        """What `fit` has found; the fitted copy is in it even where it cannot predict."""
        state = super().state()
        state.estimators["estimator"] = self.estimator_
        return state

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        self.estimator_ = state.estimator("estimator")
        return super().restore(state)

    @property
    def _predicts(self) -> bool:
        return hasattr(self.estimator, "predict")

    def _centres(self) -> None:
        """Only the clusterer knows whether it has some: ask ``estimator_``."""

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        from sklearn.base import is_classifier, is_regressor

        name = type(self.estimator).__name__
        if not (callable(getattr(self.estimator, "fit", None)) and _has_tags(self.estimator)):
            problems.add(message(_EXPECTED, name, "choose one, or a method by name"))
        elif is_classifier(self.estimator) or is_regressor(self.estimator):
            problems.add(
                message(_EXPECTED, f"{name}, which wants the labels", "pass a clusterer instead")
            )
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

    def _seed(self) -> int | None:
        """One that is set where the estimator has none of its own, else the last of its own."""
        seeds = list(_seeds(self.estimator).values())
        if None in seeds:
            return draw_seed(self.random_state)
        return int(seeds[-1]) if seeds and is_integer(seeds[-1]) else None

    def _clusterer(self, rows: np.ndarray) -> Any:
        """The estimator anew, with K and the seed."""
        from sklearn.base import clone

        copy = clone(self.estimator, safe=False)
        given = {name: self.seed_ for name, seed in _seeds(copy).items() if seed is None}
        if self.n_clusters is not None:
            given[str(_k_parameter(copy))] = self.n_clusters
        return copy.set_params(**given) if given else copy

    def _fit_labels(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        self.estimator_ = self._clusterer(rows)
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
        return np.where(labels >= 0, labels, -1).astype(np.intp)


def _seeds(estimator: Any) -> dict[str, Any]:
    """Its random states by the names of the parameters, those of its parts among them."""
    return {
        name: value
        for name, value in _parameters(estimator).items()
        if name == "random_state" or name.endswith("__random_state")
    }


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


def _has_tags(estimator: Any) -> bool:
    """Whether scikit-learn can tell what kind of estimator it is."""
    from sklearn.utils import get_tags

    try:
        get_tags(estimator)
    except (AttributeError, TypeError, ValueError):
        return False
    return True
