"""Files that somebody has made up: refused on loading, at once, in little memory; or they work."""

import io
import json
import os
import resource
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from draws import seeds
from forging import entries_of, forged, packed
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import xdsc
from xdsc.errors import ParameterError, StorageError
from xdsc.methods import make_method
from xdsc.networks import check_weights, network_class
from xdsc.storage import archive, read, write

# Forty days of spring are also a trend, and forged numbers are far from all regimes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Expected regimes that are not the calendar"),
    pytest.mark.filterwarnings("ignore:Expected fields like those of the fit"),
]

#: Seconds and bytes that a small forged file may take, refused or not.
LONGEST, LARGEST = 10, 200 * 2**20


@pytest.fixture(scope="module")
def year():
    return xdsc.tutorial.open_dataset(n_times=400, n_lat=3, n_lon=4, n_regimes=3, seed=1)[["t2m"]]


@pytest.fixture(scope="module")
def files(year, tmp_path_factory):
    """Files of models of several kinds; one of them is one of these."""
    folder = tmp_path_factory.mktemp("genuine")
    pipe = make_pipeline(StandardScaler(), KMeans(3))
    models = {
        "kmeans": xdsc.ClusterModel(3, method="kmeans", preset="weather-regimes", random_state=0),
        "hmm": xdsc.ClusterModel(3, method="hmm", n_components=3, window=3, random_state=0),
        "pipeline": xdsc.ClusterModel(method=pipe, random_state=0),
    }
    for name, model in models.items():
        labelled = model.fit_label(year)
        if name == "kmeans":  # with the numbers of its index
            model.regime_index(labelled)
        model.save(folder / f"{name}.xdsc")
    return {name: folder / f"{name}.xdsc" for name in models}


def use(path, ds):
    """Load a model and do all with it that a user does; a `StorageError` comes from loading."""
    model = xdsc.load_model(path)
    assert repr(model)
    assert model._repr_html_()
    assert repr(model.preprocessor_)
    model.label(ds)
    if model.record.indices:
        model.regime_index(ds)
    for ask in (model.membership, model.embedding):
        with suppress(ParameterError):
            ask(ds.isel(time=slice(3)))


def check_forged(genuine, seed, folder, ds):
    path = forged(genuine, seed, folder)
    begin = time.monotonic()
    with suppress(StorageError):
        use(path, ds)
    path.unlink()
    assert time.monotonic() - begin < LONGEST


