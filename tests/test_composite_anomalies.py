"""Anomalies of composites are from the climatology where the fit has taken one out."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError, XdscWarning

T = 3 * 365


@pytest.fixture(scope="module")
def ds():
    """Three years with a strong annual cycle and two patterns; rain is not clustered."""
    rng = np.random.default_rng(0)
    time = pd.date_range("2001-01-01", periods=T)
    season = 10 * np.cos(2 * np.pi * time.day_of_year / 365.25)
    # In winter the first pattern is twice as frequent.
    which = rng.random(T) < np.where(season > 0, 2 / 3, 1 / 3)
    pattern = rng.normal(size=(3, 4))
    z = np.where(which, 1, -1)[:, None, None] * pattern + 0.1 * rng.normal(size=(T, 3, 4))
    return xr.Dataset(
        {
            "z": (("time", "lat", "lon"), z + season.values[:, None, None], {"units": "m"}),
            "rain": (("lat", "time"), z[:, :, 0].T + 5 * season.values, {"units": "mm"}),
        },
        {"time": time, "lat": [40.0, 45.0, 50.0], "lon": [0.0, 5.0, 10.0, 15.0]},
    )


@pytest.fixture(scope="module")
def labelled(ds):
    options = {"method": "kmeans", "preset": "weather-regimes", "random_state": 0}
    return ds.dsc.fit(k=2, variables="z", **options)


def cycle(values):
    """Two annual harmonics by least squares, written down apart."""
    year = 2 * np.pi * (values.time.dt.dayofyear.values - 1) / 365.25
    terms = np.stack([np.ones(T), *(f(n * year) for n in (1, 2) for f in (np.cos, np.sin))], 1)
    flat = values.transpose("time", ...).values.reshape(T, -1)
    fitted = terms @ np.linalg.lstsq(terms, flat, rcond=None)[0]
    return values.transpose("time", ...).copy(data=fitted.reshape(T, *values.shape[1:]))


@pytest.mark.parametrize("how", ["fitted", "learnt", "lazy"])
def test_they_are_from_the_climatology_of_every_variable(ds, labelled, how):
    ds = ds.transpose("time", ...)
    if how == "fitted":
        found = labelled.dsc.composites()
    else:
        found = xdsc.composites(labelled.chunk(time=300, lat=2) if how == "lazy" else labelled)
    for name in ("z", "rain"):
        expected = (ds[name] - cycle(ds[name])).groupby(labelled.cluster).mean()
        anomaly = found[f"{name}_anomaly"]
        np.testing.assert_allclose(anomaly.transpose(*expected.dims), expected, atol=0.02)
        assert anomaly.attrs["xdsc_anomaly"] == "climatology"
        source = "fit" if (how, name) == ("fitted", "z") else "data"
        assert anomaly.attrs["long_name"] == f"{name}, anomaly from the climatology of the {source}"
        assert (anomaly.chunks is not None) == (how == "lazy")


def test_the_mean_of_all_regimes_is_a_choice(ds, labelled):
    found = labelled.dsc.composites(anomaly="mean").z_anomaly
    expected = ds.z.groupby(labelled.cluster).mean() - ds.z.mean("time")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.attrs["xdsc_anomaly"] == "mean"
    with pytest.raises(ParameterError, match="anomaly to be one of 'climatology', 'mean'"):
        labelled.dsc.composites(anomaly="median")


def test_labels_without_a_climatology_can_have_one(ds, labelled):
    bare = ds.assign_coords(cluster=("time", labelled.cluster.values))
    assert bare.dsc.composites().z_anomaly.attrs["xdsc_anomaly"] == "mean"
    found = bare.dsc.composites(anomaly="climatology")
    np.testing.assert_allclose(found.z_anomaly, labelled.dsc.composites().z_anomaly, atol=1e-6)


def test_a_region_of_the_fit_and_other_units_change_nothing(ds):
    preprocessor = xdsc.Preprocessor(
        preset="weather-regimes", variables="z", sel={"lat": slice(45, 50)}, units={"z": "km"}
    )
    labelled = ds.dsc.fit(k=2, method="kmeans", preprocessor=preprocessor, random_state=0)
    found = labelled.dsc.composites().z_anomaly
    expected = (ds.z - cycle(ds.z)).groupby(labelled.cluster).mean()
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_levels_that_the_fit_has_not_seen_have_a_climatology_of_their_own(ds):
    levels = xr.concat([ds[["z"]], 2 * ds[["z"]]], pd.Index([500, 850], name="plev"))
    options = {"method": "kmeans", "preset": "weather-regimes", "random_state": 0}
    labelled = levels.dsc.fit(k=2, sel={"plev": 500}, **options)
    found = labelled.dsc.composites().z_anomaly
    expected = ds.dsc.fit(k=2, variables="z", **options).dsc.composites().z_anomaly
    for level, factor in ((500, 1), (850, 2)):
        np.testing.assert_allclose(
            found.sel(plev=level),
            factor * expected.transpose(*found.sel(plev=level).dims),
            atol=1e-6,
        )


def test_members_share_a_climatology(ds):
    both = xr.concat([ds, ds[["z"]].assign(rain=ds.rain)], pd.Index([1, 2], name="member"))
    options = {"method": "kmeans", "preset": "weather-regimes", "random_state": 0}
    labelled = both.dsc.fit(k=2, variables="z", **options)
    found = labelled.dsc.composites()
    one = labelled.isel(member=0).drop_vars("member").dsc.composites()
    for name in ("z_anomaly", "rain_anomaly"):
        np.testing.assert_allclose(found[name], one[name], atol=1e-6)


def test_slices_say_what_they_learn(labelled):
    model, part = labelled.dsc.model, labelled.isel(time=slice(500))
    with pytest.warns(XdscWarning, match=r"time steps of the fit.*1095 from 2001.*500 from.* z, r"):
        part.dsc.composites()
    with pytest.warns(XdscWarning, match=r"1095 from 2001.*500 from.*preprocessor=model"):
        part.dsc.score(metrics="rmse_mean")
    with pytest.warns(XdscWarning, match=r"rain from a climatology.*learnt from.*99 days"):
        short = part.isel(time=slice(100)).dsc.composites(preprocessor=model.preprocessor_)
    assert short.z_anomaly.attrs["xdsc_anomaly"] == "climatology"
    assert short.rain_anomaly.attrs["xdsc_anomaly"] == "mean"
    with pytest.raises(InputError, match="longer period"):
        part.isel(time=slice(100)).dsc.composites(anomaly="climatology")


def test_what_slices_are_told_to_do_is_enough(labelled):
    model, part = labelled.dsc.model, labelled.isel(time=slice(500))
    found = part[["z"]].dsc.composites(preprocessor=model.preprocessor_)
    assert found.z_anomaly.attrs["long_name"].endswith("of the fit")
    part.dsc.composites(anomaly="mean")
    part.dsc.score(metrics="rmse_mean", preprocessor=model.preprocessor_)


def test_prepared_data_are_anomalies_already(ds, labelled):
    prepared = ds.dsc.preprocess(preset="weather-regimes", variables="z")
    fitted = prepared.dsc.fit(k=2, method="kmeans", random_state=0)
    assert fitted.dsc.composites().z_anomaly.attrs["xdsc_anomaly"] == "mean"
    with pytest.raises(ParameterError, match=r"ds.assign_coords\(cluster=prepared.cluster\)"):
        fitted.dsc.composites(anomaly="climatology")
    raw = ds.assign_coords(cluster=fitted.cluster).dsc.composites()
    np.testing.assert_allclose(raw.z_anomaly, labelled.dsc.composites().z_anomaly, atol=1e-6)


def test_the_figure_says_what_they_are_from(labelled):
    plt = pytest.importorskip("matplotlib.pyplot")
    for anomaly, words in ((None, "climatology"), ("mean", "mean")):
        figure = labelled.dsc.plot.composites("z", anomaly=anomaly)
        assert figure.axes[-1].get_ylabel() + figure.axes[-1].get_xlabel() == (
            f"z anomaly from the {words} (m)"
        )
        plt.close(figure)
