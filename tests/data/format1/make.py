"""How the files beside this one were made, by xdsc as it was at format version 1.

    PYTHONPATH=<a tree with that version> python tests/data/format1/make.py FOLDER

``NAME.xdsc`` is a model; ``NAME.npz`` is all that it said of ``data.nc`` in the process that fitted
it.
"""

import contextlib
import sys
import warnings
from pathlib import Path

import numpy as np
import xarray as xr
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import xdsc

TINY = {
    "network": {"filters": (2,), "lstm_units": (2,), "latent_dim": 2},
    "pretrain_epochs": 1,
    "epochs": 1,
    "window": 3,
}
CASES = {
    "kmeans": ("kmeans", 3, {}),
    "agglomerative": ("agglomerative", 3, {"linkage": "average", "metric": "correlation"}),
    "pca_kmeans": ("pca_kmeans", 3, {"n_components": 4}),
    "pca_agglomerative": ("pca_agglomerative", 3, {"n_components": 0.8}),
    "gmm": ("gmm", 3, {"n_components": 3}),
    "dbscan": ("dbscan", None, {"n_components": 3, "min_samples": 3}),
    "hdbscan": ("hdbscan", None, {"n_components": 3, "min_cluster_size": 4}),
    "kmeans_area_weights": ("kmeans", 3, {"area_weights": True}),
    "agglomerative_area_weights": ("agglomerative", 3, {"area_weights": True, "n_components": 3}),
    "own_kmeans": (KMeans(3, n_init=2), None, {}),
    "own_agglomerative": (AgglomerativeClustering(3), None, {}),
    "own_mixture_pipeline": (
        make_pipeline(StandardScaler(), PCA(3), GaussianMixture(3, covariance_type="diag")),
        None,
        {},
    ),
    "dsc": ("dsc", 3, TINY),
}
WITH_A_CYCLE = ["dsc", "gmm"]


def main():
    out = Path(sys.argv[1])
    out.mkdir(exist_ok=True, parents=True)
    ds = xdsc.tutorial.open_dataset(n_times=24, n_lat=4, n_lon=5, n_regimes=3, seed=1)[
        ["t2m", "sp"]
    ]
    ds["t2m"] = ds.t2m.where(~((ds.latitude == ds.latitude[0]) & (ds.longitude == ds.longitude[2])))
    ds = ds.assign_coords(
        time=("time", xr.date_range("2019-01-01T12", periods=24, freq="24D"), ds.time.attrs)
    )
    ds = ds.drop_isel(time=[9])
    ds.attrs = {}
    ds.to_netcdf(
        out / "data.nc", encoding={n: {"dtype": "float32", "zlib": False} for n in ds.data_vars}
    )
    ds = xr.load_dataset(out / "data.nc")
    for name, (method, k, options) in CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = {}
            if name in WITH_A_CYCLE:
                given["preprocessor"] = xdsc.Preprocessor(deseasonalize=1)
            model = xdsc.ClusterModel(
                k, method=method, random_state=0, progress=False, **given, **options
            )
            model.fit(ds)
        path = out / f"{name}.xdsc"
        model.save(path)
        found = {
            "labels": model.labels_.values,
            "predict": model.predict(ds).values,
            "novelty": model.novelty(ds).values,
        }
        for ask in ("membership", "embedding", "reconstruct"):
            with contextlib.suppress(xdsc.XdscError):
                answer = getattr(model, ask)(ds)
                found[ask] = (
                    answer.to_array() if isinstance(answer, xr.Dataset) else answer
                ).values
        np.savez_compressed(out / f"{name}.npz", **found)


if __name__ == "__main__":
    main()
