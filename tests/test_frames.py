"""Frames are the prepared data, stacked, and know where time has gaps."""

from dataclasses import replace

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc import Preprocessor
from xdsc.cf import Axes
from xdsc.errors import InputError
from xdsc.frames import Frames
from xdsc.frames.fingerprint import fingerprint

AXES = Axes("time", "lat", "lon")


def prepared(n_times=6, **extra):
    """Two variables in two orders of dims; "b" has a masked cell."""
    rng = np.random.default_rng(0)
    a = rng.random((n_times, 2, 3))
    b = rng.random((3, n_times, 2))
    b[1, :, 0] = np.nan
    return xr.Dataset(
        {"a": (("time", "lat", "lon"), a), "b": (("lon", "time", "lat"), b), **extra},
        coords={"time": xr.date_range("2000-01-01", periods=n_times)},
    )


def without_frames(ds, *steps):
    """The Dataset with the given frames missing."""
    keep = ~np.isin(np.arange(ds.sizes["time"]), steps)
    return ds.where(xr.DataArray(keep, dims="time"))


def test_what_the_calendar_says_of_labels_goes_by_the_dates_of_frames():
    n = 4 * 365
    ds = without_frames(prepared(n), *range(5, 200))
    frames = Frames.from_dataset(ds, AXES, ["a"])
    summer = np.isin(ds.time.dt.month[frames.steps], range(4, 10)).astype(int)
    (found,) = frames.calendar_shares(summer)
    assert (found.part, found.is_telling) == ("month", True)
    (found,) = frames.calendar_shares(np.random.default_rng(0).permutation(summer))
    assert not found.is_telling
    nobody_knows = replace(frames, time=None)
    assert nobody_knows.calendar_shares(summer) == ()


def test_values_are_stacked_as_time_lat_lon_variable_in_the_order_asked_for():
    ds = prepared()
    frames = Frames.from_dataset(ds, AXES, ["b", "a"])
    assert frames.variables == ("b", "a")
    assert frames.values.dtype == np.float32
    assert frames.values.shape == (6, 2, 3, 2)
    assert frames.shape == (2, 3, 2)
    assert (len(frames),) == frames.samples == (6,)
    np.testing.assert_array_equal(frames.values[..., 1], ds.a.astype("f4"))
    expected = ds.b.transpose("time", "lat", "lon").astype("f4").values
    np.testing.assert_array_equal(
        frames.values[..., 0][:, frames.mask[..., 0]], expected[:, frames.mask[..., 0]]
    )


def test_a_masked_cell_holds_the_mean_of_its_variable_and_is_in_no_row():
    ds = prepared()
    frames = Frames.from_dataset(ds, AXES, ["a", "b"])
    assert frames.mask.sum() == 2 * 2 * 3 - 1
    assert not frames.mask[0, 1, 1]
    np.testing.assert_allclose(frames.fill, [ds.a.mean(), ds.b.mean()], rtol=1e-6)
    np.testing.assert_array_equal(frames.values[:, 0, 1, 1], frames.fill[1])
    assert frames.rows().shape == (6, 11)
    assert np.isfinite(frames.values).all()


def test_missing_frames_are_left_out_and_their_steps_known():
    frames = Frames.from_dataset(without_frames(prepared(), 0, 3), AXES, ["a", "b"])
    assert frames.steps.tolist() == [1, 2, 4, 5]
    assert frames.samples == (6,)
    assert frames.runs.tolist() == [[0, 2], [2, 4]]


def test_a_gap_in_the_dates_splits_runs_as_a_missing_frame_does():
    ds = without_frames(prepared(8).drop_isel(time=3), 5)
    assert Frames.from_dataset(ds, AXES, ["a"]).runs.tolist() == [[0, 3], [3, 5], [5, 6]]


def test_dims_of_size_one_are_dropped():
    ds = prepared()
    with_level = ds.assign(a=ds.a.expand_dims(level=[850.0], axis=2))
    plain, levelled = (Frames.from_dataset(x, AXES, ["a", "b"]) for x in (ds, with_level))
    np.testing.assert_array_equal(plain.values, levelled.values)


def test_mask_and_fill_of_the_fit_hold():
    fit = Frames.from_dataset(prepared(), AXES, ["a", "b"])
    more = prepared().fillna(0.25)
    frames = Frames.from_dataset(more, AXES, ["a", "b"], fit.mask, fit.fill)
    np.testing.assert_array_equal(frames.values[:, 0, 1, 1], fit.fill[1])


def test_a_gap_where_the_fit_had_data_is_an_error():
    fit = Frames.from_dataset(prepared(), AXES, ["a", "b"])
    holes = prepared()
    holes["a"][2, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"data wherever the fitted.*gaps in a"):
        Frames.from_dataset(holes, AXES, ["a", "b"], fit.mask, fit.fill)


