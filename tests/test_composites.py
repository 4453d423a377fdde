"""Composites are what groupby says they are, and describe themselves."""

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from xdsc.errors import InputError, NotFittedError, ParameterError
from xdsc.statistics.fields.composites import composites

T, H, L, K = 60, 4, 5, 3


def refuse(*args, **kwargs):
    raise AssertionError("nothing may be computed here")


@pytest.fixture
def ds():
    """Pressure in float32 with a masked cell and a gap, a series, a date and static fields."""
    rng = np.random.default_rng(0)
    pressure = (101_325 + 500 * rng.normal(size=(T, H, L))).astype(np.float32)
    pressure[:, 0, 0] = np.nan
    pressure[3, 1, 1] = np.nan
    time = xr.date_range("2000-01-01", periods=T)
    labels = rng.integers(0, K, T).astype(np.int32)
    flags = {"flag_values": np.arange(K, dtype=np.int32), "flag_meanings": "a b c"}
    attrs = {"units": "Pa", "long_name": "Pressure", "standard_name": "surface_air_pressure"}
    return xr.Dataset(
        {
            "sp": (("time", "lat", "lon"), pressure, attrs | {"grid_mapping": "crs"}),
            "t2m": (("lon", "time"), rng.normal(size=(L, T)), {"units": "K"}),
            "days": ("time", np.arange(T), {"cell_methods": "time: maximum"}),
            "orography": (("lat", "lon"), rng.normal(size=(H, L)), {"units": "m"}),
            "crs": ((), 0),
            "time_bnds": (("time", "nv"), np.zeros((T, 2))),
            "start": ("time", time.values),
        },
        coords={
            "time": ("time", time, {"bounds": "time_bnds"}),
            "lat": ("lat", np.linspace(50, 44, H), {"standard_name": "latitude"}),
            "lon": ("lon", np.linspace(0, 8, L), {"standard_name": "longitude"}),
            "cluster": ("time", labels, {"long_name": "cluster label"} | flags),
        },
        attrs={"title": "a title"},
    )


def test_equals_groupby_to_rounding(ds):
    done = composites(ds)
    names = ["sp", "t2m", "days"]
    groups = ds[names].astype(float).groupby("cluster")
    expected = {
        "": groups.mean(),
        "_anomaly": groups.mean() - ds[names].astype(float).mean("time"),
        "_std": groups.std(ddof=0),
        "_count": groups.count(),
    }
    for suffix, truth in expected.items():
        for name in names:
            found = done[name + suffix]
            assert found.dims == truth[name].dims
            np.testing.assert_allclose(found, truth[name], rtol=1e-6, atol=1e-3)
    counts = ds["cluster"].groupby("cluster").count()
    np.testing.assert_array_equal(done["n_frames"], counts)
    np.testing.assert_allclose(done["frequency"], counts / T)


def test_sums_are_in_float64_and_results_in_the_dtype_of_the_data(ds):
    done = composites(ds)
    assert done["sp"].dtype == done["sp_anomaly"].dtype == np.float32
    assert done["days"].dtype == np.float64
    exact = ds["sp"].astype(float).groupby("cluster").mean()
    np.testing.assert_array_equal(done["sp"], exact.astype(np.float32))


def test_anomalies_weighted_by_counts_cancel(ds):
    done = composites(ds.astype(float))
    total = (done["sp_anomaly"] * done["sp_count"]).sum("cluster")
    np.testing.assert_allclose(total, 0, atol=1e-6)


@pytest.mark.parametrize("chunks", [{"time": 7}, {"time": -1, "lat": 1}, {"time": 13, "lon": 2}])
def test_dask_equals_numpy_and_stays_lazy(ds, chunks):
    lazy = composites(ds.chunk(chunks))
    for name in ("sp", "sp_anomaly", "sp_std", "sp_count"):
        assert lazy[name].chunks is not None, name
    xr.testing.assert_allclose(lazy.compute(), composites(ds))
    assert lazy["cluster"].equals(composites(ds)["cluster"])


