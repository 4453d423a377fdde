"""Units: any dataset is brought to the units that are asked for, or to the fitted ones."""

import json

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from plain_blocks import Plain

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.steps.conversion import Units, parse_deaccumulate, step_seconds

Units = Plain(Units)

DIMS = ("time", "y", "x")
SHAPE = (6, 3, 4)


def block_of(**variables):
    """A block of float32 from values and attributes."""
    return xr.Dataset(
        {
            name: (DIMS, np.broadcast_to(np.asarray(values, np.float32), SHAPE).copy(), attrs)
            for name, (values, attrs) in variables.items()
        },
        coords={"time": xr.date_range("2000", periods=SHAPE[0], freq="6h")},
    )


@pytest.fixture
def block():
    rng = np.random.default_rng(0)
    temperature = rng.uniform(250, 310, SHAPE)
    temperature[1, 1, 1] = np.nan
    return block_of(
        t2m=(temperature, {"units": "K", "long_name": "Temperature", "valid_max": 400.0}),
        msl=(rng.uniform(98_000, 104_000, SHAPE), {"units": "Pa"}),
        ssrd=(rng.uniform(0, 1e7, SHAPE), {"units": "J m**-2"}),
        tp=(rng.uniform(0, 0.01, SHAPE), {"units": "m", "long_name": "Total precipitation"}),
        bare=(rng.uniform(0, 1, SHAPE), {}),
    )


def restored(step):
    """The step as it comes back from a file."""
    again = Units(**json.loads(json.dumps(step.settings)))
    again.fitted_ = step.fitted_
    return again


def test_values_by_definition(block):
    step = Units({"t2m": "degC", "tp": "mm day-1"}, {"ssrd": 21600.0, "tp": 21600.0}).fit(block)
    done = restored(step).transform(block)
    expected = {
        "t2m": (block.t2m - 273.15, "degC"),
        "msl": (block.msl, "Pa"),
        "ssrd": (block.ssrd / 21600, "W m-2"),
        "tp": (block.tp * 4000, "mm day-1"),
        "bare": (block.bare, None),
    }
    for name, (values, unit) in expected.items():
        np.testing.assert_allclose(done[name], values, rtol=1e-6, atol=1e-5)
        assert done[name].dtype == np.float32
        assert done[name].attrs.get("units") == unit
    assert done.t2m.attrs == {"units": "degC", "long_name": "Temperature"}


def test_the_inverse_gives_the_block_back(block):
    step = Units({"t2m": "degF", "msl": "hPa", "tp": "mm day-1"}, {"ssrd": 3600.0, "tp": 3600.0})
    back = restored(step.fit(block)).inverse_transform(step.transform(block))
    for name in block:
        np.testing.assert_allclose(back[name], block[name], rtol=1e-6)
        assert back[name].attrs.get("units") == block[name].attrs.get("units")


def test_nothing_to_do_is_no_copy(block):
    step = Units().fit(block)
    assert all(np.shares_memory(step.transform(block)[name], block[name]) for name in block)
    back = step.inverse_transform(block)
    assert all(np.shares_memory(back[name], block[name]) for name in block)
    other = block.assign(t2m=block.t2m.assign_attrs(units="kelvin"))
    done = step.transform(other)
    assert np.shares_memory(done.t2m.values, other.t2m.values)
    assert done.t2m.attrs["units"] == "K"


def test_lazy_and_equal_under_dask_and_nothing_is_changed_in_place(block):
    before = block.copy(deep=True)
    step = Units({"t2m": "degC"}, {"ssrd": 3600.0})
    chunked = block.chunk(time=2, y=2)

    def forbidden(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=forbidden):
        step.fit(chunked)
        there = step.transform(chunked)
        back = step.inverse_transform(there)
        untouched = there["msl"].data
    assert untouched is chunked["msl"].data
    xr.testing.assert_identical(there.compute(), step.transform(block))
    xr.testing.assert_identical(back.compute(), step.inverse_transform(step.transform(block)))
    xr.testing.assert_identical(block, before)


@pytest.mark.parametrize(
    ("name", "units", "values"),
    [
        ("t2m", "degC", lambda v: v - 273.15),
        ("t2m", "degF", lambda v: v * 1.8 - 459.67),
        ("t2m", "Kelvin", lambda v: v),
        ("msl", "hPa", lambda v: v / 100),
        ("msl", "mb", lambda v: v / 100),
        ("ssrd", "kJ m-2", lambda v: v / 1000),
        ("ssrd", "W m-2", lambda v: v / 21600),
        ("tp", "mm", lambda v: v * 1000),
        ("tp", "kg m-2", lambda v: v * 1000),
        ("tp", "kg m**-2 s**-1", lambda v: v * 1000 / 21600),
        ("bare", "K", lambda v: v),
    ],
)
@pytest.mark.parametrize("targets", [{}, {"t2m": "degC", "msl": "kPa", "tp": "mm day-1"}])
def test_another_dataset_has_its_own_units(block, targets, name, units, values):
    step = Units(targets, {"ssrd": 21600.0, "tp": 21600.0}).fit(block)
    other = block.assign({name: values(block[name]).assign_attrs(units=units)})
    expected = step.transform(block)
    done = restored(step).transform(other)
    for each in block:
        np.testing.assert_allclose(done[each], expected[each], rtol=1e-5, atol=1e-4)
        if each != "bare":
            assert done[each].attrs["units"] == expected[each].attrs["units"]


