"""Runs on the workers of a Dask client give what runs in turn give, whatever happens to workers."""

import os
import pickle
import signal
import threading
import time
from collections import deque
from contextlib import closing
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
from clusterers import Moody
from sklearn.base import BaseEstimator, ClusterMixin

import xdsc
from xdsc.errors import XdscWarning
from xdsc.methods.classical.kmeans import KMeans
from xdsc.methods.deep.dec import DEC
from xdsc.methods.deep.trainer import NetworkTrainer
from xdsc.parallel import active_client, run_all

distributed = pytest.importorskip("distributed")

METRICS = ["silhouette", "rmse_mean"]

# What is traced the soonest: each worker does it.
TINY = {
    "network": {"filters": (4,), "latent_dim": 3},
    "encoder": "cnn",
    "decoder": False,
    "pretrain_epochs": 0,
    "epochs": 2,
}


@pytest.fixture(scope="module", autouse=True)
def _workers():
    settings = {
        # A cluster gives up a worker that is not there when this time is over, if only for a
        # moment.
        "distributed.deploy.lost-worker-timeout": "10 minutes",
        # Workers, and those that begin anew, are forked from a process that has imported what
        # takes long.
        "distributed.worker.multiprocessing-method": "forkserver",
        # Stacks of tests are deep, and looking at them each 10 ms is most of what a worker does.
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        context = distributed.utils.get_mp_context()  # has a list of its own
        context.set_forkserver_preload(["distributed", "sklearn.cluster", "xdsc", "keras"])
        yield


def start(n_workers):
    # One thread each, as in the docs; and so that sums are taken in one order everywhere.
    return distributed.LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=50,
        env={"TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


@pytest.fixture(scope="module")
def cluster():
    with start(2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="module")
def cluster_of_one():
    with start(1) as cluster:
        yield cluster


@pytest.fixture
def lonely(cluster_of_one):
    """A client of one worker, which takes all that it holds with it."""
    with distributed.Client(cluster_of_one) as client:
        client.wait_for_workers(1)
        yield client


def compare(ds, methods=("kmeans", "agglomerative"), **arguments):
    given = {"n_runs": 3, "metrics": METRICS, "progress": False, **arguments}
    return xdsc.compare(ds, 3, list(methods), **given)


def in_turn(ds, *arguments, **options):
    with dask.config.set(scheduler="synchronous"):
        return compare(ds, *arguments, **options)


def assert_same(found, expected):
    """Labels to the last, scores to rounding: other processes may sum with other threads."""
    assert found.attrs == expected.attrs
    xr.testing.assert_equal(
        found.drop_vars(["score", "fit_seconds"]), expected.drop_vars(["score", "fit_seconds"])
    )
    xr.testing.assert_allclose(found.score, expected.score, rtol=1e-6)


def all_of(function, wanted, shared=()):
    with closing(run_all(function, deque(wanted), shared)) as results:
        return sorted(results, key=lambda pair: pair[0])


def process(array, place):
    return os.getpid(), float(array.sum()) + place


def kill_once(array, flag, place):
    """Kills its worker where nobody did so before."""
    if place == 1 and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return float(array.sum()) + place


def kill_always(array, place):
    time.sleep(0.5)  # what is done is fetched
    if place == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return float(array.sum()) + place


def nested(place):
    assert active_client() is None
    return next(result for _, result in run_all(divmod, deque([(7, 2)])))


def note(folder, place):
    Path(folder, str(place)).touch()
    time.sleep(0.3)


class Deadly(ClusterMixin, BaseEstimator):
    """Kills the process of its first fit, and clusters in the second."""

    def __init__(self, flag="", n_clusters=3, random_state=None):
        self.flag, self.n_clusters, self.random_state = flag, n_clusters, random_state

    def fit(self, X, y=None):
        if not Path(self.flag).exists():
            Path(self.flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        rng = np.random.default_rng(self.random_state)
        self.labels_ = rng.permutation(len(X)) % self.n_clusters
        return self


# --- Pieces of work ------------------------------------------------------------------------------


def test_in_turn_without_a_client():
    assert active_client() is None
    wanted = deque([(1,), (2,)])
    with closing(run_all(lambda a, b: (a / (b - 1), wanted.copy()), wanted, (6,))) as results:
        found = []
        for given, result in results:
            if given == (1,):
                assert isinstance(result, ZeroDivisionError)
                wanted.appendleft((3,))  # is next
                continue
            found.append((given, result))
    assert found == [((3,), (3.0, deque([(2,)]))), ((2,), (6.0, deque()))]


def test_work_is_done_by_the_workers(client):
    found = all_of(process, [(place,) for place in range(4)], (np.ones(5),))
    assert [given for given, _ in found] == [(0,), (1,), (2,), (3,)]
    assert [value for _, (_, value) in found] == [5.0, 6.0, 7.0, 8.0]
    assert os.getpid() not in {pid for _, (pid, _) in found}


def test_what_is_added_is_done_too(client):
    wanted = deque([(1, 1)])
    found = []
    with closing(run_all(divmod, wanted)) as results:
        for given, result in results:
            found.append(given)
            if len(found) < 3:
                wanted.append((len(found), 0))
                assert isinstance(result, ZeroDivisionError) == (given[1] == 0)
    assert found == [(1, 1), (1, 0), (2, 0)]


def test_no_task_waits_for_tasks_of_its_own(client):
    assert all_of(nested, [(0,), (1,), (2,)]) == [((place,), (3, 1)) for place in range(3)]


def test_another_scheduler_or_an_asynchronous_client(client):
    assert active_client() is client
    with dask.config.set(scheduler="threads"):
        assert active_client() is None
    with dask.config.set(scheduler="dask.distributed"):
        assert active_client() is client


def test_who_stops_cancels_what_is_left(client, tmp_path):
    with closing(run_all(note, deque((n,) for n in range(40)), (str(tmp_path),))) as results:
        next(results)
    time.sleep(1)
    assert len(list(tmp_path.iterdir())) < 10
    deadline = time.monotonic() + 10
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


# --- Comparisons ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_comparison_is_the_same_on_workers(messy, client, monkeypatch):
    methods = ["kmeans", "agglomerative", "dsc"]
    given = {"options": {"dsc": TINY}, "truth": "regime", "n_runs": 2}
    expected = in_turn(messy, methods, **given)
    monkeypatch.setattr(KMeans, "fit", lambda *_: pytest.fail("a fit in this process"))
    found = compare(messy.chunk(time=9), methods, **given)
    assert_same(found, expected)
    assert found.deterministic.values.tolist() == [False, True, False]


def test_a_comparison_does_not_know_how_many_workers_there_are(small, client, lonely):
    with client.as_current():
        two = compare(small)
    with lonely.as_current():
        one = compare(small)
    xr.testing.assert_identical(one.drop_vars("fit_seconds"), two.drop_vars("fit_seconds"))


def test_failures_are_reported_with_workers(small, client):
    with pytest.warns(XdscWarning) as caught:
        found = compare(small, [Moody(), "kmeans"], n_runs=6)
    assert [w.filename for w in caught if w.category is XdscWarning] == [__file__]
    with pytest.warns(XdscWarning):
        expected = in_turn(small, [Moody(), "kmeans"], n_runs=6)
    assert_same(found, expected)
    assert "RuntimeError: a bad day" in found.error.values


def test_the_results_file_goes_on_with_workers(small, client, tmp_path):
    path = tmp_path / "runs.jsonl"
    whole = in_turn(small, results=path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]))
    again = compare(small, results=path)
    assert_same(again, whole)
    assert again.fit_seconds[0, 0] == whole.fit_seconds[0, 0]
    assert len(path.read_text().splitlines()) == len(lines)
    more = compare(small, results=path, metrics=[*METRICS, "davies_bouldin"])
    np.testing.assert_array_equal(more.fit_seconds, again.fit_seconds)  # none was fitted again


def test_the_bar_moves_to_its_end(small, client, capsys):
    compare(small, progress=True)
    assert "6/6" in capsys.readouterr().err


# --- Starts --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Expected runs from independent starts")
def test_starts_on_workers_give_the_same_model(messy, client, monkeypatch):
    options = {**TINY, "n_init": 2, "random_state": 4, "progress": False}
    with dask.config.set(scheduler="synchronous"):
        expected = messy.dsc.fit(k=3, **options)
    monkeypatch.setattr(NetworkTrainer, "train", lambda *_: pytest.fail("training in this process"))
    found = messy.dsc.fit(k=3, **options)
    xr.testing.assert_identical(found.cluster, expected.cluster)
    xr.testing.assert_allclose(found.dsc.history, expected.dsc.history, rtol=1e-5)
    xr.testing.assert_allclose(found.dsc.embedding(), expected.dsc.embedding(), atol=1e-4)
    assert found.dsc.model.record.method.method.labels_.flags.writeable


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Expected runs from independent starts")
def test_starts_on_workers_are_kept_and_gone_on_with(messy, client, tmp_path):
    options = {**TINY, "n_init": 2, "progress": False, "random_state": 4}
    expected = messy.dsc.fit(k=3, checkpoint=tmp_path, **options)
    (tmp_path / "start-2.xdsc").unlink()
    stamp = (tmp_path / "start-1.xdsc").stat().st_mtime_ns
    again = messy.dsc.fit(k=3, checkpoint=tmp_path, **options)
    xr.testing.assert_identical(again.cluster, expected.cluster)
    assert (tmp_path / "start-1.xdsc").stat().st_mtime_ns == stamp
    assert (tmp_path / "start-2.xdsc").exists()


def test_what_travels_to_workers_knows_nothing_of_an_earlier_fit(small):
    method = DEC(3, hidden=(4,), latent_dim=2, layer_epochs=0, pretrain_epochs=0, epochs=0)
    before = pickle.dumps(method._trainer())
    method.labels_ = method.embedding_ = np.zeros(10_000)
    assert pickle.dumps(method._trainer()) == before


def test_threads_of_one_worker_train_one_network_at_a_time(small, monkeypatch):
    inside = threading.Lock()

    def train(*_):
        assert inside.acquire(blocking=False)
        time.sleep(0.05)
        inside.release()
        raise RuntimeError("that will do")

    monkeypatch.setattr("xdsc.networks.engine.training.train", train)
    options = {"n_workers": 1, "threads_per_worker": 3, "processes": False}
    with (
        distributed.LocalCluster(dashboard_address=":0", **options) as cluster,
        distributed.Client(cluster),
        pytest.warns(XdscWarning, match="3 that failed"),
    ):
        found = compare(small, ["dec"])
    assert (found.error == "RuntimeError: that will do").all()


# --- Workers that are lost: who begins anew imports everything anew, so they come last -----------


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_lost_worker_costs_its_task_only(n_workers, request, tmp_path):
    request.getfixturevalue("lonely" if n_workers == 1 else "client")
    # With one worker the shared array is lost as well.
    shared = (np.ones(5), str(tmp_path / "killed"))
    found = all_of(kill_once, [(place,) for place in range(4)], shared)
    assert [value for _, value in found] == [5.0, 6.0, 7.0, 8.0]
    assert (tmp_path / "killed").exists()


@pytest.mark.slow
def test_a_task_that_kills_every_worker_is_given_up(lonely):
    found = dict(all_of(kill_always, [(place,) for place in range(3)], (np.ones(5),)))
    assert (found[0,], found[2,]) == (5.0, 7.0)
    assert "3 workers that were lost" in str(found[1,])


def test_a_killed_worker_spoils_no_comparison(small, client, tmp_path):
    deadly = Deadly(str(tmp_path / "killed"))
    found = compare(small, [deadly, "kmeans"])
    assert (tmp_path / "killed").exists()
    assert (found.error == "").all()
    assert_same(found, in_turn(small, [deadly, "kmeans"]))


def killing(block, flag):
    """Kills the worker that reads the first block for the first time."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return block


@pytest.mark.parametrize(
    ("method", "options"),
    [("kmeans", {}), pytest.param("dsc", {**TINY, "progress": False}, marks=pytest.mark.slow)],
)
def test_a_killed_worker_spoils_no_lazy_labels(small, client, tmp_path, method, options):
    with dask.config.set(scheduler="synchronous"):
        model = xdsc.ClusterModel(3, method=method, random_state=0, **options).fit(small)
    lazy = small.chunk(time=9)
    name = next(iter(lazy.data_vars))
    flag = str(tmp_path / "killed")
    dying = lazy[name].data.map_blocks(killing, flag, meta=lazy[name].data._meta)
    labels = model.predict(lazy.assign({name: lazy[name].copy(data=dying)}))
    assert not Path(flag).exists()
    np.testing.assert_array_equal(labels.compute(), model.labels_)
    assert Path(flag).exists()
