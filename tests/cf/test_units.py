"""Units are read as files write them, converted exactly, and written as CF text."""

import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc.cf.units import (
    Conversion,
    conversion,
    dequantified,
    is_difference,
    is_quantified,
    is_water,
    per_second,
    quantified_like,
    read_unit,
    same_units,
    short,
    unit_of,
    unit_text,
)
from xdsc.errors import InputError, ParameterError

# As CF, ERA5 and GRIB write it, and as CF text.
SPELLINGS = {
    "m s**-1": "m s-1",
    "m s^-1": "m s-1",
    "m/s": "m s-1",
    "J m**-2": "J m-2",
    "W m-2": "W m-2",
    "W.m-2": "W m-2",
    "kg m-2 s-1": "kg m-2 s-1",
    "kg m**-2 s**-1": "kg m-2 s-1",
    "m2 s-2": "m2 s-2",
    "m**2 s**-2": "m2 s-2",
    "K m**2 kg**-1 s**-1": "K m2 kg-1 s-1",
    "m of water equivalent": "m",
    "mm": "mm",
    "mm day-1": "mm d-1",
    "mm/day": "mm d-1",
    "gpm": "m",
    "gpdm": "dam",
    "K": "K",
    "Kelvin": "K",
    "kelvin": "K",
    "deg_K": "K",
    "degrees Kelvin": "K",
    "degC": "degC",
    "deg C": "degC",
    "degree_C": "degC",
    "degree_Celsius": "degC",
    "degrees Celsius": "degC",
    "Celsius": "degC",
    "C": "degC",
    "°C": "degC",
    "degF": "degF",
    "hPa": "hPa",
    "millibars": "mbar",
    "mb": "mbar",
    "percent": "%",
    "%": "%",
    "(0 - 1)": "1",
    "(0-1)": "1",
    "0-1": "1",
    "~": "1",
    "1": "1",
    "dimensionless": "1",
    "Numeric": "1",
    "code table (4.201)": "1",
    "kg kg**-1": "1",
    "g kg-1": "g kg-1",
    "m**3 m**-3": "1",
    "degrees": "degrees",
    "degree": "degree",
    "degrees_north": "degrees_north",
    "knots": "kt",
    "µg m-3": "ug m-3",
    "psu": "psu",
    "PSS-78": "psu",
    "hpa": "hPa",
    "HPA": "hPa",
    "PA s**-1": "Pa s-1",
    "k": "K",
    "dB": "dB",
}


@pytest.mark.parametrize(("spelling", "text"), SPELLINGS.items())
def test_spellings_are_read_and_written_as_cf_text(spelling, text):
    unit = read_unit(spelling)
    assert unit_text(unit) == text
    assert read_unit(text) == unit
    assert text.isascii()


@pytest.mark.parametrize(
    "text", ["foo", "hours since 2000-01-01", "dBZ", "mm (3h)-1", "-1 m", "1e-3"]
)
@pytest.mark.parametrize("kind", [InputError, ParameterError])
def test_what_is_no_unit_is_told_with_examples(text, kind):
    with pytest.raises(kind) as error:
        read_unit(text, kind)
    assert repr(text) in str(error.value)
    assert "'J m**-2'" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "10**10**10",
        "m2**9**9**9",
        "(((10**99)**99)**99)**99",
        "10**(99*99*99)",
        "9" * 500,
        "1e999 m",
    ],
)
def test_numbers_that_explode_are_no_units(text):
    start = time.perf_counter()
    with pytest.raises(InputError):
        read_unit(text)
    assert time.perf_counter() - start < 5


# Factors and offsets by their definitions.
CONVERSIONS = [
    ("K", "degC", 1, -273.15),
    ("degC", "K", 1, 273.15),
    ("degF", "degC", 5 / 9, -160 / 9),
    ("degC", "degF", 1.8, 32),
    ("K", "degF", 1.8, -459.67),
    ("Pa", "hPa", 0.01, 0),
    ("hPa", "Pa", 100, 0),
    ("mb", "Pa", 100, 0),
    ("m s-1", "mm day-1", 86_400_000, 0),
    ("m of water equivalent", "mm", 1000, 0),
    ("(0 - 1)", "%", 100, 0),
    ("kg kg**-1", "g kg-1", 1000, 0),
    ("1e-3", "g kg-1", 1, 0),
    ("10^-6 s-1", "s-1", 1e-6, 0),
    ("kelvin", "K", 1, 0),
    ("m s**-1", "m s-1", 1, 0),
    ("degC m-1", "K km-1", 1000, 0),
    ("dB", "decibel", 1, 0),
    ("foo", "foo", 1, 0),
    # 35 psu are 35 g in a kilogram.
    ("psu", "1e-3", 1, 0),
    ("0.001", "PSU", 1, 0),
    ("PSS-78", "g kg-1", 1, 0),
    ("psu", "parts per thousand", 1, 0),
    ("psu", "practical_salinity_unit", 1, 0),
]