def test_lazy_labels_of_fields_in_memory_are_read(ds):
    lazy = ds.assign_coords(cluster=ds["cluster"].chunk(time=9))
    xr.testing.assert_identical(composites(lazy), composites(ds))


def test_lazy_labels_stay_lazy_and_declare_the_regimes(ds):
    labels = ds["cluster"].where(ds["cluster"] != 1, -1).astype(np.int32)
    labels.attrs = {"flag_values": [-1, 0, 1, 2], "flag_meanings": "none a b c"}
    lazy = ds.assign_coords(cluster=labels).chunk(time=9)
    with dask.config.set(scheduler=refuse):
        done = composites(lazy)
    assert done["cluster"].values.tolist() == [0, 1, 2]
    assert done["n_frames"].chunks is not None
    done = done.compute()
    expected = composites(ds.assign_coords(cluster=labels))
    assert expected["cluster"].values.tolist() == [0, 2]
    xr.testing.assert_allclose(done.sel(cluster=[0, 2]), expected)
    empty = done.sel(cluster=1)
    assert np.isnan(empty["sp_anomaly"]).all()
    assert empty["n_frames"] == empty["sp_count"].max() == empty["frequency"] == 0


def test_lazy_labels_of_members_stay_lazy(ds):
    labels = ds["cluster"].values
    both = xr.concat([ds["sp"], ds["sp"] + 3], "run")
    ds = both.to_dataset().assign_coords(
        run=("run", [1, 2], {"standard_name": "realization"}),
        cluster=(("run", "time"), np.stack([labels, labels[::-1]]), {"flag_values": [0, 1, 2]}),
    )
    with dask.config.set(scheduler=refuse):
        done = composites(ds.chunk(time=9))
    xr.testing.assert_allclose(done.compute(), composites(ds))


def test_lazy_labels_without_flags_are_read(ds):
    lazy = ds.assign_coords(cluster=ds["cluster"].drop_attrs()).chunk(time=9)
    assert composites(lazy)["cluster"].values.tolist() == [0, 1, 2]


def test_masked_cells_are_nan_with_count_zero(ds):
    cell = composites(ds).isel(lat=0, lon=0)
    assert np.isnan(cell[["sp", "sp_anomaly", "sp_std"]].to_array()).all()
    assert (cell["sp_count"] == 0).all()
    lazy = composites(ds.chunk(time=7)).isel(lat=0, lon=0).compute()
    assert np.isnan(lazy["sp_anomaly"]).all()


def test_attributes_say_what_was_done(ds):
    ds["t2m"].attrs["actual_range"] = [0, 1]
    done = composites(ds)
    assert done.attrs == ds.attrs
    assert done["sp"].attrs == ds["sp"].attrs | {"cell_methods": "time: mean"}
    assert done["sp_std"].attrs == {
        "units": "Pa",
        "long_name": "Pressure, standard deviation",
        "standard_name": "surface_air_pressure",
        "grid_mapping": "crs",
        "cell_methods": "time: standard_deviation",
    }
    assert done["sp_anomaly"].attrs["units"] == "Pa"
    assert "standard_name" not in done["sp_anomaly"].attrs
    assert done["sp_count"].attrs["standard_name"] == "number_of_observations"
    assert done["sp_count"].attrs["units"] == done["frequency"].attrs["units"] == "1"
    assert done["days"].attrs["cell_methods"] == "time: maximum time: mean"
    assert "actual_range" not in done["t2m"].attrs
    # A difference of 1 K is 1 degC, and not -272.15 degC.
    assert done["t2m_anomaly"].attrs["units_metadata"] == "temperature: difference"
    celsius = ds.assign(t2m=ds["t2m"].assign_attrs(units="degrees C"))
    attrs = composites(celsius)["t2m_anomaly"].attrs
    assert attrs["units_metadata"] == "temperature: difference"
    assert done["cluster"].attrs.keys() == ds["cluster"].attrs.keys()
    assert done["cluster"].attrs["flag_meanings"] == "a b c"


