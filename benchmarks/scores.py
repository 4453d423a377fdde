"""Time and peak memory of the metrics on X of `--rows` × `--features` float32.

    python benchmarks/scores.py --rows 20000 --features 12000

Each line comes from a process of its own: seconds, and how much higher the peak of the resident
memory was than before the call, with X as unit. X is in memory in all of them, so that 0 means
"no copy". `score` starts from a Dataset that is prepared already, whose variable holds X; a plain
read of X and scikit-learn's Calinski-Harabasz show what the machine does.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

K = 7
MIB = 2**20


def made(n_rows: int, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """K clusters with noise, made block by block, so that making them leaves no peak."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, K, n_rows)
    centres = rng.random((K, n_features), dtype=np.float32)
    X = np.empty((n_rows, n_features), dtype=np.float32)
    for start in range(0, n_rows, 256):
        block = X[start : start + 256]
        rng.random(out=block, dtype=np.float32)
        block += centres[labels[start : start + 256]]
    return X, labels


def read(X: np.ndarray, labels: np.ndarray) -> None:
    X.sum(dtype="float64")


def scikit_learn(X: np.ndarray, labels: np.ndarray) -> None:
    from sklearn.metrics import calinski_harabasz_score

    calinski_harabasz_score(X, labels)


def metrics(X: np.ndarray, labels: np.ndarray, **options: object) -> None:
    from xdsc.metrics import METRICS, scores

    names = [name for name, row in METRICS.items() if row.needs == "data"]
    scores(X, labels, **{"metrics": names, **options})


def of_moments(X: np.ndarray, labels: np.ndarray) -> None:
    from xdsc.metrics import METRICS

    metrics(X, labels, metrics=[n for n, row in METRICS.items() if row.reads == "moments"])


def score(X: np.ndarray, labels: np.ndarray) -> None:
    import xarray as xr

    import xdsc

    n_lat = next(n for n in (100, 50, 20, 10, 5, 2, 1) if X.shape[1] % n == 0)
    ds = xr.Dataset(
        {"v": (("time", "lat", "lon"), X.reshape(len(X), n_lat, -1), {"units": "1"})},
        coords={
            "time": xr.date_range("1960", periods=len(X)),
            "lat": np.linspace(60, 40, n_lat),
            "lon": np.linspace(0, 30, X.shape[1] // n_lat),
            "cluster": ("time", labels),
        },
        attrs={"xdsc_preprocessing": '{"variables": ["v"], "deseasonalize": 0, "scale": "minmax"}'},
    )
    xdsc.score(ds)


WORK: dict[str, Callable[[np.ndarray, np.ndarray], None]] = {
    "read": read,
    "scikit-learn": scikit_learn,
    "moments": of_moments,
    "metrics": metrics,
    "score": score,
}


def peak() -> int:
    """Highest resident memory of this process so far, in bytes."""
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


def measure(name: str, n_rows: int, n_features: int) -> None:
    X, labels = made(n_rows, n_features)
    # What is imported at the first call is not what the call needs.
    WORK[name](X[:64], np.arange(64) % K)
    before = peak()
    begin = time.perf_counter()
    WORK[name](X, labels)
    seconds = time.perf_counter() - begin
    more = peak() - before
    print(
        f"{name:13s} {seconds:8.1f} s   peak + {more / MIB:6.0f} MiB = {more / X.nbytes:.2f} X "
        f"(X: {X.nbytes / MIB:.0f} MiB)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", nargs="*", default=list(WORK), help=", ".join(WORK))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=12_000)
    args = parser.parse_args()
    if len(args.work) == 1:
        measure(args.work[0], args.rows, args.features)
        return
    sizes = ["--rows", str(args.rows), "--features", str(args.features)]
    for name in args.work:
        subprocess.run([sys.executable, __file__, name, *sizes], check=True)


if __name__ == "__main__":
    main()
