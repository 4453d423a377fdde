from typing import get_args, get_type_hints

import keras
import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import correlation as scipy_correlation
from scipy.spatial.distance import sqeuclidean

from xdsc.methods.deep.dtc import DTC
from xdsc.networks.architectures.similarity import SIMILARITIES


def distance(name, x, y):
    """Squared distance as a NumPy array."""
    found = SIMILARITIES[name].squared_distance(np.asarray(x, "float32"), np.asarray(y, "float32"))
    return ops.convert_to_numpy(found)


def sequences(*leading, n_steps=6, n_features=3, seed=0):
    return np.random.default_rng(seed).normal(size=(*leading, n_steps, n_features))


@pytest.fixture(params=SIMILARITIES)
def name(request):
    return request.param


def test_the_method_names_every_similarity():
    assert set(get_args(get_type_hints(DTC)["similarity"])) == set(SIMILARITIES)


def test_by_hand():
    up, down = [[0.0], [1.0], [2.0]], [[4.0], [2.0], [0.0]]
    # Differences -4, -1, 2.
    assert distance("euclidean", up, down) == pytest.approx(21)
    # Correlation -1.
    assert distance("correlation", up, down) == pytest.approx(4)
    # Complexities 1 + 1 and 4 + 4.
    assert distance("complexity-invariant", up, down) == pytest.approx(21 * 8 / 2, rel=1e-5)
    # Departures -1, 0, 1 of both: the same at every lag. Those of `bump`, -1/3, 2/3, -1/3, have
    # the autocorrelations -4/9 / (6/9) and 1/9 / (6/9), those of `up` 0 and -1/2.
    bump = [[0.0], [1.0], [0.0]]
    assert distance("autocorrelation", up, down) == pytest.approx(0, abs=1e-5)
    expected = (2 / 3) ** 2 + (1 / 6 + 1 / 2) ** 2
    assert distance("autocorrelation", up, bump) == pytest.approx(expected, rel=1e-5)


def test_features_are_averaged(name):
    x, y = sequences(seed=1), sequences(seed=2)
    each = [distance(name, x[:, [f]], y[:, [f]]) for f in range(3)]
    assert distance(name, x, y) == pytest.approx(np.mean(each), rel=1e-5)


def test_euclidean_and_correlation_are_those_of_scipy():
    x, y = sequences(seed=1), sequences(seed=2)
    assert distance("euclidean", x, y) == pytest.approx(sqeuclidean(x.ravel(), y.ravel()) / 3)
    expected = np.mean([2 * scipy_correlation(x[:, f], y[:, f]) for f in range(3)])
    assert distance("correlation", x, y) == pytest.approx(expected, rel=1e-5)


def test_complexity_invariance_is_its_equation():
    x, y = sequences(n_features=1, seed=1), sequences(n_features=1, seed=2)
    complexity = [np.linalg.norm(np.diff(z, axis=0)) for z in (x, y)]
    expected = np.linalg.norm(x - y) * max(complexity) / min(complexity)
    assert distance("complexity-invariant", x, y) == pytest.approx(expected**2, rel=1e-4)


def test_autocorrelation_is_that_of_numpy():
    x, y = sequences(n_features=1, seed=1)[:, 0], sequences(n_features=1, seed=2)[:, 0]

    def rho(z):
        full = np.correlate(z - z.mean(), z - z.mean(), "full")[len(z) - 1 :]
        return full[1:] / full[0]

    found = distance("autocorrelation", x[:, None], y[:, None])
    assert found == pytest.approx(((rho(x) - rho(y)) ** 2).sum(), rel=1e-4)


def test_a_sequence_is_like_itself(name):
    x = sequences(5)
    np.testing.assert_allclose(distance(name, x, x), 0, atol=1e-6)
    np.testing.assert_allclose(distance(name, x, x[::-1]), distance(name, x[::-1], x), rtol=1e-5)


def test_leading_axes_broadcast(name):
    x, y = sequences(2, 4, seed=1), sequences(3, seed=2)
    found = distance(name, x[:, :, None], y)
    assert found.shape == (2, 4, 3)
    assert found[1, 2, 0] == pytest.approx(distance(name, x[1, 2], y[0]), rel=1e-5)


def test_correlation_is_blind_to_level_and_amplitude():
    x, y = sequences(seed=1), sequences(seed=2)
    assert distance("correlation", 3 * x + 2, y) == pytest.approx(
        distance("correlation", x, y), rel=1e-4
    )
    assert distance("correlation", x, -x) == pytest.approx(4, rel=1e-5)


def test_constant_sequences_are_alike_and_no_division_by_zero(name):
    constant, varying = np.full((6, 3), 0.5), sequences()
    assert distance(name, constant, constant) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(distance(name, constant, varying))
    if name == "correlation":
        assert distance(name, constant, varying) == pytest.approx(2, abs=1e-2)


def test_gradients_are_finite(name):
    """Of two that are the same, both constant, one constant, both zero."""
    one, zero = np.ones((1, 6, 3)), np.zeros((1, 6, 3))
    x = np.concatenate([sequences(1), one, one, zero])
    y = np.concatenate([sequences(1), one, sequences(1, seed=1), zero])
    np.testing.assert_array_equal(np.isfinite(gradient(name, x, y)), True)


def gradient(name, x, y):
    """Gradient with respect to x, found by one step of plain descent, on whatever backend."""

    class Pair(keras.Model):
        def __init__(self):
            super().__init__()
            self.x = self.add_weight(shape=x.shape, initializer="zeros")

        def call(self, y):
            return SIMILARITIES[name].squared_distance(self.x + 0.0, y)

    pair = Pair()
    pair.x.assign(x)
    pair.compile(
        optimizer=keras.optimizers.SGD(1.0), loss=lambda true, found: found, jit_compile=False
    )
    pair.fit(np.asarray(y, "float32"), np.zeros(len(x)), verbose=0)
    return np.asarray(x, "float32") - ops.convert_to_numpy(pair.x + 0.0)


def test_a_gradient_is_that_of_the_equation():
    x, y = sequences(1, seed=1), sequences(1, seed=2)
    np.testing.assert_allclose(gradient("euclidean", x, y), 2 * (x - y) / 3, rtol=1e-4, atol=1e-5)
