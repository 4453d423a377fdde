"""What files of format 1 hold, as those of format 2 hold it; nothing else knows format 1.

Its fields differ in this: an integer that 32 bits do not hold is two int32, the lower one last,
along one more dim; and lengths of time are in the largest unit in which they are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

#: NumPy's letters for the units of lengths of time.
_LETTERS = {
    "days": "D",
    "hours": "h",
    "minutes": "m",
    "seconds": "s",
    "milliseconds": "ms",
    "microseconds": "us",
    "nanoseconds": "ns",
}


def values_of_field(values: np.ndarray, notes: Mapping[str, Any]) -> np.ndarray:
    """Values of a variable of a field, with the notes on it."""
    dtype = notes["dtype"]
    if values.ndim == len(notes["dims"]) + 1:
        values = values.astype(">i4", order="C").view(">i8")[..., 0].astype("int64")
    if "units" in notes and dtype.startswith("timedelta64"):
        lengths = values.astype("int64").astype(f"timedelta64[{_LETTERS[notes['units']]}]")
        return lengths.astype(dtype).astype("int64")
    return values


def config_of_file(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a file.

    Models of the first files lack what there was not yet. Weights by area, once an option of some
    methods, are in what these have found.
    """
    if "method_state" not in config:
        return dict(config)
    options = {name: value for name, value in config["options"].items() if name != "area_weights"}
    later = {"memory_budget": None, "stream": None, "streamed_": False}
    return {**later, **config, "options": options}
