"""Whether a variable holds values, or what a file packs them in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message, warn_user

#: No quantity of any unit has such a magnitude; netCDF's default fill, 9.96921e36, has.
HUGE = 1e30

# What netCDF fills integers with where no attribute says so. Bytes are left alone: 255 is a value.
_INTEGER_FILLS = {
    "int16": -32767,
    "uint16": 65535,
    "int32": -2147483647,
    "uint32": 4294967295,
    "int64": -9223372036854775806,
    "uint64": 18446744073709551614,
}
# What climate models are filled with.
_CMIP_FILL = 1e20
_FILLS = ("_FillValue", "missing_value")
# Packing that changes nothing.
_NEUTRAL = {"scale_factor": 1.0, "add_offset": 0.0}


def check_decoded(variable: xr.DataArray) -> None:
    """Check that a variable was decoded; xarray moves what it has applied to `encoding`.

    Data that are not in memory are not read: of these the attributes decide.

    Parameters
    ----------
    variable : DataArray
        Numbers, with its attributes.

    Raises
    ------
    InputError
        Its attributes name a fill value that it has, or a packing of whole numbers.

    Warns
    -----
    XdscWarning
        They name a packing, but the values are no whole numbers.

    References
    ----------
    CF conventions 1.11, Sections 2.5.1 and 8.1.
    """
    name, attrs = variable.name, variable.attrs
    packed = [key for key, neutral in _NEUTRAL.items() if _numbers(attrs, key) - {neutral}]
    packed += ["_Unsigned"] * (str(attrs.get("_Unsigned", "")).lower() == "true")
    fills = [key for key in _FILLS if _has_any(variable, _numbers(attrs, key))]
    if fills or (packed and _is_whole(variable)):
        said = ", ".join(f"{key}={attrs[key]}" for key in [*fills, *packed])
        raise InputError(
            message(
                f"decoded values in {name!r}",
                f"values as a file packs them, with the attributes {said}",
                "open the data with mask_and_scale=True, or decode them, ds = xr.decode_cf(ds)",
            )
        )
    if packed:
        said = ", ".join(f"{key}={attrs[key]}" for key in packed)
        text = message(
            f"attributes of decoded values in {name!r}",
            f"{said}, which are taken as applied already",
            f"drop them, del ds[{name!r}].attrs[{packed[0]!r}], or decode the data with "
            "xr.decode_cf(ds)",
        )
        warn_user(text)


def filled_with(name: Hashable, dtype: np.dtype[Any], low: float, high: float) -> str | None:
    """What to do about a variable whose lowest or highest value is a fill value; None if it is not.

    Parameters
    ----------
    name : str
        Of the variable.
    dtype : dtype
        Of its data.
    low, high : float
        Its lowest and highest value.

    Returns
    -------
    str or None
        The value, and the line of code that makes it missing.
    """
    for value in (low, high):
        if np.isinf(value):
            return message(
                f"finite values in {name!r}",
                "inf",
                f"make them missing, ds[{name!r}] = ds[{name!r}].where(np.isfinite(ds[{name!r}]))",
            )
        if abs(value) >= HUGE:
            return message(
                f"values that a quantity can have in {name!r}",
                f"{value:g}, as fill values are",
                f"make them missing, ds[{name!r}] = ds[{name!r}].where(abs(ds[{name!r}]) < 1e30)",
            )
    if high in (_CMIP_FILL, float(np.float32(_CMIP_FILL))):
        return message(
            f"values that a quantity can have in {name!r}",
            "1e20, which climate models write where a value is missing",
            f"make it missing, ds[{name!r}] = ds[{name!r}].where(ds[{name!r}] < 1e20)",
        )
    fill = _INTEGER_FILLS.get(dtype.name)
    if fill is not None and fill in (low, high):
        return message(
            f"values that a quantity can have in {name!r}",
            f"{fill}, which netCDF fills {dtype.name} with",
            f"make it missing, ds[{name!r}] = ds[{name!r}].where(ds[{name!r}] != {fill})",
        )
    return None


def _numbers(attrs: Mapping[Any, Any], key: str) -> set[float]:
    """The numbers that an attribute holds, NaN apart."""
    try:
        found = np.atleast_1d(np.asarray(attrs.get(key, []), dtype=float)).ravel()
    except (TypeError, ValueError):
        return set()
    return set(found[~np.isnan(found)].tolist())


def _has_any(variable: xr.DataArray, values: set[float]) -> bool:
    """Whether any of some values occurs; taken for granted where that cannot be seen."""
    if variable.dtype.kind in "iu":
        limits = np.iinfo(variable.dtype)
        values = {value for value in values if limits.min <= value <= limits.max}
    if not values or not variable.variable._in_memory:
        return bool(values)
    # In the precision of the data, in which 1e20 is not what Python says.
    with np.errstate(over="ignore"):
        wanted = np.array(sorted(values)).astype(variable.dtype)
    return bool(np.isin(variable.values, wanted).any())


def _is_whole(variable: xr.DataArray) -> bool:
    """Whether values are whole numbers, as packed ones are; not of floats that are not there."""
    if variable.dtype.kind in "iu":
        return True
    if not variable.variable._in_memory:
        return False
    values = variable.values[np.isfinite(variable.values)]
    return bool(values.size and (values % 1 == 0).all())
