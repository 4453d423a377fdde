"""Deep Spatiotemporal Clustering: the method of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import Ability
from xdsc.methods.deep import DeepClustering
from xdsc.networks import NetworkSize, network_size, unknown_names

ENCODERS = ("cnn-lstm", "cnn")


@dataclass(eq=False, repr=False, kw_only=True)
class DSC(DeepClustering):
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
    encoder : {"cnn-lstm", "cnn"}, default "cnn-lstm"
        Whether an LSTM reads the convolutions' features. With "cnn" W is 1.
    decoder : bool, default True
        Without a decoder there is no reconstruction loss and no pretraining: the clustering loss
        alone shapes the embedding.
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
    separation : float or None, default 3.0
        Root mean square distance of frames from their centres at the k-means start, in units of
        Eq. 3. None leaves the embedding in the unit that it has.
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
        E, in the units of Eq. 3.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        C.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch.
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
    Faruque et al. (2023), Deep Spatiotemporal Clustering, Eq. 1 to 7. Xie et al. (2016),
    Unsupervised Deep Embedding for Clustering Analysis, for Eq. 3 and 4. Guo et al. (2018), Deep
    Embedded Clustering with Data Augmentation, for the displacement.
    """

    title = "DSC"
    network_name = "cnn-lstm"

    network: str | Mapping[str, Any] | NetworkSize = "compact"
    encoder: Literal["cnn-lstm", "cnn"] = "cnn-lstm"
    decoder: bool = True
    window: int = 1
    latent_dim: int | None = None
    alpha: float = 1.0
    loss_weights: tuple[float, float] = (1.0, 1.0)
    displacement: float = 0.1
    separation: float | None = 3.0

    @property
    def abilities(self) -> frozenset[Ability]:
        """All that a deep method can be asked, but reconstructions only of a decoder."""
        return super().abilities if self.decoder else super().abilities - {"reconstruct"}

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships q (Eq. 3) of other frames, (N, K)."""
        return self._trained.outputs(frames, "membership")["membership"]

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """Decoded frames (Eq. 2), (N, H, L, V)."""
        if not self.decoder:
            raise self._unable("reconstruct")
        return self._trained.outputs(frames, "reconstruction")["reconstruction"]

    def _network_arguments(self) -> dict[str, Any]:
        return {
            "n_clusters": self.n_clusters,
            "window": self.window,
            "size": network_size(self.network, self.latent_dim),
            "recurrent": self.encoder == "cnn-lstm",
            "decoder": self.decoder,
            "alpha": self.alpha,
            "loss_weights": self.loss_weights,
        }

    def _check_own(self, problems: Problems) -> None:
        with problems.collect():
            size = network_size(self.network, self.latent_dim)
            for text in unknown_names(size.activation, self.optimizer):
                problems.add(text)
        if self.encoder not in ENCODERS:
            problems.add(
                message(f"encoder to be one of {ENCODERS}", f"{self.encoder!r}", "choose one")
            )
        if self.encoder == "cnn" and self.window != 1:
            problems.add(
                message(
                    "window=1 without an LSTM, which is what reads windows",
                    f"window={self.window!r}",
                    "leave out window=, or use method='dsc'",
                )
            )

    def _epochs_in_all(self) -> int:
        return self.n_init * (self.pretrain_epochs * self.decoder + self.epochs)
