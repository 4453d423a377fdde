"""The sequence autoencoder of DTCR with its k-means and classification loss (Ma et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import keras
import numpy as np
from keras import layers, ops

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.architectures.cells import UnmaskedCells
from xdsc.networks.architectures.dilated import BidirectionalDilatedGRU, GRUDecoder
from xdsc.networks.architectures.layers import Affine, Windows, initializer
from xdsc.networks.architectures.spectral import spectral_target
from xdsc.networks.architectures.start import fit_kmeans

_CLASSIFIER_UNITS = 128


def default_dilations(n_layers: int, window: int) -> tuple[int, ...]:
    """Doubled from layer to layer, up to half the window, beyond which no step has one before it.

    Examples
    --------
    >>> default_dilations(3, window=8), default_dilations(3, window=5)
    ((1, 2, 4), (1, 2, 2))
    """
    return tuple(max(1, min(2**i, window // 2)) for i in range(n_layers))


def n_moved(window: int, share: float) -> int:
    """Steps of a window that change places in a fake one: at least two, the least that can.

    Examples
    --------
    >>> n_moved(8, 0.2), n_moved(20, 0.2), n_moved(3, 0.2), n_moved(4, 1.0)
    (2, 4, 2, 4)
    """
    return min(window, max(2, round(share * window)))


def shuffles(noise: Any, moved: int) -> Any:
    """Matrices that shuffle windows: each moves `moved` steps and leaves the others in place.

    Which ones is random. They pass their places on in a ring, so that each of them does move.

    Parameters
    ----------
    noise : tensor, shape (batch, W)
        Uniform random numbers.
    moved : int
        How many steps change places.

    Returns
    -------
    tensor, shape (batch, W, W)
        Permutation matrices; ``matmul(shuffles(...), windows)`` shuffles (batch, W, features).
    """
    window = noise.shape[-1]
    step = ops.argsort(noise, axis=-1)
    source = ops.concatenate([step[:, 1:moved], step[:, :1], step[:, moved:]], axis=-1)
    to = ops.transpose(ops.one_hot(step, window), (0, 2, 1))
    return ops.matmul(to, ops.one_hot(source, window))


class TemporalRepresentation(ClusteringNetwork):
    """Deep Temporal Clustering Representation: windows to vectors that suit k-means.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. Other cells never enter the network.
    n_clusters, window : int
        K and W.
    units : sequence of int
        Of the encoder's layers, `BidirectionalDilatedGRU`. M is ``2 * sum(units)``.
    dilations : sequence of int or None
        Of these layers; None for `default_dilations`.
    frame_features : int
        What a frame is projected to for the encoder, and made from by the decoder, linearly.
    shuffled : float
        Share of the steps of a window that change places in a fake one.
    loss_weights : (float, float, float)
        Of reconstruction, classification and k-means loss.
    seed : int
        Seeds every initial weight and the fake windows.

    Attributes
    ----------
    moved : int
        Steps that change places in a fake window.

    Notes
    -----
    The projection of frames is a factor of the first GRU's input weights: it is linear, and lets
    windows share the work on their frames. Likewise the decoder's output weights have the rank
    `frame_features`, and so the squared error over all cells of a window need not be taken cell by
    cell: with x the cells of a frame and z D its reconstruction, ``|x - z D|² = |x|² - 2 (x Dᵀ) zᵀ
    + z (D Dᵀ) zᵀ``, where x Dᵀ is the same for all windows that the frame is in.

    The decoder is a GRU that starts with the embedding and gets no input: all that it knows of the
    window went through the embedding.
    """

    loss_terms: ClassVar[Mapping[str, str]] = {
        "reconstruction": "reconstruction loss, share of the variance",
        "classification": "classification loss, cross-entropy",
        "clustering": "clustering loss",
    }

    def __init__(
        self,
        mask: np.ndarray,
        n_clusters: int,
        window: int,
        units: Sequence[int],
        dilations: Sequence[int] | None,
        frame_features: int,
        *,
        shuffled: float = 0.2,
        loss_weights: tuple[float, ...] = (1.0, 1.0, 1.0),
        seed: int = 0,
    ) -> None:
        super().__init__("temporal_representation", mask, window, loss_weights)
        rng = np.random.default_rng(seed)
        self.n_clusters, self.latent_dim = n_clusters, 2 * sum(units)
        self.moved = n_moved(window, shuffled)
        self.cells = UnmaskedCells(mask)
        self.anomaly = Affine((len(self.cells),), name="anomaly")
        self.project = layers.Dense(
            frame_features, use_bias=False, kernel_initializer=initializer(rng), name="project"
        )
        self.windows = Windows(window)
        self.encoder = BidirectionalDilatedGRU(
            units,
            dilations or default_dilations(len(units), window),
            seed=int(rng.integers(2**31)),
            name="encoder",
        )
        self.decoder = GRUDecoder(window, seed=int(rng.integers(2**31)), name="decoder")
        self.to_features = layers.Dense(
            frame_features, kernel_initializer=initializer(rng), name="to_features"
        )
        self.to_cells = self.add_weight(
            shape=(frame_features, len(self.cells)),
            initializer=initializer(rng),
            name="to_cells",
        )
        self.classifier = [
            layers.Dense(
                _CLASSIFIER_UNITS,
                activation="relu",
                kernel_initializer=initializer(rng),
                name="classifier",
            ),
            layers.Dense(2, kernel_initializer=initializer(rng), name="real_or_fake"),
        ]
        # Prediction comes first, and uses neither of these.
        self.normalise.build((None, self.frame_shape[-1]))
        self.classifier[0].build((None, self.latent_dim))
        self.classifier[1].build((None, _CLASSIFIER_UNITS))
        self.fakes = keras.random.SeedGenerator(int(rng.integers(2**31)))
        self.found_centres = self.add_weight(
            shape=(n_clusters, self.latent_dim),
            initializer="zeros",
            trainable=False,
            name="centres",
        )

    @classmethod
    def weight_shapes(
        cls, mask: np.ndarray, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[int, ...]]:
        """Shapes of the weights of a network, in no order, told without making it."""
        units, p = arguments["units"], arguments["frame_features"]
        cells, m, c = int(mask.sum()), 2 * sum(units), _CLASSIFIER_UNITS
        yield from cls.common_shapes(mask)
        yield from ((p, cells), (arguments["n_clusters"], m), (cells,), (cells,), (cells, p))
        for a, u in pairwise((p, *units)):
            yield from ((2, a, 3 * u), (2, u, 3 * u), (2, 1, 3 * u), (2, 1, 3 * u))
        yield from ((m, 3 * m), (1, 3 * m), (1, 3 * m), (m, p), (p,))
        yield from ((m, c), (c,), (c, 2), (2,))

    def set_scales(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn what `ClusteringNetwork` learns, and the mean of each cell in time.

        A GRU saturates where a constant field outweighs what changes.
        """
        moments = moments_of(values)
        super().set_scales(moments, mask)
        self.anomaly.set(moments.mean[mask], np.sqrt(ops.convert_to_numpy(self.variance + 0.0)))

    # --- Forward --------------------------------------------------------------------------------

    def call(self, segment: Any, training: bool | None = None) -> dict[str, Any]:
        """Run the network on a batch of segments; in training, on fake windows too."""
        cells = self.anomaly(self.cells.of(segment))
        windows = self.windows(self.project(cells))
        n_windows = windows.shape[1]
        real = ops.reshape(windows, (-1, self.window, windows.shape[-1]))
        found = {}
        if training:
            both = self.encoder(ops.concatenate([real, self.fake(real)]))
            latent, fake = ops.split(both, 2)
            loss = self.classification_error(latent, fake)
            found["classification"] = ops.reshape(loss, (-1, n_windows))
        else:
            latent = self.encoder(real)
        features = self.to_features(self.decoder(latent))
        features = ops.reshape(features, (-1, n_windows, self.window, features.shape[-1]))
        found["embedding"] = ops.reshape(latent, (-1, n_windows, self.latent_dim))
        found["error"] = self.window_error(cells, features)
        found["reconstruction"] = self.frame(features[:, :, self.before])
        return found

    def fake(self, windows: Any) -> Any:
        """Windows (batch, W, features) with some of their steps shuffled."""
        shape = (ops.shape(windows)[0], self.window)
        noise = keras.random.uniform(shape, seed=self.fakes)
        return ops.matmul(shuffles(noise, self.moved), windows)

    def classification_error(self, real: Any, fake: Any) -> Any:
        """Cross-entropy of telling windows from fakes, each window's and its fake's mean."""
        losses = []
        for name, latent in enumerate((real, fake)):
            for layer in self.classifier:
                latent = layer(latent)
            losses.append(-ops.log_softmax(latent, axis=-1)[:, name])
        return (losses[0] + losses[1]) / 2.0

    def window_error(self, cells: Any, features: Any) -> Any:
        """Mean squared error over the cells and frames of each window as a share of the variance.

        Parameters
        ----------
        cells : tensor, shape (batch, S + W - 1, d)
            The d unmasked cells of the frames, normalised.
        features : tensor, shape (batch, S, W, P)
            What the decoder gives.
        """
        square = ops.sum(ops.square(cells), axis=-1, keepdims=True)
        product = ops.matmul(cells, ops.transpose(self.to_cells))
        gram = ops.matmul(self.to_cells, ops.transpose(self.to_cells))
        terms = self.windows(ops.concatenate([square, product], axis=-1))
        own = ops.sum(ops.matmul(features, gram) * features, axis=-1)
        error = terms[..., 0] - 2.0 * ops.sum(terms[..., 1:] * features, axis=-1) + own
        scale = ops.square(self.anomaly.scale) / self.variance
        return ops.mean(error, axis=-1) * ops.mean(scale) / len(self.cells)

    def frame(self, features: Any) -> Any:
        """Frames (batch, S, H, L, V) of features (batch, S, P); masked cells hold the mean."""
        cells = self.anomaly.inverse(ops.matmul(features, self.to_cells))
        return self.cells.on_grid(cells, self.normalise.shift)

    # --- Loss and clusters ----------------------------------------------------------------------

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Reconstruction, classification and k-means loss; `y` is what `spectral_target` gives.

        The k-means loss is 0 before the first refresh, as the weights in `y` are.
        """
        embedding, error = y_pred["embedding"], y_pred["error"]
        distance = ops.sum(ops.square(embedding - y[..., :-1]), axis=-1)
        return self.weighted_loss(
            sample_weight,
            reconstruction=error,
            classification=y_pred.get("classification", ops.zeros_like(error)),
            clustering=distance * y[..., -1],
        )

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Set the centres that the labels are followed with while the embedding moves."""
        self.find_centres(embedding, seed)

    @property
    def target_width(self) -> int:
        """M, and one for the weight."""
        return self.latent_dim + 1

    def refresh(self, found: dict[str, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels by k-means from the centres before, so that clusters keep their numbers."""
        embedding = found["embedding"]
        self.find_centres(embedding, seed, init=self.centres)
        return self.labels(found), spectral_target(embedding, self.n_clusters)

    def finish(self, embedding: np.ndarray, seed: int) -> None:
        """Set the centres by k-means on the final embeddings."""
        self.find_centres(embedding, seed)

    def find_centres(
        self, embedding: np.ndarray, seed: int, init: np.ndarray | None = None
    ) -> None:
        """Set the centres by k-means, from the centres `init` where they are given."""
        kmeans = fit_kmeans(embedding, self.n_clusters, seed, init)
        self.found_centres.assign(kmeans.cluster_centers_)

    def labels(self, found: dict[str, np.ndarray]) -> np.ndarray:
        """The nearest centre of each frame's embedding, (N,)."""
        embedding, centres = found["embedding"], self.centres
        # |h|² is the same for all centres, and h is not far from 0: nothing is lost here.
        return (np.square(centres).sum(axis=1) - 2.0 * embedding @ centres.T).argmin(axis=1)

    @property
    def centres(self) -> np.ndarray:
        """Centres of the clusters, (K, M)."""
        return ops.convert_to_numpy(self.found_centres + 0.0)
