"""Forecasts go by the time at which fields are valid, or are refused."""

import numpy as np
import pytest

from xdsc.cf import find_axes
from xdsc.errors import InputError

LEAD = np.timedelta64(60, "D").astype("timedelta64[ns]")
START = {"standard_name": "forecast_reference_time"}
CFGRIB = {"standard_name": "time", "long_name": "initial time of forecast"}
VALID = {"standard_name": "time", "long_name": "time"}


@pytest.fixture
def ds(small):
    return small[["t2m"]].drop_vars("regime", errors="ignore")


def forecast(ds, start, valid=None, lead=LEAD, **names):
    """Fields of one lead time by their start, as readers of GRIB and NetCDF give them."""
    times = ds.time.values
    ds = ds.assign_coords(time=("time", times - lead, start), step=lead)
    if valid is not None:
        ds = ds.assign_coords(valid_time=("time", times, valid))
    return ds.rename(names)


@pytest.mark.parametrize(
    ("start", "valid", "names"),
    [
        (START, VALID, {}),
        (CFGRIB, VALID, {}),
        ({}, {}, {}),
        (START, VALID, {"time": "forecast_reference_time", "step": "forecast_period"}),
        (START, VALID, {"valid_time": "date"}),
        (START, None, {}),
        ({}, None, {"step": "prediction_timedelta"}),
        ({}, None, {"time": "init", "step": "lead"}),
    ],
)
def test_starts_are_refused_and_the_advice_works(ds, start, valid, names):
    bad = forecast(ds, start, valid, **names)
    with pytest.raises(InputError, match="when fields are valid") as error:
        find_axes(bad)
    with pytest.raises(InputError, match="when fields are valid"):
        bad.dsc.preprocess(season="DJF")
    advice = str(error.value).partition(" ds.")[2].partition("; or")[0]
    fixed = eval("ds." + advice.removeprefix("ds."), {"ds": bad})
    time = find_axes(fixed).time
    assert (fixed[time].values == ds.time.values).all()
    # The axes may then be called anything.
    old = next(iter(bad.t2m.dims))
    if old in fixed.coords:
        renamed = fixed.rename({old: "begin"}).rename({time: "time"})
        assert find_axes(renamed).time == "time"


def test_who_says_what_time_is_may_do_so(ds):
    assert find_axes(forecast(ds, START, VALID), time="time").time == "time"


@pytest.mark.parametrize("lead", [np.timedelta64(0, "ns")])
def test_analyses_are_no_forecasts(ds, lead):
    assert find_axes(forecast(ds, CFGRIB, VALID, lead)).time == "time"
    assert find_axes(forecast(ds, START, None, lead)).time == "time"


def test_the_centre_of_a_month_is_no_forecast(ds):
    centred = ds.assign_coords(
        time=("time", ds.time.values, {"standard_name": "time"}),
        time_centered=("time", ds.time.values - np.timedelta64(15, "D"), {"standard_name": "time"}),
        date=("time", ds.time.dt.floor("D").values),
        step=5,
    )
    assert find_axes(centred).time == "time"
