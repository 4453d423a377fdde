"""What a method has found, stored and restored: the same to the bit."""

from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from sizes import GRID, SIZES, VARIABLES
from sklearn.cluster import AgglomerativeClustering, Birch, KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import xdsc
from xdsc.errors import NotFittedError, StorageError
from xdsc.frames import Frames
from xdsc.methods import METHODS, ClusteringMethod, make_method
from xdsc.methods.base import MethodState
from xdsc.methods.deep.option_json import options_from_json, options_to_json
from xdsc.methods.format1 import upgraded
from xdsc.networks import NetworkSize
from xdsc.storage import Contents, read, write

K = 3

#: Options beyond the tiny ones, so that every part of a state is met.
CASES = {name: (name, {}) for name in METHODS} | {
    "dsc, paper's layers, windows": (
        "dsc",
        {
            "window": 3,
            "network": {"filters": ((4, 4), (4,)), "lstm_units": (4, 4), "latent_dim": 3},
            "pretrain_epochs": 0,
            "epochs": 0,
        },
    ),
    "untrained dec": ("dec", {"epochs": 0, "pretrain_epochs": 0}),
    "kmeans, share of variance": ("kmeans", {"n_components": 0.9}),
    "agglomerative, correlation": (
        "agglomerative",
        {"metric": "correlation", "linkage": "average"},
    ),
    "gmm, tied": ("gmm", {"covariance_type": "tied", "n_components": 3}),
    "gmm, spherical": ("gmm", {"covariance_type": "spherical", "n_components": 3}),
    "dbscan, cells": ("dbscan", {"n_components": None}),
}


@pytest.fixture(scope="module")
def options(tiny):
    return {**tiny, "pretrain_epochs": 1, "epochs": 1, "random_state": 7}


def make_frames():
    """Forty frames of 5 × 7 points and four variables, with masked cells."""
    ds = xdsc.tutorial.open_dataset(n_times=40, **GRID)[VARIABLES]
    values = np.stack([ds[name].values for name in ds.data_vars], axis=-1).astype("float32")
    mask = ~np.isnan(values).any(axis=0)
    assert not mask.all()
    values = np.where(mask, values, 0)
    centred = values - values.mean(axis=0)
    values = np.where(mask, centred / centred.std(axis=(0, 1, 2)), 0).astype("float32")
    return Frames(
        values=values,
        mask=mask,
        runs=np.array([[0, 17], [17, 40]]),
        steps=np.arange(40),
        samples=(40,),
        variables=tuple(ds.data_vars),
        fill=np.zeros(values.shape[-1], "float32"),
    )


@pytest.fixture(scope="module")
def frames():
    return make_frames()


def others(frames):
    """Frames that the method has not seen."""
    values = 0.5 * (frames.values[1:] + frames.values[:-1])
    steps = np.arange(len(values))
    return replace(frames, values=values, runs=np.array([[0, 39]]), steps=steps, samples=(39,))


def make(name, options):
    row = METHODS[name]
    known = {key: value for key, value in options.items() if key in row.options}
    return make_method(name, K if row.takes_k else None, **{**SIZES.get(name, {}), **known})


def answers(method, frames):
    """All that it says of frames, by ability."""
    return {ability: getattr(method, ability)(frames) for ability in sorted(method.abilities)}


def assert_same(first, second):
    """Equal to the bit, type and all; arrays, numbers, dicts and lists of these."""
    assert type(first) is type(second)
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            assert_same(first[key], second[key])
    elif isinstance(first, np.ndarray):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second, strict=True)
    else:
        np.testing.assert_array_equal(first, second)


def attributes(method):
    """What a fit has found, but objects of scikit-learn, which are asked instead."""
    found = {name: value for name, value in vars(method).items() if name.endswith("_")}
    found.pop("cut_", None)  # is told when the fit ends, and not kept
    return {**found, "n_clusters_": method.n_clusters_, "estimator_": None}


def through_a_file(state, folder, name="method"):
    """The state as it comes back from a file."""
    path = folder / f"{name}.xdsc"
    write(path, Contents(state.numbers, state.arrays, {}, state.estimators))
    found = read(path)
    return MethodState(found.config, found.arrays, found.estimators)


