"""One training: taken up where it was cut off, kept between epochs, or ended early."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from xdsc.errors import StorageError, message
from xdsc.networks.exchange import TrainingHooks, TrainingSnapshot

#: Epochs of pretraining between two snapshots; the last epoch of a phase always has one.
PRETRAINING_INTERVAL = 5

_PARTS = ("network/", "optimizer/")


class TrainingSession:
    """Follows one training through its phases.

    Parameters
    ----------
    network, batches, history
        As in `xdsc.networks.engine.training.train`.
    refresh_interval : int
        Epochs of the joint phase between two snapshots.
    hooks : TrainingHooks
        What to do.

    Attributes
    ----------
    interrupted : str
        Where the user ended the training; empty where nobody did.
    whole : list of numpy.ndarray or None
        Weights of the joint phase after its last whole epoch, where the user may end it.
    """

    def __init__(
        self,
        network: Any,
        batches: Any,
        history: Any,
        refresh_interval: int,
        hooks: TrainingHooks,
    ) -> None:
        self.network, self.batches, self.history = network, batches, history
        self.refresh_interval, self.hooks = refresh_interval, hooks
        self.resume = hooks.resume
        self.interrupted = ""
        self.whole: list[np.ndarray] | None = None
        if self.resume is not None:
            history.curves = {name: list(curve) for name, curve in self.resume.history.items()}

    @property
    def is_ending(self) -> bool:
        """Whether the user wants the training to end."""
        asked = self.hooks.is_interrupted
        return asked is not None and asked()

    def skips(self, phase: str) -> bool:
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

    def resume_phase(self, refresh: Any = None, last: int | None = None) -> int:
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
            refresh.restore(found.arrays, found.quiet)
            over = over or refresh.is_settled
        # The beginning of a fit in Keras counts as the end of an epoch.
        self.batches.epoch = found.at if over else found.at - 1
        return found.epochs

    def callbacks(
        self, phase: str, epochs: int, refresh: Any = None
    ) -> list[keras.callbacks.Callback]:
        """Callbacks, to come last, that keep a phase and end it where the user asks for it."""
        found: list[keras.callbacks.Callback] = []
        if self.hooks.keep is not None:
            found.append(_Keep(self, phase, epochs, refresh))
        if self.hooks.is_interrupted is not None:
            found.append(_End(self, phase, refresh))
        return found

    def restore_last_epoch(self) -> None:
        """After a phase that was broken off: bring its last whole epoch back."""
        if self.interrupted and self.whole is not None:
            self.network.set_weights(self.whole)

    def snapshot(self, phase: str, epochs: int, refresh: Any) -> TrainingSnapshot:
        """The training as it is now, between two epochs."""
        arrays = {
            f"{part}{i:04d}": np.array(variable.numpy())
            for part, holder in zip(_PARTS, (self.network, self.network.optimizer), strict=True)
            for i, variable in enumerate(holder.variables)
        }
        if refresh is not None:
            arrays |= refresh.kept()
        return TrainingSnapshot(
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

    def __init__(self, session: TrainingSession, phase: str, epochs: int, refresh: Any) -> None:
        super().__init__()
        self.session, self.phase, self.epochs, self.refresh = session, phase, epochs, refresh
        joint = refresh is not None
        self.interval = session.refresh_interval if joint else PRETRAINING_INTERVAL

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep it."""
        over = epoch + 1
        # An epoch that was broken off is none to go on from.
        if self.session.interrupted:
            return
        if over == self.epochs or over % self.interval == 0 or self.model.stop_training:
            keep = self.session.hooks.keep
            assert keep is not None
            keep(self.session.snapshot(self.phase, over, self.refresh))


class _End(keras.callbacks.Callback):
    """Ends the training after the batch in which the user asks for it."""

    def __init__(self, session: TrainingSession, phase: str, refresh: Any) -> None:
        super().__init__()
        self.session, self.phase, self.refresh = session, phase, refresh

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Remember the weights before the first epoch."""
        self._remember()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Break the epoch off."""
        if self.session.is_ending:
            done = self.session.history.curves["phase"].count(self.phase)
            self.session.interrupted = f"in epoch {done + 1} of the phase {self.phase!r}"
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the weights of a whole epoch."""
        if self.session.interrupted:
            # Who looks for settled labels may have taken it back.
            self.model.stop_training = True
        else:
            self._remember()

    def _remember(self) -> None:
        if self.refresh is not None:
            self.session.whole = self.model.get_weights()


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
