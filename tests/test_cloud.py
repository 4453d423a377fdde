"""Zarr in an object store: S3 through s3fs, against a server on this machine.

No connection leaves the machine, and no credentials are read: the server and its dummy keys are
made here.
"""

from collections import Counter
from threading import Lock, Thread

import numpy as np
import pytest
import xarray as xr

import xdsc

moto = pytest.importorskip("moto.server", reason="the S3 server needs moto[server]")
s3fs = pytest.importorskip("s3fs", reason="s3:// needs s3fs")
pytest.importorskip("zarr", reason="stores need zarr")

pytestmark = [
    # Said by zarr whenever metadata of format 3 are consolidated.
    pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part"),
]
NAMES = ["t2m", "sp", "u10"]
PAST, LATER = slice("2019-01-01", "2019-02-19"), slice("2019-02-10", None)


class Wire:
    """In front of a WSGI application: counts what is read, and breaks some of it.

    Attributes
    ----------
    reads : Counter
        GETs of each path.
    """

    def __init__(self, app):
        self._app, self._lock = app, Lock()
        self.heal()

    def heal(self):
        self.reads, self._fault, self._left = Counter(), None, 0

    def fail(self, fault, times):
        """Break the next GETs of chunks: "503" (busy), or "cut" (the connection breaks off)."""
        self._fault, self._left = fault, times

    @property
    def chunks(self):
        return Counter({path: n for path, n in self.reads.items() if _is_chunk(path)})

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "GET":
            with self._lock:
                self.reads[path] += 1
                broken = self._left > 0 and _is_chunk(path)
                self._left -= broken
            if broken and self._fault == "503":
                start_response("503 Service Unavailable", [("Content-Length", "0")])
                return [b""]
            if broken:
                start_response("200 OK", [("Content-Length", "1000")])
                return [b"a part of it"]
        return self._app(environ, start_response)


def _is_chunk(path):
    """Chunks of fields, not of coordinates: t2m/c/0/0/0 in format 3, t2m/0.0.0 in format 2."""
    name, *index = path.split(".zarr/")[-1].replace("/c/", "/").replace(".", "/").split("/")
    return name in NAMES and len(index) == 3 and all(i.isdigit() for i in index)


@pytest.fixture(scope="module")
def wire():
    """The server, at ``wire.url``, with buckets "open" (anyone may read) and "closed"."""
    from werkzeug.serving import make_server

    app = Wire(moto.DomainDispatcherApplication(moto.create_backend_app))
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=moto.MotoRequestHandler
    )
    app.url = f"http://127.0.0.1:{server.port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "dummy",
            "AWS_SECRET_ACCESS_KEY": "dummy",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "NO_PROXY": "127.0.0.1",
        }.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        thread.start()
        try:
            s3 = s3fs.S3FileSystem(endpoint_url=app.url, key="dummy", secret="dummy")
            s3.mkdir("open", acl="public-read")
            s3.mkdir("closed")
            yield app
        finally:
            close_sessions()
            server.shutdown()
            thread.join()
            server.server_close()


def close_sessions():
    """Nobody else does for file systems that zarr has opened, and aiohttp warns of it."""
    from fsspec.asyn import sync
    from zarr.core.sync import sync as zarr_sync

    for fs in s3fs.S3FileSystem._cache.values():
        if fs._s3 is not None and fs.asynchronous:
            zarr_sync(fs._s3.close())
        elif fs._s3 is not None:
            sync(fs.loop, fs._s3.close)
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(autouse=True)
def whole_wire(wire):
    yield
    wire.heal()


@pytest.fixture(scope="module")
def with_keys(wire):
    return {"endpoint_url": wire.url, "key": "dummy", "secret": "dummy"}


@pytest.fixture(scope="module")
def anonymous(wire):
    return {"endpoint_url": wire.url, "anon": True}


@pytest.fixture(scope="module")
def fields():
    """Sixty days in memory."""
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=5, n_lon=6, n_regimes=3, seed=1)
    return ds[NAMES].drop_vars("regime")


