"""Regions: the same whichever way the coordinates run."""

import json

import cftime
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc.cf import Axes
from xdsc.cf.grids.region import select_region
from xdsc.cf.grids.sel import sel_from_json, sel_to_json
from xdsc.errors import InputError, ParameterError

AXES = Axes("time", "lat", "lon", "lat", "lon")
LAT = np.arange(90.0, -91, -10)
LON = np.arange(0.0, 360, 10)


def globe(lat=LAT, lon=LON, dtype="f8"):
    """One number a place: 1000 · latitude + longitude in 0..360."""
    lat, lon = np.asarray(lat, dtype), np.asarray(lon, dtype)
    values = 1000 * lat[:, np.newaxis] + lon % 360
    ds = xr.Dataset(
        {"z": (("time", "lat", "lon"), np.stack([values, values]), {"units": "m"})},
        coords={
            "time": pd.date_range("2000-12-31", periods=2),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east", "long_name": "longitude"}),
        },
    )
    ds["lon"].encoding["dtype"] = "float32"
    return ds


def test_latitude_in_any_order():
    for asked in (slice(30, 70), slice(70, 30)):
        for lat in (LAT, LAT[::-1]):
            region = select_region(globe(lat), AXES, {"latitude": asked})
            assert region.sizes == {"time": 2, "lat": 5, "lon": 36}
            # The grid keeps the way that it runs.
            assert region["lat"].values.tolist() == [v for v in lat if 30 <= v <= 70]
    assert select_region(globe(), AXES, {"lat": slice(60, None)})["lat"].values.tolist() == [
        90,
        80,
        70,
        60,
    ]


def test_a_region_over_the_first_meridian_is_rolled():
    ds = globe().chunk(time=1)
    region = select_region(ds, AXES, {"longitude": slice(-80, 40)})
    assert region["lon"].values.tolist() == list(range(-80, 41, 10))
    assert region["lon"].attrs == ds["lon"].attrs
    assert region["lon"].encoding == {"dtype": "float32"}
    assert region["z"].chunks
    assert region["z"].attrs == {"units": "m"}
    assert int(region["z"].sel(time="2000-12-31", lat=0, lon=-80)) == 280
    assert int(region["z"].sel(time="2000-12-31", lat=0, lon=40)) == 40
    assert ds["lon"].values.tolist() == LON.tolist()


@pytest.mark.parametrize(
    ("lon", "asked", "expected"),
    [
        (np.arange(-180, 180, 10), slice(280, 320), [280, 290, 300, 310, 320]),
        (np.arange(-180, 180, 10), slice(170, 190), [170, 180, 190]),
        (np.arange(-180, 180, 10), slice(170, -170), [170, 180, 190]),
        (np.arange(-180, 181, 10), slice(170, -170), [170, 180, 190]),
        (np.arange(-180, 181, 90), slice(-180, 180), [-180, -90, 0, 90, 180]),
        (np.arange(0, 360, 90), slice(-180, 180), [-180, -90, 0, 90]),
        (np.arange(0, 360, 90), slice(0, 360), [0, 90, 180, 270]),
        (np.arange(0, 360, 90), slice(-360, 0), [-360, -270, -180, -90]),
        (np.arange(0, 360, 10), slice(350, 10), [350, 360, 370]),
        (np.arange(0, 360, 10), slice(350, 370), [350, 360, 370]),
        (np.arange(0, 360, 10), slice(-20, -10), [-20, -10]),
        (np.arange(0, 360, 90), slice(90, None), [90, 180, 270]),
        (np.arange(0, 360, 90), slice(None, 90), [0, 90]),
        ([0, 90, -180, -90], slice(-100, 10), [-90, 0]),
        ([20, 10, 0], slice(0, 10), [10, 0]),
        (np.arange(280, 361, 20), slice(-40, 10), [-40, -20, 0]),
        (np.arange(0, 360, 10), -10, [-10]),
        (np.arange(0, 360, 10), [-10, 10], [-10, 10]),
    ],
)
def test_longitudes_in_the_asked_convention(lon, asked, expected):
    for dtype in ("f8", "f4", "i4"):
        region = select_region(globe(lon=lon, dtype=dtype), AXES, {"lon": asked})
        assert region["lon"].values.tolist() == expected
        assert region["lon"].dtype == dtype
        np.testing.assert_array_equal(region["z"][0, 9], np.array(expected) % 360)


@given(
    st.integers(-180, 180),
    st.integers(0, 350),
    st.sampled_from([0, -180, -90, 100]),
    st.booleans(),
    st.integers(-85, 85),
    st.integers(10, 60),
)
def test_the_same_region_on_every_grid(west, width, start, flipped, south, height):
    sel = {"lon": slice(west, west + width), "lat": slice(south, south + height)}
    ds = globe(lon=np.sort((LON - start) % 360 + start), lat=LAT[::-1] if flipped else LAT)
    expected = [v for v in range(-360, 720, 10) if west <= v <= west + width]
    if not expected:
        with pytest.raises(InputError):
            select_region(ds, AXES, sel)
        return
    region = select_region(ds, AXES, sel)
    reference = select_region(globe(), AXES, sel)
    xr.testing.assert_identical(region.sortby("lat"), reference.sortby("lat"))
    assert region["lon"].values.tolist() == expected


