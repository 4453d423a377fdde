"""DTCR finds regimes that no single frame tells apart: they differ in how frames follow."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods import make_method
from xdsc.methods.deep.dtcr import DTCR

#: Where a wave is, step by step: it goes east, west, or there and back. Each passes every place
#: once, so single frames are the same in all regimes.
PATHS = np.array([[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [0, 2, 4, 5, 3, 1]])
SMALL = {"window": 10, "units": (16, 8), "frame_features": 16, "batch_size": 72, "progress": False}


def waves(seed, n_events=36):
    """Events of six frames with a gap in time between them: frames, and the regime of each."""
    rng = np.random.default_rng(seed)
    n = n_events * PATHS.shape[1]
    truth = rng.permutation(np.arange(n_events) % len(PATHS))
    place = PATHS[truth].ravel()[:, None, None, None] + rng.normal(0, 0.2, (n, 1, 1, 1))
    wave = np.exp(-np.square(np.arange(6)[:, None] - place) / 2) * [1.0, -0.5]
    values = wave * np.ones((3, 1, 1)) + rng.normal(0, 0.7, (n, 3, 6, 2))
    mask = np.ones((3, 6, 2), bool)
    mask[0, :2, 1] = False
    start = np.arange(0, n, 6)
    steps = np.arange(n) + 4 * (np.arange(n) // 6)
    frames = Frames(
        values=(values * mask).astype("float32"),
        mask=mask,
        runs=np.stack([start, start + 6], axis=1),
        steps=steps,
        samples=(int(steps[-1]) + 1,),
        variables=("t2m", "msl"),
        fill=np.zeros(2, "float32"),
    )
    return frames, np.repeat(truth, 6)


def score(method, seed):
    frames, truth = waves(seed)
    return adjusted_rand_score(truth, method.fit(frames).labels_)


@pytest.fixture(scope="module", params=[pytest.param(0, marks=pytest.mark.slow)])
def learnt(request):
    """DTCR fitted to waves, and the seed of both."""
    seed = request.param
    options = {**SMALL, "learning_rate": 0.01, "pretrain_epochs": 20, "epochs": 10}
    return DTCR(3, random_state=seed, **options).fit(waves(seed)[0]), seed


@pytest.mark.parametrize("seed", [0, 1])
def test_no_frame_alone_tells_the_regimes(seed):
    assert score(make_method("kmeans", 3, random_state=0), seed) < 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_nor_does_a_network_that_has_not_learnt(seed):
    untrained = DTCR(3, random_state=seed, pretrain_epochs=0, epochs=0, **SMALL)
    assert score(untrained, seed) < 0.4


def test_regimes_of_temporal_shape_are_recovered(learnt):
    method, seed = learnt
    assert adjusted_rand_score(waves(seed)[1], method.labels_) > 0.6


def test_they_are_recognised_in_other_waves(learnt):
    method, seed = learnt
    frames, truth = waves(seed + 50)
    assert adjusted_rand_score(truth, method.predict(frames)) > 0.4


def test_losses_fall_and_labels_change(learnt):
    history = {name: np.array(curve) for name, curve in learnt[0].history_.items()}
    joint = history["phase"] == "joint"
    assert history["reconstruction_loss"][-1] < 0.75 * history["reconstruction_loss"][1]
    # A guess costs log 2.
    assert history["classification_loss"][1] > 0.6
    assert history["classification_loss"][-1] < 0.5
    clustering = history["clustering_loss"][joint]
    assert 0 < clustering[-1] < clustering[0]
    assert 0 < np.nanmax(history["label_change"]) < 1


def test_what_is_learnt_has_the_documented_shapes(learnt):
    method, seed = learnt
    frames, _ = waves(seed)
    assert method.embedding_.shape == (216, 48)
    assert method.cluster_centers_.shape == (3, 48)
    assert method.transform(frames).shape == (216, 48)
    assert method.reconstruct(frames).shape == frames.values.shape
    assert method.membership_ is None
    assert "predict_proba" not in method.abilities


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": 1}, "window of at least 2.*received window=1"),
        ({"window": 2.5}, "window to be an integer"),
        ({"units": ()}, "units to be positive integers, received \\(\\)"),
        ({"units": (4, 0)}, "units to be positive integers"),
        ({"units": 4}, "units to be positive integers"),
        ({"dilations": (1, 2)}, "dilations to be 3 positive integers below the window"),
        ({"dilations": (1, 2, 8)}, "dilations to be 3 .*received \\(1, 2, 8\\) with window=8"),
        ({"dilations": (0, 1, 2)}, "dilations to be 3 positive integers"),
        ({"frame_features": 0}, "frame_features to be an integer of at least 1"),
        ({"shuffled": 1.2}, "shuffled to be a number of at least 0 and at most 1"),
        ({"loss_weights": (1.0, 1.0)}, "loss_weights to be three numbers.*classification"),
        ({"loss_weights": (1.0, 1.0, -1.0)}, "loss_weights to be three numbers"),
    ],
)
def test_wrong_options_are_told(options, words):
    with pytest.raises(ParameterError, match=words):
        DTCR(3, **options).check()


def test_all_wrong_options_are_told_together():
    with pytest.raises(ParameterError) as caught:
        DTCR(1, window="a", units=None, dilations=3, loss_weights=1).check()
    for words in ("k of at least 2", "window to be", "units to be", "loss_weights to be"):
        assert words in str(caught.value)


def test_dilations_that_fit_are_taken():
    DTCR(3, window=32, dilations=(1, 4, 16)).check()
