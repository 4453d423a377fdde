"""Deep Spatiotemporal Clustering: the method of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np

from xdsc.errors import Problems, message, warn_user
from xdsc.frames import Frames
from xdsc.methods.base import Ability, MethodState, check_one_of, is_integer
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.methods.regime_starts import STARTS, Series, choose_start, eofs_of
from xdsc.networks import Beginning, NetworkSize, network_size, unknown_names
from xdsc.storage.values import from_json, to_json

ENCODERS = ("cnn-lstm", "cnn")
ANCHORS = ("auto", "eof", None)
TARGETS = ("start", "self")

#: M of an anchored network, unless that is given.
_ANCHORED_DIM = 10

#: W where regimes differ in how a frame follows from the one before.
_WINDOW_OF_DYNAMICS = 5

#: What None stands for, with an anchor and without.
_DEFAULTS: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "alpha": (10.0, 1.0),
        "pretrain_epochs": (5, 30),
        "epochs": (25, 30),
        "start": ("auto", None),
        "target": ("start", "self"),
    }
)


def _is(value: Any, *words: str) -> bool:
    """Whether an argument, which may be anything, is one of these words."""
    return isinstance(value, str) and value in words


@dataclass(eq=False, repr=False, kw_only=True)
class DSC(DeepClustering):
    """Deep Spatiotemporal Clustering (Faruque et al. 2023).

    A CNN-LSTM autoencoder with a Student-t clustering layer is trained on reconstruction alone,
    and then jointly on reconstruction and clustering loss (Eq. 7). With ``anchor="eof"`` the
    embedding is anchored: the
    scores of the leading EOFs, in their natural ratio, and what the network adds to them, which is
    nothing at first. The clusters begin with regimes found in those scores, by k-means or by a
    hidden Markov model, whichever comes back in another part of the record; the network learns to
    tell these regimes from fields and stops where it does so no better for frames held out.

    With ``anchor=None``, the default, it is the paper's own: a free embedding,
    clusters that begin with k-means on it, and memberships drawn to what is made of themselves.

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
    window : int, optional
        W, the consecutive frames that the LSTM reads, centred on the frame to be labelled. At the
        ends of a run without gaps the edge frame is repeated. By default 5 where the clusters begin
        with "dynamics", and 1 elsewhere.
    latent_dim : int, optional
        M, the length of the embedding; by default 10 with an anchor, unless `network` is not a
        name and says something else, and that of `network` without.
    anchor : {"auto", "eof"} or None, default None
        What the embedding is anchored to: "eof", the M leading EOFs of the frames, or nothing.
        "auto" is "eof", and None with ``network="paper"``, without a decoder and without an LSTM.
    start : {"auto", "kmeans", "means", "covariances", "dynamics"}, optional
        Where the clusters begin: "kmeans" on 20 scores of EOFs; or hidden Markov models of them
        whose regimes differ in their "means" alone, in "covariances" too, or in "dynamics", how a
        frame follows from the one before. "auto" takes the one whose regimes of one part of the
        record are found again in another part, k-means unless another one is better by 0.1; see
        `selection_`. Fewer than 160 frames, or 40 a cluster, begin with k-means. None is "auto"
        with an anchor, and without one k-means on the embeddings.
    target : {"start", "self"}, optional
        What memberships are drawn to in the joint training: "start", the labels of `start`, which
        are believed to 95 %, but those of an eighth of the frames; or "self", Eq. 4. None is
        "start" with an anchor, and "self" without.
    alpha : float, optional
        Degrees of freedom of Student's t in Eq. 3; by default 10 with an anchor, and 1 without.
    loss_weights : (float, float), default (1.0, 1.0)
        Weights of reconstruction (as a share of the data's variance) and clustering loss in Eq. 7.
    displacement : float, default 0.1
        Training frames are moved at random by up to this fraction of the grid's sides, so that a
        weather pattern is the same pattern a few grid points away. 0 turns it off.
    separation : float or None, default 3.0
        Root mean square distance of frames from their centres at the start, in units of Eq. 3. None
        leaves the embedding in the unit that it has.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``. The paper's is
        ``{"class_name": "SGD", "config": {"momentum": 0.9}}``.
    learning_rate : float, default 1e-3
        Step size.
    batch_size : int, default 32
        Windows a batch.
    pretrain_epochs : int, optional
        Epochs of reconstruction alone, before the start of the clusters; by default 5 with an
        anchor, and 30 without. 0 as in the paper.
    epochs : int, optional
        Most epochs of joint training; by default 25 with an anchor, and 30 without.
    refresh_interval : int, default 1
        Epochs between refreshes of the target distribution (Eq. 4), or looks at the frames held
        out.
    tolerance : float, default 0.001
        A refresh with no larger share of changed labels is quiet; with ``target="self"``.
    patience : int, default 3
        Quiet refreshes in a row that end the training; with ``target="start"`` refreshes without a
        better cross-entropy of the labels held out, and the best weights are kept.
    n_init : int, default 1
        Independent networks; the one with the lowest joint loss is kept, or with
        ``target="start"`` that with the lowest cross-entropy of the labels held out.
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
        E, in the units of Eq. 3; with an anchor component m began with the score of EOF m.
    cluster_centers_ : numpy.ndarray, shape (K, M)
        C.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch.
    selection_ : dict or None
        How the start was chosen: its name as ``start``; ``reproducibility``, the adjusted Rand
        index between regimes of two parts of the record for each start; and ``null``, for each
        hidden Markov model that was tried, what log-likelihood a frame it gains over a single
        state, on the record and on phase-randomised surrogates of it. ``is_noise`` where none
        gains more on the record. None without `start`.
    seed_ : int
        The seed that was used.
    interrupted_ : bool
        Whether Ctrl-C in a notebook has ended the fit before its time.

    Raises
    ------
    ParameterError
        From `fit`, with all arguments that are wrong.

    Warns
    -----
    XdscWarning
        The fields look like red noise to all hidden Markov models.

    References
    ----------
    Faruque et al. (2023), Deep Spatiotemporal Clustering, Eq. 1 to 7. Xie et al. (2016),
    Unsupervised Deep Embedding for Clustering Analysis, for Eq. 3 and 4. Guo et al. (2018), Deep
    Embedded Clustering with Data Augmentation, for the displacement. Rabiner (1989), A tutorial on
    hidden Markov models and selected applications in speech recognition, for expectation and
    maximisation. Majda et al. (2006), Distinct metastable atmospheric regimes despite nearly
    Gaussian statistics, and Franzke et al. (2008), A hidden Markov model perspective on regimes and
    metastability in atmospheric flows, for regimes as hidden states. Prichard and Theiler (1994),
    Generating surrogate data for time series with several simultaneously measured variables.
    """

    title = "DSC"
    network_name = "cnn-lstm"

    network: str | Mapping[str, Any] | NetworkSize = "compact"
    encoder: Literal["cnn-lstm", "cnn"] = "cnn-lstm"
    decoder: bool = True
    window: int | None = None  # type: ignore[assignment]  # asked for as window_
    latent_dim: int | None = None
    anchor: Literal["auto", "eof"] | None = None
    start: Literal["auto", "kmeans", "means", "covariances", "dynamics"] | None = None
    target: Literal["start", "self"] | None = None
    alpha: float | None = None  # type: ignore[assignment]
    pretrain_epochs: int | None = None  # type: ignore[assignment]
    epochs: int | None = None  # type: ignore[assignment]
    loss_weights: tuple[float, float] = (1.0, 1.0)
    displacement: float = 0.1
    separation: float | None = 3.0

    @property
    def anchored(self) -> bool:
        """Whether the embedding is anchored to EOFs."""
        if not _is(self.anchor, "auto"):
            return _is(self.anchor, "eof")
        given: Any = self.decoder
        decodes = isinstance(given, (bool, np.bool_)) and bool(given)
        return decodes and _is(self.encoder, "cnn-lstm") and not _is(self.network, "paper")

    @property
    def window_(self) -> int:
        """W, as given or chosen; before the fit the longest that may be chosen."""
        if self.window is not None:
            return self.window
        if self._fitted_window is not None:
            return self._fitted_window
        may = _is(self._chosen("start"), "auto", "dynamics") and _is(self.encoder, "cnn-lstm")
        return _WINDOW_OF_DYNAMICS if may else 1

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

    def state(self) -> MethodState:
        """What `fit` has found, the window and the choice of the start too."""
        numbers = {"window_": self.window_, "selection_": to_json(self.selection_, "selection_")}
        return super().state() | MethodState(numbers)

    def restore(self, state: MethodState) -> Self:
        """Become as fitted as the method, with the same arguments, that `state` was taken from."""
        # Of old files it is what was given, which was 1 by default.
        self._fitted_window = state.numbers.get("window_", self.window or 1)
        self.selection_ = from_json(state.numbers.get("selection_"))
        return super().restore(state)

    def _chosen(self, name: str) -> Any:
        if name == "window":
            return self.window_
        value = getattr(self, name)
        if value is None and name in _DEFAULTS:
            return _DEFAULTS[name][0 if self.anchored else 1]
        return value

    def _begin(self, frames: Frames) -> Beginning | None:
        start = self._chosen("start")
        self.selection_, self._fitted_window = None, 1
        if start is None:
            return None
        eofs = eofs_of(frames)
        choice = choose_start(Series(eofs.scores, frames.runs), self.n_clusters, self.seed_, start)
        self.selection_ = choice.to_json()
        if choice.start == "dynamics" and self.encoder == "cnn-lstm":
            self._fitted_window = _WINDOW_OF_DYNAMICS
        if choice.is_noise:
            warn_user(
                message(
                    "fields that differ from red noise",
                    "fields in which hidden Markov models find no more than in surrogates of the "
                    "same spectra",
                    "take the regimes as a partition of a continuum, or look at another region, "
                    "season or variable; start='kmeans' makes no such test",
                )
            )
        anchor = (eofs.mean, eofs.basis, eofs.unit, eofs.scores.std(axis=0))
        return Beginning(choice.labels, anchor if self.anchored else None)

    def _size(self) -> NetworkSize:
        size = network_size(self.network, self.latent_dim)
        said = self.latent_dim is not None or isinstance(self.network, NetworkSize)
        if isinstance(self.network, Mapping):
            said = said or "latent_dim" in self.network
        return replace(size, latent_dim=_ANCHORED_DIM) if self.anchored and not said else size

    def _network_arguments(self) -> dict[str, Any]:
        return {
            "n_clusters": self.n_clusters,
            "window": self.window_,
            "size": self._size(),
            "anchored": self.anchored,
            "recurrent": self.encoder == "cnn-lstm",
            "decoder": self.decoder,
            "alpha": self._chosen("alpha"),
            "loss_weights": self.loss_weights,
        }

    def _check_own(self, problems: Problems) -> None:
        with problems.collect():
            size = network_size(self.network, self.latent_dim)
            for text in unknown_names(size.activation, self.optimizer):
                problems.add(text)
        for name, known in (
            ("encoder", ENCODERS),
            ("anchor", ANCHORS),
            ("start", ("auto", *STARTS, None)),
            ("target", (*TARGETS, None)),
        ):
            check_one_of(problems, name, getattr(self, name), known)
        decoder: Any = self.decoder
        if not isinstance(decoder, (bool, np.bool_)):
            received = f"decoder={decoder!r:.200}"
            problems.add(message("decoder=True or False", received, "leave decoder= out"))
        has_labels = self._chosen("start") is not None
        if not has_labels and (self.anchored or _is(self._chosen("target"), "start")):
            problems.add(
                message(
                    "start= to say where the clusters begin, which target='start' draws to",
                    f"start={self.start!r}",
                    "use start='auto'",
                )
            )
        if _is(self.encoder, "cnn") and is_integer(self.window_) and self.window_ != 1:
            problems.add(
                message(
                    "window=1 without an LSTM, which is what reads windows",
                    f"window={self.window!r:.200}",
                    "leave out window=, or use method='dsc'",
                )
            )

    def _epochs_in_all(self) -> int:
        pretrain = self._chosen("pretrain_epochs") * self.decoder
        return int(self.n_init * (pretrain + self._chosen("epochs")))
