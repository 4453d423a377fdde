"""Regimes of one period, found again in the next: frequencies, and agreement with a second fit.

Fits ERA-Interim of 2000 to 2005 with the preset "weather-regimes", labels 2006 to 2010, and
compares these labels with a model that was fitted on 2006 to 2010 itself (adjusted Rand index, for
which names of regimes do not matter).

    python benchmarks/periods.py --methods kmeans gmm --runs 5
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import xarray as xr

import xdsc
from xdsc.metrics import adjusted_rand_index

ROOT = Path(__file__).resolve().parents[1]
K = 4


def one_run(
    method: str, seed: int, first: xr.Dataset, second: xr.Dataset, options: dict[str, int | None]
) -> tuple[dict[str, object], dict[str, float]]:
    """Frequencies of both periods, and scores."""
    settings = {"method": method, "preset": "weather-regimes", "random_state": seed, **options}
    model = xdsc.ClusterModel(K, progress=False, **settings).fit(first)
    other = xdsc.ClusterModel(K, progress=False, **settings).fit(second)
    labelled = model.label(second)
    own = model.predict(second, climatology="own")
    frequencies = {
        "2000-2005": [round(float((model.labels_ == k).mean()), 3) for k in range(K)],
        "2006-2010": [round(float((labelled.cluster == k).mean()), 3) for k in range(K)],
    }
    scores = {
        "ARI with a second fit": adjusted_rand_index(labelled.cluster, other.labels_),
        "ARI, own climatology": adjusted_rand_index(own, other.labels_),
        "median novelty": float(labelled.novelty.median()),
        "share beyond the fit": float((labelled.novelty >= 1).mean()),
    }
    return frequencies, scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="*", default=["kmeans", "pca_kmeans", "gmm", "dsc"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5, help="of the deep methods, both phases")
    parser.add_argument("--free", action="store_true", help="DSC with anchor=None")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    args = parser.parse_args()

    paths = sorted((args.data / "eraint-wmed-daily").glob("*.nc"))
    ds = xr.merge([xr.open_dataset(path) for path in paths]).load()
    first, second = ds.sel(time=slice("2000", "2005")), ds.sel(time=slice("2006", "2010"))
    for method in args.methods:
        deep = "epochs" in xdsc.methods.METHODS[method].options
        options = {"pretrain_epochs": args.epochs, "epochs": args.epochs} if deep else {}
        if method == "dsc":
            options = {"anchor": None, **options} if args.free else {}
        runs = [one_run(method, seed, first, second, options) for seed in range(args.runs)]
        for period, shares in runs[0][0].items():
            print(f"{method}, {period}, seed 0: {shares}")
        table = pd.DataFrame([scores for _, scores in runs]).quantile([0.25, 0.5, 0.75])
        print(table.rename_axis("quantile").round(3).to_string(), flush=True)


if __name__ == "__main__":
    np.set_printoptions(precision=3)
    main()
