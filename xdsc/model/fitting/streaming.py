"""Whether the frames of a fit are held in memory, or streamed from a file."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.frames.budget import memory_budget, readable
from xdsc.frames.chunks import Size
from xdsc.frames.reading import stream_frames
from xdsc.frames.scratch import check_scratch_room
from xdsc.methods import METHODS
from xdsc.preprocessing import Prepared


def check_memory(given: Any, stream: Any, method: Any) -> None:
    """Raise `ParameterError` unless budget and `stream` are what `ClusterModel` says."""
    if given is not None:
        memory_budget(given)
    # Not by `in`, which asks arrays whether they are equal.
    if stream is not None and not isinstance(stream, (bool, np.bool_)):
        raise ParameterError(
            message(
                "stream to be True, False or None, which leaves it to the size of the data",
                f"stream={stream!r:.100}",
                "leave stream= out",
            )
        )
    if stream and not method.streams:
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
    size = Size.of(prepared.ds, prepared.axes, prepared.variables)
    budget = checked_size(size, method, given, stream)
    if budget is None:
        return prepared.frames()
    return stream_frames(
        prepared.ds,
        prepared.axes,
        prepared.variables,
        prepared.provenance.step,
        budget=budget,
        progress=progress,
    )


def checked_size(
    size: Size, method: Any, given: str | int | None, stream: bool | None
) -> int | None:
    """The budget to stream frames within; None where they are to be held in memory.

    Parameters
    ----------
    size : Size
        Of the frames, which shapes tell before any data are read.
    method, given, stream
        As for `read_frames`.

    Raises
    ------
    InputError
        Data are in a file that only Dask would read in pieces, and larger than the budget; or the
        disk has no room for those that are streamed.
    ParameterError
        As for `read_frames`.
    """
    if stream is False or (stream is None and not size.lazy and not size.unread):
        return None
    budget = memory_budget(given)
    if stream is None and size.nbytes <= budget:
        return None
    if size.unread and not size.lazy and stream is None:
        raise InputError(
            message(
                f"data within the memory budget of {readable(budget)}, or Dask's, which are read "
                "in pieces",
                f"{readable(size.nbytes)} in a file that is read whole",
                "open it with chunks={}, or ds = ds.chunk(); or, if there is memory enough, a "
                "larger memory_budget= or stream=False",
            )
        )
    if not method.streams:
        raise _needs_memory(
            f"{readable(size.nbytes)} with a memory_budget of {readable(budget)}, and a method "
            "that needs all frames at once"
        )
    if given is None:
        # A power of two, so that the same call gives the same labels where some more or some less
        # memory happens to be free.
        budget = 2 ** (budget.bit_length() - 1)
    _check_holds_batches(method, size, budget)
    check_scratch_room(size.nbytes)
    return budget


def _check_holds_batches(method: Any, size: Size, budget: int) -> None:
    """Raise where not even a pool of one batch and the next one are within the budget."""
    # A batch of segments reads up to 1.5 frames a window.
    least = 4 * ceil(1.5 * (method.batch_size + 2 * method.window_)) * size.frame
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


def _needs_memory(received: str) -> ParameterError:
    streaming = [name for name, row in METHODS.items() if row.load().streams]
    return ParameterError(
        message(
            "frames within the memory budget, or a method that streams them",
            received,
            f"use one of {', '.join(streaming)}; or fewer variables, a shorter period, "
            "ds.coarsen(...) or ds.resample(...); or, if there is memory enough, a larger "
            "memory_budget= or stream=False",
        )
    )
