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
from xdsc.statistics.life_cycles import life_cycles
from xdsc.statistics.regime_index import regime_index

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
    "format_table",
    "life_cycles",
    "load_model",
    "methods",
    "metrics",
    "plot",
    "regime_index",
    "score",
    "tutorial",
]
