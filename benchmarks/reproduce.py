"""The paper's Tables 2 and 3: every method, several seeds, on planted and on real data.

Runs what the results files do not hold yet, one JSON line a run, and writes the page from them.
Real data are used where the folder given by --data exists; see `REAL` for what is looked for.

    python benchmarks/reproduce.py --runs 20
    python benchmarks/reproduce.py --sets era5_like --methods kmeans dsc --runs 3 --no-page
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import xarray as xr
from reproduction_page import page

import xdsc
from xdsc.methods import METHODS

ROOT = Path(__file__).resolve().parents[1]
K = 7


@dataclass(frozen=True)
class DataSet:
    """A Dataset that methods are compared on."""

    title: str
    load: Callable[[Path], xr.Dataset]
    truth: str | None = None
    prepare: Mapping[str, Any] = field(default_factory=dict)
    #: Options of all deep methods, where the defaults are not used, and of dbscan.
    options: Mapping[str, Any] = field(default_factory=dict)


def merged(folder: str) -> Callable[[Path], xr.Dataset]:
    def load(data: Path) -> xr.Dataset:
        return xr.merge([xr.open_dataset(path) for path in sorted((data / folder).glob("*.nc"))])

    return load


REAL = {
    "era_interim": DataSet(
        "ERA-Interim, western Mediterranean, 4018 days × 11 × 13, three variables",
        merged("eraint-wmed-daily"),
        # Eleven times the frames of era5_like make eleven times the steps an epoch.
        options={"pretrain_epochs": 8, "epochs": 8},
    ),
    "wfde5": DataSet(
        "WFDE5, United Kingdom, 744 hours × 20 × 28, six variables",
        merged("wfde5-uk-hourly"),
        options={"pretrain_epochs": 10, "epochs": 10},
    ),
    "inca": DataSet(
        "INCA, Austria, 744 hours × 17 × 20, six variables",
        merged("inca-austria-hourly"),
        options={"pretrain_epochs": 10, "epochs": 10},
    ),
}


def era5_like(data: Path) -> xr.Dataset:
    return xdsc.tutorial.open_dataset("era5_like", n_regimes=K)


SETS = {
    "era5_like": DataSet(
        "`era5_like`, 365 days × 41 × 41, seven variables", era5_like, truth="regime"
    ),
    "era5_like_deseasonalised": DataSet(
        "`era5_like`, annual cycle removed",
        era5_like,
        truth="regime",
        prepare={"deseasonalize": True},
    ),
    **REAL,
}


def is_deep(method: str) -> bool:
    return "epochs" in METHODS[method].options


def compare(name: str, methods: list[str], args: argparse.Namespace) -> xr.Dataset:
    """All runs of one set; those in its results file are not run again."""
    chosen = SETS[name]
    ds = chosen.load(args.data)
    return xdsc.compare(
        ds.dsc.preprocess(**chosen.prepare),
        K,
        methods,
        n_runs=args.runs,
        truth=None if chosen.truth is None else ds[chosen.truth],
        results=args.results / f"{name}.jsonl",
        options={method: chosen.options for method in methods if is_deep(method)},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "reproduction.md")
    parser.add_argument("--no-page", action="store_true")
    args = parser.parse_args()

    args.results.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in args.sets:
        if name in REAL and not args.data.is_dir():
            print(f"{name}: left out, {args.data} is not there")
            continue
        results[name] = compare(name, args.methods, args)
        for statistic in ("best", "median"):
            print(f"\n{name}, {statistic} of {args.runs}")
            print(xdsc.comparison_table(results[name], statistic=statistic).round(3).to_string())
    if not args.no_page:
        titles = {name: SETS[name].title for name in results}
        options = {name: SETS[name].options for name in results}
        args.page.write_text(page(results, titles, options))
        print(f"\nwrote {args.page}")


if __name__ == "__main__":
    main()
