"""Objects of scikit-learn that came from a file: what their compiled code takes for granted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from xdsc.storage.damage import DamageError

#: Settings that say how many threads or processes may work at once.
_WORKERS = ("n_jobs", "_n_threads")
_MOST_WORKERS = 100_000


def check_parts(estimator: Any) -> None:
    """Raise `DamageError` unless an object and its parts can be asked without harm.

    Numbers of threads and processes are those of the machine that wrote the file: they are lowered
    to what this one has.
    """
    for part in _parts(estimator):
        settings, name = vars(part), type(part).__name__
        for key in _WORKERS:
            if settings.get(key) is not None:
                settings[key] = _workers(settings[key], f"{key} of {name}")
        if settings.get("memory") is not None:
            raise DamageError(f"a {name} with memory=, a folder of pickled results")
        features = settings.get("n_features_in_")
        if features is not None and not (_is_integer(features) and features > 0):
            raise DamageError(f"a {name} of {features!r:.80} features")
        if "cluster_centers_" in settings:
            _check_centres(settings["cluster_centers_"], features, settings, name)


def _check_centres(centres: Any, features: Any, settings: dict[str, Any], name: str) -> None:
    """Compiled code goes through centres by the width of the rows that it is given."""
    known = isinstance(centres, np.ndarray) and centres.dtype in ("float32", "float64")
    if not known or centres.ndim != 2 or not np.isfinite(centres).all():
        raise DamageError(f"a {name} with centres that are none")
    if features is None or centres.shape[1] != features:
        raise DamageError(f"a {name} of {features} features with centres of {centres.shape[1]}")
    k = settings.get("n_clusters")
    if k is not None and (k != len(centres) or not len(centres)):
        raise DamageError(f"a {name} of {k!r:.80} clusters with {len(centres)} centres")


def _workers(given: Any, what: str) -> int:
    if not _is_integer(given) or not -_MOST_WORKERS <= given <= _MOST_WORKERS or not given:
        raise DamageError(f"{given!r:.80} as {what}")
    return min(int(given), os.cpu_count() or 1)


def _parts(estimator: Any) -> Iterator[Any]:
    """The object, and all others of scikit-learn that it holds."""
    from sklearn.base import BaseEstimator

    waiting, seen = [estimator], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        if isinstance(item, BaseEstimator):
            seen.add(id(item))
            yield item
            waiting.extend(vars(item).values())
        elif isinstance(item, dict):
            seen.add(id(item))
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, set)):
            seen.add(id(item))
            waiting.extend(item)
        elif isinstance(item, np.ndarray) and item.dtype == object:
            waiting.extend(item.ravel().tolist())


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
