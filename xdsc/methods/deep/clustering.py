"""What the deep methods share: arguments, starts, progress, and what a trained network says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message, warn_user
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
from xdsc.methods.deep.checkpoints import Checkpoints, check_folder, fit_of, folder_of
from xdsc.methods.deep.consensus import Runs
from xdsc.methods.deep.starts import made_by_workers, made_in_turn
from xdsc.methods.deep.trainer import NetworkTrainer, TrainedNetwork
from xdsc.networks import (
    Beginning,
    TrainingPlan,
    backend_in_use,
    check_weights,
    chosen_devices,
    load_keras,
    network_class,
    unknown_names,
)
from xdsc.parallel import active_client
from xdsc.progress import Bar, progress_bar
from xdsc.storage.values import from_json, to_json

#: What the names of weights begin with in a state.
_WEIGHTS = "weights/"

#: Steps that are written out one by one in some networks.
_LONGEST_WINDOW = 1000

#: Mean adjusted Rand index of runs, below which they tell different stories.
_LEAST_AGREEMENT = 0.5

#: Share of labels that change at the last refresh, above which training has ended too early.
_UNSETTLED = 0.1

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(eq=False, repr=False)
class TrainingArguments:
    """Arguments that all deep methods have; each of them says in its own docstring what they do."""

    n_clusters: int
    _: KW_ONLY
    optimizer: str | Mapping[str, Any] = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 32
    pretrain_epochs: int = 30
    epochs: int = 30
    refresh_interval: int = 1
    tolerance: float = 1e-3
    patience: int = 3
    n_init: int = 1
    random_state: int | None = None
    checkpoint: str | os.PathLike[str] | None = None
    devices: int | Literal["all"] | Sequence[str] | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        """Numbers of NumPy, as from a loop over `numpy.arange`, become Python's, as Keras wants."""
        for each in fields(self):
            setattr(self, each.name, _of_python(getattr(self, each.name)))


