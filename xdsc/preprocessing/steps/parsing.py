"""Arguments of a Preprocessor, checked alike for several steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xdsc.errors import ParameterError, message


def by_variable(
    name: str, given: Any, kind: type | tuple[type, ...], example: tuple[str, str]
) -> dict[str, Any] | None:
    """An argument that is a mapping from variables to values of a kind; None stays.

    Parameters
    ----------
    name : str
        Of the argument.
    given : mapping of str to `kind`, or None
        What was given.
    kind : type or tuple of types
        Of the values.
    example : (str, str)
        What the values are, and one of them.

    Raises
    ------
    ParameterError
        It is something else.
    """
    if given is None:
        return None
    if isinstance(given, Mapping):
        wrong = [value for value in given.values() if not isinstance(value, kind)]
        if not wrong and all(isinstance(key, str) for key in given):
            return dict(given)
        given = wrong[0] if wrong else given
    what, value = example
    raise ParameterError(
        message(
            f"{name}= as a mapping from variables to {what}",
            f"{given!r}",
            f"write {name}={{'t2m': {value}}}",
        )
    )
