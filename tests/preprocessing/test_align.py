"""Another Dataset on the fitted grid: the same points, whatever their order and numbers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc.cf import Axes, find_axes
from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.align import align
from xdsc.preprocessing.carry.grid import Grid

LAT, LON = np.arange(60.0, 39, -5), np.arange(-20.0, 21, 10)


def field(lat=LAT, lon=LON, n_times=2, dtype=np.float32):
    """Values that tell their time and place, whatever the order."""
    time, phi, lam = np.arange(n_times), np.asarray(lat)[:, None], np.asarray(lon) % 360
    values = (1e4 * time[:, None, None] + 1e2 * phi + lam).astype(dtype)
    coords = {"time": pd.date_range("2020", periods=n_times), "lat": lat, "lon": lon}
    ds = xr.Dataset({"a": (("time", "lat", "lon"), values)}, coords)
    ds["lat"].attrs["units"], ds["lon"].attrs["units"] = "degrees_north", "degrees_east"
    return ds


def grid_of(ds):
    return Grid.of(ds, find_axes(ds))


def aligned(ds, grid, regrid=None):
    """Result of `align`, which left `ds` as it was."""
    before = ds.copy(deep=True)
    found, axes = align(ds, find_axes(ds), grid, regrid)
    xr.testing.assert_identical(ds, before)
    assert axes == find_axes(found)
    return found


@pytest.fixture
def grid():
    return grid_of(field())


def test_the_same_grid_is_the_same_object(grid):
    ds = field()
    assert aligned(ds, grid) is ds
    # Nearly the same as well: a hundredth of 10 degrees is 0.1.
    near = ds.assign_coords(lon=ds.lon + 0.09)
    assert aligned(near, grid) is near
    with pytest.raises(InputError, match=r"from -19\.89 to 20\.11"):
        aligned(ds.assign_coords(lon=ds.lon + 0.11), grid)


def test_latitude_may_go_the_other_way(grid):
    ds = field(lat=LAT[::-1])
    xr.testing.assert_identical(aligned(ds, grid), field())


def test_longitudes_may_run_from_0_to_360(grid):
    found = aligned(field(lon=[0.0, 10, 20, 340, 350]), grid)
    assert found.lon.values.tolist() == [340, 350, 0, 10, 20]  # its own, in fitted order
    np.testing.assert_array_equal(found.a, field().a)


def test_a_larger_area_has_its_part_picked_out(grid):
    globe = field(np.arange(-90.0, 91, 5), np.arange(0.0, 360, 10))
    np.testing.assert_array_equal(aligned(globe, grid).a, field().a)
    # Of a finer grid the points that are fitted.
    fine = field(np.arange(-90.0, 91, 1), np.arange(0.0, 360, 2.5))
    np.testing.assert_array_equal(aligned(fine, grid).a, field().a)


def test_a_fitted_grid_may_repeat_its_first_meridian():
    closed, open_ = np.arange(0.0, 361, 30), np.arange(0.0, 360, 30)
    found = aligned(field(lon=open_), grid_of(field(lon=closed)))
    np.testing.assert_array_equal(found.a, field(lon=closed).a)


@st.composite
def rearranged(draw):
    """A permutation, flip or roll of the rows and columns, with longitudes in another range."""
    orders = []
    for n in (len(LAT), len(LON)):
        order = draw(
            st.permutations(range(n))
            | st.integers(0, n - 1).map(lambda k, n=n: [*range(k, n), *range(k)])
        )
        orders.append(np.array(order)[:: draw(st.sampled_from([1, -1]))])
    return orders, draw(st.sampled_from([-180, 0, -360])), draw(st.sampled_from(["f4", "f8"]))


@given(rearranged())
def test_any_order_and_range_of_longitudes_aligns_to_the_same_bits(drawn):
    (rows, columns), start, dtype = drawn
    fitted = field(lat=LAT.astype(dtype), lon=LON.astype(dtype))
    ds = fitted.isel(lat=rows, lon=columns)
    ds = ds.assign_coords(lon=ds.lon.copy(data=(ds.lon.values - start) % 360 + start))
    found = aligned(ds, grid_of(fitted))
    xr.testing.assert_identical(found.lat, fitted.lat)
    np.testing.assert_array_equal(found.lon % 360, fitted.lon % 360)
    np.testing.assert_array_equal(found.a, fitted.a)


@pytest.mark.parametrize("chunks", [{"time": 1}, {"time": 1, "lat": 2, "lon": 3}])
def test_dask_stays_lazy_and_equal(grid, chunks):
    ds = field(np.arange(-90.0, 91, 5), np.arange(0.0, 360, 10), n_times=4)
    lazy = aligned(ds.chunk(chunks), grid)
    assert lazy.a.chunks is not None
    xr.testing.assert_identical(lazy.compute(), aligned(ds, grid))


def test_evenly_spaced_points_are_views_of_the_data():
    ds = field()
    found = aligned(
        ds.isel(lat=slice(None, None, -1)), grid_of(ds.isel(lat=[1], lon=slice(0, 5, 2)))
    )
    assert found.a.shape == (2, 1, 3)
    assert np.shares_memory(found.a.values, ds.a.values)


def test_other_names_and_orders_of_dimensions_stay(grid):
    ds = field(lat=LAT[::-1]).rename(lat="latitude", lon="longitude").transpose("longitude", ...)
    found = aligned(ds, grid)
    assert found.a.dims == ("longitude", "time", "latitude")
    np.testing.assert_array_equal(found.a.transpose("time", "latitude", "longitude"), field().a)


def test_what_else_is_on_the_grid_comes_along(grid):
    ds = field(lat=LAT[::-1])
    ds = ds.assign(
        orography=ds.a[0], index=("time", [1, 2]), lat_bnds=(("lat", "nv"), np.zeros((5, 2)))
    )
    found = aligned(ds, grid)
    xr.testing.assert_identical(found, ds.isel(lat=slice(None, None, -1)))


def test_without_coordinates_the_size_tells():
    bare = field().drop_vars(["lat", "lon"])
    assert aligned(bare, grid_of(bare)) is bare
    assert aligned(bare, grid_of(field())) is bare
    ds = field()
    assert aligned(ds, grid_of(bare)) is ds
    with pytest.raises(
        InputError, match=r"5 × 5 points, received a grid of 3 × 5 .* select the fit"
    ):
        aligned(bare.isel(lat=slice(3)), grid_of(bare))


def projected(shift=0.0, with_own_axes=True):
    """Three by four points with 2-D latitude and longitude, one of them unknown."""
    i, j = np.meshgrid(np.arange(3.0), np.arange(4.0), indexing="ij")
    lat, lon = 50 + 0.1 * i + 0.01 * j, 10 + 0.1 * j + shift
    lat[0, 0] = lon[0, 0] = np.nan
    coords = {
        "time": pd.date_range("2020", periods=2),
        "lat": (("y", "x"), lat, {"units": "degrees_north"}),
        "lon": (("y", "x"), lon, {"units": "degrees_east"}),
    }
    ds = xr.Dataset({"a": (("time", "y", "x"), np.arange(24.0).reshape(2, 3, 4))}, coords)
    return ds.assign_coords(y=[0, 1000, 2000], x=[0, 1000, 2000, 3000]) if with_own_axes else ds


def test_2d_coordinates_are_equal_or_an_error():
    grid = grid_of(projected(with_own_axes=False))
    ds = projected(with_own_axes=False)
    assert aligned(ds, grid) is ds
    shifted = projected(360.0, with_own_axes=False)
    assert aligned(shifted, grid) is shifted
    with pytest.raises(InputError, match=r"2-D 'lon' between 10 and 10.3.*10.5 and 10.8.*bilinear"):
        aligned(projected(0.5, with_own_axes=False), grid)


def test_a_part_of_a_2d_grid_is_found_in_the_whole():
    ds = projected(with_own_axes=False)
    for part in ({"y": slice(1, 3)}, {"x": slice(2)}, {"y": slice(0, 2), "x": slice(1, 4)}):
        xr.testing.assert_identical(aligned(ds, grid_of(ds.isel(part))), ds.isel(part))
        turned = ds.assign_coords(lon=ds.lon - 360).transpose("x", "time", "y")
        np.testing.assert_array_equal(
            aligned(turned, grid_of(ds.isel(part))).a.transpose(*ds.a.dims), ds.isel(part).a
        )
    # The first columns once more at the end, as of ocean grids over their seam.
    twice = xr.concat([ds.isel(x=[2, 3]), ds], "x")
    corner = grid_of(ds.isel(x=slice(1, 4)))
    xr.testing.assert_identical(aligned(twice, corner), twice.isel(x=slice(3, 6)))
    with pytest.raises(InputError, match="2-D 'lon'"):
        aligned(ds.isel(y=slice(2)), grid_of(ds.isel(y=slice(1, 3), x=slice(2))))


def test_a_region_of_a_2d_grid_is_found_in_other_data_on_the_whole_grid():
    ds = projected(with_own_axes=False)
    preprocessor = Preprocessor(sel={"latitude": slice(50.1, 50.3), "longitude": slice(10, 10.1)})
    prepared = preprocessor.fit_transform(ds)
    assert dict(prepared.sizes) == {"time": 2, "y": 2, "x": 2}
    xr.testing.assert_identical(preprocessor.transform(ds), prepared)


def test_a_projected_grid_is_aligned_along_its_own_axes():
    ds = projected()
    found = aligned(ds.isel(y=[2, 0, 1], x=slice(None, None, -1)), grid_of(ds))
    xr.testing.assert_identical(found, ds)
    part = grid_of(ds.isel(y=slice(1, 3)))
    xr.testing.assert_identical(aligned(ds, part), ds.isel(y=slice(1, 3)))
    # Latitude and longitude must be those of the picked points nevertheless.
    with pytest.raises(InputError, match="2-D"):
        aligned(projected(0.5), part)


@pytest.mark.parametrize("with_degrees", [True, False])
def test_axes_of_a_projection_may_be_in_other_lengths(with_degrees):
    def counted(ds, per_metre, unit):
        axes = {dim: (dim, ds[dim].values * per_metre, {"units": unit}) for dim in ("y", "x")}
        return ds.assign_coords(axes)

    ds = projected() if with_degrees else projected().drop_vars(["lat", "lon"])
    metres, kilometres = counted(ds, 1, "m"), counted(ds, 0.001, "km")
    part = {"y": slice(1, 3), "x": slice(3)}
    for fitted in (metres, projected().assign_coords(metres.coords)):
        xr.testing.assert_identical(
            aligned(kilometres, grid_of(fitted.isel(part))), kilometres.isel(part)
        )
    # Numbers alone say nothing, and as little do units of which one is none of length.
    unknown = metres.drop_vars(["lat", "lon"], errors="ignore")
    for unit in ("", "1", "degrees"):
        with pytest.raises(InputError, match="grid of 3 × 4 points"):
            aligned(counted(unknown, 0.001, unit), grid_of(metres.isel(part)))
    moved = unknown.assign_coords(x=(kilometres.x + 0.2).assign_attrs(kilometres.x.attrs))
    half = aligned(moved.isel(x=slice(3)), grid_of(unknown.isel(x=[1, 2])), "linear")
    np.testing.assert_allclose(half.a[0, 0], [0.8, 1.8])


@pytest.mark.parametrize("unit", [1, 1000])
def test_2d_coordinates_say_more_than_numbers_of_rows(unit):
    """Each selection may number its rows anew, and another file count in other units."""

    def numbered(ds):
        axes = {dim: unit * np.arange(ds.sizes[dim]) for dim in ("y", "x")}
        return ds.assign_coords(axes)

    whole = projected(with_own_axes=False)
    part = projected().isel(y=slice(1, 3), x=slice(1, 4)).assign_coords(y=[0, 1], x=[0, 1, 2])
    ds = numbered(whole)
    xr.testing.assert_identical(aligned(ds, grid_of(part)), ds.isel(y=[1, 2], x=[1, 2, 3]))
    turned = numbered(whole.isel(y=slice(None, None, -1)))
    np.testing.assert_array_equal(aligned(turned, grid_of(part)).a, part.a)
    with pytest.raises(InputError, match="2-D"):
        aligned(numbered(whole.isel(x=slice(0, 3))), grid_of(part))


def test_2d_coordinates_can_be_those_of_1d_ones(grid):
    lat, lon = (c.transpose("lat", "lon").values for c in xr.broadcast(field().lat, field().lon))
    ds = field().rename(lat="y", lon="x").drop_vars(["y", "x"])
    ds = ds.assign_coords(lat=(("y", "x"), lat), lon=(("y", "x"), lon), y=np.arange(5) * 1e5)
    assert aligned(ds, grid) is ds
    with pytest.raises(InputError, match="2-D"):
        aligned(ds.assign_coords(lat=ds.lat + 5), grid)


def test_another_grid_is_an_error_that_names_both(grid):
    other = field(np.arange(70.0, 29, -4), np.arange(-30.0, 31, 3))
    with pytest.raises(InputError) as error:
        aligned(other, grid)
    assert str(error.value) == (
        "Expected the fitted grid of 5 × 5 points, 'lat' from 60 to 40 by 5, 'lon' from -20 to 20 "
        "by 10, received a grid of 11 × 21 points, 'lat' from 70 to 30 by 4, 'lon' from -30 to 30 "
        'by 3. To fix: pass regrid="linear", or interpolate them first, ds.interp(...).'
    )


def test_a_smaller_area_is_an_error_that_names_what_is_missing(grid):
    with pytest.raises(
        InputError, match="use data that reach over latitude 40 to 45 and longitude 20"
    ):
        aligned(field().isel(lat=slice(3), lon=slice(4)), grid)
    with pytest.raises(InputError, match="a grid with points"):
        aligned(field().isel(lat=slice(0)), grid)


def test_an_unknown_way_to_regrid_is_an_error_even_on_the_same_grid(grid):
    with pytest.raises(
        ParameterError, match=r"regrid to be one of 'linear'.*received regrid='cubic'"
    ):
        aligned(field(), grid, "cubic")


def test_the_grid_reads_no_data():
    def fail(block):
        raise AssertionError("computed")

    ds = field().chunk(time=1)
    ds["a"] = ds.a.copy(data=ds.a.data.map_blocks(fail, dtype="f4", meta=np.array((), "f4")))
    found, _ = align(ds, find_axes(ds), grid_of(ds.isel(lat=[3, 1], lon=[4, 2, 1])))
    assert found.a.shape == (2, 2, 3)
    align(ds, find_axes(ds), grid_of(field([57.0, 43], [0.0])), "linear")


def test_members_keep_their_name():
    ds = field(lat=LAT[::-1]).expand_dims(member=2)
    axes = Axes("time", "lat", "lon", "lat", "lon", "member")
    found, same = align(ds, axes, grid_of(field()))
    assert same == axes
    assert found.a.dims[0] == "member"
    regridded, new = align(ds, axes, grid_of(field([50.0], [1.0]).rename(lat="phi")), "linear")
    assert new == Axes("time", "phi", "lon", "phi", "lon", "member")
    assert regridded.a.sizes == {"member": 2, "time": 2, "phi": 1, "lon": 1}


def test_era_interim_flipped_shifted_and_shuffled(data_dir):
    file = data_dir / "eraint-wmed-daily" / "mslp_ei.nc"
    if not file.is_file():
        pytest.skip(f"no real data: {file} is not there")
    with xr.open_dataset(file) as opened:
        ds = opened.isel(time=slice(5)).load()
    flipped = ds.isel(latitude=slice(None, None, -1)).assign_coords(longitude=ds.longitude % 360)
    shuffled = flipped.sortby("longitude").isel(latitude=np.roll(np.arange(11), 4))
    for other in (flipped, shuffled):
        found = aligned(other, grid_of(ds))
        np.testing.assert_array_equal(found.msl, ds.msl)
        np.testing.assert_array_equal(found.latitude, ds.latitude)
