"""Which of several trainings is the answer: the one whose labels the others agree with most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xdsc.methods.deep.trainer import TrainedNetwork
from xdsc.networks import TrainingOutcome


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    network : TrainedNetwork
        What it has found.
    outcome : TrainingOutcome
        How it went.
    """

    network: TrainedNetwork
    outcome: TrainingOutcome

    @property
    def is_whole(self) -> bool:
        """Whether it neither diverged nor was ended before its time."""
        return bool(np.isfinite(self.outcome.loss)) and not self.outcome.interrupted


@dataclass(frozen=True)
class Runs:
    """Trainings from independent starts.

    Attributes
    ----------
    runs : sequence of Run
        At least one, in the order of their seeds.
    cut : str
        Where the user has ended the fit; empty where nobody did.
    is_asked : bool
        Whether the user wants the fit to end, be it that these were done when that was said.
    """

    runs: Sequence[Run]
    cut: str
    is_asked: bool = False

    @cached_property
    def agreements(self) -> np.ndarray:
        """Adjusted Rand index of the labels of each two whole runs, (R, R), 1 on the diagonal."""
        # scikit-learn takes a second to import, and `import xdsc` comes by here.
        from sklearn.metrics import adjusted_rand_score

        labels = [run.outcome.labels for run in self._whole]
        return np.array([[adjusted_rand_score(one, other) for other in labels] for one in labels])

    @property
    def agreement(self) -> float | None:
        """Mean adjusted Rand index of two whole runs; None of fewer than two."""
        n_whole = len(self._whole)
        if n_whole < 2:
            return None
        return float((self.agreements.sum() - n_whole) / (n_whole * (n_whole - 1)))

    @cached_property
    def medoid(self) -> Run:
        """The run that agrees most with the others, of two, or of equals, that of lower loss.

        Those that diverged or were ended before their time come last.
        """
        whole = self._whole
        if not whole:
            return min(self.runs, key=_loss)
        shared = self.agreements.mean(axis=0).round(6)
        best = min(range(len(whole)), key=lambda i: (-shared[i], whole[i].outcome.loss))
        return whole[best]

    @property
    def _whole(self) -> list[Run]:
        return [run for run in self.runs if run.is_whole]


def _loss(run: Run) -> float:
    return run.outcome.loss if np.isfinite(run.outcome.loss) else np.inf
