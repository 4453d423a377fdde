"""Same data, same seed: same labels, NumPy or Dask. Of other processes: test_processes.py."""

import json

import numpy as np
import pytest
import xarray as xr
from sizes import DSC_WITH_DROPOUT
from sklearn.cluster import KMeans

import xdsc
from xdsc.model.index.indexing import is_by


def test_dask_and_numpy_give_the_same_labels_with_dsc(fitted, tiny):
    lazy = fitted.before.chunk(time=10, latitude=3)
    labelled = lazy.dsc.fit(k=3, window=3, random_state=0, **tiny)
    xr.testing.assert_identical(labelled.cluster.variable, fitted.labelled.cluster.variable)
    assert labelled.t2m.chunks == lazy.t2m.chunks


def kmeans(ds):
    return ds.dsc.fit(k=3, method="kmeans", random_state=0).cluster.values


@pytest.mark.parametrize(
    "chunks", [{"time": 1}, {"time": 7, "longitude": 2}, {"latitude": 1}, {"time": -1}], ids=str
)
def test_the_layout_of_chunks_does_not_matter(messy, chunks):
    np.testing.assert_array_equal(kmeans(messy.chunk(chunks)), kmeans(messy))


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds[list(ds.data_vars)[::-1]],
        lambda ds: ds.isel(latitude=slice(None, None, -1)),
        lambda ds: ds.isel(longitude=slice(None, None, -1)),
        lambda ds: ds.transpose("longitude", "latitude", "time", ...),
        lambda ds: ds.assign(t2m=ds.t2m.astype("f8") - 273.15),
        lambda ds: ds.assign(sp=ds.sp / 100),
        lambda ds: ds.astype("f8"),
    ],
    ids=["variables", "latitude", "longitude", "dims", "celsius", "hPa", "float64"],
)
def test_how_the_same_weather_is_written_does_not_matter_to_kmeans(small, change):
    # Ties in frequency aside, numbering by frequency makes even the numbers equal.
    np.testing.assert_array_equal(kmeans(change(small)), kmeans(small))


def test_without_a_seed_one_is_drawn_and_told(small, tiny):
    untrained = {**tiny, "window": 3, "pretrain_epochs": 0, "epochs": 0}
    first = small.dsc.fit(k=3, **untrained)
    seed = first.cluster.attrs["xdsc_random_state"]
    assert isinstance(seed, int)
    again = small.dsc.fit(k=3, random_state=seed, **untrained)
    xr.testing.assert_identical(again.cluster, first.cluster)


def again(ds, attrs):
    """The fit that labels tell of, by their attributes alone."""
    settings = json.loads(attrs["xdsc_preparation"]) | json.loads(attrs["xdsc_options"])
    return ds.dsc.fit(
        k=attrs["xdsc_n_clusters"],
        method=attrs["xdsc_method"],
        variables=attrs["xdsc_variables"].split(),
        random_state=attrs["xdsc_random_state"],
        **settings,
    )


def test_labels_tell_all_that_it_takes_to_find_them_again(small):
    options = {"n_init": np.int64(2), "n_components": 3, "season": "DJF", "scale": "standard"}
    first = small.dsc.fit(k=2, method="pca_kmeans", variables="t2m", random_state=1, **options)
    assert json.loads(first.cluster.attrs["xdsc_options"]) == {"n_init": 2, "n_components": 3}
    xr.testing.assert_identical(again(small, first.cluster.attrs).cluster, first.cluster)


def test_labels_of_networks_tell_all_that_it_takes(small, tiny, tmp_path):
    options = {**tiny, "window": 3, "pretrain_epochs": 0, "epochs": 0, "loss_weights": (1, 0.5)}
    first = small.dsc.fit(k=3, random_state=0, checkpoint=tmp_path, **options)
    assert "checkpoint" not in json.loads(first.cluster.attrs["xdsc_options"])
    xr.testing.assert_identical(again(small, first.cluster.attrs).cluster, first.cluster)


def test_labels_tell_of_a_clusterer_that_has_no_row(small):
    labelled = small.dsc.fit(method=KMeans(3, n_init=2), random_state=0)
    assert json.loads(labelled.cluster.attrs["xdsc_options"]) == {
        "method": "KMeans(n_clusters=3, n_init=2)"
    }


def test_versions_are_those_of_the_fit(small, tmp_path, monkeypatch):
    labelled = small.dsc.fit(k=3, method="hmm", random_state=0)
    versions = labelled.cluster.attrs["xdsc_versions"]
    assert "hmmlearn " in versions
    assert "keras" not in versions
    labelled.dsc.model.save(tmp_path / "model.xdsc")
    monkeypatch.setattr("xdsc.model.record.attributes.version", lambda _: "99")
    model = xdsc.load_model(tmp_path / "model.xdsc")
    assert model.label(small).cluster.attrs["xdsc_versions"] == versions


@pytest.mark.parametrize("missing", ["xdsc_options", "xdsc_start"])
def test_labels_of_older_versions_are_still_those_of_their_model(fitted, missing):
    old = fitted.labelled.copy()
    del old.cluster.attrs[missing]
    assert is_by(fitted.labelled.dsc.model.record, old)
    old.cluster.attrs[missing] = "another"
    assert not is_by(fitted.labelled.dsc.model.record, old)


def test_a_fit_does_not_depend_on_the_fits_before_it(small):
    """They share a network, and dropout draws from its random state."""
    options = {**DSC_WITH_DROPOUT, "pretrain_epochs": 1, "epochs": 1, "progress": False}
    first, _, again = (small.dsc.fit(k=3, random_state=seed, **options) for seed in (0, 1, 0))
    xr.testing.assert_identical(first.cluster, again.cluster)
    xr.testing.assert_identical(first.dsc.embedding(), again.dsc.embedding())
    xr.testing.assert_identical(first.dsc.history, again.dsc.history)
