"""Keras layers that several networks have, written with ``keras.ops`` only."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


def initializer(rng: np.random.Generator, kind: str = "glorot_uniform") -> Any:
    """Initializer with a seed of its own: Keras's default seeds come from global random state."""
    seed = int(rng.integers(2**31))
    if kind == "orthogonal":
        return keras.initializers.Orthogonal(seed=seed)
    return keras.initializers.GlorotUniform(seed=seed)


class StudentTClustering(keras.layers.Layer):
    """Soft assignment of embeddings to K centres by Student's t, Eq. 3 of the paper.

    ``q_ij = (1 + |E_i - C_j|^2 / alpha)^(-(alpha + 1) / 2)``, normalised over j.

    Parameters
    ----------
    n_clusters : int
        K, the number of centres.
    alpha : float
        Degrees of freedom of the t distribution.

    Notes
    -----
    Input (..., M), output (..., K); rows sum to 1. The centres are the trainable weight
    ``centres`` of shape (K, M).
    """

    def __init__(self, n_clusters: int, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_clusters = n_clusters
        self.alpha = alpha

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the centres; k-means sets them before they are used."""
        self.centres = self.add_weight(
            shape=(self.n_clusters, input_shape[-1]), initializer="zeros", name="centres"
        )

    def call(self, embedding: Any) -> Any:
        """Return the memberships q of `embedding`."""
        difference = ops.expand_dims(embedding, -2) - self.centres
        squared_distance = ops.sum(ops.square(difference), axis=-1)
        # A softmax of the logarithm never divides 0 by 0 for frames far from every centre.
        exponent = -(self.alpha + 1.0) / 2.0
        return ops.softmax(exponent * ops.log1p(squared_distance / self.alpha), axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., M) to (..., K)."""
        return (*input_shape[:-1], self.n_clusters)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {**super().get_config(), "n_clusters": self.n_clusters, "alpha": self.alpha}


class Affine(keras.layers.Layer):
    """Fixed shift and scale, ``(x - shift) / scale``, set from data and never trained.

    Parameters
    ----------
    shape : tuple of int
        Shape of shift and scale; broadcasts against the input.
    """

    def __init__(self, shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.shape = tuple(shape)
        self.shift = self.add_weight(
            shape=self.shape, initializer="zeros", trainable=False, name="shift"
        )
        self.scale = self.add_weight(
            shape=self.shape, initializer="ones", trainable=False, name="scale"
        )

    def set(self, shift: np.ndarray | float, scale: np.ndarray | float) -> None:
        """Set both, broadcast to `shape`."""
        self.shift.assign(np.broadcast_to(np.asarray(shift, "float32"), self.shape))
        self.scale.assign(np.broadcast_to(np.asarray(scale, "float32"), self.shape))

    def call(self, x: Any) -> Any:
        """Apply."""
        return (x - self.shift) / self.scale

    def inverse(self, x: Any) -> Any:
        """Undo."""
        return x * self.scale + self.shift

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The same."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {**super().get_config(), "shape": self.shape}


class EofPath(keras.layers.Layer):
    """Fixed linear path from cells to the scores of leading EOFs, and back.

    Parameters
    ----------
    frame_shape : (int, int, int)
        H, L, V.
    n_scores : int
        M.
    """

    def __init__(self, frame_shape: tuple[int, int, int], n_scores: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.frame_shape, self.n_scores = tuple(frame_shape), n_scores
        height, width, n_variables = frame_shape
        shapes = {
            "mean": self.frame_shape,
            "basis": (height * width * n_variables, n_scores),
            "spread": (n_scores,),
            "unit": (),
        }
        for name, shape in shapes.items():
            kind = "ones" if name == "unit" else "zeros"
            weight = self.add_weight(shape=shape, initializer=kind, trainable=False, name=name)
            setattr(self, name, weight)

    def set(self, mean: np.ndarray, basis: np.ndarray, unit: float, spread: np.ndarray) -> None:
        """Set what is learnt from data.

        Parameters
        ----------
        mean : numpy.ndarray, shape (H, L, V)
            Of the frames.
        basis : numpy.ndarray, shape (d, H, L, V)
            EOFs; with d below M the other scores are 0, and only the first M are taken.
        unit : float
            What scores are divided by.
        spread : numpy.ndarray, shape (d,)
            Standard deviation of the scores.
        """
        d = min(len(basis), self.n_scores)
        columns = np.zeros(self.basis.shape, "float32")
        columns[:, :d] = basis[:d].reshape(d, -1).T
        spreads = np.zeros(self.n_scores, "float32")
        spreads[:d] = spread[:d]
        self.mean.assign(mean.astype("float32"))
        self.basis.assign(columns)
        self.unit.assign(unit)
        self.spread.assign(spreads)

    def call(self, frames: Any) -> Any:
        """Frames (batch, S, H, L, V) to scores (batch, S, M)."""
        rows = ops.reshape(frames - self.mean, (-1, frames.shape[1], self.basis.shape[0]))
        return ops.matmul(rows, self.basis) / self.unit

    def standardised(self, scores: Any) -> Any:
        """Scores (batch, S, M) in their standard deviations."""
        # A tensor, since JAX traces no variables of Keras.
        spread = ops.convert_to_tensor(self.spread)
        return scores / ops.where(spread > 0, spread, 1.0)

    def inverse(self, scores: Any) -> Any:
        """Scores (batch, S, M) to what the EOFs make of frames, (batch, S, H, L, V)."""
        rows = ops.matmul(scores * self.unit, ops.transpose(self.basis))
        return ops.reshape(rows, (-1, scores.shape[1], *self.frame_shape)) + self.mean

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, S, H, L, V) to (batch, S, M)."""
        return (*input_shape[:2], self.n_scores)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        shape = {"frame_shape": self.frame_shape, "n_scores": self.n_scores}
        return {**super().get_config(), **shape}


class Windows(keras.layers.Layer):
    """Overlapping windows of a segment, so that a frame is encoded once and used by all.

    Parameters
    ----------
    window : int
        W, frames a window.

    Notes
    -----
    Input (batch, S + W - 1, features), output (batch, S, W, features). Slices rather than a
    gather: the gradient of a gather is summed in no fixed order on some backends.
    """

    def __init__(self, window: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = window

    def call(self, segment: Any) -> Any:
        """Cut the windows."""
        n_windows = segment.shape[1] - self.window + 1
        return ops.stack([segment[:, i : i + n_windows] for i in range(self.window)], axis=2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, S + W - 1, ...) to (batch, S, W, ...)."""
        batch, length, *rest = input_shape
        n_windows = None if length is None else length - self.window + 1
        return (batch, n_windows, self.window, *rest)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {**super().get_config(), "window": self.window}
