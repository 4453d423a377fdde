"""From a Dataset to a prepared one: gap-free, scaled, with the same dims and names."""

from xdsc.preprocessing.pipeline import Climatology, Preprocessor, check_names
from xdsc.preprocessing.prepared import Prepared, prepare
from xdsc.preprocessing.presets import PRESETS
from xdsc.preprocessing.provenance import (
    is_prepared,
    mark_of,
    preparation,
    prepared_step,
    prepared_variables,
)

__all__ = [
    "PRESETS",
    "Climatology",
    "Prepared",
    "Preprocessor",
    "check_names",
    "is_prepared",
    "mark_of",
    "preparation",
    "prepare",
    "prepared_step",
    "prepared_variables",
]
