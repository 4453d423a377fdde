"""How well each method finds regimes: planted ones of several families, and those of real data.

Seed s makes planted Dataset s and seeds every method with s. Each run is appended to a file of JSON
lines as it ends, and what the file already holds is not run again, so that it may be stopped and
taken up at any time, or be shared out among processes by sets, methods or seeds (a file each; the
report reads them all).

    python benchmarks/quality.py run --sets static/medium moving/medium --methods kmeans dsc
    python benchmarks/quality.py report benchmarks/results/quality*.jsonl

Sets are "FAMILY/STRENGTH" of `families.py`, two years on a square, or "FAMILY/STRENGTH/wide",
".../masked", ".../six" (regimes, in three years), ".../one" (variable) and ".../long" (four years);
"tutorial/scaled" and "tutorial/deseasonalised"; and the real ones: era-interim and its seasons,
era-interim-DJF to era-interim-SON, wfde5, inca.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import xarray as xr
from families import FAMILIES, make
from sklearn.metrics import adjusted_rand_score, silhouette_score

import xdsc

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

#: Name of a row of the tables -> method and its options, where these are not the defaults.
METHODS: dict[str, dict[str, Any]] = {
    "kmeans": {"method": "kmeans"},
    "pca_kmeans": {"method": "pca_kmeans"},
    "gmm": {"method": "gmm"},
    "hmm": {"method": "hmm"},
    "eeof_kmeans": {"method": "eeof_kmeans"},
    "metastable": {"method": "metastable"},
    "dec": {"method": "dec"},
    "dtc": {"method": "dtc"},
    "dtcr": {"method": "dtcr"},
    "dsc": {"method": "dsc"},
    "dsc n_init=3": {"method": "dsc", "n_init": 3},
    "dsc window=5": {"method": "dsc", "window": 5},
    "dsc covariances": {"method": "dsc", "start": "covariances"},
    "dsc free": {"method": "dsc", "anchor": None},
    "untrained": {"method": "dsc", "anchor": None, "pretrain_epochs": 0, "epochs": 0},
}

#: Variants of the planted sets: a square, a band of latitudes, a square with a third of it missing,
#: more regimes, one variable, and four years instead of two.
VARIANTS: dict[str, dict[str, Any]] = {
    "": {"n_lat": 24, "n_lon": 24},
    "/wide": {"n_lat": 14, "n_lon": 42},
    "/masked": {"n_lat": 24, "n_lon": 24, "masked": 1 / 3},
    "/six": {"n_lat": 24, "n_lon": 24, "n_regimes": 6, "n_times": 1095},
    "/one": {"n_lat": 24, "n_lon": 24, "n_variables": 1},
    "/long": {"n_lat": 24, "n_lon": 24, "n_times": 1461},
}

Row = dict[str, Any]


#: How planted sets, which are anomalies on a plane, are prepared.
ANOMALIES: dict[str, Any] = {"scale": "standard", "area_weights": False}


def planted_set(name: str, seed: int) -> tuple[xr.Dataset, int]:
    """A Dataset of planted regimes, and K."""
    family, strength, *variant = name.split("/")
    options = {"n_regimes": 4, **VARIANTS["".join(f"/{v}" for v in variant)]}
    return make(family, strength=strength, seed=seed, **options), options["n_regimes"]


def planted(name: str, method: Mapping[str, Any], seed: int) -> Row:
    """One run on a family of planted regimes."""
    ds, k = planted_set(name, seed)
    return against_truth(ds, k, method, seed, **ANOMALIES)


def tutorial(name: str, method: Mapping[str, Any], seed: int) -> Row:
    """One run on the tutorial Dataset of the paper's size."""
    ds = xdsc.tutorial.open_dataset("era5_like", n_regimes=7, seed=seed)
    return against_truth(ds, 7, method, seed, deseasonalize=name.endswith("deseasonalised"))


def against_truth(
    ds: xr.Dataset, k: int, method: Mapping[str, Any], seed: int, **preparation: Any
) -> Row:
    """Labels of a fit beside the planted ones, and whether it says that there are none."""
    prepared = ds.dsc.preprocess(**preparation)
    model, seconds = fitted(prepared, k, method, seed)
    ari = adjusted_rand_score(ds.regime, model.labels_)
    return {"ari": ari, "seconds": seconds, **of_selection(model)}


def of_selection(model: xdsc.ClusterModel) -> Row:
    """What a fit says of its own choice, where it makes one."""
    if model.selection_ is None:
        return {}
    attrs = model.selection_.attrs
    return {"start": attrs["chosen"], "noise": bool(attrs["looks_like_red_noise"])}


