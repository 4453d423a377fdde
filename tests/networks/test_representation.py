"""The losses and fakes of DTCR's network, against what the paper's formulas give in NumPy."""

import random
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from xdsc.networks import TrainingPlan
from xdsc.networks.architectures.representation import (
    TemporalRepresentation,
    default_dilations,
    shuffles,
)
from xdsc.networks.architectures.spectral import spectral_target
from xdsc.networks.engine.batches import predict
from xdsc.networks.engine.shared import network_holding, network_to_train
from xdsc.networks.engine.training import train
from xdsc.networks.engine.weights import weights_of

K, W = 3, 6
PLAN = TrainingPlan(
    pretrain_epochs=2,
    epochs=3,
    batch_size=32,
    optimizer="adam",
    learning_rate=1e-2,
    refresh_interval=1,
    tolerance=0.0,
    patience=100,
    displacement=0.0,
    separation=None,
)


def data(n=40, shape=(3, 4, 2)):
    """Noise that remembers, two runs, the last cells of the last variable masked."""
    values = np.random.default_rng(0).normal(size=(n, *shape)).cumsum(axis=0)
    mask = np.ones(shape, bool)
    mask[-1, :, -1] = False
    return (5.0 + values * mask).astype("float32"), mask, np.array([[0, 15], [15, n]])


def network(mask, seed=0, **options):
    options = {"units": (4, 3), "dilations": (1, 2), "frame_features": 5, **options}
    return TemporalRepresentation(mask, K, W, seed=seed, **options)


def embeddings(n=30, width=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)) @ rng.normal(size=(width, width)) + rng.normal(size=width)


def traces(h, f):
    """The paper's k-means loss; there H has a column for each window, here a row."""
    return np.trace(h @ h.T) - np.trace(f.T @ h @ h.T @ f)


def indicator(h):
    """The paper's F: the K leading left singular vectors of H."""
    return np.linalg.svd(h)[0][:, :K]


# --- k-means loss -------------------------------------------------------------------------------


def summed_distances(h, target):
    return (np.square(h - target[:, :-1]).sum(axis=1) * target[:, -1]).sum()


def test_the_k_means_loss_is_that_of_the_traces():
    h = embeddings()
    target = spectral_target(h, K)
    assert target.shape == (30, 7)
    expected = traces(h, indicator(h)) / h.var(axis=0).sum()
    assert expected > 0.01
    assert summed_distances(h, target) == pytest.approx(expected, rel=1e-4)


def test_its_gradient_is_that_of_the_traces_by_finite_differences():
    h = embeddings(n=12)
    target, f = spectral_target(h, K).astype("float64"), indicator(h)
    ours = 2.0 * (h - target[:, :-1])
    by_traces = np.empty_like(h)
    for i in np.ndindex(h.shape):
        step = np.zeros_like(h)
        step[i] = 1e-4
        by_traces[i] = (traces(h + step, f) - traces(h - step, f)) / 2e-4
    assert np.abs(by_traces).max() > 0.1
    np.testing.assert_allclose(ours, by_traces, atol=1e-4)


def test_k_lines_cost_nothing():
    rng = np.random.default_rng(0)
    h = np.repeat(rng.normal(size=(K, 8)), 10, axis=0)
    assert summed_distances(h, spectral_target(h, K)) == pytest.approx(0.0, abs=1e-8)


def test_it_is_a_lower_bound_of_what_k_means_gets():
    """Zha et al. 2001: the relaxation can only be better than any clustering."""
    from sklearn.cluster import KMeans

    h = embeddings(n=60)
    inertia = KMeans(K, n_init=20, random_state=0).fit(h).inertia_
    found = summed_distances(h, spectral_target(h, K)) * h.var(axis=0).sum()
    assert 0.1 * inertia < found < inertia


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_the_loss_has_no_unit(factor):
    """Embeddings that shrink as a whole gain nothing, and more frames cost no more on average."""
    h = embeddings()
    once = summed_distances(h, spectral_target(h, K)) / len(h)
    scaled = factor * np.repeat(h, 2, axis=0)
    again = summed_distances(scaled, spectral_target(scaled, K)) / len(scaled)
    assert again == pytest.approx(once, rel=1e-3)


def test_embeddings_that_are_all_the_same_are_no_problem():
    target = spectral_target(np.ones((5, 4)), K)
    assert np.isfinite(target).all()
    np.testing.assert_allclose(target[:, :-1], 1.0, rtol=1e-6)


# --- Fake windows -------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "moved"), [(8, 2), (8, 3), (5, 5), (2, 2)])
def test_a_fake_window_is_a_permutation_that_moves_the_stated_number(window, moved):
    noise = np.random.default_rng(0).uniform(size=(200, window)).astype("float32")
    matrices = np.asarray(shuffles(noise, moved))
    assert set(np.unique(matrices)) == {0.0, 1.0}
    assert (matrices.sum(axis=1) == 1).all()
    assert (matrices.sum(axis=2) == 1).all()
    stays = np.diagonal(matrices, axis1=1, axis2=2)
    assert (stays.sum(axis=1) == window - moved).all()
    # Every step is chosen as often as any other.
    assert np.abs((1 - stays).mean(axis=0) - moved / window).max() < 0.15


