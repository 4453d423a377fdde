"""Composites: what the variables look like in each regime.

Everything here starts from labels, never from a model, so labels that were saved, sliced or made
by another program work as well.
"""

from __future__ import annotations

from typing import Literal

import numpy.typing as npt
import xarray as xr

from xdsc.cf import require_dataset
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.cf.decoding.packing import check_decoded
from xdsc.cf.units import dequantified, quantified_like
from xdsc.cf.variables import require_values
from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER, computed, labels_of
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.anomalies import Anomaly, reference_for
from xdsc.statistics.fields.days import spread_over_days, warn_of_daily_labels
from xdsc.statistics.fields.distribution import (
    EXCEEDANCE,
    QUANTILE,
    Shares,
    parse_shares,
    share_coordinate,
)
from xdsc.statistics.fields.in_one_row import (
    departures_of,
    factorize,
    in_one_row,
    numeric_variables,
)
from xdsc.statistics.fields.lags import Lag, parse_lags
from xdsc.statistics.fields.looks import Looks, Part, check_interplay, check_room
from xdsc.statistics.fields.one_variable import Wanted
from xdsc.statistics.fields.significance_tests import Significance, Test

# Results that are of no variable, and those that are in the units of one.
_COUNTS = {"n_frames", "frequency", "n_events", "n_censored"}
_IN_UNITS = ("_anomaly", "_std", "_quantile", "_threshold")


