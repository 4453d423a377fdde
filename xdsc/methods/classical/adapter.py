"""scikit-learn behind the protocol: all methods but the deep ones, and clusterers of users."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from xdsc.errors import InputError, ParameterError, Problems, message, quiet_where
from xdsc.frames import Frames
from xdsc.frames.centres import few_differ
from xdsc.methods.base import (
    Ability,
    ClusteringMethod,
    MethodState,
    check_random_state,
    draw_seed,
    fitted_state,
    is_integer,
    restore_fitted,
)
from xdsc.methods.classical.nearest import Nearest
from xdsc.parallel import settle_after_fork


class ScikitLearn(ClusteringMethod):
    """A clusterer of scikit-learn on the unmasked cells of frames, or on their leading EOFs.

    A subclass stores its arguments, makes the clusterer in `_clusterer` and notes in `_check_own`
    what is wrong with the arguments. Other frames are labelled by the clusterer's ``predict``;
    where it has none, `_predicts`, they go to the nearest of the points of `_nearest_of`.

    Attributes
    ----------
    estimator_ : object
        The fitted clusterer. Of a method that was restored it is there if it can predict.
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, -1 for noise.
    cluster_centers_ : numpy.ndarray or None, shape (K, features)
        Centres of the clusters, in the space that they were found in.
    membership_ : numpy.ndarray or None, shape (N, K)
        Posterior probabilities, of clusterers that have some.
    embedding_ : numpy.ndarray or None, shape (N, M)
        Principal components of the frames; only with `n_components`.
    n_components_ : int or None
        M.
    seed_ : int or None
        The seed that was used; only where something is random.
    """

    # Arguments of some methods only, and what they are for the others.
    n_components: int | float | None = None
    metric: str = "euclidean"

    _is_random: ClassVar[bool] = True
    _fitted: ClassVar[tuple[str, ...]] = ("labels_", "embedding_", "membership_", "seed_")

    estimator_: Any
    _space: Any = None
    _nearest: Nearest | None = None
    # Clusters to begin with, while the fit goes on.
    _init: np.ndarray | None = None

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked: its embeddings are principal components."""
        found = super().abilities
        return found if self.n_components is None else found | {"transform"}

    @property
    def n_components_(self) -> int | None:
        """Number of principal components, M."""
        return None if self.embedding_ is None else self.embedding_.shape[1]

    def fit(self, frames: Frames, init: np.ndarray | None = None) -> Self:
        """Cluster N frames, from clusters to begin with where these are given, (N,)."""
        self.check(len(frames))
        self._init = init if self.begins_with_labels else None
        settle_after_fork()
        if (seed := self._seed()) is not None:
            self.seed_ = seed
        rows = self._fit_space(frames.rows(), frames.runs)
        self.labels_ = self._fit_labels(rows, frames.runs)
        self._init = None
        if (self.labels_ < 0).all():
            received, remedy = self._about_noise(rows)
            received = f"nothing but noise {received}"
            raise ParameterError(message("some frames to be near each other", received, remedy))
        self._nearest = None if self._predicts else self._nearest_of(rows)
        self.cluster_centers_ = self._centres()
        if "predict_proba" in self.abilities:
            self.membership_ = self._memberships(rows, frames.runs)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Labels of other frames, by the clusterer or by what is nearest to them, (N,)."""
        labels = self._predicted(self._rows(frames), frames.runs)
        return np.where((labels >= 0) & (labels < self.n_clusters_), labels, -1).astype(np.intp)

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Posterior probabilities of other frames, (N, K)."""
        if "predict_proba" not in self.abilities:
            raise self._unable("predict_proba")
        return self._memberships(self._rows(frames), frames.runs)

    def transform(self, frames: Frames) -> np.ndarray:
        """Principal components of other frames, (N, M)."""
        if "transform" not in self.abilities:
            raise self._unable("transform")
        return self._rows(frames)

    def state(self) -> MethodState:
        """What `fit` has found."""
        state = fitted_state(self, self._fitted)
        if self._space is not None:
            state.estimators["space"] = self._space
        return state | self._clusterer_state()

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        restore_fitted(self, state, self._fitted)
        self._space = None
        if self.n_components is not None or "space" in state.estimators:
            self._space = state.estimator("space")
        self._restore_clusterer(state)
        self.cluster_centers_ = self._centres()
        return self

    def check(self, n_frames: int | None = None) -> None:
        """Check the arguments; raises `ParameterError` with everything that is wrong."""
        problems = Problems()
        self._check_own(problems, n_frames)
        check_n_components(problems, self.n_components)
        check_random_state(problems, self.random_state)
        problems.raise_if_any(ParameterError)

    # --- What a method gives --------------------------------------------------------------------

    def _clusterer(self, rows: np.ndarray) -> Any:
        """A fresh clusterer for N rows, (N, features)."""
        raise NotImplementedError

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        """Note problems with the arguments that only this method has."""
        raise NotImplementedError

    @property
    def _predicts(self) -> bool:
        """Whether the clusterer labels other frames itself."""
        return False

    @property
    def _radius(self) -> float | None:
        """How far from every point other frames are noise."""
        return None

    def _nearest_of(self, rows: np.ndarray) -> Nearest:
        """What other frames are held against: the means of the clusters."""
        return Nearest.centre(rows, self.labels_, self.metric)

    def _centres(self) -> np.ndarray | None:
        return None if self._nearest is None else self._nearest.points

    def _seed(self) -> int | None:
        """The seed of this fit, where it needs one; also of the principal components."""
        needed = self._is_random or self.n_components is not None
        return draw_seed(self.random_state) if needed else None

    def _about_noise(self, rows: np.ndarray) -> tuple[str, str]:
        """With what all frames were noise, and what to do about it."""
        return f"from {self.estimator_!r}", "change its parameters"

    def _fit_labels(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Make and fit ``estimator_``, and return the labels of N rows in runs, (R, 2)."""
        self.estimator_ = self._clusterer(rows)
        return fit_labels(self.estimator_, rows)

    def _predicted(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Labels of other rows in runs, (N,)."""
        asked = self.estimator_ if self._nearest is None else self._nearest
        return np.asarray(asked.predict(rows))

    def _memberships(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Posterior probabilities of rows in runs, (N, K)."""
        q: np.ndarray = self.estimator_.predict_proba(rows)
        return q

    def _clusterer_state(self) -> MethodState:
        """What labels other frames, in parts that a file can hold."""
        if self._nearest is not None:
            return self._nearest.state()
        return MethodState(estimators={"estimator": self.estimator_})

    def _restore_clusterer(self, state: MethodState) -> None:
        if self._predicts:
            self.estimator_ = state.estimator("estimator")
        else:
            self._nearest = Nearest.restored(state, self.metric, self._radius)

    # --- The space ------------------------------------------------------------------------------

    def _fit_space(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Find the principal components of N rows, and return the rows in them, (N, M)."""
        self._space = None
        if self.n_components is None:
            return rows
        self._space = leading_components(rows, self.n_components, self.seed_)
        self.embedding_ = self._in_space(rows, runs)
        return self.embedding_

    def _rows(self, frames: Frames) -> np.ndarray:
        return self._in_space(frames.rows(), frames.runs)

    def _in_space(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Rows in runs, (N, features), as the clusterer sees them, (N, M)."""
        if self._space is not None:
            rows = self._space.transform(rows)
        return rows if self.n_components is None else rows.astype(np.float64)


def fit_labels(estimator: Any, rows: np.ndarray, **given: np.ndarray) -> np.ndarray:
    """Fit a clusterer of scikit-learn to N rows and return their labels, (N,).

    What else its ``fit_predict`` takes, such as ``sample_weight``, can be given too.
    """
    from sklearn.exceptions import ConvergenceWarning

    # Said of duplicated frames, which the classes document, and by GMM's `converged_`.
    k = getattr(estimator, "n_clusters", None)
    needed = hasattr(estimator, "weights_init") or (k is not None and few_differ(rows, k))
    with quiet_where(needed, ConvergenceWarning):
        labels: np.ndarray = estimator.fit_predict(rows, **given).astype(np.intp)
    return labels


def leading_components(rows: np.ndarray, n_components: int | float | None, seed: int | None) -> Any:
    """scikit-learn's PCA of N rows less their mean, (N, features); None is all components.

    Raises
    ------
    InputError
        All rows are the same.
    """
    # scikit-learn takes seconds to import: not before it is wanted.
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if (rows == rows[0]).all():
        raise InputError(
            message("time steps that differ", "the same field at all times", "check the data")
        )
    if n_components is not None and is_integer(n_components):
        # N frames less their mean have N - 1 directions.
        n_components = min(int(n_components), len(rows) - 1, rows.shape[1])
    elif n_components is not None:
        n_components = float(n_components)  # NumPy's float32 is none to scikit-learn
    # PCA takes the mean out of products, of which float32 loses the last digits: of pressures of
    # 1e5 Pa, all of the smaller components.
    less_mean = StandardScaler(with_std=False)
    return make_pipeline(less_mean, PCA(n_components, random_state=seed, copy=False)).fit(rows)


def check_n_components(problems: Problems, n_components: Any) -> None:
    """Note a problem unless it is None, a number of components or a share of variance."""
    count = is_integer(n_components) and n_components >= 1
    share = isinstance(n_components, (float, np.floating)) and 0 < n_components < 1
    if n_components is not None and not count and not share:
        problems.add(
            message(
                "n_components to be a number of principal components, or the share of variance "
                "(above 0, below 1) that they explain",
                f"n_components={n_components!r}",
                "use n_components=10 or n_components=0.9",
            )
        )


def check_has_components(problems: Problems, method: str, n_components: Any) -> None:
    """Note a problem where a method that needs principal components is to go without."""
    if n_components is None:
        problems.add(
            message(
                f"n_components with method={method!r}, which has no use for thousands of cells",
                "None",
                "leave it out, or use n_components=10",
            )
        )
