"""Quantities of pint go in, quantities come out, and nobody else pays for pint."""

import numpy as np
import pytest
import xarray as xr

from xdsc.cf.units import dequantified
from xdsc.statistics.fields.composites import composites

T, H, L, K = 30, 3, 4, 3


@pytest.fixture
def plain():
    """Temperature, pressure, a series without units and a static field; labels on time."""
    rng = np.random.default_rng(0)
    dims = ("time", "lat", "lon")
    return xr.Dataset(
        {
            "t2m": (dims, 280 + rng.normal(size=(T, H, L)), {"units": "K", "long_name": "T"}),
            "msl": (dims, (1e5 + rng.normal(size=(T, H, L))).astype("f4"), {"units": "Pa"}),
            "index": ("time", rng.normal(size=T)),
            "orography": (("lat", "lon"), rng.normal(size=(H, L)), {"units": "m"}),
        },
        coords={
            "time": xr.date_range("2000", periods=T),
            "lat": ("lat", [50.0, 40.0, 30.0], {"units": "degrees_north"}),
            "lon": ("lon", np.arange(4.0), {"units": "degrees_east"}),
            "cluster": ("time", np.arange(T) % K),
        },
    )


def in_celsius(ds):
    return ds.assign(t2m=(ds.t2m - 273.15).assign_attrs(ds.t2m.attrs | {"units": "degC"}))


def quantified(ds):
    import cf_xarray.units
    import pint_xarray  # noqa: F401

    return ds.pint.quantify(unit_registry=cf_xarray.units.units)


@pytest.mark.parametrize("chunks", [None, {"time": 7, "lat": 2}], ids=["numpy", "dask"])
@pytest.mark.parametrize("unit", ["K", "degC"])
def test_composites_of_quantities_are_quantities(plain, unit, chunks):
    plain = in_celsius(plain) if unit == "degC" else plain
    expected = composites(plain)
    given = quantified(plain if chunks is None else plain.chunk(chunks))
    done = composites(given)

    units = {str(name): str(v.pint.units) for name, v in done.data_vars.items()}
    degrees, difference = {
        "K": ("kelvin", "kelvin"),
        "degC": ("degree_Celsius", "delta_degree_Celsius"),
    }[unit]
    assert units == {
        "orography": "meter",
        "t2m": degrees,
        "t2m_anomaly": difference,
        "t2m_std": difference,
        "t2m_count": "None",
        "msl": "pascal",
        "msl_anomaly": "pascal",
        "msl_std": "pascal",
        "msl_count": "None",
        **dict.fromkeys(["index", "index_anomaly", "index_std", "index_count"], "None"),
        "n_frames": "None",
        "frequency": "None",
    }
    assert str(done["lat"].pint.units) == "degrees_north"
    assert hasattr(done["t2m"].data.magnitude, "dask") is (chunks is not None)
    # The same numbers, names and attributes as without quantities.
    bare = dequantified(done).compute()
    xr.testing.assert_allclose(bare, expected, rtol=1e-6)
    assert {n: v.attrs for n, v in bare.variables.items()} == {
        n: v.attrs for n, v in expected.variables.items()
    }


def test_the_anomaly_can_be_added_to_the_mean(plain):
    done = composites(quantified(in_celsius(plain)))
    overall = done["t2m"] - done["t2m_anomaly"]
    assert str(overall.pint.units) == "degree_Celsius"
    truth = in_celsius(plain)["t2m"].mean("time")
    np.testing.assert_allclose(overall.pint.magnitude[0], truth, rtol=1e-6)


def test_the_input_stays_as_it_is(plain):
    given = quantified(plain)
    composites(given)
    assert str(given["t2m"].pint.units) == "kelvin"
    assert type(given.xindexes["lat"]).__name__ == "PintIndex"
    assert "units" not in given["t2m"].attrs


def test_statistics_of_quantities_are_those_of_numbers(plain):
    fitted = plain[["t2m", "index"]].dsc.fit(2, method="kmeans", random_state=0, progress=False)
    given = quantified(fitted)
    halves = [("2000-01-01", "2000-01-15"), ("2000-01-16", "2000-01-30")]
    for statistic in (
        lambda ds: ds.dsc.regime_index(variable="t2m"),
        lambda ds: ds.dsc.life_cycles(variable="t2m").labels,
        lambda ds: ds.dsc.decompose("t2m", halves, n=20, random_state=0),
        lambda ds: ds.dsc.conditional_frequency("index", bins=3, n=20, random_state=0),
    ):
        xr.testing.assert_allclose(statistic(given), statistic(fitted))
