"""Joint training of reconstruction and clustering (Sections 4.2 and 4.3 of the paper)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.devices import replicated
from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.snapshots import Course, Keeping


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
    separation : float or None
        Unit of the embedding; see `ClusteringNetwork.start`.
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
    separation: float | None


class History:
    """What happened, a value an epoch.

    The first value is that of the fresh network, before it has seen the data; the others are means
    over an epoch of training, on displaced frames.

    Parameters
    ----------
    network : ClusteringNetwork
        Whose running means are noted.

    Attributes
    ----------
    curves : dict of str to list
        ``phase``, the losses and ``label_change``; NaN where an epoch has none.
    loss : float
        Over the last epoch, all terms together.
    """

    def __init__(self, network: ClusteringNetwork) -> None:
        self.decodes = network.decodes
        self.loss = 0.0
        losses = [name for name in network.trackers if name != "loss"]
        self.curves: dict[str, list[Any]] = {
            name: [] for name in ("phase", *losses, "label_change")
        }

    def add(self, phase: str, logs: dict[str, float], label_change: float = np.nan) -> None:
        """Note one epoch."""
        self.loss = float(logs.get("loss", 0.0))
        noted: dict[str, Any] = {**logs, "phase": phase, "label_change": label_change}
        # Terms that have no part in the loss have running means too.
        if phase != "joint":
            noted["clustering_loss"] = np.nan
        if not self.decodes:
            noted["reconstruction_loss"] = np.nan
        for name, curve in self.curves.items():
            value = noted.get(name, np.nan)
            curve.append(value if name == "phase" else float(value))


class Refresh(keras.callbacks.Callback):
    """Refreshes what training draws frames to, and ends it when labels have settled.

    Parameters
    ----------
    batches : TrainingBatches
        Receives the target.
    plan : TrainingPlan
        Interval, tolerance and patience.
    seed : int
        For networks that draw random numbers at a refresh.
    """

    def __init__(self, batches: TrainingBatches, plan: TrainingPlan, seed: int) -> None:
        super().__init__()
        self.batches, self.plan, self.seed = batches, plan, seed
        self.labels: np.ndarray | None = None
        self.label_change = np.nan
        self.quiet = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refresh if the interval is over."""
        if epoch % self.plan.refresh_interval:
            self.label_change = np.nan
            return
        found = predict(
            self.model,
            self.batches.values,
            self.batches.runs,
            self.model.label_outputs,
            self.plan.batch_size,
        )
        labels, self.batches.target = self.model.refresh(found, self.seed)
        if self.labels is not None:
            self.label_change = float((labels != self.labels).mean())
            calm = self.label_change <= self.plan.tolerance
            self.quiet = self.quiet + 1 if calm else 0
        self.labels = labels

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop after `patience` quiet refreshes."""
        self.model.stop_training = self.is_settled

    @property
    def is_settled(self) -> bool:
        """Whether the labels have settled."""
        return self.quiet >= self.plan.patience


class Recorder(keras.callbacks.Callback):
    """Writes the history and moves the progress bar, a whole epoch at a time."""

    def __init__(
        self,
        course: Course,
        phase: str,
        advance: Callable[[str], None],
        refresh: Refresh | None = None,
    ) -> None:
        super().__init__()
        self.course, self.phase, self.advance, self.refresh = course, phase, advance, refresh

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the epoch."""
        if self.course.interrupted:
            return
        change = np.nan if self.refresh is None else self.refresh.label_change
        self.course.history.add(self.phase, logs or {}, change)
        self.advance(self.phase)


@dataclass
class Trained:
    """A trained network, how it went, and what it says of its training frames.

    Attributes
    ----------
    network : ClusteringNetwork
        With its final weights.
    history : dict of str to list
        See `History`.
    loss : float
        Over the last epoch, by which several starts are compared; infinite where the user ended
        the training before the joint phase.
    labels : numpy.ndarray of int, shape (N,)
        From the final weights, as all that follows.
    outputs : dict of str to numpy.ndarray
        ``embedding`` (N, M) and the network's `label_outputs`, as ``membership`` (N, K).
    interrupted : str
        Where the user ended the training; empty where nobody did.
    """

    network: ClusteringNetwork
    history: dict[str, list[Any]]
    loss: float
    labels: np.ndarray
    outputs: dict[str, np.ndarray]
    interrupted: str = ""


def train(
    network: ClusteringNetwork,
    values: Values,
    mask: np.ndarray,
    runs: np.ndarray,
    plan: TrainingPlan,
    seed: int,
    advance: Callable[[str], None],
    keeping: Keeping | None = None,
    moments: CellMoments | None = None,
) -> Trained:
    """Train a fresh network: reconstruction alone, start of the clusters, then jointly.

    Parameters
    ----------
    network : ClusteringNetwork
        Freshly initialised; changed in place.
    values, mask, runs
        As in `xdsc.frames.Frames`: values are an array, or read from a file.
    plan : TrainingPlan
        How long and how fast.
    seed : int
        Seeds the order of the batches, the displacements and k-means.
    advance : callable
        Called with the phase after each epoch.
    keeping : Keeping, optional
        Whether to keep what is needed to go on, or to go on, and who may end the training.
    moments : CellMoments, optional
        Of the values, where they are known.
    """
    batch_seed, start_seed = map(int, np.random.default_rng(seed).integers(2**31, size=2))

    def outputs(*names: str) -> dict[str, np.ndarray]:
        return predict(network, values, runs, names, plan.batch_size)

    moments = moments_of(values) if moments is None else moments
    network.set_variance(moments, mask)
    history = History(network)
    fresh = {"reconstruction_loss": outputs("error")["error"].mean()} if network.decodes else {}
    history.add("untrained", fresh)
    network.set_scales(moments, mask)
    batches = TrainingBatches(
        values,
        runs,
        network.window,
        plan.batch_size,
        network.target_width,
        plan.displacement,
        mask,
        batch_seed,
    )
    course = Course(network, batches, history, plan.refresh_interval, keeping or Keeping())

    def fit(phase: str, epochs: int, refresh: Refresh | None = None) -> None:
        if course.leaves_out(phase):
            return
        callbacks = [] if refresh is None else [refresh]
        callbacks.append(Recorder(course, phase, advance, refresh))
        callbacks += course.follow(phase, epochs, refresh)
        with replicated(network):
            network.compile(optimizer=_optimizer(plan), jit_compile=_jit())
            # Built while training is traced, every weight of the optimizer would cost TensorFlow a
            # branch of the graph, and megabytes that it never frees.
            network.optimizer.build(network.trainable_variables)
        over = course.take_up(refresh, epochs)
        if over == epochs or (refresh is not None and refresh.is_settled):
            return
        # The batches are shuffled by seed; Keras would shuffle them by the global random state.
        network.fit(
            batches,
            initial_epoch=over,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
        course.round_off()

    if plan.pretrain_epochs and network.decodes:
        network.pretrain(fit, plan.pretrain_epochs)
    if course.has_centres:
        network.release()
    else:
        network.start(outputs("embedding")["embedding"], plan.separation, start_seed)
    if plan.epochs:
        fit("joint", plan.epochs, Refresh(batches, plan, start_seed))
    network.finish(outputs("embedding")["embedding"], start_seed)
    final = outputs("embedding", *network.label_outputs)
    # Starts without joint training are equals, but for one that did not come so far.
    no_loss = np.inf if plan.epochs else 0.0
    return Trained(
        network=network,
        history=history.curves,
        loss=history.loss if "joint" in history.curves["phase"] else no_loss,
        labels=network.labels(final),
        outputs=final,
        interrupted=course.interrupted,
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
