"""One run: fit, label, score, and keep what came out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.labels import NO_LABEL
from xdsc.metrics import Score, scores
from xdsc.model import ClusterModel
from xdsc.preprocessing import Prepared
from xdsc.scoring import Space, embedding_rows
from xdsc.selection.results import Run, Runs, rescored
from xdsc.selection.tasks import Task


@dataclass(frozen=True)
class Judge:
    """Fits methods to one prepared Dataset, and scores all of them alike.

    Attributes
    ----------
    prepared : Prepared
        The data, in memory.
    rows : numpy.ndarray, shape (N, features)
        Its frames without masked cells.
    steps : numpy.ndarray of int, shape (N,)
        Their places among the samples: time steps, one member after the other.
    names : list of str
        Metrics.
    truth : numpy.ndarray of int or None, shape (samples,)
        Regimes that are known to be right.
    space, max_samples, random_state
        As for `xdsc.score`.
    """

    prepared: Prepared
    rows: np.ndarray
    steps: np.ndarray
    names: list[str]
    truth: np.ndarray | None
    space: Space
    max_samples: int | None
    random_state: int

    @property
    def scored(self) -> dict[str, Any]:
        """What scores depend on besides the labels."""
        truth = None if self.truth is None else self.truth.astype("int64").tobytes()
        return {
            "space": self.space,
            "max_samples": self.max_samples,
            "random_state": self.random_state,
            "truth": truth if truth is None else hashlib.sha256(truth).hexdigest(),
        }

    def fit(self, task: Task, seed: int) -> Run:
        """Run a method once; what goes wrong is in the run."""
        prepared = self.prepared
        model = ClusterModel(
            task.k,
            method=task.method,
            variables=prepared.variables,
            random_state=seed,
            progress=False,
            **{**prepared.given, **task.options},
        )
        n_samples = int(np.prod([len(c) for c in prepared.sample_coordinates.values()]))
        labels = np.full(n_samples, NO_LABEL, dtype=np.int32)
        try:
            model.fit(prepared.ds)
            labels = model.labels_.values.ravel()
            found = self.scores(labels, model)
        # Whatever a method raises, the other runs have to go on.
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            return Run(task.identity, seed, labels, error=text, scored=self.scored)
        attrs = model.labels_.attrs
        # A method that did not take this seed gives the same labels with every other.
        used = seed if attrs["xdsc_random_state"] == seed else None
        return Run(
            task=task.identity,
            seed=used,
            labels=labels,
            seconds=model.fit_seconds_,
            scores=found,
            scored=self.scored,
            versions=attrs["xdsc_versions"],
        )

    def scores(self, labels: np.ndarray, model: ClusterModel | None = None) -> dict[str, Score]:
        """Scores of labels (samples,), by the data or by the embedding of the model."""
        rows, steps = self.rows, self.steps
        if self.space == "embedding":
            assert model is not None
            ds = self.prepared.ds
            rows = embedding_rows(ds, model.embedding(ds), self.prepared.axes.samples)[steps]
        return scores(
            rows,
            labels[steps],
            metrics=self.names,
            truth=None if self.truth is None else self.truth[steps],
            max_samples=self.max_samples,
            random_state=self.random_state,
        )


def all_runs(
    task: Task, seeds: Sequence[int], runs: Runs, judge: Judge, advance: Callable[[], Any]
) -> list[Run]:
    """One run a seed; those that were done already are not done again."""
    found = []
    for seed in seeds:
        run = runs.find(task.identity, seed)
        if run is None or not (run.error or run.has(judge.names, judge.scored)):
            if run is not None and judge.space == "data":
                # Other metrics of the same labels need no other fit.
                run = rescored(run, judge.scores(run.labels), judge.scored)
            else:
                run = judge.fit(task, seed)
            runs.add(run)
        found.append(run)
        advance()
    return found


def seeds_of(random_state: int, n_runs: int) -> list[int]:
    """Seeds of the runs; the first ones are the same however many there are.

    Examples
    --------
    >>> seeds_of(0, 3) == seeds_of(0, 5)[:3]
    True
    """
    streams = (np.random.SeedSequence(random_state, spawn_key=(r,)) for r in range(n_runs))
    # 31 bits, as every library takes them.
    return [int(stream.generate_state(1)[0] >> 1) for stream in streams]
