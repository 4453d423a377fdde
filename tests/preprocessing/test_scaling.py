"""Scaling: hand-worked values, and back."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xdsc.cf import Axes
from xdsc.errors import InputError
from xdsc.preprocessing.scaling import Scale

AXES = Axes("time", "y", "x")
ATTRS = {
    "units": "K",
    "long_name": "2 metre temperature",
    "standard_name": "air_temperature",
    "valid_range": [0, 400],
}


def block(values):
    return xr.Dataset({"t2m": (("time", "y", "x"), np.asarray(values), ATTRS)})


def test_minmax_is_equation_8():
    # min 281 K and max 299 K as in Section 5.1: (290 - 281) / 18 = 1/2, (284 - 281) / 18 = 1/6.
    ds = block([[[281.0, 290.0]], [[284.0, 299.0]]])
    scaled = Scale("minmax").fit(ds, AXES).transform(ds)["t2m"]
    np.testing.assert_allclose(scaled.values.ravel(), [0, 1 / 2, 1 / 6, 1], rtol=1e-15)


def test_standard_by_hand():
    # Five values, mean 3, squared deviations 4 + 1 + 0 + 9 + 0 = 14; the gap takes no part.
    ds = block([[[1.0, 2.0]], [[3.0, 6.0]], [[np.nan, 3.0]]])
    scale = Scale("standard").fit(ds, AXES)
    assert scale.offset_ == {"t2m": 3.0}
    assert scale.range_ == {"t2m": pytest.approx(np.sqrt(14 / 5))}


@pytest.mark.parametrize("kind", ["minmax", "standard"])
def test_attributes_tell_the_truth_before_and_after(kind):
    ds = block([[[281.0, 290.0]]])
    scale = Scale(kind).fit(ds, AXES)
    scaled = scale.transform(ds)
    assert scaled["t2m"].attrs == {
        "units": "1",
        "long_name": "2 metre temperature",
        "original_units": "K",
        "original_standard_name": "air_temperature",
        "original_valid_range": [0, 400],
    }
    assert scale.inverse_transform(scaled)["t2m"].attrs == ATTRS
    assert ds["t2m"].attrs == ATTRS


floats = st.floats(-1e6, 1e6, width=32)
values = st.sampled_from(["f4", "f8"]).flatmap(
    lambda dtype: arrays(dtype, (3, 2, 2), elements=floats).filter(lambda a: np.ptp(a) > 1e-3)
)


@given(values, st.sampled_from(["minmax", "standard"]))
def test_range_dtype_and_inverse(data, kind):
    ds = block(data)
    scale = Scale(kind).fit(ds, AXES)
    scaled = scale.transform(ds)["t2m"]
    assert scaled.dtype == data.dtype
    if kind == "minmax":
        assert scaled.min() == 0
        assert scaled.max() == 1
    back = scale.inverse_transform(scaled.to_dataset())["t2m"]
    close = 1e-6 if data.dtype == "f4" else 1e-14
    np.testing.assert_allclose(back, data, atol=close * 4 * np.abs(data).max())


@pytest.mark.parametrize("kind", ["minmax", "standard"])
def test_a_constant_is_an_error(kind):
    with pytest.raises(InputError, match="values that vary in 't2m'"):
        Scale(kind).fit(block([[[3.0, 3.0]]]), AXES)
