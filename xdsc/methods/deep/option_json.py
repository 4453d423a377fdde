"""Constructor options as JSON and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from xdsc.errors import StorageError, message
from xdsc.networks import NetworkSize
from xdsc.storage.values import from_json, to_json

_SIZE = "NetworkSize"


def options_to_json(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn constructor options of a method into JSON that `options_from_json` restores.

    Parameters
    ----------
    options : mapping
        By name: numbers, also NumPy's, strings, None, lists, tuples, mappings, `NetworkSize`, and
        paths, which come back as strings.

    Raises
    ------
    StorageError
        Something else is among them.

    Examples
    --------
    >>> options_to_json({"hidden": (8, 4), "window": 3})
    {'hidden': {'$tuple': [8, 4]}, 'window': 3}
    """
    found = {}
    for name, value in options.items():
        is_size = isinstance(value, NetworkSize)
        plain = os.fspath(value) if isinstance(value, os.PathLike) else value
        written = to_json(asdict(value) if is_size else plain, f"{name}=")
        found[name] = {f"${_SIZE}": written} if is_size else written
    return found


def options_from_json(options: Mapping[str, Any]) -> dict[str, Any]:
    """Restore what `options_to_json` was given; mappings come back as dicts.

    Raises
    ------
    StorageError
        It did not make this.
    """
    found = {}
    for name, value in options.items():
        is_size = isinstance(value, dict) and set(value) == {f"${_SIZE}"}
        found[name] = _size(from_json(value[f"${_SIZE}"])) if is_size else from_json(value)
    return found


def _size(values: Any) -> NetworkSize:
    try:
        return NetworkSize(**values)
    except TypeError as error:
        remedy = "load it with the version of xdsc that saved it"
        raise StorageError(message("the fields of NetworkSize", f"{error}", remedy)) from error
