"""Patterns of regimes, and how alike they are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import find_axes
from xdsc.cf.area import area_weights
from xdsc.errors import InputError, ParameterError, message, reading
from xdsc.labels import CLUSTER
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.composites import composites

# A dimension that no patterns have, so that their grid is found as that of a Dataset is.
_TIME = "xdsc/time"

_Floats = npt.NDArray[np.float64]


def patterns_of(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike,
    variables: Sequence[str] | None,
    time: str | None = None,
    preprocessor: Preprocessor | None = None,
) -> xr.Dataset:
    """Mean anomaly of each regime of a labelled Dataset, of the variables with a grid."""
    axes = find_axes(ds, time=time)
    own = [
        str(name)
        for name, values in ds.data_vars.items()
        if {*axes.space, axes.time} <= set(values.dims) and values.dtype.kind in "iuf"
    ]
    chosen = own if variables is None else [name for name in variables if name in own]
    kept = ds.drop_vars([name for name in own if name not in chosen])
    found = composites(kept, labels, time=time, preprocessor=preprocessor)
    return found[[f"{name}_anomaly" for name in chosen]].rename(
        {f"{name}_anomaly": name for name in chosen}
    )


def given_patterns(reference: xr.Dataset) -> xr.Dataset:
    """Patterns as they were given, with ``cluster`` for the dimension of their regimes.

    Composites of xdsc give their anomalies. The dimension of regimes is ``cluster``, ``regime`` or
    the one besides the grid.
    """
    anomalies = {
        str(name): str(name).removesuffix("_anomaly")
        for name in reference.data_vars
        if str(name).endswith("_anomaly")
    }
    if anomalies:
        reference = reference[list(anomalies)].rename(anomalies)
    shapes = {name: set(map(str, v.dims)) for name, v in reference.data_vars.items()}
    fields = {name: dims for name, dims in shapes.items() if len(dims) == 3}
    common = set.intersection(*fields.values()) if fields else set()
    dims = [dim for dim in (CLUSTER, "regime", *sorted(common)) if dim in common]
    if not fields or dims[0] not in (CLUSTER, "regime"):
        raise ParameterError(
            message(
                "patterns with a dimension 'cluster' or 'regime', and those of the grid",
                f"the variables {sorted(map(str, reference.data_vars))} on {dict(reference.sizes)}",
                "rename that of the regimes, patterns.rename(mode='cluster')",
            )
        )
    kept = reference[list(fields)]
    return kept if dims[0] == CLUSTER else kept.rename({dims[0]: CLUSTER})


def correlations(
    ours: xr.Dataset, theirs: xr.Dataset, names: Sequence[Hashable], area: bool = True
) -> _Floats:
    r"""Area-weighted correlation of each pattern with each, (K, K'); mean over variables.

    .. math:: r = \frac{\sum_i a_i (x_i - \bar x)(y_i - \bar y)}
       {\sqrt{\sum_i a_i (x_i - \bar x)^2 \sum_i a_i (y_i - \bar y)^2}}

    over the cells i where both have a value, with weighted means, of the areas a.

    Raises
    ------
    InputError
        The grids differ.
    """
    dummy = ours.expand_dims({_TIME: [0]})
    axes = find_axes(dummy, time=_TIME)
    both = _on_one_grid(ours, theirs, axes.space)
    weights = area_weights(dummy, axes, area).values.ravel()
    found = []
    for name in names:
        with reading(True):
            x, y = (
                ds[name].transpose(CLUSTER, *axes.space).values.reshape(ds.sizes[CLUSTER], -1)
                for ds in (ours, both)
            )
        found.append(_correlation(x.astype(float), y.astype(float), weights))
    return np.asarray(np.mean(found, axis=0), dtype=np.float64)


def _correlation(x: _Floats, y: _Floats, weights: _Floats) -> _Floats:
    """Weighted correlations of rows, (K, cells) and (K', cells), without the cells that are NaN."""
    table = np.full((len(x), len(y)), np.nan)
    for i, one in enumerate(x):
        for j, other in enumerate(y):
            known = np.isfinite(one) & np.isfinite(other)
            if known.sum() < 2:
                continue
            w = weights[known] / weights[known].sum()
            a, b = one[known] - (w @ one[known]), other[known] - (w @ other[known])
            norm = np.sqrt((w @ a**2) * (w @ b**2))
            table[i, j] = (w @ (a * b)) / norm if norm > 0 else np.nan
    return table


def _on_one_grid(ours: xr.Dataset, theirs: xr.Dataset, space: tuple[str, str]) -> xr.Dataset:
    """Patterns on the grid of others, whichever way their latitudes run.

    Raises
    ------
    InputError
        Their grid has other points, or other names.
    """
    axes: Any = find_axes(theirs.expand_dims({_TIME: [0]}), time=_TIME)
    theirs = theirs.rename(
        {old: new for old, new in zip(axes.space, space, strict=True) if old != new}
    )
    for dim in space:
        if dim not in ours.indexes or dim not in theirs.indexes:
            same = ours.sizes[dim] == theirs.sizes[dim]
            place = np.arange(ours.sizes[dim])
        else:
            mine, others = ours.indexes[dim].to_numpy(), theirs.indexes[dim].to_numpy()
            distance = np.abs(mine[:, None] - others)
            if dim == space[1]:  # longitudes are the same modulo 360
                distance = np.minimum(distance, np.abs(distance - 360))
            place = distance.argmin(axis=1)
            same = bool((distance.min(axis=1) < 1e-3).all())
        if not same:
            raise InputError(
                message(
                    f"patterns on one grid, with the same {dim!r}",
                    f"{ours.sizes[dim]} and {theirs.sizes[dim]} points, of other places",
                    "interpolate one of them, patterns.interp_like(ds)",
                )
            )
        theirs = theirs.isel({dim: place}).drop_vars(dim, errors="ignore")
    return theirs
