"""Annual cycle and trend: planted, taken out, put back."""

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_blocks import Plain
from scipy.signal import detrend as scipy_detrend

from xdsc.errors import InputError, NotFittedError
from xdsc.preprocessing.cycle.climatology import parse_deseasonalize
from xdsc.preprocessing.steps.anomalies import Anomalies

Anomalies = Plain(Anomalies)

CALENDARS = ["standard", "noleap", "all_leap", "360_day", "julian"]
TWO = {"kind": "harmonics", "n": 2}
KINDS = [None, TWO, {"kind": "day", "window": 31}, {"kind": "month"}, {"kind": "hour", "window": 9}]
AMPLITUDE = np.array([[1.0, -2.0, 0.5], [3.0, 0.1, -1.0]])
SLOPE = np.array([[0.5, -0.2, 0.0], [0.1, 2.0, -1.0]])


def planted(calendar="standard", start="2001-01-01", periods=3 * 366, freq="D", noise=0.0, day=0.0):
    """Two annual harmonics, a trend a year and a daily cycle that changes with the season."""
    time = xr.date_range(start, periods=periods, freq=freq, calendar=calendar, use_cftime=True)
    year = xr.DataArray(time, dims="time").dt.decimal_year.values[:, None, None]
    hour = np.asarray(time.hour)[:, None, None]
    angle, turn = 2 * np.pi * year, 2 * np.pi * hour / 24
    values = 10 + AMPLITUDE * np.cos(angle) + 0.5 * np.sin(2 * angle) + SLOPE * (year - 2001)
    values = values + day * (1 + 0.3 * np.sin(angle)) * np.cos(turn - 1) + day * np.sin(2 * turn)
    values = values + noise * np.random.default_rng(0).normal(size=values.shape)
    return xr.Dataset(
        {"t2m": (("time", "y", "x"), values, {"units": "K"})}, coords={"time": ("time", time)}
    )


def with_gaps(ds):
    """A third of the values of one cell, a winter of all cells and one whole cell missing."""
    gappy = ds.where(~((ds["time"].dt.year == 2002) & (ds["time"].dt.month < 3)))
    gappy["t2m"][::3, 0, 1] = np.nan
    gappy["t2m"][:, 1, 2] = np.nan
    return gappy


def members(*blocks):
    """Blocks as members of one."""
    return xr.concat(blocks, "member").transpose("member", "time", "y", "x")


@pytest.mark.parametrize("calendar", CALENDARS)
def test_nothing_is_left_of_planted_harmonics_and_trend(calendar):
    ds = planted(calendar)
    step = Anomalies(TWO, detrend=True).fit(with_gaps(ds))
    left = step.transform(ds)["t2m"].values
    np.testing.assert_allclose(left[:, :, :2], 0, atol=1e-9)
    np.testing.assert_allclose(step.fitted_["t2m"].values[-1, :, :2], SLOPE[:, :2], atol=1e-9)
    # A cell without a value keeps coefficients of 0.
    np.testing.assert_array_equal(step.fitted_["t2m"][:, 1, 2], 0)
    assert np.isfinite(step.fitted_["t2m"]).all()


@pytest.mark.parametrize(("freq", "periods"), [("3h", 9000), ("6h", 4500), ("8h", 3300)])
def test_the_daily_cycle_goes_and_may_change_with_the_season(freq, periods):
    ds = planted(freq=freq, periods=periods, day=1.0)
    step = Anomalies(TWO, detrend=True).fit(ds)
    np.testing.assert_allclose(step.transform(ds)["t2m"], 0, atol=1e-9)
    without = Anomalies({**TWO, "diurnal": 0}, detrend=True).fit(ds)
    assert float(without.transform(ds)["t2m"].std()) > 0.3


