from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from xdsc.frames import Frames
from xdsc.methods.regime_starts import eofs_of
from xdsc.networks import Beginning, TrainingPlan, held_out, network_size
from xdsc.networks.architectures.autoencoder import CNNLSTMAutoencoder
from xdsc.networks.engine import callbacks, step
from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.shared import network_holding, network_to_train
from xdsc.networks.engine.training import train
from xdsc.networks.engine.weights import begin_anew, weights_of

TINY = network_size({"filters": (4, 4), "lstm_units": (4,), "latent_dim": 3})
PLAN = TrainingPlan(
    pretrain_epochs=3,
    epochs=4,
    batch_size=8,
    optimizer="adam",
    learning_rate=3e-3,
    refresh_interval=1,
    tolerance=0.0,
    patience=100,
    displacement=0.1,
    separation=3.0,
)


def two_regimes(n=24, shape=(5, 7, 2)):
    """Frames of two patterns with noise, the last cells of the last variable masked."""
    rng = np.random.default_rng(0)
    pattern = rng.normal(size=(2, *shape))
    truth = np.arange(n) // 6 % 2
    mask = np.ones(shape, bool)
    mask[-1, :, -1] = False
    values = (pattern[truth] + 0.3 * rng.normal(size=(n, *shape))) * mask
    return values.astype("float32"), mask, truth


def network(mask, window=1, seed=0, weights=(1.0, 1.0)):
    return CNNLSTMAutoencoder(mask, 2, window, TINY, loss_weights=weights, seed=seed)


def trained(plan=PLAN, window=1, seed=0, weights_seed=0, kind="one that is traced already"):
    """A training; `network` holds what it has found until the next one of its kind begins.

    What it has found is put into it again by `asked`.
    """
    values, mask, _ = two_regimes()
    runs = np.array([[0, len(values)]])
    kind, make = f"{kind} {window}", partial(network, mask, window)
    with network_to_train(kind, make, weights_seed) as net:
        outcome = train(net, values, mask, runs, plan, seed, lambda phase: None)
    asked = partial(network_holding, kind, make, weights_of(net))
    return SimpleNamespace(network=net, asked=asked, **vars(outcome))


@pytest.fixture(scope="module", params=[1, 3])
def result(request):
    return trained(window=request.param)


def test_training_moves(result):
    history = result.history
    assert history["phase"] == ["untrained"] + 3 * ["pretrain"] + 4 * ["joint"]
    assert history["reconstruction_loss"][-1] < history["reconstruction_loss"][0]
    joint = np.array(history["clustering_loss"][4:])
    assert (joint > 0).all()
    assert np.isfinite(history["label_change"][5:]).all()


def test_what_is_returned_comes_from_the_final_weights(result):
    values, _, _ = two_regimes()
    runs = np.array([[0, len(values)]])
    again = predict(result.asked(), values, runs, ("membership", "embedding"), 8)
    np.testing.assert_array_equal(again["membership"], result.outputs["membership"])
    np.testing.assert_array_equal(again["embedding"], result.outputs["embedding"])
    np.testing.assert_allclose(result.outputs["membership"].sum(axis=1), 1, rtol=1e-5)


def test_same_seed_same_training():
    first, second = trained(seed=1), trained(seed=1)
    np.testing.assert_array_equal(first.outputs["membership"], second.outputs["membership"])
    assert first.history["reconstruction_loss"] == second.history["reconstruction_loss"]


def test_phases_and_starts_share_one_traced_step(monkeypatch):
    """A network that begins anew gives the bits of a fresh one, and no step is traced again.

    Nor is another optimizer made, of which TensorFlow would keep a megabyte for good.
    """
    call, asked = CNNLSTMAutoencoder.call, []

    def counted(self, segment, training=None):
        asked.append(training)
        return call(self, segment, training=training)

    expected = trained(seed=1, weights_seed=5)
    monkeypatch.setattr(CNNLSTMAutoencoder, "call", counted)
    first = trained(seed=0, kind="one that counts")
    assert asked.count(True) == 1
    values, mask, _ = two_regimes()
    begin_anew(first.network, network(mask, seed=5))
    monkeypatch.delattr(step, "_optimizer")
    runs = np.array([[0, len(values)]])
    second = train(first.network, values, mask, runs, PLAN, 1, lambda phase: None)
    assert asked.count(True) == 1
    np.testing.assert_array_equal(second.outputs["membership"], expected.outputs["membership"])
    assert second.history["reconstruction_loss"] == expected.history["reconstruction_loss"]


def test_training_stops_after_quiet_refreshes():
    plan = replace(PLAN, epochs=50, tolerance=1.0, patience=2)
    assert trained(plan).history["phase"].count("joint") == 3


def test_the_k_means_start_gives_distances_of_the_asked_size():
    result = trained(replace(PLAN, epochs=0, separation=2.0))
    centres = np.asarray(result.network.clustering.centres)
    squared = ((result.outputs["embedding"][:, None] - centres) ** 2).sum(axis=-1).min(axis=1)
    assert np.sqrt(squared.mean()) == pytest.approx(2.0, rel=1e-3)


