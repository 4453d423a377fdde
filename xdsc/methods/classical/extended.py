"""k-means on extended EOFs: what follows what in a few frames, in leading components."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from xdsc.errors import Problems
from xdsc.methods.base import MethodState, check_number
from xdsc.methods.classical.adapter import check_has_components, leading_components
from xdsc.methods.classical.kmeans import KMeans
from xdsc.methods.classical.windows import LONGEST_WINDOW, windows_of

#: Leading EOFs of single frames that windows are made of.
FIELD_COMPONENTS = 50


class ExtendedKMeans(KMeans):
    """scikit-learn's k-means on extended EOFs, the principal components of windows of frames.

    An extended EOF is a sequence of W fields, so that a pattern which travels or grows is one of
    them, or a pair. As usual, fields are first reduced to leading EOFs, 50 of them here: windows
    of all cells would take W times the memory of the data. At the ends of a run without gaps
    windows repeat the first or last frame. Where fewer than K windows differ, some clusters stay
    empty.

    Parameters
    ----------
    n_clusters : int
        K.
    window : int, default 5
        W, frames in a window, which is centred on the frame that it belongs to.
    n_components : int or float, default 10
        Number of extended EOFs, at most as many as there are; or the share of the variance of the
        windows that they explain.
    n_init : int, default 10
        Starts, the best of which is kept.
    random_state : int, optional
        Seed.
    progress : bool
        Taken for the sake of the protocol; there is nothing to wait for.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Means of the clusters' frames.
    embedding_ : numpy.ndarray, shape (N, M)
        Extended principal components; ``n_components_`` is M.
    seed_ : int
        The seed that was used.

    References
    ----------
    Weare and Nasstrom (1982), Examples of extended empirical orthogonal function analyses, Mon.
    Wea. Rev. 110. Vautard and Ghil (1989), Singular spectrum analysis in nonlinear dynamics, with
    applications to paleoclimatic time series, Physica D 35. Plaut and Vautard (1994), Spells of
    low-frequency oscillations and weather regimes in the Northern Hemisphere, J. Atmos. Sci. 51.
    """

    _fields: Any = None

    def __init__(
        self,
        n_clusters: int,
        *,
        window: int = 5,
        n_components: int | float = 10,
        n_init: int = 10,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        super().__init__(
            n_clusters,
            n_init=n_init,
            n_components=n_components,
            random_state=random_state,
            progress=progress,
        )
        self.window = window

    def state(self) -> MethodState:
        """What `fit` has found."""
        return super().state() | MethodState(estimators={"fields": self._fields})

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        self._fields = state.estimator("fields")
        return super().restore(state)

    def _fit_space(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        self._fields = leading_components(rows, FIELD_COMPONENTS, self.seed_)
        windows = self._windows(rows, runs)
        self._space = leading_components(windows, self.n_components, self.seed_)
        self.embedding_ = self._space.transform(windows)
        return self.embedding_

    def _in_space(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        found: np.ndarray = self._space.transform(self._windows(rows, runs))
        return found

    def _windows(self, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Windows of the leading EOFs of fields, (N, W * at most 50)."""
        return windows_of(self._fields.transform(rows).astype(np.float64), runs, self.window)

    def _check_own(self, problems: Problems, n_frames: int | None) -> None:
        super()._check_own(problems, n_frames)
        check_number(problems, "window", self.window, 1, LONGEST_WINDOW, integer=True)
        check_has_components(problems, "eeof_kmeans", self.n_components)
