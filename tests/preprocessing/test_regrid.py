"""Interpolation to the fitted grid: exact for linear fields, periodic, never extrapolated."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from xdsc.cf import find_axes
from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.grid import Grid

NAN = np.nan


def field(lat, lon, values=None, dtype=np.float64):
    """One variable on (time, lat, lon), linear in latitude and longitude unless given."""
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    if values is None:
        values = 2 * lat[:, None] - 3 * lon + 1
    values = np.stack([values, 10 - np.asarray(values)]).astype(dtype)
    coords = {"time": pd.date_range("2020", periods=2), "lat": lat, "lon": lon}
    return xr.Dataset({"a": (("time", "lat", "lon"), values, {"units": "K"})}, coords)


def regrid(ds, to, method="linear"):
    """`ds` on the grid of `to`, and its axes right."""
    found, axes = align(ds, find_axes(ds), Grid.of(to, find_axes(to)), method)
    assert axes == find_axes(found)
    return found


FINE = field(np.arange(50, 40, -2.0), np.arange(-3, 4, 1.5))


def test_a_linear_field_is_exact_on_the_fitted_grid():
    fitted = field([49.0, 43.5, 42], [-2.0, 0.75, 3])
    found = regrid(FINE, fitted)
    xr.testing.assert_allclose(found, fitted, rtol=1e-14)
    assert found.a.attrs == {"units": "K"}
    xr.testing.assert_identical(found.lat, fitted.lat)


def test_points_between_by_hand():
    square = field([0, 10], [0, 20], [[0, 4], [8, 16]])
    found = regrid(square, field([2.5, 5], [5, 10]))
    # 0, 4 at 0 N and 8, 16 at 10 N: 1, 2 and 10, 12 at 5 E and 10 E.
    np.testing.assert_allclose(found.a[0], [[3.25, 4.5], [5.5, 7.0]])
    nearest = regrid(square, field([2.4, 5.1], [5, 11]), "nearest")
    assert nearest.a[0].values.tolist() == [[0, 4], [8, 16]]


@st.composite
def axes(draw):
    """Evenly spaced points, in either direction, and points between the first and the last."""
    first, step, n = (draw(st.integers(*ends)) for ends in ((-30, 0), (1, 9), (2, 6)))
    line = np.arange(n) * step + first
    inside = st.floats(line[0], line[-1], width=16)
    targets = draw(st.lists(inside, min_size=1, max_size=4, unique=True))
    return line[:: draw(st.sampled_from([1, -1]))], targets


@settings(max_examples=30)
@given(axes(), axes())
def test_linear_is_what_xarray_interpolates(latitudes, longitudes):
    (rows, new_rows), (columns, new_columns) = latitudes, longitudes
    rng = np.random.default_rng(len(rows))
    ds = field(rows, columns, rng.normal(size=(len(rows), len(columns))))
    fitted = field(new_rows, new_columns)
    found = regrid(ds, fitted)
    # A point within a hundredth of a step from an old one is that one.
    tolerance = 0.02 * np.ptp(ds.a.values)
    truth = ds.interp(lat=fitted.lat, lon=fitted.lon)
    np.testing.assert_allclose(found.a, truth.a, atol=tolerance)


@pytest.mark.parametrize("start", [-180.0, 0.0, 7.0])
def test_longitude_goes_all_the_way_round(start):
    lon = np.arange(start, start + 360, 30)
    ds = field([10, 0], lon, np.ones((2, 1)) * np.cos(np.radians(lon)))
    found = regrid(ds, field([5], [-172.5, -1, 0.5, 179, 359.5, 360.5]))
    nodes = np.arange(start, start + 391, 30)
    targets = (np.array([-172.5, -1, 0.5, 179, 359.5, 360.5]) - start) % 360 + start
    np.testing.assert_allclose(
        found.a[0, 0], np.interp(targets, nodes, np.cos(np.radians(nodes))), atol=0.006
    )


def test_a_region_across_the_first_meridian_has_no_way_round():
    ds = field([10, 0], [350, 355, 0, 5], [[0, 1, 2, 3]] * 2)
    np.testing.assert_allclose(regrid(ds, field([4], [-7.5, -2.5, 2.5])).a[0], [[0.5, 1.5, 2.5]])
    with pytest.raises(InputError, match=r"'lon' from 350 to 5 by 5.*reach over longitude 180"):
        regrid(ds, field([4], [0, 180]))


def test_half_a_step_beyond_the_end_has_the_value_of_the_end():
    ds = field([0, 10], [0, 20], [[0, 4], [8, 16]])
    assert regrid(ds, field([-5], [-10, 30])).a[0].values.tolist() == [[0, 4]]
    with pytest.raises(InputError) as error:
        regrid(ds, field([-5.2, 17], [-11, 20]))
    texts = [
        (
            "Expected data over the whole fitted grid, 'lat' from -5.2 to 17 by 22.2, received "
            "'lat' from 0 to 10 by 10. To fix: use data that reach over latitude -5.2 to 17."
        ),
        (
            "Expected data over the whole fitted grid, 'lon' from -11 to 20 by 31, received 'lon' "
            "from 0 to 20 by 20. To fix: use data that reach over longitude -11."
        ),
    ]
    assert list(error.value.problems) == texts


def test_the_poles_belong_to_the_last_rows_of_a_gaussian_grid():
    # T21 has its last row at 85.76, more than half of 5.53 from the pole.
    lat = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(32)[0]))
    ds = field(lat, [0, 180, 270], np.ones((32, 3)) * lat[:, None])
    found = regrid(ds, field([90, 0, -90], [0, 180]))
    np.testing.assert_allclose(found.a[0, :, 0], [lat[-1], 0, lat[0]], atol=1e-12)
    with pytest.raises(InputError, match="latitude 90"):
        regrid(ds.isel(lat=slice(30)), field([90, 0], [0, 180]))


def test_missing_values_spread_to_what_needs_them_only():
    ds = field([0, 10], [0, 10, 20, 30], [[0, 1, NAN, 3], [4, 5, 6, 7]])
    found = regrid(ds, field([0, 5, 10], [0, 5, 10, 15, 30]))
    assert np.isnan(found.a[0]).values.tolist() == [
        [False, False, False, True, False],
        [False, False, False, True, False],
        [False] * 5,
    ]
    # An infinite value does not reach further, and warns nobody.
    endless = regrid(ds.fillna(np.inf), field([0], [5, 12, 30]))
    assert np.isfinite(endless.a[0]).values.tolist() == [[True, False, True]]


@pytest.mark.parametrize("method", ["linear", "nearest"])
@pytest.mark.parametrize("chunks", [{"time": 1}, {"lat": 2, "lon": 1}])
def test_dask_stays_lazy_and_equal(method, chunks):
    fitted = field([49, 43.5, 42], [-2, 0.75])
    lazy = regrid(FINE.chunk(chunks), fitted, method)
    assert lazy.a.chunks is not None
    xr.testing.assert_allclose(lazy.compute(), regrid(FINE, fitted, method), rtol=1e-15)


@pytest.mark.parametrize(
    ("dtype", "linear", "nearest"), [("f4", "f4", "f4"), ("f8", "f8", "f8"), ("i2", "f4", "i2")]
)
def test_floats_keep_their_precision(dtype, linear, nearest):
    ds, fitted = FINE.astype(dtype), field([49, 43.5], [-2, 0.75])
    assert regrid(ds, fitted).a.dtype == linear
    assert regrid(ds, fitted, "nearest").a.dtype == nearest
    assert regrid(ds.chunk(), fitted).a.dtype == linear


def test_what_describes_the_old_grid_is_left_out():
    ds = FINE.assign(
        cell_area=FINE.a[0].drop_vars("time"),
        lat_bnds=(("lat", "nv"), np.zeros((5, 2))),
        index=("time", [1.0, 2.0]),
    ).assign_coords(height=2.0)
    ds["a"].attrs |= {"grid_mapping": "crs", "cell_measures": "area: cell_area"}
    before = ds.copy(deep=True)
    fitted = field([49, 43.5], [-2, 0.75]).rename(lat="phi", lon="lambda")
    fitted["phi"].attrs["standard_name"] = "latitude"
    fitted["lambda"].attrs["standard_name"] = "longitude"
    found = regrid(ds.transpose("lon", "lat", ...), fitted)
    assert set(found.data_vars) == {"a", "index"}
    assert set(found.coords) == {"time", "phi", "lambda", "height"}
    assert found.a.dims == ("lambda", "phi", "time")
    assert found.a.attrs == {"units": "K"}
    xr.testing.assert_identical(ds, before)


def test_only_the_axis_that_differs_is_interpolated():
    bare = field([0, 1], [0, 10], [[0, 4], [NAN, 8]]).drop_vars("lat")
    found = regrid(bare, field([0, 1], [0, 5]).drop_vars("lat"))
    np.testing.assert_array_equal(found.a[0], [[0, 2], [NAN, NAN]])


def curvilinear():
    ds = field([0, 1, 2], [0, 1]).rename(lat="y", lon="x")
    lat, lon = np.meshgrid(ds.y.values, ds.x.values, indexing="ij")
    return ds.assign_coords(lat=(("y", "x"), lat), lon=(("y", "x"), lon + 0.3 * lat), y=ds.y * 1e5)


def test_linear_needs_1d_coordinates():
    with pytest.raises(InputError, match=r'1-D latitude and longitude.*regrid="bilinear"'):
        regrid(curvilinear(), field([0.5], [0.5]))


def test_without_numbers_there_is_nothing_between():
    named = FINE.assign_coords(lat=list("abcde"))
    with pytest.raises(InputError, match="'lat' as numbers"):
        regrid(named, field([49, 43.5], [0]))
    with pytest.raises(InputError, match="coordinates along 'lat'"):
        regrid(FINE.drop_vars("lat"), field([49, 43.5], [0]))


def test_xesmf_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "xesmf", None)
    with pytest.raises(ParameterError, match="conda install -c conda-forge xesmf"):
        regrid(FINE, field([49, 43.5], [0]), "conservative")
    # What sends 2-D coordinates here is not what is advised instead.
    with pytest.raises(ParameterError, match=r"or interpolate the data first\.$"):
        regrid(curvilinear(), field([0.5], [0.5]), "bilinear")


@pytest.fixture
def fake_xesmf(monkeypatch):
    """A stand-in for xESMF that takes the nearest point; it records how it was called."""
    module, calls = ModuleType("xesmf"), []

    def points(ds):
        lat, lon = np.asarray(ds["lat"]), np.asarray(ds["lon"])
        if lat.ndim == 1:
            lat, lon = np.meshgrid(lat, lon, indexing="ij")
        return np.stack([lat.ravel(), lon.ravel()], axis=1)

    class Regridder:
        def __init__(self, ds_in, ds_out, method, **options):
            calls.append(SimpleNamespace(source=ds_in, target=ds_out, method=method, **options))
            apart = np.linalg.norm(points(ds_out)[:, None] - points(ds_in), axis=-1)
            matrix = scipy.sparse.coo_array(apart == apart.min(axis=1, keepdims=True), dtype=float)
            sparse = SimpleNamespace(to_scipy_sparse=lambda: matrix)
            self.weights = SimpleNamespace(data=sparse)

    module.Regridder = Regridder
    monkeypatch.setitem(sys.modules, "xesmf", module)
    return calls


@pytest.mark.parametrize("chunks", [None, {"time": 1}, {"lat": 2}])
def test_xesmf_weights_are_applied(fake_xesmf, chunks):
    fitted = field([48.2, 44.1, 42], [-2.9, 1.4])
    ds = FINE.astype("f4") if chunks is None else FINE.astype("f4").chunk(chunks)
    found = regrid(ds, fitted, "bilinear")
    assert (found.a.chunks is None) == (chunks is None)
    assert found.a.dtype == np.float32
    np.testing.assert_array_equal(found.a, regrid(FINE, fitted, "nearest").a)
    (call,) = fake_xesmf
    assert call.method == "bilinear"
    assert not call.periodic
    assert call.unmapped_to_nan


def test_conservative_has_cell_bounds(fake_xesmf):
    lat, lon = [90, 0, -90], np.arange(0, 360, 60)
    rolled = [340, 350, 0, 10]
    regrid(field(lat, lon), field([10, -10], rolled), "conservative")
    (call,) = fake_xesmf
    assert call.method == "conservative_normed"
    assert call.periodic
    assert call.source.lat_b.values.tolist() == [90, 45, -45, -90]
    assert call.source.lon_b.values.tolist() == [-30, 30, 90, 150, 210, 270, 330]
    assert call.target.lon_b.values.tolist() == [335, 345, 355, 365, 375]
    with pytest.raises(InputError, match='1-D latitude and longitude for regrid="conservative"'):
        regrid(curvilinear(), field([0.5, 1], [0, 1]), "conservative")


def test_a_curvilinear_grid_through_xesmf(fake_xesmf):
    ds = curvilinear()
    found = regrid(ds, field([0.1, 0.9, 2], [0.35]), "patch")
    np.testing.assert_array_equal(found.a[:, :, 0], ds.a.values[:, [0, 1, 2], [0, 0, 0]])
    assert fake_xesmf[0].source.lat.dims == ("y", "x")
    # And back: the fitted grid brings its own dimensions and 2-D coordinates.
    back = regrid(field([0, 1, 2], [0, 1, 2]), ds, "bilinear")
    assert back.a.dims == ("time", "y", "x")
    xr.testing.assert_identical(back.lat, ds.lat)


def test_xesmf_does_not_extrapolate_either(fake_xesmf):
    with pytest.raises(InputError, match="reach over latitude 20"):
        regrid(FINE, field([44, 20], [0]), "bilinear")


def test_era_interim_to_half_its_spacing(data_dir):
    file = data_dir / "eraint-wmed-daily" / "mslp_ei.nc"
    if not file.is_file():
        pytest.skip(f"no real data: {file} is not there")
    with xr.open_dataset(file) as opened:
        ds = opened.isel(time=slice(3)).load()
    fitted = field(np.arange(31.25, 55, 1.25), np.arange(345, 375, 1.25) % 360)
    fitted = fitted.rename(lat="latitude", lon="longitude")
    found = regrid(ds, fitted)
    degrees = (fitted.longitude.values + 180) % 360 - 180
    truth = ds.interp(latitude=fitted.latitude.values, longitude=degrees)
    np.testing.assert_allclose(found.msl, truth.msl, rtol=1e-12)
    xr.testing.assert_identical(found.longitude, fitted.longitude)
