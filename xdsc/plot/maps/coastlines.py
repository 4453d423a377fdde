"""Coastlines, which are part of the package: nothing is downloaded.

``coastlines.npz`` holds the land boundaries of Natural Earth 4.1 (www.naturalearthdata.com, public
domain) at the scales 1:110m and 1:50m, rounded to a hundredth of a degree. They were taken from the
npm package world-atlas 2.0.2 (ISC licence), without what closes polygons along the date line and
at the pole.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Scale = Literal["110m", "50m"]

#: Maps that are narrower, in degrees of latitude and longitude, get the finer coast.
_NARROW = 70.0


def scale_for(width: float, height: float) -> Scale:
    """Scale of the coast on a map of so many degrees: the finer one where it can be seen."""
    return "50m" if min(width, height) < _NARROW and width < 2 * _NARROW else "110m"


@cache
def coastlines(scale: Scale) -> tuple[Floats, ...]:
    """Coastlines of the world.

    Parameters
    ----------
    scale : {"110m", "50m"}
        Of Natural Earth.

    Returns
    -------
    tuple of array, each (N, 2)
        Longitude from -180 to 180 and latitude, degrees. To be read, not changed.

    Examples
    --------
    >>> sum(map(len, coastlines("110m"))), sum(map(len, coastlines("50m")))
    (5115, 60336)
    """
    with (files("xdsc.plot.maps") / "coastlines.npz").open("rb") as file, np.load(file) as stored:
        steps, ends = stored[f"points_{scale}"], stored[f"ends_{scale}"]
    # Hundredths of a degree, each as the step from the one before; sums wrap back in 16 bits.
    points = np.cumsum(steps, axis=0, dtype=np.int16) / 100
    return tuple(np.split(points, ends.astype(int)))
