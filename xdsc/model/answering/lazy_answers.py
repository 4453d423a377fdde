"""Answers about the frames of a lazy Dataset, block by block of time, once they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import run_of
from xdsc.frames import Frames
from xdsc.frames.block_tasks import (
    MEMBER,
    REST,
    TIME,
    blocks_of_time,
    whole_block,
    with_halo,
)
from xdsc.frames.time_blocks import time_blocks
from xdsc.model.answering.answers import Answers
from xdsc.model.record.fitted_method import FittedMethod, Question, missing_value
from xdsc.networks.segments import frames_before


@dataclass(frozen=True, kw_only=True)
class AnswersByBlock(Answers):
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

    def of(self, fitted: FittedMethod, *questions: Question) -> dict[Question, Any]:
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
        task = BlockTask(fitted, tuple(self.variables), members, before, questions)
        # One key for all tasks, so that the method is sent to a worker once.
        name = f"xdsc-method-{tokenize(task)}"
        shared = delayed(task, name=name, traverse=False)

        run = run_of(self.prepared[self.axes.time].values, self.step)
        run_blocks = da.from_array(run, chunks=(blocks,))  # type: ignore[no-untyped-call]
        found = da.blockwise(  # type: ignore[no-untyped-call]
            _answers,
            (TIME,),
            da.arange(sum(blocks), chunks=(blocks,)),
            (TIME,),
            with_halo(run_blocks, 0, halo),
            (TIME,),
            *blocks_of_time(self.prepared, self.axes, self.variables, blocks, halo),
            task=shared,
            dtype=object,
            meta=np.empty((0,), dtype=object),
            align_arrays=False,
        )
        return {
            question: self._answer(found, question, members, fitted.shape(question))
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
        self, found: Any, question: Question, members: tuple[int, ...], shape: tuple[int, ...]
    ) -> Any:
        """One of the answers as an array ([members,] T, *shape)."""
        import dask.array as da

        rest = tuple(range(REST, REST + len(shape)))
        dtype = np.int32 if question == "labels" else np.float32
        return da.blockwise(  # type: ignore[no-untyped-call]
            _pick,
            ((MEMBER,) if members else ()) + (TIME, *rest),
            found,
            (TIME,),
            question=question,
            new_axes=dict(zip(((MEMBER,) if members else ()) + rest, members + shape, strict=True)),
            dtype=dtype,
            meta=np.empty((0,) * (len(members) + 1 + len(shape)), dtype),
        )


@dataclass(frozen=True)
class BlockTask:
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

    def answers(
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
            The pieces of each variable, arrays ([members,] B', h, l); see `whole_block`.

        Returns
        -------
        dict
            Question -> ([members,] B, ...).
        """
        space = self.fitted.mask.shape[:2]
        values = whole_block(variables, self.members, len(run), space)
        frames = Frames.from_block(values, run, self.variables, self.fitted.mask, self.fitted.fill)
        first = min(self.before, int(own[0]))
        kept = (*(slice(None) for _ in self.members), slice(first, first + len(own)))
        return {
            question: frames.spread(self.fitted.answer(frames, question), missing_value(question))[
                kept
            ]
            for question in self.questions
        }


def _answers(own: Any, run: Any, *variables: Any, task: BlockTask) -> dict[Question, np.ndarray]:
    return task.answers(own, run, variables)


def _pick(found: dict[Question, np.ndarray], *, question: Question) -> np.ndarray:
    return found[question]
