"""Composites: what the variables look like in each regime.

Everything here starts from labels, never from a model, so labels that were saved, sliced or made
by another program work as well.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from xarray.groupers import UniqueGrouper

from xdsc.cf import require_dataset, text_of
from xdsc.cf.units import dequantified, quantified_like
from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER, NO_LABEL, labels_of, regimes_and_codes
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.anomalies import Anomaly, Reference, long_name, reference_for
from xdsc.statistics.days import spread_over_days, warn_of_daily_labels

_TEMPERATURES = {"K", "kelvin", "degC", "degF", "celsius", "Celsius"}
_TEMPERATURES |= {"degree_Celsius", "degrees_Celsius"}


def composites(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    time: str | None = None,
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    align: Literal["day"] | None = None,
) -> xr.Dataset:
    """Mean, anomaly, standard deviation and count of every variable in every regime.

    Parameters
    ----------
    ds : Dataset
        Data in their own units, with a time dimension of T steps. NumPy or Dask; Dask stays lazy.
        Quantities of pint-xarray give quantities, with anomalies of ``degC`` in ``delta_degC``.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step: the name of a coordinate or variable of `ds`, or the labels
        themselves, numbers or strings. Negative ones, NaN and None mean "no regime"; such steps
        are left out of everything.
    time : str, optional
        Name of the time coordinate. Only needed for labels without dimension names, where it
        cannot be found by CF conventions.
    anomaly : {"climatology", "mean"}, optional
        What anomalies are taken from: a climatology (and a trend), or the mean of all regimes,
        which has the annual cycle in it where regimes prefer a season. By default a climatology
        where the labels say that their fit has taken one out, of raw data.
    preprocessor : Preprocessor, optional
        Of the fit: its climatology is taken for the variables that it prepared, in their own units
        on the fitted grid. For all others, and without it, one of the same kind is learnt from all
        time steps of `ds`, for which Dask's data get one chunk along time.
    align : {"day"}, optional
        Whether the label of a day, with any time of it, holds for all its time steps: daily labels
        for hourly data.

    Returns
    -------
    Dataset
        With ``cluster`` as the first dimension, in place of time: the K regimes that occur in
        `labels`, ascending, with the attributes of `labels`. Which occur nobody knows before labels
        of Dask are computed: there it is all of their ``flag_values``; without these they are
        computed. For each numeric variable ``v`` with a time dimension:

        - ``v``: mean, equal to ``ds.groupby("cluster").mean()``;
        - ``v_anomaly``: mean minus the mean over all labelled time steps, or mean difference from
          the climatology; ``long_name`` and ``xdsc_anomaly`` say which;
        - ``v_std``: standard deviation (``ddof=0``), as is usual for composites;
        - ``v_count``: number of valid values.

        Where a cell has no value in a regime the first three are NaN and the count is 0. Besides,
        ``n_frames(cluster)`` is the number of time steps, ``frequency(cluster)`` their share of
        the labelled steps. Variables without time are carried through.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        `labels` do not fit the time steps of `ds`; `anomaly` is unknown, or a climatology is asked
        for of a prepared Dataset.
    InputError
        No time step has a label, or a result would overwrite a variable; or a climatology is asked
        for and cannot be learnt.

    Warns
    -----
    XdscWarning
        Labels are those of one time of day; the climatology is learnt from other time steps than
        those of the fit; or the labels say that there was one and it cannot be learnt, so that
        anomalies are from the mean.

    Examples
    --------
    >>> import xarray as xr
    >>> ds = xr.Dataset({"t2m": ("time", [280.0, 290.0, 282.0, 300.0], {"units": "K"})})
    >>> regimes = composites(ds, labels=["cold", "warm", "cold", None], time="time")
    >>> regimes.t2m.values
    array([281., 290.])
    >>> regimes.frequency.sel(cluster="cold").item()
    0.666...
    """
    require_dataset(ds)
    original, ds = ds, dequantified(ds)
    labels = spread_over_days(ds, labels, time, align)
    given = labels_of(ds, labels, time, members=True, lazy=True)
    if not any(values.chunks is not None for values in ds.data_vars.values()):
        given = given.compute()
    warn_of_daily_labels(ds, given)
    sampled = ": ".join(map(str, given.dims))
    whole, labelled = ds, given
    if given.ndim > 1:
        ds, given = _in_one_row(ds, given)
    dim = str(given.dims[0])
    regimes, codes = _factorize(given)

    result = ds.drop_dims(dim, errors="ignore")
    derived: dict[str, str] = {}
    names = _numeric_variables(ds, dim, leave_out=given.name)
    reference = reference_for(whole, labelled, names, anomaly, preprocessor)
    for name in names:
        departures = _departures(whole, str(name), labelled, reference)
        parts = _statistics(ds[name], codes, len(regimes), sampled, departures)
        parts["_anomaly"].attrs |= reference.attributes(ds[name])
        parts = {f"{name}{suffix}": part for suffix, part in parts.items()}
        taken = {str(other) for other in ds.variables if other != name} | {"n_frames", "frequency"}
        if clash := sorted(taken & set(parts)):
            raise InputError(
                message(
                    f"free names for the composites of {name!r}",
                    f"a Dataset that already has {clash}",
                    f"rename or leave out one of them, e.g. ds.drop_vars({clash[0]!r})",
                )
            )
        result = result.assign(parts)
        derived |= {f"{name}{suffix}": str(name) for suffix in ("_anomaly", "_std")}

    n_frames = (codes.data[:, None] == np.arange(len(regimes))).sum(axis=0)
    result = result.assign(
        n_frames=(CLUSTER, n_frames, {"long_name": "number of time steps", "units": "1"}),
        frequency=(
            CLUSTER,
            n_frames / n_frames.sum(),
            {"long_name": "fraction of the labelled time steps", "units": "1"},
        ),
    ).assign_coords({CLUSTER: (CLUSTER, regimes, {"long_name": "cluster label"} | given.attrs)})
    return quantified_like(result, original, derived)


def _in_one_row(ds: xr.Dataset, labels: xr.DataArray) -> tuple[xr.Dataset, xr.DataArray]:
    """A Dataset and its labels with one dimension for members and times."""
    sample = "sample"
    while sample in ds.variables or sample in ds.dims:
        sample += "_"
    apart = ds.drop_vars([name for name, c in ds.coords.items() if set(c.dims) & set(labels.dims)])
    stacked = apart.stack({sample: labels.dims}, create_index=False)
    return stacked, xr.DataArray(
        labels.data.ravel(), dims=sample, name=labels.name, attrs=labels.attrs
    )


def _departures(
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
    return _in_one_row(found.to_dataset(name=name), labels)[0][name]


def _factorize(labels: xr.DataArray) -> tuple[npt.NDArray[Any], xr.DataArray]:
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


def _places(labels: npt.NDArray[Any], regimes: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Place of each label among the regimes, (T,); -1 for those that are not there."""
    place = np.minimum(np.searchsorted(regimes, labels), len(regimes) - 1)
    return np.where(regimes[place] == labels, place, -1)


