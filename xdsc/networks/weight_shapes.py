"""Weights from a file, held against the shapes that a network tells before there is one.

Keras chooses the names of weights, so that shapes alone are compared, in no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from xdsc.errors import StorageError, message
from xdsc.networks.sizes import NetworkSize
from xdsc.networks.table import network_class

Shape: TypeAlias = tuple[int, ...]

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
    shapes = network_class(network).weight_shapes(mask, arguments)
    if shapes is not None:
        _compare(shapes, Counter(array.shape for array in weights.values()))
    if odd := [name for name, array in weights.items() if array.dtype.kind != "f"]:
        raise _not_these("floating point numbers", f"{weights[odd[0]].dtype}")
    needed = _FLOAT * arguments.get("window", 1) * _widest(mask, arguments)
    if needed > max(_SMALL, _TIMES * sum(array.nbytes for array in weights.values())):
        raise _not_these("as many as its layers are wide", f"layers of {needed} bytes a window")


def _compare(shapes: Iterable[Shape], there: Counter[Shape]) -> None:
    """Raise where shapes are not those that are there, as soon as one is not."""
    expected: Counter[Shape] = Counter()
    for shape in shapes:
        expected[shape] += 1
        if expected[shape] > there[shape]:
            raise _not_these(f"{expected[shape]} of shape {shape}", f"{there[shape]}")
    if more := [*(there - expected)]:
        raise _not_these(f"none more of shape {more[0]}", f"{there[more[0]]}")


def _widest(mask: np.ndarray, arguments: Mapping[str, Any]) -> int:
    """Most values that a layer makes of a frame."""
    size = arguments.get("size")
    if not isinstance(size, NetworkSize):
        return mask.size + sum(_widths(arguments))
    height, width, _ = mask.shape
    found = [mask.size]
    for filters in size.filters:
        found += [height * width * channels for channels in filters]
        height, width = -(-height // 2), -(-width // 2)
        # The decoder makes as large a grid of the channels of the stack below.
        found.append(4 * height * width * filters[-1])
    return max(found)


def _widths(arguments: Mapping[str, Any]) -> list[int]:
    """Widths of layers among the arguments of a network."""
    found: list[int] = []
    for name in ("hidden", "lstm_units", "units"):
        found += arguments.get(name, ())
    return [*found, arguments.get("latent_dim", 1), arguments.get("filters", 1)]


def _not_these(expected: str, received: str) -> StorageError:
    return StorageError(
        message(
            f"the weights of a network with these options, {expected}",
            received,
            "load it with the version of xdsc that saved it, or fit again",
        )
    )
