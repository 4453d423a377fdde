"""One contract for every row of METHODS."""

import random
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
import pytest

import xdsc
from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods import METHODS, ClusteringMethod, make_method

K = 3


@pytest.fixture(scope="module")
def frames():
    """Forty frames of 5 × 7 points and seven variables, with masked cells."""
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=K, seed=1)
    preprocessor = xdsc.Preprocessor()
    ready = preprocessor.fit_transform(ds)
    return Frames.from_dataset(ready, preprocessor.axes_, preprocessor.variables_)


def options_of(name, options):
    """Those of `options` that the method has."""
    return {
        k: v for k, v in options.items() if k in signature(type(make_method(name, K))).parameters
    }


def global_state():
    """Everything that a method could take random numbers from, and must not."""
    numpy_state = np.random.get_state()  # noqa: NPY002 (this is what is tested)
    return random.getstate(), numpy_state[1].tolist(), numpy_state[2:]


@dataclass
class Two:
    """The same method, made and fitted twice with one seed."""

    name: str
    first: Any
    second: Any
    state_before: Any
    state_after: Any


@pytest.fixture(scope="module", params=METHODS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def two(name, frames, tiny):
    options = options_of(name, {**tiny, "random_state": 7})
    before = global_state()
    first = make_method(name, K, **options)
    assert first.fit(frames) is first
    after = global_state()
    random.seed(99)  # what others do with the global state must not matter
    np.random.seed(99)  # noqa: NPY002
    second = make_method(name, K, **options).fit(frames)
    return Two(name, first, second, before, after)


def test_the_constructor_only_stores(name):
    known = signature(type(make_method(name, K))).parameters
    given = {argument: object() for argument in known}
    method = make_method(name, given.pop("n_clusters"), **given)
    assert {argument: getattr(method, argument) for argument in given} == given
    assert set(vars(method)) == {*given, "n_clusters"}


def test_it_is_a_clustering_method_with_seed_and_progress(name):
    method = make_method(name, K)
    known = signature(type(method)).parameters
    assert {"n_clusters", "random_state", "progress"} <= set(known)
    assert known["random_state"].default is None
    assert known["progress"].default is True


def test_every_frame_has_a_label(two, frames):
    assert isinstance(two.first, ClusteringMethod)
    labels = two.first.labels_
    assert labels.shape == (len(frames),)
    assert labels.dtype.kind == "i"
    assert labels.min() >= 0
    assert labels.max() < K


def test_same_seed_same_labels(two):
    np.testing.assert_array_equal(two.first.labels_, two.second.labels_)
    assert two.first.seed_ == 7


def test_predict_on_the_fitted_frames_gives_their_labels(two, frames):
    np.testing.assert_array_equal(two.first.predict(frames), two.first.labels_)


def test_a_method_does_not_change_its_frames(two, frames):
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=K, seed=1)
    again = xdsc.Preprocessor().fit(ds)
    fresh = Frames.from_dataset(again.transform(ds), again.axes_, again.variables_)
    np.testing.assert_array_equal(fresh.values, frames.values)
    np.testing.assert_array_equal(fresh.mask, frames.mask)


def test_global_random_state_is_left_alone(two):
    assert two.state_before == two.state_after


def test_fitting_stores_no_argument_anew(two, tiny):
    given = options_of(two.name, {**tiny, "random_state": 7})
    assert {argument: getattr(two.first, argument) for argument in given} == given


def test_memberships_say_what_the_labels_say(two, frames):
    if not hasattr(two.first, "predict_proba"):
        pytest.skip(f"{two.name} gives no memberships")
    q = two.first.predict_proba(frames)
    assert q.shape == (len(frames), K)
    assert (q >= 0).all()
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(q.argmax(axis=1), two.first.labels_)
    np.testing.assert_allclose(q, two.first.membership_, rtol=1e-5)


def test_embeddings_are_those_of_the_fit(two, frames):
    if not hasattr(two.first, "transform"):
        pytest.skip(f"{two.name} gives no embeddings")
    embedding = two.first.transform(frames)
    assert embedding.shape[0] == len(frames)
    np.testing.assert_allclose(embedding, two.first.embedding_, rtol=1e-4, atol=1e-5)
    assert two.first.cluster_centers_.shape == (K, embedding.shape[1])


