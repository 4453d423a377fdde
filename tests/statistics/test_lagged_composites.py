"""Composites around onsets, by hour, of quantiles and beyond percentiles, by worked examples."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError

NONE = -1


def record(labels, values=None, time="2000-01-01", **coords):
    """Daily values, by default the number of the day, with labels."""
    days = pd.date_range(time, periods=len(labels)) if isinstance(time, str) else time
    values = np.arange(len(labels), dtype=float) if values is None else values
    ds = xr.Dataset({"t2m": ("time", values, {"units": "K", "long_name": "temperature"})})
    return ds.assign_coords(time=days, cluster=("time", np.array(labels)), **coords)


# --- Lags --------------------------------------------------------------------------------------

#               0  1  2  3  4  5  6  7  8  9
LABELS = np.array([0, 0, 1, 1, 1, 0, 0, 1, 1, 0])


def test_lags_are_days_after_the_first_one_of_each_event():
    # Regime 1 begins on days 2 and 7, regime 0 on 5 and 9; its first event is cut off.
    found = xdsc.composites(record(LABELS), lag=[-2, 0, 1])
    assert found.t2m.dims == ("cluster", "lag")
    np.testing.assert_array_equal(found.t2m, [[5.0, 7.0, 6.0], [2.5, 4.5, 5.5]])
    assert found.n_frames.values.tolist() == [[2, 2, 1], [2, 2, 2]]
    assert found.n_events.values.tolist() == [2, 2]
    assert found.n_censored.values.tolist() == [1, 0]
    assert "frequency" not in found
    # From the mean of all labelled days, which is 4.5, not of those at this lag.
    np.testing.assert_array_equal(found.t2m_anomaly.sel(cluster=1), [-2.0, 0.0, 1.0])
    assert found.lag.dtype.kind == "i"
    assert found.lag.units == "day"
    assert found.t2m.units == "K"


DAYS = xr.DataArray(pd.to_timedelta([-1, 0], "D"), dims="lag")


@pytest.mark.parametrize(
    "lag", [["-1D", "0D"], [pd.Timedelta("-1D"), 0], np.array([-1, 0]), range(-1, 1), DAYS]
)
def test_lags_are_numbers_and_durations(lag):
    found = xdsc.composites(record(LABELS), lag=lag)
    np.testing.assert_array_equal(found.t2m.sel(cluster=1, lag=-1), 3.5)
    assert found.lag.values.tolist() == [-1, 0]
    assert xdsc.composites(record(LABELS), lag="-1D").lag.values.tolist() == [-1]


def test_a_lag_goes_by_dates_over_gaps_and_season_ends():
    # Two seasons of three days; what is labelled begins on their second day.
    time = pd.DatetimeIndex([f"{year}-01-{day:02}" for year in (2000, 2001) for day in (1, 2, 3)])
    ds = record([0, 1, 1, 0, 1, 1], time=time)
    found = xdsc.composites(ds, lag=[-1, 0, 1, 2]).sel(cluster=1)
    assert found.n_frames.values.tolist() == [2, 2, 2, 0]
    np.testing.assert_array_equal(found.t2m, [1.5, 2.5, 3.5, np.nan])
    # A day without labels has values; an event after it has no known onset.
    ds = record([0, 1, NONE, 1, 0, 1, NONE])
    found = xdsc.composites(ds, lag=[-1, 1]).sel(cluster=1)
    assert (found.n_events.item(), found.n_censored.item()) == (2, 1)
    np.testing.assert_array_equal(found.t2m, [(0 + 4) / 2, (2 + 6) / 2])
    # A day that is not there is not replaced by the one after it.
    gone = record([0, 1, 1, 1, 0, 1, 1]).isel(time=[0, 1, 3, 4, 5, 6])
    found = xdsc.composites(gone, lag=[1, 2]).sel(cluster=1)
    assert found.n_frames.values.tolist() == [1, 1]
    np.testing.assert_array_equal(found.t2m, [6.0, 3.0])


def test_members_have_events_of_their_own():
    one, other = (
        record(labels).expand_dims({"lat": [50.0, 40.0], "lon": [0.0, 5.0]})
        for labels in (LABELS, LABELS[::-1])
    )
    both = xr.concat([one, other], dim="member", coords=["cluster"])
    found = xdsc.composites(both, lag=[0, 1])
    each = [xdsc.composites(ds, lag=[0, 1]) for ds in (one, other)]
    total = sum(ds.n_frames for ds in each)
    np.testing.assert_array_equal(found.n_frames, total)
    mean = sum((ds.t2m * ds.n_frames).fillna(0) for ds in each) / total
    np.testing.assert_allclose(found.t2m, mean)


def test_anomalies_at_lags_are_from_a_climatology_too():
    days = pd.date_range("2000-01-01", "2003-12-31")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, days.size // 5 + 1).repeat(5)[: days.size]
    season = 10 * np.cos(2 * np.pi * days.day_of_year / 365.25)
    ds = record(labels, season + (labels == 1), days)
    found = xdsc.composites(ds, lag=[0, 1], anomaly="climatology")
    # Five days or more: the first and the second are in the regime.
    assert ((found.t2m_anomaly.sel(cluster=1) - found.t2m_anomaly.sel(cluster=0)) > 0.9).all()
    assert found.t2m_anomaly.xdsc_anomaly == "climatology"


def test_days_after_onset_of_daily_labels_on_hours():
    hours = pd.date_range("2000-01-01", periods=4 * 6, freq="6h")
    rain = xr.Dataset({"pr": ("time", np.repeat(np.arange(6.0), 4))}, {"time": hours})
    rain["pr"] = rain.pr + (rain.time.dt.hour == 12)
    daily = xr.DataArray(
        [0, 1, 1, 0, 1, 0], {"time": pd.date_range("2000-01-01 12:00", periods=6)}, ("time",)
    )
    found = xdsc.composites(rain, daily, align="day", lag=[-1, 0], by="hour").sel(cluster=1)
    assert found.pr.dims == ("lag", "hour")
    assert found.hour.values.tolist() == [0, 6, 12, 18]
    np.testing.assert_array_equal(found.pr.sel(hour=0), [(0 + 3) / 2, (1 + 4) / 2])
    np.testing.assert_array_equal(found.pr.sel(hour=12), [2.5, 3.5])
    assert found.n_frames.values.tolist() == [[2] * 4] * 2
    with pytest.raises(ParameterError, match="whole days"):
        xdsc.composites(rain, daily, align="day", lag="6h")


@pytest.mark.parametrize("lag", [[], "soon", [1, "1D"], True, [None], [np.nan], [[1, 2]], "6h"])
def test_lags_that_are_none_are_told(lag):
    with pytest.raises(ParameterError, match="lag="):
        xdsc.composites(record(LABELS), lag=lag)


def test_lags_that_make_no_sense_are_told():
    with pytest.raises(ParameterError, match="align='day' besides"):
        xdsc.composites(record(LABELS), lag=1, significance="events", align="day")
    with pytest.raises(InputError, match="knows the beginning"):
        xdsc.composites(record([0, 0, 0]), lag=1)
    with pytest.raises(InputError, match="dates"):
        xdsc.composites(record(LABELS).drop_vars("time"), lag=1)
    with pytest.raises(InputError, match="'lag'"):
        xdsc.composites(record(LABELS, lag=3), lag=1)


# --- Tests around onsets -----------------------------------------------------------------------


@pytest.mark.parametrize("test", ["t", "events", "bootstrap"])
def test_what_follows_onsets_is_found_and_nothing_else(test):
    # Ten winters in events of 2 to 6 days; a cell is warm three days after onsets of regime 1, and
    # another one never.
    rng = np.random.default_rng(0)
    parts = [pd.date_range(f"{year}-12-01", periods=90) for year in range(2000, 2010)]
    time = parts[0].append(parts[1:])
    lengths = rng.integers(2, 7, time.size)
    labels = np.repeat(np.arange(time.size) % 3, lengths)[: time.size]
    first = np.flatnonzero((np.diff(labels, prepend=0) != 0) & (np.arange(time.size) % 90 > 0))
    values = rng.normal(size=(time.size, 2))
    late = first[labels[first] == 1] + 3
    late = late[(late < time.size) & (late % 90 > 2)]  # in the same winter
    values[late, 0] += 3
    ds = xr.Dataset({"v": (("time", "x"), values)})
    ds = ds.assign_coords(time=time, cluster=("time", labels), x=[0, 1])
    found = xdsc.composites(ds, lag=[0, 3], significance=test, n=99, random_state=0)
    assert found.v_pvalue.dims == ("cluster", "lag", "x")
    assert float(found.v_pvalue.sel(cluster=1, lag=3, x=0)) <= 0.02
    assert bool(found.v_significant.sel(cluster=1, lag=3, x=0))
    assert not found.v_significant.sel(lag=3, x=1).any()
    assert "after the onsets" in found.v_pvalue.attrs["xdsc_null"]
    if test != "events":
        return
    lazy = xdsc.composites(ds.chunk(time=100), lag=[0, 3], significance=test, n=99, random_state=0)
    xr.testing.assert_allclose(lazy.compute().v_pvalue, found.v_pvalue)


def test_drawn_onsets_are_as_many_as_those_found():
    from xdsc.statistics.fields.draws import PlacedOnsets
    from xdsc.statistics.sequence.spells import maximal_runs

    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(60) % 4, rng.integers(1, 6, 60))
    run = np.arange(codes.size) // 40
    draws = PlacedOnsets(codes, 4, run)
    drawn = np.stack([draws.draw(rng) for _ in range(20)])
    assert ((drawn >= 0).sum(axis=1) == (draws.found >= 0).sum()).all()
    start, stop = maximal_runs(codes, run)
    for row in drawn:
        # All is told by onsets and by the regime that a run begins with: events are what they were.
        assert not (row[np.flatnonzero(np.diff(run, prepend=-1))] >= 0).any()
        for one in np.unique(run):
            inside, begins = row[run == one], np.flatnonzero(row[run == one] >= 0)
            lengths = np.diff([0, *begins, inside.size])
            assert sorted(lengths) == sorted((stop - start)[run[start] == one])


# --- Hours -------------------------------------------------------------------------------------


def test_composites_by_hour_are_those_of_each_hour():
    time = pd.date_range("2000-01-01", periods=40, freq="12h")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 20).repeat(2)
    ds = record(labels, rng.normal(size=40), time)
    asked = {"quantile": [0.5], "exceedance": 0.8, "significance": "t"}
    found = xdsc.composites(ds, by="hour", **asked)
    for hour in (0, 12):
        alone = xdsc.composites(ds.isel(time=ds.time.dt.hour == hour), **asked)
        xr.testing.assert_allclose(found.sel(hour=hour, drop=True), alone)
    with pytest.raises(ParameterError, match="by='hour'"):
        xdsc.composites(ds, by="month")


# --- Quantiles and exceedance ------------------------------------------------------------------


def test_quantiles_are_those_of_numpy():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 50)
    values = rng.normal(size=50)
    values[[3, 7]] = np.nan
    found = xdsc.composites(record(labels, values), quantile=[0.0, 0.9, 0.25])
    for code in range(3):
        expected = np.nanquantile(values[labels == code], [0.0, 0.9, 0.25])
        np.testing.assert_allclose(found.t2m_quantile.sel(cluster=code), expected)
    assert found.t2m_quantile.units == "K"
    assert xdsc.composites(record(labels, values), quantile=0.5).sizes["quantile"] == 1


def test_exceedance_is_the_share_of_days_beyond_a_percentile_of_all_labelled_ones():
    # Of the ten labelled values 0 to 9 the 75th percentile is 6.75, the 25th 2.25.
    labels = [0, 0, 0, 0, 0, 1, 1, 1, 0, 1, NONE]
    ds = record(labels, np.array([*range(10), 1000.0]))
    found = xdsc.composites(ds, exceedance=[0.75, 0.25])
    np.testing.assert_array_equal(found.t2m_threshold, [6.75, 2.25])
    # Above: 7 and 9 of the four in regime 1, 8 of the six in regime 0; below: 0, 1 and 2.
    np.testing.assert_allclose(found.t2m_exceedance, [[1 / 6, 3 / 6], [2 / 4, 0]])
    np.testing.assert_allclose(found.t2m_risk_ratio, [[1 / 6 / 0.3, 0.5 / 0.3], [0.5 / 0.3, 0]])
    assert found.t2m_threshold.units == "K"
    assert found.t2m_exceedance.units == "1"
    assert found.t2m_exceedance.xdsc_percentile_of == "all labelled time steps"
    lagged = xdsc.composites(ds, exceedance=0.75, lag=[0, 2])
    # Regime 1 begins with the values 5 and 9; two days later there are 7 and nothing.
    np.testing.assert_allclose(lagged.t2m_exceedance.sel(cluster=1, exceedance=0.75), [0.5, 1.0])
    assert lagged.t2m_threshold.dims == ("exceedance",)
    tested = xdsc.composites(ds, exceedance=0.75, significance="events", n=20, random_state=0)
    alone = ds.assign(t2m=ds.t2m > 6.75)
    alone = xdsc.composites(alone.astype(float), significance="events", n=20, random_state=0)
    np.testing.assert_array_equal(tested.t2m_exceedance_pvalue.squeeze(), alone.t2m_pvalue)


def test_exceedance_is_of_departures_where_anomalies_are():
    days = pd.date_range("2000-01-01", "2003-12-31")
    labels = (days.month > 6).astype(int)  # regimes that are half years
    season = -10 * np.cos(2 * np.pi * days.day_of_year / 365.25)
    noise = np.random.default_rng(0).normal(size=days.size)
    ds = record(labels, season + noise, days)
    raw = xdsc.composites(ds, exceedance=0.9, anomaly="mean")
    found = xdsc.composites(ds, exceedance=0.9, anomaly="climatology")
    assert abs(found.t2m_risk_ratio - 1).max() < 0.2
    assert found.t2m_threshold < 2 < raw.t2m_threshold
    assert "departure" in found.t2m_threshold.long_name
    assert found.t2m_threshold.units_metadata == "temperature: difference"


@pytest.mark.parametrize("name", ["quantile", "exceedance"])
@pytest.mark.parametrize("given", [95, [], [0.5, 0.5], "0.9", True, [None], np.nan])
def test_shares_that_are_none_are_told(name, given):
    with pytest.raises(ParameterError, match=f"{name}="):
        xdsc.composites(record(LABELS), **{name: given})


def test_fields_of_dask_stay_lazy_and_give_the_same():
    rng = np.random.default_rng(0)
    fields = xr.DataArray(rng.normal(size=(10, 2, 3)), dims=("time", "lat", "lon"))
    ds = record(LABELS)[["cluster"]].assign(t2m=fields)
    asked = {"lag": [-1, 0], "by": "hour", "quantile": 0.5, "exceedance": [0.2, 0.8]}
    expected = xdsc.composites(ds, **asked)
    with dask.config.set(scheduler="sync"):
        lazy = xdsc.composites(ds.chunk(time=3, lat=1), **asked)
        for name in ("t2m", "t2m_quantile", "t2m_exceedance", "t2m_threshold"):
            assert lazy[name].chunks is not None
        xr.testing.assert_allclose(lazy.compute(), expected)
    assert expected.t2m_quantile.dims == ("cluster", "lag", "hour", "quantile", "lat", "lon")
