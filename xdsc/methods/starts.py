"""Independent starts of a deep method, in turn or on the workers of a Dask client."""

from __future__ import annotations

import inspect
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from xdsc.frames import Frames
from xdsc.methods.checkpoints import folder_of
from xdsc.methods.interrupts import Interrupt, first_interrupt, is_interactive
from xdsc.networks import choose_backend
from xdsc.parallel import is_repeating, run_all

if TYPE_CHECKING:
    from xdsc.methods.checkpoints import Checkpoints
    from xdsc.methods.deep import DeepClustering
    from xdsc.networks.engine.snapshots import Keeping
    from xdsc.networks.engine.training import Trained


@dataclass(frozen=True)
class Start:
    """What `xdsc.networks.engine.training.Trained` holds, with weights in place of the network.

    Attributes
    ----------
    place : int
        Which of the starts it is.
    weights : dict of str to numpy.ndarray
        Of the trained network, by name.
    history, loss, labels, outputs
        As there.
    """

    place: int
    weights: dict[str, np.ndarray]
    history: dict[str, list[Any]]
    loss: float
    labels: np.ndarray
    outputs: dict[str, np.ndarray]


def best_in_turn(
    method: DeepClustering,
    frames: Frames,
    seeds: np.ndarray,
    bar: Any,
    kept: Checkpoints | None,
) -> tuple[Trained, str]:
    """The start with the lowest loss, the first of equals, trained here one after the other.

    Parameters
    ----------
    method, frames, seeds, bar
        As for `best_of_workers`; the bar moves on by an epoch at a time.
    kept : Checkpoints or None
        Where starts are kept, and gone on with if they are there.

    Returns
    -------
    Trained
        The start.
    str
        Where the user has ended the fit; empty where nobody did.
    """
    best, cut = None, ""
    with first_interrupt() as interrupt:
        for place, start_seeds in enumerate(seeds):
            keeping = keeping_of(kept, place, bar, interrupt)
            trained = method.train(frames, start_seeds, bar, keeping)
            best = trained if best is None else min(best, trained, key=by_loss)
            if interrupt.is_asked:
                start = f"start {place + 1} of {len(seeds)}"
                cut = trained.interrupted or (f"after {start}" if place + 1 < len(seeds) else "")
                if trained.interrupted and len(seeds) > 1:
                    cut += f" of {start}"
                break
    assert best is not None
    return best, cut


def keeping_of(
    kept: Checkpoints | None, place: int, bar: Any, interrupt: Interrupt | None = None
) -> Keeping:
    """What the training of a start does besides: it may be kept, gone on with, and interrupted."""
    from xdsc.networks.engine.snapshots import Keeping

    asked = interrupt.ask if interrupt is not None and interrupt.is_caught else None
    if kept is None:
        return Keeping(is_interrupted=asked)
    resume = kept.load(place)
    if resume is not None:
        # Epoch 0 is the network before its training.
        over = len(resume.history["phase"]) - 1
        bar.update(over)
        if not bar.disable:
            bar.write(f"{bar.desc}: start {place + 1} goes on after {over} epochs, {kept.folder}")
    return Keeping(partial(kept.save, place), resume, asked)


def best_of_workers(
    method: DeepClustering, frames: Frames, seeds: np.ndarray, bar: Any
) -> tuple[Trained, str]:
    """The start with the lowest loss, the first of equals; each is trained on a worker.

    Parameters
    ----------
    method : DeepClustering
        Says what is trained, and how.
    frames : Frames
        N frames to train on.
    seeds : numpy.ndarray of int, shape (n_init, 2)
        Those of each start.
    bar : tqdm.tqdm
        Moves on by a start at a time.

    Returns
    -------
    Trained
        The start.
    str
        Where the user has ended the fit; empty where nobody did.
    """
    from xdsc.networks.engine.training import Trained

    wanted: deque[tuple[Any, ...]] = deque(enumerate(seeds))
    best: Start | None = None
    n_done, cut = 0, ""
    try:
        with closing(run_all(_start, wanted, shared=(_unfitted(method), frames))) as starts:
            for _, start in starts:
                if isinstance(start, Exception):
                    raise start
                n_done += 1
                bar.update(bar.total // len(seeds))
                best = min(best or start, start, key=lambda s: (by_loss(s), s.place))
    except KeyboardInterrupt:
        # Nothing is trained in this process: there is no step to wait for.
        if best is None or not is_interactive() or is_repeating():
            raise
        cut = f"after {n_done} of {len(seeds)} starts"
    assert best is not None
    trained = Trained(
        network=method.network_with(best.weights, frames.mask),
        history=best.history,
        loss=best.loss,
        labels=best.labels,
        outputs=best.outputs,
    )
    return trained, cut


def by_loss(trained: Trained | Start) -> float:
    """What starts are ordered by; those that diverged come last."""
    return trained.loss if np.isfinite(trained.loss) else np.inf


def _start(method: DeepClustering, frames: Frames, place: int, seeds: np.ndarray) -> Start:
    """One start, on the worker that runs this."""
    choose_backend()
    from tqdm import tqdm

    from xdsc.networks.engine.weights import weights_of

    bar = tqdm(disable=True)
    kept = method.checkpoints(frames)
    if kept is not None:
        kept.check_shared()
    trained = method.train(frames, seeds, bar, keeping_of(kept, place, bar))
    return Start(
        place=place,
        weights=weights_of(trained.network),
        history=trained.history,
        loss=trained.loss,
        labels=trained.labels,
        outputs=trained.outputs,
    )


def _unfitted(method: DeepClustering) -> DeepClustering:
    """The same method without what an earlier fit has found, which cannot travel."""
    names = inspect.signature(type(method)).parameters
    given = {name: getattr(method, name) for name in names}
    if method.checkpoint is not None:
        # Workers may be in another folder.
        given["checkpoint"] = str(folder_of(method.checkpoint))
    return type(method)(**given)
