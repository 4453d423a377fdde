"""What a comparison is asked to run: methods by name, with their options and K."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.methods import METHODS, make_method, method_name
from xdsc.methods.base import is_integer
from xdsc.methods.deep.clustering import DeepClustering

# A comparison gives these to every method alike.
_OWN = ("n_clusters", "random_state", "progress")


@dataclass(frozen=True)
class Task:
    """One method with one K, to be run with several seeds.

    Attributes
    ----------
    name, title : str
        What the result and its tables call the method.
    method : str or clusterer
        A row of METHODS, or a scikit-learn object.
    options : mapping
        What `fit` gets as ``**options``.
    k : int or None
        K; None where the method finds it.
    asked_k : int or None
        K that was asked for, which is the same for all methods.
    """

    name: str
    title: str
    method: Any
    options: Mapping[str, Any]
    k: int | None
    asked_k: int | None

    @property
    def identity(self) -> dict[str, Any]:
        """What decides about the labels besides the data and the seed, as JSON."""
        return {
            "method": as_json(self.method),
            "options": as_json(self.options),
            "k": None if self.k is None else int(self.k),
        }

    @property
    def is_random(self) -> bool:
        """Whether every seed is sure to give a run of its own; of other methods the first tells."""
        return isinstance(make_method(self.method, self.k, **self.options), DeepClustering)


def make_tasks(
    methods: Any, k: int | Sequence[int] | None, options: Mapping[str, Mapping[str, Any]]
) -> list[Task]:
    """Every method with every K; see `xdsc.compare`.

    Raises
    ------
    ParameterError
        With all that is wrong, for all methods.
    """
    problems = Problems()
    named = _named(methods, problems)
    asked: Any = k
    if isinstance(asked, np.ndarray):
        asked = asked.tolist()
    several: list[Any] = list(asked) if isinstance(asked, Sequence) else [asked]
    differing = {int(one) if is_integer(one) else repr(one) for one in several}
    if not several or len(differing) < len(several):
        problems.add(
            message("k as a number, or several that differ", f"{k!r}", "use k=7 or k=[4, 5, 6]")
        )
    if unknown := sorted(set(options) - set(named)):
        problems.add(
            message(
                f"options for the methods {', '.join(named)}",
                f"some for {', '.join(unknown)}",
                "leave these out, or add the method",
            )
        )
    if taken := sorted({key for given in options.values() for key in given} & set(_OWN)):
        problems.add(
            message(
                "options of single methods",
                ", ".join(taken),
                "pass k=, random_state= and progress= to the comparison",
            )
        )
    if kept := [name for name, given in options.items() if given.get("checkpoint") is not None]:
        problems.add(
            message(
                "no checkpoint= in a comparison, whose runs are fits of their own",
                f"one for {', '.join(kept)}",
                "leave it out; results='runs.jsonl' keeps the runs that are done",
            )
        )
    problems.raise_if_any(ParameterError)
    tasks = [
        Task(
            name=name,
            title=METHODS[method].title if name == method and name in METHODS else name,
            method=method,
            options=dict(options.get(name, {})),
            k=one if _takes_k(method) else None,
            asked_k=one,
        )
        for one in several
        for name, method in named.items()
    ]
    check_tasks(tasks)
    return tasks


def check_tasks(tasks: Sequence[Task], n_frames: int | None = None) -> None:
    """Check the arguments of all methods before any of them is run.

    Raises
    ------
    ParameterError
        With all that is wrong, each after the name of the method.
    """
    problems = Problems()
    for task in tasks:
        try:
            make_method(task.method, task.k, progress=False, **task.options).check(n_frames)
        except ParameterError as error:
            for text in error.problems or (str(error),):
                problems.add(f"{task.name}: {text}")
    problems.raise_if_any(ParameterError)


def check_embeddings(tasks: Sequence[Task]) -> None:
    """Raise ParameterError where a method has no embedding to be scored in."""
    without = {
        task.name: None
        for task in tasks
        if "transform" not in make_method(task.method, task.k, **task.options).abilities
    }
    if without:
        raise ParameterError(
            message(
                "methods with an embedding for space='embedding'",
                ", ".join(without),
                "leave these out, or use space='data'",
            )
        )


def as_json(value: Any) -> Any:
    """A value as JSON that is the same in every process, for the file and to find changes.

    Examples
    --------
    >>> import numpy as np
    >>> as_json({"window": np.int64(3), "filters": (8, 16)})
    {'window': 3, 'filters': [8, 16]}
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return as_json(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(part) for part in value]
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    kind: Any = type(value)
    parts: dict[str, Any]
    if hasattr(value, "get_params"):
        parts = value.get_params(deep=False)
    elif kind.__repr__ is object.__repr__:
        # That would be its address, which is another one in every process.
        parts = vars(value)
    else:
        parts = {"repr": repr(value)}
    return {"class": as_json(kind), **as_json(parts)}


def _named(methods: Any, problems: Problems) -> dict[str, Any]:
    """Methods by name, in their order."""
    if isinstance(methods, Mapping):
        named = {str(name): method for name, method in methods.items()}
    else:
        several = methods if isinstance(methods, (Sequence, np.ndarray)) else [methods]
        several = [methods] if isinstance(methods, str) else list(several)
        named = {method_name(method): method for method in several}
        if len(named) < len(several):
            problems.add(
                message(
                    "methods that differ",
                    ", ".join(method_name(method) for method in several),
                    "give them names: methods={'short': 'dsc', 'long': 'dsc'}, "
                    "options={'long': {'window': 5}}",
                )
            )
    if not named:
        problems.add(message("at least one method", "none", "use methods=['kmeans', 'dsc']"))
    for method in named.values():
        with problems.collect():
            # Says what is no method at all; their arguments are checked later.
            if not isinstance(method, str) or method not in METHODS:
                make_method(method)
    return named


def _takes_k(method: Any) -> bool:
    if isinstance(method, str):
        return METHODS[method].takes_k
    try:
        make_method(method, 2).check()
    except ParameterError:
        return False
    return True
