"""Labels that are the season, or the time of day, are told from regimes."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.calendar_share import calendar_shares
from xdsc.errors import XdscWarning


def labels_of(codes, time):
    return xr.DataArray(codes, {"time": time}, ("time",))


def chain(n, stay, seed, k=3):
    """Labels that stay with a probability and otherwise are drawn anew."""
    rng = np.random.default_rng(seed)
    drawn, kept = rng.integers(0, k, n), rng.random(n) < stay
    kept[0] = False
    return drawn[np.maximum.accumulate(np.where(kept, 0, np.arange(n)))]


def telling(codes, time):
    return [share.part for share in calendar_shares(labels_of(codes, time)) if share.is_telling]


@pytest.mark.parametrize("stay", [0.0, 0.7, 0.95, 0.99])
@pytest.mark.parametrize(
    ("start", "end", "freq"),
    [
        ("2000", "2010", "D"),
        ("2000-11", "2001-03", "D"),
        ("2000", "2001", "D"),
        ("2017", "2017-02", "h"),
    ],
)
def test_persistent_labels_without_a_cycle_raise_no_alarm(start, end, freq, stay):
    time = pd.date_range(start, end, freq=freq)
    found = [telling(chain(len(time), stay, seed), time) for seed in range(20)]
    assert sum(map(bool, found)) <= 2


WINTERS = pd.date_range("2000-11", "2011-03")
WINTERS = WINTERS[WINTERS.month.isin([11, 12, 1, 2, 3])]


@pytest.mark.parametrize("stay", [0.0, 0.7, 0.95])
def test_winters_without_a_cycle_raise_no_alarm_and_with_one_do(stay):
    found = [telling(chain(len(WINTERS), stay, seed), WINTERS) for seed in range(20)]
    assert sum(map(bool, found)) <= 2
    cold = np.where(WINTERS.month.isin([12, 1, 2]), 1, 0)
    noisy = np.where(chain(len(WINTERS), stay, 0) == 0, 1 - cold, cold)
    assert telling(cold, WINTERS) == ["month"]
    assert telling(np.where(np.arange(len(WINTERS)) % 10 == 0, noisy, cold), WINTERS) == ["month"]


@pytest.mark.parametrize(
    ("time", "parts"),
    [
        (pd.date_range("2000", "2010"), ["month"]),
        (xr.date_range("2000", "2010", calendar="360_day", use_cftime=True), ["month"]),
        (pd.date_range("2017", "2017-02", freq="h"), ["hour"]),
        (pd.date_range("2000", "2004", freq="6h"), ["month", "hour"]),
    ],
)
def test_cycles_are_found(time, parts):
    which = labels_of(np.zeros(len(time)), time).time.dt
    summer, noon = which.month.isin(range(4, 10)).values, which.hour.isin(range(6, 18)).values
    codes = summer * ("month" in parts) + 2 * noon * ("hour" in parts)
    assert telling(codes, time) == parts
    noisy = np.where(np.random.default_rng(0).random(len(time)) < 0.1, 0, codes)
    assert telling(noisy, time) == parts
    both = xr.concat([labels_of(noisy, time)] * 2, "member")
    assert [share.part for share in calendar_shares(both) if share.is_telling] == parts


@pytest.mark.parametrize("codes", [np.zeros(400, int), np.full(400, -1), np.r_[0, [-1] * 399]])
def test_labels_that_say_nothing(codes):
    assert calendar_shares(labels_of(codes, pd.date_range("2000", periods=400))) == ()
    assert calendar_shares(xr.DataArray([0, 1], dims="time")) == ()


def test_a_fit_tells_and_its_advice_works():
    time = pd.date_range("2000", periods=3 * 365)
    cycle = 10 * np.cos(2 * np.pi * time.day_of_year / 365.25).values[:, None, None]
    values = np.random.default_rng(0).normal(size=(len(time), 3, 4))
    coords = {"time": time, "lat": [40.0, 45.0, 50.0], "lon": [0.0, 5.0, 10.0, 15.0]}
    ds = xr.Dataset({"z": (("time", "lat", "lon"), values + cycle)}, coords)
    with pytest.warns(XdscWarning, match=r"of the information in the labels is the month.*preset="):
        model = ds.dsc.fit(3, method="kmeans", random_state=0).dsc.model
    assert "is the month" in repr(model)
    assert "is the month" in model._repr_html_()
    assert model.calendar_[0].share > 0.3
    quiet = ds.dsc.fit(3, method="kmeans", preset="weather-regimes", random_state=0).dsc.model
    assert "month" not in repr(quiet)
    assert quiet.calendar_[0].share < 0.02


def test_a_comparison_tells_it_once_of_all_runs():
    time = pd.date_range("2001", periods=3 * 365)
    annual = np.cos(2 * np.pi * np.arange(time.size) / 365.25)[:, None, None]
    values = 10 * annual + np.random.default_rng(0).normal(size=(time.size, 2, 3))
    coords = {"time": time, "lat": [50.0, 51.0], "lon": [0.0, 1.0, 2.0]}
    ds = xr.Dataset({"t2m": (("time", "lat", "lon"), values)}, coords)

    def compared(ds):
        return ds.dsc.compare(2, ["kmeans"], n_runs=2, metrics="rmse_mean", progress=False)

    with pytest.warns(XdscWarning, match=r"'kmeans' in 2 of 2 runs \(up to .*% month\)") as told:
        result = compared(ds)
    assert len(told) == 1
    assert all(words.endswith("% month") for words in result.calendar.values.ravel())
    assert "(calendar: " in xdsc.comparison_table(result).index[0]
    assert not compared(ds.dsc.preprocess(deseasonalize=True)).calendar.values.any()
