"""What the deep methods share: arguments, starts, progress, and what a trained network says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import (
    Ability,
    ClusteringMethod,
    MethodState,
    check_n_clusters,
    check_number,
    check_random_state,
    draw_seed,
    fitted_state,
    restore_fitted,
)
from xdsc.methods.checkpoints import Checkpoints, check_folder, fit_of, folder_of
from xdsc.methods.interrupts import warn_of_interrupt
from xdsc.methods.starts import best_in_turn, best_of_workers
from xdsc.networks import choose_backend, chosen_devices, unknown_names
from xdsc.parallel import ONE_NETWORK, active_client
from xdsc.storage.values import from_json, to_json

if TYPE_CHECKING:
    from xdsc.networks.architectures.base import ClusteringNetwork
    from xdsc.networks.engine.snapshots import Keeping
    from xdsc.networks.engine.training import Trained


#: What the names of weights begin with in a state.
_WEIGHTS = "weights/"


class DeepClustering(ClusteringMethod):
    """A network that is trained until its labels settle; a method is a subclass.

    A subclass stores its arguments, all those that are annotated here, and implements `_network`.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, from the final weights.
    embedding_ : numpy.ndarray, shape (N, M)
        What the clusters were found in.
    membership_ : numpy.ndarray, shape (N, K)
        Soft assignment q, of methods that have one.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Centres in the space of the embedding.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch.
    seed_ : int
        The seed that was used.
    interrupted_ : bool
        Whether Ctrl-C in a notebook has ended the fit before its time.
    """

    n_clusters: int
    loss_weights: tuple[float, ...]
    optimizer: str | Mapping[str, Any]
    learning_rate: float
    batch_size: int
    epochs: int
    refresh_interval: int
    tolerance: float
    patience: int
    n_init: int
    random_state: int | None
    checkpoint: str | os.PathLike[str] | None
    devices: int | str | Sequence[str] | None
    progress: bool

    # Arguments of some methods only, and what they are for the others.
    window: int = 1
    alpha: float = 1.0
    displacement: float = 0.0
    separation: float | None = None
    pretrain_epochs: int = 0

    #: Whether frames may lie in a file.
    streams: ClassVar[bool] = True

    #: What the progress bar is called.
    title: ClassVar[str]

    #: What each of `loss_weights` is the weight of.
    losses: ClassVar[tuple[str, ...]] = ("reconstruction", "clustering")

    _fitted: ClassVar[tuple[str, ...]] = (
        "labels_",
        "embedding_",
        "membership_",
        "cluster_centers_",
        "seed_",
        "interrupted_",
    )

    embedding_: np.ndarray
    cluster_centers_: np.ndarray
    history_: dict[str, list[Any]]
    seed_: int

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked, by the names of its methods."""
        return frozenset[Ability]({"predict", "predict_proba", "transform", "reconstruct"})

    def fit(self, frames: Frames) -> Self:
        """Train on N frames and label them."""
        self.check(len(frames))
        choose_backend()
        kept = self.checkpoints(frames)
        self.seed_ = draw_seed(
            self.random_state if kept is None else kept.seed_or(self.random_state)
        )
        if kept is not None:
            kept.begin(self.seed_)
        seeds = np.random.default_rng(self.seed_).integers(2**31, size=(self.n_init, 2))
        title = self.title if frames.in_memory else f"{self.title}, streamed"
        with _progress_bar(self._epochs_in_all(), title, self.progress) as bar:
            # Frames in a file do not travel: starts are made in turn then.
            if self.n_init > 1 and frames.in_memory and active_client() is not None:
                best, cut = best_of_workers(self, frames, seeds, bar)
            else:
                best, cut = best_in_turn(self, frames, seeds, bar, kept)
        self._trained, self._mask = best.network, frames.mask
        self.labels_ = best.labels
        self.embedding_ = best.outputs["embedding"]
        if "membership" in best.outputs:
            self.membership_ = best.outputs["membership"]
        self.cluster_centers_ = best.network.centres
        self.history_ = best.history
        self.interrupted_ = bool(cut)
        if cut:
            warn_of_interrupt(cut, self.checkpoint)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Label other frames of the same shape, (N,)."""
        return self._trained.labels(self._outputs(frames, *self._trained.label_outputs))

    def transform(self, frames: Frames) -> np.ndarray:
        """Embeddings E of other frames, (N, M)."""
        return self._outputs(frames, "embedding")["embedding"]

    def state(self) -> MethodState:
        """What `fit` has found: the weights of the network, and what it says of the frames."""
        state = fitted_state(self, self._fitted)
        from xdsc.networks.engine.weights import weights_of

        state.numbers["history_"] = to_json(self.history_, "history_")
        state.arrays["mask"] = self._mask
        weights = weights_of(self._trained)
        return state | MethodState({}, {_WEIGHTS + name: w for name, w in weights.items()})

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from.

        The network is built anew by the arguments, on the Keras backend of this process.
        """
        # Another machine may have other devices.
        self._check_arguments()
        choose_backend()
        restore_fitted(self, state, self._fitted)
        self.history_ = from_json(state.number("history_", dict))
        self._mask = state.array("mask", None, None, None)
        self._trained = self.network_with(state.part(_WEIGHTS), self._mask)
        return self

    def check(self, n_frames: int | None = None) -> None:
        """Check all arguments before any work is done.

        Raises
        ------
        ParameterError
            With everything that is wrong.
        """
        self._check_arguments(n_frames)
        # The workers of a Dask client have devices of their own.
        if active_client() is None:
            chosen_devices(self.devices)

    def _check_arguments(self, n_frames: int | None = None) -> None:
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        for name in ("window", "batch_size", "refresh_interval", "patience", "n_init"):
            check_number(problems, name, getattr(self, name), 1, integer=True)
        for name in ("pretrain_epochs", "epochs"):
            check_number(problems, name, getattr(self, name), 0, integer=True)
        for name in ("alpha", "learning_rate"):
            check_number(problems, name, getattr(self, name), 0, above=True)
        if self.separation is not None:
            check_number(problems, "separation", self.separation, 0, above=True)
        check_number(problems, "tolerance", self.tolerance, 0, 1)
        check_number(problems, "displacement", self.displacement, 0, 0.5)
        check_random_state(problems, self.random_state)
        check_folder(problems, self.checkpoint)
        if not _are_weights(self.loss_weights, len(self.losses)):
            number = {2: "two", 3: "three"}[len(self.losses)]
            problems.add(
                message(
                    f"loss_weights to be {number} numbers of at least 0: {', '.join(self.losses)}",
                    f"{self.loss_weights!r}",
                    f"use {(1.0,) * len(self.losses)}",
                )
            )
        for text in unknown_names("linear", self.optimizer):
            problems.add(text)
        self._check_own(problems)
        problems.raise_if_any(ParameterError)

    # --- What a method gives --------------------------------------------------------------------

    def _network(self, mask: np.ndarray, seed: int) -> ClusteringNetwork:
        """A fresh network for frames of the shape of `mask`, (H, L, V): True where data are."""
        raise NotImplementedError

    def _check_own(self, problems: Problems) -> None:
        """Note problems with the arguments that only this method has."""

    def _epochs_in_all(self) -> int:
        return self.n_init * (self.pretrain_epochs + self.epochs)

    # --- Work -----------------------------------------------------------------------------------

    def _outputs(self, frames: Frames, *names: str) -> dict[str, np.ndarray]:
        from xdsc.networks.engine.batches import predict

        with ONE_NETWORK:
            return predict(self._trained, frames.values, frames.runs, names, self.batch_size)

    def network_with(
        self, weights: Mapping[str, np.ndarray], mask: np.ndarray
    ) -> ClusteringNetwork:
        """A network with the weights that `xdsc.networks.engine.weights.weights_of` gave."""
        from xdsc.networks.engine.weights import build, set_weights

        with ONE_NETWORK:
            # The seed is that of weights which are set right away.
            network = self._network(mask, seed=0)
            build(network)
            set_weights(network, weights)
        return network

    def checkpoints(self, frames: Frames) -> Checkpoints | None:
        """Where this fit is kept; None where it is not."""
        if self.checkpoint is None:
            return None
        return Checkpoints(folder_of(self.checkpoint), fit_of(self, frames))

    def train(
        self, frames: Frames, seeds: np.ndarray, bar: Any, keeping: Keeping | None = None
    ) -> Trained:
        """One start: a network trained with two seeds, its weights' and its training's."""
        # Keras takes seconds to import: not before a network is wanted.
        from xdsc.networks.devices import shared_batch_size, spread_over
        from xdsc.networks.engine.training import TrainingPlan, train
        from xdsc.networks.engine.weights import build, weights_of

        devices = chosen_devices(self.devices)
        plan = TrainingPlan(
            pretrain_epochs=self.pretrain_epochs,
            epochs=self.epochs,
            batch_size=shared_batch_size(self.batch_size, self.window, len(devices or [0])),
            optimizer=self.optimizer if isinstance(self.optimizer, str) else dict(self.optimizer),
            learning_rate=self.learning_rate,
            refresh_interval=self.refresh_interval,
            tolerance=self.tolerance,
            patience=self.patience,
            displacement=self.displacement,
            separation=self.separation,
        )
        mask = frames.mask
        with ONE_NETWORK:
            with spread_over(devices) as making:
                with making:
                    network = self._network(mask, int(seeds[0]))
                    if devices is not None:
                        build(network)
                trained = train(
                    network,
                    frames.values,
                    mask,
                    frames.runs,
                    plan,
                    int(seeds[1]),
                    _advance(bar),
                    keeping,
                    frames.moments,
                )
            if devices is None:
                return trained
            # What asks the network later knows nothing of devices.
            return replace(trained, network=self.network_with(weights_of(network), mask))


def _are_weights(given: Any, number: int) -> bool:
    """Whether `given` is so many numbers of at least 0."""
    return (
        isinstance(given, (tuple, list))
        and len(given) == number
        and all(isinstance(weight, (int, float)) and 0 <= weight < np.inf for weight in given)
    )


def _progress_bar(total: int, title: str, progress: bool) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc=title, unit="epoch", disable=not progress)


def _advance(bar: Any) -> Callable[[str], None]:
    def advance(phase: str) -> None:
        bar.set_postfix_str(phase, refresh=False)
        bar.update()

    return advance
