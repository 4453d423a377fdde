"""What Keras calls between the epochs of a phase: refreshes of the target, and the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.session import TrainingSession
from xdsc.networks.exchange import TrainingPlan


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
