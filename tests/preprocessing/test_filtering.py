"""Low-pass filters: their weights and response, and what they never see."""

from datetime import timedelta

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_blocks import Plain
from scipy.ndimage import uniform_filter1d

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.steps.filtering import Filter, check_filter, parse_filter
from xdsc.preprocessing.steps.lowpass import lanczos_weights

Filter = Plain(Filter)

NAN = np.nan
DAY = 86400.0


def series(values, time=None, dtype=float):
    values = np.asarray(values, dtype)
    time = pd.date_range("2001", periods=len(values)) if time is None else time
    return xr.Dataset(
        {"a": (("time", "y", "x"), values[:, None, None], {"units": "K"})}, {"time": time}
    )


def filtered(ds, kind="running-mean", window=3, cutoff=None):
    step = Filter(kind, window, cutoff)
    return step.fit(ds).transform(ds)


def values(ds, **options):
    return filtered(ds, **options)["a"][:, 0, 0].values


# --- what comes out


def test_a_running_mean_worked_by_hand():
    # At the ends two of three values are there, which is more than half.
    np.testing.assert_allclose(values(series([1, 2, 6, 4])), [1.5, 3, 4, 5])


def test_a_missing_value_is_left_out_and_not_filled():
    result = values(series([1, NAN, 6, 4, 2]))
    # 1 alone is less than half of a window of three.
    np.testing.assert_allclose(result, [NAN, NAN, 5, 4, 3])


def test_the_interior_equals_scipy():
    rng = np.random.default_rng(0)
    data = rng.normal(size=60)
    np.testing.assert_allclose(
        values(series(data), window=9)[4:-4], uniform_filter1d(data, 9)[4:-4], rtol=1e-12
    )
    weights = lanczos_weights(15, 5)
    np.testing.assert_allclose(
        values(series(data), kind="lanczos", window=15, cutoff=5)[7:-7],
        np.convolve(data, weights, mode="valid"),
        rtol=1e-12,
    )


@pytest.mark.parametrize("options", [{}, {"kind": "lanczos", "window": 31, "cutoff": 10.0}])
def test_a_constant_passes_even_at_ends_and_beside_gaps(options):
    data = np.full(80, 7.5)
    data[[20, 21, 50]] = NAN
    result = values(series(data), **options)
    there = ~np.isnan(result)
    assert there.sum() >= 75
    np.testing.assert_allclose(result[there], 7.5, rtol=1e-12)


def test_less_than_half_of_the_weight_is_nan():
    data = np.full(11, NAN)
    data[[3, 5, 7]] = 1.0  # from 5, three of a window of five; from 3 and 7, two
    ds = series(data).assign(b=series(np.ones(11))["a"])  # so that no frame is missing
    np.testing.assert_array_equal(values(ds, window=5), [NAN] * 5 + [1.0] + [NAN] * 5)


def test_a_missing_frame_is_a_gap_as_a_missing_date_is():
    data = np.arange(11.0) ** 2
    data[5] = NAN
    there = np.arange(11) != 5
    dates = series(data[there], pd.date_range("2001", periods=11)[there])
    np.testing.assert_array_equal(values(series(data), window=5)[there], values(dates, window=5))


def test_a_run_shorter_than_half_a_window_is_nan():
    time = pd.date_range("2001", periods=12).delete(8)
    result = values(series(np.ones(11), time), window=7)
    # The run of 8 has four of seven from its first value on; the run of 3 never has.
    np.testing.assert_array_equal(np.isnan(result), [False] * 8 + [True] * 3)


def test_long_lanczos_windows_do_not_blow_up_beside_gaps():
    rng = np.random.default_rng(1)
    data = rng.normal(size=300)
    data[rng.random(300) < 0.4] = NAN
    result = values(series(data), kind="lanczos", window=201, cutoff=4.0)
    assert np.nanmax(np.abs(result)) < 2 * 3 * np.nanmax(np.abs(data))


def test_infinite_values_are_missing():
    np.testing.assert_allclose(values(series([1, 3, 5, np.inf, 1])), [2, 3, 4, NAN, NAN])


def test_a_filter_keeps_dtype_attributes_and_input():
    ds = series([1, 2, 4], dtype=np.float32)
    before = ds.copy(deep=True)
    step = Filter("running-mean", 3).fit(ds)
    result = step.transform(ds)
    assert result["a"].dtype == np.float32
    assert result["a"].attrs == {"units": "K"}
    xr.testing.assert_identical(ds, before)
    xr.testing.assert_identical(step.inverse_transform(result), result)
    assert step.settings == {"kind": "running-mean", "window": 3, "cutoff": None, "step": None}


