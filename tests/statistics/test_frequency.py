"""Frequencies are what one counts by hand, of any calendar, season and number of members."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError
from xdsc.statistics.sequence.trends import mann_kendall, slope

CALENDARS = pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day", "julian"])


def labelled(values, start="2000-01-01", calendar="standard", **attrs):
    """Labels of days."""
    values = np.asarray(values)
    cftime = calendar != "standard"
    time = xr.date_range(start, periods=values.size, calendar=calendar, use_cftime=cftime)
    return xr.DataArray(values, {"time": time}, ("time",), "cluster", attrs)


def test_shares_are_of_the_labelled_steps():
    found = xdsc.frequency(labelled([3, 3, 1, -1, 3]))
    assert found.cluster.values.tolist() == [1, 3]
    assert found.frequency.values.tolist() == [0.25, 0.75]
    assert found.n_frames.values.tolist() == [1, 3]
    assert (found.n_labelled.item(), found.n_unlabelled.item()) == (4, 1)
    assert all("long_name" in v.attrs and "units" in v.attrs for v in found.data_vars.values())


@pytest.mark.parametrize(
    "given",
    [
        pd.Series([0, 1, 1, np.nan], pd.date_range("2000", periods=4, name="time")),
        xr.DataArray([0.0, 1, 1, np.nan], dims="time"),
        xr.DataArray(["a", "b", "b", None], dims="day"),
        xr.DataArray([0, 1, 1, -1], dims="time").chunk(time=2),
    ],
    ids=["pandas", "float", "text", "dask"],
)
def test_labels_of_any_make(given):
    found = xdsc.frequency(given)
    assert found.frequency.values.round(3).tolist() == [0.333, 0.667]
    assert found.n_unlabelled.item() == 1


def test_dates_as_files_and_pandas_have_them():
    days = pd.date_range("2000-01-30", periods=4, name="time")
    series = pd.Series([0, 1, 1, -1], days, name="cluster")
    expected = xdsc.frequency(series, by="month")
    assert expected.n_labelled.values.tolist() == [2, 1]
    for given in (
        series.set_axis(days.strftime("%Y-%m-%d").rename("time")),
        series.to_period("D"),
        series.tz_localize("UTC"),
        series.to_frame(),
        series.to_frame().assign(other=1),
        series.reset_index(),  # as pd.read_csv gives it
        series.reset_index().assign(time=days.strftime("%Y-%m-%d")),
        series.to_xarray().assign_coords(time=days.strftime("%Y-%m-%dT00:00").values),
    ):
        assert xdsc.frequency(given, by="month").equals(expected)


def test_labels_beside_a_dataset_without_a_grid():
    series = labelled([0, 1, 1, -1])
    ds = xr.Dataset({"index": ("time", np.arange(4.0))}, {"time": series.time})
    both = xr.concat([series, series], "member")
    expected = xdsc.frequency(series, by="month")
    for given in (series, series[::-1], series.values, series.to_series()):
        assert xdsc.frequency(ds, given, by="month").equals(expected)
    found = xdsc.frequency(ds.expand_dims(member=2), both.T[::-1], by="month")
    assert found.n_frames.equals(2 * expected.n_frames)


def test_regimes_that_do_not_occur_are_there_with_nothing():
    flags = {"flag_values": np.array([-1, 0, 1, 2]), "flag_meanings": "none NAO+ NAO- EA"}
    found = xdsc.frequency(labelled([0, 0, 1], **flags))
    assert found.frequency.values.round(2).tolist() == [0.67, 0.33, 0.0]
    assert found.regime_name.values.tolist() == ["NAO+", "NAO-", "EA"]
    assert found.cluster.attrs["flag_meanings"] == "none NAO+ NAO- EA"


@CALENDARS
def test_months_hours_and_years(calendar):
    labels = labelled(np.arange(60) % 2, "2000-12-16", calendar)
    december = int((labels.time.dt.month == 12).sum())
    found = xdsc.frequency(labels, by="month")
    assert found.month.values.tolist() == [1, 2, 12]
    assert found.n_labelled.sel(month=12).item() == december
    years = xdsc.frequency(labels, by="year")
    assert years.year.values.tolist() == [2000, 2001]
    assert years.n_labelled.values.tolist() == [december, 60 - december]
    assert xdsc.frequency(labels, by="hour").n_labelled.sel(hour=0).item() == 60


@CALENDARS
def test_december_belongs_to_the_winter_of_the_next_year(calendar):
    time = xr.date_range("1999-12-01", "2002-12-30", calendar=calendar, use_cftime=True)
    labels = xr.DataArray((time.month == 12).astype(int), {"time": time}, ("time",))
    winter = xdsc.frequency(labels, by="season-year")
    assert winter.season.values.tolist() == ["DJF", "MAM", "JJA", "SON"]
    assert winter.year.values.tolist() == [2000, 2001, 2002, 2003]
    days = int(((time.year == 1999) | ((time.year == 2000) & (time.month < 3))).sum())
    assert winter.n_labelled.sel(season="DJF", year=2000).item() == days
    share = winter.frequency.sel(season="DJF", cluster=1)
    assert share.values[[0, 3]].tolist() == [(30 if calendar == "360_day" else 31) / days, 1.0]
    assert np.isnan(winter.frequency.sel(season="MAM", year=2003)).all()


@pytest.mark.parametrize("unlabelled", [False, True], ids=["left out", "without labels"])
@pytest.mark.parametrize(
    ("months", "names"),
    [([11, 12, 1, 2, 3], ["NDJFM"]), ([12, 1, 2, 6, 7], ["DJF", "JJ"]), ([4, 5], ["AM"])],
)
def test_seasons_are_those_of_the_record(months, names, unlabelled):
    labels = labelled(np.zeros(1461, int))
    inside = labels.time.dt.month.isin(months)
    labels = labels.where(inside, -1) if unlabelled else labels[inside.values]
    found = xdsc.frequency(labels, by="season-year")
    assert found.season.values.tolist() == names
    assert found.n_labelled.sum().item() == inside.sum().item()
    assert xdsc.frequency(labels, by="season").season.values.tolist() == names


def test_members_count_together():
    single = labelled([0, 0, 1, -1])
    both = xr.concat([single, 1 - single.where(single >= 0, 2)], "member").T
    found = xdsc.frequency(both)
    assert found.n_frames.values.tolist() == [3, 3]
    assert xdsc.frequency(both.to_dataset(name="cluster")).equals(found)


def test_trend_of_a_line_and_of_none():
    """One regime takes ten of ninety days more each winter; the record begins with a February."""
    time = xr.date_range("1990-02-01", "2000-02-28", calendar="noleap", use_cftime=True)
    time = time[np.isin(time.month, [12, 1, 2])]
    winter = time.year + (time.month == 12)
    day = pd.Series(winter).groupby(winter).cumcount().values
    labels = xr.DataArray((day < 9 * (winter - 1990)).astype(int), {"time": time}, ("time",))
    found = xdsc.frequency(labels, trend=True, n=50, random_state=1)
    assert found.in_trend.values[0].tolist() == [False] + [True] * 10
    np.testing.assert_allclose(found.trend.values, [[-1, 1]], atol=1e-12)
    np.testing.assert_allclose(found.trend_low, found.trend, atol=1e-9)
    assert (found.p_value < 0.001).all()
    assert found.attrs["random_state"] == 1
    assert found.attrs["n_surrogates"] == 50
    assert found.identical(xdsc.frequency(labels, trend=True, n=50, random_state=1))
    whole = xdsc.frequency(labels, by="year", trend=True, n=5, random_state=0)
    assert whole.trend.dims == ("cluster",)


def test_mann_kendall_by_hand():
    # By hand: S = 9 - 1, its variance is 50 / 3, so Z = 7 / 4.082.
    assert mann_kendall(np.array([10.0, 22, 21, 30, 40])) == pytest.approx(0.0864, abs=1e-4)
    assert mann_kendall(np.array([1.0, 1, 1, 1])) == 1
    assert np.isnan(mann_kendall(np.array([1.0, 2])))


def test_trends_are_those_of_scipy():
    y = np.random.default_rng(0).integers(0, 6, 25) + np.arange(25) / 10  # without ties
    y[3], y[20] = y[4], y[8]  # and with some
    x = np.arange(25.0)
    assert slope(x, y) == pytest.approx(stats.linregress(x, y).slope)
    found = stats.kendalltau(x, y, method="asymptotic")
    z = stats.norm.isf(found.pvalue / 2)
    s = np.sign(np.subtract.outer(y, y))[np.tril_indices(25, -1)].sum()
    # SciPy's test has no correction for continuity, with which Mann-Kendall's has |S| - 1 for |S|.
    assert mann_kendall(y) == pytest.approx(2 * stats.norm.sf(z * (abs(s) - 1) / abs(s)))


@pytest.mark.slow
def test_trends_of_noise_are_rare():
    rng = np.random.default_rng(0)
    p = np.array([mann_kendall(series) for series in rng.normal(size=(1000, 30))])
    assert 0.03 < (p < 0.05).mean() < 0.07


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"by": "week"}, ParameterError, "season-year"),
        ({"by": "month", "trend": True}, ParameterError, "leave by="),
        ({"trend": True, "n": 0}, ParameterError, "pass n=1000"),
        ({"trend": True, "random_state": -1}, ParameterError, "random_state=0"),
        ({"labels": [1, 2]}, ParameterError, "pass one"),
        ({"time": "t"}, ParameterError, "time='t'"),
    ],
)
def test_wrong_arguments_are_told(arguments, error, text):
    with pytest.raises(error, match=text):
        xdsc.frequency(labelled([0, 1, 0]), **arguments)


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (xr.DataArray([-1, -1], dims="time"), InputError, "none with a label"),
        (xr.DataArray([0.5, 1.5], dims="time"), ParameterError, "whole numbers"),
        (xr.DataArray(np.zeros((2, 2, 2)), dims=["time", "lat", "lon"]), ParameterError, "select"),
        (xr.Dataset(), NotFittedError, "fit"),
        ([0, 1], InputError, "Dataset"),
    ],
)
def test_what_is_no_labels_is_told(given, error, text):
    with pytest.raises(error, match=text):
        xdsc.frequency(given)


def test_parts_of_the_calendar_need_dates():
    with pytest.raises(InputError, match="assign_coords"):
        xdsc.frequency(xr.DataArray([0, 1], dims="time"), by="month")
    with pytest.raises(InputError, match="assign dates"):
        xdsc.frequency(xr.DataArray([0, 1], {"time": [0, 1]}, ("time",)), by="month")
    with pytest.raises(InputError, match="sort"):
        xdsc.frequency(labelled([0, 1])[::-1], by="month")
