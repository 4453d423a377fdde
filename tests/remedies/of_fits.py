"""Messages of methods, models and networks; most by `check`, which trains nothing."""

import ast
import re
from collections import namedtuple
from contextlib import contextmanager
from unittest import mock

import dask.array as da
import numpy as np
import xarray as xr
from sklearn.cluster import DBSCAN, KMeans  # noqa: F401
from sklearn.decomposition import PCA  # noqa: F401
from sklearn.linear_model import LogisticRegression  # noqa: F401

import xdsc
from xdsc.errors import warn_user
from xdsc.frames import disk
from xdsc.frames.chunks import warn_of_chunks
from xdsc.frames.scratch import check_scratch_room  # noqa: F401
from xdsc.methods import METHODS, make_method


def checked(method="dsc", k=3, n_frames=None, **options):
    method = make_method(method, k, **options)
    method.check() if n_frames is None else method.check(n_frames)


def fitted_on(ds, method="kmeans", k=3, **given):
    return xdsc.ClusterModel(k, method=method, random_state=0, progress=False, **given).fit(ds)


def apart(ds):
    """Every second frame is missing."""
    ds = ds.isel(time=slice(13))
    return ds.where(xr.DataArray(np.arange(13) % 2 == 0, dims="time"))


def doubtful(agreement=None, changes=(), labels=(0, 1, 2)):
    """Say what is told after trainings with these ends."""
    method = make_method("dec", 3)
    method.agreement_, method.labels_ = agreement, np.asarray(labels)
    method.history_ = {"phase": ["joint"] * len(changes), "label_change": list(changes)}
    for text in method._doubts(3):
        warn_user(text)


def fixed_method():
    """A method that is another one with some options, and these."""
    return next((name, dict(row.fixed)) for name, row in METHODS.items() if row.fixed)


def option(site, name, wrong, right, method="dsc"):
    """A case of an option of a method."""
    return (
        site,
        f"checked({method!r}, {name}={wrong!r})",
        f"{name}={right!r}",
        f"checked({method!r}, TYPED)",
    )


def in_chunks(shape, chunks, scale=None):
    """Look at lazy zeros in such chunks, as a fit does."""
    ds = xr.Dataset({"z": (("time", "y", "x"), da.zeros(shape, chunks=chunks, dtype="f4"))})
    axes = xdsc.cf.Axes(time="time", y="y", x="x")
    warn_of_chunks(ds, axes, ["z"], sorts_series=scale == "cell-robust")


def as_told(told):
    """The chunks that a message says to use."""
    return tuple(ast.literal_eval(re.search(r"chunks=({.*?})", told).group(1)).values())


@contextmanager
def room_in_alone(folder):
    """Within the block all disks are full, but for that of a folder."""
    usage = namedtuple("usage", "total used free")

    def looked_at(path):
        return usage(10**9, 0, 10**9 if str(path).startswith(str(folder)) else 10)

    with mock.patch.object(disk.shutil, "disk_usage", looked_at):
        yield


TINY = {
    "network": {"filters": (4,), "lstm_units": (4,), "latent_dim": 3},
    "pretrain_epochs": 1,
    "epochs": 1,
}

