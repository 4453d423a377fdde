"""Independent starts of a deep method on the workers of a Dask client."""

from __future__ import annotations

import inspect
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xdsc.frames import Frames
from xdsc.networks import choose_backend
from xdsc.parallel import run_all

if TYPE_CHECKING:
    from xdsc.methods.deep import DeepClustering
    from xdsc.networks.training import Trained


@dataclass(frozen=True)
class Start:
    """What `xdsc.networks.training.Trained` holds, with weights in place of the network.

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


def best_of_workers(method: DeepClustering, frames: Frames, seeds: np.ndarray, bar: Any) -> Trained:
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
    """
    from xdsc.networks.training import Trained

    wanted: deque[tuple[Any, ...]] = deque(enumerate(seeds))
    best: Start | None = None
    with closing(run_all(_start, wanted, shared=(_unfitted(method), frames))) as starts:
        for _, start in starts:
            if isinstance(start, Exception):
                raise start
            bar.update(bar.total // len(seeds))
            best = start if best is None else min(best, start, key=lambda s: (by_loss(s), s.place))
    assert best is not None
    return Trained(
        network=method.network_with(best.weights, frames.mask),
        history=best.history,
        loss=best.loss,
        labels=best.labels,
        outputs=best.outputs,
    )


def by_loss(trained: Trained | Start) -> float:
    """What starts are ordered by; those that diverged come last."""
    return trained.loss if np.isfinite(trained.loss) else np.inf


def _start(method: DeepClustering, frames: Frames, place: int, seeds: np.ndarray) -> Start:
    """One start, on the worker that runs this."""
    choose_backend()
    from tqdm import tqdm

    from xdsc.networks.weights import weights_of

    trained = method.train(frames, seeds, tqdm(disable=True))
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
    return type(method)(**{name: getattr(method, name) for name in names})
