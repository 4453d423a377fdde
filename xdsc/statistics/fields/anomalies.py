"""What the anomalies of composites are taken from: a climatology, or the mean of all regimes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import Axes, text_of
from xdsc.errors import InputError, ParameterError, message, warn_user
from xdsc.labels import other_period, preparation_of
from xdsc.preprocessing import Preprocessor, is_prepared
from xdsc.preprocessing.block import MEMBER, TIME, X, Y, from_block, to_block
from xdsc.preprocessing.carry.conform import axes_of
from xdsc.preprocessing.carry.grid import grid_coordinates
from xdsc.preprocessing.steps.anomalies import Anomalies
from xdsc.preprocessing.steps.conversion import Units

Anomaly: TypeAlias = Literal["climatology", "mean"]

#: What is learnt where a climatology is asked for and nothing says which: two annual harmonics.
_DEFAULT: Mapping[str, Any] = {"deseasonalize": {"kind": "harmonics", "n": 2}}
_VALUES = "values"


@dataclass(frozen=True)
class Reference:
    """What anomalies are taken from.

    Attributes
    ----------
    known : mapping of str to str
        The variables that have a climatology, or a trend -> what it is, in words. Anomalies of
        others are from the mean of all regimes.
    departures : callable
        Values of one of these -> what they differ from that by, lazy where they are.
    """

    known: Mapping[Hashable, str] = field(default_factory=dict)
    departures: Callable[[xr.DataArray], xr.DataArray] = lambda values: values

    def attributes(self, values: xr.DataArray) -> dict[str, str]:
        """What the anomalies of a variable say of themselves."""
        source = self.known.get(values.name)
        return {
            "long_name": f"{long_name(values)}, anomaly from the {source or 'mean of all regimes'}",
            "xdsc_anomaly": "mean" if source is None else "climatology",
        }


_MEAN = Reference()


def long_name(values: xr.DataArray) -> str:
    """What a variable is called."""
    return text_of(values.attrs, "long_name") or str(values.name)


def reference_for(
    ds: xr.Dataset,
    labels: xr.DataArray,
    names: Sequence[Hashable],
    anomaly: Anomaly | None,
    preprocessor: Preprocessor | None,
) -> Reference:
    """What the anomalies of a labelled Dataset are to be taken from.

    Parameters
    ----------
    ds : Dataset
        Data in their own units.
    labels : DataArray, ([member,] time)
        Their attributes say how the data of the fit were prepared.
    names : sequence of str
        The variables whose anomalies are wanted.
    anomaly : {"climatology", "mean"} or None
        By default a climatology where the fit has taken one out, or a trend.
    preprocessor : Preprocessor or None
        Of the fit, whose climatology is taken for the variables that it has prepared on this grid.
        Otherwise one of the same kind is learnt from `ds`.

    Raises
    ------
    ParameterError
        `anomaly` is unknown, or a climatology is asked for of a prepared Dataset.
    InputError
        A climatology is asked for and cannot be learnt.

    Warns
    -----
    XdscWarning
        The climatology is learnt from other time steps than those of the fit; or it cannot be
        learnt, and anomalies are from the mean.
    """
    one_of("anomaly", anomaly, (*get_args(Anomaly), None))
    settings = _taken_out(labels.attrs)
    if not names or anomaly == "mean" or (anomaly is None and not settings):
        return _MEAN
    if is_prepared(ds):
        if anomaly is None:
            return _MEAN
        raise ParameterError(
            message(
                "a Dataset in its own units for anomaly='climatology'",
                "a prepared one",
                "put the labels on the Dataset as it was before preprocess(), "
                "ds.assign_coords(cluster=prepared.cluster), or leave anomaly= out",
            )
        )
    fitted = _fitted_step(preprocessor)
    if fitted is not None:
        settings = {"deseasonalize": fitted.climatology, "detrend": fitted.detrend}
    settings = settings or dict(_DEFAULT)
    step = Anomalies(settings.get("deseasonalize"), bool(settings.get("detrend")))
    there = _on_fitted_grid(ds, preprocessor) if fitted is not None else []
    dims = [str(dim) for dim in labels.dims]
    time = ds[dims[-1]]
    learnt = [str(name) for name in names if name not in there]
    if learnt:
        try:
            step.summary(time)  # raises where the times do not allow for it
        except InputError as error:
            if anomaly is not None:
                raise
            warn_user(_cannot_be_learnt(learnt, error))
            learnt = []
            if not there:
                return _MEAN
    if learnt and (other := other_period(labels, time)) is not None:
        warn_user(
            message(
                f"the time steps of the fit for its climatology, {other.fitted}",
                f"{other.here}, from which that of {', '.join(learnt)} is learnt anew",
                "pass preprocessor=model.preprocessor_ of that fit, or anomaly='mean'",
            )
        )

    def departures(values: xr.DataArray) -> xr.DataArray:
        if preprocessor is not None and fitted is not None and values.name in there:
            return _from_fitted(ds, str(values.name), preprocessor, fitted)
        return _from_own(values, dims, step)

    what = _words(step)
    known: dict[Hashable, str] = dict.fromkeys(learnt, f"{what} of the data")
    return Reference(known | dict.fromkeys(there, f"{what} of the fit"), departures)


def _taken_out(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Climatology and trend that labels say were taken out; empty where there are none."""
    settings = preparation_of(attrs)
    return {key: settings[key] for key in ("deseasonalize", "detrend") if settings.get(key)}