def test_sums_are_in_float64():
    # In float32 the ones would drown: 1e8 + 1 = 1e8.
    assert values(series([1, 1e8, 1, -1e8, 1], dtype=np.float32), window=5)[2] == np.float32(0.6)


# --- gaps and members


@pytest.mark.parametrize(
    "options", [{"window": 5}, {"kind": "lanczos", "window": 9, "cutoff": 4.0}]
)
@pytest.mark.parametrize("chunk", [None, 1, 4])
def test_the_other_side_of_a_gap_changes_nothing_to_the_bit(options, chunk):
    rng = np.random.default_rng(0)
    time = pd.date_range("2001", periods=21).delete(10)
    data = rng.normal(size=20)
    data[[3, 14]] = NAN

    def run(other):
        changed = data.copy()
        changed[10:] = other
        ds = series(changed, time)
        return values(ds if chunk is None else ds.chunk(time=chunk), **options)[:10]

    expected = run(data[10:])
    for other in (1e300, -np.inf, NAN):
        np.testing.assert_array_equal(run(other), expected)
    np.testing.assert_array_equal(values(series(data[:10], time[:10]), **options), expected)


def test_members_do_not_mix():
    data = np.random.default_rng(0).normal(size=(2, 12))
    ds = xr.concat([series(member) for member in data], "member")
    together = filtered(ds)["a"].values
    for i in range(2):
        np.testing.assert_array_equal(together[i, :, 0, 0], values(series(data[i])))


# --- Lanczos


def test_lanczos_weights_follow_the_formula():
    m, cutoff = 4, 5.0
    expected = [2 / cutoff]
    for k in range(1, m):
        ideal = np.sin(2 * np.pi * k / cutoff) / (np.pi * k)
        expected.append(ideal * np.sin(np.pi * k / m) / (np.pi * k / m))
    expected = np.array([*expected[:0:-1], *expected])
    weights = lanczos_weights(7, cutoff)
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-12)
    assert weights.sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("cutoff", [2.5, 4, 7.3, 10, 40])
def test_the_default_window_passes_slow_waves_and_stops_fast_ones(cutoff):
    time = pd.date_range("2001", periods=400)
    settings = parse_filter({"kind": "lanczos", "cutoff": cutoff}, time)
    assert abs(settings["window"] - (3 * cutoff + 1)) <= 1
    del settings["step"]
    phase = 2 * np.pi * np.arange(400) / cutoff
    h = settings["window"] // 2

    def response(share):
        wave = np.cos(share * phase)
        return np.abs(values(series(wave), **settings)[h:-h]).max() / np.abs(wave).max()

    for share in (0.1, 0.25, 0.5):
        assert response(share) == pytest.approx(1, abs=0.05)
    assert response(1) < 0.75
    # Up to the shortest wave that data can have, of 2 steps.
    for share in (1.5, 2, 3):
        if share < cutoff / 2:
            assert response(share) < 0.05


# --- chunks


def messy(seed):
    rng = np.random.default_rng(seed)
    time = pd.date_range("2001", periods=26).delete([9, 10])
    data = rng.normal(size=(2, 24, 2, 3)).astype(np.float32)
    data[rng.random(data.shape) < 0.15] = NAN
    data[..., 1, 2] = NAN
    return xr.Dataset({"a": (("member", "time", "y", "x"), data)}, {"time": time})


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99),
    cuts=st.sets(st.integers(1, 23), max_size=23),
    window=st.sampled_from([3, 5, 13, 23, 61]),
    kind=st.sampled_from(["running-mean", "lanczos"]),
    x=st.integers(1, 3),
)
def test_dask_equals_numpy_for_any_chunks(seed, cuts, window, kind, x):
    ds = messy(seed)
    lazy = ds.chunk(time=tuple(np.diff([0, *sorted(cuts), 24])), x=x, member=1)
    options = {"kind": kind, "window": window, "cutoff": 4.0 if kind == "lanczos" else None}
    result = filtered(lazy, **options)
    assert dask.is_dask_collection(result)
    xr.testing.assert_identical(result.compute(), filtered(ds, **options))


def test_nothing_is_computed_before_it_is_needed():
    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        filtered(messy(0).chunk(time=4), window=11)


def test_far_chunks_are_not_read():
    read = []

    def block(piece, block_info=None):
        if block_info:
            read.append(block_info[0]["chunk-location"][0])
        return piece

    ds = series(np.ones(40)).chunk(time=4)
    lazy = filtered(ds.assign(a=ds["a"].copy(data=ds["a"].data.map_blocks(block, dtype=float))))
    with dask.config.set(scheduler="synchronous"):
        lazy["a"][20:24].compute()
    assert set(read) == {4, 5, 6}


# --- what users write

DAILY = pd.date_range("2001", periods=200)


