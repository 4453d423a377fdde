"""Which labels and which rows metrics take, and what they say about others."""

import numpy as np
import pytest

from xdsc.errors import ParameterError
from xdsc.metrics import METRICS, adjusted_rand_index, davies_bouldin, rmse_mean, silhouette
from xdsc.metrics.inputs import as_rows, block_length, codes_of, slices, take

OF_DATA = list(dict.fromkeys(row.function for row in METRICS.values() if row.needs == "data"))
OF_TRUTH = [row.function for row in METRICS.values() if row.needs == "truth"]
COSINE = {"distance": "cosine"}
X = np.arange(12.0).reshape(6, 2) ** 2


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ([3, 9, 3], [0, 1, 0]),
        ([-1, 5, -3], [-1, 0, -1]),
        ([0.0, np.nan, 2.0], [0, -1, 1]),
        (np.array([2, None, 0, np.nan], dtype=object), [1, -1, 0, -1]),
        (["warm", "cold", None], [1, 0, -1]),
        (np.array([7, 250], dtype=np.uint8), [0, 1]),
        ([True, False], [1, 0]),
        ([], []),
        ([None, None], [-1, -1]),
    ],
    ids=repr,
)
def test_labels_become_codes_without_gaps(labels, codes):
    assert codes_of(labels).tolist() == codes


@pytest.mark.parametrize("metric", OF_DATA)
def test_labels_of_another_length(metric):
    with pytest.raises(ParameterError, match=r"Expected 6 labels.*received 4 labels"):
        metric(X, [0, 0, 1, 1])


@pytest.mark.parametrize("metric", OF_TRUTH)
def test_truth_of_another_length(metric):
    with pytest.raises(ParameterError, match=r"Expected 3 labels.*received 2 labels"):
        metric([0, 0, 1], [0, 1])


@pytest.mark.parametrize(
    ("labels", "received"),
    [([0.5, 1.0], "numbers like 0.5"), ([[0, 1]], r"received shape \(1, 2\)")],
)
def test_what_is_no_label(labels, received):
    with pytest.raises(ParameterError, match=received):
        adjusted_rand_index(labels, labels)


@pytest.mark.parametrize(
    ("rows", "received"),
    [
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((3, 2, 2)), r"shape \(3, 2, 2\)"),
        (np.zeros((3, 0)), r"shape \(3, 0\)"),
        (np.array([["a"], ["b"]]), "dtype <U1"),
        (np.ma.masked_equal([[1.0], [2.0]], 2.0), "masked values"),
    ],
)
def test_what_is_no_table_of_rows(rows, received):
    with pytest.raises(ParameterError, match=received):
        as_rows(rows)


@pytest.mark.parametrize("bad", [[np.nan], [np.inf], [np.inf, -np.inf]])
@pytest.mark.parametrize(
    ("metric", "options"), [*((metric, {}) for metric in OF_DATA), (silhouette, COSINE)]
)
def test_gaps_are_an_error_in_labelled_rows_only(metric, options, bad):
    gappy = X.copy()
    gappy[: len(bad), 1] = bad
    with pytest.raises(ParameterError, match=r"NaN or infinite values.*masked cells"):
        metric(gappy, [0, 0, 0, 1, 1, 1], **options)
    assert np.isfinite(metric(gappy, [-1, -1, 0, 0, 1, 1], **options))


@pytest.mark.parametrize("metric", OF_DATA)
def test_the_smallest_block_holds_one_row(metric):
    labels = [0, 0, 1, 1, 2, -1]
    assert metric(X, labels, block_bytes=1) == pytest.approx(metric(X, labels), rel=1e-12)
    with pytest.raises(ParameterError, match="received 0"):
        metric(X, labels, block_bytes=0)


def test_blocks():
    assert block_length(4, 100) == 3
    assert list(slices(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert take(X, np.array([1, 2, 3])).base is X
    np.testing.assert_array_equal(take(X, np.array([3, 2, 4])), X[[3, 2, 4]])
    np.testing.assert_array_equal(take(X, np.array([1, 1, 3])), X[[1, 1, 3]])


@pytest.mark.parametrize("dtype", ["float16", "int16", "uint8", "bool"])
def test_any_real_number_is_data(dtype):
    rows = np.array([[0, 1], [1, 1], [9, 0], [8, 0]], dtype=dtype)
    labels = [0, 0, 1, 1]
    for metric in (rmse_mean, davies_bouldin, silhouette):
        assert metric(rows, labels) == metric(rows.astype("float64"), labels)
