"""Nothing is read before it is needed, nor more often; and the whole chain can be undone."""

from functools import cache
from threading import Lock

import dask
import numpy as np
import pytest
import xarray as xr

import xdsc

# Settings that can be undone; each as a whole chain.
CHAINS = {
    "paper": {},
    "published code": {"preset": "published-code"},
    "weather regimes": {"preset": "weather-regimes"},
    "harmonics and trend": {"deseasonalize": 2, "detrend": True, "scale": "robust"},
    "months": {"deseasonalize": "month", "scale": "cell-standard", "gaps": "interpolate"},
    "trend alone": {"detrend": True, "scale": "cell-robust", "variable_weights": {"t2m": 2.5}},
    "units": {"units": {"t2m": "degC", "sp": "hPa"}, "scale": None, "area_weights": True},
    "all": {
        "variables": ["u10", "t2m"],
        "units": {"t2m": "degC"},
        "gaps": "interpolate",
        "deseasonalize": {"kind": "day", "window": 21},
        "detrend": True,
        "scale": "standard",
        "area_weights": True,
        "variable_weights": {"u10": 2},
    },
}
# Settings of which some parts are lost.
LOSSY = {
    "season": {"season": "DJF", "deseasonalize": True},
    "filter": {"filter": "5D", "gaps": "interpolate", "scale": "robust"},
    "lanczos": {"filter": {"kind": "lanczos", "cutoff": "10D"}, "deseasonalize": "month"},
    "resample": {"resample": "2D", "preset": "weather-regimes"},
    "everything": {
        "resample": "2D",
        "sel": {"latitude": slice(44.8, 44.2)},
        "preset": "weather-regimes",
        "detrend": True,
        "filter": 3,
        "season": "DJF",
        "gaps": "interpolate",
        "scale": "cell-robust",
    },
}
NAMES = ["t2m", "sp", "u10"]


@pytest.fixture(scope="module")
def years():
    """Two years in float32 with a masked cell, single gaps and a missing frame."""
    ds = xdsc.tutorial.open_dataset(n_times=730, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    ds = ds[NAMES].drop_vars("regime")
    ds["t2m"][:, 3, 4] = np.nan
    ds["t2m"][12, 0, 0] = ds["sp"][300, 2, 2] = np.nan
    return ds.where(ds.time != ds.time[7]).map(lambda v: v.astype("f4"), keep_attrs=True)


@pytest.fixture(scope="module")
def lazy(years):
    return years.chunk(time=200, latitude=2)


def refuse(*args, **kwargs):
    raise AssertionError("nothing may be computed here")


@pytest.fixture
def nothing_computed():
    with dask.config.set(scheduler=refuse):
        yield


class Reads:
    """A Dataset under Dask that counts how often each of its chunks is read."""

    def __init__(self, ds, **chunks):
        self._lock, self.of_chunk = Lock(), {}

        def counted(name):
            def read(block, block_info=None):
                place = name, *block_info[0]["chunk-location"]
                with self._lock:
                    self.of_chunk[place] = self.of_chunk.get(place, 0) + 1
                return block

            return read

        ds = ds.chunk(chunks)
        self.ds = ds.assign(
            {
                name: ds[name].copy(
                    data=ds[name].data.map_blocks(
                        counted(name),
                        dtype=ds[name].dtype,
                        meta=np.empty((0, 0, 0), ds[name].dtype),
                    )
                )
                for name in ds.data_vars
            }
        )

    @property
    def most(self):
        return max(self.of_chunk.values(), default=0)

    def forget(self):
        self.of_chunk.clear()


ALL = {**CHAINS, **LOSSY}
NAMED = pytest.mark.parametrize("chain", ALL)


@pytest.fixture(scope="module")
def fits(years, lazy):
    """The Preprocessor of a chain and what it has prepared, made once for all that is asked."""

    @cache
    def fit(chain, chunked=False):
        preprocessor = xdsc.Preprocessor(**ALL[chain])
        return preprocessor, preprocessor.fit_transform(lazy if chunked else years)

    return fit


# --- How often -------------------------------------------------------------------------------


@NAMED
def test_preprocess_reads_at_most_twice_and_gives_lazy_data(years, chain):
    options = ALL[chain]
    reads = Reads(years, time=200, latitude=2)
    passes = []

    def scheduler(graph, keys, **kwargs):
        passes.append(1)
        return dask.get(graph, keys, **kwargs)

    with dask.config.set(scheduler=scheduler):
        prepared = reads.ds.dsc.preprocess(**options)
    assert 1 <= len(passes) <= 2
    assert 1 <= reads.most <= 2
    variables = options.get("variables", NAMES)
    assert all(prepared[name].chunks is not None for name in variables)
    assert all(prepared[name].dtype == "f4" for name in variables)
    # What is not asked for is not read.
    assert {name for name, *_ in reads.of_chunk} == set(variables)


@NAMED
def test_transform_and_its_inverse_compute_nothing(fits, lazy, chain):
    preprocessor, _ = fits(chain)
    with dask.config.set(scheduler=refuse):
        prepared = preprocessor.transform(lazy)
        preprocessor.positions(lazy)
        back = preprocessor.inverse_transform(prepared)
    assert all(back[name].chunks is not None for name in preprocessor.variables_)


@NAMED
def test_dask_equals_numpy(fits, chain):
    (whole, expected), (chunked, found) = fits(chain), fits(chain, chunked=True)
    assert found.attrs == expected.attrs
    found = found.compute()
    for name in whole.variables_:
        assert found[name].dims == expected[name].dims
        spread = float(expected[name].max() - expected[name].min())
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=2e-6 * spread)
    xr.testing.assert_equal(chunked.gaps_, whole.gaps_)
    xr.testing.assert_equal(chunked.mask_, whole.mask_)