@pytest.mark.parametrize("n_frames", [1, 5])
def test_predict_takes_few_frames(two, frames, n_frames):
    few = replace(
        frames,
        values=frames.values[:n_frames],
        runs=np.array([[0, n_frames]]),
        steps=frames.steps[:n_frames],
    )
    np.testing.assert_array_equal(two.first.predict(few), two.first.labels_[:n_frames])


@pytest.mark.parametrize("few", [True, False], ids=["k=2", "k=N-1"])
def test_least_and_most_clusters(name, frames, few, tiny):
    k = 2 if few else len(frames) - 1
    untrained = {**tiny, "random_state": 0, "epochs": 0, "pretrain_epochs": 0}
    method = make_method(name, k, **options_of(name, untrained)).fit(frames)
    assert method.labels_.shape == (len(frames),)
    assert 0 <= method.labels_.min() <= method.labels_.max() < k
    assert len(np.unique(method.labels_)) > 1


@pytest.mark.parametrize(
    ("k", "words"),
    [
        (1, "k of at least 2, received k=1"),
        (0, "k of at least 2"),
        (-3, "k of at least 2"),
        (2.0, "k to be an integer, received 2.0"),
        (True, "k to be an integer, received True"),
        ("7", "k to be an integer, received '7'"),
        (None, "k to be an integer, received None"),
        (40, r"k below the number of time steps with data \(40\), received k=40"),
        (1000, r"k below the number of time steps with data \(40\), received k=1000"),
    ],
)
def test_impossible_k_is_told_before_any_work(name, frames, k, words):
    with pytest.raises(ParameterError, match=words):
        make_method(name, k).fit(frames)


def test_numpy_integers_are_integers(name):
    make_method(name, np.int64(3)).check(10)


def test_unknown_options_are_named_with_the_known_ones(name):
    with pytest.raises(ParameterError, match=rf"options of method='{name}'.*n_init.*n_int, widnow"):
        make_method(name, K, n_int=3, widnow=2)


@pytest.mark.parametrize("wrong", ["k-means", "", None, 7])
def test_an_unknown_method_is_told_the_known_ones(wrong):
    with pytest.raises(ParameterError, match=r"one of \['dsc', 'kmeans'.*\], received"):
        make_method(wrong, K)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": 0}, "window to be an integer of at least 1"),
        ({"window": 1.5}, "window to be an integer"),
        ({"epochs": -1}, "epochs to be an integer of at least 0"),
        ({"alpha": 0}, "alpha to be a number above 0"),
        ({"alpha": np.nan}, "alpha to be a number above 0"),
        ({"learning_rate": "fast"}, "learning_rate to be a number"),
        ({"batch_size": True}, "batch_size to be an integer"),
        ({"tolerance": 1.5}, "tolerance to be a number of at least 0 and at most 1"),
        ({"displacement": 0.7}, "displacement to be a number of at least 0 and at most 0.5"),
        ({"loss_weights": (1.0,)}, "loss_weights to be two numbers"),
        ({"loss_weights": (1.0, -1.0)}, "loss_weights to be two numbers"),
        ({"random_state": -1}, "random_state to be an integer of at least 0"),
        ({"network": "huge"}, r"network to be one of \['compact', 'paper'\], received 'huge'"),
        ({"network": {"width": 3}}, r"network fields among .*received \['width'\]"),
        ({"network": {"filters": ()}}, "at least one convolution stack"),
        ({"network": {"dropout": 1.0}}, "dropout from 0 to below 1"),
        ({"latent_dim": 0}, "positive integer widths"),
    ],
)
def test_wrong_options_of_dsc_are_told(options, words):
    with pytest.raises(ParameterError, match=words):
        make_method("dsc", K, **options).check()


def test_all_wrong_options_are_told_together():
    with pytest.raises(ParameterError) as caught:
        make_method("dsc", 1, window=0, epochs=-1, network="huge").check()
    for words in ("k of at least 2", "window to be", "epochs to be", "network to be"):
        assert words in str(caught.value)


def test_k_of_the_table_rows_is_documented(name):
    assert "n_clusters : int" in type(make_method(name, K)).__doc__
