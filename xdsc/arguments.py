"""Arguments of statistics and figures, checked alike: whatever comes in, of any type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np
import pandas as pd

from xdsc.errors import ParameterError, Problems, advice, message, nearest


def one_of(name: str, given: Any, known: Sequence[Any]) -> Any:
    """`given`, where it is one of the known values of an argument.

    Parameters
    ----------
    name : str
        Of the argument.
    given : object
        What was given.
    known : sequence of str, bool or None
        What may be given.

    Raises
    ------
    ParameterError
        It is another one.

    Examples
    --------
    >>> one_of("scale", "minmax", ["minmax", None])
    'minmax'
    >>> one_of("scale", "min-max", ["minmax", None])
    Traceback (most recent call last):
    xdsc.errors.ParameterError: Expected scale to be one of ... write scale='minmax'.
    """
    # Not `in`: what is given may be an array, whose comparison has no truth.
    if any(given is value or (isinstance(given, str) and given == value) for value in known):
        return given
    texts = [value for value in known if isinstance(value, str)]
    raise ParameterError(
        message(
            f"{name} to be one of {_some(known)}",
            f"{name}={given!r:.200}",
            advice(name, given, texts, f"choose one of them, as {name}={known[0]!r}"),
        )
    )


def _some(known: Sequence[Any]) -> str:
    """Values that may be given; of very many only the first."""
    texts = list(map(repr, known))
    return ", ".join(texts if len(texts) <= 40 else [*texts[:12], "..."])


def some_of(name: str, given: Any, known: Iterable[Any]) -> list[str]:
    """Names that were given, one or several, where all of them are known.

    Raises
    ------
    ParameterError
        With each name that is not known, or because names are no names.

    Examples
    --------
    >>> some_of("metrics", "rmse", ["rmse", "silhouette"])
    ['rmse']
    """
    there = [str(value) for value in known]
    listed = [given] if isinstance(given, str) else listing(given) or [given]
    problems = Problems()
    for one in listed:
        if not isinstance(one, str) or one not in there:
            near = nearest(one, there)
            remedy = f"write {near!r}" if near else f"choose some, as {name}={there[:1]}"
            problems.add(message(f"{name} among {', '.join(there)}", f"{one!r:.100}", remedy))
    problems.raise_if_any(ParameterError)
    return list(map(str, listed))


def listing(given: Any) -> list[Any] | None:
    """The elements of a list, a tuple, a set or of whatever else can be run through; else None."""
    if isinstance(given, str | bytes):
        return None
    try:
        return list(given)
    except TypeError:
        return None


def in_range(
    name: str,
    given: Any,
    low: float,
    high: float = np.inf,
    *,
    default: Any,
    whole: bool = False,
    within: bool = False,
) -> None:
    """Raise an error unless an argument is a number from `low` to `high`.

    Parameters
    ----------
    name : str
        Of the argument.
    given : object
        What was given.
    low, high : float
        Bounds, which it may take.
    default : object
        What the error says to pass.
    whole : bool, default False
        Whether it is a number of things.
    within : bool, default False
        Whether it may not take the bounds.

    Raises
    ------
    ParameterError
        It is something else.

    Examples
    --------
    >>> in_range("alpha", 5, 0, 1, within=True, default=0.05)
    Traceback (most recent call last):
    xdsc.errors.ParameterError: Expected alpha= to be a number between 0 and 1, ... alpha=0.05.
    """
    if is_number(given, whole=whole):
        if within and low < given < high:
            return
        if not within and low <= given <= high:
            return
    bounds = f"of at least {low:g}" if high == np.inf else f"from {low:g} to {high:.12g}"
    if within:
        bounds = f"above {low:g}" if high == np.inf else f"between {low:g} and {high:g}"
    kind = "a whole number" if whole else "a number"
    raise ParameterError(
        message(f"{name}= to be {kind} {bounds}", f"{given!r:.200}", f"pass {name}={default!r}")
    )


def is_number(given: Any, *, whole: bool = False) -> bool:
    """Whether it is a number, finite and no truth value."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if not isinstance(given, kinds) or isinstance(given, bool | np.timedelta64):
        return False
    return bool(-np.inf < given < np.inf)


def check_text(name: str, given: Any) -> None:
    """Raise an error unless an argument is text, or None.

    Raises
    ------
    ParameterError
        It is something else.
    """
    if given is not None and not isinstance(given, str):
        raise ParameterError(
            message(f"{name}= as text, or None", f"{given!r:.100}", f"leave {name}= out")
        )


def check_name(name: str, given: Any) -> None:
    """Raise an error where the name of an axis is anything but text or None.

    Raises
    ------
    ParameterError
        It is something else.
    """
    if given is not None and not isinstance(given, str):
        raise ParameterError(
            message(f"{name}= to be a name", f"{given!r:.100}", f"leave {name}= out, or name it")
        )


def own_arguments(function: Callable[..., Any]) -> list[str]:
    """Names of the keywords of a function; those that it only collects have none."""
    return [
        name
        for name, parameter in signature(function).parameters.items()
        if parameter.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]


def as_timedelta(given: Any) -> pd.Timedelta | None:
    """A duration; None for what is none, as numbers without a unit, nanoseconds to pandas.

    Examples
    --------
    >>> as_timedelta("36h"), as_timedelta("36"), as_timedelta(36), as_timedelta("soon")
    (Timedelta('1 days 12:00:00'), None, None, None)
    """
    if is_number(given) or (isinstance(given, str) and _says_a_number(given)):
        return None
    try:
        found = pd.Timedelta(given)
    except (ValueError, TypeError, OverflowError):
        return None
    return None if pd.isna(found) else found


def _says_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
