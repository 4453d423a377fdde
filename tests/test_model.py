"""ClusterModel: the same regimes again, in the fitted Dataset and in others."""

import inspect

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, XdscWarning
from xdsc.model.record.attributes import training_history


@pytest.fixture(scope="module")
def km(_messy):
    """k-means on `messy`: what has nothing to do with networks is tested on it."""
    return xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(_messy)


# --- The fitted Dataset ----------------------------------------------------------------------


def test_predict_on_the_fitted_dataset_gives_its_labels(fitted, km):
    xr.testing.assert_identical(fitted.model.predict(fitted.before), fitted.model.labels_)
    xr.testing.assert_identical(km.predict(fitted.before), km.labels_)


def test_label_adds_what_predict_gives(fitted):
    labelled = fitted.model.label(fitted.before)
    xr.testing.assert_identical(labelled.drop_vars("novelty"), fitted.labelled)
    xr.testing.assert_identical(
        labelled.novelty.variable, fitted.model.novelty(fitted.before).variable
    )


def test_fit_returns_the_model(small):
    model = xdsc.ClusterModel(2, method="kmeans")
    assert model.fit(small) is model
    assert model.n_frames_ == 40
    assert model.fit_seconds_ > 0
    assert model.history_ is None


def test_the_constructor_only_stores():
    names = ["n_clusters", "method", "preprocessor", "preset", "variables"]
    axes = ["time", "lat", "lon", "member"]
    names += ["random_state", "progress", "memory_budget", "stream"]
    given = {name: object() for name in [*names, *axes]}
    model = xdsc.ClusterModel(**given, window=3)
    assert vars(model) == {**given, "settings": {}, "options": {"window": 3}}


def test_reprs_before_and_after_the_fit(fitted):
    assert repr(xdsc.ClusterModel(4)) == "<xdsc.ClusterModel 'dsc', k=4, not fitted>"
    assert "not fitted" in xdsc.ClusterModel(4)._repr_html_()
    assert "k=3, fitted on 35 time steps of sst, sp," in repr(fitted.model)


# --- Windows and gaps ------------------------------------------------------------------------


def test_windows_do_not_cross_gaps(fitted):
    whole = fitted.model.embedding(fitted.before)
    for start, stop in ((0, 5), (8, 20), (20, 37)):
        alone = fitted.model.embedding(fitted.before.isel(time=slice(start, stop)))
        np.testing.assert_allclose(whole.isel(time=slice(start, stop)), alone, rtol=1e-4, atol=1e-4)


def test_a_run_shorter_than_the_window_is_labelled(fitted):
    alone = fitted.model.embedding(fitted.before.isel(time=[6]))
    whole = fitted.model.embedding(fitted.before).isel(time=[6])
    np.testing.assert_allclose(whole, alone, rtol=1e-4, atol=1e-4)
    assert fitted.labelled.cluster[6] >= 0


def test_neighbours_within_a_run_do_matter(fitted):
    whole = fitted.model.embedding(fitted.before).isel(time=slice(8, 14))
    alone = fitted.model.embedding(fitted.before.isel(time=slice(8, 14)))
    np.testing.assert_allclose(whole[:-1], alone[:-1], rtol=1e-4, atol=1e-4)
    assert np.abs(whole[-1] - alone[-1]).max() > 1e-3


# --- Reconstructions -------------------------------------------------------------------------


def test_reconstruction_is_in_the_units_of_the_data(fitted):
    made = fitted.model.reconstruct(fitted.before)
    assert list(made.data_vars) == fitted.model.variables_
    for name in made:
        raw = fitted.before[name]
        assert made[name].attrs == raw.attrs
        assert made[name].dims == raw.dims
        # A tiny network knows little more than the mean field, but not less.
        assert abs(float(made[name].mean() - raw.mean())) < float(raw.std())
    xr.testing.assert_equal(made.isnull().sst, fitted.before.isnull().sst)
    assert np.flatnonzero(made.t2m.isnull().any(["latitude", "longitude"])).tolist() == [5, 7]


