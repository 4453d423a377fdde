"""Joint training of reconstruction and clustering (Sections 4.2 and 4.3 of the paper)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from sklearn.cluster import KMeans

from xdsc.networks.autoencoder import CNNLSTMAutoencoder
from xdsc.networks.batches import TrainingBatches, predict
from xdsc.networks.targets import target_distribution

_KMEANS_STARTS = 20


@dataclass(frozen=True)
class TrainingPlan:
    """How to train: everything that is no property of the network or the data.

    Attributes
    ----------
    pretrain_epochs : int
        Epochs of reconstruction alone, before the k-means start.
    epochs : int
        Most epochs of joint training.
    batch_size : int
        Windows a batch.
    optimizer : str or dict
        Keras optimizer by name, or its serialised form.
    learning_rate : float
        Step size.
    refresh_interval : int
        Epochs between refreshes of the target distribution.
    tolerance : float
        A refresh at which no larger fraction of the labels has changed counts as quiet.
    patience : int
        Quiet refreshes in a row that end the training.
    displacement : float
        Training frames are moved at random by up to this fraction of the grid's sides.
    separation : float
        Unit of the embedding; see `start_clustering`.
    """

    pretrain_epochs: int
    epochs: int
    batch_size: int
    optimizer: str | dict[str, Any]
    learning_rate: float
    refresh_interval: int
    tolerance: float
    patience: int
    displacement: float
    separation: float


@dataclass
class History:
    """What happened, a value an epoch.

    The first value is that of the fresh network, before it has seen the data; the others are means
    over an epoch of training, on displaced frames.
    """

    phase: list[str] = field(default_factory=list)
    reconstruction_loss: list[float] = field(default_factory=list)
    clustering_loss: list[float] = field(default_factory=list)
    label_change: list[float] = field(default_factory=list)

    def add(self, phase: str, logs: dict[str, float], label_change: float) -> None:
        """Note one epoch."""
        self.phase.append(phase)
        self.reconstruction_loss.append(float(logs["reconstruction_loss"]))
        self.clustering_loss.append(float(logs["clustering_loss"]) if phase == "joint" else np.nan)
        self.label_change.append(label_change)


def start_clustering(
    network: CNNLSTMAutoencoder,
    values: np.ndarray,
    runs: np.ndarray,
    separation: float,
    batch_size: int,
    seed: int,
) -> None:
    """Set the centres by k-means on the embeddings, and the unit that distances are measured in.

    Eq. 3 sees distances of order one: with far smaller ones every membership is 1/K, the target
    distribution equals it, and nothing is learnt. So the embedding is shifted and scaled such that
    the root mean square distance of a frame from its centre is `separation`.
    """
    network.standardise.set(0.0, 1.0)
    embedding = predict(network, values, runs, ("embedding",), batch_size)["embedding"]
    n_clusters = network.clustering.n_clusters
    kmeans = KMeans(n_clusters, n_init=_KMEANS_STARTS, random_state=seed).fit(embedding)
    shift = embedding.mean(axis=0)
    spread = np.sqrt(kmeans.inertia_ / len(embedding))
    # Fewer distinct frames than clusters leave no spread; any unit serves then.
    scale = max(spread / separation, np.finfo("float32").tiny ** 0.5)
    network.standardise.set(shift, scale)
    network.clustering.centres.assign((kmeans.cluster_centers_ - shift) / scale)


class RefreshTargets(keras.callbacks.Callback):
    """Refreshes the target distribution, and ends the training when labels have settled.

    Parameters
    ----------
    batches : TrainingBatches
        Holds the target distribution.
    plan : TrainingPlan
        Interval, tolerance and patience.
    history : History
        Receives the share of labels that changed at each refresh.
    """

    def __init__(self, batches: TrainingBatches, plan: TrainingPlan) -> None:
        super().__init__()
        self.batches, self.plan = batches, plan
        self.labels: np.ndarray | None = None
        self.label_change = np.nan
        self.quiet = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refresh if the interval is over."""
        if epoch % self.plan.refresh_interval:
            self.label_change = np.nan
            return
        membership = predict(
            self.model,
            self.batches.values,
            self.batches.runs,
            ("membership",),
            self.plan.batch_size,
        )["membership"]
        labels = membership.argmax(axis=1)
        if self.labels is not None:
            self.label_change = float((labels != self.labels).mean())
            calm = self.label_change <= self.plan.tolerance
            self.quiet = self.quiet + 1 if calm else 0
        self.labels = labels
        self.batches.target = target_distribution(membership)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop after `patience` quiet refreshes."""
        self.model.stop_training = self.quiet >= self.plan.patience


class Recorder(keras.callbacks.Callback):
    """Writes the history and moves the progress bar, an epoch at a time."""

    def __init__(
        self,
        history: History,
        phase: str,
        advance: Callable[[str], None],
        refresh: RefreshTargets | None = None,
    ) -> None:
        super().__init__()
        self.history, self.phase, self.advance, self.refresh = history, phase, advance, refresh

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the epoch."""
        change = np.nan if self.refresh is None else self.refresh.label_change
        self.history.add(self.phase, logs or {}, change)
        self.advance(self.phase)


