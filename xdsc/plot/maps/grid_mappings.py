"""The projection that a grid was made in, from its CF grid mapping."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import text_of


def cartopy_crs() -> Any:
    """``cartopy.crs``, or None where cartopy is not installed."""
    try:
        from cartopy import crs
    except ImportError:
        return None
    return crs


def grid_mapping_of(ds: xr.Dataset, var: str) -> Mapping[Any, Any] | None:
    """Attributes of the grid mapping that a variable, or else the Dataset, names."""
    places = (ds[var].attrs, ds[var].encoding, ds.attrs)
    names: list[Hashable] = [text_of(place, "grid_mapping").split(":")[0] for place in places]
    return next((ds[name].attrs for name in names if name in ds.variables), None)


# CF names of grid mappings, and how cartopy's projections are made from their attributes.
_FROM_CF: dict[str, Callable[[Any, Callable[..., Any], Any], Any]] = {
    "rotated_latitude_longitude": lambda crs, of, globe: crs.RotatedPole(
        pole_longitude=of("grid_north_pole_longitude"),
        pole_latitude=of("grid_north_pole_latitude"),
        central_rotated_longitude=of("north_pole_grid_longitude", 0.0),
        globe=globe,
    ),
    "lambert_conformal_conic": lambda crs, of, globe: crs.LambertConformal(
        central_longitude=of("longitude_of_central_meridian"),
        central_latitude=of("latitude_of_projection_origin"),
        standard_parallels=of("standard_parallel", many=True),
        cutoff=-30 if np.mean(of("standard_parallel", many=True)) > 0 else 30,
        **_false(of),
        globe=globe,
    ),
    "albers_conical_equal_area": lambda crs, of, globe: crs.AlbersEqualArea(
        central_longitude=of("longitude_of_central_meridian"),
        central_latitude=of("latitude_of_projection_origin"),
        standard_parallels=of("standard_parallel", many=True),
        **_false(of),
        globe=globe,
    ),
    "lambert_azimuthal_equal_area": lambda crs, of, globe: crs.LambertAzimuthalEqualArea(
        central_longitude=of("longitude_of_projection_origin"),
        central_latitude=of("latitude_of_projection_origin"),
        **_false(of),
        globe=globe,
    ),
    "polar_stereographic": lambda crs, of, globe: crs.Stereographic(
        central_longitude=of("straight_vertical_longitude_from_pole"),
        central_latitude=of("latitude_of_projection_origin", 90.0),
        true_scale_latitude=of("standard_parallel", of("latitude_of_projection_origin", 90.0)),
        **_false(of),
        globe=globe,
    ),
    "stereographic": lambda crs, of, globe: crs.Stereographic(
        central_longitude=of("longitude_of_projection_origin"),
        central_latitude=of("latitude_of_projection_origin"),
        **_false(of),
        globe=globe,
    ),
    "transverse_mercator": lambda crs, of, globe: crs.TransverseMercator(
        central_longitude=of("longitude_of_central_meridian"),
        central_latitude=of("latitude_of_projection_origin"),
        scale_factor=of("scale_factor_at_central_meridian", 1.0),
        **_false(of),
        globe=globe,
    ),
    "mercator": lambda crs, of, globe: crs.Mercator(
        central_longitude=of("longitude_of_projection_origin", 0.0),
        latitude_true_scale=of("standard_parallel", 0.0),
        **_false(of),
        globe=globe,
    ),
}


def _false(of: Callable[..., Any]) -> dict[str, float]:
    return {key: of(key, 0.0) for key in ("false_easting", "false_northing")}


def native_crs(mapping: Mapping[Any, Any] | None) -> Any:
    """The projection of a grid from the attributes of its CF grid mapping.

    Parameters
    ----------
    mapping : mapping or None
        With ``grid_mapping_name`` and its parameters.

    Returns
    -------
    cartopy.crs.Projection or None
        None without cartopy, and for what is no projection, not known, or incomplete.
    """
    crs = cartopy_crs()
    build = _FROM_CF.get(text_of(mapping or {}, "grid_mapping_name"))
    if crs is None or mapping is None or build is None:
        return None

    def of(key: str, otherwise: float | None = None, *, many: bool = False) -> Any:
        if key not in mapping and otherwise is not None:
            return otherwise
        values = np.ravel(np.asarray(mapping[key], dtype=float)).tolist()
        return tuple(values) if many else values[0]

    try:
        return build(crs, of, _globe(crs, mapping))
    except (KeyError, ValueError, TypeError, IndexError):
        return None


def _globe(crs: Any, mapping: Mapping[Any, Any]) -> Any:
    """The figure of the earth that a grid mapping names; WGS 84 where it names none."""
    number = {
        key: float(np.ravel(mapping[key])[0])
        for key in ("earth_radius", "semi_major_axis", "semi_minor_axis", "inverse_flattening")
        if key in mapping
    }
    if "earth_radius" in number:
        radius = number["earth_radius"]
        return crs.Globe(ellipse=None, semimajor_axis=radius, semiminor_axis=radius)
    if "semi_major_axis" not in number:
        return None
    return crs.Globe(
        ellipse=None,
        semimajor_axis=number["semi_major_axis"],
        semiminor_axis=number.get("semi_minor_axis"),
        inverse_flattening=number.get("inverse_flattening") or None,
    )
