"""From one unit to another: a factor and an offset, exact where decimal numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

import numpy as np

from xdsc.cf.units.spelling import (
    difference_of,
    is_practical_salinity,
    read_scaled,
    registry,
)
from xdsc.errors import InputError, ParameterError, message

Values = TypeVar("Values")


@dataclass(frozen=True)
class Conversion:
    """From one unit to another: ``factor * values + offset``."""

    factor: float = 1.0
    offset: float = 0.0

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return (self.factor, self.offset) != (1.0, 0.0)

    def __call__(self, values: Values) -> Values:
        """Convert an array of any shape, in its own precision; `values` itself if nothing changes.

        In float32 a sum rounds to the digits of its larger part. So what makes numbers smaller, as
        from K to degC, comes first.
        """
        result: Any = values
        if self.offset < 0:
            result = result + short(self.offset / self.factor)
        if abs(self.factor) < 1:
            result = result / short(1 / self.factor)  # 100 is exact in binary, 0.01 is not
        elif self.factor != 1:
            result = result * self.factor
        if self.offset > 0:
            result = result + self.offset
        return result  # type: ignore[no-any-return]

    def inverse(self) -> Conversion:
        """The way back."""
        back = -self.offset / self.factor if self.offset else 0.0
        return Conversion(short(1 / self.factor), short(back))


@cache
def conversion(
    source: str, target: str, *, difference: bool = False, water: bool = False
) -> Conversion:
    """How to convert from one unit to another.

    Parameters
    ----------
    source, target : str
        Units, as for `read_unit`; factors, as in ``1e-3 m``, are understood as well.
    difference : bool, default False
        Convert differences, such as anomalies: without an offset.
    water : bool, default False
        Let 1 kg m-2 be 1 mm, which it is for liquid water (1000 kg m-3).

    Raises
    ------
    InputError
        The units are of different kinds, one is not a multiple of the other with or without an
        offset (dB), `source` cannot be read, or practical salinity (psu, of which 35 are 35e-3)
        meets anything but thousandths: as "1" files write the 35 as well as the 0.035.
    ParameterError
        `target` cannot be read.

    Examples
    --------
    >>> conversion("K", "degC"), conversion("m s**-1", "m/s")
    (Conversion(factor=1.0, offset=-273.15), Conversion(factor=1.0, offset=0.0))
    """
    if source == target:
        return Conversion()
    from pint import DimensionalityError

    scale, start = read_scaled(source)
    target_scale, goal = read_scaled(target, ParameterError)
    one_is_psu = is_practical_salinity(start) != is_practical_salinity(goal)
    if one_is_psu and start.dimensionless and goal.dimensionless:
        _check_thousandths(source, target)
        return Conversion()
    if difference:
        start, goal = difference_of(start), difference_of(goal)
    if (scale, start) == (target_scale, goal):
        return Conversion()
    apart = (start / goal).dimensionality
    density = registry().Unit("kg m-3")
    if water and apart == density.dimensionality:
        scale, start = scale / 1000, start / density
    elif water and apart == (1 / density).dimensionality:
        scale, start = scale * 1000, start * density
    try:
        with np.errstate(all="ignore"):  # the logarithm of 0
            zero, one, three = (
                float(registry().Quantity(x * scale, start).to(goal).magnitude) / target_scale
                for x in (0.0, 1.0, 3.0)
            )
    except DimensionalityError:
        raise InputError(
            message(
                f"units that can be converted to {target!r}",
                f"{source!r}",
                "if it is water, set the attribute standard_name, e.g. to 'precipitation_flux'"
                if density.dimensionality in (apart, 1 / apart)
                else "ask for a unit of the same kind, or correct the attribute units",
            )
        ) from None
    if math.isinf(zero) or not math.isclose(three - zero, 3 * (one - zero), rel_tol=1e-9):
        raise InputError(
            message(
                f"a unit of which {target!r} is a multiple",
                f"{source!r}, which is on another kind of scale",
                "convert the values first, e.g. 10 ** (ds[name] / 10) from dB",
            )
        )
    if not zero:
        return Conversion(short(one))
    # Temperatures: scales and zeros are small fractions, of which floats made 32.00000000000006.
    exact = [float(Fraction(x).limit_denominator(10_000)) for x in (one - zero, zero)]
    return Conversion(*exact)


def _check_thousandths(source: str, target: str) -> None:
    """Raise unless the unit that is not psu, of either text, is 1e-3."""
    for text in (source, target):
        scale, unit = read_scaled(text)
        thousandths = 1000 * scale * registry().Quantity(1.0, unit).m_as("")
        if not is_practical_salinity(unit) and math.isclose(thousandths, 1):
            return
    raise InputError(
        message(
            f"units that can be converted to {target!r}",
            f"{source!r}",
            "set the attribute units to '1e-3' where a salinity of the sea is written as 35, and "
            "to '1' where it is 0.035",
        )
    )


def same_units(a: str | None, b: str | None) -> bool | None:
    """Whether two texts are the same unit; None where one is not known or cannot be read.

    Examples
    --------
    >>> same_units("K", "kelvin"), same_units("K", "degC"), same_units("K", None)
    (True, False, None)
    """
    if a is None or b is None:
        return None
    if a == b:
        return True
    for text in (a, b):
        try:
            read_scaled(text)
        except InputError:
            return None
    try:
        return not conversion(a, b)
    except InputError:
        return False


def short(number: float) -> float:
    """The shorter decimal number next to one that lacks only rounding errors of it."""
    rounded = float(f"{number:.12g}")
    return rounded if math.isclose(rounded, number, rel_tol=4e-15) else number
