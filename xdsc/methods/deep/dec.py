"""Deep Embedded Clustering: a dense autoencoder, layer by layer, then its encoder on clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import are_sizes, check_number
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.networks.sizes import WIDEST


@dataclass(eq=False, repr=False, kw_only=True)
class DEC(DeepClustering):
    """Deep Embedded Clustering (Xie, Girshick & Farhadi 2016).

    A dense autoencoder reads the unmasked cells of a frame as one row. Its layers are pretrained
    one after the other as denoising autoencoders, then all together without noise. The decoder is
    then discarded: from the k-means start on, the encoder and the centres are trained on the
    clustering loss KL(P||Q) alone.

    Parameters
    ----------
    n_clusters : int
        K, at least 2 and below the number of frames.
    hidden : tuple of int, default (128, 64)
        Widths of the layers between the cells and the embedding. The paper's, made for tens of
        thousands of images, are ``(500, 500, 2000)``; a few hundred frames they learn by heart.
    latent_dim : int, default 10
        M, the length of the embedding.
    corruption : float, default 0.2
        Dropout of what goes into and what comes out of a layer while that layer is pretrained.
    alpha : float, default 1.0
        Degrees of freedom of Student's t, Eq. 1 of the paper.
    separation : float or None, default 3.0
        Root mean square distance of frames from their centres at the k-means start, in units of
        Student's t, which has a unit: far below 1 all memberships are 1/K and nothing is learnt,
        far above it they no longer depend on it. None leaves the embedding in the unit that the
        pretraining gave it, as the paper does.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``. The paper's is
        ``{"class_name": "SGD", "config": {"momentum": 0.9}}`` at a learning rate of 0.1 (then
        0.01), on errors summed over the cells, where here their mean counts.
    learning_rate : float, default 1e-3
        Step size, unless the optimizer's ``config`` has its own.
    batch_size : int, default 32
        Frames a batch; the paper's 256 are few batches an epoch on a few hundred frames.
    layer_epochs : int, default 10
        Epochs of the pretraining of each layer. 0 leaves it out.
    pretrain_epochs : int, default 30
        Epochs of the pretraining of the whole autoencoder. 0 leaves out all pretraining, that of
        the layers too.
    epochs : int, default 30
        Most epochs of training on the clustering loss.
    refresh_interval : int, default 1
        Epochs between refreshes of the target distribution, Eq. 3 of the paper.
    tolerance : float, default 0.001
        A refresh with no larger share of changed labels is quiet.
    patience : int, default 3
        Quiet refreshes in a row that end the training; the paper's is 1.
    n_init : int, default 1
        Independent starts; the one whose labels the others agree with most is kept, of two the
        one with the lower loss.
    random_state : int, optional
        Seed; the same seed gives the same labels. None draws one.
    checkpoint : str or path, optional
        Folder in which the fit keeps what it needs to go on after it was cut off: the same call
        goes on from there. See "When a fit is cut off" in the documentation.
    devices : int, "all" or sequence of str, optional
        Devices that share the training: how many GPUs, all, or their names, "gpu:0". By default one
        that Keras chooses. Not on torch.
    progress : bool, default True
        Whether to show a progress bar.

    Attributes
    ----------
    labels_ : numpy.ndarray of int, shape (N,)
        Clusters of the frames, from the final weights.
    membership_ : numpy.ndarray, shape (N, K)
        Soft assignment q.
    embedding_ : numpy.ndarray, shape (N, M)
        What the encoder gives, in the units of Student's t.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Centres.
    history_ : dict
        ``phase``, "layer 1" and so on, "pretrain", then "joint", which is the clustering loss
        alone; ``reconstruction_loss``, ``clustering_loss`` and ``label_change``: before training,
        then per epoch. The reconstruction loss is the share of the variance that is not explained;
        in "layer 2" and on it is a share of the mean square of what that layer restores, and in
        "joint", where it has no part in the training, that of the decoder left behind.
    seed_ : int
        The seed that was used.
    interrupted_ : bool
        Whether Ctrl-C in a notebook has ended the fit before its time.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong.

    References
    ----------
    Xie, Girshick & Farhadi (2016), Unsupervised Deep Embedding for Clustering Analysis, ICML.
    """

    title = "DEC"
    network_name = "dense"

    #: The clustering loss alone, Eq. 2 of the paper: no argument here.
    loss_weights = (0.0, 1.0)

    hidden: tuple[int, ...] = (128, 64)
    latent_dim: int = 10
    corruption: float = 0.2
    alpha: float = 1.0
    separation: float | None = 3.0
    layer_epochs: int = 10

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships q of other frames, (N, K)."""
        return self._trained.outputs(frames, "membership")["membership"]

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """Frames (N, H, L, V) as the decoder of the pretraining sees today's embeddings.

        The encoder has moved on since: ``history_["reconstruction_loss"]`` says how far.
        """
        return self._trained.outputs(frames, "reconstruction")["reconstruction"]

    def _network_arguments(self) -> dict[str, Any]:
        return {
            "n_clusters": self.n_clusters,
            "hidden": tuple(self.hidden),
            "latent_dim": self.latent_dim,
            "corruption": self.corruption,
            "layer_epochs": self.layer_epochs,
            "alpha": self.alpha,
        }

    def _check_own(self, problems: Problems) -> None:
        check_number(problems, "latent_dim", self.latent_dim, 1, WIDEST, integer=True)
        check_number(problems, "layer_epochs", self.layer_epochs, 0, integer=True)
        # What drops everything leaves nothing to learn from.
        check_number(problems, "corruption", self.corruption, 0, 0.99)
        hidden: Any = self.hidden
        if not are_sizes(hidden) and not (isinstance(hidden, (tuple, list)) and not hidden):
            problems.add(
                message(
                    "hidden to be the widths of the layers, positive integers",
                    f"hidden={hidden!r:.200}",
                    "use hidden=(128, 64); the paper's are (500, 500, 2000)",
                )
            )

    def _epochs_in_all(self) -> int:
        # Without epochs for the whole there is no pretraining; see `engine.training.train`.
        n_layers = (len(self.hidden) + 1) * (self.pretrain_epochs > 0)
        return self.n_init * (n_layers * self.layer_epochs + self.pretrain_epochs + self.epochs)
