"""Two labellings of the same time steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.cf.axes.coordinates import index_along
from xdsc.errors import InputError, ParameterError, message
from xdsc.statistics.sequence.series import Integers, LabelSeries, label_series

_EXACT = "%Y-%m-%dT%H:%M:%S.%f"


def second_series(
    ds: xr.Dataset | xr.DataArray, other: Any, labels: str, time: str | None
) -> LabelSeries:
    """Labels to compare with: of another Dataset, a name in `ds`, or labels themselves.

    Arrays without coordinates are those of the time steps of `ds`.
    """
    if isinstance(other, xr.Dataset):
        return label_series(other, labels, time)
    if isinstance(other, str):
        return label_series(ds, other, time)
    if isinstance(other, pd.Series | pd.DataFrame | xr.DataArray):
        return label_series(other)
    ours = label_series(ds, labels if isinstance(ds, xr.Dataset) else "cluster", time).labels
    values = np.asarray(other)
    if values.shape != ours.shape:
        raise ParameterError(
            message(
                f"labels of shape {ours.shape}, one for each time step",
                f"shape {values.shape}",
                "pass a DataArray or a pandas Series with dates, of which those are taken that "
                "both have",
            )
        )
    return label_series(xr.DataArray(values, ours.coords, ours.dims))


def shared_codes(one: LabelSeries, other: LabelSeries) -> tuple[Integers, Integers]:
    """Codes of the members and time steps that both have, as two rows of N.

    Raises
    ------
    InputError
        They share none, or have no coordinates and other sizes.
    """
    ours, theirs = one.codes, other.codes
    if one.labels.ndim != other.labels.ndim:
        raise InputError(
            message(
                "members in both labellings, or in none",
                f"the dimensions {one.labels.dims} and {other.labels.dims}",
                "select one member, labels.isel(member=0)",
            )
        )
    for axis, (dim, their_dim) in enumerate(
        zip(one.labels.dims, other.labels.dims, strict=True), 2 - one.labels.ndim
    ):
        mine, others = index_along(one.labels, dim), index_along(other.labels, their_dim)
        if mine is None or others is None:
            if ours.shape[axis] != theirs.shape[axis]:
                raise InputError(
                    message(
                        f"labels with coordinates along {dim!r}, or of the same size",
                        f"{ours.shape[axis]} and {theirs.shape[axis]}",
                        "give both their dates, or select the same time steps",
                    )
                )
            continue
        place, their_place = shared_places(mine, others)
        if not place.size:
            raise InputError(
                message(
                    f"shared values of {dim!r}",
                    f"{mine[0]} to {mine[-1]}, and {others[0]} to {others[-1]}",
                    "select what both have, or match by patterns, match(by='patterns')",
                )
            )
        ours, theirs = ours.take(place, axis), theirs.take(their_place, axis)
    return ours.ravel(), theirs.ravel()


def shared_places(one: pd.Index, other: pd.Index) -> tuple[Integers, Integers]:
    """Places of the values that both have; dates of several calendars by what is written."""
    if type(one) is not type(other) and all(hasattr(index, "strftime") for index in (one, other)):
        one, other = one.strftime(_EXACT), other.strftime(_EXACT)
    try:
        _, place, their_place = np.intersect1d(one, other, return_indices=True)
    except TypeError:  # values that have no order have no fellows either
        place = their_place = np.empty(0, dtype=np.intp)
    return place, their_place


def cross_table(ours: Integers, theirs: Integers, shape: tuple[int, int]) -> npt.NDArray[np.int_]:
    """How often each regime of one labelling meets each of the other, where both have one."""
    both = (ours >= 0) & (theirs >= 0)
    table = np.bincount(ours[both] * shape[1] + theirs[both], minlength=shape[0] * shape[1])
    return table.reshape(shape)