def _numeric_variables(ds: xr.Dataset, time: str, leave_out: Hashable) -> list[Hashable]:
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


def _statistics(
    values: xr.DataArray,
    codes: xr.DataArray,
    k: int,
    sampled: str,
    departures: xr.DataArray | None = None,
) -> dict[str, xr.DataArray]:
    """Composites of one variable: name suffix -> values with ``cluster`` for time.

    `sampled` names the dimensions that are averaged over, as cell methods do. Anomalies are the
    means of `departures`, where these are given, and otherwise from the mean of all regimes.
    """
    groups = _grouped(values, codes, k)
    mean, std, count = groups.mean(), groups.std(ddof=0), groups.count()
    if departures is None:
        total = count.sum(CLUSTER)
        anomaly = mean - (mean * count).sum(CLUSTER) / total.where(total > 0)
    else:
        anomaly = _grouped(departures, codes, k).mean()

    dtype = values.dtype if values.dtype.kind == "f" else np.float64
    parts = {
        "": mean.astype(dtype),
        "_anomaly": anomaly.astype(dtype),
        "_std": std.astype(dtype),
        "_count": count.fillna(0).astype(np.int64),  # NaN where Dask's labels leave a regime empty
    }
    for suffix, part in parts.items():
        part.attrs = _attributes(values, suffix, sampled)
        if "grid_mapping" in values.encoding:
            part.encoding["grid_mapping"] = values.encoding["grid_mapping"]
    return {
        suffix: part.drop_vars(CLUSTER).transpose(CLUSTER, ...) for suffix, part in parts.items()
    }


def _grouped(values: xr.DataArray, codes: xr.DataArray, k: int) -> Any:
    """Values by regime, in float64: pressure in float32 leaves no digits for a sum over years."""
    time = codes.dims[0]
    return (
        values.drop_vars([n for n, c in values.coords.items() if time in c.dims])
        .astype(np.float64)
        .assign_coords({CLUSTER: codes.variable})
        .groupby({CLUSTER: UniqueGrouper(labels=np.arange(k))})
    )


def _attributes(values: xr.DataArray, suffix: str, time: str) -> dict[str, Any]:
    """CF attributes of one composite of `values`."""
    old, name = values.attrs, long_name(values)
    before = text_of(old, "cell_methods")
    mean = {"cell_methods": f"{before} {time}: mean".strip()}
    std = {"cell_methods": f"{before} {time}: standard_deviation".strip()}
    if suffix == "":
        # The range of the data is not the range of their means.
        return {key: value for key, value in old.items() if key != "actual_range"} | mean

    grid = _only(old, "grid_mapping")
    difference = grid | _only(old, "units")
    if text_of(old, "units") in _TEMPERATURES:
        difference["units_metadata"] = "temperature: difference"  # CF 1.11, Section 3.1.2
    if suffix == "_anomaly":
        # No standard name: CF has them for the anomalies of a few quantities only.
        return difference | mean  # and what `Reference.attributes` says
    if suffix == "_std":
        named = _only(old, "standard_name") | {"long_name": f"{name}, standard deviation"}
        return difference | std | named
    return grid | {
        "standard_name": "number_of_observations",
        "long_name": f"{name}, number of values",
        "units": "1",
    }


def _only(attrs: dict[str, Any], key: str) -> dict[str, Any]:
    """The one attribute `key`, where it is there."""
    return {key: attrs[key]} if key in attrs else {}
