"""What every clustering method offers, and the checks that all of them share."""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames import Frames


@runtime_checkable
class ClusteringMethod(Protocol):
    """A clustering method: constructor arguments are only stored, `fit` makes ``labels_``.

    Attributes
    ----------
    n_clusters : int or None
        K; None where the method finds it, which is then ``n_clusters_``.
    labels_ : numpy.ndarray of int, shape (N,)
        The cluster of each frame of the fit, 0 to K - 1; -1 for noise.
    """

    labels_: np.ndarray

    @property
    def n_clusters(self) -> int | None:
        """K."""
        ...

    def check(self, n_frames: int | None = None) -> None:
        """Raise `ParameterError` with everything that is wrong with the arguments."""
        ...

    def fit(self, frames: Frames) -> Self:
        """Find K clusters in N frames."""
        ...

    def predict(self, frames: Frames) -> np.ndarray:
        """Assign other frames, shape (N,)."""
        ...


def is_integer(value: Any) -> bool:
    """Whether `value` is an integer and no boolean."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def check_n_clusters(n_clusters: Any, n_frames: int | None = None) -> list[str]:
    """Problems with K, with the number of frames where it is known: 2 <= K < N."""
    remedy = "the paper uses k=7; weather regime studies often use 4 to 8"
    if not is_integer(n_clusters):
        return [message("k to be an integer", f"{n_clusters!r}", remedy)]
    if n_clusters < 2:
        return [message("k of at least 2", f"k={n_clusters}", remedy)]
    if n_frames is not None and n_clusters >= n_frames:
        return [
            message(
                f"k below the number of time steps with data ({n_frames})",
                f"k={n_clusters}",
                "lower k, or select a longer period",
            )
        ]
    return []


def check_random_state(problems: Problems, random_state: Any) -> None:
    """Note a problem unless `random_state` is None or a seed that every library takes."""
    if random_state is not None:
        check_number(problems, "random_state", random_state, 0, 2**32 - 1, integer=True)


def draw_seed(random_state: int | None) -> int:
    """The seed that was given, or one drawn from the system's entropy."""
    if random_state is not None:
        return int(random_state)
    return int(np.random.default_rng().integers(2**31))


def check_number(
    problems: Problems,
    name: str,
    value: Any,
    low: float,
    high: float = np.inf,
    *,
    integer: bool = False,
    above: bool = False,
) -> None:
    """Note a problem unless `value` is a number from `low` (or `above` it) to `high`."""
    number = is_integer(value) or (not integer and isinstance(value, (float, np.floating)))
    good = number and np.isfinite(value) and (value > low if above else value >= low)
    if good and value <= high:
        return
    kind = "an integer" if integer else "a number"
    bound = f"above {low:g}" if above else f"of at least {low:g}"
    if np.isfinite(high):
        bound += f" and at most {high:g}"
    problems.add(message(f"{name} to be {kind} {bound}", f"{name}={value!r}", f"change {name}="))
