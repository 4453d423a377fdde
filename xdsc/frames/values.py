"""Frames looked at a block at a time, whether they are in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

# A block that is copied or converted is at most as large, unless a single frame is larger.
_BYTES = 2**24

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class CellMoments:
    """Mean and variance in time of each cell.

    Attributes
    ----------
    mean, variance : numpy.ndarray of float64, shape (H, L, V)
        Over all frames.
    """

    mean: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]


class FileValues(Protocol):
    """Prepared frames, (N, H, L, V) in float32, in a file that knows slices.

    Attributes
    ----------
    budget : int
        Bytes of memory that those who read may take all together.
    moments : CellMoments
        Of the frames.
    """

    budget: int
    moments: CellMoments

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, L, V)."""
        ...

    def __len__(self) -> int:
        """N."""
        ...

    def __getitem__(self, at: slice, /) -> np.ndarray:
        """A slice of frames as a NumPy array."""
        ...


#: Prepared frames, (N, H, L, V) in float32: in memory, or in a file.
Values: TypeAlias = np.ndarray | FileValues


def moments_of(values: Values | CellMoments) -> CellMoments:
    """Moments of frames (N, H, L, V), in one pass; those that are given are taken as they are.

    Sums are those of the departures from the first frame. As it is one of the N, the variance loses
    at most log10(N) of the digits of float64 to cancellation, however large the mean is.
    """
    if isinstance(values, CellMoments):
        return values
    first = values[:1].sum(axis=0, dtype="float64")
    total, squares = np.zeros_like(first), np.zeros_like(first)
    n = max(len(values), 1)
    with np.errstate(invalid="ignore"):  # infinite values have no moments, and say so
        for at in slices(values):
            departure = values[at] - first
            total += departure.sum(axis=0)
            squares += np.square(departure, out=departure).sum(axis=0)
        variance = np.maximum(squares - np.square(total) / n, 0.0) / n
    return CellMoments(first + total / n, variance)


def budget_of(values: Values) -> int | None:
    """Bytes of memory that those who read may take; None for frames that are in memory."""
    return None if isinstance(values, np.ndarray) else values.budget


def presence(values: np.ndarray) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which samples are frames, and which cells all of these have.

    A sample without any value is a missing frame. A cell without a value in any other sample is
    masked.

    Parameters
    ----------
    values : numpy.ndarray, shape (samples, H, L, V)
        Prepared; NaN in masked cells and missing frames.

    Returns
    -------
    present : numpy.ndarray of bool, shape (samples,)
        Samples that are frames.
    observed : numpy.ndarray of bool, shape (H, L, V)
        Cells that have a value in all frames.
    """
    missing = np.isnan(values)
    present: npt.NDArray[np.bool_] = ~missing.all(axis=(1, 2, 3))
    if not present.all():
        missing = missing[present]
    observed: npt.NDArray[np.bool_] = ~missing.any(axis=0)
    return present, observed


def slices(values: Values, most: int | None = None) -> Iterator[slice]:
    """Slices that cover all frames in order; each holds some 16 MiB, and at most `most` frames."""
    length = _frames_a_block(values)
    length = length if most is None else min(length, most)
    for start in range(0, len(values), length):
        yield slice(start, min(start + length, len(values)))


def _frames_a_block(values: Values) -> int:
    return max(1, _BYTES // max(4 * prod(values.shape[1:]), 1))


@dataclass(frozen=True)
class Pool:
    """Some of the frames, in memory.

    Attributes
    ----------
    values : numpy.ndarray, shape (n, H, L, V)
        The frames.
    numbers : numpy.ndarray of int, shape (n,), or None
        Which ones, ascending; None for all of them.
    """

    values: np.ndarray
    numbers: npt.NDArray[np.intp] | None = None

    def take(self, frames: npt.NDArray[np.intp]) -> np.ndarray:
        """Frames by their numbers among all, (..., H, L, V)."""
        at = frames if self.numbers is None else np.searchsorted(self.numbers, frames)
        found: np.ndarray = self.values[at]
        return found


def read_pool(values: Values, frames: npt.NDArray[np.intp] | None = None) -> Pool:
    """Bring the frames with these numbers into memory; None for all of them.

    Values that are in memory are not copied.
    """
    if isinstance(values, np.ndarray):
        return Pool(values)
    numbers = np.arange(len(values)) if frames is None else np.unique(frames)
    pool = np.empty((len(numbers), *values.shape[1:]), "float32")
    edges = [0, *(np.flatnonzero(np.diff(numbers) > 1) + 1), len(numbers)]
    step = _frames_a_block(values)
    for begin, end in pairwise(edges):
        for at in range(begin, end, step):
            to = min(at + step, end)
            pool[at:to] = values[int(numbers[at]) : int(numbers[at]) + to - at]
    return Pool(pool, None if frames is None else numbers)


def ahead(
    function: Callable[[_Given], _Found], items: Iterable[_Given]
) -> Iterator[tuple[_Given, _Found]]:
    """Call the function for each item, one item ahead of what is asked for, in a thread."""
    with ThreadPoolExecutor(1, thread_name_prefix="xdsc-ahead") as thread:
        waiting = None
        for item in items:
            begun = (item, thread.submit(function, item))
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = begun
        if waiting is not None:
            yield waiting[0], waiting[1].result()
