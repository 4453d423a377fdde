"""What is missing: cells always, frames mostly, single values now and then."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from plain_blocks import Plain

from xdsc.errors import InputError
from xdsc.preprocessing.block import frames_there
from xdsc.preprocessing.steps.gaps import Fill, Screen, check_without_gaps, gap_report

Fill, Screen, frames_there, gap_report = map(Plain, (Fill, Screen, frames_there, gap_report))

NAN = np.nan


def block(**variables):
    time = pd.date_range("2020", periods=len(next(iter(variables.values()))))
    return xr.Dataset(
        {name: (("time", "y", "x"), np.array(v, float)) for name, v in variables.items()},
        {"time": time},
    )


@pytest.fixture
def ds():
    """Four steps of 1 × 3: the last cell is sea, a value of the second step is missing."""
    return block(
        a=[[[0, 1, NAN]], [[NAN, 3, NAN]], [[4, 5, NAN]], [[6, 9, NAN]]],
        b=[[[1, 1, NAN]], [[2, 2, NAN]], [[3, 3, NAN]], [[4, 4, NAN]]],
    )


def test_a_cell_missing_at_all_times_is_masked_and_stays_missing(ds):
    screen = Screen().fit(ds)
    assert screen.fitted_["a"].values.tolist() == [[True, True, False]]
    assert not screen.missing_frames_.any()
    xr.testing.assert_identical(screen.transform(ds), ds)
    filled = Fill().fit(ds).transform(ds)
    assert filled["a"].isnull().sum("time").values.tolist() == [[0, 0, 4]]


def test_a_single_gap_has_the_mean_of_its_variable(ds):
    fill = Fill().fit(ds)
    assert fill.fitted_["a"].values.tolist()[0][:2] == [4.0, 4.0]  # 28 / 7
    assert fill.fitted_["b"].values.tolist()[0][:2] == [2.5, 2.5]
    assert fill.transform(ds)["a"][1, 0, 0] == 4.0
    # What was there is as it was.
    xr.testing.assert_equal(fill.transform(ds).where(ds.notnull()), ds)


def test_the_overall_mean_is_over_all_variables(ds):
    # 28 of the 7 values of a, 20 of the 8 of b.
    filled = Fill("overall-mean").fit(ds).transform(ds)
    assert filled["a"][1, 0, 0] == pytest.approx(48 / 15)


def test_members_are_frames_of_their_own(ds):
    other = ds.map(lambda v: v.copy())
    other["a"][2] = other["b"][2] = NAN
    both = xr.concat([ds, other], "member")
    screen = Screen().fit(both)
    assert screen.missing_frames_.dims == ("member", "time")
    assert screen.missing_frames_.values.tolist() == [[False] * 4, [False, False, True, False]]
    assert screen.transform(both)["a"].isel(member=0, time=2, x=0) == 4
    filled = Fill().fit(both).transform(screen.transform(both))
    assert filled["a"].isel(member=1, time=2).isnull().all()


def test_a_report_counts_what_was_missing(ds):
    ds["a"][3] = ds["b"][3] = NAN
    screen = Screen().fit(ds)
    kept = screen.transform(ds)
    fill = Fill().fit(kept)
    report = gap_report({"observed": kept.count()}, fill, kept)
    assert fill.frames_ == int(frames_there(kept).sum())
    assert report["observed"].values.tolist() == [5, 6]
    assert report["filled"].values.tolist() == [1, 0]
    assert report["masked_cells"].values.tolist() == [1, 1]
    assert report["missing_frames"] == 1
    with pytest.raises(InputError, match="no gaps in 'a', received 1 missing values"):
        check_without_gaps(report)


@pytest.mark.parametrize(("n_missing", "is_missing"), [(2, False), (3, True)])
def test_a_frame_is_missing_with_more_than_half_of_its_unmasked_values(ds, n_missing, is_missing):
    # 4 unmasked values a frame, 2 of each variable; half is not more than half.
    for name, x in [("a", 0), ("a", 1), ("b", 0)][:n_missing]:
        ds[name][3, 0, x] = NAN
    screen = Screen().fit(ds)
    assert screen.missing_frames_.values.tolist() == [False] * 3 + [is_missing]
    frame = Fill().fit(ds).transform(screen.transform(ds)).isel(time=3, x=slice(2))
    assert bool(frame.isnull().to_dataarray().all()) == is_missing
    assert bool(frame.notnull().to_dataarray().all()) != is_missing


def test_the_stored_mask_and_means_hold_for_other_data(ds):
    screen, fill = Screen().fit(ds), Fill().fit(ds)
    other = block(a=[[[NAN, 1, 7]], [[NAN, 2, 7]]], b=[[[1, 2, 7]], [[2, 3, 7]]])
    result = fill.transform(screen.transform(other))
    # The sea stays sea; the cell that is missing now has the mean of the fitted data.
    assert result["a"].isnull().values.tolist() == [[[False, False, True]]] * 2
    assert result["a"][:, 0, 0].values.tolist() == [4.0, 4.0]


def test_infinite_values_of_other_data_are_gaps(ds):
    screen = Screen().fit(ds)
    other = ds.copy(deep=True)
    other["b"][0, 0, 0] = -np.inf
    assert np.isnan(screen.transform(other)["b"][0, 0, 0])


def test_all_that_cannot_be_used_is_named_at_once(ds):
    ds = ds.assign(nothing=ds["a"] * NAN, constant=ds["b"] * 0 + 3, endless=ds["b"].copy())
    ds["endless"] = ds["endless"].where(ds["b"] != 4, np.inf)
    with pytest.raises(InputError) as caught:
        Screen().fit(ds)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "in 'nothing', received NaN at every time" in text
    assert "in 'constant', received 3 at every time" in text
    assert "in 'endless', received inf" in text
    assert "ds['endless'] = ds['endless'].where(np.isfinite(ds['endless']))" in text
    assert "leave 'constant' out, variables=['a', 'b']" in text


def test_no_frame_left_is_an_error():
    hardly = block(a=[[[1, NAN, NAN]], [[NAN, 2, NAN]], [[NAN, NAN, 3]]])
    with pytest.raises(InputError, match="3 steps that all lack more"):
        Screen().fit(hardly)
