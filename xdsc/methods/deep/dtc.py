"""Deep Temporal Clustering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xdsc.errors import Problems, message
from xdsc.frames import Frames
from xdsc.methods.base import are_sizes, check_number, check_one_of, is_integer
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.networks.sizes import WIDEST


@dataclass(eq=False, repr=False, kw_only=True)
class DTC(DeepClustering):
    """Deep Temporal Clustering (Madiraju et al. 2018).

    What is clustered is a window of W consecutive frames, each a vector of its cells. A
    convolution over time, pooling and two bidirectional LSTM layers make a short latent sequence
    of it, T' steps of d features, which a convolution decodes into the window. After training on
    reconstruction alone, centroid sequences start as the means of the clusters that complete
    linkage finds; then reconstruction and clustering loss are trained together.

    Parameters
    ----------
    n_clusters : int
        K, at least 2 and below the number of frames.
    similarity : str, default "euclidean"
        How unlike two latent sequences are: "euclidean"; "correlation" (COR, blind to level and
        amplitude); "complexity-invariant" (CID, which sets the rough apart from the smooth); or
        "autocorrelation" (ACF, blind to phase). Squared distances are means over the d features.
    window : int, default 5
        W, the consecutive frames around the one to be labelled; about as long as what is looked
        for lasts. At the ends of a run without gaps the edge frame is repeated. 5 is the least
        with which all similarities work when `pool_size` is 2.
    filters : int, default 64
        Channels of the convolution over time.
    kernel_size : int, default 3
        Its length in frames.
    pool_size : int, default 2
        Frames to one step of the latent sequence: T' = W / pool_size, rounded up. At least 2 for
        "complexity-invariant", 3 for "correlation" and "autocorrelation".
    lstm_units : (int, int), default (64, 8)
        Units of the two LSTM layers, whose directions are summed; the second number is d.
    alpha : float, default 1.0
        Degrees of freedom of Student's t.
    loss_weights : (float, float), default (1.0, 1.0)
        Weights of reconstruction (as a share of the data's variance) and clustering loss.
    separation : float or None, default 3.0
        Root mean square distance of windows from the nearest centroid at the start, in units of
        Student's t. None, as in the paper, leaves distances in the unit that they have.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``.
    learning_rate : float, default 1e-3
        Step size, unless the optimizer's ``config`` has its own.
    batch_size : int, default 32
        Windows a batch; of W > 1 a whole number of segments of 2 (W - 1) of them, at least one.
    pretrain_epochs : int, default 30
        Epochs of reconstruction alone.
    epochs : int, default 30
        Most epochs of joint training.
    refresh_interval : int, default 1
        Epochs between refreshes of the target distribution.
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
        Clusters of the frames' windows, from the final weights.
    membership_ : numpy.ndarray, shape (N, K)
        Soft assignment q.
    embedding_ : numpy.ndarray, shape (N, M)
        Latent sequences, flattened: M = T' d, the d features of a step side by side.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        Centroid sequences, flattened in the same way.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the windows' variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch.
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
    Complete linkage needs all distances between windows; of more than 3000 it sees a seeded sample.
    Of windows shorter than a few hundred steps the paper's sizes (50 filters of length 10, 50 and 1
    LSTM units) leave nothing, and its one latent feature could hold no field; hence the defaults.
    The network of the paper that draws a heat map of the clusters' regions of interest is left out.

    References
    ----------
    Madiraju, Sadat, Fisher and Karimabadi (2018), Deep Temporal Clustering: Fully Unsupervised
    Learning of Time-Domain Features, arXiv:1802.01059. Batista, Keogh, Tataw and de Souza (2014),
    CID: an efficient complexity-invariant distance for time series.
    """

    title = "DTC"
    network_name = "temporal"

    similarity: Literal["euclidean", "correlation", "complexity-invariant", "autocorrelation"] = (
        "euclidean"
    )
    window: int = 5
    filters: int = 64
    kernel_size: int = 3
    pool_size: int = 2
    lstm_units: tuple[int, int] = (64, 8)
    alpha: float = 1.0
    loss_weights: tuple[float, float] = (1.0, 1.0)
    separation: float | None = 3.0

    def predict_proba(self, frames: Frames) -> np.ndarray:
        """Memberships q of the windows of other frames, (N, K)."""
        return self._trained.outputs(frames, "membership")["membership"]

    def reconstruct(self, frames: Frames) -> np.ndarray:
        """Each frame as decoded from its window, (N, H, L, V)."""
        return self._trained.outputs(frames, "reconstruction")["reconstruction"]

    def _network_arguments(self) -> dict[str, Any]:
        return {
            "n_clusters": self.n_clusters,
            "window": self.window,
            "similarity": self.similarity,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "pool_size": self.pool_size,
            "lstm_units": self.lstm_units,
            "alpha": self.alpha,
            "loss_weights": self.loss_weights,
        }

    def _check_own(self, problems: Problems) -> None:
        for name in ("filters", "kernel_size", "pool_size"):
            check_number(problems, name, getattr(self, name), 1, WIDEST, integer=True)
        if not are_sizes(self.lstm_units, 2):
            problems.add(
                message(
                    "lstm_units to be two positive integers",
                    f"{self.lstm_units!r:.200}",
                    "use lstm_units=(64, 8)",
                )
            )
        # Here, since it imports Keras.
        from xdsc.networks.architectures.similarity import SIMILARITIES

        check_one_of(problems, "similarity", self.similarity, sorted(SIMILARITIES))
        if str(self.similarity) in SIMILARITIES and all(
            is_integer(size) and size > 0 for size in (self.window, self.pool_size)
        ):
            steps = -(-self.window // self.pool_size)
            fewest = SIMILARITIES[self.similarity].fewest_steps
            if steps < fewest:
                problems.add(
                    message(
                        f"window / pool_size of at least {fewest} with {self.similarity!r}",
                        f"window={self.window}, pool_size={self.pool_size}",
                        "raise window, or use pool_size=1 or similarity='euclidean'",
                    )
                )
