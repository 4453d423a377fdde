"""What methods hand to the training of a network, and what they get back: plain, without Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TrainingPlan:
    """How to train: everything that is no property of the network or the data.

    Attributes
    ----------
    pretrain_epochs : int
        Epochs of reconstruction alone, before the k-means start.
    epochs : int
        Most epochs of joint training.
    batch_size : int
        Windows a batch.
    optimizer : str or dict
        Keras optimizer by name, or its serialised form.
    learning_rate : float
        Step size.
    refresh_interval : int
        Epochs between refreshes of the target distribution.
    tolerance : float
        A refresh at which no larger fraction of the labels has changed counts as quiet.
    patience : int
        Quiet refreshes in a row that end the training.
    displacement : float
        Training frames are moved at random by up to this fraction of the grid's sides.
    separation : float or None
        Unit of the embedding; see `MembershipNetwork.start`.
    target : {"self", "start"}
        Whether memberships are drawn to what is made of themselves, Eq. 4, until labels settle; or
        to the labels of the beginning, until frames that were held out are labelled no better.
    """

    pretrain_epochs: int
    epochs: int
    batch_size: int
    optimizer: str | dict[str, Any]
    learning_rate: float
    refresh_interval: int
    tolerance: float
    patience: int
    displacement: float
    separation: float | None
    target: str = "self"


@dataclass(frozen=True, eq=False)
class Beginning:
    """Where a training begins, found before there was a network.

    Attributes
    ----------
    labels : numpy.ndarray of int, shape (N,)
        Clusters of the frames.
    anchor : tuple of numpy.ndarray, or None
        What `xdsc.networks.architectures.layers.EofPath.set` takes: mean, basis, unit and spread.
        None for a network without an anchor.
    """

    labels: np.ndarray
    anchor: tuple[np.ndarray, np.ndarray, float, np.ndarray] | None = None


@dataclass(frozen=True)
class TrainingSnapshot:
    """A training between two epochs: all that is needed to go on.

    Attributes
    ----------
    phase : str
        In which the training is, or which it has just ended.
    epochs : int
        How many of its epochs are over.
    at : int
        Which shuffle the next batches come from; see `TrainingBatches.epoch`.
    quiet : int
        Quiet refreshes in a row.
    loss : float
        Over the last epoch.
    history : dict of str to list
        So far; see `TrainingOutcome`.
    arrays : dict of str to numpy.ndarray
        ``network/...`` and ``optimizer/...``: every variable, random states included; ``target``
        and ``labels`` of the last refresh, where there was one; ``best/...``, ``mean/...``
        and ``best`` where the best mean of the weights so far is kept.
    """

    phase: str
    epochs: int
    at: int
    quiet: int
    loss: float
    history: dict[str, list[Any]]
    arrays: dict[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class TrainingHooks:
    """What a training does besides training; nothing by default.

    Attributes
    ----------
    keep : callable or None
        Gets a `TrainingSnapshot` at each refresh and now and then before.
    resume : TrainingSnapshot or None
        Where to go on.
    is_interrupted : callable or None
        Whether the user wants the training to end after this batch; None where nobody asks.
    """

    keep: Callable[[TrainingSnapshot], None] | None = None
    resume: TrainingSnapshot | None = None
    is_interrupted: Callable[[], bool] | None = None


@dataclass(frozen=True)
class TrainingOutcome:
    """How a training went, and what the trained network says of its training frames.

    Attributes
    ----------
    history : dict of str to list
        ``phase``, ``<name>_loss`` for each loss of the network, ``label_change`` and, where frames
        are held out, ``held_out_agreement``, a value an epoch; NaN where an epoch has none. The
        first value is that of the fresh network, before it has seen the data; the others are means
        over an epoch of training, on displaced frames.
    loss : float
        Over the last epoch, by which several starts are compared; infinite where the user ended
        the training before the joint phase, NaN where it diverged.
    labels : numpy.ndarray of int, shape (N,)
        From the final weights, as all that follows.
    outputs : dict of str to numpy.ndarray
        ``embedding`` (N, M) and the network's `label_outputs`, as ``membership`` (N, K).
    interrupted : str
        Where the user ended the training; empty where nobody did.
    """

    history: dict[str, list[Any]]
    loss: float
    labels: np.ndarray
    outputs: dict[str, np.ndarray]
    interrupted: str = ""
