"""Transitions by hand, of a known Markov chain, and against events in random order."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError
from xdsc.statistics.chance import adjusted, tail_shares, two_sided
from xdsc.statistics.sequence.shuffling import pair_counts, shuffled


def days(values, start="2000-01-01"):
    values = np.asarray(values)
    time = xr.date_range(start, periods=values.shape[-1], calendar="noleap", use_cftime=True)
    return xr.DataArray(values, {"time": time}, ("member", "time")[-values.ndim :])


def counts(labels, **arguments):
    return xdsc.transitions(labels, null=None, **arguments).n_transitions.values.tolist()


def test_counts_by_hand():
    labels = days([0, 0, 1, 2, 2, 0])
    found = xdsc.transitions(labels, null=None)
    assert found.n_transitions.dims == ("from_cluster", "to_cluster")
    assert found.n_transitions.values.tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 1]]
    assert found.probability.sel(from_cluster=2).values.tolist() == [0.5, 0, 0.5]
    assert counts(labels, exclude_self=True) == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_nothing_is_counted_over_gaps_and_members():
    labels = days([0, 0, 1, 1, 0, 0])
    assert counts(labels) == [[2, 1], [1, 1]]
    assert counts(labels.where(labels.time != labels.time[2], -1)) == [[2, 0], [1, 0]]
    assert counts(labels.isel(time=[0, 1, 3, 4, 5])) == [[2, 0], [1, 0]]
    assert counts(days([[0, 0, 1], [1, 0, 0]])) == [[2, 1], [1, 0]]


def test_the_matrix_of_a_markov_chain_is_found():
    rng = np.random.default_rng(0)
    matrix = np.array([[0.7, 0.3, 0.0], [0.1, 0.6, 0.3], [0.4, 0.1, 0.5]])
    state, found = 0, []
    for u in rng.random(20_000):
        state = int(np.searchsorted(matrix[state].cumsum(), u))
        found.append(state)
    labels = days(found)
    np.testing.assert_allclose(xdsc.transitions(labels, null=None).probability, matrix, atol=0.02)


def test_a_cycle_is_told_from_chance():
    rng = np.random.default_rng(1)
    labels = days(np.repeat(np.tile([0, 1, 2], 60), rng.integers(1, 5, 180)))
    found = xdsc.transitions(labels, n=99, random_state=0)
    cycle = [(0, 1), (1, 2), (2, 0)]
    for i in range(3):
        for j in range(3):
            cell = found.isel(from_cluster=i, to_cluster=j)
            if i == j:
                assert np.isnan(cell.p_value)
                assert cell.n_expected == cell.n_transitions
            else:
                # The more often one comes next, the less often the other.
                assert cell.p_more == pytest.approx(0.01 if (i, j) in cycle else 1.0)
                assert cell.p_adjusted == pytest.approx(0.02)
    assert found.attrs["random_state"] == 0
    assert found.identical(xdsc.transitions(labels, n=99, random_state=0))


def test_two_regimes_have_one_order():
    found = xdsc.transitions(days([0, 1, 1, 0, 0, 1, 0]), n=20, random_state=0)
    assert found.p_value.values[0, 1] > 0.9


@pytest.mark.parametrize(
    ("code", "linked", "block"),
    [
        ([0, 1, 0, 1, 2], [1, 1, 1, 1], [0] * 5),
        ([0, 1, 0, 2, 1], [1, 1, 0, 1], [0] * 5),  # a gap within a season
        ([0, 1, 0, 1, 2, 0], [1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]),  # no gap between seasons
    ],
)
def test_all_orders_that_are_allowed_are_as_likely(code, linked, block):
    code, block = np.array(code), np.array(block)
    links = np.append(np.array(linked, bool), False)
    parts = [np.flatnonzero(block == b) for b in np.unique(block)]
    allowed = {
        order
        for order in permutations(code.tolist())
        if all(sorted(np.array(order)[part]) == sorted(code[part]) for part in parts)
        and not any(a == b for a, b, link in zip(order, order[1:], links, strict=False) if link)
    }
    drawn = shuffled(code, links, block, 4000, np.random.default_rng(0))
    orders, times = np.unique(drawn.T, axis=0, return_counts=True)
    assert {tuple(order) for order in orders.tolist()} == allowed
    expected = 4000 / len(allowed)
    assert ((times - expected) ** 2 / expected).sum() < 3 * len(allowed)  # chi-square


@pytest.mark.parametrize(
    "code",
    [
        [0, 1] * 12 + [0, 2] * 12,  # one regime is half of the events, and they are half sorted
        [0, 1, 2, 3] * 10,
    ],
)
def test_the_observed_order_is_forgotten(code):
    linked = np.append(np.ones(len(code) - 1, bool), False)
    drawn = shuffled(
        np.array(code), linked, np.zeros(len(code), int), 4000, np.random.default_rng(0)
    )
    found = pair_counts(drawn, linked, max(code) + 1)
    expected = expected_pairs(tuple(np.bincount(code)))
    # In standard deviations of one order: of the mean of 4000 it is 0.016.
    off = np.abs(found.mean(axis=0) - expected) / np.maximum(found.std(axis=0), 1e-9)
    assert off.max() < 0.08


def expected_pairs(counts):
    """Mean numbers of pairs over all orders with so many events of each kind, (K, K)."""
    k = len(counts)

    @cache
    def found(left, last):
        """How many orders there are of what is left, and the sum of their pairs."""
        if not sum(left):
            return 1.0, np.zeros((k, k))
        orders, pairs = 0.0, np.zeros((k, k))
        for kind in range(k):
            if left[kind] and kind != last:
                rest = tuple(n - (i == kind) for i, n in enumerate(left))
                number, of_rest = found(rest, kind)
                orders += number
                pairs += of_rest
                if last is not None:
                    pairs[last, kind] += number
        return orders, pairs

    orders, pairs = found(counts, None)
    return pairs / orders


def test_p_values_are_two_sided_and_adjusted():
    more, less = tail_shares(np.array([9.0, 5.0]), np.array([[1.0, 5], [2, 4], [3, 6], [4, 5]]))
    np.testing.assert_allclose(more, [0.2, 0.6])
    np.testing.assert_allclose(two_sided(more, less), [0.4, 1.0])
    # By hand: 0.01 * 3 / 1, 0.03 * 3 / 2, 0.04 * 3 / 3, each no larger than the next.
    np.testing.assert_allclose(
        adjusted(np.array([0.04, np.nan, 0.01, 0.03])), [0.04, np.nan, 0.03, 0.04]
    )


@pytest.mark.slow
def test_events_without_a_memory_are_rarely_found_to_have_one():
    """All records at once: their events are shuffled within seasons of their own."""
    rng = np.random.default_rng(2)
    n_records, seasons, events = 40, 6, 15
    step = rng.integers(1, 4, (n_records * seasons, events)).cumsum(axis=1) % 4
    block = np.repeat(np.arange(len(step)), events)
    linked = np.tile(np.arange(events) < events - 1, len(step))
    drawn = shuffled(step.ravel(), linked, block, 99, rng)
    size = seasons * events
    p = []
    for record in range(n_records):
        rows = slice(record * size, (record + 1) * size)
        seen = pair_counts(step.ravel()[rows, None].astype(np.int16), linked[rows], 4)[0]
        by_chance = pair_counts(drawn[rows], linked[rows], 4)
        both = two_sided(*tail_shares(seen.astype(float), by_chance.astype(float)))
        p.append(both[~np.eye(4, dtype=bool)])
    assert 0.03 <= (np.array(p) <= 0.05).mean() <= 0.07


def test_regimes_that_do_not_occur_are_no_tests():
    rng = np.random.default_rng(0)
    labels = days(np.repeat(rng.integers(1, 4, 60).cumsum() % 4, 2))
    alone = xdsc.transitions(labels, n=50, random_state=0)
    flags = {"flag_values": np.arange(-1, 7), "flag_meanings": "no_label a b c d e f g"}
    found = xdsc.transitions(labels.assign_attrs(flags), n=50, random_state=0)
    assert found.n_expected.sel(to_cluster=[4, 5, 6]).sum() == 0
    for name in ("p_value", "p_adjusted", "p_more", "p_less"):
        np.testing.assert_array_equal(found[name].values[:4, :4], alone[name])
        assert np.isnan(found[name].values[4:]).all()
        assert np.isnan(found[name].values[:, 4:]).all()


def test_wrong_arguments_are_told():
    with pytest.raises(ParameterError, match="null='events'"):
        xdsc.transitions(days([0, 1]), null="markov")
