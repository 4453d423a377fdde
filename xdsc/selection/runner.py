"""One run: fit, label, score, and keep what came out."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.labels import NO_LABEL
from xdsc.metrics import Score
from xdsc.model import ClusterModel
from xdsc.model.fitting.fitting import find_regimes
from xdsc.parallel import run_all
from xdsc.preprocessing import Prepared
from xdsc.progress import progress_bar
from xdsc.samples import Samples, Space, embedding_samples
from xdsc.scoring import scores_of
from xdsc.selection.results import Run, Runs, rescored
from xdsc.selection.tasks import Task

#: Runs of a method where nobody says how many: the paper's, fewer of more than a million values.
_MOST_RUNS, _FEWEST_RUNS, _MILLION = 20, 3, 10**6


@dataclass(frozen=True)
class Runner:
    """Fits methods to one prepared Dataset, and scores all of them alike.

    It may be sent to other processes: whatever it holds is in memory.

    Attributes
    ----------
    prepared : Prepared
        The data, in memory.
    samples : Samples
        Its fields as rows, without labels.
    names : list of str
        Metrics.
    truth : numpy.ndarray of int or None, shape (samples,)
        Regimes that are known to be right.
    space, max_samples, random_state
        As for `xdsc.score`.
    """

    prepared: Prepared
    samples: Samples
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

    def run(self, task: Task, seed: int, earlier: Run | None) -> Run:
        """Run a method once; `earlier` is the same run, with other scores."""
        if earlier is not None and self.space == "data":
            # Other metrics of the same labels need no other fit.
            return rescored(earlier, self.scores(earlier.labels), self.scored)
        return self.fit(task, seed)

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
        labels = None
        try:
            # Nobody asks a run how new other frames are.
            record = find_regimes(prepared.ds, model.arguments, novelty=False)
            model = ClusterModel.of(model.arguments, record)
            labels = model.labels_.values.ravel()
            found = self.scores(labels, model)
        # Whatever a method raises, the other runs have to go on.
        except Exception as error:
            return self.failed(task, seed, error, labels)
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

    def failed(
        self, task: Task, seed: int, error: Exception, labels: np.ndarray | None = None
    ) -> Run:
        """A run that ended with an error, after its labels were found or before."""
        if labels is None:
            n_samples = int(np.prod([len(c) for c in self.prepared.sample_coordinates.values()]))
            labels = np.full(n_samples, NO_LABEL, dtype=np.int32)
        text = f"{type(error).__name__}: {error}"
        return Run(task.identity, seed, labels, error=text, scored=self.scored)

    def scores(self, labels: np.ndarray, model: ClusterModel | None = None) -> dict[str, Score]:
        """Scores of labels (samples,), by the data or by the embedding of the model."""
        samples = self.samples
        if self.space == "embedding":
            assert model is not None
            ds = self.prepared.ds
            samples = embedding_samples(ds, model.embedding(ds), samples.dims)
        samples = samples.labelled(labels, self.truth)
        return scores_of(samples, self.names, self.max_samples, self.random_state)


def all_runs(
    tasks: Sequence[Task], seeds: Sequence[int], runs: Runs, runner: Runner, progress: bool
) -> dict[tuple[int | None, str], list[Run]]:
    """One run a task and seed; those that were done already are not done again.

    Parameters
    ----------
    tasks : sequence of Task
        What to run. Those that differ in nothing but the name, or in a K that their method does
        not take, are run once.
    seeds : sequence of int
        One for each run of a task.
    runs : Runs
        What was done already; all others are added as soon as they are done.
    runner : Runner
        Runs them.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    dict of (int or None, str) to list of Run
        By the K that was asked for and the name of the task.
    """
    different = {_key(task): task for task in tasks}
    wanted: deque[tuple[Any, ...]] = deque()
    others = {}
    for key, task in different.items():
        missing = [
            (task, seed, run)
            for seed in seeds
            if (run := runs.find(task.identity, seed)) is None
            or not run.has(runner.names, runner.scored)
        ]
        # The first run may tell that a method draws no random numbers, and needs no others.
        begin = len(missing) if task.is_random else 1
        wanted.extend(missing[:begin])
        others[key] = missing[begin:]

    n_missing = len(wanted) + sum(map(len, others.values()))
    with (
        progress_bar("Comparison", shown=progress) as bar,
        closing(run_all(Runner.run, wanted, shared=(runner,))) as results,
    ):
        bar.plan(n_all := len(different) * len(seeds), "run")
        bar.advance(n_all - n_missing, wanted[0][0].title if wanted else "")
        for (task, seed, _), found in results:
            run = runner.failed(task, seed, found) if isinstance(found, Exception) else found
            runs.add(run)
            key = _key(task)
            wanted.extendleft(reversed(others.pop(key, [])))
            n_wanted = len(wanted)
            if run.seed is None:
                # It stands for all other seeds as well.
                _keep(wanted, [later for later in wanted if _key(later[0]) != key])
            bar.advance(1 + n_wanted - len(wanted), (wanted[0][0] if wanted else task).title)

    def found_for(task: Task, seed: int) -> Run:
        run = runs.find(task.identity, seed)
        assert run is not None
        return run

    return {(task.asked_k, task.name): [found_for(task, seed) for seed in seeds] for task in tasks}


def runs_for(tasks: Sequence[Task], n_values: int) -> int:
    """How many runs of each method, where nobody says: a deep fit takes the longer, the more data.

    Parameters
    ----------
    tasks : sequence of Task
        All methods.
    n_values : int
        Values that take part, of all time steps, cells and variables.
    """
    if not any(task.is_random for task in tasks):
        return _MOST_RUNS
    return max(_FEWEST_RUNS, min(_MOST_RUNS, _MOST_RUNS * _MILLION // n_values))


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


def _key(task: Task) -> str:
    """The same for tasks that give the same runs."""
    return json.dumps(task.identity, sort_keys=True)


def _keep(queue: deque[Any], kept: Sequence[Any]) -> None:
    queue.clear()
    queue.extend(kept)
