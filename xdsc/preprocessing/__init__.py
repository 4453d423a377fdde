"""From a Dataset to a prepared one: gap-free, scaled, with the same dims and names."""

from xdsc.preprocessing.applying import Climatology
from xdsc.preprocessing.pipeline import SETTINGS, Preprocessor, check_names
from xdsc.preprocessing.prepared import Prepared, prepare
from xdsc.preprocessing.presets import PRESETS, PresetName
from xdsc.preprocessing.provenance import Provenance, is_prepared, provenance_of

__all__ = [
    "PRESETS",
    "SETTINGS",
    "Climatology",
    "Prepared",
    "Preprocessor",
    "PresetName",
    "Provenance",
    "check_names",
    "is_prepared",
    "prepare",
    "provenance_of",
]
