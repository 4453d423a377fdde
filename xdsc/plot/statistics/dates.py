"""Axes of dates, of any calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAY = 86400.0
MOST = 14  # labels
SHORT = 45  # days of an axis that is written in days, not in months


def days_since_first(time: xr.DataArray) -> npt.NDArray[np.float64]:
    """Days since the first of T dates, (T,)."""
    return seconds(time.values) / _DAY


def write_dates(panel: Panel, time: xr.DataArray) -> None:
    """Write years, months or days, whichever can be read, at the days since the first date."""
    days = days_since_first(time)
    year, month, day = (getattr(time.dt, part).values for part in ("year", "month", "day"))
    span = days[-1] - days[0]
    steps = year if span > 800 else 12 * year + month if span > SHORT else np.floor(days)
    first = np.flatnonzero(np.diff(steps, prepend=-1))
    first = first[:: -(-len(first) // MOST)]
    if span > 800:
        texts = [str(year[i]) for i in first]
    elif span > SHORT:
        texts = [MONTHS[month[i] - 1] for i in first]
        for place in {0, *np.flatnonzero(np.diff(year[first], prepend=year[0]))}:
            texts[place] += f"\n{year[first[place]]}"
    else:
        texts = [f"{day[i]} {MONTHS[month[i] - 1]}" for i in first]
        texts[0] += f"\n{year[0]}"
    panel.set_xticks(days[first], texts)
