"""How often the statistics of labels are significant where there is nothing to be found.

    python benchmarks/calibration.py --records 200

Each record has `--seasons` winters of 90 days and four regimes, and is what the null of a statistic
says: durations that are geometric, events in random order, an index or fields of red noise that
have nothing to do with the labels. Printed is the share of p-values below 0.05, which should be
0.05, and its standard error over records; and in how many records any is left where false
discoveries are controlled, which should be 0.05 or less for tables, and about alpha, 0.05, for
fields. Intervals of 95 % should miss the truth, no change, in 0.05.
"""

from __future__ import annotations

import argparse
import os
import time as clock
from collections.abc import Callable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import xarray as xr

import xdsc

K, DAYS, CELLS = 4, 90, 30
#: Probability that a regime stays another day, and correlation of red noise from day to day.
STAY, RED = 0.8, 0.7

Found = dict[str, np.ndarray]


def winters(seasons: int) -> pd.DatetimeIndex:
    """Ninety days from each first of December."""
    parts = [pd.date_range(f"{1950 + s}-12-01", periods=DAYS) for s in range(seasons)]
    return parts[0].append(parts[1:])


def regimes(time: pd.DatetimeIndex, rng: np.random.Generator) -> xr.DataArray:
    """Regimes without a memory, each as likely to follow another as any."""
    leaves = rng.random(time.size) > STAY
    steps = np.where(leaves, rng.integers(1, K, time.size), 0)
    return xr.DataArray(steps.cumsum() % K, {"time": time}, ("time",), "cluster")


def red_noise(time: pd.DatetimeIndex, cells: int, rng: np.random.Generator) -> np.ndarray:
    """Red noise of neighbours that resemble each other, each season begun anew."""
    shocks = rng.normal(size=(DAYS, time.size // DAYS, cells + 4))
    shocks = sum(shocks[..., i : i + cells] for i in range(5)) / np.sqrt(5)
    for day in range(1, DAYS):
        shocks[day] = RED * shocks[day - 1] + np.sqrt(1 - RED**2) * shocks[day]
    return shocks.swapaxes(0, 1).reshape(time.size, cells)


def persistence(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    return {"persistence, geometric law": xdsc.persistence(labels, n=n).p_value.values}


def transitions(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    found = xdsc.transitions(labels, n=n)
    other = ~np.eye(K, dtype=bool)
    return {
        "transitions": found.p_value.values[other],
        "transitions, FDR": found.p_adjusted.values[other].min(keepdims=True),
    }


def conditional_frequency(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    years = pd.date_range(labels.time.values[0], periods=labels.size // DAYS + 1, freq="YS")
    index = pd.Series(rng.normal(size=years.size), years.rename("time"))
    found = xdsc.conditional_frequency(labels, index, n=n)
    return {
        "conditional_frequency": found.p_value.values.ravel(),
        "conditional_frequency, FDR": found.p_adjusted.values.min(keepdims=True).ravel(),
    }


def trend(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    found = xdsc.frequency(labels, trend=True, n=n)
    missed = (found.trend_low > 0) | (found.trend_high < 0)
    return {
        "frequency(trend=True), Mann-Kendall": found.p_value.values.ravel(),
        "frequency(trend=True), interval": np.where(missed.values.ravel(), 0.0, 1.0),
    }


def decompose(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    time = labels.indexes["time"]
    t = xr.DataArray(red_noise(time, 1, rng)[:, 0], {"time": time}, ("time",))
    middle = time[time.size // 2]
    periods = [slice(time[0], middle - pd.Timedelta("1D")), slice(middle, time[-1])]
    found = xdsc.decompose(xr.Dataset({"t": t}), "t", periods, labels, n=n)
    missed = (found.change_low > 0) | (found.change_high < 0)
    return {"decompose, interval of the change": np.where(missed.values.ravel(), 0.0, 1.0)}


def composites(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    time = labels.indexes["time"]
    field = xr.DataArray(red_noise(time, CELLS, rng), {"time": time}, ("time", "x"))
    ds = xr.Dataset({"t": field})
    kinds = {"t": {}, "bootstrap": {}, "bootstrap, block='20D'": {"block": "20D"}, "events": {}}
    found = {}
    for kind, options in kinds.items():
        test = kind.partition(",")[0]
        tested = xdsc.composites(ds, labels, significance=test, n=n, **options)
        found[f"composites, {kind}"] = tested.t_pvalue.values.ravel()
        field_wide = tested.t_significant.values.any(axis=1)
        found[f"composites, {kind}, a field"] = np.where(field_wide, 0.0, 1.0)
    return found


def lagged_composites(labels: xr.DataArray, rng: np.random.Generator, n: int) -> Found:
    time = labels.indexes["time"]
    field = xr.DataArray(red_noise(time, CELLS, rng), {"time": time}, ("time", "x"))
    kinds = {"t": {}, "bootstrap": {}, "bootstrap, block='20D'": {"block": "20D"}, "events": {}}
    found = {}
    for kind, options in kinds.items():
        test = kind.partition(",")[0]
        tested = xdsc.composites(
            xr.Dataset({"t": field}), labels, lag=[-3, 0, 4], significance=test, n=n, **options
        )
        for lag in tested.lag.values:
            one = tested.sel(lag=lag)
            found[f"composites, lag={lag}, {kind}"] = one.t_pvalue.values.ravel()
            field_wide = one.t_significant.values.any(axis=1)
            found[f"composites, lag={lag}, {kind}, a field"] = np.where(field_wide, 0.0, 1.0)
    return found


STATISTICS: tuple[Callable[..., Found], ...] = (
    *(persistence, transitions, conditional_frequency),
    *(trend, decompose, composites, lagged_composites),
)


def records(number: int, seasons: int, n: int, statistic: Callable[..., Found]) -> Iterator[Found]:
    time = winters(seasons)
    for record in range(number):
        rng = np.random.default_rng([record, 0])
        yield statistic(regimes(time, rng), rng, n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--seasons", type=int, default=20)
    parser.add_argument("--draws", type=int, default=999)
    parser.add_argument("--only", nargs="*", default=[s.__name__ for s in STATISTICS])
    args = parser.parse_args()
    print(f"{args.records} records of {args.seasons} winters, {args.draws} draws\n")
    print("| statistic | below 0.05 | standard error |\n| --- | --- | --- |", flush=True)
    for statistic in STATISTICS:
        if statistic.__name__ not in args.only:
            continue
        begin = clock.process_time()
        found = list(records(args.records, args.seasons, args.draws, statistic))
        for name in found[0]:
            shares = [np.nanmean(one[name] <= 0.05) for one in found]
            error = np.std(shares) / np.sqrt(len(shares))
            print(f"| {name} | {np.mean(shares):.3f} | {error:.3f} |", flush=True)
        print(f"<!-- {clock.process_time() - begin:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
