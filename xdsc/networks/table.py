"""The table of networks: a row here and a class are all that a new one needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

#: Network by name: ``"module:class"``, imported when it is wanted, since that imports Keras. The
#: class is a `xdsc.networks.architectures.base.ClusteringNetwork`, made with ``mask``, ``seed`` and
#: arguments of its own, and says which losses it has.
NETWORKS: Mapping[str, str] = MappingProxyType(
    {
        "cnn-lstm": "xdsc.networks.architectures.autoencoder:CNNLSTMAutoencoder",
        "dense": "xdsc.networks.architectures.dense:DenseAutoencoder",
        "temporal": "xdsc.networks.architectures.temporal:TemporalAutoencoder",
        "representation": "xdsc.networks.architectures.representation:TemporalRepresentation",
    }
)


def network_class(name: str) -> Any:
    """The class of a network, a row of `NETWORKS`.

    Examples
    --------
    >>> list(network_class("representation").loss_terms)
    ['reconstruction', 'classification', 'clustering']
    """
    module, found = NETWORKS[name].split(":")
    return getattr(import_module(module), found)
