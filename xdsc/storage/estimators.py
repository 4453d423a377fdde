"""Objects of scikit-learn, in the skops format: attributes by name, and no pickle.

skops makes objects of types that it knows and sets their attributes. Here it may do so with fewer
kinds of things than it trusts itself: clusterers of scikit-learn and what prepares rows for them,
containers, numbers, strings, plain arrays, and the universal functions of NumPy and SciPy. Random
states, sparse matrices, functions of the user and trees are refused, when saving, with a message
that says so. What the classical methods of `xdsc.methods` have fitted goes this way, as do
clusterers that a user passes as objects. `xdsc.storage.nodes` looks at a file before anything is
made of it, `xdsc.storage.parts` at what was made.

skops names parts of its file by their address in memory. They are numbered anew here, so that the
same object makes the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from xdsc.errors import StorageError, message
from xdsc.storage.archive import read_entries, write_entries
from xdsc.storage.damage import DamageError
from xdsc.storage.nodes import check_nodes
from xdsc.storage.parts import check_parts

_SCHEMA = "schema.json"


def encode_estimator(estimator: Any) -> bytes:
    """Write an object of scikit-learn.

    Raises
    ------
    StorageError
        It cannot be stored, or not be read back without trust in more than scikit-learn.
    """
    import skops.io

    name = type(estimator).__name__
    try:
        content = _numbered(skops.io.dumps(estimator))
        # What could not be read back had better be known now.
        _load(content)
    except DamageError as error:
        raise _not_storable(name, str(error)) from error
    except Exception as error:
        raise _not_storable(name, _first_line(error)) from error
    return content


def decode_estimator(content: bytes, packages: Mapping[str, Any]) -> Any:
    """Read an object of scikit-learn; `packages` are the versions that wrote it."""
    try:
        return _load(content)
    except DamageError:
        raise
    except Exception as error:
        written = {name: packages.get(name) for name in ("scikit-learn", "skops")}
        raise DamageError(
            f"an estimator that cannot be read: {_first_line(error)} (written with {written})"
        ) from error


def _load(content: bytes) -> Any:
    import skops.io

    entries = read_entries(io.BytesIO(content))
    if _SCHEMA not in entries:
        raise DamageError(f"an estimator without {_SCHEMA}")
    schema = json.loads(entries.pop(_SCHEMA))
    check_nodes(schema, entries)
    found = skops.io.loads(content, trusted=[])
    check_parts(found)
    return found


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """All nodes of skops in a schema, in a fixed order."""
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__loader__" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _numbered(content: bytes) -> bytes:
    """The same file with its nodes and entries named by their order."""
    entries = read_entries(io.BytesIO(content))
    schema = json.loads(entries.pop(_SCHEMA))
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(schema):
        if "__id__" in node:
            # From 1, for to skops 0 is no number.
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if "file" in node:
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1}.npy")
    renamed = {new: entries[old] for old, new in files.items()}
    buffer = io.BytesIO()
    write_entries(buffer, {_SCHEMA: json.dumps(schema).encode(), **renamed})
    return buffer.getvalue()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _not_storable(name: str, why: str) -> StorageError:
    return StorageError(
        message(
            f"an object of scikit-learn that can be stored without pickle in the place of {name}",
            why,
            "give random_state as an integer and leave out functions of your own; or use another "
            "clusterer, such as KMeans, MiniBatchKMeans or GaussianMixture, or a method by name; "
            "or keep the labels alone, with ds.to_netcdf",
        )
    )