def _fitted_step(preprocessor: Preprocessor | None) -> Anomalies | None:
    steps = getattr(preprocessor, "steps_", [])
    return next((step for step in steps if isinstance(step, Anomalies)), None)


def _on_fitted_grid(ds: xr.Dataset, preprocessor: Preprocessor | None) -> list[str]:
    """The variables whose fitted climatology is in the units and on the grid of `ds`."""
    if preprocessor is None:
        return []
    with suppress(InputError):
        axes = _axes_in(ds, preprocessor)
        if not grid_coordinates(ds, axes).equals(preprocessor.grid_):
            return []
        names = [name for name in preprocessor.variables_ if name in ds.data_vars]
        block = to_block(ds, names, axes)
        units = next(step for step in preprocessor.steps_ if isinstance(step, Units))
        shapes = {name: preprocessor.mask_[name].shape for name in names}
        return [
            name
            for name in names
            # Of several levels the fit has seen one.
            if block[name].shape[-2:] == shapes[name]
            and block[name].size == ds[name].size
            and units.transform(block[[name]])[name].variable.data is block[name].variable.data
        ]
    return []


def _axes_in(ds: xr.Dataset, preprocessor: Preprocessor) -> Axes:
    """The axes of a Dataset that has those of a fit, whatever names were given for them."""
    names = ("time", "lat", "lon", "member")
    return axes_of(ds, {name: getattr(preprocessor, name) for name in names})


def _from_fitted(
    ds: xr.Dataset, name: str, preprocessor: Preprocessor, fitted: Anomalies
) -> xr.DataArray:
    """Differences of a variable from its fitted climatology."""
    axes = _axes_in(ds, preprocessor)
    block = fitted.transform(to_block(ds, [name], axes))
    return from_block(ds[[name]], block, axes)[name]


def _from_own(values: xr.DataArray, dims: Sequence[str], step: Anomalies) -> xr.DataArray:
    """Differences of a variable of any shape from a climatology that is learnt from itself.

    `dims` are those of the samples, ([member,] time). Dask's data get one chunk along them.
    """
    first = [dim for dim in dims if dim in values.dims]
    ordered = values.transpose(*first, ...)
    index = values.indexes[dims[-1]]

    def departures(array: Any) -> Any:
        members = array.shape[0] if len(first) > 1 else 1
        block = np.asarray(array, np.result_type(array.dtype, np.float32))
        block = block.reshape(members, len(index), -1, 1)
        plain = xr.Dataset({_VALUES: ((MEMBER, TIME, Y, X), block)}, {TIME: (TIME, index)})
        learnt = type(step)(**step.settings).fit(plain)
        return learnt.transform(plain)[_VALUES].values.reshape(array.shape)

    if values.chunks is None:
        return ordered.copy(data=departures(ordered.values)).transpose(*values.dims)
    data = ordered.chunk(dict.fromkeys(first, -1)).data
    dtype = np.result_type(values.dtype, np.float32)
    lazy = data.map_blocks(departures, dtype=dtype, meta=np.empty((0,) * data.ndim, dtype))
    return ordered.copy(data=lazy).transpose(*values.dims)


def _words(step: Anomalies) -> str:
    parts = ["climatology"] * (step.climatology is not None) + ["trend"] * step.detrend
    return " and ".join(parts)


def _cannot_be_learnt(names: Sequence[str], error: InputError) -> str:
    return message(
        f"anomalies of {', '.join(names)} from a climatology, as the fit has taken one out",
        f"data that it cannot be learnt from ({error}), so they are from the mean of all regimes",
        "pass preprocessor=model.preprocessor_ of that fit, or anomaly='mean'",
    )
