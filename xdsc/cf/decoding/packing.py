"""Whether a variable holds values, or what a file packs them in."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdsc.cf.decoding.sentinels import numbers_in
from xdsc.errors import InputError, message, warn_user

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
    packed = [key for key, neutral in _NEUTRAL.items() if {*numbers_in(attrs, key)} - {neutral}]
    packed += ["_Unsigned"] * (str(attrs.get("_Unsigned", "")).lower() == "true")
    fills = [key for key in _FILLS if _has_any(variable, {*numbers_in(attrs, key)})]
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
