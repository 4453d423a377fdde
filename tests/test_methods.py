"""One contract for every row of METHODS."""

import random
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
import pytest
from sizes import GRID, SIZES, VARIABLES

import xdsc
from xdsc.errors import ParameterError, XdscWarning
from xdsc.frames import Frames
from xdsc.methods import METHODS, ClusteringMethod, make_method

K = 3

#: Methods that have no way of their own to label new frames: the nearest centre does it.
BY_NEAREST_CENTRE = {"agglomerative", "pca_agglomerative", "hdbscan"}
#: Methods that may label a frame between two clusters otherwise when it comes again.
BY_NEAREST_CORE = {"dbscan"}
#: Forty frames in a space of a hundred axes have no clusters of ten.
FEW = {"hdbscan": {"min_cluster_size": 5}}
TAKING_K = [name for name, row in METHODS.items() if row.takes_k]
FINDING_K = [name for name, row in METHODS.items() if not row.takes_k]


@pytest.fixture(scope="module")
def frames():
    """Forty frames of 5 × 7 points and four variables, with masked cells."""
    ds = xdsc.tutorial.open_dataset(n_times=40, **GRID)[VARIABLES]
    preprocessor = xdsc.Preprocessor()
    ready = preprocessor.fit_transform(ds)
    return Frames.from_dataset(ready, preprocessor.axes_, preprocessor.variables_)


@pytest.fixture(scope="module")
def untouched(frames):
    """A copy of the frames from before any fit."""
    return replace(frames, values=frames.values.copy(), mask=frames.mask.copy())


def options_of(name, options):
    """Those of `options` that the method has, and the sizes of its network."""
    known = {k: v for k, v in options.items() if k in METHODS[name].options}
    return {**SIZES.get(name, {}), **FEW.get(name, {}), **known}


def make(name, k=K, **options):
    """The method, with K where it takes one."""
    return make_method(name, k if METHODS[name].takes_k else None, **options)


def n_found(method):
    """Labels are below this."""
    return method.n_clusters_


def with_values(frames, values, **changes):
    """Other values in the place of those of the frames, in one run."""
    n = len(values)
    changes = {"runs": np.array([[0, n]]), "steps": np.arange(n), "samples": (n,), **changes}
    return replace(frames, values=values, **changes)


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
def two(name, frames, untouched, tiny):
    options = options_of(name, {**tiny, "random_state": 7})
    before = global_state()
    first = make(name, **options)
    assert first.fit(frames) is first
    after = global_state()
    random.seed(99)  # what others do with the global state must not matter
    np.random.seed(99)  # noqa: NPY002
    second = make(name, **options).fit(frames)
    return Two(name, first, second, before, after)


def test_the_constructor_only_stores(name):
    row = METHODS[name]
    known = signature(row.load()).parameters
    given = {argument: object() for argument in known}
    method = row.load()(**given)
    assert vars(method) == given


def test_a_row_is_its_class_with_other_defaults(name):
    row = METHODS[name]
    known = signature(row.load()).parameters
    assert {*row.preset, *row.fixed} <= set(known)
    method = make(name)
    assert isinstance(method, row.load())
    expected = {n: p.default for n, p in known.items() if n != "n_clusters"}
    expected |= {**row.preset, **row.fixed}
    assert {argument: getattr(method, argument) for argument in expected} == expected
    assert row.title


def test_a_preset_can_be_overridden(name):
    for argument in METHODS[name].preset:
        given = object()
        assert getattr(make(name, **{argument: given}), argument) is given


def test_what_makes_the_method_cannot_be_changed(name):
    for argument, value in METHODS[name].fixed.items():
        with pytest.raises(ParameterError, match=rf"{argument}={value!r}.*leave out {argument}"):
            make(name, **{argument: value})


def test_titles_are_all_different():
    assert len({row.title for row in METHODS.values()}) == len(METHODS)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        METHODS["mine"] = METHODS["kmeans"]


