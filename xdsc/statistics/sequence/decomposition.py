"""What the change of a mean is due to: other frequencies of regimes, or other weather in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import text_of
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.cf.units import DIFFERENCE, dequantified, is_temperature
from xdsc.cf.variables import require_values
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.chance import expanded_levels, generator
from xdsc.statistics.sequence.periods import two_periods
from xdsc.statistics.sequence.seasons import seasons_of
from xdsc.statistics.sequence.series import Integers, LabelSeries, label_series

_Floats = npt.NDArray[np.float64]
_PARTS = ("frequency", "within", "interaction")
_STATS = ("value", "low", "high")
# Numbers in memory at once, in the bootstrap of some cells.
_NUMBERS = 4_000_000


def decompose(
    ds: xr.Dataset,
    var: str,
    periods: Sequence[Any],
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    n: int = 1000,
    random_state: int | None = None,
    time: str | None = None,
) -> xr.Dataset:
    r"""Part the change of a mean into changes of the frequency of regimes, and within them.

    With the frequencies f and means X of regimes k in the first period, the mean :math:`\bar X` of
    all its labelled time steps, and the changes Δ to the second period [1]_,

    .. math:: Δ\bar X = \sum_k \underbrace{Δf_k (X_k - \bar X)}_\text{frequency}
       + \underbrace{f_k ΔX_k}_\text{within} + \underbrace{Δf_k ΔX_k}_\text{interaction}.

    Subtracting the mean leaves the sum as it is, for frequencies sum to 1, and makes the share of
    each regime independent of the zero of the unit. A regime that one period lacks has no ΔX: its
    whole contribution is one of frequency, with the mean of the other period.

    Parameters
    ----------
    ds : Dataset
        Labelled data with time. NumPy or Dask; Dask stays lazy, in chunks with all time steps.
    var : str
        The variable.
    periods : two slices, or pairs of first and last date
        As ``[("1981", "2000"), ("2001", "2020")]``, both ends included.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`. Time steps without one take no part, nor
        do missing values, cell by cell.
    n : int, default 1000
        Number of bootstrap samples: of the seasons of each period, drawn with replacement from the
        same season of all its years.
    random_state : int, optional
        Seed of these.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        ``change`` of the mean; ``contribution``, to it, along ``part`` ("frequency", "within",
        "interaction") and ``cluster``; and ``total`` along ``part``, its sum over regimes; each
        with ``_low`` and ``_high``, an interval of 95 %: quantiles of the samples, expanded for
        few seasons [2]_; NaN where a period has no season twice, which leaves nothing to draw.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        An argument is wrong, or `labels` do not fit `ds`.
    InputError
        No labelled time step lies in a period, or there are no dates.

    References
    ----------
    .. [1] Cassano, J. J., Uotila, P., Lynch, A. H., Cassano, E. N. (2007): Predicted changes in
       synoptic forcing of net precipitation in large Arctic river basins during the 21st century.
       Journal of Geophysical Research 112, G04S49.
    .. [2] Hesterberg, T. C. (2015): What teachers should know about the bootstrap. The American
       Statistician 69, 371-386, Sec. 3.3.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2000-12-29", periods=6)
    >>> ds = xr.Dataset({"t": ("time", [1.0, 1, 4, 2, 4, 6])}, {"time": time})
    >>> ds = ds.assign_coords(cluster=("time", [0, 0, 1, 0, 1, 1]))
    >>> found = xdsc.decompose(ds, "t", [("2000", "2000"), ("2001", "2001")], random_state=0)
    >>> found.change.item(), found.total.values.round(2).tolist()
    (2.0, [1.0, 1.0, 0.0])
    """
    ds = dequantified(ds)
    asked: Any = var
    if not isinstance(asked, str) or var not in ds.data_vars or ds[var].dtype.kind not in "iuf":
        raise ParameterError(
            message(
                "var= as the name of a variable with numbers",
                f"{var!r}",
                f"choose one of {sorted(map(str, ds.data_vars))}",
            )
        )
    rng, drawn = generator(random_state, n)
    series = label_series(ds, labels, time).dated()
    samples = tuple(map(str, series.labels.dims))
    require_values(ds[var])
    values = require_no_fills(ds[var])
    if not set(samples) <= set(values.dims):
        raise InputError(
            message(
                f"{var!r} along {' and '.join(samples)}",
                f"the dimensions {values.dims}",
                "choose another variable, or labels of its time steps",
            )
        )
    both = [_blocks_in(series, period) for period in two_periods(periods)]
    blocks = [block for block, _ in both]
    draws = [_draws(part, n, rng) for _, part in both]
    levels = _levels([part for _, part in both])
    k = len(series.regimes)

    def parted(array: Any) -> Any:
        cells = array.reshape(*array.shape[: -len(samples)], -1)
        return _parted(cells, series.codes.ravel(), blocks, draws, levels, k)

    plain = values.drop_vars(
        [name for name in values.coords if set(values[name].dims) & {*samples}]
    )
    if plain.chunks is not None:
        plain = plain.chunk({dim: -1 if dim in samples else "auto" for dim in plain.dims})
    found = xr.apply_ufunc(
        parted,
        plain,
        input_core_dims=[samples],
        output_core_dims=[("statistic", "row", "column")],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={
            "output_sizes": {"statistic": len(_STATS), "row": len(_PARTS) + 1, "column": k + 1}
        },
        keep_attrs=False,
    )
    attrs = {
        "xdsc_reference": "anomalies from the mean of the first period",
        "xdsc_bootstrap": "seasons of each period, drawn with replacement from the same season of "
        "all its years; expanded 95 %",
        "xdsc_periods": "; ".join(_words(series, block) for block in blocks),
    }
    return _dressed(found, values, series).assign_attrs(attrs | drawn)


def _blocks_in(series: LabelSeries, period: slice) -> tuple[Integers, Integers]:
    """Seasons of a period.

    Returns
    -------
    block : numpy.ndarray of int, shape (M * T,)
        Number of the season of one year of each labelled time step, -1 for others.
    part : numpy.ndarray of int, shape (seasons,)
        Which season of the year that is.
    """
    index = series.time.to_index()
    inside = np.zeros(index.size, dtype=bool)
    try:
        inside[index.slice_indexer(period.start, period.stop)] = True
    except (TypeError, ValueError, KeyError) as error:
        raise ParameterError(
            message("periods of two dates", f"{period}", "write them as ('1981', '2000')")
        ) from error
    taken = inside & (series.codes >= 0)
    if not taken.any():
        raise InputError(
            message(
                f"labelled time steps from {period.start} to {period.stop}",
                f"a record from {index[0]} to {index[-1]}",
                "choose another period",
            )
        )
    seasons = seasons_of(series)
    block, part = (
        np.broadcast_to(one, series.codes.shape) for one in (seasons.block, seasons.season)
    )
    _, first, number = np.unique(block[taken], return_index=True, return_inverse=True)
    number, kinds = _with_one_ring(number, part[taken][first])
    found = np.full(series.codes.shape, -1)
    found[taken] = number
    return found.ravel(), kinds


def _with_one_ring(number: Integers, part: Integers) -> tuple[Integers, Integers]:
    """Seasons of which the first and the last are one, where they are parts of one.

    Calendar years begin with January and February and end with a December, which would be drawn as
    if they were winters: the share of winter in the mean, and with it the annual cycle, would vary.

    Examples
    --------
    >>> number, part = _with_one_ring(np.array([0, 0, 1, 1, 1, 2, 2, 2, 3]), np.array([0, 1, 0, 0]))
    >>> number.tolist(), part.tolist()
    ([0, 0, 1, 1, 1, 2, 2, 2, 0], [0, 1, 0])
    """
    size = np.bincount(number)
    last = part.size - 1
    alike = size[part == part[0]]
    if last and part[last] == part[0] and size[0] + size[last] <= alike.max():
        return np.where(number == last, 0, number), part[:last]
    return number, part


def _draws(part: Integers, n: int, rng: np.random.Generator) -> _Floats:
    """How often each season is in each sample, (n + 1, seasons); the first has each once.

    Each sample has as many winters, and as many summers, as the period: what they differ by is the
    annual cycle, which is the same in both periods, and no doubt about their means.
    """
    drawn = np.ones((n + 1, part.size))
    for one in np.unique(part):
        mine = np.flatnonzero(part == one)
        drawn[1:, mine] = rng.multinomial(mine.size, np.full(mine.size, 1 / mine.size), n)
    return drawn


def _levels(parts: Sequence[Integers]) -> tuple[float, float] | None:
    """Quantiles of samples that are the ends of intervals; None where there are no samples."""
    means = [np.unique(part).size for part in parts]
    if any(part.size == fitted for part, fitted in zip(parts, means, strict=True)):
        return None
    return expanded_levels(sum(part.size for part in parts), sum(means))


def _parted(
    values: npt.NDArray[Any],
    codes: Integers,
    blocks: Sequence[Integers],
    draws: Sequence[_Floats],
    levels: tuple[float, float] | None,
    k: int,
) -> _Floats:
    """Value, low and high of all parts and their sums, (..., 3, 4, K + 1), of values (..., N)."""
    shape = values.shape[:-1]
    cells = values.reshape(-1, values.shape[-1])
    found = np.empty((len(cells), len(_STATS), len(_PARTS) + 1, k + 1))
    size = max(1, _NUMBERS // (len(draws[0]) * (k + 1) * 8))
    for begin in range(0, len(cells), size):
        some = cells[begin : begin + size].astype(np.float64)
        sums = [_sums(some, codes, block, k) for block in blocks]
        first, second = (
            tuple(np.tensordot(draw, part, 1) for part in both)
            for draw, both in zip(draws, sums, strict=True)
        )
        parts = _contributions(*first, *second)  # (4, n + 1, K + 1, cells)
        with_all = parts[:, 0]
        bounds = np.full((2, *with_all.shape), np.nan)
        if levels is not None:
            bounds = np.quantile(parts[:, 1:], levels, axis=1)  # NaN where any sample is
        found[begin : begin + size] = np.moveaxis(np.stack([with_all, *bounds]), -1, 0)
    return found.reshape(*shape, *found.shape[1:])


def _sums(cells: _Floats, codes: Integers, block: Integers, k: int) -> tuple[_Floats, _Floats]:
    """Sums of the values and their number, of each season and regime: (seasons, K, cells)."""
    from scipy.sparse import csr_array

    taken = np.flatnonzero(block >= 0)
    seasons = int(block.max()) + 1
    rows = block[taken] * k + codes[taken]
    pick = csr_array(
        (np.ones(taken.size), (rows, np.arange(taken.size))), (seasons * k, taken.size)
    )
    inside = cells[:, taken].T
    known = np.isfinite(inside)
    return tuple(  # type: ignore[return-value]
        np.asarray(pick @ part).reshape(seasons, k, -1)
        for part in (np.where(known, inside, 0.0), known.astype(np.float64))
    )


def _contributions(s1: _Floats, n1: _Floats, s2: _Floats, n2: _Floats) -> _Floats:
    """Parts and their sum, of each regime and their sum: (4, samples, K + 1, cells).

    From sums and numbers of values, (samples, K, cells), of two periods.
    """
    (x1, f1, mean), (x2, f2, _) = (_means(s, n) for s, n in ((s1, n1), (s2, n2)))
    x1, x2 = np.where(np.isnan(x1), x2, x1), np.where(np.isnan(x2), x1, x2)
    df, dx = f2 - f1, x2 - x1
    nothing = np.isnan(x1) & ~np.isnan(df)  # neither period has the regime
    parts = np.stack([df * (x1 - mean), f1 * dx, df * dx])
    parts = np.where(nothing, 0.0, parts)
    parts = np.concatenate([parts, parts.sum(axis=0, keepdims=True)])
    return np.concatenate([parts, parts.sum(axis=2, keepdims=True)], axis=2)


def _means(sums: _Floats, numbers: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Means and frequencies of regimes, (samples, K, cells), and the mean of all of them."""
    total = numbers.sum(axis=1, keepdims=True)
    total = np.where(total > 0, total, np.nan)
    means = sums / np.where(numbers > 0, numbers, np.nan)
    return means, numbers / total, sums.sum(axis=1, keepdims=True) / total


def _dressed(found: xr.DataArray, values: xr.DataArray, series: LabelSeries) -> xr.Dataset:
    """Names, units and coordinates for what was computed."""
    units = {"units": text_of(values.attrs, "units") or "1"}
    if is_temperature(values.attrs):
        units |= DIFFERENCE
    name = text_of(values.attrs, "long_name") or str(values.name)
    k = len(series.regimes)
    last = len(_PARTS)
    pieces = {
        "change": found.isel(row=last, column=k),
        "contribution": found.isel(row=slice(last), column=slice(k)).rename(
            row="part", column=CLUSTER
        ),
        "total": found.isel(row=slice(last), column=k).rename(row="part"),
    }
    words = {
        "change": f"change of {name}",
        "contribution": f"contribution to the change of {name}",
        "total": f"contribution of all regimes to the change of {name}",
    }
    result: dict[str, Any] = {}
    for what, piece in pieces.items():
        for i, statistic in enumerate(_STATS):
            label = what if statistic == "value" else f"{what}_{statistic}"
            text = words[what] + ("" if statistic == "value" else f", {statistic} end of 95 %")
            leading = [dim for dim in ("part", CLUSTER) if dim in piece.dims]
            one = piece.isel(statistic=i).transpose(*leading, ...)
            one.attrs = {"long_name": text} | units
            result[label] = one
    coordinates = {"part": np.array(_PARTS), **series.coordinates()}
    return xr.Dataset(result).assign_coords(coordinates)


def _words(series: LabelSeries, block: Integers) -> str:
    """From when to when a period really goes."""
    inside = (block.reshape(series.codes.shape) >= 0).any(axis=0)
    index = series.time.to_index()[inside]
    return f"{index[0]} to {index[-1]}"
