"""Fits of Datasets larger than the memory budget: the same fits, from a file."""

import gc
import shutil
import threading
from collections import Counter, namedtuple
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from sizes import GRID, SIZES, VARIABLES
from sklearn.metrics import adjusted_rand_score

import xdsc
from xdsc.errors import InputError, ParameterError
from xdsc.frames import Frames, budget, disk, scratch
from xdsc.frames.budget import available_memory, memory_budget
from xdsc.frames.fingerprint import fingerprint
from xdsc.methods import make_method
from xdsc.model.fitting.streaming import read_frames
from xdsc.preprocessing import prepare

NO_AXES = dict.fromkeys(("time", "lat", "lon", "member"))
# Most of a year, whose cycle is left in.
pytestmark = pytest.mark.filterwarnings("ignore:Expected regimes that are not the calendar")

TRAINING = {"pretrain_epochs": 1, "epochs": 2, "progress": False, "random_state": 0}

#: One in every run of the tests, the others in the checks.
QUICK_AND_SLOW = [
    "dsc",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("dec", "dtc", "dtcr")),
]


def options_of(name):
    start = {"start": "kmeans"} if name == "dsc" else {}
    return {**TRAINING, **SIZES[name], **start}


@pytest.fixture(scope="module")
def days():
    """Planted regimes, with masked cells, a missing frame and a gap in time."""
    ds = xdsc.tutorial.open_dataset(n_times=300, **GRID)
    truth = ds.regime
    ds = ds[VARIABLES].drop_vars("regime", errors="ignore")
    ds = ds.where(ds.time != ds.time[7]).map(lambda v: v.astype("f4"), keep_attrs=True)
    keep = np.delete(np.arange(300), [200, 201])
    return ds.isel(time=keep), truth.isel(time=keep)


@pytest.fixture
def folder(tmp_path):
    """Where scratch files go; nothing may be left in it."""
    gc.freeze()  # what was there before is not looked through
    with dask.config.set(temporary_directory=str(tmp_path)):
        yield tmp_path
    gc.collect()
    gc.unfreeze()
    assert list(tmp_path.iterdir()) == []


def fitted(ds, name="dsc", **more):
    return xdsc.ClusterModel(3, method=name, **{**options_of(name), **more}).fit(ds)


def bytes_of(n_frames):
    return n_frames * 4 * 5 * 7 * len(VARIABLES)


def streamed_frames(ds, budget=10**9):
    return read_frames(
        prepare(ds, given=NO_AXES), make_method("dsc", 3, progress=False), budget, True, False
    )


# --- The same frames ----------------------------------------------------------------------------


@pytest.mark.parametrize("chunks", [{"time": 40}, {"time": 7, "latitude": 2}, {"time": -1}, None])
def test_frames_in_a_file_are_those_in_memory(days, folder, chunks):
    ds = xdsc.Preprocessor().fit_transform(days[0])
    whole = prepare(ds, given=NO_AXES).frames()
    frames = streamed_frames(ds if chunks is None else ds.chunk(chunks), bytes_of(400))
    assert not frames.in_memory
    assert frames.values.shape == whole.values.shape
    for name in ("mask", "runs", "steps", "fill"):
        np.testing.assert_array_equal(getattr(frames, name), getattr(whole, name), err_msg=name)
    assert (frames.samples, frames.variables) == (whole.samples, whole.variables)
    assert fingerprint(frames) == fingerprint(whole)
    np.testing.assert_array_equal(frames.values.load(), whole.values)
    for at in (slice(0, 3), slice(5, 12), slice(290, 400), slice(4, 4)):
        np.testing.assert_array_equal(frames.values[at], whole.values[at])
    np.testing.assert_array_equal(frames.moments.mean, whole.moments.mean)
    np.testing.assert_array_equal(frames.moments.variance, whole.moments.variance)
    frames.close()


def test_members_come_one_after_the_other(days, folder):
    ds = days[0]
    both = xr.concat(
        [ds, ds.isel(time=slice(None, None, -1)).assign_coords(time=ds.time)], "member"
    )
    ready = xdsc.Preprocessor().fit_transform(both)
    whole = prepare(ready, given=NO_AXES).frames()
    frames = streamed_frames(ready.chunk(time=33, member=1))
    np.testing.assert_array_equal(frames.values.load(), whole.values)
    np.testing.assert_array_equal(frames.runs, whole.runs)
    np.testing.assert_array_equal(frames.steps, whole.steps)
    frames.close()


