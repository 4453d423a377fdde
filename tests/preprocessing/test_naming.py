"""Fitted variables in a Dataset that has other names for them."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdsc.cf import find_axes
from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.carry.naming import Wanted, match_variables

T2M = Wanted("t2m", "air_temperature", "2 metre temperature")
MSL = Wanted("msl", "air_pressure_at_mean_sea_level")


def dataset(**standard_names):
    """Variables of different values, each with a standard name, and a static field."""
    fields = {
        name: (("time", "lat", "lon"), np.full((2, 2, 2), float(i)), {"standard_name": standard})
        for i, (name, standard) in enumerate(standard_names.items())
    }
    static = {"static": (("lat", "lon"), np.zeros((2, 2)), {"standard_name": "air_temperature"})}
    coords = {"time": pd.date_range("2020", periods=2), "lat": [0.0, 1.0], "lon": [0.0, 1.0]}
    return xr.Dataset(fields | static, coords)


def match(ds, wanted=(T2M, MSL), names=None):
    before = ds.copy(deep=True)
    found = match_variables(ds, find_axes(ds), wanted, names)
    xr.testing.assert_identical(ds, before)
    return found


@pytest.fixture
def cmip():
    return dataset(tas="air_temperature", psl="air_pressure_at_mean_sea_level", pr="rain")


def test_the_same_names_are_the_same_object():
    ds = dataset(t2m="unknown", msl="anything")
    assert match(ds) is ds
    assert match(ds, names={"t2m": "t2m"}) is ds


def test_the_same_standard_name_is_the_same_variable(cmip):
    found = match(cmip)
    assert set(found.data_vars) == {"t2m", "msl", "pr", "static"}
    xr.testing.assert_identical(found.t2m.variable, cmip.tas.variable)
    xr.testing.assert_identical(found.msl.variable, cmip.psl.variable)


def test_the_mapping_wins_over_names_and_the_name_over_the_standard_name(cmip):
    ds = cmip.assign(t2m=cmip.pr)
    assert (match(ds).t2m == 2).all()  # by name, for all that `tas` has the standard name
    found = match(ds, names={"t2m": "tas"})
    assert (found.t2m == 0).all()
    assert "tas" not in found  # and the variable that was called so is left out


def test_names_can_be_swapped(cmip):
    ds = cmip.rename(tas="msl", psl="t2m")
    found = match(ds, names={"t2m": "msl", "msl": "t2m"})
    assert (found.t2m == 0).all()
    assert (found.msl == 1).all()


def test_a_coordinate_that_no_axis_needs_gives_way(cmip):
    found = match(cmip.assign_coords(t2m=3.0), names={"t2m": "tas"})
    assert found.t2m.dims == ("time", "lat", "lon")


def test_the_long_name_decides_between_equal_standard_names(cmip):
    ds = cmip.assign(tasmax=cmip.tas.assign_attrs(long_name="daily maximum"))
    with pytest.raises(InputError, match=r"\['tas', 'tasmax'\] with this.*names=\{'t2m': 'tas'\}"):
        match(ds)
    ds["tas"].attrs["long_name"] = T2M.long_name
    assert match(ds).t2m.attrs["long_name"] == T2M.long_name


def test_one_variable_cannot_be_two(cmip):
    levels = (Wanted("t850", "air_temperature"), Wanted("t500", "air_temperature"))
    with pytest.raises(InputError, match=r"each of \['t850', 't500'\], received 'tas' alone"):
        match(cmip, levels)
    # What has its own name is out of the question for the other.
    assert (match(cmip.assign(t850=cmip.pr), levels).t500 == 0).all()


def test_unknown_is_no_standard_name():
    fitted = xr.DataArray(0, name="t2m", attrs={"standard_name": "unknown", "long_name": "heat"})
    assert Wanted.of(fitted) == Wanted("t2m", None, "heat")
    with pytest.raises(InputError, match="one variable called 't2m', received"):
        match(dataset(a="unknown"), [Wanted.of(fitted)])


def test_all_problems_come_together(cmip):
    ds = cmip.drop_vars(["tas", "psl"])
    with pytest.raises(InputError) as error:
        match(ds)
    assert len(error.value.problems) == 2
    assert "'t2m' or of standard_name 'air_temperature', received ['pr']" in str(error.value)
    with pytest.raises(ParameterError) as error:
        match(ds, names={"t2m": "nothing", "tas": "t2m"})
    texts = error.value.problems
    assert len(texts) == 3
    assert any("'nothing'" in text and "choose from ['pr', 'static']" in text for text in texts)
    assert any("turn it round, names={'t2m': 'tas'}" in text for text in texts)
    assert any("one variable called 'msl'" in text for text in texts)


def test_the_name_of_an_axis_is_not_free(cmip):
    with pytest.raises(InputError, match=r"an axis 'lat'. To fix: rename that one, ds.rename"):
        match(cmip, [Wanted("lat")], names={"lat": "tas"})


def test_names_must_be_a_mapping(cmip):
    with pytest.raises(ParameterError, match="a mapping"):
        match(cmip, names="tas")


def test_dask_stays_lazy(cmip):
    found = match(cmip.chunk(time=1))
    assert found.t2m.chunks == ((1, 1), (2,), (2,))
    xr.testing.assert_identical(found.compute(), match(cmip))
