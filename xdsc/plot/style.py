"""What the figures share: colours, names of the regimes, units."""

from __future__ import annotations

import re
from textwrap import fill
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.cf import require_dataset, text_of
from xdsc.errors import message
from xdsc.labels import CLUSTER, NO_LABEL, computed, names_of, no_regime_of
from xdsc.statistics.fields.composites import composites

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where there is no label or no value, on white; see `missing`.
GREY = "#dcdcdc"
#: Where there is no regime, as a class of its own.
NO_REGIME_GREY = "#9a9a9a"

# Okabe & Ito (2008), Color Universal Design; from the eighth on, dark colours far from those in the
# sight of deuteranopes and protanopes. A list that grows keeps the colour of a regime for every k.
_COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"),
    *("#222222", "#72190e", "#332288", "#aa3377", "#90c987"),
)
#: What takes the place of colours that are lost on black.
_ON_BLACK = {"#222222": "#eeeeee", "#72190e": "#b03a2e", "#332288": "#8f7fe8"}
_UNBROKEN = "\N{NO-BREAK SPACE}"
_UNITS: dict[str | None, str] = {
    **dict.fromkeys(("degC", "celsius", "Celsius", "degree_Celsius", "degrees_Celsius"), "°C"),
    "percent": "%",
    None: "",
    "": "",
    "1": "",
}


def pyplot() -> ModuleType:
    """``matplotlib.pyplot``, or an ImportError that says how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            message(
                "matplotlib for figures",
                "an environment without it",
                "pip install 'xdsc[plot]'",
            )
        ) from error
    return plt


def subplots(*args: Any, **kwargs: Any) -> tuple[Figure, Any]:
    """``matplotlib.pyplot.subplots`` for a figure that notebooks show once."""
    plt = pyplot()
    from xdsc.plot.figure import Compressed, ShownOnce

    if kwargs.get("layout") == "compressed":
        kwargs["layout"] = Compressed()
    fig, panels = plt.subplots(*args, FigureClass=ShownOnce, **kwargs)
    return fig, panels


def palette(n: int) -> list[str]:
    """Return n colours; up to 12, colour-blind readers can tell them apart."""
    if n <= len(_COLOURS):
        colours = list(_COLOURS[:n])
        return [_ON_BLACK.get(c, c) for c in colours] if is_dark() else colours
    from matplotlib.colors import to_hex

    return [to_hex(pyplot().get_cmap("turbo")(i / (n - 1))) for i in range(n)]


def is_dark() -> bool:
    """Whether figures have a dark background, as with ``plt.style.use("dark_background")``."""
    return ink(_hex("axes.facecolor")) == "white"


def tone(level: float) -> str:
    """Grey between the colour of text, at 0, and that of the background, at 1.

    On white it is black, "0.35" and so on; on a black background as far from it.
    """
    from matplotlib.colors import to_hex, to_rgb

    text, ground = (np.array(to_rgb(_hex(key))) for key in ("text.color", "axes.facecolor"))
    return to_hex(text + level * (ground - text))


def missing() -> str:
    """Colour of what has no label or no value."""
    return tone(0.8627)


def _hex(key: Any) -> str:
    """A colour of the style in force; "none" is what lies below, at the end white."""
    from matplotlib import rcParams
    from matplotlib.colors import to_hex

    for colour in (rcParams[key], rcParams["figure.facecolor"]):
        if str(colour).lower() not in ("none", "auto", "inherit"):
            return to_hex(colour)
    return "#ffffff"


def ink(colour: str) -> str:
    """Black or white, whichever can be read on a colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def keep(ds: xr.Dataset, *names: str) -> xr.Dataset:
    """`ds` without the data variables that are not named."""
    return ds.drop_vars([name for name in ds.data_vars if name not in names])


def with_labels_in_memory(ds: xr.Dataset) -> xr.Dataset:
    """`ds` with its labels computed: a figure looks at them more than once."""
    require_dataset(ds)
    lazy = CLUSTER in ds.variables and ds[CLUSTER].chunks is not None
    return ds.assign({CLUSTER: computed(ds[CLUSTER]).variable}) if lazy else ds


def regime_sizes(ds: xr.Dataset) -> xr.Dataset:
    """``n_frames(cluster)`` and ``frequency(cluster)`` of the regimes of a labelled Dataset."""
    return composites(keep(ds, CLUSTER))


def regime_names(cluster: xr.DataArray) -> list[str]:
    """Name of each regime: its CF flag meaning, else its label."""
    return names_of(cluster.values.tolist(), cluster.attrs)


def regime_colours(cluster: xr.DataArray) -> list[str]:
    """Colour of each regime, the same where another one does not occur; grey for no regime."""
    labels, none = cluster.values.tolist(), no_regime_of(cluster.attrs)
    known = [flag for flag in _flags(cluster) if flag != NO_LABEL]
    known = [label for label in (known if set(labels) <= set(known) else labels) if label != none]
    colours = dict(zip(known, palette(len(known)), strict=True)) | {none: NO_REGIME_GREY}
    return [colours[label] for label in labels]


def _flags(cluster: xr.DataArray) -> list[Any]:
    """All labels that the CF attributes of a label coordinate know."""
    given = np.atleast_1d(cluster.attrs.get("flag_values", []))
    flags: list[Any] = given.tolist() if given.dtype.kind in "iufUS" else []
    return flags


def wrapped(text: str, letters: int) -> str:
    """Text in lines of so many letters; longer words are broken, and per cent keep their number."""
    whole = f"{_UNBROKEN}%"
    return fill(text.replace(" %", whole), max(letters, 1)).replace(whole, " %")


def percent(fraction: float) -> str:
    """Write 0.234 as 23 %."""
    return "< 1 %" if 0 < fraction < 0.005 else f"{100 * fraction:.0f} %"


def sample_note(n: int, n_all: int) -> str:
    """What a figure of a sample says."""
    return f"{thousands(n)} of {thousands(n_all)} time steps, drawn at random"


def thousands(number: int) -> str:
    """Write 12345 as 12 345, with a space that does not break."""
    return f"{number:,}".replace(",", _UNBROKEN) if number >= 10_000 else str(number)


def unit_text(units: str | None) -> str:
    """Write units as they are printed: ``kg m**-2 s-1`` as kg m⁻² s⁻¹.

    Examples
    --------
    >>> unit_text("m**2 s**-2"), unit_text("degree_Celsius"), unit_text("percent")
    ('m² s⁻²', '°C', '%')
    """
    if units in _UNITS:
        return _UNITS[units]
    power = re.compile(r"(?<=[A-Za-z])(?:\*\*|\^)?(-?\d+)")
    return power.sub(lambda found: raised(str(found[1])), str(units))


def raised(number: int | str) -> str:
    """Write an integer as an exponent."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def label_with_units(
    values: xr.DataArray, what: str = "", *, power: int = 0, letters: int | None = None
) -> str:
    """Text for a colour bar or an axis: what is shown, in which units times 10 to the `power`.

    It is broken into lines of so many `letters`, but never within the units.
    """
    attrs = values.attrs
    given = (text_of(attrs, key) for key in ("long_name", "description"))
    standard = text_of(attrs, "standard_name").replace("_", " ")
    name = next(filter(None, given), "") or standard or values.name
    text = f"{name} {what}".strip()
    units = f"{f'10{raised(power)}' if power else ''} {unit_text(text_of(attrs, 'units'))}".strip()
    line = f"{text} ({units})" if units else text
    if letters is None or len(line) <= letters:
        return line
    line = f"{text} ({units.replace(' ', _UNBROKEN)})" if units else text
    return fill(line, max(letters, 1), break_long_words=False)
