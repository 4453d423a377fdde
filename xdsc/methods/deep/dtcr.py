"""DTCR: representations of windows, learnt to be reconstructed, told from fakes, and clustered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import Ability, are_sizes, check_number, is_integer
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.networks.sizes import WIDEST


@dataclass(eq=False, repr=False, kw_only=True)
class DTCR(DeepClustering):
    """Deep Temporal Clustering Representation (Ma, Zheng, Li & Cottrell 2019).

    What is clustered is a window of consecutive frames, each of them the row of its unmasked cells.
    A bidirectional dilated GRU turns the window into an embedding, and a GRU restores the window
    from it. Three losses train them: the reconstruction error; the cross-entropy of telling windows
    from fake ones, in which some frames have changed places; and the k-means objective on the
    embeddings, relaxed so that it needs no labels. k-means on the final embeddings gives the
    labels.

    Parameters
    ----------
    n_clusters : int
        K, at least 2 and below the number of frames.
    window : int, default 8
        W, at least 2: the consecutive frames of a window, centred on the frame to be labelled. At
        the ends of a run without gaps the edge frame is repeated. Regimes shorter than a window
        are not told apart, and changes between them are blurred by half of it.
    units : tuple of int, default (32, 16, 16)
        Widths of the encoder's layers in each direction; M is twice their sum, which is also the
        width of the decoder. The paper's are (100, 50, 50) or (50, 30, 30).
    dilations : tuple of int, optional
        How many frames each of these layers looks back, below W. By default 1, 2, 4, ... up to half
        of W; the paper's are 1, 4, 16, for longer series.
    frame_features : int, default 64
        What a frame is projected to on its way into the encoder, and made from by the decoder. Both
        are linear: they are factors of the GRUs' own weights, which would be as wide as the grid.
    shuffled : float, default 0.2
        Share of the frames of a fake window that have changed places, at least two: the paper's α.
    loss_weights : (float, float, float), default (1.0, 1.0, 0.1)
        Weights of the reconstruction error over the window (as a share of the data's variance), of
        the classification loss, and of the k-means loss (as a share of the embedding's variance):
        the last is the paper's λ.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``.
    learning_rate : float, default 3e-3
        Step size, unless the optimizer's ``config`` has its own.
    batch_size : int, default 32
        Windows a batch; of W > 1 a whole number of segments of 2 (W - 1) of them, at least one.
    pretrain_epochs : int, default 10
        Epochs of reconstruction and classification before the k-means loss comes in. 0 as in the
        paper.
    epochs : int, default 30
        Most epochs with all three losses.
    refresh_interval : int, default 1
        Epochs between refreshes of the cluster indicator F.
    tolerance : float, default 0.001
        A refresh with no larger share of changed labels is quiet.
    patience : int, default 3
        Quiet refreshes in a row that end the training.
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
        Clusters of the frames' windows, by k-means on the embeddings from the final weights.
    embedding_ : numpy.ndarray, shape (N, M)
        The last states of all layers of the encoder.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Centres of that k-means; `predict` takes the nearest.
    history_ : dict
        ``phase``, ``reconstruction_loss``, ``classification_loss`` (log 2 for a guess),
        ``clustering_loss`` (k-means) and ``label_change``: before training, then per epoch.
    seed_ : int
        The seed that was used.
    interrupted_ : bool
        Whether Ctrl-C in a notebook has ended the fit before its time.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong.

    Notes
    -----
    The k-means loss is that of the paper, a sum over all windows, taken in batches: see
    `xdsc.networks.architectures.spectral.spectral_target`. There are no memberships: the method
    assigns windows to clusters, not in parts.

    References
    ----------
    Ma, Zheng, Li & Cottrell (2019), Learning Representations for Time Series Clustering, NeurIPS.
    Chang et al. (2017), Dilated Recurrent Neural Networks, NeurIPS. Zha et al. (2001), Spectral
    Relaxation for K-means Clustering, NeurIPS.
    """

    title = "DTCR"
    network_name = "representation"

    window: int = 8
    units: tuple[int, ...] = (32, 16, 16)
    dilations: tuple[int, ...] | None = None
    frame_features: int = 64
    shuffled: float = 0.2
    loss_weights: tuple[float, float, float] = (1.0, 1.0, 0.1)
    learning_rate: float = 3e-3
    pretrain_epochs: int = 10

    @property
    def abilities(self) -> frozenset[Ability]:
        """Its labels are of k-means: there are no memberships."""
        return super().abilities - {"predict_proba"}

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """Frames as decoded from their windows' embeddings, (N, H, L, V)."""
        return self._trained.outputs(frames, "reconstruction")["reconstruction"]

    def _network_arguments(self) -> dict[str, Any]:
        return {
            "n_clusters": self.n_clusters,
            "window": self.window,
            "units": self.units,
            "dilations": self.dilations,
            "frame_features": self.frame_features,
            "shuffled": self.shuffled,
            "loss_weights": self.loss_weights,
        }

    def _check_own(self, problems: Problems) -> None:
        check_number(problems, "frame_features", self.frame_features, 1, WIDEST, integer=True)
        check_number(problems, "shuffled", self.shuffled, 0, 1)
        if is_integer(self.window) and self.window == 1:
            problems.add(
                message(
                    "window of at least 2 with method='dtcr', which clusters how frames follow "
                    "each other",
                    "window=1",
                    "use window=8, or another method",
                )
            )
        if not are_sizes(self.units):
            remedy = "use units=(32, 16, 16)"
            problems.add(message("units to be positive integers", f"{self.units!r:.200}", remedy))
        elif self.dilations is not None and not (
            are_sizes(self.dilations)
            and len(self.dilations) == len(self.units)
            and (not is_integer(self.window) or max(self.dilations) < max(self.window, 2))
        ):
            problems.add(
                message(
                    f"dilations to be {len(self.units)} positive integers below the window, one "
                    "for each of units",
                    f"{self.dilations!r:.200} with window={self.window!r}",
                    "leave dilations out",
                )
            )
