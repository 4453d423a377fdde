"""Scaling: hand-worked values, and back."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from plain_blocks import Plain

from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing.steps.scaling import SCALES, Scale

Scale = Plain(Scale)

ATTRS = {
    "units": "K",
    "long_name": "2 metre temperature",
    "standard_name": "air_temperature",
    "valid_range": [0, 400],
}
CELL_KINDS = [kind for kind in SCALES if kind.startswith("cell-")]
nan = np.nan


def block(values, name="t2m"):
    values = np.asarray(values)
    dims = ("member", "time", "y", "x")[-values.ndim :]
    time = pd.date_range("2000", periods=values.shape[-3])
    return xr.Dataset({name: (dims, values, ATTRS)}, coords={"time": time})


def numbers(scale, name="t2m"):
    return scale.fitted_[name].values


def random_block(dtype="f4"):
    """Two variables of two members, with gaps and a masked cell."""
    rng = np.random.default_rng(0)
    values = rng.gamma(2.0, 10.0, size=(2, 30, 4, 5)).astype(dtype)
    values[rng.random(values.shape) < 0.1] = nan
    values[:, :, 1, 2] = nan
    ds = block(values)
    return ds.assign(z=(ds["t2m"] * 100 + 5e4).astype(dtype))


def test_minmax_is_equation_8():
    # min 281 K and max 299 K as in Section 5.1: (290 - 281) / 18 = 1/2, (284 - 281) / 18 = 1/6.
    ds = block([[[281.0, 290.0]], [[284.0, 299.0]]])
    scaled = Scale("minmax").fit(ds).transform(ds)["t2m"]
    np.testing.assert_allclose(scaled.values.ravel(), [0, 1 / 2, 1 / 6, 1], rtol=1e-15)


def test_standard_by_hand():
    # Five values, mean 3, squared deviations 4 + 1 + 0 + 9 + 0 = 14; the gap takes no part.
    scale = Scale("standard").fit(block([[[1.0, 2.0]], [[3.0, 6.0]], [[nan, 3.0]]]))
    np.testing.assert_allclose(numbers(scale), [3, np.sqrt(14 / 5)])


def test_robust_by_hand():
    # Of 0, 1, 2, 3, 100 the quartiles are 1, 2, 3: the extreme does not move them.
    scale = Scale("robust").fit(block([[[100.0, 2.0]], [[3.0, 0.0]], [[nan, 1.0]]]))
    assert numbers(scale).tolist() == [2, 2]


# First cell 0, 4, 2, 2: mean 2, squared deviations 4 + 4; quartiles 1.5, 2 and 2.5.
# Second cell 10, 30, and two gaps: quartiles 15, 20, 25. The third is masked.
CELLS = [[[0.0, 10, nan]], [[4, nan, nan]], [[2, nan, nan]], [[2, 30, nan]]]


@pytest.mark.parametrize(
    ("kind", "offset", "spread"),
    [
        ("cell-minmax", [0, 10, 0], [4, 20, 1]),
        ("cell-standard", [2, 20, 0], [np.sqrt(2), 10, 1]),
        ("cell-robust", [2, 20, 0], [1, 10, 1]),
    ],
)
def test_cells_by_hand(kind, offset, spread):
    ds = block(CELLS)
    scale = Scale(kind).fit(ds)
    assert scale.fitted_["t2m"].dims == ("statistic", "y", "x")
    np.testing.assert_allclose(numbers(scale)[:, 0], [offset, spread])
    assert scale.transform(ds)["t2m"].isnull().equals(ds["t2m"].isnull())


@pytest.mark.parametrize("kind", CELL_KINDS)
def test_cells_pool_over_members(kind):
    ds = random_block()
    members = ds.isel(time=slice(0, 3))
    # The same samples one after the other in time.
    stacked = [members.isel(member=i).assign_coords(time=members.time + 3 * i) for i in (0, 1)]
    in_time = xr.concat([m.assign_coords(time=range(3)) for m in stacked], "time")
    xr.testing.assert_allclose(Scale(kind).fit(members).fitted_, Scale(kind).fit(in_time).fitted_)


@pytest.mark.parametrize("kind", ["cell-minmax", "cell-standard", "cell-robust"])
def test_a_constant_cell_becomes_zero(kind):
    # 0.1 + 0.1 + 0.1 is not 0.3: the rounding of the mean must not become the unit of the cell.
    # The third cell is rounding itself, as is left of a constant by a climatology.
    ds = block([[[0.1, 5.0, 1e-9]], [[0.1, 1.0, -1e-9]], [[0.1, 3.0, 0.0]]])
    scale = Scale(kind).fit(ds)
    assert numbers(scale)[1, 0, [0, 2]].tolist() == [1, 1]
    np.testing.assert_allclose(scale.transform(ds)["t2m"][:, 0, [0, 2]], 0, atol=2e-9)
    np.testing.assert_allclose(scale.inverse_transform(scale.transform(ds))["t2m"], ds["t2m"])


@pytest.mark.parametrize("kind", SCALES)
def test_attributes_tell_the_truth_before_and_after(kind):
    ds = block([[[281.0, 290.0]], [[280.0, 285.0]]])
    scale = Scale(kind).fit(ds)
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


# No cell varies less than 10^-6 of another, which counts as constant.
floats = st.floats(-1000, 1000, width=32)
values = st.sampled_from(["f4", "f8"]).flatmap(
    lambda dtype: arrays(dtype, (3, 2, 2), elements=floats).filter(
        lambda a: np.all(np.ptp(a, axis=0) > 0.01) and np.diff(np.quantile(a, [0.25, 0.75])) > 0.01
    )
)


@given(values, st.sampled_from(SCALES))
def test_range_dtype_and_inverse(data, kind):
    ds = block(data)
    scale = Scale(kind).fit(ds)
    scaled = scale.transform(ds)["t2m"]
    assert scaled.dtype == data.dtype
    assert scaled.dims == ds["t2m"].dims
    if kind.endswith("minmax"):
        over = "time" if scale.per_cell else None
        assert (scaled.min(over) == 0).all()
        assert (scaled.max(over) == 1).all()
    back = scale.inverse_transform(scaled.to_dataset())["t2m"]
    close = 1e-6 if data.dtype == "f4" else 1e-14
    np.testing.assert_allclose(back, data, atol=close * 4 * np.abs(data).max())


@pytest.mark.parametrize("kind", SCALES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("chunks", [{"time": 7}, {"member": 1, "y": 3, "x": 2}])
def test_dask_equals_numpy(kind, dtype, chunks):
    ds = random_block(dtype)
    lazy = ds.chunk(chunks)
    expected, scale = Scale(kind).fit(ds), Scale(kind).fit(lazy)
    if kind.endswith("standard"):  # sums depend on their order
        xr.testing.assert_allclose(scale.fitted_, expected.fitted_, rtol=1e-12)
    else:
        xr.testing.assert_identical(scale.fitted_, expected.fitted_)
    scaled = scale.transform(lazy)
    assert scaled.chunks
    assert scaled["t2m"].dtype == dtype
    xr.testing.assert_allclose(scaled.compute(), expected.transform(ds), rtol=1e-6)


@pytest.mark.parametrize("kind", SCALES)
def test_a_fit_reads_each_chunk_once(kind):
    import dask.array

    ds = random_block()
    reads = []

    def read(block_info=None):
        reads.append(block_info[None]["chunk-location"])
        (members, times, ys, xs) = (slice(*ends) for ends in block_info[None]["array-location"])
        return ds["t2m"].values[members, times, ys, xs]

    data = dask.array.map_blocks(read, chunks=((2,), (10, 10, 10), (4,), (5,)), dtype="f4")
    reads.clear()
    lazy = ds[["t2m"]].copy(data={"t2m": data})
    Scale(kind).fit(lazy)
    assert sorted(reads) == [(0, i, 0, 0) for i in range(3)]


@pytest.mark.parametrize("kind", SCALES)
def test_restored_from_settings_and_fitted(kind):
    ds = random_block()
    scale = Scale(kind).fit(ds)
    restored = Scale(**scale.settings)
    restored.fitted_ = scale.fitted_
    one = ds[["z"]].isel(member=0)
    xr.testing.assert_identical(restored.transform(one), scale.transform(ds)[["z"]].isel(member=0))
    xr.testing.assert_allclose(restored.inverse_transform(restored.transform(one)), one)
    assert np.isfinite(scale.fitted_).to_dataarray().all()


@pytest.mark.parametrize("kind", SCALES)
def test_constants_are_an_error_that_names_them(kind):
    ds = block([[[3.0, 3.0]]]).assign(
        msl=block([[[1.0, nan]]])["t2m"], u=block([[[0.0, 1]]])["t2m"]
    )
    with pytest.raises(InputError, match="values that vary in 't2m'") as error:
        Scale(kind).fit(ds)
    assert any("'msl'" in problem for problem in error.value.problems)
    assert kind.startswith("cell-") or not any("'u'" in text for text in error.value.problems)


@pytest.mark.parametrize(
    ("kind", "remedy"), [("robust", "'standard'"), ("cell-robust", "'cell-standard'")]
)
def test_mostly_dry_has_no_interquartile_range(kind, remedy):
    rain = np.zeros((8, 1, 2))
    rain[0] = 5.0
    with pytest.raises(InputError, match=f"at least half .* use scale={remedy}"):
        Scale(kind).fit(block(rain, "tp"))


def test_an_unknown_kind_is_refused():
    with pytest.raises(ParameterError, match="'cell-robust', received scale='max'"):
        Scale("max")


def test_spread_is_the_largest_range():
    assert Scale("minmax").fit(block(CELLS)).spread() == {"t2m": 30}
    assert Scale("cell-minmax").fit(block(CELLS)).spread() == {"t2m": 20}
