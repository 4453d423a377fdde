"""What a model says of Dask's data: nothing before it is asked for, then block by block."""

import pickle
import warnings

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import xdsc
from xdsc.errors import InputError, ParameterError, XdscWarning
from xdsc.frames import Frames
from xdsc.frames.chunks import warn_of_chunks
from xdsc.frames.time_blocks import time_blocks
from xdsc.model.record import fitted_method

NAMES = ["t2m", "sp", "u10"]


def refuse(*args, **kwargs):
    raise AssertionError("nothing may be computed here")


def blocks_of(n_frames, ds, model):
    """Have blocks of so many frames: Dask's own setting says how large they are."""
    size = 4 * n_frames * ds.sizes["latitude"] * ds.sizes["longitude"] * len(model.variables_)
    return dask.config.set({"array.chunk-size": size * ds.sizes.get("member", 1)})


@pytest.fixture(scope="module")
def years():
    """400 days with a masked cell, single gaps, a missing frame and a gap in time."""
    ds = xdsc.tutorial.open_dataset(n_times=400, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    ds = ds[NAMES].drop_vars("regime")
    ds["t2m"][:, 3, 4] = np.nan
    ds["t2m"][12, 0, 0] = ds["sp"][300, 2, 2] = np.nan
    ds = ds.where(ds.time != ds.time[7]).map(lambda v: v.astype("f4"), keep_attrs=True)
    return ds.drop_isel(time=[200, 201])


@pytest.fixture(scope="module")
def km(years):
    return xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(years)


@pytest.fixture(scope="module")
def gmm(years):
    """It gives memberships and embeddings without a network."""
    return xdsc.ClusterModel(3, method="gmm", n_components=3, random_state=0).fit(years)


def same(found, expected):
    """Lazy and equal, apart from rounding: sums over other blocks have other last digits."""
    assert found.chunks is not None
    assert found.dims == expected.dims
    assert found.dtype == expected.dtype
    assert found.name == expected.name
    if found.dtype.kind == "i":
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    for dim in expected.coords:
        np.testing.assert_array_equal(found[dim], expected[dim])


# --- Equal to NumPy --------------------------------------------------------------------------


def chunks(n):
    """Any ways to cut n into pieces."""
    edges = st.sets(st.integers(1, n - 1), max_size=12) if n > 1 else st.just(set())
    return edges.map(lambda found: tuple(np.diff([0, *sorted(found), n]).tolist()))


# Dask's word about variables that are chunked in different ways.
@pytest.mark.filterwarnings("ignore:Increasing number of chunks")
@given(
    time=chunks(30),
    lat=chunks(4),
    lon=chunks(5),
    other=chunks(30),
    n=st.sampled_from([1, 7, 50]),
)
@settings(max_examples=4)
def test_any_chunks_give_the_labels_of_numpy(years, km, time, lat, lon, other, n):
    days = years.isel(time=[*range(15), *range(190, 205)])
    lazy = days.chunk(time=time, latitude=lat, longitude=lon)
    # One variable is chunked in its own way, and one is not Dask's.
    lazy = lazy.assign(sp=days.sp.chunk(time=other), u10=days.u10)
    with blocks_of(n, days, km), dask.config.set(scheduler="synchronous"):
        same(km.predict(lazy), km.predict(days))


#: Chunks, and the size of the blocks they are looked at in: each of both at least once.
LAYOUTS = {
    "one time step": ({"time": 1}, 6),
    "space": ({"time": -1, "latitude": 2, "longitude": 3}, 10**4),
    "uneven": ({"time": (4, 1, 1, 13, 2, 16)}, 1),
    "one chunk": ({}, 6),
}


@pytest.mark.parametrize(("layout", "n"), LAYOUTS.values(), ids=LAYOUTS)
def test_windows_reach_over_the_edges_of_blocks_and_not_over_gaps(fitted, layout, n):
    """A DSC with windows of three; frames 5 and 7 are missing, and dates after frame 19."""
    model, ds = fitted.model, fitted.before
    with blocks_of(n, ds, model), dask.config.set(scheduler="synchronous"):
        lazy = ds.chunk(layout)
        same(model.predict(lazy), model.labels_)
        same(model.embedding(lazy), model.embedding(ds))
        same(model.membership(lazy), model.membership(ds))
        prepared = model.preprocessor_.transform(lazy)
        same(model.predict(prepared), model.labels_)


@pytest.mark.parametrize("n", [4, 10**4])
def test_reconstructions_too(fitted, n):
    expected = fitted.model.reconstruct(fitted.before)
    with blocks_of(n, fitted.before, fitted.model), dask.config.set(scheduler=refuse):
        found = fitted.model.reconstruct(fitted.before.chunk(time=9))
    for name, values in expected.items():
        assert found[name].chunks is not None
        assert found[name].attrs == values.attrs
        np.testing.assert_allclose(found[name], values, rtol=1e-4)


def test_memberships_and_embeddings_without_a_network(years, gmm):
    lazy = years.chunk(time=90, longitude=2)
    with blocks_of(25, years, gmm), dask.config.set(scheduler="synchronous"):
        same(gmm.predict(lazy), gmm.labels_)
        same(gmm.membership(lazy), gmm.membership(years))
        same(gmm.embedding(lazy), gmm.embedding(years))


PREPARATIONS = {
    "season": {"season": "DJF"},
    "means": {"resample": "2D"},
    "means of a season": {"resample": "3D", "season": "NDJ", "deseasonalize": True},
    "filter": {"filter": 5, "gaps": "interpolate"},
    "weights": {"area_weights": True, "scale": "standard"},
}


@pytest.mark.parametrize("options", PREPARATIONS.values(), ids=PREPARATIONS)
def test_time_steps_that_the_preparation_leaves_out_or_averages(years, options):
    model = xdsc.ClusterModel(
        3, method="kmeans", random_state=0, preprocessor=xdsc.Preprocessor(**options)
    ).fit(years)
    lazy = years.chunk(time=30, latitude=2)
    with blocks_of(20, years, model), dask.config.set(scheduler="synchronous"):
        same(model.predict(lazy), model.labels_)
        same(model.novelty(lazy), model.novelty(years))


@pytest.mark.parametrize("chunked", [{"member": 1, "time": 7}, {"time": 5}, {"latitude": 1}])
@pytest.mark.parametrize("season", [None, "DJF"])
def test_members(chunked, season):
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=3, n_lon=4, n_regimes=2)[NAMES]
    ds = ds.drop_vars("regime").assign_coords(time=pd.date_range("2000-11-01", periods=60))
    second = ds.where(ds.time != ds.time[30]) + [0.1, 0.2][season is None]
    both = xr.concat([ds, second], "member", coords="minimal")
    # A variable that the members share.
    both = both.assign(u10=ds.u10)
    model = xdsc.ClusterModel(
        2, method="kmeans", random_state=0, preprocessor=xdsc.Preprocessor(season=season)
    ).fit(both)
    lazy = both.chunk(chunked)
    with blocks_of(9, both, model), dask.config.set(scheduler="synchronous"):
        found = model.label(lazy)
        same(found.cluster.reset_coords(drop=True), model.labels_)
        same(model.novelty(lazy), model.novelty(both))
    assert found.chunks  # labels have the chunks of the data


