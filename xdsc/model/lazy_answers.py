"""Frames of a lazy Dataset, looked at block by block of time, and not before somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, run_of
from xdsc.frames import Frames
from xdsc.frames.time_blocks import time_blocks
from xdsc.model.answers import Seen
from xdsc.model.fitted import FittedMethod, Question, missing_value
from xdsc.networks.segments import frames_before

# Indices of `dask.array.blockwise`; those of the variables' other dimensions come after them.
_MEMBER, _TIME, _REST = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class SeenInBlocks(Seen):
    """Frames that are read when their answers are computed, a block of time at a time.

    A method with windows gets half a window of neighbours on both sides of a block, and the runs
    without a gap are those of the whole record: so answers are those of the Dataset in memory, for
    any chunks. A block holds all members.

    Attributes
    ----------
    prepared : Dataset
        Lazy.
    variables : sequence of str
        Those to look at.
    step : float or None
        Time step in seconds, by default the median one; longer ones are gaps.
    """

    prepared: xr.Dataset
    variables: Sequence[str]
    step: float | None = None

    def answers(self, fitted: FittedMethod, *questions: Question) -> dict[Question, Any]:
        """Dask arrays, which share the tasks that read."""
        import dask.array as da
        from dask.base import tokenize
        from dask.delayed import delayed

        for question in questions:
            fitted.check(question)
        before = frames_before(fitted.window)
        halo = (before, fitted.window - 1 - before)
        blocks = time_blocks(self.prepared, self.axes, self.variables, max(*halo, 1))
        members = tuple(self.prepared.sizes[dim] for dim in self.axes.samples[:-1])
        look = Look(fitted, tuple(self.variables), members, before, questions)
        # One key for all tasks, so that the method is sent to a worker once.
        name = f"xdsc-method-{tokenize(look)}"
        shared = delayed(look, name=name, traverse=False)

        n_times = sum(blocks)
        run = run_of(self.prepared[self.axes.time].values, self.step)
        arguments: list[Any] = [da.arange(n_times, chunks=(blocks,)), (_TIME,)]
        run_blocks = da.from_array(run, chunks=(blocks,))  # type: ignore[no-untyped-call]
        arguments += [_with_halo(run_blocks, 0, halo), (_TIME,)]
        index = _REST
        for variable in self.variables:
            array = dask_array(self.prepared, self.axes, variable)
            at = array.ndim - 3
            array = _with_halo(array.rechunk({at: blocks}), at, halo)
            # Every other dimension is one of its own: variables may be chunked in many ways.
            own = [index + i for i in range(array.ndim)]
            own[at] = _TIME
            index += array.ndim
            arguments += [array, tuple(own)]
        looked = da.blockwise(  # type: ignore[no-untyped-call]
            _look,
            (_TIME,),
            *arguments,
            look=shared,
            dtype=object,
            meta=np.empty((0,), dtype=object),
            align_arrays=False,
        )
        return {
            question: self._answer(looked, question, members, fitted.shape(question))
            for question in questions
        }

    def at_own_times(self, values: Any, missing: float) -> Any:
        """Dask arrays, in the chunks of `ds`."""
        import dask.array as da

        at = len(self.axes.samples) - 1
        if self.positions is not None:
            # What is left out has the place of the one before: an index that ascends keeps chunks.
            index = np.maximum(np.maximum.accumulate(self.positions), 0)
            values = da.take(values, index, axis=at)
            there = (self.positions >= 0).reshape(-1, *[1] * (values.ndim - at - 1))
            chunks = (values.chunks[at], *[1] * (values.ndim - at - 1))
            there = da.from_array(there, chunks=chunks)  # type: ignore[no-untyped-call]
            missing = values.dtype.type(missing)
            values = da.where(there, values, missing)
        return values.rechunk(self._chunks)

    @property
    def _chunks(self) -> dict[int, tuple[int, ...]]:
        """Chunks of the dimensions of samples in `ds`.

        With other ones ``ds.chunks`` would be an error, and a store would take them ill.
        """
        samples = self.axes.samples
        chunked = [v for v in self.ds.data_vars.values() if v.chunks is not None]
        chunked = [v for v in chunked if self.axes.time in v.dims]
        if not chunked:
            return {}
        fullest = max(chunked, key=lambda v: len({*samples} & {*v.dims}))
        return {i: fullest.chunksizes[d] for i, d in enumerate(samples) if d in fullest.dims}

    def _answer(
        self, looked: Any, question: Question, members: tuple[int, ...], shape: tuple[int, ...]
    ) -> Any:
        """One of the answers as an array ([members,] T, *shape)."""
        import dask.array as da

        rest = tuple(range(_REST, _REST + len(shape)))
        dtype = np.int32 if question == "labels" else np.float32
        return da.blockwise(  # type: ignore[no-untyped-call]
            _pick,
            ((_MEMBER,) if members else ()) + (_TIME, *rest),
            looked,
            (_TIME,),
            question=question,
            new_axes=dict(
                zip(((_MEMBER,) if members else ()) + rest, members + shape, strict=True)
            ),
            dtype=dtype,
            meta=np.empty((0,) * (len(members) + 1 + len(shape)), dtype),
        )


@dataclass(frozen=True)
class Look:
    """What a task needs besides its block.

    Attributes
    ----------
    fitted : FittedMethod
        Who answers.
    variables : tuple of str
        Names of the V variables.
    members : tuple of int
        Their number, or nothing where there is no such dimension.
    before : int
        Neighbours before the block, where there are any.
    questions : tuple of str
        What is asked.
    """

    fitted: FittedMethod
    variables: tuple[str, ...]
    members: tuple[int, ...]
    before: int
    questions: tuple[Question, ...]

    def at(
        self, own: npt.NDArray[np.intp], run: npt.NDArray[np.intp], variables: Sequence[Any]
    ) -> dict[Question, np.ndarray]:
        """Answers for a block of time.

        Parameters
        ----------
        own : numpy.ndarray of int, shape (B,)
            Positions in the record of the times to answer for.
        run : numpy.ndarray of int, shape (B',)
            Numbers of the runs that these and their neighbours lie in.
        variables : sequence of nested lists
            For each variable its pieces, arrays ([members,] B', h, l), in lists of lists of lists
            by member, row and column; without members in lists of lists.

        Returns
        -------
        dict
            Question -> ([members,] B, ...).
        """
        height, width, n = self.fitted.mask.shape
        values = np.empty((*self.members, len(run), height, width, n), "float32")
        for v, pieces in enumerate(variables):
            put_pieces(values[..., v], pieces)
        frames = Frames.from_block(values, run, self.variables, self.fitted.mask, self.fitted.fill)
        first = min(self.before, int(own[0]))
        kept = (*(slice(None) for _ in self.members), slice(first, first + len(own)))
        return {
            question: frames.spread(self.fitted.answer(frames, question), missing_value(question))[
                kept
            ]
            for question in self.questions
        }


def _look(own: Any, run: Any, *variables: Any, look: Look) -> dict[Question, np.ndarray]:
    return look.at(own, run, variables)


def _pick(looked: dict[Question, np.ndarray], *, question: Question) -> np.ndarray:
    return looked[question]


def dask_array(ds: xr.Dataset, axes: Axes, name: str) -> Any:
    """A variable as a Dask array ([members,] T, H, L)."""
    import dask.array as da

    order = (*axes.samples, axes.y, axes.x)
    array = ds[name]
    array = array.squeeze([dim for dim in array.dims if dim not in order], drop=True)
    array = array.transpose(*(dim for dim in order if dim in array.dims))
    return da.asarray(array.data)  # type: ignore[no-untyped-call]


def put_pieces(into: np.ndarray, pieces: Any) -> None:
    """Put nested lists of pieces, ([members,] B', h, l), in their places, ([members,] B', H, L).

    Pieces without members are those of all members.
    """
    depth, leaf = 0, pieces
    while isinstance(leaf, list):
        depth, leaf = depth + 1, leaf[0]
    member = 0
    for rows in pieces if depth == 3 else [pieces]:
        y = 0
        for row in rows:
            x = 0
            for piece in row:
                h, w = piece.shape[-2:]
                place = into[..., y : y + h, x : x + w]
                if depth == 3:
                    place = place[member : member + len(piece)]
                place[...] = piece
                x += w
            y += h
        member += len(piece)


def _with_halo(array: Any, axis: int, halo: tuple[int, int]) -> Any:
    """Blocks with neighbours before and after them along an axis, as far as there are any."""
    from dask.array.overlap import overlap

    if array.numblocks[axis] == 1 or not any(halo):
        return array
    return overlap(array, depth={axis: halo}, boundary="none")  # type: ignore[no-untyped-call]
