"""Speed-up of `compare` on two worker processes against one, with equal results.

    python benchmarks/workers.py --runs 4 --repeats 2

Starts a `LocalCluster` of one process and one of two, one thread each, and runs the same comparison
on them in turns. Needs as many idle cores as there are workers.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import xarray as xr

import xdsc

# A worker counts as lost when it has not been heard of for a minute; training keeps it busy.
PATIENCE = {"distributed.deploy.lost-worker-timeout": "10 minutes"}
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}


def seconds(ds: xr.Dataset, arguments: dict[str, object]) -> tuple[float, xr.Dataset]:
    """Wall time of a comparison on the workers of the current client, and what it found."""
    begin = time.perf_counter()
    found = xdsc.compare(ds, progress=False, **arguments)
    return time.perf_counter() - begin, found


def main() -> None:
    from dask.distributed import Client, LocalCluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="*", default=["dsc"])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=4, help="of the deep methods, both phases")
    parser.add_argument("--days", type=int, default=500)
    parser.add_argument("--workers", type=int, nargs=2, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()

    ds = xdsc.tutorial.open_dataset("era5_like", n_times=args.days)
    epochs = {"pretrain_epochs": args.epochs, "epochs": args.epochs}
    deep = [m for m in args.methods if m in {"dsc", "dec", "dtc", "dtcr"}]
    options = {m: epochs if m in {"dsc", "dec"} else {"epochs": args.epochs} for m in deep}
    arguments = {"k": 7, "methods": args.methods, "n_runs": args.runs, "options": options}

    clients = {}
    for n in args.workers:
        cluster = LocalCluster(
            n_workers=n, threads_per_worker=1, dashboard_address=":0", env=THREADS
        )
        clients[n] = Client(cluster, set_as_default=False)
        clients[n].wait_for_workers(n)
        with clients[n].as_current():  # every worker imports Keras before the clock runs
            seconds(ds, {**arguments, "n_runs": 2 * n, "options": {m: {"epochs": 1} for m in deep}})
    times: dict[int, list[float]] = {n: [] for n in args.workers}
    results = {}
    for _ in range(args.repeats):
        for n, client in clients.items():
            with client.as_current():
                taken, results[n] = seconds(ds, arguments)
            times[n].append(taken)
    one, two = (results[n].drop_vars("fit_seconds") for n in args.workers)
    for n in args.workers:
        print(f"{n} worker(s): {np.round(times[n], 1).tolist()} s")
    ratios = np.array(times[args.workers[0]]) / np.array(times[args.workers[1]])
    print(f"speed-up: median {np.median(ratios):.2f}, {ratios.min():.2f} to {ratios.max():.2f}")
    print(f"equal to the bit: {one.identical(two)}")
    for client in clients.values():
        client.shutdown()


if __name__ == "__main__":
    import dask

    with dask.config.set(PATIENCE):
        main()
