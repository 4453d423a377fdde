"""A fit and a transform of Dask data hold a few chunks, however long the record is."""

import warnings
from functools import cache

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from held import Held

import xdsc
from xdsc.errors import XdscWarning
from xdsc.frames import chunks
from xdsc.frames.chunks import warn_of_chunks, with_fewer_chunks
from xdsc.preprocessing.onepass import quantiles
from xdsc.preprocessing.onepass.summaries import Statistic, combined
from xdsc.preprocessing.presets import PRESETS

SIDE, CHUNK = 12, 250
CHUNK_BYTES = 4 * CHUNK * SIDE * SIDE
# Two years of eight-hourly data, and nine.
SHORT, LONG = 2500, 10_000

SETTINGS = {preset: {"preset": preset} for preset in PRESETS} | {
    "harmonics and trend": {"deseasonalize": 2, "detrend": True},
    "day": {"deseasonalize": "day", "scale": "standard"},
    "month": {"deseasonalize": "month", "detrend": True},
    "hour": {"deseasonalize": "hour", "scale": "cell-standard"},
    "trend": {"detrend": True, "scale": "robust"},
    "filter": {"filter": 5, "season": "DJF"},
    "interpolate": {"gaps": "interpolate", "filter": 3},
    "resample": {"resample": "2D", "scale": "standard"},
}


def fields(time, latitude):
    """Rounded fields with a cycle, noise and some gaps, made where they are read."""
    t, y, x = time[:, None, None], latitude[:, None], np.arange(SIDE)
    noise = np.sin(t * 12.9898 + y * 78.233 + x * 37.719) * 43758.5453 % 1
    values = 280 + 10 * np.sin(t / 174) + np.cos(t * np.pi / 1.5) + 4 * noise
    values = np.where((noise > 0.999) | ((y == 3) & (x < 4)), np.nan, np.round(values, 2))
    values[time % 1000 == 777] = np.nan
    return values.astype("f4")


def record(n_times, chunks=CHUNK, rows=SIDE):
    time = da.arange(n_times, chunks=chunks)
    latitude = da.arange(SIDE, chunks=rows)
    values = da.blockwise(
        fields, "tyx", time, "t", latitude, "y", new_axes={"x": SIDE}, dtype="f4",
        meta=np.empty((0, 0, 0), "f4"),
    )  # fmt: skip
    return xr.Dataset(
        {"z": (("time", "latitude", "longitude"), values)},
        {
            "time": pd.date_range("2001", periods=n_times, freq="8h"),
            "latitude": np.linspace(40, 60, SIDE),
            "longitude": np.linspace(0, 20, SIDE),
        },
    )


def most(function, scheduler):
    with Held() as alive, dask.config.set(scheduler=scheduler, num_workers=2):
        function()
    return alive.most


@pytest.fixture
def as_chunked(monkeypatch):
    """Chunks of any size are what they are: these here stand for larger ones."""
    monkeypatch.setattr(chunks, "_LEAST_VALUES", 1)
    monkeypatch.setattr(quantiles, "LONGEST", 2**12)


# What is known of each time, and numbers of its frame.
OF_TIMES = 64 * (LONG - SHORT)


# What the threads do at once is not always the same: they may hold some chunks more.
@pytest.mark.usefixtures("as_chunked")
@pytest.mark.parametrize(
    ("settings", "scheduler"),
    [(settings, "synchronous") for settings in SETTINGS.values()]
    + [(SETTINGS["weather-regimes"], "threads")],  # which does what the others do, and more
    ids=[*SETTINGS, "weather-regimes in threads"],
)
def test_memory_does_not_grow_with_the_record(settings, scheduler):
    fitted = xdsc.Preprocessor(**settings)
    short = most(lambda: fitted.fit(record(SHORT)), scheduler)
    long = most(lambda: xdsc.Preprocessor(**settings).fit(record(LONG)), scheduler)
    # Four times as much data make the tree higher by two; each branch has up to three sums, or
    # five of twice as many harmonics, for each term of a climatology.
    terms = sum(step.fitted_.nbytes for step in fitted.steps_)
    assert long <= short + 2 * 5 * terms + OF_TIMES + 4 * CHUNK_BYTES
    whole = LONG // CHUNK * CHUNK_BYTES
    if settings.get("deseasonalize") not in ("day", "hour"):  # whose terms are as many as the data
        assert long < whole / 2


