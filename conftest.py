"""Runs the code blocks of the docs, and keeps the libraries underneath quiet."""

import os

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

# Before anything imports matplotlib or TensorFlow.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Programs, not modules with docstrings.
collect_ignore = ["docs/conf.py", "docs/demo.py"]
collect_ignore_glob = ["docs/_build/*", "docs/generated/*", "docs/notebooks/*"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md"],
).pytest()