def test_reconstruction_of_prepared_data_is_in_prepared_units_where_nobody_knows_more(fitted):
    ready = fitted.model.preprocessor_.transform(fitted.before)
    xr.testing.assert_allclose(
        fitted.model.reconstruct(ready).t2m.drop_attrs(),
        fitted.model.reconstruct(fitted.before).t2m.drop_attrs(),
    )


# --- Other Datasets --------------------------------------------------------------------------


def test_a_part_of_the_dataset_gets_the_same_labels(km, messy):
    part = messy.isel(time=slice(8, 30))
    np.testing.assert_array_equal(km.predict(part), km.labels_[8:30])
    np.testing.assert_array_equal(km.predict(messy.isel(time=[10])), km.labels_[[10]])


def test_order_of_dims_and_variables_does_not_matter(km, fitted, messy):
    turned = messy.transpose("longitude", "time", "latitude", ...)
    turned = turned[list(turned.data_vars)[::-1]]
    xr.testing.assert_identical(km.predict(turned), km.labels_)
    xr.testing.assert_identical(fitted.model.predict(turned), fitted.model.labels_)


def test_names_of_dims_may_differ(km, messy):
    renamed = messy.rename(time="valid_time", latitude="lat", longitude="lon")
    labels = km.predict(renamed)
    assert labels.dims == ("valid_time",)
    np.testing.assert_array_equal(labels, km.labels_)


def test_dask_or_numpy_does_not_matter(km, messy):
    lazy = messy.chunk(time=9)
    xr.testing.assert_identical(km.predict(lazy), km.labels_)
    assert km.label(lazy).t2m.chunks is not None


def test_missing_frames_of_another_dataset_get_the_fill_label(km, fitted, messy):
    holes = messy.copy(deep=True)
    for name in km.variables_:
        holes[name][10:12] = np.nan
    for model in (km, fitted.model):
        labels = model.predict(holes)
        assert np.flatnonzero(labels == -1).tolist() == [5, 7, 10, 11]
        assert labels.attrs["flag_meanings"].startswith("no_label")


def test_a_dataset_of_missing_frames_gets_fill_labels_only(km, fitted, messy):
    nothing = messy.copy(deep=True)
    for name in km.variables_:
        nothing[name][:] = np.nan
    for model in (km, fitted.model):
        with pytest.warns(XdscWarning, match="none gets a label"):
            assert (model.predict(nothing) == -1).all()
    asked = fitted.model.membership, fitted.model.embedding, fitted.model.reconstruct
    with pytest.warns(XdscWarning, match="none gets a label"):
        membership, embedding, reconstruction = (ask(nothing) for ask in asked)
    assert membership.isnull().all()
    assert embedding.isnull().all()
    assert embedding.sizes["latent"] == 3 + 3
    assert reconstruction.t2m.isnull().all()


def test_a_complete_dataset_has_a_regime_everywhere(km, small):
    labels = km.predict(small)
    assert labels.min() >= 0
    assert labels.attrs["flag_values"].tolist() == [-1, 0, 1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ds: ds.drop_vars("t2m"), ["one variable called 't2m'", "received none"]),
        (lambda ds: ds.isel(longitude=slice(5)), ["grid of 5 × 7", "5 × 5", "reach over"]),
        (
            lambda ds: ds.assign_coords(longitude=ds.longitude + 20),
            ["'longitude' from 4 to 5.5", "reach over longitude -16 to -14.5"],
        ),
        (
            lambda ds: ds.assign_coords(longitude=ds.longitude + 0.1),
            ["'longitude' from", 'regrid="linear"'],
        ),
        (lambda ds: ds.drop_vars("t2m").isel(longitude=slice(5)), ["'t2m'", "grid of 5 × 7"]),
        (lambda ds: ds.isel(time=[3, 1]), ["ascending"]),
    ],
    ids=["variable", "size", "elsewhere", "moved", "two things", "time"],
)
@pytest.mark.parametrize("which", ["dsc", "kmeans"])
def test_a_dataset_that_does_not_go_with_the_fit_is_told_why(
    km, fitted, messy, which, change, words
):
    model = km if which == "kmeans" else fitted.model
    other = change(messy)
    before = other.copy(deep=True)
    for use in (model.predict, model.label):
        with pytest.raises(InputError) as caught:
            use(other)
        for word in words:
            assert word in str(caught.value)
    xr.testing.assert_identical(other, before)


