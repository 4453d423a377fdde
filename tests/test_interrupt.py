"""Ctrl-C in a notebook leaves a model that can be used; in a program it ends the program."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import xdsc
from xdsc.errors import FitInterrupted
from xdsc.methods.deep.dec import DEC
from xdsc.methods.deep.trainer import NetworkTrainer
from xdsc.networks import Beginning, backend
from xdsc.networks.engine import training
from xdsc.networks.engine.session import TrainingSession

OPTIONS = {"hidden": (8,), "latent_dim": 3, "layer_epochs": 2, "pretrain_epochs": 2, "epochs": 4}


@pytest.fixture
def notebook(monkeypatch):
    """What tells Python that someone is there."""
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)


@pytest.fixture(autouse=True)
def _heard():
    """Have Ctrl-C heard: what a shell runs in the background begins with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def press():
    """Ctrl-C, as the system tells it to this process."""
    signal.raise_signal(signal.SIGINT)


class Press(keras.callbacks.Callback):
    """Presses Ctrl-C in the second batch of an epoch, or when it ends."""

    def __init__(self, epoch, at_end=False):
        super().__init__()
        self.epoch, self.at_end, self.now = epoch, at_end, -1

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, 1) and not self.at_end:
            press()

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch and self.at_end:
            press()


@pytest.fixture
def press_in(monkeypatch):
    """Have Ctrl-C pressed in an epoch of a phase."""
    callbacks = TrainingSession.callbacks

    def arrange(phase, epoch, **how):
        def with_press(self, name, *rest):
            first = [Press(epoch, **how)] if name == phase else []
            return [*first, *callbacks(self, name, *rest)]

        monkeypatch.setattr(TrainingSession, "callbacks", with_press)

    return arrange


def interrupted(ds, text, **options):
    """What is left of a fit that the user ends."""
    with pytest.raises(FitInterrupted, match=text) as caught:
        model(**options).fit(ds)
    return caught.value.model


def model(method="dec", **options):
    chosen = {**(OPTIONS if method == "dec" else {}), "patience": 9, "progress": False, **options}
    return xdsc.ClusterModel(3, method=method, random_state=0, batch_size=8, **chosen)


def assert_usable(found, ds):
    assert found.interrupted_
    assert found.labels_.attrs["xdsc_interrupted"]
    assert "interrupted" in repr(found)
    assert "before the training had ended" in found._repr_html_()
    np.testing.assert_array_equal(found.predict(ds), found.labels_)
    assert set(np.unique(found.labels_)) <= {0, 1, 2}


@pytest.mark.parametrize("phase", ["layer 1", "layer 2", "pretrain"])
def test_before_the_joint_phase_clusters_are_found_in_the_embedding_of_now(
    phase, small, notebook, press_in
):
    press_in(phase, 1)
    found = interrupted(small, rf"Ctrl-C in epoch 2 of the phase '{phase}'.*checkpoint")
    assert_usable(found, small)
    phases = list(found.history_.phase.values)
    assert phases.count(phase) == 1
    assert phases[-1] == phase


@pytest.mark.parametrize("at_end", [False, True], ids=["in an epoch", "at its end"])
def test_in_the_joint_phase_the_last_whole_epoch_is_kept(small, notebook, press_in, at_end):
    short = model(epochs=2 + at_end).fit(small)
    assert not short.interrupted_
    assert "xdsc_interrupted" not in short.labels_.attrs
    press_in("joint", 2, at_end=at_end)
    found = interrupted(small, "the best model so far")
    assert_usable(found, small)
    # It is the model of a training that was to be that short.
    arrays, expected = (m.record.method.method.state().arrays for m in (found, short))
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    for name, curve in short.history_.items():
        np.testing.assert_array_equal(found.history_[name], curve)


def test_during_the_start_the_joint_phase_is_left_out(small, notebook, monkeypatch):
    from xdsc.networks.architectures.dense import DenseAutoencoder

    start = DenseAutoencoder.start

    def pressed(self, *arguments):
        press()
        start(self, *arguments)

    monkeypatch.setattr(DenseAutoencoder, "start", pressed)
    found = interrupted(small, "before the phase 'joint'")
    assert_usable(found, small)
    assert "joint" not in found.history_.phase


def test_cells_that_wait_are_not_run_and_the_model_is_there(small, notebook, press_in):
    """What the message says is typed in."""
    press_in("joint", 1)
    options = {**OPTIONS, "patience": 9, "batch_size": 8, "progress": False}
    with pytest.raises(KeyboardInterrupt, match=r"ds\.dsc\.model\.label\(ds\)") as caught:
        small.dsc.fit(k=3, method="dec", random_state=0, **options)
    assert "cluster" not in small.coords
    assert "interrupted" in repr(small.dsc)
    assert caught.value.model is small.dsc.model
    labelled = small.dsc.model.label(small)
    assert labelled.cluster.attrs["xdsc_interrupted"]
    assert small.dsc.composites().n_frames.equals(labelled.dsc.composites().n_frames)