def test_another_grid_size_is_an_error_with_both_sizes():
    fit = Frames.from_dataset(prepared(), AXES, ["a", "b"])
    with pytest.raises(InputError, match=r"2 × 3 points, as fitted, received 2 × 2"):
        Frames.from_dataset(prepared().isel(lon=[0, 2]), AXES, ["a", "b"], fit.mask, fit.fill)


def test_no_frame_at_all_is_no_error():
    fit = Frames.from_dataset(prepared(), AXES, ["a", "b"])
    nothing = without_frames(prepared(), *range(6))
    frames = Frames.from_dataset(nothing, AXES, ["a", "b"], fit.mask, fit.fill)
    assert len(frames) == 0
    assert frames.runs.shape == (0, 2)
    assert frames.samples == (6,)


def test_dask_gives_the_same_in_one_pass():
    ds = prepared()
    passes = []

    def scheduler(graph, keys, **kwargs):
        passes.append(keys)
        return dask.get(graph, keys, **kwargs)

    with dask.config.set(scheduler=scheduler):
        lazy = Frames.from_dataset(ds.chunk(time=4, lat=1), AXES, ["a", "b"])
    eager = Frames.from_dataset(ds, AXES, ["a", "b"])
    assert len(passes) == 1
    np.testing.assert_array_equal(lazy.values, eager.values)
    np.testing.assert_array_equal(lazy.mask, eager.mask)


def test_frames_of_messy_data(messy):
    preprocessor = Preprocessor()
    ready = preprocessor.fit_transform(messy)
    frames = Frames.from_dataset(ready, preprocessor.axes_, preprocessor.variables_)
    assert len(frames) == frames.samples[0] - 2 == 35
    assert frames.steps[frames.runs[:, 0]].tolist() == [0, 6, 8, 20]
    assert np.isfinite(frames.values).all()
    assert frames.values.min() == 0
    assert frames.values.max() == 1


@given(
    days=st.lists(st.integers(0, 40), min_size=2, max_size=25, unique=True).map(sorted),
    data=st.data(),
)
def test_runs_cover_every_frame_once_and_hold_no_gap(days, data):
    missing = data.draw(st.sets(st.integers(0, len(days) - 1)))
    time = np.datetime64("2000-01-01", "ns") + np.array(days) * np.timedelta64(1, "D")
    values = np.arange(len(days), dtype=float)[:, None, None] + np.zeros((1, 2, 2))
    values[list(missing)] = np.nan
    ds = xr.Dataset({"a": (("time", "lat", "lon"), values)}, coords={"time": time})
    frames = Frames.from_dataset(ds, AXES, ["a"])
    inside = [np.arange(start, stop) for start, stop in frames.runs]
    np.testing.assert_array_equal(np.concatenate([*inside, []]), np.arange(len(frames)))
    step = np.quantile(np.diff(days), 0.5, method="lower")
    for run in inside:
        assert len(run) > 0
        steps = frames.steps[run]
        assert (np.diff(steps) == 1).all()
        assert (np.diff(np.array(days)[steps]) <= 1.5 * step).all()


def test_what_stands_in_a_cell_that_is_masked_at_another_time_does_not_matter():
    ds = prepared()
    ds["a"][0, 1, 2] = np.nan
    other = ds.copy(deep=True)
    other["a"][1:, 1, 2] = 1e6
    frames, same = (Frames.from_dataset(x, AXES, ["a", "b"]) for x in (ds, other))
    assert not frames.mask[1, 2, 0]
    np.testing.assert_array_equal(frames.values, same.values)
    np.testing.assert_array_equal(frames.fill, same.fill)


def test_a_fingerprint_tells_frames_apart_by_what_a_fit_depends_on():
    ds = prepared()
    frames = Frames.from_dataset(ds, AXES, ["a", "b"])
    lazy = Frames.from_dataset(ds.chunk(time=1), AXES, ["a", "b"])
    assert fingerprint(lazy) == fingerprint(frames)
    changed = ds.copy(deep=True)
    changed["b"][0, 3, 0] += 1e-6
    split = ds.assign_coords(time=[*ds.time.values[:5], np.datetime64("2001-01-01", "ns")])
    others = {
        "value": Frames.from_dataset(changed, AXES, ["a", "b"]),
        "gap": Frames.from_dataset(split, AXES, ["a", "b"]),
        "missing": Frames.from_dataset(without_frames(ds, 5), AXES, ["a", "b"]),
        "fewer": Frames.from_dataset(ds.isel(time=slice(5)), AXES, ["a", "b"]),
        "order": Frames.from_dataset(ds, AXES, ["b", "a"]),
        "name": Frames.from_dataset(ds.rename(a="c"), AXES, ["c", "b"]),
    }
    assert len({fingerprint(frames), *map(fingerprint, others.values())}) == 1 + len(others)
