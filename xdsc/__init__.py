"""Weather and climate regimes in any CF Dataset: deep spatiotemporal clustering for xarray.

``import xdsc`` registers the accessor ``ds.dsc``; Keras, scikit-learn and matplotlib are imported
when they are first needed.
"""

from xdsc import methods, metrics, plot, tutorial
from xdsc.accessor import DSCAccessor
from xdsc.errors import (
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
from xdsc.statistics.composites import composites
from xdsc.statistics.conditional import conditional_frequency
from xdsc.statistics.confusion import confusion
from xdsc.statistics.decomposition import decompose
from xdsc.statistics.frequency import frequency
from xdsc.statistics.life_cycles import life_cycles
from xdsc.statistics.matching import match
from xdsc.statistics.naming import rename, reorder
from xdsc.statistics.persistence import persistence
from xdsc.statistics.regime_index import regime_index
from xdsc.statistics.transitions import transitions

__version__ = "0.1.0"

__all__ = [
    "ClusterModel",
    "DSCAccessor",
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
    "transitions",
    "tutorial",
]
