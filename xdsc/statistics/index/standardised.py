"""The index itself: projections on patterns, standardised, and what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, text_of
from xdsc.cf.calendar import month_of
from xdsc.cf.units import DIFFERENCE, conversion, is_temperature, same_units, unit_of
from xdsc.labels import CLUSTER
from xdsc.statistics.fields.anomalies import long_name
from xdsc.statistics.index.projection import projected

#: Names of the results, and of the attribute with the months that the regimes are of.
INDEX, CORRELATION, MONTHS = "regime_index", "pattern_correlation", "xdsc_months"
#: The numbers that an index goes by, and the attribute that says whose they are.
PATTERN, MEAN, STD = NUMBERS = ("pattern", "mean", "std")
WHOSE = "xdsc_standardised_by"


def standardised(
    ds: xr.Dataset,
    axes: Axes,
    anomalies: xr.DataArray,
    patterns: xr.DataArray,
    weights: xr.DataArray,
    *,
    season: npt.NDArray[np.intp],
    fitted: xr.DataArray | None = None,
    numbers: xr.Dataset | None = None,
) -> xr.Dataset:
    """Index and correlation of each regime at each time step.

    Parameters
    ----------
    ds : Dataset
        Whose coordinates the result gets.
    axes : Axes
        Of `ds`.
    anomalies : DataArray, ([member,] time, y, x)
        Without coordinates of these dimensions; NumPy or Dask. Named as the variable, with its
        attributes.
    patterns : DataArray, (cluster, y, x)
        On the same grid, in memory.
    weights : DataArray, (y, x)
        Areas of the cells.
    season : numpy.ndarray of int
        Months, from 1 to 12, that the regimes are of.
    fitted : DataArray of bool, optional
        The time steps whose mean and standard deviation standardise.
    numbers : Dataset, optional
        With ``mean(cluster)`` and ``std(cluster)`` to standardise by instead.
    """
    projection, correlation = projected(anomalies, patterns, weights)
    of_season = xr.DataArray(np.isin(month_of(ds[axes.time]) + 1, season), dims=axes.time)
    if numbers is None:
        assert fitted is not None
        over = projection.where(fitted)
        mean, std = over.mean(axes.samples), over.std(axes.samples)
    else:
        mean, std = (numbers[name].drop_vars(CLUSTER, errors="ignore") for name in (MEAN, STD))
    index = ((projection - mean) / std.where(std > 0)).where(of_season)
    result = xr.Dataset(
        {
            INDEX: index.transpose(*axes.samples, CLUSTER),
            CORRELATION: correlation.where(of_season).transpose(*axes.samples, CLUSTER),
            PATTERN: patterns,
            MEAN: (CLUSTER, mean.data),
            STD: (CLUSTER, std.data),
        },
        {dim: ds[dim].variable for dim in (*axes.samples, *axes.space) if dim in ds.coords},
    )
    return _described(result, anomalies, season)


def mean_field(values: xr.DataArray, chosen: xr.DataArray, axes: Axes) -> xr.DataArray:
    """Mean over the chosen time steps, summed in double precision, in that of the values."""
    dims = [dim for dim in axes.samples if dim in values.dims]
    mean = values.where(chosen).mean(dims, dtype=np.float64)
    return mean.astype(np.result_type(values.dtype, np.float32))


def without_coordinates(values: xr.DataArray) -> xr.DataArray:
    """Values that are aligned by position."""
    coordinates = [dim for dim in values.dims if dim in values.coords]
    return values.reset_coords(drop=True).drop_vars(coordinates)


def in_units_of(values: xr.DataArray, numbers: xr.DataArray) -> xr.DataArray:
    """Anomalies in the units of patterns, where both say theirs.

    Raises
    ------
    InputError
        They are units of different kinds.
    """
    own, theirs = unit_of(values.attrs), unit_of(numbers.attrs)
    if own is None or theirs is None or same_units(own, theirs) in (True, None):
        return values
    converted: xr.DataArray = conversion(own, theirs, difference=True)(values)
    return converted.assign_attrs({**values.attrs, "units": theirs})


def _described(
    result: xr.Dataset, values: xr.DataArray, season: npt.NDArray[np.intp]
) -> xr.Dataset:
    """The result with attributes that say what it is."""
    name, units = long_name(values), text_of(values.attrs, "units")
    of_values: dict[str, Any] = {"units": units} if units else {}
    squared = {"units": f"({units})2"} if units else {}
    result[INDEX].attrs = {
        "long_name": f"regime index of {name}",
        "units": "1",
        "comment": "projection on the pattern of each regime, minus its mean, over its standard "
        "deviation over the time steps of the fit",
        "references": "Michel and Rivière (2011), doi:10.1175/2011JAS3635.1; "
        "Grams et al. (2017), doi:10.1038/nclimate3338",
    }
    result[CORRELATION].attrs = {
        "long_name": f"area-weighted correlation of {name} with the pattern of each regime",
        "units": "1",
    }
    differ = DIFFERENCE if is_temperature(values.attrs) else {}
    result[PATTERN].attrs = {"long_name": f"pattern of {name}"} | of_values | differ
    result[MEAN].attrs = {"long_name": "mean of the projection in the fit", **squared}
    result[STD].attrs = {"long_name": "standard deviation of the projection in the fit"} | squared
    return result.assign_attrs(
        {"xdsc_variable": str(values.name), MONTHS: " ".join(map(str, season.tolist()))}
    )
