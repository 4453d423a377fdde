"""Frames that are too large for memory, read once into a temporary file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, run_of
from xdsc.frames.block_tasks import TIME, blocks_of_time, whole_block
from xdsc.frames.chunks import frame_bytes, is_lazy, warn_of_chunks
from xdsc.frames.frames import Frames
from xdsc.frames.scratch import Scratch, StreamedValues
from xdsc.frames.time_blocks import time_blocks
from xdsc.parallel import active_client
from xdsc.progress import progress_bar

# Blocks of time that are in memory at once while a Dataset is read into the file, at most, and how
# many bytes each byte of a block takes: the block, and the chunks that it is made of in float64.
_BLOCKS = 4
_COST = 4

# The schedulers of Dask by which a task can write to a file of this process.
_IN_PROCESS = ("sync", "synchronous", "single-threaded", "threads", "threading")


def stream_frames(
    ds: xr.Dataset,
    axes: Axes,
    variables: Sequence[str],
    step: float | None = None,
    *,
    budget: int,
    progress: bool = False,
) -> Frames:
    """Read a prepared Dataset into a scratch file, from which its frames are streamed.

    Parameters
    ----------
    ds : Dataset
        Prepared; NumPy or Dask.
    axes : Axes
        Its axes.
    variables : sequence of str
        Variables to stack.
    step : float, optional
        Time step in seconds, by default the median one; longer ones are gaps.
    budget : int
        Bytes of memory that reading may take, and those that stream the frames later.
    progress : bool, default False
        Whether to show a progress bar.

    Raises
    ------
    InputError
        The disk has no room.

    Warns
    -----
    XdscWarning
        Chunks are too large or too many, with those to use instead.
    """
    one = frame_bytes(ds, axes, variables)
    if not is_lazy(ds, variables):
        length = max(1, budget // (_BLOCKS * _COST * one))
        # With a name of its own Dask need not hash the data.
        ds = ds[list(variables)].chunk({axes.time: length}, token=uuid4().hex)
    warn_of_chunks(ds, axes, variables, in_blocks=True)
    samples = tuple(ds.sizes[dim] for dim in axes.samples)
    lengths = time_blocks(ds, axes, variables, most_bytes=budget // (_BLOCKS * _COST))
    at_once = max(1, min(budget // (_COST * max(lengths) * one), _most_threads()))
    scratch = Scratch(samples, (ds.sizes[axes.y], ds.sizes[axes.x], len(variables)))
    try:
        arguments = blocks_of_time(ds, axes, variables, lengths)
        _write(arguments, lengths, scratch, at_once, progress)
        values = StreamedValues(scratch, budget)
    except BaseException:
        scratch.close()
        raise
    time = ds[axes.time].values
    run = run_of(time, step)
    return Frames.from_streamed(values, run, samples, variables, time)


def _write(
    variables: list[Any], lengths: tuple[int, ...], scratch: Scratch, at_once: int, progress: bool
) -> None:
    """Read lazy variables once, and write each block of time to the file as it comes."""
    import dask

    with progress_bar("Reading", shown=progress) as bar:
        bar.plan(len(lengths), "block")

        def keep(start: int, block: npt.NDArray[np.float32]) -> None:
            scratch.put(start, block)
            bar.advance(text="reading")

        client = active_client()
        blocks = _blocks(variables, lengths, scratch, keep if client is None else None)
        if client is not None:
            _from_workers(client, blocks, np.cumsum([0, *lengths]), keep, min(at_once, _BLOCKS))
        else:
            asked = dask.config.get("scheduler", None)
            scheduler = asked if callable(asked) or asked in _IN_PROCESS else "threads"
            blocks.compute(scheduler=scheduler, num_workers=at_once)
        bar.clear()


def _blocks(
    variables: list[Any],
    lengths: tuple[int, ...],
    scratch: Scratch,
    keep: Callable[[int, npt.NDArray[np.float32]], None] | None,
) -> Any:
    """A Dask array with a task for each block of time."""
    import dask.array as da

    return da.blockwise(  # type: ignore[no-untyped-call]
        _block,
        (TIME,),
        da.arange(sum(lengths), chunks=(lengths,)),
        (TIME,),
        *variables,
        name=f"xdsc-frames-{uuid4().hex}",
        members=scratch.samples[:-1],
        space=scratch.shape[:2],
        keep=keep,
        dtype=np.int8,
        meta=np.empty((0,), np.int8),
        align_arrays=False,
    )


def _block(
    own: Any, *variables: Any, members: tuple[int, ...], space: tuple[int, int], keep: Any
) -> np.ndarray:
    """A block of time, ([members,] B, H, L, V); zeros, (B,), where somebody keeps it."""
    values = whole_block(variables, members, len(own), space)
    if keep is None:
        return values
    keep(int(own[0]), values)
    return np.zeros(len(own), np.int8)


def _from_workers(
    client: Any, blocks: Any, starts: npt.NDArray[np.intp], keep: Any, at_once: int
) -> None:
    """Have the workers of a client compute the blocks, a few at a time, and fetch each."""
    from dask.base import optimize
    from dask.optimization import cull

    keys = blocks.__dask_keys__()
    (optimised,) = optimize(blocks)  # type: ignore[no-untyped-call]
    # Each block takes its own tasks out of the one graph, whose size no longer matters then.
    graph = dict(optimised.__dask_graph__())
    begun: deque[tuple[int, Any]] = deque()
    todo = deque(zip(starts[:-1], keys, strict=True))
    try:
        while todo or begun:
            while todo and len(begun) < at_once:
                start, key = todo.popleft()
                tasks, _ = cull(graph, [key])  # type: ignore[no-untyped-call]
                begun.append((int(start), client.get(tasks, [key], sync=False)[0]))
            start, future = begun[0]
            block = future.result()
            begun.popleft()
            future.release()
            keep(start, block)
    finally:
        if begun and client.status == "running":
            client.cancel([future for _, future in begun])


def _most_threads() -> int:
    import dask
    from dask.system import CPU_COUNT

    return int(dask.config.get("num_workers", None) or CPU_COUNT)
