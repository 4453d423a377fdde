"""What deseasonalize may be, and climatologies of bins by hand and by groupby."""

import numpy as np
import pytest
import xarray as xr
from plain_blocks import Plain

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.cycle.climatology import parse_deseasonalize
from xdsc.preprocessing.steps.anomalies import Anomalies

Anomalies = Plain(Anomalies)


CALENDARS = ["standard", "noleap", "360_day", "julian"]
WINDOW_1 = {"kind": "day", "window": 1}


def block(calendar="standard", start="2001-01-01", end="2004-12-30", freq="D", seed=0):
    """Noise around a value, a cell of which has gaps and another one nothing."""
    time = xr.date_range(start, end, freq=freq, calendar=calendar, use_cftime=True)
    values = 5 + np.random.default_rng(seed).normal(size=(len(time), 2, 2))
    values[::3, 0, 1] = np.nan
    values[:, 1, 1] = np.nan
    return xr.Dataset({"z": (("time", "y", "x"), values)}, coords={"time": time})


def day_and_month(ds):
    """The day of each time, as a number that is the same in all years."""
    return (100 * ds["time"].dt.month + ds["time"].dt.day).rename("day")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (False, None),
        (True, {"kind": "harmonics", "n": 2}),
        (3, {"kind": "harmonics", "n": 3}),
        (np.int64(1), {"kind": "harmonics", "n": 1}),
        ("harmonics", {"kind": "harmonics", "n": 2}),
        ({"kind": "harmonics", "diurnal": 0}, {"kind": "harmonics", "n": 2, "diurnal": 0}),
        ("day", {"kind": "day", "window": 31}),
        ({"kind": "day", "window": 5}, {"kind": "day", "window": 5}),
        ("month", {"kind": "month"}),
        ("hour", {"kind": "hour", "window": 31}),
    ],
)
def test_deseasonalize_is_spelled_out(value, expected):
    assert parse_deseasonalize(value) == expected
    assert parse_deseasonalize(expected) == expected


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("week", ["kind='week'", "'harmonics', 'day', 'month', 'hour'"]),
        ({"window": 31}, ["kind=None"]),
        (0, ["at least 1", "received 0", "deseasonalize=False"]),
        (2.5, ["received 2.5"]),
        ({"kind": "day", "window": 30}, ["odd", "30", "window=31"]),
        ({"kind": "day", "window": 999}, ["to 181", "999"]),
        ({"kind": "month", "window": 3}, ["'window'", "none"]),
        ({"kind": "day", "window": -1, "n": 2}, ["received 'n'", "received -1"]),
        ({"kind": "harmonics", "n": True, "diurnal": -1}, ["received True", "received -1"]),
    ],
)
def test_what_is_wrong_with_deseasonalize_is_told_at_once(value, parts):
    with pytest.raises(ParameterError) as error:
        parse_deseasonalize(value)
    assert all(part in str(error.value) for part in parts)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize(
    ("climatology", "group"),
    [(WINDOW_1, day_and_month), ({"kind": "month"}, lambda ds: ds["time"].dt.month)],
)
def test_bins_are_those_of_groupby(calendar, climatology, group):
    ds = block(calendar)
    groups = ds["z"].groupby(group(ds))
    received = Anomalies(climatology).fit(ds).transform(ds)["z"]
    np.testing.assert_allclose(received, groups - groups.mean(), atol=1e-12)


def test_the_window_pools_days_of_all_years_around_the_year():
    time = xr.date_range("2001-01-01", periods=720, calendar="360_day", use_cftime=True)
    values = np.zeros((720, 1, 1))
    values[[0, 360]] = [[[1.0]], [[3.0]]]  # 1 January of both years
    values[[359, 719]] = [[[6.0]], [[np.nan]]]  # 30 December, once missing
    ds = xr.Dataset({"z": (("time", "y", "x"), values)}, coords={"time": time})
    step = Anomalies({"kind": "day", "window": 3}).fit(ds)
    day = step.fitted_["z"][:, 0, 0].values
    # 1 January: 30 December, 1 and 2 January; 5 values with a sum of 10.
    np.testing.assert_allclose(day[[0, 1, 2, 358, 359]], [2, 4 / 6, 0, 6 / 5, 10 / 5])


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_value_in_the_window_counts_the_same(calendar):
    ds = block(calendar)
    terms = Anomalies({"kind": "day", "window": 5}).fit(ds).fitted_["z"]
    near = ds["z"].isel(time=(ds["time"].dt.month == 6) & ds["time"].dt.day.isin(range(13, 18)))
    assert near[:, 0, 1].isnull().any()
    # 15 June is the 165th day of 360, the 167th of 366, counted from 1.
    day = terms.sel(term=164 if calendar == "360_day" else 166)
    np.testing.assert_allclose(day[0], near.mean("time")[0], rtol=1e-12)


def test_29_february_has_its_own_day_and_smooth_neighbours():
    """2004 is the leap year of 2001 to 2004: 4 values a day, 1 on 29 February."""
    ds = block()
    ds["z"] = xr.zeros_like(ds["z"])
    ds["z"].loc[{"time": "2004-02-29"}] = 9.0
    own = Anomalies(WINDOW_1).fit(ds).fitted_["z"][:, 0, 0].values
    assert own[59] == 9.0
    assert (np.delete(own, 59) == 0).all()
    smooth = Anomalies({"kind": "day", "window": 3}).fit(ds).fitted_["z"][:, 0, 0].values
    np.testing.assert_allclose(smooth[57:62], [0, 1, 1, 1, 0])  # 9 values with a sum of 9