@pytest.mark.parametrize("n", [1, 50])
def test_data_that_are_missing_altogether(years, gmm, n):
    nothing = years.where(False).isel(time=slice(60))
    with blocks_of(n, years, gmm):
        assert (gmm.predict(nothing.chunk(time=40)) == -1).all()
        assert gmm.embedding(nothing.chunk(time=40)).isnull().all()
        assert gmm.novelty(nothing.chunk(time=40)).isnull().all()


# --- Lazy ------------------------------------------------------------------------------------


def test_nothing_is_computed_before_it_is_asked_for(fitted, gmm, years):
    for model, ds in ((fitted.model, fitted.before), (gmm, years)):
        with dask.config.set(scheduler=refuse):
            lazy = ds.chunk(time=9)
            labelled = model.label(lazy)
            found = [model.predict(lazy), model.membership(lazy), model.embedding(lazy)]
            found += [model.novelty(lazy), labelled.cluster, labelled.novelty]
            assert "not computed" in labelled.dsc._repr_html_()
            repr(labelled)
        assert all(array.chunks is not None for array in found)


def test_labels_go_with_the_chunks_of_their_dataset(km, years):
    lazy = years.chunk(time=(100, 3, 95, 200))
    with blocks_of(30, years, km):
        labelled = km.label(lazy)
    assert labelled.chunks["time"] == (100, 3, 95, 200)
    assert labelled.cluster.chunks == labelled.novelty.chunks == ((100, 3, 95, 200),)


