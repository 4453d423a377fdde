"""Runs the code blocks of the docs, and keeps the libraries underneath quiet."""

import os
import sys
from collections.abc import Iterator
from typing import Any

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
    fixtures=["_figures_closed"],  # which pytest does not do for blocks of its own accord
).pytest()


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    """Close the figures of each test: pyplot holds them, and warns of more than twenty."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no worker waits for the last of another."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


#: Files that ask for the networks of `tests/sizes.py`, which are traced once in a process.
NETWORKS_SHARED = {
    f"tests/test_{name}.py"
    for name in (
        "accessor",
        "another_dataset",
        "checkpoints",
        "devices",
        "forged_files",
        "lazy_labels",
        "method_states",
        "methods",
        "model",
        "novelty",
        "plot_embedding",
        "plot_silhouette",
        "processes",
        "reproducible",
        "save_load",
        "scoring",
        "streaming",
    )
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give files to workers as a whole, and to one worker all files that share networks."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "networks" if file in NETWORKS_SHARED else file

    return Scheduling(config, log)
