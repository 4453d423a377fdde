"""Metrics of centres and spread: scikit-learn's values, worked ones, and what changes nothing."""

import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from xdsc.errors import ParameterError
from xdsc.metrics import (
    average_variance,
    calinski_harabasz,
    cluster_moments,
    davies_bouldin,
    explained_variance_ratio,
    rmse_mean,
)

ALL = [
    average_variance,
    calinski_harabasz,
    davies_bouldin,
    explained_variance_ratio,
    rmse_mean,
]
# Two clusters of three and one row: centres (1, 4), (9, 9).
X = np.array([[0.0, 4.0], [2.0, 4.0], [1.0, 4.0], [9.0, 9.0]])
LABELS = np.array([4, 4, 4, 2])


def rows_and_labels(seed=0, n=60, n_features=5, k=4, dtype="float64"):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, k, n)
    labels[:2], labels[2] = -1, k  # some without a label, and one alone in its cluster
    return (rng.normal(280.0, 1.0, (n, n_features)) + labels[:, None]).astype(dtype), labels


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (davies_bouldin, sklearn.metrics.davies_bouldin_score),
        (calinski_harabasz, sklearn.metrics.calinski_harabasz_score),
    ],
)
def test_equal_to_scikit_learn(metric, reference, dtype):
    rows, labels = rows_and_labels(dtype=dtype)
    expected = reference(rows[labels >= 0].astype("float64"), labels[labels >= 0])
    assert metric(rows, labels) == pytest.approx(expected, rel=1e-9)


def test_rmse_is_the_inertia_of_k_means():
    rows, _ = rows_and_labels()
    fit = KMeans(3, n_init=3, random_state=0).fit(rows)
    assert rmse_mean(rows, fit.labels_) == pytest.approx(math.sqrt(fit.inertia_ / len(rows)))
    total = ((rows - rows.mean(axis=0)) ** 2).sum()
    explained = explained_variance_ratio(rows, fit.labels_)
    assert explained == pytest.approx(1 - fit.inertia_ / total)


def test_worked_values():
    assert rmse_mean(X, LABELS) == pytest.approx(math.sqrt((1 + 1 + 0 + 0) / 4))
    # Eq. 10: 2/3 in one cluster, 0 in the other.
    assert average_variance(X, LABELS) == pytest.approx((2 / 3 + 0) / 2)
    # All entries 0, 4, 2, 4, 1, 4: mean 2.5, squares 6.25 + 2.25 + 0.25 + 2.25 + 2.25 + 2.25.
    published = (3 * 15.5 / 6 + 1 * 0) / 4
    assert average_variance(X, LABELS, convention="published") == pytest.approx(published)
    # Overall mean (3, 5.25): between = 3 (2² + 1.25²) + (6² + 3.75²) = 66.75.
    assert explained_variance_ratio(X, LABELS) == pytest.approx(66.75 / 68.75)
    assert calinski_harabasz(X, LABELS) == pytest.approx(66.75 / (2 / 2))
    assert davies_bouldin(X, LABELS) == pytest.approx((2 / 3) / math.sqrt(89))


def test_published_variance_as_the_published_code_finds_it():
    rows, labels = rows_and_labels()
    # One numpy variance over all entries of a cluster, weighted by its size.
    parts = [rows[labels == label] for label in np.unique(labels[labels >= 0])]
    expected = sum(part.var() * len(part) for part in parts) / sum(map(len, parts))
    assert average_variance(rows, labels, convention="published") == pytest.approx(expected)


def test_variance_weighted_by_size_would_be_the_squared_rmse():
    rows, labels = rows_and_labels()
    found = cluster_moments(rows, labels)
    weighted = found.sizes @ (found.squares / found.sizes) / found.n
    assert rmse_mean(rows, labels) == pytest.approx(math.sqrt(weighted))


def test_unknown_convention():
    with pytest.raises(ParameterError, match=r"'equation', 'published'.*'paper'"):
        average_variance(X, LABELS, convention="paper")


