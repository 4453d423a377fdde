import keras
import numpy as np
import pytest
from keras import ops
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.metrics import adjusted_rand_score

from xdsc.networks.architectures import temporal
from xdsc.networks.architectures.layers import Windows
from xdsc.networks.architectures.similarity import SIMILARITIES
from xdsc.networks.architectures.temporal import (
    TemporalAutoencoder,
    complete_linkage,
    squared_distances,
)
from xdsc.networks.architectures.temporal_layers import TemporalClustering, WindowConvolution
from xdsc.networks.engine.batches import predict

SHAPE = (3, 4, 2)
MASK = np.ones(SHAPE, bool)
MASK[0, :3, 1] = False


def block(n=20, seed=0):
    """Frames with a mean field, masked cells filled with a constant."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, *SHAPE)) + 3 * rng.normal(size=SHAPE)
    return np.where(MASK, values, 0.5).astype("float32")


def network(window=5, mask=MASK, **options):
    sizes = {"filters": 5, "pool_size": 2, "lstm_units": (4, 3), **options}
    return TemporalAutoencoder(mask, 3, window, **sizes)


def scaled(window=5, **options):
    """A network that knows the scales of `block`."""
    net = network(window, **options)
    net.set_variance(block(), MASK)
    net.set_scales(block(), MASK)
    return net


def outputs(net, values, *names):
    return predict(net, values, np.array([[0, len(values)]]), names, 8)


@pytest.mark.parametrize(
    ("window", "kernel_size"), [(1, 1), (1, 3), (2, 5), (5, 4), (8, 3), (3, 9)]
)
def test_a_convolution_of_windows_is_that_of_each_window(window, kernel_size):
    segment = np.random.default_rng(0).normal(size=(2, 4 + window - 1, 6)).astype("float32")
    layer = WindowConvolution(5, kernel_size, window)
    found = ops.convert_to_numpy(layer(segment))
    assert found.shape == layer.compute_output_shape(segment.shape) == (2, 4, window, 5)
    layer.bias.assign(np.arange(5.0))
    found = ops.convert_to_numpy(layer(segment)).reshape(-1, window, 5)
    cut = ops.convert_to_numpy(Windows(window)(segment)).reshape(-1, window, 6)
    each = keras.layers.Conv1D(5, kernel_size, padding="same")
    each.build(cut.shape)
    each.set_weights(layer.get_weights())
    np.testing.assert_allclose(found, ops.convert_to_numpy(each(cut)), rtol=1e-4, atol=1e-5)


def test_layers_come_back_from_their_configuration():
    for layer in (WindowConvolution(5, 3, 4), TemporalClustering(3, "correlation", 2.0)):
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_memberships_are_student_t_of_the_distances(similarity):
    rng = np.random.default_rng(0)
    latent, centres = rng.normal(size=(2, 7, 4, 3)), rng.normal(size=(3, 4, 3))
    layer = TemporalClustering(3, similarity, alpha=2.0)
    layer.build(latent.shape)
    layer.centres.assign(centres)
    layer.unit.assign(0.7)
    q = ops.convert_to_numpy(layer(latent.astype("float32")))
    flat = latent.reshape(-1, 4, 3).astype("float32")
    squared = squared_distances(flat, centres.astype("float32"), similarity) / 0.7**2
    expected = (1 + squared / 2.0) ** -1.5
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(q.reshape(-1, 3), expected, rtol=1e-4)


def test_the_euclidean_choice_is_the_euclidean_distance_of_embeddings():
    net = scaled()
    found = outputs(net, block(), "embedding", "membership")
    net.start(found["embedding"], None, 0)
    found = outputs(net, block(), "embedding", "membership")
    d = net.latent_shape[1]
    squared = ((found["embedding"][:, None] - net.centres) ** 2).sum(axis=2) / d
    expected = 1 / (1 + squared)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["membership"], expected, rtol=1e-4)


# Windows of less than a pool, of one, of several and of what is left of one.
@pytest.mark.parametrize(
    ("window", "pool_size"),
    [(1, 1), (5, 1), (1, 3), (2, 3), (5, 3), (7, 3), (7, 8), (8, 8)],
)
def test_any_window_goes_in_and_comes_out(window, pool_size):
    net = network(window, pool_size=pool_size)
    output = net(np.zeros((2, 4 + window - 1, *SHAPE), "float32"))
    n_steps = int(np.ceil(window / pool_size))
    assert output["embedding"].shape == (2, 4, 3 * n_steps)
    assert output["membership"].shape == (2, 4, 3)
    assert output["error"].shape == (2, 4)
    assert output["reconstruction"].shape == (2, 4, *SHAPE)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 1), (11, 13, 3)])
def test_any_grid_goes_in_and_comes_out(shape):
    net = network(3, mask=np.ones(shape, bool))
    assert net(np.zeros((2, 5, *shape), "float32"))["reconstruction"].shape == (2, 3, *shape)


def test_a_long_latent_sequence_is_a_loop():
    net = network(20, pool_size=1)
    assert net(block(20 + 3)[None])["embedding"].shape == (1, 4, 60)


def test_pooled_steps_go_back_where_they_came_from():
    """A window of 7 pooled by 3 is padded by one on each side; so is the pulse cut out again."""
    net = network(7, pool_size=3)
    decoder = keras.Sequential([keras.layers.Input((3, 1)), *net.decoder.layers[:2]])
    steps = ops.convert_to_numpy(decoder(np.array([[[1.0], [2.0], [3.0]]])))[0, :, 0]
    np.testing.assert_array_equal(steps, [1, 1, 2, 2, 2, 3, 3])
    pool = net.encoder.layers[1]
    pulse = np.zeros((1, 7, 1), "float32")
    for t, step in enumerate(steps):
        pulse[:] = 0
        pulse[0, t] = 1
        assert ops.convert_to_numpy(pool(pulse))[0, :, 0].argmax() == step - 1


def test_the_two_directions_begin_with_weights_of_their_own():
    layer = network().encoder.layers[2]
    forward, backward = layer.forward_layer.get_weights(), layer.backward_layer.get_weights()
    assert all((one != other).any() for one, other in zip(forward[:2], backward[:2], strict=True))


def test_seeds_make_the_weights():
    one, same, other = (network(seed=seed).encoder.get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_the_error_is_that_of_the_window_as_a_share_of_the_variance():
    values, net = block(), scaled(window=5)
    segment = values[None, :10]
    found = {name: ops.convert_to_numpy(value) for name, value in net(segment).items()}
    cells = ops.convert_to_numpy(net.standardise_cells(values[:10, MASK]))
    windows = np.stack([cells[i : i + 5] for i in range(6)])
    latent = found["embedding"].reshape(6, *net.latent_shape)
    decoded = ops.convert_to_numpy(net.decoder(latent))
    scale = np.sqrt(values[:, MASK].var(axis=0).mean())
    expected = (((windows - decoded) * scale) ** 2).mean(axis=(1, 2))
    expected /= values[:, MASK].var(axis=0).mean()
    np.testing.assert_allclose(found["error"][0], expected, rtol=1e-4)
    frames = ops.convert_to_numpy(net.standardise_cells.inverse(decoded[:, net.before]))
    np.testing.assert_allclose(found["reconstruction"][0][:, MASK], frames, rtol=1e-4, atol=1e-4)


def test_cells_are_centred_and_have_one_scale():
    values, net = block(), scaled()
    cells = ops.convert_to_numpy(net.standardise_cells(values[:, MASK]))
    np.testing.assert_allclose(cells.mean(axis=0), 0, atol=1e-5)
    assert cells.var(axis=0).mean() == pytest.approx(1, rel=1e-5)
    assert len(np.unique(net.standardise_cells.scale + 0.0)) == 1


def test_masked_cells_have_no_influence_and_hold_the_mean_of_their_variable():
    values, net = block(), scaled()
    other = np.where(MASK, values, np.random.default_rng(1).normal(size=values.shape))
    names = "embedding", "membership", "error", "reconstruction"
    one, two = outputs(net, values, *names), outputs(net, other.astype("float32"), *names)
    for name in names:
        np.testing.assert_array_equal(one[name], two[name])
    means = [values[:, MASK[..., v], v].mean() for v in range(2)]
    expected = np.broadcast_to(means, SHAPE)[~MASK]
    np.testing.assert_allclose(one["reconstruction"][3][~MASK], expected, rtol=1e-5)


def test_the_loss_is_reconstruction_and_divergence():
    values, net = block(), scaled(window=3, loss_weights=(0.5, 2.0))
    found = outputs(net, values, "embedding")
    net.start(found["embedding"], 3.0, 0)
    segment = values[None, :10]
    output = net(segment)
    p = np.random.default_rng(1).dirichlet([1, 1, 1], size=(1, 8)).astype("float32")
    weight = np.array([[1, 1, 1, 1, 1, 1, 0, 0]], "float32")
    loss = float(net.compute_loss(segment, p, output, weight))
    q, error = (ops.convert_to_numpy(output[name]) for name in ("membership", "error"))
    divergence = (p * np.log(p / q)).sum(axis=-1)
    assert loss == pytest.approx(0.5 * error[0, :6].mean() + 2 * divergence[0, :6].mean(), rel=1e-4)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_complete_linkage_is_that_of_scipy(similarity):
    latent = np.random.default_rng(0).normal(size=(24, 4, 3)).astype("float32")
    i, j = np.triu_indices(24, 1)  # as SciPy lists them
    squared = SIMILARITIES[similarity].squared_distance(latent[i], latent[j])
    pairs = np.sqrt(ops.convert_to_numpy(squared))
    expected = cut_tree(linkage(pairs, "complete"), 5)[:, 0]
    assert adjusted_rand_score(expected, complete_linkage(latent, 5, similarity)) == 1


def test_distances_do_not_depend_on_the_blocks(monkeypatch):
    latent = np.random.default_rng(0).normal(size=(23, 4, 3)).astype("float32")
    whole = squared_distances(latent, latent[:5], "correlation")
    monkeypatch.setattr(temporal, "_BLOCK_VALUES", 130)
    blocks = squared_distances(latent, latent[:5], "correlation")
    np.testing.assert_allclose(blocks, whole, rtol=1e-5, atol=1e-6)
    assert whole.shape == (23, 5)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_the_start_is_the_means_of_complete_linkage_and_a_unit(similarity):
    net = scaled(window=6, similarity=similarity)
    embedding = np.random.default_rng(0).normal(size=(50, 9)).astype("float32")
    net(block()[None])
    net.start(embedding, 2.0, 0)
    labels = complete_linkage(embedding.reshape(50, 3, 3), 3, similarity)
    means = np.stack([embedding[labels == k].mean(axis=0) for k in range(3)])
    np.testing.assert_allclose(net.centres, means, rtol=1e-5, atol=1e-6)
    distances = squared_distances(
        embedding.reshape(50, 3, 3), net.centres.reshape(3, 3, 3), similarity
    )
    unit = float(net.clustering.unit + 0.0)
    assert np.sqrt(distances.min(axis=1).mean()) / unit == pytest.approx(2, rel=1e-4)


def test_of_many_windows_a_seeded_sample_starts_the_centroids(monkeypatch):
    monkeypatch.setattr(temporal, "LINKAGE_SAMPLE", 30)
    net = scaled(window=6)
    net(block()[None])
    groups = np.repeat(np.eye(3, 9) * 9, 40, axis=0)
    embedding = (groups + np.random.default_rng(0).normal(size=(120, 9))).astype("float32")
    starts = []
    for seed in (0, 0, 1):
        net.start(embedding, None, seed)
        starts.append(net.centres)
    np.testing.assert_array_equal(starts[0], starts[1])
    assert (starts[0] != starts[2]).any()
    for centres in starts:
        nearest = np.linalg.norm(np.eye(3, 9)[:, None] * 9 - centres, axis=2).min(axis=1)
        assert nearest.max() < 2


def test_embeddings_without_spread_start_too():
    net = scaled(window=6)
    net(block()[None])
    net.start(np.ones((10, 9), "float32"), 3.0, 0)
    assert float(net.clustering.unit + 0.0) == 1
    assert np.isfinite(outputs(net, block(), "membership")["membership"]).all()


def test_a_network_without_variance_has_finite_outputs():
    net = network()
    values = np.ones_like(block())
    net.set_scales(values, MASK)
    found = outputs(net, values, "embedding", "reconstruction")
    assert all(np.isfinite(block).all() for block in found.values())
