"""Random labels of samples, and the totals of fields by regime under each of them.

A test of composites holds the fields and draws labels, a thousand times and more, so that all its
time goes into the totals of the values under each label. They are sums of products, in single
precision, of values of the size of 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.statistics.sequence.seasons import WHOLE
from xdsc.statistics.sequence.spells import maximal_runs

Integers = npt.NDArray[np.signedinteger[Any]]
Single = npt.NDArray[np.float32]

# Bytes that what is drawn at a time may take, with its totals.
_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Draws(ABC):
    """Random labels of N samples.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (N,)
        The regime of each, from 0 to K - 1.
    k : int
        K.
    """

    codes: Integers
    k: int

    @property
    @abstractmethod
    def found(self) -> Integers:
        """The draw that gives the labels as they are."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Integers:
        """One draw, in any numbers that say which it is, shape (S,)."""

    @abstractmethod
    def labels(self, drawn: Integers) -> Integers:
        """Labels (D, N) of D draws (D, S)."""

    @abstractmethod
    def totals(self, drawn: Integers, values: Single) -> Single:
        """Totals by regime, (D, K, C), of values (N, C) under each of D draws (D, S)."""

    @abstractmethod
    def at_once(self, cells: int) -> int:
        """How many draws fit into memory with their totals of so many cells."""