def composites(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    time: str | None = None,
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    align: Literal["day"] | None = None,
    by: Part | None = None,
    lag: Lag | None = None,
    quantile: Shares | None = None,
    exceedance: Shares | None = None,
    significance: Test | None = None,
    alpha: float = 0.05,
    n: int = 1000,
    block: str | float | None = None,
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
    by : {"hour"}, optional
        Whether to make composites of each hour of the day: 00 against 12 o'clock. Means, anomalies
        from the mean, percentiles and tests are of the time steps of that hour.
    lag : number, duration, or iterable of these, optional
        Days after the onset of events, negative ones before it, as ``range(-5, 6)`` or "-5D":
        composites of the time steps so long after the first one of each event, whatever their own
        label. An event is a maximal run of one regime as for `persistence`; those whose beginning
        is cut off, by a gap, a step without a label, the end of a season or a member, have none.
        Time steps are found by their dates, and those that are not there are left out. With
        ``align="day"`` all those of the day.
    quantile : float or sequence of float, optional
        Quantiles of each regime, from 0 to 1.
    exceedance : float or sequence of float, optional
        Percentiles of all labelled time steps, as 0.95: how often each regime is beyond them, above
        from 0.5 on, below under it. Of the differences from the climatology where anomalies are.
    significance : {"t", "bootstrap", "events"}, optional
        Test of the mean of each regime against that of its complement, all other labelled steps;
        see Notes. Labels of Dask are computed for it. With `lag`, of the mean so long after its
        onsets against that so long after all other labelled steps; not with `by` or `align`.
        "events" is then a random order of the events of each run without a gap, and the sample
        size of "t" takes into account that onsets of a regime keep apart.
    alpha : float, default 0.05
        Level at which a whole field is significant.
    n : int, default 1000
        Number of resamples, or of random placements.
    block : str or number of days, optional
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
        - ``v_quantile``, along ``quantile``: of the values, interpolated in a straight line;
        - ``v_exceedance`` and ``v_risk_ratio``, along ``exceedance``: the share of the time steps
          beyond the percentile, which is ``v_threshold``, and that over the share of all labelled
          time steps; NaN where none of these is beyond;
        - ``v_pvalue`` and ``v_significant``, where `significance` is given: the p-value of each
          cell, and whether it counts with the false discovery rate of the field controlled at
          2 `alpha` [1]_, of a single value at `alpha`. The attribute ``circular`` is 1 for a
          variable that the regimes were found in: its p-values say nothing.

        With `exceedance` the same for the share beyond it, ``v_exceedance_pvalue`` and
        ``v_exceedance_significant``.

        Where a cell has no value in a regime the first three are NaN and the count is 0. Besides,
        ``n_frames(cluster)`` is the number of time steps, ``frequency(cluster)`` their share of
        the labelled steps. Variables without time are carried through.

        With `lag` all have a dimension ``lag``, in days, after ``cluster``, and then with `by` one
        ``hour``. ``n_frames`` are then the events that have a time step at that lag, ``n_events``
        those with a known onset and ``n_censored`` those without; there is no ``frequency``.
        Anomalies from the mean are from that of all labelled time steps.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        `labels` do not fit the time steps of `ds`; `anomaly` is unknown, or a climatology is asked
        for of a prepared Dataset; or another argument is wrong, `lag` no whole number of time
        steps, or with `significance` and `by` or `align` given.
    InputError
        No time step has a label, a variable is not decoded, or a result would overwrite one; or a
        climatology is asked for and cannot be learnt; or a test has only one regime, or less than
        five blocks; or with `lag` or `by` times are no dates, or no event has a known onset.

    Warns
    -----
    XdscWarning
        Labels are those of one time of day; the climatology is learnt from other time steps than
        those of the fit; or the labels say that there was one and it cannot be learnt, so that
        anomalies are from the mean.

    Notes
    -----
    Tests are of the values that anomalies are means of, the annual cycle taken out where they are
    from a climatology. What stays of it is in the p-values. Members are taken for independent: a
    signal that they share in fields and in regimes makes p too small.

    "t" is Welch's t-test with the effective sample size :math:`n (1 - r_1) / (1 + r_1)` [2]_, NaN
    where that is below 2. As for every covariance of two red series, :math:`r_1` is the product of
    two lag-1 autocorrelations, of the variable and of the regime (1 where it is, 0 where not)
    [3]_, within runs without a gap. The other two hold the fields and draw labels, "bootstrap" in
    blocks: the seasons of all years get one another's labels in random order, but for those that
    the record cuts off, which leaves what the time of the year has to do with fields and regimes;
    or, with `block`, blocks are drawn with replacement, which does not. "events" are the same
    events, one after the other in random order. Their p is twice the share of draws with a
    difference beyond the one found, on its rarer side, which is counted itself, and equal ones by
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
    check_interplay(by, lag, significance, align)
    chosen = Significance.parse(significance, alpha, n, random_state, block)
    lags = parse_lags(lag)
    shares = {QUANTILE: parse_shares(QUANTILE, quantile)}
    shares[EXCEEDANCE] = parse_shares(EXCEEDANCE, exceedance)
    original, ds = ds, dequantified(ds)
    labels = spread_over_days(ds, labels, time, align)
    given = labels_of(ds, labels, time, members=True, lazy=True)
    looked_at = any(asked is not None for asked in (chosen, lags, by, *shares.values()))
    if looked_at or not any(values.chunks is not None for values in ds.data_vars.values()):
        given = computed(given)
    warn_of_daily_labels(ds, given)
    sampled = ": ".join(map(str, given.dims))
    whole, labelled = ds, given
    if given.ndim > 1:
        ds, given = in_one_row(ds, given)
    dim = str(given.dims[0])
    regimes, codes = factorize(given)
    looks = Looks.of(
        codes,
        labelled.assign_coords({d: whole[d] for d in labelled.dims if d in whole.coords}),
        len(regimes),
        by=by,
        lags=lags,
        whole_days=align == "day",
        tested=chosen is not None,
    )

    result = ds.drop_dims(dim, errors="ignore")
    dims = looks.coordinates() | {
        name: share_coordinate(name, values)
        for name, values in shares.items()
        if values is not None
    }
    check_room(result, list(dims))
    derived: dict[str, str] = {}
    names = numeric_variables(ds, dim, leave_out=given.name)
    reference = reference_for(whole, labelled, names, anomaly, preprocessor)
    wanted = Wanted(len(regimes), sampled, given, reference, chosen, **shares)
    for name in names:
        check_decoded(ds[name])
        require_values(ds[name])
    values_of = {name: _without_fills(ds[name]) for name in names}
    for name in names:
        found = wanted.of(
            values_of[name], departures_of(whole, str(name), labelled, reference), looks
        )
        parts = {f"{name}{suffix}": part for suffix, part in found.items()}
        taken = {str(other) for other in ds.variables if other != name} | _COUNTS
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
        derived |= {f"{name}{suffix}": str(name) for suffix in _IN_UNITS}

    result = result.assign(looks.counts(len(regimes))).assign_coords(
        {CLUSTER: (CLUSTER, regimes, {"long_name": "cluster label"} | given.attrs), **dims}
    )
    return quantified_like(result, original, derived)


def _without_fills(values: xr.DataArray) -> xr.DataArray:
    """The variable without values that stand for missing ones; bytes, as of flags, are any."""
    return values if values.dtype.itemsize == 1 else require_no_fills(values)