@pytest.fixture(scope="module")
def expected(fields):
    """The model of the data in memory."""
    model = xdsc.ClusterModel(3, variables=NAMES, method="kmeans", random_state=0)
    return model.fit(fields.sel(time=PAST))


def store_name(zarr_format, consolidated):
    return f"era5-v{zarr_format}{'-consolidated' if consolidated else ''}.zarr"


@pytest.fixture(scope="module")
def stores(fields, with_keys):
    """The fields as Zarr, twenty days a chunk, those that are read of both buckets and formats."""
    chunked = fields.chunk(time=20)
    acl = {"open": "public-read", "closed": "private"}
    for bucket, zarr_format, consolidated in (
        ("open", 2, True),
        ("open", 3, True),
        ("open", 3, False),
        ("closed", 2, False),
        ("closed", 3, True),
    ):
        chunked.to_zarr(
            f"s3://{bucket}/{store_name(zarr_format, consolidated)}",
            zarr_format=zarr_format,
            consolidated=consolidated,
            storage_options=with_keys | {"s3_additional_kwargs": {"ACL": acl[bucket]}},
        )


@pytest.fixture
def store(stores, anonymous):
    """One of them, opened."""
    return open_zarr("s3://open/" + store_name(3, True), anonymous)


def open_zarr(url, storage_options, consolidated=True):
    return xr.open_zarr(url, chunks={}, consolidated=consolidated, storage_options=storage_options)


def open_dataset(url, storage_options, consolidated=True):
    return xr.open_dataset(
        url,
        engine="zarr",
        chunks={},
        consolidated=consolidated,
        storage_options=storage_options,
    )


# --- There and back --------------------------------------------------------------------------


# Every pair of what may differ is there.
@pytest.mark.parametrize(
    ("zarr_format", "consolidated", "bucket", "opener"),
    [
        (2, True, "open", open_zarr),
        (2, False, "closed", open_dataset),
        (3, True, "closed", open_dataset),
        (3, False, "open", open_zarr),
    ],
    ids=["2-consolidated-anonymous", "2-single-keys", "3-consolidated-keys", "3-single-anonymous"],
)
@pytest.mark.usefixtures("stores")
def test_read_fit_label_write_read(
    zarr_format, consolidated, bucket, opener, fields, expected, anonymous, with_keys
):
    options = anonymous if bucket == "open" else with_keys
    ds = opener(f"s3://{bucket}/{store_name(zarr_format, consolidated)}", options, consolidated)
    assert ds.chunksizes["time"] == (20,) * 3
    assert ds.t2m.attrs == fields.t2m.attrs

    fitted = ds.sel(time=PAST).dsc.fit(k=3, variables=NAMES, method="kmeans", random_state=0)
    xr.testing.assert_identical(fitted.cluster.variable, expected.labels_.variable)
    assert fitted.t2m.chunks is not None

    labelled = fitted.dsc.model.label(ds.sel(time=LATER))
    target = f"s3://closed/labelled-{bucket}-{store_name(zarr_format, consolidated)}"
    labelled.to_zarr(
        target, zarr_format=zarr_format, consolidated=consolidated, storage_options=with_keys
    )
    back = opener(target, with_keys, consolidated)
    assert "cluster" in back.coords
    assert back.cluster.dtype == "int32"
    # Also attributes: flags, provenance, units.
    xr.testing.assert_identical(back.compute(), expected.label(fields.sel(time=LATER)))
    np.testing.assert_array_equal(back.cluster.attrs["flag_values"], [-1, 0, 1, 2])
    assert back.cluster.attrs["flag_meanings"] == "no_label regime_0 regime_1 regime_2"


def test_a_network_is_trained_on_a_store(store, fields, tiny):
    options = {"k": 3, "variables": NAMES, "random_state": 0, **tiny}
    options |= {"encoder": "cnn", "decoder": False}  # the one that is traced the soonest
    found = store.dsc.fit(**options)
    xr.testing.assert_identical(found.cluster, fields.dsc.fit(**options).cluster)
    q = found.dsc.membership()
    np.testing.assert_allclose(q.sum("cluster"), 1, rtol=1e-5)


