"""Models in other processes and threads: they travel, say where they cannot go, and stay quiet."""

import copy
import multiprocessing
import os
import pickle
import random
import sys
import warnings

import numpy as np
import pytest

import xdsc
from xdsc.errors import XdscError
from xdsc.frames.centres import few_differ
from xdsc.networks import load_keras


def test_a_network_travels_as_its_file_does(fitted, tmp_path):
    model, ds = fitted.model, fitted.before
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        np.testing.assert_array_equal(other.predict(ds), model.predict(ds))
        assert repr(other) == repr(model)
        other.save(tmp_path / "a.xdsc")
    content = pickle.dumps(model)
    # Weights are in it, and nothing of Keras.
    assert b"keras" not in content.replace(b"keras 3", b"").replace(b"keras ", b"")
    assert pickle.loads(pickle.dumps(fitted.labelled)).cluster.equals(fitted.labelled.cluster)


# --- A fresh process ------------------------------------------------------------------------------


def fit_of(options):
    """What has to be the same in all processes."""
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=3, seed=1)
    fit = ds.dsc.fit(k=3, random_state=11, **options)
    return fit.cluster.values, fit.dsc.history.to_dataframe(), fit.dsc.embedding().values


def random_states():
    states = np.random.get_state()  # noqa: NPY002 (what must not change)
    return random.getstate(), states[1].tolist(), states[2:]


def first_fit(options):
    """A fit for which Keras is imported, and whether global random states are what they were."""
    assert "keras" not in sys.modules
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = random_states()
    return fit_of(options), random_states() == before


@pytest.fixture(scope="module")
def all_that_is_random(tiny):
    """Joint training alone has it: weights, batches, displacement, dropout, k-means."""
    network = {**tiny["network"], "dropout": 0.2}
    return {**tiny, "network": network, "pretrain_epochs": 0, "displacement": 0.1}


@pytest.fixture(scope="module")
def fresh(all_that_is_random):
    """A process of its own, in which warnings are errors and hashes others, and its first fit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2")
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, warnings.simplefilter, ("error",)) as pool:
            yield pool, pool.apply(first_fit, (all_that_is_random,))


@pytest.mark.slow
def test_the_first_import_of_keras_leaves_global_random_state_alone(fresh):
    _, (_, same) = fresh
    assert same


@pytest.mark.slow
def test_a_fresh_process_fits_the_same_as_one_that_has_fitted_before(
    fresh, fitted, all_that_is_random
):
    _, ((labels, history, embedding), _) = fresh
    expected = fit_of(all_that_is_random)
    np.testing.assert_array_equal(labels, expected[0])
    assert history.equals(expected[1])
    np.testing.assert_array_equal(embedding, expected[2])


def answers_of(model, ds):
    """All that a model says of a Dataset."""
    able = {"embedding", "membership", "novelty", "predict"}
    if model.method_name in ("kmeans", "dtcr"):
        able -= {"membership"}
    return {name: getattr(model, name)(ds).values for name in sorted(able - {"embedding"})}


def loaded_answers(path, ds):
    return answers_of(xdsc.load_model(path), ds)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dsc", "dtcr", "kmeans", "gmm"])
def test_models_say_the_same_there_to_the_bit(fresh, fitted, method, tmp_path):
    pool, _ = fresh
    ds, model = fitted.before, fitted.model
    if method != "dsc":
        options = {
            "dtcr": {"units": (4, 2), "frame_features": 4, "pretrain_epochs": 0, "epochs": 1},
            "gmm": {"n_components": 3},
        }.get(method, {})
        model = xdsc.ClusterModel(3, method=method, random_state=0, progress=False, **options)
        model.fit(ds)
    expected = answers_of(model, ds)
    path = tmp_path / "model.xdsc"
    model.save(path)
    for found in (
        pool.apply(loaded_answers, (path, ds)),
        pool.apply(answers_of, (model, ds)),  # it travels
    ):
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)


# --- A forked one ---------------------------------------------------------------------------------


def in_a_fork(function):
    """What a function gives, or the text of its error, in a forked copy of this process."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own word about threads
        child = os.fork()
    if not child:
        try:
            text = function()
        except XdscError as error:
            text = str(error)
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as file:
        return file.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system")
def test_a_forked_copy_says_what_to_do_and_does_not_wait(fitted, tiny):
    load_keras()
    fitted.model.predict(fitted.before)
    for ask in (
        lambda: str(fitted.model.predict(fitted.before)),
        lambda: str(fitted.before.dsc.fit(k=3, **tiny)),
    ):
        assert "get_context('spawn')" in in_a_fork(ask)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system")
def test_methods_without_a_network_work_in_a_forked_copy(small):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small)
    expected = str(model.predict(small).values)
    assert in_a_fork(lambda: str(model.predict(small).values)) == expected


@pytest.mark.parametrize("method", ["kmeans", "pca_kmeans", "hmm", "metastable"])
def test_a_fit_leaves_the_filters_of_the_process_alone(small, method, monkeypatch):
    """Other threads would lose their warnings."""
    changes = []

    class Watched(warnings.catch_warnings):
        def __enter__(self):
            if (name := sys._getframe(1).f_globals["__name__"]).startswith("xdsc"):
                changes.append(name)
            return super().__enter__()

    options = {"n_components": 3} if method in ("hmm", "metastable") else {}
    model = xdsc.ClusterModel(2, method=method, random_state=0, **options)
    xdsc.ClusterModel(2, method="kmeans").fit(small)  # units are read for the first time
    monkeypatch.setattr(warnings, "catch_warnings", Watched)
    model.fit(small)
    assert not changes


def test_rows_that_differ_are_counted():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3))
    assert not few_differ(rows, 5)
    assert few_differ(rows[:3].repeat(20, axis=0), 3)
    assert few_differ(np.ones((9, 2)), 2)
    # Those that come late count, too.
    assert not few_differ(np.concatenate([rows[:1].repeat(500, axis=0), rows]), 5)


# --- Settings of Keras ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("floatx", "float64"),
        ("dtype_policy", "mixed_float16"),
        ("image_data_format", "channels_first"),
        ("epsilon", 1e-3),
    ],
)
def test_settings_of_the_user_change_nothing_and_stay(fitted, name, value):
    config = load_keras().config
    # Not above: a fresh process has this file as well, and no Keras.
    from xdsc.networks.engine.shared import _NETWORKS

    before = getattr(config, name)()
    expected = fitted.model.membership(fitted.before)
    _NETWORKS.clear()  # the next question makes a network anew
    getattr(config, f"set_{name}")(value)
    try:
        found = fitted.model.membership(fitted.before)
        there = getattr(config, name)()
        assert getattr(there, "name", there) == value
    finally:
        getattr(config, f"set_{name}")(before)
    np.testing.assert_array_equal(found, expected)
