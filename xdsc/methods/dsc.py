"""Deep Spatiotemporal Clustering: the method of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from xdsc.errors import ParameterError, Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import check_n_clusters, check_number, check_random_state, draw_seed
from xdsc.networks import NetworkSize, choose_backend, network_size, unknown_names


class DSC:
    """Deep Spatiotemporal Clustering (Faruque et al. 2023).

    A CNN-LSTM autoencoder with a Student-t clustering layer is trained on reconstruction alone,
    started with k-means on its embeddings, and then trained jointly on reconstruction and
    clustering loss (Eq. 7).

    Parameters
    ----------
    n_clusters : int
        K, at least 2 and below the number of frames.
    network : {"compact", "paper"}, mapping or NetworkSize, default "compact"
        Size of the network. "paper" has the paper's widths; "compact" is some thirty times
        cheaper, and on data sets of a few hundred frames no worse.
    window : int, default 1
        W, the consecutive frames that the LSTM reads, centred on the frame to be labelled. At the
        ends of a run without gaps the edge frame is repeated.
    latent_dim : int, optional
        M, the length of the embedding; by default that of `network`.
    alpha : float, default 1.0
        Degrees of freedom of Student's t in Eq. 3.
    loss_weights : (float, float), default (1.0, 1.0)
        Weights of reconstruction (as a share of the data's variance) and clustering loss in Eq. 7.
    displacement : float, default 0.1
        Training frames are moved at random by up to this fraction of the grid's sides, so that a
        weather pattern is the same pattern a few grid points away. 0 turns it off.
    separation : float, default 3.0
        Root mean square distance of frames from their centres at the k-means start, in units of
        Eq. 3.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``. The paper's is
        ``{"class_name": "SGD", "config": {"momentum": 0.9}}``.
    learning_rate : float, default 1e-3
        Step size.
    batch_size : int, default 32
        Windows a batch.
    pretrain_epochs : int, default 30
        Epochs of reconstruction alone, before the k-means start. 0 as in the paper.
    epochs : int, default 30
        Most epochs of joint training.
    refresh_interval : int, default 1
        Epochs between refreshes of the target distribution (Eq. 4).
    tolerance : float, default 0.001
        A refresh with no larger share of changed labels is quiet.
    patience : int, default 3
        Quiet refreshes in a row that end the training.
    n_init : int, default 1
        Independent starts; the one with the lowest joint loss is kept.
    random_state : int, optional
        Seed; the same seed gives the same labels. None draws one.
    progress : bool, default True
        Whether to show a progress bar.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, from the final weights.
    membership_ : numpy.ndarray, shape (N, K)
        Soft assignment q.
    embedding_ : numpy.ndarray, shape (N, M)
        E, in the units of Eq. 3.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        C.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch.
    seed_ : int
        The seed that was used.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong.

    References
    ----------
    Faruque et al. (2023), Deep Spatiotemporal Clustering, Eq. 1 to 7. Xie et al. (2016),
    Unsupervised Deep Embedding for Clustering Analysis, for Eq. 3 and 4. Guo et al. (2018), Deep
    Embedded Clustering with Data Augmentation, for the displacement.
    """

    def __init__(
        self,
        n_clusters: int,
        *,
        network: str | Mapping[str, Any] | NetworkSize = "compact",
        window: int = 1,
        latent_dim: int | None = None,
        alpha: float = 1.0,
        loss_weights: tuple[float, float] = (1.0, 1.0),
        displacement: float = 0.1,
        separation: float = 3.0,
        optimizer: str | Mapping[str, Any] = "adam",
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        pretrain_epochs: int = 30,
        epochs: int = 30,
        refresh_interval: int = 1,
        tolerance: float = 1e-3,
        patience: int = 3,
        n_init: int = 1,
        random_state: int | None = None,
        progress: bool = True,
    ) -> None:
        self.n_clusters = n_clusters
        self.network = network
        self.window = window
        self.latent_dim = latent_dim
        self.alpha = alpha
        self.loss_weights = loss_weights
        self.displacement = displacement
        self.separation = separation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.pretrain_epochs = pretrain_epochs
        self.epochs = epochs
        self.refresh_interval = refresh_interval
        self.tolerance = tolerance
        self.patience = patience
        self.n_init = n_init
        self.random_state = random_state
        self.progress = progress

    def fit(self, frames: Frames) -> Self:
        """Train on N frames and label them."""
        self.check(len(frames))
        size = network_size(self.network, self.latent_dim)
        choose_backend()
        self.seed_ = draw_seed(self.random_state)
        seeds = np.random.default_rng(self.seed_).integers(2**31, size=(self.n_init, 2))
        with _progress_bar(self._epochs_in_all(), self.progress) as bar:
            starts = (self._train(frames, size, seed, bar) for seed in seeds)
            best = min(starts, key=lambda trained: trained.loss)
        self._network = best.network
        self.membership_ = best.membership
        self.embedding_ = best.embedding
        self.labels_ = best.membership.argmax(axis=1)
        self.cluster_centers_ = best.network.centres
        self.history_ = vars(best.history)
        return self

    def predict(self, frames: Frames) -> np.ndarray:
        """Label other frames of the same shape, (N,)."""
        return self.predict_proba(frames).argmax(axis=1)

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships q (Eq. 3) of other frames, (N, K)."""
        return self._outputs(frames, "membership")

    def transform(self, frames: Frames) -> np.ndarray:
        """Embeddings E (Eq. 1) of other frames, (N, M)."""
        return self._outputs(frames, "embedding")

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """Decoded frames (Eq. 2), (N, H, L, V)."""
        return self._outputs(frames, "reconstruction")

    def check(self, n_frames: int | None = None) -> None:
        """Check all arguments before any work is done.

        Raises
        ------
        ParameterError
            With everything that is wrong.
        """
        problems = Problems()
        for text in check_n_clusters(self.n_clusters, n_frames):
            problems.add(text)
        for name in ("window", "batch_size", "refresh_interval", "patience", "n_init"):
            check_number(problems, name, getattr(self, name), 1, integer=True)
        for name in ("pretrain_epochs", "epochs"):
            check_number(problems, name, getattr(self, name), 0, integer=True)
        for name in ("alpha", "learning_rate", "separation"):
            check_number(problems, name, getattr(self, name), 0, above=True)
        check_number(problems, "tolerance", self.tolerance, 0, 1)
        check_number(problems, "displacement", self.displacement, 0, 0.5)
        check_random_state(problems, self.random_state)
        if not _are_weights(self.loss_weights):
            problems.add(
                message(
                    "loss_weights to be two numbers of at least 0: reconstruction, clustering",
                    f"{self.loss_weights!r}",
                    "use (1.0, 1.0)",
                )
            )
        with problems.collect():
            size = network_size(self.network, self.latent_dim)
            for text in unknown_names(size.activation, self.optimizer):
                problems.add(text)
        problems.raise_if_any(ParameterError)

    def _outputs(self, frames: Frames, name: str) -> np.ndarray:
        from xdsc.networks.batches import predict

        return predict(self._network, frames.values, frames.runs, (name,), self.batch_size)[name]

    def _epochs_in_all(self) -> int:
        return self.n_init * (self.pretrain_epochs + self.epochs)

    def _train(self, frames: Frames, size: NetworkSize, seeds: np.ndarray, bar: Any) -> Any:
        # Keras takes seconds to import: not before a network is wanted.
        from xdsc.networks.autoencoder import CNNLSTMAutoencoder
        from xdsc.networks.training import TrainingPlan, train

        network = CNNLSTMAutoencoder(
            shape=frames.shape,
            mask=frames.mask,
            n_clusters=self.n_clusters,
            window=self.window,
            size=size,
            alpha=self.alpha,
            loss_weights=self.loss_weights,
            seed=int(seeds[0]),
        )
        plan = TrainingPlan(
            pretrain_epochs=self.pretrain_epochs,
            epochs=self.epochs,
            batch_size=self.batch_size,
            optimizer=self.optimizer if isinstance(self.optimizer, str) else dict(self.optimizer),
            learning_rate=self.learning_rate,
            refresh_interval=self.refresh_interval,
            tolerance=self.tolerance,
            patience=self.patience,
            displacement=self.displacement,
            separation=self.separation,
        )
        return train(
            network, frames.values, frames.mask, frames.runs, plan, int(seeds[1]), _advance(bar)
        )


def _are_weights(given: Any) -> bool:
    """Whether `given` is two numbers of at least 0."""
    return (
        isinstance(given, (tuple, list))
        and len(given) == 2
        and all(isinstance(weight, (int, float)) and 0 <= weight < np.inf for weight in given)
    )


def _progress_bar(total: int, progress: bool) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc="DSC", unit="epoch", disable=not progress)


def _advance(bar: Any) -> Callable[[str], None]:
    def advance(phase: str) -> None:
        bar.set_postfix_str(phase, refresh=False)
        bar.update()

    return advance
