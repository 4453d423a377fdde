"""Data that read differently the second time are told, and never clustered without a word."""

import dask.array as da
import numpy as np
import pytest

import xdsc
from xdsc.errors import InputError


class Source:
    """An array whose frames from the twentieth on change at one of its readings, or from it on."""

    dtype, ndim = np.dtype("float32"), 3

    def __init__(self, values, change, at, for_good=True):
        self.values, self.change, self.at, self.for_good = values, change, at, for_good
        self.shape, self.read = values.shape, 0

    def __getitem__(self, key):
        found = self.values[key].copy()
        if key[0].start != 20:
            return found
        self.read += 1
        if self.read == self.at or (self.for_good and self.read > self.at):
            self.change(found)
        return found


def lost(values):
    values[2:4, :2] = np.nan


def filled(values):
    """As Zarr does where a chunk of whole numbers is gone."""
    values[:] = 0


def same(values):
    """As most sources do."""


@pytest.fixture(scope="module")
def base():
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    return ds[["t2m", "sp"]].astype("f4")


def of_source(base, *how):
    source = Source(base.t2m.values, *how)
    lazy = da.from_array(source, chunks=(10, -1, -1), name=False, asarray=False)
    return base.chunk(time=10).assign(t2m=(base.t2m.dims, lazy, base.t2m.attrs)), source


@pytest.mark.parametrize("settings", [{}, {"months": [1]}, {"gaps": "interpolate"}], ids=str)
@pytest.mark.parametrize(
    ("change", "words"),
    [(lost, "'t2m' with 20 values instead of 40"), (filled, "'t2m' with other values")],
)
def test_frames_that_change_after_they_were_learnt_from_are_told(base, settings, change, words):
    ds, _ = of_source(base, change, 2)
    with pytest.raises(InputError, match=f"{words} when read again, at .* from 2019-01-2"):
        ds.dsc.fit(k=3, method="kmeans", random_state=0, **settings)


def test_frames_that_change_for_one_reading_are_told(base):
    ds, _ = of_source(base, lost, 2, False)
    with pytest.raises(InputError, match="20 values instead of 40 when read again"):
        ds.dsc.fit(k=3, method="kmeans", months=[1])


def test_what_is_read_later_by_others_is_looked_at(base):
    """As frames that are streamed from a file are."""
    ds, _ = of_source(base, lost, 2)
    prepared = ds.dsc.preprocess()
    with pytest.raises(InputError, match="when read again, at 2 time steps from 2019-01-23"):
        prepared.compute()


def test_members_are_looked_at_each(base):
    ds, _ = of_source(base, lost, 2)
    with pytest.raises(InputError, match="at 2 time steps from 2019-01-23"):
        ds.expand_dims(number=2).dsc.fit(k=3, method="kmeans")


@pytest.mark.parametrize("settings", [{}, {"resample": "2D"}, {"months": [1]}], ids=str)
def test_what_stays_the_same_is_no_alarm(base, settings):
    """Also where missing values stay missing, and chunks are put together in another order."""
    gappy = base.where(base.t2m < base.t2m.quantile(0.99))
    ds, _ = of_source(gappy, same, 1)
    found = ds.chunk(time=20, latitude=2).dsc.preprocess(**settings).compute()
    there = gappy.dsc.preprocess(**settings)
    np.testing.assert_allclose(found.t2m, there.t2m, rtol=1e-5, atol=1e-5)