@dataclass(frozen=True)
class _OfLabels(Draws):
    """Draws that are labels themselves, (D, N)."""

    @property
    def found(self) -> Integers:
        return self.codes

    def labels(self, drawn: Integers) -> Integers:
        return drawn

    def totals(self, drawn: Integers, values: Single) -> Single:
        found = np.empty((len(drawn), self.k, values.shape[1]), dtype=np.float32)
        for regime in range(self.k):
            found[:, regime] = (drawn == regime).astype(np.float32) @ values
        return found

    def at_once(self, cells: int) -> int:
        return max(1, _BYTES // (8 * (self.codes.size + self.k * cells)))


@dataclass(frozen=True)
class MovingBlocks(_OfLabels):
    """Blocks of labels, which begin anywhere, one after the other; after the last comes the first.

    Attributes
    ----------
    length : int
        Of the blocks.
    """

    length: int

    def draw(self, rng: np.random.Generator) -> Integers:
        """Labels of blocks."""
        size = self.codes.size
        starts = rng.integers(0, size, (-(-size // self.length), 1))
        places = (starts + np.arange(self.length)).ravel()[:size]
        return np.asarray(self.codes[places % size], dtype=np.int16)


@dataclass(frozen=True)
class PlacedEvents(_OfLabels):
    """The events, one after the other in random order; the ends of runs are ends of events too.

    Attributes
    ----------
    run : numpy.ndarray of int, shape (N,)
        Number of the run without a gap that each sample lies in.
    """

    run: Integers

    def draw(self, rng: np.random.Generator) -> Integers:
        """Labels of events."""
        begins = np.flatnonzero(np.diff(self.codes, prepend=-1) | np.diff(self.run, prepend=-1))
        lengths = np.diff(begins, append=self.codes.size)
        order = rng.permutation(len(begins))
        return np.repeat(self.codes[begins].astype(np.int16)[order], lengths[order])


@dataclass(frozen=True)
class PlacedOnsets(_OfLabels):
    """The first samples of events in random order; all others have the label -1.

    Each run without a gap keeps its events, each with its regime and length. All but the first one
    of a run have an onset, also right after another of its own regime, so that all draws have as
    many onsets.

    Attributes
    ----------
    run : numpy.ndarray of int, shape (N,)
        Number of the run without a gap that each sample lies in.
    """

    run: Integers

    @property
    def found(self) -> Integers:
        """The onsets as they are."""
        return first_of_events(self.codes, self.run)

    @cached_property
    def _events(self) -> tuple[Integers, Integers, Integers]:
        """Regime, length and run of each event."""
        start, stop = maximal_runs(self.codes, self.run.astype(np.intp))
        return self.codes[start], stop - start, self.run[start]

    def draw(self, rng: np.random.Generator) -> Integers:
        """Labels of first samples."""
        code, length, run = self._events
        order = np.lexsort((rng.random(len(code)), run))
        begin = np.cumsum(length[order]) - length[order]
        within = np.append(False, run[1:] == run[:-1])
        found = np.full(self.codes.size, -1, dtype=np.int16)
        found[begin[within]] = code[order][within]
        return found


def first_of_events(codes: Integers, run: Integers) -> Integers:
    """Labels (N,) of the first sample of each event whose beginning is known, -1 of all others.

    Examples
    --------
    >>> first_of_events(np.array([0, 0, 1, 1, 0, 2]), np.array([0, 0, 0, 0, 1, 1])).tolist()
    [-1, -1, 1, -1, -1, 2]
    """
    begins = np.zeros(codes.size, dtype=bool)
    begins[1:] = (codes[1:] != codes[:-1]) & (run[1:] == run[:-1])
    return np.where(begins, codes, -1).astype(codes.dtype)


@dataclass(frozen=True)
class ExchangedSeasons(Draws):
    """Each season with the labels of one of the same part of the year, each of them lent once.

    Day by day, so that the time of the year stays; shorter seasons begin again at their end, and
    those of less than three quarters of the longest, which the record cuts off, keep their labels.
    A draw is the season that each of the S seasons has its labels from. With replacement regimes
    would be more frequent on some days of the year than they are, and what the annual cycle has
    left in the fields would be in all differences.

    Attributes
    ----------
    season : numpy.ndarray of int, shape (N,)
        Number of the season that each sample lies in; those of one season are neighbours.
    part : numpy.ndarray of int, shape (N,)
        Which part of the year that is.
    """

    season: Integers
    part: Integers

    @cached_property
    def _spans(self) -> tuple[Integers, Integers]:
        """First sample of each season, and how many it has."""
        start, length = np.unique(self.season, return_index=True, return_counts=True)[1:]
        order = np.argsort(start)
        return start[order], length[order]

    @cached_property
    def _groups(self) -> list[Integers]:
        """Whole seasons of each part of the year."""
        start, length = self._spans
        part = self.part[start]
        groups = [np.flatnonzero(part == one) for one in np.unique(part)]
        return [group[length[group] >= WHOLE * length[group].max()] for group in groups]

    @property
    def found(self) -> Integers:
        """Each season from itself."""
        return np.arange(len(self._spans[0]))

    def draw(self, rng: np.random.Generator) -> Integers:
        """The season that each has its labels from."""
        source = self.found
        for group in self._groups:
            source[group] = rng.permutation(group)
        return source

    def labels(self, drawn: Integers) -> Integers:
        """Labels of the seasons, one after the other."""
        columns = [self._lent(drawn[:, target], target) for target in range(len(self._spans[0]))]
        return np.concatenate(columns, axis=1)

    def totals(self, drawn: Integers, values: Single) -> Single:
        """Sum what the seasons have under each of their sources: a few dozen, for all draws."""
        cells = values.shape[1]
        found = np.zeros((len(drawn), self.k * cells), dtype=np.float32)
        regimes = np.arange(self.k)[:, None]
        for target, (begin, length) in enumerate(zip(*self._spans, strict=True)):
            sources, which = np.unique(drawn[:, target], return_inverse=True)
            inside = self._lent(sources, target)[:, None] == regimes
            rows = inside.reshape(-1, length).astype(np.float32)
            table = (rows @ values[begin : begin + length]).reshape(len(sources), -1)
            found += table[which]
        return found.reshape(len(drawn), self.k, cells)

    def at_once(self, cells: int) -> int:
        """How many draws fit into memory with their totals of so many cells."""
        return max(1, _BYTES // (8 * (self.k * cells + len(self._spans[0]))))

    def _lent(self, sources: Integers, target: int) -> Integers:
        """Labels that a season has from each of its sources, (sources, days)."""
        start, length = self._spans
        place = np.arange(length[target]) % length[sources][:, None] + start[sources][:, None]
        return np.asarray(self.codes[place])