def test_lazy_labels_have_the_attributes_of_others(km, years):
    complete = years.isel(time=slice(20, 40))
    xr.testing.assert_identical(km.predict(complete.chunk(time=5)), km.predict(complete))


def test_label_reads_once_for_both_of_its_coordinates(years, km):
    read = []

    def count(block, block_info=None):
        read.append(block_info[0]["chunk-location"])
        return block

    lazy = years.chunk(time=50)
    lazy = lazy.map(lambda v: v.copy(data=v.data.map_blocks(count, dtype=v.dtype)))
    read.clear()
    with dask.config.set(scheduler="synchronous"):
        labelled = km.label(lazy)
        assert not read
        dask.compute(labelled.cluster, labelled.novelty)
        assert len(read) == 3 * 8
        read.clear()
        with blocks_of(50, years, km):
            km.predict(lazy).isel(time=slice(60, 80)).compute()
    assert set(read) == {(1, 0, 0)}


def test_a_block_sees_its_neighbours_and_no_more(fitted, monkeypatch):
    seen, whole = [], Frames.from_block.__func__

    def spy(cls, values, *args):
        seen.append(values.shape[-4])
        return whole(cls, values, *args)

    with blocks_of(6, fitted.before, fitted.model):
        labels = fitted.model.predict(fitted.before.chunk(time=6))
    monkeypatch.setattr(Frames, "from_block", classmethod(spy))
    labels.compute(scheduler="synchronous")
    assert sorted(seen) == [2, 7, 8, 8, 8, 8, 8]  # 37 frames: six blocks of 6 and one of 1


def test_what_a_method_cannot_do_is_told_at_once(years, km):
    with pytest.raises(ParameterError, match="memberships"):
        km.membership(years.chunk(time=50))


def test_gaps_that_the_fit_did_not_have_are_told_when_they_are_met(years, km):
    prepared = km.preprocessor_.transform(years).chunk(time=50)
    holes = prepared.assign(t2m=prepared.t2m.where(prepared.longitude > prepared.longitude[0]))
    labels = km.predict(holes)
    with pytest.raises(InputError, match="gaps in t2m"):
        labels.compute()


# --- In other processes ----------------------------------------------------------------------


@pytest.mark.parametrize("which", ["dsc", "kmeans", "estimator"])
def test_a_fitted_method_travels_and_is_restored_once(fitted, km, years, which, monkeypatch):
    from sklearn.cluster import Birch

    if which == "estimator":
        model = xdsc.ClusterModel(method=Birch(n_clusters=3)).fit(years)
    else:
        model = {"dsc": fitted.model, "kmeans": km}[which]
    ds = fitted.before if which == "dsc" else years
    prepared = model.preprocessor_.transform(ds)
    from xdsc.cf import find_axes

    frames = Frames.from_dataset(
        prepared,
        find_axes(prepared),
        model.variables_,
        model.record.method.mask,
        model.record.method.fill,
    )
    monkeypatch.setattr(fitted_method, "_RESTORED", type(fitted_method._RESTORED)())
    for _ in range(2):
        # Twice, as tasks do; and on to another process from there.
        sent = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(model.record.method))))
        assert sent._method is None
        np.testing.assert_array_equal(
            sent.answer(frames, "labels"), model.record.method.answer(frames, "labels")
        )
        assert sent.window == model.record.method.window
    assert len(fitted_method._RESTORED) == 1


def test_tasks_run_in_another_process(years, km):
    lazy = years.chunk(time=150)
    with dask.config.set(scheduler="processes", num_workers=1):
        same(km.predict(lazy), km.labels_)


# --- What comes after the labels -------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled(years, km):
    return km.label(years.chunk(time=90))


