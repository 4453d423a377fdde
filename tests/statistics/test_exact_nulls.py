"""What is drawn, against all that the null allows: each as likely, and p-values of all of them."""

from itertools import permutations, product

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr

import xdsc
from xdsc import calendar_share as calendar
from xdsc.statistics.fields import nulls
from xdsc.statistics.fields.draws import (
    ExchangedSeasons,
    MovingBlocks,
    PlacedEvents,
    PlacedOnsets,
)
from xdsc.statistics.sequence.survival import geometric_p_value
from xdsc.statistics.sequence.trends import bootstrapped_slopes, mann_kendall

N = 3000


def shares_of(rows):
    """How often each row occurs, as a share of all."""
    found, counts = np.unique(np.asarray(rows), axis=0, return_counts=True)
    return dict(zip(map(tuple, found.tolist()), counts / len(rows), strict=True))


def exact_p(observed, drawn):
    """Two-sided mid-p of all draws, of which none is the one found; NaN ones take no part."""
    drawn = np.asarray(drawn)[np.isfinite(drawn)]
    equal = np.isclose(drawn, observed)
    above, below = (drawn[~equal] > observed).sum(), (drawn[~equal] < observed).sum()
    return min(1, (2 * min(above, below) + equal.sum()) / drawn.size)


def assert_all_are_drawn(found, expected):
    """Shares of draws (dict) are those expected, to five standard errors each."""
    assert found.keys() <= expected.keys()
    for row, share in expected.items():
        error = np.sqrt(share * (1 - share) / N)
        assert found.get(row, 0) == pytest.approx(share, abs=5 * error + 1e-12)


# --- Labels of composites ------------------------------------------------------------------------

CODES = np.array([0, 0, 1, 0, 1, 1])


def in_order(codes, order):
    """Labels of events in some order, and where each begins."""
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    events = np.split(codes, begins[1:])
    return np.concatenate([events[i] for i in order])


def placed_events():
    draws = PlacedEvents(CODES, 2, np.zeros(6, int))
    return draws, [in_order(CODES, order) for order in permutations(range(4))]


def moving_blocks():
    starts = product(range(6), repeat=3)
    every = [np.concatenate([CODES[[s, (s + 1) % 6]] for s in some]) for some in starts]
    return MovingBlocks(CODES, 2, 2), every


def exchanged_seasons():
    codes, season = np.array([0, 0, 1, 0, 1, 1, 1, 0, 0, 1]), np.repeat(np.arange(5), 2)
    seasons = codes.reshape(5, 2)
    # Summers, 0, 2 and 4, and winters, 1 and 3, by themselves.
    every = [
        seasons[[a, b, c, d, e]].ravel()
        for a, c, e in permutations([0, 2, 4])
        for b, d in permutations([1, 3])
    ]
    return ExchangedSeasons(codes, 2, season, season % 2), every


def placed_onsets():
    run = np.array([0, 0, 0, 0, 1, 1, 1])
    codes = np.array([0, 1, 1, 0, 1, 0, 1])

    def orders(events):
        """Labels of the first steps of events, each (code, steps), but for the first event."""
        for order in permutations(events):
            rows = [[code] + [-1] * (steps - 1) for code, steps in order]
            yield [-1] * len(rows[0]) + [code for row in rows[1:] for code in row]

    first, second = orders([(0, 1), (1, 2), (0, 1)]), list(orders([(1, 1), (0, 1), (1, 1)]))
    return PlacedOnsets(codes, 2, run), [one + other for one in first for other in second]


@pytest.mark.parametrize(
    "of",
    [placed_events, moving_blocks, exchanged_seasons, placed_onsets],
    ids=lambda of: of.__name__,
)
def test_all_labels_that_a_null_allows_are_drawn(of):
    draws, every = of()
    rng = np.random.default_rng(0)
    found = draws.labels(np.stack([draws.draw(rng) for _ in range(N)]))
    assert_all_are_drawn(shares_of(found), shares_of(every))
    # And the p-values are those of the difference under all of them, also with a missing value.
    size = draws.codes.size
    x = np.random.default_rng(1).normal(size=(size, 3)).round(1)
    x[2, 1] = np.nan
    p = nulls.placement(x, draws, N, 0)
    own = draws.labels(draws.found[None])[0]
    for regime, cell in product(range(2), range(3)):
        there = np.isfinite(x[:, cell])

        def difference(labels, regime=regime, there=there, values=x[:, cell]):
            mine = (np.asarray(labels) == regime) & there
            rest = ~mine & there
            if not mine.any() or not rest.any():
                return np.nan
            return values[mine].mean() - values[rest].mean()

        expected = exact_p(difference(own), [difference(labels) for labels in every])
        assert p[regime, cell] == pytest.approx(expected, abs=0.04)


