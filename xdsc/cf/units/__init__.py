"""Units: what other rooms need of them. They are CF text; only quantities are those of pint.

pint is imported where two texts differ or data are quantified, so that everyday calls stay quick.
"""

from xdsc.cf.units.factors import Conversion, conversion, same_units, short
from xdsc.cf.units.quantities import dequantified, is_quantified, quantified_like
from xdsc.cf.units.spelling import (
    DIFFERENCE,
    is_difference,
    is_temperature,
    is_water,
    per_second,
    read_unit,
    unit_of,
    unit_text,
)

__all__ = [
    "DIFFERENCE",
    "Conversion",
    "conversion",
    "dequantified",
    "is_difference",
    "is_quantified",
    "is_temperature",
    "is_water",
    "per_second",
    "quantified_like",
    "read_unit",
    "same_units",
    "short",
    "unit_of",
    "unit_text",
]