def test_labels_are_added_to_the_store_that_they_were_made_from(fields, expected, with_keys, wire):
    url = "s3://closed/own.zarr"
    fields.chunk(time=20).to_zarr(url, storage_options=with_keys)
    wire.heal()
    labelled = expected.label(open_zarr(url, with_keys))
    labelled[["cluster", "novelty"]].to_zarr(url, mode="a", storage_options=with_keys)
    assert set(wire.chunks.values()) == {1}  # the fields were read, once, and not written
    back = open_zarr(url, with_keys)
    xr.testing.assert_identical(back.compute(), expected.label(fields))


def test_from_format_2_to_format_3(fields, expected, anonymous, with_keys, stores):
    """Compressors of the old format do not fit the new one: drop_encoding() says so to xarray."""
    ds = open_zarr("s3://open/" + store_name(2, True), anonymous)
    labelled = expected.label(ds).drop_encoding()
    labelled.to_zarr("s3://closed/up.zarr", zarr_format=3, storage_options=with_keys)
    back = open_zarr("s3://closed/up.zarr", with_keys)
    xr.testing.assert_identical(back.compute(), expected.label(fields))


def test_anonymous_means_anonymous(stores, anonymous):
    with pytest.raises(PermissionError):
        open_zarr("s3://closed/" + store_name(3, True), anonymous)


# --- How much is read ------------------------------------------------------------------------


def test_a_period_is_read_alone_and_once(store, expected, wire):
    wire.heal()
    expected.label(store.sel(time=slice("2019-01-15", "2019-02-05")))["cluster"].compute()
    parts = {path.split(".zarr/")[-1] for path in wire.chunks}
    assert parts == {f"{name}/c/{i}/0/0" for name in NAMES for i in (0, 1)}
    assert set(wire.chunks.values()) == {1}


def test_what_is_not_clustered_is_not_read(store, wire):
    wire.heal()
    store.dsc.fit(k=3, method="kmeans", variables=["t2m", "sp"], random_state=0)
    assert {path.split("/")[-5] for path in wire.chunks} == {"t2m", "sp"}


# --- Faults ----------------------------------------------------------------------------------

PATIENT = {"config_kwargs": {"retries": {"max_attempts": 4, "mode": "standard"}}}
HASTY = {"config_kwargs": {"retries": {"max_attempts": 0}}}


def fit(ds):
    return ds.dsc.fit(k=3, variables=NAMES, method="kmeans", random_state=0).cluster


@pytest.mark.parametrize(
    ("fault", "options"),
    [("503", {}), ("503", PATIENT), ("cut", {}), ("cut", HASTY)],
    ids=["busy", "busy, four tries", "cut", "cut, no tries of botocore"],
)
def test_a_transient_error_is_survived(fault, options, fields, wire, anonymous, stores):
    """Errors that the server reports are retried by botocore, broken bodies by s3fs."""
    ds = open_zarr("s3://open/" + store_name(3, True), anonymous | options)
    wire.heal()
    wire.fail(fault, times=1)
    found = fit(ds)
    assert sorted(wire.chunks.values())[-1] >= 2  # asked for again
    xr.testing.assert_identical(found, fit(fields))


@pytest.mark.parametrize("fault", ["503", "cut"])
def test_a_lasting_error_is_an_error_and_no_gap(fault, wire, anonymous, stores):
    from aiohttp import ClientError

    ds = open_zarr("s3://open/" + store_name(2, True), anonymous | HASTY)
    wire.fail(fault, times=10_000)
    with pytest.raises((OSError, ClientError)):
        fit(ds.isel(time=slice(10)))


def test_a_chunk_that_is_not_there_is_missing_data(fields, expected, with_keys):
    """Zarr takes an object that does not exist for one that was never written: fill values."""
    url = "s3://closed/holes.zarr"
    fields.chunk(time=20).to_zarr(url, storage_options=with_keys)
    s3 = s3fs.S3FileSystem(**with_keys)
    for name in NAMES:
        s3.rm(f"closed/holes.zarr/{name}/c/1/0/0")
    labels = expected.predict(open_zarr(url, with_keys))
    np.testing.assert_array_equal(labels == -1, np.arange(60) // 20 == 1)
