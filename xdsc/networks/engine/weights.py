"""The weights of a network as plain arrays, which know nothing of the backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

from xdsc.errors import StorageError, message
from xdsc.networks.architectures.base import ClusteringNetwork


def build(network: ClusteringNetwork) -> None:
    """Make all weights of a fresh network, by running it once on a window of zeros.

    Random states, of which the run draws for dropout, stay those of a network that never ran.
    """
    before = [(variable, ops.copy(variable.value)) for variable in network.variables]
    network.build()
    for variable, value in before:
        variable.assign(value)


def begin_anew(network: ClusteringNetwork, fresh: ClusteringNetwork) -> None:
    """Give a trained network all that a fresh one of the same arguments has, random states too.

    It is then that network, but for its steps, which are traced already.
    """
    build(fresh)
    network.begin()
    for variable, initial in zip(network.variables, fresh.variables, strict=True):
        variable.assign(np.array(initial.numpy()))


def weights_of(network: ClusteringNetwork) -> dict[str, np.ndarray]:
    """The weights of a network that has them all, by names that are the same in every process."""
    arrays = {_name(network, w): np.array(v) for w, v in _pairs(network)}
    assert len(arrays) == len(network.weights), "two weights have one name"
    return arrays


def set_weights(network: ClusteringNetwork, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a network with all its weights made those of `weights_of`.

    Raises
    ------
    StorageError
        Names or shapes are not the network's; nothing is changed then.
    """
    variables = {_name(network, weight): weight for weight in network.weights}
    expected = {name: tuple(weight.shape) for name, weight in variables.items()}
    received = {name: array.shape for name, array in arrays.items()}
    if expected != received:
        odd = sorted(
            name
            for name in expected.keys() | received.keys()
            if expected.get(name) != received.get(name)
        )
        raise StorageError(
            message(
                f"the weights of a {network.name} with these options: {odd[0]} of shape "
                f"{expected.get(odd[0])}",
                f"{received.get(odd[0])} and {len(odd) - 1} other differences",
                "load it with the version of xdsc that saved it, or fit again",
            )
        )
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _pairs(network: ClusteringNetwork) -> Any:
    return zip(network.weights, network.get_weights(), strict=True)


def _name(network: ClusteringNetwork, weight: Any) -> str:
    """Its path in the network. Whether that begins with the network depends on who built it."""
    return str(weight.path).removeprefix(f"{network.name}/")
