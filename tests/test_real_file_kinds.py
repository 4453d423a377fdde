"""What real files do without a word: each is told, and files that are as they should be are not."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, XdscWarning
from xdsc.preprocessing import Preprocessor

KMEANS = {"k": 2, "method": "kmeans", "random_state": 0}


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 5, 4)) + 4.0 * rng.integers(0, 2, 30)[:, None, None]
    return xr.Dataset(
        {"z": (("time", "lat", "lon"), values.astype("f4"), {"units": "m"})},
        {
            "time": pd.date_range("2001", periods=30),
            "lat": ("lat", np.linspace(30, 50, 5), {"units": "degrees_north"}),
            "lon": ("lon", np.linspace(0, 15, 4), {"units": "degrees_east"}),
        },
    )


def spoiled(plain, value, **attrs):
    ds = plain.copy(deep=True)
    ds.z.values[::7, 2, 3] = value
    ds.z.attrs.update(attrs)
    return ds


def followed(call, ds):
    """The Dataset after the advice of the error that `call` raises on it was typed in."""
    with pytest.raises(InputError) as error:
        call(ds)
    words = str(error.value).partition("To fix: ")[2]
    code = re.search(r"ds(\[[^\]]*\] = .*\)|\..*?\))(?=\.$|;|, or)", words)[0]
    names = {"ds": ds, "pd": pd, "np": np}
    if " = " in code:
        target, _, value = code.partition(" = ")
        return ds.assign({re.search(r"'(.*)'", target)[1]: eval(value, names)})
    return eval(code, names)


def fit(ds):
    return ds.dsc.fit(**KMEANS)


@pytest.mark.parametrize(
    ("value", "attrs"),
    [
        (-9999.0, {}),
        (-999.9, {}),
        (9999.0, {}),
        (32767.0, {}),
        (9.999e20, {}),
        (-888.5, {"nodata": -888.5}),
        (77.0, {"GRIB_missingValue": 77}),
    ],
)
def test_sentinels_are_told(plain, value, attrs):
    right = fit(plain).cluster
    ds = spoiled(plain, value, **attrs)
    ds = ds.chunk(time=10) if value == -9999 else ds
    assert (fit(followed(fit, ds)).cluster == right).mean() > 0.9


@pytest.mark.parametrize("value", [-9999.0, 999.0, 127.0, -99.0])
def test_numbers_among_others_are_values(plain, value):
    around = plain.assign(z=plain.z * 10 + value).copy(deep=True)
    around.z.values[0, 0, 0] = value
    fit(around)


def test_values_beyond_the_valid_range_are_told(plain):
    with pytest.warns(XdscWarning, match=r"from -100 to 100.*\(ds\['z'\] >= -100\)"):
        fit(spoiled(plain, -500.0, valid_range=[-100.0, 100.0]))
    packed = plain.copy()
    packed.z.attrs["valid_max"] = np.int16(100)  # of packed values
    packed.z.encoding.update(scale_factor=0.1, dtype="int16")
    packed = packed.assign(z=packed.z.clip(-5, 9.9))
    fit(packed)


@pytest.mark.parametrize(
    "lead",
    [
        ("forecast_period", 720.0, {"units": "hours", "standard_name": "forecast_period"}),
        ("leadtime_month", 3, {}),
        ("forecast_hour", 72, {}),
        ("L", 2.5, {"units": "months", "standard_name": "forecast_period"}),
        ("step", np.timedelta64(5, "D"), {}),
    ],
)
def test_lead_times_are_told(plain, lead):
    name, value, attrs = lead
    starts = plain.assign_coords({name: ((), value, attrs)})
    fixed = followed(fit, starts)
    assert fit(fixed).cluster.dims == ("valid_time",)
    assert fixed.valid_time[0] > plain.time[0]


def test_a_start_without_a_lead_time_is_told_and_analyses_are_not(plain):
    assert fit(followed(fit, plain.rename(time="init"))).cluster.dims == ("valid_time",)
    for good in (
        plain.assign_coords(leadtime_month=1),
        plain.assign_coords(step=np.timedelta64(0, "ns"), valid_time=("time", plain.time.values)),
        plain.assign_coords(leadtime=("time", np.arange(30), {"units": "days"})),
        plain.rename(time="valid_time").assign_coords(number=0),
    ):
        fit(good)


def test_starts_with_calculated_valid_times_are_told(plain):
    starts = plain.rename(time="forecast_reference_time")
    starts.forecast_reference_time.attrs["standard_name"] = "forecast_reference_time"
    # The attributes are kept by the sum.
    valid = starts.forecast_reference_time + np.timedelta64(30, "D")
    valid.attrs.update(starts.forecast_reference_time.attrs)
    fixed = followed(fit, starts.assign_coords(valid_time=valid))
    assert fit(fixed).cluster.dims == ("valid_time",)


@pytest.mark.parametrize(
    "time",
    [
        ("time", np.arange(30) + 0.5, {"units": "months since 1960-01-01", "calendar": "360"}),
        pd.period_range("2000", periods=30, freq="D"),
        pd.date_range("2000", periods=30).strftime("%Y-%m-%d"),
        pd.date_range("2000", periods=30).strftime("%Y%m%d").astype(int),
        np.arange(30),
    ],
)
def test_times_that_are_no_dates_become_dates(plain, time):
    assert fit(followed(fit, plain.assign_coords(time=time))).cluster.size == 30


def test_both_versions_of_era5_become_one(plain):
    ds = plain.expand_dims(expver=["0001", "0005"]).copy(deep=True)
    first = (ds.expver == "0001") == (ds.time < ds.time[20])
    ds["z"] = ds.z.where(first).transpose("time", "expver", ...)
    assert (fit(followed(fit, ds)).cluster == fit(plain).cluster).all()


def test_wrf_has_dates_and_latitudes_along_time(plain):
    ds = plain.rename(time="Time", lat="south_north", lon="west_east")
    shape = (30, 5, 4)
    lat = np.broadcast_to(plain.lat.values[:, None], shape)
    lon = np.broadcast_to(plain.lon.values, shape)
    ds = ds.drop_vars([*ds.coords]).assign_coords(
        XTIME=("Time", plain.time.values),
        XLAT=(ds.z.dims, lat, {"units": "degree_north"}),
        XLONG=(ds.z.dims, lon, {"units": "degree_east"}),
    )
    ds = followed(fit, ds)
    region = Preprocessor(sel={"latitude": slice(35, 50)})
    with pytest.raises(xdsc.errors.ParameterError, match=r"XLAT.*for each time") as error:
        region.fit_transform(ds)
    still = eval(re.search(r"ds\.assign_coords.*\)", str(error.value))[0], {"ds": ds})
    assert region.fit_transform(still).sizes["south_north"] == 4


def test_radians_without_units_are_told(plain):
    bare = plain.drop_attrs()
    turn = bare.assign_coords(lat=np.linspace(-1.5, 1.5, 5), lon=np.linspace(0, 5, 4))
    for ds in (turn, bare.assign_coords(lat=np.linspace(-1.5, 1.5, 5), lon=np.linspace(0, 90, 4))):
        with pytest.raises(InputError, match=r"radians, by their values, without"):
            fit(ds)
    near = plain.assign_coords(lat=("lat", np.linspace(-1.5, 1.5, 5), {"units": "degrees_north"}))
    fit(near)
    fit(bare.assign_coords(lat=np.linspace(-1, 1, 5), lon=np.linspace(8, 9, 4)))


def test_numbers_of_rows_are_told_where_they_weigh(plain):
    rows = plain.drop_attrs().assign_coords(lat=np.arange(5), lon=np.arange(4))
    fit(rows)
    with pytest.warns(XdscWarning, match="0, 1, 2 and so on without units"):
        Preprocessor(area_weights=True).fit(rows)


def test_flags_and_errors_are_known_by_their_names(plain):
    ds = plain.assign(z_qc=plain.z.astype(int), z_error=plain.z**2)
    with pytest.warns(XdscWarning, match=r"'z_qc' \(flags\), 'z_error' \(errors, by its name\)"):
        found = fit(ds)
    assert found.cluster.attrs["xdsc_variables"] == "z"


@pytest.mark.parametrize("other", [{"lat": 1e-4}, {"lon": -360.0}])
def test_grids_that_were_merged_by_an_outer_join_are_told(plain, other):
    moved = plain.rename(z="q").assign_coords({dim: plain[dim] + by for dim, by in other.items()})
    with pytest.warns(XdscWarning, match="merged by an outer join"):
        fit(xr.merge([plain, moved], join="outer"))


def test_labels_lie_along_dates_and_numbers_of_rows(plain):
    labels = fit(plain).cluster
    right = xdsc.composites(plain, labels.values).z
    order = np.random.default_rng(1).permutation(30)
    dated = {"date": ("sample", plain.time.values[order])}
    for mixed in (
        pd.Series(labels.values).iloc[order],
        xr.DataArray(labels.values[order], dated, ("sample",)),
    ):
        xr.testing.assert_allclose(xdsc.composites(plain, mixed).z, right)
    with pytest.raises(xdsc.errors.ParameterError, match="at other times"):
        xdsc.composites(plain, pd.Series(labels.values, index=np.arange(1, 31)).iloc[order])