def test_a_month_is_the_same_wherever_in_it_its_stamp_lies():
    first = planted(freq="MS", periods=36, noise=1.0)
    middle = first.assign_coords(time=first.indexes["time"] + timedelta(days=15))
    found = Anomalies(TWO, detrend=True).fit(first)
    other = Anomalies(TWO, detrend=True).fit(middle)
    np.testing.assert_allclose(other.transform(middle)["t2m"], found.transform(first)["t2m"])
    np.testing.assert_allclose(found.transform(middle)["t2m"], found.transform(first)["t2m"])
    one = middle.isel(time=[7])
    np.testing.assert_allclose(
        found.transform(one)["t2m"], found.transform(first)["t2m"].isel(time=[7])
    )


@pytest.mark.parametrize(("freq", "periods"), [("5D", 220), ("D", 900)])
def test_slower_data_have_no_daily_cycle(freq, periods):
    ds = planted(freq=freq, periods=periods)
    step = Anomalies(TWO, detrend=True).fit(ds)
    assert step.fitted_["t2m"].shape == (6, 2, 3)
    np.testing.assert_allclose(step.transform(ds)["t2m"], 0, atol=1e-9)


def test_coefficients_are_those_of_least_squares():
    ds = planted(noise=1.0)
    step = Anomalies({"kind": "harmonics", "n": 1}, detrend=True).fit(ds)
    year = ds["time"].dt.decimal_year.values
    angle = 2 * np.pi * year
    t = year - year.mean()
    terms = np.stack([np.ones_like(t), np.cos(angle), np.sin(angle), t], axis=1)
    expected = np.linalg.lstsq(terms, ds["t2m"].values.reshape(len(terms), -1), rcond=None)[0]
    np.testing.assert_allclose(step.fitted_["t2m"].values.reshape(4, 6), expected, atol=1e-9)


@pytest.mark.parametrize("kind", [{"kind": "day", "window": 1}, {"kind": "month"}])
def test_trend_and_means_of_bins_are_those_of_joint_least_squares(kind):
    ds = with_gaps(planted("noleap", noise=1.0))
    time = ds["time"].dt
    bins = (time.dayofyear if kind["kind"] == "day" else time.month).values
    t = time.decimal_year.values
    terms = Anomalies(kind, detrend=True).fit(ds).fitted_["t2m"]
    if kind["kind"] == "day":
        terms = terms.drop_sel(term=59)  # 29 February, never seen
    for y, x in [(0, 0), (0, 1)]:
        values = ds["t2m"].values[:, y, x]
        seen = np.isfinite(values)
        one_hot = (bins[seen, None] == np.unique(bins)).astype(float)
        columns = np.column_stack([one_hot, t[seen] - t.mean()])
        expected = np.linalg.lstsq(columns, values[seen], rcond=None)[0]
        np.testing.assert_allclose(terms[:, y, x], expected, atol=1e-9)