@pytest.mark.usefixtures("nothing_computed")
def test_what_other_data_need_to_be_brought_in_line_is_lazy(years, lazy):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(years)
    transform = model.preprocessor_.transform
    celsius = (lazy.t2m - 273.15).assign_attrs(lazy.t2m.attrs, units="degC")
    flipped = lazy.assign(t2m=celsius).isel(latitude=slice(None, None, -1)).rename(sp="ps")
    transform(flipped.assign_coords(longitude=lazy.longitude + 360), names={"sp": "ps"})
    coarse = lazy.isel(latitude=[0, 3], longitude=[0, 2, 4])
    transform(coarse, regrid="linear")


def test_a_fit_and_labels_read_as_often_as_they_must(years):
    reads = Reads(years, time=200)
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0, preset="weather-regimes")
    with dask.config.set(scheduler="synchronous"):
        model.fit(reads.ds)
        assert reads.most <= 3  # twice to prepare, once for the frames
        reads.forget()
        found = model.label(reads.ds)
        assert reads.most == 0
        cluster, _ = dask.compute(found.cluster, found.novelty)
        assert reads.most == 1  # for both
        reads.forget()
        model.predict(reads.ds, climatology="own").compute()
        assert reads.most <= 2  # once for its climatology
    assert found.t2m.chunks is not None
    expected = xdsc.ClusterModel(3, method="kmeans", random_state=0, preset="weather-regimes")
    np.testing.assert_array_equal(cluster, expected.fit(years).labels_)


def test_labels_of_a_period_read_that_period_alone(years):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(years)
    reads = Reads(years, time=100)
    with dask.config.set(scheduler="synchronous"):
        model.predict(reads.ds.isel(time=slice(150, 180))).compute()
    assert set(reads.of_chunk) == {(name, 1, 0, 0) for name in NAMES}


def test_composites_of_lazy_data_stay_lazy(lazy, years):
    labels = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(years).labels_
    labelled = lazy.assign_coords(cluster=labels.variable)
    with dask.config.set(scheduler=refuse):
        found = xdsc.composites(labelled)
    assert found.t2m.chunks is not None


# --- There and back --------------------------------------------------------------------------


def assert_same(back, ds, names):
    """Relative error below 1e-5, of the values or, where these pass zero, of their spread."""
    for name in names:
        assert back[name].dtype == ds[name].dtype
        there = ds[name].notnull() & back[name].notnull()
        spread = float(ds[name].std())
        np.testing.assert_allclose(
            back[name].values[there.values],
            ds[name].values[there.values],
            rtol=1e-5,
            atol=1e-5 * spread,
        )


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("chunked", [False, True], ids=["numpy", "dask"])
def test_the_inverse_of_the_whole_chain_is_the_input(years, fits, chain, chunked):
    preprocessor, prepared = fits(chain, chunked)
    back = preprocessor.inverse_transform(prepared).compute()
    assert_same(back, years, preprocessor.variables_)
    for name in preprocessor.variables_:
        # Missing stay the missing frame and the masked cell; other gaps were filled.
        missing = (years.time == years.time[7]) | ~preprocessor.mask_[name]
        np.testing.assert_array_equal(back[name].isnull(), missing.broadcast_like(back[name]))
        units = preprocessor._fitted.settings["units"] or {}
        if name not in units:
            assert back[name].attrs == years[name].attrs


def test_a_season_comes_back_as_the_season(years):
    preprocessor = xdsc.Preprocessor(season="DJF", deseasonalize=True, detrend=True)
    back = preprocessor.inverse_transform(preprocessor.fit_transform(years))
    winter = years.isel(time=years.time.dt.month.isin([12, 1, 2]))
    np.testing.assert_array_equal(back.time, winter.time)
    assert_same(back, winter, NAMES)


def test_large_numbers_in_float32_lose_nothing(years):
    """Pressure of the sea bed: seven digits before scaling, and they are there after it."""
    ds = years.assign(sp=(years.sp + 1e7).assign_attrs(years.sp.attrs))
    preprocessor = xdsc.Preprocessor(preset="weather-regimes")
    back = preprocessor.inverse_transform(preprocessor.fit_transform(ds))
    there = ds.sp.notnull().values & back.sp.notnull().values
    np.testing.assert_allclose(back.sp.values[there], ds.sp.values[there], rtol=2e-7)


# --- Real sets -------------------------------------------------------------------------------

REAL = {
    "eraint-wmed-daily": (900, ["paper", "published-code", "weather-regimes"]),
    "wfde5-uk-hourly": (240, ["paper", "published-code"]),
    "inca-austria-hourly": (240, ["paper", "published-code"]),
}


@pytest.mark.parametrize("name", REAL)
def test_real_sets_there_and_back(data_dir, name):
    files = sorted((data_dir / name).glob("*.nc"))
    if not files:
        pytest.skip(f"no real data: {data_dir / name} has no files")
    n_times, presets = REAL[name]
    with xr.open_mfdataset(files) as opened:
        whole = opened.isel(time=slice(n_times)).load()
    chunked = whole.chunk(time=n_times // 3)
    for preset in presets:
        options = {"preset": preset, "detrend": preset != "paper", "scale": "standard"}
        preprocessor = xdsc.Preprocessor(**options)
        prepared = preprocessor.fit_transform(whole)
        assert_same(preprocessor.inverse_transform(prepared), whole, whole.data_vars)
        lazily = chunked.dsc.preprocess(**options)
        for variable in whole.data_vars:
            assert lazily[variable].chunks is not None
            np.testing.assert_allclose(
                lazily[variable].compute(), prepared[variable], rtol=1e-4, atol=1e-4
            )
