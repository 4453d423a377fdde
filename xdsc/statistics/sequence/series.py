"""Labels as the statistics take them: of a Dataset, or alone, whoever made them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.alignment import aligned
from xdsc.arguments import check_name
from xdsc.cf import Axes, check_time, typical_step
from xdsc.cf import seconds as seconds_since
from xdsc.cf.axes.coordinates import has_dates, index_along
from xdsc.cf.units import dequantified
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import (
    CLUSTER,
    computed,
    flag_values,
    labels_of,
    name_coordinate,
    regimes_and_codes,
)

_DAY = 86_400.0

Integers = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelSeries:
    """Labels of T time steps of M members.

    Attributes
    ----------
    labels : DataArray, ([member,] time)
        In memory, with the coordinates of its dimensions.
    regimes : numpy.ndarray, shape (K,)
        Ascending: those that occur, and those that the flags know.
    codes : numpy.ndarray of int, shape (M, T)
        Place of each label among the regimes; -1 where there is none. M is 1 without members.
    stacked : tuple of str
        Dimensions that the time steps are stacked from; empty where they are not.
    """

    labels: xr.DataArray
    regimes: npt.NDArray[Any]
    codes: Integers
    stacked: tuple[str, ...] = ()

    @property
    def time(self) -> xr.DataArray:
        """Coordinate of the time steps, (T,)."""
        return self.labels[self.labels.dims[-1]]

    @property
    def step(self) -> float:
        """Time step in days: the lower median of the differences of neighbours."""
        return typical_step(seconds_since(self.time.values)) / _DAY

    @property
    def coordinate(self) -> xr.Variable:
        """The regimes as a coordinate ``cluster``, with the attributes of the labels."""
        return xr.Variable((CLUSTER,), self.regimes, {"long_name": "cluster label"} | self._attrs)

    @property
    def _attrs(self) -> dict[str, Any]:
        return {str(key): value for key, value in self.labels.attrs.items()}

    def coordinates(self, dim: str = CLUSTER) -> dict[str, xr.Variable]:
        """The regimes along `dim`, and their names where they have some."""
        along = self.coordinate.copy(deep=False)
        along.dims = (dim,)
        return {dim: along, **name_coordinate(self.regimes, self._attrs, dim)}

    def dated(self) -> LabelSeries:
        """Raise unless the time steps are dates, ascending, each once.

        Raises
        ------
        InputError
            They are not.
        """
        name = str(self.labels.dims[-1])
        if self.stacked:
            raise InputError(
                message(
                    "labels ([member,] time), by their dates",
                    f"labels along {name!r}, which is stacked from {', '.join(self.stacked)}",
                    f"take it apart, labels.unstack({name!r})",
                )
            )
        if name not in self.labels.coords:
            raise InputError(
                message(
                    f"labels with dates along {name!r}",
                    "labels without a coordinate",
                    f"give them their dates, labels.assign_coords({name}=...)",
                )
            )
        plain = xr.Dataset(coords={name: self.time.variable})
        check_time(plain, Axes(name, name, name), at_least=1)
        return self

    def labelled(self) -> LabelSeries:
        """The time steps at which some member has a label: all others are gaps in time."""
        known = (self.codes >= 0).any(axis=0)
        labels = self.labels.isel({self.labels.dims[-1]: known})
        return LabelSeries(labels, self.regimes, self.codes[:, known])


def label_series(
    ds: xr.Dataset | xr.DataArray | pd.Series | pd.DataFrame,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    time: str | None = None,
) -> LabelSeries:
    """Labels of a Dataset, or labels alone.

    Parameters
    ----------
    ds : Dataset, DataArray, pandas.Series or pandas.DataFrame
        Labelled data; or the labels themselves, ([member,] time), as a column of a DataFrame.
    labels : str, DataArray or array-like, default "cluster"
        Name of the labels in a Dataset, or labels to be put on its time steps.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Raises
    ------
    NotFittedError
        The Dataset has no labels.
    ParameterError
        The labels do not fit the Dataset, or are none.
    InputError
        No time step has a label.

    Examples
    --------
    >>> series = label_series(xr.DataArray([2, 7, -1, 2], dims="time"))
    >>> series.regimes.tolist(), series.codes.tolist()
    ([2, 7], [[0, 1, -1, 0]])
    """
    check_name("time", time)
    if isinstance(ds, pd.Series | pd.DataFrame):
        ds = _from_pandas(ds, labels)
        labels = CLUSTER
    if isinstance(ds, xr.DataArray):
        if not (isinstance(labels, str) and labels == CLUSTER):
            raise ParameterError(
                message("labels, or a Dataset and labels=", "both labels and labels=", "pass one")
            )
        given = ds
    else:
        ds = dequantified(ds)
        if isinstance(labels, str) and labels in ds.variables:
            given = ds[labels]
        else:
            given = _on(ds, labels, time)
    series = _series(computed(_in_order(given, time)))
    index = given.indexes.get(series.labels.dims[-1])
    levels = index.names if isinstance(index, pd.MultiIndex) else ()
    return replace(series, stacked=tuple(map(str, levels)))


def _from_pandas(given: pd.Series | pd.DataFrame, labels: Any) -> xr.DataArray:
    """A column of labels, of times, or of members and times."""
    if isinstance(given, pd.DataFrame):
        given = _by_dates(given)
        names = list(given.columns)
        wanted = labels if isinstance(labels, str) and labels in names else names[0]
        if names.count(wanted) > 1 or (len(names) != 1 and wanted != labels):
            raise ParameterError(
                message(
                    f"a column {labels!r} of labels",
                    f"the columns {names}",
                    "pass one of them, df.iloc[:, 0]",
                )
            )
        given = given[wanted]
    if not isinstance(given.index, pd.MultiIndex):
        given = given.set_axis(plain_dates(given.index).rename(given.index.name))
    found: xr.DataArray = given.to_xarray()
    return found


def _by_dates(given: pd.DataFrame) -> pd.DataFrame:
    """Columns by their dates, as a CSV file is read: where the rows have none, and one column has.

    Examples
    --------
    >>> table = pd.DataFrame({"date": ["2000-01-01", "2000-01-02"], "label": [1, 2]})
    >>> list(_by_dates(table).columns)
    ['label']
    """
    if isinstance(given.index, pd.MultiIndex) or is_dates(given.index):
        return given
    dated = [i for i in range(given.shape[1]) if is_dates(pd.Index(given.iloc[:, i]))]
    if len(dated) != 1 or given.shape[1] < 2:
        return given
    dates = pd.Index(given.iloc[:, dated[0]])
    return given.drop(columns=given.columns[dated[0]]).set_index(dates)


def is_dates(index: pd.Index) -> bool:
    """Whether an index has dates, also as text."""
    return isinstance(plain_dates(index), pd.DatetimeIndex | xr.CFTimeIndex)


def _on(ds: xr.Dataset, labels: Any, time: str | None) -> xr.DataArray:
    """Labels that came in beside a Dataset, on its time steps, with the coordinates of these."""
    dated = [str(dim) for dim in ds.dims if has_dates(ds, dim)]
    if time is None and len(dated) == 1:
        time = dated[0]
    if (
        isinstance(labels, xr.DataArray)
        and labels.ndim == 2
        and time in labels.dims
        and all(ds.sizes.get(dim) == size for dim, size in labels.sizes.items())
    ):
        found = labels.transpose(..., time)
        found = aligned(found, ds, [str(dim) for dim in found.dims])
    else:
        found = labels_of(ds, labels, time, members=True)
    return found.assign_coords({dim: ds[dim] for dim in found.dims if dim in ds.coords})


def _in_order(given: xr.DataArray, time: str | None) -> xr.DataArray:
    """Labels as ([member,] time), with the coordinates of these alone."""
    others = [name for name in given.coords if name not in given.dims]
    stacked = [dim for dim in given.dims if isinstance(given.indexes.get(dim), pd.MultiIndex)]
    given = given.drop_vars([*others, *stacked])
    for dim in given.dims:
        index = index_along(given, dim)
        if index is not None and (plain := plain_dates(index)) is not index:
            given = given.assign_coords({dim: (dim, plain, given[dim].attrs)})
    dated = [dim for dim in given.dims if has_dates(given, dim)]
    named = [dim for dim in given.dims if dim == time]
    along = named or dated or [dim for dim in given.dims if dim == "time"] or list(given.dims[-1:])
    if given.ndim not in (1, 2) or len(along) > 1 or (time is not None and not named):
        raise ParameterError(
            message(
                "labels of shape (time,) or (member, time)"
                + (f" with time={time!r}" if time is not None and not named else ""),
                f"the dimensions {given.dims}",
                "select what is to be looked at, labels.isel(...), or put members and runs "
                "together, labels.stack(run=[...])",
            )
        )
    return given.transpose(..., along[0])


def plain_dates(index: pd.Index) -> pd.Index:
    """Dates as xarray has them: of text as in a CSV file, of periods, and in UTC."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return index if index.tz is None else index.tz_convert(None)
    if len(index) and all(isinstance(value, str) for value in index):
        with suppress(ValueError):
            return plain_dates(pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601")))
    return index


def _series(labels: xr.DataArray) -> LabelSeries:
    values = labels.values
    occurring, codes = regimes_and_codes(values)
    regimes = _with_flags(occurring, labels)
    if not len(occurring):
        raise InputError(
            message(
                "a label for some of the time steps",
                f"{labels.size} time steps, none with a label",
                "label other time steps, or look for missing data in these",
            )
        )
    places = np.append(np.searchsorted(regimes, occurring), -1)
    return LabelSeries(labels, regimes, places[codes].reshape(-1, labels.sizes[labels.dims[-1]]))


def _with_flags(occurring: npt.NDArray[Any], labels: xr.DataArray) -> npt.NDArray[Any]:
    """Regimes that occur, and those that the flags know and that do not."""
    flags = np.array(flag_values(labels.attrs))
    if flags.dtype.kind not in "iu" or occurring.dtype.kind not in "iu" or not flags.size:
        return occurring
    return np.union1d(occurring, flags[flags >= 0]).astype(occurring.dtype)