def test_masked_cells_have_no_part_in_loss_or_scales():
    values, mask, _ = two_regimes()
    runs = np.array([[0, len(values)]])
    net = network(mask)
    net.set_variance(values, mask)
    net.set_scales(values, mask)
    error = predict(net, values, runs, ("error", "reconstruction"), 8)
    expected = ((values - error["reconstruction"])[:, mask] ** 2).mean(axis=1)
    expected /= values[:, mask].var(axis=0).mean()
    np.testing.assert_allclose(error["error"], expected, rtol=1e-4)
    np.testing.assert_allclose(
        np.asarray(net.normalise.shift),
        [values[..., v][:, mask[..., v]].mean() for v in range(2)],
        atol=1e-6,
    )


def test_loss_is_equation_7():
    values, mask, _ = two_regimes(n=8)
    net = network(mask, weights=(0.5, 2.0))
    output = {k: np.asarray(v) for k, v in net(values[:, None]).items()}
    p = np.random.default_rng(1).dirichlet([1, 1], size=(8, 1)).astype("float32")
    weight = np.array([1, 1, 1, 1, 1, 1, 0, 0], "float32")[:, None]
    loss = net.compute_loss(values[:, None], p, net(values[:, None]), weight)
    q, squared = output["membership"], values[:, None] - output["reconstruction"]
    reconstruction = (squared[..., mask] ** 2).mean(axis=-1)[:6].mean()
    divergence = (p * np.log(p / q)).sum(axis=-1)[:6].mean()
    assert float(loss) == pytest.approx(0.5 * reconstruction + 2 * divergence, rel=1e-4)


def test_displaced_frames_are_shifted_frames_and_masked_cells_stay():
    values, mask, _ = two_regimes(n=4, shape=(9, 9, 2))
    batches = TrainingBatches(values, np.array([[0, 4]]), 1, 4, 2, 0.2, mask, seed=0)
    frames, _, weight = batches[0]
    assert weight.sum() == 4
    assert (frames[..., ~mask] == 0).all()
    originals = values[batches.segments.frames[:4, 0]]
    inner = slice(2, -3)
    for frame, original in zip(frames[:, 0, :, :, 0], originals[..., 0], strict=True):
        shifts = [
            np.allclose(frame[inner, inner], np.roll(original, (dy, dx), (0, 1))[inner, inner])
            for dy in range(-2, 3)
            for dx in range(-2, 3)
        ]
        assert sum(shifts) == 1


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *(("compact", s) for s in [(1, 1, 1), (2, 3, 1), (11, 13, 3), (17, 20, 2), (16, 16, 1)]),
        *(("paper", s) for s in [(1, 1, 1), (17, 20, 2)]),  # deeper: at the ends of what may come
    ],
)
def test_any_grid_goes_in_and_comes_out(shape, name):
    size = (
        network_size(name)
        if name == "compact"
        else network_size(
            {"filters": ((3, 3), (3,), (3,), (3,)), "lstm_units": (3, 3), "dropout": 0.1}
        )
    )
    net = CNNLSTMAutoencoder(np.ones(shape, bool), 2, 3, size)
    output = net(np.zeros((2, 5, *shape), "float32"))
    assert output["reconstruction"].shape == (2, 3, *shape)
    assert output["embedding"].shape == (2, 3, size.latent_dim)


def test_the_paper_size_has_the_paper_widths():
    size = network_size("paper")
    assert size.filters == ((64, 64), (128,), (256,), (512,))
    assert size.lstm_units == (512, 512)
    assert size.latent_dim == 256


def test_global_random_state_is_left_alone():
    import random

    np.random.seed(3)  # noqa: NPY002 (what must not change)
    random.seed(3)
    numpy_before, python_before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    trained()
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002
    assert random.getstate() == python_before


@pytest.fixture(scope="module")
def anchored():
    """An anchored network that was drawn to labels which EOFs tell apart, but for two frames."""
    values, mask, truth = two_regimes(64)
    runs, labels = np.array([[0, 64]]), truth.copy()
    labels[:2] = 1 - labels[:2]
    eofs = eofs_of(Frames.from_block(values, np.zeros(64, int), ["a", "b"]), 3)
    net = CNNLSTMAutoencoder(mask, 2, 3, TINY, anchored=True)
    begun = Beginning(labels, (eofs.mean, eofs.basis, eofs.unit, eofs.scores.std(axis=0)))
    plan = replace(PLAN, pretrain_epochs=0, epochs=6, patience=3, target="start")
    outcome = train(net, values, mask, runs, plan, 0, lambda phase: None, beginning=begun)
    return SimpleNamespace(
        network=net, values=values, runs=runs, begun=labels, truth=truth, **vars(outcome)
    )


