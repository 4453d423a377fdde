"""Days before and after the onset of events: which time steps these are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import listing
from xdsc.cf import seconds, typical_step
from xdsc.cf.calendar import elapsed_days, fraction_of_day
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.statistics.sequence.durations import in_days
from xdsc.statistics.sequence.series import Floats, Integers, LabelSeries
from xdsc.statistics.sequence.spells import spells_of

#: One lag: days as a number, or a duration, as "-5D".
OneLag: TypeAlias = int | float | str | timedelta | np.timedelta64
Lag: TypeAlias = OneLag | Iterable[OneLag]

#: Name of the dimension of lags.
LAG = "lag"

_DAY = 86_400.0
# Dates that a file holds as floating point numbers are off by less, in time steps.
_ROUNDING = 0.01


def parse_lags(lag: Lag | None) -> Floats | None:
    """Lags in days, in the order in which they were given.

    Raises
    ------
    ParameterError
        One is no duration, or they are none, or not different.

    Examples
    --------
    >>> import pandas as pd
    >>> parse_lags(["-5D", 0, pd.Timedelta("36h")]).tolist()
    [-5.0, 0.0, 1.5]
    """
    if lag is None:
        return None
    lag = lag.values if isinstance(lag, xr.DataArray) else lag
    one = isinstance(lag, str | timedelta | np.timedelta64 | xr.Dataset)
    given: list[Any] = [lag] if one else listing(lag) or [lag]
    days = [in_days(value) for value in given]
    if not days or len({*days}) < len(days) or not all(map(np.isfinite, days)):
        raise ParameterError(
            message(
                "lag= as different numbers of days, or durations",
                f"{lag!r:.200}",
                "pass lag=range(-5, 6), or lag=['-5D', '0D', '5D']",
            )
        )
    return np.array(days, dtype=np.float64)


def lag_coordinate(lags: Floats) -> xr.Variable:
    """Lags as a coordinate; whole days are integers."""
    values = lags.astype(np.int64) if (lags % 1 == 0).all() else lags
    # Not "days", which xarray reads back as a number of nanoseconds.
    attrs = {"long_name": "time after the onset of the event", "units": "day"}
    return xr.Variable((LAG,), values, attrs)


@dataclass(frozen=True)
class Onsets:
    """Where the E events begin whose beginning is known.

    Attributes
    ----------
    code, member : numpy.ndarray of int, shape (E,)
        Regime of each, and member that it is of.
    when : numpy.ndarray, shape (E,)
        Where each begins on the `axis`.
    axis : numpy.ndarray, shape (T,)
        Number of the day of each of the T time steps of the fields, of labels that hold for whole
        days; otherwise their seconds.
    day : float
        A day on the axis.
    tolerance : float
        How far off time steps are taken for what is looked for.
    n_members : int
        M.
    n_censored : numpy.ndarray of int, shape (K,)
        Events whose beginning the record, a gap or the end of a season cuts off.
    """

    code: Integers
    member: Integers
    when: Floats
    axis: Floats
    day: float
    tolerance: float
    n_members: int
    n_censored: Integers

    @classmethod
    def of(
        cls, labels: xr.DataArray, codes: Integers, k: int, lags: Floats, *, whole_days: bool
    ) -> Onsets:
        """Find the onsets of labels.

        Parameters
        ----------
        labels : DataArray, ([member,] time)
            At the T time steps of the fields, with their dates.
        codes : numpy.ndarray of int, shape (M, T)
            Regimes, from 0 to K - 1; -1 for none.
        k : int
            K.
        lags : numpy.ndarray
            In days, those that will be asked for.
        whole_days : bool
            Whether a label holds for all time steps of its day.

        Raises
        ------
        InputError
            Times are no dates in ascending order; or no event has a known beginning.
        ParameterError
            A lag is no whole number of time steps, or of days.
        """
        series = LabelSeries(labels, np.arange(k), codes).dated()
        since = seconds(series.time.values)
        step = typical_step(since)
        _check_lags(lags, _DAY if whole_days else step, "days" if whole_days else "time steps")
        spells = spells_of(series.labelled())
        known = ~spells.cut_start
        if not known.any():
            raise InputError(
                message(
                    "events of which the record knows the beginning, for lag=",
                    f"{len(known)} that gaps, or the ends of the record or of seasons, cut off",
                    "label a longer period without gaps",
                )
            )
        axis, day, tolerance = since, _DAY, _ROUNDING * step
        if whole_days:
            time = series.time
            axis = np.floor(elapsed_days(time) + fraction_of_day(time)[:1] + 1e-9)
            day, tolerance = 1.0, 0.5
        labelled = np.flatnonzero((codes >= 0).any(axis=0))
        begin = labelled[spells.start[known]]
        return cls(
            spells.code[known],
            spells.member[known],
            axis[begin],
            axis,
            day,
            tolerance,
            len(codes),
            np.bincount(spells.code[~known], minlength=k),
        )

    def codes_at(self, lag: float) -> Integers:
        """Regime of the event that began so many days before each time step, (M, T); -1 for none.

        By the dates: a time step that is not there is not replaced by a neighbour.
        """
        codes = np.full((self.n_members, self.axis.size), NO_LABEL, dtype=np.intp)
        wanted = self.when + lag * self.day
        first = np.searchsorted(self.axis, wanted - self.tolerance)
        last = np.searchsorted(self.axis, wanted + self.tolerance, side="right")
        for code, member, start, stop in zip(self.code, self.member, first, last, strict=True):
            codes[member, start:stop] = code
        return codes

    def places_at(self, lag: float, place: Integers) -> Integers:
        """Where among all M × T samples lies what is so many days after each of these; -1 nowhere.

        By the dates, as for `codes_at`.
        """
        member, step = np.divmod(place, self.axis.size)
        wanted = self.axis[step] + lag * self.day
        found = np.searchsorted(self.axis, wanted - self.tolerance)
        there = found < self.axis.size
        found = np.where(there, found, 0)
        there &= self.axis[found] <= wanted + self.tolerance
        return np.where(there, member * self.axis.size + found, -1)

    def counts(self) -> dict[str, xr.Variable]:
        """Numbers of events of each of the K regimes."""
        n_events = np.bincount(self.code, minlength=self.n_censored.size)
        texts = {
            "n_events": (n_events, "number of events whose onset is known"),
            "n_censored": (self.n_censored, "number of events whose onset is cut off"),
        }
        return {
            name: xr.Variable((CLUSTER,), values, {"long_name": text, "units": "1"})
            for name, (values, text) in texts.items()
        }


def _check_lags(lags: Floats, step: float, words: str) -> None:
    whole: npt.NDArray[np.floating[Any]] = lags * _DAY / step if step > 0 else lags
    odd = lags[np.abs(whole - np.rint(whole)) > _ROUNDING]
    if odd.size:
        length = step / _DAY
        plain = words == "days" or step == _DAY
        some = "range(-5, 6)" if plain else f"[{-length:g}, 0, {length:g}]"
        raise ParameterError(
            message(
                f"lag= as whole {words}" + (f", {length:g} days each" * (words != "days")),
                f"{odd[0]:g} days",
                f"choose multiples of these, lag={some}",
            )
        )
