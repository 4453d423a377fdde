"""Patterns, mean and standard deviation of the index stay in the model, for all data and files."""

from dataclasses import replace

import dask
import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError, StorageError
from xdsc.storage import read, write

# Two years are also a trend, and later ones are not those of the fit.
pytestmark = pytest.mark.filterwarnings("ignore::xdsc.XdscWarning")


@pytest.fixture(scope="module")
def years():
    return xdsc.tutorial.open_dataset(n_times=450, n_lat=4, n_lon=5, n_regimes=3, seed=1)[["t2m"]]


def model_of(ds, **settings):
    """A model that has not been asked for an index, and the Dataset that it has labelled."""
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0, **settings)
    return model, model.fit_label(ds)


@pytest.fixture(scope="module")
def fit(years):
    return model_of(years, preset="weather-regimes", season="DJF")


KINDS = {
    "mean": {},
    "climatology": {"preset": "weather-regimes", "season": "DJF"},
    "other units": {"preset": "weather-regimes", "units": {"t2m": "degC"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_of_the_fit_hold_for_other_data(years, kind, tmp_path):
    model, labelled = model_of(years, **KINDS[kind])
    found = model.regime_index(labelled)
    plain = xdsc.regime_index(labelled, preprocessor=model.preprocessor_)
    np.testing.assert_allclose(found.regime_index, plain.regime_index, atol=2e-4)
    model.save(tmp_path / "a.xdsc")
    model = xdsc.load_model(tmp_path / "a.xdsc")
    # One month, in other units, upside down and on longitudes that rounding has moved.
    later = (years - 273.15).isel(time=slice(400, 430), latitude=slice(None, None, -1))
    later = later.assign_coords(longitude=later.longitude + 1e-5)
    later.t2m.attrs = {**years.t2m.attrs, "units": "degC"}
    again = model.label(later).dsc.regime_index()
    np.testing.assert_allclose(
        again.regime_index, found.regime_index.isel(time=slice(400, 430)), atol=1e-4
    )
    for name in ("pattern", "mean", "std"):
        np.testing.assert_array_equal(again[name], found[name])
    assert again.attrs["xdsc_standardised_by"].startswith("mean and standard deviation of the fit")
    assert again.attrs["xdsc_fit_period"].startswith("450 from 2019")
    anomaly = "fitted mean" if kind == "mean" else "fitted climatology"
    assert again.attrs["xdsc_anomaly_from"] == anomaly


def test_cells_of_a_grid_of_its_own_count_as_they_did_in_the_fit(years):
    """On a grid with latitudes in two dimensions there is no cosine that all would know."""
    ds = years.rename(latitude="y", longitude="x").drop_vars(["y", "x"])
    lat, lon = xr.broadcast(years.latitude, years.longitude)
    ds.coords["lat"] = (("y", "x"), lat.values, {"standard_name": "latitude"})
    ds.coords["lon"] = (("y", "x"), lon.values, {"standard_name": "longitude"})
    model, labelled = model_of(ds)
    alike = model.regime_index(labelled)
    np.testing.assert_allclose(
        alike.regime_index, xdsc.regime_index(labelled, area_weights=False).regime_index, atol=2e-4
    )
    assert labelled.dsc.life_cycles(min_duration="1D").events.sizes["event"] > 0
    areas = np.linspace(1, 9, lat.size).reshape(lat.shape)
    ds.coords["area"] = (("y", "x"), areas, {"standard_name": "cell_area", "units": "km2"})
    model, labelled = model_of(ds, area_weights="cell_area")
    found = model.regime_index(labelled.drop_vars("area"))
    expected = xdsc.regime_index(labelled, area_weights="area", anomaly="mean")
    np.testing.assert_allclose(found.regime_index, expected.regime_index, atol=2e-4)
    assert abs(found.regime_index - alike.regime_index).max() > 0.01


def test_a_single_level_is_none(years):
    _, expected = model_of(years)
    _, labelled = model_of(years.expand_dims(plev=[500.0], axis=1))
    xr.testing.assert_allclose(labelled.dsc.regime_index(), expected.dsc.regime_index())
    xr.testing.assert_allclose(xdsc.regime_index(labelled), xdsc.regime_index(expected))
    assert (xdsc.match(labelled, expected.dsc.composites()).score > 0.99).all()
    assert (xdsc.match(expected, labelled.dsc.composites()).score > 0.99).all()


def test_the_accessor_asks_the_model_and_says_so(fit):
    _, labelled = fit
    ds = labelled.dsc.fit(k=3, method="kmeans", random_state=0, preset="weather-regimes")
    first, second = ds.dsc.regime_index(), ds.dsc.regime_index()
    xr.testing.assert_identical(first, second)
    assert set(ds.dsc.model.record.indices) == {"t2m"}
    renamed = ds.dsc.rename({0: "NAO+"})
    assert renamed.dsc.regime_index().cluster.attrs["flag_meanings"].split()[1] == "NAO+"
    by_hand = ds.dsc.life_cycles(min_duration="2D").events
    xr.testing.assert_identical(by_hand, xdsc.life_cycles(first, min_duration="2D").events)
    assert by_hand.attrs["xdsc_standardised_by"] == first.attrs["xdsc_standardised_by"]
    # What is asked for otherwise, or is of other labels, is not by the model's numbers.
    own = {"xdsc_standardised_by": "mean and standard deviation of its own time steps"}
    assert ds.dsc.regime_index(anomaly="mean").attrs.items() >= own.items()
    ds["cluster"] = ds.cluster.copy(data=2 - ds.cluster.values)
    assert ds.dsc.regime_index().attrs.items() >= own.items()


def test_own_climatology_and_names_of_other_data_are_kept_in_mind(years, fit):
    model, labelled = fit
    model.regime_index(labelled)
    warmer = (years + 5).rename(t2m="tas")
    warmer.tas.attrs = years.t2m.attrs
    other = model.label(warmer, climatology="own", names={"t2m": "tas"})
    found = other.dsc.regime_index()
    np.testing.assert_allclose(
        found.regime_index, model.regime_index(labelled).regime_index, atol=1e-3
    )
    assert found.attrs["xdsc_anomaly_from"] == "own climatology"


def test_dask_stays_lazy_once_the_numbers_are_known(years, fit):
    model, labelled = fit
    expected = model.regime_index(labelled)
    lazy = model.label(years.chunk(time=100)).dsc.regime_index()
    assert isinstance(lazy.regime_index.data, dask.array.Array)
    xr.testing.assert_allclose(lazy.compute(), expected)
    new, labelled = model_of(years.chunk(time=100), preset="weather-regimes", season="DJF")
    found = new.regime_index(labelled)
    assert isinstance(found.regime_index.data, dask.array.Array)
    assert new.record.indices["t2m"].chunks == {}


def test_members_have_numbers_of_all_of_them(years):
    turned = years.isel(time=slice(None, None, -1)).assign_coords(time=years.time)
    both = xr.concat([years, turned], "member")
    model, labelled = model_of(both)
    found = model.regime_index(labelled)
    assert found.regime_index.dims == ("member", "time", "cluster")
    np.testing.assert_allclose(found.regime_index.std(("member", "time")), 1, rtol=1e-6)
    one = model.regime_index(years)
    np.testing.assert_allclose(one.regime_index, found.regime_index[0], atol=1e-6)


def test_what_the_numbers_are_not_of_is_told(years, fit):
    model, _ = model_of(years)
    with pytest.raises(NotFittedError, match="with what fit has returned"):
        model.regime_index(years)
    with pytest.raises(ParameterError, match="variable='t2m'"):
        model.regime_index(years, "sp")
    prepared = years.dsc.preprocess()
    ds = prepared.dsc.fit(k=3, method="kmeans", random_state=0)
    assert ds.dsc.regime_index().attrs["xdsc_anomaly_from"] == "fitted mean"
    with pytest.raises(InputError, match="transform"):
        ds.dsc.model.regime_index(years)


FORGED = {
    "no numbers": lambda ds: ds.drop_vars("mean"),
    "another variable": lambda ds: ds.assign_attrs(xdsc_variable="sp"),
    "a variable that is no text": lambda ds: ds.assign_attrs(xdsc_variable=[0]),
    "no months": lambda ds: ds.assign_attrs(xdsc_months="13"),
    "other regimes": lambda ds: ds.assign_coords(cluster=[0, 1, 7]),
    "a regime twice": lambda ds: ds.assign_coords(cluster=[0, 1, 1]),
    "another grid": lambda ds: ds.isel(latitude=slice(2)),
    "text": lambda ds: ds.assign(std=ds["std"].astype(str)),
    "a negative deviation": lambda ds: ds.assign(std=-ds["std"]),
    "no mean": lambda ds: ds.assign(mean=ds["mean"] * np.nan),
    "no pattern": lambda ds: ds.assign(pattern=ds.pattern * np.nan),
    "dimensions in another order": lambda ds: ds.assign(pattern=ds.pattern.transpose()),
    "more": lambda ds: ds.assign(more=ds["std"]),
}


@pytest.fixture(scope="module")
def saved(fit, tmp_path_factory):
    model, labelled = fit
    model.regime_index(labelled)
    path = tmp_path_factory.mktemp("saved") / "a.xdsc"
    model.save(path)
    return read(path)


@pytest.mark.parametrize("kind", FORGED)
def test_forged_numbers_are_refused(saved, tmp_path, kind):
    numbers = FORGED[kind](saved.fields["index.0"])
    write(tmp_path / "a.xdsc", replace(saved, fields={**saved.fields, "index.0": numbers}))
    with pytest.raises(StorageError):
        xdsc.load_model(tmp_path / "a.xdsc")
