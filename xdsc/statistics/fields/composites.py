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

from xdsc.cf import require_dataset, text_of
from xdsc.cf.decoding import check_decoded
from xdsc.cf.names import free_name
from xdsc.cf.units import dequantified, quantified_like
from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER, NO_LABEL, computed, labels_of, regimes_and_codes
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.anomalies import Anomaly, Reference, reference_for
from xdsc.statistics.fields.days import spread_over_days, warn_of_daily_labels
from xdsc.statistics.fields.in_time import LabelledSamples
from xdsc.statistics.fields.moments import moments
from xdsc.statistics.fields.significance import significance_of
from xdsc.statistics.fields.significance_tests import Significance, Test


def composites(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    time: str | None = None,
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    align: Literal["day"] | None = None,
    significance: Test | None = None,
    alpha: float = 0.05,
    n: int = 1000,
    block: str | None = None,
    random_state: int | None = None,
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
    significance : {"t", "bootstrap", "events"}, optional
        Test of the mean of each regime against that of its complement, all other labelled steps;
        see Notes. Labels of Dask are computed for it.
    alpha : float, default 0.05
        Level at which a whole field is significant.
    n : int, default 1000
        Number of resamples, or of random placements.
    block : str, optional
        Length of the blocks that the bootstrap draws, as "10D"; by default whole seasons, as those
        of `frequency`.
    random_state : int, optional
        Seed of these; without one it is drawn, and an attribute says which it was.

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
        - ``v_count``: number of valid values;
        - ``v_pvalue`` and ``v_significant``, where `significance` is given: the p-value of each
          cell, and whether it counts with the false discovery rate of the field controlled at
          2 `alpha` [1]_, of a single value at `alpha`. The attribute ``circular`` is 1 for a
          variable that the regimes were found in: its p-values say nothing.

        Where a cell has no value in a regime the first three are NaN and the count is 0. Besides,
        ``n_frames(cluster)`` is the number of time steps, ``frequency(cluster)`` their share of
        the labelled steps. Variables without time are carried through.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        `labels` do not fit the time steps of `ds`; `anomaly` is unknown, or a climatology is asked
        for of a prepared Dataset; or an argument of the test is wrong.
    InputError
        No time step has a label, a variable is not decoded, or a result would overwrite one; or a
        climatology is asked for and cannot be learnt; or a test has only one regime, or less than
        five blocks.

    Warns
    -----
    XdscWarning
        Labels are those of one time of day; the climatology is learnt from other time steps than
        those of the fit; or the labels say that there was one and it cannot be learnt, so that
        anomalies are from the mean.

    Notes
    -----
    Tests are of the values that anomalies are means of, the annual cycle taken out where they are
    from a climatology. What stays of it is in the p-values.

    "t" is Welch's t-test with the effective sample size :math:`n (1 - r_1) / (1 + r_1)` [2]_, NaN
    where that is below 2. As for every covariance of two red series, :math:`r_1` is the product of
    two lag-1 autocorrelations, of the variable and of the regime (1 where it is, 0 where not)
    [3]_, within runs without a gap. The other two hold the fields and draw labels, "bootstrap" in
    blocks, with replacement: each season gets the labels of the same season of some year; "events"
    the same events, one after the other in random order. Their p is twice the share of draws with
    a difference beyond the one found, on its rarer side, which is counted itself, and equal ones by
    half: it is at least 2 / (n + 1), too much for a few cells among thousands unless n is large.

    References
    ----------
    .. [1] Wilks, D. S. (2016): "The stippling shows statistically significant grid points".
       Bull. Amer. Meteor. Soc. 97, 2263-2273.
    .. [2] Zwiers, F. W. & von Storch, H. (1995): Taking serial correlation into account in tests
       of the mean. J. Climate 8, 336-351.
    .. [3] Bretherton, C. S. et al. (1999): The effective number of spatial degrees of freedom of a
       time-varying field. J. Climate 12, 1990-2009, Eq. 30.

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
    chosen = Significance.parse(significance, alpha, n, random_state, block)
    original, ds = ds, dequantified(ds)
    labels = spread_over_days(ds, labels, time, align)
    given = labels_of(ds, labels, time, members=True, lazy=True)
    if chosen or not any(values.chunks is not None for values in ds.data_vars.values()):
        given = computed(given)
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
    if chosen:
        samples = LabelledSamples.of(whole[str(labelled.dims[-1])], codes.values)
    for name in names:
        check_decoded(ds[name])
    for name in names:
        departures = _departures(whole, str(name), labelled, reference)
        parts = moments(ds[name], codes, len(regimes), sampled, departures)
        parts["_anomaly"].attrs |= reference.attributes(ds[name])
        if chosen:
            tested = (ds[name] if departures is None else departures).transpose(dim, ...)
            tested = tested.assign_attrs(ds[name].attrs).rename(name)
            parts |= significance_of(tested, samples, len(regimes), chosen, given)
        parts = {f"{name}{suffix}": part for suffix, part in parts.items()}
        taken = {str(other) for other in ds.variables if other != name} | {"n_frames", "frequency"}
        if clash := sorted(taken & set(parts)):
            raise InputError(
                message(
                    f"free names for the composites of {name!r}",
                    f"a Dataset that already has {clash}",
                    f"rename it, ds.rename({{{name!r}: {f'var_{name}'!r}}}), or leave out what is "
                    f"there, ds.drop_vars({clash[0]!r})",
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
    sample = free_name("sample", {*ds.variables, *ds.dims})
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