@pytest.mark.parametrize(
    ("window", "share", "moved"), [(6, 0.2, 2), (20, 0.2, 4), (8, 0.5, 4), (8, 1.0, 8), (8, 0.0, 2)]
)
def test_the_network_moves_the_stated_share(window, share, moved):
    mask = np.ones((1, 2, 1), bool)
    net = TemporalRepresentation(mask, K, window, (3,), (1,), 2, shuffled=share)
    windows = np.random.default_rng(0).normal(size=(50, window, 3)).astype("float32")
    fakes = np.asarray(net.fake(windows))
    assert ((fakes != windows).any(axis=2).sum(axis=1) == moved).all()
    np.testing.assert_allclose(np.sort(fakes, axis=1), np.sort(windows, axis=1))


def test_fakes_are_seeded_and_new_each_time():
    mask = np.ones((1, 2, 1), bool)
    windows = np.random.default_rng(0).normal(size=(20, W, 3)).astype("float32")
    nets = [network(mask, seed) for seed in (1, 1, 2)]
    first, same, other = (np.asarray(net.fake(windows)) for net in nets)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    assert (first != np.asarray(nets[0].fake(windows))).any()


def test_there_are_no_fakes_outside_training():
    values, mask, _ = data()
    net = network(mask)
    assert "classification" not in net(values[None, : W + 1])
    before = np.asarray(net.fakes.state.value + 0)
    net(values[None, : W + 1], training=False)
    np.testing.assert_array_equal(np.asarray(net.fakes.state.value + 0), before)
    assert net(values[None, : W + 1], training=True)["classification"].shape == (1, 2)


# --- Losses of the network ----------------------------------------------------------------------


def cross_entropy(net, latent, name):
    """NumPy's, of a two-layer softmax classifier."""
    hidden, last = ([np.asarray(w + 0.0) for w in layer.weights] for layer in net.classifier)
    scores = np.maximum(latent @ hidden[0] + hidden[1], 0) @ last[0] + last[1]
    odds = np.exp(scores)
    return -np.log(odds[:, name] / odds.sum(axis=1))


def test_the_classification_loss_is_the_cross_entropy():
    net = network(np.ones((1, 2, 1), bool))
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 9, 14)).astype("float32")
    expected = (cross_entropy(net, real, 0) + cross_entropy(net, fake, 1)) / 2
    assert expected.std() > 0.01
    np.testing.assert_allclose(
        np.asarray(net.classification_error(real, fake)), expected, rtol=1e-4
    )


def test_the_loss_is_the_weighted_sum_of_the_three():
    values, mask, _ = data()
    net = network(mask, loss_weights=(0.5, 2.0, 3.0))
    segments = np.stack([values[:8], values[8:16]])  # 2 segments of 3 windows
    predicted = net(segments, training=True)
    h, error, classification = (
        np.asarray(predicted[name]) for name in ("embedding", "error", "classification")
    )
    target = np.random.default_rng(1).normal(size=(2, 3, 15)).astype("float32")
    real = np.array([[1, 1, 1], [1, 0, 0]], "float32")
    loss = net.compute_loss(segments, target, predicted, real)
    clustering = np.square(h - target[..., :-1]).sum(axis=-1) * target[..., -1]
    terms = [(term * real).sum() / 4 for term in (error, classification, clustering)]
    assert float(loss) == pytest.approx(np.dot([0.5, 2.0, 3.0], terms), rel=1e-4)
    names = ["reconstruction_loss", "classification_loss", "clustering_loss"]
    assert list(net.trackers) == ["loss", *names]
    assert [float(net.trackers[name].result()) for name in names] == pytest.approx(terms, rel=1e-4)


def test_before_the_first_refresh_nothing_is_drawn_anywhere():
    values, mask, _ = data()
    net = network(mask)
    predicted = net(values[None, : W + 1], training=True)
    target = np.zeros((1, 2, net.target_width), "float32")
    net.compute_loss(None, target, predicted, np.ones((1, 2), "float32"))
    assert np.abs(np.asarray(predicted["embedding"])).max() > 0.01
    assert float(net.trackers["clustering_loss"].result()) == 0.0


def test_the_error_is_that_of_all_frames_of_the_window():
    """The shortcut over products equals the squares, cell by cell; masked cells do not count."""
    values, mask, _ = data()
    net = network(mask)
    net.set_variance(values, mask)
    net.set_scales(values, mask)
    segment = values[None, :8]  # 3 windows of 6
    decoded = net.to_features(net.decoder(np.asarray(net(segment)["embedding"])[0]))
    frames = np.asarray(net.frame(decoded))  # (3 windows, 6 frames, H, L, V)
    squares = [(values[i : i + W] - frames[i])[:, mask] ** 2 for i in range(3)]
    expected = np.mean(squares, axis=(1, 2)) / values[:, mask].var(axis=0).mean()
    found = net(segment)
    np.testing.assert_allclose(np.asarray(found["error"])[0], expected, rtol=1e-4)
    # Each window's own frame is the one in its centre.
    own = frames[:, net.before]
    np.testing.assert_allclose(np.asarray(found["reconstruction"])[0], own, rtol=1e-5)