@pytest.mark.parametrize("attrs", [{}, {"units": "unknown"}, {"units": "Kelvinish"}])
def test_units_that_are_not_known_are_taken_for_the_fitted_ones(block, attrs):
    other = block.copy()
    other["t2m"] = block.t2m.copy()
    other["t2m"].attrs = attrs
    step = Units({"t2m": "degC"}).fit(block)
    np.testing.assert_array_equal(step.transform(other).t2m, step.transform(block).t2m)
    assert step.transform(other).t2m.attrs["units"] == "degC"


def test_some_of_the_variables_members_and_other_times(block):
    step = Units({"t2m": "degC", "msl": "hPa"}).fit(block)
    some = block[["t2m"]].isel(time=[0, 3]).expand_dims(member=2)
    done = step.transform(some)
    assert dict(done.sizes) == {"member": 2, "time": 2, "y": 3, "x": 4}
    np.testing.assert_allclose(done.t2m, some.t2m - 273.15, atol=1e-4)
    np.testing.assert_allclose(step.inverse_transform(done).t2m, some.t2m, rtol=1e-6)


def test_differences_are_converted_without_an_offset():
    block = block_of(t=(2.0, {"units": "K", "units_metadata": "temperature: difference"}))
    step = Units({"t": "degF"}).fit(block)
    done = restored(step).transform(block)
    np.testing.assert_allclose(done.t, 3.6, rtol=1e-6)
    # The way back needs no attributes.
    np.testing.assert_allclose(step.inverse_transform(done.drop_attrs()).t, 2, rtol=1e-6)


def test_a_rate_of_water_from_its_mass():
    block = block_of(pr=(1e-5, {"units": "kg m-2 s-1", "standard_name": "precipitation_flux"}))
    step = Units({"pr": "mm day-1"}).fit(block)
    np.testing.assert_allclose(step.transform(block).pr, 0.864, rtol=1e-6)
    back = restored(step).inverse_transform(step.transform(block).drop_attrs())
    np.testing.assert_allclose(back.pr, 1e-5, rtol=1e-6)


def test_accumulations_without_units():
    block = block_of(bare=(7200.0, {}))
    step = Units({}, {"bare": 3600.0}).fit(block)
    done = step.transform(block)
    np.testing.assert_array_equal(done.bare, 2)
    assert "units" not in done.bare.attrs
    xr.testing.assert_identical(step.inverse_transform(done), block)


def test_all_names_that_are_not_there_come_together(block):
    with pytest.raises(ParameterError) as error:
        Units({"t": "K", "t2m": "degC"}, {"pr": 3600.0}).fit(block)
    assert "['t', 'pr']" in str(error.value)
    assert "t2m" in str(error.value)


def test_all_problems_with_units_come_together(block):
    with pytest.raises(InputError) as error:
        Units({"t2m": "m", "bare": "K"}, {"t2m": 3600.0, "msl": 3600.0}).fit(
            block.assign(msl=block.msl.assign_attrs(units="W m-2"))
        )
    assert len(error.value.problems) == 3
    for words in ("'t2m': ", "ds['bare'].attrs['units']", "'W m-2', a rate"):
        assert words in str(error.value)


def test_a_target_that_is_no_unit_is_a_wrong_argument(block):
    with pytest.raises(ParameterError, match=r"'t2m': .*'warm'"):
        Units({"t2m": "warm"}).fit(block)


def test_another_dataset_in_units_of_another_kind(block):
    step = Units({}, {"tp": 3600.0}).fit(block)
    other = block.assign(t2m=block.t2m.assign_attrs(units="m"), tp=block.tp.assign_attrs(units="K"))
    with pytest.raises(InputError) as error:
        step.transform(other)
    assert len(error.value.problems) == 2


@given(st.sampled_from(["K", "degC", "degF"]), st.sampled_from(["K", "degC", "degF"]))
def test_there_and_back_between_any_scales(source, target):
    block = block_of(t=(np.linspace(-40, 320, SHAPE[-1]), {"units": source}))
    step = Units({"t": target}).fit(block)
    back = step.inverse_transform(step.transform(block))
    np.testing.assert_allclose(back.t, block.t, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_the_step_is_the_median_whatever_the_calendar(calendar):
    time = xr.date_range("2001-02-20", periods=20, freq="3h", calendar=calendar)
    time = xr.DataArray(time, dims="time")
    assert step_seconds(time) == 10800
    assert step_seconds(time.isel(time=[0, 1, 2, 9, 10, 19])) == 10800
    assert parse_deaccumulate("tp", time) == {"tp": 10800}
    assert parse_deaccumulate(["tp", "ssrd"], time) == {"tp": 10800, "ssrd": 10800}


def test_durations():
    one = xr.DataArray(xr.date_range("2000", periods=1), dims="time")
    assert parse_deaccumulate(None, one) == {}
    assert parse_deaccumulate({"tp": "1h", "ssrd": "1D"}, one) == {"tp": 3600, "ssrd": 86400}
    with pytest.raises(InputError, match="deaccumulate="):
        parse_deaccumulate("tp", one)
    with pytest.raises(InputError):
        step_seconds(one)


def test_all_wrong_durations_come_together():
    wrong = {"a": "soon", "b": "-1h", "c": "3600", "d": 3600, "e": None, "f": "0h"}
    with pytest.raises(ParameterError) as error:
        parse_deaccumulate(wrong, xr.DataArray([]))
    assert len(error.value.problems) == len(wrong)


def test_months_are_no_step():
    months = xr.DataArray(xr.date_range("2001", periods=24, freq="MS"), dims="time")
    with pytest.raises(InputError, match="28 days to 31 days"):
        parse_deaccumulate("tp", months)
