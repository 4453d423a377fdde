import keras
import numpy as np
import pytest

from xdsc.networks.architectures.layers import Affine, StudentTClustering, Windows
from xdsc.networks.architectures.targets import target_distribution
from xdsc.networks.architectures.upsampling import UpsampledConv2D

RNG = np.random.default_rng(0)


def student_t(embedding, centres, alpha):
    """Eq. 3, written out."""
    squared = ((embedding[:, None] - centres[None]) ** 2).sum(axis=-1)
    kernel = (1 + squared / alpha) ** (-(alpha + 1) / 2)
    return kernel / kernel.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("alpha", [1.0, 0.5, 5.0])
def test_memberships_are_equation_3(alpha):
    layer = StudentTClustering(3, alpha)
    embedding = RNG.normal(size=(10, 4)).astype("float32")
    layer.build((None, 4))
    centres = RNG.normal(size=(3, 4))
    layer.centres.assign(centres)
    q = np.asarray(layer(embedding))
    np.testing.assert_allclose(q, student_t(embedding, centres, alpha), rtol=1e-5)
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)


def test_memberships_of_a_frame_far_from_every_centre_are_finite():
    layer = StudentTClustering(2)
    layer.build((None, 3))
    assert np.isfinite(np.asarray(layer(np.full((1, 3), 1e15, "float32")))).all()


def test_windows_are_the_overlapping_slices_of_a_segment():
    segment = np.arange(6, dtype="float32").reshape(1, 6, 1)
    windows = np.asarray(Windows(3)(segment))
    assert windows[0, :, :, 0].tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]


def test_affine_and_its_inverse():
    layer = Affine((2,))
    layer.set([1.0, 2.0], 4.0)
    x = np.array([[5.0, 2.0]], "float32")
    assert np.asarray(layer(x)).tolist() == [[1.0, 0.0]]
    np.testing.assert_allclose(np.asarray(layer.inverse(layer(x))), x)
    assert not layer.trainable_weights


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (StudentTClustering(3, 2.0), (5, 4)),
        (Windows(2), (5, 4, 3)),
        (Affine((4,)), (5, 4)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_layers_can_be_made_anew_from_their_configuration(layer, shape):
    x = RNG.normal(size=shape).astype("float32")
    before = np.asarray(layer(x))
    again = type(layer).from_config(layer.get_config())
    again.build(shape)
    again.set_weights(layer.get_weights())
    after = np.asarray(again(x))
    np.testing.assert_array_equal(after, before)
    assert after.dtype == np.float32
    assert tuple(layer.compute_output_shape(shape)) == before.shape
    assert keras.ops.is_tensor(layer(x))


def test_target_distribution_is_equation_4():
    q = RNG.dirichlet([1, 1, 1], size=8)
    f = q.sum(axis=0)
    expected = [[q[i, j] ** 2 / f[j] for j in range(3)] for i in range(8)]
    expected = np.array(expected) / np.sum(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(target_distribution(q), expected, rtol=1e-6)


def test_target_distribution_of_an_empty_cluster_is_zero():
    q = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert target_distribution(q).tolist() == [[1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("grid", "shape"),
    [((2, 3), (4, 6)), ((2, 3), (3, 5)), ((3, 2), (6, 3)), ((1, 2), (1, 4)), ((1, 1), (1, 1))],
)
def test_a_convolution_of_an_upsampled_grid_is_upsampling_a_crop_and_a_convolution(grid, shape):
    height, width = shape
    x = RNG.normal(size=(2, *grid, 3)).astype("float32")
    layer = UpsampledConv2D(4, height, width, activation="tanh")
    layer(x)
    weights = [RNG.normal(size=weight.shape) for weight in layer.get_weights()]
    plain = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")
    upsampled = x.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    plain(upsampled)
    layer.set_weights(weights)
    plain.set_weights(weights)
    found = np.asarray(layer(x))
    assert found.shape == layer.compute_output_shape(x.shape)
    np.testing.assert_allclose(found, np.asarray(plain(upsampled)), atol=1e-5)
    again = UpsampledConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
