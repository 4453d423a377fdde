"""What pages of the docs say about the code, the code says too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xdsc
from xdsc.plot import DSCPlot

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def texts(source: str) -> Iterator[str]:
    """Literal texts of a module, with the values in f-strings as they are written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


HEADS = re.findall(r"^### .*“.*$", page("troubleshooting.md"), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def messages() -> str:
    modules = [path.read_text(encoding="utf-8") for path in (ROOT / "xdsc").rglob("*.py")]
    return "\n".join(text for module in modules for text in texts(module))


def test_errors_are_looked_up():
    assert len(HEADS) > 10


@pytest.mark.parametrize("head", HEADS)
def test_errors_that_are_explained_are_raised(head, messages):
    for quoted in re.findall(r"“(.*?)”", head):
        assert all(part in messages for part in quoted.split(" … "))


@pytest.mark.parametrize("name", ["contributing.md", "policies.md"])
def test_files_that_are_named_are_there(name):
    named = re.findall(r"`((?:xdsc|tests|docs|\.github)/[\w./-]*|pyproject\.toml)`", page(name))
    assert named
    for path in named:
        # Recipes call what is to be written mine.py.
        there = ROOT / path
        assert (there.parent if there.name == "mine.py" else there).exists(), path


def test_every_figure_is_in_the_gallery():
    figures = {name for name in vars(DSCPlot) if not name.startswith("_")} - {"of"}
    gallery = page("gallery.md")
    assert {name for name in figures if f"xdsc.plot.{name}" not in gallery} == set()
    drawn = set(re.findall(r"ds\.dsc\.plot\.(\w+)\(", gallery))
    # A network takes longer than a gallery should.
    assert figures - drawn == {"history"}


def test_every_public_name_is_in_the_reference():
    classes = {"DSCAccessor", "DSCArrayAccessor"}  # documented as Dataset.dsc
    modules = {name for name in xdsc.__all__ if type(vars(xdsc)[name]) is type(xdsc)}
    names = {*xdsc.__all__} - classes - modules - {"__version__"}
    listed = {line.strip() for line in page("api.md").splitlines()}
    assert names - listed == set()
