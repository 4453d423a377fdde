"""Writes docs/winter-regimes.md: winter regimes of real data, from the fit to their composites.

    python benchmarks/winter_regimes.py ../shared/data/eraint-wmed-daily

The folder has ERA-Interim, daily at 12 UTC, over the western Mediterranean, as the R package
synoptReg brings it: z500_ei.nc, t850_ei.nc and mslp_ei.nc. Every number and figure of the page
comes from the run; docs are built without it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib as mpl
import numpy as np
import winter_regimes_page
import xarray as xr

import xdsc

DOCS = Path(__file__).parent.parent / "docs"
FIGURES = DOCS / "winter-regimes"
FILES = ("z500_ei.nc", "t850_ei.nc", "mslp_ei.nc")
G = 9.80665
SEED, DRAWS = 0, 1000
#: Highs and lows, north and south of the Pyrenees and the Alps.
NORTH = 46.0


def opened(folder: Path) -> xr.Dataset:
    """The data, with heights in metres, as weather maps have them."""
    ds = xr.merge([xr.load_dataset(folder / name) for name in FILES])
    height = {"units": "m", "standard_name": "geopotential_height", "long_name": "500 hPa height"}
    ds["z500"] = (ds.z / G).assign_attrs(height)
    ds["t850"] = ds.t.assign_attrs(long_name="850 hPa temperature")
    return ds[["z500", "t850", "msl"]]


def names_of(patterns: xr.DataArray) -> list[str]:
    """Names by the half of the region in which each pattern is stronger, and its sign there."""
    north = patterns.latitude > NORTH
    names = []
    for pattern in patterns:
        halves = {
            "Northern": float(pattern.where(north).mean()),
            "Mediterranean": float(pattern.where(~north).mean()),
        }
        where = max(halves, key=lambda half: abs(halves[half]))
        names.append(f"{where} {'high' if halves[where] > 0 else 'low'}")
    if len(set(names)) < len(names):
        raise SystemExit(f"these patterns need other names than {names}")
    return names


def kept(fig: object, name: str) -> None:
    """Save a figure, small."""
    fig.savefig(FIGURES / f"{name}.png", dpi=80, pil_kwargs={"optimize": True})
    mpl.pyplot.close(fig)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    FIGURES.mkdir(exist_ok=True)

    ds = opened(args.folder)
    season = xdsc.Preprocessor(season="DJF", deseasonalize=True)
    fitted = ds.dsc.fit(
        k=4, variables="z500", method="kmeans", preprocessor=season, random_state=SEED
    )
    named = fitted.dsc.rename(names_of(fitted.dsc.composites().z500_anomaly))
    other = ds.dsc.fit(k=4, variables="z500", method="gmm", preprocessor=season, random_state=SEED)
    drawn = {"n": DRAWS, "random_state": SEED}
    periods = [("2000", "2005-06"), ("2005-07", "2010")]
    index = named.dsc.regime_index()
    events, states = index.dsc.life_cycles(threshold=1.0, min_duration="5D")
    found = {
        "composites": named.dsc.composites(significance="bootstrap", **drawn),
        "t": named.dsc.composites(significance="t"),
        "agreement": named.dsc.confusion(other.cluster).adjusted_rand_index.item(),
        "frequency": named.dsc.frequency(),
        "trend": named.dsc.frequency(trend=True, **drawn),
        "persistence": named.dsc.persistence(**drawn),
        "transitions": named.dsc.transitions(exclude_self=True, **drawn),
        "index": index,
        "events": events,
        "states": states,
        "decompose": xdsc.decompose(area_mean(named), "t850", periods, **drawn),
    }
    plot = named.dsc.plot
    kept(plot.composites("z500"), "patterns")
    kept(plot.frequency(by="season-year", **drawn), "frequency")
    kept(plot.persistence(**drawn), "persistence")
    kept(plot.transitions(**drawn), "transitions")
    kept(index.dsc.plot.regime_index(("2004-12", "2005-02")), "index")
    kept(index.dsc.plot.life_cycles(), "life-cycles")
    kept(plot.composites("t850", hatch=found["composites"].t850_significant), "temperature")
    kept(plot.decompose("t850", periods, **drawn), "change")
    page = winter_regimes_page.page(named, found)
    (DOCS / "winter-regimes.md").write_text(page, encoding="utf-8")
    size = sum(path.stat().st_size for path in FIGURES.glob("*.png"))
    print(f"docs/winter-regimes.md, figures of {size / 1024:.0f} KiB")


def area_mean(ds: xr.Dataset) -> xr.Dataset:
    """Means over the region, weighted by area."""
    return ds.weighted(np.cos(np.deg2rad(ds.latitude))).mean(["latitude", "longitude"])


if __name__ == "__main__":
    main()
