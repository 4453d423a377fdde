"""Maps with cartopy: which projection, and that cells and coasts lie where they belong on it."""

import socket

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, QuadMesh

from xdsc import plot
from xdsc.errors import ParameterError
from xdsc.plot.maps.charts import Extent, chart_for
from xdsc.plot.maps.grid_mappings import native_crs

ccrs = pytest.importorskip("cartopy.crs", reason="cartopy is not installed")

K, HOT = 2, (37.0, 61.0)  # longitude and latitude of the one hot cell
ROTATED = {
    "grid_mapping_name": "rotated_latitude_longitude",
    "grid_north_pole_latitude": 39.25,
    "grid_north_pole_longitude": -162.0,
}
LAMBERT = {
    "grid_mapping_name": "lambert_conformal_conic",
    "standard_parallel": np.array([49.0, 46.0]),
    "longitude_of_central_meridian": 13.3333,
    "latitude_of_projection_origin": 47.5,
    "false_easting": 400000.0,
    "false_northing": 400000.0,
}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Nothing may be downloaded, whatever is drawn."""

    def refuse(*args, **kwargs):
        raise AssertionError("a figure asks the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    plt.close("all")


def _planted(lat, lon):
    """Regime 1 has one hot cell, that around HOT."""
    n = 4
    values = np.zeros((n, len(lat), len(lon)))
    row = np.abs(lat - HOT[1]).argmin()
    column = np.abs((lon - HOT[0] + 180) % 360 - 180).argmin()
    values[n // 2 :, row, column] = 10.0
    return xr.Dataset(
        {"z": (("time", "lat", "lon"), values, {"units": "m"})},
        coords={
            "time": xr.date_range("2001-01-01", periods=n),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
            "cluster": ("time", np.arange(n) // (n // 2)),
        },
    )


ROUND = _planted(np.arange(85.0, -86, -10), np.arange(0.0, 360, 10))
NORTH = ROUND.sel(lat=slice(90, 20))


@pytest.mark.parametrize(
    ("extent", "name", "frame"),
    [
        (Extent(0, 360, -90, 90), "Robinson", "globe"),
        (Extent(-180, 180, 30, 90), "NorthPolarStereo", "circle"),
        (Extent(-180, 180, -90, -50), "SouthPolarStereo", "circle"),
        (Extent(0, 360, 0, 90), "LambertAzimuthalEqualArea", "circle"),
        (Extent(0, 360, -30, 30), "PlateCarree", "box"),
        (Extent(-90, 30, 20, 80), "LambertConformal", "domain"),
        (Extent(110, 180, -50, -10), "LambertConformal", "domain"),
        (Extent(-15, 15, 30, 55), "PlateCarree", "box"),
        (Extent(-60, 60, -40, 40), "PlateCarree", "box"),
    ],
)
def test_the_projection_follows_the_domain(extent, name, frame):
    chart = chart_for(None, extent, None)
    assert (type(chart.crs).__name__, chart.frame) == (name, frame)
    plain = chart_for("plain", extent, None)
    assert plain.crs is None


@pytest.mark.parametrize(
    ("ds", "projection"),
    [
        (ROUND, None),
        (ROUND, ccrs.Orthographic(30, 40)),
        (ROUND, ccrs.Robinson(central_longitude=30)),  # whose seam goes through the data
        (ROUND, ccrs.PlateCarree(central_longitude=-77)),
        (_planted(np.arange(85.0, -86, -10), np.arange(0.0, 361, 10)), None),  # 0° comes twice
        (NORTH, None),
        (NORTH.assign_coords(lon=(NORTH.lon + 180) % 360 - 180).sortby("lon"), None),
        (NORTH.isel(lon=slice(0, 12)), None),
        (NORTH.isel(lon=slice(0, 5)), "plain"),
    ],
)
def test_cells_lie_where_they_belong(ds, projection):
    panel = plot.composites(ds, "z", projection=projection, draw="pcolormesh").axes[1]
    crs = getattr(panel, "projection", None)
    mesh = next(c for c in panel.collections if isinstance(c, QuadMesh))
    corners, values = mesh.get_coordinates(), np.ma.filled(mesh.get_array(), np.nan)
    middle = (corners[1:, 1:] + corners[1:, :-1] + corners[:-1, 1:] + corners[:-1, :-1]) / 4
    row, column = np.argwhere(values == np.nanmax(values))[0]
    hot = ds.z.isel(time=-1).where(lambda z: z == z.max(), drop=True)
    place = float(hot.lon[0]), float(hot.lat[0])
    if crs is not None:
        place = crs.transform_point(*place, ccrs.PlateCarree())
    far = np.hypot(*(middle - place).transpose(2, 0, 1))
    far[~np.isfinite(values)] = np.inf
    near = np.argwhere(far <= far.min() * 1.001)[0]
    assert values[tuple(near)] == pytest.approx(values[row, column])
    assert panel.get_xlim()[0] <= place[0] <= panel.get_xlim()[1]


def test_contours_close_round_the_globe():
    wave = ROUND.assign(
        z=ROUND.z + np.cos(np.radians(ROUND.lon)) * np.cos(np.radians(ROUND.lat)) * ROUND.cluster
    ).transpose("time", "lat", "lon")
    for projection in (None, "plain", "NorthPolarStereo"):
        data = wave.sel(lat=slice(90, 20)) if projection == "NorthPolarStereo" else wave
        panel = plot.composites(data, "z", projection=projection, draw="contourf").axes[0]
        x = np.concatenate([path.vertices for path in panel.collections[0].get_paths()])
        low, high = panel.get_xlim()
        assert x[:, 0].min() == pytest.approx(low, abs=0.01 * (high - low))
        assert x[:, 0].max() == pytest.approx(high, abs=0.01 * (high - low))


@pytest.mark.parametrize(
    ("mapping", "kind", "units"),
    [(ROTATED, "RotatedPole", "degrees"), (LAMBERT, "LambertConformal", "m")],
)
def test_grids_with_a_mapping_are_drawn_on_their_own_projection(mapping, kind, units):
    x = np.arange(-4.0, 5) if units == "degrees" else np.arange(350e3, 440e3, 10e3)
    standard = ["projection_x_coordinate", "projection_y_coordinate"]
    if units == "degrees":
        standard = ["grid_longitude", "grid_latitude"]
    crs = getattr(ccrs, kind)
    own = chart_for(None, None, native_crs(mapping)).crs
    assert type(own) is crs
    lonlat = ccrs.PlateCarree().transform_points(own, *np.meshgrid(x, x))
    ds = xr.Dataset(
        {"t": (("time", "y", "x"), np.random.default_rng(0).normal(size=(4, 9, 9)))},
        coords={
            "time": xr.date_range("2001-01-01", periods=4),
            "cluster": ("time", [0, 0, 1, 1]),
            "x": ("x", x, {"standard_name": standard[0], "units": units}),
            "y": ("y", x, {"standard_name": standard[1], "units": units}),
            "lon": (("y", "x"), lonlat[..., 0], {"units": "degrees_east"}),
            "lat": (("y", "x"), lonlat[..., 1], {"units": "degrees_north"}),
            "crs": ((), 0, mapping),
        },
    )
    ds["t"].attrs["grid_mapping"] = "crs"
    panel = plot.composites(ds, "t").axes[0]
    assert type(panel.projection) is crs
    step = x[1] - x[0]
    assert panel.get_xlim() == pytest.approx((x[0] - step / 2, x[-1] + step / 2))
    other = plot.composites(ds, "t", projection="Mercator").axes[0]
    assert type(other.projection) is ccrs.Mercator
    # The same where only latitudes and longitudes say where the cells are, for whole cells.
    bare = plot.composites(ds.drop_vars("crs"), "t", projection="Mercator").axes[0]
    assert bare.get_xlim() == pytest.approx(other.get_xlim(), rel=0.02)


def test_coasts_are_on_every_map_and_axes_keep_their_projection():
    fig, axes = plt.subplots(1, K, subplot_kw={"projection": ccrs.NearsidePerspective(20, 60)})
    assert plot.composites(NORTH, "z", axes=axes) is fig
    for panel in axes:
        assert isinstance(panel.projection, ccrs.NearsidePerspective)
        assert any(isinstance(c, LineCollection) for c in panel.collections)


def test_wrong_projections_are_told():
    with pytest.raises(ParameterError, match="write projection='Robinson'"):
        plot.composites(ROUND, "z", projection="robinsen")
    with pytest.raises(ParameterError, match="its name"):
        plot.composites(ROUND, "z", projection=3)
    with pytest.raises(ParameterError, match="leave one of the two out"):
        plot.composites(ROUND, "z", axes=plt.subplots(1, K)[1], projection="Robinson")
