"""How long regimes last."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import one_of
from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.chance import generator
from xdsc.statistics.sequence.bins import one_a_bin
from xdsc.statistics.sequence.durations import in_days
from xdsc.statistics.sequence.series import Floats, Integers, LabelSeries, label_series
from xdsc.statistics.sequence.spells import Spells, segments_of, spells_of, without_short
from xdsc.statistics.sequence.survival import geometric_p_value, survival

Censored: TypeAlias = Literal["exclude", "include", "kaplan-meier"]


def persistence(
    ds: xr.Dataset | xr.DataArray,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    min_duration: str | float | pd.Timedelta | None = None,
    short: Literal["no-regime", "neighbour"] = "no-regime",
    censored: Censored = "exclude",
    n: int = 1000,
    random_state: int | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""How long regimes last, and whether as long as those without a memory.

    An event is a maximal run of one regime. A gap in time ends it, and so do a time step without a
    label, the end of a season, where months are left out, and the end of a member; such an event is
    censored, for it may have begun earlier or gone on. A gap is more than one and a half of the
    time steps of the labels, which is the lower median of their differences.

    A regime without a memory ends with the same probability at each step, so that its durations L
    are geometric,

    .. math:: P(L = l) = p^{l-1} (1 - p),

    with its probability p to stay. The test asks whether durations are such, either more alike or
    less: it compares with durations drawn from this law with the same number of events and the same
    sum, which leaves no p to be known. Draws that are as far from the law count by half. Of events
    that last `min_duration`, m steps, or longer it is what they last beyond m - 1 that is geometric
    without a memory. Where short events have joined their neighbours there is no such law.

    Labels of a fit to means over bins, ``resample="5D"``, that were put on each time step, count
    once a bin: that they do not change within it says nothing.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, ([member,] time), whoever made them.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`.
    min_duration : str, number of days or Timedelta, optional
        As "5D": shorter events, as far as they are seen, are taken out first. Censored ones are
        shorter where what is seen of them is.
    short : {"no-regime", "neighbour"}, default "no-regime"
        What becomes of these: nothing, and the events around them end there for good; or they join
        the longer of the events right before and after them, of equal ones the earlier. The
        shortest event joins first, of equal ones the earliest, and one that is joined grows by it.
    censored : {"exclude", "include", "kaplan-meier"}, default "exclude"
        How censored events count: not at all; as if they had ended where the record cuts them; or,
        where their beginning is known, for what is known of them, as Kaplan and Meier do, with the
        mean of what is known of the survival and its median.
    n : int, default 1000
        Number of draws for the test.
    random_state : int, optional
        Seed of these.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Along ``cluster``: ``n_events``, the number of those that count; ``n_censored`` and
        ``n_short``, those that are censored and that were taken out; ``mean_duration``,
        ``median_duration`` and ``longest_duration`` in days, NaN without an event;
        ``self_transition``, the share p of time steps followed by the same regime, of those
        followed by any label; and ``p_value`` of the geometric law, of complete events, NaN where
        short ones have joined their neighbours. Along ``cluster`` and ``duration`` in days:
        ``survival``, the share of events that last longer, and ``survival_geometric``, :math:`p^n`,
        which of events of m steps and more falls from m - 1 steps on.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        An argument is wrong, or `labels` do not fit `ds`.
    InputError
        No time step has a label, or there are no dates.

    References
    ----------
    Wilks, D. S. (2019): Statistical Methods in the Atmospheric Sciences, 4th ed., Sec. 10.2.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2000-01-01", periods=9)
    >>> labels = xr.DataArray([0, 0, 1, 1, 1, 0, 1, 0, 0], {"time": time}, ("time",))
    >>> found = xdsc.persistence(labels, random_state=0)
    >>> found.n_events.values.tolist(), found.n_censored.values.tolist()
    ([1, 2], [2, 0])
    >>> found.mean_duration.values.tolist(), found.longest_duration.values.tolist()
    ([1.0, 2.0], [1.0, 3.0])
    """
    one_of("censored", censored, get_args(Censored))
    rng, drawn = generator(random_state, n)
    days = None if min_duration is None else _shortest(min_duration)
    series = one_a_bin(label_series(ds, labels, time).dated()).labelled()
    k = len(series.regimes)
    codes, n_short = series.codes, np.zeros(k, dtype=np.intp)
    if days is not None or short != "no-regime":
        codes, n_short = without_short(series, days or 0.0, short)
    spells = spells_of(series, codes)
    table = _durations(spells, k, censored, series.step)
    stay = _self_transition(series, codes, k)
    found: dict[str, Any] = {
        "n_events": (CLUSTER, table["n_events"], _text("number of events")),
        "n_censored": (
            CLUSTER,
            np.bincount(spells.code[~spells.complete], minlength=k),
            _text("number of events that the record cuts off"),
        ),
        "n_short": (CLUSTER, n_short, _text("number of events that were too short")),
    }
    for name in ("mean", "median", "longest"):
        text = _text(f"{name} duration of an event", "days")
        found[f"{name}_duration"] = (CLUSTER, table[name], text)
    found["self_transition"] = (
        CLUSTER,
        stay,
        _text("probability that the next time step is in the same regime"),
    )
    # What a regime without a memory lasts beyond the shortest event is geometric as well.
    sure = _sure_steps(spells, days or 0.0, series.step)
    beyond = spells.steps - sure
    p = np.array(
        [
            geometric_p_value(beyond[spells.complete & (spells.code == code)], n, rng)
            for code in range(k)
        ]
    )
    if short == "neighbour" and n_short.any():
        p[:] = np.nan
    found["p_value"] = (CLUSTER, p, _text("p-value of geometric durations"))
    shares = table["survival"]
    found["survival"] = (
        (CLUSTER, "duration"),
        shares,
        _text("share of events that last longer"),
    )
    length = np.arange(shares.shape[1])
    found["survival_geometric"] = (
        (CLUSTER, "duration"),
        _stay_beyond(stay, sure)[:, None] ** np.maximum(length - sure, 0),
        _text("share of events that last longer, geometric durations"),
    )
    duration = ("duration", length * series.step, _text("duration", "days"))
    attrs = {
        "xdsc_event": "maximal run of one regime; gaps, seasons, members and missing labels end it",
        "xdsc_censored": censored,
        "xdsc_min_duration": "none" if days is None else f"{days:g} days",
        "xdsc_short_events": short,
        "xdsc_time_step": f"{series.step:g} days",
        "xdsc_null": "geometric durations"
        + f" beyond {sure} time steps" * (sure > 0)
        + ", given the number of events and their sum",
    }
    return xr.Dataset(found, {**series.coordinates(), "duration": duration}, attrs | drawn)


