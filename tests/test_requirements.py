"""What is imported is asked for: by xdsc, and by examples of the docs in the extra `docs`."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What a method of xarray needs that nobody imports by name.
NEEDED_BY_CALL = {
    "to_zarr": "zarr",
    "open_zarr": "zarr",
    "to_netcdf": "netcdf4",
    "plot": "matplotlib",
}
#: Distributions of modules that are called otherwise.
DISTRIBUTION = {"sklearn": "scikit-learn"}
#: What xdsc uses where it is installed, and conda alone installs well.
UNASKED = {"xesmf"}
STANDARD = {*sys.stdlib_module_names, "xdsc"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def brought(*extras: str) -> set[str]:
    """Distributions that the extras ask for by name, those of xdsc itself included."""
    found, todo = set(), [*PROJECT["dependencies"], f"xdsc[{','.join(extras)}]"]
    while todo:
        name, extras = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", todo.pop()).groups()
        if name == "xdsc":
            for one in extras.split(","):
                todo += EXTRAS[one]
        else:
            found.add(canonical(name))
    return found


def code_of_page(text: str) -> str:
    """Blocks of a Markdown page that are run: by the tests, or by the build."""
    text = re.sub(r"% skip: next\s*```.*?```", "", text, flags=re.DOTALL)
    blocks = re.findall(r"```(?:\{code-cell\} )?python\n(.*?)```", text, flags=re.DOTALL)
    return "\n".join(re.sub(r"^:\w+:.*$", "", block, flags=re.MULTILINE) for block in blocks)


def code_of_notebook(text: str) -> str:
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]) for cell in cells)


SOURCES = {
    path.name: reader(path.read_text(encoding="utf-8"))
    for folder, pattern, reader in (
        ("docs", "*.md", code_of_page),
        ("docs", "*.py", str),
        ("notebooks", "*.ipynb", code_of_notebook),
    )
    for path in sorted((ROOT / folder).glob(pattern))
}


def needs(code: str) -> Iterator[str]:
    """Modules that code imports, but under a condition, and packages that its calls need."""
    todo: list[ast.AST] = [ast.parse(code)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If):
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Attribute) and node.attr in NEEDED_BY_CALL:
            yield NEEDED_BY_CALL[node.attr]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "extensions":
            names = ast.literal_eval(node.value)
            yield from (name.split(".")[0] for name in names)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "html_theme":
            yield ast.literal_eval(node.value)


def test_there_is_code():
    assert {"conf.py", "gallery.md", "quickstart.md", "pangeo.ipynb"} <= {*SOURCES}
    assert {"myst_nb", "pydata_sphinx_theme"} <= {*needs(SOURCES["conf.py"])}
    assert "zarr" in needs(SOURCES["pangeo.ipynb"])
    assert "xdsc" in needs(SOURCES["gallery.md"])


def lacking(code: str, known: set[str]) -> set[str]:
    names = {DISTRIBUTION.get(name, canonical(name)) for name in {*needs(code)} - STANDARD}
    return names - known


@pytest.mark.parametrize("name", SOURCES)
def test_what_examples_need_is_in_the_extra(name):
    assert not lacking(SOURCES[name], brought("docs"))


def test_what_xdsc_imports_is_asked_for():
    imported = re.compile(
        r"^ *(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?(?:  #.*)?$)", re.MULTILINE
    )
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "xdsc").rglob("*.py"))
    modules = {one or other for text in pages for one, other in imported.findall(text)}
    assert {"numpy", "sklearn", "keras"} <= modules
    every = brought(*(extra for extra in EXTRAS if extra not in ("docs", "dev")))
    assert not lacking("\n".join(f"import {name}" for name in modules), every | UNASKED)