@pytest.mark.parametrize(("source", "target", "factor", "offset"), CONVERSIONS)
def test_conversions_are_exact(source, target, factor, offset):
    assert conversion(source, target) == Conversion(factor, offset)


def test_differences_have_no_offset():
    assert conversion("K", "degC", difference=True) == Conversion()
    assert conversion("degF", "K", difference=True) == Conversion(5 / 9)
    assert conversion("delta_degC", "K") == Conversion()


def test_water_has_a_density_where_it_is_water():
    assert conversion("kg m-2 s-1", "mm day-1", water=True) == Conversion(86_400)
    assert conversion("m s-1", "kg m-2 s-1", water=True) == Conversion(1000)
    assert conversion("mm", "m", water=True) == Conversion(0.001)
    with pytest.raises(InputError, match="standard_name"):
        conversion("kg m-2 s-1", "mm day-1")
    with pytest.raises(InputError):
        conversion("K", "m", water=True)


@pytest.mark.parametrize(
    ("source", "target", "kind", "words"),
    [
        ("K", "m", InputError, "'m', received 'K'"),
        ("m", "m s-1", InputError, "'m s-1', received 'm'"),
        ("degC", "delta_degC", InputError, "received 'degC'"),
        ("dB", "1", InputError, "another kind of scale"),
        ("foo", "K", InputError, "'foo'"),
        ("psu", "1", InputError, "'1', received 'psu'.*'1e-3' where .* 35"),
        ("kg kg-1", "psu", InputError, "where it is 0.035"),
        ("psu", "K", InputError, "'K', received 'psu'"),
        ("K", "foo", ParameterError, "'foo'"),
    ],
)
def test_what_cannot_be_converted_is_told(source, target, kind, words):
    with pytest.raises(kind, match=words):
        conversion(source, target)


@given(
    st.sampled_from([(a, b) for a, b, *_ in CONVERSIONS]),
    st.floats(-1e4, 1e4).filter(lambda x: x == 0 or abs(x) > 1e-3),
)
def test_a_conversion_and_its_inverse_are_the_formula(units, value):
    convert = conversion(*units)
    there = convert(np.array([value]))
    np.testing.assert_allclose(there, convert.factor * value + convert.offset, atol=1e-10)
    np.testing.assert_allclose(convert.inverse()(there), value, rtol=1e-12, atol=1e-10)


def test_float32_stays_float32_and_keeps_its_digits():
    kelvin = np.linspace(200, 320, 1001, dtype=np.float32)
    celsius = conversion("K", "degC")(kelvin)
    assert celsius.dtype == np.float32
    # Half of the distance of two float32 numbers between 256 and 512.
    np.testing.assert_allclose(celsius, kelvin.astype(float) - 273.15, rtol=0, atol=2**-16)
    pascal = np.linspace(95_000, 105_000, 1001, dtype=np.float32)
    exact = (pascal.astype(float) / 100).astype(np.float32)
    np.testing.assert_array_equal(conversion("Pa", "hPa")(pascal), exact)


def test_nothing_to_convert_is_no_copy():
    values = np.ones(3)
    assert conversion("K", "kelvin")(values) is values
    assert not conversion("K", "kelvin")


@given(st.floats(1e-9, 1e9), st.integers(-6, 6))
def test_short_numbers_lose_nothing_but_rounding(number, power):
    assert short(number) == pytest.approx(number, rel=1e-14)
    assert short(float(f"1e{power}") / 3 * 3) == float(f"1e{power}")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("K", "K", True),
        ("K", "kelvin", True),
        ("m s**-1", "m/s", True),
        ("foo", "foo", True),
        ("K", "degC", False),
        ("Pa", "hPa", False),
        ("K", "m", False),
        ("dB", "1", False),
        ("K", "foo", None),
        ("K", None, None),
        (None, None, None),
    ],
)
def test_same_units(a, b, same):
    assert same_units(a, b) is same
    assert same_units(b, a) is same


@pytest.mark.parametrize(
    ("source", "rate"),
    [
        ("J m**-2", "W m-2"),
        ("kJ m-2", "kW m-2"),
        ("J kg-1", "W kg-1"),
        ("m", "m s-1"),
        ("m of water equivalent", "m s-1"),
        ("mm", "mm s-1"),
        ("kg m-2", "kg m-2 s-1"),
        ("N m**-2 s", "N m-2"),
        ("s", "1"),
        ("1e-3 m", "0.001 m s-1"),
    ],
)
def test_accumulations_per_second(source, rate):
    assert per_second(source) == rate
    assert same_units(f"{rate} s" if rate != "1" else "s", source)


@pytest.mark.parametrize("rate", ["W m-2", "m s-1", "mm day-1", "kg m-2 s-1"])
def test_a_rate_is_no_accumulation(rate):
    with pytest.raises(InputError, match="deaccumulate="):
        per_second(rate)


