"""Random orders of events, none after one of its own kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Integers = npt.NDArray[np.intp]
_Places = npt.NDArray[np.int32]
_Codes = npt.NDArray[np.int16]
_Truths = npt.NDArray[np.bool_]

# Proposals for a block of E events: rows of them turned round, of which those that reach to an end
# of the block alone bring about all orders where one kind makes up half of the events; and
# exchanges of two, which are quick.
_TURNS = (30, 0.5)
_SWAPS = 12.0


def shuffled(
    code: _Integers, linked: _Truths, block: _Integers, n: int, rng: np.random.Generator
) -> _Codes:
    """Orders of events within blocks, each that is allowed with the same probability.

    By a Markov chain of exchanges of two events, and of rows of events turned round, of which those
    that put an event next to one of its own kind are refused.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (E,)
        Kind of each event; none follows its own where they are linked.
    linked : numpy.ndarray of bool, shape (E,)
        Whether the next event follows each at once.
    block : numpy.ndarray of int, shape (E,)
        Ascending. Events stay in their block.
    n : int
        Number of orders.

    Returns
    -------
    numpy.ndarray of int16, shape (E, n)
    """
    # A row of no kind stands wherever two events are not linked, and at both ends.
    row = np.arange(1, len(code) + 1) + np.concatenate([[0], (~linked[:-1]).cumsum()])
    state = np.full((row[-1] + 2, n), -1, dtype=np.int16)
    state[row] = code[:, None]
    for rows in np.split(row, np.flatnonzero(np.diff(block)) + 1):
        if len(rows) > 1:
            _shuffle(state, rows, rng)
    found: _Codes = state[row]
    return found


def _shuffle(state: _Codes, rows: _Integers, rng: np.random.Generator) -> None:
    """Shuffle the events in some rows in place."""
    size, n = len(rows), state.shape[1]
    turns = int(_TURNS[0] + _TURNS[1] * size)
    swaps = int(_SWAPS * size / turns)
    columns = np.arange(n)
    for turn in range(turns):
        for places in rows[rng.integers(0, size, (swaps, 2, n))] * n + columns:
            _swap(state.reshape(-1), places[0], places[1], n)
        one, other = rng.integers(0, size, (2, n), dtype=np.int32)
        if turn % 2:
            other[:] = 0 if turn % 4 == 1 else size - 1
        _turn(state, rows, np.minimum(one, other), np.maximum(one, other))


def _swap(flat: _Codes, i: _Integers, j: _Integers, n: int) -> None:
    """Exchange events i and j of each column where that is allowed, but for neighbours."""
    one, other = flat.take(i), flat.take(j)
    allowed = flat.take(i - n) != other
    allowed &= flat.take(i + n) != other
    allowed &= flat.take(j - n) != one
    allowed &= flat.take(j + n) != one
    flat[i] = np.where(allowed, other, one)
    flat[j] = np.where(allowed, one, other)


def _turn(state: _Codes, rows: _Integers, i: _Places, j: _Places) -> None:
    """Turn the events from i to j of each column round where that is allowed."""
    n = state.shape[1]
    before = state[rows[0] - 1 : rows[-1] + 2]
    place = np.arange(len(rows), dtype=np.int32)[:, None]
    source = np.where((place < i) | (place > j), place, i + j - place)
    at = rows - rows[0] + 1
    index = (at * n).take(source)
    index += np.arange(n)
    after = before.copy()
    after[at] = before.reshape(-1).take(index)
    refused = ((after[1:] == after[:-1]) & (after[1:] >= 0)).any(axis=0)
    np.copyto(before, after, where=~refused)


def pair_counts(codes: _Codes, linked: _Truths, k: int) -> _Integers:
    """How often a kind follows another in each of n orders, (n, K, K).

    Examples
    --------
    >>> codes = np.array([[0], [1], [0], [1]], dtype=np.int16)
    >>> pair_counts(codes, np.array([True, True, False, False]), 2).tolist()
    [[[0, 1], [1, 0]]]
    """
    before = np.flatnonzero(linked)
    found = np.zeros((codes.shape[1], k * k), dtype=np.intp)
    for begin in range(0, len(found), 100):
        some = codes[:, begin : begin + 100].astype(np.intp)
        at = some[before] * k + some[before + 1] + np.arange(some.shape[1]) * k * k
        size = some.shape[1] * k * k
        found[begin : begin + 100] = np.bincount(at.ravel(), minlength=size).reshape(-1, k * k)
    return found.reshape(-1, k, k)