def test_a_fit_that_is_done_anyway_is_no_interrupted_one(small, notebook, press_in):
    press_in("joint", 3, at_end=True)
    found = model().fit(small)
    assert not found.interrupted_
    assert list(found.history_.phase.values).count("joint") == 4


def test_a_second_training_is_not_begun(small, notebook, press_in, monkeypatch):
    begun = []

    def again(self, frames, beginning, labels):
        begun.append(Beginning(labels))
        return begun[0]

    monkeypatch.setattr(DEC, "_begin_again", again)
    press_in("joint", 3, at_end=True)
    found = interrupted(small, "before the phase 'layer 1'")
    assert begun
    assert_usable(found, small)


def test_the_second_one_ends_it_at_once(small, notebook, press_in, monkeypatch):
    press_in("joint", 1)
    finish = training.TrainingOutcome

    def again(**found):
        press()
        return finish(**found)

    monkeypatch.setattr(training, "TrainingOutcome", again)
    with pytest.raises(KeyboardInterrupt):
        model().fit(small)


def test_of_several_starts_the_best_so_far(small, notebook, monkeypatch):
    train, losses = NetworkTrainer.train, []

    def second(self, *arguments):
        if losses:
            press()
        network, outcome = train(self, *arguments)
        losses.append(outcome.loss)
        return network, outcome

    monkeypatch.setattr(NetworkTrainer, "train", second)
    found = interrupted(small, "of start 2 of 3", n_init=3)
    assert_usable(found, small)
    assert losses[1:] == [np.inf]
    assert list(found.history_.phase.values).count("joint") == 4


def test_with_a_checkpoint_the_fit_goes_on(small, notebook, press_in, tmp_path, monkeypatch):
    whole = model().fit(small)
    press_in("joint", 2)
    interrupted(small, "call fit again with checkpoint=", checkpoint=tmp_path)
    monkeypatch.undo()
    found = model(checkpoint=tmp_path).fit(small)
    assert not found.interrupted_
    np.testing.assert_array_equal(found.history_.clustering_loss, whole.history_.clustering_loss)
    np.testing.assert_array_equal(found.labels_, whole.labels_)


def test_a_comparison_stops_and_keeps_the_runs_that_are_done(small, notebook, press_in, tmp_path):
    press_in("joint", 1)
    results = tmp_path / "runs.jsonl"
    with pytest.raises(KeyboardInterrupt):
        xdsc.compare(
            small,
            3,
            ["kmeans", "dec"],
            options={"dec": OPTIONS},
            n_runs=2,
            results=results,
            metrics="rmse_mean",
            progress=False,
        )
    text = results.read_text()
    assert text.count('"kmeans"') >= 1
    assert '"dec"' not in text


def test_a_program_stops(small, press_in):
    assert not hasattr(sys, "ps1")
    press_in("joint", 1)
    with pytest.raises(KeyboardInterrupt):
        model().fit(small)


SESSION = """
import os, signal, sys, threading
sys.ps1 = ">>> "
signal.signal(signal.SIGINT, signal.default_int_handler)
import xdsc
from xdsc.networks.engine.session import TrainingSession

ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=3, seed=1)
callbacks = TrainingSession.callbacks

def pressed(self, phase, *rest):
    if phase == "joint":
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    return callbacks(self, phase, *rest)

TrainingSession.callbacks = pressed
options = {"hidden": (8,), "latent_dim": 3, "layer_epochs": 0, "pretrain_epochs": 1}
try:
    ds.dsc.fit(
        k=3, method="dec", epochs=100_000, patience=100_000, random_state=0, progress=False,
        **options,
    )
except KeyboardInterrupt as interrupt:
    print(interrupt)
ds = ds.dsc.model.label(ds)
print(ds.cluster.sizes, ds.cluster.attrs["xdsc_interrupted"])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the signal comes another way there")
def test_a_real_signal_from_outside(tmp_path):
    (tmp_path / "session.py").write_text(SESSION)
    found = subprocess.run(
        [sys.executable, str(tmp_path / "session.py")], capture_output=True, text=True, timeout=300
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("Ctrl-C in epoch") == 1
    assert "{'time': 40}) by the user" in found.stdout


def test_ctrl_c_while_keras_is_imported_is_raised_after_it():
    done = []

    def imported():
        with backend._interrupt_held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("keras")

    with pytest.raises(KeyboardInterrupt):
        imported()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
