"""DEC learns: it finds planted regimes on a curved manifold, and training moves."""

from functools import cache

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods.deep.dec import DEC

K = 4
SEEDS = (0, 1)


def blobs(seed, n=240, shape=(6, 8, 2)):
    """Gaussian blobs in a plane that a saturated map bends into the space of the cells."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) // 5 % K
    angle = 2 * np.pi * truth / K
    plane = 1.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    plane += 0.5 * rng.normal(size=plane.shape)
    bent = np.tanh(plane @ (3 * rng.normal(size=(2, 20))) + rng.normal(size=20))
    values = bent @ rng.normal(size=(20, int(np.prod(shape))))
    values += 0.3 * values.std() * rng.normal(size=values.shape)
    mask = np.ones(shape, bool)
    mask[-1, :3] = False
    values = np.where(mask, values.reshape(n, *shape), 0).astype("float32")
    runs = np.array([[0, n]])
    return Frames(values, mask, runs, np.arange(n), n, ("a", "b"), np.zeros(2, "float32")), truth


@cache
def learnt(seed):
    frames, truth = blobs(seed)
    kmeans = KMeans(K, n_init=20, random_state=seed).fit(frames.rows())
    dec = DEC(K, random_state=seed, progress=False).fit(frames)
    found = (adjusted_rand_score(truth, labels) for labels in (dec.labels_, kmeans.labels_))
    return dec, *found


@pytest.mark.slow
def test_planted_regimes_are_found_as_k_means_finds_them_or_better():
    """The blobs overlap: k-means in the plane itself reaches 0.86 to 0.96."""
    scores = np.array([learnt(seed)[1:] for seed in SEEDS])
    assert scores[:, 0].min() > 0.7
    assert scores[:, 0].mean() > scores[:, 1].mean() - 0.03


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_losses_fall(seed):
    history = learnt(seed)[0].history_
    phase = np.array(history["phase"])
    error = np.array(history["reconstruction_loss"])
    for name in ("layer 1", "layer 2", "layer 3", "pretrain"):
        assert error[phase == name][-1] < 0.9 * error[phase == name][0]
    assert error[phase == "pretrain"][-1] < 0.3
    divergence = np.array(history["clustering_loss"])[phase == "joint"]
    assert 0 < divergence[-1] < 0.9 * divergence.max()


@pytest.mark.slow
def test_labels_change_and_no_cluster_dies():
    found = [learnt(seed)[0] for seed in SEEDS]
    assert sum(np.nansum(dec.history_["label_change"]) for dec in found) > 0
    for dec in found:
        assert np.bincount(dec.labels_, minlength=K).min() > 30  # of 60


@pytest.mark.slow
def test_new_frames_of_the_same_regimes_are_recognised():
    dec = learnt(0)[0]
    frames, truth = blobs(0)
    again = adjusted_rand_score(truth, dec.predict(frames))
    assert again == pytest.approx(learnt(0)[1])
    noisy = frames.values + 0.1 * np.random.default_rng(9).normal(size=frames.values.shape)
    other = Frames(**{**vars(frames), "values": noisy.astype("float32")})
    assert (dec.predict(other) == dec.labels_).mean() > 0.95


def test_the_bar_counts_the_epochs_of_the_layers():
    options = {"layer_epochs": 5, "pretrain_epochs": 7, "epochs": 3, "n_init": 2}
    assert DEC(K, hidden=(8, 4), **options)._epochs_in_all() == 2 * (3 * 5 + 7 + 3)
    assert DEC(K, hidden=(8, 4), **{**options, "pretrain_epochs": 0})._epochs_in_all() == 2 * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hidden": 500}, r"widths of the layers, positive integers, received hidden=500"),
        ({"hidden": (500, 0)}, r"received hidden=\(500, 0\).*\(500, 500, 2000\)"),
        ({"hidden": (1.5,)}, "positive integers"),
        ({"latent_dim": 0}, "latent_dim to be an integer of at least 1"),
        ({"corruption": 1.0}, "corruption to be a number of at least 0 and at most 0.99"),
        ({"layer_epochs": -1}, "layer_epochs to be an integer of at least 0"),
        ({"separation": 0}, "separation to be a number above 0"),
    ],
)
def test_wrong_options_are_told(options, words):
    with pytest.raises(ParameterError, match=words):
        DEC(K, **options).check()


def test_the_clustering_loss_alone_is_no_choice():
    with pytest.raises(TypeError, match="loss_weights"):
        DEC(K, loss_weights=(1.0, 1.0))
    assert DEC(K).loss_weights == (0.0, 1.0)