class DeepClustering(TrainingArguments, ClusteringMethod):  # type: ignore[misc]  # K is given
    """A network that is trained until its labels settle; a method is a subclass.

    A subclass is a dataclass of its arguments, names a row of `xdsc.networks.NETWORKS` and gives
    the arguments of its class.

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
        ``phase``, a curve ``<name>_loss`` for each loss of the network, as ``reconstruction_loss``
        (share of the variance that is not explained) and ``clustering_loss``, and
        ``label_change``: before training, then per epoch.
    agreement_ : float or None
        Mean adjusted Rand index of the labels of two of the `n_init` runs; None of a single one.
    seed_ : int
        The seed that was used.
    interrupted_ : bool
        Whether Ctrl-C in a notebook has ended the fit before its time.
    cut_ : str
        Where it has, of a fit in this process.
    """

    # Arguments of some methods only, and what they are for the others.
    window: int = 1
    alpha: float = 1.0
    displacement: float = 0.0
    separation: float | None = None
    target: str | None = "self"

    #: W that the last fit has chosen, of methods that choose it.
    _fitted_window: int | None = None

    loss_weights: tuple[float, ...]

    #: Whether frames may lie in a file.
    streams: ClassVar[bool] = True

    #: What the progress bar is called.
    title: ClassVar[str]

    #: The network, a row of `xdsc.networks.NETWORKS`.
    network_name: ClassVar[str]

    _fitted: ClassVar[tuple[str, ...]] = (
        "labels_",
        "embedding_",
        "membership_",
        "cluster_centers_",
        "seed_",
        "agreement_",
        "interrupted_",
    )

    embedding_: np.ndarray
    cluster_centers_: np.ndarray
    history_: dict[str, list[Any]]
    seed_: int

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions that a fit computes with: Keras and its backend besides scikit-learn."""
        backend = backend_in_use()["backend"]
        cpu = [f"{backend}-cpu"] if backend == "tensorflow" else []
        return (*super().packages, "keras", backend, *cpu)

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked, by the names of its methods."""
        return frozenset[Ability]({"predict", "predict_proba", "transform", "reconstruct"})

    @property
    def loss_terms(self) -> Mapping[str, str]:
        """What the network minimises, in the order of `loss_weights`: name to description."""
        terms: Mapping[str, str] = network_class(self.network_name).loss_terms
        return terms

    @property
    def history_long_names(self) -> Mapping[str, str]:
        """What the losses in `history_` are."""
        return {f"{name}_loss": text for name, text in self.loss_terms.items()}

    def fit(self, frames: Frames, init: np.ndarray | None = None) -> Self:
        """Train on N frames and label them; from clusters to begin with, (N,), where given."""
        self.check(len(frames))
        kept = self._checkpoints(frames, init)
        self.seed_ = draw_seed(
            self.random_state if kept is None else kept.seed_or(self.random_state)
        )
        if kept is not None:
            kept.begin(self.seed_)
        with progress_bar(self.title, shown=self.progress) as bar:
            bar.stage("looking for a start")
            beginning = self._begin(frames) if init is None else self._begin_at(frames, init)
            runs = self._runs(frames, beginning, kept, bar)
            if not runs.cut and init is None:
                again = self._begin_again(frames, beginning, runs.medoid.outcome.labels)
                if again is not None:
                    beside = kept and kept.beside("again")
                    runs = self._runs(frames, again, beside, bar, runs.is_asked)
        network, outcome = runs.medoid.network, runs.medoid.outcome
        self._trained = network
        self.labels_ = outcome.labels
        self.embedding_ = outcome.outputs["embedding"]
        if "membership" in outcome.outputs:
            self.membership_ = outcome.outputs["membership"]
        self.cluster_centers_ = network.centres
        self.history_, self.agreement_ = outcome.history, runs.agreement
        self.interrupted_, self.cut_ = bool(runs.cut), runs.cut
        for text in self._doubts(len(runs.runs)):
            warn_user(text)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Label other frames of the same shape, (N,)."""
        return self._trained.labels(frames)

    def transform(self, frames: Frames) -> np.ndarray:
        """Embeddings E of other frames, (N, M)."""
        return self._trained.outputs(frames, "embedding")["embedding"]

    def state(self) -> MethodState:
        """What `fit` has found: the weights of the network, and what it says of the frames."""
        state = fitted_state(self, self._fitted)
        state.numbers["history_"] = to_json(self.history_, "history_")
        state.arrays["mask"] = self._trained.mask
        weights = self._trained.weights
        return state | MethodState({}, {_WEIGHTS + name: w for name, w in weights.items()})

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from.

        The network is built anew by the arguments, on the Keras backend of this process.
        """
        # Another machine may have other devices.
        self._check_arguments()
        self.agreement_ = None  # of a single run
        restore_fitted(self, state, self._fitted)
        self.history_ = from_json(state.number("history_", dict))
        mask, weights = state.array("mask", None, None, None), state.part(_WEIGHTS)
        # A network takes the memory that its arguments ask for: they have to be the weights' own.
        check_weights(self.network_name, mask, self._network_arguments(), weights)
        trained = TrainedNetwork(self._trainer(), mask, weights)
        # Weights that are not the network's are found now, and not when it is asked.
        trained.ask(lambda network: None)
        self._trained = trained
        return self

    def check(self, n_frames: int | None = None) -> None:
        """Check all arguments before any work is done.

        Raises
        ------
        ParameterError
            With everything that is wrong.
        """
        load_keras()  # or say why not
        self._check_arguments(n_frames)
        # The workers of a Dask client have devices of their own.
        if active_client() is None:
            chosen_devices(self.devices)

    def _check_arguments(self, n_frames: int | None = None) -> None:
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        check_number(problems, "window", self._chosen("window"), 1, _LONGEST_WINDOW, integer=True)
        for name in ("batch_size", "refresh_interval", "patience", "n_init"):
            check_number(problems, name, self._chosen(name), 1, integer=True)
        for name in ("pretrain_epochs", "epochs"):
            check_number(problems, name, self._chosen(name), 0, integer=True)
        for name in ("alpha", "learning_rate"):
            check_number(problems, name, self._chosen(name), 0, above=True)
        if self.separation is not None:
            check_number(problems, "separation", self.separation, 0, above=True)
        check_number(problems, "tolerance", self.tolerance, 0, 1)
        check_number(problems, "displacement", self._chosen("displacement"), 0, 0.5)
        check_random_state(problems, self.random_state)
        check_folder(problems, self.checkpoint)
        terms = self.loss_terms
        if not _are_weights(self.loss_weights, len(terms)):
            number = _NUMBERS[len(terms)]
            problems.add(
                message(
                    f"loss_weights to be {number} numbers of at least 0 and at most "
                    f"{_HEAVIEST:g}: {', '.join(terms)}",
                    f"{self.loss_weights!r:.200}",
                    f"use loss_weights={(1.0,) * len(terms)}",
                )
            )
        for text in unknown_names("linear", self.optimizer):
            problems.add(text)
        self._check_own(problems)
        problems.raise_if_any(ParameterError)

    # --- What a method gives --------------------------------------------------------------------

    def _chosen(self, name: str) -> Any:
        """An argument, by name; what stands for None where that leaves it to the method."""
        return getattr(self, name)

    def _begin(self, frames: Frames) -> Beginning | None:
        """Where the clusters of the frames begin, if that does not need the network."""
        return None

    def _begin_at(self, frames: Frames, init: np.ndarray) -> Beginning:
        """Where the clusters begin with labels of the frames, (N,), -1 for none."""
        raise NotImplementedError

    def _network_arguments(self) -> dict[str, Any]:
        """Arguments of the network's class, besides the mask and the seed."""
        raise NotImplementedError

    def _check_own(self, problems: Problems) -> None:
        """Note problems with the arguments that only this method has."""

    def _epochs_in_all(self) -> int:
        return self.n_init * (self.pretrain_epochs + self.epochs)

    def _begin_again(
        self, frames: Frames, begun: Beginning | None, labels: np.ndarray
    ) -> Beginning | None:
        """Where a second training begins, if the first one's labels ask for it."""
        return None

    # --- Work -----------------------------------------------------------------------------------

    def _runs(
        self,
        frames: Frames,
        beginning: Beginning | None,
        kept: Checkpoints | None,
        bar: Bar,
        is_asked: bool = False,
    ) -> Runs:
        """`n_init` networks, trained; or one as it begins, where the user asks for an end."""
        seeds = np.random.default_rng(self.seed_).integers(2**31, size=(self.n_init, 2))
        # Frames in a file do not travel: starts are made in turn then.
        away = self.n_init > 1 and frames.in_memory and active_client() is not None
        make = made_by_workers if away else made_in_turn
        trainer = replace(self._trainer(), beginning=beginning)
        bar.plan(self._epochs_in_all(), "epoch")
        epochs = self._epochs_in_all() // self.n_init
        runs = make(trainer, frames, seeds, bar, kept, epochs, is_asked)
        outcome = runs.medoid.outcome
        if np.isnan(outcome.loss):
            rate = min(1e-3, self._chosen("learning_rate") / 10)
            raise ParameterError(
                message(
                    "training that converges",
                    f"one without a finite loss after epoch {len(outcome.history['phase']) - 1}",
                    f"use optimizer='adam', learning_rate={rate:.1g}",
                )
            )
        return runs

    def _doubts(self, n_runs: int) -> Iterator[str]:
        """What an analyst should know of the labels before using them."""
        if self.agreement_ is not None and self.agreement_ < _LEAST_AGREEMENT:
            yield message(
                "runs from independent starts that find the same regimes",
                f"labels of {n_runs} runs that agree by {self.agreement_:.2f} on average (adjusted "
                "Rand index)",
                "look for a k at which they agree, as model.agreement_ says, or use "
                "method='kmeans'",
            )
        changes = [
            change
            for phase, change in zip(
                self.history_["phase"], self.history_["label_change"], strict=True
            )
            if phase == "joint"
        ]
        n_found = len(np.unique(self.labels_))
        if n_found == 1:
            yield message(
                f"time steps in {self.n_clusters} regimes",
                "all of them in one: the network tells nothing apart",
                "use a lower learning_rate=, or method='kmeans'",
            )
        elif changes and n_found < self.n_clusters:
            # Without training it is the frames of which there are fewer different ones.
            yield message(
                f"{self.n_clusters} regimes with time steps",
                f"{n_found}: training has left the others empty",
                f"use k={n_found}, or a lower learning_rate=",
            )
        patience = self._chosen("patience") * self.refresh_interval
        # Fewer epochs are a choice: labels are not seen to settle in them.
        if self._chosen("target") == "start" or self.interrupted_ or len(changes) <= patience:
            return
        if (change := next((c for c in reversed(changes) if np.isfinite(c)), 0.0)) > _UNSETTLED:
            yield message(
                f"labels that settle within {len(changes)} epochs",
                f"{change:.0%} of them changed at the last look",
                f"use epochs={2 * len(changes)}",
            )

    def _checkpoints(self, frames: Frames, init: np.ndarray | None) -> Checkpoints | None:
        """Where this fit is kept; None where it is not."""
        if self.checkpoint is None:
            return None
        # Workers may be in another folder.
        return Checkpoints(folder_of(self.checkpoint), fit_of(self, frames, init))

    def _trainer(self) -> NetworkTrainer:
        """How starts are made; knows nothing of what an earlier fit has found."""
        arguments = {field.name: self._chosen(field.name) for field in fields(TrainingPlan)}
        optimizer = self.optimizer
        arguments["optimizer"] = optimizer if isinstance(optimizer, str) else dict(optimizer)
        return NetworkTrainer(
            network=self.network_name,
            arguments=self._network_arguments(),
            plan=TrainingPlan(**arguments),
            devices=self.devices,
        )


#: Of a loss: float32 holds the squares of its gradients.
_HEAVIEST = 1e12


def _are_weights(given: Any, number: int) -> bool:
    """Whether `given` is so many numbers of at least 0."""
    return (
        isinstance(given, (tuple, list))
        and len(given) == number
        and all(isinstance(weight, (int, float)) and 0 <= weight <= _HEAVIEST for weight in given)
    )


def _of_python(given: Any) -> Any:
    """An argument whose numbers are Python's, also within lists and mappings."""
    if isinstance(given, np.generic):
        return given.item()
    if type(given) in (tuple, list):
        return type(given)(map(_of_python, given))
    if type(given) is dict:
        return {name: _of_python(each) for name, each in given.items()}
    return given
