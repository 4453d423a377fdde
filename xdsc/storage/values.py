"""Python values as JSON and back, with what JSON has no word for under a tag."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xdsc.errors import StorageError, message
from xdsc.storage.damage import DamageError

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

#: What arrays may consist of.
NUMBER_TYPES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *(f"float{bits}" for bits in (16, 32, 64)),
)


def to_json(value: Any, name: str = "value") -> Any:
    """Turn a value into JSON that `from_json` restores.

    Parameters
    ----------
    value : object
        None, booleans, numbers, strings, numbers and arrays of NumPy, and lists, tuples and
        mappings of these. Mappings come back as dicts, and their keys have to be strings.
    name : str
        What messages call it.

    Returns
    -------
    object
        Of what the `json` module writes; numbers are finite.

    Raises
    ------
    StorageError
        Something else is among them.

    Examples
    --------
    >>> to_json({"widths": (8, 4), "limit": float("inf")})
    {'widths': {'$tuple': [8, 4]}, 'limit': {'$float': 'inf'}}
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return _numbers_to_json(value, name)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, list):
        return [to_json(item, name) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [to_json(item, name) for item in value]}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        found = {key: to_json(item, f"{name}[{key!r}]") for key, item in value.items()}
        # A tag is the only key of its object; a mapping that looks like one is tagged itself.
        is_like_a_tag = len(found) == 1 and next(iter(found)).startswith("$")
        return {"$dict": found} if is_like_a_tag else found
    raise _unknown(name, f"{type(value).__name__} {value!r:.80}")


def from_json(value: Any) -> Any:
    """Restore what `to_json` was given; raises `StorageError` where it did not make this."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (tag := next(iter(value))).startswith("$"):
        return _from_tag(tag, value[tag])
    return {key: from_json(item) for key, item in value.items()}


def _from_tag(tag: str, content: Any) -> Any:
    if tag == "$float" and isinstance(content, str) and content in _NOT_FINITE:
        return _NOT_FINITE[content]
    if tag == "$tuple" and isinstance(content, list):
        return tuple(from_json(item) for item in content)
    if tag == "$dict" and isinstance(content, dict):
        return {key: from_json(item) for key, item in content.items()}
    if tag == "$numpy" and isinstance(content, dict) and set(content) == {"dtype", "values"}:
        values = from_json(content["values"])
        try:
            array = np.array(values, number_type(content["dtype"]))
        except (TypeError, ValueError, OverflowError) as error:
            raise DamageError(f"numbers that cannot be read: {error}") from error
        return array if isinstance(values, list) else array[()]
    raise DamageError(f"a value tagged {tag!r} that cannot be read")


def number_type(name: Any) -> np.dtype[Any]:
    """The NumPy type of that name, if it is one of `NUMBER_TYPES`."""
    if not isinstance(name, str) or name not in NUMBER_TYPES:
        raise DamageError(f"the unknown number type {name!r}")
    return np.dtype(name)


def _numbers_to_json(value: np.ndarray | np.generic, name: str) -> Any:
    if value.dtype.kind == "U":
        return to_json(value.tolist(), name)
    if value.dtype.name not in NUMBER_TYPES:
        raise _unknown(name, f"NumPy's {value.dtype}")
    return {"$numpy": {"dtype": value.dtype.name, "values": to_json(value.tolist(), name)}}


def _unknown(name: str, received: str) -> StorageError:
    return StorageError(
        message(
            f"{name} to be made of numbers, strings, booleans, None, lists, tuples and mappings "
            "with strings as keys",
            received,
            "change or drop it before saving",
        )
    )
