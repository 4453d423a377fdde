"""The CNN-LSTM autoencoder with a clustering layer (Section 4 and Fig. 1 of the paper)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from xdsc.networks.architectures.layers import (
    Affine,
    EofPath,
    StudentTClustering,
    Windows,
    initializer,
)
from xdsc.networks.architectures.memberships import MembershipNetwork
from xdsc.networks.architectures.upsampling import UpsampledConv2D
from xdsc.networks.sizes import NetworkSize

#: Windows up to this length are written out step by step.
_LONGEST_UNROLLED = 16


def _convolutions(
    x: Any,
    filters: Sequence[int],
    activation: str,
    rng: np.random.Generator,
    name: str,
    first: int = 1,
) -> Any:
    for i, width in enumerate(filters, first):
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            activation=activation,
            kernel_initializer=initializer(rng),
            name=f"{name}_{i}",
        )(x)
    return x


def pooled_sizes(height: int, width: int, n_stacks: int) -> list[tuple[int, int]]:
    """(H, L) before the first pooling and after each; odd sizes are rounded up."""
    sizes = [(height, width)]
    for _ in range(n_stacks):
        h, w = sizes[-1]
        sizes.append((-(-h // 2), -(-w // 2)))
    return sizes


def build_frame_encoder(
    shape: tuple[int, int, int], size: NetworkSize, rng: np.random.Generator
) -> keras.Model:
    """Stacks of convolution and 2 x 2 max pooling: a frame (H, L, V) to a feature vector.

    Pooling rounds sizes up, so any grid down to 1 x 1 works and no padding is invented.
    """
    frame = layers.Input(shape)
    x = frame
    for i, filters in enumerate(size.filters):
        x = _convolutions(x, filters, size.activation, rng, f"encoder_{i + 1}")
        x = layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(frame, layers.Flatten()(x), name="frame_encoder")


def build_decoder(
    shape: tuple[int, int, int], size: NetworkSize, rng: np.random.Generator, silent: bool = False
) -> keras.Model:
    """Mirror of the encoder: an embedding (M,) to a frame (H, L, V), by upsampling.

    One that is `silent` gives zeros until it is trained.
    """
    height, width, n_variables = shape
    sizes = pooled_sizes(height, width, len(size.filters))
    h, w = sizes[-1]
    channels = size.filters[-1][-1]
    embedding = layers.Input((size.latent_dim,))
    x = layers.Dense(
        h * w * channels,
        activation=size.activation,
        kernel_initializer=initializer(rng),
        name="from_latent",
    )(embedding)
    x = layers.Reshape((h, w, channels))(x)
    stacks = zip(size.filters[::-1], sizes[-2::-1], strict=True)
    for i, (filters, (h, w)) in enumerate(stacks):
        first, *others = filters[::-1]
        x = UpsampledConv2D(
            first,
            h,
            w,
            activation=size.activation,
            kernel_initializer=initializer(rng),
            name=f"decoder_{i + 1}_1",
        )(x)
        x = _convolutions(x, others, size.activation, rng, f"decoder_{i + 1}", first=2)
    x = layers.Conv2D(
        n_variables,
        3,
        padding="same",
        kernel_initializer="zeros" if silent else initializer(rng),
        name="to_frame",
    )(x)
    return keras.Model(embedding, x, name="decoder")


class CNNLSTMAutoencoder(MembershipNetwork):
    """Convolutions, LSTM, embedding, clustering layer and decoder.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. Other cells have no part in the loss.
    n_clusters, window : int
        K and W.
    size : NetworkSize
        Widths.
    recurrent : bool, default True
        Whether there are LSTM layers; without them the convolutions' features go straight to the
        embedding, and W has to be 1.
    decoder : bool, default True
        Whether there is a decoder; without one there is no reconstruction loss.
    anchored : bool, default False
        Whether the embedding is the scores of the M leading EOFs, and K components more, of one
        regime each, that are the network's; and the decoder adds to what the EOFs make of the
        frame. `set_anchor` gives the EOFs. What the network adds to them is 0 at first.
    alpha : float
        Degrees of freedom in Eq. 3.
    loss_weights : (float, float)
        Weights of the reconstruction and the clustering loss in Eq. 7.
    seed : int
        Seeds every initial weight and the dropout.

    Notes
    -----
    E_t describes the whole window of frame t, and the decoder gives the frame t, Eq. 2. Without
    LSTM or decoder it is one of the paper's ablations (Table 3).
    """

    def __init__(
        self,
        mask: np.ndarray,
        n_clusters: int,
        window: int,
        size: NetworkSize,
        *,
        recurrent: bool = True,
        decoder: bool = True,
        anchored: bool = False,
        alpha: float = 1.0,
        loss_weights: tuple[float, ...] = (1.0, 1.0),
        seed: int = 0,
    ) -> None:
        super().__init__("cnn_lstm_autoencoder", mask, window, loss_weights)
        rng = np.random.default_rng(seed)
        self.frame_encoder = build_frame_encoder(self.frame_shape, size, rng)
        units = size.lstm_units if recurrent else ()
        if recurrent:
            self.windows = Windows(window)
        self.recurrent = [
            layers.LSTM(
                width,
                return_sequences=i < len(units) - 1,
                dropout=size.dropout,
                recurrent_dropout=size.dropout,
                kernel_initializer=initializer(rng),
                recurrent_initializer=initializer(rng, "orthogonal"),
                seed=int(rng.integers(2**31)),
                # Of few steps a loop costs more than the steps, and TensorFlow never frees it.
                unroll=window <= _LONGEST_UNROLLED,
                name=f"lstm_{i + 1}",
            )
            for i, width in enumerate(units)
        ]
        self.to_latent = layers.Dense(
            n_clusters if anchored else size.latent_dim,
            kernel_initializer="zeros" if anchored else initializer(rng),
            name="to_latent",
        )
        self.anchored = anchored
        if anchored:
            self.eofs = EofPath(self.frame_shape, size.latent_dim, name="eofs")
            size = replace(size, latent_dim=size.latent_dim + n_clusters)
        # Distances of order one are what Eq. 3 can see; the layer is set at the k-means start.
        self.standardise = Affine((size.latent_dim,), name="standardise")
        self.clustering = StudentTClustering(n_clusters, alpha, name="clustering")
        self.decodes = decoder
        if decoder:
            self.decoder = build_decoder(self.frame_shape, size, rng, silent=anchored)

    @classmethod
    def weight_shapes(
        cls, mask: np.ndarray, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[int, ...]]:
        """Shapes of the weights of a network, in no order, told without making it."""
        size, n_clusters = arguments["size"], arguments["n_clusters"]
        height, width, n_variables = mask.shape
        m = size.latent_dim
        yield from cls.common_shapes(mask)
        grid, channels = (height, width), n_variables
        for filters in size.filters:
            for w in filters:
                yield from ((3, 3, channels, w), (w,))
                channels = w
            grid = -(-grid[0] // 2), -(-grid[1] // 2)
        features = deepest = prod(grid) * channels
        # With an anchor the scores of the EOFs go in beside the features, and stand before what is
        # found of each regime.
        found = m
        if arguments["anchored"]:
            yield from (mask.shape, (mask.size, m), (m,), ())
            found, features, m = n_clusters, features + m, m + n_clusters
        for units in size.lstm_units if arguments["recurrent"] else ():
            yield from ((features, 4 * units), (units, 4 * units), (4 * units,))
            features = units
        yield from ((features, found), (found,))
        yield from ((m,), (m,), (n_clusters, m))
        if not arguments["decoder"]:
            return
        yield from ((m, deepest), (deepest,))
        for filters in size.filters[::-1]:
            for w in filters[::-1]:
                yield from ((3, 3, channels, w), (w,))
                channels = w
        yield from ((3, 3, channels, n_variables), (n_variables,))

    def call(self, segment: Any, training: bool | None = None) -> dict[str, Any]:
        """Run the network on a batch of segments."""
        scores = self.eofs(segment) if self.anchored else None
        latent = self.latent(segment, scores, training=training)
        embedding = self.standardise(latent)
        found = {"embedding": embedding, "membership": self.clustering(embedding)}
        if not self.decodes:
            return found
        flat = ops.reshape(latent, (-1, latent.shape[-1]))
        decoded = self.decoder(flat, training=training)
        frame = decoded * self.normalise.scale if self.anchored else self.normalise.inverse(decoded)
        reconstruction = ops.reshape(frame, (-1, latent.shape[1], *self.frame_shape))
        if self.anchored:
            reconstruction = reconstruction + self.eofs.inverse(self._centred(scores))
        error = self.frame_error(segment, reconstruction)
        return {**found, "reconstruction": reconstruction, "error": error}

    def set_anchor(
        self, mean: np.ndarray, basis: np.ndarray, unit: float, spread: np.ndarray
    ) -> None:
        """Set the EOFs of an anchored network; see `EofPath.set`."""
        self.eofs.set(mean, basis, unit, spread)

    def _centred(self, frames: Any) -> Any:
        """What belongs to the frames that windows are centred on: (batch, S + W - 1, ...) to S."""
        n_windows = frames.shape[1] - self.window + 1
        return frames[:, self.before : self.before + n_windows]

    def latent(self, segment: Any, scores: Any, training: bool | None = None) -> Any:
        """Embeddings before standardisation, (batch, S, M), with an anchor (batch, S, M + K).

        With an anchor `scores` are those of all frames of the segments, (batch, S + W - 1, M).
        """
        found = self._encoded(segment, scores, training)
        if not self.anchored:
            return found
        return ops.concatenate([self._centred(scores), found], axis=-1)

    def _apart(self, centres: np.ndarray, spread: float) -> np.ndarray:
        """Centres (K, M + K) of an anchored network with a direction of its own for each regime.

        As far in it as frames are from their centres: no frame is nearer to another centre than it
        would be without, and where centres of EOFs' scores coincide, since regimes differ in
        something else, there is still a way apart.
        """
        if self.anchored:
            k = len(centres)
            centres = centres.copy()
            centres[:, -k:] += spread * np.eye(k)
        return centres

    def _encoded(self, segment: Any, scores: Any, training: bool | None) -> Any:
        """What the network makes of segments, (batch, S, M), with an anchor (batch, S, K)."""
        n_frames = segment.shape[1]
        # Masked cells are 0, the mean, whatever they hold.
        cells = ops.multiply(self.normalise(segment), self.cell_mask)
        frames = ops.reshape(cells, (-1, *self.frame_shape))
        features = self.frame_encoder(frames, training=training)
        features = ops.reshape(features, (-1, n_frames, features.shape[-1]))
        if self.anchored:
            # How scores follow each other is hard to see through convolutions.
            features = ops.concatenate([features, self.eofs.standardised(scores)], axis=-1)
        if not self.recurrent:
            return self.to_latent(features)
        x = self.windows(features)
        n_windows = x.shape[1]
        x = ops.reshape(x, (-1, self.window, features.shape[-1]))
        for layer in self.recurrent:
            x = layer(x, training=training)
        return ops.reshape(self.to_latent(x), (-1, n_windows, self.to_latent.units))
