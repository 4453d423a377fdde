"""Time that cannot be used is refused with a remedy; time that can is split at its gaps."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc.cf import check_time, find_axes, time_runs
from xdsc.errors import InputError

DAYS = pd.date_range("2020-01-01", periods=5)


def regular():
    """Zeros of 5 days on 3 × 4 places."""
    return xr.Dataset(
        {"t2m": (("time", "lat", "lon"), np.zeros((5, 3, 4), "f4"))},
        {"time": DAYS, "lat": [52.0, 51, 50], "lon": [0.0, 1, 2, 3]},
    )


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day", "julian"])
def test_every_calendar_is_good_time(calendar):
    time = xr.date_range("2001-02-26", periods=5, calendar=calendar, use_cftime=True)
    ds = regular().assign_coords(time=time)
    check_time(ds, find_axes(ds))
    assert time_runs(ds["time"].values).tolist() == [[0, 5]]
    assert time_runs(ds.indexes["time"][[0, 1, 3, 4]]).tolist() == [[0, 2], [2, 4]]


@pytest.mark.parametrize(
    ("time", "parts"),
    [
        (DAYS[[0, 1, 1, 2, 3]], ["drop_duplicates('time')", "2020-01-02"]),
        (DAYS[::-1], ["sortby('time')"]),
        (DAYS[[2, 1, 1, 0, 3]], ["drop_duplicates('time')", "sortby('time')"]),
        (DAYS.where(DAYS[2] != DAYS), ["NaT", "notnull()"]),
        (np.arange(5), ["xr.decode_cf(ds)", "int64"]),
        (list("abcde"), ["xr.decode_cf(ds)"]),
        (DAYS - DAYS[0], ["timedelta64"]),
    ],
)
def test_bad_time_is_named_with_a_remedy(time, parts):
    ds = regular().assign_coords(time=time)
    with pytest.raises(InputError) as caught:
        check_time(ds, find_axes(ds))
    for part in parts:
        assert part in str(caught.value)


def test_one_time_step_is_enough_only_where_it_says_so():
    ds = regular().isel(time=[0])
    with pytest.raises(InputError, match="at least 2 time steps"):
        check_time(ds, find_axes(ds))
    check_time(ds, find_axes(ds), at_least=1)


def test_runs_of_nothing_one_step_and_months():
    assert time_runs(DAYS[:0]).tolist() == []
    assert time_runs(DAYS[:1]).tolist() == [[0, 1]]
    assert time_runs(pd.date_range("2000-01-01", periods=24, freq="MS")).tolist() == [[0, 24]]


@given(kept=st.lists(st.booleans(), min_size=20, max_size=40))
def test_runs_cover_all_steps_once_and_have_no_gap(kept):
    # Twenty whole days first, so that the median step is a day.
    days = pd.date_range("2000", periods=60)[[True] * 20 + kept + [False] * (40 - len(kept))]
    runs = time_runs(days.values)
    assert np.concatenate([np.arange(*run) for run in runs]).tolist() == list(range(len(days)))
    for start, stop in runs:
        assert np.all(np.diff(days[start:stop]) == np.timedelta64(1, "D"))
    for end, start in zip(runs[:-1, 1], runs[1:, 0], strict=True):
        assert days[start] - days[end - 1] > pd.Timedelta("1D")
