"""What a file holds, and how it is put together and taken apart."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import StorageError, message
from xdsc.storage.archive import read_archive, write_archive
from xdsc.storage.arrays import decode_arrays, encode_arrays
from xdsc.storage.damage import DamageError, check_name
from xdsc.storage.estimators import decode_estimator, encode_estimator
from xdsc.storage.fields import decode_dataset, encode_dataset
from xdsc.storage.format1 import config_of_file
from xdsc.storage.values import from_json, to_json

#: Raised with any change that older versions of xdsc cannot read.
FORMAT_VERSION = 3

_FORMAT = "xdsc"
_HEAD = "xdsc.json"
_ARRAYS = "arrays.safetensors"
#: Folders of entries, and how the names of their entries end.
_FIELDS, _ESTIMATORS = "fields", "estimators"
_ENDINGS = {_FIELDS: ".nc", _ESTIMATORS: ".skops"}
_PACKAGES = ("xdsc", "numpy", "xarray", "scikit-learn", "skops", "safetensors", "keras")
_HEAD_TYPES = {
    "format": str,
    "format_version": int,
    "packages": dict,
    "config": dict,
    "fortran": list,
    "entries": dict,
}


@dataclass(frozen=True)
class Contents:
    """What one file holds.

    Attributes
    ----------
    config : dict
        Numbers, strings, booleans, None, and lists, tuples and dicts of these, with strings as
        keys; see `to_json`.
    arrays : dict of str to numpy.ndarray
        Booleans, integers and finite floats. They come back with their type, shape and order in
        memory.
    fields : dict of str to xarray.Dataset
        See `xdsc.storage.fields`. Names consist of letters, digits, "_", "." and "-".
    estimators : dict of str to object
        Objects of scikit-learn, fitted or not; see `xdsc.storage.estimators`. Names as of `fields`.
    """

    config: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    fields: dict[str, xr.Dataset] = field(default_factory=dict)
    estimators: dict[str, Any] = field(default_factory=dict)


def write(path: str | os.PathLike[str], contents: Contents) -> None:
    """Write contents to a file, which is replaced as a whole or not at all.

    Parameters
    ----------
    path : str or path
        Where to; the folder has to be there.
    contents : Contents
        What to write.

    Raises
    ------
    StorageError
        Something cannot be stored, or the file not be written. What was there is as it was.
    """
    arrays, fortran = encode_arrays(contents.arrays)
    entries = {_ARRAYS: arrays}
    for name, ds in sorted(contents.fields.items()):
        entries[_entry(_FIELDS, name)] = encode_dataset(ds, name)
    for name, estimator in sorted(contents.estimators.items()):
        entries[_entry(_ESTIMATORS, name)] = encode_estimator(estimator)
    head = {
        "format": _FORMAT,
        "format_version": FORMAT_VERSION,
        "packages": _versions(),
        "config": to_json(contents.config, "config"),
        "fortran": sorted(fortran),
        "entries": {name: _summary(content) for name, content in entries.items()},
    }
    text = json.dumps(head, indent=1, allow_nan=False)
    write_archive(path, {_HEAD: text.encode(), **entries})


def read(path: str | os.PathLike[str]) -> Contents:
    """Read what `write` has written.

    Parameters
    ----------
    path : str or path
        The file.

    Raises
    ------
    StorageError
        The file is not there, is no such file, is damaged, or was written by a newer version.
    """
    try:
        entries = read_archive(path)
        head = _read_head(entries)
        _check_entries(entries, head["entries"])
        version, config = head["format_version"], from_json(head["config"])
        if not isinstance(config, dict):
            raise DamageError(f"a {type(config).__name__} as 'config' in {_HEAD}")
        return Contents(
            config=config_of_file(config) if version == 1 else config,
            arrays=decode_arrays(entries.pop(_ARRAYS), head["fortran"]),
            fields={
                name: decode_dataset(content, version)
                for name, content in _in_folder(entries, _FIELDS)
            },
            estimators={
                name: decode_estimator(content, head["packages"])
                for name, content in _in_folder(entries, _ESTIMATORS)
            },
        )
    except DamageError as error:
        raise _unreadable(path, str(error)) from error
    except StorageError:
        raise
    except Exception as error:
        # Parsers meet what nobody thought of: the user still has to learn that it is the file.
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error


def _unreadable(path: str | os.PathLike[str], what: str) -> StorageError:
    return StorageError(
        message(
            "a whole file that xdsc has saved",
            f"{os.fspath(path)} with {what}",
            "copy it anew from where it was saved, or save the model again",
        )
    )


def _read_head(entries: dict[str, bytes]) -> dict[str, Any]:
    """Take ``xdsc.json`` out of the entries, and check its schema."""
    if _HEAD not in entries:
        raise DamageError(f"no entry {_HEAD}")
    head = json.loads(entries.pop(_HEAD), parse_constant=_refuse_constant)
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise DamageError(f"an entry {_HEAD} of another format")
    found = head.get("format_version")
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise StorageError(
            message(
                f"a file of format version {FORMAT_VERSION} or older",
                f"version {found}, written by a newer xdsc",
                "upgrade: python -m pip install --upgrade xdsc",
            )
        )
    for key, kind in _HEAD_TYPES.items():
        # A boolean is an integer to Python.
        if not isinstance(head.get(key), kind) or isinstance(head[key], bool):
            raise DamageError(f"no {kind.__name__} as {key!r} in {_HEAD}")
    if head["format_version"] < 1 or not all(isinstance(name, str) for name in head["fortran"]):
        raise DamageError(f"a wrong 'format_version' or 'fortran' in {_HEAD}")
    return head


def _check_entries(entries: Mapping[str, bytes], expected: Mapping[str, Any]) -> None:
    """Hold the entries against the list of them."""
    if missing := sorted(set(expected) - set(entries)):
        raise DamageError(f"no entry {missing[0]}")
    if unknown := sorted(set(entries) - set(expected)):
        raise DamageError(f"the unknown entry {unknown[0]}")
    if _ARRAYS not in entries:
        raise DamageError(f"no entry {_ARRAYS}")
    for name, content in entries.items():
        if expected[name] != _summary(content):
            raise DamageError(f"a changed entry {name}")
        folder, _, file = name.rpartition("/")
        known = name == _ARRAYS or (folder in _ENDINGS and file.endswith(_ENDINGS[folder]))
        if not known:
            raise DamageError(f"the unknown entry {name}")


def _entry(folder: str, name: str) -> str:
    return f"{folder}/{check_name(name, folder)}{_ENDINGS[folder]}"


def _in_folder(entries: Mapping[str, bytes], folder: str) -> list[tuple[str, bytes]]:
    """What lies in a folder, by name without ending."""
    return [
        (name.removeprefix(f"{folder}/").removesuffix(_ENDINGS[folder]), content)
        for name, content in entries.items()
        if name.startswith(f"{folder}/")
    ]


def _summary(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _refuse_constant(name: str) -> None:
    raise DamageError(f"the number {name} in {_HEAD}")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
