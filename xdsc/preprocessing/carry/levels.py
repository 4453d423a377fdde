"""The pressure that a field is at, so that no other level is taken for the fitted one."""

from __future__ import annotations

import math
import re
from contextlib import suppress

import xarray as xr

from xdsc.cf.axes.coordinates import said
from xdsc.cf.units import conversion, unit_of
from xdsc.errors import InputError, XdscError, message

# Other units need not be read to know that they are none of pressure.
_PRESSURE = re.compile(r"(pa|pascals?|mb|bars?)\s*$", re.IGNORECASE)
# Levels are further apart, and what single precision loses of them is less.
_SAME = 1e-3


def pressure_of(field: xr.DataArray) -> float | None:
    """Pressure in hPa of a field on a single level.

    Parameters
    ----------
    field : DataArray
        With coordinates; of its values none is read.

    Returns
    -------
    float or None
        None where no coordinate of one value says it in units of pressure, or several do.

    Examples
    --------
    >>> level = xr.DataArray(50000.0, attrs={"units": "Pa"})
    >>> pressure_of(xr.DataArray(0.0, coords={"plev": level}))
    500.0
    """
    found = [*_pressures(field).values()]
    return found[0] if len(found) == 1 else None


def check_level(field: xr.DataArray, fitted: float | None) -> None:
    """Raise an `InputError` for a field at another pressure than the fitted one, in hPa."""
    there = pressure_of(field)
    if fitted is None or there is None or math.isclose(there, fitted, rel_tol=_SAME):
        return
    (name,) = _pressures(field)
    raise InputError(
        message(
            f"{field.name!r} at {fitted:g} hPa, as fitted",
            f"{name!r} of {there:g} hPa",
            f"select the fitted level; or, if this field is at another height than {name!r} says, "
            f"ds.drop_vars({name!r})",
        )
    )


def _pressures(field: xr.DataArray) -> dict[str, float]:
    """Coordinates of one value that are pressures -> hPa."""
    found = {}
    for name, coordinate in field.coords.items():
        unit = unit_of(coordinate.attrs)
        # A reference pressure of hybrid levels has a standard name of its own.
        level = said(coordinate, "standard_name") in ("", "air_pressure")
        if coordinate.size != 1 or coordinate.dtype.kind not in "iuf" or not level:
            continue
        if unit is not None and _PRESSURE.search(unit):
            with suppress(XdscError):
                found[str(name)] = conversion(unit, "hPa")(float(coordinate.values.item()))
    return {name: pressure for name, pressure in found.items() if math.isfinite(pressure)}