def test_bounds_and_coordinates_go_along():
    ds = globe().assign_coords(
        lon_bnds=(("lon", "nv"), np.stack([LON - 5, LON + 5], 1)), place=("lon", LON)
    )
    ds["lon"].attrs["bounds"] = "lon_bnds"
    region = select_region(ds, AXES, {"lon": slice(-10, 10)})
    assert region["lon_bnds"].values.tolist() == [[-15, -5], [-5, 5], [5, 15]]
    assert region["place"].values.tolist() == [350, 0, 10]


def test_rounded_coordinates_are_found():
    ds = globe(lat=np.arange(0, 1.01, 0.1), lon=np.arange(0, 360, 0.1), dtype="f4")
    region = select_region(ds, AXES, {"lat": slice(0.3, 0.7), "lon": slice(-0.3, 0.7)})
    assert region.sizes == {"time": 2, "lat": 5, "lon": 11}
    np.testing.assert_allclose(region["lon"], np.arange(-3, 8) / 10, atol=2e-5)
    assert select_region(ds, AXES, {"lat": [0.3, 0.7]}).sizes["lat"] == 2


def leveled():
    levels = xr.DataArray([1000, 850, 500], dims="level", name="level", attrs={"units": "hPa"})
    members = xr.DataArray([0, 1], dims="member", coords={"member": [0, 1]})
    return globe().expand_dims(level=levels) * members


def test_other_dimensions_by_value():
    ds = leveled()
    one = select_region(ds, AXES, {"level": 500})
    assert "level" not in one.dims
    assert one["level"].item() == 500
    assert select_region(ds, AXES, {"level": slice(400, 900)})["level"].values.tolist() == [
        850,
        500,
    ]
    assert select_region(ds, AXES, {"level": [500, 1000]})["level"].values.tolist() == [500, 1000]
    assert select_region(ds, AXES, {"level": np.array([500])}).sizes["level"] == 1
    with pytest.raises(InputError, match="'level' 1000, 850, 500"):
        select_region(ds, AXES, {"level": 700})
    with pytest.raises(ParameterError, match="numbers for 'level'"):
        select_region(ds, AXES, {"level": "500"})


def test_dimensions_of_the_axes_stay():
    axes = Axes("time", "lat", "lon", "lat", "lon", "member")
    sel = {"member": 1, "lat": 50, "lon": -10, "time": "2000-12-31"}
    assert set(select_region(leveled(), axes, sel).sizes.items()) == {
        *(("member", 1), ("lat", 1), ("lon", 1), ("time", 1), ("level", 3))
    }


@pytest.mark.parametrize(
    "asked",
    [
        slice("2001", "2005"),
        "2001",
        pd.Timestamp("2001-01-01"),
        [np.datetime64("2001-01-01")],
        slice(pd.Timestamp("2001-01-01"), None),
        {"slice": ["2001", None]},
    ],
)
def test_time(asked):
    ds = globe().rename(time="valid_time")
    region = select_region(ds, Axes("valid_time", "lat", "lon", "lat", "lon"), {"time": asked})
    assert region["valid_time"].values == [np.datetime64("2001-01-01")]


def test_time_of_another_calendar():
    time = xr.date_range("2001-02-28", periods=2, calendar="360_day", use_cftime=True)
    ds = globe().assign_coords(time=time)
    date = cftime.datetime(2001, 2, 29, calendar="360_day")
    for asked in (slice("2001-02-29", "2001-03"), slice(date, None), date):
        assert select_region(ds, AXES, {"time": asked})["time"].values.tolist() == [date]


@pytest.mark.parametrize(
    ("sel", "text"),
    [
        ({"lat": slice(91, 95)}, "'lat' from 91 to 95, received 'lat' from -90 to 90"),
        ({"lon": slice(1, 9)}, "'lon' from 0 to 350"),
        ({"lat": 55}, "'lat' 55"),
        ({"lon": [0, 5]}, "'lon' 0, 5"),
        ({"time": slice("1990", "1995")}, "2000-12-31.*2001-01-01"),
        ({"time": slice("2005", "2000")}, "2000-12-31"),
        ({"time": "yesterday or so"}, "2000-12-31"),
        ({"time": 5}, "2000-12-31"),
    ],
)
def test_nothing_there(sel, text):
    with pytest.raises(InputError, match=text):
        select_region(globe(), AXES, sel)


def test_several_problems_come_together():
    with pytest.raises(InputError) as empty:
        select_region(globe(), AXES, {"lat": slice(91, 92), "lon": slice(1, 2)})
    assert len(empty.value.problems) == 2
    ds = globe().assign_coords(number=0)
    sel = {
        "level": 500,
        "lat": slice(0, 90, 2),
        "latitude": 5,
        "lon": slice("a", "b"),
        "number": 0,
        "z": 0,
    }
    with pytest.raises(ParameterError) as wrong:
        select_region(ds, AXES, sel)
    for text in (
        "['time', 'lat', 'lon'], or 'latitude' and 'longitude', received 'level'",
        "without step for 'lat'",
        "'lat' once in sel=",
        "numbers for 'lon'",
        "'number', which has 0 dimensions",
        "'z', which has 3 dimensions",
    ):
        assert any(text in problem for problem in wrong.value.problems), text


