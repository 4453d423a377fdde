"""Events of regimes as a table, one row an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import text_of
from xdsc.labels import CLUSTER

#: The dimension of members of an index that has none.
ONE_MEMBER = "xdsc/member"

_DAY = 86400


class Event(NamedTuple):
    """Where an event is: positions of its member, regime, first and past its last time step."""

    member: int
    start: int
    regime: int
    stop: int
    onset_censored: bool
    decay_censored: bool


def event_table(
    index: xr.DataArray,
    events: Sequence[Event],
    codes: npt.NDArray[np.intp],
    step: npt.NDArray[np.float64],
    labels: xr.DataArray,
    definition: dict[str, Any],
) -> xr.Dataset:
    """The events of an index, one a row.

    Parameters
    ----------
    index : DataArray, (member, time, cluster)
        In memory.
    events : sequence of Event
        In the order of rows.
    codes : numpy.ndarray of int, (members, T)
        Position of the regime that each time step is attributed to.
    step : numpy.ndarray, (T,)
        Seconds that each time step lasts.
    labels : DataArray
        Whose flags tell the names of regimes.
    definition : dict
        Attributes that say what an event is.
    """
    member, time, regime = index.dims
    values, times = index.values, index[time].values
    since = np.asarray([_seconds(times[e.stop - 1] - times[e.start]) for e in events], float)
    long = (since + [step[e.stop - 1] for e in events]) / _DAY if events else since
    inside = [values[e.member, e.start : e.stop, e.regime] for e in events]
    starts = np.array([e.start for e in events], dtype=np.intp)
    peaks = starts + np.array([part.argmax() for part in inside], dtype=np.intp)
    stops = np.array([e.stop for e in events], dtype=np.intp)
    attributed = [int((codes[e.member, e.start : e.stop] == e.regime).sum()) for e in events]
    regimes = index[regime].values if regime in index.coords else np.arange(index.sizes[regime])
    name, units = text_of(index.attrs, "long_name") or "index", text_of(index.attrs, "units")
    of_index = {"units": units or "1"}
    flags = {key: labels.attrs[key] for key in ("flag_values", "flag_meanings")}
    chosen = np.array([e.regime for e in events], dtype=np.intp)
    own = flags if regimes.dtype.kind in "iu" else {}

    columns: dict[str, tuple[Any, dict[str, Any]]] = {
        CLUSTER: (regimes[chosen], {"long_name": "regime of the life cycle"} | own)
    }
    if member != ONE_MEMBER:
        members = index[member].values if member in index.coords else np.arange(len(values))
        at = np.array([e.member for e in events], dtype=np.intp)
        columns[str(member)] = (members[at], {"long_name": "member"})
    columns |= {
        "onset": (times[starts], {"long_name": "first time step at or above the threshold"}),
        "peak": (times[peaks], {"long_name": f"time of the maximum of {name}"}),
        "decay": (times[stops - 1], {"long_name": "last time step at or above the threshold"}),
        # Not "days", which xarray reads back as a number of nanoseconds.
        "duration": (long, {"long_name": "duration of the life cycle", "units": "day"}),
        "maximum": (_of(inside, np.max), {"long_name": f"maximum of {name}"} | of_index),
        "mean": (_of(inside, np.mean), {"long_name": f"mean of {name}"} | of_index),
        "n_attributed": (
            np.array(attributed, dtype=np.int64),
            {"long_name": "time steps that are attributed to the life cycle", "units": "1"},
        ),
        "onset_censored": (
            np.array([e.onset_censored for e in events], dtype=bool),
            {"long_name": "nothing is known of the time step before the onset"},
        ),
        "decay_censored": (
            np.array([e.decay_censored for e in events], dtype=bool),
            {"long_name": "nothing is known of the time step after the decay"},
        ),
    }
    table = {key: ("event", column, attrs) for key, (column, attrs) in columns.items()}
    return xr.Dataset(table, {"event": np.arange(len(events))}, definition)


def with_followers(
    table: xr.Dataset, following: npt.NDArray[np.intp], preceding: npt.NDArray[np.intp]
) -> xr.Dataset:
    """The table with the row, and the regime, of the event that follows each, and precedes it.

    Rows are -1 for none.
    """
    own = table[CLUSTER]
    none: Any = -1 if own.dtype.kind in "iuf" else ""
    words = {"following": (following, "that follows"), "preceding": (preceding, "that it follows")}
    for name, (rows, text) in words.items():
        regimes = [own.values[row] if row >= 0 else none for row in rows]
        kind = np.array(regimes, dtype=own.dtype if none == -1 else str)
        attrs = {"long_name": f"regime of the life cycle {text}"}
        attrs |= {
            key: own.attrs[key] for key in ("flag_values", "flag_meanings") if key in own.attrs
        }
        table = table.assign(
            {
                name: ("event", rows, {"long_name": f"event {text}, -1 for none"}),
                f"{name}_cluster": ("event", kind, attrs),
            }
        )
    return table


def _of(parts: Sequence[npt.NDArray[np.float64]], what: Any) -> npt.NDArray[np.float64]:
    return np.array([what(part) for part in parts], dtype=np.float64)


def _seconds(delta: Any) -> float:
    """Seconds of a difference of dates of NumPy or cftime."""
    return float(
        delta / np.timedelta64(1, "s")
        if isinstance(delta, np.timedelta64)
        else delta.total_seconds()
    )
