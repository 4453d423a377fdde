"""How often each regime occurs: shares of the labelled time steps, by month, season or year."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import one_of
from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.chance import expanded_levels, generator
from xdsc.statistics.sequence.seasons import WHOLE, seasons_of
from xdsc.statistics.sequence.series import Integers, LabelSeries, label_series
from xdsc.statistics.sequence.trends import bootstrapped_slopes, mann_kendall, slope

Part: TypeAlias = Literal["month", "season", "year", "season-year", "hour"]


def frequency(
    ds: xr.Dataset | xr.DataArray,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    by: Part | None = None,
    trend: bool = False,
    n: int = 1000,
    random_state: int | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""How often each regime occurs.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, ([member,] time), whoever made them.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`. Time steps with a negative label, NaN or
        None have none and take no part.
    by : {"month", "season", "year", "season-year", "hour"}, optional
        What the record is parted into. Seasons are DJF, MAM, JJA and SON; where some months have no
        label at all, each row of up to six months in between, as NDJFM. "season-year" is each
        season of each year, that of its last month: December 1999 belongs to the winter of 2000.
        "hour" is the hour of the day.
    trend : bool, default False
        Whether to fit a trend to the frequencies of each "season-year", which then is the default
        of `by`, or each "year".
    n : int, default 1000
        Number of bootstrap samples.
    random_state : int, optional
        Seed of these.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Members are taken together. Along `by`, where there is one, and ``cluster``: ``frequency``,
        the share of the labelled time steps, NaN where none is labelled, and ``n_frames``, their
        number. Along `by`: ``n_labelled`` and ``n_unlabelled``, numbers of time steps with and
        without a label. Regimes that the flags of the labels know are there with 0 as well.

        With `trend`, for each regime, and season: ``trend``, the slope of the least squares line
        per ten years; ``trend_low`` and ``trend_high``, an interval of 95 %: quantiles of the
        slopes of n samples of whole years, drawn with replacement, expanded for few years [2]_;
        and ``p_value``, that of Mann-Kendall's test, which takes years for independent [1]_.
        Seasons with fewer than three quarters of the labels of the fullest one, as at the edges of
        the record, take no part: ``in_trend`` tells which do.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        An argument is wrong, or `labels` do not fit `ds`.
    InputError
        No time step has a label; or `by` or `trend` are asked for without dates.

    References
    ----------
    .. [1] Wilks, D. S. (2019): Statistical Methods in the Atmospheric Sciences, 4th ed., Sec. 5.3.
    .. [2] Hesterberg, T. C. (2015): What teachers should know about the bootstrap. The American
       Statistician 69, 371-386, Sec. 3.3.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2000-01-30", periods=4)
    >>> labels = xr.DataArray([0, 1, 1, -1], {"time": time}, ("time",))
    >>> xdsc.frequency(labels).frequency.values.round(2).tolist()
    [0.33, 0.67]
    >>> monthly = xdsc.frequency(labels, by="month")
    >>> monthly.frequency.sel(month=2).values.tolist(), monthly.n_unlabelled.values.tolist()
    ([0.0, 1.0], [0, 1])
    """
    one_of("trend", trend, (False, True))
    if trend and by is None:
        by = "season-year"
    one_of("by", by, (*get_args(Part), None))
    if trend and by not in ("year", "season-year"):
        raise ParameterError(
            message(
                "by='season-year' or 'year' for a trend", f"by={by!r}", "leave by= or trend= out"
            )
        )
    series = label_series(ds, labels, time)
    place, coordinates = _parts(series, by)
    found = _shares(series, place, coordinates)
    found.attrs = {"xdsc_by": by or "whole record"} | found.attrs
    return _with_trend(found, n, random_state) if trend else found


