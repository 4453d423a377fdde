"""Times of the year and of the day, by hand, in all calendars."""

import numpy as np
import pytest
import xarray as xr

from xdsc.cf.calendar import (
    day_in_frame,
    days_of,
    decimal_year,
    describe_days,
    describe_months,
    describe_times,
    fraction_of_year,
    second_of_day,
    times_of_day,
)


def times(*dates, calendar="standard"):
    """Dates as cftime, in a calendar."""
    ranges = [xr.date_range(d, periods=1, calendar=calendar, use_cftime=True)[0] for d in dates]
    return xr.DataArray(xr.CFTimeIndex(ranges), dims="time")


@pytest.mark.parametrize(
    ("calendar", "in_366", "in_360"),
    [
        # 1 January, 28 February, 1 March, 31 December of a year that is no leap year: days 1, 59,
        # 60 and 365 of 365, so ⌊(60 - 0.5) / 365 · 360⌋ = 58 for 1 March.
        ("standard", [0, 58, 60, 365], [0, 57, 58, 359]),
        ("noleap", [0, 58, 60, 365], [0, 57, 58, 359]),
        ("julian", [0, 58, 60, 365], [0, 57, 58, 359]),
        # Here 1 March is day 61 of 366.
        ("all_leap", [0, 58, 60, 365], [0, 57, 59, 359]),
    ],
)
def test_days_go_by_month_and_day_within_a_frame(calendar, in_366, in_360):
    time = times("2001-01-01", "2001-02-28", "2001-03-01", "2001-12-31", calendar=calendar)
    np.testing.assert_array_equal(day_in_frame(time, 366), in_366)
    np.testing.assert_array_equal(day_in_frame(time, 360), in_360)


def test_days_of_the_360_day_calendar():
    time = times("2001-01-01", "2001-02-30", "2001-03-01", "2001-12-30", calendar="360_day")
    np.testing.assert_array_equal(day_in_frame(time, 360), [0, 59, 60, 359])
    # ⌊59.5 / 360 · 366⌋ = 60, ⌊60.5 / 360 · 366⌋ = 61, ⌊359.5 / 360 · 366⌋ = 365.
    np.testing.assert_array_equal(day_in_frame(time, 366), [0, 60, 61, 365])


def test_only_some_calendars_lack_29_february():
    assert 59 not in days_of("noleap")
    assert len(days_of("noleap")) == 365
    assert 59 in days_of("julian")
    assert len(days_of("360_day")) == 360


@pytest.mark.parametrize(
    ("calendar", "date", "expected"),
    [
        ("standard", "1900-07-02", 182 / 365),  # no leap year, but one in the Julian calendar
        ("julian", "1900-07-02", 183 / 366),
        ("noleap", "2000-07-02", 182 / 365),
        ("360_day", "2000-07-01", 0.5),
        ("all_leap", "2001-07-02", 0.5),
    ],
)
def test_fraction_of_the_year(calendar, date, expected):
    time = times(date, calendar=calendar)
    np.testing.assert_allclose(fraction_of_year(time), [expected], rtol=1e-15)
    np.testing.assert_allclose(decimal_year(time), [int(date[:4]) + expected], rtol=1e-15)


@pytest.mark.parametrize("unit", ["D", "h", "s", "ms", "us", "ns"])
def test_datetime64_of_any_resolution(unit):
    dates = np.arange("1999-12-31", "2001-01-05", dtype="datetime64[D]")
    time = xr.DataArray(dates.astype(f"datetime64[{unit}]"), dims="time")
    np.testing.assert_allclose(decimal_year(time), time.dt.decimal_year, rtol=1e-15)


@pytest.mark.parametrize("use_cftime", [True, False])
def test_times_of_day_are_those_of_sub_daily_data(use_cftime):
    def received(periods, freq):
        index = xr.date_range("2000-01-16 12:00", periods=periods, freq=freq, use_cftime=use_cftime)
        return times_of_day(xr.DataArray(index, dims="time")).tolist()

    assert received(9, "8h") == [4 * 3600, 12 * 3600, 20 * 3600]
    assert received(9, "D") == [12 * 3600]
    assert received(1, "h") == [12 * 3600]


def test_the_middle_of_months_is_no_time_of_day():
    dates = ["2001-01-16T12", "2001-02-15", "2001-03-16T12", "2001-04-16"]
    time = xr.DataArray(np.array(dates, dtype="datetime64[ns]"), dims="time")
    assert len(times_of_day(time)) == 1


def test_a_time_just_before_the_second_is_that_second():
    time = xr.DataArray(np.array(["2000-01-01T05:59:59.999999"], "datetime64[us]"), dims="time")
    assert second_of_day(time).tolist() == [6 * 3600]


def test_words():
    assert describe_days(range(366), 366) == "1 January to 31 December"
    assert describe_days([58, 59], 360) == "29 February, 30 February"
    assert describe_months([11, 0]) == "January, December"
    assert describe_times([1, 60]) == "00:00:01, 00:01"
    assert describe_times(range(0, 86400, 3600)).endswith("05:00, ...")