def test_without_degrees_or_coordinates():
    ds = globe().rename(lat="y", lon="x").drop_vars("x")
    axes = Axes("time", "y", "x")
    assert select_region(ds, axes, {"y": slice(0, 30)}).sizes["y"] == 4
    for key, text in {"latitude": "received 'latitude'", "x": r"ds\.isel\(x="}.items():
        with pytest.raises(ParameterError, match=text):
            select_region(ds, axes, {key: slice(0, 30)})


def curved(shift=0):
    """A grid turned by 45 degrees: latitude y + x, longitude x - y."""
    y, x = np.meshgrid(np.arange(6), np.arange(8), indexing="ij")
    return xr.Dataset(
        {"z": (("time", "y", "x"), np.zeros((2, 6, 8)))},
        coords={"lat": (("y", "x"), y + x), "lon": (("x", "y"), (x - y + shift).T)},
    )


@pytest.mark.parametrize("shift", [0, 360])
def test_the_box_that_holds_a_region_of_a_curved_grid(shift):
    axes = Axes("time", "y", "x", "lat", "lon")
    # y + x = 5 or 6 and x - y = -1 or 0: (3, 2) and (3, 3).
    sel = {"latitude": slice(6, 5), "longitude": slice(-1, 0)}
    region = select_region(curved(shift), axes, sel)
    assert region.sizes == {"time": 2, "y": 1, "x": 2}
    assert region["lat"].values.tolist() == [[5, 6]]
    assert region["lon"].values.ravel().tolist() == [-1 + shift, shift]
    with pytest.raises(InputError, match="'lat' from 0 to 12"):
        select_region(curved(), axes, {"lat": slice(20, 30)})
    with pytest.raises(ParameterError, match="a slice for 'lat', which has two dimensions"):
        select_region(curved(), axes, {"lat": 5})


SELS = [
    None,
    {},
    {"lat": slice(30, 70.5), "lon": slice(None, -5), "level": 500, "names": ["a", "b"]},
    {"time": slice("2000", "2005"), "level": [1.5, 2]},
    {"time": slice(pd.Timestamp("2000-01-01T06:00"), pd.Timestamp("2001-01-01"))},
    {"time": [cftime.datetime(2000, 2, 30, 12, calendar="360_day")]},
]


@pytest.mark.parametrize("sel", SELS)
def test_selections_survive_json(sel):
    written = sel_to_json(sel)
    assert sel_from_json(json.loads(json.dumps(written))) == sel
    assert sel_to_json(written) == written


def test_values_become_plain():
    sel = {
        "lat": np.array([1, 2]),
        "level": np.float32(0.5),
        "lon": slice(np.int64(1), np.float64(2)),
        "x": xr.DataArray(3),
        "time": np.datetime64("2000-01-01T00", "ns"),
    }
    assert json.loads(json.dumps(sel_to_json(sel))) == {
        "lat": [1, 2],
        "level": 0.5,
        "lon": {"slice": [1, 2.0]},
        "x": 3,
        "time": {"date": "2000-01-01T00:00:00"},
    }


@pytest.mark.parametrize("value", [object(), {"slice": 5}, {"date": "no"}, {"a": 1}, 1j])
def test_what_cannot_be_written(value):
    with pytest.raises(ParameterError, match="for 'lat' in sel="):
        sel_to_json({"lat": value})


@pytest.mark.parametrize(
    "value",
    [
        {"slice": [1]},
        {"slice": [1, 2], "more": 1},
        {"date": 5},
        {"date": "no date"},
        {"cftime": "noleap", "fields": [2000, 13, 1]},
        {"cftime": "mars", "fields": [2000, 1, 1]},
        [{"code": "x"}],
    ],
)
def test_what_cannot_be_read(value):
    with pytest.raises(ParameterError, match="for 'lat' in sel="):
        sel_from_json({"lat": value})


def test_sel_is_a_mapping():
    with pytest.raises(ParameterError, match="a mapping from coordinates"):
        sel_to_json("DJF")


def test_era_interim_flipped(data_dir):
    path = next((data_dir / "eraint-wmed-daily").glob("*.nc"))
    with xr.open_dataset(path, chunks={}) as ds:
        lat, lon = (next(str(n) for n in ds.coords if str(n).startswith(w)) for w in ("lat", "lon"))
        axes = Axes("time", lat, lon, lat, lon)
        sel = {"lat": slice(35, 45), "lon": slice(-5, 10), "time": slice("2000-01", "2000-02")}
        region = select_region(ds, axes, sel)
        other = select_region(
            ds.isel({lat: slice(None, None, -1)}).assign_coords({lon: ds[lon] % 360}).sortby(lon),
            axes,
            sel,
        )
        assert region.sizes == {lat: 5, lon: 7, "time": 60}
        xr.testing.assert_equal(region, other.sortby(lat, ascending=False))
