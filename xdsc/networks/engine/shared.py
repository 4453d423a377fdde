"""A few networks that all fits of a process share: a fit owns weights, and no network.

Tracing the steps of a network takes seconds and memory that TensorFlow never frees, putting weights
into one takes milliseconds. So there is one network of a kind, and what was fitted is put into it
before it is asked. Not for several threads at once: see `xdsc.parallel.ONE_NETWORK`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import keras
import numpy as np

from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.engine.weights import begin_anew, build, set_weights

#: Makes a network of the kind with a seed.
Maker: TypeAlias = Callable[[int], ClusteringNetwork]

#: How many networks there are at most; the one that was used the longest ago goes first.
MOST_NETWORKS = 8


@dataclass(eq=False)
class _Shared:
    """A network, and the weights that it holds; None where these are nobody's."""

    network: ClusteringNetwork
    weights: Mapping[str, np.ndarray] | None = None


_NETWORKS: OrderedDict[str, _Shared] = OrderedDict()


def network_holding(kind: str, make: Maker, weights: Mapping[str, np.ndarray]) -> ClusteringNetwork:
    """The network of a kind with these weights in it, until somebody asks for another.

    Parameters
    ----------
    kind : str
        Networks of one kind differ in their weights alone.
    make : callable
        Makes one.
    weights : mapping of str to numpy.ndarray
        What `xdsc.networks.engine.weights.weights_of` gave; not to be changed.

    Raises
    ------
    StorageError
        The weights are not those of such a network.
    """
    shared = _NETWORKS.get(key := _key(kind))
    if shared is None:
        # The seed is that of weights which are set right away.
        shared = _Shared(make(0))
        build(shared.network)
    if shared.weights is not weights:
        set_weights(shared.network, weights)
        shared.weights = weights
    _keep(key, shared)
    return shared.network


@contextmanager
def network_to_train(kind: str, make: Maker, seed: int) -> Iterator[ClusteringNetwork]:
    """Within the block, the network of a kind as a fresh one with that seed."""
    fresh = make(seed)
    shared = _NETWORKS.pop(key := _key(kind), None)
    if shared is None:
        network = fresh
        build(network)
    else:
        network = shared.network
        begin_anew(network, fresh)
    try:
        yield network
    finally:
        # Also one whose training was cut off: the next one begins anew.
        _keep(key, _Shared(network))


def _key(kind: str) -> str:
    """The kind, and what else a network depends on that users may change while Python runs."""
    return f"{keras.config.dtype_policy().name} {keras.config.floatx()} {kind}"


def _keep(key: str, shared: _Shared) -> None:
    _NETWORKS[key] = shared
    _NETWORKS.move_to_end(key)
    if len(_NETWORKS) > MOST_NETWORKS:
        _NETWORKS.popitem(last=False)