@dataclass
class Trained:
    """A trained network, how it went, and what it says of its training frames.

    Attributes
    ----------
    network : CNNLSTMAutoencoder
        With its final weights.
    history : History
    loss : float
        Eq. 7 over the last epoch, by which several starts are compared.
    membership, embedding : numpy.ndarray, shapes (N, K) and (N, M)
        From the final weights.
    """

    network: CNNLSTMAutoencoder
    history: History
    loss: float
    membership: np.ndarray
    embedding: np.ndarray


def train(
    network: CNNLSTMAutoencoder,
    values: np.ndarray,
    mask: np.ndarray,
    runs: np.ndarray,
    plan: TrainingPlan,
    seed: int,
    advance: Callable[[str], None],
) -> Trained:
    """Train a fresh network: reconstruction alone, k-means start, then jointly.

    Parameters
    ----------
    network : CNNLSTMAutoencoder
        Freshly initialised; changed in place.
    values, mask, runs : numpy.ndarray
        As in `xdsc.frames.Frames`.
    plan : TrainingPlan
        How long and how fast.
    seed : int
        Seeds the order of the batches, the displacements and k-means.
    advance : callable
        Called with the phase after each epoch.
    """
    batch_seed, kmeans_seed = map(int, np.random.default_rng(seed).integers(2**31, size=2))
    n_clusters = network.clustering.n_clusters
    batches = TrainingBatches(
        values,
        runs,
        network.window,
        plan.batch_size,
        n_clusters,
        plan.displacement,
        mask,
        batch_seed,
    )
    history = History()
    network.set_variance(values, mask)
    fresh = predict(network, values, runs, ("error",), plan.batch_size)["error"].mean()
    history.add("untrained", {"reconstruction_loss": fresh}, np.nan)
    network.set_scales(values, mask)

    def fit(phase: str, epochs: int, *callbacks: keras.callbacks.Callback) -> None:
        network.compile(optimizer=_optimizer(plan), jit_compile=_jit())
        # The batches are shuffled by seed; Keras would shuffle them by the global random state.
        network.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))

    if plan.pretrain_epochs:
        fit("pretrain", plan.pretrain_epochs, Recorder(history, "pretrain", advance))
    start_clustering(network, values, runs, plan.separation, plan.batch_size, kmeans_seed)
    if plan.epochs:
        refresh = RefreshTargets(batches, plan)
        fit("joint", plan.epochs, refresh, Recorder(history, "joint", advance, refresh))
    final = predict(network, values, runs, ("membership", "embedding"), plan.batch_size)
    return Trained(
        network=network,
        history=history,
        loss=float(network.trackers["loss"].result()) if plan.epochs else 0.0,
        membership=final["membership"],
        embedding=final["embedding"],
    )


def _jit() -> bool | str:
    """On TensorFlow XLA costs seconds at every start and gains nothing; JAX cannot do without."""
    return False if keras.backend.backend() == "tensorflow" else "auto"


def _optimizer(plan: TrainingPlan) -> keras.optimizers.Optimizer:
    """A fresh optimizer: each phase begins with empty moments."""
    given = plan.optimizer
    spec: dict[str, Any] = {"class_name": given} if isinstance(given, str) else given
    config = {"learning_rate": plan.learning_rate, **spec.get("config", {})}
    return keras.optimizers.get({**spec, "config": config})