@cache
def fitted_to_numpy(name):
    return xdsc.Preprocessor(**SETTINGS[name]).fit(record(SHORT).compute())


@pytest.mark.parametrize("name", SETTINGS)
def test_transform_holds_a_few_chunks(name):
    def read(n_times):
        found = fitted_to_numpy(name).transform(record(n_times)).z
        return most(lambda: found.max().compute(), "synchronous")

    # The short record has too few chunks for all that are held of a long one.
    assert read(LONG) <= read(SHORT) + OF_TIMES + 8 * CHUNK_BYTES


def test_the_guard_would_see_it():
    whole = record(LONG).z
    held = most(lambda: whole.chunk(time=-1).max().compute(), "synchronous")
    assert held >= 4 * LONG * SIDE * SIDE


# --- The same values -------------------------------------------------------------------------

LAYOUTS = {
    "both": {"chunks": ((700, 1, 1299, 500),), "rows": 7},
    "whole": {"chunks": -1, "rows": 10},
    "tiny": {"chunks": 20},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("name", SETTINGS)
def test_any_chunks_give_what_numpy_gives(name, layout):
    expected = fitted_to_numpy(name)
    found = xdsc.Preprocessor(**SETTINGS[name]).fit(record(SHORT, **layout))
    for mine, theirs in zip(found.steps_, expected.steps_, strict=True):
        # After float32 anomalies in other slabs, nothing else differs.
        xr.testing.assert_allclose(mine.fitted_, theirs.fitted_, rtol=1e-9, atol=1e-9)
    xr.testing.assert_identical(found.gaps_, expected.gaps_)
    assert found.fingerprint == expected.fingerprint


def test_sums_of_bins_go_together_by_their_numbers():
    first = {"sums": Statistic((np.array([1, 4]), np.array([[[1.0]], [[2.0]]])), "bins")}
    second = {"sums": Statistic((np.array([0, 4]), np.array([[[3.0, 5.0]], [[4.0, 6.0]]])), "bins")}
    bins, sums = combined([first, second])["sums"].data
    assert bins.tolist() == [0, 1, 4]
    assert sums.tolist() == [[[3, 5]], [[1, 1]], [[6, 8]]]


# --- Chunks ----------------------------------------------------------------------------------


def test_tiny_chunks_are_put_together_before_anything_is_done():
    ds = record(SHORT, chunks=1)
    few = with_fewer_chunks(ds, "time")
    assert few.z.chunksizes["time"] == (1820, 680)
    assert with_fewer_chunks(few, "time").z.chunks == few.z.chunks


@pytest.mark.parametrize(
    ("shape", "chunks", "scale", "words"),
    [
        ((2000, 1000, 1000), (500, 1000, 1000), None, ["1.9 GiB", "'time': 33"]),
        ((200_000, 2, 2), (1, 2, 2), None, ["at most 100000", "chunks={'time': "]),
        ((2000, 1000, 1000), (30, -1, -1), "cell-robust", ["'cell-standard'", "'time': -1"]),
        ((2000, 1000, 1000), (30, -1, -1), "standard", None),
        ((2000, 1000, 1000), (-1, 50, 50), "cell-robust", None),
    ],
    ids=["large", "tiny", "sorted", "good", "space"],
)
def test_a_hopeless_layout_gets_one_warning_with_what_to_type(shape, chunks, scale, words):
    values = da.zeros(shape, chunks=chunks, dtype="f4")
    ds = xr.Dataset({"z": (("time", "latitude", "longitude"), values)})
    axes = xdsc.cf.Axes(time="time", y="latitude", x="longitude", latitude=None, longitude=None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_chunks(ds, axes, ["z"], sorts_series=scale == "cell-robust")
    assert [w.category for w in caught] == [XdscWarning] * (words is not None)
    for word in words or []:
        assert word in str(caught[0].message)
