"""Means over bins of time."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_blocks import Plain

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.steps.resampling import Resample

Resample = Plain(Resample)


NAN = np.nan
CALENDARS = ["standard", "noleap", "360_day", "julian"]


def series(values, time, dtype=float, **attrs):
    values = np.asarray(values, dtype)
    data = (("time", "y", "x"), values[:, None, None], {"units": "K"} | attrs)
    return xr.Dataset({"a": data}, {"time": time})


def resampled(ds, freq):
    return Resample(freq).fit(ds).transform(ds)


def values(ds, freq):
    return resampled(ds, freq)["a"][:, 0, 0].values


def test_means_over_days_worked_by_hand():
    time = pd.date_range("2001", periods=8, freq="6h")
    result = resampled(series([1, 2, 3, 6, 5, 5, 5, 9], time), "1D")
    assert result["a"].dims == ("time", "y", "x")
    assert result["a"].values.ravel().tolist() == [3, 6]
    assert result.indexes["time"].equals(pd.DatetimeIndex(["2001-01-01", "2001-01-02"]))


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("freq", ["MS", "QS-DEC", "YS", "5D"])
def test_bins_hold_the_steps_from_their_label_to_the_next(calendar, freq):
    time = xr.date_range("2000-01-01", periods=800, calendar=calendar, use_cftime=True)
    data = np.random.default_rng(0).normal(size=800)
    result = resampled(series(data, time), freq)
    labels = result.indexes["time"]
    assert labels.calendar == time.calendar
    position = labels.searchsorted(time, side="right") - 1
    np.testing.assert_array_equal(Resample(freq).positions(series(data, time).time), position)
    sizes = np.bincount(position)
    expected = np.bincount(position, data) / sizes
    expected[2 * sizes < np.median(sizes)] = NAN
    np.testing.assert_allclose(result["a"][:, 0, 0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("calendar", "n_days"), [("standard", 29), ("noleap", 28), ("360_day", 30), ("julian", 29)]
)
def test_february_has_the_days_of_its_calendar(calendar, n_days):
    time = xr.date_range("2000-01-01", periods=120, calendar=calendar, use_cftime=True)
    data = np.where(time.month == 2, np.cumsum(time.month == 2), 0)  # 1, 2, ..., n in February
    assert values(series(data, time), "MS")[1] == pytest.approx((n_days + 1) / 2)


def test_days_without_a_step_are_left_out():
    time = pd.date_range("2001-01-30", periods=16, freq="6h").append(
        pd.date_range("2001-12-01", periods=8, freq="6h")
    )
    ds = series(np.arange(24.0), time)
    result = resampled(ds, "1D")
    days = ["2001-01-30", "2001-01-31", "2001-02-01", "2001-02-02", "2001-12-01", "2001-12-02"]
    assert result.indexes["time"].equals(pd.DatetimeIndex(days))
    assert result["a"].notnull().all()
    assert Resample("1D").positions(ds.time).tolist() == np.repeat(range(6), 4).tolist()


def test_short_bins_at_the_ends_of_the_record_are_missing_frames():
    # 7 of the 31 days of January, 20 of the 30 days of April.
    time = pd.date_range("2001-01-25", "2001-04-20")
    result = values(series(np.ones(time.size), time), "MS")
    np.testing.assert_array_equal(result, [NAN, 1, 1, 1])


def test_half_of_the_values_make_a_mean():
    time = pd.date_range("2001", periods=12, freq="6h")
    data = [1, NAN, 3, NAN, NAN, NAN, NAN, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(values(series(data, time), "1D"), [2, NAN, 6.5])


def test_a_cell_of_two_has_its_own_mean():
    time = pd.date_range("2001", periods=4, freq="12h")
    ds = series([1, 2, 3, 4], time)
    ds = xr.concat([ds, ds.where(ds["a"] > 3)], "x")
    np.testing.assert_array_equal(resampled(ds, "1D")["a"][:, 0], [[1.5, NAN], [3.5, 4]])


def test_monthly_data_may_be_resampled_to_months():
    time = pd.date_range("2001-01-15", periods=12, freq="MS") + pd.Timedelta("14D")
    result = resampled(series(np.arange(12), time), "MS")
    assert result["a"].values.ravel().tolist() == list(range(12))
    assert (result.indexes["time"].day == 1).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_any_resolution_of_time_stays(unit):
    time = pd.date_range("2001", periods=4, freq="12h").as_unit(unit)
    assert (
        resampled(series([1, 2, 3, 4], time), "1D").indexes["time"].dtype == f"datetime64[{unit}]"
    )


def test_attributes_say_what_was_done():
    time = pd.date_range("2001", periods=4, freq="12h")
    ds = series([1, 2, 3, 4], time, np.float32, cell_methods="area: mean")
    before = ds.copy(deep=True)
    result = resampled(ds, "1D")["a"]
    assert result.attrs == {"units": "K", "cell_methods": "area: mean time: mean"}
    assert result.dtype == np.float32
    xr.testing.assert_identical(ds, before)
    once_more = resampled(ds.assign(a=ds["a"].assign_attrs(cell_methods="time: mean")), "1D")["a"]
    assert once_more.attrs["cell_methods"] == "time: mean"


def test_sums_are_in_float64():
    time = pd.date_range("2001", periods=4, freq="6h")
    # In float32, 1e8 + 1 = 1e8.
    assert values(series([1e8, 1, -1e8, 1], time, np.float32), "1D") == 0.5


@pytest.mark.parametrize(
    ("freq", "text"),
    [("6h", "1 days, received resample='6h'"), ("2h", "longer ones"), ("1h", "longer ones")],
)
def test_bins_shorter_than_the_step_are_an_error(freq, text):
    ds = series(np.ones(5), pd.date_range("2001", periods=5))
    for call in (Resample(freq).transform, lambda ds: Resample(freq).positions(ds.time)):
        with pytest.raises(InputError, match=text):
            call(ds)


@pytest.mark.parametrize("freq", ["monthly", "M", "ME", "1W", "B", "0D", "-1D", "", "D5", 5, None])
def test_what_is_no_length_of_a_bin_is_told(freq):
    with pytest.raises(ParameterError, match=r"'6h', '1D', .* 'MS'"):
        Resample(freq)


def messy(seed):
    rng = np.random.default_rng(seed)
    time = pd.date_range("2001-01-30 06:00", periods=30, freq="6h").delete(range(9, 16))
    data = rng.normal(size=(2, 23, 2, 3))
    data[rng.random(data.shape) < 0.4] = NAN
    dims = ("member", "time", "y", "x")
    return xr.Dataset(
        {"a": (dims, data), "b": (dims, data[::-1].astype(np.float32))}, {"time": time}
    )


@settings(max_examples=15)
@given(
    seed=st.integers(0, 99),
    cuts=st.sets(st.integers(1, 22), max_size=22),
    freq=st.sampled_from(["12h", "1D", "MS", "36h"]),
    x=st.integers(1, 3),
)
def test_dask_equals_numpy_for_any_chunks(seed, cuts, freq, x):
    ds = messy(seed)
    lazy = ds.chunk(time=tuple(np.diff([0, *sorted(cuts), 23])), x=x, member=1)
    result, expected = resampled(lazy, freq), resampled(ds, freq)
    assert dask.is_dask_collection(result)
    assert result["a"].dims == ("member", "time", "y", "x")
    assert result["b"].dtype == np.float32
    xr.testing.assert_allclose(result["a"].compute(), expected["a"], rtol=1e-12, atol=1e-14)
    xr.testing.assert_allclose(result["b"].compute(), expected["b"], rtol=1e-6, atol=1e-7)


def test_nothing_is_computed_before_it_is_needed():
    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        resampled(messy(0).chunk(time=4), "1D")
