"""P-values of composites are those of SciPy, hold under their nulls, and say what they are."""

import json

import dask
import numpy as np
import pandas as pd
import pint_xarray  # noqa: F401 (registers .pint)
import pytest
import xarray as xr
from scipy import stats

import xdsc
from xdsc.errors import InputError, ParameterError
from xdsc.statistics.fields import nulls
from xdsc.statistics.fields.draws import ExchangedSeasons, MovingBlocks, PlacedEvents
from xdsc.statistics.fields.in_time import LabelledSamples
from xdsc.statistics.fields.significance import field_significance

YEARS, DAYS, K = 12, 30, 3


@pytest.fixture
def ds():
    """Twelve Januaries; regime 0 is warm in the west; a masked cell, a gap and a clustered z."""
    rng = np.random.default_rng(0)
    time = pd.DatetimeIndex(
        np.concatenate([pd.date_range(f"{y}-01-01", periods=DAYS) for y in range(2000, 2012)])
    )
    labels = rng.integers(0, K, time.size // 5).repeat(5)
    t2m = rng.normal(size=(time.size, 2, 3)).astype(np.float32)
    t2m[labels == 0, :, 0] += 2
    t2m[:, 1, 2] = np.nan
    t2m[7, 0, 1] = np.nan
    return xr.Dataset(
        {"t2m": (("time", "lat", "lon"), 280 + t2m, {"units": "K"}), "z": ("time", t2m[:, 0, 0])},
        {
            "time": time,
            "lat": [50.0, 40.0],
            "lon": [0.0, 5.0, 10.0],
            "cluster": ("time", labels, {"xdsc_variables": "z"}),
        },
    )


def white(n, cells=4, seed=0):
    """White noise whose neighbours are exactly uncorrelated, as far as r1 goes: it is clipped."""
    return np.random.default_rng(seed).normal(size=(n, cells))


# --- The t-test --------------------------------------------------------------------------------


def test_the_t_test_of_independent_samples_is_welchs():
    x, codes = white(50), np.arange(50) % 2  # labels that alternate: r1 of the product below 0 or 0
    apart = np.zeros(49, bool)  # no neighbours at all
    p = nulls.t_test(x, codes, 2, apart)
    for regime in range(2):
        one, other = x[codes == regime], x[codes != regime]
        np.testing.assert_allclose(p[regime], stats.ttest_ind(one, other, equal_var=False).pvalue)


def test_the_effective_size_takes_both_autocorrelations():
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.normal(size=(300, 1)), axis=0) * 0.1
    codes = (np.arange(300) // 10) % 3
    p = nulls.t_test(x, codes, 3, np.ones(299, bool))[1, 0]

    def lag(y):
        y = y - y.mean()
        return (y[:-1] * y[1:]).mean() / y.var()

    inside = (codes == 1).astype(float)
    r1 = lag(x[:, 0]) * lag(inside)
    share = (1 - r1) / (1 + r1)
    one, other = x[codes == 1, 0], x[codes != 1, 0]
    expected = stats.ttest_ind_from_stats(
        one.mean(), one.std(ddof=1), one.size * share,
        other.mean(), other.std(ddof=1), other.size * share, equal_var=False,
    ).pvalue  # fmt: skip
    assert 0.02 < share < 0.9
    np.testing.assert_allclose(p, expected)


def test_neighbours_are_those_within_a_run():
    x = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    assert nulls.lag_1(x, np.array([True, False, True])) == 1
    assert nulls.lag_1(x, np.array([False, True, False])) == -1
    x[1] = np.nan  # with one pair left of each kind
    assert nulls.lag_1(x - np.nanmean(x), np.array([True, False, False])) == 0


def test_too_few_and_constant_values_make_no_p():
    codes = np.array([0, 1, 1, 1, 1, 1])
    x = np.stack([np.arange(6.0), np.full(6, 101325.3), np.full(6, np.nan)], axis=1)
    p = nulls.t_test(x, codes, 2, np.zeros(5, bool))
    assert np.isnan(p[:, [0, 2]]).all()  # one value in the regime; none at all
    codes = np.array([0, 0, 0, 1, 1, 1])
    assert (nulls.t_test(x, codes, 2, np.zeros(5, bool))[:, 1] == 1).all()


# --- Draws of labels ---------------------------------------------------------------------------


def drawn(draws, n, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([draws.draw(rng) for _ in range(n)])


def labels_of_draws(draws, n):
    return draws.labels(drawn(draws, n))


def test_seasons_get_the_labels_of_the_same_part_of_another_year():
    codes = np.array([0, 1, 2, 3, 4, 5, 6, 7])
    season = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    found = labels_of_draws(ExchangedSeasons(codes, 8, season, season % 2), 50)
    assert {tuple(row) for row in found[:, :2]} == {(0, 1), (4, 5)}
    assert {tuple(row) for row in found[:, 2:4]} == {(2, 3), (6, 7)}
    # A season of four days under one of three begins again.
    unequal = ExchangedSeasons(np.arange(7), 7, np.repeat([0, 1], [3, 4]), np.zeros(7, int))
    found = labels_of_draws(unequal, 50)
    assert {tuple(row) for row in found[:, 3:]} == {(0, 1, 2, 0), (3, 4, 5, 6)}
    # The January and February that a record begins with are no winter, and stay.
    cut = ExchangedSeasons(np.arange(10), 10, np.repeat([0, 1, 2], [2, 4, 4]), np.zeros(10, int))
    found = labels_of_draws(cut, 50)
    assert (found[:, :2] == [0, 1]).all()
    assert {tuple(row) for row in found[:, 2:]} == {
        (2, 3, 4, 5, 6, 7, 8, 9),
        (6, 7, 8, 9, 2, 3, 4, 5),
    }


def test_moving_blocks_keep_neighbours_together():
    found = labels_of_draws(MovingBlocks(np.arange(10), 10, 4), 99)
    assert found.shape == (99, 10)
    for block in (slice(0, 4), slice(4, 8), slice(8, 10)):
        assert (np.diff(found[:, block], axis=1) % 10 == 1).all()
    assert len(np.unique(found[:, 0])) == 10


def test_placed_events_are_the_same_events():
    codes = np.array([0, 0, 1, 1, 1, 2, 2])
    run = np.array([0, 0, 0, 0, 1, 1, 1])  # the event of regime 1 ends with its run
    found = labels_of_draws(PlacedEvents(codes, 3, run), 40)
    assert (np.sort(found, axis=1) == np.sort(codes)).all()
    assert len({tuple(row) for row in found}) > 5
    assert (np.diff((found == 2).astype(int), axis=1) != 0).sum(axis=1).max() <= 2  # in one piece


@pytest.mark.parametrize("kind", ["season", "moving", "events"])
def test_totals_of_draws_are_those_of_their_labels(kind):
    rng = np.random.default_rng(5)
    season = np.repeat(np.arange(9), rng.integers(3, 8, 9))
    codes, values = rng.integers(0, 3, season.size), rng.normal(size=(season.size, 4))
    draws = {
        "season": ExchangedSeasons(codes, 3, season, season % 2),
        "moving": MovingBlocks(codes, 3, 6),
        "events": PlacedEvents(codes, 3, season),
    }[kind]
    some = drawn(draws, 20)
    labels = draws.labels(some)
    expected = (labels[:, None] == np.arange(3)[:, None]).astype(float) @ values
    found = draws.totals(some, values.astype(np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(draws.labels(draws.found[None])[0], codes)
    # However many cells there are at a time, the draws are the same.
    values[3, 1] = np.nan
    alone = nulls.placement(values[:, :1], draws, 30, 0)
    np.testing.assert_array_equal(nulls.placement(values, draws, 30, 0)[:, :1], alone)


class Listed(PlacedEvents):
    """Draws that are written down."""

    def draw(self, rng):
        return next(self.run)


def test_draws_that_leave_one_side_without_a_value_take_no_part():
    """Of three values, all of one regime in one order of the events of ten."""
    codes = np.repeat([0, 1, 0, 1, 1, 0], 10)
    x = np.full((60, 1), np.nan)
    x[[3, 14, 22], 0] = 0.3, 0.1, 0.77
    found = nulls.placement(x, PlacedEvents(codes, 2, np.zeros(60, int)), 999, 0)
    # What one regime has more, of two, the other has less.
    assert found[0] == found[1]


def test_a_cycle_within_the_season_hides_no_difference():
    """What days of the season have in common, fields and regimes, exchanges of years keep."""
    rng = np.random.default_rng(0)
    years, days = 12, 30
    cycle = np.sin(np.linspace(-np.pi / 2, np.pi / 2, days))
    codes = (rng.random((years, days)) < 0.5 + 0.3 * cycle).astype(int)
    season = np.repeat(np.arange(years), days)
    draws = ExchangedSeasons(codes.ravel(), 2, season, np.zeros(season.size, int))
    noise = rng.normal(size=(years, days))
    for effect, found in ((0.0, False), (0.5, True)):
        x = 10 * cycle + noise + effect * codes
        assert (nulls.placement(x.reshape(-1, 1), draws, 199, 0) <= 0.05).all() == found


def test_p_is_twice_the_share_beyond_on_its_rarer_side():
    x = np.array([[3.0], [1.0], [0.0], [0.0]])
    codes = np.array([0, 1, 1, 1])
    every = np.array([[0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]])
    p = nulls.placement(x, Listed(codes, 2, iter(every)), 4, 0)
    # Of five with the one found, one draw is as large and counts by half.
    np.testing.assert_allclose(p, [[2 * 1.5 / 5], [2 * 1.5 / 5]])


@pytest.mark.parametrize("test", ["t", "season", "moving", "events"])
def test_red_noise_is_significant_in_five_of_a_hundred_cases(test):
    rng = np.random.default_rng(3)
    seasons, days, records = 20, 60, 200
    shocks = rng.normal(size=(days, seasons * records))
    x = np.empty_like(shocks)
    x[0] = shocks[0]
    for t in range(1, days):
        x[t] = 0.7 * x[t - 1] + np.sqrt(1 - 0.49) * shocks[t]
    x = x.reshape(days, seasons, records).swapaxes(0, 1).reshape(-1, records)
    season = np.arange(seasons).repeat(days)
    shares = []
    for _ in range(3):  # labels
        stays = rng.random(seasons * days) < 0.75
        codes = rng.integers(0, 4, seasons * days)
        for t in np.flatnonzero(stays[1:]) + 1:
            codes[t] = codes[t - 1]
        if test == "t":
            p = nulls.t_test(x, codes, 4, np.diff(season) == 0)
        else:
            draws = {
                "season": ExchangedSeasons(codes, 4, season, 0 * season),
                "moving": MovingBlocks(codes, 4, 20),
                "events": PlacedEvents(codes, 4, season),
            }[test]
            p = nulls.placement(x, draws, 200, 0)
        shares.append((p < 0.05).mean())
    assert 0.03 <= np.mean(shares) <= 0.07


def test_fields_of_noise_that_hang_together_are_significant_in_about_alpha():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 1, 6)) @ rng.normal(size=(6, 50))  # 50 cells, 6 degrees of freedom
    z = z[:, 0] / z[:, 0].std(axis=0)
    found = field_significance(2 * stats.norm.sf(np.abs(z)), 0.05).any(axis=1).mean()
    assert 0.03 <= found <= 0.09


# --- In time -----------------------------------------------------------------------------------


def test_runs_end_at_gaps_at_steps_without_a_label_and_between_members():
    time = pd.date_range("2000-01-01", periods=7).delete(3)
    codes = np.array([[0, 0, 1, 1, -1, 1], [0, 1, 1, 1, 1, 1]])
    found = LabelledSamples.of(xr.DataArray(time, dims="time"), codes)
    assert found.place.tolist() == [0, 1, 2, 3, 5, *range(6, 12)]
    assert np.diff(found.run).astype(bool).tolist() == [0, 0, 1, 1, 1, 0, 0, 1, 0, 0]
    backwards = LabelledSamples.of(xr.DataArray(time[::-1], dims="time"), codes[:1, ::-1])
    assert backwards.codes.tolist() == [0, 0, 1, 1, 1]
    assert backwards.place.tolist() == [5, 4, 3, 2, 0]


def test_labels_of_one_time_of_day_follow_each_other():
    time = xr.DataArray(pd.date_range("2000-01-01", periods=40, freq="6h"), dims="time")
    codes = np.where(time.dt.hour == 12, time.dt.day % 2, -1)
    found = LabelledSamples.of(time, codes)
    assert found.pairs.all()
    assert found.step == 86400


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_december_goes_with_the_january_after_it(calendar):
    time = xr.date_range("2000-01-01", periods=36, freq="MS", calendar=calendar, use_cftime=True)
    time = xr.DataArray(time, dims="time")
    winter = np.where(np.isin(time.dt.month, [12, 1, 2]), 0, -1)
    found = LabelledSamples.of(time, winter)
    assert found.season.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert (found.part == 0).all()
    found = LabelledSamples.of(time, np.zeros((2, 36), int))
    assert len(set(found.season[11:14])) == 1
    assert found.part[2:5].tolist() == found.part[14:17].tolist() == [found.part[2]] * 3
    assert len(np.unique(found.part)) == 4
    # Members have seasons of their own, in the same parts of the year.
    assert not set(found.season[:36]) & set(found.season[36:])
    assert found.part[:36].tolist() == found.part[36:].tolist()


def test_two_seasons_of_a_year_lend_each_other_no_labels():
    time = xr.DataArray(pd.date_range("2000-01-01", "2005-12-31"), dims="time")
    month = time.dt.month.values
    codes = np.where(np.isin(month, [1, 2]), 0, np.where(np.isin(month, [7, 8]), 1, -1))
    found = LabelledSamples.of(time, codes)
    assert [set(found.codes[found.part == part]) for part in (0, 1)] == [{0}, {1}]


# --- Composites --------------------------------------------------------------------------------


@pytest.mark.parametrize("test", ["t", "bootstrap", "events"])
def test_composites_find_the_difference_and_describe_it(ds, test):
    found = xdsc.composites(ds, significance=test, n=199, random_state=7)
    p, mask = found.t2m_pvalue, found.t2m_significant
    assert p.dims == mask.dims == ("cluster", "lat", "lon")
    assert (p[0, :, 0] < 0.02).all()
    assert np.isnan(p[:, 1, 2]).all()
    assert (p.stack(cell=("lat", "lon"))[:, :5] > 0).all()
    assert mask.dtype == bool
    assert mask[0, :, 0].all()
    assert not mask[:, 1, 2].any()
    assert p.attrs["circular"] == mask.attrs["circular"] == 0
    assert found.z_pvalue.attrs["circular"] == 1
    assert "say nothing" in found.z_pvalue.attrs["comment"]
    assert mask.attrs["xdsc_alpha_fdr"] == 0.1
    assert found.z_significant.attrs["xdsc_alpha_fdr"] == 0.05  # a single test
    assert mask.attrs["xdsc_n_tests"] == 6
    assert mask.attrs["xdsc_domain"] == "lat 40 to 50, lon 0 to 10"
    assert ("xdsc_random_state" in p.attrs) == (test != "t")
    again = xdsc.composites(ds, significance=test, n=199, random_state=7)
    xr.testing.assert_identical(found, again)


def test_p_values_are_of_the_values_that_anomalies_are_means_of(ds):
    attrs = {"xdsc_preparation": json.dumps({"deseasonalize": {"kind": "month"}})}
    labels = ds.cluster.assign_attrs(attrs)
    ds["t2m"] = ds.t2m + 0.5 * ds.time.dt.day / 30
    found = xdsc.composites(ds, labels, significance="t")
    assert found.t2m_anomaly.attrs["xdsc_anomaly"] == "climatology"
    own = ds.t2m - ds.t2m.mean("time")
    alone = xdsc.composites(own.to_dataset(name="t2m"), labels.drop_attrs(), significance="t")
    np.testing.assert_allclose(found.t2m_pvalue, alone.t2m_pvalue, rtol=0.2)


@pytest.mark.parametrize("test", ["t", "bootstrap", "events"])
def test_dask_gives_the_same_and_stays_lazy(ds, test):
    def refuse(*args, **kwargs):
        raise AssertionError("nothing may be computed here")

    options = {"significance": test, "n": 20, "random_state": 0}
    lazy = ds.chunk(time=50, lon=2)
    with dask.config.set(scheduler=refuse):
        found = xdsc.composites(lazy.assign_coords(cluster=ds.cluster), **options)
    for name in ("t2m_pvalue", "t2m_significant"):
        assert found[name].chunks is not None
    xr.testing.assert_allclose(found.compute(), xdsc.composites(ds, **options))


def test_members_are_tested_together(ds):
    both = xr.concat([ds.drop_vars("cluster")] * 2, pd.Index([0, 1], name="member"))
    both = both.assign_coords(cluster=(("member", "time"), np.stack([ds.cluster] * 2)))
    twice = xdsc.composites(both, significance="t")
    once = xdsc.composites(ds, significance="t")
    assert twice.t2m_pvalue.dims == once.t2m_pvalue.dims
    assert (twice.t2m_pvalue < once.t2m_pvalue).sum() >= 14  # of 15 that are not masked
    done = xdsc.composites(both, significance="bootstrap", n=20, random_state=0)
    assert (done.t2m_pvalue[0, :, 0] < 0.15).all()


def test_series_without_dates_have_a_test_too():
    values = np.array([0.0, 1.0, 5.0, 6.0, 0.5, 5.5])
    ds = xr.Dataset({"v": ("step", values)})
    labels = np.array(["low", "low", "high", "high", "low", "high"])
    found = xdsc.composites(ds, labels, time="step", significance="t")
    assert found.v_pvalue.shape == (2,)
    with pytest.raises(InputError, match=r"dates.*significance='events'"):
        xdsc.composites(ds, labels, time="step", significance="bootstrap")
    remedy = xdsc.composites(ds, labels, time="step", significance="events", n=9)
    assert remedy.v_pvalue.attrs["xdsc_random_state"] >= 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"significance": "z"}, "'t', 'bootstrap', 'events'"),
        ({"significance": "t", "alpha": 5}, "alpha= between 0 and 0.5"),
        ({"significance": "t", "n": 0}, "whole number from 1"),
        ({"significance": "events", "random_state": -1}, "random_state="),
        ({"significance": "t", "block": "10D"}, "block= as a duration"),
        ({"significance": "bootstrap", "block": "soon"}, "block= as a duration"),
        ({"significance": "bootstrap", "block": True}, "block= as a duration"),
    ],
)
def test_arguments_are_checked(ds, options, words):
    with pytest.raises(ParameterError, match=words):
        xdsc.composites(ds, **options)


