"""Every place in xdsc that says what to do, and a way to follow what it says."""

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import xdsc
from xdsc import errors

ROOT = Path(xdsc.__file__).parent
_MESSAGE = errors.message
said: list[tuple[str, int]] = []


@dataclass(frozen=True)
class Site:
    """A call of `message`: where it stands, and its three texts with … for what differs."""

    module: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}: {self.text}"


@cache
def sites() -> tuple[Site, ...]:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found += [
            Site(module, call.lineno, call.end_lineno or 0, " | ".join(map(_text, call.args)))
            for call in ast.walk(ast.parse(path.read_text()))
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "message"
        ]
    return tuple(found)


def _text(node: ast.AST) -> str:
    """The constant parts of a text."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "…"


def site_of(module: str, piece: str) -> Site:
    """The one place in a module whose texts have this piece."""
    found = [site for site in sites() if site.module == module and piece in site.text]
    assert len(found) == 1, f"{module}: {piece!r} is in {len(found)} messages: {found}"
    return found[0]


def recorded(expected: str, received: str, remedy: str) -> str:
    """`message`, which notes who calls it."""
    frame = sys._getframe(1)
    name = frame.f_globals["__name__"].removeprefix("xdsc.")
    module = "__init__" if name == "xdsc" else name
    said.append((module, frame.f_lineno))
    return _MESSAGE(expected, received, remedy)


def said_at(site: Site) -> bool:
    """Whether a message was made there since `said` was emptied."""
    return any(
        module in (site.module, site.module.removesuffix(".__init__"))
        and site.first <= line <= site.last
        for module, line in said
    )


def record(monkeypatch) -> None:
    """Have every module of xdsc note the messages that it makes."""
    said.clear()
    monkeypatch.setattr(errors, "message", recorded)
    for name, module in list(sys.modules.items()):
        if name.startswith("xdsc") and getattr(module, "message", None) is _MESSAGE:
            monkeypatch.setattr(module, "message", recorded)
