"""Deep Spatiotemporal Clustering: the method of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
from sklearn.metrics import adjusted_rand_score

from xdsc.errors import ParameterError, Problems, message, warn_user
from xdsc.frames import Frames
from xdsc.frames.centres import completed
from xdsc.methods.base import Ability, MethodState, check_one_of, is_integer
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.methods.regime_starts import (
    LEAST_AGREEMENT,
    STARTS,
    Series,
    choose_start,
    eofs_of,
    is_outdone,
    spectra_of,
)
from xdsc.networks import Beginning, NetworkSize, held_out, network_size, unknown_names
from xdsc.storage.values import from_json, to_json

ENCODERS = ("cnn-lstm", "cnn")
ANCHORS = ("auto", "eof", None)
TARGETS = ("start", "self")

#: EOFs of an anchored network, unless that is given: as many as starts are chosen by.
_ANCHORED_DIM = 20

#: EOFs that a start is told at most.
_EOFS = 40

#: W where the regimes of the start are the states of a chain, each of which lasts.
_WINDOW_OF_CHAINS = 5

#: Displacement, where regimes are not k-means' mean fields, which are somewhere.
_DISPLACEMENT = 0.1

#: What None stands for, with an anchor and without.
_DEFAULTS: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "alpha": (10.0, 1.0),
        "pretrain_epochs": (0, 30),
        "epochs": (30, 30),
        "learning_rate": (2e-3, 1e-3),
        "patience": (6, 3),
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

    A CNN-LSTM autoencoder with a Student-t clustering layer is trained on reconstruction and
    clustering loss (Eq. 7). Its embedding is anchored: it holds the scores of the leading EOFs, in
    their natural ratio, and a component for each regime, which is the network's and 0 at first. The
    clusters begin with regimes found in those scores, by k-means or by a hidden Markov model,
    whichever comes back in another part of the record; the network learns to tell these regimes
    from fields, and is in the end as it was when it did so best for frames held out. Where k-means
    comes back best it begins with k-means' own regions, and leaves them only if it does better.

    With ``anchor=None``, as with ``network="paper"``, it is the paper's own: a free embedding,
    trained on reconstruction alone before, clusters that begin with k-means on it, and memberships
    drawn to what is made of themselves.

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
        with a hidden Markov model, and 1 elsewhere.
    latent_dim : int, optional
        M, the length of the embedding, or with an anchor of that part of it which is scores of
        EOFs; by default 20 with an anchor, unless `network` is not a name and says something else,
        and that of `network` without.
    anchor : {"auto", "eof"} or None, default "auto"
        What the embedding is anchored to: "eof", the M leading EOFs of the frames, or nothing.
        "auto" is "eof", and None with ``network="paper"``, without a decoder and without an LSTM.
    start : {"auto", "kmeans", "means", "covariances", "dynamics", "spectra"}, optional
        Where the clusters begin: "kmeans" on 20 scores of EOFs; or hidden Markov models of them
        whose regimes differ in their "means" alone, in "covariances" too, in "dynamics", how a
        frame follows from the one before, or in covariances and in the "spectra" of frames in
        space, which disturbances keep wherever they are. "auto" takes the one whose regimes of one
        part of the record are found again in another part, k-means unless another one is as good,
        and better than it once what comes back of red noise is taken from both, and of the first
        two chains the one that makes unseen frames more likely; see `selection_`. Fewer than 160
        frames, 40 a cluster, or 5 independent ones a cluster begin with k-means. None is "auto"
        with an anchor, and without one k-means on the embeddings. Not with labels to begin with.
    target : {"start", "self"}, optional
        What memberships are drawn to in the joint training: "start", the labels of `start`, which
        are believed to 95 %, but those of an eighth of the frames; or "self", Eq. 4. None is
        "start" with an anchor, and "self" without.
    alpha : float, optional
        Degrees of freedom of Student's t in Eq. 3; by default 10 with an anchor, and 1 without.
    loss_weights : (float, float), default (1.0, 1.0)
        Weights of reconstruction (as a share of the data's variance) and clustering loss in Eq. 7.
    displacement : float, optional
        Training frames are moved at random by up to this fraction of the grid's sides, so that a
        weather pattern is the same pattern a few grid points away. 0 turns it off. By default 0
        where an anchored network begins with k-means, whose regimes are where they are, else 0.1.
    separation : float or None, default 3.0
        Root mean square distance of frames from their centres at the start, in units of Eq. 3. None
        leaves the embedding in the unit that it has.
    optimizer : str or mapping, default "adam"
        Keras optimizer by name or as ``{"class_name": ..., "config": {...}}``. The paper's is
        ``{"class_name": "SGD", "config": {"momentum": 0.9}}``.
    learning_rate : float, optional
        Step size, unless the optimizer's ``config`` has its own; by default 0.002 with an anchor,
        and 0.001 without.
    batch_size : int, default 32
        Windows a batch; of W > 1 a whole number of segments of 2 (W - 1) of them, at least one.
    pretrain_epochs : int, optional
        Epochs of reconstruction alone, before the start of the clusters; by default 0 with an
        anchor, as in the paper, and 30 without.
    epochs : int, default 30
        Most epochs of joint training.
    refresh_interval : int, default 1
        Epochs between refreshes of the target distribution (Eq. 4), or looks at the frames held
        out.
    tolerance : float, default 0.001
        A refresh with no larger share of changed labels is quiet; with ``target="self"``.
    patience : int, optional
        Quiet refreshes in a row that end the training; with ``target="start"`` refreshes at which
        no more of the frames held out are labelled as `start` does than before, once the network
        has begun to tell them apart, and the best weights are kept. Where all are labelled so
        before the training, as with `start` k-means, there is nothing to learn and it ends after an
        epoch. By default 6 with an anchor, and 3 without.
    n_init : int, default 1
        Independent networks; the one whose labels the others agree with most is kept, of two the
        one with the lower joint loss, or with ``target="start"`` that which labels more of the
        frames held out as `start` does. `agreement_` says how far they agree.
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
    embedding_ : numpy.ndarray, shape (N, M), with an anchor (N, M + K)
        E, in the units of Eq. 3; with an anchor the first M components are scores of EOFs in one
        unit for all, and the last K are what the network says of each regime.
    cluster_centers_ : numpy.ndarray, shape (K, M), with an anchor (K, M + K)
        C.
    history_ : dict
        ``phase``, ``reconstruction_loss`` (share of the variance that is not explained),
        ``clustering_loss`` and ``label_change``: before training, then per epoch. With
        ``target="start"`` ``held_out_agreement``, too, the share of the frames held out that are
        labelled as `start` does at the beginning of an epoch, and `label_change` is of these
        frames.
    selection_ : dict or None
        How the start was chosen: its name as ``start``; ``reproducibility``, the adjusted Rand
        index between regimes of two parts of the record for each start, and
        ``noise_reproducibility``, the same of red noise; ``held_out_likelihood``, of parts that a
        model does not know; and ``null``, for each hidden Markov model that was tried, what
        log-likelihood a frame it gains over a single state, on the record and on phase-randomised
        surrogates of it. ``is_noise`` where none gains more on the record, and no regimes of
        "spectra" come back. ``calendar``, the share of the information in the labels of each start
        that is the ``month``, or the ``hour`` of the day. ``rival``, the start whose regimes those
        of k-means are to be compared with, where k-means is kept though it comes back no better
        than of red noise; else None.
        ``agreement``, the adjusted Rand index between the network's labels and those of the start,
        of frames held out, for the start that was tried first. ``n_independent``, how many frames
        of the record tell something new. None without `start`.
    agreement_ : float or None
        Mean adjusted Rand index of the labels of two of the `n_init` networks; None of a single
        one.
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
        The fields look like red noise to all hidden Markov models; or the network does not tell
        the regimes of a hidden Markov model apart, or so badly that k-means' come back better, and
        those are taken; or the networks of `n_init` do not agree; or, with ``target="self"``, a
        tenth of the labels still change at the end.

    References
    ----------
    Faruque et al. (2023), Deep Spatiotemporal Clustering, Eq. 1 to 7. Xie et al. (2016),
    Unsupervised Deep Embedding for Clustering Analysis, for Eq. 3 and 4. Guo et al. (2018), Deep
    Embedded Clustering with Data Augmentation, for the displacement. Rabiner (1989), A tutorial on
    hidden Markov models and selected applications in speech recognition, for expectation and
    maximisation. Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional
    covariance matrices. Smyth (2000), Model selection for probabilistic clustering using
    cross-validated likelihood, for the choice among chains. Majda et al. (2006), Distinct
    metastable atmospheric regimes despite nearly Gaussian statistics, and Franzke et al. (2008), A
    hidden Markov model perspective on regimes and metastability in atmospheric flows, for regimes
    as hidden states. Prichard and Theiler (1994), Generating surrogate data for time series with
    several simultaneously measured variables.
    """

    begins_with_labels = True
    title = "DSC"
    network_name = "cnn-lstm"

    network: str | Mapping[str, Any] | NetworkSize = "compact"
    encoder: Literal["cnn-lstm", "cnn"] = "cnn-lstm"
    decoder: bool = True
    window: int | None = None  # type: ignore[assignment]  # asked for as window_
    latent_dim: int | None = None
    anchor: Literal["auto", "eof"] | None = "auto"
    start: Literal["auto", "kmeans", "means", "covariances", "dynamics", "spectra"] | None = None
    target: Literal["start", "self"] | None = None
    alpha: float | None = None  # type: ignore[assignment]
    pretrain_epochs: int | None = None  # type: ignore[assignment]
    epochs: int | None = None  # type: ignore[assignment]
    learning_rate: float | None = None  # type: ignore[assignment]
    patience: int | None = None  # type: ignore[assignment]
    loss_weights: tuple[float, float] = (1.0, 1.0)
    displacement: float | None = None  # type: ignore[assignment]
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
        finds = self._chosen("start") is not None and not _is(self._chosen("start"), "kmeans")
        return _WINDOW_OF_CHAINS if finds and _is(self.encoder, "cnn-lstm") else 1

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
        numbers = {
            "window_": self.window_,
            "anchored_": self.anchored,
            "selection_": to_json(self.selection_, "selection_"),
        }
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
        if value is None and name == "displacement":
            begun = None if self.selection_ is None else self.selection_["start"]
            return 0.0 if self.anchored and begun == "kmeans" else _DISPLACEMENT
        return value

    def _begin(self, frames: Frames) -> Beginning | None:
        start = self._chosen("start")
        self.selection_, self._fitted_window = None, 1
        return None if start is None else self._begin_with(start, frames)

    def _begin_at(self, frames: Frames, init: np.ndarray) -> Beginning:
        if self.start is not None:
            raise ParameterError(
                message(
                    "start= or labels to begin with, init=",
                    f"start={self.start!r} and init=",
                    "leave start= out",
                )
            )
        self.selection_, self._fitted_window = None, 1
        eofs = eofs_of(frames)
        labels = completed(eofs.scores, init, self.n_clusters)
        return Beginning(labels, eofs.anchor if self.anchored else None)

    def _begin_with(self, start: str, frames: Frames) -> Beginning:
        """Where the clusters begin by a start, which is noted in `selection_`."""
        eofs = eofs_of(frames, _EOFS)
        series = Series(eofs.scores, frames.runs)
        if start in ("auto", "spectra"):
            series = replace(series, spectra=spectra_of(frames))
        calendar = partial(_calendar_of, frames)
        choice = choose_start(series, self.n_clusters, self.seed_, start, calendar)
        # What an earlier start has shown is known still.
        self.selection_ = choice.to_json() | dict(self.selection_ or {}) | {"start": choice.start}
        is_chain = choice.start != "kmeans" and self.encoder == "cnn-lstm"
        self._fitted_window = _WINDOW_OF_CHAINS if is_chain else 1
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
        return Beginning(choice.labels, eofs.anchor if self.anchored else None)

    def _begin_again(
        self, frames: Frames, begun: Beginning | None, labels: np.ndarray
    ) -> Beginning | None:
        """k-means, where the network tells the regimes of the start worse than those come back."""
        if begun is None or self._chosen("target") != "start":
            return None
        before = dict(self.selection_ or {})
        start, came_back = before["start"], before["reproducibility"]
        held = held_out(len(labels))
        agreement = float(adjusted_rand_score(begun.labels[held], labels[held]))
        self.selection_ = {**before, "agreement": {start: agreement}}
        if start == "kmeans":
            return None
        expected = f"regimes of start={start!r} that the network tells apart"
        received = f"labels of time steps held out that agree with theirs by {agreement:.2f}"
        if not came_back:
            if agreement < LEAST_AGREEMENT:
                remedy = "give more data or epochs, or use start='kmeans'"
                warn_user(message(expected, f"{received} (adjusted Rand index)", remedy))
            return None
        if not is_outdone(start, agreement, came_back, before["noise_reproducibility"]):
            return None
        received += (
            f", where the regimes of two parts of the record agree by {came_back[start]:.2f}, and "
            f"those of k-means by {came_back['kmeans']:.2f} (adjusted Rand indices)"
        )
        remedy = f"take those of k-means, as this fit does, or use start={start!r} to keep them"
        if agreement < LEAST_AGREEMENT:
            remedy = "take those of k-means, as this fit does, or use another random_state="
        warn_user(message(expected, received, remedy))
        return self._begin_with("kmeans", frames)

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
                    "leave out window=, or encoder=",
                )
            )

    def _epochs_in_all(self) -> int:
        pretrain = self._chosen("pretrain_epochs") * self.decoder
        return int(self.n_init * (pretrain + self._chosen("epochs")))


def _calendar_of(frames: Frames, labels: np.ndarray) -> dict[str, float]:
    """What month and time of day say of labels of all frames; 0 where no more than chance."""
    found = {"month": 0.0, "hour": 0.0}
    for one in frames.calendar_shares(labels):
        found[one.part] = one.share * (one.share > one.by_chance)
    return found
