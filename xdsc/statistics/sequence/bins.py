"""Labels of bins of time, which the time steps of a bin share by construction."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from xdsc.errors import InputError
from xdsc.labels import preparation_of
from xdsc.preprocessing.steps.resampling import Resample
from xdsc.statistics.sequence.series import Integers, LabelSeries


def one_a_bin(series: LabelSeries) -> LabelSeries:
    """The label of each bin, where labels say that their fit had means over bins.

    Within a bin labels cannot change, which is no memory of the regimes. Labels that do are taken
    as they are, and so are those of which there is one a bin already.

    Parameters
    ----------
    series : LabelSeries
        Dated.

    Examples
    --------
    >>> import json
    >>> import xarray as xr
    >>> from xdsc.statistics.sequence.series import label_series
    >>> time = xr.date_range("2000-01-01", periods=10)
    >>> said = {"xdsc_preparation": json.dumps({"resample": "5D"})}
    >>> labels = xr.DataArray([0] * 5 + [1] * 5, {"time": time}, ("time",), attrs=said)
    >>> one_a_bin(label_series(labels)).codes.tolist()
    [[0, 1]]
    """
    freq = preparation_of(series.labels.attrs).get("resample")
    if not freq:
        return series
    bins = Resample(freq)
    with suppress(InputError):  # steps that are longer than bins, as of every tenth label
        for skipped in _beginnings(series, bins):
            later = bins.positions(series.time[skipped:])
            position = np.concatenate([np.zeros(skipped, later.dtype), later + (skipped > 0)])
            first: Integers = np.flatnonzero(np.diff(position, prepend=-1))
            codes: Integers = np.maximum.reduceat(series.codes, first, axis=1)
            if ((series.codes == codes[:, position]) | (series.codes < 0)).all():
                labels = series.labels.isel({series.labels.dims[-1]: first})
                return LabelSeries(labels, series.regimes, codes)
    return series


def _beginnings(series: LabelSeries, bins: Resample) -> list[int]:
    """Where the first whole bin may begin; of a part of a record the first one may be cut off."""
    longest = int(np.bincount(bins.positions(series.time)).max())
    changes = np.flatnonzero((np.diff(series.codes, axis=1) != 0).any(axis=0)) + 1
    return [0, *changes[:1] % longest]
