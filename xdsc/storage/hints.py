"""Values from a file held against the types that a class says its arguments have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from xdsc.storage.damage import DamageError

T = TypeVar("T")


def made_of(kind: type[T], values: Any) -> T:
    """Make a dataclass of values by name; `DamageError` where they are not of its types.

    Examples
    --------
    >>> from xdsc.cf import Axes
    >>> made_of(Axes, {"time": "time", "y": "lat", "x": ["lon"]})
    Traceback (most recent call last):
    xdsc.storage.damage.DamageError: ['lon'] as x of Axes
    """
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind) if field.init}  # type: ignore[arg-type]
    if not isinstance(values, Mapping) or not set(values) <= known:
        raise DamageError(f"{values!r:.200} as {kind.__name__}")
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise DamageError(f"{value!r:.80} as {name} of {kind.__name__}")
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, option) for option in inner)
    if origin is Literal:
        return isinstance(value, (str, int, NoneType)) and value in inner
    if origin is None:
        # To Python a boolean is an integer, and an integer no float.
        kinds = (int, float) if hint is float else (NoneType if hint is None else hint,)
        return isinstance(value, kinds) and (not isinstance(value, bool) or hint is bool)
    if not isinstance(value, origin):
        return False
    if isinstance(value, Mapping):
        return all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    if origin is tuple and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(_fits, value, inner))
    return isinstance(value, Collection) and all(_fits(item, inner[0]) for item in value)