def test_it_is_a_clustering_method_with_seed_and_progress(name):
    known = signature(METHODS[name].load()).parameters
    assert {"random_state", "progress"} <= set(known)
    assert known["random_state"].default is None
    assert known["progress"].default is True
    assert all(p.kind is p.KEYWORD_ONLY for n, p in known.items() if n != "n_clusters")


def test_every_frame_has_a_label(two, frames):
    assert isinstance(two.first, ClusteringMethod)
    labels = two.first.labels_
    assert labels.shape == (len(frames),)
    assert labels.dtype.kind == "i"
    assert labels.min() >= (0 if two.name in TAKING_K else -1)
    assert labels.max() < n_found(two.first)


def test_what_finds_k_says_how_many(two):
    if two.name in FINDING_K:
        found = two.first.labels_[two.first.labels_ >= 0]
        assert two.first.n_clusters_ == len(np.unique(found)) >= 1


def test_same_seed_same_labels(two):
    np.testing.assert_array_equal(two.first.labels_, two.second.labels_)
    assert two.first.seed_ in (7, None)


def test_fitting_again_begins_afresh(two, frames, tiny):
    if two.first.history_ is None:  # training a network again takes long
        again = make(two.name, **options_of(two.name, {**tiny, "random_state": 7}))
        again.fit(with_values(frames, frames.values[::-1])).fit(frames)
        np.testing.assert_array_equal(again.labels_, two.first.labels_)


def test_predict_on_the_fitted_frames_gives_their_labels(two, frames):
    predicted, labels = two.first.predict(frames), two.first.labels_
    if two.name in BY_NEAREST_CENTRE:
        space = frames.rows() if two.first.embedding_ is None else two.first.embedding_
        centres = [space[labels == k].mean(axis=0) for k in range(n_found(two.first))]
        distances = np.linalg.norm(space[:, None] - np.array(centres), axis=2)
        np.testing.assert_array_equal(predicted, distances.argmin(axis=1))
        return
    # Where the method is not certain, frames between clusters may differ.
    certain = labels == predicted if two.name in BY_NEAREST_CORE else np.full(len(labels), True)
    assert certain.mean() > 0.9
    np.testing.assert_array_equal(predicted[certain], labels[certain])


def test_predict_labels_other_frames(two, frames):
    other = with_values(frames, 0.5 * (frames.values[1:] + frames.values[:-1]))
    labels = two.first.predict(other)
    assert labels.shape == (39,)
    assert labels.dtype.kind == "i"
    assert labels.min() >= (-1 if two.name in BY_NEAREST_CORE else 0)
    assert labels.max() < n_found(two.first)


def test_masked_cells_have_no_influence(two, frames):
    assert not frames.mask.all()
    noise = np.random.default_rng(0).normal(size=frames.values.shape).astype("float32")
    holes = replace(frames, values=np.where(frames.mask, frames.values, noise))
    options = options_of(two.name, {"random_state": 7})
    np.testing.assert_array_equal(two.first.predict(holes), two.first.predict(frames))
    if two.first.history_ is None:  # training a network again takes long
        again = make(two.name, **options).fit(holes)
        np.testing.assert_array_equal(again.labels_, two.first.labels_)


def test_a_method_does_not_change_its_frames(two, frames, untouched):
    np.testing.assert_array_equal(untouched.values, frames.values)
    np.testing.assert_array_equal(untouched.mask, frames.mask)


def test_global_random_state_is_left_alone(two):
    assert two.state_before == two.state_after


def test_fitting_stores_no_argument_anew(two, tiny):
    given = options_of(two.name, {**tiny, "random_state": 7})
    assert {argument: getattr(two.first, argument) for argument in given} == given


def test_what_it_cannot_do_is_told_before_and_after_the_fit(two, frames, tiny):
    assert make(two.name, **options_of(two.name, tiny)).abilities == two.first.abilities
    assert "predict" in two.first.abilities
    for ability in {"predict_proba", "transform", "reconstruct"} - two.first.abilities:
        with pytest.raises(ParameterError, match="Expected a method that gives"):
            getattr(two.first, ability)(frames)


