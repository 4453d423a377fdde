"""What every network has that is trained on reconstruction and clustering: scales, loss, hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.layers import Affine
from xdsc.networks.architectures.targets import target_distribution
from xdsc.networks.devices import n_replicas, on_one_device, sum_of_replicas
from xdsc.networks.segments import frames_before

_KMEANS_STARTS = 20


def initializer(rng: np.random.Generator, kind: str = "glorot_uniform") -> Any:
    """Initializer with a seed of its own: Keras's default seeds come from global random state."""
    seed = int(rng.integers(2**31))
    if kind == "orthogonal":
        return keras.initializers.Orthogonal(seed=seed)
    return keras.initializers.GlorotUniform(seed=seed)


def fit_kmeans(
    embedding: np.ndarray, n_clusters: int, seed: int, init: np.ndarray | None = None
) -> KMeans:
    """k-means from the centres `init`, or the best of 20 starts.

    Fewer distinct embeddings than K leave clusters empty.
    """
    start = {"n_init": _KMEANS_STARTS} if init is None else {"init": init, "n_init": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters, random_state=seed, **start).fit(embedding)


class ClusteringNetwork(keras.Model):
    """Frames in, embeddings and memberships out; trained on the joint loss of Eq. 7.

    A network is a subclass that makes its layers, `clustering` and `standardise` among them, and
    implements `call`.

    Parameters
    ----------
    name : str
        Name of the model.
    shape : (int, int, int)
        H, L, V.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. Other cells have no part in the loss.
    window : int
        W.
    loss_weights : (float, float)
        Weights of the reconstruction and the clustering loss in Eq. 7.

    Attributes
    ----------
    clustering : keras.layers.Layer
        Memberships of embeddings; has ``n_clusters`` and the weight ``centres`` (K, M).
    standardise : Affine
        Gives embeddings the unit of the clustering layer's distances.
    before : int
        Frames of a window that come before the frame that it belongs to.

    Notes
    -----
    The input is a batch of segments, (batch, S + W - 1, H, L, V); see `xdsc.networks.segments`. The
    output is a dict: ``embedding`` (batch, S, M), ``membership`` (batch, S, K) and, where the
    network decodes, ``error`` (batch, S), the squared norm of Eq. 5 as a share of the data's
    variance, and ``reconstruction`` (batch, S, H, L, V).
    """

    #: Outputs that `refresh` and `labels` are made from.
    label_outputs: ClassVar[tuple[str, ...]] = ("membership",)

    #: Whether there is a reconstruction loss.
    decodes: bool = True

    clustering: Any
    standardise: Affine

    def __init__(
        self,
        name: str,
        shape: tuple[int, int, int],
        mask: np.ndarray,
        window: int,
        loss_weights: tuple[float, ...] = (1.0, 1.0),
    ) -> None:
        super().__init__(name=name)
        if keras.backend.backend() == "tensorflow":
            # As in the training, so that a network that was never compiled gives the same bits.
            self.jit_compile = False
        self.frame_shape = shape
        self.window = window
        self.before = frames_before(window)
        self.loss_weights = loss_weights
        self.normalise = Affine((shape[-1],), name="normalise")
        self.cell_mask = np.asarray(mask, "float32")
        self.cell_weight = self.cell_mask / self.cell_mask.sum()
        self.variance = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="variance"
        )
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("loss", "reconstruction_loss", "clustering_loss")
        }

    # --- Scales of the data -------------------------------------------------------------------

    def set_variance(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn the variance in time, which the reconstruction loss is a share of."""
        self.variance.assign(moments_of(values).variance[mask].mean())

    def set_scales(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn the mean of each variable and one scale from frames (N, H, L, V).

        One scale serves all variables: it must not undo the weights that the preparation gave.
        """
        moments = moments_of(values)
        variable = np.nonzero(mask)[-1]
        cells = moments.mean[mask]
        means = np.bincount(variable, cells) / np.maximum(np.bincount(variable), 1)
        # A variable that is masked everywhere may be the last of them.
        means = np.pad(means, (0, self.frame_shape[-1] - len(means)))
        total = (np.square(cells - means[variable]) + moments.variance[mask]).mean()
        self.normalise.set(means, np.sqrt(total))

    # --- Loss ---------------------------------------------------------------------------------

    def frame_error(self, segment: Any, reconstruction: Any) -> Any:
        """Squared norm of Eq. 5 as a share of the variance, (batch, S), unmasked cells only."""
        original = segment[:, self.before : self.before + reconstruction.shape[1]]
        squared_error = ops.multiply(ops.square(original - reconstruction), self.cell_weight)
        return ops.sum(squared_error, axis=(-3, -2, -1)) / self.variance

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
        return self.weighted_loss(
            sample_weight, reconstruction_loss=error, clustering_loss=divergence
        )

    def weighted_loss(self, sample_weight: Any, **terms: Any) -> Any:
        """Mean of each term (batch, S) over real windows, summed with `loss_weights`; tracked.

        A replica sees a part of the batch and gives its share of the mean: Keras adds the
        gradients of all replicas.
        """
        total = ops.maximum(sum_of_replicas(ops.sum(sample_weight)), 1.0)
        means = {name: ops.sum(sample_weight * term) / total for name, term in terms.items()}
        weighted = zip(self.loss_weights, means.values(), strict=True)
        means["loss"] = sum(weight * mean for weight, mean in weighted)
        n = n_replicas()
        for name, value in means.items():
            # Each replica has a running mean of its own, and the mean of these is told.
            share = (value, total) if n == 1 else (value * n, total / n)
            self.trackers[name].update_state(share[0], sample_weight=share[1])
        return means["loss"]

    def predict_on_batch(self, x: Any) -> Any:
        """Outputs of a batch; of a network that is trained on several devices, from one."""
        with on_one_device(self):
            return super().predict_on_batch(x)

    @property
    def metrics(self) -> list[Any]:
        """The running means that Keras resets each epoch."""
        return list(self.trackers.values())

    # --- What the training asks, in the order of its phases -------------------------------------

    def pretrain(self, fit: Callable[[str, int], None], epochs: int) -> None:
        """Train on reconstruction alone; ``fit(phase, epochs)`` compiles and runs epochs."""
        fit("pretrain", epochs)

    def release(self) -> None:
        """Choose what the joint phase trains: in the place of `start` where that is over."""

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Set the centres by k-means on the embeddings, and the unit of distances.

        Eq. 3 sees distances of order one: with far smaller ones every membership is 1/K, the target
        distribution equals it, and nothing is learnt. So the embedding (N, M), which comes without
        a unit so far, is shifted and scaled such that the root mean square distance of a frame from
        its centre is `separation`; None leaves it as it is.
        """
        n_clusters = self.clustering.n_clusters
        kmeans = fit_kmeans(embedding, n_clusters, seed)
        if separation is None:
            self.clustering.centres.assign(kmeans.cluster_centers_)
            return
        shift = embedding.mean(axis=0)
        spread = np.sqrt(kmeans.inertia_ / len(embedding))
        # Fewer distinct frames than clusters leave no spread; any unit serves then.
        scale = max(spread / separation, np.finfo("float32").tiny ** 0.5)
        self.standardise.set(shift, scale)
        self.clustering.centres.assign((kmeans.cluster_centers_ - shift) / scale)

    @property
    def target_width(self) -> int:
        """Columns of what `refresh` gives for each frame."""
        return int(self.clustering.n_clusters)

    def refresh(self, found: dict[str, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels (N,), and the target (N, `target_width`) that training draws frames to.

        `found` holds the `label_outputs` of all frames.
        """
        return self.labels(found), target_distribution(found["membership"])

    def finish(self, embedding: np.ndarray, seed: int) -> None:
        """Do what is left once the weights are final."""

    def labels(self, found: dict[str, np.ndarray]) -> np.ndarray:
        """Labels (N,) of frames from their `label_outputs`."""
        return found["membership"].argmax(axis=1)

    @property
    def centres(self) -> np.ndarray:
        """Centres C of the clusters, (K, M)."""
        # A tensor, not the variable: NumPy 2 warns about the variables of TensorFlow.
        return ops.convert_to_numpy(self.clustering.centres + 0.0)
