"""Runs as one labelled Dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf.names import free_name
from xdsc.labels import label_variable
from xdsc.scoring import score_dataset
from xdsc.selection.results import Run
from xdsc.selection.tasks import Task

# What the result has beside the dimensions of the labels.
_NAMES = {
    *("k", "method", "run", "metric", "method_title", "deterministic", "seed", "title"),
    *("direction", "score", "sampled", "n_used", "labels", "n_clusters", "fit_seconds", "error"),
    "calendar",
}
_REPEATED = "drew no random numbers: run once, and the result stands for all runs"


def comparison_dataset(
    tasks: Sequence[Task],
    done: Mapping[tuple[int | None, str], Sequence[Run]],
    seeds: Sequence[int],
    names: Sequence[str],
    samples: Mapping[str, xr.Variable],
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """Make the Dataset that `xdsc.compare` returns, with the dimension k.

    Parameters
    ----------
    tasks : sequence of Task
        All methods with the first K, then all with the next.
    done : mapping
        The runs by K and name of the method, as many as there are seeds.
    seeds : sequence of int
        Seeds of the runs.
    names : sequence of str
        Metrics.
    samples : mapping of str to Variable
        The dimensions of the labels, time the last, and their coordinates; those that are called
        as something in the result get an underscore.
    attrs : mapping
        Attributes of the Dataset.
    """
    ks = list(dict.fromkeys(task.asked_k for task in tasks))
    methods = {task.name: task for task in tasks}
    runs = [[list(done[k, name]) for name in methods] for k in ks]
    flat = [run for of_k in runs for of_method in of_k for run in of_method]
    by_run = ("k", "method", "run")
    samples = {free_name(name, _NAMES): values for name, values in samples.items()}
    shape = [len(coordinate) for coordinate in samples.values()]
    labels = _each(runs, lambda run: run.labels.reshape(shape)).astype(np.int32)

    repeated = [all(run.seed is None for k in ks for run in done[k, name]) for name in methods]
    sizes = dict(zip(by_run, (len(ks), len(methods), len(seeds)), strict=True))
    result = score_dataset([run.scores for run in flat], names, sizes).assign(
        {
            "labels": ((*by_run, *samples), labels, _flags(labels)),
            "n_clusters": (
                by_run,
                _each(runs, lambda run: len(np.unique(run.labels[run.labels >= 0]))),
                {"long_name": "number of regimes that occur", "units": "1"},
            ),
            "fit_seconds": (
                by_run,
                _each(runs, lambda run: run.seconds),
                {"long_name": "wall time of the fit", "units": "s"},
            ),
            "error": (
                by_run,
                _each(runs, lambda run: run.error).astype(str),
                {"long_name": "what went wrong; empty for a good run"},
            ),
        }
    )
    result = result.assign_coords(
        {
            "method": list(methods),
            "method_title": ("method", [task.title for task in methods.values()]),
            "deterministic": ("method", repeated, {"long_name": _REPEATED}),
            "run": np.arange(len(seeds)),
            "seed": ("run", np.array(seeds, dtype=np.int64), {"long_name": "seed of the run"}),
            **{name: (name, values.data, values.attrs) for name, values in samples.items()},
        }
    ).assign_attrs(
        {
            **attrs,
            "k": [k for k in ks if k is not None],
            "options": json.dumps({t.name: t.identity["options"] for t in methods.values()}),
            # More than one text where a results file was made with several versions.
            "versions": "; ".join(dict.fromkeys(run.versions for run in flat if run.versions)),
        }
    )
    return result if None in ks else result.assign_coords(k=ks)


def _each(runs: Sequence[Sequence[Sequence[Run]]], value: Callable[[Run], Any]) -> np.ndarray:
    """One value of each run, shape (k, method, run, ...)."""
    return np.array([[[value(run) for run in of_method] for of_method in of_k] for of_k in runs])


def _flags(labels: np.ndarray) -> dict[str, Any]:
    """Flag attributes of the labels of all runs."""
    n_clusters = int(labels.max(initial=-1)) + 1
    flat = label_variable(labels.ravel(), ["any"], n_clusters, {})
    return {**flat.attrs, "long_name": "cluster labels of all runs"}
