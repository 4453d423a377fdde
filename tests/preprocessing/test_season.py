"""Some months of the year."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from plain_blocks import Plain

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.steps.season import Season, parse_season

Season = Plain(Season)


@pytest.mark.parametrize(
    ("season", "months"),
    [
        ("DJF", [1, 2, 12]),
        ("MAM", [3, 4, 5]),
        ("JJA", [6, 7, 8]),
        ("SON", [9, 10, 11]),
        ("JJAS", [6, 7, 8, 9]),
        ("NDJFM", [1, 2, 3, 11, 12]),
        ("jja", [6, 7, 8]),
        ("DJ", [1, 12]),
        ("JFMAMJJASOND", list(range(1, 13))),
        ("DJFMAMJJASON", list(range(1, 13))),
    ],
)
def test_initials_are_months(season, months):
    assert parse_season(season, None) == months


def test_two_initials_say_which_months_are_meant():
    # For each of the twelve pairs there is one place in the year.
    year = "JFMAMJJASOND"
    for i in range(12):
        pair = year[i] + year[(i + 1) % 12]
        assert parse_season(pair, None) == sorted([i + 1, (i + 1) % 12 + 1])


def test_months_are_sorted_and_counted_once():
    assert parse_season(None, (12, np.int64(1), 12)) == [1, 12]
    assert parse_season(None, None) is None


@pytest.mark.parametrize("season", ["J", "", "JFA", "XYZ", "DJFMAMJJASOND", 3, ["DJF"]])
def test_what_is_no_season_is_told(season):
    with pytest.raises(ParameterError, match=r"initials .* season='DJF'"):
        parse_season(season, None)


@pytest.mark.parametrize("name", ["winter", "Summer", "autumn", "fall", "spring", "monsoon"])
def test_names_of_seasons_say_what_to_write(name):
    with pytest.raises(ParameterError, match=r"which months are meant, season='[A-Z]{3,4}'"):
        parse_season(name, None)


@pytest.mark.parametrize("months", [[0], [13], [], 7, [1.5], ["DJF"], [True], [[1, 2]]])
def test_months_are_numbers_from_1_to_12(months):
    with pytest.raises(ParameterError, match="months from 1 to 12"):
        parse_season(None, months)


def test_season_and_months_exclude_each_other():
    with pytest.raises(ParameterError, match="leave out one"):
        parse_season("DJF", [1, 2])


def block(time, member=False):
    values = np.arange(len(time), dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    ds = xr.Dataset({"a": (("time", "y", "x"), values, {"units": "K"})}, {"time": time})
    return ds.expand_dims(member=2) if member else ds


@pytest.mark.parametrize(
    ("calendar", "n_days"), [("standard", 91), ("noleap", 90), ("360_day", 90), ("julian", 91)]
)
def test_winter_has_its_days_in_every_calendar(calendar, n_days):
    # 2000 is a leap year: 31 days of December, 31 of January, 29 or 28 of February, or 3 times 30.
    time = xr.date_range("2000-01-01", "2000-12-30", calendar=calendar, use_cftime=True)
    n_days -= calendar != "360_day"  # 31 December is not there
    winter = Season([1, 2, 12]).transform(block(time))
    assert winter.sizes["time"] == n_days
    assert set(winter.time.dt.month.values) == {1, 2, 12}
    assert winter["a"].attrs == {"units": "K"}
    assert winter.indexes["time"].equals(time[np.isin(time.month, [1, 2, 12])])


def test_positions_lead_from_the_old_times_to_the_new():
    time = pd.date_range("2001-01", periods=12, freq="MS")
    season = Season([1, 12])
    assert season.positions(block(time).time).tolist() == [0, *[-1] * 10, 1]
    assert season.transform(block(time))["a"][:, 0, 0].values.tolist() == [0, 11]


def test_a_record_of_other_months_is_an_error():
    ds = block(pd.date_range("2001-06", periods=3, freq="MS"))
    for call in (Season([1, 2]).transform, lambda ds: Season([1, 2]).positions(ds.time)):
        with pytest.raises(InputError, match=r"months 1, 2, received a record .* 6, 7, 8"):
            call(ds)


def test_dask_equals_numpy_and_stays_lazy():
    ds = block(pd.date_range("2001", periods=400), member=True)
    season = Season([1, 7])
    lazy = season.transform(ds.chunk(time=17))
    assert dask.is_dask_collection(lazy["a"].data)
    xr.testing.assert_identical(lazy.compute(), season.transform(ds))
