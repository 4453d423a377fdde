"""One docstring and one signature for a function and the accessor's method of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_SECTIONS = ("Parameters", "Returns", "Raises", "Warns", "Notes", "References")


def documented_by(
    function: Callable[..., Any], *, brought: tuple[str, ...] = ("ds",), open_ended: bool = False
) -> Callable[[Method], Method]:
    """Give a method the arguments of `function`, in its signature and in its docstring.

    Parameters
    ----------
    function : callable
        A function of a Dataset, or a class; with a NumPy-style docstring.
    brought : tuple of str, default ("ds",)
        Arguments of the function that the accessor brings itself.
    open_ended : bool, default False
        Whether the method takes others as well, as its ``**options``.

    Returns
    -------
    callable
        A decorator of methods. Arguments that they name themselves come before the others;
        arguments and sections that their docstrings describe stay, others are taken over.
    """

    def decorate(method: Method) -> Method:
        signature, mine = inspect.signature(function), inspect.signature(method)
        named = {n: p for n, p in mine.parameters.items() if p.kind not in _STARRED}
        left_out = {*brought, *named}
        taken = [p for p in signature.parameters.values() if p.name not in left_out]
        others = [p for p in mine.parameters.values() if open_ended and p.kind is p.VAR_KEYWORD]
        parameters = sorted([*named.values(), *taken, *others], key=lambda p: p.kind)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=parameters, return_annotation=mine.return_annotation
        )
        method.__doc__ = _merged(
            inspect.getdoc(method) or "",
            inspect.getdoc(function) or "",
            [p.name for p in parameters],
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


def _merged(own: str, other: str, arguments: list[str] | None = None) -> str:
    """Docstring `own` with the sections of `other` that it lacks, in their usual order.

    Of arguments those that are named, or all, are described.
    """
    if not own or not other:  # python -OO
        return own
    head, sections = _split(own)
    _, others = _split(other)
    others = {title: text for title, text in others.items() if title in _SECTIONS}
    both = {**others, **sections}
    described = _entries(others.get("Parameters", "")) | _entries(sections.get("Parameters", ""))
    both["Parameters"] = "\n".join(
        dict.fromkeys(described[name] for name in arguments or described if name in described)
    )
    if not both["Parameters"]:
        del both["Parameters"]
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


def _entries(parameters: str) -> dict[str, str]:
    """The entry of each argument in a section; several may share one."""
    found: dict[str, str] = {}
    for entry in filter(None, re.split(r"\n(?=\S)", parameters)):
        names, _, _ = entry.split("\n")[0].partition(" :")
        found |= {name.strip(" *"): entry for name in names.split(",")}
    return found
