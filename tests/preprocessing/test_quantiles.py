"""Quantiles: NumPy's, in one pass, whatever the chunks."""

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from plain_blocks import Plain

from xdsc.preprocessing.onepass import quantiles as module
from xdsc.preprocessing.onepass.quantiles import cell_quantiles, merged_tallies, quantiles_of, tally

Q = (0.0, 0.25, 0.5, 0.9, 1.0)
DIMS = ("time", "y", "x")


def quantiles(array):
    """Quantiles of NumPy or, put together chunk by chunk, of Dask."""
    if array.chunks is None:
        return quantiles_of(tally(array.values), Q)
    chunks = array.data.to_delayed().ravel()
    return quantiles_of(
        merged_tallies([tally(chunk.compute(scheduler="sync")) for chunk in chunks]), Q
    )


def nanquantile(values, axis=None):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice encountered")
        return np.nanquantile(np.asarray(values, np.float64), Q, axis=axis)


data = st.sampled_from(["f4", "f8"]).flatmap(
    lambda dtype: arrays(
        dtype,
        (5, 2, 3),
        elements=st.floats(-(2.0**99), 2.0**99, width=32) | st.just(np.nan),
    )
)

cell_quantiles = Plain(cell_quantiles)


@given(data, st.integers(1, 5), st.integers(1, 3))
def test_equal_to_numpy_for_any_chunks(values, times, columns):
    array = xr.DataArray(values, dims=DIMS)
    exact = quantiles(array)
    np.testing.assert_allclose(exact, nanquantile(values), rtol=1e-12, atol=1e-40)
    lazy = array.chunk(time=times, x=columns)
    np.testing.assert_array_equal(quantiles(lazy), exact)

    cells = cell_quantiles(array, Q)
    assert cells.dims == ("quantile", "y", "x")
    np.testing.assert_allclose(cells, nanquantile(values, axis=0), rtol=1e-12, atol=1e-40)
    np.testing.assert_array_equal(cell_quantiles(lazy, Q), cells)


@given(data, st.integers(1, 5), st.integers(2, 20))
def test_cut_values_do_not_depend_on_chunks(values, times, longest):
    array = xr.DataArray(values, dims=DIMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST", longest)
        patch.setattr(module, "_MERGED", 2)
        whole = quantiles(array)
        parts = quantiles(array.chunk(time=times))
        np.testing.assert_array_equal(parts, whole)
        patch.setattr(module, "_PIECE", 4)
        np.testing.assert_array_equal(quantiles(array), whole)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_error_of_cut_values_is_half_a_bin(monkeypatch, dtype):
    # 20,000 temperatures in 2^10 bins of one size from 256 to 512 K: those of 240 to 320 K need
    # bins of 1/8 K, and half as much below 256 K; a bin less than half as wide makes too many.
    monkeypatch.setattr(module, "LONGEST", 2**10)
    values = np.random.default_rng(0).uniform(240, 320, size=(20, 25, 40)).astype(dtype)
    found = quantiles(xr.DataArray(values, dims=DIMS))
    error = np.abs(found - np.quantile(values.astype("f8"), Q))
    assert error.max() <= 1 / 16 + 1e-9
    assert len(module.tally(values).keys) <= 2**10


def test_a_million_different_values_are_exact():
    values = np.random.default_rng(0).normal(size=(20, 500, 100)).astype("f4")
    found = quantiles(xr.DataArray(values, dims=DIMS))
    np.testing.assert_array_equal(found, np.quantile(values.astype("f8"), Q))


def test_zeros_have_no_sign():
    values = xr.DataArray([[[-0.0, 0.0, -1.0, 1.0, 0.0]]], dims=DIMS)
    tally = module.tally(values.values)
    assert module._floats(tally.keys).tolist() == [-1, 0, 1]
    assert tally.counts.tolist() == [1, 3, 1]
