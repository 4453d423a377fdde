"""Weather and climate regimes in any CF Dataset: deep spatiotemporal clustering for xarray.

``import xdsc`` registers the accessor ``ds.dsc``; Keras, scikit-learn and matplotlib are imported
when they are first needed.
"""

from xdsc import methods, metrics, plot, tutorial
from xdsc.accessor import DSCAccessor
from xdsc.array_accessor import DSCArrayAccessor, dsc
from xdsc.errors import (
    FitInterrupted,
    InputError,
    NotFittedError,
    ParameterError,
    StorageError,
    XdscError,
    XdscWarning,
)
from xdsc.model import ClusterModel, load_model
from xdsc.preprocessing import Preprocessor
from xdsc.scoring import score
from xdsc.selection import compare, comparison_table, format_table
from xdsc.statistics.fields.composites import composites
from xdsc.statistics.index.life_cycles import life_cycles
from xdsc.statistics.index.regime_index import regime_index
from xdsc.statistics.matching.confusion import confusion
from xdsc.statistics.matching.matching import match
from xdsc.statistics.matching.naming import rename, reorder
from xdsc.statistics.sequence.conditional import conditional_frequency
from xdsc.statistics.sequence.decomposition import decompose
from xdsc.statistics.sequence.frequency import frequency
from xdsc.statistics.sequence.persistence import persistence
from xdsc.statistics.sequence.transitions import transitions
from xdsc.versions import show_versions

__version__ = "0.1.0"

__all__ = [
    "ClusterModel",
    "DSCAccessor",
    "DSCArrayAccessor",
    "FitInterrupted",
    "InputError",
    "NotFittedError",
    "ParameterError",
    "Preprocessor",
    "StorageError",
    "XdscError",
    "XdscWarning",
    "__version__",
    "compare",
    "comparison_table",
    "composites",
    "conditional_frequency",
    "confusion",
    "decompose",
    "dsc",
    "format_table",
    "frequency",
    "life_cycles",
    "load_model",
    "match",
    "methods",
    "metrics",
    "persistence",
    "plot",
    "regime_index",
    "rename",
    "reorder",
    "score",
    "show_versions",
    "transitions",
    "tutorial",
]
