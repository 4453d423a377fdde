"""In which blocks of time a lazy Dataset is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import ceil

import xarray as xr

from xdsc.cf import Axes
from xdsc.frames.chunks import chunk_bytes, frame_bytes


def time_blocks(
    ds: xr.Dataset,
    axes: Axes,
    variables: Sequence[str],
    at_least: int = 1,
    most_bytes: int | None = None,
) -> tuple[int, ...]:
    """Lengths of blocks of time to look at one after the other.

    They are whole chunks of time where that can be, several together where chunks are small; a
    block is at most as large as Dask's setting ``array.chunk-size``, for all variables on the whole
    grid in float32.

    Parameters
    ----------
    ds : Dataset
        Prepared, with T time steps.
    axes : Axes
        Its axes.
    variables : sequence of str
        Those that are looked at.
    at_least : int, default 1
        No block is shorter, unless there is but one.
    most_bytes : int, optional
        A size that blocks keep below as well.

    Returns
    -------
    tuple of int
        Their sum is T.
    """
    n_times = ds.sizes[axes.time]
    size = chunk_bytes() if most_bytes is None else min(chunk_bytes(), most_bytes)
    most = max(size // frame_bytes(ds, axes, variables), at_least, 1)
    blocks: list[int] = []
    length = 0
    for whole in _common_chunks(ds, axes, variables, n_times):
        if length and length + whole > most:
            blocks.append(length)
            length = 0
        if whole <= most:
            length += whole
            continue
        parts = max(1, min(ceil(whole / most), whole // at_least))
        blocks += [(i + 1) * whole // parts - i * whole // parts for i in range(parts)]
    blocks += [length] * (length > 0)
    return _without_short_ones(blocks, at_least)


def _common_chunks(ds: xr.Dataset, axes: Axes, variables: Sequence[str], n_times: int) -> list[int]:
    """Chunks of time between the edges that all chunked variables share."""
    edges = [
        set(accumulate(ds[name].chunksizes[axes.time]))
        for name in variables
        if ds[name].chunks is not None
    ]
    shared = sorted(set(range(n_times + 1)).intersection(*edges))
    return [stop - start for start, stop in pairwise([0, *(edge for edge in shared if edge)])]


def _without_short_ones(blocks: Sequence[int], at_least: int) -> tuple[int, ...]:
    """Blocks that are shorter than `at_least` put to the next ones, the last to the one before."""
    kept: list[int] = []
    for length in blocks:
        if kept and kept[-1] < at_least:
            kept[-1] += length
        else:
            kept.append(length)
    if len(kept) > 1 and kept[-1] < at_least:
        last = kept.pop()
        kept[-1] += last
    return tuple(kept)
