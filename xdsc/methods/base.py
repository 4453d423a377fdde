"""What every clustering method offers, and the checks that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np

from xdsc.errors import NotFittedError, ParameterError, Problems, StorageError, advice, message
from xdsc.frames import Frames
from xdsc.networks.sizes import MOST_LAYERS, WIDEST

#: Numbers of things beyond what any machine can use.
MOST = 10**6

#: What a fitted method can be asked about frames, by the name of the method.
Ability: TypeAlias = Literal["predict", "predict_proba", "transform", "reconstruct"]

#: What is asked for by each.
ANSWERS: Mapping[Ability, str] = MappingProxyType(
    {
        "predict": "labels of other frames",
        "predict_proba": "memberships",
        "transform": "embeddings",
        "reconstruct": "reconstructions",
    }
)


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
        raise not_a_state(f"an array {name!r} of shape {shape}", received)

    def number(self, name: str, kind: type | tuple[type, ...] = int) -> Any:
        """A number, or what else JSON has, by name; raises `StorageError` unless of that kind."""
        found = self.numbers.get(name)
        if isinstance(found, kind):
            return found
        raise not_a_state(f"{name!r} of {kind}", repr(found)[:80])

    def estimator(self, name: str) -> Any:
        """An object of scikit-learn by name; raises `StorageError` where there is none."""
        if name in self.estimators:
            return self.estimators[name]
        raise not_a_state(f"an estimator {name!r}", "none")

    def part(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays whose names begin with `prefix`, by what comes after it."""
        return {
            name.removeprefix(prefix): array
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }


def not_a_state(expected: str, received: str) -> StorageError:
    """The error of a state that some other method, or nobody, has made."""
    remedy = "load it with the version of xdsc that saved it, or fit again"
    return StorageError(message(f"{expected} in the state of the method", received, remedy))


def fitted_state(method: ClusteringMethod, names: Iterable[str]) -> MethodState:
    """State of the fitted attributes by their own names, but those that are None.

    Raises
    ------
    NotFittedError
        There is not even ``labels_``.
    """
    if "labels_" not in vars(method):
        received = f"a {type(method).__name__} that is not fitted"
        raise NotFittedError(message("a fitted method", received, "call fit(frames) first"))
    state = MethodState()
    for name in names:
        value = getattr(method, name)
        if isinstance(value, np.ndarray):
            state.arrays[name] = value
        elif value is not None:
            state.numbers[name] = value.item() if isinstance(value, np.generic) else value
    return state


def restore_fitted(method: ClusteringMethod, state: MethodState, names: Iterable[str]) -> None:
    """Set the fitted attributes of `fitted_state`; ``labels_`` has to be among them."""
    if state.array("labels_", None).dtype.kind != "i":
        raise not_a_state("integers as 'labels_'", f"{state.arrays['labels_'].dtype}")
    for name in names:
        if name in state.arrays:
            setattr(method, name, state.arrays[name])
        elif name in state.numbers:
            setattr(method, name, state.number(name, (bool, int, float)))


