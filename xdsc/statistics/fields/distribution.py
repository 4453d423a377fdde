"""Quantiles of fields in regimes, and how often they are beyond quantiles of all time steps."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.fields.anomalies import long_name
from xdsc.statistics.fields.attributes import difference_attributes, only
from xdsc.statistics.fields.moments import along, grouped

Shares: TypeAlias = float | Iterable[float]
_Floats = npt.NDArray[np.float64]

#: Names of the dimensions.
QUANTILE, EXCEEDANCE = "quantile", "exceedance"


def parse_shares(name: str, given: Shares | None) -> _Floats | None:
    """Shares between 0 and 1, in the order in which they were given.

    Raises
    ------
    ParameterError
        They are none, or not different.
    """
    if given is None:
        return None
    ends = name == QUANTILE  # minimum and maximum, beyond which there is nothing
    try:
        found = np.atleast_1d(np.asarray(given, dtype=np.float64))
        good = found.ndim == 1 and found.size and not isinstance(given, bool | np.bool_ | str)
        good = good and np.unique(found).size == found.size
        good = good and bool(((found >= 0) & (found <= 1)).all())
        good = good and (ends or bool(((found > 0) & (found < 1)).all()))
    except (TypeError, ValueError):
        good = False
    if not good:
        where = "from 0 to 1" if ends else "between 0 and 1"
        raise ParameterError(
            message(
                f"{name}= as different shares {where}",
                f"{given!r:.200}",
                f"pass {name}=0.95 for the 95th percentile, or {name}=[0.05, 0.95]",
            )
        )
    return found


def quantiles(
    values: xr.DataArray, codes: npt.NDArray[np.intp], k: int, shares: _Floats, dim: str
) -> xr.DataArray:
    """Quantiles of each regime, (cluster, `dim`, ...), of values with one dimension of samples.

    Between values they are interpolated in a straight line; missing ones are left out. Dask's data
    get one chunk along the samples.

    Parameters
    ----------
    values : DataArray
        With a dimension of N samples, the first one.
    codes : numpy.ndarray of int, shape (N,)
        Regimes from 0 to K - 1; others take no part.
    k : int
        K.
    shares : numpy.ndarray, shape (Q,)
        From 0 to 1.
    dim : str
        Name for their dimension.
    """
    sampled = str(values.dims[0])
    bare = values.reset_coords(drop=True).drop_vars(sampled, errors="ignore")
    if bare.chunks is not None:
        bare = bare.chunk({name: -1 if name == sampled else "auto" for name in bare.dims})
    found: xr.DataArray = xr.apply_ufunc(
        partial(_quantiles, codes=codes, k=k, shares=shares),
        bare,
        input_core_dims=[[sampled]],
        output_core_dims=[[CLUSTER, dim]],
        dask="parallelized",
        output_dtypes=[np.result_type(values.dtype, np.float32)],
        dask_gufunc_kwargs={"output_sizes": {CLUSTER: k, dim: len(shares)}},
    )
    return found.transpose(CLUSTER, dim, ...)


def quantile_parts(
    values: xr.DataArray, codes: npt.NDArray[np.intp], k: int, shares: _Floats
) -> dict[str, xr.DataArray]:
    """Quantiles of one variable by regime: name suffix -> values."""
    found = quantiles(values, codes, k, shares, QUANTILE)
    kept = {key: value for key, value in values.attrs.items() if key != "actual_range"}
    found.attrs = kept | {
        "long_name": f"{long_name(values)}, quantile in the regime",
        "xdsc_quantile": "linear interpolation between values",
    }
    return {"_quantile": found}


def thresholds(
    values: xr.DataArray, codes: npt.NDArray[np.intp], shares: _Floats, departs: bool
) -> xr.DataArray:
    """Quantiles of all labelled time steps, (exceedance, ...).

    `departs` says whether the values are differences from a climatology.
    """
    together = np.where(codes >= 0, 0, -1)
    found = quantiles(values, together, 1, shares, EXCEEDANCE).isel({CLUSTER: 0})
    found = found.assign_coords({EXCEEDANCE: share_coordinate(EXCEEDANCE, shares)})
    what = f"{long_name(values)}, " + "departure from the climatology, " * departs
    kept = difference_attributes(values.attrs) if departs else only(values.attrs, "units")
    found.attrs = kept | {
        "long_name": f"{what}percentile of all labelled time steps",
        "xdsc_percentile_of": "all labelled time steps",
    }
    return found


def exceedance_parts(
    values: xr.DataArray,
    codes: xr.DataArray,
    limits: xr.DataArray,
    everywhere: xr.DataArray,
    k: int,
) -> dict[str, xr.DataArray]:
    """How often one variable is beyond its thresholds by regime: name suffix -> values.

    Parameters
    ----------
    values : DataArray
        With a dimension of N samples.
    codes : DataArray of int, (N,)
        Their regimes.
    limits : DataArray, (exceedance, ...)
        As of `thresholds`.
    everywhere : DataArray, (exceedance, ...)
        Share of all labelled time steps at which values are beyond.
    k : int
        K.
    """
    share = share_beyond(values, codes, limits, k)
    ratio = share / everywhere.where(everywhere > 0)
    name = long_name(values)
    one = {"units": "1", "xdsc_percentile_of": "all labelled time steps"}
    share.attrs = {"long_name": f"{name}, share of time steps beyond the percentile"} | one
    ratio.attrs = {
        "long_name": f"{name}, risk ratio of being beyond the percentile",
        "comment": "share in the regime over that of all labelled time steps",
    } | one
    return {"_exceedance": share, "_risk_ratio": ratio}


def share_beyond(
    values: xr.DataArray, codes: xr.DataArray, limits: xr.DataArray, k: int
) -> xr.DataArray:
    """Share of the values of each regime beyond thresholds, (cluster, exceedance, ...)."""
    each = [
        grouped(beyond(values, limits.isel({EXCEEDANCE: i})), codes, k).mean()
        for i in range(limits.sizes[EXCEEDANCE])
    ]
    found = along(each, EXCEEDANCE).drop_vars(CLUSTER)
    return found.transpose(CLUSTER, EXCEEDANCE, ...)


def beyond(values: xr.DataArray, limit: xr.DataArray) -> xr.DataArray:
    """Whether values are above a threshold from the median on, and below a lower one.

    1 and 0, NaN where there is no value; `limit` has the coordinate ``exceedance``.
    """
    above = float(limit[EXCEEDANCE]) >= 0.5
    found = values > limit if above else values < limit
    known: xr.DataArray = found.astype(np.float32).where(values.notnull())
    return known.drop_vars(EXCEEDANCE)


def share_coordinate(dim: str, shares: _Floats) -> xr.Variable:
    """Shares as a coordinate."""
    texts = {
        QUANTILE: {"long_name": "share of the values below"},
        EXCEEDANCE: {
            "long_name": "percentile that values are beyond",
            "comment": "above it from 0.5 on, and below it under 0.5",
        },
    }
    return xr.Variable((dim,), shares, texts[dim] | {"units": "1"})


def _quantiles(
    values: npt.NDArray[Any], codes: npt.NDArray[np.intp], k: int, shares: _Floats
) -> npt.NDArray[Any]:
    """Quantiles (..., K, Q) of values (..., N)."""
    dtype = np.result_type(values.dtype, np.float32)
    found = np.full((*values.shape[:-1], k, len(shares)), np.nan, dtype)
    for code in range(k):
        # Missing values come last.
        ordered = np.sort(values[..., codes == code].astype(dtype, copy=False), axis=-1)
        if not ordered.shape[-1]:
            continue
        n = (~np.isnan(ordered)).sum(axis=-1, keepdims=True)
        place = np.maximum(n - 1, 0) * shares
        low = np.floor(place).astype(np.intp)
        high = np.minimum(low + 1, np.maximum(n - 1, 0))
        below, above = (np.take_along_axis(ordered, at, axis=-1) for at in (low, high))
        weight = place - low
        found[..., code, :] = np.where(weight > 0, below + weight * (above - below), below)
    return found
