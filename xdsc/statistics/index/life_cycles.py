"""Life cycles of regimes: events of an index, the regime of each time step, and no regime."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import require_dataset, run_of, seconds, text_of, typical_step
from xdsc.cf.dataset import has_dates, index_along
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.significance_tests import CLUSTERED
from xdsc.statistics.index.event_table import ONE_MEMBER, Event, event_table
from xdsc.statistics.index.regime_index import CORRELATION, INDEX, regime_index

By: TypeAlias = Literal["index", "correlation"]

_VARIABLE = {"index": INDEX, "correlation": CORRELATION}
_THRESHOLD = {"index": 1.0, "correlation": 0.4}
_MIN_DURATION = {"index": "5D", "correlation": "0D"}
_ROUNDING = 1e-6  # seconds


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
    min_duration: str | None = None,
    *,
    by: By = "index",
    strongest: bool = True,
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
    min_duration : str, optional
        Shortest life cycle, from the beginning of its first to the end of its last time step; by
        default "5D", by correlation one time step.
    by : {"index", "correlation"}, default "index"
        "correlation" is the other convention: a regime is active where the correlation of the
        anomaly with its pattern is the largest of all, and at or above the threshold.
    strongest : bool, default True
        Whether a life cycle needs the largest index of all regimes at least once.
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
          gap begins or ends there, so that the life cycle may be longer.
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

    References
    ----------
    .. [1] Grams, C. M. et al. (2017): Balancing Europe's wind-power output through spatial
       deployment informed by weather regimes. Nature Climate Change 7, 557-562.

    Examples
    --------
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
    threshold, least = _arguments(threshold, min_duration, by)
    index = _index_of(ds, by, preprocessor)
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
        "xdsc_min_duration_days": least / 86400,
        "xdsc_strongest_once": int(strongest),
        "xdsc_n_cut_short": cut_short,
        "references": "Grams et al. (2017), doi:10.1038/nclimate3338",
    }
    labels = _labels(index, codes, definition)
    table = event_table(index, sorted(events), codes, ends - since, labels, definition)
    return LifeCycles(table, labels)


def _arguments(threshold: Any, min_duration: Any, by: Any) -> tuple[float, float]:
    """Threshold and shortest duration in seconds."""
    one_of("by", by, get_args(By))
    problems = Problems()
    least = np.nan
    try:
        given = _MIN_DURATION[by] if min_duration is None else min_duration
        least = pd.Timedelta(given).total_seconds()
    except (TypeError, ValueError):
        pass
    if not least >= 0:
        problems.add(
            message("min_duration= as a duration", f"{min_duration!r}", "pass min_duration='5D'")
        )
    chosen = _THRESHOLD[by] if threshold is None else threshold
    if isinstance(chosen, bool) or not isinstance(chosen, int | float | np.number):
        problems.add(message("threshold= as a number", f"{chosen!r}", "pass threshold=1.0"))
    problems.raise_if_any(ParameterError)
    return float(chosen), least


def _index_of(
    ds: xr.Dataset | xr.DataArray, by: By, preprocessor: Preprocessor | None
) -> xr.DataArray:
    """The index in memory, (member, time, cluster); a lone record gets a dimension of members."""
    if not isinstance(ds, xr.DataArray):
        require_dataset(ds)
        if INDEX not in ds:
            ds = regime_index(ds, preprocessor=preprocessor)
        if _VARIABLE[by] not in ds:
            raise ParameterError(
                message(
                    f"{_VARIABLE[by]!r} for by={by!r}",
                    f"a Dataset with {list(ds)}",
                    "pass what xdsc.regime_index returns",
                )
            )
        variable = ds.attrs.get("xdsc_variable")
        ds = ds[_VARIABLE[by]]
        ds = ds.assign_attrs({CLUSTERED: variable} if variable else {})
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
    new = np.diff(runs, prepend=-1) != 0
    before = np.concatenate([[False], active[:-1]])
    starts = np.flatnonzero(active & (new | ~before))
    last = np.concatenate([new[1:] | ~active[1:], [True]])
    stops = np.flatnonzero(active & last) + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _cut_off(
    missing: npt.NDArray[np.bool_], runs: npt.NDArray[np.int64], start: int, stop: int
) -> tuple[bool, bool]:
    """Whether nothing is known of the time step before, and of that after."""

    def unknown(one: int, other: int) -> bool:
        return not 0 <= other < runs.size or bool(runs[one] != runs[other] or missing[other])

    return unknown(start, start - 1), unknown(stop - 1, stop)


def _labels(
    index: xr.DataArray, codes: npt.NDArray[np.intp], definition: dict[str, Any]
) -> xr.DataArray:
    """Labels with a class for no regime."""
    member, time, _ = index.dims
    numbers, names = regime_numbers(index)
    numbers = np.append(numbers, numbers.max(initial=NO_LABEL) + 1).astype(np.int32)
    values = np.where(codes < 0, NO_LABEL, numbers[np.maximum(codes, 0)]).astype(np.int32)
    attrs = {
        "long_name": "active regime",
        "flag_values": np.insert(numbers, 0, NO_LABEL),
        "flag_meanings": " ".join(["no_label", *names, "no_regime"]),
        **{key: value for key, value in index.attrs.items() if key == CLUSTERED},
        **definition,
    }
    coords = {dim: index[dim].variable for dim in (member, time) if dim in index.coords}
    labels = xr.DataArray(values, coords, (member, time), CLUSTER, attrs)
    return labels.isel({member: 0}) if member == ONE_MEMBER else labels


def regime_numbers(index: xr.DataArray) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Number and name of each regime of an index (member, time, cluster)."""
    regime = index.dims[2]
    k = index.sizes[regime]
    given = index[regime].values if regime in index.coords else np.arange(k)
    if given.dtype.kind not in "iu":
        return np.arange(k, dtype=np.int32), ["_".join(str(name).split()) for name in given]
    attrs = index[regime].attrs if regime in index.coords else {}
    flags = np.atleast_1d(attrs.get("flag_values", [])).tolist()
    known = dict(zip(flags, text_of(attrs, "flag_meanings").split(), strict=False))
    names = [known.get(number, f"regime_{number}") for number in given.tolist()]
    return given.astype(np.int32), names
