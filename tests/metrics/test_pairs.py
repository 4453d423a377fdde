"""Silhouette and inter-cluster distance: scikit-learn's values, worked ones, samples."""

import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances

from xdsc.errors import ParameterError
from xdsc.metrics import average_intercluster_distance, pair_distances, silhouette

# On a line, so that distances are differences: {0, 1}, {4, 6}, {9}.
LINE, LABELS = np.array([[0.0], [1.0], [4.0], [6.0], [9.0]]), np.array([0, 0, 1, 1, 5])
ALL = [
    (silhouette, {}),
    (silhouette, {"distance": "cosine"}),
    (average_intercluster_distance, {}),
    (average_intercluster_distance, {"convention": "published"}),
]


def rows_and_labels(seed=0, n=60, n_features=5, k=4, dtype="float64"):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, k, n)
    labels[:2], labels[2] = -1, k  # some without a label, and one alone in its cluster
    return (rng.normal(0.0, 2.0, (n, n_features)) + labels[:, None]).astype(dtype), labels


@pytest.mark.parametrize("offset", [0.0, 280.0])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_silhouette_is_scikit_learns(distance, dtype, offset):
    rows, labels = rows_and_labels(dtype=dtype)
    rows += np.asarray(offset, dtype)
    kept = labels >= 0
    expected = sklearn.metrics.silhouette_score(
        rows[kept].astype("float64"), labels[kept], metric=distance
    )
    # scikit-learn loses digits of its own where means are large.
    assert silhouette(rows, labels, distance=distance) == pytest.approx(expected, rel=1e-7)


def test_silhouette_with_zero_rows_by_cosine():
    rows = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1e-200, 1e-200], [1e200, 2e200]])
    labels = [0, 0, 0, 1, 1]
    scaled = [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]
    expected = sklearn.metrics.silhouette_score(scaled, labels, metric="cosine")
    assert silhouette(rows, labels, distance="cosine") == pytest.approx(expected)


def test_worked_distances():
    # Eq. 9: {0, 1}-{4, 6}: 3, {0, 1}-{9}: 8, {4, 6}-{9}: 3.
    assert average_intercluster_distance(LINE, LABELS) == pytest.approx(14 / 3)
    # The published code: those twice, and the widest distances 1, 2 and 0 on the diagonal.
    published = average_intercluster_distance(LINE, LABELS, convention="published")
    assert published == pytest.approx((2 * 14 + 1 + 2 + 0) / 9)


def test_distances_against_the_whole_matrix():
    rows, labels = rows_and_labels()
    known = np.unique(labels[labels >= 0])
    matrix = np.empty((len(known), len(known)))
    for i, a in enumerate(known):
        for j, b in enumerate(known):
            apart = pairwise_distances(rows[labels == a], rows[labels == b])
            matrix[i, j] = apart.max() if i == j else apart.min()
    plain = matrix[np.triu_indices(len(known), 1)].mean()
    assert average_intercluster_distance(rows, labels) == pytest.approx(plain)
    published = average_intercluster_distance(rows, labels, convention="published")
    assert published == pytest.approx(matrix.mean())


def test_one_cluster():
    one = np.zeros(5, int)
    assert math.isnan(silhouette(LINE, one))
    assert math.isnan(average_intercluster_distance(LINE, one))
    assert average_intercluster_distance(LINE, one, convention="published") == 9.0


def test_as_many_clusters_as_rows():
    assert silhouette(LINE, range(5)) == 0.0
    steps = np.abs(LINE - LINE.T)[np.triu_indices(5, 1)]
    assert average_intercluster_distance(LINE, range(5)) == pytest.approx(steps.mean())


@pytest.mark.parametrize(("metric", "options"), ALL)
def test_no_label_at_all(metric, options):
    assert math.isnan(metric(LINE, np.full(5, -1), **options))
    assert math.isnan(metric(np.empty((0, 2)), [], **options))


@pytest.mark.parametrize(("metric", "options"), ALL)
def test_equal_rows_are_at_distance_zero(metric, options):
    constant = np.full((9, 4), 0.1) + np.array([280.0, 0.0, 1e5, 0.3])
    assert metric(constant, np.arange(9) % 3, **options) == 0.0


def test_duplicates_in_two_clusters_touch():
    rng = np.random.default_rng(0)
    rows = rng.normal(280.0, 1.0, (40, 300)).astype("float32")
    rows[20:] = rows[:20]
    assert average_intercluster_distance(rows, np.repeat([0, 1], 20), block_bytes=10_000) == 0.0


def test_unknown_words():
    with pytest.raises(ParameterError, match=r"'euclidean', 'cosine'.*'manhattan'"):
        silhouette(LINE, LABELS, distance="manhattan")
    with pytest.raises(ParameterError, match=r"'equation', 'published'.*'paper'"):
        average_intercluster_distance(LINE, LABELS, convention="paper")


def test_a_sample_is_seeded_and_near_the_whole():
    rows, labels = rows_and_labels(n=3000, k=3)
    rows += 10 * labels[:, None]
    whole = silhouette(rows, labels, max_samples=None)
    first = silhouette(rows, labels, max_samples=300, random_state=1)
    assert first == silhouette(rows, labels, max_samples=300, random_state=1)
    assert first != silhouette(rows, labels, max_samples=300, random_state=2)
    assert first == pytest.approx(whole, abs=0.02)


def test_a_sample_holds_every_cluster():
    rows, labels = rows_and_labels(n=500, k=3)
    labels[5:8] = 7
    found = pair_distances(rows, labels, max_samples=40)
    assert found.sampled
    assert found.n <= 40
    sizes = np.unique(labels[labels >= 0], return_counts=True)[1]
    drawn = np.bincount(found.codes)
    # One cluster has a single row, and one of three rows keeps two at least.
    assert (drawn >= np.minimum(sizes, 2)).all()
    assert drawn[0] == pytest.approx(40 * sizes[0] / sizes.sum(), abs=3)
    np.testing.assert_allclose(found.weights, sizes / sizes.sum())
    assert not pair_distances(rows, labels, max_samples=500).sampled


def test_a_sample_too_small_for_the_clusters():
    rows = np.arange(10.0)[:, None]
    with pytest.raises(ParameterError, match=r"max_samples of 8 or more.*received 5"):
        silhouette(rows, [0, 0, 0, 1, 1, 1, 2, 2, 3, 3], max_samples=5)


@given(st.integers(0, 2**16), st.permutations(range(5)), st.integers(1, 900), st.booleans())
def test_names_of_clusters_and_blocks_change_nothing(seed, names, block_bytes, sampled):
    rows, labels = rows_and_labels(seed, n=30, dtype="float32")
    renamed = np.where(labels >= 0, 3 * np.array(names)[labels], -2)
    size = {"max_samples": 15 if sampled else None}
    for metric, options in ALL:
        expected = pytest.approx(metric(rows, labels, **size, **options), rel=1e-9, abs=1e-12)
        found = metric(rows, renamed, block_bytes=block_bytes, **size, **options)
        assert found == expected


@given(st.integers(0, 2**16))
def test_the_order_of_rows_changes_nothing(seed):
    rows, labels = rows_and_labels(seed, n=25)
    kept = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))
    for metric, options in ALL:
        expected = pytest.approx(metric(rows, labels, **options), rel=1e-9, abs=1e-12)
        assert metric(rows[kept], labels[kept], **options) == expected
