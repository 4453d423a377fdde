"""The index of each regime: how strongly each time step resembles its pattern."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, find_axes, require_dates, text_of
from xdsc.cf.calendar import month_of
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.cf.grids.area import area_weights as weights_of
from xdsc.cf.units import dequantified
from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER, PREPARATION, labels_of, regimes_alone, regimes_and_codes
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.anomalies import Anomaly, reference_for
from xdsc.statistics.fields.composites import composites
from xdsc.statistics.fields.in_time import months_with
from xdsc.statistics.fields.pattern_grid import patterns_on, without_single
from xdsc.statistics.fields.significance_tests import CLUSTERED
from xdsc.statistics.index.standardised import (
    MONTHS,
    NUMBERS,
    PATTERN,
    WHOSE,
    in_units_of,
    mean_field,
    standardised,
    without_coordinates,
)


def regime_index(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike | None = None,
    *,
    variable: str | None = None,
    patterns: xr.DataArray | xr.Dataset | None = None,
    reference: xr.Dataset | None = None,
    interpolate: bool = False,
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    area_weights: bool | str | xr.DataArray | None = None,
    time: str | None = None,
    lat: str | None = None,
    lon: str | None = None,
    member: str | None = None,
) -> xr.Dataset:
    r"""Index of each regime at each time step: the standardised projection on its pattern.

    With anomalies :math:`Z'` and the pattern :math:`Z_k` of a regime the projection is

    .. math:: P_k(t) = \frac{\sum_i Z'_i(t) Z_{k,i} \cos φ_i}{\sum_i \cos φ_i}

    over the cells of the pattern, and the index is :math:`I_k = (P_k - \overline{P_k}) / σ(P_k)`
    with mean and standard deviation over the time steps of the fit [1]_ [2]_.

    Parameters
    ----------
    ds : Dataset
        Fields over time and space. NumPy or Dask; Dask stays lazy.
    labels : str, DataArray or array-like of shape (T,), optional
        The regime of each time step, as for `composites`; by default ``cluster``. Patterns are the
        anomalies of its composites; no regime has none. Not needed with `patterns` or `reference`.
    variable : str, optional
        By default the one that the regimes were found in, or the only one.
    patterns : DataArray or Dataset, (regime, y, x), optional
        Patterns to project on instead, as published ones, in any order of latitudes. They are
        aligned by coordinates; the data may cover more than they do.
    reference : Dataset, optional
        What this function has returned for other data: their patterns, mean and standard deviation
        are taken, so that indices of both can be compared. Anomalies are brought to its units.
    interpolate : bool, default False
        Whether patterns of another grid are interpolated linearly to that of the data.
    anomaly, preprocessor
        As for `composites`; the annual cycle is taken out by default where labels say that their
        fit did so, and where there are none.
    area_weights : bool, str or DataArray, optional
        Areas of the cells: True for cos φ, a variable of areas or its name, or False where all are
        alike; by default cos φ, and all alike on grids whose latitude is not along one dimension.
    time, lat, lon, member : str, optional
        Names of the axes, where they cannot be told by CF conventions.

    Returns
    -------
    Dataset
        - ``regime_index([member,] time, cluster)``, without units. NaN where the frame is missing,
          and in months in which no step of the fit has a label: the regimes are those of the
          season of the fit;
        - ``pattern_correlation([member,] time, cluster)``: area-weighted correlation of the anomaly
          with the pattern over its cells, their means taken out;
        - ``pattern(cluster, y, x)``, ``mean(cluster)`` and ``std(cluster)`` of the projection, for
          `reference`.

    Raises
    ------
    NotFittedError
        There are neither labels nor patterns.
    ParameterError
        An argument is wrong, or patterns are on another grid.
    InputError
        No axes, or no climatology.

    Notes
    -----
    Anomalies of new data are from the climatology that `preprocessor` has of the fit, where it is
    given, and otherwise from their own of the same kind, which takes a bias of a model out with
    the annual cycle.
    Where regimes were found in several variables one has to be named. What goes by the numbers that
    a model keeps, with no need for `reference`, is `xdsc.ClusterModel.regime_index`.

    References
    ----------
    .. [1] Michel, C. & Rivière, G. (2011): The link between Rossby wave breakings and weather
       regime transitions. J. Atmos. Sci. 68, 1730-1748.
    .. [2] Grams, C. M. et al. (2017): Balancing Europe's wind-power output through spatial
       deployment informed by weather regimes. Nature Climate Change 7, 557-562.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> index = regime_index(ds, ds.regime, variable="t2m")
    >>> index.regime_index.dims
    ('time', 'cluster')
    >>> bool((index.regime_index.argmax("cluster") == ds.regime).mean() > 0.9)
    True
    """
    ds = dequantified(ds)
    if patterns is not None and reference is not None:
        raise ParameterError(
            message("patterns= or reference=", "both", "reference= brings patterns of its own")
        )
    axes = find_axes(ds, time=time, lat=lat, lon=lon, member=member)
    require_dates(ds, axes.time)
    dims = (*axes.samples, *axes.space)
    ds = ds.assign({name: without_single(ds[name], dims) for name in ds.data_vars})
    given = reference if reference is not None else patterns
    _check_reference(reference)
    own = None
    if given is None or labels is not None:
        own = labels_of(ds, CLUSTER if labels is None else labels, axes.time, members=True)
    name = _variable(ds, axes, variable, {} if own is None else own.attrs, reference)
    ds = ds.assign({name: require_no_fills(ds[name])})
    fitted = _fitted_steps(ds[axes.time], own, reference)
    season = _season(ds[axes.time], fitted, reference)
    kind = _preparation(ds, axes, own, reference)
    if own is None and anomaly is None:
        said = "climatology" if reference is None else reference.attrs.get("xdsc_anomaly")
        anomaly = "mean" if said == "mean" else "climatology"
    anomalies, anomaly = _anomalies(ds, axes, name, kind, fitted, anomaly, preprocessor)
    if given is None and own is not None:
        alone = ds.drop_vars([other for other in ds.data_vars if other != name])
        found = composites(alone, own, anomaly=anomaly, preprocessor=preprocessor)
        given = regimes_alone(found)
    assert given is not None
    if reference is not None:
        anomalies = in_units_of(anomalies, reference[PATTERN])
    on_grid = patterns_on(ds, axes, given, name, interpolate=interpolate)
    weights = weights_of(ds, axes, area_weights)
    result = standardised(
        *(ds, axes, anomalies, on_grid, weights), season=season, fitted=fitted, numbers=reference
    )
    origin = "its own time steps" if reference is None else "the reference"
    said = {key: value for key, value in kind.attrs.items() if key == PREPARATION}
    said |= {"xdsc_anomaly": anomaly, WHOSE: f"mean and standard deviation of {origin}"}
    return result.assign_attrs(said)


def index_arguments(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arguments of a function that say of which index it is, and its others.

    Examples
    --------
    >>> def draw(ds, *, variable=None, title=None): ...
    >>> index_arguments(draw, {"variable": "t2m", "title": "2003", "time": "t"})
    ({'variable': 't2m'}, {'title': '2003', 'time': 't'})
    """
    names = {*signature(regime_index).parameters} & {*signature(function).parameters}
    mine = {name: value for name, value in given.items() if name in names}
    return mine, {name: value for name, value in given.items() if name not in names}


def _check_reference(reference: xr.Dataset | None) -> None:
    if reference is not None and not set(NUMBERS) <= set(getattr(reference, "data_vars", ())):
        raise ParameterError(
            message(
                f"reference= with {', '.join(NUMBERS)}, as regime_index returns it",
                f"a {type(reference).__name__} without them",
                "pass xdsc.regime_index(fitted), or patterns=",
            )
        )


def _variable(
    ds: xr.Dataset,
    axes: Axes,
    given: str | None,
    known: Any,
    reference: xr.Dataset | None,
) -> str:
    """Name of the variable to project."""
    needed = {axes.time, *axes.space}
    usable = [str(n) for n, v in ds.data_vars.items() if needed == set(v.dims) - {axes.member}]
    if given is None and reference is not None:
        given = text_of(reference.attrs, "xdsc_variable") or None
    clustered = [name for name in text_of(known, CLUSTERED).split() if name in usable]
    candidates = clustered or usable
    if given is None and len(candidates) == 1:
        return candidates[0]
    if given not in usable:
        raise ParameterError(
            message(
                f"variable= as one of {candidates}, over time and space",
                "none" if given is None else repr(given),
                f"pass variable={(candidates or ['z500'])[0]!r}",
            )
        )
    return str(given)


def _fitted_steps(
    time: xr.DataArray, labels: xr.DataArray | None, reference: xr.Dataset | None
) -> xr.DataArray:
    """Which samples have a label; without labels those of the season, or all."""
    if labels is not None:
        return labels.copy(data=regimes_and_codes(labels.values)[1] >= 0).drop_attrs()
    chosen = np.ones(time.size, bool)
    if reference is not None and MONTHS in reference.attrs:
        chosen = np.isin(month_of(time) + 1, _months(reference))
    return xr.DataArray(chosen, dims=time.dims)


def _season(
    time: xr.DataArray, fitted: xr.DataArray, reference: xr.Dataset | None
) -> npt.NDArray[np.intp]:
    """Months, from 1 to 12, that the regimes are of."""
    if reference is not None and MONTHS in reference.attrs:
        return _months(reference)
    return months_with(time, fitted.any([d for d in fitted.dims if d not in time.dims]).values)


def _months(reference: xr.Dataset) -> npt.NDArray[np.intp]:
    return np.array(text_of(reference.attrs, MONTHS).split(), dtype=np.intp)


def _preparation(
    ds: xr.Dataset, axes: Axes, labels: xr.DataArray | None, reference: xr.Dataset | None
) -> xr.DataArray:
    """Labels whose attributes say what was taken out of the data of the fit."""
    if labels is not None:
        return labels
    said = {} if reference is None else reference.attrs
    return xr.DataArray(
        np.zeros([ds.sizes[dim] for dim in axes.samples], np.intp),
        dims=axes.samples,
        attrs={key: value for key, value in said.items() if key == PREPARATION},
    )


def _anomalies(
    ds: xr.Dataset,
    axes: Axes,
    name: str,
    labels: xr.DataArray,
    fitted: xr.DataArray,
    anomaly: Anomaly | None,
    preprocessor: Preprocessor | None,
) -> tuple[xr.DataArray, Anomaly]:
    """Fields from their climatology, or from their mean over the steps of the fit; and which."""
    names: list[Hashable] = [name]
    found = reference_for(ds, labels, names, anomaly, preprocessor)
    values = ds[name]
    if name in found.known:
        away, anomaly = found.departures(values), "climatology"
    else:
        away, anomaly = values - mean_field(values, fitted, axes), "mean"
    return without_coordinates(away.assign_attrs(values.attrs)), anomaly
