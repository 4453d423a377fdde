"""Whether composites differ from all other time steps by more than chance, cell by cell."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.statistics.chance import adjusted
from xdsc.statistics.fields.in_time import LabelledSamples
from xdsc.statistics.fields.significance_tests import Kernel, Significance

# Bytes of values that are tested at a time; a few copies of them are made.
_BYTES = 32 * 2**20


def significance_of(
    values: xr.DataArray,
    samples: LabelledSamples,
    k: int,
    chosen: Significance,
    labels: xr.DataArray,
    *,
    of_onsets: bool = False,
) -> dict[str, xr.DataArray]:
    """P-values and their mask: name suffix -> values with ``cluster`` for the samples.

    Parameters
    ----------
    values : DataArray
        With one dimension for all samples. Dask's data get one chunk along it.
    samples : LabelledSamples
        Which of them have a label, and how they lie in time.
    k : int
        K.
    chosen : Significance
        The test.
    labels : DataArray
        Whose attributes say what they were found in.
    of_onsets : bool, default False
        Whether the first samples of events are compared with all others.
    """
    kernel = chosen.kernel(samples, k, of_onsets=of_onsets)
    sampled = str(values.dims[0])
    bare = values.reset_coords(drop=True).drop_vars(sampled, errors="ignore")
    if bare.chunks is not None:
        bare = bare.chunk({dim: -1 if dim == sampled else "auto" for dim in bare.dims})
    p = xr.apply_ufunc(
        partial(_in_blocks, place=samples.place, k=k, kernel=kernel),
        bare,
        input_core_dims=[[sampled]],
        output_core_dims=[[CLUSTER]],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={"output_sizes": {CLUSTER: k}},
    ).transpose(CLUSTER, ...)
    cells = [str(dim) for dim in p.dims[1:]]
    whole = p.chunk(dict.fromkeys(p.dims, -1)) if p.chunks is not None else p
    mask = xr.apply_ufunc(
        partial(field_significance, alpha=chosen.alpha),
        whole,
        dask="parallelized",
        output_dtypes=[np.bool_],
    )
    p.attrs = chosen.attributes(values, labels, of_onsets=of_onsets)
    several = p[0].size > 1
    mask.attrs = {key: p.attrs[key] for key in ("circular", "comment") if key in p.attrs} | {
        "long_name": p.attrs["long_name"].replace("p-value", "significance"),
        "xdsc_test": p.attrs["xdsc_test"],
        "xdsc_alpha": chosen.alpha,
        "xdsc_alpha_fdr": 2 * chosen.alpha if several else chosen.alpha,
        "xdsc_n_tests": p[0].size,
        "xdsc_domain": _domain(values, cells),
        "references": "Wilks (2016), doi:10.1175/BAMS-D-15-00267.1",
    }
    return {"_pvalue": p, "_significant": mask}


def field_significance(p: npt.NDArray[np.float64], alpha: float) -> npt.NDArray[np.bool_]:
    """Which p-values (K, ...) count, where the false discovery rate of each field is controlled.

    At 2 `alpha`, with which neighbours that resemble each other make a field without a signal
    significant in about `alpha` of cases [1]_; at `alpha` where a field is a single value.

    References
    ----------
    .. [1] Wilks, D. S. (2016): "The stippling shows statistically significant grid points".
       Bull. Amer. Meteor. Soc. 97, 2263-2273.

    Examples
    --------
    >>> field_significance(np.array([[0.01, 0.04, 0.06, 0.5]]), 0.05).tolist()
    [[True, True, True, False]]
    """
    fields = p.reshape(len(p), -1)
    level = 2 * alpha if fields.shape[1] > 1 else alpha
    return np.array([adjusted(field) <= level for field in fields]).reshape(p.shape)


def _in_blocks(
    values: npt.NDArray[Any], place: npt.NDArray[np.intp], k: int, kernel: Kernel
) -> npt.NDArray[np.float64]:
    """P-values (..., K) of values (..., samples), some cells at a time."""
    cells = np.moveaxis(values, -1, 0).reshape(values.shape[-1], -1)
    found = np.empty((cells.shape[1], k))
    step = max(1, _BYTES // (8 * max(len(place), 1)))
    for start in range(0, len(found), step):
        block = slice(start, start + step)
        picked = cells[:, block][place].astype(np.float64)
        picked[place < 0] = np.nan
        found[block] = kernel(picked).T
    return found.reshape(*values.shape[:-1], k)


def _domain(values: xr.DataArray, cells: list[str]) -> str:
    """Range of the coordinates of each dimension, in words."""
    parts = []
    for dim in cells:
        axis = values[dim].values if dim in values.coords else None
        if axis is not None and axis.size and axis.dtype.kind in "iuf":
            parts.append(f"{dim} {axis.min():g} to {axis.max():g}")
        else:
            parts.append(f"{dim} of {values.sizes[dim]}")
    return ", ".join(parts) or "a single series"
