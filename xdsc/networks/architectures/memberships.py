"""Networks whose clusters are a layer: memberships are drawn to a target made of themselves."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.architectures.layers import Affine
from xdsc.networks.architectures.start import fit_kmeans
from xdsc.networks.architectures.targets import target_distribution


class MembershipNetwork(ClusteringNetwork):
    """Frames in, embeddings and memberships out; trained on the joint loss of Eq. 7.

    A network is a subclass that makes its layers, `clustering` among them, and implements `call`.

    Attributes
    ----------
    clustering : keras.layers.Layer
        Memberships of embeddings; has ``n_clusters`` and the weight ``centres`` (K, M).
    standardise : Affine
        Gives embeddings the unit of the clustering layer's distances, for `start`.

    Notes
    -----
    Among its outputs is ``membership`` (batch, S, K).
    """

    label_outputs: ClassVar[tuple[str, ...]] = ("membership",)

    clustering: Any
    standardise: Affine

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
        all zero before the clustering starts.
        """
        p, q = y, y_pred["membership"]
        tiny = keras.config.epsilon()
        divergence = ops.sum(p * (ops.log(p + tiny) - ops.log(q + tiny)), axis=-1)
        error = y_pred.get("error", ops.zeros_like(divergence))
        return self.weighted_loss(sample_weight, reconstruction=error, clustering=divergence)

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Set the centres by k-means on the embeddings, and the unit of distances.

        Eq. 3 sees distances of order one: with far smaller ones every membership is 1/K, the target
        distribution equals it, and nothing is learnt. So the embedding (N, M), which comes without
        a unit so far, is shifted and scaled such that the root mean square distance of a frame from
        its centre is `separation`; None leaves it as it is.
        """
        n_clusters = self.clustering.n_clusters
        kmeans = fit_kmeans(embedding, n_clusters, seed)
        spread = float(np.sqrt(kmeans.inertia_ / len(embedding)))
        self._set_centres(kmeans.cluster_centers_, spread, embedding, separation)

    def start_at(self, labels: np.ndarray, embedding: np.ndarray, separation: float | None) -> None:
        """Set the centres to the means of clusters, and the unit of distances as `start` does."""
        centres = np.tile(embedding.mean(axis=0), (self.clustering.n_clusters, 1))
        for label in np.unique(labels):
            centres[label] = embedding[labels == label].mean(axis=0)
        squares = np.square(embedding - centres[labels]).sum(axis=1)
        spread = float(np.sqrt(squares.mean()))
        self._set_centres(self._apart(centres, spread), spread, embedding, separation)

    def _apart(self, centres: np.ndarray, spread: float) -> np.ndarray:
        """Centres (K, M) to begin with, given the means of clusters and the distance from them."""
        return centres

    def _set_centres(
        self, centres: np.ndarray, spread: float, embedding: np.ndarray, separation: float | None
    ) -> None:
        if separation is None:
            self.clustering.centres.assign(centres)
            return
        shift = embedding.mean(axis=0)
        # Fewer distinct frames than clusters leave no spread; any unit serves then.
        scale = max(spread / separation, float(np.finfo("float32").tiny) ** 0.5)
        self.standardise.set(shift, scale)
        # In double precision, which a Python float would not ask for.
        self.clustering.centres.assign((centres - shift) / np.float64(scale))

    @property
    def target_width(self) -> int:
        """K."""
        return int(self.clustering.n_clusters)

    def refresh(self, found: dict[str, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels (N,), and the target distribution (N, K) of Eq. 4."""
        return self.labels(found), target_distribution(found["membership"])

    def labels(self, found: dict[str, np.ndarray]) -> np.ndarray:
        """The cluster of the largest membership of each frame, (N,)."""
        return found["membership"].argmax(axis=1)

    @property
    def centres(self) -> np.ndarray:
        """Centres C of the clusters, (K, M)."""
        # A tensor, not the variable: NumPy 2 warns about the variables of TensorFlow.
        return ops.convert_to_numpy(self.clustering.centres + 0.0)
