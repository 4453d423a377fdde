"""Data that a file has packed, or filled, are told from values."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, XdscWarning

FILL = 9.969209968386869e36


def spoiled(ds, value, **attrs):
    """A few values of t2m replaced, and attributes that a file would have."""
    ds["t2m"][::10, 2, 3] = value
    ds["t2m"].attrs |= attrs
    return ds


def fit(ds):
    return ds.dsc.fit(3, variables="t2m", method="kmeans", random_state=0)


@pytest.mark.parametrize(
    ("value", "attrs"),
    [
        (1e20, {"missing_value": np.float32(1e20)}),
        (-999.0, {"_FillValue": -999.0}),
        (-99.0, {"missing_value": np.array([-99.0])}),
        (0.0, {"_FillValue": np.float32(0.0)}),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_fill_values_that_attributes_name_are_refused(small, value, attrs, lazy):
    bad = spoiled(small, value, **attrs)
    with pytest.raises(InputError, match=rf"decoded values in 't2m'.*{next(iter(attrs))}"):
        fit(bad.chunk() if lazy else bad)
    decoded = fit(xr.decode_cf(bad))  # what the error says
    expected = small.assign(t2m=bad.t2m.where(bad.t2m != np.float32(value)).drop_attrs())
    assert (decoded.cluster == fit(expected).cluster).all()


def test_another_dataset_is_looked_at_as_well(small):
    model = fit(small).dsc.model
    with pytest.raises(InputError, match="decoded values"):
        model.predict(spoiled(small.copy(deep=True), -999.0, _FillValue=-999.0))
    # netCDF's fill is as good as inf: missing.
    clean, filled = small.copy(deep=True), spoiled(small.copy(deep=True), FILL)
    clean["t2m"][::10, 2, 3] = np.nan
    assert (model.predict(filled) == model.predict(clean)).all()


@pytest.mark.parametrize(
    ("dtype", "value", "said"),
    [
        ("float32", FILL, "9.96921e.36"),
        ("float64", -1e35, "-1e.35"),
        ("float32", np.inf, "inf"),
        ("float32", 1e20, "1e20"),
        ("int16", -32767, "-32767"),
        ("int32", -2147483647, "-2147483647"),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_fill_values_without_attributes_are_refused(small, dtype, value, said, lazy):
    small["t2m"] = small.t2m.astype(dtype)
    bad = spoiled(small, value)
    with pytest.raises(InputError, match=rf"'t2m', received {said}") as error:
        fit(bad.chunk() if lazy else bad)
    remedy = str(error.value).rpartition("missing, ")[2].removesuffix(".")
    exec(remedy, {"ds": bad, "np": np})
    assert np.isfinite(fit(bad).dsc.composites().t2m).all()


@pytest.mark.parametrize("dtype", ["int16", "float64"])
def test_packed_numbers_are_refused(small, dtype):
    packed = small.assign(t2m=((small.t2m - 280) / 0.01).round().astype(dtype))
    packed["t2m"].attrs = {"scale_factor": 0.01, "add_offset": 280.0, "units": "K"}
    with pytest.raises(InputError, match=r"decoded values.*scale_factor=0.01, add_offset=280"):
        fit(packed)
    found = fit(xr.decode_cf(packed)).dsc.composites()
    assert 250 < found.t2m.mean() < 310


def test_attributes_of_what_was_decoded_raise_no_alarm(small):
    # As NetCDF4's own reader leaves them, and rioxarray.
    small["t2m"].attrs |= {"_FillValue": -999.0, "missing_value": np.nan}
    small["t2m"].attrs |= {"scale_factor": 1.0, "add_offset": 0.0}
    fit(small)
    small["t2m"].attrs["scale_factor"] = 0.01
    with pytest.warns(XdscWarning, match="taken as applied"):
        fit(small)


def test_files_are_decoded_by_xarray(small, tmp_path):
    packing = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32767}
    small[["t2m"]].to_netcdf(tmp_path / "packed.nc", encoding={"t2m": packing})
    with xr.open_dataset(tmp_path / "packed.nc") as ds:
        fit(ds)
    raw = xr.load_dataset(tmp_path / "packed.nc", mask_and_scale=False)
    with pytest.raises(InputError, match="mask_and_scale=True"):
        xdsc.Preprocessor(variables="t2m").fit(raw)
