"""What composites look at: all samples, or those of each hour of the day, at each lag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import xarray as xr

from xdsc.cf.axes.coordinates import has_dates
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.statistics.fields.in_time import Integers, LabelledSamples
from xdsc.statistics.fields.lags import LAG, Onsets, lag_coordinate
from xdsc.statistics.fields.moments import along
from xdsc.statistics.sequence.series import Floats

Part: TypeAlias = Literal["hour"]

#: Name of the dimension of hours.
HOUR = "hour"


@dataclass(frozen=True)
class Look:
    """The samples of one hour of the day, or all of them.

    Attributes
    ----------
    place : numpy.ndarray of int, shape (N,), or None
        Which ones, of all samples; None for all.
    codes : DataArray of int, (N,)
        Their regimes, -1 for none; Dask's where place is None.
    at_lags : tuple of DataArray of int, each (N,), or None
        Regimes of the events that began so long before; None without lags.
    samples : tuple of LabelledSamples
        How they lie in time, for a test, for each lag; one without lags; none without a test.
    """

    place: Integers | None
    codes: xr.DataArray
    at_lags: tuple[xr.DataArray, ...] | None = None
    samples: tuple[LabelledSamples, ...] = ()

    def of(self, values: xr.DataArray) -> xr.DataArray:
        """Values of these samples."""
        dim = self.codes.dims[0]
        return values if self.place is None else values.isel({dim: self.place})


@dataclass(frozen=True)
class Looks:
    """All looks at a labelled Dataset, and the dimensions that these give composites.

    Attributes
    ----------
    each : tuple of Look
        One for each hour; or one.
    hours : numpy.ndarray of int or None
        Hours of the day.
    lags : numpy.ndarray or None
        In days.
    onsets : Onsets or None
        With lags.
    """

    each: tuple[Look, ...]
    hours: Integers | None = None
    lags: Floats | None = None
    onsets: Onsets | None = None

    @classmethod
    def of(
        cls,
        codes: xr.DataArray,
        labels: xr.DataArray,
        k: int,
        *,
        by: Part | None,
        lags: Floats | None,
        whole_days: bool,
        tested: bool,
    ) -> Looks:
        """What is asked for.

        Parameters
        ----------
        codes : DataArray of int, (N,)
            Regimes of all samples, members one after the other.
        labels : DataArray, ([member,] time)
            With the dates of the time steps.
        k : int
            K.
        by : "hour" or None
        lags : numpy.ndarray or None
            In days.
        whole_days : bool
            Whether a label holds for all time steps of its day.
        tested : bool
            Whether there will be a test.

        Raises
        ------
        InputError
            Times are no dates, or no event has a known beginning.
        ParameterError
            A lag is no whole number of time steps.
        """
        time = labels[labels.dims[-1]]
        if by is None and lags is None:
            samples = (LabelledSamples.of(time, codes.values),) if tested else ()
            return cls((Look(None, codes, None, samples),))
        rows = np.asarray(codes.values).reshape(-1, time.size)
        onsets, at_lags = None, None
        if lags is not None:
            onsets = Onsets.of(labels, rows, k, lags, whole_days=whole_days)
            at_lags = [onsets.codes_at(lag) for lag in lags]
        if by is None:
            look = _look(codes, rows, at_lags, None, time, tested)
            if onsets is not None and lags is not None:
                look = replace(look, samples=_at_lags(look.samples, onsets, lags))
            return cls((look,), None, lags, onsets)
        if not has_dates(time, time.dims[0]):
            raise InputError(
                message(
                    f"dates along {str(time.dims[0])!r} for by='hour'",
                    "times that are none",
                    "decode them, xr.decode_cf(ds), or leave by= out",
                )
            )
        hour_of = np.asarray(time.dt.hour.values, dtype=np.intp)
        wanted = np.any([(row >= 0).any(axis=0) for row in (rows, *(at_lags or ()))], axis=0)
        hours = np.unique(hour_of[wanted])
        each = [
            _look(codes, rows, at_lags, np.flatnonzero(hour_of == hour), time, tested)
            for hour in hours
        ]
        return cls(tuple(each), hours, lags, onsets)

    def coordinates(self) -> dict[str, xr.Variable]:
        """Those of hours and lags, in the order of their dimensions."""
        found = {}
        if self.lags is not None:
            found[LAG] = lag_coordinate(self.lags)
        if self.hours is not None:
            found[HOUR] = xr.Variable((HOUR,), self.hours, {"long_name": "hour of the day"})
        return found

    def counts(self, k: int) -> dict[str, xr.Variable]:
        """Numbers of samples, (cluster, [lag, hour]), and of events, of each of K regimes."""
        lagged, dims = self.lags is not None, (CLUSTER, *self.coordinates())
        rows = [[look.codes] if look.at_lags is None else look.at_lags for look in self.each]
        table = np.stack([np.stack([_count(row, k) for row in of], -1) for of in rows], -1)
        n_frames = table[:, slice(None) if lagged else 0]
        n_frames = n_frames if self.hours is not None else n_frames[..., 0]
        text = {"long_name": "number of time steps", "units": "1"}
        found = {"n_frames": xr.Variable(dims, n_frames, text)}
        if self.onsets is not None:
            return found | self.onsets.counts()
        share = n_frames / n_frames.sum(axis=0)
        text = {"long_name": "fraction of the labelled time steps", "units": "1"}
        return found | {"frequency": xr.Variable(dims, share, text)}

    def joined(self, parts: Sequence[Sequence[dict[str, xr.DataArray]]]) -> dict[str, xr.DataArray]:
        """Parts of one variable for each hour and each lag, by name, as one each."""
        new = self.coordinates()
        by_hour = [_concat(of_lags, new.get(LAG)) for of_lags in parts]
        found = _concat(by_hour, new.get(HOUR))
        return {
            name: part.transpose(*(dim for dim in (CLUSTER, *new) if dim in part.dims), ...)
            for name, part in found.items()
        }


def _look(
    codes: xr.DataArray,
    rows: Integers,
    at_lags: Sequence[Integers] | None,
    steps: Integers | None,
    time: xr.DataArray,
    tested: bool,
) -> Look:
    """The samples of some time steps, of all members."""
    chosen = np.arange(time.size) if steps is None else steps

    def row(values: Integers) -> xr.DataArray:
        return xr.DataArray(values[:, chosen].ravel(), dims=codes.dims)

    place = (np.arange(len(rows))[:, None] * time.size + chosen).ravel()
    return Look(
        None if steps is None else place,
        row(rows),
        None if at_lags is None else tuple(map(row, at_lags)),
        (LabelledSamples.of(time[chosen], rows[:, chosen]),) if tested else (),
    )


def _at_lags(
    samples: tuple[LabelledSamples, ...], onsets: Onsets, lags: Floats
) -> tuple[LabelledSamples, ...]:
    """Samples of which that is looked at which comes so long after them, for each lag."""
    return tuple(
        replace(one, place=onsets.places_at(lag, one.place)) for one in samples for lag in lags
    )


def _count(codes: xr.DataArray, k: int) -> Any:
    """Number of samples of each regime, (K,); Dask's where the codes are."""
    return (codes.data[:, None] == np.arange(k)).sum(axis=0)


