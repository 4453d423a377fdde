"""From a Dataset to a prepared one: gap-free, scaled, with the same dims and names."""

from xdsc.preprocessing.mark import is_prepared, preparation, prepared_variables
from xdsc.preprocessing.pipeline import Preprocessor

__all__ = ["Preprocessor", "is_prepared", "preparation", "prepared_variables"]