def test_composites_scores_and_figures_take_lazy_labels(labelled, years, km):
    pytest.importorskip("matplotlib")
    known = years.assign_coords(cluster=km.labels_.variable)
    found = xdsc.composites(labelled)
    assert found.t2m.chunks is not None
    xr.testing.assert_allclose(found.drop_attrs(), xdsc.composites(known).drop_attrs())
    metrics = ["rmse_mean", "calinski_harabasz"]
    xr.testing.assert_allclose(
        xdsc.score(labelled, metrics=metrics), xdsc.score(known, metrics=metrics)
    )
    assert labelled.dsc.plot.timeline()
    # What was given stays as lazy as it was.
    assert labelled.cluster.chunks is not None


def test_xarray_groups_by_labels_once_they_are_loaded(labelled, years, km):
    labelled = labelled.copy()
    labelled.cluster.load()
    assert labelled.cluster.chunks is None
    found = labelled.groupby("cluster").mean().sel(cluster=[0, 1, 2])
    expected = years.assign_coords(cluster=km.labels_.variable).groupby("cluster").mean()
    xr.testing.assert_allclose(found.t2m.compute(), expected.sel(cluster=[0, 1, 2]).t2m)


def test_labels_go_to_a_store_and_come_back(labelled, km, tmp_path):
    pytest.importorskip("zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labelled.to_zarr(tmp_path / "labelled.zarr", consolidated=False)
        back = xr.open_zarr(tmp_path / "labelled.zarr", consolidated=False)
    np.testing.assert_array_equal(back.cluster, km.labels_)


# --- Blocks and layouts ----------------------------------------------------------------------


@given(time=chunks(60), other=chunks(60), n=st.integers(1, 80), least=st.integers(1, 9))
@settings(max_examples=40)
def test_blocks_cover_time_and_keep_to_their_sizes(time, other, n, least):
    ds = xr.Dataset({"a": (("time", "y", "x"), np.zeros((60, 1, 1), "f4"))})
    ds = ds.assign(a=ds.a.chunk(time=time), b=ds.a.chunk(time=other))
    axes = xdsc.cf.Axes(time="time", y="y", x="x", latitude=None, longitude=None)
    with dask.config.set({"array.chunk-size": 2 * 4 * n}):
        blocks = time_blocks(ds, axes, ["a", "b"], least)
    assert sum(blocks) == 60
    assert len(blocks) == 1 or min(blocks) >= least
    assert max(blocks) <= max(n, least) + 2 * least
    if time == other and max(time) <= n and least == 1:
        # Whole chunks where that can be.
        assert set(np.cumsum(blocks)) <= set(np.cumsum(time))


def zeros(ds, shape, chunks):
    """Lazy values of any size."""
    sides = dict(zip(("time", "latitude", "longitude"), shape, strict=True))
    grid = {
        "time": pd.date_range("1950", periods=sides["time"], freq="h"),
        "latitude": ("latitude", np.linspace(40, 60, shape[1]), ds.latitude.attrs),
        "longitude": ("longitude", np.linspace(0, 20, shape[2]), ds.longitude.attrs),
    }
    return xr.Dataset(
        {"z": (("time", "latitude", "longitude"), da.zeros(shape, chunks=chunks))}, grid
    )


@pytest.mark.parametrize(
    ("shape", "chunks", "words"),
    [
        ((20_000, 100, 100), (20_000, 10, 10), ["20000 time steps", "GiB", "'time': 1677"]),
        ((200_000, 2, 2), (1, 2, 2), ["at most 100000 chunks", "200000", "chunks={'time': "]),
        ((20_000, 100, 100), (50, 100, 100), None),
    ],
    ids=["space", "tiny", "good"],
)
def test_a_hopeless_layout_gets_a_warning_that_names_the_chunks_to_use(years, shape, chunks, words):
    ds = zeros(years, shape, chunks)
    axes = xdsc.cf.find_axes(ds)
    ds.attrs["xdsc_preprocessing"] = '{"variables": ["z"], "scale": null, "gaps": "mean"}'
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_chunks(ds, axes, ["z"], in_blocks=True)
    if words is None:
        assert not caught
        return
    assert [w.category for w in caught] == [XdscWarning]
    for word in words:
        assert word in str(caught[0].message)
