"""Durations of events, with every kind of edge, against what one counts by hand."""

import json
from itertools import product

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import xdsc
from xdsc.errors import ParameterError
from xdsc.statistics.sequence.series import label_series
from xdsc.statistics.sequence.spells import spells_of, without_short
from xdsc.statistics.sequence.survival import geometric_p_value, survival


def days(values, start="2000-01-01", calendar="standard", freq="D"):
    values = np.asarray(values)
    time = xr.date_range(
        start, periods=values.shape[-1], freq=freq, calendar=calendar, use_cftime=True
    )
    dims = ("member", "time")[-values.ndim :]
    return xr.DataArray(values, {"time": time}, dims)


def told(labels, **arguments):
    """Regime, days, and where each spell is cut off."""
    spells = spells_of(label_series(labels).dated().labelled(), **arguments)
    cut = [
        "<" * int(before) + ">" * int(after)
        for before, after in zip(spells.cut_start, spells.cut_end, strict=True)
    ]
    return list(zip(spells.code.tolist(), spells.days.tolist(), cut, strict=True))


FOUR = [(0, 2, "<"), (1, 3, ""), (0, 1, ""), (1, 2, ">")]
VALUES = [0, 0, 1, 1, 1, 0, 1, 1]


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_ends_of_the_record_cut_spells_off(calendar):
    assert told(days(VALUES, "2000-02-26", calendar)) == FOUR


def test_gaps_cut_spells_off():
    labels = days([0, 0, 0, 0, 1, 1, 0, 0])
    gap = labels.isel(time=[0, 1, 3, 4, 5, 6, 7])
    expected = [(0, 2, "<>"), (0, 1, "<"), (1, 2, ""), (0, 2, ">")]
    assert told(gap) == expected
    # A time step without a label says as little as one that is not there.
    assert told(labels.where(labels.time != labels.time[2])) == expected
    assert told(labels.where(labels.time != labels.time[2], -1).astype(int)) == expected


def test_the_end_of_a_season_cuts_spells_off():
    labels = days(np.zeros(365, int), "2000-07-01", "noleap")
    winter = labels.time.dt.month.isin([12, 1, 2])
    two = xr.concat([labels[winter.values]] * 1, "time")
    later = two.assign_coords(time=two.time + np.timedelta64(365, "D").astype(object))
    both = xr.concat([two, later], "time")
    assert told(both) == [(0, 90, "<>"), (0, 90, "<>")]
    found = xdsc.persistence(both, random_state=0)
    assert (found.n_events.item(), found.n_censored.item()) == (0, 2)
    assert np.isnan(found.mean_duration.item())
    assert found.self_transition.item() == 1


def test_the_end_of_a_member_cuts_spells_off():
    both = days([VALUES, VALUES])
    assert told(both) == FOUR * 2
    assert told(both.T) == FOUR * 2
    # One member has no label at the third step.
    both = both.where((both.member != 1) | (both.time != both.time[2]), -1)
    assert told(both) == [*FOUR, (0, 2, "<>"), (1, 2, "<"), *FOUR[2:]]


@pytest.mark.parametrize(
    ("freq", "step"), [("6h", 0.25), ("5D", 5), ("YS", 365)], ids=["hours", "pentads", "years"]
)
def test_the_time_step_is_that_of_the_coordinate(freq, step):
    found = xdsc.persistence(days(VALUES, "1901-01-01", "noleap", freq), random_state=0)
    assert found.mean_duration.values.tolist() == [1 * step, 3 * step]
    assert found.duration.values.tolist() == [0, step, 2 * step, 3 * step]


def test_months_last_as_long_as_they_do():
    found = xdsc.persistence(days([0, 1, 1, 1, 0], "2001-01-01", "noleap", "MS"), random_state=0)
    assert found.mean_duration.sel(cluster=1).item() == 28 + 31 + 30  # to 1 April, and a month


def test_labels_of_one_time_of_day_are_daily():
    hourly = days(np.full(96, -1), freq="6h")
    hourly[::4] = np.repeat([0, 1, 0], [4, 8, 12])
    assert told(hourly) == [(0, 4, "<"), (1, 8, ""), (0, 12, ">")]


