"""The active regime of each time step as labels, where no regime is a class of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import text_of
from xdsc.labels import CLUSTER, NO_LABEL, NO_REGIME
from xdsc.statistics.fields.significance_tests import CLUSTERED
from xdsc.statistics.index.event_table import ONE_MEMBER


def event_labels(
    index: xr.DataArray, codes: npt.NDArray[np.intp], definition: dict[str, Any]
) -> xr.DataArray:
    """Labels with a class for no regime."""
    member, time, _ = index.dims
    numbers, names = _regime_numbers(index)
    numbers = np.append(numbers, numbers.max(initial=NO_LABEL) + 1).astype(np.int32)
    values = np.where(codes < 0, NO_LABEL, numbers[np.maximum(codes, 0)]).astype(np.int32)
    attrs = {
        "long_name": "active regime",
        "flag_values": np.insert(numbers, 0, NO_LABEL),
        "flag_meanings": " ".join(["no_label", *names, NO_REGIME]),
        **{key: value for key, value in index.attrs.items() if key == CLUSTERED},
        **definition,
    }
    coords = {dim: index[dim].variable for dim in (member, time) if dim in index.coords}
    labels = xr.DataArray(values, coords, (member, time), CLUSTER, attrs)
    return labels.isel({member: 0}) if member == ONE_MEMBER else labels


def _regime_numbers(index: xr.DataArray) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Number and name of each regime of an index (member, time, cluster)."""
    regime = index.dims[2]
    k = index.sizes[regime]
    given = index[regime].values if regime in index.coords else np.arange(k)
    if given.dtype.kind not in "iu":
        return np.arange(k, dtype=np.int32), ["_".join(str(name).split()) for name in given]
    attrs = index[regime].attrs if regime in index.coords else {}
    flags = np.atleast_1d(attrs.get("flag_values", [])).tolist()
    known = dict(zip(flags, text_of(attrs, "flag_meanings").split(), strict=False))
    names = [known.get(number, f"regime_{number}") for number in given.tolist()]
    return given.astype(np.int32), names
