"""The change of a mean in its parts, by hand, for missing values, members and Dask."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError

PERIODS = [("2000", "2001"), ("2002", "2003")]


def winters(seed=0):
    time = xr.date_range("2000-01-01", "2003-12-31", calendar="noleap", use_cftime=True)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, time.size)
    t = rng.normal(size=(time.size, 2, 3)) + labels[:, None, None] + 280
    t[time.year > 2001] += 1
    coords = {"time": time, "cluster": ("time", labels)}
    return xr.Dataset({"t": (("time", "lat", "lon"), t, {"units": "K"})}, coords)


def by_hand(t, labels, early):
    """Parts (3, K) of one series."""
    f1, f2 = (np.bincount(labels[part], minlength=3) / part.sum() for part in (early, ~early))
    x1, x2 = ([t[part & (labels == k)].mean() for k in range(3)] for part in (early, ~early))
    x1, x2 = np.array(x1), np.array(x2)
    return np.stack([(f2 - f1) * (x1 - t[early].mean()), f1 * (x2 - x1), (f2 - f1) * (x2 - x1)])


def test_parts_are_those_of_the_equation_and_sum_up():
    ds = winters()
    found = xdsc.decompose(ds, "t", PERIODS, n=20, random_state=0)
    early = (ds.time.dt.year < 2002).values
    expected = by_hand(ds.t.values[:, 1, 2], ds.cluster.values, early)
    np.testing.assert_allclose(found.contribution[..., 1, 2], expected)
    change = ds.t[~early].mean("time") - ds.t[early].mean("time")
    np.testing.assert_allclose(found.change, change)
    np.testing.assert_allclose(found.total.sum("part"), change)
    np.testing.assert_allclose(found.total, found.contribution.sum("cluster"))
    assert found.contribution.dims == ("part", "cluster", "lat", "lon")
    assert found.change.attrs["units"] == "K"
    assert (found.change_low <= found.change_high).all()
    assert found.identical(xdsc.decompose(ds, "t", PERIODS, n=20, random_state=0))
    shifted = xdsc.decompose(ds.assign(t=ds.t - 273.15), "t", PERIODS, n=20, random_state=0)
    np.testing.assert_allclose(shifted.contribution, found.contribution, atol=1e-10)


def test_changes_of_temperatures_are_differences():
    """One of 1 °C is one of 1 K, and not of 274."""
    ds = winters()
    ds.t.attrs["units"] = "degC"
    found = xdsc.decompose(ds, "t", PERIODS, n=5, random_state=0)
    for values in found.data_vars.values():
        assert values.attrs["units"] == "degC"
        assert values.attrs["units_metadata"] == "temperature: difference"


def test_a_change_within_regimes_alone_is_told_as_one():
    ds = winters()
    later = ds.time.dt.year > 2001
    half = ds.isel(time=~later.values).t.values
    ds["t"][:] = np.concatenate([half, half + 2])
    ds["cluster"] = ("time", np.tile(ds.cluster.values[: len(half)], 2))
    found = xdsc.decompose(ds, "t", PERIODS, n=20, random_state=0)
    np.testing.assert_allclose(found.total.sel(part="within"), 2)
    np.testing.assert_allclose(found.total.sel(part=["frequency", "interaction"]), 0, atol=1e-12)
    assert (found.total_low.sel(part="within") > 1).all()


def test_dask_stays_lazy_and_gives_the_same():
    ds = winters()
    lazy = xdsc.decompose(ds.chunk(time=100, lon=2), "t", PERIODS, n=20, random_state=0)
    assert lazy.change.chunks is not None
    xr.testing.assert_allclose(
        lazy.compute(), xdsc.decompose(ds, "t", PERIODS, n=20, random_state=0)
    )


def test_missing_values_and_labels_take_no_part():
    ds = winters()
    ds["t"][::3, 0, 0] = np.nan
    gone = ds.cluster.where(ds.time.dt.month != 5, -1)
    found = xdsc.decompose(ds.assign_coords(cluster=gone), "t", PERIODS, n=5, random_state=0)
    kept = (ds.t[:, 0, 0].notnull() & (gone >= 0)).values
    early = (ds.time.dt.year < 2002).values[kept]
    expected = by_hand(ds.t.values[kept, 0, 0], ds.cluster.values[kept], early)
    np.testing.assert_allclose(found.contribution[..., 0, 0], expected)
    ds["t"][:, 1, 1] = np.nan
    found = xdsc.decompose(ds, "t", PERIODS, n=5, random_state=0)
    assert np.isnan(found.change[1, 1])
    assert found.change.notnull().sum() == 5


def test_a_regime_of_one_period_changes_its_frequency():
    time = xr.date_range("2001-12-30", periods=4)
    ds = xr.Dataset({"t": ("time", [1.0, 3, 3, 7])}, {"time": time})
    ds = ds.assign_coords(cluster=("time", [0, 1, 1, 2]))
    found = xdsc.decompose(ds, "t", [("2001", "2001"), ("2002", "2002")], n=5, random_state=0)
    # From a half of 1 and of 3, mean 2, to a half of 3 and of 7.
    assert found.contribution.sel(part="frequency").values.tolist() == [0.5, 0.0, 2.5]
    assert found.total.values.tolist() == [3, 0, 0]


def test_members_are_taken_together():
    one, other = winters(0), winters(1)
    both = xr.concat([one, other], "member")
    found = xdsc.decompose(both, "t", PERIODS, n=5, random_state=0)
    early = np.tile((one.time.dt.year < 2002).values, 2)
    t = np.concatenate([one.t.values[:, 0, 0], other.t.values[:, 0, 0]])
    labels = np.concatenate([one.cluster.values, other.cluster.values])
    np.testing.assert_allclose(found.contribution[..., 0, 0], by_hand(t, labels, early))


def test_the_annual_cycle_is_no_doubt_about_a_change():
    """Intervals of a record of the whole year, of years that are all alike but for their noise."""
    time = xr.date_range("1990-01-01", "2009-12-31", calendar="noleap", use_cftime=True)
    rng = np.random.default_rng(0)
    year = rng.normal(size=20)[np.asarray(time.year) - 1990]
    cycle = 10 * np.cos(2 * np.pi * np.asarray(time.dayofyear) / 365)
    ds = xr.Dataset({"t": ("time", cycle + year)}, {"time": time})
    ds = ds.assign_coords(cluster=("time", rng.integers(0, 2, time.size)))
    periods = [("1990", "1999"), ("2000", "2009")]
    found = xdsc.decompose(ds, "t", periods, n=400, random_state=0)
    without = xdsc.decompose(ds.assign(t=("time", year)), "t", periods, n=400, random_state=0)
    for end in ("change_low", "change_high"):
        np.testing.assert_allclose(found[end], without[end], atol=0.1)
    # Of means of ten years, each season drawn by itself, as far as these know of one another.
    assert 0.5 < found.change_high - found.change_low < 2.5


def test_all_samples_of_seasons_are_drawn_as_often_as_they_should():
    """Of two summers and two winters of each period all sixteen draws, and their changes."""
    time = xr.DataArray(xr.date_range("2000-01-01", "2003-12-31"), dims="time")
    month = time.dt.month
    time = time[month.isin([1, 7])]
    t = time.dt.year * 1.0 - 2000 + 100 * (time.dt.month == 7)
    ds = xr.Dataset({"t": ("time", t.values)}, {"time": time.values})
    ds = ds.assign_coords(cluster=("time", np.arange(time.size) % 2))
    found = xdsc.decompose(ds, "t", PERIODS, n=2000, random_state=0)
    # Each of the two means of a season, of 0 and 1, or of 2 and 3, is one of three.
    assert found.change == 2
    assert (found.change_low, found.change_high) == (1, 3)


def test_one_season_leaves_nothing_to_draw():
    time = xr.date_range("2001-12-01", periods=180)
    ds = xr.Dataset({"t": ("time", np.arange(180.0))}, {"time": time})
    ds = ds.assign_coords(cluster=("time", np.arange(180) % 3))
    periods = [("2001-12-01", "2002-02-28"), ("2002-03-01", "2002-05-29")]
    found = xdsc.decompose(ds, "t", periods, n=5, random_state=0)
    assert found.change == 90
    assert np.isnan(found.change_low)
    assert np.isnan(found.contribution_high).all()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"var": "z"}, ParameterError, "choose one"),
        ({"periods": ["2000", "2001"]}, ParameterError, "two periods"),
        ({"periods": PERIODS[:1]}, ParameterError, "two periods"),
        ({"periods": [("soon", "later"), ("2002", "2003")]}, ParameterError, "two dates"),
        ({"periods": 5}, ParameterError, "two periods"),
        ({"periods": [("1900", "1901"), ("2002", "2003")]}, InputError, "1900 to 1901"),
    ],
)
def test_wrong_arguments_are_told(arguments, error, text):
    with pytest.raises(error, match=text):
        xdsc.decompose(winters(), **{"var": "t", "periods": PERIODS} | arguments)