def test_durations_by_hand():
    # Of regime 1: spells of 3, 1, 2, and 2 at the end of the record; of regime 0: 1, 1, 2, and 2.
    labels = days([0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1])
    found = xdsc.persistence(labels, n=20, random_state=3)
    assert found.n_events.values.tolist() == [3, 3]
    assert found.n_censored.values.tolist() == [1, 1]
    np.testing.assert_allclose(found.mean_duration, [4 / 3, 2])
    assert found.median_duration.values.tolist() == [1, 2]
    assert found.longest_duration.values.tolist() == [2, 3]
    assert found.mean_duration.attrs["units"] == "days"
    np.testing.assert_allclose(found.survival, [[1, 1 / 3, 0, 0], [1, 2 / 3, 1 / 3, 0]])
    # Six steps of regime 0 are followed by a label, two by itself; of seven of regime 1, four.
    np.testing.assert_allclose(found.self_transition, [2 / 6, 4 / 7])
    np.testing.assert_allclose(found.survival_geometric[1], (4 / 7) ** np.arange(4))
    assert found.attrs["random_state"] == 3
    assert found.identical(xdsc.persistence(labels, n=20, random_state=3))

    found = xdsc.persistence(labels, censored="include", random_state=0)
    assert found.n_events.values.tolist() == [4, 4]
    np.testing.assert_allclose(found.mean_duration, [6 / 4, 8 / 4])
    found = xdsc.persistence(labels, censored="kaplan-meier", random_state=0)
    # Of the spells of regime 1 that begin in the record one of 2 steps is cut off at its end, so
    # that nobody knows whether it lasts longer than these; of two others one does.
    np.testing.assert_allclose(found.survival[1], [1, 3 / 4, 3 / 4 * 1 / 2, 0])
    np.testing.assert_allclose(found.mean_duration[1], 1 + 3 / 4 + 3 / 8)
    assert found.n_events.values.tolist() == [3, 4]


def test_records_that_cut_events_off_give_their_true_survival():
    """Of all records of four steps, each as often as a regime that stays with 2/3 makes it."""
    records, times = [], []
    for values in product([0, 1], repeat=4):
        changes = int((np.diff(values) != 0).sum())
        records.append(values)
        times.append(2 ** (3 - changes))  # times 1/27, of either beginning
    labels = days(np.repeat(records, times, axis=0))
    found = xdsc.persistence(labels, censored="kaplan-meier", n=1)
    expected = (2 / 3) ** np.arange(3)
    np.testing.assert_allclose(found.survival[:, :3], [expected, expected])
    # An event that begins in the record is seen for three steps at most.
    assert np.isnan(found.survival[:, 3]).all()


@pytest.mark.parametrize(
    ("values", "no_regime", "neighbour"),
    [
        ([0, 0, 0, 1, 0, 0, 2], [0, 0, 0, -2, 0, 0, -2], [0] * 7),
        ([0, 0, 1, 2, 2, 2], [0, 0, -2, 2, 2, 2], [0, 0, 2, 2, 2, 2]),
        ([0, 0, 1, 2, 2], [0, 0, -2, 2, 2], [0, 0, 0, 2, 2]),  # of equal ones the earlier
        ([0, 0, 0, 1, 2, 0], [0, 0, 0, -2, -2, -2], [0] * 6),
        ([1, 0, 0, -1, 2, 0, 0], [-2, 0, 0, -1, -2, 0, 0], [0, 0, 0, -1, 0, 0, 0]),
        ([0, 0, -1, 1, -1, 2, 2], [0, 0, -1, -2, -1, 2, 2], [0, 0, -1, 1, -1, 2, 2]),
    ],
)
def test_short_events(values, no_regime, neighbour):
    series = label_series(days(values)).labelled()
    known = np.array(values) >= 0
    for rule, expected in (("no-regime", no_regime), ("neighbour", neighbour)):
        codes, _ = without_short(series, 2, rule)
        assert codes[0].tolist() == np.array(expected)[known].tolist()


def test_events_around_a_short_one_are_complete():
    labels = days([0, 1, 1, 0, 1, 1, 0])
    found = xdsc.persistence(labels, min_duration="2D", random_state=0)
    assert found.n_short.values.tolist() == [3, 0]
    assert found.n_events.values.tolist() == [0, 2]
    # Each is left for no regime in one step of two.
    assert found.self_transition.values[1] == 0.5
    joined = xdsc.persistence(labels, min_duration=2, short="neighbour", random_state=0)
    assert joined.n_events.values.tolist() == [0, 0]
    assert joined.n_censored.values.tolist() == [0, 1]


