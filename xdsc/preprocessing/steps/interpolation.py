"""Single gaps filled in time, between the values before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import run_of, seconds
from xdsc.errors import ParameterError, message
from xdsc.preprocessing.along_time import TIME_AXIS, along_time, missing_frames
from xdsc.preprocessing.block import TIME
from xdsc.preprocessing.steps.base import FitData, Step

# Gaps of more time steps than this are not isolated: a line through them says nothing.
_ISOLATED = 5


@dataclass(eq=False)
class Interpolate(Step):
    r"""Fill the gaps of a cell linearly in time.

    Where a value is missing at time t, with the values a and b next before and after it at times
    :math:`t_a` and :math:`t_b`,

    .. math:: v(t) = a + (b - a) \frac{t - t_a}{t_b - t_a}

    Only where a, t and b lie in one run without a gap in time and without a missing frame (no value
    of any variable) between them: such a gap says that nothing is known, and windows end there. So
    gaps at the ends of a run, missing frames, and cells that never have a value stay NaN.

    Parameters
    ----------
    limit : int or None, default None
        Most consecutive time steps of a cell that are filled; longer gaps stay whole. None fills
        any. With Dask and None, time becomes one chunk (a gap may be as long as the record) and the
        data of one variable are in memory at once; a limit lets chunks go through one by one.

    Raises
    ------
    ParameterError
        `limit` is not a whole number from 1.
    """

    limit: int | None = None

    def __post_init__(self) -> None:
        limit: Any = self.limit
        if limit is None:
            return
        whole = isinstance(limit, (int, np.integer)) and not isinstance(limit, bool)
        if not whole or limit < 1:
            raise ParameterError(
                message(
                    "a limit of 1 time step or more, or None",
                    f"limit={limit!r}",
                    "give the most consecutive missing steps that may be interpolated, limit=3",
                )
            )
        self.limit = int(limit)

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """One for single gaps, where `gaps` says so; `Fill` takes the others."""
        return cls(_ISOLATED) if settings["gaps"] == "interpolate" else None

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Fill the gaps of a block; lazy."""
        time = ds.indexes[TIME]
        since, run = (known[:, None, None] for known in (seconds(time), run_of(time)))
        missing = missing_frames(ds)

        def kernel(*arrays: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return _interpolate(*arrays, limit=self.limit)

        return ds.map(
            lambda values: along_time(kernel, values, missing, since, run, depth=self.limit),
            keep_attrs=True,
        )


def _interpolate(
    values: npt.NDArray[np.floating],
    missing: npt.NDArray[np.bool_],
    since: npt.NDArray[np.float64],
    run: npt.NDArray[np.int64],
    *,
    limit: int | None,
) -> npt.NDArray[np.floating]:
    """Fill gaps of an array ([member,] time, y, x), in memory; see `Interpolate`."""
    if values.ndim > -TIME_AXIS:
        members = zip(values, missing, strict=True)
        return np.stack([_interpolate(*m, since, run, limit=limit) for m in members])

    result = values.reshape(len(values), -1).copy()
    gone = missing[:, 0, 0]
    valid = ~np.isnan(result)
    # Masked cells and cells without a gap, nearly all of them, need no further look.
    cells = np.flatnonzero(valid.any(0) & ~(valid | gone[:, None]).all(0))
    valid = valid[:, cells]

    position = np.arange(len(values), dtype=np.int32)[:, None]
    before = np.maximum.accumulate(np.where(valid, position, -1), axis=0)
    after = np.where(valid, position, len(values))
    after = np.minimum.accumulate(after[::-1], axis=0)[::-1]
    first, last = _bounds(gone, run[:, 0, 0])
    fill = ~valid & ~gone[:, None] & (before >= first[:, None]) & (after <= last[:, None])
    if limit is not None:
        fill &= after - before <= limit + 1

    t, cell = np.nonzero(fill)
    t_a, t_b, where = before[t, cell], after[t, cell], cells[cell]
    a, b = (result[near, where].astype(np.float64) for near in (t_a, t_b))
    s = since[:, 0, 0]
    result[t, where] = a + (b - a) * ((s[t] - s[t_a]) / (s[t_b] - s[t_a]))
    return result.reshape(values.shape)


def _bounds(
    gone: npt.NDArray[np.bool_], run: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last position that may be used at each time, from runs and missing frames."""
    position = np.arange(len(run))
    starts = np.r_[True, run[1:] != run[:-1]]
    ends = np.r_[run[1:] != run[:-1], True]
    # After a missing frame its successor is the first that may be used, before it the one before.
    first = np.maximum.accumulate(np.where(gone, position + 1, np.where(starts, position, 0)))
    end = np.where(gone, position - 1, np.where(ends, position, len(run)))
    return first, np.minimum.accumulate(end[::-1])[::-1]
