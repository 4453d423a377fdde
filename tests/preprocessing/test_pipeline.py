"""The Preprocessor as a whole: any layout, NumPy or Dask, there and back."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from xdsc.errors import InputError, NotFittedError, ParameterError, XdscWarning
from xdsc.preprocessing import Preprocessor, is_prepared, provenance_of

OPTIONS = [
    {},
    {"scale": "standard"},
    {"scale": None},
    {"deseasonalize": True},
    {"deseasonalize": 1, "scale": None},
]


def make(n_times=370, dtype="f4", seed=0):
    """Two variables with a season; a masked cell, single gaps, a missing frame; company."""
    rng = np.random.default_rng(seed)
    shape = (n_times, 3, 4)
    season = 8 * np.cos(2 * np.pi * np.arange(n_times) / 365.25)[:, None, None]
    t2m, msl = 280 + season + rng.normal(size=shape), 1e5 + 500 * rng.normal(size=shape)
    t2m[:, 0, 0] = np.nan
    t2m[3, 1, 1] = msl[5, 0, 0] = np.nan
    t2m[7] = msl[7] = np.nan
    dims = ("time", "lat", "lon")
    return xr.Dataset(
        {
            "t2m": (dims, t2m.astype(dtype), {"units": "K", "long_name": "2 metre temperature"}),
            "msl": (dims, msl.astype(dtype), {"units": "Pa"}),
            "orography": (dims[1:], rng.normal(size=shape[1:])),
            "time_bnds": (("time", "bnds"), np.zeros((n_times, 2))),
            "crs": 0,
        },
        {
            "time": pd.date_range("2001-01-01", periods=n_times),
            "lat": ("lat", [52.0, 51.0, 50.0], {"units": "degrees_north"}),
            "lon": ("lon", [0.0, 1.0, 2.0, 3.0], {"units": "degrees_east"}),
            "expver": ("time", ["1"] * n_times),
            "number": 0,
        },
        {"title": "test"},
    )


def refuse(*args, **kwargs):
    raise AssertionError("nothing may be computed here")


class Counter:
    """A Dask scheduler that counts how often it is asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self, graph, keys, **kwargs):
        self.calls += 1
        return dask.get(graph, keys)


def test_default_is_gap_free_and_from_0_to_1():
    ds = make()
    preprocessor = Preprocessor()
    prepared = preprocessor.fit_transform(ds)
    for name in ("t2m", "msl"):
        assert prepared[name].min() == 0
        assert prepared[name].max() == 1
        assert prepared[name].attrs["units"] == "1"
        assert prepared[name].attrs["original_units"] == ds[name].attrs["units"]
    assert prepared["t2m"].attrs["long_name"] == "2 metre temperature"
    # NaN are the masked cell and the missing frame, and nothing else.
    missing = ~preprocessor.mask_["t2m"] | (prepared["time"] == ds["time"][7])
    assert (prepared["t2m"].isnull() == missing).all()
    assert prepared["t2m"][3, 1, 1] == pytest.approx(
        float((ds["t2m"].mean() - ds["t2m"].min()) / (ds["t2m"].max() - ds["t2m"].min())), abs=1e-5
    )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_inverse_gives_the_input_back(options):
    ds = make()
    preprocessor = Preprocessor(**options)
    back = preprocessor.inverse_transform(preprocessor.fit_transform(ds))
    for name in ("t2m", "msl"):
        np.testing.assert_allclose(back[name].where(ds[name].notnull()), ds[name], rtol=1e-6)
        assert back[name].attrs == ds[name].attrs
    assert back.attrs == ds.attrs
    assert not is_prepared(back)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_nothing_else_is_changed(options):
    ds = make()
    before = ds.copy(deep=True)
    preprocessor = Preprocessor(variables="t2m", **options)
    prepared = preprocessor.fit_transform(ds)
    preprocessor.inverse_transform(prepared)
    xr.testing.assert_identical(ds, before)
    xr.testing.assert_identical(
        prepared.drop_vars("t2m").drop_attrs(deep=False), ds.drop_vars("t2m").drop_attrs(deep=False)
    )
    assert prepared["t2m"].dims == ds["t2m"].dims
    assert list(prepared.data_vars) == list(ds.data_vars)


def test_a_gap_in_winter_is_filled_with_the_winter_of_its_cell():
    ds = make()
    preprocessor = Preprocessor(deseasonalize=True)
    back = preprocessor.inverse_transform(preprocessor.fit_transform(ds))
    # January 4th: 280 K and a season of +8 K, where the mean of the variable is 280 K.
    assert float(back["t2m"][3, 1, 1]) == pytest.approx(288, abs=1.0)