@pytest.mark.parametrize(
    ("calendar", "end"), [("noleap", "2004-12-31"), ("standard", "2003-12-31")]
)
def test_29_february_lies_between_its_neighbours_where_it_was_never_seen(calendar, end):
    fitted, leap = block(calendar, end=end), block(start="2004-02-28", end="2004-03-01")
    step = Anomalies(WINDOW_1).fit(fitted)
    climatology = (leap - step.transform(leap))["z"][:, 0, 0].values
    np.testing.assert_allclose(climatology[1], (climatology[0] + climatology[2]) / 2)


def test_a_calendar_without_29_february_skips_it():
    ds = block("noleap")
    smooth = Anomalies({"kind": "day", "window": 3}).fit(ds).fitted_["z"][:, 0, 0].values
    days = ds["z"][:, 0, 0].groupby(day_and_month(ds)).mean()
    np.testing.assert_allclose(smooth[60], days.sel(day=[228, 301, 302]).mean(), rtol=1e-12)


@pytest.mark.parametrize(
    ("fitted", "other"),
    [
        ("standard", "360_day"),
        ("360_day", "standard"),
        ("standard", "noleap"),
        ("noleap", "julian"),
        ("julian", "360_day"),
    ],
)
@pytest.mark.parametrize("kind", ["harmonics", "day", "month"])
def test_a_climatology_goes_to_other_calendars(fitted, other, kind):
    def season(calendar):
        ds = block(calendar)
        angle = 2 * np.pi * ds["time"].dt.decimal_year
        return ds.assign(z=10 * np.cos(angle) + 0 * ds["z"])

    step = Anomalies(parse_deseasonalize(kind)).fit(season(fitted))
    ds = season(other)
    own = Anomalies(parse_deseasonalize(kind)).fit(ds).transform(ds)
    # A day is 1/58 of a radian of the cycle of amplitude 10; months differ by up to two days.
    np.testing.assert_allclose(step.transform(ds)["z"], own["z"], atol=0.4)


def test_bins_without_a_value_in_one_cell_are_interpolated():
    ds = block()
    month = ds["time"].dt.month
    ds["z"] = (month + 0 * ds["z"].fillna(0)).transpose("time", "y", "x")
    gappy = ds.copy(deep=True)
    gappy["z"][:, 0, 0] = ds["z"][:, 0, 0].where(~month.isin([4, 5, 12]))
    terms = Anomalies({"kind": "month"}).fit(gappy).fitted_["z"]
    # Between March and June; between November, 11, and January, 1.
    np.testing.assert_allclose(terms[:, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 6])
    np.testing.assert_allclose(terms[:, 0, 1], np.arange(1, 13))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (WINDOW_1, "none of 1 April to 30 November"),
        ({"kind": "day", "window": 31}, "none of 16 April to 15 November"),
        ({"kind": "month"}, "none of April to November"),
        ({"kind": "harmonics", "n": 1}, "received May to October"),
    ],
)
def test_seasonal_data_know_their_season_only(kind, part):
    whole = block()
    winters = whole.isel(time=~whole["time"].dt.month.isin(range(4, 12)))
    step = Anomalies(kind).fit(winters)
    left = step.transform(winters)["z"]
    assert int(left.isnull().sum()) == int(winters["z"].isnull().sum())
    assert abs(float(left.mean())) < 0.05
    with pytest.raises(InputError, match=part):
        step.transform(whole)


def test_hours_have_climatologies_of_their_own():
    ds = block(freq="6h", end="2002-12-31")
    groups = ds["z"].groupby((day_and_month(ds) * 100 + ds["time"].dt.hour).rename("bin"))
    step = Anomalies({"kind": "hour", "window": 1}).fit(ds)
    np.testing.assert_allclose(step.transform(ds)["z"], groups - groups.mean(), atol=1e-12)
    noon = ds.isel(time=ds["time"].dt.hour == 12)
    np.testing.assert_allclose(
        step.transform(noon)["z"], step.transform(ds)["z"].sel(time=noon["time"])
    )


def test_hours_are_smoothed_over_days_of_the_same_hour():
    ds = block(freq="12h", end="2002-12-31")
    ds["z"] = ds["z"] + 10 * (ds["time"].dt.hour == 12)
    for hour in (0, 12):
        one = ds.isel(time=ds["time"].dt.hour == hour)
        alone = Anomalies({"kind": "day", "window": 31}).fit(one).transform(one)
        together = Anomalies({"kind": "hour", "window": 31}).fit(ds).transform(one)
        xr.testing.assert_allclose(together, alone, atol=1e-12)


@pytest.mark.parametrize("kind", ["hour", "harmonics"])
def test_other_times_of_day_are_an_error(kind):
    step = Anomalies(parse_deseasonalize(kind)).fit(block(freq="6h", end="2002-12-31"))
    with pytest.raises(InputError, match=r"00:00, 06:00, 12:00, 18:00.*received 03:00"):
        step.transform(block(start="2001-01-01 03:00", end="2001-02-01", freq="D"))


def test_daily_data_have_no_times_of_day():
    daily = block()
    by_hour = Anomalies({"kind": "hour", "window": 31}).fit(daily)
    by_day = Anomalies({"kind": "day", "window": 31}).fit(daily)
    xr.testing.assert_identical(by_hour.fitted_, by_day.fitted_)
