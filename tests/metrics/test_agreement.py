"""Labels against labels that are known to be right."""

import itertools
import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from xdsc.metrics import (
    adjusted_mutual_information,
    adjusted_rand_index,
    matched_accuracy,
    v_measure,
)

ALL = [adjusted_mutual_information, adjusted_rand_index, matched_accuracy, v_measure]
two_labellings = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(-1, 2)), min_size=1, max_size=30
).map(lambda pairs: np.array(pairs).T)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (adjusted_rand_index, sklearn.metrics.adjusted_rand_score),
        (adjusted_mutual_information, sklearn.metrics.adjusted_mutual_info_score),
        (v_measure, sklearn.metrics.v_measure_score),
    ],
)
def test_equal_to_scikit_learn(metric, reference):
    rng = np.random.default_rng(0)
    truth, labels = rng.integers(-1, 4, 200), rng.integers(-1, 6, 200)
    labels[:100] = truth[:100]
    both = (truth >= 0) & (labels >= 0)
    assert metric(truth, labels) == reference(truth[both], labels[both])


def test_worked_matching():
    # Three true ones and two clusters: "a" is 0 or 1, "b" is 2; 3 + 2 of 8 rows.
    truth = [0, 0, 0, 1, 1, 2, 2, 1, 2]
    labels = ["a", "a", "a", "a", "a", "b", "b", "b", None]
    assert matched_accuracy(truth, labels) == 5 / 8
    # Matching the most frequent pair first, 5 with 0, leaves 6 with 1: only 3 of 7.
    assert matched_accuracy([0, 0, 0, 0, 0, 1, 1], [5, 5, 5, 6, 6, 5, 5]) == 4 / 7


@given(two_labellings)
def test_matching_is_the_best_of_all(pair):
    truth, labels = pair
    both = (truth >= 0) & (labels >= 0)
    found = matched_accuracy(truth, labels)
    if not both.any():
        assert math.isnan(found)
        return
    ways = itertools.permutations(range(4), 3)
    best = max((np.array(way)[labels[both]] == truth[both]).mean() for way in ways)
    assert found == pytest.approx(best)


@given(two_labellings, st.permutations(range(4)))
def test_names_of_clusters_change_nothing(pair, names):
    truth, labels = pair
    renamed = np.where(labels >= 0, np.array(names)[labels] * 2.0, np.nan)
    for metric in ALL:
        expected = pytest.approx(metric(truth, labels), abs=1e-12, nan_ok=True)
        assert metric(truth, renamed) == expected


@pytest.mark.parametrize("metric", ALL)
def test_edges(metric):
    assert math.isnan(metric([], []))
    assert math.isnan(metric([0, -1], [-1, 0]))
    assert metric([0, 0, 0], [4, 4, 4]) == 1.0
    # More clusters than half the rows: no warning of scikit-learn's comes through.
    assert metric(range(50), range(50, 100)) == pytest.approx(1.0)
