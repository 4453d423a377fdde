"""What xdsc imports is asked for. Of the docs `make docs` says it: from their extra alone."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Distributions of modules that are called otherwise.
DISTRIBUTION = {"sklearn": "scikit-learn"}
#: What xdsc uses where it is installed, and conda alone installs well.
UNASKED = {"xesmf"}
STANDARD = {*sys.stdlib_module_names, "xdsc"}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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


def test_what_xdsc_imports_is_asked_for():
    imported = re.compile(
        r"^ *(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?(?:  #.*)?$)", re.MULTILINE
    )
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "xdsc").rglob("*.py"))
    modules = {one or other for text in pages for one, other in imported.findall(text)}
    assert {"numpy", "sklearn", "keras"} <= modules
    names = {DISTRIBUTION.get(name, canonical(name)) for name in modules - STANDARD}
    every = brought(*(extra for extra in EXTRAS if extra not in ("docs", "dev")))
    assert not names - every - UNASKED
