"""Patterns of regimes, and how alike they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import find_axes
from xdsc.cf.grids.area import area_weights
from xdsc.errors import ParameterError, message, reading
from xdsc.labels import CLUSTER
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.composites import composites
from xdsc.statistics.fields.pattern_grid import patterns_on, without_single

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
    return xr.Dataset(
        {name: without_single(found[f"{name}_anomaly"], axes.space) for name in chosen}
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
    reference = reference.map(without_single, keep_attrs=True)
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
    ours: xr.Dataset,
    theirs: xr.Dataset,
    names: Sequence[str],
    *,
    interpolate: bool = False,
) -> _Floats:
    r"""Area-weighted correlation of each pattern with each, (K, K'); mean over variables.

    .. math:: r = \frac{\sum_i a_i (x_i - \bar x)(y_i - \bar y)}
       {\sqrt{\sum_i a_i (x_i - \bar x)^2 \sum_i a_i (y_i - \bar y)^2}}

    over the cells i where both have a value, with weighted means, of the areas a.

    Raises
    ------
    ParameterError
        The grids differ, and `interpolate` is False.
    """
    dated = ours.expand_dims({_TIME: [0]})
    axes = find_axes(dated, time=_TIME)
    weights = area_weights(dated, axes).values.ravel()
    found = []
    for name in names:
        others = patterns_on(ours, axes, theirs[name], name, interpolate=interpolate, part=True)
        with reading(True):
            x, y = (
                values.transpose(CLUSTER, *axes.space).values.reshape(values.sizes[CLUSTER], -1)
                for values in (ours[name], others)
            )
        found.append(_correlation(x.astype(float), y, weights))
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
