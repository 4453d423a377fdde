"""What was prepared is prepared once, by one Preprocessor, and is known by its mark."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError, XdscWarning
from xdsc.preprocessing import Preprocessor, is_prepared

KMEANS = {"method": "kmeans", "random_state": 0}


@pytest.fixture(scope="module")
def model(_small):
    return xdsc.ClusterModel(3, **KMEANS).fit(_small)


def test_prepared_data_are_brought_onto_the_fitted_grid(model, small):
    prepared = model.preprocessor_.transform(small)
    for dim in ("latitude", "longitude"):
        turned = prepared.isel({dim: slice(None, None, -1)})
        np.testing.assert_array_equal(model.predict(turned), model.labels_)


def test_data_prepared_by_another_fit_are_refused(model, small):
    warmer = small.assign(t2m=(small.t2m * 2 - 200).assign_attrs(small.t2m.attrs))
    with pytest.raises(InputError, match="prepared together with the fitted one"):
        model.predict(warmer.dsc.preprocess())
    same = small.chunk(time=7).dsc.preprocess()
    np.testing.assert_array_equal(model.predict(same), model.labels_)


def test_a_preprocessor_beside_prepared_data_must_be_theirs(model, small):
    prepared = model.preprocessor_.transform(small)
    for other in (Preprocessor(), Preprocessor(scale="standard").fit(small)):
        with pytest.raises(ParameterError, match="leave preprocessor= out"):
            prepared.dsc.fit(3, preprocessor=other, **KMEANS)
    prepared.dsc.fit(3, preprocessor=model.preprocessor_, **KMEANS)


def test_nothing_is_prepared_twice(model, small):
    prepared = small.dsc.preprocess(scale=None)
    with pytest.raises(InputError, match="a Dataset that is not prepared"):
        prepared.dsc.preprocess()
    with pytest.raises(InputError, match="a Dataset that is not prepared"):
        model.preprocessor_.transform(prepared)


def test_what_took_another_climatology_cannot_be_put_back():
    years = xdsc.tutorial.open_dataset(n_times=400, n_lat=4, n_lon=4)
    preprocessor = Preprocessor(deseasonalize=True).fit(years)
    own = preprocessor.transform(years, climatology="own")
    with pytest.raises(InputError, match="the own one"):
        preprocessor.inverse_transform(own)
    assert xdsc.ClusterModel(3, preprocessor=preprocessor, **KMEANS).fit(years).predict(own).size


def test_a_foreign_mark_is_told(small):
    for mark in ("yes", json.dumps({"scale": None})):
        with pytest.raises(InputError, match=r"drop it: del ds.attrs\['xdsc_preprocessing'\]"):
            small.assign_attrs(xdsc_preprocessing=mark).dsc.fit(3, **KMEANS)


@pytest.mark.parametrize("key", ["time", "member"])
def test_periods_and_members_are_no_regions(small, key):
    both = xr.concat([small, small], "member")
    with pytest.raises(ParameterError, match=f"select before, ds.sel\\({key}="):
        both.dsc.preprocess(sel={key: slice(0, 1)})


def test_a_model_that_was_loaded_is_fitted_again_in_the_same_way(tmp_path, small):
    for given in (
        {"preset": "published-code", "variables": ["t2m", "sp"]},
        {"preprocessor": Preprocessor(scale="standard", variables="t2m")},
        {"preprocessor": Preprocessor(scale="standard").fit(small)},
    ):
        model = xdsc.ClusterModel(3, **given, **KMEANS).fit(small)
        model.save(tmp_path / "m.xdsc")
        again = xdsc.load_model(tmp_path / "m.xdsc").fit(small)
        xr.testing.assert_identical(again.labels_, model.labels_)


def test_labels_are_not_scored_by_other_variables(small):
    labelled = small.dsc.fit(3, variables="t2m", **KMEANS).rename(t2m="tas")
    plain = labelled.copy()  # without the model
    with pytest.raises(InputError, match="the variables t2m, which the labels were made from"):
        xdsc.score(plain)
    assert xdsc.score(plain, variables="tas").attrs["variables"] == "tas"


def test_variables_that_members_share(small):
    both = xr.concat([small[["t2m"]], small[["t2m"]].roll(time=3)], "member")
    both = both.assign(sst=small.sst)
    for settings in ({}, {"gaps": "interpolate"}, {"gaps": "error"}):
        preprocessor = Preprocessor(**settings)
        prepared = preprocessor.fit_transform(both)
        assert preprocessor.gaps_.filled.values.tolist() == [0, 0]
        assert prepared.sst.dims == ("member", *small.sst.dims)
    assert both.dsc.fit(3, **KMEANS).cluster.dims == ("member", "time")


def test_scaling_keeps_the_digits_of_large_values():
    rng = np.random.default_rng(0)
    values = (5e5 + 3 * rng.normal(size=(500, 3, 3))).astype("f4")
    ds = xr.Dataset(
        {"z": (("time", "lat", "lon"), values, {"units": "m2 s-2"})},
        {"time": pd.date_range("2000", periods=500), "lat": [0.0, 1, 2], "lon": [0.0, 1, 2]},
    )
    found = ds.dsc.preprocess(scale="standard").z
    exact = values.astype("f8")
    np.testing.assert_allclose(found, (exact - exact.mean()) / exact.std(), atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"variable_weights": {"t2m": np.float32(2)}},
        {"deaccumulate": {"sshf": pd.Timedelta("1h")}},
        {"area_weights": np.True_},
        {"filter": pd.Timedelta("3D")},
        {"months": np.array([12, 1])},
    ],
    ids=str,
)
def test_settings_of_other_types_are_stored_as_json(small, settings):
    year = xdsc.tutorial.open_dataset(n_times=365, n_lat=3, n_lon=3)
    assert is_prepared(year.dsc.preprocess(**settings))


@pytest.mark.parametrize(
    "settings",
    [{"units": {"t2m": 5}}, {"deaccumulate": 3}, {"variables": 3}, {"preset": ["paper"]}],
    ids=str,
)
def test_settings_of_wrong_types_are_told(small, settings):
    with pytest.raises(ParameterError, match="To fix"):
        small.dsc.preprocess(**settings)


def test_warnings_name_the_line_of_the_user(model, small):
    hourly = small.assign_coords(time=pd.date_range("2019", periods=40, freq="h"))
    with pytest.warns(
        XdscWarning, match="time steps of 1 days, as fitted, received .* 1 hours"
    ) as w:
        model.predict(hourly)
    assert w[0].filename == __file__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.label(small.assign(t2m=(small.t2m + 500).assign_attrs(small.t2m.attrs)))
    assert caught[0].filename == __file__
    assert "novelty" in str(caught[0].message)


def test_cells_that_another_dataset_never_has_are_counted(model, small):
    holes = small.copy(deep=True)
    holes["t2m"][:, 0, 0] = np.nan
    with pytest.warns(XdscWarning, match="1 of 35 cells of 't2m'"):
        model.predict(holes)
    strict = xdsc.ClusterModel(3, preprocessor=Preprocessor(gaps="error"), **KMEANS).fit(small)
    with pytest.raises(InputError, match="gaps in t2m"):
        strict.predict(holes)


def test_one_month_of_every_year_has_no_windows_across_the_years():
    years = xdsc.tutorial.open_dataset(n_times=800, n_lat=3, n_lon=3)
    months = years.resample(time="MS").mean()
    months = months.assign({n: v.assign_attrs(years[n].attrs) for n, v in months.items()})
    prepared = xdsc.preprocessing.prepare(
        months, Preprocessor(months=[1]), given=dict.fromkeys(("time", "lat", "lon", "member"))
    )
    assert prepared.frames().runs.tolist() == [[0, 1], [1, 2], [2, 3]]
