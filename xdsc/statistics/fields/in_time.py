"""How labelled samples lie in time: in runs without a gap, and in seasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import run_of, seconds, typical_step
from xdsc.cf.axes.coordinates import has_dates
from xdsc.cf.calendar import month_of
from xdsc.statistics.fields.draws import first_of_events
from xdsc.statistics.sequence.seasons import seasons_in
from xdsc.statistics.sequence.spells import of_members

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class LabelledSamples:
    """The N samples with a label, in the order of time, members one after the other.

    Attributes
    ----------
    place : numpy.ndarray of int, shape (N,)
        Where each is among all samples, or what is looked at in its place; -1 for nothing.
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
        Seconds from one labelled time step to the next; NaN where times are no dates.
    """

    place: Integers
    codes: Integers
    run: Integers
    season: Integers | None
    part: Integers | None
    step: float

    @classmethod
    def of(cls, time: xr.DataArray, codes: npt.NDArray[Any]) -> LabelledSamples:
        """Take those of the codes, ([members,] T), that are not negative.

        As for spells, a gap is more than one and a half time steps of the labels: those of one time
        of day follow each other day by day.
        """
        codes = np.asarray(codes, dtype=np.intp).reshape(-1, time.size)
        members, steps = codes.shape
        dated = has_dates(time, time.dims[0])
        labelled = np.asarray((codes >= 0).any(axis=0))
        order = np.argsort(seconds(time.values), kind="stable") if dated else np.arange(steps)
        order = order[labelled[order]]
        time, codes = time[order], codes[:, order]
        known = np.asarray((codes >= 0).ravel())
        # Without dates each time step that has no label is a gap.
        gaps: Integers = np.cumsum(np.diff(order, prepend=order[:1]) > 1, dtype=np.intp)
        step = np.nan
        season = part = None
        if dated:
            gaps = run_of(time).astype(np.intp)
            step = typical_step(seconds(time.values))
            seasons = seasons_in(time, np.ones(time.size, dtype=bool))
            own, member = seasons.block, np.arange(members)[:, None]
            season = (member * (own.max(initial=0) + 1) + own).ravel()[known]
            part = np.tile(seasons.season, members)[known]
        # A step without a label stands between runs as a gap does.
        breaks = np.asarray(np.diff(of_members(gaps, members), prepend=-1) != 0)
        breaks |= ~known
        breaks[1:] |= ~known[:-1]
        run = np.asarray(np.cumsum(breaks), dtype=np.intp)
        place = (np.arange(members)[:, None] * steps + order).ravel()
        return cls(place[known], codes.ravel()[known], run[known], season, part, float(step))

    def onsets(self) -> LabelledSamples:
        """The same samples, of which the first ones of events alone have a code, others -1."""
        return replace(self, codes=first_of_events(self.codes, self.run))

    @property
    def pairs(self) -> npt.NDArray[np.bool_]:
        """Whether each sample and the next one are neighbours in time, shape (N - 1,)."""
        return np.asarray(np.diff(self.run) == 0)


def months_with(time: xr.DataArray, chosen: npt.NDArray[np.bool_]) -> Integers:
    """Months, from 1 to 12, in which some of the chosen time steps (T,) lie."""
    return np.unique(month_of(time)[chosen]) + 1
