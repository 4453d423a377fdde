"""The dilated GRU against Keras's own, against loops by hand, and against padding."""

import keras
import numpy as np
import pytest

from xdsc.networks.architectures.dilated import BidirectionalDilatedGRU, DilatedGRU, GRUDecoder


def sequences(directions=1, batch=3, steps=7, features=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(directions, batch, steps, features)).astype("float32")


def with_biases(layer, shape):
    """Build it, with biases that are not zero, so that a bias in the wrong place shows."""
    layer.build(shape)
    rng = np.random.default_rng(1)
    for bias in (layer.bias, layer.recurrent_bias):
        bias.assign(rng.normal(size=bias.shape))
    return layer


def weights(layer, direction):
    """Input kernel, recurrent kernel and both biases, as Keras's GRU holds them."""
    kernel, recurrent, bias, recurrent_bias = (
        keras.ops.convert_to_numpy(w + 0.0)[direction]
        for w in (layer.kernel, layer.recurrent, layer.bias, layer.recurrent_bias)
    )
    return kernel, recurrent, np.concatenate([bias, recurrent_bias])


def keras_gru(layer, direction=0):
    """Keras's GRU with the same weights; runs on (batch, steps, features)."""
    kernel, recurrent, bias = weights(layer, direction)
    gru = keras.layers.GRU(layer.units, return_sequences=True, seed=0)
    gru.build((None, None, len(kernel)))
    gru.set_weights([kernel, recurrent, bias])
    return lambda x: np.asarray(gru(x))


def by_hand(layer, x):
    """h_t from h_{t-d}, gate by gate in NumPy, of one sequence (steps, features)."""
    kernel, recurrent, (bias, recurrent_bias) = weights(layer, 0)
    states = []
    for t, frame in enumerate(x):
        before = states[t - layer.dilation] if t >= layer.dilation else np.zeros(layer.units)
        from_x = np.split(frame @ kernel + bias, 3)
        from_h = np.split(before @ recurrent + recurrent_bias, 3)
        update, reset = (1 / (1 + np.exp(-from_x[i] - from_h[i])) for i in range(2))
        candidate = np.tanh(from_x[2] + reset * from_h[2])
        states.append(update * before + (1 - update) * candidate)
    return np.array(states)


def test_dilation_1_is_a_plain_gru():
    x = sequences()
    layer = with_biases(DilatedGRU(5), x.shape)
    np.testing.assert_allclose(np.asarray(layer(x))[0], keras_gru(layer)(x[0]), atol=1e-6)


@pytest.mark.parametrize("dilation", [1, 2, 3, 4, 7, 9])
def test_a_state_comes_from_d_steps_before(dilation):
    x = sequences(steps=7)
    layer = with_biases(DilatedGRU(5, dilation), x.shape)
    found = np.asarray(layer(x))
    assert found.shape == (1, 3, 7, 5)
    for sequence, states in zip(x[0], found[0], strict=True):
        np.testing.assert_allclose(states, by_hand(layer, sequence), atol=1e-6)


@pytest.mark.parametrize("dilation", [2, 4])
def test_dilation_d_is_d_interleaved_sequences(dilation):
    x = sequences(steps=8)
    layer = with_biases(DilatedGRU(5, dilation), x.shape)
    found, gru = np.asarray(layer(x)), keras_gru(layer)
    for first in range(dilation):
        np.testing.assert_allclose(
            found[0, :, first::dilation], gru(x[0, :, first::dilation]), atol=1e-6
        )


@pytest.mark.parametrize("steps", [5, 6, 7])
def test_padding_has_no_influence(steps):
    """States do not change with what follows, be it real steps or the padding."""
    x = sequences(steps=8)
    layer = with_biases(DilatedGRU(5, dilation=4), x.shape)
    np.testing.assert_allclose(
        np.asarray(layer(x[:, :, :steps])), np.asarray(layer(x))[:, :, :steps], atol=1e-6
    )


def test_directions_have_weights_of_their_own():
    x = sequences(directions=2)
    layer = with_biases(DilatedGRU(5, dilation=2), x.shape)
    found = np.asarray(layer(x))
    for direction in range(2):
        expected = keras_gru(layer, direction)(x[direction, :, ::2])
        np.testing.assert_allclose(found[direction, :, ::2], expected, atol=1e-6)
    assert np.abs(found[0] - np.asarray(layer(x[::-1]))[1]).max() > 0.01


def test_initial_weights_are_those_of_keras_and_seeded():
    first, second, other = (DilatedGRU(6, seed=seed) for seed in (3, 3, 4))
    for layer in (first, second, other):
        layer.build((2, None, None, 40))
    kernels = [np.asarray(layer.kernel + 0.0) for layer in (first, second, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()
    assert (kernels[0][0] != kernels[0][1]).any()
    assert np.abs(kernels[0]).max() == pytest.approx(np.sqrt(6 / (40 + 18)), rel=0.05)
    recurrent = np.asarray(first.recurrent + 0.0)
    for matrix in recurrent:
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(6), atol=1e-5)


def test_the_stack_gives_the_last_states_of_every_layer_in_both_directions():
    x = sequences(steps=6)[0]
    layer = BidirectionalDilatedGRU((5, 3), (1, 2), seed=2)
    found = np.asarray(layer(x))
    assert found.shape == (3, 16)
    assert layer.compute_output_shape((3, 6, 4)) == (3, 16)
    states = np.stack([x, x[:, ::-1]])
    expected = []
    for one in layer.stack:
        states = np.asarray(one(states))
        expected += [states[0, :, -1], states[1, :, -1]]
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), atol=1e-6)


def test_a_window_read_backwards_is_the_other_direction():
    """With the directions' weights exchanged, reversed windows give the exchanged states."""
    x = sequences(steps=6)[0]
    layer = BidirectionalDilatedGRU((5,), (2,))
    forward, backward = np.split(np.asarray(layer(x)), 2, axis=1)
    one = layer.stack[0]
    for weight in (one.kernel, one.recurrent, one.bias, one.recurrent_bias):
        weight.assign(np.asarray(weight + 0.0)[::-1])
    exchanged = np.split(np.asarray(layer(np.ascontiguousarray(x[:, ::-1]))), 2, axis=1)
    np.testing.assert_allclose(exchanged[0], backward, atol=1e-6)
    np.testing.assert_allclose(exchanged[1], forward, atol=1e-6)


def test_the_decoder_is_a_gru_without_input():
    start = sequences()[0, :, 0]
    decoder = with_biases(GRUDecoder(5), start.shape)
    gru = keras.layers.GRU(4, return_sequences=True, seed=0)
    gru.build((None, None, 1))
    biases = [np.asarray(w + 0.0)[0] for w in (decoder.bias, decoder.recurrent_bias)]
    gru.set_weights([np.ones((1, 12)), np.asarray(decoder.recurrent + 0.0), np.array(biases)])
    expected = np.asarray(gru(np.zeros((3, 5, 1), "float32"), initial_state=start))
    found = np.asarray(decoder(start))
    assert found.shape == (3, 5, 4)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        (DilatedGRU, {"units": 3, "dilation": 2, "seed": 5}),
        (BidirectionalDilatedGRU, {"units": (3, 2), "dilations": (1, 2), "seed": 5}),
        (GRUDecoder, {"steps": 3, "seed": 5}),
    ],
)
def test_layers_know_their_arguments(layer, arguments):
    made = layer.from_config(layer(**arguments).get_config())
    assert {name: getattr(made, name) for name in arguments} == arguments
