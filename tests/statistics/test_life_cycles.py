"""Life cycles of an index made by hand, with every edge."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError

NO = 2  # no regime, where there are the regimes 0 and 1


def index_of(a, b, time=None, **attrs):
    """An index of two regimes, a and b."""
    if time is None:
        time = pd.date_range("2000-01-01", periods=len(a))
    values = np.stack([a, b], axis=-1).astype(float)
    return xr.DataArray(values, {"time": time}, ("time", "cluster"), attrs=attrs)


def rows(events):
    """Regime, day of onset and decay, of each event."""
    day = events[["onset", "decay"]].to_array().dt.dayofyear.values.T
    return [(int(k), *map(int, ends)) for k, ends in zip(events.cluster.values, day, strict=True)]


def test_events_overlap_and_days_go_to_the_largest():
    a = [0, 0, 1.2, 1.5, 2.0, 1.6, 1.1, 0.9, 0.0, 0.0]
    b = [0, 0, 0.0, 0.9, 1.0, 1.7, 1.8, 1.4, 1.2, 0.0]
    events, labels = xdsc.life_cycles(index_of(a, b, long_name="my index"))
    assert rows(events) == [(0, 3, 7), (1, 5, 9)]  # 1.0 is at the threshold
    assert labels.values.tolist() == [NO, NO, 0, 0, 0, 1, 1, 1, 1, NO]
    assert events.peak.dt.day.values.tolist() == [5, 7]
    assert events.maximum.values.tolist() == [2.0, 1.8]
    np.testing.assert_allclose(events["mean"], [np.mean(a[2:7]), np.mean(b[4:9])])
    assert events.duration.values.tolist() == [5, 5]
    assert events.duration.attrs["units"] == "day"
    assert events.n_attributed.values.tolist() == [3, 4]
    assert not events[["onset_censored", "decay_censored"]].to_array().any()
    assert events.maximum.attrs["long_name"] == "maximum of my index"
    assert events.to_dataframe().shape == (2, 10)


def test_short_ones_and_those_never_the_strongest_are_left_out():
    a = [0, 2, 2, 2, 2, 0, 2, 2, 2, 2, 2, 0]
    b = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]
    events, labels = xdsc.life_cycles(index_of(a, b))
    assert rows(events) == [(0, 7, 11)]  # four days are not five
    assert (labels == 0).sum() == 5
    assert rows(xdsc.life_cycles(index_of(a, b), strongest=False).events) == [
        (0, 7, 11),
        (1, 7, 11),
    ]
    assert rows(xdsc.life_cycles(index_of(a, b), min_duration="4D").events)[0] == (0, 2, 5)
    assert rows(xdsc.life_cycles(index_of(a, b), min_duration=5).events) == [(0, 7, 11)]
    assert rows(xdsc.life_cycles(index_of(a, b), threshold=2.5).events) == []


def test_equal_values_go_to_the_first():
    same = [0, 1, 1, 1, 1, 1, 0]
    events, labels = xdsc.life_cycles(index_of(same, same))
    assert rows(events) == [(0, 2, 6), (1, 2, 6)]
    assert labels.values.tolist() == [NO, 0, 0, 0, 0, 0, NO]
    assert events.peak.dt.day.values.tolist() == [2, 2]
    assert events.n_attributed.values.tolist() == [5, 0]


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_gaps_missing_values_and_ends_cut_life_cycles_off(calendar):
    time = xr.date_range("2001-01-01", periods=30, calendar=calendar, use_cftime=True)
    time = time.delete(np.arange(12, 16))  # a gap, as between seasons
    a = np.full(26, 2.0)
    a[[5, 6]] = 0
    a[19] = np.nan
    b = np.zeros(26)
    b[19] = np.nan
    events, labels = xdsc.life_cycles(index_of(a, b, time))
    assert rows(events) == [(0, 1, 5), (0, 8, 12), (0, 17, 23), (0, 25, 30)]
    assert events.onset_censored.values.tolist() == [True, False, True, True]
    assert events.decay_censored.values.tolist() == [False, True, True, True]
    assert labels.values[19] == -1
    assert labels.values[5] == NO


def test_cut_off_ones_that_are_too_short_are_counted():
    a = [2, 2, 0, 0, 2, 2, 0, 0, 2]
    events, labels = xdsc.life_cycles(index_of(a, np.zeros(9)), min_duration="3D")
    assert events.sizes["event"] == 0
    assert events.attrs["xdsc_n_cut_short"] == 2
    assert events.onset.dtype.kind == "M"
    assert (labels == NO).all()


def test_members_are_apart():
    a, b = [0, 0, 0, 2, 2, 2], [2, 2, 2, 0, 0, 0]
    both = xr.concat([index_of(a, b), index_of(b, a)], pd.Index(["r1", "r2"], name="realization"))
    events, labels = xdsc.life_cycles(both.transpose("cluster", "time", "realization"), 1.0, "3D")
    assert labels.dims == ("realization", "time")
    assert labels.sel(realization="r2").values.tolist() == [0, 0, 0, 1, 1, 1]
    assert events.realization.values.tolist() == ["r1", "r1", "r2", "r2"]
    assert rows(events) == [(1, 1, 3), (0, 4, 6), (0, 1, 3), (1, 4, 6)]
    assert events.onset_censored.values.tolist() == [True, False, True, False]


def test_durations_are_of_whole_time_steps():
    time = pd.date_range("2000-01-01", periods=24, freq="6h")
    a = np.r_[np.zeros(2), np.full(20, 2.0), np.zeros(2)]
    events, _ = xdsc.life_cycles(index_of(a, 0 * a, time))
    assert events.duration.values.tolist() == [5.0]
    assert (
        xdsc.life_cycles(index_of(a, 0 * a, time), min_duration="126h").events.sizes["event"] == 0
    )


def test_no_regime_is_a_class_of_its_own():
    a = [0, 0, 2, 2, 2, np.nan]
    index = index_of(a, [0, 0, 0, 0, 0, np.nan])
    flags = {"flag_values": [-1, 0, 4], "flag_meanings": "no_label NAO+ Blocking"}
    index = index.assign_coords(cluster=("cluster", [0, 4], flags))
    _, labels = xdsc.life_cycles(index, min_duration="3D")
    assert labels.values.tolist() == [5, 5, 0, 0, 0, -1]
    assert labels.attrs["flag_values"].tolist() == [-1, 0, 4, 5]
    assert labels.attrs["flag_meanings"] == "no_label NAO+ Blocking no_regime"
    ds = xr.Dataset({"t": ("time", np.arange(6.0))}, {"time": index.time, "cluster": labels})
    found = xdsc.composites(ds)
    assert found.cluster.values.tolist() == [0, 5]
    assert found.t.values.tolist() == [3.0, 0.5]
    _, named = xdsc.life_cycles(index.assign_coords(cluster=["a b", "c"]), min_duration="3D")
    assert named.attrs["flag_meanings"] == "no_label a_b c no_regime"


def test_by_correlation_days_are_those_of_the_most_alike_pattern():
    a = [0.39, 0.4, 0.5, 0.6, -1.0]
    b = [0.30, 0.3, 0.6, 0.6, -0.2]
    index = xr.Dataset({"pattern_correlation": index_of(a, b)})
    index["regime_index"] = 0 * index.pattern_correlation
    events, labels = xdsc.life_cycles(index, by="correlation")
    assert labels.values.tolist() == [NO, 0, 1, 0, NO]
    assert rows(events) == [(0, 2, 2), (1, 3, 3), (0, 4, 4)]
    assert events.attrs["xdsc_threshold"] == 0.4


def test_results_go_through_a_file(tmp_path):
    a = [0, 2, 2, 2, 2, 2, 0]
    for name, part in zip("el", xdsc.life_cycles(index_of(a, a)), strict=True):
        part.to_netcdf(tmp_path / f"{name}.nc")
        with xr.open_dataset(tmp_path / f"{name}.nc") as back:
            xr.testing.assert_equal(back if name == "e" else back.cluster, part)


def test_a_labelled_dataset_has_life_cycles(small):
    small = small[["t2m"]].assign_coords(cluster=small.regime)
    events, labels = small.dsc.life_cycles(min_duration="2D")
    expected = xdsc.life_cycles(small.dsc.regime_index(), min_duration="2D")
    xr.testing.assert_identical(events, expected.events)
    xr.testing.assert_identical(labels, expected.labels)
    assert labels.attrs["xdsc_variables"] == "t2m"
    regime = labels.where(labels < 3, drop=True)
    assert (regime == small.regime.sel(time=regime.time)).mean() > 0.9


def test_errors_say_what_to_do():
    index = index_of([0, 2], [0, 0])
    with pytest.raises(ParameterError, match="by to be one of 'index', 'correlation'"):
        xdsc.life_cycles(index, by="days")
    with pytest.raises(ParameterError, match=r"(?s)min_duration=.*threshold="):
        xdsc.life_cycles(index, "high", "long")
    with pytest.raises(InputError, match=r"ascend.*sortby\('time'\)"):
        xdsc.life_cycles(index[::-1])
    with pytest.raises(InputError, match="with dates"):
        xdsc.life_cycles(index.drop_vars("time"))
    with pytest.raises(ParameterError, match="pattern_correlation"):
        xdsc.life_cycles(index.to_dataset(name="regime_index"), by="correlation")
    with pytest.raises(NotFittedError):
        xdsc.life_cycles(
            xr.Dataset(
                {"z": (("time", "lat", "lon"), np.zeros((2, 1, 1)))},
                {"time": index.time, "lat": [0.0], "lon": [0.0]},
            )
        )


# --- What follows ------------------------------------------------------------------------------


def followed(index, **options):
    """Rows of what follows and precedes each event."""
    events = xdsc.life_cycles(index, min_duration="0D", strongest=False, **options).events
    return events.following.values.tolist(), events.preceding.values.tolist()


def test_a_life_cycle_follows_within_a_window_of_the_decay():
    # Day:  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16
    a = [0, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 2, 2, 0]
    b = [0, 0, 0, 0, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0]
    index = index_of(a, b)
    # Of a from 2 to 7, of b from 5 to 9, of a from 14 to 15: two days early, five days late.
    assert followed(index, window="4D") == ([1, -1, -1], [-1, 0, -1])
    assert followed(index, window=5) == ([1, 2, -1], [-1, 0, 1])
    assert followed(index, window="1D") == ([-1, -1, -1], [-1, -1, -1])
    events = xdsc.life_cycles(index, min_duration="0D", strongest=False, window="5D").events
    assert events.following_cluster.values.tolist() == [1, 0, -1]
    assert events.preceding_cluster.values.tolist() == [-1, 0, 1]
    assert events.attrs["xdsc_transition_window_days"] == 5
    assert "following" not in xdsc.life_cycles(index).events


def test_the_nearest_one_follows_and_none_within_another_or_together_with_it():
    c = index_of([0, 2, 2, 2, 2, 0, 0, 0, 0], [0, 0, 2, 2, 0, 0, 0, 2, 0])
    # Of b from 3 to 4 lies within that of a from 2 to 5; b from 8 on follows both.
    assert followed(c, window="4D") == ([2, 2, -1], [-1, -1, 0])
    same = index_of([0, 2, 2, 0, 0], [0, 2, 2, 2, 0])
    assert followed(same, window="4D") == ([-1, -1], [-1, -1])


def test_nothing_follows_over_a_gap_or_what_is_cut_off():
    days = pd.DatetimeIndex([f"2000-01-{day:02}" for day in (1, 2, 3, 5, 6, 7)])
    a, b = [0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 2, 0]
    assert followed(index_of(a, b), window="4D") == ([1, -1], [-1, 0])
    assert followed(index_of(a, b, days), window="4D") == ([-1, -1], [-1, -1])
    missing = index_of([0, 2, 0, np.nan, 0, 0], [0, 0, 0, np.nan, 2, 0])
    assert followed(missing, window="4D") == ([-1, -1], [-1, -1])
    # The record ends before the decay of the first one is seen.
    cut = index_of([0, 2, 2, 2], [0, 0, 2, 2])
    assert followed(cut, window="4D") == ([-1, -1], [-1, -1])


@pytest.mark.parametrize("window", ["often", "-1D", np.nan, []])
def test_windows_that_are_none_are_told(window):
    with pytest.raises(ParameterError, match="window="):
        xdsc.life_cycles(index_of([0, 1], [1, 0]), window=window)


def test_of_several_variables_one_is_named():
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    labelled = ds.assign_coords(cluster=ds["regime"])
    events, _ = xdsc.life_cycles(labelled, min_duration="2D", variable="t2m")
    index = xdsc.regime_index(labelled, variable="t2m")
    xr.testing.assert_equal(events, xdsc.life_cycles(index, min_duration="2D").events)
