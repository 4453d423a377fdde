"""The annual cycle as means over bins: days or months of the year, times of day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf.calendar import (
    LEAP_DAY,
    LEAP_FRAME,
    day_in_frame,
    days_of,
    decimal_year,
    describe_days,
    describe_months,
    frame_of,
    month_of,
    second_of_day,
    times_of_day,
)
from xdsc.errors import InputError, message
from xdsc.preprocessing.array_types import Array, Floats, Ints
from xdsc.preprocessing.block import BIN, TERM, X, Y
from xdsc.preprocessing.cycle.climatology import check_times_of_day
from xdsc.preprocessing.cycle.trend import dot, dot_counts, over_members, slope
from xdsc.preprocessing.onepass.summaries import Statistic, Summary

_MONTHS = 12
# A month of days has few sums a chunk, and few chunks.
_FRAMES = 32
# Stands for the trend among the bins.
_TREND = -1


@dataclass(frozen=True)
class BinMeans:
    r"""Means over days of the year, months, or days of the year for each time of day, and a trend.

    With a trend, its slope is told within the bins, so that neither bends the other, and the means
    are those of v - b t. Means of days are smoothed over a window of days around the year, as
    quotient of a running sum of values and one of their number: every value counts the same.

    A bin is ``slot * frame + day``: days, or months, are counted from 0 and to `frame`, slots are
    times of day.

    Attributes
    ----------
    calendar : str
        Of the data of the fit.
    monthly : bool
        Whether bins are months.
    window : int
        Days of the running mean, odd.
    detrend : bool
        Whether b is fitted; it is the last of the terms.
    reference : float
        Decimal year where t = 0.
    times : tuple of int
        Times of day, in seconds, that have bins of their own; empty if they are pooled.
    """

    calendar: str
    monthly: bool
    window: int
    detrend: bool
    reference: float
    times: tuple[int, ...] = ()

    @classmethod
    def for_times(
        cls, time: xr.DataArray, climatology: Mapping[str, Any], *, detrend: bool
    ) -> BinMeans:
        """The bins of a fit to `time`."""
        times = times_of_day(time) if climatology["kind"] == "hour" else np.empty(0, dtype=np.int64)
        return cls(
            calendar=time.dt.calendar,
            monthly=climatology["kind"] == "month",
            window=climatology.get("window", 1),
            detrend=detrend,
            reference=float(np.mean(decimal_year(time))),
            # One time of day, as of daily data, is as good as any.
            times=tuple(times.tolist()) if times.size > 1 else (),
        )

    @classmethod
    def restore(
        cls, attributes: Mapping[str, Any], climatology: Mapping[str, Any], *, detrend: bool
    ) -> BinMeans:
        """Bins with the attributes of a fit."""
        return cls(
            calendar=str(attributes["calendar"]),
            monthly=climatology["kind"] == "month",
            window=climatology.get("window", 1),
            detrend=detrend,
            reference=float(attributes["reference"]),
            # A list of one comes back from NetCDF as a number.
            times=tuple(np.atleast_1d(attributes.get("times_of_day", [])).tolist()),
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """What `restore` needs besides settings: text, numbers, and a list that is never empty."""
        times = {"times_of_day": list(self.times)} if self.times else {}
        return {"calendar": self.calendar, "reference": self.reference, **times}

    @property
    def frame(self) -> int:
        """Number of months, or of days in the frame of the calendar."""
        return _MONTHS if self.monthly else frame_of(self.calendar)

    def summary(self, time: xr.DataArray) -> Summary:
        """Sums over the samples of each bin of a piece, (bin, y, x), and for the trend."""
        known = np.stack([self._bins(time), self._years(time)], axis=1)
        return Summary(partial(_sums, detrend=self.detrend), known, _FRAMES)

    def coefficients(self, sums: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Means of the bins, and slope, of each cell: (term, y, x), in order of the bins.

        Bins without a value in one cell, but not in all, are interpolated from the bins around
        them; so is 29 February where no leap year was seen. Cells without a value have 0.
        """
        observed = sums["counts"][BIN].values
        bins = self._all_bins()
        slopes, means, seen = {}, {}, {}
        for name in sums["counts"]:
            arrays = {key: ds[name].transpose(..., Y, X).values for key, ds in sums.items()}
            totals = arrays["totals"]
            if self.detrend:
                slopes[name] = _slope(arrays)
                totals = totals - slopes[name] * arrays["times"]
            means[name], seen[name] = self._smooth(observed, bins, totals, arrays["counts"])
        kept = self._kept(bins, np.any([s.any(axis=(1, 2)) for s in seen.values()], axis=0))
        filled: dict[Any, Any] = {}
        for name, mean in means.items():
            terms = _interpolate(bins[kept], mean[kept], seen[name][kept], self.frame)
            if self.detrend:
                terms = np.concatenate([terms, slopes[name][None]])
            filled[name] = ((TERM, Y, X), terms)
        numbers = np.append(bins[kept], [_TREND] * self.detrend).astype(np.int64)
        return xr.Dataset(filled, coords={TERM: numbers})

    def phases(self, time: xr.DataArray, terms: xr.DataArray) -> Floats:
        """Positions of the times in the terms, and years since the reference, (T, 2).

        Raises
        ------
        InputError
            Times of day, days or months that were not in the data of the fit.
        """
        check_times_of_day(time, self.times)
        known = terms.values[terms.values != _TREND]
        bins = self._bins(time)
        if (missing := np.setdiff1d(bins, known) % self.frame).size:
            kind, days = "day", describe_days(missing, self.frame)
            if self.monthly:
                kind, days = "month", describe_months(missing)
            raise InputError(
                message(
                    f"values of each {kind} of the year in the data that deseasonalize was "
                    "fitted to",
                    f"none of {days}",
                    f"fit on whole years, or leave out each {kind} that was not there",
                )
            )
        return np.stack([np.searchsorted(known, bins), self._years(time)], axis=1)

    def evaluate(self, phases: Floats, coefficients: np.ndarray) -> Floats:
        """Climatology and trend.

        Parameters
        ----------
        phases : array of shape (T, 2)
        coefficients : array of shape (P, H, L)

        Returns
        -------
        array of shape (T, H, L)
        """
        climatology: Floats = coefficients[phases[:, 0].astype(np.int64)]
        if self.detrend:
            climatology += phases[:, 1, None, None] * coefficients[-1]
        return climatology

    def _years(self, time: xr.DataArray) -> Floats:
        return decimal_year(time) - self.reference

    def _bins(self, time: xr.DataArray) -> Ints:
        """Bin of each time, (T,)."""
        day = month_of(time) if self.monthly else day_in_frame(time, self.frame)
        slot = np.searchsorted(self.times, second_of_day(time)) if self.times else 0
        return np.asarray(slot * self.frame + day, dtype=np.int64)

    def _all_bins(self) -> Ints:
        """Every bin that there can be, 29 February too, in ascending order."""
        slots = np.arange(max(len(self.times), 1)) * self.frame
        return (slots[:, None] + np.arange(self.frame)).ravel()

    def _smooth(
        self, observed: Ints, bins: Ints, totals: Floats, counts: Floats
    ) -> tuple[Floats, np.ndarray]:
        """Means of all bins (B, H, L), and whether they have a value, from sums of some of them."""
        shape = (bins.size, *totals.shape[1:])
        means, seen = np.zeros(shape), np.zeros(shape, dtype=bool)
        for slot in np.unique(observed // self.frame):
            rows, columns = bins // self.frame == slot, observed // self.frame == slot
            near = self._window(observed[columns] % self.frame)
            # Sums of ones are exact: zero is zero.
            number = np.tensordot(near, counts[columns], axes=1)
            total = np.tensordot(near, totals[columns], axes=1)
            seen[rows] = number > 0
            means[rows] = np.divide(total, number, out=np.zeros_like(total), where=number > 0)
        return means, seen

    def _window(self, observed: Ints) -> Floats:
        """1 where an observed day is in the window around a day of the frame, (frame, D)."""
        days = np.arange(_MONTHS) if self.monthly else days_of(self.calendar)
        near = np.zeros((self.frame, observed.size))
        apart = np.abs(np.searchsorted(days, observed) - np.arange(days.size)[:, None])
        # Around the year: 31 December is beside 1 January.
        near[days] = np.minimum(apart, days.size - apart) <= self.window // 2
        return near

    def _kept(self, bins: Ints, seen: np.ndarray) -> np.ndarray:
        """The bins with a value somewhere, and 29 February beside such; bool, (B,)."""
        if self.frame != LEAP_FRAME:
            return seen
        leap_day = bins % self.frame == LEAP_DAY
        beside = np.roll(seen, 1) | np.roll(seen, -1)
        return np.asarray(seen | (leap_day & beside))


def _sums(
    values: Array, known: Floats, at: tuple[int, int], *, detrend: bool
) -> dict[str, Statistic]:
    """Sums of a piece, with the bin of each time and its years since the reference."""
    totals, counts = over_members(values)
    bins, inverse = np.unique(known[:, 0].astype(np.int64), return_inverse=True)
    # As a product with ones: times of a bin need not be neighbours.
    of_bins = (inverse[:, None] == np.arange(bins.size)).astype(np.float64)

    def by_bin(sums: Floats) -> Statistic:
        return Statistic((bins, sums), "bins", (BIN, Y, X))

    parts = {
        "counts": by_bin(dot_counts(of_bins, counts)),
        "totals": by_bin(dot(of_bins, totals)),
    }
    if detrend:
        t = known[:, 1:]
        parts["times"] = by_bin(dot_counts(of_bins * t, counts))
        parts["squares"] = Statistic(dot_counts(t**2, counts), "sum", (TERM, Y, X))
        parts["products"] = Statistic(dot(t, totals), "sum", (TERM, Y, X))
    return parts


def _slope(sums: Mapping[str, np.ndarray]) -> Floats:
    """Slope of each cell, (H, L), from the sums of its bins."""
    counts = np.where(sums["counts"] > 0, sums["counts"], 1)
    squares, products = sums["squares"][0], sums["products"][0]
    return slope(
        sums["counts"].sum(axis=0),
        squares - (sums["times"] ** 2 / counts).sum(axis=0),
        products - (sums["times"] * sums["totals"] / counts).sum(axis=0),
        squares,
        cycle=True,
    )


def _interpolate(bins: Ints, means: Floats, seen: np.ndarray, frame: int) -> Floats:
    """Means (B, H, L) where bins without a value lie on lines between those with one.

    Around the year, for each time of day apart; cells without a value stay 0.
    """
    filled = means.copy()
    for slot in np.unique(bins // frame):
        rows = np.flatnonzero(bins // frame == slot)
        days = bins[rows] % frame
        known = seen[rows].reshape(rows.size, -1)
        values = means[rows].reshape(rows.size, -1)
        some = np.flatnonzero(known.any(axis=0) & ~known.all(axis=0))
        # Cells that lack the same bins, often all of them that lack 29 February, go together.
        patterns, which = np.unique(known[:, some], axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            cells = some[which.ravel() == number]
            unit = np.eye(int(pattern.sum()))
            weights = [np.interp(days, days[pattern], row, period=frame) for row in unit]
            values[:, cells] = np.stack(weights, axis=1) @ values[np.ix_(pattern, cells)]
        filled[rows] = values.reshape(rows.size, *means.shape[1:])
    return filled
