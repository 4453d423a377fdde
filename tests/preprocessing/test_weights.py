"""Weights: those of squared distances."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from plain_blocks import Plain

from xdsc.errors import ParameterError
from xdsc.preprocessing.steps.weighting import Weights

Weights = Plain(Weights)

AREA = xr.DataArray([[4.0, 1.0], [0.25, 9.0]], dims=("lat", "lon"))


def block(dtype="f8", members=False):
    rng = np.random.default_rng(0)
    shape, dims = (3, 2, 2), ("time", "y", "x")
    if members:
        shape, dims = (2, *shape), ("member", *dims)
    names = {"t2m": {"units": "K"}, "msl": {"units": "Pa"}}
    variables = {n: (dims, rng.normal(size=shape).astype(dtype), a) for n, a in names.items()}
    return xr.Dataset(variables, coords={"time": pd.date_range("2000", periods=3)})


def test_factors_by_hand():
    step = Weights.of(AREA, {"msl": 4}, ["t2m", "msl"])
    assert step.fitted_["t2m"].dims == ("y", "x")
    assert step.fitted_["t2m"].values.tolist() == [[2, 1], [0.5, 3]]
    assert step.fitted_["msl"].values.tolist() == [[4, 2], [1, 6]]
    assert step.settings == {"variable_weights": {"msl": 4.0}}
    assert Weights.of(None, {"msl": 4}, ["t2m", "msl"]).fitted_["msl"].item() == 2


def test_squared_distances_are_weighted():
    # A variable of weight 2 counts as if it were there twice, a cell as its area.
    ds = block()
    weighted = Weights.of(AREA, {"msl": 2}, list(ds)).transform(ds)

    def squared(ds, area=1):
        return sum(float(((v[0] - v[1]) ** 2 * area).sum()) for v in ds.values())

    twice = ds.assign(again=ds["msl"])
    assert squared(weighted) == pytest.approx(squared(twice, AREA.values))


@pytest.mark.parametrize("area", [AREA, None])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("members", [True, False])
def test_there_and_back(area, dtype, members):
    ds = block(dtype, members).chunk(time=1)
    fitted = Weights.of(area, {"t2m": 3.0}, list(ds)).fit(ds)
    step = Weights(**fitted.settings)
    step.fitted_ = fitted.fitted_
    weighted = step.transform(ds)
    assert weighted.chunks
    assert weighted["msl"].dims == ds["msl"].dims
    assert weighted["msl"].dtype == dtype
    assert weighted["msl"].attrs == {"units": "Pa"}
    xr.testing.assert_allclose(weighted.compute(), step.transform(ds.compute()), rtol=1e-12)
    back = step.inverse_transform(weighted[["msl"]])
    np.testing.assert_allclose(back["msl"], ds["msl"], rtol=1e-6)
    assert back["msl"].attrs == {"units": "Pa"}


@pytest.mark.parametrize("weight", [0, -1, np.nan, np.inf, "2", True, None])
def test_wrong_weights_come_together(weight):
    with pytest.raises(ParameterError) as error:
        Weights.of(None, {"t2m": weight, "tp": 1.0}, ["t2m", "msl"])
    first, second = error.value.problems
    assert "a number above 0 as the weight of 't2m'" in first
    assert "some of ['t2m', 'msl'], received 'tp'" in second
