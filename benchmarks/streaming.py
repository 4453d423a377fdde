"""Training from memory and from a file, side by side: frames per second and peak memory.

    python benchmarks/streaming.py --times 4000 --grid 41 41 --variables 7 --budget "64 MiB"

One Dataset is trained on in memory (stream=False) and streamed (stream=True, several pools), in
alternation, each fit in a process of its own so that its peak memory is its own. Frames per second
are those of training alone: the difference of a fit of one epoch and of one with more of them does
not hold what happens once (reading, tracing, k-means). The peak is that of resident memory above
what the process held before the fit, with the Dataset, which is Dask's and made of random numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def dataset(n_times: int, grid: tuple[int, int], n_variables: int, chunk: int):
    """A lazy Dataset of waves and noise, which exists nowhere as a whole."""
    import dask.array as da
    import numpy as np
    import xarray as xr

    height, width = grid

    def block(block_info=None):
        (start, stop), *_ = block_info[None]["array-location"]
        rng = np.random.default_rng([start, stop])
        phase = (np.arange(start, stop) // 5 % 4)[:, None, None]
        wave = np.sin(np.linspace(0, 6, width) + 1.6 * phase) * np.ones((height, 1))
        return (wave + 0.5 * rng.normal(size=wave.shape)).astype("float32")

    def array():
        chunks = da.core.normalize_chunks((chunk, -1, -1), (n_times, height, width))
        return da.map_blocks(block, chunks=chunks, dtype="f4", meta=np.empty((0, 0, 0), "f4"))

    dims = ("time", "latitude", "longitude")
    return xr.Dataset(
        {f"v{i}": (dims, array()) for i in range(n_variables)},
        {
            "time": xr.date_range("1950-01-01", periods=n_times, freq="6h"),
            "latitude": np.linspace(70, 30, height),
            "longitude": np.linspace(-40, 40, width),
        },
    )


def one_fit(args: argparse.Namespace) -> None:
    """Fit once, in this process, and print what it took."""
    import psutil

    import xdsc  # noqa: F401 (registers ds.dsc)

    ds = dataset(args.times, tuple(args.grid), args.variables, args.chunk)
    ds = ds.dsc.preprocess(deseasonalize=False)
    options = {"network": args.network, "window": args.window, "progress": False}
    options |= {"batch_size": args.batch_size, "random_state": 0, "stream": args.fit == "streamed"}
    options |= {"memory_budget": args.budget}
    # What is loaded and traced at the first fit counts for neither.
    ds.isel(time=slice(0, 200)).dsc.fit(k=4, epochs=1, pretrain_epochs=1, **options)
    process, over = psutil.Process(), threading.Event()
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    took = []
    for epochs in (1, 1 + args.epochs):
        begin = time.perf_counter()
        ds.dsc.fit(k=4, pretrain_epochs=epochs, epochs=0, **options)
        took.append(time.perf_counter() - begin)
    over.set()
    watcher.join()
    speed = args.times * args.epochs / max(took[1] - took[0], 1e-9)
    print(json.dumps({"speed": speed, "peak": peak - before}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=4000)
    parser.add_argument("--grid", type=int, nargs=2, default=(41, 41))
    parser.add_argument("--variables", type=int, default=7)
    parser.add_argument("--chunk", type=int, default=200, help="times in a chunk of Dask")
    parser.add_argument("--budget", default="64 MiB", help="of the streamed fits")
    parser.add_argument("--network", default="compact")
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fit", choices=["memory", "streamed"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.fit:
        one_fit(args)
        return
    size = 4 * args.times * args.grid[0] * args.grid[1] * args.variables
    print(f"{size / 2**20:.0f} MiB of frames, a budget of {args.budget}")
    found: dict[str, list[dict[str, float]]] = {"memory": [], "streamed": []}
    for repeat in range(args.repeats):
        for kind in sorted(found, reverse=bool(repeat % 2)):
            command = [sys.executable, *sys.argv, "--fit", kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[kind].append(json.loads(done.stdout.splitlines()[-1]))
            last = found[kind][-1]
            print(
                f"{kind:8}  {last['speed']:8.0f} frames/s  peak {last['peak'] / 2**20:6.0f} MiB",
                flush=True,
            )
    memory, streamed = ([run["speed"] for run in found[kind]] for kind in ("memory", "streamed"))
    ratios = [b / a for a, b in zip(memory, streamed, strict=True)]
    print(
        f"streamed / memory: {median(ratios):.2f} of the speed "
        f"({', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )


if __name__ == "__main__":
    main()