@pytest.fixture(scope="module", params=CASES)
def fitted(request, frames, options):
    name, given = CASES[request.param]
    given = {**options, **given}
    method = make(name, given).fit(frames)
    return method, make(name, given)


def test_a_restored_method_is_the_fitted_one_to_the_bit(fitted, frames, tmp_path):
    method, fresh = fitted
    assert isinstance(method, ClusteringMethod)
    assert fresh.restore(through_a_file(method.state(), tmp_path)) is fresh
    assert_same(attributes(method), attributes(fresh))
    assert_same(answers(method, frames), answers(fresh, frames))
    assert_same(answers(method, others(frames)), answers(fresh, others(frames)))
    assert method.abilities == fresh.abilities
    through_a_file(fresh.state(), tmp_path, "again")
    first, second = (tmp_path / f"{name}.xdsc" for name in ("method", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_state_needs_a_fit():
    for name in METHODS:
        with pytest.raises(NotFittedError, match=r"fitted method.*call fit"):
            make(name, {}).state()


def test_every_part_of_a_state_is_needed(fitted):
    method, fresh = fitted
    state = method.state()
    needed = {*state.arrays} - {"membership_", "embedding_"}
    if method.history_ is not None:  # one weight of many: each time a network is built
        needed = {"labels_", "mask", next(name for name in needed if name.startswith("weights/"))}
    for name in needed:
        left = {key: array for key, array in state.arrays.items() if key != name}
        wrong = {**left, name: np.zeros((*state.arrays[name].shape, 2), "float32")}
        for arrays in (left, wrong):
            with pytest.raises(StorageError, match="fit again"):
                type(fresh)(**arguments(fresh)).restore(replace(state, arrays=arrays))
    for name in state.estimators:
        left = {key: found for key, found in state.estimators.items() if key != name}
        with pytest.raises(StorageError, match=f"estimator '{name}'.*fit again"):
            type(fresh)(**arguments(fresh)).restore(replace(state, estimators=left))


def test_centres_that_are_not_those_of_the_method_are_refused(frames):
    state = make("kmeans", {"random_state": 0}).fit(frames).state()
    with pytest.raises(StorageError, match=r"centres of shape \(4, \d+\).*received \(3, "):
        make_method("kmeans", 4).restore(state)


def arguments(method):
    return {name: getattr(method, name) for name in signature(type(method)).parameters}


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        ((9,), r"these options, 1 of shape \(\d+, 9\), received 0"),
        ((8, 8), r"these options, 1 of shape \(8, 8\), received 0"),
    ],
)
def test_weights_of_another_network_are_refused(untrained, options, hidden, words):
    with pytest.raises(StorageError, match=words):
        make("dec", {**options, "hidden": hidden}).restore(untrained.state())


@pytest.fixture(scope="module")
def untrained(frames, options):
    return make("dec", {**options, "epochs": 0, "pretrain_epochs": 0}).fit(frames)


def test_names_of_weights_do_not_count_networks(frames, options):
    given = {**options, "epochs": 0, "pretrain_epochs": 0}
    first, second = (make("dsc", given).fit(frames).state() for _ in range(2))
    weights = {n: a.dtype.name for n, a in first.arrays.items() if n.startswith("weights/")}
    assert {*weights.values()} == {"float32"}
    assert {"weights/encoder_1_1/kernel", "weights/lstm_1/lstm_cell/bias"} <= {*weights}
    assert list(first.arrays) == list(second.arrays)


# --- scikit-learn's own -------------------------------------------------------------------------

