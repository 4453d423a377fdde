"""Joint training of reconstruction and clustering (Sections 4.2 and 4.3 of the paper)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xdsc.frames.values import CellMoments, Values, moments_of
from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.callbacks import HeldOut, Recorder, Refresh
from xdsc.networks.engine.history import History
from xdsc.networks.engine.session import TrainingSession
from xdsc.networks.engine.step import TracedStep
from xdsc.networks.exchange import Beginning, TrainingHooks, TrainingOutcome, TrainingPlan


def train(
    network: ClusteringNetwork,
    values: Values,
    mask: np.ndarray,
    runs: np.ndarray,
    plan: TrainingPlan,
    seed: int,
    advance: Callable[[str], None],
    hooks: TrainingHooks | None = None,
    moments: CellMoments | None = None,
    beginning: Beginning | None = None,
) -> TrainingOutcome:
    """Train a fresh network: reconstruction alone, start of the clusters, then jointly.

    Parameters
    ----------
    network : ClusteringNetwork
        Freshly initialised, or as `begin_anew` leaves one; changed in place.
    values, mask, runs
        As in `xdsc.frames.Frames`: values are an array, or read from a file.
    plan : TrainingPlan
        How long and how fast.
    seed : int
        Seeds the order of the batches, the displacements and k-means.
    advance : callable
        Called with the phase after each epoch.
    hooks : TrainingHooks, optional
        Whether to keep what is needed to go on, or to go on, and who may end the training.
    moments : CellMoments, optional
        Of the values, where they are known.
    beginning : Beginning, optional
        Where the clusters begin, if that is not found in the embeddings; has to be given where the
        network is anchored, or the plan's target is "start".
    """
    batch_seed, start_seed = map(int, np.random.default_rng(seed).integers(2**31, size=2))

    def outputs(*names: str) -> dict[str, np.ndarray]:
        return predict(network, values, runs, names, plan.batch_size)

    step = TracedStep(network, plan)
    moments = moments_of(values) if moments is None else moments
    network.set_variance(moments, mask)
    history = History(network, plan.target == "start")
    fresh = {"reconstruction_loss": outputs("error")["error"].mean()} if network.decodes else {}
    history.add("untrained", fresh)
    network.set_scales(moments, mask)
    if beginning is not None and beginning.anchor is not None:
        network.set_anchor(*beginning.anchor)
    batches = TrainingBatches(
        values,
        runs,
        network.window,
        plan.batch_size,
        network.target_width,
        plan.displacement,
        mask,
        batch_seed,
    )
    session = TrainingSession(
        network, batches, history, plan.refresh_interval, hooks or TrainingHooks()
    )

    def fit(phase: str, epochs: int, refresh: Refresh | None = None) -> None:
        if session.skips(phase):
            return
        callbacks = [] if refresh is None else [refresh]
        callbacks.append(Recorder(session, phase, advance, refresh))
        callbacks += session.callbacks(phase, epochs, refresh)
        step.begin_phase()
        over = session.resume_phase(refresh, epochs)
        if over == epochs or (refresh is not None and refresh.is_settled):
            return
        # The batches are shuffled by seed; Keras would shuffle them by the global random state.
        network.fit(
            batches,
            initial_epoch=over,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
        session.restore_last_epoch()

    def refresher() -> Refresh:
        if plan.target == "start":
            assert beginning is not None
            return HeldOut(batches, plan, start_seed, beginning.labels)
        return Refresh(batches, plan, start_seed)

    if plan.pretrain_epochs and network.decodes:
        network.pretrain(fit, plan.pretrain_epochs)
    if session.has_centres:
        network.release()
    else:
        embedding = outputs("embedding")["embedding"]
        if not np.isfinite(embedding).all():
            return _diverged(history, embedding)
        if beginning is None:
            network.start(embedding, plan.separation, start_seed)
        else:
            network.start_at(beginning.labels, embedding, plan.separation)
    loss = np.inf
    if plan.epochs:
        refresh = refresher()
        fit("joint", plan.epochs, refresh)
        if "joint" in history.curves["phase"]:
            loss = refresh.finish(network, history.loss)
    final = outputs("embedding", *network.label_outputs)
    if not all(np.isfinite(found).all() for found in final.values()):
        return _diverged(history, final["embedding"])
    network.finish(final["embedding"], start_seed)
    return TrainingOutcome(
        history=history.curves,
        # Starts without joint training are equals, but for one that did not come so far.
        loss=loss if plan.epochs else 0.0,
        labels=network.labels(final),
        outputs=final,
        interrupted=session.interrupted,
    )


def _diverged(history: History, embedding: np.ndarray) -> TrainingOutcome:
    """The outcome of a training that has no numbers to label frames by."""
    labels = np.zeros(len(embedding), np.intp)
    return TrainingOutcome(history.curves, np.nan, labels, {"embedding": embedding})
