"""Labels that nobody should have, and calls of statistics and figures with them, by a seed."""

import inspect

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from hostile import DATASETS, weird

import xdsc
from xdsc.plot import DSCPlot

STATISTICS = {
    "composites": (),
    "conditional_frequency": ("index",),
    "confusion": ("other",),
    "decompose": ("var", "periods"),
    "frequency": (),
    "life_cycles": (),
    "match": ("reference",),
    "persistence": (),
    "regime_index": (),
    "rename": ("names",),
    "reorder": (),
    "score": (),
    "transitions": (),
}
FIGURES = {
    "composites": ("var",),
    "embedding": (),
    "frequency": (),
    "persistence": (),
    "silhouette": (),
    "timeline": (),
    "transitions": (),
    "compare": ("result",),
    "history": (),
}
# Calls that draw nothing else hold these.
GOOD = {
    "index": lambda ds: ds.time.dt.day * 1.0,
    "other": lambda ds: ds.cluster,
    "reference": lambda ds: ds,
    "var": lambda ds: "t2m",
    "periods": lambda ds: [("2000-01-01", "2000-01-12"), ("2000-01-13", "2000-01-30")],
    "names": lambda ds: {0: "a"},
    "result": lambda ds: ds,
}


def with_labels(ds, rng):
    """Labels of types, shapes and values that are none."""
    time = ds.time
    n = time.size
    given = ds.cluster.values
    made = [
        lambda: given.astype(float) + 0.5,
        lambda: given.astype(str),
        lambda: given.astype(object),
        lambda: given * np.nan,
        lambda: given * 1j,
        lambda: given > 0,
        lambda: given.astype("M8[ns]"),
        lambda: given.astype("m8[ns]"),
        lambda: np.array([None] * n),
        lambda: np.array([object() for _ in range(n)]),
        lambda: np.array([0, "a", None, 2.5, ("x",)] * n, object)[:n],
        lambda: np.array([b"x"] * n),
        lambda: given * 0,
        lambda: given * 0 - 1,
        lambda: np.arange(n),
        lambda: np.full(n, 2**62),
        lambda: given.astype("u8") + 2**63,
        lambda: np.where(given == 0, np.inf, given),
        lambda: given.astype("f2"),
        lambda: given * 1e300,
        lambda: np.array(["", " ", "\0", "é", "$x_", "a" * 10_000] * n)[:n],
        lambda: da.from_array(given, chunks=4),
        lambda: da.map_blocks(lambda b: b[:1], da.from_array(given, chunks=4), dtype=given.dtype),
    ][rng.integers(23)]()
    attrs = {} if rng.integers(2) else ds.cluster.attrs
    ds = ds.assign_coords(cluster=("time", made, attrs))
    if rng.integers(3) == 0:
        key = ["flag_values", "flag_meanings", "long_name", "xdsc_prepared", "xdsc_method"]
        ds.cluster.attrs[key[rng.integers(len(key))]] = weird(rng, generators=False)
    return ds


def with_shapes(ds, rng):
    """Labels on other dimensions and at other times."""
    labels = ds.cluster
    bare = ds.drop_vars("cluster")
    return [
        lambda: bare,
        lambda: bare.assign(cluster=labels),
        lambda: bare.assign_coords(cluster=labels.expand_dims(z=2)),
        lambda: bare.assign_coords(cluster=labels.expand_dims(z=2).transpose()),
        lambda: bare.assign_coords(cluster=labels[3].drop_vars("time")),
        lambda: bare.assign_coords(cluster=bare.latitude * 0),
        lambda: bare.rename(time="cluster"),
        lambda: bare.rename(latitude="cluster"),
        lambda: bare.expand_dims(cluster=3),
        lambda: ds.isel(time=slice(0)),
        lambda: ds.isel(time=slice(1)),
        lambda: ds.isel(time=0),
        lambda: ds.isel(time=[3, 3, 2]),
        lambda: ds.drop_vars("time"),
        lambda: ds.set_index(time="cluster"),
        lambda: ds.stack(p=("time", "latitude")),
        lambda: ds[["cluster"]],
        lambda: xr.concat([ds, ds], pd.Index(["a", "b"], name="number"), coords=["cluster"]),
        lambda: xr.concat([ds, ds], "number"),
        lambda: ds.cluster.to_series(),
        lambda: ds.cluster.to_series().reset_index(drop=True),
        lambda: ds.cluster.to_dataframe(),
        lambda: ds.cluster,
        lambda: ds.cluster.values,
        lambda: ds.cluster.values.tolist(),
        lambda: weird(rng),
    ][rng.integers(26)]()


def arguments_of(call, required, ds, rng):
    """The arguments of a call, of which one or two are weird."""
    signature = inspect.signature(call).parameters.values()
    known = [one.name for one in signature if one.kind is not one.VAR_KEYWORD]
    known = [name for name in known if name not in ("ds", "self")]
    given = {name: GOOD[name](ds) for name in required if isinstance(ds, xr.Dataset)}
    given |= {name: None for name in required if name not in given}
    if "n" in known:
        given["n"] = 3
    for _ in range(int(rng.integers(3))):
        if known:
            given[known[rng.integers(len(known))]] = weird(rng)
    return given


def drawn_call(base, seed, calls, of):
    """A function to be called, and what it is said to be.

    Parameters
    ----------
    base : Dataset
        With labels.
    seed : int
        Of what is drawn.
    calls : mapping
        `STATISTICS` or `FIGURES`.
    of : object
        Where those functions are: `xdsc` or `DSCPlot`.
    """
    rng = np.random.default_rng(seed)
    name = [*calls][seed % len(calls)]
    ds, done = base, []
    for _ in range(int(rng.integers(3))):
        kinds = [with_labels, with_shapes, *DATASETS]
        kind = kinds[rng.integers(len(kinds)) if rng.integers(2) else rng.integers(2)]
        try:
            ds = kind(ds, rng)
        except Exception:
            continue
        done.append(kind.__name__)
        if not isinstance(ds, xr.Dataset):
            break
    call = getattr(of, name)
    try:
        given = arguments_of(call, calls[name], ds, rng)
    except Exception:
        given = dict.fromkeys(calls[name])
    said = f"{name}({', '.join(f'{k}={_words(v)}' for k, v in given.items())}) after {done}"
    if of is DSCPlot:
        return (lambda: call(DSCPlot(ds), **given)), said
    return (lambda: call(ds, **given)), said


def _words(value):
    try:
        return f"{value!r:.80}"
    except TypeError:  # xarray cannot write names that are no text
        return f"a {type(value).__name__}"


def statistic(base, seed):
    return drawn_call(base, seed, STATISTICS, xdsc)


def figure(base, seed):
    return drawn_call(base, seed, FIGURES, DSCPlot)