def fitted(
    ds: xr.Dataset, k: int, method: Mapping[str, Any], seed: int, **preparation: Any
) -> tuple[xdsc.ClusterModel, float]:
    """A model, and the seconds of processor time of its fit."""
    begin = time.process_time()
    model = xdsc.ClusterModel(k, random_state=seed, progress=False, **method, **preparation).fit(ds)
    return model, time.process_time() - begin


def real(name: str, method: Mapping[str, Any], seed: int) -> Row:
    """One run on a real set: its two periods, each with a fit of its own.

    ``period``: labels of the second period by the first fit against those of its own fit.
    ``ev``, ``ev_out``: share of variance that the regimes explain where they were fitted, and in
    the second period with the centres of the first. ``told``: the share of another variable's
    variance that they explain, of a fit without that variable.
    """
    (first, second), k, preparation, other = REAL[name]()
    cycle = {"climatology": "own"} if preparation.get("preset") == "weather-regimes" else {}
    model, seconds = fitted(first, k, method, seed, **preparation)
    labels = of_season(model.labels_)
    again, _ = fitted(second, k, method, seed, **preparation)
    later = of_season(model.predict(second, **cycle))
    X = rows(model.preprocessor_.transform(first))
    Y = rows(model.preprocessor_.transform(second, **cycle))
    centres = np.stack([X[labels == j].mean(axis=0) for j in range(k)])
    left_out = first.drop_vars(other)
    blind, _ = fitted(left_out, k, method, seed, **preparation)
    unseen = rows(first[[other]].dsc.preprocess(**preparation))
    return {
        "period": adjusted_rand_score(later, of_season(again.labels_)),
        "ev": explained(X, labels, centres),
        "ev_out": explained(Y, later, centres),
        "silhouette": float(silhouette_score(X, labels, sample_size=2000, random_state=0)),
        "told": explained(unseen, of_season(blind.labels_)),
        "seconds": seconds,
        "labels": "".join(map(str, labels)),
        **of_selection(model),
    }


def of_season(labels: xr.DataArray) -> np.ndarray:
    """Labels of the time steps that have one, all of them unless a season was taken."""
    return labels.values[labels.values >= 0]


def rows(prepared: xr.Dataset) -> np.ndarray:
    """Prepared fields as (time, features), without cells that are masked."""
    flat = prepared.to_dataarray().transpose("time", ...).values.reshape(prepared.sizes["time"], -1)
    return flat[:, np.isfinite(flat).all(axis=0)].astype("float64")


def explained(X: np.ndarray, labels: np.ndarray, centres: np.ndarray | None = None) -> float:
    """Share of the variance of X around its mean that the centres of the labels explain."""
    if centres is None:
        present = np.unique(labels)
        labels = np.searchsorted(present, labels)
        centres = np.stack([X[labels == j].mean(axis=0) for j in range(len(present))])
    left = np.square(X - centres[labels]).sum()
    return float(1 - left / np.square(X - X.mean(axis=0)).sum())


def opened(folder: str, names: Iterable[str] | None = None) -> xr.Dataset:
    """A real set, in memory."""
    paths = sorted((DATA / folder).glob("*.nc"))
    ds = xr.merge([xr.open_dataset(path) for path in paths])
    return (ds[list(names)] if names else ds).load()


Real = tuple[tuple[xr.Dataset, xr.Dataset], int, dict[str, Any], str]


def era_interim(**season: str) -> Real:
    ds = opened("eraint-wmed-daily")
    other = next(str(name) for name in ds.data_vars if str(name).startswith("t"))
    periods = ds.sel(time=slice("2000", "2005")), ds.sel(time=slice("2006", "2010"))
    return periods, 4, {"preset": "weather-regimes", **season}, other


