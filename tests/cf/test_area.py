"""Areas of cells: cos φ, poles, and areas that the data bring along."""

import numpy as np
import pytest
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.grids.area import area_weights
from xdsc.errors import InputError, ParameterError

AXES = Axes("time", "lat", "lon", "lat", "lon")


def grid(lat, n_lon=3):
    lat = np.asarray(lat, dtype=float)
    t2m = (("time", "lat", "lon"), np.zeros((2, lat.size, n_lon)))
    return xr.Dataset({"t2m": t2m}, coords={"lat": lat, "lon": np.arange(n_lon)})


def test_cos_latitude_of_mean_one():
    weights = area_weights(grid([60.0, 0.0]), AXES, True)
    assert weights.dims == ("lat", "lon")
    assert not weights.coords
    # cos 60° = 1/2 and cos 0° = 1, of mean 3/4.
    np.testing.assert_allclose(weights, np.repeat([[2 / 3], [4 / 3]], 3, axis=1))


@pytest.mark.parametrize("spacing", [0.25, 2.5, 30.0])
def test_rows_on_the_poles_are_caps(spacing):
    lat = np.arange(-90, 90.01, spacing)
    rows = area_weights(grid(lat), AXES).values[:, 0]
    assert (rows > 0).all()
    # Exact areas of the zones between the rows, relative to each other, on the unit sphere.
    edges = np.clip(np.append(lat - spacing / 2, 91), -90, 90)
    zones = np.diff(np.sin(np.deg2rad(edges)))
    np.testing.assert_allclose(rows / rows.sum(), zones / 2, rtol=0.02)
    np.testing.assert_allclose(rows[0] / rows[1], zones[0] / zones[1], rtol=0.02)


def test_a_flip_changes_nothing():
    ds = grid([90.0, 60.0, 10.0])
    flipped = area_weights(ds.isel(lat=slice(None, None, -1)), AXES)
    np.testing.assert_array_equal(flipped.values[::-1], area_weights(ds, AXES))


def test_cells_of_projected_and_rotated_grids_have_areas_of_their_own():
    latitude = np.array([[0.0, 0.0], [60.0, 60.0], [60.0, 0.0]])
    ds = xr.Dataset(coords={"phi": (("i", "j"), latitude.T), "j": range(3), "i": range(2)})
    axes = Axes("time", "j", "i", "phi", None)
    with pytest.raises(ParameterError, match=r"areas of their own.*area_weights='cell_area'"):
        area_weights(ds, axes, True)
    ds["area"] = (("i", "j"), np.arange(1.0, 7).reshape(2, 3))
    weights = area_weights(ds, axes, "area")
    assert weights.dims == ("j", "i")
    np.testing.assert_allclose(weights, ds["area"].values.T / 3.5)


def test_a_single_row_counts_one():
    np.testing.assert_allclose(area_weights(grid([90.0]), AXES), 1)


def test_false_is_the_same_for_all():
    np.testing.assert_array_equal(area_weights(grid([60.0, 0.0]), AXES, False), 1)


AREAS = np.array([[1.0, 2, 3], [2, 2, 2]])


@pytest.mark.parametrize("given", ["areacella", "cell_area"])
@pytest.mark.parametrize("where", ["attrs", "encoding", "standard_name", "other"])
def test_areas_of_the_dataset(given, where):
    ds = grid([60.0, 0.0]).assign(areacella=(("lon", "lat"), AREAS.T * 1e10, {"units": "m2"}))
    if where == "standard_name":
        ds["areacella"].attrs["standard_name"] = "cell_area"
    elif where == "other":
        ds = ds.assign_coords(areacella=ds["areacella"])
        ds["areacella"].attrs["standard_name"] = "cell_area"
    else:
        getattr(ds["t2m"], where)["cell_measures"] = "volume: volcello area: areacella"
    np.testing.assert_allclose(area_weights(ds, AXES, given), AREAS / 2)