def _concat(
    parts: Sequence[dict[str, xr.DataArray]], coordinate: xr.Variable | None
) -> dict[str, xr.DataArray]:
    """Parts one after the other along a new dimension; the one that there is without it.

    What is the same for all lags, a threshold, stays as it is.
    """
    if coordinate is None:
        return parts[0]
    found = {}
    for name, first in parts[0].items():
        if coordinate.dims == (LAG,) and name == "_threshold":
            found[name] = first
            continue
        found[name] = along([part[name] for part in parts], str(coordinate.dims[0]))
    return found


def check_room(ds: xr.Dataset, dims: Sequence[str]) -> None:
    """Raise where composites would get a dimension that the Dataset has already."""
    if clash := [dim for dim in dims if dim in ds.dims or dim in ds.variables]:
        raise InputError(
            message(
                f"a free name for the dimension {clash[0]!r} of composites",
                "a Dataset that already has one",
                f"rename it, ds.rename({clash[0]}='...')",
            )
        )


def check_interplay(by: Any, lags: Any, significance: Any, align: Any) -> None:
    """Raise `ParameterError` where arguments do not go together."""
    if by is not None and by not in get_args(Part):
        raise ParameterError(message("by='hour' or None", f"{by!r}", "choose one of them"))
    given = {"by": by, "align": align}
    besides = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if lags is not None and significance is not None and besides:
        raise ParameterError(
            message(
                "significance= with lag= of labels that hold for one time step each",
                f"{' and '.join(besides)} besides",
                "average the data to the steps of the labels, ds.resample(time='1D').mean(), and "
                "leave by= and align= out",
            )
        )