# --- Dask ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_dask_equals_numpy(options):
    ds = make()
    whole = Preprocessor(**options).fit_transform(ds)
    chunked = Preprocessor(**options).fit_transform(ds.chunk(time=100, lat=2))
    for name in ("t2m", "msl"):
        assert chunked[name].chunks is not None
        assert chunked[name].dtype == whole[name].dtype
    xr.testing.assert_allclose(chunked.compute(), whole, rtol=1e-6, atol=1e-6)


def test_scaled_values_are_the_same_to_the_last_bit():
    ds = make().isel(time=slice(8, None))  # without gaps
    whole = Preprocessor().fit_transform(ds)
    chunked = Preprocessor().fit_transform(ds.chunk(time=50))
    xr.testing.assert_identical(chunked.compute(), whole)


@pytest.mark.parametrize(
    ("options", "steps", "passes"),
    [
        ({}, slice(8, None), 1),  # gaps and scale together
        ({}, slice(None), 2),  # a missing frame takes no part in the scale
        ({"deseasonalize": True}, slice(None), 2),
        ({"preset": "weather-regimes", "filter": "5D", "gaps": "interpolate"}, slice(None), 2),
        ({"detrend": True, "scale": "robust", "season": "JFM"}, slice(None), 2),
    ],
)
def test_fit_reads_dask_data_as_seldom_as_it_can_and_transform_not_at_all(options, steps, passes):
    lazy = make(380).isel(time=steps).chunk(time=100)
    counter, preprocessor = Counter(), Preprocessor(**options)
    with dask.config.set(scheduler=counter):
        preprocessor.fit(lazy)
    assert counter.calls == passes
    with dask.config.set(scheduler=refuse):
        preprocessor.inverse_transform(preprocessor.transform(lazy))


@settings(max_examples=10)
@given(
    order=st.permutations(["time", "lat", "lon"]),
    chunks=st.fixed_dictionaries(
        {"time": st.integers(2, 9), "lat": st.integers(1, 3), "lon": st.integers(2, 4)}
    ),
    names=st.permutations(["t2m", "msl"]),
)
def test_order_of_dims_and_variables_and_chunks_change_nothing(order, chunks, names):
    ds = make(9)
    expected = Preprocessor().fit_transform(ds)
    turned = ds.transpose(*order, ...).chunk(chunks)
    with dask.config.set(scheduler="synchronous"):
        received = Preprocessor(variables=names).fit_transform(turned).compute()
    assert received["t2m"].dims == tuple(order)
    assert provenance_of(received).variables == tuple(names)
    xr.testing.assert_allclose(
        received[["t2m", "msl"]].transpose("time", "lat", "lon"),
        expected[["t2m", "msl"]],
        rtol=1e-6,
    )


def test_a_missing_frame_gives_nothing_to_the_statistics():
    ds = make(20)
    ds["t2m"][7, 2, 2] = 1e6  # one wild value in a frame that is not used
    prepared = Preprocessor(scale="minmax").fit_transform(ds)
    assert prepared["t2m"][6].max() > 0.1


# --- Kinds of Dataset ------------------------------------------------------------------------


def test_calendars_of_climate_models_and_small_integers():
    ds = make(370).drop_vars("time_bnds").fillna(270)
    time = xr.date_range("2001-01-01", periods=370, calendar="360_day", use_cftime=True)
    ds = ds.assign_coords(time=time)
    ds["t2m"] = ds["t2m"].astype("i2")
    prepared = Preprocessor(deseasonalize=True).fit_transform(ds)
    assert prepared["t2m"].dtype == "f4"
    assert prepared["time"].equals(ds["time"])


def test_dimensions_of_size_one_stay():
    ds = make().assign(t2m=lambda ds: ds["t2m"].expand_dims("height", axis=2))
    for options in OPTIONS:
        preprocessor = Preprocessor(**options)
        prepared = preprocessor.fit_transform(ds)
        assert prepared["t2m"].dims == ("time", "lat", "height", "lon")
        back = preprocessor.inverse_transform(prepared)["t2m"]
        np.testing.assert_allclose(back.where(ds["t2m"].notnull()), ds["t2m"], rtol=1e-6)


