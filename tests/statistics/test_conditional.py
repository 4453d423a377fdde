"""Regimes by terciles of an index, by hand and by chance."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError


def winters(n, seed=0, calendar="noleap"):
    """Days of n winters with three regimes at random."""
    time = xr.date_range(
        "1980-12-01", f"{1980 + n}-02-28", calendar=calendar, use_cftime=calendar != "standard"
    )
    time = time[np.isin(time.month, [12, 1, 2])]
    values = np.random.default_rng(seed).integers(0, 3, time.size)
    return xr.DataArray(values, {"time": time}, ("time",))


def test_by_hand():
    time = xr.date_range("2000-01-01", periods=6)
    labels = xr.DataArray([0, 0, 1, 0, 1, -1], {"time": time}, ("time",))
    index = xr.DataArray([1.0, 2, 3, np.nan, 4, 5], {"time": time}, ("time",), attrs={"units": "K"})
    found = xdsc.conditional_frequency(labels, index, bins=[2.0], n=5, random_state=0)
    assert found.n_frames.values.tolist() == [[2, 0], [0, 2]]
    assert found.frequency.values.tolist() == [[1, 0], [0, 1]]
    assert found.upper.values.tolist() == [2, np.inf]
    assert found.lower.attrs["units"] == "K"
    thirds = xdsc.conditional_frequency(labels, index, n=5, random_state=0)
    assert thirds.n_labelled.values.tolist() == [2, 1, 1]  # edges 2 and 3
    assert thirds.identical(xdsc.conditional_frequency(labels, index, n=5, random_state=0))


def test_a_bin_that_no_time_step_is_in_has_no_p_values():
    labels = winters(2)
    index = labels.time.dt.day.astype(float)
    found = xdsc.conditional_frequency(labels, index, bins=[10, 40], n=5, random_state=0)
    assert found.n_labelled.values.tolist() == [60, 120, 0]
    for name in ("frequency", "p_more", "p_less", "p_value", "p_adjusted"):
        assert found[name].sel(bin=2).isnull().all()
        assert found[name].sel(bin=[0, 1]).notnull().all()


def test_regimes_that_do_not_occur_are_no_tests():
    labels = winters(6)
    index = labels.time.dt.day.astype(float)
    alone = xdsc.conditional_frequency(labels, index, n=20, random_state=0)
    flags = {"flag_values": np.arange(-1, 5), "flag_meanings": "no_label a b c d e"}
    found = xdsc.conditional_frequency(labels.assign_attrs(flags), index, n=20, random_state=0)
    assert (found.frequency.sel(cluster=[3, 4]) == 0).all()
    for name in ("p_value", "p_adjusted", "p_more", "p_less"):
        np.testing.assert_array_equal(found[name].values[:, :3], alone[name])
        assert found[name].sel(cluster=[3, 4]).isnull().all()


@pytest.mark.parametrize("calendar", ["standard", "noleap"])
@pytest.mark.parametrize("freq", ["D", "MS", "YS"])
def test_an_index_of_days_months_and_years(freq, calendar):
    labels = winters(6, calendar=calendar)
    when = pd.date_range("1980-01-01", "1986-12-31", freq=freq)
    year = when.year + (when.month == 12 if freq != "YS" else 0)
    # Regime 1 fills the winters of even years, which are those of the index 1.
    winter = labels.time.dt.year + (labels.time.dt.month == 12)
    labels = labels.where(winter % 2 == 1, 1)
    index = pd.Series(np.where(year % 2 == 0, 1.0, -1.0), index=when)
    found = xdsc.conditional_frequency(labels, index, bins=[0.0], n=9, random_state=0)
    assert found.frequency.values[1].tolist() == [0, 1, 0]
    assert found.n_labelled.sum().item() == labels.size
    texts = index.set_axis(when.strftime("%Y-%m-%d"))
    for other in (texts, index.tz_localize("UTC"), index[::-1]):
        again = xdsc.conditional_frequency(labels, other, bins=[0.0], n=9, random_state=0)
        assert again.n_frames.equals(found.n_frames)
    ds = xr.Dataset(coords={"cluster": labels})
    assert xdsc.conditional_frequency(ds, index, bins=[0.0], n=9, random_state=0).identical(found)


def test_a_regime_that_follows_the_index_is_found_and_others_are_not():
    labels = winters(20)
    winter = labels.time.dt.year + (labels.time.dt.month == 12)
    index = np.sin(winter * 2.0).assign_coords(time=labels.time)
    labels = labels.where((index < 0.3) | (labels.time.dt.day > 15), 2)
    found = xdsc.conditional_frequency(labels, index, n=199, random_state=0)
    assert found.p_more.sel(bin=2, cluster=2).item() == pytest.approx(0.005)
    assert (found.p_adjusted.sel(bin=2) < 0.05).all()
    assert found.p_less.sel(bin=0, cluster=2).item() < 0.05


@pytest.mark.slow
def test_an_index_by_chance_is_rarely_found_to_matter():
    p = []
    labels = winters(30)
    when = pd.date_range("1980", periods=40, freq="YS")
    rng = np.random.default_rng(3)
    for _ in range(60):
        # Whole winters lean to one regime, as in nature.
        lean = rng.integers(0, 3, 40)[labels.time.dt.year.values - 1980]
        leaning = labels.where(rng.random(labels.size) < 0.7, lean)
        index = pd.Series(rng.normal(size=40), index=when)
        p.append(xdsc.conditional_frequency(leaning, index, n=199, random_state=0).p_value.values)
    assert 0.03 <= (np.array(p) <= 0.05).mean() <= 0.07


@pytest.mark.parametrize(
    ("index", "arguments", "error", "text"),
    [
        ("nino", {}, ParameterError, "its name"),
        ([1.0, 2.0], {}, ParameterError, "Series"),
        (pd.Series([1.0, 2.0]), {}, ParameterError, "dates"),
        (pd.Series([1.0], pd.date_range("1900", periods=1)), {}, InputError, "dates of the index"),
        (winters(2), {"bins": 1}, ParameterError, "two bins"),
        (winters(2), {"bins": 10**9}, ParameterError, "no more than"),
        (winters(2), {"bins": [1, 0]}, ParameterError, "ascending"),
    ],
)
def test_wrong_arguments_are_told(index, arguments, error, text):
    with pytest.raises(error, match=text):
        xdsc.conditional_frequency(winters(2), index, **arguments)