def _text(long_name: str, units: str = "1") -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _shortest(min_duration: str | float | pd.Timedelta) -> float:
    """The shortest duration that counts, in days."""
    days = in_days(min_duration)
    if not 0 <= days < np.inf:
        raise ParameterError(
            message(
                "min_duration= as '5D' or a number of days",
                f"{min_duration!r}",
                "pass min_duration='5D'",
            )
        )
    return days


def _sure_steps(spells: Spells, min_days: float, step: float) -> int:
    """How many time steps all whole events last longer than, where short ones are taken out."""
    least = math.ceil((min_days - 1e-9) / step) if step > 0 else 1
    # Steps that differ in length, as months do, may make fewer last as long.
    return max(min(least, int(spells.steps[spells.complete].min(initial=least))) - 1, 0)


def _stay_beyond(stay: Floats, sure: int) -> Floats:
    """Probability to stay of events that have lasted for as long as all of them do, (K,)."""
    leave = 1 - stay  # one in so many steps, of which those that are sure could not be the one
    return np.asarray(1 - np.minimum(leave / np.maximum(1 - sure * leave, 1e-9), 1))


def _durations(spells: Spells, k: int, censored: Censored, step: float) -> dict[str, Any]:
    """What is told of durations: numbers (K,) in days, and the survival (K, longest + 1)."""
    counted = spells.complete
    whole = np.ones_like(counted)
    if censored == "include":
        counted = whole
    elif censored == "kaplan-meier":
        counted, whole = ~spells.cut_start, ~spells.cut_end
    longest = int(spells.steps[counted].max(initial=0))
    numbers = {name: np.full(k, np.nan) for name in ("mean", "median", "longest")}
    shares = np.full((k, longest + 1), np.nan)
    n_events = np.zeros(k, dtype=np.intp)
    for code in range(k):
        mine = counted & (spells.code == code)
        n_events[code] = mine.sum()
        if not n_events[code]:
            continue
        # Whether an event that is cut off would have gone on after its last step nobody knows.
        known_to_go_on = spells.steps[mine] - ~whole[mine]
        shares[code] = survival(known_to_go_on, whole[mine], longest)
        days: Floats = spells.days[mine]
        numbers["longest"][code] = days.max()
        if censored == "kaplan-meier":
            numbers["mean"][code] = np.nansum(shares[code]) * step
            past = np.flatnonzero(shares[code] <= 0.5)
            numbers["median"][code] = past[0] * step if past.size else np.nan
        else:
            numbers["mean"][code], numbers["median"][code] = days.mean(), np.median(days)
    return {"n_events": n_events, "survival": shares, **numbers}


def _self_transition(series: LabelSeries, codes: Integers, k: int) -> Floats:
    """Share of the time steps of each regime that the same one follows, (K,)."""
    linked = np.diff(segments_of(series)) == 0
    before, after = codes[:, :-1], codes[:, 1:]
    known = linked & (before >= 0) & (after != -1)
    total = np.bincount(before[known], minlength=k)
    same = np.bincount(before[known & (before == after)], minlength=k)
    return np.asarray(same / np.where(total > 0, total, np.nan), dtype=np.float64)
