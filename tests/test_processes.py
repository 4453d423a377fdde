"""Models in other processes and threads: they travel, say where they cannot go, and stay quiet."""

import contextlib
import copy
import multiprocessing
import os
import pickle
import random
import sys
import tempfile
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from sizes import DSC_WITH_DROPOUT, GRID, SIZES, VARIABLES

import xdsc
from xdsc.errors import StorageError, XdscError
from xdsc.frames.centres import few_differ
from xdsc.networks import choose_backend, load_keras
from xdsc.networks.chatter import chatter_held_back, telling


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
    ds = xdsc.tutorial.open_dataset(n_times=40, **GRID)[VARIABLES]
    fit = ds.dsc.fit(k=3, random_state=11, **options)
    return fit.cluster.values, fit.dsc.history.to_dataframe(), fit.dsc.embedding().values


def random_states():
    states = np.random.get_state()  # noqa: NPY002 (what must not change)
    return random.getstate(), states[1].tolist(), states[2:]


def written(function, *arguments):
    """What a function gives, and what it writes to file descriptor 2 meanwhile."""
    before = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            found = function(*arguments)
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
        file.seek(0)
        return found, file.read().decode()


def first_fit(options):
    """A fit for which Keras is imported, whether random states are what they were, and stderr."""
    assert "keras" not in sys.modules
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = random_states()
    found, text = written(fit_of, options)
    return found, random_states() == before, text


@pytest.fixture(scope="module")
def all_that_is_random(tiny):
    """Joint training alone has it: weights, batches, displacement, dropout, k-means."""
    return {**tiny, **DSC_WITH_DROPOUT, "pretrain_epochs": 0, "displacement": 0.1}


@pytest.fixture(scope="module")
def fresh(all_that_is_random):
    """A process of its own, in which warnings are errors and hashes others, and its first fit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2")
        patch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, warnings.simplefilter, ("error",)) as pool:
            yield pool, pool.apply(first_fit, (all_that_is_random,))


@pytest.mark.slow
def test_the_first_import_of_keras_leaves_global_random_state_alone(fresh):
    _, (_, same, _) = fresh
    assert same


@pytest.mark.slow
def test_a_first_fit_writes_nothing_to_the_standard_error(fresh):
    _, (_, _, text) = fresh
    assert text == ""


@pytest.mark.slow
def test_a_fresh_process_fits_the_same_as_one_that_has_fitted_before(
    fresh, fitted, all_that_is_random
):
    _, ((labels, history, embedding), *_) = fresh
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
    found, text = written(lambda: answers_of(xdsc.load_model(path), ds))
    assert text == ""
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dsc", "dtcr", "kmeans", "gmm"])
def test_models_say_the_same_there_to_the_bit(fresh, fitted, method, tmp_path):
    pool, _ = fresh
    ds, model = fitted.before, fitted.model
    if method != "dsc":
        options = {
            "dtcr": {**SIZES["dtcr"], "pretrain_epochs": 0, "epochs": 1},
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


# --- What TensorFlow says ------------------------------------------------------------------------

INFO = "I0000 00:00:1795692351.757130    8943 cudart_stub.cc:31] Could not find cuda drivers.\n"
NO_GPU = "E0000 00:00:17.5 8943 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)\n"
ABSL = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
REAL = "E0000 00:00:17.5 8943 cpu.cc:1] this TensorFlow is broken\n"


def said(capfd, level=None, error=None, text=INFO + ABSL + REAL + "Segments are lost\n"):
    """What comes through of a text."""
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(ImportError, KeyboardInterrupt):
        patch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        if level is not None:
            patch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
        with chatter_held_back():
            os.write(2, text.encode())
            if error is not None:
                raise error
    return capfd.readouterr().err


@pytest.mark.parametrize("level", [None, "3"])
def test_errors_come_through_and_chatter_does_not(capfd, level):
    assert said(capfd, level) == REAL + "Segments are lost\n"


def test_an_interrupt_is_no_failure(capfd):
    assert said(capfd, error=KeyboardInterrupt()) == REAL + "Segments are lost\n"


def test_all_is_shown_where_the_import_fails_or_the_user_wants_it(capfd):
    everything = INFO + ABSL + REAL + "Segments are lost\n"
    assert said(capfd, error=ImportError("no module")) == everything
    assert said(capfd, level="0") == everything


def test_errors_of_a_gpu_count_where_there_is_one():
    assert telling(NO_GPU.encode(), has_gpu=True) == NO_GPU.encode()
    assert telling(NO_GPU.encode(), has_gpu=False) == b""


def test_where_no_backend_is_installed_it_is_said_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", "/nowhere")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(XdscError, match=r"pip install tensorflow, jax or torch.*'kmeans'"):
        choose_backend()


@pytest.mark.parametrize(
    ("asked", "error"), [("expanduser", RuntimeError), ("exists", PermissionError)]
)
def test_a_user_without_a_home_gets_a_backend(asked, error, monkeypatch):
    """As in a container that runs under any user's number, in a home of nobody or of root."""
    plain = {n: v for n, v in os.environ.items() if n not in ("KERAS_BACKEND", "KERAS_HOME")}
    monkeypatch.setattr(os, "environ", plain)
    monkeypatch.delitem(sys.modules, "keras", raising=False)

    def refuse(path):
        raise error

    monkeypatch.setattr(Path, asked, refuse)
    choose_backend()
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


@pytest.mark.parametrize(
    "error", [ImportError("no torch"), ValueError("unknown"), TypeError("odd")]
)
def test_a_keras_that_cannot_be_imported_is_told_and_no_file_is_blamed(
    error, fitted, tmp_path, monkeypatch
):
    fitted.model.save(tmp_path / "model.xdsc")

    def fail():
        raise error

    monkeypatch.setattr("xdsc.networks.backend._imported_keras", fail)
    with pytest.raises(XdscError, match=rf"Keras to be imported.*{error}.*KERAS_BACKEND") as caught:
        xdsc.load_model(tmp_path / "model.xdsc")
    assert not isinstance(caught.value, StorageError)
    assert caught.value.__cause__ is error


@contextlib.contextmanager
def no_standard_error():
    before = os.dup(2)
    os.close(2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def test_nothing_is_held_back_where_there_is_no_standard_error():
    with no_standard_error(), chatter_held_back():
        pass


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
def test_settings_of_the_user_change_nothing_and_stay(fitted, name, value, monkeypatch):
    config = load_keras().config
    # Not above: a fresh process has this file as well, and no Keras.
    from xdsc.networks.engine import shared

    before = getattr(config, name)()
    expected = fitted.model.membership(fitted.before)
    # The next question makes a network anew; other tests find those that are there.
    monkeypatch.setattr(shared, "_NETWORKS", OrderedDict())
    getattr(config, f"set_{name}")(value)
    try:
        found = fitted.model.membership(fitted.before)
        there = getattr(config, name)()
        assert getattr(there, "name", there) == value
    finally:
        getattr(config, f"set_{name}")(before)
    np.testing.assert_array_equal(found, expected)
