"""Independent starts of a deep method, in turn or on the workers of a Dask client."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np

from xdsc.frames import Frames
from xdsc.methods.deep.checkpoints import Checkpoints
from xdsc.methods.deep.consensus import Run, Runs
from xdsc.methods.deep.interrupts import Interrupt, first_interrupt, is_interactive
from xdsc.methods.deep.trainer import NetworkTrainer, TrainedNetwork
from xdsc.networks import TrainingHooks, TrainingOutcome
from xdsc.parallel import is_repeating, run_all
from xdsc.progress import Bar


def made_in_turn(
    trainer: NetworkTrainer,
    frames: Frames,
    seeds: np.ndarray,
    bar: Bar,
    checkpoints: Checkpoints | None,
    epochs: int,
    is_asked: bool = False,
) -> Runs:
    """Starts that are trained here, one after the other.

    Parameters
    ----------
    trainer : NetworkTrainer
        Says what is trained, and how.
    frames : Frames
        N frames to train on.
    seeds : numpy.ndarray of int, shape (n_init, 2)
        Those of each start.
    bar : Bar
        Moves on by an epoch at a time.
    checkpoints : Checkpoints or None
        Where starts are kept, and gone on with if they are there.
    epochs : int
        Of a start that does not end early.
    is_asked : bool, default False
        Whether the user wants the fit to end already.
    """
    runs: list[Run] = []
    cut = ""
    with first_interrupt(is_asked) as interrupt:
        for place, start_seeds in enumerate(seeds):
            start = f"start {place + 1} of {len(seeds)}"
            bar.stage(start if len(seeds) > 1 else "starting")
            hooks = hooks_of(checkpoints, place, bar, interrupt)
            network, outcome = trainer.train(frames, start_seeds, _advance(bar), hooks)
            _tell_end(bar, trainer, outcome, epochs, f"{start}: " if len(seeds) > 1 else "")
            runs.append(Run(network, outcome))
            if interrupt.is_asked:
                cut = outcome.interrupted or (f"after {start}" if place + 1 < len(seeds) else "")
                if outcome.interrupted and len(seeds) > 1:
                    cut += f" of {start}"
                break
    return Runs(runs, cut, interrupt.is_asked)


def made_by_workers(
    trainer: NetworkTrainer,
    frames: Frames,
    seeds: np.ndarray,
    bar: Bar,
    checkpoints: Checkpoints | None,
    epochs: int,
    is_asked: bool = False,
) -> Runs:
    """Starts that are each trained on a worker; the bar moves on by a start at a time.

    Parameters are those of `made_in_turn`.
    """
    wanted: deque[tuple[Any, ...]] = deque(enumerate(seeds))
    done: dict[int, Run] = {}
    cut = ""
    try:
        with closing(run_all(_start, wanted, shared=(trainer, frames, checkpoints))) as starts:
            for (place, _), start in starts:
                if isinstance(start, Exception):
                    raise start
                done[place] = Run(*start)
                bar.advance(epochs, f"{len(done)} of {len(seeds)} starts")
    except KeyboardInterrupt:
        # Nothing is trained in this process: there is no step to wait for.
        if not done or not is_interactive() or is_repeating():
            raise
        cut = f"after {len(done)} of {len(seeds)} starts"
    return Runs([done[place] for place in sorted(done)], cut)


def hooks_of(
    checkpoints: Checkpoints | None, place: int, bar: Bar, interrupt: Interrupt | None = None
) -> TrainingHooks:
    """What the training of a start does besides: it may be kept, gone on with, and interrupted."""
    asked = interrupt.ask if interrupt is not None and interrupt.is_caught else None
    if checkpoints is None:
        return TrainingHooks(is_interrupted=asked)
    resume = checkpoints.load(place)
    if resume is not None:
        # Epoch 0 is the network before its training.
        over = len(resume.history["phase"]) - 1
        bar.advance(over)
        bar.note(f"start {place + 1} goes on after {over} epochs, {checkpoints.folder}")
    return TrainingHooks(partial(checkpoints.save, place), resume, asked)


def _start(
    trainer: NetworkTrainer,
    frames: Frames,
    checkpoints: Checkpoints | None,
    place: int,
    seeds: np.ndarray,
) -> tuple[TrainedNetwork, TrainingOutcome]:
    """One start, on the worker that runs this."""
    bar = Bar("a start")
    if checkpoints is not None:
        checkpoints = checkpoints.seen_here()
    hooks = hooks_of(checkpoints, place, bar)
    return trainer.train(frames, seeds, _advance(bar), hooks)


def _advance(bar: Bar) -> Callable[[str], None]:
    def advance(phase: str) -> None:
        bar.advance(text=phase)

    return advance


def _tell_end(
    bar: Bar, trainer: NetworkTrainer, outcome: TrainingOutcome, epochs: int, which: str
) -> None:
    """Say why a training has ended; epochs that it did not need count as done."""
    done = len(outcome.history["phase"]) - 1
    if outcome.interrupted:
        bar.stage(f"interrupted {outcome.interrupted}")
        return
    why = "labels have settled"
    if trainer.plan.target == "start":
        nothing = outcome.history["phase"].count("joint") == 1
        why = "nothing to learn" if nothing else "frames held out are labelled no better"
    bar.advance(epochs - done)
    bar.stage(f"{which}{f'{why} after ' if done < epochs else ''}{done} of {epochs} epochs")