def test_trend_alone_is_that_of_scipy_and_numpy():
    # In a calendar with years of one length, decimal years are as even as days.
    ds = planted("360_day", noise=1.0)
    left = Anomalies(None, detrend=True).fit(ds).transform(ds)["t2m"]
    np.testing.assert_allclose(left, scipy_detrend(ds["t2m"].values, axis=0), atol=1e-9)
    gappy = with_gaps(ds)["t2m"].values[:, 0, 1]
    seen, year = np.isfinite(gappy), ds["time"].dt.decimal_year.values - 2001
    line = np.polyval(np.polyfit(year[seen], gappy[seen], 1), year)
    received = Anomalies(None, detrend=True).fit(with_gaps(ds)).transform(ds)["t2m"][:, 0, 1]
    np.testing.assert_allclose(received, ds["t2m"][:, 0, 1] - line, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_that_do_not_tell_a_trend_have_none(kind):
    ds = planted(noise=1.0)
    few, one_year = ds["t2m"].copy(), ds["time"].dt.year == 2003
    few[9:, 0, 0] = np.nan
    few[:, 0, 1] = few[:, 0, 1].where(one_year)
    step = Anomalies(kind, detrend=True).fit(ds.assign(t2m=few))
    slopes = step.fitted_["t2m"].values[-1]
    assert slopes[0, 0] == 0
    # Of one year, trend and season cannot be told apart; a trend alone can.
    assert (slopes[0, 1] == 0) == (kind is not None)
    assert (slopes[1] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("detrend", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("f4", 1e-5), ("f8", 1e-12)])
def test_inverse_gives_the_input_back(kind, detrend, dtype, tolerance):
    ds = with_gaps(planted(noise=1.0, freq="12h", periods=2000)).astype(dtype)
    before = ds.copy(deep=True)
    step = Anomalies(kind, detrend=detrend).fit(ds)
    left = step.transform(ds)
    back = step.inverse_transform(left)
    for result in (left, back):
        assert result["t2m"].dtype == dtype
        assert result["t2m"].attrs == {"units": "K"}
    xr.testing.assert_identical(ds, before)
    np.testing.assert_allclose(back["t2m"], ds["t2m"], rtol=tolerance, atol=tolerance)
    if kind or detrend:
        assert abs(float(left["t2m"].mean())) < 0.05


@settings(max_examples=8)
@given(
    kind=st.sampled_from(KINDS),
    cuts=st.lists(st.integers(1, 899), max_size=6, unique=True),
    columns=st.sampled_from([(3,), (1, 2), (2, 1)]),
    stacked=st.booleans(),
)
def test_chunked_equals_whole(kind, cuts, columns, stacked):
    ds = with_gaps(planted(periods=900, noise=1.0))
    ds = members(ds, planted(periods=900, noise=2.0)) if stacked else ds
    edges = [0, *sorted(cuts), 900]
    lazy = ds.chunk(time=tuple(np.diff(edges).tolist()), x=columns)
    whole, chunked = (Anomalies(kind, detrend=True).fit(block) for block in (ds, lazy))
    xr.testing.assert_allclose(whole.fitted_, chunked.fitted_, rtol=1e-9, atol=1e-9)
    result = chunked.transform(lazy)
    assert result["t2m"].chunks == lazy["t2m"].chunks
    xr.testing.assert_allclose(result, whole.transform(ds), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_computed_before_it_is_needed(kind):
    import dask

    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    ds = planted(noise=1.0)
    lazy = ds.chunk(time=100)
    step = Anomalies(kind, detrend=True).fit(ds)
    with dask.config.set(scheduler=refuse):
        Anomalies(kind, detrend=True).summary(lazy.time)
        back = step.inverse_transform(step.transform(lazy))
    assert back["t2m"].chunks == lazy["t2m"].chunks
    # Each of two steps: a task a chunk, one for its times and one for the terms.
    assert len(dict(back.__dask_graph__())) < 6 * lazy["t2m"].data.npartitions


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_pooled_and_keep_their_places(kind):
    first, second = planted(noise=1.0), with_gaps(planted(noise=3.0))
    both = members(first, second)
    step = Anomalies(kind, detrend=True).fit(both)
    left = step.transform(both)
    assert left["t2m"].dims == ("member", "time", "y", "x")
    xr.testing.assert_allclose(left.isel(member=0), step.transform(first), atol=1e-12)
    # Where all members have all values, the mean over members tells the same.
    full = members(first, planted(noise=3.0))
    pooled, mean = Anomalies(kind, True).fit(full), Anomalies(kind, True).fit(full.mean("member"))
    np.testing.assert_allclose(pooled.fitted_["t2m"], mean.fitted_["t2m"], atol=1e-9)


def test_members_count_as_often_as_they_have_values():
    """One member at 1 at all times, another one at 4 at every second time: a line through both."""
    time = xr.date_range("2001-01-01", periods=20, freq="D")
    values = np.stack([np.full((20, 1, 1), 1.0), np.full((20, 1, 1), 4.0)])
    values[1, ::2] = np.nan
    ds = xr.Dataset({"z": (("member", "time", "y", "x"), values)}, coords={"time": time})
    year = ds["time"].dt.decimal_year.values
    t, v = np.concatenate([year, year[1::2]]), np.repeat([1.0, 4.0], [20, 10])
    expected = np.polyfit(t - year.mean(), v, 1)[::-1]
    received = Anomalies(None, detrend=True).fit(ds).fitted_["z"].values[:, 0, 0]
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_a_restored_step_needs_settings_and_what_it_learnt_only(tmp_path):
    ds = with_gaps(planted(noise=1.0, freq="12h", periods=2000))
    for number, kind in enumerate(KINDS):
        step = Anomalies(kind, detrend=True).fit(ds)
        file = tmp_path / f"{number}.nc"
        step.fitted_.to_netcdf(file)
        restored = Anomalies(**step.settings)
        restored.fitted_ = xr.load_dataset(file)
        xr.testing.assert_identical(restored.transform(ds), step.transform(ds))


def test_some_variables_of_other_years_lose_the_fitted_cycle():
    ds = planted().assign(u=lambda ds: 2 * ds["t2m"])
    step = Anomalies(TWO, detrend=True).fit(ds)
    later = planted(start="2051-03-01", periods=40)[["t2m"]] + 2.0
    np.testing.assert_allclose(step.transform(later)["t2m"], 2.0, atol=1e-9)
    assert list(step.transform(later)) == ["t2m"]


def test_refit_takes_the_bias_out_and_leaves_the_first_alone():
    observed, model = planted(noise=1.0), planted("noleap", noise=1.0) + 3.0
    step = Anomalies(TWO).fit(observed)
    fitted = step.fitted_.copy(deep=True)
    own = step.refit(model)
    assert own.settings == step.settings
    assert abs(float(own.transform(model)["t2m"].mean())) < 1e-9
    assert float(step.transform(model)["t2m"].mean()) > 2.5
    xr.testing.assert_identical(step.fitted_, fitted)


def test_neither_climatology_nor_trend_changes_nothing():
    ds = planted(periods=5)
    step = Anomalies().fit(ds)
    assert not step.fitted_
    xr.testing.assert_identical(step.inverse_transform(step.transform(ds)), ds)


@pytest.mark.parametrize(
    ("ds", "deseasonalize", "detrend", "parts"),
    [
        (planted(periods=200), True, False, ["199 days, from 2001-01-01"]),
        (planted(periods=200), "hour", True, ["about a year", "two years", "detrend=False"]),
        (planted(periods=11, freq="MS"), "month", False, ["a year of data or more"]),
        (planted(periods=23, freq="MS"), "month", True, ["two years of data"]),
        (planted(periods=9), None, True, ["at least 10 time steps", "received 9"]),
        (planted(periods=24, freq="MS"), 7, False, ["tell 7 annual harmonics apart"]),
        (planted(freq="6h", periods=2000), {**TWO, "diurnal": 3}, False, ["use diurnal=2"]),
    ],
)
def test_too_little_time_is_an_error(ds, deseasonalize, detrend, parts):
    with pytest.raises(InputError) as error:
        Anomalies(parse_deseasonalize(deseasonalize), detrend).fit(ds)
    assert all(part in str(error.value) for part in parts)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("deseasonalize", ["month", "day", "harmonics"])
def test_whole_years_are_enough(calendar, deseasonalize):
    climatology = parse_deseasonalize(deseasonalize)
    for start in ("2001-01-01", "2001-03-01"):
        monthly = planted(calendar, start=start, periods=12, freq="MS")
        Anomalies(climatology).summary(monthly.time)
        two = planted(calendar, start=start, periods=24, freq="MS")
        Anomalies(climatology, detrend=True).summary(two.time)


def test_transform_before_fit_is_an_error():
    with pytest.raises(NotFittedError, match="call fit first"):
        Anomalies(TWO).transform(planted(periods=10))