def test_records_that_are_too_short_are_told(ds):
    short = ds.isel(time=slice(0, 3 * DAYS))
    with pytest.raises(InputError, match=r"at least 5 years.*block='10D'"):
        xdsc.composites(short, significance="bootstrap")
    xdsc.composites(short, significance="bootstrap", block="10D", n=9, random_state=0)
    # A number is one of days, as it is everywhere.
    days, text = (
        xdsc.composites(short, significance="bootstrap", block=b, n=9, random_state=0)
        for b in (10, "10D")
    )
    xr.testing.assert_identical(days, text)
    with pytest.raises(InputError, match="another length"):
        xdsc.composites(short, significance="bootstrap", block="30D")
    with pytest.raises(InputError, match="two regimes"):
        xdsc.composites(ds.assign_coords(cluster=0 * ds.cluster), significance="t")


def test_results_go_through_a_file_and_quantities_stay(ds, tmp_path):
    found = xdsc.composites(ds, significance="events", n=9)
    found.to_netcdf(tmp_path / "tested.nc")
    with xr.open_dataset(tmp_path / "tested.nc") as back:
        xr.testing.assert_equal(back, found)
        assert back.t2m_significant.dtype == bool
        assert back.t2m_pvalue.attrs["xdsc_random_state"] >= 0
    quantities = xdsc.composites(ds.pint.quantify(), significance="events", n=9)
    assert quantities.t2m.pint.units == "kelvin"
    assert quantities.t2m_significant.dtype == bool


def test_a_field_of_several_levels_is_one_field(ds):
    levels = xr.concat([ds.t2m, ds.t2m + 1], pd.Index([500, 850], name="level"))
    found = xdsc.composites(ds.assign(t2m=levels), significance="t")
    assert found.t2m_pvalue.dims == ("cluster", "level", "lat", "lon")
    assert found.t2m_significant.attrs["xdsc_n_tests"] == 12
    once = xdsc.composites(ds, significance="t")
    np.testing.assert_allclose(found.t2m_pvalue.sel(level=500), once.t2m_pvalue)
