"""The contract of every network: scales of the data, its losses, and what the training asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.layers import Affine
from xdsc.networks.devices import n_replicas, on_one_device, sum_of_replicas
from xdsc.networks.segments import frames_before


@dataclass(eq=False)
class KeptSteps:
    """Steps of a network that were traced, in an object that Keras does not look into.

    Attributes
    ----------
    state : tuple
        `ClusteringNetwork.traced_state` of the step that the network has now.
    by_state : dict
        The steps that it had before; a phase that comes again in another fit takes its own.
    initial : dict
        For each state the values that the variables of its optimizer begin with.
    """

    state: tuple[Any, ...] = ()
    by_state: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    initial: dict[tuple[Any, ...], list[np.ndarray]] = field(default_factory=dict)


class ClusteringNetwork(keras.Model):
    """Frames in, embeddings out; trained on a sum of losses, one of which draws clusters together.

    A network is a subclass that makes its layers, names its `loss_terms`, and implements `call`,
    `compute_loss` and what the training asks. It takes ``mask``, ``seed`` and arguments of its own.

    Parameters
    ----------
    name : str
        Name of the model.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data. Other cells have no part in the loss.
    window : int
        W.
    loss_weights : tuple of float
        Weights of the `loss_terms`, in their order.

    Attributes
    ----------
    frame_shape : (int, int, int)
        H, L, V.
    normalise : Affine
        Mean of each variable and one scale, from `set_scales`.
    before : int
        Frames of a window that come before the frame that it belongs to.
    trackers : dict of str to keras.metrics.Mean
        Running means of ``loss`` and of each term as ``<name>_loss``.

    Notes
    -----
    The input is a batch of segments, (batch, S + W - 1, H, L, V); see `xdsc.networks.segments`. The
    output is a dict: ``embedding`` (batch, S, M), `label_outputs` and, where the network decodes,
    ``error`` (batch, S), the squared norm of Eq. 5 as a share of the data's variance, and
    ``reconstruction`` (batch, S, H, L, V).
    """

    #: Outputs that `refresh` and `labels` are made from.
    label_outputs: ClassVar[tuple[str, ...]] = ("embedding",)

    #: What is minimised, in the order of `loss_weights`: its name, for ``<name>_loss`` in the
    #: history, and what a reader is told that it is.
    loss_terms: ClassVar[Mapping[str, str]] = {
        "reconstruction": "reconstruction loss, share of the variance",
        "clustering": "clustering loss",
    }

    #: Whether there is a reconstruction loss.
    decodes: bool = True

    def __init__(
        self,
        name: str,
        mask: np.ndarray,
        window: int,
        loss_weights: tuple[float, ...],
    ) -> None:
        super().__init__(name=name)
        if keras.backend.backend() == "tensorflow":
            # As in the training, so that a network that was never compiled gives the same bits.
            self.jit_compile = False
        height, width, n_variables = mask.shape
        self.frame_shape = (height, width, n_variables)
        self.window = window
        self.before = frames_before(window)
        self.loss_weights = tuple(map(float, loss_weights))
        self.kept_steps = KeptSteps()
        self.normalise = Affine((n_variables,), name="normalise")
        self.cell_mask = np.asarray(mask, "float32")
        self.cell_weight = self.cell_mask / self.cell_mask.sum()
        self.variance = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="variance"
        )
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("loss", *(f"{term}_loss" for term in self.loss_terms))
        }

    @classmethod
    def weight_shapes(
        cls, mask: np.ndarray, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[int, ...]] | None:
        """Shapes of the weights of a network, in no order, told without making it.

        What comes from a file is held against them before a network is built, which takes as much
        memory as its arguments ask for.

        Parameters
        ----------
        mask : numpy.ndarray of bool, shape (H, L, V)
            True where a cell carries data.
        arguments : mapping
            Of the class, besides the mask and the seed.

        Returns
        -------
        iterator of tuple of int, or None
            None of a network that does not tell: its weights are compared once it is there.
        """
        return None

    @staticmethod
    def common_shapes(mask: np.ndarray) -> list[tuple[int, ...]]:
        """Those that all networks have: the variance, and shift and scale of the variables."""
        return [(), (mask.shape[-1],), (mask.shape[-1],)]

    def build(self, input_shape: tuple[int, ...] | None = None) -> None:
        """Make all weights, on a window of zeros: Keras would trace the network to do so."""
        self.call(ops.zeros(input_shape or (1, self.window, *self.frame_shape)))

    # --- Scales of the data -------------------------------------------------------------------

    def set_variance(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn the variance in time, which the reconstruction loss is a share of."""
        self.variance.assign(moments_of(values).variance[mask].mean())

    def set_scales(self, values: Values | CellMoments, mask: np.ndarray) -> None:
        """Learn the mean of each variable and one scale from frames (N, H, L, V).

        One scale serves all variables: it must not undo the weights that the preparation gave.
        """
        moments = moments_of(values)
        variable = np.nonzero(mask)[-1]
        cells = moments.mean[mask]
        means = np.bincount(variable, cells) / np.maximum(np.bincount(variable), 1)
        # A variable that is masked everywhere may be the last of them.
        means = np.pad(means, (0, self.frame_shape[-1] - len(means)))
        total = (np.square(cells - means[variable]) + moments.variance[mask]).mean()
        self.normalise.set(means, np.sqrt(total))

    # --- Loss ---------------------------------------------------------------------------------

    def frame_error(self, segment: Any, reconstruction: Any) -> Any:
        """Squared norm of Eq. 5 as a share of the variance, (batch, S), unmasked cells only."""
        original = segment[:, self.before : self.before + reconstruction.shape[1]]
        squared_error = ops.multiply(ops.square(original - reconstruction), self.cell_weight)
        return ops.sum(squared_error, axis=(-3, -2, -1)) / self.variance

    def weighted_loss(self, sample_weight: Any, **terms: Any) -> Any:
        """Mean of each term (batch, S) over real windows, summed with `loss_weights`; tracked.

        There has to be one for each of the `loss_terms`.

        A replica sees a part of the batch and gives its share of the mean: Keras adds the
        gradients of all replicas.
        """
        total = ops.maximum(sum_of_replicas(ops.sum(sample_weight)), 1.0)
        means = {
            f"{name}_loss": ops.sum(sample_weight * terms[name]) / total for name in self.loss_terms
        }
        weighted = zip(self.loss_weights, means.values(), strict=True)
        means["loss"] = sum(weight * mean for weight, mean in weighted)
        n = n_replicas()
        for name, value in means.items():
            # Each replica has a running mean of its own, and the mean of these is told.
            share = (value, total) if n == 1 else (value * n, total / n)
            self.trackers[name].update_state(share[0], sample_weight=share[1])
        return means["loss"]

    def measured_terms(self, phase: str) -> list[str]:
        """The `loss_terms` that say something in a phase; the history has NaN for the others.

        Terms that have no part in the loss have running means too.
        """
        silent = set() if phase == "joint" else {"clustering"}
        if not self.decodes:
            silent.add("reconstruction")
        return [name for name in self.loss_terms if name not in silent]

    def predict_on_batch(self, x: Any) -> Any:
        """Outputs of a batch; of a network that is trained on several devices, from one."""
        with on_one_device(self):
            return super().predict_on_batch(x)

    @property
    def metrics(self) -> list[Any]:
        """The running means that Keras resets each epoch."""
        return list(self.trackers.values())

    @property
    def traced_state(self) -> tuple[Any, ...]:
        """What is written into a traced step; where it changes, the step has to be traced anew.

        A network that freezes layers or takes other ways in some phases adds what says so.
        """
        return self.loss_weights

    # --- What the training asks, in the order of its phases -------------------------------------

    def begin(self) -> None:
        """Forget the phase of an earlier training, which may have been cut off."""

    def pretrain(self, fit: Callable[[str, int], None], epochs: int) -> None:
        """Train on reconstruction alone; ``fit(phase, epochs)`` compiles and runs epochs."""
        fit("pretrain", epochs)

    def release(self) -> None:
        """Choose what the joint phase trains: in the place of `start` where that is over."""

    def set_anchor(
        self, mean: np.ndarray, basis: np.ndarray, unit: float, spread: np.ndarray
    ) -> None:
        """Learn the EOFs that the embedding is anchored to; of networks that have an anchor."""
        raise NotImplementedError

    def start(self, embedding: np.ndarray, separation: float | None, seed: int) -> None:
        """Find where the clusters begin in the embeddings (N, M), before the joint phase."""
        raise NotImplementedError

    def start_at(self, labels: np.ndarray, embedding: np.ndarray, separation: float | None) -> None:
        """In the place of `start` where labels (N,) are known already."""
        raise NotImplementedError

    @property
    def target_width(self) -> int:
        """Columns of what `refresh` gives for each frame."""
        raise NotImplementedError

    def refresh(self, found: dict[str, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels (N,), and the target (N, `target_width`) that training draws frames to.

        `found` holds the `label_outputs` of all frames.
        """
        raise NotImplementedError

    def finish(self, embedding: np.ndarray, seed: int) -> None:
        """Do what is left once the weights are final; outputs stay as they are."""

    def labels(self, found: dict[str, np.ndarray]) -> np.ndarray:
        """Labels (N,) of frames from their `label_outputs`."""
        raise NotImplementedError

    @property
    def centres(self) -> np.ndarray:
        """Centres of the clusters, (K, M)."""
        raise NotImplementedError
