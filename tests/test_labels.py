"""The label coordinate: CF flags, numbered by falling frequency."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xdsc.labels import CLUSTER, NO_LABEL, label_variable, order_by_frequency

labels_of_five = st.lists(st.integers(NO_LABEL, 4), max_size=60).map(
    lambda values: np.array(values, dtype=int)
)


@given(labels_of_five)
def test_order_is_a_permutation_by_falling_frequency(labels):
    order = order_by_frequency(labels, 5)
    assert sorted(order) == list(range(5))
    counts = [(labels == old).sum() for old in order]
    assert counts == sorted(counts, reverse=True)


@given(labels_of_five, st.permutations(range(5)))
def test_numbering_before_does_not_show_unless_counts_tie(labels, names):
    counts = np.bincount(labels[labels >= 0], minlength=5)
    renamed = np.where(labels >= 0, np.array(names)[labels], NO_LABEL)
    order = order_by_frequency(labels, 5)
    new_order = order_by_frequency(renamed, 5)
    np.testing.assert_array_equal(
        counts[order], np.bincount(renamed[renamed >= 0], minlength=5)[new_order]
    )
    if len(set(counts)) == 5:
        np.testing.assert_array_equal(np.array(names)[order], new_order)


def test_ties_keep_their_order_and_empty_clusters_come_last():
    assert order_by_frequency(np.array([3, 1, 3, 1]), 4).tolist() == [1, 3, 0, 2]
    assert order_by_frequency(np.array([], dtype=int), 3).tolist() == [0, 1, 2]


def test_flags_follow_cf():
    variable = label_variable(np.array([0, 2, 0, 1]), ["valid_time"], 3, {"xdsc_method": "dsc"})
    assert variable.dims == ("valid_time",)
    assert variable.dtype == np.int32
    flags = variable.attrs["flag_values"]
    assert flags.dtype == variable.dtype
    assert flags.tolist() == [-1, 0, 1, 2]
    assert variable.attrs["flag_meanings"] == "no_label regime_0 regime_1 regime_2"
    assert variable.attrs["long_name"] == "cluster label"
    assert variable.attrs["xdsc_method"] == "dsc"
    assert CLUSTER == "cluster"


def test_an_empty_cluster_has_its_flag():
    variable = label_variable(np.array([0, 0]), ["time"], 3, {})
    assert variable.attrs["flag_values"].tolist() == [-1, 0, 1, 2]


def test_no_label_is_a_flag_of_its_own_and_no_fill_value():
    variable = label_variable(np.array([0, NO_LABEL, 1]), ["time"], 2, {})
    assert variable.attrs["flag_values"].tolist() == [NO_LABEL, 0, 1]
    assert variable.attrs["flag_meanings"].split() == ["no_label", "regime_0", "regime_1"]
    assert "_FillValue" not in {**variable.attrs, **variable.encoding}
