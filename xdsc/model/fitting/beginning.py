"""Labels that a fit begins with, at the frames that it looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf.axes.coordinates import index_along
from xdsc.errors import InputError, ParameterError, message
from xdsc.labels import CLUSTER, NO_LABEL, no_regime_of
from xdsc.methods import METHODS
from xdsc.methods.base import ClusteringMethod
from xdsc.preprocessing import Prepared
from xdsc.statistics.matching.matching import Labeller, labels_by
from xdsc.statistics.sequence.pairing import second_series, shared_places
from xdsc.statistics.sequence.series import LabelSeries, label_series


def check_begins(method: ClusteringMethod, name: str) -> None:
    """Raise `ParameterError` where a method has no use for labels to begin with."""
    if not method.begins_with_labels:
        able = [row for row, found in METHODS.items() if found.load().begins_with_labels]
        raise ParameterError(
            message(
                f"a method that begins with labels, {', '.join(able)}, for init=",
                f"method={name!r}",
                "choose one of them, or leave init= out",
            )
        )


def labels_to_begin_with(
    given: Any, ds: xr.Dataset, prepared: Prepared, k: int | None
) -> npt.NDArray[np.intp]:
    """The cluster that each sample begins in, (samples,); -1 where that is not said.

    Parameters
    ----------
    given : Dataset, DataArray, pandas.Series, str, array-like or ClusterModel
        Labels, at some time steps of `ds`.
    ds : Dataset
        To be fitted.
    prepared : Prepared
        The same, prepared.
    k : int or None
        K, where it is known.

    Raises
    ------
    InputError, ParameterError
        They are no labels of `ds`, or not of K regimes.
    """
    samples, time = prepared.axes.samples, prepared.axes.time
    if isinstance(given, Labeller):
        given = labels_by(given, ds)
    shape = [ds.sizes[dim] for dim in samples]
    nothing = xr.DataArray(np.zeros(shape, np.intp), dims=samples)
    plain = nothing.assign_coords({dim: ds[dim] for dim in samples if dim in ds.coords})
    if isinstance(given, str):
        series = label_series(ds, given, time)
    else:
        series = second_series(plain, given, CLUSTER, None)
    codes = _on(series, plain)
    none = no_regime_of(series.labels.attrs)
    codes = np.where((codes >= 0) & (series.regimes == none)[codes], NO_LABEL, codes)
    found = prepared.codes(codes.reshape(shape))
    known, places = np.unique(found[found >= 0], return_inverse=True)
    if k is not None and len(known) != k:
        regimes = series.regimes[known].tolist()
        raise ParameterError(
            message(
                f"labels of {k} regimes for init=, as k= says",
                f"{len(known)} at the time steps of the fit, {regimes}",
                f"pass k={len(known)}, or labels of {k}",
            )
        )
    begin = np.full(found.shape, NO_LABEL, dtype=np.intp)
    begin[found >= 0] = places
    return begin


def _on(series: LabelSeries, wanted: xr.DataArray) -> npt.NDArray[np.intp]:
    """Codes of labels at the samples that are wanted, (M, T); -1 where they have none."""
    labels = series.labels
    if labels.ndim != wanted.ndim:
        raise InputError(
            message(
                f"labels with the dimensions {wanted.dims} for init=",
                f"{labels.dims}",
                "select the same members in both",
            )
        )
    codes = series.codes.reshape(labels.shape)
    for axis, (own, dim) in enumerate(zip(labels.dims, wanted.dims, strict=True)):
        mine, theirs = index_along(wanted, dim), index_along(labels, own)
        if mine is None or theirs is None:
            _check_size(codes.shape[axis], wanted.sizes[dim], str(dim))
            continue
        place, there = shared_places(mine, theirs)
        if not place.size:
            raise _nothing_shared(mine, theirs, str(dim))
        shape = [*codes.shape]
        shape[axis] = wanted.sizes[dim]
        found = np.full(shape, NO_LABEL, dtype=np.intp)
        at: list[Any] = [slice(None)] * codes.ndim
        at[axis] = place
        found[tuple(at)] = codes.take(there, axis)
        codes = found
    return codes.reshape(-1, wanted.shape[-1])


def _check_size(received: int, expected: int, dim: str) -> None:
    if received != expected:
        raise InputError(
            message(
                f"labels for init= with coordinates along {dim!r}, or {expected} of them",
                f"{received}",
                "give them their dates",
            )
        )


def _nothing_shared(mine: pd.Index, theirs: pd.Index, dim: str) -> InputError:
    return InputError(
        message(
            f"labels for init= that share values of {dim!r} with the Dataset",
            f"{theirs[0]} to {theirs[-1]}, where the Dataset has {mine[0]} to {mine[-1]}",
            "pass labels of these time steps; of others, label the Dataset with a model of them, "
            "init=model",
        )
    )
