"""One pass through the data for the statistics of several steps, in bounded memory.

Each chunk is read, its statistics are made in one task, and it is dropped: what a task leaves is
small. A tree of few branches puts these together as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import xarray as xr

from xdsc.frames.chunks import merged
from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.block import DIMS, MEMBER, TIME, X, Y
from xdsc.preprocessing.onepass.summaries import OfPiece, Statistic, Summary, assembled, combined

# Values at a time, so that temporary arrays need little memory besides the data.
_SLAB = 2**21
# Branches of the tree: as few as can be, since what a branch has found waits for the others.
_BRANCHES = 2


def begin_pass(
    summaries: Sequence[Summary | None], ds: xr.Dataset
) -> tuple[list[Any], list[_VariablePass]]:
    """Begin a pass: what Dask is to compute, and for each variable what to make of it.

    Parameters
    ----------
    summaries : sequence of Summary or None
        Of each step.
    ds : Dataset
        A block, NumPy or Dask.
    """
    wanted = [summary for summary in summaries if summary is not None]
    if not wanted:
        return [], []
    variables = [_VariablePass(values, wanted) for values in ds.values()]
    return [variable.lazy for variable in variables], variables


def finish_pass(
    summaries: Sequence[Summary | None], variables: Sequence[_VariablePass], computed: Sequence[Any]
) -> list[dict[str, xr.Dataset]]:
    """End a pass: the statistics of each step, Datasets of all variables, in memory."""
    of_variables = {
        variable.name: variable.finish(tiles)
        for variable, tiles in zip(variables, computed, strict=True)
    }
    found: list[dict[str, xr.Dataset]] = []
    position = 0
    for summary in summaries:
        if summary is None:
            found.append({})
            continue
        by_key: dict[str, dict[Any, xr.DataArray]] = {}
        for name, statistics in of_variables.items():
            for key, values in statistics[position].items():
                by_key.setdefault(key, {})[name] = values
        found.append({key: xr.Dataset(values) for key, values in by_key.items()})
        position += 1
    return found


class _VariablePass:
    """The pass through one variable."""

    def __init__(self, values: xr.DataArray, summaries: Sequence[Summary]) -> None:
        self.name = values.name
        self._sizes = {str(dim): size for dim, size in values.sizes.items()}
        self._time = values.indexes[TIME]
        self._functions = tuple(summary.of_piece for summary in summaries)
        known = np.hstack([summary.known for summary in summaries])
        self._widths = tuple(summary.known.shape[1] for summary in summaries)
        if values.chunks is None:
            found = _of_array(values.data, known, (0, 0), self._functions, self._widths)
            self._heights: tuple[int, ...] = (values.sizes[Y],)
            self._lengths: tuple[int, ...] = (values.sizes[X],)
            self.lazy: Any = [[found]]
            return
        least = max(summary.frames for summary in summaries)
        chunks = merged(values.chunksizes[TIME], least)
        if chunks != values.chunksizes[TIME]:
            values = values.chunk({TIME: chunks})
        self._heights, self._lengths = values.chunksizes[Y], values.chunksizes[X]
        self.lazy = self._tree(values, known)

    def finish(self, tiles: Any) -> list[dict[str, xr.DataArray]]:
        """Statistics of each step."""
        return [
            assembled(
                [[tile[i] for tile in row] for row in tiles],
                self._sizes,
                self._time,
                self._heights,
                self._lengths,
            )
            for i in range(len(self._functions))
        ]

    def _tree(self, values: xr.DataArray, known: Floats) -> list[list[Any]]:
        """Delayed statistics of each tile of cells."""
        import dask.array as da  # here, so that `import xdsc` stays quick

        data = values.data
        if values.dims[0] != MEMBER:
            data = data[None]
        members, times, *_ = data.chunks
        empty = np.empty((0,) * len(DIMS), dtype=object)
        parts = da.blockwise(  # type: ignore[no-untyped-call]
            _of_chunk,
            "mtyx",
            data,
            "mtyx",
            da.from_array(known, chunks=(times, -1), name=False),  # type: ignore[no-untyped-call]
            "tk",
            _starts(members),
            "m",
            _starts(times),
            "t",
            functions=self._functions,
            widths=self._widths,
            concatenate=True,
            align_arrays=False,
            adjust_chunks={"m": lambda n: 1, "t": lambda n: 1},
            dtype=object,
            meta=empty,
        )
        tiles = da.reduction(  # type: ignore[no-untyped-call]
            parts,
            chunk=_as_it_is,
            combine=_combined,
            aggregate=_combined,
            axis=(0, 1),
            split_every={0: _BRANCHES, 1: _BRANCHES},
            concatenate=False,
            keepdims=True,
            dtype=object,
            meta=empty,
        )
        # Unoptimised, so that the chunks stay the ones that other statistics of this pass use.
        grid = tiles.to_delayed(optimize_graph=False)[0, 0]
        return [list(row) for row in grid]


def _starts(chunks: tuple[int, ...]) -> Any:
    """Place of the first of each chunk, as an array of as many chunks."""
    import dask.array as da

    starts = np.asarray([0, *accumulate(chunks)][:-1])
    return da.from_array(starts, chunks=1)  # type: ignore[no-untyped-call]


def _of_chunk(
    values: Array,
    known: Floats,
    member: Array,
    time: Array,
    *,
    functions: tuple[OfPiece, ...],
    widths: tuple[int, ...],
) -> tuple[dict[str, Statistic], ...]:
    at = int(member[0]), int(time[0])
    if values.shape[-3] != len(known):
        raise ValueError(f"a chunk of {values.shape[-3]} time steps, not of {len(known)}")
    return _of_array(values, known, at, functions, widths)


def _of_array(
    values: Array,
    known: Floats,
    at: tuple[int, int],
    functions: Sequence[OfPiece],
    widths: Sequence[int],
) -> tuple[dict[str, Statistic], ...]:
    """Statistics of an array of any length, ([member,] t, y, x), for each function."""
    n_times = values.shape[-3]
    frames = max(1, _SLAB * n_times // max(values.size, 1))
    split = np.cumsum(widths)[:-1]
    found: list[list[dict[str, Statistic]]] = [[] for _ in functions]
    for start in range(0, n_times, frames):
        piece = values[..., start : start + frames, :, :]
        columns = np.split(known[start : start + frames], split, axis=1)
        # What is infinite is found, and refused, later.
        with np.errstate(invalid="ignore", over="ignore"):
            for mine, function, own in zip(found, functions, columns, strict=True):
                mine.append(function(piece, own, (at[0], at[1] + start)))
                mine[:] = [combined(mine)]
    return tuple(mine[0] for mine in found)


def _combined(
    parts: Any, axis: Any = None, keepdims: bool = True
) -> tuple[dict[str, Statistic], ...]:
    """Statistics of all pieces, which come in lists of lists."""
    return tuple(combined(parts_of_one) for parts_of_one in zip(*_flat(parts), strict=True))


def _flat(parts: Any) -> list[tuple[dict[str, Statistic], ...]]:
    if isinstance(parts, tuple):
        return [parts]
    return [one for part in parts for one in _flat(part)]


def _as_it_is(parts: Any, axis: Any = None, keepdims: bool = True) -> Any:
    return parts
