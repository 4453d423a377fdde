"""How frames come to a method: into memory, or through a file where they are too large for that."""

from __future__ import annotations

from collections import deque
from math import ceil, prod
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from xdsc.cf import run_of
from xdsc.errors import ParameterError, message
from xdsc.frames import Frames
from xdsc.frames.budget import memory_budget, readable
from xdsc.frames.chunks import is_lazy
from xdsc.frames.scratch import Scratch, StreamedValues
from xdsc.frames.time_blocks import time_blocks, warn_of_layout
from xdsc.methods import METHODS
from xdsc.model.lazy_answers import dask_array, put_pieces
from xdsc.parallel import active_client
from xdsc.preprocessing import Prepared, prepared_step

# Blocks of time that are in memory at once while a Dataset is read into the file, at most, and how
# many bytes each byte of a block takes: the block, and the chunks that it is made of in float64.
_BLOCKS = 4
_COST = 4

# The schedulers of Dask by which a task can write to a file of this process.
_IN_PROCESS = ("sync", "synchronous", "single-threaded", "threads", "threading")


def check_memory(given: Any, stream: Any, method: Any) -> None:
    """Raise `ParameterError` unless budget and `stream` are what `ClusterModel` says."""
    if given is not None:
        memory_budget(given)
    if stream not in (None, True, False):
        raise ParameterError(
            message(
                "stream to be True, False or None, which leaves it to the size of the data",
                f"stream={stream!r}",
                "leave stream= out",
            )
        )
    if stream and not _streams(method):
        raise _needs_memory("stream=True with a method that needs all frames at once")


def read_frames(
    prepared: Prepared, method: Any, given: str | int | None, stream: bool | None, progress: bool
) -> Frames:
    """Frames of a prepared Dataset, streamed where they are too large for the budget.

    Parameters
    ----------
    prepared : Prepared
        What to read.
    method : ClusteringMethod
        Who is to be fitted.
    given : str, int or None
        See `xdsc.frames.budget.memory_budget`.
    stream : bool or None
        See `ClusterModel`.
    progress : bool
        Whether to show a progress bar while a file is written.

    Raises
    ------
    ParameterError
        The method needs all frames in memory, or the budget is too small for a batch.
    InputError
        The disk has no room.
    """
    if stream is False or (stream is None and not is_lazy(prepared.ds, prepared.variables)):
        return prepared.frames()
    budget = memory_budget(given)
    size = prepared.nbytes
    if stream is None and size <= budget:
        return prepared.frames()
    if not _streams(method):
        raise _needs_memory(
            f"{readable(size)} with a memory_budget of {readable(budget)}, and a method that needs "
            "all frames at once"
        )
    if given is None:
        # A power of two, so that the same call gives the same labels where some more or some less
        # memory happens to be free.
        budget = 2 ** (budget.bit_length() - 1)
    method.check(prod(_samples(prepared)))
    _check_holds_batches(method, prepared, budget)
    return _streamed(prepared, budget, progress)


