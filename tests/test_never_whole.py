"""No call has a lazy Dataset in memory as a whole, neither at once nor piece by piece."""

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from held import Held

import xdsc
from xdsc.errors import InputError
from xdsc.frames import chunks
from xdsc.preprocessing.presets import PRESETS


@pytest.fixture(autouse=True)
def _as_chunked(monkeypatch):
    """Chunks as small as here would be put together, up to a megabyte."""
    monkeypatch.setattr(chunks, "_LEAST_VALUES", 1)


SIDE, N_TIMES, CHUNK = 16, 4000, 60
FRAME = 4 * SIDE * SIDE


def made(time_block):
    """Fields of two regimes, made where they are read."""
    days = time_block[:, None, None]
    space = np.linspace(0, 3, SIDE)
    sign = np.where((days // 11) % 2, 1, -1)
    field = np.sin(space[:, None]) * np.cos(space) * sign + np.sin(days * 1.7 + space)
    return field.astype("f4")


@pytest.fixture(scope="module")
def long():
    """Many chunks, whose values are nowhere but in the task that makes them."""
    days = da.arange(N_TIMES, chunks=CHUNK, dtype="f8")

    def field(shift):
        return da.map_blocks(
            made,
            days + shift,
            dtype="f4",
            new_axis=[1, 2],
            chunks=(days.chunks[0], (SIDE,), (SIDE,)),
            meta=np.empty((0, 0, 0), "f4"),
        )

    space = np.linspace(40, 60, SIDE)
    dims = ("time", "latitude", "longitude")
    return xr.Dataset(
        {"z": (dims, field(0), {"units": "m"}), "t": (dims, field(5), {"units": "K"})},
        {
            "time": pd.date_range("2000", periods=N_TIMES),
            "latitude": ("latitude", space, {"units": "degrees_north"}),
            "longitude": ("longitude", space, {"units": "degrees_east"}),
        },
    )


@pytest.fixture(scope="module")
def of_long(long):
    """Fitted to a part of it."""
    return xdsc.ClusterModel(2, method="gmm", n_components=2, random_state=0).fit(
        long.isel(time=slice(200)).compute()
    )


# What may be there at once, of more than a hundred chunks: float64 on the way, several variables, a
# chunk that is merged and read at the same time, and sums that wait for each other.
FEW = 16 * CHUNK * FRAME

# Each is called, and then its result is computed.
CALLS = {
    **{
        f"preprocess {preset}": lambda ds, model, preset=preset: ds.dsc.preprocess(
            preset=preset
        ).z.mean()
        for preset in PRESETS
    },
    "transform": lambda ds, model: model.preprocessor_.transform(ds).z.mean(),
    "inverse_transform": lambda ds, model: model.preprocessor_.inverse_transform(
        model.preprocessor_.transform(ds)
    ).z.mean(),
    "predict": lambda ds, model: model.predict(ds),
    "label": lambda ds, model: model.label(ds).cluster,
    "novelty": lambda ds, model: model.novelty(ds),
    "membership": lambda ds, model: model.membership(ds),
    "embedding": lambda ds, model: model.embedding(ds),
    "composites": lambda ds, model: xdsc.composites(model.label(ds)),
    "composites of known labels": lambda ds, model: xdsc.composites(
        ds, model.predict(ds).compute()
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_call_holds_the_whole_array(long, of_long, call):
    """Neither while it is called nor while its result is computed."""
    assert N_TIMES * FRAME >= 4 * FEW
    with (
        Held() as memory,
        dask.config.set({"scheduler": "synchronous", "array.chunk-size": 2 * CHUNK * FRAME}),
    ):
        call(long, of_long).compute()
    assert 0 < memory.largest <= 2 * 2 * CHUNK * FRAME
    assert memory.most <= FEW


def test_the_guard_would_see_it(long):
    with Held() as memory, dask.config.set(scheduler="synchronous"):
        long.z.chunk(time=-1).mean().compute()
    assert memory.most >= N_TIMES * FRAME


@pytest.mark.parametrize("call", ["predict", "label", "membership", "embedding", "composites"])
def test_nothing_is_computed_before_it_is_asked_for(long, of_long, call):
    with Held() as memory:
        if call == "composites":
            of_long.label(long).dsc.composites()
        else:
            getattr(of_long, call)(long)
    assert memory.most == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda ds: ds.dsc.score(labels=np.arange(ds.sizes["time"]) % 2),
        lambda ds: xdsc.compare(ds, 3, ["kmeans"], n_runs=2, progress=False),
    ],
    ids=["score", "compare"],
)
def test_what_needs_all_of_the_data_says_so_before_it_reads_them(long, call, monkeypatch):
    free = 2 * N_TIMES * FRAME - 1
    monkeypatch.setattr("xdsc.preprocessing.prepared.available_memory", lambda: free)
    prepared = long.dsc.preprocess()
    with (
        Held() as memory,
        pytest.raises(InputError, match=r"7\.81 MiB in z, t\. .* shorter period"),
    ):
        call(prepared)
    assert memory.most == 0
    monkeypatch.setattr("xdsc.preprocessing.prepared.available_memory", lambda: free + 1)
    call(prepared.isel(time=slice(0, None, 40)))
