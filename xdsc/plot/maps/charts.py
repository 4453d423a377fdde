"""Map projections: chosen from the domain, by name, or from the grid mapping of the data."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple

from xdsc.errors import ParameterError, message, nearest
from xdsc.plot.maps.grid_mappings import cartopy_crs

#: What draws without cartopy.
PLAIN = "plain"


class Extent(NamedTuple):
    """A domain in degrees; `east` is more than `west`."""

    west: float
    east: float
    south: float
    north: float

    @property
    def is_round(self) -> bool:
        """Whether it goes all round the globe."""
        return self.east - self.west > 359

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of its middle."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


@dataclass(frozen=True)
class Chart:
    """How places come onto a map.

    Attributes
    ----------
    crs : cartopy.crs.Projection or None
        None for degrees (or whatever the axes of the grid are) as they are, without cartopy.
    frame : {"box", "domain", "circle", "globe"}
        What the map is bounded by: a box around the domain, the domain's own border, the circle
        around it, or the border of the globe.
    """

    crs: Any = None
    frame: str = "box"

    @property
    def in_degrees(self) -> bool:
        """Whether x and y are degrees, from a central longitude on, so that axes can have ticks."""
        return self.crs is None or type(self.crs).__name__ == "PlateCarree"

    @property
    def central_longitude(self) -> float:
        """Longitude at x = 0, degrees."""
        if self.crs is None:
            return 0.0
        parameters = self.crs.proj4_params
        # That of cartopy's PlateCarree is a shift of x.
        return float(parameters.get("lon_0", 0.0) or parameters.get("pm", 0.0))


def chart_for(wished: Any, extent: Extent | None, native: Any, on: Any = None) -> Chart:
    """The chart of a domain.

    Parameters
    ----------
    wished : cartopy CRS, str or None
        As for `xdsc.plot.composites`.
    extent : Extent or None
        Domain in degrees, where the data know it.
    native : cartopy CRS or None
        Projection of the grid.
    on : Axes, optional
        That were given to draw on.

    Raises
    ------
    ParameterError
        There is no such projection, or the data do not say where they are.
    ImportError
        A projection is wished, and cartopy is not installed.
    """
    crs = cartopy_crs()
    if on is not None:
        theirs = getattr(on, "projection", None)
        if wished is not None and wished not in (theirs, PLAIN):
            raise ParameterError(
                message(
                    "axes that have their projection",
                    f"projection={wished!r:.50} besides",
                    "leave one of the two out",
                )
            )
        wished = PLAIN if theirs is None else theirs
    if wished is None:
        if crs is None or (extent is None and native is None):
            return Chart()
        return Chart(native) if native is not None else _chosen(crs, extent or Extent(0, 1, 0, 1))
    if isinstance(wished, str) and wished == PLAIN:
        return Chart()
    if crs is None:
        raise ImportError(
            message(
                "cartopy for projection=",
                "an environment without it",
                "pip install 'xdsc[maps]', or pass projection='plain'",
            )
        )
    if extent is None and native is None:
        raise ParameterError(
            message(
                "latitudes and longitudes, or a CF grid mapping, for projection=",
                "a grid without them",
                "add them as coordinates, or leave projection= out",
            )
        )
    found = _named(crs, wished, extent) if isinstance(wished, str) else wished
    if not isinstance(found, crs.Projection):
        raise ParameterError(
            message(
                "projection= as a projection of cartopy, or its name",
                f"{wished!r:.60}",
                "pass e.g. projection='Robinson' or projection=cartopy.crs.NorthPolarStereo()",
            )
        )
    if found == native or extent is None or not extent.is_round:
        return Chart(found, "box")
    poles = isinstance(found, crs.Stereographic | crs.LambertAzimuthalEqualArea)
    return Chart(found, "circle" if poles and extent.south * extent.north >= 0 else "globe")


def _chosen(crs: Any, extent: Extent) -> Chart:
    """Polar, global, a cone for what is wide in middle latitudes, or else degrees."""
    west, east, south, north = extent
    lon, lat = extent.middle
    if extent.is_round:
        if abs(lat) > 30 and max(abs(south), abs(north)) > 60:
            if min(abs(south), abs(north)) > 15 and south * north > 0:
                side = crs.NorthPolarStereo if lat > 0 else crs.SouthPolarStereo
                return Chart(side(), "circle")
            # A stereographic map would blow up the tropics.
            return Chart(crs.LambertAzimuthalEqualArea(0, 90 if lat > 0 else -90), "circle")
        if north - south > 100:
            return Chart(crs.Robinson(central_longitude=lon), "globe")
        return Chart(crs.PlateCarree(central_longitude=lon))
    wide = east - west > 60 or north - south > 35
    if wide and east - west <= 200 and abs(lat) > 25 and south * north >= 0:
        # Parallels at a sixth from the south and from the north keep the scale about true.
        sixth = (north - south) / 6
        cone = crs.LambertConformal(
            central_longitude=lon,
            central_latitude=lat,
            standard_parallels=(south + sixth, north - sixth),
            cutoff=-30 if lat > 0 else 30,
        )
        return Chart(cone, "domain")
    # Where it can be x is the longitude itself, so that one can draw more on the map.
    if west >= -180 and east <= 180:
        return Chart(crs.PlateCarree())
    return Chart(crs.PlateCarree(central_longitude=180 if west >= 0 and east <= 360 else lon))


def _named(crs: Any, name: str, extent: Extent | None) -> Any:
    """A projection by its name in cartopy, turned to the domain."""
    kinds = {
        n: c
        for n, c in vars(crs).items()
        if isinstance(c, type) and issubclass(c, crs.Projection) and not n.startswith("_")
    }
    if name not in kinds:
        near = nearest(name, kinds)
        raise ParameterError(
            message(
                "projection= as a projection of cartopy, or its name",
                repr(name),
                "see cartopy.crs" if near is None else f"write projection={near!r}",
            )
        )
    kind = kinds[name]
    lon, lat = (0.0, 0.0) if extent is None else extent.middle
    if name in ("NorthPolarStereo", "SouthPolarStereo"):
        lon = 0.0 if extent is None or extent.is_round else lon
    for centre in ({"central_longitude": lon, "central_latitude": lat}, {"central_longitude": lon}):
        if centre.keys() <= _arguments(kind):
            return kind(**centre)
    try:
        return kind()
    except TypeError:
        raise ParameterError(
            message(
                f"the arguments of projection={name!r}",
                "its name alone",
                f"pass projection=cartopy.crs.{name}(...)",
            )
        ) from None


def _arguments(kind: Any) -> set[str]:
    return set(signature(kind).parameters)
