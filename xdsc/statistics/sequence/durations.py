"""Durations as users write them."""

from __future__ import annotations

from typing import Any

import numpy as np

from xdsc.arguments import as_timedelta


def in_days(duration: Any) -> float:
    """A duration, or a number of days, in days; NaN for what is none, as text without a unit.

    Examples
    --------
    >>> in_days("36h"), in_days(-3), in_days(np.timedelta64(2, "D")), in_days("soon")
    (1.5, -3.0, 2.0, nan)
    """
    # To NumPy a timedelta64 is an integer.
    number = isinstance(duration, int | float | np.integer | np.floating)
    if number and not isinstance(duration, np.timedelta64):
        return np.nan if isinstance(duration, bool) else float(duration)
    found = as_timedelta(duration)
    return np.nan if found is None else float(found.total_seconds() / 86_400)
