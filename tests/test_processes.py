"""Models in other processes and threads: they travel, say where they cannot go, and stay quiet."""

import copy
import multiprocessing
import os
import pickle
import sys
import warnings

import numpy as np
import pytest

import xdsc
from xdsc.errors import XdscError
from xdsc.frames.centres import few_differ
from xdsc.networks import load_keras
from xdsc.networks.engine.shared import _NETWORKS


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


def labels_of(model, ds):
    return model.predict(ds).values


@pytest.mark.slow
def test_a_network_answers_in_a_spawned_process(fitted):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(labels_of, (fitted.model, fitted.before))
    np.testing.assert_array_equal(found, fitted.model.predict(fitted.before))


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