def test_attributes_tell_unit_difference_and_water():
    assert unit_of({"units": " K "}) == "K"
    assert unit_of({"units": 1}) == "1"
    assert unit_of({}) is unit_of({"units": ""}) is unit_of({"units": "unknown"}) is None
    assert is_difference({"units": "K", "units_metadata": "temperature: difference"})
    assert is_difference({"standard_name": "air_temperature_anomaly"})
    assert not is_difference({"units": "K", "standard_name": "air_temperature"})
    assert is_water({"standard_name": "precipitation_flux"})
    assert is_water({"units": "m of water equivalent"})
    assert not is_water({"units": "m", "standard_name": "surface_snow_thickness"})
    assert not is_water({"units": "kg m-2 s-1", "standard_name": "upward_air_mass_flux"})


@pytest.fixture
def plain():
    """Three quantities, a coordinate with units that has an index, one that has none, a count."""
    values = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    dims = ("time", "lat", "lon")
    return xr.Dataset(
        {
            "t": (dims, values, {"units": "degC", "long_name": "Temperature"}),
            "ssrd": (dims, values + 1, {"units": "J m-2"}),
            "rh": ("time", np.arange(4.0), {"units": "%"}),
            "n": ("time", np.arange(4)),
        },
        coords={
            "time": xr.date_range("2000", periods=4),
            "lat": ("lat", [1.0, 2.0, 3.0], {"units": "degrees_north", "axis": "Y"}),
            "lon": ("lon", [5.0, 6.0]),
            "height": ((), 2.0, {"units": "m"}),
        },
        attrs={"title": "a title"},
    )


def quantified(ds):
    import cf_xarray.units
    import pint_xarray  # noqa: F401

    return ds.pint.quantify(unit_registry=cf_xarray.units.units)


@pytest.mark.parametrize("how", ["numpy", "dask", "inside dask"])
def test_quantities_come_off_and_go_back(plain, how):
    import pint

    ds = quantified(plain.chunk(time=2) if how == "dask" else plain)
    if how == "inside dask":
        ds = ds.chunk(time=2)
    before = ds.copy()

    bare = dequantified(ds)
    assert not is_quantified(bare)
    assert bare.chunks == ds.chunks
    xr.testing.assert_identical(bare.compute(), plain)
    assert dequantified(bare) is bare

    again = quantified_like(bare, ds)
    assert again.chunks == ds.chunks
    assert {str(n) for n, v in again.variables.items() if isinstance(v.data, pint.Quantity)} == {
        *("t", "ssrd", "rh", "lat", "height")
    }
    assert isinstance(again["t"].data, pint.Quantity)
    xr.testing.assert_identical(dequantified(again).compute(), plain)
    assert again["t"].attrs == {"long_name": "Temperature"}
    assert type(again.xindexes["lat"]).__name__ == "PintIndex"
    # Nothing of the caller has changed.
    assert before.xindexes["lat"].units == ds.xindexes["lat"].units
    assert {n: v.attrs for n, v in before.variables.items()} == {
        n: v.attrs for n, v in ds.variables.items()
    }


def test_quantities_follow_the_attributes(plain):
    ds = quantified(plain)
    bare = dequantified(ds)
    bare["t"].attrs["units"] = "K"
    bare["warming"] = bare["t"].isel(time=-1) - bare["t"].isel(time=0)
    bare["warming"].attrs = {"units": "degC", "units_metadata": "temperature: difference"}
    del bare["rh"].attrs["units"]
    again = quantified_like(bare, ds, derived={"warming": "t"})
    assert str(again["t"].pint.units) == "kelvin"
    assert str(again["warming"].pint.units) == "delta_degree_Celsius"
    assert again["rh"].pint.units is None
    xr.testing.assert_identical(dequantified(again)["warming"], bare["warming"])


def test_another_registry_gets_its_own_units_back(plain):
    import pint

    own = pint.UnitRegistry(force_ndarray_like=True)
    ds = plain[["t"]].drop_vars(["lat", "height"]).copy()
    ds["t"] = ds["t"].copy(data=own.Quantity(ds["t"].values, "meter / second"))
    bare = dequantified(ds)
    assert bare["t"].attrs["units"] == "m s-1"
    bare["t"].attrs["units"] = "km h-1"
    again = quantified_like(bare, ds)
    assert again["t"].data.units == own.Unit("kilometer / hour")


def test_plain_data_are_handed_through(plain):
    assert dequantified(plain) is plain
    assert quantified_like(plain, plain) is plain


def test_reading_units_leaves_the_units_of_the_application_alone():
    code = """
import pint, pint_xarray, xarray as xr
before = xr.DataArray([1.0], attrs={"units": "degC"}).pint.quantify()
import xdsc.cf.units as units
assert units.conversion("K", "degC").offset == -273.15
after = xr.DataArray([1.0], attrs={"units": "degC"}).pint.quantify()
assert float((after - before).data.magnitude[0]) == 0
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_file_is_not_read_to_find_quantities(tmp_path, plain):
    plain.to_netcdf(tmp_path / "file.nc")
    with xr.open_dataset(tmp_path / "file.nc") as ds:
        assert not is_quantified(ds)
        assert dequantified(ds) is ds
        assert not ds["t"].variable._in_memory
