"""What comes in beside a Dataset is aligned by its coordinates, or refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError

T = 12


@pytest.fixture(scope="module")
def ds():
    time = pd.date_range("2000-01-01", periods=T)
    values = np.random.default_rng(0).normal(size=(2, T, 2, 3))
    return xr.Dataset(
        {"z": (("number", "time", "lat", "lon"), values)},
        {"number": [1, 2], "time": time, "lat": [40.0, 50.0], "lon": [0.0, 1.0, 2.0]},
    )


@pytest.fixture(scope="module")
def labels(ds):
    values = np.arange(2 * T).reshape(2, T) % 5 % 3
    coords = {"number": ds.number, "time": ds.time}
    return xr.DataArray(values, coords, ("number", "time"), name="mine")


def composed(ds, labels):
    return xdsc.composites(ds, labels).z


def dates(index):
    """Labels of one member with an index of pandas."""
    return lambda labels, time: pd.Series(labels.values, index(time))


ONE = {
    "another name": lambda labels, time: labels.rename(time="valid_time"),
    "text": dates(lambda time: time.strftime("%Y-%m-%d")),
    "Python's dates": dates(lambda time: list(time.date)),
    "periods": dates(lambda time: time.to_period("D")),
    "a time zone": dates(lambda time: time.tz_localize("UTC")),
    "seconds": dates(lambda time: time.as_unit("s")),
    "a named index": dates(lambda time: time.rename("time")),
    "cftime": lambda labels, time: xr.DataArray(
        labels.values, {"t": xr.date_range("2000-01-01", periods=T, use_cftime=True)}, ("t",)
    ),
}


@pytest.mark.parametrize("how", ONE)
def test_labels_of_times(ds, labels, how):
    ds, one = ds.isel(number=0, drop=True), labels.isel(number=0, drop=True)
    given = ONE[how](one, ds.indexes["time"])
    backwards = given[::-1]
    right = composed(ds, one)
    for same in (given, backwards):
        xr.testing.assert_allclose(composed(ds, same), right)
    later = ds.assign_coords(time=ds.time + np.timedelta64(30, "D"))
    with pytest.raises(ParameterError, match=r"at the time steps of the Dataset.*select the same"):
        composed(later, given)


@pytest.mark.parametrize("index", [None, pd.RangeIndex(5, 5 + T)])
def test_what_has_no_dates_is_taken_by_position(ds, labels, index):
    ds, one = ds.isel(number=0, drop=True), labels.isel(number=0, drop=True)
    found = composed(ds, pd.Series(one.values, index))
    xr.testing.assert_allclose(found, composed(ds, one))
    xr.testing.assert_allclose(composed(ds, one.values.tolist()), found)


def test_labels_of_members(ds, labels):
    right = composed(ds, labels)
    for same in (
        labels.sel(number=[2, 1]),
        labels[:, ::-1].T,
        labels.chunk(time=5).sel(number=[2, 1]),
        labels.to_series(),
        labels.T.to_series().sample(frac=1, random_state=0),
        labels.to_pandas(),
        labels.drop_vars(["number", "time"]),
    ):
        xr.testing.assert_allclose(composed(ds, same), right)
    for other in (
        labels.assign_coords(number=[1, 3]),
        labels.assign_coords(time=ds.time + np.timedelta64(30, "D")),
        labels.assign_coords(number=[1, 3]).to_series(),
    ):
        with pytest.raises(ParameterError, match="of the Dataset"):
            composed(ds, other)


def test_truth_and_embeddings(ds, labels):
    ds = ds.assign_coords(cluster=labels)
    embedding = xr.DataArray(
        np.random.default_rng(1).normal(size=(2, T, 2)), dims=("number", "time", "latent")
    ).assign_coords(number=ds.number, time=ds.time)
    options = {"space": "embedding", "metrics": ["rmse_mean", "adjusted_rand_index"]}
    right = xdsc.score(ds, embedding=embedding, truth=labels, **options)
    assert right.score.sel(metric="adjusted_rand_index") == 1
    found = xdsc.score(
        ds, embedding=embedding[::-1, ::-1], truth=labels.sel(number=[2, 1]), **options
    )
    xr.testing.assert_allclose(found, right)
    other = embedding.assign_coords(number=[5, 6])
    with pytest.raises(ParameterError, match=r"embeddings at the 'number' of the Dataset"):
        xdsc.score(ds, embedding=other, truth=labels, **options)
