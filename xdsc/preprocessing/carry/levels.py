"""The pressure that a field is at, so that no other level is taken for the fitted one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import xarray as xr

from xdsc.cf.axes.coordinates import said
from xdsc.cf.units import Conversion, conversion, unit_of
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


def at_pressure(
    sel: Mapping[str, Any] | None, ds: xr.Dataset, fitted: float | None
) -> Mapping[str, Any] | None:
    """A selection of a level, in the units that another Dataset gives its levels in.

    Parameters
    ----------
    sel : mapping or None
        That of the fit, as JSON.
    ds : Dataset
        The other one.
    fitted : float or None
        Pressure of the level that was selected in hPa, where it is known.

    Returns
    -------
    mapping or None
        With the fitted pressure wherever `ds` has pressures; else what was passed.

    Examples
    --------
    >>> other = xr.Dataset(coords={"plev": ("plev", [85000.0, 50000.0], {"units": "Pa"})})
    >>> at_pressure({"plev": 500}, other, 500.0)
    {'plev': 50000.0}
    """
    if not sel or fitted is None:
        return sel
    found = dict(sel)
    for key, value in sel.items():
        to_hpa = _to_hpa(ds[key]) if key in ds.coords else None
        if to_hpa is not None:
            level = to_hpa.inverse()(fitted)
            # A list or a slice, which held one level, kept its dimension.
            found[key] = level if isinstance(value, int | float) else [level]
    return found


def _pressures(field: xr.DataArray) -> dict[str, float]:
    """Coordinates of one value that are pressures -> hPa."""
    found = {}
    for name, coordinate in field.coords.items():
        to_hpa = _to_hpa(coordinate) if coordinate.size == 1 else None
        if to_hpa is not None:
            found[str(name)] = to_hpa(float(coordinate.values.item()))
    return {name: pressure for name, pressure in found.items() if math.isfinite(pressure)}


def _to_hpa(coordinate: xr.DataArray) -> Conversion | None:
    """From the units of a coordinate of pressures to hPa; None for any other."""
    unit = unit_of(coordinate.attrs)
    # A reference pressure of hybrid levels has a standard name of its own.
    level = said(coordinate, "standard_name") in ("", "air_pressure")
    if coordinate.dtype.kind not in "iuf" or not level:
        return None
    if unit is None or not _PRESSURE.search(unit):
        return None
    try:
        return conversion(unit, "hPa")
    except XdscError:
        return None
