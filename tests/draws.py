"""How much is drawn at random: ``XDSC_DRAWS=10 make unit`` draws ten times what the checks do."""

import os

MORE = int(os.environ.get("XDSC_DRAWS", "1"))


def seeds(first, stop):
    """Seeds from `first` on: up to `stop`, or more of them where the environment says so."""
    return range(first, first + MORE * (stop - first))
