"""Pools: which segments of frames that do not fit into memory are there at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import prod

import numpy as np
import numpy.typing as npt

from xdsc.frames.values import Pool, Values, ahead, budget_of, read_pool
from xdsc.networks.segments import Segments, segment_length

# Blocks a pool: the more, the better shuffled; the fewer, the longer each reading.
_BLOCKS = 16

# What `predict` reads at once, as a part of the budget: it may hold three of these, and training
# holds half the budget at the same time.
_PIECES = 12


class Pools:
    """The segments of an epoch in an order in which few frames are needed at a time.

    Consecutive segments are a block. An epoch visits all blocks, in random order; some at a time
    are a pool, whose frames are brought into memory, and whose segments are shuffled. A thread
    brings the next pool in while this one is trained on; both together take no more than the
    budget. A segment brings the neighbours along that its windows reach to, so no window is lost
    or split at the edge of a block, and each is in the epoch once.

    Values in memory, or in a file of half the budget at most, are one pool.

    Parameters
    ----------
    values : numpy.ndarray or StreamedValues, shape (N, H, L, V)
        Prepared frames.
    window : int
        W.
    segments_a_batch : int
        A block is some whole batches, so that only the last one of an epoch is padded.
    """

    def __init__(self, values: Values, window: int, segments_a_batch: int) -> None:
        self.values, self.segments_a_batch = values, segments_a_batch
        self._first_batches = np.zeros(1, np.intp)
        self._frames: list[npt.NDArray[np.intp]] = []
        self._held: tuple[int, Pool] | None = None
        self._coming: tuple[int, Future[Pool]] | None = None
        self._thread: ThreadPoolExecutor | None = None
        budget = budget_in_frames(values)
        self.whole = budget is None or len(values) <= budget // 2
        if self.whole or budget is None:
            self._held = (0, read_pool(values))
            return
        length = segment_length(window)
        a_batch = segments_a_batch * length
        batches = max(1, (budget // 2 // _BLOCKS - (window - 1)) // a_batch)
        self.block = batches * segments_a_batch
        self.blocks_a_pool = max(1, budget // 2 // (batches * a_batch + window - 1))

    def cut(self, segments: Segments, rng: np.random.Generator, n_batches: int) -> Segments:
        """Shuffle the segments of an epoch, and forget the pools of the one before.

        Parameters
        ----------
        segments : Segments
            Ascending in time.
        rng : numpy.random.Generator
            Shuffles.
        n_batches : int
            Of the epoch. Where segments are too few for them, some are repeated, without windows.
        """
        pools = self._rows(len(segments), rng)
        wanted = [-(-len(rows) // self.segments_a_batch) for rows in pools]
        wanted[-1] += n_batches - sum(wanted)
        filled = [
            np.resize(rows, n * self.segments_a_batch)
            for rows, n in zip(pools, wanted, strict=True)
        ]
        shuffled = segments.take(np.concatenate(filled))
        at = 0
        for rows, padded in zip(pools, filled, strict=True):
            shuffled.windows[at + len(rows) : at + len(padded)] = -1
            at += len(padded)
        if not self.whole:
            self._first_batches = np.cumsum([0, *wanted[:-1]])
            self._frames = [np.unique(segments.frames[rows]) for rows in pools]
            self._held = None
            self._drop_coming()
            self._bring(0)
        return shuffled

    def at(self, batch: int) -> Pool:
        """The frames that a batch is made of, in memory."""
        if self.whole:
            assert self._held is not None
            return self._held[1]
        number = int(np.searchsorted(self._first_batches, batch, side="right")) - 1
        if self._held is None or self._held[0] != number:
            # The old pool goes before another one comes.
            self._held = None
            if self._coming is None or self._coming[0] != number:
                self._drop_coming()
                self._bring(number)
            assert self._coming is not None
            self._held, self._coming = (number, self._coming[1].result()), None
            self._bring(number + 1)
        return self._held[1]

    def close(self) -> None:
        """Let go of what is in memory."""
        self._held = None
        self._drop_coming()

    def _rows(self, n: int, rng: np.random.Generator) -> list[npt.NDArray[np.intp]]:
        """Which of n segments each pool holds, shuffled."""
        rows = np.arange(n)
        if self.whole:
            return [rng.permutation(rows)]
        blocks = np.split(rows, range(self.block, n, self.block))
        order = [blocks[i] for i in rng.permutation(len(blocks))]
        return [
            rng.permutation(np.concatenate(order[i : i + self.blocks_a_pool]))
            for i in range(0, len(order), self.blocks_a_pool)
        ]

    def _bring(self, number: int) -> None:
        """Begin to read a pool, if there is one with that number."""
        if number < len(self._frames):
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="xdsc-pool")
            coming = self._thread.submit(read_pool, self.values, self._frames[number])
            self._coming = (number, coming)

    def _drop_coming(self) -> None:
        """Wait for what is being read, and forget it."""
        if self._coming is not None and not self._coming[1].cancel():
            self._coming[1].exception()
        self._coming = None


def pools_in_order(
    values: Values, segments: Segments, a_batch: int
) -> Iterator[tuple[slice, Pool]]:
    """Batches of segments one after the other: which rows, and the frames that they need."""
    budget = budget_in_frames(values)
    n = len(segments)
    if budget is None:
        whole = read_pool(values)
        for first in range(0, n, a_batch):
            yield slice(first, first + a_batch), whole
        return
    frames_a_batch = a_batch * segments.frames.shape[1]
    piece = a_batch * max(1, budget // _PIECES // frames_a_batch)

    def read(first: int) -> Pool:
        return read_pool(values, segments.frames[first : first + piece])

    for first, pool in ahead(read, range(0, n, piece)):
        for at in range(first, min(first + piece, n), a_batch):
            yield slice(at, at + a_batch), pool


def budget_in_frames(values: Values) -> int | None:
    """How many frames may be in memory; None where all of them are."""
    budget = budget_of(values)
    return None if budget is None else budget // (4 * max(prod(values.shape[1:]), 1))
