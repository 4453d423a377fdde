"""Labels outlive a file: integer, flagged, and good for composites."""

import numpy as np
import pytest
import xarray as xr

import xdsc

FORMATS = {
    "netcdf": (xr.Dataset.to_netcdf, {}, {"engine": "netcdf4"}),
    # Format 3 has no settled type for strings yet, and warns.
    "zarr": (xr.Dataset.to_zarr, {"zarr_format": 2}, {"engine": "zarr"}),
}


@pytest.fixture(params=FORMATS)
def through_a_file(request, tmp_path):
    """Function that writes a Dataset and reads it again."""
    write, writing, reading = FORMATS[request.param]
    path = tmp_path / f"regimes.{request.param}"

    def roundtrip(ds):
        write(ds, path, **writing)
        with xr.open_dataset(path, **reading) as back:
            return back.load()

    return roundtrip


def labelled(ds):
    return ds.dsc.fit(k=3, method="kmeans", random_state=0)


@pytest.mark.parametrize("which", ["small", "messy"])
def test_the_label_coordinate_survives(through_a_file, which, request):
    ds = labelled(request.getfixturevalue(which))
    back = through_a_file(ds)
    assert "cluster" in back.coords
    assert back.cluster.dtype == np.int32
    np.testing.assert_array_equal(back.cluster, ds.cluster)
    there, here = back.cluster.attrs, ds.cluster.attrs
    assert set(here) <= set(there)
    np.testing.assert_array_equal(there["flag_values"], here["flag_values"])
    for key in set(here) - {"flag_values"}:
        assert there[key] == here[key]
    assert isinstance(there["xdsc_versions"], str)


def test_netcdf_keeps_the_type_of_the_flags(messy, tmp_path):
    labelled(messy).to_netcdf(tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc") as back:
        assert back.cluster.attrs["flag_values"].dtype == back.cluster.dtype == np.int32


@pytest.mark.parametrize("which", ["small", "messy"])
def test_composites_of_what_was_read(through_a_file, which, request):
    ds = labelled(request.getfixturevalue(which))
    back = through_a_file(ds).dsc.composites()
    xr.testing.assert_allclose(back, ds.dsc.composites())
    assert back.cluster.values.tolist() == [0, 1, 2]


def test_a_read_dataset_can_be_fitted_again(through_a_file, messy):
    ds = labelled(messy)
    again = labelled(through_a_file(ds))
    np.testing.assert_array_equal(again.cluster, ds.cluster)


def test_prepared_data_that_were_read_are_not_prepared_again(through_a_file, messy):
    ready = messy.dsc.preprocess(scale="standard", variables=["t2m", "sp"])
    back = through_a_file(ready)
    fit = labelled(back)
    assert fit.dsc.model.preprocessor_ is None
    assert fit.dsc.model.variables_ == ["t2m", "sp"]
    np.testing.assert_array_equal(fit.cluster, labelled(ready).cluster)


def test_composites_go_to_a_file_too(through_a_file, messy):
    regimes = labelled(messy).dsc.composites()
    xr.testing.assert_allclose(through_a_file(regimes), regimes)


def test_a_model_labels_what_was_read(through_a_file, messy):
    ds = labelled(messy)
    xr.testing.assert_equal(ds.dsc.model.predict(through_a_file(messy)), ds.dsc.model.labels_)


def test_labels_and_data_may_live_in_two_files(through_a_file, messy):
    ds = labelled(messy)
    labels = through_a_file(ds[["cluster"]].reset_coords("cluster")).cluster
    xr.testing.assert_allclose(xdsc.composites(messy, labels=labels), xdsc.composites(ds))