CASES = {
    "accessor": [
        (
            "on which fit was called, or",
            "base.dsc.model",
            "ds.dsc.fit(k=",
            "TYPED3, method='kmeans').dsc.model",
        ),
        (
            "on which fit was called, or",
            "labelled.dsc.model",
            "model = fitted.dsc.model",
            "TYPED; model.label(ds)",
        ),
        ("a method that trains", "fitted.dsc.history", "method='dsc'", "checked(TYPED)"),
        (
            "k= or n_clusters=",
            "base.dsc.fit(3, n_clusters=4, method='kmeans')",
            "ds.dsc.fit(k=7)",
            "ds.dsc.fit(k=7, method='kmeans')",
        ),
    ],
    "frames.budget": [
        (
            "memory_budget as a size",
            "fit(ds, memory_budget='much')",
            "memory_budget='4 GiB'",
            "fit(ds, TYPED)",
        ),
    ],
    "methods.__init__": [
        (
            "which makes it this method",
            "name, given = fixed_method()\nchecked(name, **given)",
            "method='dsc'",
            "checked(TYPED)",
        ),
        (
            "k= or n_clusters=",
            "fit(ds, k=None)",
            "k=7",
            "ds.dsc.fit(TYPED, method='kmeans')",
        ),
        (
            "no k with method=",
            "fit(ds, method='hdbscan')",
            "leave k out",
            "fit(ds, k=None, method='hdbscan', min_cluster_size=3)",
        ),
        (
            "method to be one of",
            "fit(ds, method='kmean')",
            "method='kmeans'",
            "ds.dsc.fit(3, TYPED)",
        ),
        (
            "method to be one of",
            "fit(ds, method=KMeans)",
            "method=KMeans(",
            "ds.dsc.fit(3, TYPED3))",
        ),
        ("options of method=", "fit(ds, n_inits=3)", "n_init=", "fit(ds, TYPED3)"),
        (
            "options of method=",
            "fit(ds, seed=3)",
            "random_state=",
            "ds.dsc.fit(3, method='kmeans', TYPED3)",
        ),
        (
            "options of method=",
            "checked('kmeans', area_weights=True)",
            "ds.dsc.preprocess(area_weights=True)",
            "fit(TYPED)",
        ),
        (
            "options of method=",
            "checked('kmeans', area_weights=True)",
            "preprocessor=xdsc.Preprocessor(area_weights=True)",
            "fit(ds, TYPED)",
        ),
    ],
    "methods.base": [
        ("a fitted method", "make_method('kmeans', 3).state()", "fit(frames)", "fitted_on(ds)"),
        (
            "a method that gives",
            "make_method('kmeans', 3).transform(None)",
            "method='dsc'",
            "checked(TYPED)",
        ),
        ("k to be an integer", "fit(ds, k='3')", "k=3", "ds.dsc.fit(TYPED, method='kmeans')"),
        ("k to be an integer", "fit(ds, k=3.5)", "k=7", "ds.dsc.fit(TYPED, method='kmeans')"),
        (
            "k to be an integer",
            "fit(ds, k=[3, 4])",
            "ds.dsc.compare(k=[3, 4])",
            "ds.dsc.compare(k=[3, 4], methods=['kmeans'], n_runs=2, progress=False)",
        ),
        ("k of at least 2", "fit(ds, k=1)", "k=7", "ds.dsc.fit(TYPED, method='kmeans')"),
        ("k below the number of time steps", "fit(ds, k=40)", "lower k", "fit(ds, k=4)"),
        ("… to be … …", "fit(ds, n_init=0)", "change n_init=", "fit(ds, n_init=1)"),
        ("… to be … …", "fit(ds, n_init='2')", "n_init=2", "fit(ds, TYPED)"),
        option("… to be one of", "linkage", "Ward", "ward", "agglomerative"),
        option("… to be one of", "covariance_type", "diagonal", "diag", "gmm"),
        option("… to be one of", "start", "k-means", "kmeans"),
        option("… to be one of", "encoder", "cnn_lstm", "cnn-lstm"),
        option("… to be one of", "similarity", "euclid", "euclidean", "dtc"),
    ],
    "methods.classical.adapter": [
        (
            "some frames to be near",
            "fit(ds, method='dbscan', k=None, eps=1e-9)",
            "eps",
            "fit(ds, method='dbscan', k=None, eps=9.0)",
        ),
        (
            "the share of variance",
            "fit(ds, method='pca_kmeans', n_components='all')",
            "n_components=0.9",
            "fit(ds, method='pca_kmeans', TYPED)",
        ),
        (
            "no use for thousands",
            "fit(ds, method='gmm', n_components=None)",
            "n_components=10",
            "fit(ds, method='gmm', TYPED)",
        ),
    ],
    "methods.classical.agglomerative": [
        (
            "with linkage='ward'",
            "fit(ds, method='agglomerative', linkage='ward',metric='cosine')",
            "linkage='average'",
            "fit(ds, method='agglomerative', TYPED, metric='cosine')",
        ),
        (
            "frames that are not",
            "fit(base * 0 + xr.where(base.time > base.time[3], base, 0.0),"
            "method='agglomerative', linkage='average', metric='cosine',"
            "preprocessor=xdsc.Preprocessor(scale=None))",
            "metric='euclidean'",
            "fit(ds, method='agglomerative', linkage='average', TYPED)",
        ),
    ],
    "methods.classical.density": [
        (
            "of at most the number of time",
            "fit(ds, method='hdbscan', k=None,min_cluster_size=99)",
            "lower min_cluster_size",
            "fit(ds, method='hdbscan', k=None, min_cluster_size=3)",
        ),
    ],
    "methods.classical.estimator": [
        (
            "…, which wants the labels",
            "fit(ds, method=LogisticRegression())",
            "pass a clusterer",
            "fit(ds, method=KMeans())",
        ),
        (
            "… | … | choose one, or",
            "checked(type('Odd', (), {'fit': 3})())",
            "a method by name",
            "checked('kmeans')",
        ),
        (
            "no k with …, which",
            "fit(ds, method=DBSCAN())",
            "leave k out",
            "fit(ds, k=None, method=DBSCAN(eps=9.0))",
        ),
        (
            "one label a frame",
            "fit(ds, k=None, method=PCA())",
            "sklearn.cluster.KMeans(7)",
            "import sklearn.cluster\nfit(ds, k=None, method=TYPED)",
        ),
    ],
    "methods.classical.metastable": [
        (
            "that follow each other",
            "fit(apart(ds), method='metastable')",
            "method='pca_kmeans'",
            "ds.dsc.fit(3, TYPED)",
        ),
    ],
    "methods.classical.nearest": [
        (
            "which compares each with",
            "checked('agglomerative', 3, 10**6)",
            "method='kmeans'",
            "checked(k=3, n_frames=10**6, TYPED)",
        ),
    ],
    "methods.deep.checkpoints": [
        (
            "… to be made",
            "(folder / 'file').write_text('x')\nfrom xdsc.methods.deep.checkpoints "
            "import Checkpoints\nfitted_on(ds, 'dec', checkpoint=folder / 'file' / 'c',"
            "hidden=(4,), pretrain_epochs=1, epochs=1)",
            "check the path",
            "checked('dec', checkpoint=folder / 'c')",
        ),
        (
            "… | … | …",
            "(folder / 'file').write_text('x')\nchecked('dec', checkpoint=folder / 'file')",
            "checkpoint='run1'",
            "checked('dec', TYPED)",
        ),
    ],
    "methods.deep.clustering": [
        (
            "runs from independent starts that find",
            "doubtful(agreement=0.1)",
            "method='kmeans'",
            "fit(ds, TYPED)",
        ),
        (
            "labels that settle within",
            "doubtful(changes=[0.3] * 9)",
            "epochs=18",
            "checked('dec', TYPED)",
        ),
        (
            "time steps in … regimes",
            "doubtful(labels=[1, 1])",
            "method='kmeans'",
            "fit(ds, TYPED)",
        ),
        (
            "… regimes with time steps",
            "doubtful(changes=[0.1], labels=[0, 2, 2])",
            "k=2",
            "fit(ds, method='kmeans', TYPED)",
        ),
        (
            "training that converges",
            "fit(ds, method='dsc', **{**TINY, 'learning_rate': 1e30, 'anchor': None})",
            "optimizer='adam', learning_rate=0.001",
            "fit(ds, method='dsc', anchor=None, **TINY, TYPED)",
        ),
        option("loss_weights to be", "loss_weights", 1, (1.0, 1.0)),
    ],
    "methods.deep.dec": [
        option("hidden to be the widths", "hidden", (0,), (128, 64), "dec"),
    ],
    "methods.deep.dsc": [
        ("decoder=True or False", "checked(decoder='no')", "leave decoder= out", "checked()"),
        (
            "start= to say where",
            "checked(network='paper', target='start')",
            "start='auto'",
            "checked(TYPED, network='paper', target='start')",
        ),
        (
            "start= or labels to begin with, init=",
            "fit(ds, method='dsc', start='kmeans', init=labelled, **TINY)",
            "leave start= out",
            "checked()",
        ),
        (
            "window=1 without an LSTM",
            "checked(encoder='cnn', window=5)",
            "leave out window=",
            "checked(encoder='cnn')",
        ),
    ],
    "methods.deep.dtc": [
        option("lstm_units to be two", "lstm_units", (64,), (64, 8), "dtc"),
        (
            "window / pool_size of at least",
            "checked('dtc', similarity='complexity-invariant', window=8,pool_size=8)",
            "similarity='euclidean'",
            "checked('dtc', TYPED, window=8, pool_size=8)",
        ),
    ],
    "methods.deep.dtcr": [
        option("window of at least 2", "window", 1, 8, "dtcr"),
        (
            "units to be positive integers",
            "checked('dtcr', units=(0,))",
            "units=",
            "checked('dtcr', units=(4,))",
        ),
        (
            "dilations to be",
            "checked('dtcr', dilations=(0,))",
            "leave dilations out",
            "checked('dtcr')",
        ),
    ],
    "model.record.arguments": [
        (
            "options of the method and settings",
            "fit(ds, seson='DJF', area_weight=True)",
            "season=, area_weights=",
            "fit(ds, season='DJF', area_weights=True)",
        ),
    ],
    "model.answering.asking": [
        (
            "without a dimension or variable",
            "fit(ds := base.rename(sp='cluster'))",
            "ds.rename(cluster=",
            "fit(TYPED'p'))",
        ),
        (
            "fields like those of the fit",
            "model.label(base + 30)",
            "look at units",
            "model.label(base)",
        ),
    ],
    "model.fitting.beginning": [
        (
            "a method that begins with labels",
            "fit(ds, method='agglomerative', init=labelled)",
            "kmeans",
            "fit(ds, method='TYPED', init=labelled)",
        ),
        (
            "labels of … regimes for init=",
            "fit(ds, k=4, init=labelled)",
            "k=3",
            "ds.dsc.fit(TYPED, method='kmeans', init=labelled)",
        ),
        (
            "labels with the dimensions … for init=",
            "labels = xr.concat([labelled.cluster] * 2, 'number')\nfit(ds, init=labels)",
            "select the same members",
            "fit(ds, init=labels.isel(number=0))",
        ),
        (
            "labels for init= with coordinates along",
            "labels = labelled.cluster[:30].drop_vars('time')\nfit(ds, init=labels)",
            "give them their dates",
            "fit(ds, init=labels.assign_coords(time=base.time[:30]))",
        ),
        (
            "labels for init= that share values",
            "dates = base.time + np.timedelta64(9999, 'D')\n"
            "fit(ds, init=labelled.cluster.assign_coords(time=dates))",
            "init=model",
            "fit(ds, TYPED)",
        ),
    ],
    "model.cluster": [
        (
            "a fitted model",
            "xdsc.ClusterModel(3, method='kmeans').predict(ds)",
            "fit(ds)",
            "xdsc.ClusterModel(3, method='kmeans').TYPED.predict(ds)",
        ),
    ],
    "model.record.fitted_method": [
        ("a method that gives", "model.membership(ds)", "method='dsc'", "checked(TYPED)"),
    ],
    "model.fitting.fitting": [
        (
            "at least 2 time steps with data",
            "ds = prep(base)\nfit(ds.where(ds.time == ds.time[0]))",
            "select a longer period",
            "fit(ds)",
        ),
        (
            "finite values in prepared",
            "ds = prep(base)\nds.t2m[3, 0, 0] = np.inf\nfit(ds)",
            "ds.dsc.preprocess()",
            "ds = base\nfit(TYPED)",
        ),
        (
            "time steps that differ",
            "ds = prep(base)\nfit((ds * 0).assign_attrs(ds.attrs))",
            "check the data",
            "fit(ds)",
        ),
        (
            "prepared values from about",
            "ds = base * 1e14\nfit(ds, scale=None)",
            "scale='minmax'",
            "fit(ds, TYPED)",
        ),
        (
            "alone, for a Dataset that is not prepared",
            "fit(ds, preset='paper', preprocessor=xdsc.Preprocessor())",
            "leave preset= out",
            "fit(ds, preprocessor=xdsc.Preprocessor())",
        ),
    ],
    "model.index.indexing": [
        (
            "a model that has the mean",
            "fitted_on(ds).regime_index(ds, 't2m')",
            "call model.regime_index(fitted) first",
            "model.regime_index(fitted, 't2m')",
        ),
        (
            "variable= as one that the regimes",
            "model.regime_index(fitted)",
            "variable='t2m'",
            "model.regime_index(fitted, TYPED)",
        ),
        (
            "as that which the model has its numbers of",
            "fitted = prep(ds).dsc.fit(k=3, method='kmeans', random_state=0)\n"
            "model = fitted.dsc.model\nmodel.regime_index(fitted, 't2m')\n"
            "model.regime_index(ds, 't2m')",
            "ds = model.preprocessor_.transform(ds)",
            "TYPED\nmodel.regime_index(ds, 't2m')",
        ),
    ],
    "frames.chunks": [
        (
            "… | … | open the data",
            "in_chunks((2000, 1000, 1000), (500, 1000, 1000))",
            "ds.chunk({'time': 33,",
            "in_chunks((2000, 1000, 1000), as_told(TOLD))",
        ),
        (
            "chunks a variable",
            "in_chunks((200_000, 2, 2), (1, 2, 2))",
            "open the data with chunks={'time': ",
            "in_chunks((200_000, 2, 2), as_told(TOLD))",
        ),
        (
            "whole time series in a chunk",
            "in_chunks((2000, 1000, 1000), (30, -1, -1), 'cell-robust')",
            "use scale='cell-standard'",
            "in_chunks((2000, 1000, 1000), (30, -1, -1), 'cell-standard')\n"
            "in_chunks((2000, 1000, 1000), (-1, 'auto', 'auto'), 'cell-robust')",
        ),
    ],
    "frames.disk": [
        (
            "of free disk for",
            "with room_in_alone(folder):\n    check_scratch_room(1000)",
            "dask.config.set(temporary_directory='/path/to/scratch')",
            "import dask\nwith room_in_alone(folder), dask.config.set("
            "temporary_directory=str(folder)):\n    check_scratch_room(1000)",
        ),
    ],
    "networks.devices": [
        (
            "devices= to be a number",
            "checked(devices=0)",
            "leave devices= out to train on one",
            "checked()",
        ),
    ],
    "arguments": [
        (
            "…= to be … …",
            "model.label(ds, max_novelty=99)",
            "max_novelty=0.99",
            "model.label(ds, TYPED)",
        ),
        (
            "…= to be … …",
            "m = fitted_on(ds, 'gmm')\nm.label(ds, min_membership='half')",
            "min_membership=0.5",
            "m.label(ds, TYPED)",
        ),
    ],
    "model.answering.prepared_like": [
        (
            "half of the values that the fitted Dataset has",
            "far = base.longitude > base.longitude[1]\n"
            "model.label(holed(holed(base, far), far, 'sp'))",
            "use data that hold most of the fitted cells",
            "model.label(base)",
        ),
        (
            "for climatology=, names= and regrid=",
            "model.label(prep(base), regrid='linear')",
            "pass the Dataset as it was before",
            "model.label(base, regrid='linear')",
        ),
        (
            "the variables …",
            "p = xdsc.Preprocessor()\nm = fitted_on(p.fit_transform(base))\n"
            "m.label(p.transform(base)[['t2m']])",
            "add or rename them",
            "m.label(p.transform(base))",
        ),
        (
            "since the model was fitted on one",
            "fitted_on(prep(base)).label(base)",
            "with the same Preprocessor",
            "p = xdsc.Preprocessor()\nfitted_on(p.fit_transform(base)).label(p.transform(base))",
        ),
        (
            "a Dataset prepared as the fitted one",
            "model.label(prep(base, scale='standard'))",
            "pass the unprepared Dataset",
            "model.label(base)",
        ),
        (
            "a Dataset prepared together",
            "model.label(prep(base.isel(time=slice(30))))",
            "pass the unprepared Dataset",
            "model.label(base.isel(time=slice(30)))",
        ),
    ],
    "model.fitting.streaming": [
        (
            "stream to be True, False or None",
            "fit(ds, stream='yes')",
            "leave stream= out",
            "fit(ds)",
        ),
        (
            "or Dask's, which are read",
            "base.to_netcdf(folder / 'a.nc')\n"
            "ds = xr.open_dataset(folder / 'a.nc')\nfit(ds, memory_budget=100)",
            "stream=False",
            "fit(ds, TYPED)",
        ),
        (
            "a memory_budget of at least",
            "ds = base.chunk(time=10)\nfitted_on(ds, 'dec', memory_budget=100)",
            "memory_budget='1 MiB'",
            "fit(ds, TYPED)",
        ),
        (
            "or a method that streams",
            "fit(base.chunk(time=10), memory_budget=100)",
            "stream=False",
            "fit(base.chunk(time=10), memory_budget=100, TYPED)",
        ),
    ],
    "networks.keras_names": [
        (
            "… | … | …",
            "checked(network={'activation': 'Tanh'})",
            "'tanh'",
            "checked(network={'activation': TYPED})",
        ),
        ("an optimizer of Keras", "checked(optimizer='adm')", "'adam'", "checked(optimizer=TYPED)"),
    ],
    "networks.sizes": [
        option("one of … | … | …", "network", "compakt", "compact"),
        option("or a mapping", "network", 3, "compact"),
        (
            "network fields among",
            "checked(network={'filter': (4,)})",
            "'filters'",
            "checked(network={TYPED: (4,)})",
        ),
        (
            "positive integer widths",
            "checked(network={'filters': (0,)})",
            "xdsc.networks.SIZES",
            "import xdsc.networks\nchecked(network=TYPED['compact'])",
        ),
        (
            "dropout from 0",
            "checked(network={'dropout': 2})",
            "0.0",
            "checked(network={'dropout': TYPED})",
        ),
    ],
    "tutorial": [
        (
            "the tutorial Dataset",
            "xdsc.tutorial.open_dataset('era5')",
            "name='era5_like'",
            "xdsc.tutorial.open_dataset(TYPED, n_times=30, n_lat=3, n_lon=3)",
        ),
        (
            "… of at least …",
            "xdsc.tutorial.open_dataset(n_lat=1)",
            "raise n_lat",
            "xdsc.tutorial.open_dataset(n_times=30, n_lat=2, n_lon=3)",
        ),
        (
            "no more regimes than days",
            "xdsc.tutorial.open_dataset(n_times=3, n_regimes=4)",
            "lower n_regimes",
            "xdsc.tutorial.open_dataset(n_times=3, n_lat=3, n_lon=3, n_regimes=2)",
        ),
        (
            "a strength of 0 or more",
            "xdsc.tutorial.open_dataset(strength=-1)",
            "strength=1.0",
            "xdsc.tutorial.open_dataset(n_times=30, n_lat=3, n_lon=3, TYPED)",
        ),
    ],
}