def test_one_cluster():
    one = [0, 0, 0, 0]
    assert math.isnan(davies_bouldin(X, one))
    assert math.isnan(calinski_harabasz(X, one))
    assert explained_variance_ratio(X, one) == 0.0
    assert rmse_mean(X, one) == pytest.approx(math.sqrt(average_variance(X, one)))


def test_as_many_clusters_as_rows():
    single = [0, 1, 2, 3]
    assert rmse_mean(X, single) == average_variance(X, single) == davies_bouldin(X, single) == 0.0
    assert explained_variance_ratio(X, single) == 1.0
    assert math.isnan(calinski_harabasz(X, single))


@pytest.mark.parametrize("metric", ALL)
def test_no_label_at_all(metric):
    assert math.isnan(metric(X, [-1, -1, -1, -1]))
    assert math.isnan(metric(np.empty((0, 2)), []))


def test_constant_data_has_no_spread_and_no_separation():
    constant, labels = np.full((7, 3), 0.1), [0, 0, 0, 1, 1, 1, 1]
    assert rmse_mean(constant, labels) == average_variance(constant, labels) == 0.0
    assert math.isnan(explained_variance_ratio(constant, labels))
    assert math.isnan(calinski_harabasz(constant, labels))
    assert davies_bouldin(constant, labels) == math.inf


def test_clusters_that_overlap_entirely_are_the_worst_and_not_the_best():
    rows, labels = [[-1.0], [1.0], [-3.0], [3.0], [0.1], [0.1], [0.1]], [0, 0, 1, 1, 2, 2, 2]
    assert davies_bouldin(rows[:4], labels[:4]) == math.inf
    assert sklearn.metrics.davies_bouldin_score(rows[:4], labels[:4]) == 0.0
    # Rounding of 3 × 0.1 / 3 does not hide it.
    twice = [[5.0], [0.1], [0.1], [0.1], [0.1], [0.1]]
    assert davies_bouldin(twice, [0, 1, 1, 1, 2, 2]) == math.inf


def test_clusters_of_equal_rows_are_the_best_and_not_the_worst():
    rows, labels = [[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1]
    assert calinski_harabasz(rows, labels) == math.inf
    assert sklearn.metrics.calinski_harabasz_score(rows, labels) == 1.0


def test_equal_rows_whose_mean_is_rounded_have_no_spread():
    rows = np.random.default_rng(0).normal(size=(3, 50))
    labels = np.repeat([0, 1, 2], [3, 7, 6])
    assert calinski_harabasz(rows[labels], labels) == math.inf
    assert rmse_mean(rows[labels], labels) == davies_bouldin(rows[labels], labels) == 0


def test_large_means_in_float32_cost_no_digits():
    rng = np.random.default_rng(0)
    rows = (1e5 + rng.normal(size=(500, 4))).astype("float32")
    labels = np.arange(500) % 2
    exact = rows.astype("longdouble")
    squares = sum(
        ((exact[labels == c] - exact[labels == c].mean(axis=0)) ** 2).sum() for c in (0, 1)
    )
    assert rmse_mean(rows, labels) == pytest.approx(math.sqrt(squares / 500), rel=1e-12)


@given(st.integers(0, 2**16), st.permutations(range(5)), st.integers(1, 400))
def test_names_of_clusters_and_blocks_change_nothing(seed, names, block_bytes):
    rows, labels = rows_and_labels(seed, n=25, dtype="float32")
    renamed = np.where(labels >= 0, 3 * np.array(names)[labels], -2)
    for metric in ALL:
        expected = pytest.approx(metric(rows, labels), rel=1e-9)
        assert metric(rows, renamed, block_bytes=block_bytes) == expected


@given(st.integers(0, 2**16))
def test_unlabelled_rows_and_the_order_of_rows_change_nothing(seed):
    rows, labels = rows_and_labels(seed, n=25)
    kept = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))
    for metric in ALL:
        assert metric(rows[kept], labels[kept]) == pytest.approx(metric(rows, labels), rel=1e-9)
