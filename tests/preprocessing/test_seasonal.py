"""The annual cycle: planted, taken out, put back."""

import numpy as np
import pytest
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError
from xdsc.preprocessing.seasonal import Seasonal

AXES = Axes("time", "y", "x")
RNG = np.random.default_rng(0)
AMPLITUDE = xr.DataArray(RNG.normal(size=(2, 3)), dims=("y", "x"))


def planted(calendar="standard", start="2001-01-01", periods=3 * 365, freq="D", noise=0.0):
    """A mean of 10 and two harmonics, another amplitude in each cell."""
    time = xr.date_range(start, periods=periods, freq=freq, calendar=calendar, use_cftime=True)
    ds = xr.Dataset(coords={"time": time})
    angle = 2 * np.pi * ds["time"].dt.decimal_year
    cycle = 10 + AMPLITUDE * np.cos(angle) + 0.5 * np.sin(2 * angle)
    ds["t2m"] = cycle.transpose("time", "y", "x")
    ds["t2m"] = ds["t2m"] + noise * RNG.normal(size=ds["t2m"].shape)
    return ds


@pytest.mark.parametrize("calendar", ["standard", "noleap", "all_leap", "360_day", "julian"])
def test_nothing_is_left_of_a_planted_cycle_in_any_calendar(calendar):
    ds = planted(calendar)
    left = Seasonal(2).fit(ds, AXES).transform(ds)
    np.testing.assert_allclose(left["t2m"], 0, atol=1e-9)


@pytest.mark.parametrize(("freq", "periods"), [("6h", 4 * 365), ("MS", 24), ("D", 365)])
def test_any_step_from_hours_to_months(freq, periods):
    ds = planted(freq=freq, periods=periods)
    np.testing.assert_allclose(Seasonal(2).fit(ds, AXES).transform(ds)["t2m"], 0, atol=1e-9)


def test_coefficients_are_those_of_least_squares():
    ds = planted(noise=1.0)
    seasonal = Seasonal(1).fit(ds, AXES)
    angle = 2 * np.pi * ds["time"].dt.decimal_year.values
    terms = np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], axis=1)
    expected = np.linalg.lstsq(terms, ds["t2m"].values.reshape(len(terms), -1), rcond=None)[0]
    received = seasonal.coefficients_["t2m"].values.reshape(6, 3).T
    np.testing.assert_allclose(received, expected, atol=1e-9)
    # The mean goes with the cycle.
    np.testing.assert_allclose(seasonal.transform(ds)["t2m"].mean("time"), 0, atol=1e-9)


def test_gaps_do_not_bend_the_cycle():
    ds = planted()
    # All of one winter and a cell without a value.
    gappy = ds.where(~((ds["time"].dt.year == 2002) & (ds["time"].dt.month < 3)))
    gappy["t2m"][:, 0, 0] = np.nan
    left = Seasonal(2).fit(gappy, AXES).transform(ds)["t2m"].values.reshape(len(ds["time"]), 6)
    np.testing.assert_allclose(left[:, 1:], 0, atol=1e-9)
    np.testing.assert_allclose(left[:, 0], ds["t2m"][:, 0, 0])


def test_inverse_gives_the_input_back_and_keeps_dtype_dims_and_attributes():
    ds = planted(noise=1.0).astype("f4").transpose("x", "time", "y")
    ds["t2m"].attrs["units"] = "K"
    seasonal = Seasonal(2).fit(ds, AXES)
    left = seasonal.transform(ds)
    assert left["t2m"].dtype == "f4"
    assert left["t2m"].dims == ("x", "time", "y")
    assert left["t2m"].attrs == {"units": "K"}
    xr.testing.assert_allclose(seasonal.inverse_transform(left), ds, rtol=1e-5)


def test_other_years_lose_the_fitted_cycle():
    seasonal = Seasonal(2).fit(planted(), AXES)
    later = planted(start="2051-03-01", periods=40) + 2.0
    np.testing.assert_allclose(seasonal.transform(later)["t2m"], 2.0, atol=1e-9)


def test_chunked_equals_whole():
    ds = planted(noise=1.0)
    lazy = ds.chunk(time=400, y=1)
    whole, chunked = Seasonal(2).fit(ds, AXES), Seasonal(2).fit(lazy, AXES)
    xr.testing.assert_allclose(whole.coefficients_, chunked.coefficients_, rtol=1e-12, atol=1e-12)
    result = chunked.transform(lazy)
    assert result["t2m"].chunks == lazy["t2m"].chunks
    xr.testing.assert_allclose(result, whole.transform(ds), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("ds", "harmonics", "part"),
    [
        (planted(periods=200), 2, "199 days, from 2001-01-01"),
        (planted(periods=24, freq="MS"), 7, "tell 7 annual harmonics apart"),
    ],
)
def test_too_little_time_is_an_error(ds, harmonics, part):
    with pytest.raises(InputError, match=part):
        Seasonal(harmonics).fit(ds, AXES)
