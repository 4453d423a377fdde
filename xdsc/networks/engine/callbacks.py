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
from xdsc.networks.segments import held_out

#: What the names of the best weights, and of averages, begin with in a snapshot.
_BEST, _MEAN = "best/", "mean/"

#: Share of what was before in the average of the weights after an epoch.
_MEMORY = 0.75

#: Share of frames held out with the right labels, above which a lower cross-entropy only says that
#: memberships are sharper, which is no reason to go on.
_LEARNT = 0.9

#: How far from chance to all of them, as a share, the frames held out have the right labels where a
#: network is no longer at its beginning: it may stay there for a dozen epochs before it sees what
#: tells regimes apart.
_BEGUN = 0.5

#: Standard errors of the share of frames held out with the right labels, within which one look is
#: as good as another.
_ERRORS = 2.0

#: Share of all frames with the right labels before the training, above which there is nothing to
#: learn: k-means in the embedding gives regions of nearest centres, as the network does, but for
#: the last steps that it did not take.
_TOLD = 0.99


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
        self.label_change = self.agreement = np.nan
        self.quiet = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refresh if the interval is over."""
        if epoch % self.plan.refresh_interval:
            self.label_change = self.agreement = np.nan
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
    What labels them is the mean of the weights at the looks so far, the later ones weighing more:
    an epoch's own weights waver about it. In the end the network is the mean of the lowest
    cross-entropy among those that label as many frames held out as given, but for what so few
    frames cannot tell. Cross-entropy alone is no guide: it rises while a network gives up what it
    was sure of and has not found what tells regimes apart.

    Where all frames are labelled as given before the training, as with k-means' regions, there is
    nothing to learn: it ends with its first epoch, and the network is as it was before.

    Parameters
    ----------
    batches, plan, seed
        As for `Refresh`; the plan's patience counts refreshes at which no more of the frames held
        out are labelled as given than before nor, until nine tenths of them have been, the
        cross-entropy is lower. None counts before the network has begun to tell the labels apart.
    labels : numpy.ndarray of int, shape (N,)
        What frames are drawn to.

    Attributes
    ----------
    best : tuple of float
        Share of the frames held out that the best weights label as given, and their cross-entropy;
        minus infinity where there was nothing to learn.
    most, least : float
        The largest share, and the lowest cross-entropy so far.
    begun : float
        Share of the frames held out with the label given, from which on the network has begun to
        tell the labels apart: half-way from the most frequent label to all.
    """

    def __init__(
        self, batches: TrainingBatches, plan: TrainingPlan, seed: int, labels: np.ndarray
    ) -> None:
        super().__init__(batches, plan, seed)
        self.given, self.held = labels, held_out(len(labels))
        chance = np.bincount(labels).max() / len(labels)
        self.begun = chance + _BEGUN * (1 - chance)
        self.best, self.most, self.least = (-1.0, np.inf), -1.0, np.inf
        self.best_weights, self.mean_weights = list[np.ndarray](), list[np.ndarray]()

    def target(self, found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Labels of frames held out by the network, and a target that does not change."""
        self._compare(self.model, found)
        target = target_of_labels(self.given, self.batches.target.shape[1])
        if not self.held.all():
            # Without a target a frame has no part in the clustering loss.
            target[self.held] = 0.0
        return self.model.labels(found)[self.held], target

    def finish(self, network: Any, loss: float) -> float:
        """Bring the best weights back; their loss is what they miss of the frames held out."""
        self._compare(network, self._found(network))
        network.set_weights(self.best_weights)
        return 1.0 - self.best[0]

    def kept(self) -> dict[str, np.ndarray]:
        """The best weights and the means too."""
        weights = {_BEST: self.best_weights, _MEAN: self.mean_weights}
        arrays = {
            f"{part}{i:04d}": array for part in weights for i, array in enumerate(weights[part])
        }
        return {**super().kept(), **arrays, "best": np.array([*self.best, self.most, self.least])}

    def restore(self, arrays: dict[str, np.ndarray], quiet: int) -> None:
        """The best weights and the means too."""
        super().restore(arrays, quiet)
        share, entropy, self.most, self.least = arrays["best"].tolist()
        self.best = share, entropy
        self.best_weights, self.mean_weights = (
            [arrays[name] for name in sorted(arrays) if name.startswith(part)]
            for part in (_BEST, _MEAN)
        )

    def _quiet(self, calm: bool) -> int:
        return self.quiet

    def _found(self, network: Any) -> dict[str, np.ndarray]:
        """By the mean weights: of all frames at first, then of those held out."""
        own = [np.array(weight) for weight in network.get_weights()]
        before = self.mean_weights
        self.mean_weights = [
            np.asarray(mean + (1 - _MEMORY) * (weight - mean), weight.dtype)
            for mean, weight in zip(before or own, own, strict=True)
        ]
        values, runs, plan = self.batches.values, self.batches.runs, self.plan
        network.set_weights(self.mean_weights)
        try:
            # What stands for the others says nothing.
            only = self.held if before else None
            return predict(network, values, runs, network.label_outputs, plan.batch_size, only=only)
        finally:
            network.set_weights(own)

    def _compare(self, network: Any, found: dict[str, np.ndarray]) -> None:
        q, given = found["membership"][self.held].astype("float64"), self.given[self.held]
        told = q[np.arange(len(given)), given]
        share = float((q.argmax(axis=1) == given).mean())
        entropy = float(-np.log(told + keras.config.epsilon()).mean())
        self.agreement = share
        is_learning = self.most < _LEARNT and entropy < self.least
        better = share > self.most or is_learning
        self.most, self.least = max(self.most, share), min(self.least, entropy)
        self.quiet = 0 if better or self.most < self.begun else self.quiet + 1
        enough = self.most - _ERRORS * _standard_error(self.most, len(given))
        is_first = not self.best_weights
        if share >= enough and (self.best[0] < enough or entropy < self.best[1]):
            self.best, self.best_weights = (share, entropy), self.mean_weights
        if is_first and (network.labels(found) == self.given).mean() >= _TOLD:
            self.best, self.quiet = (1.0, -np.inf), self.plan.patience


def _standard_error(share: float, n: int) -> float:
    """Of a share of n, which is not 0 where all are seen to be alike (Laplace's rule)."""
    likely = (share * n + 1) / (n + 2)
    return float(np.sqrt(likely * (1 - likely) / n))


class Recorder(keras.callbacks.Callback):
    """Writes the history and moves the progress bar, a whole epoch at a time; ends at no number."""

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
        found = self.refresh
        seen = (np.nan, np.nan) if found is None else (found.label_change, found.agreement)
        self.session.history.add(self.phase, logs or {}, *seen)
        self.advance(self.phase)
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            # No epoch brings a network back whose loss is no number.
            self.model.stop_training = True
