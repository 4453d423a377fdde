"""Runs the code blocks of the docs, and keeps the libraries underneath quiet."""

import os
import sys
from collections.abc import Iterator

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

# Before anything imports matplotlib or TensorFlow.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Every worker has a core: threads beyond that wait for each other.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, "1")

# Programs, not modules with docstrings.
collect_ignore = ["docs/conf.py", "docs/demo.py"]
collect_ignore_glob = ["docs/_build/*", "docs/generated/*", "docs/notebooks/*"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md"],
).pytest()


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    """Close the figures of each test: pyplot holds them, and warns of more than twenty."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


#: Files that go to one worker of the tests: their networks are of the same kinds.
_TOGETHER = {"test_method_states.py": "test_methods.py", "test_interrupt.py": "test_checkpoints.py"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each file to one worker, those with slow tests first: no worker waits for the last."""
    slow = {_group(item) for item in items if item.get_closest_marker("slow")}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _group(item) not in slow)


def _group(item: pytest.Item) -> str:
    path = item.path.with_name(_TOGETHER.get(item.path.name, item.path.name))
    return path.relative_to(item.config.rootpath).as_posix()