@pytest.mark.parametrize("least", [2, 3])
def test_events_that_are_long_enough_may_have_no_memory(least):
    """Of the shortest duration on, events of a regime without a memory are as geometric as all."""
    rng = np.random.default_rng(least)
    labels = days(np.repeat(np.arange(1200) % 2, rng.geometric(0.2, 1200)))
    found = xdsc.persistence(labels, min_duration=least, n=199, random_state=0)
    assert (found.p_value > 0.05).all()
    shown = found.survival_geometric.sel(duration=slice(0, 12))
    expected = 0.8 ** np.maximum(shown.duration - least + 1, 0)
    np.testing.assert_allclose(shown, np.stack([expected] * 2), atol=0.03)
    joined = xdsc.persistence(labels, min_duration=least, short="neighbour", n=9)
    assert joined.p_value.isnull().all()
    # Those that last three days, and none longer, have one.
    alike = days(np.repeat(np.arange(60) % 2, 3 + (np.arange(60) % 7 == 0)))
    assert (xdsc.persistence(alike, min_duration=2, n=199, random_state=0).p_value < 0.05).all()


@pytest.mark.slow
def test_the_test_of_geometric_durations_keeps_its_level_and_has_power():
    rng = np.random.default_rng(0)
    drawn = rng.geometric(0.2, (300, 40))
    p = np.array([geometric_p_value(steps, 199, rng) for steps in drawn])
    assert 0.03 <= (p <= 0.05).mean() <= 0.07
    alike = rng.integers(4, 7, (20, 40))
    apart = np.where(rng.random((20, 40)) < 0.2, 20, 1)
    for steps in (*alike, *apart):
        assert geometric_p_value(steps, 99, rng) == 0.01


@pytest.mark.parametrize(
    "arguments",
    # A number without a unit would be nanoseconds.
    [
        {"min_duration": "soon"},
        {"min_duration": "3"},
        {"min_duration": -1},
        {"censored": "no"},
        {"short": "x"},
        {"n": 0},
    ],
)
def test_wrong_arguments_are_told(arguments):
    with pytest.raises(ParameterError, match="To fix"):
        xdsc.persistence(days(VALUES), **arguments)


def test_labels_of_bins_count_once_a_bin():
    """Pentads of white noise have no memory, though their labels last for five days each."""
    rng = np.random.default_rng(0)
    pentads = xr.DataArray(
        rng.integers(0, 3, 300),
        {"time": xr.date_range("2000-01-01", periods=300, freq="5D")},
        ("time",),
        attrs={"xdsc_preparation": json.dumps({"resample": "5D"})},
    )
    expected = xdsc.persistence(pentads, random_state=0)
    assert (expected.p_value > 0.05).all()
    time = xr.date_range("2000-01-01", periods=1500)
    daily = pentads.reindex(time=time, method="ffill")
    xr.testing.assert_identical(xdsc.persistence(daily, random_state=0), expected)
    # Without a label on a day, and where the first pentad has begun before.
    daily[7] = -1
    xr.testing.assert_identical(xdsc.persistence(daily, random_state=0), expected)
    later = xdsc.persistence(daily[3:], random_state=0)
    np.testing.assert_allclose(later.mean_duration, expected.mean_duration, rtol=0.02)
    assert later.attrs["xdsc_time_step"] == "5 days"
    every_tenth = xdsc.persistence(daily[::10], random_state=0)
    assert every_tenth.attrs["xdsc_time_step"] == "10 days"
    # Labels that change within a pentad are none of pentads.
    daily[101] = (daily[101] + 1) % 3
    assert (xdsc.persistence(daily, random_state=0).p_value < 0.01).all()


def test_survival_is_kaplan_meiers_of_scipy():
    rng = np.random.default_rng(0)
    steps, whole = rng.geometric(0.2, 60), rng.random(60) < 0.7
    sample = stats.CensoredData(uncensored=steps[whole], right=steps[~whole])
    expected = stats.ecdf(sample).sf.evaluate(np.arange(steps.max() + 1))
    found = survival(steps, whole, int(steps.max()))
    known = np.isfinite(found)
    assert known.sum() > 10
    np.testing.assert_allclose(found[known], expected[known], atol=1e-12)
