"""Time: whether it can be used, and where it has gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf.axes.axes import Axes
from xdsc.cf.axes.coordinates import is_dates
from xdsc.cf.axes.undated import dates_remedy
from xdsc.errors import InputError, Problems, message


def check_time(ds: xr.Dataset, axes: Axes, *, at_least: int = 2) -> None:
    """Check that time can be used: dates, enough of them, ascending, each once.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`. Only the time coordinate is read.
    axes : Axes
        As found by `find_axes`.
    at_least : int, default 2
        Number of time steps needed.

    Raises
    ------
    InputError
        With everything that is wrong with the time coordinate.
    """
    name, coordinate = axes.time, ds[axes.time]
    problems = Problems()
    if coordinate.size < at_least:
        problems.add(
            message(
                f"at least {at_least} time steps",
                f"{coordinate.size} in {name!r}",
                "select a longer period",
            )
        )
    if not is_dates(coordinate):
        problems.add(_no_dates(ds, name))
    else:
        _check_dates(coordinate.to_index(), name, problems)
    problems.raise_if_any(InputError)


def require_dates(ds: xr.Dataset, name: str) -> None:
    """Raise an InputError unless a time coordinate has dates, in any order."""
    if not is_dates(ds[name]):
        raise InputError(_no_dates(ds, name))


def _no_dates(ds: xr.Dataset, name: str) -> str:
    return message(
        f"dates in the time coordinate {name!r} (datetime64 or cftime)",
        _describe(ds[name]),
        dates_remedy(ds, name),
    )


def time_runs(time: npt.ArrayLike, step: float | None = None) -> npt.NDArray[np.int64]:
    """Split time into runs without a gap.

    The step of the data is the median difference of neighbours; more than 1.5 steps are a gap.

    Parameters
    ----------
    time : array, DataArray or Index of shape (T,)
        Dates in ascending order: datetime64 or cftime objects.
    step : float, optional
        The step of the data in seconds, where it is known: one month of every year has none itself.

    Returns
    -------
    array of shape (R, 2)
        Start and stop (exclusive) of each of the R runs, as positions in `time`.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.array(["2000-01-01", "2000-01-02", "2000-01-05"], dtype="datetime64[D]")
    >>> time_runs(days).tolist()
    [[0, 2], [2, 3]]
    """
    since = seconds(time)
    if since.size == 0:
        return np.empty((0, 2), dtype=np.int64)
    step = typical_step(since) if step is None else step
    gaps = np.flatnonzero(np.diff(since) > 1.5 * step) + 1
    edges = np.concatenate([[0], gaps, [since.size]]).astype(np.int64)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def run_of(time: npt.ArrayLike, step: float | None = None) -> npt.NDArray[np.int64]:
    """Number of the run without a gap in which each of T times lies, shape (T,)."""
    runs = time_runs(time, step)
    return np.repeat(np.arange(len(runs)), runs[:, 1] - runs[:, 0])


def seconds(time: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Seconds since the first of T times, shape (T,); datetime64 or any CF calendar."""
    values = np.asarray(time)
    since = values - values[:1]
    if since.dtype == object:  # cftime gives datetime.timedelta
        return np.array([delta.total_seconds() for delta in since], dtype=np.float64)
    exact: npt.NDArray[np.float64] = since / np.timedelta64(1, "s")
    return exact


def typical_step(values: npt.NDArray[np.float64]) -> float:
    """Lower median of the differences between neighbours; 0 for fewer than two values.

    Of an even number the lower one, so that of a day and three days the day is taken.
    """
    steps = np.diff(values)
    return float(np.quantile(steps, 0.5, method="lower")) if steps.size else 0.0


def _check_dates(index: pd.Index, name: str, problems: Problems) -> None:
    """Add what is wrong with the dates of a time coordinate: missing, repeated, unsorted."""
    if missing := int(index.isna().sum()):
        problems.add(
            message(
                f"a date for every step of {name!r}",
                f"{missing} missing (NaT)",
                f"drop these steps: ds.isel({name}=ds[{name!r}].notnull())",
            )
        )
    dates = index[~index.isna()]
    if not dates.is_unique:
        twice = dates[dates.duplicated()].unique()
        problems.add(
            message(
                f"each date of {name!r} once",
                f"{len(twice)} of them more than once: {', '.join(map(str, twice[:3]))}",
                f"keep the first of each: ds.drop_duplicates({name!r})",
            )
        )
    if not dates.is_monotonic_increasing:
        problems.add(
            message(
                f"{name!r} in ascending order",
                "dates that go back",
                f"sort them: ds.sortby({name!r})",
            )
        )


def _describe(coordinate: xr.DataArray) -> str:
    """Dtype and, where there are any, units of a coordinate."""
    units = coordinate.attrs.get("units")
    return f"dtype {coordinate.dtype}" + (f" with units {units!r}" if units else "")