@pytest.fixture
def memory():
    """The process takes at most `LARGEST` more in a test than ever before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * 1024 < LARGEST


@pytest.mark.parametrize("kind", ["kmeans", "hmm", "pipeline"])
def test_forged_files_are_refused_or_work(files, year, tmp_path, kind):
    for seed in range(8):
        check_forged(files[kind], seed, tmp_path, year.isel(time=slice(30)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kmeans", "hmm", "pipeline"])
def test_more_forged_files_are_refused_or_work(files, year, tmp_path, kind, memory):
    for seed in seeds(8, 64):
        check_forged(files[kind], seed, tmp_path, year.isel(time=slice(30)))


@pytest.mark.slow
def test_forged_files_of_a_network_are_refused_or_work(fitted, tmp_path):
    fitted.model.save(tmp_path / "dsc.xdsc")
    for seed in seeds(0, 16):
        check_forged(tmp_path / "dsc.xdsc", seed, tmp_path, fitted.before)


# --- Networks ------------------------------------------------------------------------------------

TORCH = {"class_name": "TorchModuleWrapper", "config": {"module": {}}, "module": "keras.layers"}
LARGE = {
    "two thousand layers": {"network": {"filters": (4,), "lstm_units": (4,) * 2000}},
    "a wide layer": {"network": {"filters": (4, 4), "lstm_units": (10**9,)}},
    "layers that multiply": {"network": {"filters": (60_000, 60_000), "lstm_units": (4,)}},
    "a long window": {"window": 10**9},
    "a large embedding": {"latent_dim": 2**16},
    "an activation that is made": {"network": {"activation": TORCH}},
    "an activation by another name": {"network": {"activation": "glu"}},
    "an optimizer that is made": {"optimizer": TORCH},
    "an optimizer of another module": {
        "optimizer": {"class_name": "Adam", "config": {"x": TORCH}, "module": "os"}
    },
}


@pytest.mark.parametrize("options", LARGE.values(), ids=LARGE)
def test_what_a_network_asks_for_is_not_believed(fitted, tmp_path, options, monkeypatch):
    fitted.model.save(tmp_path / "a.xdsc")
    contents = read(tmp_path / "a.xdsc")
    given = {**contents.config["options"], **options}
    write(tmp_path / "a.xdsc", replace(contents, config={**contents.config, "options": given}))
    monkeypatch.setattr(
        "xdsc.networks.engine.shared.network_holding", lambda *_: pytest.fail("a network was built")
    )
    with pytest.raises(StorageError, match="To fix:"):
        xdsc.load_model(tmp_path / "a.xdsc")


SHAPES = [
    ("dsc", {"network": {"filters": ((4, 3), (5,)), "lstm_units": (6, 7), "latent_dim": 3}}),
    ("dsc", {"network": {"filters": (4,)}, "anchor": "auto", "start": "kmeans", "window": 3}),
    ("cnn_encoder", {"network": {"filters": (4,)}}),
    ("dec", {"hidden": (6, 5)}),
    ("dtc", {"window": 7, "pool_size": 3, "filters": 4, "lstm_units": (3, 2)}),
    ("dtcr", {"units": (3, 2), "frame_features": 5, "window": 4}),
]


@pytest.mark.parametrize(("name", "options"), SHAPES)
def test_the_shapes_that_are_told_are_those_of_the_network(name, options):
    from xdsc.networks.engine.weights import build, weights_of

    method = make_method(name, 3, **options)
    mask = np.ones((3, 5, 2), bool)
    mask[0, 0, 1] = False
    arguments = method._network_arguments()
    network = network_class(method.network_name)(mask=mask, seed=0, **arguments)
    build(network)
    weights = weights_of(network)
    check_weights(method.network_name, mask, arguments, weights)
    for odd in (list(weights.items())[:-1], [*weights.items(), ("more", np.zeros(3, "f4"))]):
        with pytest.raises(StorageError, match="these options"):
            check_weights(method.network_name, mask, arguments, dict(odd))


# --- Objects of scikit-learn ---------------------------------------------------------------------


def rewritten_estimator(path, name, change):
    """The file with the schema of an estimator changed."""
    entries = entries_of(path.read_bytes())
    inner = entries_of(entries[name])
    schema = json.loads(inner["schema.json"])
    change(schema)
    inner["schema.json"] = json.dumps(schema).encode()
    buffer = io.BytesIO()
    archive.write_entries(buffer, inner)
    return packed({**entries, name: buffer.getvalue()})


def attribute(name, value):
    def change(schema):
        schema["content"]["content"][name]["content"] = json.dumps(value)

    return change


def nested(schema):
    """Lists of lists of one part, which skops would go through 2 ** 30 times."""
    part = schema["content"]["content"]["tol"]
    for number in range(10_000, 10_030):
        again = {"__loader__": "CachedNode", "__module__": None, "__class__": None}
        again["__id__"] = part["__id__"]
        part = {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "__id__": number,
            "content": [part, again],
        }
    schema["content"]["content"]["tol"] = part


def vector_machine(schema):
    schema["__class__"], schema["__module__"] = "SVC", "sklearn.svm._classes"


def one_array_twice(schema):
    attributes = schema["content"]["content"]
    attributes["tol"] = {**attributes["cluster_centers_"], "__id__": 10_000}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (nested, "more than 20000 parts"),
        (vector_machine, "none of the classes that cluster"),
        (one_array_twice, "an array of its own"),
        (attribute("n_features_in_", 10**6), "centres"),
        (attribute("n_clusters", 2), "2 clusters with 3 centres|two parts of one number"),
        (attribute("_n_threads", 10**9), "_n_threads"),
        (attribute("_n_threads", "x"), "_n_threads"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_estimators_are_looked_at_before_they_are_made_and_asked(files, tmp_path, change, words):
    path = tmp_path / "a.xdsc"
    path.write_bytes(rewritten_estimator(files["kmeans"], ESTIMATOR, change))
    begin = time.monotonic()
    with pytest.raises(StorageError, match=words):
        xdsc.load_model(path)
    assert time.monotonic() - begin < LONGEST


ESTIMATOR = "estimators/method.estimator.skops"


def test_an_array_that_says_it_is_larger_is_refused(files, tmp_path):
    entries = entries_of(files["kmeans"].read_bytes())
    inner = entries_of(entries[ESTIMATOR])
    name = next(name for name in inner if name.endswith(".npy"))
    for shape in ((10**12,), (3,), ()):
        array = io.BytesIO()
        head = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(array, head)
        array.write(bytes(16))
        buffer = io.BytesIO()
        archive.write_entries(buffer, {**inner, name: array.getvalue()})
        (tmp_path / "a.xdsc").write_bytes(packed({**entries, ESTIMATOR: buffer.getvalue()}))
        with pytest.raises(StorageError, match="in 16 bytes"):
            xdsc.load_model(tmp_path / "a.xdsc")


def test_threads_are_those_of_this_machine(files, tmp_path):
    (tmp_path / "a.xdsc").write_bytes(
        rewritten_estimator(files["kmeans"], ESTIMATOR, attribute("_n_threads", 5000))
    )
    loaded = xdsc.load_model(tmp_path / "a.xdsc").record.method.method.estimator_
    assert loaded._n_threads == os.cpu_count()


def test_what_prepares_rows_may_be_stored(year, tmp_path):
    pipe = make_pipeline(FunctionTransformer(np.tanh), KMeans(3))
    model = xdsc.ClusterModel(method=pipe, random_state=0).fit(year)
    model.save(tmp_path / "a.xdsc")
    assert (xdsc.load_model(tmp_path / "a.xdsc").predict(year) == model.labels_).all()


def test_a_folder_of_pickles_is_not_stored(year, tmp_path):
    pipe = make_pipeline(StandardScaler(), KMeans(3), memory=str(tmp_path / "cache"))
    model = xdsc.ClusterModel(method=pipe, random_state=0).fit(year)
    with pytest.raises(StorageError, match="memory="):
        model.save(tmp_path / "a.xdsc")


# --- Places that are no files --------------------------------------------------------------------


def test_a_pipe_is_neither_read_nor_replaced(files, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(StorageError, match="check the path"):
            xdsc.load_model(place)
    for place in (tmp_path / "pipe", "/dev/full"):
        with pytest.raises(StorageError, match="which is no plain file"):
            xdsc.load_model(files["kmeans"]).save(place)


@pytest.mark.parametrize("name", ["a\0b", b"a", 7, None, ["a"], "\ud800"])
def test_names_that_are_none_are_told(name):
    with pytest.raises(StorageError, match="To fix:"):
        xdsc.load_model(name)
