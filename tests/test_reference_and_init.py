"""Fits whose regimes follow a reference, and fits that begin with given labels."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError, XdscError
from xdsc.frames import Frames
from xdsc.methods import METHODS, make_method

K = 3
NAMES = ["NAO+", "Atlantic ridge", "Blocking"]


@pytest.fixture(scope="module")
def ds():
    return xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=K)[["t2m"]]


@pytest.fixture(scope="module")
def plain(ds):
    return ds.dsc.fit(K, method="kmeans", random_state=0, progress=False)


@pytest.fixture(scope="module")
def reference(plain):
    """The same regimes, numbered in another way and with names."""
    return xdsc.rename(xdsc.reorder(plain, [2, 0, 1]), NAMES)


def fit(ds, **options):
    return ds.dsc.fit(K, method="kmeans", random_state=5, progress=False, **options)


def patterns_of(reference):
    found = xdsc.composites(reference)[["t2m_anomaly"]].rename(t2m_anomaly="t2m")
    return found.isel(latitude=slice(None, None, -1))


@pytest.mark.parametrize(
    "given",
    [
        lambda reference: reference,
        lambda reference: reference.cluster,
        lambda reference: reference.isel(time=slice(None, None, 2)),
        patterns_of,
    ],
    ids=["Dataset", "labels", "part", "patterns"],
)
def test_numbers_and_names_follow_a_reference(ds, reference, given):
    found = fit(ds, match_to=given(reference))
    np.testing.assert_array_equal(found.cluster, reference.cluster)
    assert found.cluster.attrs["flag_meanings"] == "no_label NAO+ Atlantic_ridge Blocking"
    assert "NAO+ 1.00" in found.cluster.attrs["xdsc_matched_by"]
    assert "frequency" not in found.cluster.attrs["comment"]


def test_a_model_is_a_reference_and_keeps_what_it_was_given(ds, reference, tmp_path):
    first = fit(ds, match_to=reference).dsc.model
    found = fit(ds.isel(time=slice(0, 50)), match_to=first)
    np.testing.assert_array_equal(found.cluster, reference.cluster[:50])
    model = found.dsc.model
    later = ds.isel(time=slice(50, None))
    labels = model.label(later).cluster
    np.testing.assert_array_equal(labels, reference.cluster[50:])
    model.save(tmp_path / "followed.xdsc")
    loaded = xdsc.load_model(tmp_path / "followed.xdsc")
    xr.testing.assert_identical(loaded.label(later).cluster, labels)
    assert loaded.record.numbering == model.record.numbering
    with pytest.raises(NotFittedError):
        fit(ds, match_to=xdsc.ClusterModel(K))
    # As `xdsc.match` takes models.
    assert xdsc.match(reference, first).reference.values.tolist() == [0, 1, 2]
    assert xdsc.match(reference.cluster, first).reference.values.tolist() == [0, 1, 2]


def test_memberships_follow_the_numbers(ds, reference):
    sparse = xdsc.reorder(reference, {0: 7, 1: 2, 2: 4})
    options = {"method": "gmm", "n_components": 3, "random_state": 0, "progress": False}
    found = ds.dsc.fit(K, match_to=sparse, init=sparse, **options)
    assert found.cluster.attrs["flag_values"].tolist() == [-1, 2, 4, 7]
    assert found.cluster.attrs["flag_meanings"] == "no_label Atlantic_ridge Blocking NAO+"
    q = found.dsc.membership()
    assert q.cluster.values.tolist() == [2, 4, 7]
    np.testing.assert_array_equal(q.idxmax("cluster"), found.cluster)
    limited = found.dsc.model.label(ds, max_novelty=0.5).cluster
    assert set(np.unique(limited)) == {2, 4, 7, 8}
    assert limited.attrs["flag_meanings"].endswith("NAO+ no_regime")


def test_names_of_text_are_taken_in_their_order(ds, reference):
    texts = reference.cluster.copy(data=np.array(NAMES)[reference.cluster.values]).drop_attrs()
    found = fit(ds, match_to=texts).cluster
    assert found.attrs["flag_meanings"] == "no_label Atlantic_ridge Blocking NAO+"
    np.testing.assert_array_equal(found == 2, reference.cluster == 0)


def test_no_regime_of_a_reference_is_followed_by_nothing(ds, reference):
    none = reference.cluster.where(reference.cluster != 2, 3).astype(int)
    flags = {"flag_values": [-1, 0, 1, 3], "flag_meanings": "no_label a b no_regime"}
    found = fit(ds, match_to=none.assign_attrs(flags)).cluster
    assert found.attrs["flag_meanings"] == "no_label a b regime_2"


def test_what_never_meets_gets_no_name(ds, reference):
    two = reference.cluster.where(reference.cluster != 2, -1)
    found = fit(ds, match_to=two).cluster
    np.testing.assert_array_equal(found, reference.cluster)
    assert found.attrs["flag_meanings"] == "no_label NAO+ Atlantic_ridge regime_2"


def test_what_cannot_be_matched_is_told_before_the_fit(ds, reference, monkeypatch):
    monkeypatch.setattr("xdsc.methods.classical.kmeans.KMeans.fit", None)
    other = reference.assign_coords(time=reference.time + np.timedelta64(90_000, "D"))
    for given in (
        patterns_of(reference).rename(t2m="z500"),
        other.cluster,
        patterns_of(reference).isel(latitude=slice(2)).assign_coords(latitude=[80.0, 79.0]),
    ):
        with pytest.raises(XdscError):
            fit(ds, match_to=given)


# --- Labels to begin with ----------------------------------------------------------------------


def test_methods_that_begin_with_labels():
    able = {name for name, row in METHODS.items() if row.load().begins_with_labels}
    deep = {"cnn_encoder", "cnn_autoencoder", "cnn_lstm_encoder", "dsc"}
    assert able == {"kmeans", "pca_kmeans", "eeof_kmeans", "gmm", "hmm"} | deep


def frames_of(rows):
    block = np.asarray(rows, dtype=np.float32)[:, :, None, None]
    whole = np.ones(block.shape[1:], bool)
    return Frames.from_block(block, np.zeros(len(rows), int), (), whole, np.zeros(1))


def test_kmeans_begins_with_the_centres_of_labels():
    # Four points at the corners of a rectangle: k-means is stuck with either way to part them.
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 3)
    for parted in (rows[:, 0], rows[:, 1]):
        init = np.where(np.arange(12) < 8, parted, -1)
        method = make_method("kmeans", 2, random_state=0).fit(frames_of(rows), init)
        np.testing.assert_array_equal(method.labels_, parted)
        assert method.estimator_.n_iter_ <= 2


@pytest.mark.parametrize("method", ["gmm", "hmm"])
@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_mixtures_begin_with_labels(method, shape):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 30).repeat(4)
    rows = rng.normal(size=(120, 3)) + 6 * np.eye(3)[truth]
    init = np.where(rng.random(120) < 0.5, truth, -1)
    made = make_method(method, 3, n_components=2, covariance_type=shape, random_state=0)
    np.testing.assert_array_equal(made.fit(frames_of(rows), init).labels_, truth)


def test_labels_to_begin_with_are_aligned_by_time(ds, reference):
    some = reference.cluster.isel(time=slice(None, None, 2))[::-1]
    labels = fit(ds, init=some, n_init=1)
    assert labels.cluster.attrs["xdsc_init"] == "labels that were given"
    again = fit(ds, init=some.to_series(), match_to=reference)
    np.testing.assert_array_equal(again.cluster, reference.cluster)
    np.testing.assert_array_equal(fit(ds, init=again.dsc.model).cluster, labels.cluster)


def test_dsc_begins_with_labels(ds, reference):
    options = {"epochs": 0, "random_state": 0, "progress": False}
    init = reference.cluster.where(reference.time.dt.day > 3, -1)
    found = ds.dsc.fit(K, init=init, match_to=reference, **options)
    assert (found.cluster == reference.cluster).mean() > 0.9
    assert found.dsc.model.selection_ is None
    with pytest.raises(ParameterError, match="start="):
        ds.dsc.fit(K, init=init, start="kmeans", **options)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"method": "agglomerative"}, ParameterError, "begins with labels"),
        ({"method": "dec"}, ParameterError, "begins with labels"),
        ({"n_clusters": 4}, ParameterError, "labels of 4 regimes"),
    ],
)
def test_labels_that_are_no_beginning_are_told(ds, reference, options, error, match):
    asked = {"method": "kmeans", "n_clusters": K, "progress": False} | options
    with pytest.raises(error, match=match):
        ds.dsc.fit(init=reference.cluster, **asked)


def test_labels_of_other_times_are_told(ds, reference):
    other = reference.assign_coords(time=reference.time + np.timedelta64(90_000, "D"))
    with pytest.raises(InputError, match="share"):
        fit(ds, init=other.cluster)