def test_what_it_does_not_find_is_none(two):
    method = two.first
    assert (method.membership_ is None) == ("predict_proba" not in method.abilities)
    assert (method.embedding_ is None) == ("transform" not in method.abilities)
    assert method.streams == (method.history_ is not None)
    assert method.window_ >= 1
    assert method.batch_size >= 1
    assert not method.interrupted_


def test_memberships_say_what_the_labels_say(two, frames):
    if "predict_proba" not in two.first.abilities:
        pytest.skip(f"{two.name} gives no memberships")
    q = two.first.predict_proba(frames)
    assert q.shape == (len(frames), K)
    assert (q >= 0).all()
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(q.argmax(axis=1), two.first.labels_)
    np.testing.assert_allclose(q, two.first.membership_, rtol=1e-5, atol=1e-12)


def test_embeddings_are_those_of_the_fit(two, frames):
    if "transform" not in two.first.abilities:
        pytest.skip(f"{two.name} gives no embeddings")
    embedding = two.first.transform(frames)
    assert embedding.shape[0] == len(frames)
    np.testing.assert_allclose(embedding, two.first.embedding_, rtol=1e-4, atol=1e-5)
    if two.first.cluster_centers_ is not None:
        assert two.first.cluster_centers_.shape == (n_found(two.first), embedding.shape[1])


@pytest.mark.parametrize("n_frames", [1, 5])
def test_predict_takes_few_frames(two, frames, n_frames):
    few = with_values(frames, frames.values[:n_frames])
    # Runs end there for both: the windows of few frames do not know what comes after.
    n = len(frames)
    cut = with_values(frames, frames.values, runs=np.array([[0, n_frames], [n_frames, n]]))
    np.testing.assert_array_equal(two.first.predict(few), two.first.predict(cut)[:n_frames])


@pytest.mark.parametrize("few", [True, False], ids=["k=2", "k=N-1"])
@pytest.mark.parametrize("name", TAKING_K)
def test_least_and_most_clusters(name, frames, few, tiny):
    frames = with_values(frames, frames.values[:12])
    k = 2 if few else len(frames) - 1
    untrained = {**tiny, "random_state": 0, "epochs": 0, "pretrain_epochs": 0}
    method = make_method(name, k, **options_of(name, untrained)).fit(frames)
    assert method.labels_.shape == (len(frames),)
    assert 0 <= method.labels_.min() <= method.labels_.max() < k
    assert len(np.unique(method.labels_)) > 1
    assert method.predict(frames).max() < k


@pytest.mark.parametrize("k", [2, 3, 11])
def test_duplicated_frames(name, frames, k, tiny):
    """Two fields, six times each: no warning, labels in range, and the fields are told apart."""
    # In two runs: a window of both would be a third thing.
    runs = np.array([[0, 6], [6, 12]])
    twice = with_values(frames, np.repeat(frames.values[[0, 20]], 6, axis=0), runs=runs)
    untrained = {**tiny, "random_state": 0, "epochs": 0, "pretrain_epochs": 0}
    untrained |= {"min_cluster_size": 2}
    method = make(name, k, **options_of(name, untrained)).fit(twice)
    labels = method.labels_
    assert labels.shape == (12,)
    assert labels.max() < n_found(method)
    assert not set(labels[:6]) & set(labels[6:])
    assert len(set(method.predict(twice)[:6])) == len(set(method.predict(twice)[6:])) == 1


@pytest.mark.parametrize(
    ("k", "words"),
    [
        (1, "k of at least 2, received k=1"),
        (0, "k of at least 2"),
        (-3, "k of at least 2"),
        (2.0, "k to be an integer, received 2.0"),
        (True, "k to be an integer, received True"),
        ("7", "k to be an integer, received '7'"),
        (None, r"as k= or n_clusters=, received neither.*say how many, k=7"),
        (40, r"k below the number of time steps with data \(40\), received k=40"),
        (1000, r"k below the number of time steps with data \(40\), received k=1000"),
    ],
)
@pytest.mark.parametrize("name", TAKING_K)
def test_impossible_k_is_told_before_any_work(name, frames, k, words):
    with pytest.raises(ParameterError, match=words):
        make_method(name, k).fit(frames)


