"""What Keras calls between the epochs of a phase: refreshes of the target, and the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from xdsc.networks.architectures.targets import target_of_labels
from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.session import TrainingSession
from xdsc.networks.exchange import TrainingPlan

#: What the names of the best weights begin with in a snapshot.
_BEST = "best/"


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
        labels, self.batches.target = self.target(self._found(self.model))
        if self.labels is not None:
            self.label_change = float((labels != self.labels).mean())
            calm = self.label_change <= self.plan.tolerance
            self.quiet = self._quiet(calm)
        self.labels = labels

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop after `patience` quiet refreshes."""
        self.model.stop_training = self.is_settled

    def target(self, found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Labels (N,), and what training draws frames to, from the network's outputs."""
        labels, target = self.model.refresh(found, self.seed)
        return labels, target

    def kept(self) -> dict[str, np.ndarray]:
        """What a snapshot of the training holds of this."""
        assert self.labels is not None
        return {"labels": self.labels, "target": self.batches.target}

    def restore(self, arrays: dict[str, np.ndarray], quiet: int) -> None:
        """Go on where a snapshot was taken."""
        self.labels, self.quiet = arrays.get("labels"), quiet
        self.batches.target = arrays["target"]

    def finish(self, network: Any, loss: float) -> float:
        """After the phase: the loss of the network as it is to be, given that of the last epoch."""
        return loss

    def _quiet(self, calm: bool) -> int:
        return self.quiet + 1 if calm else 0

    def _found(self, network: Any) -> dict[str, np.ndarray]:
        values, runs = self.batches.values, self.batches.runs
        return predict(network, values, runs, network.label_outputs, self.plan.batch_size)

    @property
    def is_settled(self) -> bool:
        """Whether the labels have settled."""
        return self.quiet >= self.plan.patience


class HeldOut(Refresh):
    """Draws frames to given labels, until those that were held out are labelled no better.

    An eighth of the frames, in pieces spread over the record, has no part in the clustering loss.
    In the end the network is as it was when it labelled them best.

    Parameters
    ----------
    batches, plan, seed
        As for `Refresh`; the plan's patience counts refreshes without a better cross-entropy of
        the labels that are held out.
    labels : numpy.ndarray of int, shape (N,)
        What frames are drawn to.
    """

    def __init__(
        self, batches: TrainingBatches, plan: TrainingPlan, seed: int, labels: np.ndarray
    ) -> None:
        super().__init__(batches, plan, seed)
        self.given, self.held = labels, held_out(len(labels))
        self.best, self.best_weights = np.inf, list[np.ndarray]()

    def target(self, found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Labels by the network, and a target that does not change."""
        self._compare(self.model, found)
        target = target_of_labels(self.given, self.batches.target.shape[1])
        if not self.held.all():
            # Without a target a frame has no part in the clustering loss.
            target[self.held] = 0.0
        return self.model.labels(found), target

    def finish(self, network: Any, loss: float) -> float:
        """Bring the best weights back; their loss is that of the labels held out."""
        self._compare(network, self._found(network))
        network.set_weights(self.best_weights)
        return self.best

    def kept(self) -> dict[str, np.ndarray]:
        """The best weights too."""
        best = {f"{_BEST}{i:04d}": array for i, array in enumerate(self.best_weights)}
        return {**super().kept(), **best, "best_loss": np.array([self.best])}

    def restore(self, arrays: dict[str, np.ndarray], quiet: int) -> None:
        """The best weights too."""
        super().restore(arrays, quiet)
        self.best = float(arrays["best_loss"][0])
        self.best_weights = [arrays[name] for name in sorted(arrays) if name.startswith(_BEST)]

    def _quiet(self, calm: bool) -> int:
        return self.quiet

    def _compare(self, network: Any, found: dict[str, np.ndarray]) -> None:
        here = self.held
        q = found["membership"][here, self.given[here]].astype("float64")
        loss = float(-np.log(q + keras.config.epsilon()).mean())
        better = loss < self.best
        self.quiet = 0 if better else self.quiet + 1
        if better or not self.best_weights:
            self.best = loss
            self.best_weights = [np.array(weight) for weight in network.get_weights()]


def held_out(n: int) -> np.ndarray:
    """Which of n frames are held out, (n,): every eighth of 64 pieces; all of very few."""
    piece = max(1, round(n / 64))
    found = np.arange(n) // piece % 8 == 4
    return found if found.any() else np.ones(n, bool)


class Recorder(keras.callbacks.Callback):
    """Writes the history and moves the progress bar, a whole epoch at a time."""

    def __init__(
        self,
        session: TrainingSession,
        phase: str,
        advance: Callable[[str], None],
        refresh: Refresh | None = None,
    ) -> None:
        super().__init__()
        self.session, self.phase, self.advance, self.refresh = session, phase, advance, refresh

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the epoch."""
        if self.session.interrupted:
            return
        change = np.nan if self.refresh is None else self.refresh.label_change
        self.session.history.add(self.phase, logs or {}, change)
        self.advance(self.phase)
