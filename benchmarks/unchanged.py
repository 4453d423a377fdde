"""Everything that a fit says, as hashes: what a change that should change nothing leaves alone.

    python benchmarks/unchanged.py --write before.json      # at the commit before
    python benchmarks/unchanged.py --against before.json    # at the commit after, same machine

Every row of `METHODS` is fitted on two small Datasets under the three presets: one with masked
cells, gaps and an odd grid, in memory; one with members, in Dask. Kept are the labels, memberships,
embeddings, reconstructions, novelty, composites and scores, the labels of other days, and those of
the model after a round through its file. Hashes are of all bits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import xarray as xr

import xdsc
from xdsc.methods import METHODS
from xdsc.preprocessing import PRESETS

TINY = {
    "network": {"filters": (4, 4), "lstm_units": (4,), "latent_dim": 3},
    "pretrain_epochs": 1,
    "epochs": 2,
    "layer_epochs": 1,
    "hidden": (8,),
    "units": (4, 4),
    "window": 3,
}


def masked() -> xr.Dataset:
    """Sixty days on 5 × 7 points: a masked cell, a missing frame, a missing date, a gap."""
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=5, n_lon=7, n_regimes=3, seed=1)
    ds = ds[["t2m", "sp", "u10"]].drop_isel(time=[20])
    sea = (ds.latitude == ds.latitude[0]) & (ds.longitude == ds.longitude[2])
    for name in ds.data_vars:
        ds[name] = ds[name].where(ds.time != ds.time[7])
    ds["t2m"] = ds.t2m.where(~sea)
    ds["sp"][12, 0, 0] = np.nan
    return ds


def ensemble() -> xr.Dataset:
    """Two members of thirty days in Dask, four chunks of time."""
    made = [
        xdsc.tutorial.open_dataset(n_times=30, n_lat=4, n_lon=4, n_regimes=3, seed=seed)
        for seed in (1, 2)
    ]
    both = xr.concat([ds[["t2m", "sp"]] for ds in made], "member")
    return both.assign_coords(member=[0, 1]).chunk(time=8)


DATASETS: dict[str, Callable[[], xr.Dataset]] = {"masked": masked, "ensemble": ensemble}


def digest(found: xr.Dataset | xr.DataArray) -> str:
    """Hash of names, shapes, dtypes and bits of all values."""
    ds = found.to_dataset(name="it") if isinstance(found, xr.DataArray) else found
    made = hashlib.sha256()
    for name in sorted(map(str, ds.data_vars)):
        values = np.ascontiguousarray(ds[name].values)
        made.update(f"{name} {ds[name].dims} {values.shape} {values.dtype}".encode())
        made.update(values.astype("U").tobytes() if values.dtype == object else values.tobytes())
    return made.hexdigest()[:16]


def answers(ds: xr.Dataset, method: str, preset: str) -> dict[str, str]:
    """Hash of each answer of one fit; the name of the error where there is one."""
    row = METHODS[method]
    options = {name: value for name, value in TINY.items() if name in row.options}
    model = xdsc.ClusterModel(
        3 if row.takes_k else None,
        method=method,
        preset=preset,
        random_state=0,
        progress=False,
        **options,
    )
    labelled = model.fit_label(ds)
    later = ds.isel(time=slice(5, 20))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xdsc"
        model.save(path)
        loaded = xdsc.load_model(path)
    asked: dict[str, Callable[[], xr.Dataset | xr.DataArray]] = {
        "labels": lambda: model.labels_,
        "labels of other days": lambda: model.predict(later),
        "labels after loading": lambda: loaded.predict(ds),
        "membership": lambda: model.membership(ds),
        "embedding": lambda: model.embedding(ds),
        "novelty": lambda: model.novelty(ds),
        "reconstruction": lambda: model.reconstruct(ds),
        "composites": lambda: xdsc.composites(labelled),
        "scores": lambda: labelled.dsc.score(),
        "scores in the embedding": lambda: xdsc.score(
            labelled, space="embedding", embedding=model.embedding(ds)
        ),
    }
    found = {}
    for name, ask in asked.items():
        try:
            found[name] = digest(ask())
        except xdsc.XdscError as error:
            found[name] = type(error).__name__
    return found


def everything(methods: list[str]) -> dict[str, str]:
    """All hashes, by Dataset, preset, method and question."""
    found = {}
    for which, make in DATASETS.items():
        ds = make()
        for preset in PRESETS:
            for method in methods:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        of_fit = answers(ds, method, preset)
                    except xdsc.XdscError as error:
                        of_fit = {"fit": type(error).__name__}
                for name, value in of_fit.items():
                    found[f"{which} · {preset} · {method} · {name}"] = value
                print(f"{which} · {preset} · {method}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", default=list(METHODS), help=", ".join(METHODS))
    parser.add_argument("--write", type=Path, help="where to keep the hashes")
    parser.add_argument("--against", type=Path, help="the hashes to compare with")
    args = parser.parse_args()
    found = everything(args.methods)
    if args.write:
        args.write.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if args.against:
        before = json.loads(args.against.read_text())
        differ = [name for name, value in found.items() if before.get(name) != value]
        for name in differ:
            print(f"differs: {name}: {before.get(name)} before, {found[name]} now")
        print(f"{len(found) - len(differ)} of {len(found)} the same")
        raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()
