"""DTC finds what k-means on single frames cannot: regimes that differ in their course alone."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods.classical.kmeans import KMeans
from xdsc.methods.deep.dtc import DTC
from xdsc.networks.architectures.similarity import SIMILARITIES

SMALL = {"filters": 8, "lstm_units": (8, 4), "learning_rate": 5e-3, "progress": False}
HALF = 15


def rising_and_falling(seed, n=210):
    """A pattern whose amplitude rises for 15 frames and falls for 15, and so on, with noise.

    Every amplitude is as frequent in both halves; only what comes before and after tells them
    apart.
    """
    rng = np.random.default_rng(seed)
    truth = np.arange(n) // HALF % 2
    phase = np.arange(n) % HALF
    amplitude = 2 * np.where(truth == 0, phase, HALF - 1 - phase) / (HALF - 1) - 1
    pattern = rng.normal(size=(3, 4, 1))
    values = 2 * amplitude[:, None, None, None] * pattern + 0.3 * rng.normal(size=(n, 3, 4, 1))
    return frames_of(values), truth


def frames_of(values, runs=None):
    n = len(values)
    return Frames(
        values=values.astype("float32"),
        mask=np.ones(values.shape[1:], bool),
        runs=np.array([[0, n]] if runs is None else runs),
        steps=np.arange(n),
        samples=(n,),
        variables=("a",),
        fill=np.zeros(1, "float32"),
    )


@pytest.fixture(scope="module", params=[0, 1])
def case(request):
    frames, truth = rising_and_falling(request.param)
    method = DTC(
        2,
        similarity="correlation",
        window=8,
        pretrain_epochs=20,
        epochs=8,
        patience=8,
        random_state=request.param,
        **SMALL,
    )
    return method.fit(frames), frames, truth


def test_regimes_of_temporal_shape_are_found(case):
    method, frames, truth = case
    of_frames = KMeans(2, random_state=0, progress=False).fit(frames)
    assert adjusted_rand_score(truth, of_frames.labels_) < 0.2
    assert adjusted_rand_score(truth, method.labels_) > 0.7


def test_losses_fall_and_labels_change(case):
    history = case[0].history_
    phases = np.array(history["phase"])
    reconstruction = np.array(history["reconstruction_loss"])
    assert reconstruction[phases == "pretrain"][-1] < 0.3 * reconstruction[0]
    divergence = np.array(history["clustering_loss"])[phases == "joint"]
    assert 0 < divergence[-1] < divergence[0]
    loss = reconstruction[phases == "joint"] + divergence
    assert loss[-1] < loss[0]
    assert np.nanmax(np.array(history["label_change"])[phases == "joint"]) > 0


def test_other_frames_are_labelled_by_what_was_learnt(case):
    method, _, _ = case
    other, truth = rising_and_falling(seed=method.random_state)
    again = frames_of(other.values[::-1])
    # Backwards in time what rose falls.
    assert adjusted_rand_score(truth[::-1], method.predict(again)) > 0.5
    rising = np.bincount(method.labels_[truth == 0]).argmax()
    assert (method.predict(again)[truth[::-1] == 1] == rising).mean() > 0.75


def test_frames_decode(case):
    method, frames, _ = case
    error = np.square(method.reconstruct(frames) - frames.values).mean()
    assert error < 0.5 * frames.values.var(axis=0).mean()


def test_the_embedding_is_the_flattened_latent_sequence(case):
    method, frames, _ = case
    assert method.embedding_.shape == (len(frames), 4 * 4)
    assert method.cluster_centers_.shape == (2, 4 * 4)
    assert np.isfinite(method.embedding_).all()


# The Euclidean one is trained by all tests of all methods, correlation above.
@pytest.mark.parametrize("similarity", sorted({*SIMILARITIES} - {"euclidean", "correlation"}))
@pytest.mark.filterwarnings("ignore:Expected 3 regimes with time steps")  # two are planted
def test_other_similarities_train(similarity):
    frames, _ = rising_and_falling(0, n=40)
    method = DTC(
        3,
        similarity=similarity,
        pretrain_epochs=0,
        epochs=2,
        random_state=0,
        **SMALL,
    ).fit(frames)
    assert method.labels_.shape == (40,)
    assert np.isfinite(method.membership_).all()
    np.testing.assert_allclose(method.membership_.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(method.cluster_centers_).all()
    divergence = np.array(method.history_["clustering_loss"])[-2:]
    assert (divergence > 0).all()


def test_windows_do_not_cross_gaps():
    """What comes after a gap has no influence on the labels before it."""
    values = rising_and_falling(0, n=40)[0].values
    runs = [[0, 18], [18, 40]]
    method = DTC(2, pretrain_epochs=0, epochs=0, random_state=0, **SMALL)
    method.fit(frames_of(values, runs))
    changed = values.copy()
    changed[18:] += 5
    before, after = (method.transform(frames_of(v, runs)) for v in (values, changed))
    np.testing.assert_allclose(before[:18], after[:18], rtol=1e-5, atol=1e-6)
    assert (np.abs(before[18:] - after[18:]).max(axis=1) > 1e-3).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"similarity": "dtw"}, "similarity to be one of .*'correlation'.*received 'dtw'"),
        ({"filters": 0}, "filters to be an integer of at least 1"),
        ({"kernel_size": 1.5}, "kernel_size to be an integer"),
        ({"pool_size": 0}, "pool_size to be an integer of at least 1"),
        ({"lstm_units": (4,)}, "lstm_units to be two positive integers"),
        ({"lstm_units": (4, 0)}, "lstm_units to be two positive integers"),
        ({"lstm_units": 4}, "lstm_units to be two positive integers"),
        (
            {"similarity": "correlation", "window": 4},
            "window / pool_size of at least 3 with 'correlation'.*window=4, pool_size=2",
        ),
        ({"similarity": "complexity-invariant", "window": 1}, "at least 2 with 'complexity"),
        ({"separation": 0}, "separation to be a number above 0"),
    ],
)
def test_wrong_options_are_told(options, words):
    with pytest.raises(ParameterError, match=words):
        DTC(2, **options).check()


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_default_window_suits_every_similarity(similarity):
    DTC(2, similarity=similarity).check()


def test_a_window_of_one_frame_is_fine_where_nothing_temporal_is_asked():
    DTC(2, window=1).check()
