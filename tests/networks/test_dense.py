import random
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from xdsc.networks import TrainingOutcome, TrainingPlan
from xdsc.networks.architectures.dense import DenseAutoencoder
from xdsc.networks.engine.shared import network_to_train
from xdsc.networks.engine.training import train

K = 2
HIDDEN = (6, 5)
PLAN = TrainingPlan(
    pretrain_epochs=30,
    epochs=4,
    batch_size=8,
    optimizer="adam",
    learning_rate=3e-3,
    refresh_interval=1,
    tolerance=0.0,
    patience=100,
    displacement=0.0,
    separation=3.0,
)


def two_regimes(n=24, shape=(3, 4, 2)):
    """Frames of two patterns with noise, some cells of both variables masked."""
    rng = np.random.default_rng(0)
    pattern = rng.normal(size=(2, *shape))
    mask = np.ones(shape, bool)
    mask[1, 1:3] = False
    mask[-1, :, -1] = False
    values = (pattern[np.arange(n) // 6 % 2] + 0.3 * rng.normal(size=(n, *shape))) * mask
    return values.astype("float32"), mask


def network(mask, seed=0, **options):
    options = {"layer_epochs": 20, **options}
    return DenseAutoencoder(mask, K, HIDDEN, 3, seed=seed, **options)


def scaled(values, mask, **options):
    """A network that has seen the frames, but has not learnt from them."""
    net = network(mask, **options)
    net.set_variance(values, mask)
    net.set_scales(values, mask)
    net(values[:, None])
    return net


def dense(layer, x, activation):
    kernel, bias = layer.get_weights()
    return activation(x @ kernel + bias)


def relu(x):
    return np.maximum(x, 0)


def linear(x):
    return x


def normalised(values, mask):
    """Cells (N, d) about their variable's mean, with a mean square of 1."""
    means = [values[..., v][:, mask[..., v]].mean() for v in range(mask.shape[-1])]
    cells = (values - means)[:, mask]
    return cells / np.sqrt(np.mean(cells**2))


@pytest.fixture
def frames():
    return two_regimes()


def trained(values, mask, seed=0, watch=None):
    make = partial(network, mask)
    with (
        network_to_train("that of these tests", make, seed) as net,
        pytest.MonkeyPatch.context() as patch,
    ):
        if watch is not None:
            patch.setattr(net, "fit", watch(net))
        runs = np.array([[0, len(values)]])
        return train(net, values, mask, runs, PLAN, seed, lambda phase: None)


@dataclass
class Run:
    result: TrainingOutcome
    moved: dict[str, set[str]]  # names of the layers whose weights a phase changed
    states: list[tuple]  # of the global generators, before and after


def global_state():
    state = np.random.get_state()  # noqa: NPY002 (what must not change)
    return random.getstate(), state[1].tolist(), state[2:]


@pytest.fixture(scope="module")
def run():
    """One training, watched: each phase has Keras compile the network anew, which takes seconds."""
    moved = {}

    def watch(net):
        fit, layers = net.fit, (*net.encoders, *net.decoders, net.clustering)

        def watched(batches, **options):
            before = [layer.get_weights() for layer in layers]
            fit(batches, **options)
            moved[options["callbacks"][-1].phase] = {
                layer.name
                for layer, old in zip(layers, before, strict=True)
                if not all(map(np.array_equal, old, layer.get_weights()))
            }

        return watched

    states = [global_state()]
    result = trained(*two_regimes(), watch=watch)
    return Run(result, moved, [*states, global_state()])


def test_the_network_is_that_of_the_paper(frames):
    """ReLUs but for the bottleneck and the output, which have both signs."""
    values, mask = frames
    net = scaled(values, mask)
    x = normalised(values, mask)
    for encoder, activation in zip(net.encoders, (relu, relu, linear), strict=True):
        x = dense(encoder, x, activation)
    output = {name: np.asarray(value)[:, 0] for name, value in net(values[:, None]).items()}
    np.testing.assert_allclose(output["embedding"], x, rtol=1e-4, atol=1e-5)
    for decoder, activation in zip(net.decoders[::-1], (relu, relu, linear), strict=True):
        x = dense(decoder, x, activation)
    left = np.mean((normalised(values, mask) - x) ** 2, axis=1)
    cells = values[:, mask]
    centred = values - np.where(mask, values, np.nan).mean((0, 1, 2), where=mask)
    share = np.mean(centred[:, mask] ** 2) / cells.var(axis=0).mean()
    np.testing.assert_allclose(output["error"], left * share, rtol=1e-4)
    restored = output["reconstruction"]
    direct = np.mean((values - restored)[:, mask] ** 2, axis=1) / cells.var(axis=0).mean()
    np.testing.assert_allclose(output["error"], direct, rtol=1e-4)
    assert [layer.units for layer in net.encoders] == [6, 5, 3]
    assert [layer.units for layer in net.decoders] == [mask.sum(), 6, 5]


def test_inputs_have_a_mean_square_of_one(frames):
    values, mask = frames
    net = scaled(values, mask)
    cells = np.asarray(net.normalise(values))[:, mask]
    np.testing.assert_allclose(cells, normalised(values, mask), rtol=1e-4, atol=1e-5)
    assert np.mean(cells**2) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("pair", [0, 1, 2])
def test_a_layer_restores_the_output_of_the_layers_before_it(frames, pair):
    values, mask = frames
    net = scaled(values, mask)
    target = normalised(values, mask)
    for encoder in net.encoders[:pair]:
        target = dense(encoder, target, relu)
    code = dense(net.encoders[pair], target, linear if pair == 2 else relu)
    restored = dense(net.decoders[pair], code, relu if pair else linear)
    squared = np.mean((target - restored) ** 2, axis=1)
    net.pair = pair
    error = np.asarray(net(values[:, None], training=False)["error"])[:, 0]
    if pair == 0:  # in units of the data
        spread = float(net.normalise.scale[0]) ** 2
        expected = squared * spread / values[:, mask].var(axis=0).mean()
    else:
        expected = squared / np.mean(target**2)
    np.testing.assert_allclose(error, expected, rtol=1e-4)


def test_corruption_drops_one_in_five_and_the_target_is_whole(frames):
    """Of an identity pair, the expected error is that of dropout alone, worked out by hand."""
    values, mask = frames
    d = int(mask.sum())
    net = DenseAutoencoder(mask, K, (2 * d,), 3, corruption=0.2)
    net.set_variance(values, mask)
    net.set_scales(values, mask)
    net(values[:, None])
    # x = relu(x) - relu(-x): a hidden layer of twice the width passes everything on.
    identity = np.eye(d, dtype="float32")
    net.encoders[0].set_weights([np.hstack([identity, -identity]), np.zeros(2 * d, "float32")])
    net.decoders[0].set_weights([np.vstack([identity, -identity]), np.zeros(d, "float32")])
    net.pair = 0
    many = np.repeat(values[:, None], 200, axis=0)
    clean = np.asarray(net(many, training=False)["error"])
    np.testing.assert_allclose(clean, 0, atol=1e-10)
    # A cell survives both dropouts with 0.8², and is then x / 0.8², else 0.
    kept = 0.8**2
    factor = kept * (1 / kept - 1) ** 2 + (1 - kept)
    share = float(net.normalise.scale[0]) ** 2 / values[:, mask].var(axis=0).mean()
    error = np.asarray(net(many, training=True)["error"]).mean()
    assert error == pytest.approx(factor * share, rel=0.02)
    net.pair = None
    assert (np.asarray(net(many, training=True)["error"])[:24] >= 0).all()
    whole = [np.asarray(net(many, training=t)["error"]) for t in (True, False)]
    np.testing.assert_array_equal(*whole)  # fine-tuning corrupts nothing


def test_the_joint_loss_is_the_divergence_of_target_and_memberships_alone(frames):
    values, mask = frames
    net = scaled(values, mask)
    net.start(np.asarray(net(values[:, None])["embedding"])[:, 0], 3.0, 0)
    output = net(values[:, None])
    embedding = np.asarray(output["embedding"])[:, 0].astype("f8")
    squared = ((embedding[:, None] - net.centres) ** 2).sum(axis=-1)
    q = 1 / (1 + squared)
    q /= q.sum(axis=1, keepdims=True)
    p = np.random.default_rng(1).dirichlet(np.ones(K), size=len(values))
    weight = (np.arange(len(values)) < 20).astype("float32")
    loss = net.compute_loss(values[:, None], p[:, None].astype("float32"), output, weight[:, None])
    assert float(loss) == pytest.approx((p * np.log(p / q)).sum(axis=1)[:20].mean(), rel=1e-4)
    tracked = float(net.trackers["reconstruction_loss"].result())
    assert tracked == pytest.approx(np.asarray(output["error"])[:20].mean(), rel=1e-5)


def test_masked_cells_have_no_influence_and_the_same_seed_gives_the_same(frames, run):
    values, mask = frames
    holes = np.where(mask, values, np.float32(np.nan))
    other = trained(holes, mask)
    np.testing.assert_array_equal(other.outputs["membership"], run.result.outputs["membership"])
    assert other.history["reconstruction_loss"] == run.result.history["reconstruction_loss"]


def test_another_seed_begins_elsewhere(frames):
    values, mask = frames
    kernels = [scaled(values, mask, seed=seed).encoders[0].get_weights()[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).all()


def test_masked_cells_are_restored_to_their_mean(frames):
    values, mask = frames
    restored = np.asarray(scaled(values, mask)(values[:, None])["reconstruction"])[:, 0]
    means = [values[..., v][:, mask[..., v]].mean() for v in range(2)]
    expected = np.broadcast_to(means, restored.shape)[:, ~mask]
    np.testing.assert_allclose(restored[:, ~mask], expected, atol=1e-6)


def test_the_phases_are_in_the_history(run):
    layers = [f"layer {i}" for i in (1, 2, 3) for _ in range(20)]
    history = run.result.history
    assert history["phase"] == ["untrained", *layers, *30 * ["pretrain"], *4 * ["joint"]]
    assert np.isfinite(history["reconstruction_loss"]).all()
    joint = np.array(history["phase"]) == "joint"
    assert (np.isfinite(history["clustering_loss"]) == joint).all()
    assert (np.array(history["clustering_loss"])[joint] > 0).all()


def test_without_layer_epochs_the_whole_is_pretrained_at_once(frames):
    phases = []
    scaled(*frames, layer_epochs=0).pretrain(lambda *phase: phases.append(phase), 3)
    assert phases == [("pretrain", 3)]


def test_each_phase_trains_its_layers_and_no_other(run):
    encoders = {"encoder_1", "encoder_2", "encoder_3"}
    assert run.moved == {
        "layer 1": {"encoder_1", "decoder_1"},
        "layer 2": {"encoder_2", "decoder_2"},
        "layer 3": {"encoder_3", "decoder_3"},
        "pretrain": encoders | {"decoder_1", "decoder_2", "decoder_3"},
        "joint": encoders | {"clustering"},
    }


def test_pretraining_lowers_the_error(run):
    phase = np.array(run.result.history["phase"])
    error = np.array(run.result.history["reconstruction_loss"])
    for name in ("layer 1", "layer 2", "layer 3", "pretrain"):
        assert error[phase == name][-1] < error[phase == name][0]
    assert error[phase == "pretrain"][-1] < 0.6 < error[0]


def test_global_random_state_is_left_alone(run):
    before, after = run.states
    assert before == after
