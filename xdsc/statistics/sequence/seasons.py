"""Seasons of a record: of the months that it has, or the four of the whole year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdsc.statistics.sequence.series import Integers, LabelSeries, Truths

_LETTERS = "JFMAMJJASOND"
#: Months in a row that are one season; more of them are parted into the four of the year.
_LONGEST = 6
#: Seasons with less than this share of the labels of the fullest are cut off by the record.
WHOLE = 0.75
_FOUR = ((11, 0, 1), (2, 3, 4), (5, 6, 7), (8, 9, 10))


@dataclass(frozen=True)
class Seasons:
    """Which season each of T time steps lies in.

    Attributes
    ----------
    names : tuple of str
        Of the S seasons, "DJF" or "NDJFM".
    season : numpy.ndarray of int, shape (T,)
        Place among the names; -1 for months without a label.
    year : numpy.ndarray of int, shape (T,)
        That of the season's last month: December 1999 belongs to the winter of 2000.
    """

    names: tuple[str, ...]
    season: Integers
    year: Integers

    @property
    def block(self) -> Integers:
        """Number of the one season of one year that each time step lies in, (T,)."""
        # Months without a label, at -1, are none of another year's season.
        number = self.year * (len(self.names) + 1) + self.season
        return np.asarray(np.unique(number, return_inverse=True)[1], dtype=np.intp)


def seasons_of(series: LabelSeries) -> Seasons:
    """Seasons of labels, on dates of any calendar."""
    return seasons_in(series.time, np.asarray((series.codes >= 0).any(axis=0)))


def seasons_in(time: xr.DataArray, labelled: Truths) -> Seasons:
    """Seasons of time steps of which some are labelled.

    Where months have no label at all, each row of up to six months in between is a season, as
    NDJFM; otherwise there are four, DJF, MAM, JJA and SON.

    Parameters
    ----------
    time : DataArray, (time,)
        Dates of any calendar.
    labelled : numpy.ndarray of bool, shape (T,)
        Which have a label.

    Examples
    --------
    >>> time = xr.date_range("1999-11-01", "2001-03-31", calendar="noleap", use_cftime=True)
    >>> winter = np.isin(time.month, [11, 12, 1, 2, 3])
    >>> found = seasons_in(xr.DataArray(time, dims="time"), winter)
    >>> found.names, np.unique(found.year[winter]).tolist()
    (('NDJFM',), [2000, 2001])
    """
    months = np.asarray(time.dt.month.values, dtype=np.intp) - 1
    years = np.asarray(time.dt.year.values, dtype=np.intp)
    rows = _rows(set(np.unique(months[labelled]).tolist()))
    place, later = np.full(12, -1), np.zeros(12, dtype=np.intp)
    for number, row in enumerate(rows):
        place[list(row)] = number
        # Months before a new year within the season belong to the next one.
        later[[month for month in row if month > row[-1]]] = 1
    names = tuple("".join(_LETTERS[month] for month in row) for row in rows)
    return Seasons(names, place[months], years + later[months])


def _rows(known: set[int]) -> list[tuple[int, ...]]:
    """Months of each season, in their order, counted from 0."""
    first = [month for month in sorted(known) if (month - 1) % 12 not in known]
    rows = []
    for month in first:
        row = [month]
        while (row[-1] + 1) % 12 in known:
            row.append((row[-1] + 1) % 12)
        rows.append(tuple(row))
    if not rows or max(map(len, rows)) > _LONGEST:
        return [row for row in _FOUR if known & set(row)]
    # Winter first, as in the four.
    return sorted(rows, key=lambda row: (row[0] + 1) % 12 if row[-1] >= row[0] else -1)
