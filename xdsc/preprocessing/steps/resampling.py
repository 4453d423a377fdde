"""Coarser time steps: means over days, months and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.errors import InputError, ParameterError, message
from xdsc.preprocessing.along_time import duration, median_step
from xdsc.preprocessing.block import BIN, TIME
from xdsc.preprocessing.steps.base import FitData, TimeStep

# Longest length of one unit in seconds. These units, unlike "W" or "B", are known in all calendars,
# and unlike "ME" they count from where a bin starts.
_LENGTHS = {
    "s": 1,
    "min": 60,
    "h": 3600,
    "D": 86400,
    "MS": 31 * 86400,
    "QS": 92 * 86400,
    "YS": 366 * 86400,
}
_FREQ = re.compile(
    r"(?P<number>[1-9]\d*)?(?:(?P<plain>s|min|h|D|MS)|(?P<anchored>QS|YS)"
    r"(?:-(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)"
)


@dataclass(eq=False)
class Resample(TimeStep):
    """Means over bins of time, in any calendar.

    A bin starts at its label; bins of days or shorter are counted from midnight of the first day of
    the data. A bin without any time step is left out, so that a season's end is a gap and not a row
    of empty frames. A cell's mean needs values at half of the bin's time steps, and a bin half as
    many steps as are usual (the median over bins); what has less is NaN.

    Parameters
    ----------
    freq : str
        Length of a bin: a number (1 may be left out) and "s", "min", "h", "D", "MS" (months), "QS"
        (quarters; "QS-DEC" for DJF, MAM, ...) or "YS" (years).

    Raises
    ------
    ParameterError
        `freq` is none of these.
    """

    freq: str

    def __post_init__(self) -> None:
        _longest(self.freq)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `resample`."""
        if given["resample"] is not None:
            cls(given["resample"])
        return dict(given)

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """None without `resample`."""
        return cls(settings["resample"]) if settings["resample"] else None

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Means over bins; lazy.

        Raises
        ------
        InputError
            Bins are shorter than the step of the data.
        """
        labels, position = self._bins(ds.indexes[TIME])
        n_steps = np.bincount(position)
        long_enough = 2 * n_steps >= np.median(n_steps)

        # Positions alone say what belongs together: the grouping never looks at calendars.
        binned = ds.drop_vars(TIME).assign_coords({BIN: (TIME, position)})
        count = binned.notnull().groupby(BIN).sum()
        mean = binned.astype(np.float64).groupby(BIN).mean()

        def finish(values: xr.DataArray) -> xr.Variable:
            old = ds[values.name]
            needed = xr.DataArray(n_steps, dims=BIN) <= 2 * count[values.name]
            kept = values.where(needed & xr.DataArray(long_enough, dims=BIN))
            data = kept.rename({BIN: TIME}).transpose(*old.dims).astype(old.dtype).variable.data
            return xr.Variable(old.dims, data, old.attrs | {"cell_methods": _with_mean(old)})

        finished = {name: finish(values) for name, values in mean.items()}
        return xr.Dataset(finished, {TIME: (TIME, labels)}, ds.attrs)

    def positions(self, time: xr.DataArray) -> npt.NDArray[np.int64]:
        """For each of T times the position of its bin; shape (T,).

        Raises
        ------
        InputError
            Bins are shorter than the step of the data.
        """
        return self._bins(time.to_index())[1]

    def _bins(self, index: pd.Index) -> tuple[pd.Index, npt.NDArray[np.int64]]:
        """Starts of the bins (B,) and for each time (T,) the position of its bin."""
        step, longest = median_step(index), _longest(self.freq)
        if step > longest:
            raise InputError(
                message(
                    f"bins at least as long as the step of the data, {duration(step)}",
                    f"resample={self.freq!r}",
                    "ask for longer ones, or leave resample out",
                )
            )
        times = xr.DataArray(np.arange(index.size), {TIME: (TIME, index)}, TIME)
        groups = times.resample({TIME: self.freq}, closed="left", label="left").groups
        # Bins are slices, as times ascend.
        starts = [group.start for group in groups.values() if isinstance(group, slice)]
        labels = type(index)(list(groups))
        if isinstance(index, pd.DatetimeIndex):
            labels = labels.as_unit(index.unit)
        sizes = np.diff([*starts, index.size])
        return labels, np.repeat(np.arange(len(starts)), sizes)


def _longest(freq: Any) -> float:
    """Greatest length of a bin in seconds."""
    match = _FREQ.fullmatch(freq) if isinstance(freq, str) else None
    if match is None:
        raise ParameterError(
            message(
                "the length of a bin, as a number and one of " + ", ".join(_LENGTHS),
                f"resample={freq!r}",
                "write '6h', '1D', '5D', '7D' for weeks, 'MS' for months, 'QS-DEC' for the seasons "
                "DJF, MAM, JJA and SON, or 'YS' for years",
            )
        )
    return int(match["number"] or 1) * _LENGTHS[match["plain"] or match["anchored"]]


def _with_mean(values: xr.DataArray) -> str:
    """CF `cell_methods` of the mean over time of these values."""
    methods = str(values.attrs.get("cell_methods", ""))
    mean = "time: mean"
    return methods if methods.endswith(mean) else f"{methods} {mean}".strip()
