"""Which life cycle follows which, within a window of days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xdsc.statistics.index.event_table import Event

Integers = npt.NDArray[np.intp]

_ROUNDING = 1e-6  # seconds


def followers(
    events: Sequence[Event],
    since: npt.NDArray[np.float64],
    segment: npt.NDArray[np.integer],
    window: float,
) -> tuple[Integers, Integers]:
    """The event that follows each, and the one that each follows; -1 for none.

    An event follows another of the same member that began and ended before it, where its onset is
    at most `window` from the decay of that one, before it or after it, without a gap in between. Of
    several it is the nearest in time, of equal ones that with the earlier onset, which is the first
    row. Where the onset or the decay is cut off nobody knows it, and nothing follows.

    Parameters
    ----------
    events : sequence of Event
        In the order of rows.
    since : numpy.ndarray, shape (T,)
        Seconds of the time steps.
    segment : numpy.ndarray of int, shape (members, T)
        Number of the run that each lies in, of time steps with an index and without a gap.
    window : float
        Seconds.

    Returns
    -------
    following, preceding : numpy.ndarray of int, shape (E,)
        Rows of events.
    """
    n = len(events)
    following, preceding = np.full(n, -1, dtype=np.intp), np.full(n, -1, dtype=np.intp)
    onset = np.array([since[event.start] for event in events])
    decay = np.array([since[event.stop - 1] for event in events])
    member = np.array([event.member for event in events])
    first = np.array([segment[event.member, event.start] for event in events])
    last = np.array([segment[event.member, event.stop - 1] for event in events])
    begins = np.array([not event.onset_censored for event in events])
    distance = np.full(n, np.inf)
    for row, event in enumerate(events):
        if event.decay_censored:
            continue
        away = np.abs(onset - decay[row])
        good = begins & (member == event.member) & (first == last[row])
        good &= (away <= window + _ROUNDING) & (onset > onset[row]) & (decay > decay[row])
        if not good.any():
            continue
        following[row] = np.where(good, away, np.inf).argmin()
        nearer = good & (away < distance)
        preceding[nearer], distance[nearer] = row, away[nearer]
    return following, preceding


def segments_of(codes: npt.NDArray[np.intp], runs: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Number of the run without a gap and without missing values of each of T time steps, (T,).

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (T,)
        Negative where there is no index.
    runs : numpy.ndarray of int, shape (T,)
        Numbers of the runs without a gap.

    Examples
    --------
    >>> segments_of(np.array([0, -1, 0, 0]), np.array([0, 0, 0, 1])).tolist()
    [0, 1, 2, 3]
    """
    missing = codes < 0
    new = np.diff(runs, prepend=runs[:1]) != 0
    new[1:] |= missing[1:] != missing[:-1]
    return np.asarray(np.cumsum(new), dtype=np.intp)
