"""Where regimes begin: clusters of the scores of EOFs, and a choice among ways to find them.

Plain NumPy and scikit-learn; nothing here knows a network.
"""

from xdsc.methods.regime_starts.choice import (
    LEAST_AGREEMENT,
    STARTS,
    Choice,
    choose_start,
    is_outdone,
)
from xdsc.methods.regime_starts.scores import Eofs, eofs_of
from xdsc.methods.regime_starts.series import Series
from xdsc.methods.regime_starts.spectra import spectra_of

__all__ = [
    "LEAST_AGREEMENT",
    "STARTS",
    "Choice",
    "Eofs",
    "Series",
    "choose_start",
    "eofs_of",
    "is_outdone",
    "spectra_of",
]