def _streamed(prepared: Prepared, budget: int, progress: bool) -> Frames:
    ds, axes, variables = prepared.ds, prepared.axes, prepared.variables
    if not is_lazy(ds, variables):
        length = max(1, budget // (_BLOCKS * _COST * prepared.frame_bytes))
        plain = ds[variables]
        # With a name of its own Dask need not hash the data.
        ds = plain.chunk({axes.time: length}, token=uuid4().hex)
    warn_of_layout(ds, axes, variables)
    samples = _samples(prepared)
    scratch = Scratch(samples, (ds.sizes[axes.y], ds.sizes[axes.x], len(variables)))
    try:
        _write(ds, prepared, scratch, budget, progress)
        values = StreamedValues(scratch, budget)
    except BaseException:
        scratch.close()
        raise
    run = run_of(ds[axes.time].values, prepared_step(ds))
    return Frames.from_streamed(values, run, samples, variables)


def _write(ds: Any, prepared: Prepared, scratch: Scratch, budget: int, progress: bool) -> None:
    """Read a lazy Dataset once, and write each block of time to the file as it comes."""
    import dask
    from tqdm import tqdm

    axes, variables = prepared.axes, prepared.variables
    lengths = time_blocks(ds, axes, variables, most_bytes=budget // (_BLOCKS * _COST))
    largest = _COST * max(lengths) * prepared.frame_bytes
    at_once = max(1, min(budget // largest, _most_threads()))
    members = scratch.samples[:-1]
    with tqdm(total=len(lengths), desc="Reading", unit="block", disable=not progress) as bar:

        def keep(start: int, block: npt.NDArray[np.float32]) -> None:
            scratch.put(start, block)
            bar.update()

        client = active_client()
        blocks = _blocks(
            ds,
            prepared,
            lengths,
            shape=(members, scratch.shape),
            keep=keep if client is None else None,
        )
        if client is not None:
            _from_workers(client, blocks, np.cumsum([0, *lengths]), keep, min(at_once, _BLOCKS))
            return
        asked = dask.config.get("scheduler", None)
        scheduler = asked if callable(asked) or asked in _IN_PROCESS else "threads"
        blocks.compute(scheduler=scheduler, num_workers=at_once)


def _blocks(ds: Any, prepared: Prepared, lengths: tuple[int, ...], *, shape: Any, keep: Any) -> Any:
    """A Dask array with a task for each block of time."""
    import dask.array as da

    axes = prepared.axes
    starts = da.arange(sum(lengths), chunks=(lengths,))
    arguments: list[Any] = [starts, (0,)]
    index = 1
    for name in prepared.variables:
        array = dask_array(ds, axes, name)
        at = array.ndim - 3
        array = array.rechunk({at: lengths})
        own = [index + i for i in range(array.ndim)]
        own[at] = 0
        index += array.ndim
        arguments += [array, tuple(own)]
    return da.blockwise(  # type: ignore[no-untyped-call]
        _block,
        (0,),
        *arguments,
        name=f"xdsc-frames-{uuid4().hex}",
        shape=shape,
        keep=keep,
        dtype=np.int8,
        meta=np.empty((0,), np.int8),
        align_arrays=False,
    )


def _block(own: Any, *variables: Any, shape: Any, keep: Any) -> np.ndarray:
    """A block of time, ([members,] B, H, L, V); zeros, (B,), where somebody keeps it."""
    members, (height, width, n) = shape
    values = np.empty((*members, len(own), height, width, n), "float32")
    for v, pieces in enumerate(variables):
        put_pieces(values[..., v], pieces)
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


def _check_holds_batches(method: Any, prepared: Prepared, budget: int) -> None:
    """Raise where not even a pool of one batch and the next one are within the budget."""
    # A batch of segments reads up to 1.5 frames a window.
    least = 4 * ceil(1.5 * (method.batch_size + 2 * method.window)) * prepared.frame_bytes
    if budget < least:
        raise ParameterError(
            message(
                f"a memory_budget of at least {readable(least)} for batches of "
                f"{method.batch_size} windows",
                readable(budget),
                f"use memory_budget='{ceil(least / 2**20)} MiB', a smaller batch_size=, fewer "
                "variables or a coarser grid",
            )
        )


def _streams(method: Any) -> bool:
    return bool(getattr(method, "streams", False))


def _needs_memory(received: str) -> ParameterError:
    streaming = [name for name, row in METHODS.items() if _streams(row.load())]
    return ParameterError(
        message(
            "frames within the memory budget, or a method that streams them",
            received,
            f"use one of {', '.join(streaming)}; or fewer variables, a shorter period, "
            "ds.coarsen(...) or ds.resample(...); or, if there is memory enough, a larger "
            "memory_budget= or stream=False",
        )
    )


def _samples(prepared: Prepared) -> tuple[int, ...]:
    return tuple(prepared.ds.sizes[dim] for dim in prepared.axes.samples)


def _most_threads() -> int:
    import dask
    from dask.system import CPU_COUNT

    return int(dask.config.get("num_workers", None) or CPU_COUNT)
