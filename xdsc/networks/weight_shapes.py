"""Shapes of the weights that a network of some arguments has, told without making it.

What comes from a file is held against them before a network is built, which takes as much memory
and time as its arguments ask for. Keras chooses the names of weights, so that shapes alone are
told, in no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import prod
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from xdsc.errors import StorageError, message
from xdsc.networks.sizes import NetworkSize

Shape: TypeAlias = tuple[int, ...]

_CLASSIFIER_UNITS = 128
_FLOAT = 4
#: What a window may take while it goes through a network, whatever the size of the weights ...
_SMALL = 2**30
#: ... and how many times the weights.
_TIMES = 64


def check_weights(
    network: str, mask: np.ndarray, arguments: Mapping[str, Any], weights: Mapping[str, np.ndarray]
) -> None:
    """Raise `StorageError` unless weights may be those of a network, before there is one.

    Parameters
    ----------
    network : str
        A row of `xdsc.networks.NETWORKS`.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data.
    arguments : mapping
        Of its class, besides the mask and the seed.
    weights : mapping of str to numpy.ndarray
        As `xdsc.networks.engine.weights.weights_of` gives them.
    """
    there = Counter(array.shape for array in weights.values())
    expected: Counter[Shape] = Counter()
    for shape in _SHAPES[network](mask=mask, **arguments):
        expected[shape] += 1
        if expected[shape] > there[shape]:
            raise _not_these(f"{expected[shape]} of shape {shape}", f"{there[shape]}")
    if more := [*(there - expected)]:
        raise _not_these(f"none more of shape {more[0]}", f"{there[more[0]]}")
    if odd := [name for name, array in weights.items() if array.dtype.kind != "f"]:
        raise _not_these("floating point numbers", f"{weights[odd[0]].dtype}")
    needed = _FLOAT * arguments.get("window", 1) * _widest(mask, arguments)
    if needed > max(_SMALL, _TIMES * sum(array.nbytes for array in weights.values())):
        raise _not_these("as many as its layers are wide", f"layers of {needed} bytes a window")


def _widest(mask: np.ndarray, arguments: Mapping[str, Any]) -> int:
    """Most values that a layer makes of a frame."""
    size = arguments.get("size")
    if not isinstance(size, NetworkSize):
        return mask.size + sum(widths(arguments))
    height, width, _ = mask.shape
    found = [mask.size]
    for filters in size.filters:
        found += [height * width * channels for channels in filters]
        height, width = -(-height // 2), -(-width // 2)
        # The decoder makes as large a grid of the channels of the stack below.
        found.append(4 * height * width * filters[-1])
    return max(found)


def widths(arguments: Mapping[str, Any]) -> list[int]:
    """Widths of layers among the arguments of a network."""
    found: list[int] = []
    for name in ("hidden", "lstm_units", "units"):
        found += arguments.get(name, ())
    return [*found, arguments.get("latent_dim", 1), arguments.get("filters", 1)]


def _common(mask: np.ndarray) -> list[Shape]:
    """Variance, and shift and scale of the variables."""
    return [(), (mask.shape[-1],), (mask.shape[-1],)]


def _cnn_lstm(
    mask: np.ndarray,
    n_clusters: int,
    window: int,
    size: NetworkSize,
    *,
    recurrent: bool,
    decoder: bool,
    anchored: bool,
    **_: Any,
) -> Iterator[Shape]:
    height, width, n_variables = mask.shape
    m = size.latent_dim
    yield from _common(mask)
    grids, channels = [(height, width)], n_variables
    for filters in size.filters:
        for w in filters:
            yield from ((3, 3, channels, w), (w,))
            channels = w
        h, w = grids[-1]
        grids.append((-(-h // 2), -(-w // 2)))
    features = prod(grids[-1]) * channels
    deepest = features
    # With an anchor the scores of the EOFs go in beside the features, and stand before what is
    # found of each regime.
    found = n_clusters if anchored else m
    if anchored:
        yield from (mask.shape, (mask.size, m), (m,), ())
        features, m = features + m, m + n_clusters
    for units in size.lstm_units if recurrent else ():
        yield from ((features, 4 * units), (units, 4 * units), (4 * units,))
        features = units
    yield from ((features, found), (found,))
    yield from ((m,), (m,), (n_clusters, m))
    if not decoder:
        return
    yield from ((m, deepest), (deepest,))
    for filters in size.filters[::-1]:
        for w in filters[::-1]:
            yield from ((3, 3, channels, w), (w,))
            channels = w
    yield from ((3, 3, channels, n_variables), (n_variables,))


def _dense(
    mask: np.ndarray, n_clusters: int, hidden: Sequence[int], latent_dim: int, **_: Any
) -> Iterator[Shape]:
    yield from _common(mask)
    for a, b in pairwise((int(mask.sum()), *hidden, latent_dim)):
        yield from ((a, b), (b,), (b, a), (a,))
    yield from ((latent_dim,), (latent_dim,), (n_clusters, latent_dim))


def _temporal(
    mask: np.ndarray,
    n_clusters: int,
    window: int,
    *,
    filters: int,
    kernel_size: int,
    pool_size: int,
    lstm_units: Sequence[int],
    **_: Any,
) -> Iterator[Shape]:
    cells, d = int(mask.sum()), lstm_units[-1]
    yield from _common(mask)
    yield from ((cells,), (cells,), (kernel_size, cells, filters), (filters,))
    for a, units in pairwise((filters, *lstm_units)):
        for _direction in range(2):
            yield from ((a, 4 * units), (units, 4 * units), (4 * units,))
    yield from ((kernel_size, d, cells), (cells,), (n_clusters, -(-window // pool_size), d), ())


def _representation(
    mask: np.ndarray,
    n_clusters: int,
    window: int,
    units: Sequence[int],
    frame_features: int,
    **_: Any,
) -> Iterator[Shape]:
    cells, p, m = int(mask.sum()), frame_features, 2 * sum(units)
    yield from _common(mask)
    yield from ((p, cells), (n_clusters, m), (cells,), (cells,), (cells, p))
    for a, u in pairwise((p, *units)):
        yield from ((2, a, 3 * u), (2, u, 3 * u), (2, 1, 3 * u), (2, 1, 3 * u))
    yield from ((m, 3 * m), (1, 3 * m), (1, 3 * m), (m, p), (p,))
    yield from ((m, _CLASSIFIER_UNITS), (_CLASSIFIER_UNITS,), (_CLASSIFIER_UNITS, 2), (2,))


_SHAPES: Mapping[str, Callable[..., Iterator[Shape]]] = MappingProxyType(
    {
        "cnn-lstm": _cnn_lstm,
        "dense": _dense,
        "temporal": _temporal,
        "representation": _representation,
    }
)


def _not_these(expected: str, received: str) -> StorageError:
    return StorageError(
        message(
            f"the weights of a network with these options, {expected}",
            received,
            "load it with the version of xdsc that saved it, or fit again",
        )
    )
