"""Peak memory and time of a preparation, a fit and labels of data larger than memory.

    python benchmarks/memory.py --gigabytes 0.3 --folder /tmp/scratch
    python benchmarks/memory.py --gigabytes 20 --of fit --budget 2GB --network '{"filters": [4]}'
    python benchmarks/memory.py --fits 300

Writes a Zarr store once, of `--gigabytes` in memory and much less on disk, and goes through parts
of it, one, three and ten tenths, each measurement in a process of its own, two threads of Dask
where there are two cores. Memory is the peak of the resident memory of that process (ru_maxrss),
beside what it held after a small fit that imports and compiles everything. With `--fits` so many
tiny deep fits are made in one process, and it is told how far its memory grows after the first
one, every tenth of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dask.array as da
import numpy as np
import pandas as pd
import psutil
import xarray as xr

import xdsc

NAMES = ("t2m", "z500")
PER_DAY = 4
# Tenths of a record of this many steps have a year each.
STEPS, MOST_CELLS = 10 * 366 * PER_DAY, 120
TENTHS = (1, 3, 10)
REGIMES = 3


def field(step: np.ndarray, variable: str, side: int) -> np.ndarray:
    """Frames with an annual and a daily cycle, weather of a few regimes and coarse noise."""
    y, x = np.mgrid[0 : np.pi : side * 1j, 0 : 2 * np.pi : side * 1j]
    days = step / PER_DAY
    cycle = 10 * np.cos(2 * np.pi * days / 365.25) + 3 * np.cos(2 * np.pi * days)
    # A regime lasts ten days.
    regime = (days // 10).astype(int) * 7 % REGIMES
    patterns = np.stack([np.cos((k + 1) * x) * np.sin((k + 1) * y) for k in range(REGIMES)])
    noise = np.random.default_rng([int(step[0]), NAMES.index(variable)])
    coarse = noise.normal(size=(step.size, 12, 12)).repeat(side // 12, 1).repeat(side // 12, 2)
    values = cycle[:, None, None] * np.sin(y) + 8 * patterns[regime] + coarse
    # A tenth of a unit is stored, so that it compresses.
    return np.round(280 + values, 1).astype("f4")


def written(folder: Path, gigabytes: float, frames: int) -> Path:
    """Path of the store, made where it is not there."""
    path = folder / f"fields-{gigabytes:g}GB-{frames}.zarr"
    if path.exists():
        return path
    cells = gigabytes * 1e9 / (4 * len(NAMES) * STEPS)
    side = int(np.clip(np.sqrt(cells) // 12 * 12, 12, MOST_CELLS))
    n_times = max(int(gigabytes * 1e9 / (4 * side * side * len(NAMES))), STEPS)
    steps = da.arange(n_times, chunks=frames)
    made = {
        name: (
            ("time", "latitude", "longitude"),
            da.map_blocks(
                field, steps, variable=name, side=side, token=f"made-{name}", new_axis=[1, 2],
                chunks=(steps.chunks[0], (side,), (side,)), dtype="f4",
                meta=np.empty((0, 0, 0), "f4"),
            ),
        )
        for name in NAMES
    }  # fmt: skip
    coords = {
        "time": pd.date_range("1800", periods=n_times, freq="6h", unit="s"),
        "latitude": ("latitude", np.linspace(30, 70, side), {"units": "degrees_north"}),
        "longitude": ("longitude", np.linspace(-40, 40, side), {"units": "degrees_east"}),
    }
    part = path.with_suffix(".part")
    xr.Dataset(made, coords).to_zarr(part, mode="w", zarr_format=2)
    part.rename(path)
    return path


def measured(args: argparse.Namespace) -> dict[str, float]:
    """Peak memory in MB and seconds of one thing, in this process."""
    ds = xr.open_zarr(args.store)
    ds = ds.isel(time=slice(ds.sizes["time"] * args.tenths // 10))
    deep = {"epochs": 1, "pretrain_epochs": 1, "memory_budget": args.budget, "progress": False}
    if args.network:
        deep["network"] = json.loads(args.network)
    method, options = (args.fit, deep) if args.what == "fit" else ("kmeans", {})
    model = xdsc.ClusterModel(REGIMES, method=method, preset=args.preset, random_state=0, **options)
    # What is imported and compiled at the first call is there before.
    model.fit(ds.isel(time=slice(0, 1500)))
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    if args.what == "preprocess":
        xdsc.Preprocessor(variables=NAMES, preset=args.preset).fit(ds)
    elif args.what == "label":
        model.predict(ds).compute()
    else:
        model.fit(ds)
    return {
        "data": sum(ds[name].nbytes for name in NAMES) / 1e6,
        "before": before / 1e6,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "seconds": time.perf_counter() - start,
    }


def after_many_fits(number: int) -> None:
    """Print how far the memory of this process grows with tiny deep fits, in MB."""
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=4, n_lon=5, n_regimes=3, seed=1)[["t2m"]]
    tiny = {"network": {"filters": [2]}, "latent_dim": 2, "window": 1}
    short = {"pretrain_epochs": 1, "epochs": 1, "progress": False}
    first = 0.0
    print("| fits | memory (MB) | growth (MB) |")
    print("| --- | --- | --- |")
    for i in range(1, number + 1):
        # A Dataset of its own each time, as the accessor of one keeps its model.
        ds.copy().dsc.fit(k=REGIMES, method="dsc", random_state=i, **tiny, **short)
        held = psutil.Process().memory_info().rss / 1e6
        first = first or held
        if i == 1 or i % max(1, number // 10) == 0:
            print(f"| {i} | {held:.0f} | {held - first:.0f} |", flush=True)


def in_a_process(args: argparse.Namespace, store: Path, what: str, tenths: int) -> dict[str, float]:
    """What `measured` gives in a fresh process."""
    command = [sys.executable, __file__, "--store", str(store), "--what", what]
    command += ["--tenths", str(tenths), "--preset", args.preset, "--budget", args.budget]
    command += ["--fit", args.fit, "--network", args.network]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=0.3)
    parser.add_argument("--folder", type=Path, help="of the store, kept there; else a passing one")
    parser.add_argument("--frames", type=int, default=PER_DAY * 10, help="in a chunk")
    parser.add_argument("--preset", default="weather-regimes")
    parser.add_argument("--fit", default="dsc", help="the deep method of 'fit'")
    parser.add_argument("--of", nargs="*", default=["preprocess", "label"], help="also: fit")
    parser.add_argument("--network", default="", help="its size as JSON, where it has one")
    parser.add_argument("--budget", default="1GB", help="memory_budget= of that fit")
    parser.add_argument("--fits", type=int, help="so many tiny deep fits, and nothing else")
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--what", help=argparse.SUPPRESS)
    parser.add_argument("--tenths", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.what:
        print(json.dumps(measured(args)))
        return
    if args.fits:
        after_many_fits(args.fits)
        return
    with tempfile.TemporaryDirectory() as passing:
        folder = args.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        store = written(folder, args.gigabytes, args.frames)
        print("| what | data (MB) | before (MB) | peak (MB) | seconds | peak / first |")
        print("| --- | --- | --- | --- | --- | --- |")
        for what in args.of:
            first = 0.0
            for tenths in TENTHS:
                found = in_a_process(args, store, what, tenths)
                first = first or found["peak"]
                print(
                    f"| {what} | {found['data']:.0f} | {found['before']:.0f} | "
                    f"{found['peak']:.0f} | {found['seconds']:.1f} | {found['peak'] / first:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
