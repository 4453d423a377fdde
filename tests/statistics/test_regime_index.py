"""The index is the standardised projection, on patterns of any grid that coordinates allow."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError

LAT, LON = [60.0, 50.0, 40.0], [-20.0, -10.0, 0.0, 10.0]


@pytest.fixture
def ds():
    """Three winters and summers; the season of the fit is DJF; a frame is missing."""
    rng = np.random.default_rng(0)
    time = pd.date_range("2001-01-01", periods=3 * 365)
    labels = np.where(time.month.isin([12, 1, 2]), rng.integers(0, 2, time.size), -1)
    shape = rng.normal(size=(2, 3, 4))
    z = np.where(labels[:, None, None] == 1, shape[1], shape[0]) * 3 + rng.normal(
        size=(time.size, 3, 4)
    )
    z[5], labels[5] = np.nan, -1
    return xr.Dataset(
        {"z": (("time", "lat", "lon"), z, {"units": "m"}), "t": ("time", np.arange(time.size))},
        {"time": time, "lat": LAT, "lon": LON, "cluster": ("time", labels)},
    )


@pytest.fixture
def patterns():
    """Of three regimes, south first, longitudes from 0 to 360."""
    values = np.random.default_rng(1).normal(size=(3, 3, 4))
    return xr.DataArray(
        values,
        {"wr": ["AT", "ZO", "ScTr"], "latitude": LAT[::-1], "longitude": np.mod(LON, 360)},
        ("wr", "latitude", "longitude"),
    )


def by_hand(z, patterns):
    """The equation, cell by cell."""
    weight = np.cos(np.deg2rad(LAT))[:, None] * np.ones(4)
    return np.einsum("tyx,kyx,yx->tk", z, patterns, weight) / weight.sum()


def test_it_is_the_equation(ds):
    found = xdsc.regime_index(ds)
    winter = ds.cluster.values >= 0
    z = ds.z.values - ds.z.values[winter].mean(axis=0)
    pattern = np.stack([z[ds.cluster == k].mean(axis=0) for k in (0, 1)])
    p = by_hand(z, pattern)
    np.testing.assert_allclose(found.pattern, pattern)
    np.testing.assert_allclose(found["mean"], p[winter].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found["std"], p[winter].std(axis=0))
    index = (p - p[winter].mean(axis=0)) / p[winter].std(axis=0)
    np.testing.assert_allclose(found.regime_index[winter], index[winter])
    assert found.regime_index.dims == ("time", "cluster")
    assert found.cluster.values.tolist() == [0, 1]
    # Regimes of the winter have no index in summer, and a missing frame has none.
    summer = ~np.isin(ds.time.dt.month, [12, 1, 2])
    assert found.regime_index[summer | (np.arange(summer.size) == 5)].isnull().all()
    assert found.attrs["xdsc_months"] == "1 2 12"
    assert found.pattern.attrs["units"] == "m"
    assert found["std"].attrs["units"] == "(m)2"


def test_the_correlation_is_numpys_on_cells_of_one_size(ds):
    found = xdsc.regime_index(ds, area_weights=False)
    z = ds.z - ds.z.where(ds.cluster >= 0).mean("time")
    expected = np.corrcoef(z[9].values.ravel(), found.pattern[1].values.ravel())[0, 1]
    np.testing.assert_allclose(found.pattern_correlation[9, 1], expected)


def test_new_data_are_indexed_by_the_same_numbers(ds):
    reference = xdsc.regime_index(ds)
    new = ds.isel(time=slice(0, 40), lat=slice(None, None, -1)).drop_vars("cluster")
    new["z"] = new.z * 2
    found = xdsc.regime_index(new, reference=reference, anomaly="mean")
    z = 2 * ds.z[:40].values
    p = by_hand(z - np.nanmean(z, axis=0), reference.pattern.values)
    expected = (p - reference["mean"].values) / reference["std"].values
    np.testing.assert_allclose(found.regime_index, expected)
    for name in ("mean", "std"):
        np.testing.assert_array_equal(found[name], reference[name])
    again = xdsc.regime_index(ds, reference=reference)
    np.testing.assert_allclose(again.regime_index, reference.regime_index)


@pytest.mark.parametrize("kind", ["array", "dataset", "flipped"])
def test_published_patterns_are_aligned_by_coordinates(ds, patterns, kind):
    own = ds.drop_vars("cluster").isel(lat=slice(None, None, -1 if kind == "flipped" else 1))
    given = patterns.to_dataset(name="any") if kind == "dataset" else patterns.transpose()
    found = xdsc.regime_index(own, patterns=given, anomaly="mean", variable="z")
    p = by_hand((ds.z - ds.z.mean("time")).values, patterns.values[:, ::-1])
    expected = (p - np.nanmean(p, axis=0)) / np.nanstd(p, axis=0)
    np.testing.assert_allclose(found.regime_index, expected)
    assert found.cluster.values.tolist() == ["AT", "ZO", "ScTr"]


def test_data_may_cover_more_than_the_patterns(ds, patterns):
    part = patterns.isel(longitude=slice(1, 3), latitude=slice(0, 2))
    found = xdsc.regime_index(ds.drop_vars("cluster"), patterns=part, anomaly="mean")
    same = xdsc.regime_index(
        ds.drop_vars("cluster").isel(lon=slice(1, 3), lat=slice(1, 3)),
        patterns=part,
        anomaly="mean",
    )
    np.testing.assert_allclose(found.regime_index, same.regime_index)
    assert found.pattern.isel(lat=0).isnull().all()


def test_patterns_of_another_grid_are_refused_or_interpolated(ds, patterns):
    finer = patterns.sortby("latitude")
    own = ds.drop_vars("cluster").isel(lat=slice(1, 3)).assign_coords(lat=[55.0, 45.0])
    with pytest.raises(ParameterError, match="interpolate=True"):
        xdsc.regime_index(own, patterns=finer, anomaly="mean")
    found = xdsc.regime_index(own, patterns=finer, anomaly="mean", interpolate=True)
    middle = (finer[:, 1:].values + finer[:, :-1].values) / 2
    np.testing.assert_allclose(found.pattern, middle[:, ::-1])


def test_interpolation_goes_round_the_earth():
    lon = np.arange(0.0, 360, 30)
    values = np.cos(np.deg2rad(lon))[None, None] * np.ones((1, 2, 1))
    globe = xr.DataArray(values, {"lat": [10.0, 20.0], "lon": lon, "wr": [0]}, ("wr", "lat", "lon"))
    time = pd.date_range("2000-01-01", periods=3)
    z = np.random.default_rng(0).normal(size=(3, 2, 3))
    ds = xr.Dataset(
        {"z": (("time", "lat", "lon"), z)},
        {"time": time, "lat": [12.0, 18.0], "lon": [-15.0, 0.0, 15.0]},
    )
    found = xdsc.regime_index(ds, patterns=globe, interpolate=True, anomaly="mean")
    between = (1 + np.cos(np.deg2rad(30))) / 2
    np.testing.assert_allclose(found.pattern[0, 0], [between, 1, between])


def test_members_have_indices_of_their_own(ds):
    both = xr.concat([ds.z, ds.z[::-1].assign_coords(time=ds.time)], pd.Index([1, 2], name="run"))
    labels = xr.concat([ds.cluster, ds.cluster], both.run)
    found = xdsc.regime_index(both.to_dataset(name="z").drop_vars("cluster"), labels, member="run")
    assert found.regime_index.dims == ("run", "time", "cluster")
    spread = found.regime_index.where(labels >= 0).std(("run", "time"))
    np.testing.assert_allclose(spread, 1)


def test_dask_gives_the_same_and_stays_lazy(ds):
    lazy = ds.chunk(time=100, lat=2).assign_coords(cluster=ds.cluster)
    found = xdsc.regime_index(lazy)
    assert isinstance(found.regime_index.data, dask.array.Array)
    xr.testing.assert_allclose(found.compute(), xdsc.regime_index(ds))


def test_the_accessor_brings_labels_and_climatology(ds):
    preprocessor = xdsc.Preprocessor(preset="weather-regimes", season="DJF")
    options = {"method": "kmeans", "preprocessor": preprocessor, "random_state": 0}
    fitted = ds.drop_vars("cluster").dsc.fit(k=2, variables="z", **options)
    found = fitted.dsc.regime_index()
    nearest = found.regime_index.fillna(-9).argmax("cluster")
    assert float((nearest == fitted.cluster).where(fitted.cluster >= 0).mean()) > 0.9
    assert found.regime_index.attrs["units"] == "1"
    other = fitted.drop_vars("cluster").dsc.regime_index(reference=found)
    assert float(np.abs(other.regime_index - found.regime_index).max()) < 0.1


def test_errors_say_what_to_do(ds, patterns):
    with pytest.raises(NotFittedError, match="pass labels="):
        xdsc.regime_index(ds.drop_vars("cluster"))
    with pytest.raises(ParameterError, match="variable='z'"):
        xdsc.regime_index(ds.assign(u=ds.z))
    with pytest.raises(ParameterError, match="both"):
        xdsc.regime_index(ds, patterns=patterns, reference=xdsc.regime_index(ds))
    with pytest.raises(ParameterError, match="as regime_index returns it"):
        xdsc.regime_index(ds, reference=ds)
    with pytest.raises(ParameterError, match="regime, lat, lon"):
        xdsc.regime_index(ds, patterns=patterns.expand_dims(level=2))
    with pytest.raises(InputError, match="dates in the time coordinate 'time'"):
        xdsc.regime_index(ds.assign_coords(time=np.arange(ds.sizes["time"])))


def test_patterns_of_temperatures_are_differences():
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    found = xdsc.regime_index(ds, ds.regime, variable="t2m")
    assert found.pattern.attrs["units_metadata"] == "temperature: difference"