def _parts(series: LabelSeries, by: Part | None) -> tuple[Integers, dict[str, xr.Variable]]:
    """Place of each of T time steps among the parts, -1 for none, and the coordinates of these."""
    if by is None:
        return np.zeros(series.time.size, dtype=np.intp), {}
    time = series.dated().time
    if by in ("month", "year", "hour"):
        values = np.asarray(getattr(time.dt, by).values, dtype=np.int64)
        parts, place = np.unique(values, return_inverse=True)
        if by == "year":
            parts, place = np.arange(parts[0], parts[-1] + 1), values - parts[0]
        words = {"month": "month of the year", "year": "calendar year", "hour": "hour of the day"}
        return place, {by: xr.Variable((by,), parts, {"long_name": words[by]})}
    seasons = seasons_of(series)
    names = xr.Variable(("season",), np.array(seasons.names, dtype=str), {"long_name": "season"})
    if by == "season":
        return seasons.season, {"season": names}
    known = seasons.season >= 0
    first, last = seasons.year[known].min(), seasons.year[known].max()
    place = seasons.season * (last - first + 1) + seasons.year - first
    years = xr.Variable(
        ("year",), np.arange(first, last + 1), {"long_name": "year of the last month of the season"}
    )
    return np.where(known, place, -1), {"season": names, "year": years}


def _shares(
    series: LabelSeries, place: Integers, coordinates: dict[str, xr.Variable]
) -> xr.Dataset:
    """Numbers and shares of each regime in each part."""
    dims = tuple(coordinates)
    shape = tuple(variable.size for variable in coordinates.values())
    n_parts, k = int(np.prod(shape, dtype=int)), len(series.regimes)
    part = np.broadcast_to(place, series.codes.shape)
    within = part >= 0
    # The last column is for those without a label.
    at = part[within] * (k + 1) + np.where(series.codes < 0, k, series.codes)[within]
    table = np.bincount(at, minlength=n_parts * (k + 1)).reshape(*shape, k + 1)
    counts, labelled = table[..., :k], table[..., :k].sum(axis=-1)
    share = counts / np.where(labelled > 0, labelled, np.nan)[..., None]
    one = {"units": "1"}
    return xr.Dataset(
        {
            "frequency": (
                (*dims, CLUSTER),
                share,
                {"long_name": "fraction of the labelled time steps"} | one,
            ),
            "n_frames": ((*dims, CLUSTER), counts, {"long_name": "number of time steps"} | one),
            "n_labelled": (
                dims,
                labelled,
                {"long_name": "number of time steps with a label"} | one,
            ),
            "n_unlabelled": (
                dims,
                table[..., k],
                {"long_name": "number of time steps without a label"} | one,
            ),
        },
        {**series.coordinates(), **coordinates},
    )


def _with_trend(found: xr.Dataset, n: int, random_state: int | None) -> xr.Dataset:
    """Add the trend along the years to frequencies ([season,] year, cluster)."""
    rng, drawn = generator(random_state, n)
    labelled = found["n_labelled"]
    whole = (labelled > 0) & (labelled >= WHOLE * labelled.max("year"))
    dims = tuple(dim for dim in found["frequency"].dims if dim != "year")
    shape = tuple(found.sizes[dim] for dim in dims)
    frequencies = found["frequency"].transpose(..., CLUSTER, "year").values
    results: dict[str, Any] = {
        name: np.full(shape, np.nan) for name in ("trend", "trend_low", "trend_high", "p_value")
    }
    for at in np.ndindex(shape):
        taken = whole.values[at[:-1]]
        decades, y = found["year"].values[taken] / 10, frequencies[at][taken]
        if len(y) < 3:
            continue
        results["trend"][at] = slope(decades, y)
        slopes = bootstrapped_slopes(decades, y, n, rng)
        results["trend_low"][at], results["trend_high"][at] = np.nanquantile(
            slopes, expanded_levels(len(y))
        )
        results["p_value"][at] = mann_kendall(y)
    words = {
        "trend": "trend of the frequency per ten years",
        "trend_low": "lower end of 95 % of the trend, bootstrap over whole seasons",
        "trend_high": "upper end of 95 % of the trend, bootstrap over whole seasons",
        "p_value": "p-value of the trend, Mann-Kendall's test",
    }
    units = {name: "1" if name == "p_value" else "(10 year)-1" for name in words}
    added: dict[str, Any] = {
        name: (dims, results[name], {"long_name": text, "units": units[name]})
        for name, text in words.items()
    }
    whole.attrs = {"long_name": "whether the season takes part in the trend"}
    attrs = {
        "xdsc_trend": "least squares; bootstrap over whole seasons, expanded 95 %; Mann-Kendall",
        "xdsc_trend_least_share_of_labels": WHOLE,
    }
    return found.assign(added | {"in_trend": whole}).assign_attrs(attrs | drawn)
