"""A labelled Dataset as composites take it: one row of samples, and the regime of each."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import text_of
from xdsc.cf.names import free_name
from xdsc.errors import InputError, message
from xdsc.labels import NO_LABEL, regimes_and_codes
from xdsc.statistics.fields.anomalies import Reference


def in_one_row(ds: xr.Dataset, labels: xr.DataArray) -> tuple[xr.Dataset, xr.DataArray]:
    """A Dataset and its labels with one dimension for members and times."""
    sample = free_name("sample", {*ds.variables, *ds.dims})
    apart = ds.drop_vars([name for name, c in ds.coords.items() if set(c.dims) & set(labels.dims)])
    stacked = apart.stack({sample: labels.dims}, create_index=False)
    return stacked, xr.DataArray(
        labels.data.ravel(), dims=sample, name=labels.name, attrs=labels.attrs
    )


def departures_of(
    ds: xr.Dataset, name: str, labels: xr.DataArray, reference: Reference
) -> xr.DataArray | None:
    """What a variable differs from its climatology by, along the one dimension of the labels.

    None where anomalies are from the mean, or the variable has members but no times.
    """
    if name not in reference.known or labels.dims[-1] not in ds[name].dims:
        return None
    found = reference.departures(ds[name])
    if labels.ndim == 1:
        return found
    return in_one_row(found.to_dataset(name=name), labels)[0][name]


def factorize(labels: xr.DataArray) -> tuple[npt.NDArray[Any], xr.DataArray]:
    """The K regimes, ascending, and the place of each label among them; -1 for none."""
    if labels.chunks is not None and labels.dtype.kind in "iu" and "flag_values" in labels.attrs:
        flags = np.unique(labels.attrs["flag_values"])
        regimes = flags[flags != NO_LABEL]
        return regimes, labels.copy(data=labels.data.map_blocks(_places, regimes, dtype=np.intp))
    regimes, codes = regimes_and_codes(labels.values)
    if not len(regimes):
        raise InputError(
            message(
                "a label for some of the time steps",
                f"{labels.size} time steps, none with a label",
                "label other time steps, or look for missing data in these",
            )
        )
    return regimes, labels.copy(data=codes)


def numeric_variables(ds: xr.Dataset, time: str, leave_out: Hashable) -> list[Hashable]:
    """Names of the data variables to average over time: no bounds, no text, no dates."""
    kinds = ("bounds", "climatology")
    bounds = {text_of(v.attrs | v.encoding, kind) for v in ds.variables.values() for kind in kinds}
    return [
        name
        for name, values in ds.data_vars.items()
        if time in values.dims
        and values.dtype.kind in "biuf"
        and name != leave_out
        and name not in bounds
    ]


def _places(labels: npt.NDArray[Any], regimes: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Place of each label among the regimes, (T,); -1 for those that are not there."""
    place = np.minimum(np.searchsorted(regimes, labels), len(regimes) - 1)
    return np.where(regimes[place] == labels, place, -1)