@pytest.mark.parametrize("name", FINDING_K)
def test_what_finds_k_takes_none(name):
    with pytest.raises(ParameterError, match=rf"no k with method='{name}'.*received k=3.*leave k"):
        make_method(name, 3)


@pytest.mark.parametrize("name", ["dsc", "dec", "dtc", "dtcr"])
def test_a_network_takes_numbers_of_numpy(name, frames):
    """Keras does not: neither widths of layers nor a learning rate."""

    def of_numpy(given):
        if isinstance(given, dict):
            return {name: of_numpy(each) for name, each in given.items()}
        if isinstance(given, (tuple, list)):
            return type(given)(map(of_numpy, given))
        kind = {int: np.int64, float: np.float32}.get(type(given), lambda same: same)
        return kind(given)

    training = {"learning_rate": 1e-3, "epochs": 1, "pretrain_epochs": 1, "random_state": 0}
    options = of_numpy({**SIZES[name], **training})
    method = make_method(name, np.int64(K), progress=False, **options).fit(frames)
    assert set(method.labels_.tolist()) <= set(range(K))


@pytest.mark.parametrize("name", TAKING_K)
def test_numpy_integers_are_integers(name):
    make_method(name, np.int64(3)).check(10)


def test_unknown_options_are_named_with_the_known_ones(name):
    words = rf"options of method='{name}'.*progress, random_state.*n_int, widnow"
    with pytest.raises(ParameterError, match=words):
        make(name, n_int=3, widnow=2)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"loss_weights": (1, 1)}, r"leave it out, or use method='dsc'\.$"),
        ({"reg_covar": 1.0, "max_iter": 5}, r"leave these out, or use method='gmm'\.$"),
        ({"windows": 3}, r"write window=\.$"),
        ({"nothing_like_it": 3}, r"leave it out\.$"),
    ],
)
def test_an_option_of_another_method_is_told_with_that_method(given, remedy):
    with pytest.raises(ParameterError, match=remedy):
        make_method("eeof_kmeans", K, **given)


def test_a_seed_that_is_none_is_told(name):
    with pytest.raises(ParameterError, match="random_state to be an integer of at least 0"):
        make(name, random_state="a").check()


@pytest.mark.parametrize("wrong", ["k-means", "", None, 7])
def test_an_unknown_method_is_told_the_known_ones(wrong):
    with pytest.raises(ParameterError, match=r"one of \[.*'kmeans'.*\], or a scikit-learn"):
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
        ({"network": {"width": 3}}, r"network fields among .*received 'width'"),
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


def test_arguments_and_what_is_found_are_documented(name):
    method_class = METHODS[name].load()
    for argument in signature(method_class).parameters:
        assert f"    {argument} :" in method_class.__doc__
    assert "labels_ : numpy.ndarray of int, shape (N,)" in method_class.__doc__


@pytest.mark.parametrize("deep", ["dec", "dtc", "dtcr", "dsc"])
def test_a_training_that_diverges_is_told(deep, frames, tiny):
    given = {**tiny, "learning_rate": 1e30, "random_state": 0}
    given |= {"anchor": None} if deep == "dsc" else {}
    with pytest.raises(ParameterError, match=r"training that converges.*learning_rate=0\.001"):
        make(deep, **options_of(deep, given)).fit(frames)


def test_a_network_that_tells_nothing_apart_is_told(frames, tiny):
    given = {**tiny, "learning_rate": 1e4, "anchor": None, "epochs": 3, "random_state": 0}
    with pytest.warns(XdscWarning, match="all of them in one"):
        made = make("dsc", **options_of("dsc", given)).fit(frames)
    assert len(set(made.labels_)) == 1
