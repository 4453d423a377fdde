"""Means, anomalies, deviations and counts of one variable by regime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from xarray.groupers import UniqueGrouper

from xdsc.labels import CLUSTER
from xdsc.statistics.fields.attributes import composite_attributes


def moments(
    values: xr.DataArray,
    codes: xr.DataArray,
    k: int,
    sampled: str,
    departures: xr.DataArray | None = None,
    baseline: xr.DataArray | None = None,
) -> dict[str, xr.DataArray]:
    """Composites of one variable: name suffix -> values with ``cluster`` for time.

    `sampled` names the dimensions that are averaged over, as cell methods do. Anomalies are the
    means of `departures`, where these are given, and otherwise from `baseline`, by default the mean
    of all regimes.
    """
    groups = grouped(values, codes, k)
    mean, std, count = groups.mean(), groups.std(ddof=0), groups.count()
    if departures is None and baseline is not None:
        anomaly = mean - baseline
    elif departures is None:
        total = count.sum(CLUSTER)
        anomaly = mean - (mean * count).sum(CLUSTER) / total.where(total > 0)
    else:
        anomaly = grouped(departures, codes, k).mean()

    # Half precision holds neither a pressure nor the digits of a mean.
    dtype = np.result_type(values.dtype, np.float32) if values.dtype.kind == "f" else np.float64
    parts = {
        "": mean.astype(dtype),
        "_anomaly": anomaly.astype(dtype),
        "_std": std.astype(dtype),
        "_count": count.fillna(0).astype(np.int64),  # NaN where Dask's labels leave a regime empty
    }
    for suffix, part in parts.items():
        part.attrs = composite_attributes(values, suffix, sampled)
        if "grid_mapping" in values.encoding:
            part.encoding["grid_mapping"] = values.encoding["grid_mapping"]
    return {
        suffix: part.drop_vars(CLUSTER).transpose(CLUSTER, ...) for suffix, part in parts.items()
    }


def along(parts: Sequence[xr.DataArray], dim: str) -> xr.DataArray:
    """Parts that differ in nothing but their values, one after the other along a new dimension."""
    return xr.concat(
        parts,
        dim=dim,
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    )


def grouped(values: xr.DataArray, codes: xr.DataArray, k: int) -> Any:
    """Values by regime, in float64: pressure in float32 leaves no digits for a sum over years."""
    time = codes.dims[0]
    return (
        values.drop_vars([n for n, c in values.coords.items() if time in c.dims])
        .astype(np.float64)
        .assign_coords({CLUSTER: codes.variable})
        .groupby({CLUSTER: UniqueGrouper(labels=np.arange(k))})
    )
