"""What every clustering method offers, and the checks that all of them share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from xdsc.errors import NotFittedError, Problems, StorageError, message
from xdsc.frames import Frames


@dataclass(frozen=True)
class MethodState:
    """What a fit has found, in parts that a file can hold without pickle.

    With a class and its constructor arguments it makes the fitted method anew, to the bit, in
    another process and on another Keras backend.

    Attributes
    ----------
    numbers : dict
        JSON: numbers, strings, lists and dicts; see `xdsc.storage.to_json` for NaN.
    arrays : dict of str to numpy.ndarray
        Finite numbers or booleans; not copies.
    estimators : dict of str to object
        Fitted objects of scikit-learn, where a user gave them.
    """

    numbers: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    estimators: dict[str, Any] = field(default_factory=dict)

    def __or__(self, other: MethodState) -> MethodState:
        """Both together."""
        return MethodState(
            {**self.numbers, **other.numbers},
            {**self.arrays, **other.arrays},
            {**self.estimators, **other.estimators},
        )

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """An array by name; raises `StorageError` unless it is there and has that shape.

        None stands for any length.
        """
        found = self.arrays.get(name)
        if (
            found is not None
            and found.ndim == len(shape)
            and all(want in (None, has) for want, has in zip(shape, found.shape, strict=True))
        ):
            return found
        received = "none" if found is None else f"shape {found.shape}"
        raise _not_a_state(f"an array {name!r} of shape {shape}", received)

    def number(self, name: str, kind: type | tuple[type, ...] = int) -> Any:
        """A number, or what else JSON has, by name; raises `StorageError` unless of that kind."""
        found = self.numbers.get(name)
        if isinstance(found, kind):
            return found
        raise _not_a_state(f"{name!r} of {kind}", repr(found)[:80])

    def estimator(self, name: str) -> Any:
        """An object of scikit-learn by name; raises `StorageError` where there is none."""
        if name in self.estimators:
            return self.estimators[name]
        raise _not_a_state(f"an estimator {name!r}", "none")

    def part(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays whose names begin with `prefix`, by what comes after it."""
        return {
            name.removeprefix(prefix): array
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }


def _not_a_state(expected: str, received: str) -> StorageError:
    remedy = "load it with the version of xdsc that saved it, or fit again"
    return StorageError(message(f"{expected} in the state of the method", received, remedy))


def fitted_state(method: Any, names: Iterable[str]) -> MethodState:
    """State of the fitted attributes by their own names; some fits leave out some of them.

    Raises
    ------
    NotFittedError
        There is not even ``labels_``.
    """
    if not hasattr(method, "labels_"):
        received = f"a {type(method).__name__} that is not fitted"
        raise NotFittedError(message("a fitted method", received, "call fit(frames) first"))
    state = MethodState()
    for name in names:
        value = getattr(method, name, None)
        if isinstance(value, np.ndarray):
            state.arrays[name] = value
        elif value is not None:
            state.numbers[name] = value.item() if isinstance(value, np.generic) else value
    return state


def restore_fitted(method: Any, state: MethodState, names: Iterable[str]) -> None:
    """Set the fitted attributes of `fitted_state`; ``labels_`` has to be among them."""
    if state.array("labels_", None).dtype.kind != "i":
        raise _not_a_state("integers as 'labels_'", f"{state.arrays['labels_'].dtype}")
    for name in names:
        if name in state.arrays:
            setattr(method, name, state.arrays[name])
        elif name in state.numbers:
            setattr(method, name, state.number(name, (bool, int, float)))


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

    def state(self) -> MethodState:
        """What `fit` has found."""
        ...

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method that `state` was taken from.

        The constructor arguments have to be the same ones.
        """
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