# --- Labels in time ------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [(1, 1, 5, 2), (3, 3, 3), (1, 1, 1, 6), (4, 5)])
def test_the_geometric_law_is_held_against_all_lengths_of_the_same_sum(steps):
    steps = np.array(steps)
    total, size = int(steps.sum()), len(steps)
    stay = 1 - size / total

    def distance(lengths):
        longer = [(np.array(lengths) > n).mean() for n in range(total + 1)]
        return np.abs(longer - stay ** np.arange(total + 1)).max()

    every = [x for x in product(range(1, total + 1), repeat=size) if sum(x) == total]
    drawn = np.array([distance(lengths) for lengths in every])
    equal = np.isclose(drawn, distance(steps))
    expected = (drawn[~equal] > distance(steps)).sum() / len(drawn) + equal.mean() / 2
    found = geometric_p_value(steps, N, np.random.default_rng(0))
    assert found == pytest.approx(expected, abs=0.03)


def winters(codes):
    """Three days of each of some winters, (winters, 3)."""
    parts = [xr.date_range(f"{2000 + year}-01-01", periods=3) for year in range(len(codes))]
    time = parts[0].append(list(parts[1:]))
    return xr.DataArray(np.ravel(codes), {"time": time}, ("time",))


def test_an_index_is_held_against_all_orders_of_its_years():
    rng = np.random.default_rng(3)
    codes, values = rng.integers(0, 3, (5, 3)), rng.normal(size=(5, 3))
    labels = winters(codes)
    found = xdsc.conditional_frequency(
        labels, labels.copy(data=values.ravel()), bins=[0.0], n=N, random_state=0
    )
    upper = values > 0
    for place, regime in product(range(2), range(3)):

        def share(order, place=place, regime=regime):
            inside = upper[list(order)] == place
            return (codes[inside] == regime).mean()

        every = [share(order) for order in permutations(range(5))]
        p = found.p_value.sel(bin=place, cluster=regime).item()
        assert p == pytest.approx(exact_p(share(range(5)), every), abs=0.04)


def test_slopes_are_of_all_samples_of_years():
    x, y = np.arange(4.0), np.array([1.0, 3.0, 2.0, 7.0])
    every = np.array(list(product(range(4), repeat=4)))
    every = every[np.ptp(every, axis=1) > 0]  # of one year alone there is no slope
    expected = np.array([np.polyfit(x[one], y[one], 1)[0] for one in every])
    found = bootstrapped_slopes(x, y, 20_000, np.random.default_rng(0))
    found = found[np.isfinite(found)]
    assert found.mean() == pytest.approx(expected.mean(), abs=0.05)
    assert found.std() == pytest.approx(expected.std(), rel=0.03)


@pytest.mark.parametrize("y", [(1, 2, 3, 4, 5, 7), (1, 1, 2, 2, 2, 5), (0, 0, 0, 0, 0, 1)])
def test_mann_kendalls_variance_is_that_of_all_orders(y):
    def score(order):
        return sum(np.sign(b - a) for i, a in enumerate(order) for b in order[i + 1 :])

    every = np.array([score(order) for order in permutations(y)])
    assert every.mean() == 0
    expected = 2 * ndtr(-(score(y) - 1) / every.std())
    assert mann_kendall(np.array(y, dtype=float)) == pytest.approx(expected)


def test_what_the_month_says_is_held_against_all_phases_of_the_years():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 5, (3, 4, 2)).astype(float)
    every = [
        calendar._information(
            sum(np.roll(year, shift, axis=0) for year, shift in zip(counts, shifts, strict=True))
        )
        for shifts in product(range(4), repeat=3)
    ]
    found = [calendar._of_shifted(counts[:, np.roll(np.arange(4), i)])[0] for i in range(4)]
    assert np.mean(found) == pytest.approx(np.mean(every), abs=5 * np.std(every) / np.sqrt(99))
