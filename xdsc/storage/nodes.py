"""What the file of an object of scikit-learn may consist of, looked at before anything is made.

skops builds a tree of nodes from ``schema.json`` and then the objects. All that this costs is
bounded here by the size of the file: each part of it is used once, arrays are as large as they say,
and there is no node whose making would repeat others without end.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from math import prod
from typing import Any

from xdsc.storage.damage import DamageError

#: Of a schema: k-means is 43 nodes 4 deep, a pipeline in a union in a pipeline 16 deep.
MOST_NODES = 20_000
DEEPEST = 32

_LOADERS = {
    "CachedNode",
    "DictNode",
    "FunctionNode",
    "JsonNode",
    "ListNode",
    "NdArrayNode",
    "ObjectNode",
    "SetNode",
    "SliceNode",
    "TupleNode",
    "TypeNode",
}

#: Classes that cluster, and those that prepare rows for them. Others may have settings with which
#: an answer takes for ever, or compiled code that trusts what it finds in them.
_CLASSES = {
    "sklearn.cluster": (
        "AffinityPropagation AgglomerativeClustering BisectingKMeans DBSCAN HDBSCAN KMeans "
        "MeanShift MiniBatchKMeans OPTICS SpectralClustering"
    ),
    "sklearn.compose": "ColumnTransformer",
    "sklearn.decomposition": (
        "FactorAnalysis FastICA IncrementalPCA KernelPCA NMF PCA TruncatedSVD"
    ),
    "sklearn.feature_selection": "VarianceThreshold",
    "sklearn.kernel_approximation": "Nystroem RBFSampler",
    "sklearn.mixture": "BayesianGaussianMixture GaussianMixture",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing": (
        "Binarizer FunctionTransformer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer "
        "PowerTransformer QuantileTransformer RobustScaler StandardScaler"
    ),
    "sklearn.random_projection": "GaussianRandomProjection",
}
_KNOWN = {f"{room}.{name}" for room, names in _CLASSES.items() for name in names.split()}

#: numpy.void(n), say, would be n bytes of memory for a few digits in the file.
_SCALARS = {
    f"numpy.{name}" for name in ("bool", "bool_", "str_", "float32", "float64", "int32", "int64")
}
_TYPES = {
    "DictNode": {"builtins.dict", "collections.OrderedDict"},
    "ListNode": {"builtins.list"},
    "NdArrayNode": {"numpy.ndarray", *_SCALARS},
    "SetNode": {"builtins.set"},
    "SliceNode": {"builtins.slice"},
    "TupleNode": {"builtins.tuple"},
    "TypeNode": {f"builtins.{name}" for name in ("bool", "float", "int", "str")} | _SCALARS,
}


def check_nodes(schema: Any, entries: Mapping[str, bytes]) -> None:
    """Raise `DamageError` unless a file may be given to skops.

    Parameters
    ----------
    schema : object
        What ``schema.json`` holds, as JSON.
    entries : mapping of str to bytes
        The other entries of the file.
    """
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise DamageError("an estimator that cannot be read: no node in its schema")
    _Survey(entries).visit(schema, 0)


class _Survey:
    """Goes through the nodes of a schema in the order in which skops makes them."""

    def __init__(self, entries: Mapping[str, bytes]) -> None:
        self.entries = entries
        self.made = 0
        self.nodes: dict[Any, tuple[Mapping[str, Any], int]] = {}
        self.files: set[str] = set()

    def visit(self, node: Mapping[str, Any], depth: int) -> int:
        """How many nodes are made of a node, itself and copies among them."""
        if depth > DEEPEST:
            raise DamageError(f"an estimator of parts within parts, more than {DEEPEST} deep")
        number = node.get("__id__")
        if isinstance(number, (dict, list)):
            raise DamageError("an estimator with a part that has no number")
        if node["__loader__"] == "CachedNode":
            if number not in self.nodes:
                raise DamageError("an estimator with a part that refers to none")
            return self._count(self.nodes[number][1])
        _check_node(node)
        if number and number in self.nodes:
            # skops takes the first one, whatever the others hold.
            first, size = self.nodes[number]
            if first != node:
                raise DamageError("an estimator with two parts of one number")
            return self._count(size)
        self._check_file(node)
        size = self._count(1) + sum(self.visit(child, depth + 1) for child in _children(node))
        if number:
            self.nodes[number] = node, size
        return size

    def _count(self, made: int) -> int:
        self.made += made
        if self.made > MOST_NODES:
            raise DamageError(f"an estimator of more than {MOST_NODES} parts")
        return made

    def _check_file(self, node: Mapping[str, Any]) -> None:
        if "file" not in node:
            return
        name = node["file"]
        if not isinstance(name, str) or name not in self.entries or name in self.files:
            raise DamageError(f"an estimator without an array of its own at {name!r:.80}")
        self.files.add(name)
        check_array(self.entries[name])


def check_array(content: bytes) -> None:
    """Raise `DamageError` unless a file in NumPy's format is as large as it says that it is."""
    from numpy.lib import format as npy

    file = io.BytesIO(content)
    version = npy.read_magic(file)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise DamageError(f"an array in version {version} of NumPy's format")
    shape, _, dtype = read(file)
    there = len(content) - file.tell()
    plain = [dtype[name] for name in dtype.names] if dtype.names else [dtype]
    if not all(part.kind in "biufU" and part.itemsize and part.shape == () for part in plain):
        raise DamageError(f"an array of {dtype}")
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != there:
        raise DamageError(f"an array of shape {shape} in {there} bytes")


def _check_node(node: Mapping[str, Any]) -> None:
    loader, module, name = (node.get(k) for k in ("__loader__", "__module__", "__class__"))
    kind = f"{module}.{name}"
    if loader not in _LOADERS:
        raise DamageError(f"{kind}, which is not among what a file may hold")
    if kind not in _TYPES.get(loader, {kind}):
        raise DamageError(f"{kind}, which is no plain array, number or string")
    if loader == "ObjectNode" and not _is_known(str(module), str(name)):
        raise DamageError(f"{kind}, which is none of the classes that cluster, or prepare for it")


def _is_known(module: str, name: str) -> bool:
    return f"{'.'.join(module.split('.')[:2])}.{name}" in _KNOWN


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The nodes within a node, keys of a dict before its values."""
    found: list[Mapping[str, Any]] = []
    waiting = [node.get("attrs"), node.get("shape"), node.get("content"), node.get("key_types")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__loader__" in item:
                found.append(item)
            else:
                waiting.extend([*item.values()][::-1])
        elif isinstance(item, list):
            waiting.extend(item[::-1])
    return found