@pytest.mark.parametrize("chunks", [(30, 30, 30, 30), (30, 42, 30, 42)])
def test_each_chunk_is_read_once_by_few_threads_at_a_time(days, folder, chunks):
    ds = xdsc.Preprocessor().fit_transform(days[0])
    reads, lock = Counter(), threading.Lock()

    def lazily(name, length):
        values = ds[name].values

        def read(block_info=None):
            (start, stop), *_ = block_info[None]["array-location"]
            with lock:
                reads[name, start] += 1
            return values[start:stop]

        whole = da.zeros(values.shape, chunks=(length, -1, -1)).chunks
        return da.map_blocks(read, chunks=whole, dtype="f8", meta=np.empty((0, 0, 0)))

    lazy = ds.assign(
        {n: (ds[n].dims, lazily(n, c), ds[n].attrs) for n, c in zip(VARIABLES, chunks, strict=True)}
    )
    frames = streamed_frames(lazy, bytes_of(600))
    assert set(reads.values()) == {1}
    assert len(reads) == sum(-(-298 // c) for c in chunks)
    np.testing.assert_array_equal(frames.values.load(), prepare(ds, given=NO_AXES).frames().values)
    frames.close()


def test_workers_of_a_client_compute_and_blocks_come_here(days, folder):
    distributed = pytest.importorskip("distributed")
    ds = xdsc.Preprocessor().fit_transform(days[0])
    whole = prepare(ds, given=NO_AXES).frames()
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        frames = streamed_frames(ds.chunk(time=20), bytes_of(600))
        np.testing.assert_array_equal(frames.values.load(), whole.values)
        frames.close()
    # What the workers spill to is theirs.
    for left in folder.iterdir():
        shutil.rmtree(left)


# --- The same fits ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUICK_AND_SLOW)
def test_one_pool_gives_the_fit_of_memory(days, folder, name):
    memory_fit = fitted(days[0], name)
    streamed = fitted(days[0].chunk(time=50), name, stream=True)
    assert streamed.streamed_
    assert not memory_fit.streamed_
    xr.testing.assert_identical(streamed.labels_, memory_fit.labels_)
    xr.testing.assert_allclose(streamed.history_, memory_fit.history_, rtol=1e-6)
    np.testing.assert_allclose(
        streamed.record.method.novelty.distances,
        memory_fit.record.method.novelty.distances,
        rtol=1e-6,
    )
    for ours, theirs in zip(
        streamed.record.method.method._trained.weights.values(),
        memory_fit.record.method.method._trained.weights.values(),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", QUICK_AND_SLOW)
def test_several_pools_find_what_is_planted_again_and_again(days, folder, name):
    ds, truth = days
    longer = {"epochs": 8, **({"pretrain_epochs": 8} if name in ("dtc", "dtcr") else {})}

    def streamed():
        return fitted(ds.chunk(time=50), name, memory_budget=bytes_of(260), **longer)

    def agreement(model):
        there = model.labels_ >= 0
        return adjusted_rand_score(truth[there], model.labels_[there])

    one = streamed()
    assert one.streamed_  # 298 frames are more than the budget
    if name == "dsc":
        xr.testing.assert_identical(one.labels_, streamed().labels_)
    found = agreement(one)
    # What is found in memory is looked at only where that much may not be there to be found.
    assert found > 0.9 or found > agreement(fitted(ds, name, **longer)) - 0.1


def test_what_is_held_stays_within_the_budget(days, folder, monkeypatch):
    longest, held = [], []
    read, pool = scratch.StreamedValues.__getitem__, xdsc.frames.values.read_pool

    def spied(self, at):
        block = read(self, at)
        longest.append(len(block))
        return block

    def spied_pool(values, frames=None):
        found = pool(values, frames)
        held.append(len(found.values))
        return found

    # A "block" of the moments is 16 MiB at most, which is more than all that is here.
    monkeypatch.setattr(xdsc.frames.values, "_BYTES", bytes_of(20))
    monkeypatch.setattr(scratch.StreamedValues, "__getitem__", spied)
    monkeypatch.setattr("xdsc.networks.engine.pools.read_pool", spied_pool)
    fitted(days[0].chunk(time=20), "dsc", memory_budget=bytes_of(260))
    assert max(longest) <= 20
    assert max(held) <= 130


def test_the_fitted_model_says_so_and_keeps_it_in_a_file(days, folder, tmp_path_factory):
    model = fitted(days[0].chunk(time=50), memory_budget=bytes_of(260))
    assert "streamed" in repr(model)
    assert "streamed" in model._repr_html_()
    path = tmp_path_factory.mktemp("model") / "m.xdsc"
    model.save(path)
    loaded = xdsc.load_model(path)
    assert loaded.streamed_
    assert (loaded.memory_budget, loaded.stream) == (bytes_of(260), None)
    assert repr(loaded) == repr(model)
    xr.testing.assert_identical(loaded.predict(days[0]), model.predict(days[0]))


def test_numpy_stays_in_memory_unless_streaming_is_asked_for(days, folder):
    at_once = {"pretrain_epochs": 0, "epochs": 0}
    assert not fitted(days[0], memory_budget=bytes_of(150), **at_once).streamed_
    assert fitted(days[0], memory_budget=bytes_of(260), stream=True, **at_once).streamed_
    assert not fitted(days[0].chunk(time=50), memory_budget=1, stream=False, **at_once).streamed_
    assert not fitted(days[0].chunk(time=50), **at_once).streamed_


def test_the_accessor_takes_both(days, folder):
    ds = days[0].dsc.fit(k=3, stream=True, memory_budget="64 MiB", **options_of("dsc"))
    assert ds.dsc.model.streamed_


@pytest.mark.filterwarnings("ignore:Expected runs from independent starts")
def test_starts_are_made_here_when_frames_are_in_a_file(days, folder, monkeypatch):
    monkeypatch.setattr("xdsc.methods.deep.clustering.active_client", object)
    monkeypatch.setattr(
        "xdsc.methods.deep.clustering.made_by_workers", lambda *_: pytest.fail("they travel")
    )
    assert fitted(days[0], stream=True, n_init=2).streamed_


# --- Errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", ["plenty", 0, -1, "-2 GiB", 1.5, True])
def test_nonsense_for_a_budget_is_told_before_any_work(budget):
    with pytest.raises(ParameterError, match="memory_budget"):
        xdsc.ClusterModel(3, memory_budget=budget).fit(None)


def test_nonsense_for_stream_is_told_before_any_work():
    with pytest.raises(ParameterError, match="stream="):
        xdsc.ClusterModel(3, stream="yes").fit(None)


def test_methods_that_need_all_frames_say_so_before_reading(days):
    with pytest.raises(ParameterError, match=r"dsc.*coarsen.*stream=False"):
        xdsc.ClusterModel(3, method="kmeans", stream=True).fit(None)
    ready = xdsc.Preprocessor().fit_transform(days[0]).chunk(time=50)
    model = xdsc.ClusterModel(3, method="kmeans", memory_budget=bytes_of(100), random_state=0)
    with (
        dask.config.set(scheduler=lambda *args, **kwargs: pytest.fail("data are read")),
        pytest.raises(ParameterError, match=r"memory_budget of .* kiB"),
    ):
        model.fit(ready)
    assert model.fit(days[0]).n_clusters_ == 3


def test_a_budget_below_two_batches_is_an_error(days, folder):
    with pytest.raises(ParameterError, match="memory_budget of at least"):
        fitted(days[0].chunk(time=50), memory_budget=bytes_of(10))


def test_no_room_on_disk_is_told_before_reading(days, folder, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(10, 0, 10))
    with pytest.raises(InputError, match=r"of free disk.*10 B in .*temporary_directory="):
        fitted(days[0], stream=True)


def test_nothing_is_left_after_an_error_or_without_a_close(days, folder):
    ready = xdsc.Preprocessor().fit_transform(days[0])
    broken = ready.assign(t2m=ready.t2m * np.inf)
    with pytest.raises(InputError, match="finite"):
        fitted(broken, stream=True)
    frames = streamed_frames(ready)
    file = frames.values._scratch._file
    del frames
    gc.collect()
    assert file.closed


def test_an_error_of_the_source_comes_through(days, folder):
    def fail(block):
        raise OSError("the network is down")

    ready = xdsc.Preprocessor().fit_transform(days[0]).chunk(time=50)
    t2m = ready.t2m.copy(data=ready.t2m.data.map_blocks(fail, meta=np.empty((0, 0, 0))))
    with pytest.raises(OSError, match="the network is down"):
        streamed_frames(ready.assign(t2m=t2m))


def test_constant_and_too_few_frames_are_told_as_in_memory(days, folder):
    ready = xdsc.Preprocessor().fit_transform(days[0])
    with pytest.raises(InputError, match="the same field"):
        fitted((ready * 0 + 0.1).assign_attrs(ready.attrs), stream=True)
    with pytest.raises(ParameterError, match="k below the number"):
        fitted(ready.isel(time=slice(0, 3)), stream=True)


# --- Memory -------------------------------------------------------------------------------------


def test_budgets_are_sizes():
    assert memory_budget("1.5 GiB") == 3 * 2**29
    assert memory_budget(7) == 7
    assert 0 < memory_budget() <= available_memory()


def cgroup(root: Path, version: int, limit: str, used: int, cached: int, path: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    controllers = "" if version == 2 else "cpu,memory"
    (root / "proc/self/cgroup").write_text(f"3:{controllers}:{path}\n")
    here = root / ("sys/fs/cgroup" if version == 2 else "sys/fs/cgroup/memory")
    here.mkdir(parents=True)
    names = {
        2: ("memory.max", "memory.current", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    }[version]
    (here / names[0]).write_text(limit + "\n")
    (here / names[1]).write_text(f"{used}\n")
    (here / "memory.stat").write_text(f"anon 5\n{names[2]} {cached}\n")
    return root


@pytest.mark.parametrize("version", [1, 2])
def test_the_limit_of_a_pod_counts_and_cached_files_do_not(tmp_path, version):
    root = cgroup(tmp_path, version, "1000000", 700_000, 200_000, "/kubepods/pod1")
    assert available_memory(root) == 500_000


@pytest.mark.parametrize(("version", "limit"), [(2, "max"), (1, str(2**63 - 4096))])
def test_no_limit_is_none(tmp_path, version, limit):
    root = cgroup(tmp_path, version, limit, 700_000, 0, "/")
    assert abs(available_memory(root) - budget.available_memory(tmp_path / "none")) < 2**30


def test_frames_of_memory_know_that_they_are(days):
    frames = prepare(days[0], given=NO_AXES).frames()
    assert isinstance(frames, Frames)
    assert frames.in_memory
    frames.close()
    assert len(frames.values[:2]) == 2


def counted(n_times):
    """Fields of Dask that count how often they are read."""
    reads = []

    def read(block):
        reads.append(block.shape)
        return block

    ds = xdsc.tutorial.open_dataset(n_times=n_times, n_lat=4, n_lon=5)[["t2m"]].chunk(time=10)
    t2m = ds.t2m.data.map_blocks(read, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    return ds.assign(t2m=ds.t2m.copy(data=t2m)), reads


def test_what_shapes_tell_is_told_before_data_are_read(monkeypatch):
    ds, reads = counted(60)
    kmeans = {"method": "kmeans", "random_state": 0}
    with pytest.raises(ParameterError, match=r"4.69 kiB with a memory_budget of 2.00 kiB"):
        ds.dsc.fit(3, memory_budget="2 kiB", **kmeans)
    with pytest.raises(ParameterError, match="memory_budget of at least"):
        ds.dsc.fit(3, memory_budget="2 kiB", batch_size=32, progress=False)
    assert not reads
    monkeypatch.setattr("xdsc.preprocessing.prepared.available_memory", lambda: 1000)
    with pytest.raises(InputError, match=r"4.69 kiB in t2m"):
        xdsc.score(ds, ds.time.dt.month.values, metrics="rmse_mean")
    with pytest.raises(InputError, match=r"4.69 kiB in t2m"):
        xdsc.compare(ds, 3, ["kmeans"], n_runs=1, progress=False)
    assert not reads
    # Of the season alone, or of one of two variables, there is room.
    winter = xdsc.Preprocessor(months=[1])
    found = ds.dsc.fit(3, memory_budget="3 kiB", preprocessor=winter, **kmeans)
    assert (found.cluster >= 0).sum() == 31
    both = {"variables": "t2m", "preprocessor": xdsc.Preprocessor()}
    ds.assign(copy=ds.t2m * 2).dsc.fit(3, memory_budget="5 kiB", **both, **kmeans)
    assert reads


def test_files_that_are_read_whole_have_a_guard(tmp_path):
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=5)[["t2m"]]
    ds.to_netcdf(tmp_path / "fields.nc")
    kmeans = {"method": "kmeans", "random_state": 0}
    with xr.open_dataset(tmp_path / "fields.nc") as opened:
        with pytest.raises(InputError, match="in a file that is read whole"):
            opened.dsc.fit(3, memory_budget="2 kiB", **kmeans)
        assert not opened.t2m.variable._in_memory
        found = opened.dsc.fit(3, memory_budget="8 kiB", **kmeans)
    assert (found.cluster == ds.dsc.fit(3, memory_budget="2 kiB", **kmeans).cluster).all()
