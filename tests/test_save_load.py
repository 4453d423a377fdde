"""Models in files: the same labels after reading, in this process and in a fresh one."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from sklearn.cluster import Birch, MiniBatchKMeans

import xdsc
from xdsc.errors import NotFittedError, StorageError
from xdsc.model.files.saving import _options_of
from xdsc.storage import FORMAT_VERSION, Contents, read, write

CLASSICAL = {
    "kmeans": {},
    "agglomerative": {"linkage": "average"},
    "pca_kmeans": {"n_components": 0.9},
    "gmm": {"n_components": 3},
    "hmm": {"n_components": 3, "window": 4},
    "eeof_kmeans": {"window": 3},
    "metastable": {"n_small": 8},
    "dbscan": {"eps": 50.0, "min_samples": 2},
}


@pytest.fixture(scope="module")
def years():
    return xdsc.tutorial.open_dataset(n_times=800, n_lat=5, n_lon=6, n_regimes=3, seed=2)


def k_of(method):
    return None if method == "dbscan" else 3


def same(model, other, ds):
    """Whether two models say the same of a Dataset, to the bit."""
    xr.testing.assert_identical(other.predict(ds), model.predict(ds))
    xr.testing.assert_identical(other.novelty(ds), model.novelty(ds))
    xr.testing.assert_identical(other.labels_, model.labels_)
    for ability in ("membership", "embedding", "reconstruct"):
        try:
            expected = getattr(model, ability)(ds)
        except xdsc.ParameterError:
            continue
        xr.testing.assert_identical(getattr(other, ability)(ds), expected)
    assert repr(other) == repr(model)


@pytest.mark.parametrize("method", CLASSICAL)
def test_classical_methods_come_back_to_the_bit(tmp_path, small, method):
    model = xdsc.ClusterModel(k_of(method), method=method, random_state=0, **CLASSICAL[method])
    model.fit(small).save(tmp_path / "m.xdsc")
    same(model, xdsc.load_model(tmp_path / "m.xdsc"), small)


def test_a_network_with_windows_comes_back_to_the_bit(tmp_path, fitted):
    fitted.model.save(tmp_path / "m.xdsc")
    loaded = xdsc.load_model(tmp_path / "m.xdsc")
    same(fitted.model, loaded, fitted.before)
    xr.testing.assert_identical(loaded.history_, fitted.model.history_)


@pytest.mark.parametrize(
    "settings",
    [
        {"preset": "weather-regimes"},
        {"preset": "published-code", "gaps": "interpolate"},
        {
            "sel": {"latitude": slice(43, 45), "longitude": slice(-16, -15)},
            "units": {"t2m": "degC"},
            "deaccumulate": {"sshf": "1h"},
            "resample": "3D",
            "deseasonalize": "month",
            "detrend": True,
            "filter": {"kind": "lanczos", "cutoff": "12D"},
            "months": [12, 1, 2],
            "scale": "cell-robust",
            "variable_weights": {"t2m": 2.0},
        },
    ],
    ids=["weather-regimes", "published-code", "everything"],
)
def test_every_preparation_comes_back_to_the_bit(tmp_path, years, settings):
    preprocessor = xdsc.Preprocessor(**settings)
    model = xdsc.ClusterModel(3, method="kmeans", preprocessor=preprocessor, random_state=0)
    model.fit(years).save(tmp_path / "m.xdsc")
    loaded = xdsc.load_model(tmp_path / "m.xdsc")
    same(model, loaded, years)
    expected = model.preprocessor_.transform(years)
    xr.testing.assert_identical(loaded.preprocessor_.transform(years), expected)
    back = loaded.preprocessor_.inverse_transform(expected)
    xr.testing.assert_identical(back, model.preprocessor_.inverse_transform(expected))
    xr.testing.assert_identical(loaded.preprocessor_.gaps_, model.preprocessor_.gaps_)
    xr.testing.assert_identical(loaded.preprocessor_.mask_, model.preprocessor_.mask_)


def test_a_model_that_was_loaded_can_be_saved_again(tmp_path, years):
    model = xdsc.ClusterModel(3, method="kmeans", preset="weather-regimes", random_state=0)
    model.fit(years).save(tmp_path / "a.xdsc")
    xdsc.load_model(tmp_path / "a.xdsc").save(tmp_path / "b.xdsc")
    same(model, xdsc.load_model(tmp_path / "b.xdsc"), years)
    assert (tmp_path / "b.xdsc").read_bytes() == (tmp_path / "a.xdsc").read_bytes()


def test_members_and_calendars_come_back(tmp_path, years):
    time = xr.date_range("2000-01-01", periods=800, calendar="360_day", use_cftime=True)
    both = xr.concat([years, years.isel(time=slice(None, None, -1)).assign(time=years.time)], "run")
    both = both.assign_coords(time=time)
    model = xdsc.ClusterModel(3, method="kmeans", preset="weather-regimes", random_state=0)
    model.fit(both).save(tmp_path / "m.xdsc")
    same(model, xdsc.load_model(tmp_path / "m.xdsc"), both)


def test_data_prepared_elsewhere(tmp_path, small):
    prepared = small.dsc.preprocess()
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(prepared)
    model.save(tmp_path / "m.xdsc")
    same(model, xdsc.load_model(tmp_path / "m.xdsc"), prepared)


def test_clusterers_of_scikit_learn(tmp_path, small):
    model = xdsc.ClusterModel(method=MiniBatchKMeans(3), random_state=0).fit(small)
    model.save(tmp_path / "m.xdsc")
    same(model, xdsc.load_model(tmp_path / "m.xdsc"), small)


def test_what_cannot_be_stored_says_so_and_writes_nothing(tmp_path, small):
    model = xdsc.ClusterModel(method=Birch(n_clusters=3)).fit(small)
    with pytest.raises(StorageError, match="Birch"):
        model.save(tmp_path / "m.xdsc")
    assert list(tmp_path.iterdir()) == []


def test_before_the_fit_there_is_nothing_to_save(tmp_path):
    with pytest.raises(NotFittedError, match=r"call fit\(ds\) first"):
        xdsc.ClusterModel(3).save(tmp_path / "m.xdsc")


def test_a_file_of_something_else(tmp_path):
    write(tmp_path / "m.xdsc", Contents({"answer": 42}))
    with pytest.raises(StorageError, match="a file with a whole model"):
        xdsc.load_model(tmp_path / "m.xdsc")
    with pytest.raises(StorageError, match="nowhere"):
        xdsc.load_model(tmp_path / "nowhere.xdsc")


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


MALFORMED = {
    "no regimes": ("config", "n_clusters_", None, "n_clusters_ of type NoneType, not int"),
    "a boolean for a number": ("config", "n_frames_", True, "n_frames_ of type bool"),
    "no mapping": ("config", "options", [1], "options of type list, not dict"),
    "an unknown method": ("config", "method", "no such", "ParameterError.*no such"),
    "no clusterer": ("config", "method", None, "KeyError: 'method'"),
    "an unknown axis": ("config", "given", {"height": "z"}, "TypeError"),
    "a Preprocessor that is not there": ("config", "preprocessor", None, "no Preprocessor"),
    "settings that are none": ("config", "preprocessor", {"settings": 3}, "with"),
    "another grid": ("config", "grid_shape", [5, 6], "mask of shape .* for a grid of"),
    "other variables": ("config", "variables_", ["t2m"], "a mask of shape"),
    "more frames": ("config", "n_frames_", 7, "distances of shape .* for 7 frames"),
    "more regimes": ("config", "n_clusters_", 4, "an order of the regimes that does not number 4"),
    "numbers out of order": (
        "config",
        "numbering",
        {"numbers": [0, 2, 1], "names": ["a", "b", "c"]},
        "numbers of regimes that do not ascend",
    ),
    "a name twice": (
        "config",
        "numbering",
        {"numbers": [0, 1, 2], "names": ["a", "b", "a"]},
        "names of regimes",
    ),
    "a name with a blank": (
        "config",
        "numbering",
        {"numbers": [0, 1, 2], "names": ["a", "b b", "c"]},
        "names of regimes like",
    ),
    "notes of numbers": ("config", "notes", {"xdsc_init": 3}, "notes that are no text"),
    "a regime twice": ("arrays", "order", np.array([0, 0, 1]), "an order of the regimes"),
    "no order": ("arrays", "order", None, "KeyError: 'order'"),
    "a mask of numbers": ("arrays", "mask", np.ones((4, 4, 7)), "a mask of shape"),
    "fill of another length": ("arrays", "fill", np.zeros(3), "fill values of shape"),
    "centres of other cells": ("arrays", "novelty.centres", np.zeros((3, 5)), "centres of shape"),
    "no distances": ("arrays", "novelty.distances", None, "KeyError"),
    "other labels": ("fields", "labels", xr.Dataset(), "KeyError.*cluster"),
}


@pytest.fixture(scope="module")
def record(_small, tmp_path_factory):
    """Contents of the file of a small model that was given a Preprocessor."""
    path = tmp_path_factory.mktemp("record") / "m.xdsc"
    given = xdsc.Preprocessor()
    xdsc.ClusterModel(3, method="kmeans", preprocessor=given, random_state=0).fit(_small).save(path)
    return read(path)


@pytest.mark.parametrize(("part", "name", "value", "words"), MALFORMED.values(), ids=MALFORMED)
def test_what_no_model_has_is_refused_on_loading(tmp_path, record, part, name, value, words):
    held = getattr(record, part)
    missing = value is None and part == "arrays"
    changed = without(held, name) if missing else {**held, name: value}
    write(tmp_path / "m.xdsc", replace(record, **{part: changed}))
    with pytest.raises(StorageError, match=words) as caught:
        xdsc.load_model(tmp_path / "m.xdsc")
    assert "a file with a whole model" in str(caught.value)
    assert "m.xdsc" in str(caught.value)


def test_labels_and_distances_and_coordinates_that_no_model_has_are_refused(tmp_path, record):
    labels, grid = record.fields["labels"], record.fields["grid"]
    distances = record.arrays["novelty.distances"]
    wrong = {
        "labels that are not": {"fields": {**record.fields, "labels": labels + 1}},
        "labels that are": {"fields": {**record.fields, "labels": labels.expand_dims("run")}},
        "distances of": {"arrays": {**record.arrays, "novelty.distances": distances[::-1].copy()}},
        "coordinates of a grid": {
            "fields": {**record.fields, "grid": grid.isel(latitude=slice(2))}
        },
    }
    for words, changed in wrong.items():
        write(tmp_path / "m.xdsc", replace(record, **changed))
        with pytest.raises(StorageError, match=words):
            xdsc.load_model(tmp_path / "m.xdsc")


def test_nothing_is_pickled(tmp_path, small, fitted):
    paths = [tmp_path / "kmeans.xdsc", tmp_path / "dsc.xdsc"]
    xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small).save(paths[0])
    fitted.model.save(paths[1])
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            assert json.loads(archive.read("xdsc.json"))["format_version"] == FORMAT_VERSION
        assert {name.rpartition(".")[2] for name in names} <= {"json", "safetensors", "nc", "skops"}


LOAD = """
import sys, numpy as np, xarray as xr, xdsc
ds = xr.open_dataset(sys.argv[1] + "/ds.nc").load()
model = xdsc.load_model(f"{sys.argv[1]}/dsc.xdsc")
np.save(f"{sys.argv[1]}/labels.npy", model.predict(ds).values)
np.save(f"{sys.argv[1]}/membership.npy", model.membership(ds).values)
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_of_keras_gives_the_same_labels(tmp_path, small, tiny, backend):
    pytest.importorskip(backend)
    model = xdsc.ClusterModel(3, window=3, random_state=0, **tiny).fit(small)
    small.to_netcdf(tmp_path / "ds.nc")
    model.save(tmp_path / "dsc.xdsc")
    command = [sys.executable, "-W", "error", "-c", LOAD, str(tmp_path)]
    # XLA compiles for longer than it computes here.
    flags = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment = {**os.environ, **flags, "KERAS_BACKEND": backend}
    subprocess.run(command, check=True, env=environment, timeout=300)
    ds = xr.open_dataset(tmp_path / "ds.nc").load()
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), model.predict(ds))
    found = np.load(tmp_path / "membership.npy")
    np.testing.assert_allclose(found, model.membership(ds), atol=1e-5)


@pytest.mark.parametrize(
    ("method", "options", "state", "meant"),
    [
        ("dsc", {}, {}, {"anchor": None}),
        ("cnn_encoder", {}, {}, {"anchor": None}),
        ("dsc", {"anchor": "eof"}, {}, {"anchor": "eof"}),
        ("dsc", {}, {"anchored_": True}, {}),
        ("kmeans", {}, {}, {}),
    ],
)
def test_models_of_before_the_anchor_are_free_as_they_were(method, options, state, meant):
    assert _options_of({"method": method, "options": options, "method_state": state}) == meant
