"""Colour maps by quantity: as weather maps have them, and safe for the colour-blind."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import xarray as xr

from xdsc.cf import text_of

Kind = Literal["anomaly", "mean", "std"]


class Colours(NamedTuple):
    """Names of matplotlib's colour maps: of anomalies (about 0), of means, of deviations."""

    anomaly: str
    mean: str
    std: str = "cividis"


_ANY = Colours("RdBu_r", "viridis")

# What is looked for in standard_name, long_name and name, the first that is found. ColorBrewer's
# diverging maps here are those that it marks as safe for the colour-blind.
_QUANTITIES = {
    r"evapo": Colours("BrBG_r", "viridis"),
    r"precipitation|rain|\bsnowfall|\b(pr|tp|prec\w*|cp|lsp|mtpr)\b|soil.?moisture|runoff": Colours(
        "BrBG", "YlGnBu"
    ),
    r"humidity|water.?vapou?r|mixing.?ratio|\b(hus\w*|hur\w*|rh\w*|q\d*|qair|tcwv|prw)\b": Colours(
        "BrBG", "YlGnBu"
    ),
    r"cloud|\b(clt|tcc|lcc|mcc|hcc)\b": Colours("BrBG", "cividis"),
    r"temperature|\b(t2m|tas|sst|skt|t|ta|tair|d2m)\b": Colours("RdBu_r", "inferno"),
    r"wind|velocity|vorticity|divergence|\b([uv]\d*m?|[uv]as?|sfcwind)\b": Colours(
        "PuOr_r", "viridis"
    ),
}
#: Of what goes both ways about 0 by itself, so that its mean is drawn as anomalies are.
_SIGNED = re.compile(
    r"(east|north|up|down)ward.*(wind|velocity|flux)|wind component|vorticity|divergence"
)


def colours_of(values: xr.DataArray) -> Colours:
    """Colour maps for a variable, by its standard name, or else its long name or name.

    Examples
    --------
    >>> rain = xr.DataArray(0.0, name="x", attrs={"standard_name": "precipitation_flux"})
    >>> colours_of(rain).anomaly, colours_of(xr.DataArray(0.0, name="t2m")).anomaly
    ('BrBG', 'RdBu_r')
    """
    for words in _words(values):
        for pattern, colours in _QUANTITIES.items():
            if re.search(pattern, words):
                return colours
    return _ANY


def _words(values: xr.DataArray) -> list[str]:
    """What a variable calls itself, the most careful name first."""
    given = [text_of(values.attrs, "standard_name"), text_of(values.attrs, "long_name")]
    names = [*given, "" if values.name is None else str(values.name)]
    return [name.lower().replace("_", " ") for name in names if name]


def is_signed(values: xr.DataArray) -> bool:
    """Whether 0 is the middle of a quantity itself, as of a component of the wind."""
    return any(_SIGNED.search(words) for words in _words(values))
