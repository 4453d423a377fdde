"""Life cycles of regimes: events of an index, the regime of each time step, and no regime."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import require_dataset, run_of, seconds, typical_step
from xdsc.cf.axes.coordinates import has_dates, index_along
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.significance_tests import CLUSTERED
from xdsc.statistics.index.event_labels import event_labels
from xdsc.statistics.index.event_table import ONE_MEMBER, Event, event_table, with_followers
from xdsc.statistics.index.following import followers, segments_of
from xdsc.statistics.index.regime_index import regime_index
from xdsc.statistics.index.standardised import CORRELATION, INDEX, WHOSE
from xdsc.statistics.sequence.durations import in_days
from xdsc.statistics.sequence.spells import maximal_runs

By: TypeAlias = Literal["index", "correlation"]

# Attributes of an index that say which numbers it goes by.
_OF_NUMBERS = ("xdsc_anomaly_from", WHOSE)
_VARIABLE = {"index": INDEX, "correlation": CORRELATION}
_THRESHOLD = {"index": 1.0, "correlation": 0.4}
_MIN_DURATION = {"index": "5D", "correlation": "0D"}
_ROUNDING = 1e-6  # seconds
_DAY = 86_400.0


class LifeCycles(NamedTuple):
    """What `life_cycles` returns.

    Attributes
    ----------
    events : Dataset, (event,)
        One row an event.
    labels : DataArray of int, ([member,] time)
        The regime of each time step, where no regime is one too.
    """

    events: xr.Dataset
    labels: xr.DataArray


def life_cycles(
    ds: xr.Dataset | xr.DataArray,
    threshold: float | None = None,
    min_duration: str | float | None = None,
    *,
    by: By = "index",
    strongest: bool = True,
    window: str | float | None = None,
    variable: str | None = None,
    preprocessor: Preprocessor | None = None,
) -> LifeCycles:
    """Life cycles of regimes, and the active regime of each time step.

    A life cycle is a run of time steps at which the index of a regime is at or above a threshold
    for long enough; those of different regimes may overlap [1]_. A time step belongs to the active
    regime with the largest index (the first of equal ones), and to no regime where none is active.

    Parameters
    ----------
    ds : Dataset or DataArray, ([member,] time, cluster)
        What `regime_index` returns, or an index alone; or a labelled Dataset, whose index is taken
        with the defaults of `regime_index`. Times ascend, in any calendar.
    threshold : float, optional
        Least index of an active regime; by default 1, of a correlation 0.4.
    min_duration : str or number of days, optional
        Shortest life cycle, from the beginning of its first to the end of its last time step; by
        default "5D", by correlation one time step.
    by : {"index", "correlation"}, default "index"
        "correlation" is the other convention: a regime is active where the correlation of the
        anomaly with its pattern is the largest of all, and at or above the threshold.
    strongest : bool, default True
        Whether a life cycle needs the largest index of all regimes at least once.
    window : str or number of days, optional
        For transitions, as "4D": a life cycle follows another one where it begins so long before or
        after the decay of that one, or less.
    variable : str, optional
        Of labelled data with several, the one of whose index they are.
    preprocessor : Preprocessor, optional
        Of the fit, for the index of a labelled Dataset.

    Returns
    -------
    events : Dataset, (event,)
        In the order of their onset, a member after the other; ``events.to_dataframe()`` is a table.

        - ``cluster``, and the member where there are several: whose life cycle it is;
        - ``onset``, ``peak``, ``decay``: first time step, that of the maximum (the first of equal
          ones), and last one;
        - ``duration`` in days, ``maximum`` and ``mean`` of the index, ``n_attributed``: how many
          time steps are labelled with it;
        - ``onset_censored``, ``decay_censored``: whether the record, a season or a run without a
          gap begins or ends there, so that the life cycle may be longer;
        - with `window` ``following`` and ``preceding``, the row of the life cycle that follows and
          of that which it follows, -1 for none, and ``following_cluster`` and
          ``preceding_cluster``, their regimes, -1 (text: "") for none.
    labels : DataArray of int, ([member,] time)
        As the regimes are numbered; a number more, ``no_regime`` in its ``flag_meanings``, for no
        regime, and -1 where there is no index.

    Raises
    ------
    ParameterError
        An argument is wrong, or there is no such index.
    InputError
        Times are no dates, or do not ascend.

    Notes
    -----
    A gap in time, a missing index and the end of a member end a life cycle. One that is cut off
    there before `min_duration` is left out, as nobody knows how long it was;
    ``xdsc_n_cut_short`` counts these.

    What follows begins and ends later, in the same run without a gap; of several it is the one that
    begins nearest to the decay (the earlier one of equally near ones), and which it follows the one
    with the nearest decay. Nothing follows a life cycle whose decay is cut off, and one whose onset
    is cut off follows nothing.

    References
    ----------
    .. [1] Grams, C. M. et al. (2017): Balancing Europe's wind-power output through spatial
       deployment informed by weather regimes. Nature Climate Change 7, 557-562.

    Examples
    --------
    >>> import pandas as pd
    >>> values = [[0.0, 0.2], [1.2, 0.1], [1.5, 1.1], [1.1, 1.4], [0.3, 1.2]]
    >>> index = xr.DataArray(
    ...     values, {"time": pd.date_range("2000-01-01", periods=5)}, ("time", "cluster")
    ... )
    >>> events, labels = life_cycles(index, min_duration="3D")
    >>> events.to_dataframe()[["cluster", "onset", "decay", "maximum"]]
           cluster      onset      decay  maximum
    event
    0            0 2000-01-02 2000-01-04      1.5
    1            1 2000-01-03 2000-01-05      1.4
    >>> labels.values.tolist(), labels.flag_meanings
    ([2, 0, 0, 1, 1], 'no_label regime_0 regime_1 no_regime')
    """
    threshold, least, around = _arguments(threshold, min_duration, by, window)
    index = _index_of(ds, by, variable, preprocessor)
    time = index[index.dims[1]]
    values = index.values.astype(np.float64)
    runs, since = run_of(time), seconds(time.values)
    # A time step is as long as the typical one.
    ends = since + typical_step(since)
    active = values >= threshold
    largest = np.where(np.isnan(values), -np.inf, values)
    is_largest = active & (largest == largest.max(axis=-1, keepdims=True))
    if by == "correlation":
        first = np.arange(values.shape[-1]) == largest.argmax(axis=-1)[..., None]
        active = active & first

    events, cut_short = [], 0
    kept = np.zeros(values.shape, dtype=bool)
    for member, regime in np.ndindex(values.shape[0], values.shape[2]):
        missing = np.isnan(values[member, :, regime])
        for start, stop in _stretches(active[member, :, regime], runs):
            cut = _cut_off(missing, runs, start, stop)
            if ends[stop - 1] - since[start] < least - _ROUNDING:
                cut_short += any(cut)
            elif not strongest or is_largest[member, start:stop, regime].any():
                events.append(Event(member, start, regime, stop, *cut))
                kept[member, start:stop, regime] = True
    codes = np.where(kept, values, -np.inf).argmax(axis=-1)
    codes = np.where(kept.any(axis=-1), codes, values.shape[-1])
    codes = np.where(np.isnan(values).all(axis=-1), NO_LABEL, codes)

    definition = {
        "xdsc_life_cycles_by": by,
        "xdsc_threshold": threshold,
        "xdsc_min_duration_days": least / _DAY,
        "xdsc_strongest_once": int(strongest),
        "xdsc_n_cut_short": cut_short,
        "references": "Grams et al. (2017), doi:10.1038/nclimate3338",
        **{key: index.attrs[key] for key in _OF_NUMBERS if key in index.attrs},
    }
    labels = event_labels(index, codes, definition)
    if around is not None:
        definition["xdsc_transition_window_days"] = around / _DAY
    events = sorted(events)
    table = event_table(index, events, codes, ends - since, labels, definition)
    if around is not None:
        segments = np.stack([segments_of(codes_of_one, runs) for codes_of_one in codes])
        table = with_followers(table, *followers(events, since, segments, around))
    return LifeCycles(table, labels)


def _arguments(
    threshold: Any, min_duration: Any, by: Any, window: Any
) -> tuple[float, float, float | None]:
    """Threshold; shortest duration and window of transitions in seconds."""
    one_of("by", by, get_args(By))
    problems = Problems()
    least = _DAY * in_days(_MIN_DURATION[by] if min_duration is None else min_duration)
    around = None if window is None else _DAY * in_days(window)
    if around is not None and not 0 <= around < np.inf:
        problems.add(message("window= as a duration", f"{window!r}", "pass window='4D'"))
    if not 0 <= least < np.inf:
        problems.add(
            message("min_duration= as a duration", f"{min_duration!r}", "pass min_duration='5D'")
        )
    chosen = _THRESHOLD[by] if threshold is None else threshold
    if isinstance(chosen, bool) or not isinstance(chosen, int | float | np.number):
        problems.add(message("threshold= as a number", f"{chosen!r}", "pass threshold=1.0"))
    problems.raise_if_any(ParameterError)
    return float(chosen), least, around


def _index_of(
    ds: xr.Dataset | xr.DataArray,
    by: By,
    variable: str | None,
    preprocessor: Preprocessor | None,
) -> xr.DataArray:
    """The index in memory, (member, time, cluster); a lone record gets a dimension of members."""
    if not isinstance(ds, xr.DataArray):
        require_dataset(ds)
        if INDEX not in ds:
            ds = regime_index(ds, variable=variable, preprocessor=preprocessor)
        if _VARIABLE[by] not in ds:
            raise ParameterError(
                message(
                    f"{_VARIABLE[by]!r} for by={by!r}",
                    f"a Dataset with {list(ds)}",
                    "pass what xdsc.regime_index returns",
                )
            )
        said = {key: ds.attrs[key] for key in _OF_NUMBERS if key in ds.attrs}
        if clustered := ds.attrs.get("xdsc_variable"):
            said[CLUSTERED] = clustered
        ds = ds[_VARIABLE[by]].assign_attrs(said)
    dates = [dim for dim in ds.dims if has_dates(ds, dim)]
    others = [dim for dim in ds.dims if dim not in dates]
    regime = CLUSTER if CLUSTER in others else (others or [None])[-1]
    if len(dates) != 1 or regime is None or len(others) > 2:
        raise InputError(
            message(
                "an index ([member,] time, cluster) with dates",
                f"the dimensions {ds.dims}, of which {dates} have dates",
                "decode times with xr.decode_cf(ds), or select one of each other dimension",
            )
        )
    if not index_along(ds, dates[0]).is_monotonic_increasing:  # type: ignore[union-attr]
        raise InputError(
            message("times that ascend", "others", f"sort them, index.sortby({dates[0]!r})")
        )
    if len(others) == 1:
        ds = ds.expand_dims(ONE_MEMBER)
    return ds.transpose(..., dates[0], regime).compute()


def _stretches(active: npt.NDArray[np.bool_], runs: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Start and stop (exclusive) of each stretch of active time steps without a gap."""
    start, stop = maximal_runs(active, runs.astype(np.intp))
    there = active[start]
    return list(zip(start[there].tolist(), stop[there].tolist(), strict=True))


def _cut_off(
    missing: npt.NDArray[np.bool_], runs: npt.NDArray[np.int64], start: int, stop: int
) -> tuple[bool, bool]:
    """Whether nothing is known of the time step before, and of that after."""

    def unknown(one: int, other: int) -> bool:
        return not 0 <= other < runs.size or bool(runs[one] != runs[other] or missing[other])

    return unknown(start, start - 1), unknown(stop - 1, stop)
