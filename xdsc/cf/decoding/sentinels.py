"""Numbers that stand for missing values without a word of CF, and ranges that attributes give."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import message

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

#: What archives write where a value is missing: models, GrADS, satellites, stations, whole numbers.
SENTINELS = np.array(
    [
        *(-99, -99.9, -99.99, -999, -999.9, -999.99, -9999, -9999.9, -9999.99, -99999, -999999),
        *(-888, -8888, -9.99e8, -1e10, 999, 999.9, 9999, 9999.9, 99999, 999999, 1e10, 1e15),
        *(9.999e20, 1e20, 32767, -32767, -32768, 65535, -2147483648, 2147483647, 127, -128, 255),
    ]
)
# Of bytes alone: to others they are numbers as any.
_OF_BYTES = (127, -128, 255)
# Where all other values are 0 and more.
_NEGATIVE = (-999, -9999, -99999, -32768, -32767)
# A sentinel is further from all other values than this share of itself, and in a part of the data
# than so many times the range of these; there none between these ends is one.
_LEAST_SHARE, _IN_PART = 0.1, 4.0
_LIKELY = (-888.0, 9999.0)
# Attributes that no convention knows, and xarray does not apply.
_UNOFFICIAL = {
    *("fill_value", "fillvalue", "fill", "missing", "missing_data", "missingvalue", "code_missing"),
    *("nodata", "no_data", "nodatavals", "no_data_value", "nodata_value", "grib_missingvalue"),
    *("undef", "undefined", "bad_value", "bad_flag"),
}


@dataclass(frozen=True)
class Told:
    """What a variable's attributes tell of its values.

    Attributes
    ----------
    dtype : dtype
        Of its data.
    fills : frozenset of float
        Values that attributes of no convention name as missing.
    valid : (float, float)
        Lowest and highest valid value, infinite where none is given.
    """

    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(float))
    fills: frozenset[float] = frozenset()
    valid: tuple[float, float] = (-np.inf, np.inf)

    @classmethod
    def of(cls, variable: xr.DataArray) -> Told:
        """What is told of a variable."""
        attrs = variable.attrs
        named = [key for key in attrs if str(key).lower() in _UNOFFICIAL]
        fills = {value for key in named for value in numbers_in(attrs, key)}
        return cls(variable.dtype, frozenset(fills), _valid_range(variable))


@dataclass(frozen=True)
class Ends:
    """Lowest and highest value of a variable, and those without any of the `SENTINELS`."""

    low: float
    high: float
    inner_low: float
    inner_high: float

    def fill(self, told: Told, *, whole: bool = True) -> float | None:
        """The value at an end that stands for a missing one; None where there is none.

        One that attributes name, or a sentinel that is further from all other values than these
        are from each other, and than a share of itself: 99999 is a pressure beside 100100. In a
        part of a variable that is not `whole` the others say less, and it has to be further, and
        to be none that is near what quantities have.
        """
        span = self.inner_high - self.inner_low
        for value, inner in ((self.low, self.inner_low), (self.high, self.inner_high)):
            if any(value == _in_precision(fill, told.dtype) for fill in told.fills):
                return value
            if value == inner or not np.isfinite(value - inner):
                continue
            if value in _OF_BYTES and told.dtype.name not in ("int8", "uint8"):
                continue
            if not whole and _LIKELY[0] < value < _LIKELY[1]:
                continue
            apart = max(span if whole else _IN_PART * span, _LEAST_SHARE * abs(value))
            if abs(value - inner) > apart or (value in _NEGATIVE and self.inner_low >= 0):
                return value
        return None


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


def far_off(name: Hashable, ends: Ends, told: Told, *, whole: bool = True) -> str | None:
    """What to do about a value at an end that stands for a missing one; None where there is none.

    See `Ends.fill`.
    """
    value = ends.fill(told, whole=whole)
    if value is None:
        return None
    return message(
        f"values that a quantity can have in {name!r}",
        f"{value:g}, which is far from all others or which attributes name as missing",
        f"make it missing, ds[{name!r}] = ds[{name!r}].where(ds[{name!r}] != {value!r})",
    )


def beyond_valid(name: Hashable, low: float, high: float, told: Told) -> str | None:
    """What to tell of values that ``valid_min``, ``valid_max`` or ``valid_range`` exclude."""
    least, most = told.valid
    slack = 1e-6 * max(abs(value) for value in (low, high, 1e-30))
    if low >= least - slack and high <= most + slack:
        return None
    kept = [f"(ds[{name!r}] >= {least:g})"] * bool(np.isfinite(least))
    kept += [f"(ds[{name!r}] <= {most:g})"] * bool(np.isfinite(most))
    return message(
        f"values of {name!r} from {least:g} to {most:g}, which its attributes name as valid",
        f"some from {low:g} to {high:g}",
        f"make others missing, ds[{name!r}] = ds[{name!r}].where({' & '.join(kept)}), or drop the "
        "attributes where they are wrong",
    )


def inner_ends(values: npt.NDArray[Any]) -> tuple[Any, Any, Any, Any]:
    """Lowest and highest value, and those without sentinels; NaN where there are none."""
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    # In the precision of floats; whole numbers are compared as they are.
    with np.errstate(over="ignore"):  # half precision knows no 1e20
        sentinels = SENTINELS.astype(values.dtype) if values.dtype.kind == "f" else SENTINELS
    sentinels = sentinels[np.isfinite(sentinels)]
    if not np.isin([low, high], sentinels).any():
        return low, high, low, high
    others = values[~np.isin(values, sentinels)]
    if not others.size:
        return low, high, np.float32(np.nan), np.float32(np.nan)
    return low, high, np.fmin.reduce(others), np.fmax.reduce(others)


def numbers_in(attrs: Mapping[Any, Any], key: str) -> list[float]:
    """The numbers that an attribute holds, NaN apart; none where it holds others."""
    try:
        found = np.atleast_1d(np.asarray(attrs.get(key, []), dtype=float)).ravel()
    except (TypeError, ValueError):
        return []
    return [value for value in found.tolist() if not np.isnan(value)]


def _valid_range(variable: xr.DataArray) -> tuple[float, float]:
    """Lowest and highest valid value, unpacked; infinite where none is given."""
    attrs = variable.attrs
    both = numbers_in(attrs, "valid_range")
    ends = (
        (both[:1] if len(both) == 2 else numbers_in(attrs, "valid_min"), -np.inf),
        (both[1:] if len(both) == 2 else numbers_in(attrs, "valid_max"), np.inf),
    )
    low, high = (found[0] if len(found) == 1 else nothing for found, nothing in ends)
    keys = [key for key in ("valid_range", "valid_min", "valid_max") if key in attrs]
    if any(np.asarray(attrs[key]).dtype.kind in "iu" for key in keys):
        # By CF, bounds of the type of packed data are packed as they are.
        scale, offset = (_one(variable.encoding, *pair) for pair in _PACKING)
        low, high = sorted((low * scale + offset, high * scale + offset))
    return (low, high) if low < high else (-np.inf, np.inf)


_PACKING = (("scale_factor", 1.0), ("add_offset", 0.0))


def _one(attrs: Mapping[Any, Any], key: str, otherwise: float) -> float:
    found = numbers_in(attrs, key)
    return found[0] if len(found) == 1 else otherwise


def _in_precision(value: float, dtype: np.dtype[Any]) -> float:
    """A number as data of a type have it, which are read in single precision at least."""
    with np.errstate(over="ignore"):
        return float(np.float32(value)) if dtype.name == "float32" else value