def test_packing_of_the_file_does_not_come_back_on_scaled_values(tmp_path):
    ds = make(20)
    ds["t2m"].encoding = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0}
    prepared = Preprocessor().fit_transform(ds)
    prepared.to_netcdf(tmp_path / "prepared.nc")
    with xr.open_dataset(tmp_path / "prepared.nc") as stored:
        xr.testing.assert_allclose(stored["t2m"], prepared["t2m"])
        assert is_prepared(stored)
        assert provenance_of(stored).variables == ("t2m", "msl")


# --- Another Dataset -------------------------------------------------------------------------


def test_another_dataset_with_other_names_and_longitudes_is_treated_alike():
    ds = make()
    preprocessor = Preprocessor(deseasonalize=True).fit(ds)
    other = (
        ds.assign_coords(lon=ds["lon"] - 360)
        .rename(time="valid_time", lat="latitude", lon="longitude")
        .transpose("longitude", "valid_time", ...)
        .isel(valid_time=slice(10, 40))
    )
    expected = preprocessor.transform(ds).isel(time=slice(10, 40))
    received = preprocessor.transform(other)
    assert received["t2m"].dims == ("longitude", "valid_time", "latitude")
    np.testing.assert_array_equal(received["t2m"].transpose(..., "longitude"), expected["t2m"])


def test_a_curvilinear_grid_with_coordinates_missing_over_land_is_its_own():
    ds = make(20).drop_vars(["lat", "lon"]).rename(lat="j", lon="i")
    lat = np.linspace(50, 52, 12).reshape(3, 4)
    lat[0, 0] = np.nan
    ds = ds.assign_coords(nav_lat=(("j", "i"), lat), nav_lon=(("j", "i"), lat[::-1] - 50))
    preprocessor = Preprocessor().fit(ds)
    preprocessor.transform(ds.transpose("i", "j", ...))
    with pytest.raises(InputError, match="'nav_lat'"):
        preprocessor.transform(ds.assign_coords(nav_lat=ds["nav_lat"] + 1))


@pytest.mark.parametrize("larger", [False, True])
def test_rows_and_columns_of_a_curvilinear_grid_may_go_the_other_way(larger):
    ds = make(20)
    lat, lon = xr.broadcast(ds["lat"] + ds["lon"] / 100, ds["lon"] + ds["lat"] / 50)
    ds = ds.drop_vars(["lat", "lon"]).rename(lat="j", lon="i")
    ds = ds.assign_coords(nav_lat=(("j", "i"), lat.values), nav_lon=(("j", "i"), lon.values))
    fitted = ds.isel(j=slice(1, None), i=slice(1, None)) if larger else ds
    preprocessor = Preprocessor().fit(fitted)
    expected = preprocessor.transform(fitted)["t2m"]
    back = slice(None, None, -1)
    for other in (ds.isel(j=back), ds.isel(i=back), ds.isel(j=back, i=back)):
        np.testing.assert_array_equal(preprocessor.transform(other)["t2m"], expected)


def test_one_time_step_can_be_transformed():
    ds = make()
    preprocessor = Preprocessor().fit(ds)
    expected = preprocessor.transform(ds).isel(time=[0])
    xr.testing.assert_identical(preprocessor.transform(ds.isel(time=[0])), expected)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda ds: ds.isel(lon=slice(3)), ["grid of 3 × 4 points", "3 × 3", "longitude 3"]),
        (lambda ds: ds.assign_coords(lat=ds["lat"] + 0.5), ["from 52 to 50", "from 52.5 to 50.5"]),
        (lambda ds: ds.drop_vars("msl"), ["'msl'"]),
        (lambda ds: ds.isel(time=[1, 0]).drop_vars("msl"), ["sortby('time')", "'msl'"]),
        (lambda ds: ds.assign(t2m=ds["t2m"].assign_attrs(units="Pa")), ["'t2m'", "'K'", "'Pa'"]),
    ],
)
def test_what_does_not_go_with_the_fit_is_named(change, parts):
    preprocessor = Preprocessor().fit(make(20))
    with pytest.raises(InputError) as caught:
        preprocessor.transform(change(make(20)))
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("units", ["kelvin", "no such unit", None])
def test_units_that_are_the_same_are_no_problem_and_unknown_ones_are_told(units):
    preprocessor = Preprocessor().fit(make(20))
    other = make(20)
    other["t2m"].attrs["units"] = units
    other["msl"].attrs["units"] = "kg m**-1 s**-2"
    if units == "kelvin":
        preprocessor.transform(other)
        return
    text = "units of 't2m' that can be read" if units else "units of t2m, which the fitted Dataset"
    with pytest.warns(XdscWarning, match=text):
        preprocessor.transform(other)


