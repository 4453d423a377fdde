"""Recurrent layers that skip steps, so that each sees another time scale (Chang et al. 2017).

Keras's own GRU loops by a construct of the backend. For short windows and many small layers, as
here, TensorFlow takes far longer to set up these loops than to run them, so steps are written out,
and the directions of time go through them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from xdsc.networks.architectures.layers import initializer


def gru_step(x: Any, state: Any, recurrent: Any, bias: Any) -> Any:
    """One step of a gated recurrent unit (Cho et al. 2014), as in Keras's `GRU`.

    With update gate z, reset gate r and candidate c,

    ``z = σ(x_z + h R_z + b_z)``, ``r = σ(x_r + h R_r + b_r)``,
    ``c = tanh(x_c + r (h R_c + b_c))``, ``h ← z h + (1 - z) c``.

    Parameters
    ----------
    x : tensor, shape (..., 3 * units)
        Projected input: for z, r and c.
    state : tensor, shape (..., batch, units)
        h.
    recurrent, bias : tensor, shape (..., units, 3 * units) and (..., 1, 3 * units)
        R and b.
    """
    x_z, x_r, x_c = ops.split(x, 3, axis=-1)
    h_z, h_r, h_c = ops.split(ops.matmul(state, recurrent) + bias, 3, axis=-1)
    update = ops.sigmoid(x_z + h_z)
    candidate = ops.tanh(x_c + ops.sigmoid(x_r + h_r) * h_c)
    return candidate + update * (state - candidate)


def interleaved(x: Any, d: int) -> Any:
    """Sequences (..., batch, steps, features) as d times as many, of every d-th step each.

    Steps that are missing to a multiple of d are padded at the end.
    """
    *outer, steps, features = x.shape
    length = -(-steps // d)
    x = ops.pad(x, (*((0, 0) for _ in outer), (0, length * d - steps), (0, 0)))
    x = ops.reshape(x, (outer[0], -1, length, d, features))
    return ops.reshape(ops.swapaxes(x, 2, 3), (outer[0], -1, length, features))


def joined(x: Any, d: int, steps: int) -> Any:
    """Undo `interleaved`."""
    directions, _, length, features = x.shape
    x = ops.swapaxes(ops.reshape(x, (directions, -1, d, length, features)), 2, 3)
    return ops.reshape(x, (directions, -1, length * d, features))[:, :, :steps]


class DilatedGRU(keras.layers.Layer):
    """GRUs whose state at step t comes from step t - d: ``h_t = GRU(x_t, h_{t-d})``.

    Parameters
    ----------
    units : int
        Width of the state.
    dilation : int, default 1
        d; 1 is a plain GRU.
    seed : int, default 0
        Seeds the initial weights.

    Notes
    -----
    Input (directions, batch, steps, features), output (directions, batch, steps, units); every
    direction has weights of its own. Steps that are d apart form d interleaved sequences that know
    nothing of each other: they go into the batch, as Chang et al. (2017, Section 2.1) propose, and
    run side by side. Nothing that is returned comes after the padding.
    """

    def __init__(self, units: int, dilation: int = 1, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.dilation, self.seed = units, dilation, seed

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make the weights, each direction's and each gate's as Keras would."""
        rng = np.random.default_rng(self.seed)
        directions, features = input_shape[0], input_shape[-1]

        def each(kind: str = "glorot_uniform") -> Any:
            draws = [initializer(rng, kind) for _ in range(directions)]
            return lambda shape, dtype: ops.stack([draw(shape[1:], dtype) for draw in draws])

        self.kernel = self.add_weight(
            shape=(directions, features, 3 * self.units),
            initializer=each(),
            name="kernel",
        )
        self.recurrent = self.add_weight(
            shape=(directions, self.units, 3 * self.units),
            initializer=each("orthogonal"),
            name="recurrent",
        )
        self.bias, self.recurrent_bias = (
            self.add_weight(shape=(directions, 1, 3 * self.units), initializer="zeros", name=name)
            for name in ("bias", "recurrent_bias")
        )

    def call(self, x: Any) -> Any:
        """Run over all steps."""
        steps, features = x.shape[-2:]
        x = interleaved(x, self.dilation)
        directions, _, length, _ = x.shape
        # One product for all steps; it must not matter that the batch has no known size.
        flat = ops.reshape(x, (directions, -1, features))
        projected = ops.matmul(flat, self.kernel) + self.bias
        projected = ops.reshape(projected, (directions, -1, length, 3 * self.units))
        state = ops.zeros_like(projected[:, :, 0, : self.units])
        states = []
        for step in ops.unstack(projected, length, axis=2):
            state = gru_step(step, state, self.recurrent, self.recurrent_bias)
            states.append(state)
        return joined(ops.stack(states, axis=2), self.dilation, steps)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """(directions, batch, steps, features) to (directions, batch, steps, units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        own = {"units": self.units, "dilation": self.dilation, "seed": self.seed}
        return {**super().get_config(), **own}


class BidirectionalDilatedGRU(keras.layers.Layer):
    """A stack of `DilatedGRU` in both directions of time: a window to one vector.

    Parameters
    ----------
    units : sequence of int
        Widths of the layers, from the first.
    dilations : sequence of int
        Their dilations.
    seed : int, default 0
        Seeds the initial weights.

    Notes
    -----
    Input (batch, steps, features), output (batch, 2 * sum(units)): the last states of every layer,
    layer by layer, forward and backward. The last state backward is that of the first step. So the
    vector holds what each time scale says, not the slowest alone (Ma et al. 2019, Section 3.1).
    """

    def __init__(
        self, units: Sequence[int], dilations: Sequence[int], seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.dilations, self.seed = tuple(units), tuple(dilations), seed
        rng = np.random.default_rng(seed)
        self.stack = [
            DilatedGRU(width, dilation, seed=int(rng.integers(2**31)), name=f"layer_{i + 1}")
            for i, (width, dilation) in enumerate(zip(self.units, self.dilations, strict=True))
        ]

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make the layers' weights."""
        shape: tuple[Any, ...] = (2, *input_shape)
        for layer in self.stack:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, x: Any) -> Any:
        """Read windows in both directions."""
        x = ops.stack([x, ops.flip(x, axis=1)])
        last = []
        for layer in self.stack:
            x = layer(x)
            last += ops.unstack(x[:, :, -1], 2)
        return ops.concatenate(last, axis=-1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """(batch, steps, features) to (batch, 2 * sum(units))."""
        return (input_shape[0], 2 * sum(self.units))

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        own = {"units": self.units, "dilations": self.dilations, "seed": self.seed}
        return {**super().get_config(), **own}


class GRUDecoder(keras.layers.Layer):
    """A GRU without input: a vector, which it starts with, to the states that follow from it.

    Parameters
    ----------
    steps : int
        How many.
    seed : int, default 0
        Seeds the initial weights.

    Notes
    -----
    Input (batch, units), output (batch, steps, units). All that it knows went through its input.
    """

    def __init__(self, steps: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps, self.seed = steps, seed

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make the weights."""
        units = input_shape[-1]
        rng = np.random.default_rng(self.seed)
        self.recurrent = self.add_weight(
            shape=(units, 3 * units), initializer=initializer(rng, "orthogonal"), name="recurrent"
        )
        self.bias, self.recurrent_bias = (
            self.add_weight(shape=(1, 3 * units), initializer="zeros", name=name)
            for name in ("bias", "recurrent_bias")
        )

    def call(self, state: Any) -> Any:
        """Run for all steps."""
        states = []
        for _ in range(self.steps):
            state = gru_step(self.bias, state, self.recurrent, self.recurrent_bias)
            states.append(state)
        return ops.stack(states, axis=1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """(batch, units) to (batch, steps, units)."""
        return (input_shape[0], self.steps, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Every constructor argument."""
        return {**super().get_config(), "steps": self.steps, "seed": self.seed}
