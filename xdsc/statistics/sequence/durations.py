"""Durations as users write them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"\s*[-+]?[\d.]+(e[-+]?\d+)?\s*$", re.IGNORECASE)


def in_days(duration: Any) -> float:
    """A duration, or a number of days, in days; NaN for what is none, as text without a unit.

    Examples
    --------
    >>> in_days("36h"), in_days(-3), in_days(np.timedelta64(2, "D")), in_days("soon")
    (1.5, -3.0, 2.0, nan)
    """
    if isinstance(duration, str) and _NUMBER.match(duration):
        return np.nan  # nanoseconds to pandas
    # To NumPy a timedelta64 is an integer.
    number = isinstance(duration, int | float | np.integer | np.floating)
    if number and not isinstance(duration, np.timedelta64):
        return np.nan if isinstance(duration, bool) else float(duration)
    try:
        found = pd.Timedelta(duration)
    except (ValueError, TypeError):
        return np.nan
    return np.nan if pd.isna(found) else float(found.total_seconds() / 86_400)
