"""A training between two epochs: kept, taken up again, or ended early with what it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from xdsc.errors import StorageError, message

#: Epochs of pretraining between two snapshots; the last epoch of a phase always has one.
PRETRAINING_INTERVAL = 5

_PARTS = ("network/", "optimizer/")


@dataclass(frozen=True)
class Snapshot:
    """All that is needed to go on.

    Attributes
    ----------
    phase : str
        In which the training is, or which it has just ended.
    epochs : int
        How many of its epochs are over.
    at : int
        Which shuffle the next batches come from; see `TrainingBatches.epoch`.
    quiet : int
        Quiet refreshes in a row.
    loss : float
        Over the last epoch.
    history : dict of str to list
        So far; see `xdsc.networks.engine.training.History`.
    arrays : dict of str to numpy.ndarray
        ``network/...`` and ``optimizer/...``: every variable, random states included; ``target``
        and ``labels`` of the last refresh, where there was one.
    """

    phase: str
    epochs: int
    at: int
    quiet: int
    loss: float
    history: dict[str, list[Any]]
    arrays: dict[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class Keeping:
    """What a training does besides training; nothing by default.

    Attributes
    ----------
    keep : callable or None
        Gets a `Snapshot` at each refresh and now and then before.
    resume : Snapshot or None
        Where to go on.
    is_interrupted : callable or None
        Whether the user wants the training to end after this batch; None where nobody asks.
    """

    keep: Callable[[Snapshot], None] | None = None
    resume: Snapshot | None = None
    is_interrupted: Callable[[], bool] | None = None


class Course:
    """Follows one training through its phases.

    Parameters
    ----------
    network, batches, history
        As in `xdsc.networks.engine.training.train`.
    refresh_interval : int
        Epochs of the joint phase between two snapshots.
    keeping : Keeping
        What to do.

    Attributes
    ----------
    interrupted : str
        Where the user ended the training; empty where nobody did.
    whole : list of numpy.ndarray or None
        Weights of the joint phase after its last whole epoch, where the user may end it.
    """

    def __init__(
        self, network: Any, batches: Any, history: Any, refresh_interval: int, keeping: Keeping
    ) -> None:
        self.network, self.batches, self.history = network, batches, history
        self.refresh_interval, self.keeping = refresh_interval, keeping
        self.resume = keeping.resume
        self.interrupted = ""
        self.whole: list[np.ndarray] | None = None
        if self.resume is not None:
            history.curves = {name: list(curve) for name, curve in self.resume.history.items()}

    @property
    def is_ending(self) -> bool:
        """Whether the user wants the training to end."""
        asked = self.keeping.is_interrupted
        return asked is not None and asked()

    def leaves_out(self, phase: str) -> bool:
        """Whether a phase is over already, or is not begun since the user has interrupted."""
        if self.resume is not None:
            return self.resume.phase != phase
        if self.is_ending and not self.interrupted:
            self.interrupted = f"before the phase {phase!r}"
        return bool(self.interrupted)

    @property
    def has_centres(self) -> bool:
        """Whether the snapshot, which is still to be taken up, is one of the joint phase."""
        return self.resume is not None and self.resume.phase == "joint"

    def take_up(self, refresh: Any = None, last: int | None = None) -> int:
        """Put the snapshot, if there is one, in the place of the fresh state.

        Parameters
        ----------
        refresh : Refresh, optional
            Of the joint phase.
        last : int, optional
            Epochs of the phase.

        Returns
        -------
        int
            Epochs of the phase that are over.
        """
        found, self.resume = self.resume, None
        if found is None:
            return 0
        for part, holder in zip(_PARTS, (self.network, self.network.optimizer), strict=True):
            _assign(holder.variables, found.arrays, part)
        self.history.loss = found.loss
        over = found.epochs == last
        if refresh is not None:
            refresh.labels, refresh.quiet = found.arrays.get("labels"), found.quiet
            self.batches.target = found.arrays["target"]
            over = over or refresh.is_settled
        # The beginning of a fit in Keras counts as the end of an epoch.
        self.batches.epoch = found.at if over else found.at - 1
        return found.epochs

    def follow(
        self, phase: str, epochs: int, refresh: Any = None
    ) -> list[keras.callbacks.Callback]:
        """Callbacks, to come last, that keep a phase and end it where the user asks for it."""
        callbacks: list[keras.callbacks.Callback] = []
        if self.keeping.keep is not None:
            callbacks.append(_Keep(self, phase, epochs, refresh))
        if self.keeping.is_interrupted is not None:
            callbacks.append(_End(self, phase, refresh))
        return callbacks

    def round_off(self) -> None:
        """After a phase that was broken off: bring its last whole epoch back."""
        if self.interrupted and self.whole is not None:
            self.network.set_weights(self.whole)

    def snapshot(self, phase: str, epochs: int, refresh: Any) -> Snapshot:
        """The training as it is now, between two epochs."""
        arrays = {
            f"{part}{i:04d}": np.array(variable.numpy())
            for part, holder in zip(_PARTS, (self.network, self.network.optimizer), strict=True)
            for i, variable in enumerate(holder.variables)
        }
        if refresh is not None:
            arrays |= {"labels": refresh.labels, "target": self.batches.target}
        return Snapshot(
            phase=phase,
            epochs=epochs,
            at=self.batches.epoch,
            quiet=0 if refresh is None else refresh.quiet,
            loss=self.history.loss,
            history={name: list(curve) for name, curve in self.history.curves.items()},
            arrays=arrays,
        )


class _Keep(keras.callbacks.Callback):
    """Keeps a snapshot when the next epoch begins with a refresh, and after the last epoch."""

    def __init__(self, course: Course, phase: str, epochs: int, refresh: Any) -> None:
        super().__init__()
        self.course, self.phase, self.epochs, self.refresh = course, phase, epochs, refresh
        joint = refresh is not None
        self.interval = course.refresh_interval if joint else PRETRAINING_INTERVAL

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep it."""
        over = epoch + 1
        # An epoch that was broken off is none to go on from.
        if self.course.interrupted:
            return
        if over == self.epochs or over % self.interval == 0 or self.model.stop_training:
            keep = self.course.keeping.keep
            assert keep is not None
            keep(self.course.snapshot(self.phase, over, self.refresh))


class _End(keras.callbacks.Callback):
    """Ends the training after the batch in which the user asks for it."""

    def __init__(self, course: Course, phase: str, refresh: Any) -> None:
        super().__init__()
        self.course, self.phase, self.refresh = course, phase, refresh

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Remember the weights before the first epoch."""
        self._remember()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Break the epoch off."""
        if self.course.is_ending:
            done = self.course.history.curves["phase"].count(self.phase)
            self.course.interrupted = f"in epoch {done + 1} of the phase {self.phase!r}"
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the weights of a whole epoch."""
        if self.course.interrupted:
            # Who looks for settled labels may have taken it back.
            self.model.stop_training = True
        else:
            self._remember()

    def _remember(self) -> None:
        if self.refresh is not None:
            self.course.whole = self.model.get_weights()


def _assign(variables: list[Any], arrays: dict[str, np.ndarray], part: str) -> None:
    """Give variables the values that a snapshot has for them."""
    found = [arrays[name] for name in sorted(arrays) if name.startswith(part)]
    expected = [tuple(variable.shape) for variable in variables]
    if expected != [array.shape for array in found]:
        raise StorageError(
            message(
                f"a checkpoint with the variables of this {part.rstrip('/')}",
                "one with others",
                "give another folder as checkpoint=, or delete this one",
            )
        )
    for variable, array in zip(variables, found, strict=True):
        variable.assign(array)
