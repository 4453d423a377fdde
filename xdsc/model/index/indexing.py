"""The index of each regime by the numbers of a fit: learnt once, then the same for all data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, require_dataset, text_of
from xdsc.cf.grids.area import area_weights
from xdsc.errors import InputError, NotFittedError, ParameterError, message
from xdsc.labels import CLUSTER, FIT_PERIOD, computed, period_of, regimes_alone
from xdsc.model.answering.prepared_like import (
    check_nothing_to_bring,
    check_same_preparation,
    check_there,
    preprocessor_of,
)
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.attributes import OPTIONS, START
from xdsc.model.record.fit import Fit
from xdsc.preprocessing import Climatology, is_prepared, provenance_of
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.conform import axes_of
from xdsc.preprocessing.steps.weighting import Weights
from xdsc.statistics.fields.composites import composites
from xdsc.statistics.fields.in_time import months_with
from xdsc.statistics.fields.pattern_grid import patterns_on, without_single
from xdsc.statistics.index.standardised import (
    MONTHS,
    NUMBERS,
    PATTERN,
    WHOSE,
    mean_field,
    standardised,
    without_coordinates,
)

#: What is kept besides: the mean field that anomalies are from, where no climatology is taken out.
ORIGIN = "origin"
#: Attributes: the variable, and whether the numbers are those of a prepared Dataset.
VARIABLE, PREPARED = "xdsc_variable", "xdsc_of_prepared"


def index_of(
    fit: Fit,
    arguments: Arguments,
    ds: xr.Dataset,
    variable: str | None = None,
    climatology: Climatology = "fitted",
    names: Mapping[str, str] | None = None,
    regrid: str | None = None,
) -> tuple[xr.Dataset, Fit]:
    """The index of a Dataset, and the record, which has the numbers now if it had not.

    Parameters
    ----------
    fit : Fit
        Whose regimes they are.
    arguments : Arguments
        Of the model, for the names of the axes.
    ds, variable, climatology, names, regrid
        See `ClusterModel.regime_index`.

    Raises
    ------
    NotFittedError
        The record has no numbers, and `ds` has not the labels of the fit.
    InputError
        `ds` does not go with the fitted Dataset.
    ParameterError
        An argument is wrong.
    """
    require_dataset(ds)
    name = _checked(fit, variable)
    values, axes = _values(fit, arguments, ds, name, climatology, names, regrid)
    numbers = fit.indices.get(name)
    weights = _weights(fit, values, axes)
    if numbers is None:
        if not carries_labels(fit, ds):
            raise NotFittedError(
                message(
                    f"a model that has the mean and standard deviation of the index of {name!r}",
                    "one that was not asked for it with the fitted Dataset",
                    "call model.regime_index(fitted) first, with what fit has returned",
                )
            )
        found, numbers = _learnt(fit, values, axes, weights, is_prepared(ds))
        fit = replace(fit, indices={**fit.indices, name: numbers})
    else:
        _check_as_prepared(numbers, ds)
        found = None
    if found is None or values.chunks is not None:  # not by numbers that Dask computes once more
        anomalies = values - _origin(values, axes, numbers) if ORIGIN in numbers else values
        found = standardised(
            values.to_dataset(),
            axes,
            without_coordinates(anomalies.assign_attrs(values.attrs)),
            patterns_on(values.to_dataset(), axes, numbers[[PATTERN]], name),
            weights,
            season=months_of(numbers),
            numbers=numbers,
        )
    whose = climatology if isinstance(climatology, str) else "another"
    kind = "mean" if ORIGIN in numbers else "climatology"
    found.attrs |= numbers.attrs | {
        "xdsc_anomaly": kind,
        "xdsc_anomaly_from": f"{whose} {kind}",
        WHOSE: "mean and standard deviation of the fit, which its model keeps",
        FIT_PERIOD: period_of(fit.labels[fit.labels.dims[-1]]),
    }
    if is_by(fit, ds):  # whose regimes may have been renamed
        flags = ("flag_values", "flag_meanings")
        found[CLUSTER].attrs |= {key: ds[CLUSTER].attrs[key] for key in flags}
    return found, fit


def carries_labels(fit: Fit, ds: xr.Dataset) -> bool:
    """Whether a Dataset has the labels of the fit, at all its time steps and at no others."""
    ours = fit.labels
    if CLUSTER not in ds.variables or set(ds[CLUSTER].dims) != set(ours.dims):
        return False
    own = computed(ds[CLUSTER]).transpose(*ours.dims)
    return np.array_equal(own.values, ours.values) and all(
        dim not in ours.coords
        or (dim in ds.coords and ds.get_index(dim).equals(ours.get_index(dim)))
        for dim in ours.dims
    )


def is_by(fit: Fit, ds: xr.Dataset) -> bool:
    """Whether labels of a Dataset say that the fit has made them."""
    if CLUSTER not in ds.coords:
        return False
    said = ds[CLUSTER].attrs
    ours = {**fit.provenance, "flag_values": None, "flag_meanings": None}
    unsaid = {OPTIONS, START} - {*said}  # by labels of older versions
    return all(
        key in said and value in (None, said[key])
        for key, value in ours.items()
        if key not in unsaid
    )


def months_of(numbers: xr.Dataset) -> npt.NDArray[np.intp]:
    """Months, from 1 to 12, that the regimes are of."""
    return np.array(text_of(numbers.attrs, MONTHS).split(), dtype=np.intp)


def _checked(fit: Fit, variable: Any) -> str:
    """Name of the fitted variable that is asked for."""
    if variable is None and len(fit.variables) == 1:
        return fit.variables[0]
    if variable not in fit.variables:
        raise ParameterError(
            message(
                f"variable= as one that the regimes were found in, {', '.join(fit.variables)}",
                "none" if variable is None else f"{variable!r:.80}",
                f"pass variable={fit.variables[0]!r}",
            )
        )
    return str(variable)


def _values(
    fit: Fit,
    arguments: Arguments,
    ds: xr.Dataset,
    name: str,
    climatology: Climatology,
    names: Mapping[str, str] | None,
    regrid: str | None,
) -> tuple[xr.DataArray, Axes]:
    """A variable on the fitted grid, less its climatology where the fit has taken one out."""
    made = provenance_of(ds)
    if made is None:
        ds, axes = preprocessor_of(fit).departures(
            ds, climatology=climatology, names=names, regrid=regrid
        )
    else:
        check_nothing_to_bring(climatology, names, regrid)
        check_same_preparation(fit, made)
        check_there([name], ds)
        ds, axes = align(ds, axes_of(ds, arguments.given), fit.grid)
    return without_single(ds[name], (*axes.samples, *axes.space)), axes


def _weights(fit: Fit, values: xr.DataArray, axes: Axes) -> xr.DataArray:
    """Areas of the cells: those that the fit was given, or as `area_weights` has them."""
    ds = values.to_dataset()
    if fit.preprocessor is None or not isinstance(fit.preparation.get("area_weights"), str):
        return area_weights(ds, axes)
    step = next(step for step in fit.preprocessor.steps_ if isinstance(step, Weights))
    return area_weights(ds, axes, xr.DataArray(step.fitted_[values.name] ** 2, dims=axes.space))


def _learnt(
    fit: Fit, values: xr.DataArray, axes: Axes, weights: xr.DataArray, prepared: bool
) -> tuple[xr.Dataset, xr.Dataset]:
    """The index of the fitted Dataset, and its numbers in memory."""
    fitted = (fit.labels >= 0).drop_vars(list(fit.labels.coords)).drop_attrs()
    taken_out = any(fit.preparation.get(key) for key in ("deseasonalize", "detrend"))
    origin = None if taken_out and not prepared else mean_field(values, fitted, axes)
    away = (values if origin is None else values - origin).assign_attrs(values.attrs)
    plain = away.to_dataset().drop_vars(CLUSTER, errors="ignore")
    composed = regimes_alone(composites(plain, fit.labels, time=axes.time, anomaly="mean"))
    patterns = patterns_on(plain, axes, composed[[values.name]], str(values.name))
    found = standardised(
        plain,
        axes,
        without_coordinates(away),
        patterns,
        weights,
        season=months_with(plain[axes.time], np.logical_or.reduce(np.atleast_2d(fitted.values))),
        fitted=fitted,
    )
    numbers = found[[*NUMBERS]].drop_vars(axes.samples, errors="ignore")
    if origin is not None:
        numbers[ORIGIN] = without_coordinates(origin)
    if prepared:
        numbers.attrs[PREPARED] = 1
    return found, numbers.compute()


def _check_as_prepared(numbers: xr.Dataset, ds: xr.Dataset) -> None:
    """Raise unless values of a Dataset are such as those that the numbers are of."""
    of_prepared = PREPARED in numbers.attrs
    if of_prepared != is_prepared(ds):
        kinds = ("one in its own units", "a prepared Dataset")
        raise InputError(
            message(
                f"{kinds[of_prepared]}, as that which the model has its numbers of",
                f"{kinds[not of_prepared]}",
                "prepare it, ds = model.preprocessor_.transform(ds)"
                if of_prepared
                else "pass the Dataset as it was before preprocess()",
            )
        )


def _origin(values: xr.DataArray, axes: Axes, numbers: xr.Dataset) -> xr.DataArray:
    """The mean field of the fit, without coordinates: values are on its grid."""
    dtype = np.result_type(values.dtype, np.float32)
    return xr.DataArray(numbers[ORIGIN].values, dims=axes.space).astype(dtype)