def halves(ds: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """The first half of a record, and the second."""
    middle = ds.sizes["time"] // 2
    return ds.isel(time=slice(middle)), ds.isel(time=slice(middle, None))


def wfde5() -> Real:
    return halves(opened("wfde5-uk-hourly")), 4, {"scale": "standard"}, "Wind"


def inca() -> Real:
    names = ["P0", "RH2M", "T2M", "UU", "VV", "GL"]
    return halves(opened("inca-austria-hourly", names)), 4, {"scale": "standard"}, "RH2M"


#: Real sets: two periods, k, the preparation, and the variable that one fit does not see.
REAL: dict[str, Callable[[], Real]] = {
    "era-interim": era_interim,
    **{f"era-interim-{s}": partial(era_interim, season=s) for s in ("DJF", "MAM", "JJA", "SON")},
    "wfde5": wfde5,
    "inca": inca,
}

SETS: dict[str, Callable[[str, Mapping[str, Any], int], Row]] = {
    **{f"{f}/{s}{v}": planted for f, (_, by) in FAMILIES.items() for s in by for v in VARIANTS},
    "tutorial/scaled": tutorial,
    "tutorial/deseasonalised": tutorial,
    **dict.fromkeys(REAL, real),
}


def read(paths: Iterable[Path]) -> list[Row]:
    """All runs that were made so far."""
    return [json.loads(line) for path in paths if path.exists() for line in path.open()]


def run(args: argparse.Namespace) -> None:
    """Make the runs that are not in the file yet."""
    args.results.parent.mkdir(parents=True, exist_ok=True)
    done = {(row["set"], row["method"], row["seed"]) for row in read([args.results])}
    for task in tasks(args):
        if task in done:
            continue
        name, method, seed = task
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = SETS[name](name, METHODS[method], seed)
        with args.results.open("a") as file:
            file.write(json.dumps({"set": name, "method": method, "seed": seed, **row}) + "\n")
        shown = {key: value for key, value in row.items() if key != "labels"}
        print(name, method, seed, shown, flush=True)


def tasks(args: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """Seeds go on the outside: what there is at any time covers all sets and methods."""
    for seed in range(args.first, args.first + args.seeds):
        for name in args.sets:
            for method in args.methods:
                yield name, method, seed


def report(args: argparse.Namespace) -> None:
    """Print the tables of the docs: medians and quartiles over seeds."""
    found = pd.DataFrame(read(args.paths)).drop_duplicates(["set", "method", "seed"], keep="last")
    truth = found[found.set.str.contains("/")]
    noise = truth.set.str.startswith("red-noise")
    if len(truth[~noise]):
        print("Adjusted Rand index with the planted regimes, median (quartiles) of seeds\n")
        print(table(truth[~noise], "ari", index="set", columns="method"), "\n")
        print("Mean rank on these (1 is best)\n\n", mean_ranks(truth[~noise]).to_string(), "\n")
    if len(truth[noise]) and "noise" in truth:
        said = truth[noise & truth.noise.notna()].groupby("method").noise.agg(["mean", "size"])
        print('"Looks like red noise" is said of red noise, share of runs\n\n', said, "\n")
    for name, of_set in found[~found.set.str.contains("/")].groupby("set"):
        scores = ["period", "ev", "ev_out", "silhouette", "told"]
        long = of_set.melt(["method", "seed"], scores, "score")
        print(f"{name}\n\n{table(long, 'value', index='method', columns='score')}\n")
        print("Agreement of seeds (ARI, median of pairs):", between_seeds(of_set), "\n")
    print("Seconds of processor time of a fit, median\n")
    print(found.pivot_table("seconds", "set", "method", "median", sort=False).round(1).to_string())


def quartiles(values: pd.Series, digits: int = 2) -> str:
    """Median (quartiles)."""
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.{digits}f} ({low:.{digits}f}, {high:.{digits}f})"


def table(found: pd.DataFrame, value: str, index: str, columns: str) -> str:
    """Median (quartiles), as Markdown."""
    cells = found.groupby([index, columns], sort=False)[value].agg(quartiles).unstack(columns)
    head = f"| {index} | " + " | ".join(map(str, cells.columns)) + " |"
    lines = [head, "| --- " * (len(cells.columns) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(map(str, row)) + " |" for name, *row in cells.itertuples()
    ]
    return "\n".join(lines)


def mean_ranks(found: pd.DataFrame) -> pd.Series:
    """Mean rank of each method over the Datasets that all of them have labelled."""
    scores = found.pivot_table("ari", ["set", "seed"], "method").dropna()
    return scores.rank(axis=1, ascending=False).mean().sort_values().round(2)


def between_seeds(found: pd.DataFrame) -> dict[str, float]:
    """Median adjusted Rand index between the labels of two seeds, by method."""
    result = {}
    for method, runs in found.groupby("method"):
        pairs = combinations([list(labels) for labels in runs.labels], 2)
        scores = [adjusted_rand_score(a, b) for a, b in pairs]
        result[str(method)] = round(float(np.median(scores)), 2) if scores else float("nan")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("run", help=run.__doc__)
    making.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS)
    making.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    making.add_argument("--seeds", type=int, default=10)
    making.add_argument("--first", type=int, default=0)
    results = ROOT / "benchmarks" / "results" / "quality.jsonl"
    making.add_argument("--results", type=Path, default=results)
    making.set_defaults(go=run)
    reporting = commands.add_parser("report", help=report.__doc__)
    reporting.add_argument("paths", nargs="*", type=Path, default=[results])
    reporting.set_defaults(go=report)
    args = parser.parse_args()
    args.go(args)


if __name__ == "__main__":
    main()