@pytest.mark.parametrize(
    ("value", "window"),
    [
        ("10D", 11),
        ("9 days", 9),
        ("72h", 3),
        (timedelta(days=7), 7),
        (np.timedelta64(5, "D"), 5),
        (5, 5),
        (np.int64(7), 7),
        ({"window": "10D"}, 11),
        ({"kind": "running-mean", "window": 3}, 3),
    ],
)
def test_a_running_mean_is_asked_for_by_duration_or_steps(value, window):
    expected = {"kind": "running-mean", "window": window, "cutoff": None, "step": DAY}
    assert parse_filter(value, DAILY) == expected


def test_a_lanczos_filter_is_asked_for_by_its_cutoff():
    asked = {"kind": "lanczos", "cutoff": "10D", "window": "61D"}
    expected = {"kind": "lanczos", "window": 61, "cutoff": 10.0, "step": DAY}
    assert parse_filter(asked, DAILY) == expected
    assert parse_filter({"kind": "lanczos", "cutoff": 10, "window": 61}, DAILY) == expected
    assert parse_filter({"cutoff": "10D"}, DAILY) == expected | {"window": 31}


def test_durations_count_in_steps_of_the_data():
    hourly = pd.date_range("2001", periods=400, freq="6h")
    assert parse_filter("10D", hourly)["window"] == 41
    monthly = pd.date_range("2001", periods=60, freq="MS")
    assert parse_filter("91D", monthly)["window"] == 3
    days_360 = xr.date_range("2001", periods=60, freq="MS", calendar="360_day", use_cftime=True)
    assert parse_filter("90D", days_360) == {
        "kind": "running-mean",
        "window": 3,
        "cutoff": None,
        "step": 30 * DAY,
    }


@pytest.mark.parametrize("value", [None, False])
def test_no_filter(value):
    assert parse_filter(value, DAILY) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4, "odd number .* received 4. To fix: take 5"),
        (1, "take 3"),
        (5.5, "odd number"),
        (True, "duration or a number"),
        ("10", "duration or a number"),
        ("ten days", "duration or a number"),
        ("-3D", "duration or a number"),
        ("NaT", "duration or a number"),
        (NAN, "duration or a number"),
        (0, "duration or a number"),
        ([3], "duration or a number"),
        ({}, "the window of a running mean"),
        ({"kind": "butterworth", "window": 3}, "running-mean or lanczos, received 'butterworth'"),
        ({"kind": "lanczos"}, "cutoff of a Lanczos filter"),
        ({"kind": "lanczos", "cutoff": 2}, "more than 2 time steps"),
        ({"kind": "running-mean", "window": 3, "cutoff": 5}, "a window alone"),
        ({"window": 3, "width": 5}, "received 'width'"),
    ],
)
def test_what_is_no_filter_is_told_before_there_are_data(value, text):
    with pytest.raises(ParameterError, match=text):
        check_filter(value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ParameterError) as error:
        check_filter({"kind": "lanczos", "window": 4, "width": 5})
    assert len(error.value.problems) == 3


def test_checked_filters_are_json_and_can_be_parsed():
    asked = {"cutoff": timedelta(days=10), "window": 61}
    checked = check_filter(asked)
    assert checked == {"kind": "lanczos", "window": 61, "cutoff": "10 days 00:00:00"}
    assert parse_filter(checked, DAILY) == parse_filter(asked, DAILY)


@pytest.mark.parametrize(
    ("value", "n_times", "text"),
    [
        ("1D", 200, r"3 time steps or more, received '1D', 1 steps of 1 days"),
        ({"cutoff": "2D"}, 200, r"cutoff of more than 2 time steps"),
        ("30D", 20, r"run of 31 time steps without a gap.*received 20 in the longest"),
        ("30D", 1, "2 time steps or more"),
    ],
)
def test_what_does_not_fit_the_data_is_told(value, n_times, text):
    with pytest.raises(InputError, match=text):
        parse_filter(value, DAILY[:n_times])


def test_another_time_step_is_an_error_and_months_of_any_length_are_none():
    step = Filter(**parse_filter(5, DAILY))
    hourly = series(np.ones(9), pd.date_range("2001", periods=9, freq="6h"))
    with pytest.raises(InputError, match=r"1 days, for which .* 6 hours\. .* resample='1D'"):
        step.transform(hourly)
    months = Filter(**parse_filter(3, pd.date_range("2001", periods=60, freq="MS")))
    for calendar in ("360_day", "noleap"):
        time = xr.date_range("2001-03", periods=4, freq="MS", calendar=calendar, use_cftime=True)
        months.transform(series([1, 2, 3, 4], time))
    # A single frame has no step, and less than half of a window.
    assert np.isnan(step.transform(series([1.0]))["a"]).all()