REASONS = {
    "frames.frames": {
        "points, as fitted": "a guard of those who call Frames themselves",
        "data wherever the fitted Dataset": "a guard of those who call Frames themselves",
    },
    "methods.base": {"… in the state of the method": "a damaged file; its copy is elsewhere"},
    "methods.classical.adapter": {
        "time steps that differ": "a guard of those who call methods themselves",
    },
    "methods.deep.checkpoints": {
        "that all workers of the Dask client share": "needs workers on another disk",
        "to be empty, or to hold this very fit": "deep fits: tests/test_checkpoints.py",
        "a whole checkpoint": "deep fits: tests/test_checkpoints.py",
    },
    "methods.deep.dsc": {
        "fields that differ from red noise": "a judgement; tests/test_dsc.py makes it",
        "(adjusted Rand index)": "deep fits: tests/test_dsc.py makes the warning alone",
        "… | … | …": "deep fits: tests/test_dsc.py, where the fit itself does what is advised",
    },
    "methods.deep.option_json": {"the fields of NetworkSize": "a damaged file"},
    "methods.regime_starts.choice": {
        "for start='spectra'": "deep fits: tests/test_regime_starts.py takes the advice"
    },
    "model.fitting.interruption": {
        "a fit that is trained to its end": "tests/test_interrupt.py presses Ctrl-C"
    },
    "networks.backend": {
        "in a process that was started anew": "tests/test_processes.py",
        "Keras to be imported": "needs one that cannot be: tests/test_processes.py",
        "one of which networks run on": "needs none to be installed: tests/test_processes.py",
    },
    "networks.devices": {
        "as the backend of Keras for devices=": "needs torch as the backend",
    },
    "networks.engine.session": {"a checkpoint with the variables": "a damaged file"},
    "networks.engine.weights": {"the weights of a": "a damaged file"},
    "networks.weight_shapes": {"the weights of a network": "a damaged file"},
    "parallel": {"alive": "kills workers: tests/test_parallel.py"},
}
