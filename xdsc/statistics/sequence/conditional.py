"""How often each regime occurs where an index, such as one of ENSO, is low, middling or high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf import seconds, typical_step
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.chance import adjusted, generator, tail_shares, two_sided
from xdsc.statistics.sequence.pairing import cross_table
from xdsc.statistics.sequence.seasons import seasons_of
from xdsc.statistics.sequence.series import Floats, Integers, LabelSeries, label_series, plain_dates

_DIMS = ("bin", CLUSTER)
_ONE = {"units": "1"}
_DAY = 86_400.0

# Bins of any index, however short.
_FEW_BINS = 100


def conditional_frequency(
    ds: xr.Dataset | xr.DataArray,
    index: xr.DataArray | pd.Series | str,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    bins: int | Sequence[float] = 3,
    n: int = 1000,
    random_state: int | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""How often each regime occurs in each tercile of an index, and whether by chance.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, ([member,] time), whoever made them.
    index : DataArray, pandas.Series or str
        Along time, or its name in `ds`: at the time steps of the labels, or one value a day, month
        or year, which then holds for all time steps of it; of a year, for the seasons that end in
        it. Time steps without a value take no part.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`.
    bins : int or sequence of float, default 3
        Number of bins with as many labelled time steps each, by quantiles of the index; or the
        inner edges of bins. A value on an edge is in the lower bin.
    n : int, default 1000
        Number of permutations.
    random_state : int, optional
        Seed of these.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Along ``bin`` and ``cluster``: ``frequency``, P(regime | bin), ``n_frames``, and
        ``p_value``, two-sided, ``p_more``, ``p_less`` and ``p_adjusted``, as for `transitions`,
        from permutations in which each season has the index of another year: they keep how regimes
        and the index persist within seasons; NaN for regimes that the flags know and that do not
        occur. Along ``bin``: its edges ``lower`` and ``upper``,
        infinite for the first and last, and ``n_labelled``.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        An argument is wrong, or `labels` do not fit `ds`.
    InputError
        No labelled time step has an index, or there are no dates.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2000-01-01", periods=4)
    >>> labels = xr.DataArray([0, 0, 1, 0], {"time": time}, ("time",))
    >>> index = xr.DataArray([-1.0, -2.0, 1.0, 2.0], {"time": time}, ("time",))
    >>> found = xdsc.conditional_frequency(labels, index, bins=2, random_state=0)
    >>> found.frequency.values.tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    rng, drawn = generator(random_state, n)
    series = label_series(ds, labels, time).dated().labelled()
    if isinstance(index, str):
        if not isinstance(ds, xr.Dataset) or index not in ds.variables:
            raise ParameterError(
                message("an index, or its name in the Dataset", f"{index!r}", "pass the values")
            )
        index = ds[index]
    values = _at_steps(series, index)
    known = np.isfinite(values) & (series.codes >= 0)
    if not known.any():
        raise InputError(
            message(
                "an index at labelled time steps",
                "none at any of them",
                "look at the dates of the index",
            )
        )
    edges = _edges(np.broadcast_to(values, known.shape)[known], bins)
    place = np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), -1)
    shape = (len(edges) + 1, len(series.regimes))
    bins_of = np.broadcast_to(place, series.codes.shape)
    table = cross_table(bins_of, series.codes, shape)
    order = seasons_of(series)
    surrogates = np.stack(
        [
            cross_table(np.broadcast_to(other, series.codes.shape), series.codes, shape)
            for other in _permuted(place, order.season, order.block, n, rng)
        ]
    )
    labelled = table.sum(axis=1)
    total = np.where(labelled > 0, labelled, np.nan)
    totals = surrogates.sum(axis=2, keepdims=True)
    by_chance = surrogates / np.where(totals > 0, totals, np.nan)
    share = table / total[:, None]
    # A regime that does not occur is no test, and would count as one where they are adjusted.
    occurring = np.where(table.any(axis=0), share, np.nan)
    more, less = tail_shares(occurring, by_chance)
    p = two_sided(more, less)
    fields = {
        "frequency": (share, "fraction of the labelled time steps of the bin"),
        "n_frames": (table, "number of time steps"),
        "p_more": (more, "p-value of a higher frequency than by chance"),
        "p_less": (less, "p-value of a lower frequency than by chance"),
        "p_value": (p, "two-sided p-value of the frequency"),
        "p_adjusted": (adjusted(p), "two-sided p-value, adjusted for the false discovery rate"),
    }
    found: dict[str, Any] = {
        name: (_DIMS, numbers, {"long_name": text} | _ONE)
        for name, (numbers, text) in fields.items()
    }
    words = {"long_name": "number of time steps with a label and an index"}
    found["n_labelled"] = ("bin", labelled, words | _ONE)
    units = {"units": str(index.attrs.get("units", "1"))} if hasattr(index, "attrs") else _ONE
    bounds = np.concatenate([[-np.inf], edges, [np.inf]])
    coordinates = {
        **series.coordinates(),
        "bin": ("bin", np.arange(shape[0]), {"long_name": "bin of the index, from low to high"}),
        "lower": ("bin", bounds[:-1], {"long_name": "lower edge of the bin"} | units),
        "upper": ("bin", bounds[1:], {"long_name": "upper edge of the bin"} | units),
    }
    attrs = {
        "xdsc_bins": "quantiles of labelled time steps" if isinstance(bins, int) else "given edges",
        "xdsc_null": "index of whole seasons permuted among years",
        "xdsc_p_value": "mid-p, two-sided",
        "xdsc_p_adjusted": "Benjamini and Hochberg (1995)",
    }
    return xr.Dataset(found, coordinates, attrs | drawn)


def _edges(values: Floats, bins: int | Sequence[float]) -> Floats:
    """Inner edges of the bins, ascending."""
    if isinstance(bins, int | np.integer):
        # Bins without values take memory and say nothing.
        most = max(len(values), _FEW_BINS)
        if isinstance(bins, bool) or not 2 <= bins <= most:
            raise ParameterError(
                message(
                    f"two bins or more, and no more than {most} of this index",
                    f"bins={bins!r}",
                    "pass bins=3",
                )
            )
        return np.quantile(values, np.arange(1, bins) / bins)
    try:
        edges = np.asarray(bins, dtype=np.float64)
    except (TypeError, ValueError):
        edges = np.array([np.nan])
    if edges.ndim != 1 or not edges.size or not (np.diff(edges) > 0).all() or np.isnan(edges).any():
        raise ParameterError(
            message("bins= as a number or ascending edges", f"{bins!r}", "pass bins=3")
        )
    return edges


def _at_steps(series: LabelSeries, index: xr.DataArray | pd.Series) -> Floats:
    """Value of the index at each of T time steps; NaN where there is none."""
    given = index
    if isinstance(index, pd.Series):
        given = xr.DataArray(index.values, {"time": plain_dates(index.index)}, ("time",))
    if not isinstance(given, xr.DataArray) or given.ndim != 1 or given.dtype.kind not in "iuf":
        raise ParameterError(
            message(
                "an index of numbers along time",
                f"{type(index).__name__} of shape {np.shape(index)}",
                "pass a DataArray or a pandas Series with dates",
            )
        )
    given = require_no_fills(given, typed="index")
    name = given.dims[0]
    dates = None if name not in given.coords else plain_dates(given[name].to_index())
    if not isinstance(dates, pd.DatetimeIndex | xr.CFTimeIndex):
        raise ParameterError(
            message("an index with dates", "one without", "assign them, index.assign_coords(...)")
        )
    when = xr.DataArray(dates, dims=(name,))
    step = typical_step(np.sort(seconds(when.values))) / _DAY
    ours, theirs = _keys(series, step), _keys_of(when, step)
    known = pd.Series(given.values.astype(np.float64), index=pd.Index(theirs))
    if not known.index.is_unique:
        raise ParameterError(
            message(
                "one value of the index for each of its periods",
                f"several for {known.index[known.index.duplicated()][0]}",
                "average them, index.resample(time='MS').mean()",
            )
        )
    return np.asarray(known.reindex(ours).values, dtype=np.float64)


def _keys(series: LabelSeries, step: float) -> Any:
    """What each time step of labels finds its index by."""
    if step > 300:
        return seasons_of(series).year
    return _keys_of(series.time, step)


def _keys_of(time: xr.DataArray, step: float) -> Any:
    """What each value of an index, one in so many days, is found by: year, month, day or instant.

    Dates of several calendars are the same where they are written alike.
    """
    if step > 300:
        return time.dt.year.values
    written = "%Y-%m" if step > 27 else "%Y-%m-%d" if step > 0.9 else "%Y-%m-%dT%H:%M:%S"
    return time.dt.strftime(written).values


def _permuted(
    place: Integers, season: Integers, block: Integers, n: int, rng: np.random.Generator
) -> Any:
    """Bins of the index, each season with those of another year, n times (T,)."""
    order = np.argsort(block, kind="stable")
    starts = np.flatnonzero(np.diff(block[order], prepend=-1))
    lengths = np.diff(np.append(starts, block.size))
    row = np.repeat(np.arange(len(starts)), lengths)
    column = np.arange(block.size) - np.repeat(starts, lengths)
    # A season that lends its index to a longer one lends its last value for the rest.
    rows = np.repeat(place[order][starts + lengths - 1][:, None], lengths.max(), axis=1)
    rows[row, column] = place[order]
    of_season = season[order][starts]
    groups = [np.flatnonzero(of_season == which) for which in np.unique(of_season)]
    for _ in range(n):
        lender = np.arange(len(starts))
        for group in groups:
            lender[group] = rng.permutation(group)
        found = np.empty_like(place)
        found[order] = rows[lender[row], column]
        yield found
