"""Files that were written in format 1 say what they said then."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.storage import read

DATA = Path(__file__).parent / "data"


def fields():
    """What ``format1_fields.xdsc`` was written from, by the package when it wrote format 1."""
    time = xr.date_range(
        "1850-02-27T06", periods=3, freq="12h", calendar="360_day", use_cftime=True
    )
    times = {
        f"datetime64[{unit}]": np.array(["1900-01-01T00:00:01", "NaT", "2100-12-31"], f"M8[{unit}]")
        for unit in ("s", "ms", "us", "ns")
    }
    lengths = {
        f"timedelta64[{unit}]": np.array([scale * 3600, scale * 7200, 0], f"m8[{unit}]")
        for unit, scale in {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}.items()
    }
    numbers = {
        "bool": np.array([True, False, True]),
        "float16": np.array([np.nan, np.inf, 0.1], "float16"),
        "float64": np.array([0.1, -0.0, np.nan]),
        "int64": np.array([2**40, -1, 0]),
        "least": np.array([-(2**63), 2**63 - 1, 0]),
        "small": np.array([1, 2, 3]),
        "uint64": np.array([2**64 - 1, 0, 1], "uint64"),
        "uint8": np.array([255, 0, 1], "uint8"),
    }
    other = {
        "days": np.array(["2000-01-01", "2000-01-05", "1999-12-31"], "M8[ns]"),
        "missing length": np.array([1, "NaT", 10**15], "m8[ns]"),
        "word": np.array(["", "é", "ab"]),
        "object": np.array(["a", "b", "c"], object),
        "η": np.arange(3.0),
    }
    named = {name: ("time", array) for name, array in (times | lengths | numbers | other).items()}
    attrs = {"units": "°C", "none": None, "true": True, "pair": (1, 2.5), "i2": np.int16([1, 2])}
    named["t2m"] = ("time", np.arange(3, dtype="float32"), attrs)
    empty = {name: ("nothing", np.array([], name)) for name in ("datetime64[ns]", "int16", "U")}
    return {
        "odd": xr.Dataset(named, {"time": time, "scalar": 2**50}, {"odd name/x": [1, "a"]}),
        "empty": xr.Dataset({f"no {name}": array for name, array in empty.items()}),
    }


@pytest.mark.parametrize("name", fields())
def test_fields_come_back_with_their_types(name):
    expected, found = fields()[name], read(DATA / "format1_fields.xdsc").fields[name]
    xr.testing.assert_identical(found, expected)
    for key, variable in expected.variables.items():
        assert found[key].dtype.kind == variable.dtype.kind
        assert found[key].dtype == variable.dtype or variable.dtype.kind == "U"
    assert found.attrs == expected.attrs


MODELS = sorted(path.stem for path in (DATA / "format1").glob("*.xdsc"))


@pytest.mark.parametrize("name", MODELS)
def test_models_say_what_they_said(name):
    """Of the data that they were fitted on; answers are those of the process that fitted them."""
    ds = xr.load_dataset(DATA / "format1" / "data.nc")
    model = xdsc.load_model(DATA / "format1" / f"{name}.xdsc")
    with np.load(DATA / "format1" / f"{name}.npz") as said:
        np.testing.assert_array_equal(model.labels_, said["labels"])
        np.testing.assert_array_equal(model.predict(ds), said["predict"])
        for question in {*said} - {"labels", "predict"}:
            found = getattr(model, question)(ds)
            found = found.to_array() if isinstance(found, xr.Dataset) else found
            # Sums in another order, on another processor, differ in their last digits.
            np.testing.assert_allclose(found, said[question], rtol=1e-4, atol=1e-5)
