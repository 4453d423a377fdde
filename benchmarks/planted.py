"""How well each method finds the planted regimes of `era5_like`, over seeds.

Seed s makes Dataset s and seeds every method with s. Each result is appended to a CSV file as it
comes, and what the file already holds is not computed again.

    python benchmarks/planted.py --seeds 10 --windows 1 3 5
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import xarray as xr
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

import xdsc

K = 7
PREPARATIONS = {"scaled": False, "deseasonalised": True}
EOF_VARIANCE = 0.9
GMM_EOFS = 10


def rows(prepared: xr.Dataset) -> np.ndarray:
    """Prepared fields as (time, features), without masked cells."""
    flat = prepared.to_dataarray().transpose("time", ...).values.reshape(prepared.sizes["time"], -1)
    return flat[:, np.isfinite(flat).all(axis=0)]


def kmeans(prepared: xr.Dataset, seed: int) -> np.ndarray:
    return KMeans(K, n_init=20, random_state=seed).fit_predict(rows(prepared))


def eof_kmeans(prepared: xr.Dataset, seed: int) -> np.ndarray:
    leading = PCA(EOF_VARIANCE, svd_solver="full").fit_transform(rows(prepared))
    return KMeans(K, n_init=20, random_state=seed).fit_predict(leading)


def eof_gmm(prepared: xr.Dataset, seed: int) -> np.ndarray:
    leading = PCA(GMM_EOFS, svd_solver="full").fit_transform(rows(prepared))
    mixture = GaussianMixture(K, n_init=5, reg_covar=1e-3, random_state=seed)
    return mixture.fit_predict(leading)


def dsc(**options: object) -> Callable[[xr.Dataset, int], np.ndarray]:
    def run(prepared: xr.Dataset, seed: int) -> np.ndarray:
        fitted = prepared.dsc.fit(k=K, random_state=seed, progress=False, **options)
        return fitted.cluster.values

    return run


def methods(
    windows: list[int], network: str, anchor: str | None
) -> dict[str, Callable[[xr.Dataset, int], np.ndarray]]:
    table = {
        "k-means": kmeans,
        "EOFs + k-means": eof_kmeans,
        "EOFs + Gaussian mixture": eof_gmm,
        "untrained network + k-means": dsc(
            network=network, anchor=None, pretrain_epochs=0, epochs=0
        ),
    }
    name = "DSC" if anchor else "DSC without anchor"
    own = {f"{name}, window chosen": dsc(network=network)} if anchor else {}
    windowed = {
        f"{name} window={w}": dsc(network=network, window=w, anchor=anchor) for w in windows
    }
    return table | own | windowed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--windows", type=int, nargs="*", default=[1, 3, 5])
    parser.add_argument("--free", action="store_true", help="DSC with anchor=None")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results/planted.csv"))
    args = parser.parse_args()
    warnings.simplefilter("ignore")

    table = methods(args.windows, args.network, None if args.free else "auto")
    args.results.parent.mkdir(parents=True, exist_ok=True)
    known = pd.DataFrame()
    if args.results.exists():
        known = pd.read_csv(args.results)[["seed", "preparation", "method"]]
    done = set(known.itertuples(index=False, name=None)) if known.size else set()
    for seed in range(args.first, args.first + args.seeds):
        ds = xdsc.tutorial.open_dataset("era5_like", n_regimes=K, seed=seed)
        for preparation, deseasonalize in PREPARATIONS.items():
            prepared = ds.dsc.preprocess(deseasonalize=deseasonalize)
            for name, method in table.items():
                if (seed, preparation, name) in done:
                    continue
                begin = time.perf_counter()
                labels = method(prepared, seed)
                row = {
                    "seed": seed,
                    "preparation": preparation,
                    "method": name,
                    "ari": adjusted_rand_score(ds.regime, labels),
                    "seconds": time.perf_counter() - begin,
                }
                header = not args.results.exists()
                pd.DataFrame([row]).to_csv(args.results, mode="a", header=header, index=False)
                print({**row, "ari": round(row["ari"], 3)}, flush=True)

    results = pd.read_csv(args.results)
    groups = results.groupby(["preparation", "method"], sort=False)
    summary = groups.ari.quantile([0, 0.25, 0.5, 0.75, 1]).unstack()
    summary.columns = ["min", "25 %", "median", "75 %", "max"]
    print(summary.assign(n=groups.size(), seconds=groups.seconds.median()).round(2).to_string())


if __name__ == "__main__":
    main()
