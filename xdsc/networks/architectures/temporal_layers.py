"""Keras layers of Deep Temporal Clustering, written with ``keras.ops`` only."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from xdsc.networks.architectures.layers import Windows
from xdsc.networks.architectures.similarity import SIMILARITIES


class WindowConvolution(layers.Layer):
    """A 1-D convolution over the steps of each window of a segment, zeros around the window.

    The same as cutting the windows and a ``Conv1D(padding="same")`` on each. But a frame may be
    ten thousand cells wide and is part of W windows; so each frame meets the kernel's taps once,
    and windows are cut out of the products.

    Parameters
    ----------
    filters, kernel_size : int
        Channels, and taps in time.
    window : int
        W.
    kernel_initializer : keras initializer
        Of the kernel (kernel_size, features, filters).

    Notes
    -----
    Input (batch, S + W - 1, features), output (batch, S, W, filters).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        window: int,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.window = filters, kernel_size, window
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.windows = Windows(window)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel and bias."""
        shape = (self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(
            shape=shape, initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, segment: Any) -> Any:
        """Convolve."""
        left = (self.kernel_size - 1) // 2
        total = self.bias
        for tap in range(self.kernel_size):
            # Step t reads frame t + shift of its window, or a zero outside of it.
            shift = tap - left
            if abs(shift) >= self.window:
                continue
            before, after = max(-shift, 0), max(shift, 0)
            read = self.windows(ops.matmul(segment, self.kernel[tap]))
            read = read[:, :, after : self.window - before]
            total = total + ops.pad(read, [(0, 0), (0, 0), (before, after), (0, 0)])
        return total

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, S + W - 1, features) to (batch, S, W, filters)."""
        return (*self.windows.compute_output_shape(input_shape)[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "window": self.window,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


class TemporalClustering(layers.Layer):
    """Soft assignment of latent sequences to K centroid sequences by Student's t.

    ``q_ij = (1 + d^2(z_i, w_j) / (u^2 alpha))^(-(alpha + 1) / 2)``, normalised over j, with d of
    `similarity` and the fixed unit u.

    Parameters
    ----------
    n_clusters : int
        K.
    similarity : str
        A row of `xdsc.networks.architectures.similarity.SIMILARITIES`.
    alpha : float
        Degrees of freedom of the t distribution.

    Notes
    -----
    Input (..., T', d), output (..., K); rows sum to 1. The centroids are the trainable weight
    ``centres`` (K, T', d). The unit is the fixed weight ``unit``: distances of some similarities do
    not change with the scale of the latent sequences.
    """

    def __init__(
        self, n_clusters: int, similarity: str = "euclidean", alpha: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.n_clusters, self.similarity, self.alpha = n_clusters, similarity, alpha

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the centroids; complete linkage sets them before they are used."""
        shape = (self.n_clusters, *input_shape[-2:])
        self.centres = self.add_weight(shape=shape, initializer="zeros", name="centres")
        self.unit = self.add_weight(shape=(), initializer="ones", trainable=False, name="unit")

    def call(self, latent: Any) -> Any:
        """Return the memberships q of latent sequences."""
        squared_distance = SIMILARITIES[self.similarity].squared_distance
        distance = squared_distance(ops.expand_dims(latent, -3), self.centres)
        exponent = -(self.alpha + 1.0) / 2.0
        scaled = distance / (ops.square(self.unit) * self.alpha)
        return ops.softmax(exponent * ops.log1p(scaled), axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., T', d) to (..., K)."""
        return (*input_shape[:-2], self.n_clusters)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {
            **super().get_config(),
            "n_clusters": self.n_clusters,
            "similarity": self.similarity,
            "alpha": self.alpha,
        }
