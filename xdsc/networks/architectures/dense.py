"""The stacked denoising autoencoder of Deep Embedded Clustering (Xie et al. 2016, Section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from xdsc.networks.architectures.cells import UnmaskedCells
from xdsc.networks.architectures.layers import Affine, StudentTClustering, initializer
from xdsc.networks.architectures.memberships import MembershipNetwork
from xdsc.networks.devices import n_replicas, sum_of_replicas


class DenseAutoencoder(MembershipNetwork):
    """Dense layers d-...-M-...-d on the unmasked cells of a frame, and a clustering layer.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data: d cells. Other cells never enter the network.
    n_clusters : int
        K.
    hidden : tuple of int
        Widths between the d cells and the bottleneck.
    latent_dim : int
        M, the width of the bottleneck.
    corruption : float, default 0.2
        Dropout of what goes into and what comes out of a layer while that layer is pretrained.
    layer_epochs : int, default 0
        Epochs of the pretraining of each layer.
    alpha : float
        Degrees of freedom in Eq. 3.
    seed : int
        Seeds every initial weight and the dropout.

    Attributes
    ----------
    encoders, decoders : list of keras.layers.Dense
        ``decoders[i]`` undoes ``encoders[i]``. All are ReLUs but the last encoder, so that the
        embedding keeps all it knows, and the first decoder, whose output has both signs.
    pair : int or None
        The layer that is being pretrained; None for the whole network.

    Notes
    -----
    Training goes through phases, each of which trains some of the weights and freezes the others:

    - ``layer 1``, ``layer 2``, ...: ``encoders[i]`` and ``decoders[i]`` restore the output of the
      finished layers before them from that output corrupted;
    - ``pretrain``: all of them restore the cells, nothing corrupted;
    - ``joint``: the encoders and the centres lower the clustering loss. The decoders are left
      behind as they are, and so the reconstruction error says how far the encoders have gone.
    """

    def __init__(
        self,
        mask: np.ndarray,
        n_clusters: int,
        hidden: tuple[int, ...],
        latent_dim: int,
        *,
        corruption: float = 0.2,
        layer_epochs: int = 0,
        alpha: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__("dense_autoencoder", mask, window=1, loss_weights=(1.0, 0.0))
        rng = np.random.default_rng(seed)
        self.layer_epochs = layer_epochs
        self.pair: int | None = None
        self.cells = UnmaskedCells(mask)
        widths = (len(self.cells), *hidden, latent_dim)
        last = len(widths) - 2
        self.encoders = [
            layers.Dense(
                width,
                activation="linear" if i == last else "relu",
                kernel_initializer=initializer(rng),
                name=f"encoder_{i + 1}",
            )
            for i, width in enumerate(widths[1:])
        ]
        self.decoders = [
            layers.Dense(
                width,
                activation="relu" if i else "linear",
                kernel_initializer=initializer(rng),
                name=f"decoder_{i + 1}",
            )
            for i, width in enumerate(widths[:-1])
        ]
        self.corrupt = layers.Dropout(corruption, seed=int(rng.integers(2**31)), name="corrupt")
        self.standardise = Affine((latent_dim,), name="standardise")
        self.clustering = StudentTClustering(n_clusters, alpha, name="clustering")

    @classmethod
    def weight_shapes(
        cls, mask: np.ndarray, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[int, ...]]:
        """Shapes of the weights of a network, in no order, told without making it."""
        m = arguments["latent_dim"]
        yield from cls.common_shapes(mask)
        for a, b in pairwise((int(mask.sum()), *arguments["hidden"], m)):
            yield from ((a, b), (b,), (b, a), (a,))
        yield from ((m,), (m,), (arguments["n_clusters"], m))

    def call(self, segment: Any, training: bool | None = None) -> dict[str, Any]:
        """Run the network on a batch of segments; while a layer is pretrained, with its error."""
        cells = self.cells.of(self.normalise(segment))
        latent = self.encode(cells)
        embedding = self.standardise(latent)
        found = {"embedding": embedding, "membership": self.clustering(embedding)}
        if self.pair is not None:
            return {**found, "error": self.denoising_error(cells, self.pair, training=training)}
        if not self.loss_weights[0]:
            # A decoder that is left behind need not be gone through backwards.
            latent = ops.stop_gradient(latent)
        decoded = latent
        for decoder in self.decoders[::-1]:
            decoded = decoder(decoded)
        return {
            **found,
            "reconstruction": self.frame(decoded),
            "error": self.cell_error(cells, decoded),
        }

    def encode(self, cells: Any, n_layers: int | None = None) -> Any:
        """Output (batch, S, width) of the first `n_layers` encoders; of all by default."""
        for encoder in self.encoders[:n_layers]:
            cells = encoder(cells)
        return cells

    def denoising_error(self, cells: Any, pair: int, training: bool | None = None) -> Any:
        """Loss of layer `pair`, (batch, S): what it restores against what the layers before say.

        Of the first layer it is a share of the data's variance, of the others a share of the mean
        square of what they are to restore.
        """
        target = ops.stop_gradient(self.encode(cells, pair))
        code = self.encoders[pair](self.corrupt(target, training=training))
        restored = self.decoders[pair](self.corrupt(code, training=training))
        if pair == 0:
            return self.cell_error(target, restored)
        scale = sum_of_replicas(ops.mean(ops.square(target))) / n_replicas()
        scale = ops.maximum(scale, keras.config.epsilon())
        return ops.mean(ops.square(target - restored), axis=-1) / scale

    def cell_error(self, cells: Any, decoded: Any) -> Any:
        """`frame_error` of normalised cells (batch, S, d), with no way back through a grid."""
        scale = ops.take(self.normalise.scale, self.cells.variable)
        return ops.mean(ops.square((cells - decoded) * scale), axis=-1) / self.variance

    def frame(self, cells: Any) -> Any:
        """Put normalised cells (batch, S, d) on the grid; the others get their variable's mean."""
        return self.normalise.inverse(self.cells.on_grid(cells, 0.0))

    def begin(self) -> None:
        """Be the whole network, nothing frozen."""
        self.pair, self.loss_weights = None, (1.0, 0.0)
        self.train_only(self.trained_layers)

    def pretrain(self, fit: Callable[[str, int], None], epochs: int) -> None:
        """Train each layer on what the finished ones before it say, then all of them together."""
        self.loss_weights = (1.0, 0.0)
        for pair in range(len(self.encoders) if self.layer_epochs else 0):
            self.pair = pair
            self.train_only([self.encoders[pair], self.decoders[pair]])
            fit(f"layer {pair + 1}", self.layer_epochs)
        self.pair = None
        self.train_only([*self.encoders, *self.decoders])
        fit("pretrain", epochs)

    @property
    def traced_state(self) -> tuple[Any, ...]:
        """Also the layer that is being pretrained, and which are frozen."""
        trained = [layer.trainable for layer in self.trained_layers]
        return (self.pair, *trained, *super().traced_state)

    def release(self) -> None:
        """Discard the decoders."""
        self.train_only([*self.encoders, self.clustering])
        self.loss_weights = (0.0, 1.0)

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Discard the decoders, and set the centres by k-means."""
        self.release()
        super().start(embedding, separation, seed)

    @property
    def trained_layers(self) -> tuple[keras.layers.Layer, ...]:
        """All layers that some phase trains."""
        return (*self.encoders, *self.decoders, self.clustering)

    def train_only(self, chosen: Iterable[keras.layers.Layer]) -> None:
        """Freeze all layers but those; takes effect when the network is compiled."""
        for layer in self.trained_layers:
            layer.trainable = False
        for layer in chosen:
            layer.trainable = True
