"""What an error message says to do is typed in, and then it works."""

import re

import pytest
import xarray as xr
from sklearn.cluster import KMeans

import xdsc
from xdsc.errors import XdscError


@pytest.fixture(scope="module")
def base():
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    return ds[["t2m", "sp"]]


def fit(ds, **given):
    return ds.dsc.fit(**{"k": 3, "method": "kmeans", "random_state": 0, **given})


# What fails, what the message then says to type, and the same with that typed in; `ds` is the
# Dataset and `labelled` one with labels.
REMEDIES = {
    "a method": (
        "fit(ds, method='kmean')",
        "write method='kmeans'",
        "fit(ds, method='kmeans')",
    ),
    "a class": (
        "fit(ds, method=KMeans)",
        "method=KMeans(...)",
        "fit(ds, method=KMeans(3))",
    ),
    "an option": ("fit(ds, n_inits=3)", "write n_init=", "fit(ds, n_init=3)"),
    "a setting of the preparation": (
        "fit(ds, scale='standard')",
        "preprocessor=xdsc.Preprocessor(scale='standard')",
        "fit(ds, preprocessor=xdsc.Preprocessor(scale='standard'))",
    ),
    "another place for it": (
        "fit(ds, scale='standard')",
        "ds.dsc.preprocess(scale='standard')",
        "fit(ds.dsc.preprocess(scale='standard'))",
    ),
    "a preset": (
        "ds.dsc.preprocess(preset='papers')",
        "write preset='paper'",
        "ds.dsc.preprocess(preset='paper')",
    ),
    "a misspelt setting": (
        "ds.dsc.preprocess(area_weight=True)",
        "write area_weights=",
        "ds.dsc.preprocess(area_weights=True)",
    ),
    "a scale": (
        "ds.dsc.preprocess(scale='standart')",
        "write scale='standard'",
        "ds.dsc.preprocess(scale='standard')",
    ),
    "a metric": (
        "labelled.dsc.score(metrics=['silhuette'])",
        "write 'silhouette'",
        "labelled.dsc.score(metrics=['silhouette'])",
    ),
    "a linkage": (
        "fit(ds, method='agglomerative', linkage='Ward')",
        "write linkage='ward'",
        "fit(ds, method='agglomerative', linkage='ward')",
    ),
    "a covariance": (
        "fit(ds, method='gmm', n_components=2, covariance_type='diagonal')",
        "write covariance_type='diag'",
        "fit(ds, method='gmm', n_components=2, covariance_type='diag')",
    ),
    "no k": ("fit(ds, k=None)", "call ds.dsc.fit(k=7)", "fit(ds, k=7)"),
    "k where it is found": (
        "fit(ds, method='hdbscan')",
        "leave k out",
        "fit(ds, method='hdbscan', k=None, min_cluster_size=3)",
    ),
    "components": (
        "fit(ds, method='pca_kmeans', n_components='all')",
        "use n_components=10 or n_components=0.9",
        "fit(ds, method='pca_kmeans', n_components=0.9)",
    ),
    "a budget": (
        "fit(ds, memory_budget='much')",
        "use memory_budget='4 GiB'",
        "fit(ds, memory_budget='4 GiB')",
    ),
    "streaming": ("fit(ds, stream='yes')", "leave stream= out", "fit(ds)"),
    "variables": (
        "fit(ds, variables=3)",
        "write variables=['t2m', 'msl']",
        "fit(ds, variables=['t2m', 'sp'])",
    ),
    "a preprocessor": (
        "fit(ds, preprocessor='paper')",
        "pass preprocessor=xdsc.Preprocessor(...)",
        "fit(ds, preprocessor=xdsc.Preprocessor())",
    ),
    "an array": ("fit(ds.t2m)", "", "fit(ds.t2m.to_dataset(name='t2m'))"),
    "names that are no text": (
        "fit(ds.rename(t2m=500))",
        "rename them, ds.rename({500: 'var500'})",
        "fit(ds.rename(t2m=500).rename({500: 'var500'}))",
    ),
    "latitude as text": (
        "fit(ds.assign_coords(latitude=ds.latitude.astype(str)))",
        "ds.assign_coords(latitude=ds['latitude'].astype(float))",
        "fit(ds.assign_coords(latitude=ds.latitude.astype(str).astype(float)))",
    ),
    "a model before its fit": (
        "xdsc.ClusterModel(3, method='kmeans').predict(ds)",
        "call fit(ds) first",
        "xdsc.ClusterModel(3, method='kmeans').fit(ds).predict(ds)",
    ),
    "labels in the way": (
        "fit(ds.rename(sp='cluster'))",
        "rename it: ds.rename(cluster='...')",
        "fit(ds.rename(sp='cluster').rename(cluster='p'))",
    ),
    "results": (
        "xdsc.compare(ds, 3, ['kmeans'], n_runs=1, results=folder, progress=False)",
        "use results='runs.jsonl'",
        "xdsc.compare(ds, 3, ['kmeans'], n_runs=1, results=folder / 'runs.jsonl', progress=False)",
    ),
    "a saved model": (
        "labelled.dsc.model.save(folder)",
        "add a name, regimes.xdsc",
        "labelled.dsc.model.save(folder / 'regimes.xdsc')",
    ),
    "a folder to save to": (
        "labelled.dsc.model.save(folder / 'new' / 'regimes.xdsc')",
        "make it first",
        "((folder / 'new').mkdir(), labelled.dsc.model.save(folder / 'new' / 'regimes.xdsc'))",
    ),
}


@pytest.mark.parametrize(("wrong", "advice", "right"), REMEDIES.values(), ids=REMEDIES)
def test_advice_works_when_it_is_typed_in(base, wrong, advice, right, tmp_path):
    names = {"fit": fit, "xdsc": xdsc, "xr": xr, "KMeans": KMeans, "folder": tmp_path, "ds": base}
    names["labelled"] = fit(base) if "labelled" in wrong else None
    if wrong == "fit(ds.t2m)":
        # A DataArray has no accessor; free functions say it.
        wrong, advice = "xdsc.ClusterModel(3).fit(ds.t2m)", "da.to_dataset(name='t2m')"
    with pytest.raises(XdscError, match=re.escape(advice)):
        eval(wrong, names)
    eval(right, names)


DEEP = {
    "network": ({"network": "compakt"}, {"network": "compact"}),
    "a field of it": ({"network": {"filter": (4,)}}, {"network": {"filters": (4,)}}),
    "activation": ({"network": {"activation": "Tanh"}}, {"network": {"activation": "tanh"}}),
    "optimizer": ({"optimizer": "adm"}, {"optimizer": "adam"}),
    "start": ({"start": "k-means"}, {"start": "kmeans"}),
    "encoder": ({"encoder": "cnn_lstm"}, {"encoder": "cnn-lstm"}),
    "loss weights": ({"loss_weights": 1}, {"loss_weights": (1.0, 1.0)}),
}


@pytest.mark.parametrize(("wrong", "right"), DEEP.values(), ids=DEEP)
def test_advice_about_networks_works_when_it_is_typed_in(wrong, right):
    from xdsc.methods import make_method

    ((name, value),) = right.items()
    is_field = name == "network" and isinstance(value, dict)
    said = f"use {next(iter(value))!r}" if is_field else f"{value!r}"
    if name == "network" and "activation" in value:
        said = "use 'tanh'"
    with pytest.raises(xdsc.ParameterError, match=re.escape(said)):
        make_method("dsc", 3, **wrong).check()
    make_method("dsc", 3, **right).check()