@pytest.mark.parametrize("kind", [list, np.array])
def test_attributes_may_hold_several_texts(ds, kind):
    several = {"long_name": kind(["Surface", "pressure"]), "units_metadata": kind(["a", "b"])}
    ds["sp"].attrs |= several | {"cell_methods": kind(["x: mean", "y: mean"])}
    done = composites(ds)
    assert done["sp_anomaly"].attrs["long_name"].startswith("Surface pressure, anomaly")
    assert done["sp"].attrs["cell_methods"] == "x: mean y: mean time: mean"


def test_static_variables_stay_and_bounds_and_dates_go(ds):
    done = composites(ds)
    xr.testing.assert_identical(done["orography"], ds["orography"])
    assert "crs" in done
    assert "time" not in done.dims
    assert not {"time_bnds", "start", "time_bnds_count"} & set(done.variables)


def test_input_is_left_alone(ds):
    before = ds.copy(deep=True)
    composites(ds)
    xr.testing.assert_identical(ds, before)


def test_result_goes_through_a_file(ds, tmp_path):
    ds["sp"].encoding = {"dtype": "int16", "scale_factor": 0.1, "_FillValue": -32767}
    done = composites(ds)
    done.to_netcdf(tmp_path / "composites.nc")
    with xr.open_dataset(tmp_path / "composites.nc") as back:
        xr.testing.assert_allclose(back, done)


def test_steps_without_a_label_count_nowhere(ds):
    labels = ds["cluster"].values.copy()
    labels[:20] = -1
    kept = composites(ds.isel(time=slice(20, None)))
    xr.testing.assert_allclose(composites(ds, labels=labels), kept)
    missing = ds["cluster"].isel(time=slice(20, None)).reindex(time=ds["time"])  # floats with NaN
    found = composites(ds, labels=missing)
    xr.testing.assert_allclose(found, kept)
    assert found["cluster"].dtype.kind == "i"
    assert found["frequency"].sum() == pytest.approx(1)


def test_labels_may_be_words(ds):
    words = np.array(["NAO+", "NAO-", "blocking"])[ds["cluster"].values]
    done = composites(ds, labels=words)
    assert done["cluster"].values.tolist() == ["NAO+", "NAO-", "blocking"]
    np.testing.assert_array_equal(done["sp"], composites(ds)["sp"])
    with_gaps = words.astype(object)
    with_gaps[:5] = None
    assert composites(ds, labels=with_gaps)["n_frames"].sum() == T - 5


def test_labels_from_anywhere_mean_the_same(ds):
    expected = composites(ds)
    labels = ds["cluster"]
    bare = ds.drop_vars("cluster")
    for given_labels in (labels, labels.values.tolist(), labels.drop_vars("time")):
        xr.testing.assert_allclose(composites(bare, labels=given_labels), expected)
    named = bare.assign(mine=labels.drop_vars("cluster"))
    found = composites(named, labels="mine")
    xr.testing.assert_allclose(found, expected)
    assert "mine" not in found.variables


def test_time_by_another_name(ds):
    done = composites(ds.rename(time="valid_time"))
    assert done["sp"].attrs["cell_methods"] == "valid_time: mean"
    series = xr.Dataset({"index": ("step", [1.0, 2.0, 6.0])})
    assert composites(series, [0, 0, 1], time="step")["index"].values.tolist() == [1.5, 6.0]


def test_errors_say_what_to_do(ds):
    bare = ds.drop_vars("cluster")
    with pytest.raises(NotFittedError, match=r"fit\(k=...\) first, or pass labels="):
        composites(bare)
    with pytest.raises(ParameterError, match=r"'nowhere'.*days"):
        composites(bare, labels="nowhere")
    with pytest.raises(ParameterError, match=f"{T} labels.*{T - 1} labels"):
        composites(bare, labels=np.zeros(T - 1, int))
    with pytest.raises(ParameterError, match=f"{T} labels.*10 labels"):
        composites(bare, labels=ds["cluster"].isel(time=slice(10)))
    with pytest.raises(ParameterError, match=r"shape \(60, 3\)"):
        composites(bare, labels=np.zeros((T, 3)))
    later = ds["cluster"].assign_coords(time=ds["time"] + np.timedelta64(1, "D"))
    with pytest.raises(ParameterError, match=r"other times.*reindex"):
        composites(bare, labels=later)
    with pytest.raises(InputError, match="none with a label"):
        composites(bare, labels=np.full(T, -1))
    with pytest.raises(InputError, match=r"'sp'.*sp_std.*drop_vars"):
        composites(ds.assign(sp_std=ds["sp"]))


