"""Units as text: read as the CF conventions, GRIB and ERA5 write them, written as CF text.

pint reads and holds them; it is imported when it is needed, so that `import xdsc` stays quick.
"""

from __future__ import annotations

import math
import re
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from xdsc.cf.dataset import text_of
from xdsc.errors import InputError, XdscError, message

if TYPE_CHECKING:
    import pint

#: Attributes that say that a temperature is a difference (CF 1.11, Section 3.1.2).
DIFFERENCE = {"units_metadata": "temperature: difference"}

_UNKNOWN = {"", "none", "unknown", "undefined", "?"}
# Not snow itself, which is lighter than water.
_WATER = re.compile(r"precip|rain|snow_?(fall|melt)|evap|runoff|water|lwe", re.IGNORECASE)
_EXAMPLES = "'K', 'degC', 'm s-1', 'J m**-2', '(0 - 1)' or '%'"
# What files write, and how pint says it; in this order, whatever the case.
_SPELLINGS = tuple(
    (re.compile(pattern, re.IGNORECASE), spelling)
    for pattern, spelling in (
        (r"^(\(?\s*0\s*-\s*1\s*\)?|~|-|numeric|proportion|fraction|ratio|unitless)$", "1"),
        (r"^\(?code table.*$", "1"),
        (r"\s*of water( equivalent)?", ""),
        (r"\b(degrees?|deg)[ _]?(c|celsius|centigrade)\b", "degC"),
        (r"\b(degrees?|deg)[ _]?(f|fahrenheit)\b", "degF"),
        (r"\b(degrees?|deg)[ _]?k(elvins?)?\b", "K"),
        (r"\bgeopotential met(er|re)s?\b", "m"),
        (r"^gpdm$", "dam"),
        (r"^mb$", "millibar"),  # a millibarn to pint
        (r"\bpa\b", "Pa"),  # a petaampere in capitals, and a picoyear without
        (r"\bhpa\b", "hPa"),
        (r"\bkpa\b", "kPa"),
        (r"^k$", "K"),  # Boltzmann's constant
        (r"^(pss(-?78)?|practical salinity( (units?|scale))?)$", "psu"),
        (r"^pvu$", "1e-6 K m2 kg-1 s-1"),
        (r"^ppm(v|m|w)?$", "1e-6"),
        (r"^ppb(v|m|w)?$", "1e-9"),
        (r"^(parts? per thousand|per mil(le)?|o/oo)$", "1e-3"),
    )
)
_TEMPERATURES = {"K", "kelvin", "degC", "°C", "celsius", "degF", "°F", "fahrenheit", "degR"}
_CAPITAL = re.compile(r"\b[A-Z][a-z]{4,}\b")  # Kelvin, Pascal, Percent
_LONGEST = 100
# Files come from anywhere, and a tower of powers keeps a computer busy for years.
_TOWER = re.compile(r"\(.*\(|(\*\*|\^)(?!\s*\(?\s*[-+]?\d{1,2}\s*\)?(?!\s*[\d*^.(]))")


def read_unit(text: str, kind: type[XdscError] = InputError) -> pint.Unit:
    """Read a unit as the CF conventions, GRIB, ERA5 or pint write it.

    Parameters
    ----------
    text : str
        For instance ``m s**-1``, ``J m-2``, ``(0 - 1)``, ``m of water equivalent``, ``~`` or ``%``.
    kind : type of XdscError, default InputError
        Class of the error.

    Raises
    ------
    InputError
        The text is no unit, or has a factor, as in ``1e-3 m``.

    Examples
    --------
    >>> read_unit("m of water equivalent") == read_unit("m")
    True
    """
    scale, unit = read_scaled(text, kind)
    if scale != 1:
        raise _unreadable(text, kind)
    return unit


def read_scaled(text: str, kind: type[XdscError] = InputError) -> tuple[float, pint.Unit]:
    """Read a unit that may have a factor: 0.001 and the metre for ``1e-3 m``.

    Parameters and errors are those of `read_unit`.
    """
    found = _parse(text)
    if found is None:
        raise _unreadable(text, kind)
    return found


def unit_text(unit: Any) -> str:
    """A pint unit as the CF conventions and UDUNITS write it, in ASCII.

    Examples
    --------
    >>> unit_text(read_unit("J m**-2")), unit_text(read_unit("degree_Celsius"))
    ('J m-2', 'degC')
    """
    registry()  # knows the format
    text = f"{unit:cf}".replace("delta_deg", "deg").replace("°", "deg")
    text = re.sub("[µμ]", "u", text)
    return re.sub(r"\bdeg(?=-?\d|\s|$)", "degree", re.sub(r"\bkn(?=-?\d|\s|$)", "kt", text))


