"""Time and peak memory of the statistics of regimes, on a long daily record.

    python benchmarks/statistics_speed.py --years 60

Fields of 40 × 60 cells in single precision, seven regimes. Each measurement is a process of its
own, in which a small call has imported all it needs before. Time is the processor's, which a busy
machine does not stretch, and as a ratio of a plain ``groupby("cluster").mean()`` of the same field
in the same process. Memory is the peak of the resident memory of that process (ru_maxrss) above
what it held with the field; fields of Dask are made chunk by chunk and never held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time as clock
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dask
import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr

import xdsc

K, LAT, LON, EVENT = 7, 40, 60, 5


def labels_of(years: int) -> xr.DataArray:
    """Regimes of some days each."""
    time = pd.date_range("1950-01-01", periods=int(365.25 * years))
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, K, time.size), rng.integers(1, 2 * EVENT, time.size))
    return xr.DataArray(codes[: time.size], {"time": time}, ("time",), "cluster")


def noise(step: np.ndarray) -> np.ndarray:
    """Weather of some time steps, the same for any chunks."""
    frames = [np.random.default_rng(i).normal(size=(LAT, LON)).astype("f4") for i in step.ravel()]
    return np.stack(frames)


def field(labels: xr.DataArray, chunk: int | None) -> xr.Dataset:
    """A labelled Dataset, with chunks of so many time steps or in memory."""
    steps = da.arange(labels.size, chunks=chunk or labels.size)
    lazy = da.map_blocks(
        noise, steps, new_axis=[1, 2], chunks=(steps.chunks[0], (LAT,), (LON,)), dtype="f4",
        meta=np.empty((0, 0, 0), "f4"),
    )  # fmt: skip
    values = lazy if chunk else noise(np.arange(labels.size))
    coords = {"lat": np.linspace(70, 30, LAT), "lon": np.linspace(-60, 60, LON), "cluster": labels}
    return xr.Dataset({"z": (("time", "lat", "lon"), values)}, coords)


def composites(ds: xr.Dataset, **options: object) -> None:
    xdsc.composites(ds, random_state=0, **options).compute()


WORK: dict[str, Callable[[xr.Dataset], object]] = {
    "groupby mean": lambda ds: ds.groupby("cluster").mean().compute(),
    "frequency": lambda ds: xdsc.frequency(ds, trend=True, random_state=0),
    "persistence": lambda ds: xdsc.persistence(ds, random_state=0),
    "transitions": lambda ds: xdsc.transitions(ds, random_state=0),
    "composites": lambda ds: composites(ds),
    'composites "t"': lambda ds: composites(ds, significance="t"),
    'composites "bootstrap", n=100': lambda ds: composites(ds, significance="bootstrap", n=100),
    'composites "bootstrap"': lambda ds: composites(ds, significance="bootstrap"),
    "composites \"bootstrap\", block='20D', n=100": lambda ds: composites(
        ds, significance="bootstrap", n=100, block="20D"
    ),
    'composites "events", n=100': lambda ds: composites(ds, significance="events", n=100),
    "regime_index": lambda ds: xdsc.regime_index(ds).compute(),
}
OF_LABELS = ("frequency", "persistence", "transitions")


def cpu(work: Callable[[], object]) -> float:
    begin = clock.process_time()
    work()
    return clock.process_time() - begin


def measure(name: str, years: int, chunk: int | None) -> dict[str, float]:
    """Seconds and bytes of one piece of work."""
    with dask.config.set(scheduler="threads", num_workers=2):
        small = field(labels_of(6), chunk)
        WORK["groupby mean"](small)
        WORK[name](small.isel(lat=slice(2), lon=slice(2)))
        ds = field(labels_of(years), chunk)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = cpu(lambda: WORK[name](ds))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "seconds": seconds,
            "plain": cpu(lambda: WORK["groupby mean"](ds)),
            "bytes": (after - before) * 1024,
        }


def in_a_process(name: str, years: int, chunk: int | None) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", json.dumps([name, years, chunk])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=60)
    parser.add_argument("--chunk", type=int, default=730, help="time steps in a chunk of Dask's")
    parser.add_argument("--only", nargs="*", default=list(WORK))
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one)))
        return
    size = labels_of(args.years).size * LAT * LON * 4 / 2**20
    print(f"{args.years} years daily, {LAT} × {LON} cells: {size:.0f} MiB, k = {K}\n")
    print("| | NumPy: s | × groupby | MiB | Dask: s | × groupby | MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in args.only:
        cells = []
        for chunk in (None, args.chunk):
            if chunk and name in OF_LABELS:
                cells += ["", "", ""]
                continue
            one = in_a_process(name, args.years, chunk)
            ratio = one["seconds"] / one["plain"]
            cells += [
                f"{one['seconds']:.2g}" if one["seconds"] < 9.5 else f"{one['seconds']:.0f}",
                "" if name in OF_LABELS else f"{ratio:.2g}" if ratio < 9.5 else f"{ratio:.0f}",
                f"{one['bytes'] / 2**20:.0f}",
            ]
        print("| " + " | ".join([f"`{name}`", *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