ESTIMATORS = {
    "kmeans": KMeans(K, n_init=2),
    "mini-batch": MiniBatchKMeans(K, n_init=2),
    "mixture": GaussianMixture(K, covariance_type="diag"),
    "agglomerative": AgglomerativeClustering(K),
    "pipeline": make_pipeline(StandardScaler(), PCA(3), KMeans(K, n_init=2)),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_clusterers_of_a_user(name, frames, tmp_path):
    method = make_method(ESTIMATORS[name], random_state=3).fit(frames)
    write(tmp_path / "given.xdsc", Contents(estimators={"method": ESTIMATORS[name]}))
    given = read(tmp_path / "given.xdsc").estimators["method"]
    assert repr(given) == repr(ESTIMATORS[name])
    restored = make_method(given, random_state=3)
    restored.restore(through_a_file(method.state(), tmp_path))
    assert_same(attributes(method), attributes(restored))
    assert repr(restored.estimator_) == repr(method.estimator_)
    for some in (frames, others(frames)):
        assert_same(answers(method, some), answers(restored, some))


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (Birch(n_clusters=K), "place of Birch.*Birch are not supported"),
        (KMeans(K, random_state=np.random.RandomState(0)), "RandomState.*as an integer"),
        (make_pipeline(FunctionTransformer(lambda rows: rows), KMeans(K)), "functions of your own"),
    ],
)
def test_what_cannot_be_stored_is_told_when_saving(estimator, words, frames, tmp_path):
    method = make_method(estimator).fit(frames)
    with pytest.raises(StorageError, match=words):
        through_a_file(method.state(), tmp_path)
    assert not list(tmp_path.iterdir())


# --- Files of format 1 ---------------------------------------------------------------------------

FORMAT_1 = Path(__file__).parent / "data" / "format1"


@pytest.fixture(scope="module")
def past():
    """The Dataset that the models of format 1 were fitted on."""
    return xr.load_dataset(FORMAT_1 / "data.nc")


@pytest.mark.parametrize("path", sorted(FORMAT_1.glob("*.xdsc")), ids=lambda path: path.stem)
def test_models_of_format_1_say_what_they_said(path, past, tmp_path):
    model = xdsc.load_model(path)
    model.save(tmp_path / "again.xdsc")
    again = xdsc.load_model(tmp_path / "again.xdsc")
    expected = dict(np.load(path.with_suffix(".npz")))
    for loaded in (model, again):
        np.testing.assert_array_equal(loaded.labels_, expected["labels"])
        for question in expected.keys() - {"labels"}:
            answer = getattr(loaded, question)(past)
            found = answer.to_array() if isinstance(answer, xr.Dataset) else answer
            if path.stem == "dsc":  # made by Keras on another machine, perhaps
                np.testing.assert_allclose(found, expected[question], rtol=1e-4, atol=1e-5)
            else:
                np.testing.assert_array_equal(found, expected[question])


def test_a_state_of_today_is_left_as_it_is(frames):
    for name in ("pca_kmeans", "gmm", "dbscan", "hdbscan"):
        method = make(name, {"random_state": 0}).fit(frames)
        state = method.state()
        assert_same(vars(upgraded(method, state)), vars(state))


def test_a_state_of_format_1_has_to_be_whole():
    found = read(FORMAT_1 / "gmm.xdsc")
    method = make_method("gmm", 3, n_components=3)
    arrays = {
        name.removeprefix("method."): array
        for name, array in found.arrays.items()
        if name.startswith("method.")
    }
    for name in ("pca.mean_", "mixture.precisions_cholesky_"):
        left = {key: array for key, array in arrays.items() if key != name}
        with pytest.raises(StorageError, match=f"an array '{name}'.*fit again"):
            upgraded(method, MethodState(found.config["method_state"], left))


# --- Options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"window": 3, "alpha": 1.0, "progress": False, "latent_dim": None, "network": "paper"},
        {"network": NetworkSize(((4, 4), (8,)), (4,), 3, 0.1, "relu")},
        {"network": {"filters": (4, (4, 4)), "latent_dim": 3}, "loss_weights": (1.0, 0.5)},
        {"optimizer": {"class_name": "SGD", "config": {"momentum": 0.9}}},
        {"n_init": np.int64(3), "learning_rate": np.float32(0.1), "decoder": np.True_},
        {"network": {"$tuple": [1]}},
    ],
)
def test_options_come_back(given):
    found = options_from_json(options_to_json(given))
    assert found == given
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in given.items()
    }


def test_options_that_are_no_data_are_named():
    with pytest.raises(
        StorageError, match=r"optimizer=\['schedule'\] to be made of numbers.*object"
    ):
        options_to_json({"optimizer": {"schedule": object()}})
    with pytest.raises(StorageError, match="NetworkSize"):
        options_from_json({"network": {"$NetworkSize": {"width": 3}}})
