"""The CNN-LSTM autoencoder with a clustering layer (Section 4 and Fig. 1 of the paper)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from xdsc.networks.layers import Affine, StudentTClustering, Windows
from xdsc.networks.sizes import NetworkSize


def _initializer(rng: np.random.Generator, kind: str = "glorot_uniform") -> Any:
    # Seeded one by one: Keras's default seeds come from the global random state.
    seed = int(rng.integers(2**31))
    if kind == "orthogonal":
        return keras.initializers.Orthogonal(seed=seed)
    return keras.initializers.GlorotUniform(seed=seed)


def _convolutions(
    x: Any, filters: tuple[int, ...], activation: str, rng: np.random.Generator
) -> Any:
    for width in filters:
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            activation=activation,
            kernel_initializer=_initializer(rng),
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
    for filters in size.filters:
        x = _convolutions(x, filters, size.activation, rng)
        x = layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(frame, layers.Flatten()(x), name="frame_encoder")


def build_decoder(
    shape: tuple[int, int, int], size: NetworkSize, rng: np.random.Generator
) -> keras.Model:
    """Mirror of the encoder: an embedding (M,) to a frame (H, L, V), by upsampling."""
    height, width, n_variables = shape
    sizes = pooled_sizes(height, width, len(size.filters))
    h, w = sizes[-1]
    channels = size.filters[-1][-1]
    embedding = layers.Input((size.latent_dim,))
    x = layers.Dense(
        h * w * channels, activation=size.activation, kernel_initializer=_initializer(rng)
    )(embedding)
    x = layers.Reshape((h, w, channels))(x)
    for filters, (h, w) in zip(size.filters[::-1], sizes[-2::-1], strict=True):
        x = layers.UpSampling2D(2)(x)
        x = layers.Cropping2D(((0, x.shape[1] - h), (0, x.shape[2] - w)))(x)
        x = _convolutions(x, filters[::-1], size.activation, rng)
    x = layers.Conv2D(n_variables, 3, padding="same", kernel_initializer=_initializer(rng))(x)
    return keras.Model(embedding, x, name="decoder")


class CNNLSTMAutoencoder(keras.Model):
    """Frames in, embeddings, memberships and reconstructions out.

    Parameters
    ----------
    shape : (int, int, int)
        H, L, V.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. Other cells have no part in the loss.
    n_clusters, window : int
        K and W.
    size : NetworkSize
        Widths.
    alpha : float
        Degrees of freedom in Eq. 3.
    loss_weights : (float, float)
        Weights of the reconstruction and the clustering loss in Eq. 7.
    seed : int
        Seeds every initial weight and the dropout.

    Notes
    -----
    The input is a batch of segments, (batch, S + W - 1, H, L, V); see
    `xdsc.networks.segments`. The output is a dict: ``embedding`` (batch, S, M),
    ``membership`` (batch, S, K), ``reconstruction`` (batch, S, H, L, V) and ``error`` (batch, S),
    the squared norm of Eq. 5 as a share of the data's variance. E_t describes the whole window
    centred on t, and the decoder gives the frame t, Eq. 2.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        mask: np.ndarray,
        n_clusters: int,
        window: int,
        size: NetworkSize,
        alpha: float = 1.0,
        loss_weights: tuple[float, float] = (1.0, 1.0),
        seed: int = 0,
    ) -> None:
        super().__init__(name="dsc")
        rng = np.random.default_rng(seed)
        self.frame_shape = shape
        self.window = window
        self.loss_weights = loss_weights
        self.normalise = Affine((shape[-1],), name="normalise")
        self.frame_encoder = build_frame_encoder(shape, size, rng)
        self.windows = Windows(window)
        self.recurrent = [
            layers.LSTM(
                units,
                return_sequences=i < len(size.lstm_units) - 1,
                dropout=size.dropout,
                recurrent_dropout=size.dropout,
                kernel_initializer=_initializer(rng),
                recurrent_initializer=_initializer(rng, "orthogonal"),
                seed=int(rng.integers(2**31)),
            )
            for i, units in enumerate(size.lstm_units)
        ]
        self.to_latent = layers.Dense(
            size.latent_dim, kernel_initializer=_initializer(rng), name="to_latent"
        )
        # Distances of order one are what Eq. 3 can see; the layer is set at the k-means start.
        self.standardise = Affine((size.latent_dim,), name="standardise")
        self.clustering = StudentTClustering(n_clusters, alpha, name="clustering")
        self.decoder = build_decoder(shape, size, rng)
        weight = np.asarray(mask, "float32")
        self.cell_weight = weight / weight.sum()
        self.variance = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="variance"
        )
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("loss", "reconstruction_loss", "clustering_loss")
        }

    def call(self, segment: Any, training: bool | None = None) -> dict[str, Any]:
        """Run the network on a batch of segments."""
        latent = self.latent(segment, training=training)
        embedding = self.standardise(latent)
        flat = ops.reshape(latent, (-1, latent.shape[-1]))
        frame = self.normalise.inverse(self.decoder(flat, training=training))
        reconstruction = ops.reshape(frame, (-1, latent.shape[1], *self.frame_shape))
        before = self.window // 2
        original = segment[:, before : before + latent.shape[1]]
        squared_error = ops.multiply(ops.square(original - reconstruction), self.cell_weight)
        return {
            "embedding": embedding,
            "membership": self.clustering(embedding),
            "reconstruction": reconstruction,
            "error": ops.sum(squared_error, axis=(-3, -2, -1)) / self.variance,
        }

    def set_variance(self, values: np.ndarray, mask: np.ndarray) -> None:
        """Learn the variance in time, which the reconstruction loss is a share of."""
        self.variance.assign(values.var(axis=0, dtype="float64")[mask].mean())

    def set_scales(self, values: np.ndarray, mask: np.ndarray) -> None:
        """Learn the mean of each variable and one scale from frames (N, H, L, V).

        One scale serves all variables: it must not undo the weights that the preparation gave.
        """
        valid = values.transpose(1, 2, 3, 0)[mask]
        variable = np.nonzero(mask)[-1]
        cells = valid.mean(axis=1, dtype="float64")
        means = np.bincount(variable, cells) / np.bincount(variable)
        total = np.square(valid - means[variable, None]).mean(dtype="float64")
        self.normalise.set(means, np.sqrt(total))

    def latent(self, segment: Any, training: bool | None = None) -> Any:
        """Embeddings before standardisation, (batch, S, M)."""
        n_frames = segment.shape[1]
        frames = ops.reshape(self.normalise(segment), (-1, *self.frame_shape))
        features = self.frame_encoder(frames, training=training)
        features = ops.reshape(features, (-1, n_frames, features.shape[-1]))
        x = self.windows(features)
        n_windows = x.shape[1]
        x = ops.reshape(x, (-1, self.window, features.shape[-1]))
        for layer in self.recurrent:
            x = layer(x, training=training)
        return ops.reshape(self.to_latent(x), (-1, n_windows, self.to_latent.units))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Joint loss of Eq. 7 over the windows of a batch.

        The squared norm of Eq. 5 is divided by the total variance in time of the unmasked cells.
        That makes it the unexplained share of the variance, 1 for a network that knows the mean
        field alone, whatever the size of the grid and the units of the data; `loss_weights` sets
        its ratio to the Kullback-Leibler divergence of Eq. 6. `y` holds the target distribution p,
        all zero before the k-means start.
        """
        p, q = y, y_pred["membership"]
        tiny = keras.config.epsilon()
        divergence = ops.sum(p * (ops.log(p + tiny) - ops.log(q + tiny)), axis=-1)
        total = ops.maximum(ops.sum(sample_weight), 1.0)
        reconstruction = ops.sum(sample_weight * y_pred["error"]) / total
        clustering = ops.sum(sample_weight * divergence) / total
        loss = self.loss_weights[0] * reconstruction + self.loss_weights[1] * clustering
        for name, value in (
            ("loss", loss),
            ("reconstruction_loss", reconstruction),
            ("clustering_loss", clustering),
        ):
            self.trackers[name].update_state(value, sample_weight=total)
        return loss

    @property
    def centres(self) -> np.ndarray:
        """Centres C of the clusters, (K, M)."""
        # A tensor, not the variable: NumPy 2 warns about the variables of TensorFlow.
        return ops.convert_to_numpy(self.clustering.centres + 0.0)

    @property
    def metrics(self) -> list[Any]:
        """The three running means that Keras resets each epoch."""
        return list(self.trackers.values())
