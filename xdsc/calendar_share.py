"""How much of the labels the calendar says: whether regimes are months, or times of day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf import run_of
from xdsc.cf.calendar import (
    elapsed_days,
    fraction_of_day,
    month_of,
    second_of_day,
)
from xdsc.errors import message
from xdsc.labels import regimes_and_codes

#: Share of the information in labels from which on the calendar is what was found.
TELLING = 0.25

# Times of day are put together into so many parts of it.
_PARTS = 8
_DAY = 86_400
# Surrogates, and the most cycles in each.
_SURROGATES, _CYCLES = 99, 1000

_Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CalendarShare:
    """How much of the labels a part of the calendar says.

    Attributes
    ----------
    part : {"month", "hour"}
        Which.
    share : float
        Information that it has on the labels over that of the labels, from 0 to 1, without what
        labels as persistent as these have by chance.
    by_chance : float
        What 95 % of such labels stay below.
    """

    part: Literal["month", "hour"]
    share: float
    by_chance: float

    @property
    def is_telling(self) -> bool:
        """Whether that is much, and more than chance."""
        return self.share >= TELLING and self.share > self.by_chance

    def __str__(self) -> str:
        """In words."""
        return f"{self.share:.0%} of the information in the labels is the {self.part}"


def calendar_shares(labels: xr.DataArray) -> tuple[CalendarShare, ...]:
    r"""How much of the labels the month says, and the time of day.

    With the entropy :math:`H` of the labels and their mutual information :math:`I` with the month,
    the share is :math:`(I - I_0) / H`, where :math:`I_0` is what chance gives: the mean over
    surrogates in which each year begins at a random month of those that the record has (each day at
    a random time), so that all but the phase stays. In less than three years (twenty days) the
    phase says nothing, and chance goes by persistence: :math:`2 N_e I` is distributed as chi-square
    with :math:`(K - 1)(M - 1)` degrees of freedom, with the :math:`N_e = N (1 - ρ) / (1 + ρ)` that
    the correlation ρ of neighbours in time leaves of N [1]_.

    Parameters
    ----------
    labels : DataArray, ([member,] time)
        On dates; negative ones, NaN and None are left out.

    Returns
    -------
    tuple of CalendarShare
        Of the month, and of the time of day, those of which there are several.

    References
    ----------
    .. [1] Wilks, D. S. (2019): Statistical Methods in the Atmospheric Sciences, 4th ed., Sec. 5.2.

    Examples
    --------
    >>> time = pd.date_range("2000-01-01", "2009-12-31")
    >>> summer = time.month.isin([4, 5, 6, 7, 8, 9]).astype(int)
    >>> print(*calendar_shares(xr.DataArray(summer, {"time": time}, ("time",))))
    9...% of the information in the labels is the month
    """
    time = labels[labels.dims[-1]]
    if not isinstance(time.to_index(), (pd.DatetimeIndex, xr.CFTimeIndex)) or not labels.size:
        return ()
    codes = regimes_and_codes(labels.values)[1].reshape(-1, time.size)
    left = _left_by_persistence(codes, run_of(time))
    days = np.floor(elapsed_days(time) + fraction_of_day(time)[:1]).astype(np.intp)
    cycles: dict[Literal["month", "hour"], tuple[Any, Any, int, int]] = {
        "month": (month_of(time), time.dt.year.values, 12, 3),
        "hour": (second_of_day(time) * _PARTS // _DAY, days, _PARTS, 20),
    }
    found = []
    for part, (phase, cycle, length, enough) in cycles.items():
        counts = _counts(codes, np.asarray(phase), np.asarray(cycle), length)
        total = counts.sum(axis=0)
        if min(total.any(axis=0).sum(), total.any(axis=1).sum()) < 2:
            continue
        share = _information(total)
        chance = _of_shifted(counts) if len(counts) >= enough else _of_persistent(total, left)
        entropy = _entropy(total.sum(axis=0))
        mean, bound = (float(value) / entropy for value in chance)
        found.append(CalendarShare(part, max(share / entropy - mean, 0.0), max(bound - mean, 0.0)))
    return tuple(found)


def advice(shares: Sequence[CalendarShare], *, deseasonalized: bool) -> str | None:
    """What to tell of labels that the calendar says much of; None where it does not.

    `deseasonalized` says whether a climatology was taken out.
    """
    telling = [share for share in shares if share.is_telling]
    if not telling:
        return None
    remedy = remedy_against([share.part for share in telling], deseasonalized=deseasonalized)
    found = " and ".join(str(share) for share in telling)
    return message("regimes that are not the calendar", found, remedy)


def remedy_against(parts: Sequence[str], *, deseasonalized: bool) -> str:
    """What to do about labels that follow parts of the calendar."""
    if "month" in parts and not deseasonalized:
        return (
            "take the annual cycle out, preset='weather-regimes', or preprocess(deseasonalize=True)"
        )
    if "month" in parts:
        return "choose a season, season='DJF', or a closer climatology, deseasonalize='day'"
    return (
        "average over days, preprocess(resample='1D'), or, of a year and more, take the cycle "
        "of each time of day out, preprocess(deseasonalize='hour')"
    )


def _counts(
    codes: _Integers, phase: _Integers, cycle: _Integers, length: int
) -> npt.NDArray[np.float64]:
    """Numbers of labels, (cycles, phases, regimes); of cycles that have some."""
    cycle = np.unique(cycle, return_inverse=True)[1]
    counts = np.zeros((cycle.max() + 1, length, codes.max(initial=0) + 1))
    for member in codes:
        known = member >= 0
        np.add.at(counts, (cycle[known], phase[known], member[known]), 1)
    return counts[counts.any(axis=(1, 2))]


def _of_shifted(counts: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean and 95 % quantile of the information where cycles begin at random phases."""
    rng = np.random.default_rng(0)
    # Of a winter-only record the months that it has change places: among all twelve those of
    # different years would hardly meet, and what is left to chance would be too much.
    counts = counts[:: -(-len(counts) // _CYCLES), counts.any(axis=(0, 2))]
    n, length, _ = counts.shape
    phases = np.arange(length)
    found = [
        _information(counts[np.arange(n)[:, None], (phases - shift[:, None]) % length].sum(axis=0))
        for shift in rng.integers(0, length, (_SURROGATES, n))
    ]
    return float(np.mean(found)), float(np.quantile(found, 0.95))


def _of_persistent(total: npt.NDArray[np.float64], left: float) -> tuple[float, float]:
    """Mean and 95 % quantile of the information of labels of which a share counts as independent.

    By Wilson's and Hilferty's approximation of the quantile of chi-square.
    """
    freedom = (total.any(axis=1).sum() - 1) * (total.any(axis=0).sum() - 1)
    bound = freedom * (1 - 2 / (9 * freedom) + 1.645 * np.sqrt(2 / (9 * freedom))) ** 3
    effective = max(2 * left * total.sum(), 1.0)
    return float(freedom / effective), float(bound / effective)


def _information(table: npt.NDArray[np.float64]) -> float:
    """Mutual information of a table of numbers, (phases, regimes)."""
    whole = _entropy(table.ravel())
    return _entropy(table.sum(axis=0)) + _entropy(table.sum(axis=1)) - whole


def _entropy(numbers: npt.NDArray[np.float64]) -> float:
    p = numbers[numbers > 0] / numbers.sum()
    return float(-(p * np.log(p)).sum())


def _left_by_persistence(codes: _Integers, runs: npt.NDArray[np.int64]) -> float:
    """Share of (members, T) labels that counts as independent."""
    known = codes[codes >= 0]
    before, after = codes[:, :-1], codes[:, 1:]
    pairs = (before >= 0) & (after >= 0) & (np.diff(runs) == 0)
    if not known.size or not pairs.any():
        return 1.0
    by_chance = float(((np.bincount(known) / known.size) ** 2).sum())
    if by_chance == 1:
        return 1.0
    same = float((before == after)[pairs].mean())
    correlation = np.clip((same - by_chance) / (1 - by_chance), 0.0, 1 - 1e-6)
    return float((1 - correlation) / (1 + correlation))
