"""CF attributes of composites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from xdsc.cf import text_of
from xdsc.cf.units import DIFFERENCE, is_temperature
from xdsc.statistics.fields.anomalies import long_name


def composite_attributes(values: xr.DataArray, suffix: str, time: str) -> dict[str, Any]:
    """CF attributes of one composite of `values`."""
    old, name = values.attrs, long_name(values)
    before = text_of(old, "cell_methods")
    mean = {"cell_methods": f"{before} {time}: mean".strip()}
    std = {"cell_methods": f"{before} {time}: standard_deviation".strip()}
    if suffix == "":
        # The range of the data is not the range of their means.
        return {key: value for key, value in old.items() if key != "actual_range"} | mean

    grid = only(old, "grid_mapping")
    difference = difference_attributes(old)
    if suffix == "_anomaly":
        # No standard name: CF has them for the anomalies of a few quantities only.
        return difference | mean  # and what `Reference.attributes` says
    if suffix == "_std":
        named = only(old, "standard_name") | {"long_name": f"{name}, standard deviation"}
        return difference | std | named
    return grid | {
        "standard_name": "number_of_observations",
        "long_name": f"{name}, number of values",
        "units": "1",
    }


def difference_attributes(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Units, and what else stays, of differences of values with these attributes."""
    found = only(attrs, "grid_mapping") | only(attrs, "units")
    return found | (DIFFERENCE if is_temperature(attrs) else {})


def only(attrs: Mapping[Any, Any], key: str) -> dict[str, Any]:
    """The one attribute `key`, where it is there."""
    return {key: attrs[key]} if key in attrs else {}
