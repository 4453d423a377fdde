"""Same data, same seed: same labels, in one process or two, NumPy or Dask."""

import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

FIT = """
import xdsc
ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=5, n_lon=7, n_regimes=3, seed=1)
fit = ds.dsc.fit(k=3, random_state=11, **{options})
print(fit.cluster.values.tolist())
print([round(float(x), 6) for x in fit.dsc.history.reconstruction_loss])
"""


def test_two_fresh_processes_give_the_same_labels(tiny, tmp_path):
    # Joint training alone has all that is random: weights, batches, displacement, dropout, k-means.
    network = {**tiny["network"], "dropout": 0.2}
    options = {**tiny, "network": network, "pretrain_epochs": 0}
    (tmp_path / "fit.py").write_text(FIT.format(options=options))

    def start(hash_seed):
        return subprocess.Popen(
            [sys.executable, str(tmp_path / "fit.py")],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    outputs = []
    for process in [start("1"), start("2")]:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        outputs.append(out)
    assert len(outputs[0]) > 100
    assert outputs[0] == outputs[1]


def test_dask_and_numpy_give_the_same_labels_with_dsc(fitted, tiny):
    lazy = fitted.before.chunk(time=10, latitude=3)
    labelled = lazy.dsc.fit(k=3, window=3, random_state=0, **tiny)
    xr.testing.assert_identical(labelled.cluster.variable, fitted.labelled.cluster.variable)
    assert labelled.t2m.chunks == lazy.t2m.chunks


def kmeans(ds):
    return ds.dsc.fit(k=3, method="kmeans", random_state=0).cluster.values


@pytest.mark.parametrize(
    "chunks", [{"time": 1}, {"time": 7, "longitude": 2}, {"latitude": 1}, {"time": -1}], ids=str
)
def test_the_layout_of_chunks_does_not_matter(messy, chunks):
    np.testing.assert_array_equal(kmeans(messy.chunk(chunks)), kmeans(messy))


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds[list(ds.data_vars)[::-1]],
        lambda ds: ds.isel(latitude=slice(None, None, -1)),
        lambda ds: ds.isel(longitude=slice(None, None, -1)),
        lambda ds: ds.transpose("longitude", "latitude", "time", ...),
        lambda ds: ds.assign(t2m=ds.t2m.astype("f8") - 273.15),
        lambda ds: ds.assign(sp=ds.sp / 100),
        lambda ds: ds.astype("f8"),
    ],
    ids=["variables", "latitude", "longitude", "dims", "celsius", "hPa", "float64"],
)
def test_how_the_same_weather_is_written_does_not_matter_to_kmeans(small, change):
    # Ties in frequency aside, numbering by frequency makes even the numbers equal.
    np.testing.assert_array_equal(kmeans(change(small)), kmeans(small))


def test_without_a_seed_one_is_drawn_and_told(small, tiny):
    untrained = {**tiny, "pretrain_epochs": 0, "epochs": 0}
    first = small.dsc.fit(k=3, **untrained)
    seed = first.cluster.attrs["xdsc_random_state"]
    assert isinstance(seed, int)
    again = small.dsc.fit(k=3, random_state=seed, **untrained)
    xr.testing.assert_identical(again.cluster, first.cluster)


def test_a_fit_does_not_depend_on_the_fits_before_it(small):
    """They share a network, and dropout draws from its random state."""
    options = {
        "network": {"filters": (4,), "lstm_units": (4,), "latent_dim": 3, "dropout": 0.3},
        "pretrain_epochs": 1,
        "epochs": 1,
        "progress": False,
    }
    first, _, again = (small.dsc.fit(k=3, random_state=seed, **options) for seed in (0, 1, 0))
    xr.testing.assert_identical(first.cluster, again.cluster)
    xr.testing.assert_identical(first.dsc.embedding(), again.dsc.embedding())
    xr.testing.assert_identical(first.dsc.history, again.dsc.history)
