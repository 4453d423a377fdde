"""Spells: the time steps in a row that a regime lasts, and where the record cuts them off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xdsc.arguments import one_of
from xdsc.cf import run_of
from xdsc.cf import seconds as seconds_since
from xdsc.labels import NO_LABEL
from xdsc.statistics.sequence.series import Floats, Integers, LabelSeries, Truths

#: Code of a time step that is known to be in no regime, unlike `NO_LABEL`, of which nothing is.
NO_REGIME = -2
_DAY = 86_400.0


@dataclass(frozen=True)
class Spells:
    """Maximal runs of one regime, in the order of members and of time.

    A gap in time ends a spell, and so does a time step without a label, the end of a season, where
    months are left out, and the end of a member. A spell that is cut off there is censored: it may
    have begun earlier, or gone on.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (E,)
        Place of the regime of each of the E spells.
    member, start, stop : numpy.ndarray of int, shape (E,)
        Where it is: of which member, from time step `start` to before `stop`.
    days : numpy.ndarray of float, shape (E,)
        How long it lasts: from its first to its last time step, and one step more.
    cut_start, cut_end : numpy.ndarray of bool, shape (E,)
        Whether the record cuts it off there.
    """

    code: Integers
    member: Integers
    start: Integers
    stop: Integers
    days: Floats
    cut_start: Truths
    cut_end: Truths

    @property
    def steps(self) -> Integers:
        """Number of time steps of each, (E,)."""
        return self.stop - self.start

    @property
    def complete(self) -> Truths:
        """Whether both ends of each are known, (E,)."""
        return ~(self.cut_start | self.cut_end)

    @property
    def followed(self) -> Truths:
        """Whether the next spell follows each without a gap, (E,)."""
        after = (self.member[1:] == self.member[:-1]) & (self.start[1:] == self.stop[:-1])
        return np.append(after & ~self.cut_end[:-1], False)[: len(self.code)]


def spells_of(series: LabelSeries, codes: Integers | None = None) -> Spells:
    """Spells of labels; of labelled time steps alone, for a step without a label is a gap.

    Parameters
    ----------
    series : LabelSeries
        Of dates, `LabelSeries.labelled`.
    codes : numpy.ndarray of int, shape (M, T), optional
        Instead of its own: `NO_LABEL` cuts a spell off, `NO_REGIME` ends it.

    Examples
    --------
    >>> import xarray as xr
    >>> from xdsc.statistics.sequence.series import label_series
    >>> time = xr.date_range("2000-01-01", periods=6)
    >>> labels = xr.DataArray([0, 0, 1, 1, 1, 0], {"time": time}, ("time",))
    >>> spells = spells_of(label_series(labels))
    >>> spells.days.tolist(), spells.complete.tolist()
    ([2.0, 3.0, 1.0], [False, True, False])
    """
    codes = series.codes if codes is None else codes
    flat = codes.ravel()
    segment = of_members(segments_of(series), len(codes))
    start, stop = maximal_runs(flat, segment)
    within = segment[1:] == segment[:-1]
    # Whether something is known of the time steps before and after.
    known = flat != NO_LABEL
    before = np.concatenate([[False], within & known[:-1]])[start]
    after = np.append(within & known[1:], False)[stop - 1]
    there = flat[start] >= 0
    start, stop, before, after = (part[there] for part in (start, stop, before, after))
    member, start_in = np.divmod(start, codes.shape[1])
    stop_in = stop - member * codes.shape[1]
    since = seconds_since(series.time.values) / _DAY
    days = since[stop_in - 1] - since[start_in] + series.step
    cut = [np.logical_not(part) for part in (before, after)]
    return Spells(flat[start], member, start_in, stop_in, days, *cut)


def maximal_runs(values: npt.NDArray[Any], segment: Integers) -> tuple[Integers, Integers]:
    """First, and past the last, of each run of equal values (N,) of one segment (N,).

    Examples
    --------
    >>> start, stop = maximal_runs(np.array([1, 1, 0, 0, 0]), np.array([0, 0, 0, 0, 1]))
    >>> start.tolist(), stop.tolist()
    ([0, 2, 4], [2, 4, 5])
    """
    new = (values[1:] != values[:-1]) | (segment[1:] != segment[:-1])
    start = np.flatnonzero(np.concatenate([[True], new])[: values.size])
    return start, np.append(start[1:], values.size)[: start.size]


def segments_of(series: LabelSeries) -> Integers:
    """Number of the run without a gap that each of T time steps lies in, (T,)."""
    return np.asarray(run_of(series.time.values), dtype=np.intp)


def of_members(segment: Integers, members: int) -> Integers:
    """Number of the run without a gap of one member, (M * T,), of runs that all M have, (T,)."""
    first = np.arange(members)[:, None] * (segment.max(initial=0) + 1)
    return np.asarray((segment + first).ravel(), dtype=np.intp)


def without_short(
    series: LabelSeries, min_days: float, short: str = "no-regime"
) -> tuple[Integers, Integers]:
    """Codes without the spells that last less than so many days.

    Parameters
    ----------
    series : LabelSeries
        Of dates, `LabelSeries.labelled`.
    min_days : float
        What lasts, or is seen to last where it is cut off, so many days is kept.
    short : {"no-regime", "neighbour"}, default "no-regime"
        What becomes of the others: `NO_REGIME`; or the longer of the spells before and after it
        without a gap, of two that are as long the one before. The shortest spell comes first, of
        equal ones the earliest, and those that it joins grow by it. Without a neighbour it stays.

    Returns
    -------
    codes : numpy.ndarray of int, shape (M, T)
    n_short : numpy.ndarray of int, shape (K,)
        Number of spells of each regime that were taken out.

    Examples
    --------
    >>> import xarray as xr
    >>> from xdsc.statistics.sequence.series import label_series
    >>> time = xr.date_range("2000-01-01", periods=7)
    >>> labels = xr.DataArray([0, 0, 0, 1, 0, 0, 2], {"time": time}, ("time",))
    >>> without_short(label_series(labels), 2)[0].tolist()
    [[0, 0, 0, -2, 0, 0, -2]]
    >>> without_short(label_series(labels), 2, "neighbour")[0].tolist()
    [[0, 0, 0, 0, 0, 0, 0]]
    """
    one_of("short", short, ("no-regime", "neighbour"))
    spells = spells_of(series)
    codes = series.codes.copy()
    brief = spells.days < min_days - 1e-9
    counts = np.bincount(spells.code[brief], minlength=len(series.regimes))
    if short == "no-regime":
        for i in np.flatnonzero(brief):
            codes[spells.member[i], spells.start[i] : spells.stop[i]] = NO_REGIME
        return codes, counts
    for row in _linked(spells):
        merged = _merged(spells, row, min_days)
        for i, code in zip(row, merged, strict=True):
            codes[spells.member[i], spells.start[i] : spells.stop[i]] = code
    return codes, counts


def _linked(spells: Spells) -> list[Integers]:
    """Places of the spells that follow each other without a gap."""
    ends = np.flatnonzero(~spells.followed) + 1
    return [row for row in np.split(np.arange(len(spells.code)), ends) if row.size]


def _merged(spells: Spells, row: Integers, min_days: float) -> list[int]:
    """Code of each of some linked spells once the short ones have joined a neighbour."""
    # Groups of spells: days, code, number of spells.
    groups = [[float(spells.days[i]), int(spells.code[i]), 1] for i in row]
    while len(groups) > 1:
        at = min(range(len(groups)), key=lambda i: groups[i][0])
        if groups[at][0] >= min_days - 1e-9:
            break
        sides = [i for i in (at - 1, at + 1) if 0 <= i < len(groups)]
        groups[at][1] = groups[max(sides, key=lambda i: groups[i][0])][1]
        low = at - 1 if at and groups[at - 1][1] == groups[at][1] else at
        high = at + 1 if at + 1 < len(groups) and groups[at + 1][1] == groups[at][1] else at
        parts = groups[low : high + 1]
        groups[low : high + 1] = [
            [sum(part[0] for part in parts), groups[at][1], sum(part[2] for part in parts)]
        ]
    return [int(code) for _, code, size in groups for _ in range(int(size))]
