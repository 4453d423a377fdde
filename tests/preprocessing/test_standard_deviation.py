"""Standard deviations: NumPy's, in one pass, whatever the chunks."""

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xdsc.preprocessing.block import STATISTIC, TIME, X, Y
from xdsc.preprocessing.onepass import reduction
from xdsc.preprocessing.onepass.moments import central_moments, mean_and_deviation
from xdsc.preprocessing.onepass.summaries import Statistic, Summary, nothing_known, sample_axes

DIMS = (TIME, Y, X)
# Between 100 and 101 hPa, of which a sum of squares would leave little.
data = arrays("f8", (5, 2, 3), elements=st.floats(100_000, 100_100) | st.just(np.nan))


def standard_deviation(values, over):
    """In one pass through the values of a variable."""
    values = values.rename("v").assign_coords({TIME: range(values.sizes[TIME])})
    dims = (STATISTIC, *(dim for dim in DIMS if dim not in over))

    def of_piece(piece, known, at):
        axis = sample_axes(piece) if over == (TIME,) else tuple(range(piece.ndim))
        return {
            "found": Statistic(central_moments(piece, axis), "moments", dims, mean_and_deviation)
        }

    summaries = [Summary(of_piece, nothing_known(values[TIME]))]
    lazy, variables = reduction.begin_pass(summaries, values.to_dataset())
    (computed,) = dask.compute(lazy)
    (found,) = reduction.finish_pass(summaries, variables, computed)
    return found["found"].v.isel({STATISTIC: 1})


@given(data, st.integers(1, 5), st.integers(1, 3), st.sampled_from([(TIME,), DIMS]))
def test_equal_to_numpy_for_any_chunks(values, times, columns, over):
    values[:, 0, 0] = np.nan
    values[0, 1, 1] = 1e5
    array = xr.DataArray(values, dims=DIMS)
    expected = array.std(over)
    found = standard_deviation(array, over)
    xr.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    lazy = standard_deviation(array.chunk({TIME: times, X: columns}), over)
    xr.testing.assert_allclose(lazy, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("over", [(TIME,), DIMS])
def test_float32_in_pieces(monkeypatch, over):
    monkeypatch.setattr(reduction, "_SLAB", 50)
    values = np.random.default_rng(0).normal(1e5, 1, size=(40, 3, 4)).astype("f4")
    found = standard_deviation(xr.DataArray(values, dims=DIMS), over)
    axis = tuple(DIMS.index(dim) for dim in over)
    np.testing.assert_allclose(found, values.astype("f8").std(axis), rtol=1e-10)


def test_nothing_has_none():
    empty = xr.DataArray(np.full((4, 1, 1), np.nan, "f4"), dims=DIMS)
    for array in (empty, empty.chunk({TIME: 1})):
        assert standard_deviation(array, DIMS).isnull()
