"""How much fields resemble patterns: projection and correlation, weighted by area."""

from __future__ import annotations

import numpy as np
import xarray as xr

# A frame has a projection where it has values on so much of the area of the patterns.
_ENOUGH = 0.5


def projected(
    anomalies: xr.DataArray, patterns: xr.DataArray, weights: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Projection on each pattern, and correlation with it, over the cells that both have."""
    space = list(weights.dims)
    area = weights * patterns.notnull()
    p = patterns.fillna(0)
    valid = anomalies.notnull()
    z = anomalies.astype(np.float64).fillna(0)
    there = valid.astype(np.float64)
    over = xr.dot(there, area, dim=space)
    over = over.where(over > _ENOUGH * area.sum(space))
    cross = xr.dot(z, area * p, dim=space) / over
    mean_z, mean_p = xr.dot(z, area, dim=space) / over, xr.dot(there, area * p, dim=space) / over
    square_z = xr.dot(z**2, area, dim=space) / over - mean_z**2
    square_p = xr.dot(there, area * p**2, dim=space) / over - mean_p**2
    spread = (square_z * square_p).clip(min=0) ** 0.5
    return cross, (cross - mean_z * mean_p) / spread.where(spread > 0)