@given(order=st.permutations(range(K)))
def test_permuted_labels_permute_the_composites(order):
    ds = _noise()
    renamed = ds.assign_coords(cluster=("time", np.array(order)[ds["cluster"].values]))
    expected = composites(ds).isel(cluster=np.argsort(order)).drop_vars("cluster")
    xr.testing.assert_allclose(composites(renamed).drop_vars("cluster"), expected)


@given(lat=st.booleans(), lon=st.booleans(), dims=st.permutations(["time", "lat", "lon"]))
def test_flipped_and_transposed_grids_give_flipped_composites(lat, lon, dims):
    ds = _noise()
    turn = {"lat": slice(None, None, -1 if lat else 1), "lon": slice(None, None, -1 if lon else 1)}
    found = composites(ds.isel(turn).transpose(*dims))
    assert found["z"].dims == ("cluster", *(dim for dim in dims if dim != "time"))
    xr.testing.assert_allclose(found.transpose("cluster", "lat", "lon"), composites(ds).isel(turn))


def _noise():
    rng = np.random.default_rng(1)
    labels = np.arange(T) % K
    return xr.Dataset(
        {"z": (("time", "lat", "lon"), rng.normal(size=(T, H, L)))},
        coords={
            "time": xr.date_range("2000-01-01", periods=T),
            "lat": np.linspace(50, 44, H),
            "lon": np.linspace(0, 8, L),
            "cluster": ("time", labels),
        },
    )


def test_real_data_with_a_sea_of_nan(data_dir):
    file = data_dir / "wfde5-uk-hourly" / "air_temperature.nc"
    with xr.open_dataset(file) as ds:
        halves = (ds["time"].dt.day > 15).values
        done = composites(ds, labels=np.where(halves, "late", "early"))
        sea = ds["Tair"].isnull().all("time")
    assert 0.5 < float(sea.mean()) < 0.6
    assert (done["Tair"].isnull() == sea).all()
    early = ds["Tair"].isel(time=~halves).astype(float).mean("time")
    np.testing.assert_allclose(done["Tair"].sel(cluster="early"), early, rtol=1e-6)


def test_half_precision_has_the_composites_of_single(small):
    labels = np.arange(small.sizes["time"]) % 3
    half = small[["t2m"]].astype("f2")
    found = composites(half, labels)
    assert found.t2m.dtype == "f4"
    xr.testing.assert_identical(found, composites(half.astype("f4"), labels))


@pytest.mark.parametrize("lazy", [False, True])
def test_what_a_file_packs_is_not_averaged(small, lazy):
    packed = (10 * (small.t2m - 273)).round().astype("i2")
    packed = packed.assign_attrs(scale_factor=0.1, add_offset=273.0)
    ds = small.assign(t2m=packed.chunk() if lazy else packed)
    with pytest.raises(InputError, match=r"decoded values in 't2m'.*xr\.decode_cf\(ds\)"):
        composites(ds, np.arange(40) % 3)
    assert composites(xr.decode_cf(ds), np.arange(40) % 3).t2m.max() > 250


def test_a_dimension_without_length_is_told(small):
    labelled = small.assign_coords(cluster=("time", np.arange(small.sizes["time"]) % 2))
    with pytest.raises(InputError, match="none along 'number'"):
        labelled.expand_dims(number=0).dsc.composites()
    with pytest.raises(InputError, match="none along 'number'"):
        labelled.expand_dims(number=0).dsc.decompose("t2m", [("2019", "2019"), ("2020", "2020")])
