"""Axes are found in the layouts that are out there, and time and variables with them."""

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdsc.cf import Axes, check_time, feature_variables, find_axes, time_runs
from xdsc.errors import InputError

DAYS = pd.date_range("2020-01-01", periods=5)
Y2D, X2D = np.meshgrid([50.0, 51.0, 52.0], [0.0, 1.0, 2.0, 3.0], indexing="ij")


def grid(dims=("time", "lat", "lon"), coords=None, order=None):
    """Zeros of 5 × 3 × 4 on `dims`, stored in `order`."""
    ds = xr.Dataset({"t2m": (dims, np.zeros((5, 3, 4), "f4"))}, coords or {})
    return ds.transpose(*order) if order else ds


def wgs(name, values, **attrs):
    return (name, values, attrs)


def regular():
    return grid(coords={"time": DAYS, "lat": [52.0, 51, 50], "lon": [0.0, 1, 2, 3]})


NEW_CDS = grid(
    ("valid_time", "latitude", "longitude"),
    {
        "valid_time": ("valid_time", DAYS, {"standard_name": "time", "long_name": "time"}),
        "latitude": wgs("latitude", [52.0, 51, 50], units="degrees_north"),
        "longitude": wgs("longitude", [0.0, 1, 2, 3], units="degrees_east"),
        "number": 0,
        "expver": ("valid_time", list("ababa")),
    },
)
CFGRIB = grid(
    coords={
        "time": ("time", DAYS, {"standard_name": "time", "long_name": "initial time of forecast"}),
        "step": np.timedelta64(0, "h"),
        "valid_time": ("time", DAYS, {"standard_name": "time"}),
        "lat": [50.0, 51, 52],
        "lon": [0.0, 1, 2, 3],
    }
)
ODD_NAMES = grid(
    ("when", "a", "b"),
    {
        "when": DAYS,
        "a": wgs("a", [50.0, 51, 52], standard_name="latitude"),
        "b": wgs("b", [0.0, 1, 2, 3], units="degree_E"),
    },
)
BOUNDS = grid(
    coords={
        "time": ("time", DAYS, {"bounds": "time_bnds"}),
        "lat": wgs("lat", [50.0, 51, 52], units="degrees_north", bounds="lat_edges"),
        "lon": wgs("lon", [0.0, 1, 2, 3], units="degrees_east"),
        "lat_edges": (("lat", "bnds"), np.zeros((3, 2)), {"units": "degrees_north"}),
    }
).assign(time_bnds=(("time", "bnds"), np.zeros((5, 2))))
PROJECTED = grid(
    ("time", "y", "x"),
    {
        "time": DAYS,
        "y": wgs("y", [0, 1, 2], axis="Y", standard_name="projection_y_coordinate", units="m"),
        "x": wgs("x", [0, 1, 2, 3], axis="X", standard_name="projection_x_coordinate", units="m"),
        "lat": (("y", "x"), Y2D, {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": (("y", "x"), X2D, {"standard_name": "longitude", "units": "degrees_east"}),
    },
)
ROTATED = grid(
    ("time", "rlat", "rlon"),
    {
        "time": DAYS,
        # Many a file gives the rotated axes the units of true ones.
        "rlat": wgs("rlat", [0, 1, 2], standard_name="grid_latitude", units="degrees_north"),
        "rlon": wgs("rlon", [0, 1, 2, 3], standard_name="grid_longitude", units="degrees_east"),
    },
)
LAYOUTS = {
    "lat descending": (regular(), Axes("time", "lat", "lon", "lat", "lon")),
    "lat ascending": (regular().sortby("lat"), Axes("time", "lat", "lon", "lat", "lon")),
    "CDS": (NEW_CDS, Axes("valid_time", "latitude", "longitude", "latitude", "longitude")),
    "cfgrib": (CFGRIB, Axes("time", "lat", "lon", "lat", "lon")),
    "odd names": (ODD_NAMES, Axes("when", "a", "b", "a", "b")),
    "bounds": (BOUNDS, Axes("time", "lat", "lon", "lat", "lon")),
    "projected": (PROJECTED, Axes("time", "y", "x", "lat", "lon")),
    "lat and lon as variables": (PROJECTED.reset_coords(), Axes("time", "y", "x", "lat", "lon")),
    "projected, axes only": (
        PROJECTED.drop_vars(["lat", "lon"]),
        Axes("time", "y", "x"),
    ),
    "curvilinear, no axes": (
        PROJECTED.drop_vars(["y", "x"]).rename(y="nj", x="ni"),
        Axes("time", "nj", "ni", "lat", "lon"),
    ),
    "rotated": (ROTATED, Axes("time", "rlat", "rlon")),
    "rotated, 2-D": (
        ROTATED.assign_coords(
            lat=(("rlat", "rlon"), Y2D, {"standard_name": "latitude"}),
            lon=(("rlat", "rlon"), X2D, {"standard_name": "longitude"}),
        ),
        Axes("time", "rlat", "rlon", "lat", "lon"),
    ),
    "upper case": (
        regular().rename(lat="Latitude", lon="Longitude", time="Time"),
        Axes("Time", "Latitude", "Longitude", "Latitude", "Longitude"),
    ),
    "lat on y": (
        regular().rename_dims(lat="y", lon="x"),
        Axes("time", "y", "x", "lat", "lon"),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_axes_of_a_layout_in_every_order_of_its_dims(name):
    ds, axes = LAYOUTS[name]
    for order in itertools.permutations((axes.time, axes.y, axes.x)):
        turned = ds.transpose(*order, ...)
        assert find_axes(turned) == axes
        check_time(turned, axes)
        assert feature_variables(turned, axes) == ["t2m"]


def test_finding_changes_nothing():
    ds = PROJECTED.reset_coords()
    before = ds.copy(deep=True)
    find_axes(ds)
    xr.testing.assert_identical(ds, before)


def test_bounds_moved_to_encoding_are_no_latitude():
    ds = BOUNDS.copy()
    ds["lat"].encoding["bounds"] = ds["lat"].attrs.pop("bounds")
    assert find_axes(ds).latitude == "lat"


def test_given_names_win():
    ds = grid(("time", "j", "i"), {"time": DAYS})
    assert find_axes(ds, lat="j", lon="i") == Axes("time", "j", "i")
    # With the first two exchanged, too: nothing else is known about them.
    assert find_axes(ds, lat="i", lon="j").space == ("i", "j")


def test_two_grids_ask_which():
    other = regular().rename(lat="lat2", lon="lon2", t2m="sst")
    other["lat2"].attrs["standard_name"] = "latitude"
    other["lon2"].attrs["standard_name"] = "longitude"
    one = regular()
    one["lat"].attrs["standard_name"], one["lon"].attrs["standard_name"] = "latitude", "longitude"
    ds = xr.merge([one, other])
    with pytest.raises(InputError, match="different grids") as caught:
        find_axes(ds)
    assert len(caught.value.problems) == 2
    assert find_axes(ds, lat="lat2", lon="lon2").space == ("lat2", "lon2")


@pytest.mark.parametrize(
    ("ds", "parts"),
    [
        (
            grid(("time", "j", "i"), {"time": DAYS}),
            ["a latitude", "a longitude", "lat='j'", "lon='i'"],
        ),
        (regular().drop_vars("time"), ["ds.assign_coords(time=...)"]),
        (
            regular()
            .drop_vars("time")
            .assign_coords(time_bnd=(("time", "time_bnd"), np.zeros((5, 2)))),
            ["ds.assign_coords(time=...)"],
        ),
        (regular().isel(time=0), ["single date"]),
        (regular().isel(lat=0), ["ds.expand_dims('lat')"]),
        (NEW_CDS.rename_dims(valid_time="step"), ["swap_dims(step='valid_time')"]),
        (regular()["t2m"], ["DataArray", "da.to_dataset()"]),
        (regular().stack(s=("lon", "time")), ["ds.unstack('s')"]),
        (xr.DataTree(regular()), ["DataTree", "node.to_dataset()"]),
        (
            regular().stack(cell=("lat", "lon")).reset_index("cell"),
            ["a grid of two dimensions", "unstructured"],
        ),
    ],
)
def test_what_is_missing_is_named_with_a_remedy(ds, parts):
    with pytest.raises(InputError) as caught:
        find_axes(ds)
    for part in [*parts, "Expected", "received", "To fix:"]:
        assert part in str(caught.value)


def test_numbers_of_rows_are_no_latitude_beside_a_true_one():
    rows = grid(coords={"time": DAYS, "lat": range(3), "lon": range(4)})
    for order in (("lat", "lon"), ("lon", "lat")):
        ds = rows.assign_coords(latitude=(("lat", "lon"), Y2D), longitude=(("lat", "lon"), X2D + 9))
        ds = ds.transpose("time", *order)
        assert find_axes(ds) == Axes("time", "lat", "lon", "latitude", "longitude")
        # Degrees that both have alike are a regular grid.
        ds = ds.assign_coords(lat=Y2D[:, 0].astype("f4"), lon=X2D[0] + 9 - 360)
        assert find_axes(ds) == Axes("time", "lat", "lon", "lat", "lon")
    # Nor are numbers beyond the poles, where nothing says that they are degrees.
    many = rows.assign_coords(lat=[0, 100, 200])
    assert find_axes(many) == Axes("time", "lat", "lon")
    many["lon"].attrs["units"] = "degrees_east"
    assert find_axes(many).longitude == "lon"


@pytest.mark.parametrize("units", ["radian", "rad", None])
def test_radians_are_told_and_converted_as_advised(units):
    lon = np.linspace(0, 2 * np.pi, 4, endpoint=False)
    ds = grid(coords={"time": DAYS, "lat": [-1.5, 0, 1.5], "lon": lon})
    if units is not None:
        for name, word in (("lat", "latitude"), ("lon", "longitude")):
            ds[name].attrs |= {"units": units, "standard_name": word}
    with pytest.raises(InputError, match="in radians") as caught:
        find_axes(ds)
    advice = str(caught.value).split("convert them, ")[1].rstrip(".")
    converted = eval(advice, {"ds": ds, "np": np})
    assert find_axes(converted) == Axes("time", "lat", "lon", "lat", "lon")
    np.testing.assert_allclose(converted.lon, [0, 90, 180, 270])
    # Of one alone in radians.
    mixed = converted.assign_coords(lat=ds.lat.assign_attrs(units="rad"))
    with pytest.raises(InputError, match=r"'lat' in radians.*ds\.assign_coords\(lat=[^=]*=[^=]*$"):
        find_axes(mixed)
    # A small region near the equator is none in radians.
    find_axes(regular().assign_coords(lat=[-1.5, 0, 1.5], lon=[0, 2, 4, 6]))


def test_all_wrong_names_come_together():
    with pytest.raises(InputError) as caught:
        find_axes(regular(), time="t", lat="y", lon="x")
    assert len(caught.value.problems) == 3


# --- Real data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "axes", "n_variables"),
    [
        ("eraint*/*", Axes("time", "latitude", "longitude", "latitude", "longitude"), 3),
        ("wfde5*/*", Axes("time", "lat", "lon", "lat", "lon"), 6),
        ("inca*/*", Axes("time", "y", "x", "lat", "lon"), 6),
    ],
)
def test_real_files(data_dir, files, axes, n_variables):
    parts = [xr.open_dataset(path) for path in sorted(data_dir.glob(f"{files}.nc"))]
    ds = xr.merge(parts, combine_attrs="drop_conflicts", compat="no_conflicts", join="exact")
    assert find_axes(ds) == axes
    check_time(ds, axes)
    assert len(feature_variables(ds, axes)) == n_variables
    assert time_runs(ds[axes.time].values).tolist() == [[0, ds.sizes[axes.time]]]