# --- Bad input -------------------------------------------------------------------------------


def test_problems_of_time_and_variables_come_together():
    ds = make(20).isel(time=[0, 2, 1])
    with pytest.raises(InputError) as caught:
        Preprocessor(variables=["t2m", "sst", "orography"]).fit(ds)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"scale": "max"}, "scale='max'"),
        ({"preset": "papre"}, "preset='papre'"),
        ({"gaps": "ignore"}, "gaps='ignore'"),
        ({"deseasonalize": -1}, "deseasonalize, received -1"),
        ({"deseasonalize": "yes"}, "'yes'"),
        ({"deseasonalize": 1.5}, "deseasonalize, received 1.5"),
        ({"detrend": 3}, "detrend=True or False"),
        ({"filter": 4}, "odd number of time steps"),
        ({"season": "winter"}, "winter"),
        ({"season": "DJF", "months": [1]}, "season"),
        ({"resample": "fortnight"}, "fortnight"),
        ({"variable_weights": 2}, "variable_weights"),
        ({"variable_weights": {"sst": 2}}, "sst"),
        ({"units": {"sst": "K"}}, "sst"),
    ],
)
def test_arguments_are_checked_when_fitted(options, part):
    preprocessor = Preprocessor(**options)  # only stored here
    with pytest.raises(ParameterError, match=part):
        preprocessor.fit(make(20))


def test_a_variable_that_is_all_season_cannot_be_scaled_without_it():
    ds = make(400)
    ds["still"] = ds["orography"].expand_dims(time=ds["time"])
    Preprocessor(variables=["msl", "still"]).fit(ds)
    with pytest.raises(InputError, match="'still' to differ from its climatology"):
        Preprocessor(variables=["msl", "still"], deseasonalize=True).fit(ds)


def test_before_fit_there_is_nothing_to_transform_with():
    for method in (Preprocessor().transform, Preprocessor().inverse_transform):
        with pytest.raises(NotFittedError, match=r"call fit\(ds\) first"):
            method(make(20))


def test_the_provenance_of_a_prepared_dataset():
    ds = make(20)
    prepared = Preprocessor(variables=["msl", "t2m"]).fit_transform(ds)
    assert is_prepared(prepared)
    assert provenance_of(prepared).variables == ("msl", "t2m")
    assert provenance_of(prepared.drop_vars("msl")).variables == ("t2m",)
    assert is_prepared(prepared.isel(time=slice(5)))
    assert not is_prepared(ds)
    # Values in their own units put back under the mark are not prepared.
    assert not is_prepared(prepared.assign(t2m=ds["t2m"]))
    assert not is_prepared(prepared.drop_vars(["t2m", "msl"]))
    assert provenance_of(ds) is None
    # What is written there is what is read there.
    assert provenance_of(prepared).to_json() == prepared.attrs["xdsc_preprocessing"]


# --- Real data -------------------------------------------------------------------------------


def open_all(data_dir, files):
    parts = [xr.open_dataset(path) for path in sorted(data_dir.glob(f"{files}.nc"))]
    return xr.merge(parts, combine_attrs="drop_conflicts", compat="no_conflicts", join="exact")


@pytest.mark.parametrize(
    ("files", "options", "masked"),
    [
        ("eraint*/*", {"deseasonalize": True}, 0),
        ("wfde5*/*", {}, 0.55),
        ("inca*/*", {}, 0),
    ],
)
def test_real_data_there_and_back(data_dir, files, options, masked):
    ds = open_all(data_dir, files).isel(time=slice(800)).load()
    preprocessor = Preprocessor(**options)
    prepared = preprocessor.fit_transform(ds)
    back = preprocessor.inverse_transform(prepared)
    assert len(preprocessor.variables_) == len(ds.data_vars)
    for name in preprocessor.variables_:
        spread = float(ds[name].max() - ds[name].min())
        assert prepared[name].min() == 0
        assert prepared[name].max() == 1
        np.testing.assert_allclose(
            back[name].where(ds[name].notnull()), ds[name], atol=1e-6 * spread, rtol=1e-6
        )
        assert float((~preprocessor.mask_[name]).mean()) == pytest.approx(masked, abs=0.01)
        # The INCA file has single gaps, which are filled; the sea of WFDE5 stays sea.
        assert (prepared[name].isnull() == ~preprocessor.mask_[name]).all()