class ClusteringMethod(ABC):
    """A clustering method: constructor arguments are only stored, `fit` makes ``labels_``.

    A method is a subclass. What it does not set stays as here, so that nobody has to look whether
    an attribute is there: who asks `abilities` first, before or after the fit, is never refused.

    Attributes
    ----------
    n_clusters : int or None
        K as given; None where the method finds it.
    random_state : int or None
        Seed as given.
    streams : bool
        Whether `fit` takes frames that lie in a file, ``frames.in_memory`` False. A method that
        does works on `batch_size` windows at a time.
    begins_with_labels : bool
        Whether `fit` has a use for labels to begin with.
    concurrent : bool
        Whether several threads may ask a fitted method at once.
    batch_size : int
        Windows that are read at once; of methods that stream.
    window : int
        W, the consecutive frames that the answer for one of them depends on.
    abilities : frozenset of str
        Which of the methods below can be called, "predict" always: "predict_proba", "transform",
        "reconstruct".
    labels_ : numpy.ndarray of int, shape (N,)
        The cluster of each frame of the fit, 0 to K - 1; -1 for noise. Not there before the fit.
    n_clusters_ : int
        K, as given or found.
    cluster_centers_ : numpy.ndarray or None, shape (K, M)
        Centres of the clusters, where they have one.
    embedding_ : numpy.ndarray or None, shape (N, M)
        Where the clusters were found, what `transform` makes of the frames of the fit; None where
        that is their cells.
    membership_ : numpy.ndarray or None, shape (N, K)
        Soft assignment of the frames of the fit; None without `predict_proba`.
    history_ : dict of str to list, or None
        One value an epoch, the state before training first, by name; ``phase`` is one of them.
        None of a method that is not trained.
    seed_ : int or None
        The seed that was used; None where nothing is random.
    agreement_ : float or None
        Mean adjusted Rand index of the labels of two runs from independent starts; None of one.
    interrupted_ : bool
        Whether the user has ended the fit before its time.
    cut_ : str
        Where that was, of a fit in this process.
    selection_ : mapping or None
        How the fit chose where to begin, JSON; None where nothing was chosen.
    """

    n_clusters: int | None = None
    random_state: int | None
    streams: ClassVar[bool] = False
    begins_with_labels: ClassVar[bool] = False
    concurrent: ClassVar[bool] = True
    batch_size: int = 1
    window: int = 1

    labels_: np.ndarray
    cluster_centers_: np.ndarray | None = None
    embedding_: np.ndarray | None = None
    membership_: np.ndarray | None = None
    history_: Mapping[str, list[Any]] | None = None
    seed_: int | None = None
    agreement_: float | None = None
    interrupted_: bool = False
    cut_: str = ""
    selection_: Mapping[str, Any] | None = None

    @property
    def window_(self) -> int:
        """W, as given or, where a method chooses it, found."""
        return self.window

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions that a fit computes with, whose versions its labels tell."""
        return ("scikit-learn",)

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked, by the names of its methods."""
        return frozenset[Ability]({"predict"})

    @property
    def n_clusters_(self) -> int:
        """K, as given or, where the method finds it, one more than the largest label."""
        return int(self.labels_.max()) + 1 if self.n_clusters is None else int(self.n_clusters)

    @property
    def history_long_names(self) -> Mapping[str, str]:
        """What the losses in `history_` are, by their names there."""
        return {}

    @abstractmethod
    def check(self, n_frames: int | None = None) -> None:
        """Raise `ParameterError` with everything that is wrong with the arguments."""

    @abstractmethod
    def fit(self, frames: Frames, init: np.ndarray | None = None) -> Self:
        """Find K clusters in N frames.

        `init` are clusters to begin with, (N,) from 0 to K - 1, each of which occurs, -1 for those
        that are not known; of methods that begin with labels.
        """

    @abstractmethod
    def predict(self, frames: Frames) -> np.ndarray:
        """Assign other frames, shape (N,)."""

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships of other frames, shape (N, K); rows sum to 1."""
        raise self._unable("predict_proba")

    def transform(self, frames: Frames) -> np.ndarray:
        """Embeddings of other frames, shape (N, M)."""
        raise self._unable("transform")

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """What the method makes of other frames, shape (N, H, L, V)."""
        raise self._unable("reconstruct")

    @abstractmethod
    def state(self) -> MethodState:
        """What `fit` has found."""

    @abstractmethod
    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method that `state` was taken from.

        The constructor arguments have to be the same ones.
        """

    def _unable(self, ability: Ability) -> ParameterError:
        received = type(self).__name__
        return ParameterError(
            message(f"a method that gives {ANSWERS[ability]}", received, "fit with method='dsc'")
        )


def is_integer(value: Any) -> bool:
    """Whether `value` is an integer and no boolean."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def check_n_clusters(n_clusters: Any, n_frames: int | None = None) -> list[str]:
    """Problems with K, with the number of frames where it is known: 2 <= K < N."""
    remedy = "the paper uses k=7; weather regime studies often use 4 to 8"
    if not is_integer(n_clusters):
        if isinstance(n_clusters, np.ndarray) and n_clusters.ndim == 0:
            remedy = f"write k=int({n_clusters})"
        elif isinstance(n_clusters, (list, tuple, range, np.ndarray)):
            remedy = f"compare several, ds.dsc.compare(k={n_clusters!r:.100})"
        elif (meant := _integer_in(n_clusters, 2)) is not None:
            remedy = f"write k={meant}"
        return [message("k to be an integer", f"{n_clusters!r:.200}", remedy)]
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
    """Note a problem unless `value` is a number from `low` (or `above` it) to `high`.

    Numbers of things are at most `MOST`.
    """
    if integer:
        high = min(high, MOST) if high == np.inf else high
    number = is_integer(value) or (not integer and isinstance(value, (float, np.floating)))
    good = number and -np.inf < value < np.inf and (value > low if above else value >= low)
    if good and value <= high:
        return
    kind = "an integer" if integer else "a number"
    bound = f"above {low:g}" if above else f"of at least {low:g}"
    if np.isfinite(high):
        bound += f" and at most {high:.12g}"
    received = f"{name}={value!r:.200}"
    meant = _integer_in(value, low if not above else low + 1, high)
    remedy = f"change {name}=" if meant is None else f"write {name}={meant}"
    problems.add(message(f"{name} to be {kind} {bound}", received, remedy))


def _integer_in(value: Any, low: float, high: float = np.inf) -> int | None:
    """The integer from `low` to `high` that a text or a float stands for, else None."""
    is_text = isinstance(value, str) and len(value) < 20 and value.isdecimal()
    if not is_text and not (isinstance(value, (float, np.floating)) and value.is_integer()):
        return None
    return int(value) if low <= int(value) <= high else None


def are_sizes(given: Any, number: int | None = None) -> bool:
    """Whether `given` is a list of widths of layers; `number` of them where that is given."""
    return (
        isinstance(given, (tuple, list))
        and (0 < len(given) <= MOST_LAYERS if number is None else len(given) == number)
        and all(is_integer(width) and 0 < width <= WIDEST for width in given)
    )


def check_one_of(problems: Problems, name: str, value: Any, known: Sequence[Any]) -> None:
    """Note a problem unless `value` is one of the names that are known, or None among them."""
    if isinstance(value, (str, type(None))) and value in known:
        return
    remedy = advice(
        name,
        value,
        [other for other in known if isinstance(other, str)],
        f"choose one of these, as {name}={known[0]!r}",
    )
    problems.add(message(f"{name} to be one of {tuple(known)}", f"{value!r:.200}", remedy))
