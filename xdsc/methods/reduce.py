"""The space that distances are taken in: cells of the grid, or empirical orthogonal functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import (
    Ability,
    ClusteringMethod,
    MethodState,
    draw_seed,
    fitted_state,
    is_integer,
    restore_fitted,
)

#: What a fit leaves on a PCA: documented attributes, and all that it transforms with.
_PCA_ARRAYS = {
    "components_": ("M", "features"),
    "mean_": ("features",),
    "explained_variance_": ("M",),
    "explained_variance_ratio_": ("M",),
    "singular_values_": ("M",),
    "noise_variance_": (),
}
_PCA_NUMBERS = ("n_components_", "n_samples_", "n_features_in_")


@dataclass(frozen=True)
class Space:
    """Frames as rows of features: cells of the grid or leading principal components.

    Attributes
    ----------
    weights : numpy.ndarray or None, shape (features,)
        What each unmasked cell is multiplied by.
    pca : sklearn.decomposition.PCA or None
        The EOFs (``components_``, (M, features)) of the weighted cells.

    References
    ----------
    Hannachi, Jolliffe and Stephenson (2007), Empirical orthogonal functions and related techniques
    in atmospheric science, Int. J. Climatol. 27, Section 3: each cell is multiplied by √cos φ, so
    that the covariances are weighted by the area cos φ that the cell stands for.
    """

    weights: np.ndarray | None = None
    pca: Any = None

    def rows(self, frames: Frames) -> np.ndarray:
        """N frames in this space, shape (N, features) or (N, M)."""
        rows = frames.rows()
        if self.weights is not None:
            rows *= self.weights  # a copy of the frames, so in place
        if self.pca is None:
            return rows
        scores: np.ndarray = self.pca.transform(rows).astype(np.float64)
        return scores

    def state(self) -> MethodState:
        """Weights and EOFs."""
        state = MethodState()
        if self.weights is not None:
            state.arrays["weights"] = self.weights
        if self.pca is not None:
            for name in _PCA_ARRAYS:
                state.arrays[f"pca.{name}"] = np.asarray(getattr(self.pca, name))
            for name in _PCA_NUMBERS:
                state.numbers[f"pca.{name}"] = int(getattr(self.pca, name))
        return state

    @classmethod
    def restored(cls, state: MethodState) -> Space:
        """Make it anew of its state."""
        weights = state.array("weights", None) if "weights" in state.arrays else None
        if not any(name.startswith("pca.") for name in state.arrays):
            return cls(weights)
        from sklearn.decomposition import PCA

        m, features = state.array("pca.components_", None, None).shape
        lengths = {"M": m, "features": features}
        pca = PCA(m)
        for name, dims in _PCA_ARRAYS.items():
            found = state.array(f"pca.{name}", *(lengths[dim] for dim in dims))
            setattr(pca, name, found[()])
        for name in _PCA_NUMBERS:
            setattr(pca, name, state.number(f"pca.{name}"))
        return cls(weights, pca)


def fit_space(
    frames: Frames, n_components: int | float | None, area_weights: bool, seed: int | None
) -> Space:
    """Make the space of N frames.

    Parameters
    ----------
    frames : Frames
        N of them.
    n_components : int, float or None
        Number of principal components, at most as many as there are; or the share of variance,
        above 0 and below 1, that as few of them as possible explain; or None for the cells.
    area_weights : bool
        Whether cells are multiplied by √cos φ first.
    seed : int or None
        Of the randomised solver that scikit-learn takes for a few components of many cells.

    Raises
    ------
    ParameterError
        Area weights without a latitude.
    InputError
        Principal components of frames that are all the same.
    """
    weights = _root_cos_latitude(frames) if area_weights else None
    plain = Space(weights)
    if n_components is None:
        return plain
    # scikit-learn takes seconds to import: not before it is wanted.
    from sklearn.decomposition import PCA

    rows = plain.rows(frames)
    if (rows == rows[0]).all():
        raise InputError(
            message("time steps that differ", "the same field at all times", "check the data")
        )
    if is_integer(n_components):
        # N frames less their mean have N - 1 directions.
        n_components = min(int(n_components), len(rows) - 1, rows.shape[1])
    return Space(weights, PCA(n_components, random_state=seed).fit(rows))


def check_space(problems: Problems, n_components: Any, area_weights: Any) -> None:
    """Note what is wrong with the arguments of `fit_space`."""
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
    if not isinstance(area_weights, (bool, np.bool_)):
        problems.add(
            message("area_weights to be True or False", f"{area_weights!r}", "change area_weights=")
        )


class InSpace(ClusteringMethod):
    """What methods share that work on rows of a `Space`.

    A subclass stores ``n_components``, ``area_weights`` and ``random_state``, and calls
    `_fit_rows` first of all. It lists in `_fitted` what else is to be kept of a fit, and adds
    what `predict` needs in `_own_state` and `_restore_own`.

    Attributes
    ----------
    seed_ : int
        The seed that was used; only where something is random.
    embedding_ : numpy.ndarray, shape (N, M)
        Principal components of the fitted frames; only with ``n_components``.
    n_components_ : int
        M; only with ``n_components``.
    """

    n_components: int | float | None
    area_weights: bool
    random_state: int | None
    _is_random = True
    _fitted: ClassVar[tuple[str, ...]] = ("labels_", "embedding_", "n_components_", "seed_")

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked: its embeddings are principal components."""
        found = super().abilities
        return found if self.n_components is None else found | {"transform"}

    def transform(self, frames: Frames) -> np.ndarray:
        """Principal components of other frames, (N, M)."""
        if self.n_components is None:
            raise self._unable("transform")
        return self._rows(frames)

    def state(self) -> MethodState:
        """What `fit` has found."""
        return fitted_state(self, self._fitted) | self._space.state() | self._own_state()

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        restore_fitted(self, state, self._fitted)
        self._space = Space.restored(state)
        self._restore_own(state)
        return self

    def _own_state(self) -> MethodState:
        raise NotImplementedError

    def _restore_own(self, state: MethodState) -> None:
        raise NotImplementedError

    def _fit_rows(self, frames: Frames) -> np.ndarray:
        """Fit the space, and return the frames in it."""
        seed = None
        if self._is_random or self.n_components is not None:
            self.seed_ = seed = draw_seed(self.random_state)
        self._space = fit_space(frames, self.n_components, self.area_weights, seed)
        rows = self._space.rows(frames)
        if self.n_components is not None:
            self.embedding_, self.n_components_ = rows, rows.shape[1]
        return rows

    def _rows(self, frames: Frames) -> np.ndarray:
        return self._space.rows(frames)


def _root_cos_latitude(frames: Frames) -> np.ndarray:
    """√cos φ of each unmasked cell, (features,)."""
    if frames.latitude is None:
        raise ParameterError(
            message(
                "a latitude in degrees for area_weights=True",
                "a grid without one",
                "give its coordinate the standard_name 'latitude', or leave out area_weights",
            )
        )
    # At the pole the cosine is a rounding error that may be negative.
    weight = np.sqrt(np.clip(np.cos(np.deg2rad(frames.latitude)), 0, None))
    cells: np.ndarray = np.broadcast_to(weight[..., None], frames.shape)[frames.mask]
    if not np.isfinite(cells).all():
        raise ParameterError(
            message(
                "a latitude of every cell with data for area_weights=True",
                f"none for {np.isnan(cells).sum()} of {cells.size}",
                "fill in the coordinate, or leave out area_weights",
            )
        )
    return cells.astype(frames.values.dtype)