def test_frames_held_out_are_told_by_an_anchor(anchored):
    history, held = anchored.history, held_out(64)
    agreement = np.array(history["held_out_agreement"])
    assert np.isnan(agreement[0])
    # Told apart before the first epoch, which nothing can do better: three quiet looks follow.
    assert agreement[1] == 1
    assert history["phase"] == ["untrained", *4 * ["joint"]]
    assert (anchored.labels == anchored.begun)[held].all()
    assert anchored.loss == 0
    np.testing.assert_array_equal(anchored.labels, anchored.truth)


#: Memberships of the right cluster of frames held out, look by look, and of the other frames at
#: first; which look is kept, and whether the first one ends the training.
LOOKS = {
    "most frames": ([[0.9, 0.4, 0.4], [0.6, 0.6, 0.4], [0.9, 0.4, 0.4]], 0.6, 1, False),
    "sharper of equals": ([[0.6, 0.6, 0.4], [0.9, 0.9, 0.4], [0.8, 0.8, 0.4]], 0.6, 1, False),
    "sharper, but for one frame": ([[0.6] * 8, [0.9] * 7 + [0.4], [0.6] * 8], 0.4, 1, False),
    "sharper, but for two": ([[0.6] * 4, [0.9] * 3 + [0.4], [0.6] * 4], 0.4, 0, False),
    "all told": ([[0.6, 0.6, 0.6], [0.9, 0.9, 0.9]], 0.6, 0, True),
    "others not told": ([[0.6, 0.6, 0.6], [0.9, 0.9, 0.9]], 0.4, 1, False),
}


@pytest.mark.parametrize("name", LOOKS)
def test_the_weights_kept_are_those_that_label_frames_held_out_best(name, monkeypatch):
    looks, others, best, ends = LOOKS[name]
    held = held_out(64)
    assert held.sum() == 8
    q = np.full((len(looks), 64), others)
    q[:, held] = np.resize(np.array(looks).T, (8, len(looks))).T
    told = [{"membership": np.stack([right, 1 - right], axis=1)} for right in q]
    network = mock.Mock(labels=lambda found: found["membership"].argmax(axis=1))
    batches = SimpleNamespace(target=np.zeros((64, 2)), values=None, runs=None)
    plan = replace(PLAN, patience=3, target="start")
    refresh = callbacks.HeldOut(batches, plan, 0, np.zeros(64, int))
    refresh.set_model(network)
    mean, means = 0.0, []
    for look, found in enumerate(told):
        # What the optimizer has made of the one weight; its mean is asked, and it goes on as it is.
        weight = np.array(100.0 * look)
        mean += 0.25 * (weight - mean)
        means.append([mean])
        network.get_weights.return_value = [weight]
        monkeypatch.setattr(callbacks, "predict", lambda *_, found=found, **__: found)
        refresh.on_epoch_begin(look)
        assert network.set_weights.call_args_list[-2:] == [
            mock.call(means[-1]),
            mock.call([weight]),
        ]
        if not look:
            assert refresh.is_settled == ends
    loss = refresh.finish(network, 0.0)
    assert network.set_weights.call_args == mock.call(means[best])
    assert loss == (q[best, held] < 0.5).mean()


def test_looks_count_once_the_network_has_begun_to_tell_labels_apart(monkeypatch):
    labels = np.arange(64) // 8 % 2
    held = held_out(64)
    given = labels[held]
    network = mock.Mock(labels=lambda found: found["membership"].argmax(axis=1))
    network.get_weights.return_value = [np.array(0.0)]
    batches = SimpleNamespace(target=np.zeros((64, 2)), values=None, runs=None)
    plan = replace(PLAN, patience=3, target="start")
    refresh = callbacks.HeldOut(batches, plan, 0, labels)
    refresh.set_model(network)
    assert refresh.begun == 0.75

    def look(right):
        """All frames held out but so many have a wrong label."""
        q = np.full((64, 2), 0.5)
        told = np.where(np.arange(len(given)) < right, given, 1 - given)
        q[held] = np.eye(2)[told] * 0.2 + 0.4
        monkeypatch.setattr(callbacks, "predict", lambda *_, **__: {"membership": q})
        refresh.on_epoch_begin(0)
        return refresh.quiet

    assert [look(right) for right in (4, 4, 4, 5, 5, 5, 5, 4)] == 8 * [0]
    assert [look(right) for right in (6, 6, 5, 6)] == [0, 1, 2, 3]
    assert refresh.is_settled


def test_an_anchored_embedding_is_scores_and_a_component_for_each_regime(anchored):
    assert anchored.outputs["embedding"].shape == (64, TINY.latent_dim + 2)
    centres = anchored.network.centres[:, -2:]
    np.testing.assert_allclose(centres, PLAN.separation * np.eye(2), atol=0.5)


def test_frames_that_are_asked_alone_are_told_the_same(anchored):
    only = held_out(64)
    given = (anchored.values, anchored.runs, ("embedding",), 8)
    whole = predict(anchored.network, *given)["embedding"]
    some = predict(anchored.network, *given, only=only)["embedding"]
    np.testing.assert_allclose(some[only], whole[only], atol=1e-6)
