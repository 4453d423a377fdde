"""Target: all of a fitted preparation that another Dataset is brought in line with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.steps.conversion import Units


@dataclass(frozen=True, eq=False)
class Target:
    """What another Dataset is brought in line with.

    Attributes
    ----------
    given : mapping of str to str or None
        Names of axes that were given for the fitted Dataset: time, lat, lon, member.
    wanted : tuple of Wanted
        The V fitted variables.
    grid : Grid
        The fitted grid, with the axes of the fitted Dataset.
    settings : mapping
        Of the fit; ``sel``, ``deaccumulate`` and ``resample`` count here.
    units : Units
        The fitted step of units.
    step : float or None
        Median time step in seconds of the fitted (resampled) data; None for a single time.
    """

    given: Mapping[str, str | None]
    wanted: tuple[Wanted, ...]
    grid: Grid
    settings: Mapping[str, Any]
    units: Units
    step: float | None

    @property
    def variables(self) -> list[str]:
        """Names of the V variables."""
        return [variable.name for variable in self.wanted]

    @property
    def pressure(self) -> float | None:
        """That of the single level of all variables in hPa; None where it is not known."""
        found = {variable.pressure for variable in self.wanted}
        return found.pop() if len(found) == 1 else None
