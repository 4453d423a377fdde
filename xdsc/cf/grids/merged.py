"""Grids that were merged out of two that are nearly the same, or the same modulo 360 degrees."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.errors import message, warn_user

# Steps of a grid differ by less, also where it is stretched.
_NEARLY_NOTHING = 1e-3


def warn_of_merged_grids(ds: xr.Dataset, axes: Axes) -> None:
    """Warn where rows or columns come in pairs: each variable then has half of the cells."""
    for dim in axes.space:
        if dim not in ds.coords or ds[dim].ndim != 1 or ds[dim].dtype.kind not in "iuf":
            continue
        values = np.sort(ds[dim].values.astype(float))
        pair = _nearly_the_same(values)
        if pair is None and dim == axes.longitude:
            pair = _turned(values)
        if pair is None:
            continue
        warn_user(
            message(
                f"each place of {dim!r} once",
                f"such as {pair[0]:.10g} and {pair[1]:.10g}, as of files whose grids are written "
                "in two ways and merged by an outer join, so that each has half of the cells",
                f"give the second file the {dim!r} of the first before merging, "
                f"second.assign_coords({dim}=first[{dim!r}]), or xr.merge(..., join='override')",
            )
        )


def _nearly_the_same(values: np.ndarray) -> tuple[float, float] | None:
    steps = np.diff(values)
    if steps.size < 3:
        return None
    near = np.flatnonzero((steps > 0) & (steps < _NEARLY_NOTHING * steps.max()))
    # A single one may be a cyclic point.
    return (values[near[0]], values[near[0] + 1]) if near.size > 1 else None


def _turned(values: np.ndarray) -> tuple[float, float] | None:
    turned = np.sort(values % 360)
    steps = np.diff(turned)
    same = np.flatnonzero(steps < _NEARLY_NOTHING * max(steps.max(initial=0.0), 1e-12))
    if same.size < 2:
        return None
    of = values[np.isclose(values % 360, turned[same[0]], atol=1e-9)]
    return (float(of[0]), float(of[-1])) if of.size > 1 else None