def test_masked_cells_have_no_influence_and_are_given_their_mean():
    values, mask, runs = data()
    noise = np.random.default_rng(5).normal(size=values.shape).astype("float32")
    outputs = ("embedding", "error", "reconstruction")
    results = []
    for held in (values, np.where(mask, values, noise)):
        with network_to_train("one that is asked", partial(network, mask), 0) as net:
            net.set_variance(held, mask)
            net.set_scales(held, mask)
            results.append(predict(net, held, runs, outputs, 32))
    for name in outputs:
        np.testing.assert_array_equal(results[0][name], results[1][name])
    mean = values[..., 1][:, mask[..., 1]].mean()
    np.testing.assert_allclose(results[0]["reconstruction"][:, ~mask], mean, rtol=1e-5)
    assert results[0]["reconstruction"].shape == values.shape


# --- Training -----------------------------------------------------------------------------------


def trained(seed=0, plan=PLAN, kind="one that is traced once"):
    """A training; what it has found is put into the network again by `asked`."""
    values, mask, runs = data()
    make = partial(network, mask)
    with network_to_train(kind, make, seed) as net:
        outcome = train(net, values, mask, runs, plan, seed, lambda phase: None)
    asked = partial(network_holding, kind, make, weights_of(net))
    return SimpleNamespace(asked=asked, **vars(outcome))


@pytest.fixture(scope="module")
def result():
    return trained(plan=replace(PLAN, pretrain_epochs=5, epochs=10))


def test_every_loss_has_its_curve_and_the_network_learns(result):
    history = result.history
    joint = np.array(history["phase"]) == "joint"
    for name in ("reconstruction_loss", "classification_loss", "clustering_loss"):
        assert len(history[name]) == 16
    curves = {name: np.array(history[name], "float64") for name in history if name != "phase"}
    assert curves["reconstruction_loss"][-1] < 0.8 * curves["reconstruction_loss"][1]
    assert np.isfinite(curves["classification_loss"][1:]).all()
    assert np.isnan(curves["clustering_loss"][~joint]).all()
    assert curves["clustering_loss"][-1] < curves["clustering_loss"][joint][0]


def test_labels_are_the_nearest_centres_of_the_final_embeddings(result):
    values, _, runs = data()
    network = result.asked()
    again = predict(network, values, runs, ("embedding",), 32)["embedding"]
    np.testing.assert_array_equal(again, result.outputs["embedding"])
    distance = np.linalg.norm(again[:, None] - network.centres, axis=2)
    np.testing.assert_array_equal(result.labels, distance.argmin(axis=1))
    for k in range(K):  # what k-means ends at
        np.testing.assert_allclose(
            network.centres[k], again[result.labels == k].mean(axis=0), atol=1e-4
        )


def test_clusters_keep_their_numbers_from_refresh_to_refresh():
    h = np.repeat(10.0 * np.eye(K, 14), 10, axis=0).astype("float32")
    net = network(np.ones((1, 2, 1), bool))
    net.start(h, None, seed=0)
    first, _ = net.refresh({"embedding": h}, seed=0)
    assert len(set(first)) == K
    moved = h + np.random.default_rng(0).normal(size=h.shape).astype("float32")
    for seed in range(5):
        np.testing.assert_array_equal(net.refresh({"embedding": moved}, seed)[0], first)


def test_windows_do_not_cross_gaps():
    values, mask, runs = data()
    net = network(mask)
    other = values.copy()
    other[15:] += 1.0
    first, second = (
        predict(net, v, runs, ("embedding",), 32)["embedding"] for v in (values, other)
    )
    np.testing.assert_array_equal(first[:15], second[:15])
    assert (first[15:] != second[15:]).any(axis=1).all()


def test_same_seed_same_training_and_global_random_state_is_left_alone():
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002 (what must not change)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    plan = replace(PLAN, pretrain_epochs=0, epochs=2)
    first = trained(seed=4, plan=plan)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    random.seed(99)
    keras.utils.set_random_seed(99)
    second = trained(seed=4, plan=plan)
    np.testing.assert_array_equal(first.outputs["embedding"], second.outputs["embedding"])
    assert first.history["classification_loss"][1:] == second.history["classification_loss"][1:]


@pytest.mark.parametrize(
    ("layers", "window", "dilations"),
    [
        (3, 8, (1, 2, 4)),
        (3, 64, (1, 2, 4)),
        (4, 8, (1, 2, 4, 4)),
        (3, 3, (1, 1, 1)),
        (2, 2, (1, 1)),
    ],
)
def test_default_dilations_fit_the_window(layers, window, dilations):
    assert default_dilations(layers, window) == dilations