def test_areas_given_on_the_grid():
    ds = grid([60.0, 0.0])
    areas = xr.DataArray(AREAS.T, dims=("lon", "lat"))
    np.testing.assert_allclose(area_weights(ds, AXES, areas), AREAS / 2)
    # With coordinates they are put in the order of the data, and cut to them.
    larger = xr.DataArray(
        np.pad(AREAS[::-1], ((0, 1), (1, 0)), constant_values=7.0)[np.newaxis].astype("f4"),
        {"lat": [0.0, 60, 80], "lon": [-1, 0, 1, 2]},
        ("time", "lat", "lon"),
    ).chunk()
    np.testing.assert_allclose(area_weights(ds, AXES, larger), AREAS / 2)
    by_row = xr.DataArray([1.0, 3.0], dims="lat")
    np.testing.assert_allclose(area_weights(ds, AXES, by_row)[:, 2], [0.5, 1.5])


def test_float32_coordinates_are_the_same_grid():
    ds = grid([0.1, 0.2])
    areas = xr.DataArray([1.0, 3.0], {"lat": np.array([0.1, 0.2], "f4")}, ("lat",))
    np.testing.assert_allclose(area_weights(ds, AXES, areas)[:, 0], [0.5, 1.5])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (xr.DataArray(AREAS[:, :2], dims=("lat", "lon")), "'lon': 2"),
        (xr.DataArray(AREAS, dims=("y", "x")), r"the dimensions \('y', 'x'\)"),
        (xr.DataArray(AREAS, {"lat": [60.0, 5.0]}, ("lat", "lon")), "at every 'lat' of the data"),
        ("areas", "a variable 'areas'"),
        ("cell_area", "a variable 'cell_area'"),
        (2, "a int"),
    ],
)
def test_wrong_areas(given, text):
    with pytest.raises(ParameterError, match=text):
        area_weights(grid([60.0, 0.0]), AXES, given)


def test_areas_in_another_file():
    ds = grid([60.0, 0.0])
    ds["t2m"].attrs["cell_measures"] = "area: areacella"
    with pytest.raises(ParameterError, match=r"'areacella', which is in another file.*ds\.assign"):
        area_weights(ds, AXES, "cell_area")


def test_several_areas():
    ds = grid([60.0, 0.0]).assign(dict.fromkeys(("a", "b"), (("lat", "lon"), AREAS)))
    for name in "ab":
        ds[name].attrs["standard_name"] = "cell_area"
    with pytest.raises(ParameterError, match="pass area_weights='a'"):
        area_weights(ds, AXES, "cell_area")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 0.0])
def test_areas_are_finite_and_positive(value):
    areas = xr.DataArray(AREAS, dims=("lat", "lon")).where(AREAS != 3, value)
    with pytest.raises(InputError, match="in 1 of 6 cells"):
        area_weights(grid([60.0, 0.0]), AXES, areas)


def test_no_latitude_and_no_degrees():
    with pytest.raises(ParameterError, match="a latitude in degrees"):
        area_weights(grid([60.0, 0.0]), Axes("time", "lat", "lon"), True)
    assert (area_weights(grid([60.0, 0.0]), Axes("time", "lat", "lon")) == 1).all()
    for lat in ([1e5, 2e5], [np.nan, 0.0]):
        with pytest.raises(InputError, match="latitudes from -90 to 90"):
            area_weights(grid(lat), AXES)


def test_inca_has_two_dimensional_latitude(data_dir):
    (path,) = (data_dir / "inca-austria-hourly").glob("*.nc")
    with xr.open_dataset(path) as ds:
        name = next(n for n in ("lat", "latitude") if n in ds.variables)
        y, x = ds[name].dims
        with pytest.raises(ParameterError, match="area_weights=False"):
            area_weights(ds, Axes("time", y, x, name, None), True)
        assert (area_weights(ds, Axes("time", y, x, name, None)) == 1).all()