def test_prediction_changes_nothing(km, fitted, messy):
    before = messy.copy(deep=True)
    for model in (km, fitted.model):
        model.label(messy)
    fitted.model.membership(messy)
    fitted.model.embedding(messy)
    fitted.model.reconstruct(messy)
    xr.testing.assert_identical(messy, before)


# --- Preparing -------------------------------------------------------------------------------


def test_a_preprocessor_can_be_given(small):
    preprocessor = xdsc.Preprocessor(variables=["sp", "u10"], scale="standard")
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0, preprocessor=preprocessor)
    model.fit(small)
    assert model.variables_ == ["sp", "u10"]
    assert model.preprocessor_.scale == "standard"
    assert not hasattr(preprocessor, "steps_")


def test_a_second_fit_begins_afresh(small):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0, preprocessor=xdsc.Preprocessor())
    warmer = small.assign(t2m=small.t2m + 50)
    model.fit(small)
    refitted = model.fit(warmer).labels_
    fresh = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(warmer)
    np.testing.assert_array_equal(refitted, fresh.labels_)
    assert float(model.preprocessor_.transform(warmer).t2m.max()) == 1


def test_a_fitted_preprocessor_is_taken_as_it_is(small):
    preprocessor = xdsc.Preprocessor().fit(small)
    model = xdsc.ClusterModel(3, method="kmeans", preprocessor=preprocessor)
    model.fit(small.isel(time=slice(20)))
    assert model.preprocessor_ is preprocessor


def test_raw_data_for_a_model_of_data_prepared_elsewhere(small):
    ready = small.dsc.preprocess().copy()  # the copy knows no Preprocessor
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ready)
    assert model.preprocessor_ is None
    xr.testing.assert_identical(model.predict(ready), model.labels_)
    with pytest.raises(InputError, match=r"a prepared Dataset.*with the same Preprocessor"):
        model.predict(small)


# --- Odd grids -------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 5), (17, 2)])
def test_grids_of_any_size(shape, tiny):
    ds = xdsc.tutorial.open_dataset(n_times=12, n_lat=17, n_lon=5, n_regimes=2, seed=2)
    ds = ds[["t2m", "sp"]].isel(latitude=slice(shape[0]), longitude=slice(shape[1]))
    untrained = {**tiny, "pretrain_epochs": 0, "epochs": 0}
    labelled = ds.dsc.fit(k=2, random_state=0, **untrained)
    assert set(labelled.cluster.values) == {0, 1}
    made = labelled.dsc.model.reconstruct(ds)
    assert made.t2m.shape == ds.t2m.shape
    assert np.isfinite(made.t2m).all()


# --- Help and completion ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["label", "membership", "embedding", "novelty", "reconstruct"])
def test_what_brings_another_dataset_in_line_is_written_out(name):
    predict, method = xdsc.ClusterModel.predict, getattr(xdsc.ClusterModel, name)
    expected = inspect.signature(predict).parameters
    given = inspect.signature(method).parameters
    assert expected.items() <= given.items()
    assert set(given) - set(expected) <= {"min_membership", "max_novelty"}
    described = inspect.cleandoc(method.__doc__)
    for argument in list(given)[1:]:
        assert f"\n{argument} : " in described
    for section in ("Parameters", "Returns", "Raises"):
        assert f"\n{section}\n{'-' * len(section)}\n" in described


def test_every_loss_of_a_method_is_in_the_history():
    history = {"phase": ["start", "joint"], "triplet_loss": [3.0, 2.0], "label_change": [0.5, 0.0]}
    found = training_history(history, {})
    assert found.triplet_loss.values.tolist() == [3.0, 2.0]
    assert found.triplet_loss.attrs["long_name"] == "triplet loss"
    told = training_history(history, {"triplet_loss": "triplet loss of the paper"})
    assert told.triplet_loss.attrs["long_name"] == "triplet loss of the paper"
