"""How labelled samples lie in time: in runs without a gap, and in seasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import run_of, seconds, typical_step
from xdsc.cf.dataset import has_dates
from xdsc.preprocessing.cycle.calendar import month_of

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class LabelledSamples:
    """The N samples with a label, in the order of time, members one after the other.

    Attributes
    ----------
    place : numpy.ndarray of int, shape (N,)
        Where each is among all samples.
    codes : numpy.ndarray of int, shape (N,)
        Regimes, from 0 to K - 1.
    run : numpy.ndarray of int, shape (N,)
        Number of the run that each lies in; a gap in time, a step without a label and the end of a
        member end a run.
    season : numpy.ndarray of int, shape (N,), or None
        Number of the season of one year, of one member; None where times are no dates.
    part : numpy.ndarray of int, shape (N,), or None
        Which season of the year that is.
    step : float
        Seconds from one time step to the next; NaN where times are no dates.
    """

    place: Integers
    codes: Integers
    run: Integers
    season: Integers | None
    part: Integers | None
    step: float

    @classmethod
    def of(cls, time: xr.DataArray, codes: npt.NDArray[Any]) -> LabelledSamples:
        """Take those of the codes, ([members,] T), that are not negative."""
        codes = np.asarray(codes, dtype=np.intp).reshape(-1, time.size)
        members, steps = codes.shape
        dated = has_dates(time, time.dims[0])
        order, gaps, step = np.arange(steps), np.zeros(steps, np.intp), np.nan
        if dated:
            order = np.argsort(seconds(time.values), kind="stable")
            time = time[order]
            gaps, step = run_of(time), typical_step(seconds(time.values))
        codes = codes[:, order]
        known = np.asarray((codes >= 0).ravel())
        member = np.repeat(np.arange(members), steps)
        # A step without a label stands between runs as a gap does.
        breaks = np.asarray(np.diff(np.tile(gaps, members), prepend=-1) != 0) | ~known
        breaks |= np.diff(member, prepend=-1) != 0
        breaks[1:] |= ~known[:-1]
        run = np.asarray(np.cumsum(breaks), dtype=np.intp)
        season = part = None
        if dated:
            own, of_year = seasons_of(time, np.asarray((codes >= 0).any(axis=0)))
            own = np.unique(own, return_inverse=True)[1]
            season = (member * (own.max(initial=0) + 1) + np.tile(own, members))[known]
            part = np.tile(of_year, members)[known]
        place = (np.arange(members)[:, None] * steps + order).ravel()
        return cls(place[known], codes.ravel()[known], run[known], season, part, float(step))

    @property
    def pairs(self) -> npt.NDArray[np.bool_]:
        """Whether each sample and the next one are neighbours in time, shape (N - 1,)."""
        return np.asarray(np.diff(self.run) == 0)


def months_with(time: xr.DataArray, chosen: npt.NDArray[np.bool_]) -> Integers:
    """Months, from 1 to 12, in which some of the chosen time steps (T,) lie."""
    return np.unique(month_of(time)[chosen]) + 1


def seasons_of(time: xr.DataArray, labelled: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Number of the season, of one year, in which each of T times lies, and which one it is.

    The season is what the months with labels say, of which the first follows the longest time
    without; December goes with the January after it. Where all months have labels, seasons have
    three months, from December on.

    Examples
    --------
    >>> time = xr.DataArray(xr.date_range("2000-11-15", periods=4, freq="30D"), dims="time")
    >>> winter = time.dt.month.isin([12, 1, 2]).values
    >>> seasons_of(time, winter)[0].tolist()
    [1999, 2000, 2000, 2000]
    """
    months = np.asarray(time.dt.year.values * 12 + month_of(time), dtype=np.intp)
    there = np.isin(np.arange(12), months[labelled] % 12)
    if there.all():
        season = (months + 1) // 3
        return season, season % 4
    absent = [_absent_before(there, first) for first in range(12)]
    season = (months - int(np.argmax(absent))) // 12
    return season, np.zeros_like(season)


def _absent_before(there: npt.NDArray[np.bool_], first: int) -> int:
    """How many months in a row without a label end before a month that has one."""
    before = np.roll(there, -first)[::-1]
    return int(np.argmax(before)) if there[first] else -1
