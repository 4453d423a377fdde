"""One docstring and one signature for a function and the accessor's method of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

_SECTIONS = ("Parameters", "Returns", "Raises", "Warns", "Notes", "References")


def documented_by(function: Callable[..., Any]) -> Callable[[Method], Method]:
    """Give a method the arguments of `function`, in its signature and in its docstring.

    Parameters
    ----------
    function : callable
        A function of a Dataset, or a class; with a NumPy-style docstring. Its first argument, if
        that is ``ds``, is the accessor's own.

    Returns
    -------
    callable
        A decorator of methods. Sections that their docstrings have stay; others are taken over.
    """

    def decorate(method: Method) -> Method:
        signature = inspect.signature(function)
        own, *_ = inspect.signature(method).parameters.values()
        taken = [p for p in signature.parameters.values() if p.name != "ds"]
        returned = inspect.signature(method).return_annotation
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[own, *taken], return_annotation=returned
        )
        method.__doc__ = _merged(
            inspect.getdoc(method) or "", inspect.getdoc(function) or "", without_ds=True
        )
        return method

    return decorate


def described_as(function: Callable[..., Any]) -> Callable[[Method], Method]:
    """Give a function the sections of the docstring of another one with the same arguments.

    Parameters
    ----------
    function : callable
        With a NumPy-style docstring.

    Returns
    -------
    callable
        A decorator of functions. Sections that their docstrings have stay; others are taken over.
    """

    def decorate(method: Method) -> Method:
        method.__doc__ = _merged(inspect.getdoc(method) or "", inspect.getdoc(function) or "")
        return method

    return decorate


def _merged(own: str, other: str, *, without_ds: bool = False) -> str:
    """Docstring `own` with the sections of `other` that it lacks, in their usual order."""
    if not own or not other:  # python -OO
        return own
    head, sections = _split(own)
    _, others = _split(other)
    others = {title: text for title, text in others.items() if title in _SECTIONS}
    if without_ds and "Parameters" in others:
        others["Parameters"] = _without_ds(others["Parameters"])
    both = {**others, **sections}
    order = [*(t for t in _SECTIONS if t in both), *(t for t in both if t not in _SECTIONS)]
    parts = [head, *(f"{title}\n{'-' * len(title)}\n{both[title]}" for title in order)]
    return "\n\n".join(parts) + "\n"


def _split(doc: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section, and the sections by title."""
    lines = doc.splitlines()
    starts = [i for i in range(len(lines) - 1) if lines[i] and lines[i + 1] == "-" * len(lines[i])]
    ends = [*starts[1:], len(lines)]
    sections = {
        lines[i]: "\n".join(lines[i + 2 : end]).strip("\n")
        for i, end in zip(starts, ends, strict=True)
    }
    head = lines[: starts[0]] if starts else lines
    return "\n".join(head).strip("\n"), sections


def _without_ds(parameters: str) -> str:
    """The section without the entry of the Dataset."""
    lines = parameters.splitlines()
    if not lines[0].startswith("ds :"):
        return parameters
    rest = next(i for i, line in enumerate(lines[1:], 1) if line and not line.startswith(" "))
    return "\n".join(lines[rest:])
