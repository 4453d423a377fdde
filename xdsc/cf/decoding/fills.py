"""Values that stand for missing ones, found before anything is made of a variable."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf.decoding.sentinels import HUGE, Ends, Told, far_off, filled_with, inner_ends
from xdsc.errors import InputError

# In a chunk of fewer values none is far from the others.
_FEW = 8


def require_no_fills(
    variable: xr.DataArray, typed: str | None = None, *, huge: bool = True
) -> xr.DataArray:
    """A variable of which no value stands for a missing one; Dask's data are looked at when read.

    Of data in memory all values are compared with each other; of Dask's those of each chunk, of
    which fewer numbers are taken for a missing value.

    Parameters
    ----------
    variable : DataArray
        Not yet averaged or interpolated; others than numbers are left alone.
    typed : str, optional
        What the user has called it, by default its name in ``ds``.
    huge : bool, default True
        Whether magnitudes beyond any quantity, infinite ones too, count; otherwise they are left to
        those who take them for missing values.

    Returns
    -------
    DataArray
        The same.

    Raises
    ------
    InputError
        There are such values: at once, or when Dask's data are computed.
    """
    if variable.dtype.kind not in "iuf":
        return variable
    told, typed = Told.of(variable), typed or f"ds[{variable.name!r}]"
    if variable.chunks is None:
        _require(variable.values, variable.name, told, typed, whole=True, huge=huge)
        return variable
    return variable.copy(
        data=variable.data.map_blocks(
            _require,
            # Not `name`, which is Dask's own word.
            of=variable.name,
            told=told,
            typed=typed,
            whole=False,
            huge=huge,
            dtype=variable.dtype,
            meta=variable.data._meta,
        )
    )


def _require(
    values: npt.NDArray[Any], of: Hashable, told: Told, typed: str, *, whole: bool, huge: bool
) -> npt.NDArray[Any]:
    """The values, or an error."""
    if values.size:
        low, high, *inner = map(float, inner_ends(values))
        extremes, least = (low, high), np.inf if huge else HUGE
        if max(-low, high) >= least:  # which would hide other fills
            others = np.where(abs(values) < least, values, np.nan)
            low, high, *inner = map(float, inner_ends(others))
        text = filled_with(of, told.dtype, low, high)
        if whole or values.size >= _FEW:
            text = text or far_off(of, Ends(low, high, *inner), told, whole=whole)
        if huge:
            text = text or filled_with(of, told.dtype, *extremes)
        if text:
            raise InputError(text.replace(f"ds[{of!r}]", typed))
    return values