def per_second(text: str) -> str:
    """Unit of an accumulation divided by its seconds.

    Raises
    ------
    InputError
        The unit cannot be read, or is one per time already.

    Examples
    --------
    >>> per_second("J m**-2"), per_second("m of water equivalent"), per_second("kg m-2")
    ('W m-2', 'm s-1', 'kg m-2 s-1')
    """
    scale, unit = read_scaled(text)
    units = registry()
    powers = {str(name): float(str(power)) for name, power in unit._units.items()}
    if any(
        name.endswith("watt") or (power < 0 and units.Unit(name).is_compatible_with("second"))
        for name, power in powers.items()
    ):
        raise InputError(
            message(
                "the unit of an accumulation, such as 'J m-2' or 'm'",
                f"{text!r}, a rate",
                "leave the variable out of deaccumulate=",
            )
        )
    rate = unit / units.Unit("second")
    for name, power in powers.items():
        if name.endswith("joule") and power == 1:
            rate *= units.Unit(name.replace("joule", "watt")) * units.Unit("second")
            rate /= units.Unit(name)
    return unit_text(rate) if scale == 1 else f"{scale:g} {unit_text(rate)}"


def unit_of(attrs: Mapping[Any, Any]) -> str | None:
    """The unit that the attributes of a variable tell, None where it is not known."""
    text = text_of(attrs, "units").strip()
    return None if text.lower() in _UNKNOWN else text


def is_difference(attrs: Mapping[Any, Any]) -> bool:
    """Whether attributes are those of a difference: 1 degC is 1 K then, not 274.15 K."""
    return (
        text_of(attrs, "units_metadata") == DIFFERENCE["units_metadata"]
        or text_of(attrs, "standard_name").endswith("_anomaly")
        or text_of(attrs, "units").startswith("delta_")
    )


def is_temperature(attrs: Mapping[Any, Any]) -> bool:
    """Whether the unit is one of temperature alone, which a difference has to be told apart in.

    Examples
    --------
    >>> [is_temperature({"units": text}) for text in ("K", "degrees C", "°C", "W m-2 K-1")]
    [True, True, True, False]
    """
    # pint would be imported for composites, which need nothing else of it.
    return _spelled(text_of(attrs, "units")) in _TEMPERATURES


def is_water(attrs: Mapping[Any, Any]) -> bool:
    """Whether attributes are those of precipitation or other water: 1 kg m-2 is 1 mm then."""
    return any(_WATER.search(text_of(attrs, k)) for k in ("units", "standard_name", "long_name"))


def is_practical_salinity(unit: pint.Unit) -> bool:
    """Whether a unit is that of practical salinity, which counts grams in a kilogram of water."""
    return "practical_salinity_unit" in unit._units


def difference_of(unit: pint.Unit) -> pint.Unit:
    """Unit of a difference of two values: delta_degC for degC."""
    quantity: Any = unit._REGISTRY.Quantity
    return (quantity(1.0, unit) - quantity(0.0, unit)).units  # type: ignore[no-any-return]


@cache
def registry() -> Any:
    """The pint registry of the units that cf-xarray knows.

    Its import makes them the units of the whole application, with which quantities made before
    cannot be combined any more; so an application that has used its own gets them back.
    """
    import pint

    if "cf_xarray.units" in sys.modules:
        from cf_xarray.units import units

        return units
    own: Any = pint.application_registry
    before = own.get()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses matplotlib
        from cf_xarray.units import units
    if not isinstance(before, pint.registry.LazyRegistry):
        own.set(before)
    return units


@cache
def _parse(text: str) -> tuple[float, pint.Unit] | None:
    """Factor and unit of a text; None where it is none."""
    text = _spelled(text)
    if len(text) > _LONGEST or _TOWER.search(text):
        return None
    try:
        quantity = _quantity(text)
        scale = float(quantity.magnitude)
    except Exception:  # pint raises many things on what it cannot read
        return None
    return (scale, quantity.units) if 0 < scale < math.inf else None


def _spelled(text: str) -> str:
    """A text as pint says it."""
    text = text.strip()
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return _CAPITAL.sub(lambda word: word[0].lower(), text)


def _quantity(text: str) -> Any:
    """One of a unit; the quantity where the text has a factor."""
    units = registry()
    try:
        return units.Quantity(1.0, units.parse_units(text))
    except ValueError:
        return units.Quantity(text)


def _unreadable(text: str, kind: type[XdscError]) -> XdscError:
    remedy = "correct the attribute units, or use" if kind is InputError else "use"
    return kind(message(f"a unit, such as {_EXAMPLES}", repr(text), f"{remedy} one of UDUNITS"))
