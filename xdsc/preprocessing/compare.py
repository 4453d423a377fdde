"""Whether another Dataset goes with the fitted one: the same grid, the same units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, Problems, message


def grid_coordinates(ds: xr.Dataset, axes: Axes) -> xr.Dataset:
    """Coordinates of the grid, those that are there."""
    names = dict.fromkeys((axes.y, axes.x, axes.latitude, axes.longitude))
    return xr.Dataset(coords={n: ds[n].variable for n in names if n in ds.variables})


def check_grid(
    ds: xr.Dataset, axes: Axes, grid: xr.Dataset, fitted: Axes, shape: tuple[int, int]
) -> None:
    """Check that a Dataset is on the fitted grid.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`.
    axes : Axes
        Axes of `ds`.
    grid : Dataset
        Coordinates of the fitted grid, from `grid_coordinates`; those that either side lacks are
        not compared.
    fitted : Axes
        Axes of the fitted Dataset, which `grid` is named by.
    shape : tuple of int
        Size (H, L) of the fitted grid, which may have no coordinates that tell.

    Raises
    ------
    InputError
        With everything that differs.
    """
    sizes = tuple(ds.sizes[dim] for dim in axes.space)
    if sizes != shape:
        raise InputError(
            message(
                f"the fitted grid of {shape[0]} × {shape[1]} ({fitted.y} × {fitted.x})",
                f"{sizes[0]} × {sizes[1]} ({axes.y} × {axes.x})",
                "interpolate to it, ds.interp_like(preprocessor.grid_)",
            )
        )
    problems = Problems()
    compared = set()
    for role in ("y", "x", "latitude", "longitude"):
        old, new = getattr(fitted, role), getattr(axes, role)
        if old not in grid.variables or new not in ds.variables or new in compared:
            continue
        compared.add(new)
        is_longitude = old == fitted.longitude
        expected, received = _values(grid[old], fitted), _values(ds[new], axes)
        if _same_places(expected, received, is_longitude):
            continue
        flipped = received.ndim == 1 and _same_places(expected, received[::-1], is_longitude)
        was, now = (f"{x.flat[0]:g} to {x.flat[-1]:g}" for x in (expected, received))
        problems.add(
            message(
                f"{new!r} from {was}, as fitted",
                "other values between" if was == now else now,
                f"turn it round, ds.isel({new}=slice(None, None, -1))"
                if flipped
                else "interpolate to the fitted grid, ds.interp_like(preprocessor.grid_)",
            )
        )
    problems.raise_if_any(InputError)


def check_units(ds: xr.Dataset, fitted: Mapping[str, str | None]) -> None:
    """Check that variables have the fitted units, where both are known.

    Parameters
    ----------
    ds : Dataset
        Data with some or all of the variables.
    fitted : mapping of str to str or None
        Units of each fitted variable, None where it had none.

    Raises
    ------
    InputError
        With every variable that is in other units.
    """
    problems = Problems()
    for name, expected in fitted.items():
        received = ds[name].attrs.get("units") if name in ds else None
        if received and expected and _differ(received, expected):
            problems.add(
                message(
                    f"{name!r} in {expected!r}, as fitted",
                    f"{received!r}",
                    "convert the values and set ds[...].attrs['units'], e.g. with pint-xarray",
                )
            )
    problems.raise_if_any(InputError)


def _values(coordinate: xr.DataArray, axes: Axes) -> npt.NDArray[Any]:
    """Values of a coordinate of the grid, (H,), (L,) or (H, L)."""
    return coordinate.transpose(*(dim for dim in axes.space if dim in coordinate.dims)).values


def _same_places(a: npt.NDArray[Any], b: npt.NDArray[Any], is_longitude: bool) -> bool:
    """Whether coordinates agree to a hundredth of the grid spacing; longitudes modulo 360."""
    if a.shape != b.shape or a.dtype.kind not in "iuf" or b.dtype.kind not in "iuf":
        return bool(np.array_equal(a, b))
    steps = [np.abs(np.diff(a, axis=i)) for i in range(a.ndim) if a.shape[i] > 1]
    spacing = max((np.nanmedian(step) for step in steps), default=1.0)
    apart = np.asarray(a, float) - b
    if is_longitude:
        apart = (apart + 180) % 360 - 180
    # Ocean grids have coordinates that are missing over land.
    unknown = np.isnan(a) & np.isnan(b)
    return bool(np.all(unknown | (np.abs(apart) <= 0.01 * spacing)))


def _differ(unit: str, other: str) -> bool:
    """Whether two units are known to be different; "K" and "kelvin" are not."""
    if unit == other:
        return False
    from cf_xarray.units import units
    from pint import DimensionalityError

    try:
        return not all(
            np.isclose(units.Quantity(x, unit).to(other).magnitude, x) for x in (0.0, 1.0)
        )
    except DimensionalityError:
        return True
    except Exception:  # pint raises many things on what it cannot read: no proof, no error
        return False
