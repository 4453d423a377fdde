"""What is filled with a mean is told where it is much, and refused where it is half."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdsc import Preprocessor
from xdsc.errors import InputError, XdscWarning

T = 60


def field(seed, name, hours=0, start="2000-01-01", time="time"):
    """Daily fields at some hour."""
    times = pd.date_range(start, periods=T) + pd.Timedelta(hours=hours)
    values = np.random.default_rng(seed).normal(size=(T, 3, 4))
    coords = {time: times, "lat": [40.0, 45.0, 50.0], "lon": [0.0, 5.0, 10.0, 15.0]}
    return xr.Dataset({name: ((time, "lat", "lon"), values)}, coords)


def fixed(ds, text):
    """The Dataset that the advice of an error makes."""
    return eval(re.search(r"ds\.(resample|dropna)\(.*?\)(\.mean\(\))?(?=$|,|\.$)", text)[0])


@pytest.mark.parametrize("chunks", [None, 25])
@pytest.mark.parametrize("time", ["time", "valid_time"])
def test_files_of_other_hours_are_refused(time, chunks):
    ds = xr.merge([field(0, "tas", time=time), field(1, "pr", 12, time=time)], join="outer")
    ds = ds.chunk({time: chunks}) if chunks else ds
    with pytest.raises(
        InputError, match=r"'pr'.*50%.*it has them at 12:00, other.* 00:00"
    ) as error:
        Preprocessor().fit(ds)
    assert "'tas'" in str(error.value)
    text = str(error.value).splitlines()[-1]
    assert (Preprocessor().fit(fixed(ds, text)).gaps_.filled == 0).all()


def test_a_variable_of_other_hours_than_most_is_not_said_to_have_no_values():
    others = [field(0, "tas"), field(1, "psl"), field(2, "pr", 12)]
    ds = xr.merge(others, join="outer")
    with pytest.raises(InputError, match=r"'pr'.*its 720 values.*12:00") as error:
        Preprocessor().fit(ds)
    Preprocessor().fit(fixed(ds, str(error.value)))


@pytest.mark.parametrize(("start", "share"), [("2000-01-25", 40), ("2000-02-10", 67)])
def test_variables_of_other_periods(start, share):
    ds = field(0, "tas").merge(field(1, "pr"))
    ds["pr"] = ds.pr.where(ds.time >= np.datetime64(start))
    expected = rf"'pr', received {share}% of them missing, at whole time steps"
    kind = InputError if share > 50 else XdscWarning
    check = pytest.raises if share > 50 else pytest.warns
    with check(kind, match=expected) as told:
        Preprocessor().fit(ds)
    text = str(told.value) if share > 50 else str(told[0].message)
    Preprocessor().fit(eval(re.search(r"ds\.dropna\(.*?\]\)", text)[0]))


@pytest.mark.parametrize("share", [0.04, 0.1, 0.6])
def test_scattered_gaps(share):
    # Of one variable of two, or most frames would be missing.
    ds = field(0, "tas").merge(field(1, "pr"))
    gone = np.random.default_rng(2).random(ds.pr.shape) < share
    ds["pr"] = ds.pr.where(~gone)
    preprocessor = Preprocessor()
    if share < 0.05:
        preprocessor.fit(ds)
    elif share < 0.5:
        with pytest.warns(XdscWarning, match=r"'pr'.*9%.*scattered"):
            preprocessor.fit(ds)
    else:
        with pytest.raises(InputError, match=r"'pr'.*scattered"):
            preprocessor.fit(ds)
        Preprocessor(variables="tas").fit(ds)


def test_masks_and_missing_steps_are_not_filled():
    ds = field(0, "tas").merge(field(1, "pr"))
    sea = xr.DataArray(np.arange(12).reshape(3, 4) < 8, dims=("lat", "lon"))
    ds["tas"] = ds.tas.where(sea)
    Preprocessor().fit(ds.where(ds.time.dt.day > 10))
