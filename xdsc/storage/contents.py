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

#: Raised with any change that older versions of xdsc cannot read.
FORMAT_VERSION = 1

_FORMAT = "xdsc"
_HEAD = "xdsc.json"
_ARRAYS = "arrays.safetensors"
_FIELDS, _FIELD_ENDING = "fields/", ".nc"
_ESTIMATORS, _ESTIMATOR_ENDING = "estimators/", ".skops"
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
        JSON: strings, finite numbers, booleans, None, lists, and dicts with strings as keys. See
        `to_json` for what else there is.
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
        entries[_FIELDS + check_name(name, "fields") + _FIELD_ENDING] = encode_dataset(ds, name)
    for name, estimator in sorted(contents.estimators.items()):
        entry = _ESTIMATORS + check_name(name, "estimators") + _ESTIMATOR_ENDING
        entries[entry] = encode_estimator(estimator)
    head = {
        "format": _FORMAT,
        "format_version": FORMAT_VERSION,
        "packages": _versions(),
        "config": _checked_config(contents.config),
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
        return Contents(
            config=head["config"],
            arrays=decode_arrays(entries.pop(_ARRAYS), head["fortran"]),
            fields={
                name: decode_dataset(content)
                for name, content in _named(entries, _FIELDS, _FIELD_ENDING)
            },
            estimators={
                name: decode_estimator(content, head["packages"])
                for name, content in _named(entries, _ESTIMATORS, _ESTIMATOR_ENDING)
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
        known = name == _ARRAYS or any(
            name.startswith(folder) and name.endswith(ending)
            for folder, ending in ((_FIELDS, _FIELD_ENDING), (_ESTIMATORS, _ESTIMATOR_ENDING))
        )
        if not known:
            raise DamageError(f"the unknown entry {name}")


def _named(entries: Mapping[str, bytes], folder: str, ending: str) -> list[tuple[str, bytes]]:
    return [
        (name.removeprefix(folder).removesuffix(ending), content)
        for name, content in entries.items()
        if name.startswith(folder)
    ]


def _summary(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _checked_config(config: Any, where: str = "config") -> Any:
    """Return it, if JSON gives it back as it is: tuples, say, would come back as lists."""
    if isinstance(config, dict) and all(type(key) is str for key in config):
        return {key: _checked_config(item, f"{where}[{key!r}]") for key, item in config.items()}
    if isinstance(config, list):
        return [_checked_config(item, f"{where}[{i}]") for i, item in enumerate(config)]
    is_number = type(config) is int or (type(config) is float and np.isfinite(config))
    if config is None or is_number or type(config) in (str, bool):
        return config
    raise StorageError(
        message(f"{where} to be JSON", f"{config!r:.80}", "use xdsc.storage.to_json on it")
    )


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
