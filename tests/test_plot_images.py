"""Every figure looks as it did: small pictures of them, compared generously.

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
def ds():
    found = xdsc.tutorial.open_dataset(n_times=400, n_lat=10, n_lon=12, n_regimes=K, seed=0)
    return found.assign_coords(cluster=found.regime)


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


FIGURES = {
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


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_as_it_did(ds, name):
    found = _picture(FIGURES[name](ds))
    stored = dict(np.load(PICTURES)) if PICTURES.is_file() else {}
    if os.environ.get("XDSC_WRITE_PICTURES"):
        np.savez_compressed(PICTURES, **stored | {name: found})
        return
    assert _unlike(found, stored[name]) < 0.12
    # The others are not taken for it.
    assert min(_unlike(found, stored[other]) for other in FIGURES if other != name) > 0.12
