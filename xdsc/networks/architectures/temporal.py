"""The temporal autoencoder with its start: Deep Temporal Clustering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from sklearn.cluster import AgglomerativeClustering

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.cells import UnmaskedCells
from xdsc.networks.architectures.layers import Affine, Windows, initializer
from xdsc.networks.architectures.memberships import MembershipNetwork
from xdsc.networks.architectures.similarity import SIMILARITIES
from xdsc.networks.architectures.temporal_layers import TemporalClustering, WindowConvolution

#: Complete linkage needs all distances; of more frames than this it sees a sample.
LINKAGE_SAMPLE = 3000
_BLOCK_VALUES = 4_000_000


class TemporalAutoencoder(MembershipNetwork):
    """Convolution over time, pooling, two bidirectional LSTM, clustering layer and decoder.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. The network reads and decodes these cells alone.
    n_clusters, window : int
        K and W.
    similarity : str
        A row of `xdsc.networks.architectures.similarity.SIMILARITIES`.
    filters, kernel_size : int
        Of the convolutions over time; the decoder's has the same kernel.
    pool_size : int
        Steps that one step of the latent sequence stands for; T' = ceil(W / pool_size).
    lstm_units : (int, int)
        Units of the LSTM layers, whose two directions are summed; the second is d.
    alpha, loss_weights : float, (float, float)
        As in `MembershipNetwork` and `TemporalClustering`.
    seed : int
        Seeds every initial weight.

    Notes
    -----
    The embedding is the flattened latent sequence, M = T' d. The error is that of the whole window.
    Series of the paper are standardised; here each cell is centred with its mean in time, and one
    scale serves all.
    """

    clustering: TemporalClustering

    def __init__(
        self,
        mask: np.ndarray,
        n_clusters: int,
        window: int,
        *,
        similarity: str = "euclidean",
        filters: int = 64,
        kernel_size: int = 3,
        pool_size: int = 2,
        lstm_units: tuple[int, int] = (64, 8),
        alpha: float = 1.0,
        loss_weights: tuple[float, ...] = (1.0, 1.0),
        seed: int = 0,
    ) -> None:
        super().__init__("temporal_autoencoder", mask, window, loss_weights)
        rng = np.random.default_rng(seed)
        self.cells = UnmaskedCells(mask)
        # Keras takes a layer that is never called, only asked, for unbuilt.
        self.normalise.build(self.frame_shape[-1:])
        self.standardise_cells = Affine((len(self.cells),), name="standardise_cells")
        self.windows = Windows(window)
        self.convolution = WindowConvolution(
            filters, kernel_size, window, initializer(rng), name="convolution"
        )
        self.latent_shape = (-(-window // pool_size), lstm_units[-1])
        n_steps = self.latent_shape[0]
        self.encoder = keras.Sequential(
            [
                layers.Input((window, filters)),
                layers.LeakyReLU(),
                layers.MaxPooling1D(pool_size, padding="same"),
                *(
                    _bidirectional(units, n_steps, rng, f"lstm_{i + 1}")
                    for i, units in enumerate(lstm_units)
                ),
            ],
            name="encoder",
        )
        surplus = n_steps * pool_size - window
        self.decoder = keras.Sequential(
            [
                layers.Input(self.latent_shape),
                layers.UpSampling1D(pool_size),
                # Pooling has padded the window on both sides.
                layers.Cropping1D((surplus // 2, surplus - surplus // 2)),
                # With a stride of one a transposed convolution is a convolution.
                layers.Conv1D(
                    len(self.cells),
                    kernel_size,
                    padding="same",
                    kernel_initializer=initializer(rng),
                    name="to_cells",
                ),
            ],
            name="decoder",
        )
        self.clustering = TemporalClustering(n_clusters, similarity, alpha, name="clustering")

    @classmethod
    def weight_shapes(
        cls, mask: np.ndarray, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[int, ...]]:
        """Shapes of the weights of a network, in no order, told without making it."""
        filters, kernel_size = arguments["filters"], arguments["kernel_size"]
        cells, lstm_units = int(mask.sum()), arguments["lstm_units"]
        d, steps = lstm_units[-1], -(-arguments["window"] // arguments["pool_size"])
        yield from cls.common_shapes(mask)
        yield from ((cells,), (cells,), (kernel_size, cells, filters), (filters,))
        for a, units in pairwise((filters, *lstm_units)):
            for _direction in range(2):
                yield from ((a, 4 * units), (units, 4 * units), (4 * units,))
        yield from ((kernel_size, d, cells), (cells,), (arguments["n_clusters"], steps, d), ())

    def set_scales(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn the mean of each cell and one scale from frames (N, H, L, V)."""
        moments = moments_of(values)
        super().set_scales(moments, mask)
        scale = np.sqrt(moments.variance[mask].mean())
        self.standardise_cells.set(moments.mean[mask], max(scale, np.finfo("float32").tiny ** 0.5))

    def call(self, segment: Any, training: bool | None = None) -> dict[str, Any]:
        """Run the network on a batch of segments."""
        cells = self.standardise_cells(self.cells.of(segment))
        features = self.convolution(cells)
        n_windows = features.shape[1]
        features = ops.reshape(features, (-1, self.window, features.shape[-1]))
        latent = self.encoder(features, training=training)
        decoded = self.decoder(latent, training=training)
        decoded = ops.reshape(decoded, (-1, n_windows, self.window, len(self.cells)))
        latent = ops.reshape(latent, (-1, n_windows, *self.latent_shape))
        return {
            "embedding": ops.reshape(latent, (-1, n_windows, int(np.prod(self.latent_shape)))),
            "membership": self.clustering(latent),
            "error": self._window_error(cells, decoded),
            "reconstruction": self._frame(decoded[:, :, self.before]),
        }

    def _window_error(self, cells: Any, decoded: Any) -> Any:
        """Squared error of whole windows as a share of the variance, (batch, S)."""
        error = ops.mean(ops.square(self.windows(cells) - decoded), axis=(-2, -1))
        return error * ops.square(self.standardise_cells.scale[0]) / self.variance

    def _frame(self, cells: Any) -> Any:
        """Frames (batch, S, H, L, V) of cells (batch, S, F); masked cells hold the mean."""
        return self.cells.on_grid(self.standardise_cells.inverse(cells), self.normalise.shift)

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Set the centroids to the means of complete linkage's clusters, and the unit.

        The unit makes the root mean square distance of frames from their nearest centroid
        `separation`; None leaves distances as they are.
        """
        latent = embedding.reshape(-1, *self.latent_shape)
        rng = np.random.default_rng(seed)
        n_clusters = self.clustering.n_clusters
        n_sampled = min(len(latent), max(LINKAGE_SAMPLE, n_clusters))
        if n_sampled < len(latent):
            sample = latent[np.sort(rng.choice(len(latent), n_sampled, replace=False))]
        else:
            sample = latent
        labels = complete_linkage(sample, n_clusters, self.clustering.similarity)
        centres = np.stack([sample[labels == k].mean(axis=0) for k in range(n_clusters)])
        self.clustering.centres.assign(centres)
        if separation is not None:
            squared = squared_distances(latent, centres, self.clustering.similarity).min(axis=1)
            unit = np.sqrt(squared.mean(dtype="float64")) / separation
            # Fewer distinct frames than clusters leave no spread; any unit serves then.
            self.clustering.unit.assign(unit if unit > 1e-6 else 1.0)

    @property
    def centres(self) -> np.ndarray:
        """Centroids flattened as the embedding is, (K, M)."""
        return super().centres.reshape(self.clustering.n_clusters, -1)


def squared_distances(x: np.ndarray, y: np.ndarray, similarity: str) -> np.ndarray:
    """All squared distances of sequences (N, T', d) and (K, T', d), in blocks: (N, K)."""
    rows = max(1, _BLOCK_VALUES // y.size)
    distance = SIMILARITIES[similarity].squared_distance
    blocks = [
        ops.convert_to_numpy(distance(x[i : i + rows, None], y[None]))
        for i in range(0, len(x), rows)
    ]
    return np.concatenate(blocks)


def complete_linkage(latent: np.ndarray, n_clusters: int, similarity: str) -> np.ndarray:
    """Labels (N,) of agglomerative clustering with complete linkage, of sequences (N, T', d)."""
    distances = np.sqrt(squared_distances(latent, latent, similarity))
    found = AgglomerativeClustering(n_clusters, metric="precomputed", linkage="complete")
    labels: np.ndarray = found.fit_predict(distances)
    return labels


def _bidirectional(units: int, n_steps: int, rng: np.random.Generator, name: str) -> Any:
    def one(backwards: bool) -> Any:
        return layers.LSTM(
            units,
            return_sequences=True,
            go_backwards=backwards,
            kernel_initializer=initializer(rng),
            recurrent_initializer=initializer(rng, "orthogonal"),
            seed=int(rng.integers(2**31)),
            # Of few steps a loop costs more than the steps.
            unroll=n_steps <= 8,
            name="backward" if backwards else "forward",
        )

    # Made by Bidirectional itself the backward layer would have the forward one's initial weights.
    return layers.Bidirectional(one(False), merge_mode="sum", backward_layer=one(True), name=name)
