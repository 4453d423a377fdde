"""Labels of days on data of hours: told, or spread over the day where that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import find_axes
from xdsc.cf.axes.coordinates import has_dates, index_along
from xdsc.cf.calendar import describe_times, second_of_day
from xdsc.errors import ParameterError, message, warn_user
from xdsc.labels import NO_LABEL, regimes_and_codes

# Labels of one time of day are those of at most half of the time steps.
_MOST = 0.5


def warn_of_daily_labels(ds: xr.Dataset, labels: xr.DataArray) -> None:
    """Warn where only some times of day have labels.

    Parameters
    ----------
    ds : Dataset
        Data.
    labels : DataArray, ([member,] time)
        On its time steps; not looked at where they are Dask's.
    """
    time = str(labels.dims[-1])
    if labels.chunks is not None or not has_dates(ds, time):
        return
    known = _labelled(labels.values)
    if not known.any() or known.mean() > _MOST:
        return
    seconds = second_of_day(ds[time])
    with_label = np.unique(seconds[known])
    if with_label.size < np.unique(seconds).size and not np.isin(seconds[~known], with_label).any():
        warn_user(
            message(
                "labels at all times of day",
                f"those of {known.sum()} of {known.size} time steps, all at "
                f"{describe_times(with_label.tolist())}; the others take no part",
                f"give them labels, labels.reindex({time}=ds[{time!r}], method='ffill'), or "
                "composites(align='day')",
            )
        )


def spread_over_days(
    ds: xr.Dataset, labels: Any, time: str | None, align: str | None
) -> xr.DataArray | Any:
    """Labels of days at all times of these days.

    Parameters
    ----------
    ds : Dataset
        Data of several times of day.
    labels : str, DataArray or array-like
        With a label a day, at any time of it; those of `ds` itself, or with times of their own.
    time : str or None
        Name of the time dimension.
    align : "day" or None
        None leaves `labels` as they are.

    Raises
    ------
    ParameterError
        `align` is unknown, `labels` have no times, or a day has several.
    """
    if one_of("align", align, ("day", None)) is None:
        return labels
    if isinstance(labels, str):
        if labels not in ds.variables:
            return labels  # which is told where labels are looked for
        labels = ds[labels]
    given = labels if isinstance(labels, xr.DataArray) else xr.DataArray(labels)
    own = [dim for dim in given.dims if has_dates(given, dim)]
    if len(own) != 1:
        raise ParameterError(
            message(
                "labels with their dates for align='day'",
                f"labels with the dimensions {given.dims}, of which {own} have dates",
                "pass a DataArray or a pandas Series with dates",
            )
        )
    dim = own[0]
    time = (str(dim) if dim in ds.dims else find_axes(ds).time) if time is None else time
    given = given.transpose(..., dim)
    given = given.isel({dim: _labelled(given.values)})
    days = _days(index_along(given, dim))
    if not days.is_unique:
        raise ParameterError(
            message(
                "one label a day for align='day'",
                f"several on {days[days.duplicated()][0]:%Y-%m-%d}",
                f"choose one of each day, labels.resample({dim}='1D').first(), or leave align= out",
            )
        )
    at = days.get_indexer(_days(index_along(ds, time)))
    values = given.values.take(at, axis=-1)
    missing = NO_LABEL if values.dtype.kind in "if" else None
    values = np.where(at >= 0, values, np.array(missing, values.dtype if missing else object))
    spread = xr.DataArray(values, dims=(*given.dims[:-1], time), name=given.name, attrs=given.attrs)
    others = {name: given[name] for name in given.dims[:-1] if name in given.coords}
    return spread.assign_coords(others)


def _labelled(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which time steps have a label, of any member, (T,)."""
    known = regimes_and_codes(labels)[1] >= 0
    return np.asarray(known.any(axis=tuple(range(known.ndim - 1))))


def _days(index: pd.Index | None) -> pd.Index:
    return xr.DataArray(index, dims="day").dt.floor("D").to_index()
