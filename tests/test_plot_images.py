"""Every figure looks as it did: small pictures of them, compared generously.

Once of the tutorial Dataset, and once of winters of ERA-Interim, where these are at hand.
``XDSC_WRITE_PICTURES=1 pytest tests/test_plot_images.py`` draws the pictures anew, after a look at
the figures themselves.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

import xdsc
from xdsc import plot

PICTURES = Path(__file__).parent / "data" / "figures.npz"
SIZE = (20, 30)  # rows and columns of a picture
K = 3


@pytest.fixture(autouse=True)
def _close_figures():
    with plt.style.context("default"):
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def tutorial():
    found = xdsc.tutorial.open_dataset(n_times=400, n_lat=10, n_lon=12, n_regimes=K, seed=0)
    return found.assign_coords(cluster=found.regime)


@pytest.fixture(scope="module")
def winters(data_dir):
    """Four regimes of eleven years of winters, with all that a fit leaves."""
    folder = data_dir / "eraint-wmed-daily"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not there")
    found = xr.merge([xr.load_dataset(path) for path in sorted(folder.glob("*.nc"))])
    found["t850"] = found.t.mean(["longitude", "latitude"])
    settings = {"variables": "z", "preset": "weather-regimes", "season": "DJF"}
    return found.dsc.fit(k=4, method="kmeans", random_state=0, **settings)


def _compare(ds):
    rng = np.random.default_rng(0)
    result = xr.Dataset(
        {"score": (("method", "run", "metric"), rng.random((4, 3, 2)))},
        coords={
            "method": ["kmeans", "gmm", "dec", "dsc"],
            "metric": ["silhouette", "rmse_mean"],
            "direction": ("metric", ["higher", "lower"]),
        },
        attrs={"k": [K]},
    )
    return plot.compare(result)


def _history(ds):
    epoch = np.arange(30)
    training = xr.Dataset(
        {
            "phase": ("epoch", ["pretrain"] * 15 + ["joint"] * 15),
            "reconstruction_loss": ("epoch", 0.5 + 0.5 / (1 + epoch)),
            "clustering_loss": ("epoch", np.where(epoch < 15, np.nan, 20.0 - epoch / 2)),
            "label_change": ("epoch", np.where(epoch < 15, np.nan, (30 - epoch) / 60)),
        },
        coords={"epoch": epoch},
    )
    return plot.history(training)


def _means(ds):
    """Two years of the tutorial, and what is asked of them."""
    halves = [slice("2019-01", "2019-06"), slice("2019-07", "2019-12")]
    return plot.decompose(ds, "t2m", halves, n=3, random_state=0)


def _index(ds):
    given = ds.t2m.mean(["latitude", "longitude"])
    return plot.conditional_frequency(ds, given, n=3, random_state=0)


TUTORIAL = {
    "contours": lambda ds: plot.composites(ds, "t2m", contours="sp", projection="plain"),
    "cells": lambda ds: plot.composites(ds, "sst", kind="mean", projection="plain", col_wrap=2),
    "timeline": plot.timeline,
    "winters": lambda ds: plot.timeline(ds.isel(time=ds.time.dt.season == "DJF")),
    "frequency": plot.frequency,
    "years": lambda ds: plot.frequency(ds, by="season-year", trend=False),
    "persistence": lambda ds: plot.persistence(ds, n=3, random_state=0),
    "transitions": lambda ds: plot.transitions(ds, n=3, random_state=0),
    "history": _history,
    "embedding": lambda ds: plot.embedding(ds, plot.rows_of(ds), kind="pca"),
    "silhouette": lambda ds: plot.silhouette(ds, plot.rows_of(ds)),
    "compare": _compare,
    "conditional_frequency": _index,
    "decompose": _means,
    "regime_index": lambda ds: plot.regime_index(ds, variable="sp"),
    "life_cycles": lambda ds: plot.life_cycles(ds, variable="sp"),
}
PERIODS = [slice("2000", "2004"), slice("2005", "2010")]
DRAWS = {"n": 3, "random_state": 0}
WINTERS = {
    "composites": lambda dsc: dsc.plot.composites("z", contours="t", significance="t"),
    "temperature": lambda dsc: dsc.plot.composites("t", draw="pcolormesh", projection="plain"),
    "timeline": lambda dsc: dsc.plot.timeline(),
    "frequency": lambda dsc: dsc.plot.frequency(),
    "years": lambda dsc: dsc.plot.frequency(by="season-year", **DRAWS),
    "persistence": lambda dsc: dsc.plot.persistence(**DRAWS),
    "transitions": lambda dsc: dsc.plot.transitions(**DRAWS),
    "conditional_frequency": lambda dsc: dsc.plot.conditional_frequency("t850", **DRAWS),
    "decompose": lambda dsc: dsc.plot.decompose("t", PERIODS, **DRAWS),
    "regime_index": lambda dsc: dsc.plot.regime_index(("2009-12", "2010-02"), min_duration="3D"),
    "life_cycles": lambda dsc: dsc.plot.life_cycles(min_duration="3D"),
    "silhouette": lambda dsc: dsc.plot.silhouette(),
    "embedding": lambda dsc: dsc.plot.embedding("pca"),
}


def _picture(fig):
    """A figure as (rows, columns, RGB), each the mean of what it covers."""
    fig.set_dpi(30)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    values = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
    for axis, n in enumerate(SIZE):
        edges = np.linspace(0, values.shape[axis], n + 1).astype(int)[:-1]
        sums = np.add.reduceat(values, edges, axis=axis)
        widths = np.diff(np.append(edges, values.shape[axis]))
        values = sums / widths.reshape([-1 if i == axis else 1 for i in range(3)])
    return values.round().astype(np.uint8)


def _unlike(a, b):
    """Share of the parts of two pictures that one would see to differ."""
    return float((np.abs(a.astype(int) - b.astype(int)).max(axis=-1) > 15).mean())


def _check(fig, name, stored_as):
    """A figure of this name is like the stored one, and like no other of the same data."""
    found = _picture(fig)
    stored = dict(np.load(PICTURES)) if PICTURES.is_file() else {}
    if os.environ.get("XDSC_WRITE_PICTURES"):
        np.savez_compressed(PICTURES, **stored | {stored_as(name): found})
        return
    assert _unlike(found, stored[stored_as(name)]) < 0.12
    others = TUTORIAL if name == stored_as(name) else WINTERS
    assert min(_unlike(found, stored[stored_as(other)]) for other in others if other != name) > 0.12


@pytest.mark.parametrize("name", TUTORIAL)
def test_a_figure_looks_as_it_did(tutorial, name):
    _check(TUTORIAL[name](tutorial), name, str)


@pytest.mark.parametrize("name", WINTERS)
def test_a_figure_of_real_winters_looks_as_it_did(winters, name):
    _check(WINTERS[name](winters.dsc), name, "winters of {}".format)


def test_every_figure_has_a_picture():
    drawn = " ".join([*TUTORIAL, *WINTERS, "history compare"])
    assert {name for name in vars(plot.DSCPlot) if name[0] != "_"} <= {*drawn.split()}
