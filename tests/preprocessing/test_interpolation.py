"""Gaps of a cell, filled in time between its neighbours."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_blocks import Plain

from xdsc.errors import ParameterError
from xdsc.preprocessing.steps.interpolation import Interpolate

Interpolate = Plain(Interpolate)

NAN = np.nan


def series(values, time=None, dtype=float):
    """A block of one row: the series in the first cell, a cell without gaps beside it."""
    values = np.asarray(values, dtype)
    time = pd.date_range("2001", periods=len(values)) if time is None else time
    cells = np.stack([values, np.arange(len(values), dtype=dtype)], axis=-1)[:, None]
    return xr.Dataset({"a": (("time", "y", "x"), cells, {"units": "K"})}, {"time": time})


def filled(ds, **options):
    return Interpolate(**options).fit(ds).transform(ds)


def first_cell(ds, **options):
    return filled(ds, **options)["a"][:, 0, 0].values.tolist()


def test_a_gap_lies_on_the_line_between_its_neighbours():
    assert first_cell(series([1, NAN, 5, 7])) == [1, 3, 5, 7]
    assert first_cell(series([1, NAN, NAN, 7])) == [1, 3, 5, 7]


def test_weights_are_distances_in_time():
    # Six-hourly, with one step of 3 hours (1.5 steps and more would be a gap).
    hours = [0, 6, 12, 15, 21, 27]
    time = pd.Timestamp("2001") + pd.to_timedelta(hours, "h")
    assert first_cell(series([0, 6, NAN, 15, 21, 27], time))[2] == 12
    months = pd.date_range("2001-01", periods=3, freq="MS")
    # 31 of the 59 days from 1 January to 1 March.
    assert first_cell(series([0, NAN, 59], months))[1] == pytest.approx(31)


def test_ends_of_runs_stay_missing():
    time = pd.date_range("2001", periods=9).delete(4)
    ds = series([NAN, 1, 2, NAN, NAN, 3, 4, NAN], time)
    np.testing.assert_array_equal(first_cell(ds), [NAN, 1, 2, NAN, NAN, 3, 4, NAN])


def test_nothing_is_filled_over_a_missing_frame_and_none_is_filled_itself():
    ds = series([1, 2, NAN, NAN, 5, NAN, 7])
    ds["a"][3] = NAN  # all cells
    np.testing.assert_array_equal(first_cell(ds), [1, 2, NAN, NAN, 5, 6, 7])
    assert filled(ds)["a"][3].isnull().all()


def test_a_frame_is_there_if_any_variable_has_a_value_in_it():
    ds = series([1, 2, 3, NAN, 5])
    ds["a"][3] = NAN
    assert filled(ds.assign(b=ds["a"].fillna(0)))["a"][3].values.tolist() == [[4, 3]]


def test_masked_cells_stay_missing():
    assert np.isnan(first_cell(series([NAN] * 4))).all()


def test_gaps_longer_than_the_limit_stay_whole():
    ds = series([0, NAN, 2, NAN, NAN, 5, NAN, NAN, NAN, 9])
    expected = [0, 1, 2, 3, 4, 5, NAN, NAN, NAN, 9]
    np.testing.assert_array_equal(first_cell(ds, limit=2), expected)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_a_limit_is_a_whole_number(limit):
    with pytest.raises(ParameterError, match="limit of 1 time step or more"):
        Interpolate(limit)


def test_members_do_not_mix():
    ds = series([1, NAN, 3]).expand_dims(member=2).copy(deep=True)
    ds["a"][1, :, 0, 0] = [NAN, 20, 30]
    ds["a"][1, 2] = NAN  # missing in one member only
    expected = [[1, 2, 3], [NAN, 20, NAN]]
    np.testing.assert_array_equal(filled(ds)["a"][:, :, 0, 0], expected)


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day", "julian"])
def test_all_calendars(calendar):
    time = xr.date_range("2000-02-27", periods=6, calendar=calendar, use_cftime=True)
    assert first_cell(series([0, NAN, NAN, NAN, NAN, 5], time)) == [0, 1, 2, 3, 4, 5]


def test_what_is_there_stays_to_the_bit_and_the_input_whole():
    ds = series([0.1, NAN, 0.3, 1e-30], dtype=np.float32)
    before = ds.copy(deep=True)
    result = filled(ds)
    assert result["a"].dtype == np.float32
    assert result["a"].attrs == {"units": "K"}
    xr.testing.assert_identical(ds, before)
    xr.testing.assert_equal(result.where(ds.notnull()), ds)


def test_linear_data_are_restored():
    rng = np.random.default_rng(0)
    time = pd.date_range("2001", periods=30)
    whole = np.arange(30.0)[:, None, None] * rng.normal(size=(3, 4)) + rng.normal(size=(3, 4))
    holes = whole.copy()
    holes[1:-1][rng.random((28, 3, 4)) < 0.4] = NAN
    ds = xr.Dataset({"a": (("time", "y", "x"), holes)}, {"time": time})
    np.testing.assert_allclose(filled(ds)["a"], whole, rtol=1e-12, atol=1e-12)


def messy(seed):
    """Two members, two variables, gaps of all kinds."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2001", periods=26).delete([9, 10])
    values = rng.normal(size=(2, 2, 24, 2, 3))
    values[rng.random(values.shape) < 0.4] = NAN
    values[:, 0, [5, 17]] = NAN
    values[..., 1, 2] = NAN
    dims = ("member", "time", "y", "x")
    return xr.Dataset({"a": (dims, values[0]), "b": (dims, values[1])}, {"time": time})


@settings(max_examples=15)
@given(
    seed=st.integers(0, 99),
    cuts=st.sets(st.integers(1, 23), max_size=23),
    limit=st.sampled_from([None, 1, 2, 5, 40]),
    x=st.integers(1, 3),
)
def test_dask_equals_numpy_for_any_chunks(seed, cuts, limit, x):
    ds = messy(seed)
    edges = [0, *sorted(cuts), 24]
    lazy = ds.chunk(time=tuple(np.diff(edges)), x=x, member=1)
    # Variables may have chunks of their own, or none.
    lazy["b"] = ds["b"] if x == 2 else ds["b"].chunk(time=5)
    result = filled(lazy, limit=limit)
    assert dask.is_dask_collection(result)
    xr.testing.assert_identical(result.compute(), filled(ds, limit=limit))


def test_nothing_is_computed_before_it_is_needed():
    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        for limit in (None, 2):
            filled(messy(0).chunk(time=4), limit=limit)
