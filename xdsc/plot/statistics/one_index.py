"""The regime index that figures draw: of one record, with values, in memory."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message, reading
from xdsc.statistics.index.standardised import INDEX


def with_one_index(ds: xr.Dataset) -> xr.Dataset:
    """What `xdsc.regime_index` returns, with its index (time, cluster) in memory.

    Raises
    ------
    InputError
        There are members, or the index has no value at any time step.
    """
    index = ds[INDEX]
    if index.ndim != 2:
        raise InputError(
            message(
                "the index of one record, (time, cluster)",
                f"the dimensions {index.dims}",
                f"select a member of what xdsc.regime_index returns, index.isel({index.dims[0]}=0)",
            )
        )
    with reading(index.chunks is not None):
        index = index.compute()
    if not np.isfinite(index.values).any():
        steps, regimes = index.shape
        raise InputError(
            message(
                "an index with values",
                f"none, of {regimes} {'regime' if regimes == 1 else 'regimes'} at {steps} time "
                f"{'step' if steps == 1 else 'steps'}",
                "an index tells regimes apart: label more time steps, or fit with more regimes",
            )
        )
    return ds.assign({INDEX: index})
