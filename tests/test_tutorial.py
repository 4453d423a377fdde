"""The tutorial Dataset: CF-complete, reproducible, with regimes worth looking for."""

import numpy as np
import pytest
import sklearn.cluster
import sklearn.metrics
import xarray as xr

import xdsc
from xdsc.errors import ParameterError
from xdsc.tutorial import ERA5_VARIABLES, open_dataset


@pytest.fixture(scope="module")
def full():
    """The default: the paper's size."""
    return open_dataset("era5_like")


def test_the_default_is_the_papers_size(full):
    assert dict(full.sizes) == {"time": 365, "latitude": 41, "longitude": 41}
    assert list(full.data_vars) == ["sst", "sp", "sshf", "slhf", "t2m", "u10", "v10"]
    assert all(full[name].dims == ("time", "latitude", "longitude") for name in full)
    assert all(full[name].dtype == np.float32 for name in full)
    for name in ("latitude", "longitude"):
        np.testing.assert_allclose(np.abs(np.diff(full[name])), 0.25)
    assert (np.diff(full.latitude) < 0).all()
    assert (np.diff(full.time) == np.timedelta64(1, "D")).all()


def test_it_is_cf_complete(full):
    assert full.attrs["Conventions"].startswith("CF-")
    for name in full:
        assert {"long_name", "standard_name", "units"} <= set(full[name].attrs)
    import cf_xarray  # noqa: F401

    assert full.cf["latitude"].name == "latitude"
    assert full.cf["longitude"].name == "longitude"
    assert full.cf["T"].name == full.cf["time"].name == "time"


def test_variables_have_the_ranges_of_section_5_1(full):
    for name, (_, _, units, (low, high)) in ERA5_VARIABLES.items():
        assert full[name].attrs["units"] == units
        assert full[name].min() >= low - 1e-6 * abs(low)
        assert full[name].max() <= high + 1e-6 * abs(high)
        if name != "sst":  # of which the land is missing
            assert float(full[name].max() - full[name].min()) == pytest.approx(high - low, rel=1e-3)


def test_sst_alone_is_missing_over_land(full):
    missing = full.isnull()
    land = missing.sst.all("time")
    assert 0.05 < land.mean() < 0.5
    assert (missing.sst == land).all()
    assert not missing.drop_vars("sst").to_dataarray().any()


def test_the_truth_is_a_flagged_coordinate_without_empty_regimes(full):
    regime = full.coords["regime"]
    assert regime.dims == ("time",)
    assert set(regime.values) == set(regime.attrs["flag_values"]) == set(range(7))
    assert len(regime.attrs["flag_meanings"].split()) == 7


def test_regimes_persist_about_ten_days(full):
    changes = (np.diff(full.regime) != 0).mean()
    assert 1 / 15 < changes < 1 / 6.5


def test_same_seed_same_data_and_other_seed_other_data():
    sizes = {"n_times": 20, "n_lat": 5, "n_lon": 6, "n_regimes": 3}
    xr.testing.assert_identical(open_dataset(**sizes, seed=3), open_dataset(**sizes, seed=3))
    assert not open_dataset(**sizes, seed=3).t2m.equals(open_dataset(**sizes, seed=4).t2m)


def test_sizes_and_number_of_regimes_are_arguments():
    ds = open_dataset(n_times=50, n_lat=3, n_lon=4, n_regimes=2)
    assert dict(ds.sizes) == {"time": 50, "latitude": 3, "longitude": 4}
    assert set(ds.regime.values) <= {0, 1}


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 (this is what is tested)
    open_dataset(n_times=5, n_lat=3, n_lon=3, n_regimes=2)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def flat(ds):
    """Scaled fields, one row a day."""
    scaled = xdsc.Preprocessor().fit_transform(ds)
    rows = [scaled[name].values.reshape(ds.sizes["time"], -1) for name in ds]
    rows = np.concatenate(rows, axis=1)
    return rows[:, np.isfinite(rows[0])]


def kmeans_agreement(ds, k=7):
    kmeans = sklearn.cluster.KMeans(k, n_init=3, random_state=0)
    return sklearn.metrics.adjusted_rand_score(ds.regime, kmeans.fit_predict(flat(ds)))


def test_kmeans_finds_some_of_the_regimes_but_not_all():
    # Every fourth point: the fields are smooth, and k-means is slow in ten thousand dimensions.
    thin = {"latitude": slice(None, None, 4), "longitude": slice(None, None, 4)}
    scores = [kmeans_agreement(open_dataset(seed=seed).isel(thin)) for seed in range(3)]
    assert 0.35 <= np.median(scores) <= 0.6


def test_strength_makes_it_easier_and_zero_leaves_nothing_to_find():
    nothing, normal, strong = (
        kmeans_agreement(open_dataset(n_lat=10, n_lon=10, strength=strength))
        for strength in (0.0, 1.0, 4.0)
    )
    assert nothing < 0.25 < normal
    assert normal < strong


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "era6"}, "era5_like"),
        ({"n_times": 1}, "n_times of at least 2"),
        ({"n_lat": 1}, "n_lat of at least 2"),
        ({"n_lon": 0}, "n_lon of at least 2"),
        ({"n_regimes": 1}, "n_regimes of at least 2"),
        ({"n_regimes": 9, "n_times": 8}, "no more regimes than days"),
        ({"strength": -1.0}, "strength of 0 or more"),
        ({"strength": np.nan}, "strength of 0 or more"),
    ],
)
def test_wrong_arguments_are_told(arguments, words):
    with pytest.raises(ParameterError, match=words):
        open_dataset(**arguments)
