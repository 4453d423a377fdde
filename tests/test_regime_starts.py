"""Where regimes begin: planted chains are found, by the start that knows how they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import adjusted_rand_score

from xdsc.calendar_share import calendar_shares
from xdsc.errors import InputError
from xdsc.frames import Frames
from xdsc.methods.regime_starts import STARTS, Choice, choose_start, eofs_of, spectra_of
from xdsc.methods.regime_starts.chains import smooth
from xdsc.methods.regime_starts.choice import _best_beyond_noise
from xdsc.methods.regime_starts.clusters import kmeans, of_moments
from xdsc.methods.regime_starts.em import Chain, fit_chains
from xdsc.methods.regime_starts.evidence import cross_validated, refined
from xdsc.methods.regime_starts.kinds import KINDS
from xdsc.methods.regime_starts.series import Series
from xdsc.methods.regime_starts.spectra import _moments
from xdsc.model.html import _start
from xdsc.model.record.attributes import start_selection

K = 2
STAY = 0.9


def chain(n: int, seed: int) -> np.ndarray:
    """States of a chain that stays where it is with probability `STAY`."""
    leaves = np.random.default_rng(seed).random(n) > STAY
    return np.cumsum(leaves) % K


def planted(differ: str, n: int = 600, d: int = 4, seed: int = 0) -> tuple[Series, np.ndarray]:
    """Scores whose regimes differ in means, covariances, dynamics or spectra, and the truth."""
    rng, states = np.random.default_rng([seed, 1]), chain(n, seed)
    noise = rng.normal(size=(n, d))
    if differ == "means":
        scores = noise + 1.5 * np.where(states, 1.0, -1.0)[:, None] * np.eye(d)[0]
    elif differ == "covariances":
        scores = noise * np.where(states[:, None] == (np.arange(d) % K), 3.0, 0.7)
    elif differ == "spectra":
        # Disturbances that move leave little in EOFs, but not nothing.
        scores = noise * np.where(states, 1.4, 0.7)[:, None]
        spectra = rng.normal(size=(n, d)) + np.where(states, 1.0, -1.0)[:, None] * np.eye(d)[0]
        return Series(scores, np.array([[0, n]]), spectra), states
    else:
        turn = 0.9 * np.array([[np.cos(0.8), -np.sin(0.8)], [np.sin(0.8), np.cos(0.8)]])
        scores = 0.3 * noise
        for t in range(1, n):
            scores[t, :2] += (turn if states[t] else turn.T) @ scores[t - 1, :2]
    return Series(scores, np.array([[0, n]])), states


def by_hand(
    log_density: np.ndarray, transition: np.ndarray, initial: np.ndarray, runs: np.ndarray
) -> tuple[np.ndarray, float]:
    """Memberships and likelihood, a frame after the other, without a scale."""
    density = np.exp(log_density)
    found, likelihood = np.empty_like(density), 0.0
    for start, stop in runs:
        forward = [initial * density[start]]
        for t in range(start + 1, stop):
            forward.append(forward[-1] @ transition * density[t])
        backward = [np.ones(len(initial))]
        for t in range(stop - 1, start, -1):
            backward.append(transition @ (density[t] * backward[-1]))
        both = np.array(forward) * np.array(backward[::-1])
        found[start:stop] = both / both.sum(axis=1, keepdims=True)
        likelihood += np.log(forward[-1].sum())
    return found, likelihood


def test_pieces_of_a_chain_give_what_the_chain_gives() -> None:
    rng = np.random.default_rng(0)
    runs = np.array([[0, 23], [23, 24], [24, 47]])
    begins = np.zeros((2, 47), bool)
    begins[:, runs[:, 0]] = True
    density = rng.normal(size=(2, 47, 3))
    transition = rng.dirichlet(np.ones(3), size=(2, 3))
    initial = rng.dirichlet(np.ones(3), size=2)
    found = smooth(density, transition, initial, begins)
    for b in range(2):
        membership, likelihood = by_hand(density[b], transition[b], initial[b], runs)
        np.testing.assert_allclose(found.membership[b], membership, atol=1e-12)
        assert found.log_likelihood[b] == pytest.approx(likelihood, rel=1e-12)
    # A step for each frame but those where a run begins.
    np.testing.assert_allclose(found.transitions.sum(axis=(1, 2)), 47 - len(runs))


@pytest.mark.parametrize("name", list(KINDS))
def test_a_planted_chain_is_found_by_the_model_of_its_kind(name: str) -> None:
    series, states = planted(name)
    labels = np.where(np.random.default_rng(3).random(len(states)) < 0.25, 1 - states, states)
    found = Chain.begin(KINDS[name], series, labels, K)
    fit_chains([[found]])
    assert adjusted_rand_score(states, found.labels) > 0.8
    assert np.diag(found.transition) == pytest.approx(STAY, abs=0.05)


def test_a_chain_is_refined_by_the_eofs_that_it_has_not_seen() -> None:
    weak, states = planted("covariances", 800, d=20)
    weak = Series(weak.scores * 0.5 + np.random.default_rng(5).normal(size=(800, 20)), weak.runs)
    clear, _ = planted("covariances", 800, d=15)
    series = Series(np.concatenate([weak.scores, clear.scores], axis=1), weak.runs)
    seen = Chain.begin(KINDS["covariances"], series, states, K)
    fit_chains([[seen]])
    found = refined(seen, series)
    assert adjusted_rand_score(states, seen.labels) < 0.95
    assert adjusted_rand_score(states, found.labels) > 0.99


def test_a_chain_of_few_frames_or_of_dynamics_is_left_as_it_is() -> None:
    series, states = planted("means", 300, d=25)
    for n, name in ((300, "means"), (100, "covariances"), (300, "dynamics")):
        given = series.only(0, n)
        found = Chain.begin(KINDS[name], given, states[:n], K)
        assert refined(found, given) is found


def test_chains_side_by_side_are_those_alone() -> None:
    both = [planted("means", n, seed=n)[0] for n in (200, 150)]
    begin = [np.arange(len(series)) * K // len(series) for series in both]
    together = [Chain.begin(KINDS["means"], s, b, K) for s, b in zip(both, begin, strict=True)]
    fit_chains([[chained] for chained in together])
    for series, labels, chained in zip(both, begin, together, strict=True):
        alone = Chain.begin(KINDS["means"], series, labels, K)
        fit_chains([[alone]])
        np.testing.assert_allclose(chained.membership, alone.membership, atol=1e-6)


def moving_waves(h: int = 12, w: int = 16, n: int = 300) -> tuple[Frames, np.ndarray]:
    """A packet of waves at a random place each day: long ones in one regime, short in the other.

    Two variables, of which the second is the first a quarter of a wave later or earlier.
    """
    rng, states = np.random.default_rng(2), chain(n, 2)
    y, x = np.mgrid[:h, :w]
    centre = rng.uniform(0, 1, (n, 2)) * [h, w]
    away = np.square(y - centre[:, :1, None]) + np.square(x - centre[:, 1:, None])
    phase = 2 * np.pi * (rng.random((n, 1, 1)) + x / np.where(states, 4.0, 8.0)[:, None, None])
    values = np.stack([np.cos(phase), np.sin(phase)], axis=-1) * np.exp(-away / 30)[..., None]
    values += 0.1 * rng.normal(size=values.shape)
    mask = np.ones((h, w, 2), bool)
    runs, steps = np.array([[0, n]]), np.arange(n)
    frames = Frames(values.astype("float32"), mask, runs, steps, (n,), ("u", "v"), np.zeros(2))
    return frames, states


def test_spectra_do_not_move() -> None:
    frames, states = moving_waves()
    found = spectra_of(frames)
    assert found.shape == (300, 10)
    assert adjusted_rand_score(states, kmeans(found, K, 0).labels_) > 0.9
    assert adjusted_rand_score(states, kmeans(eofs_of(frames).scores, K, 0).labels_) < 0.1
    # The same in another unit, about another mean, or a variable at a time in one of its own.
    for factor, mean in ((1e-12, 0.0), (1e12, 0.0), (1.0, 300.0), (np.array([1e6, 1e-6]), 0.0)):
        values = (frames.values.astype("float64") * factor + mean).astype("float32")
        other = spectra_of(replace(frames, values=values))
        for one, same in zip(found.T, other.T, strict=True):
            assert abs(np.corrcoef(one, same)[0, 1]) > 0.99


def test_spectra_of_the_cells_that_carry_data_alone() -> None:
    frames, states = moving_waves()
    mask = frames.mask.copy()
    mask[8:, 10:] = False
    rng = np.random.default_rng(4)
    filled = [np.where(mask, frames.values, x) for x in (0.0, rng.normal(size=mask.shape))]
    found = [spectra_of(replace(frames, values=x.astype("float32"), mask=mask)) for x in filled]
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-3)
    assert adjusted_rand_score(states, kmeans(found[0], K, 0).labels_) > 0.8


def test_a_variable_that_stands_still_says_nothing_of_spectra() -> None:
    """Of so many frames that sums of single precision would drift."""
    frames, _ = moving_waves(4, 4)
    values = np.resize(frames.values, (20_000, 4, 4, 2))
    runs, steps = np.array([[0, 20_000]]), np.arange(20_000)
    long = replace(frames, values=values, runs=runs, steps=steps)
    still = replace(long, values=np.where([True, False], values, np.float32(3.5)))
    alone = replace(long, values=values[..., :1], mask=frames.mask[..., :1])
    np.testing.assert_allclose(
        *(np.abs(spectra_of(one)[:, 0]) for one in (still, alone)), atol=1e-6
    )


def test_noise_of_instruments_is_no_spectrum() -> None:
    """A hundredth of the signal, and half as much again in the second half."""
    frames, states = moving_waves(20, 28)
    smooth_enough = np.repeat(np.repeat(frames.values[:, ::2, ::2], 2, axis=1), 2, axis=2)
    later = np.arange(300) >= 150
    noise = np.random.default_rng(3).normal(size=smooth_enough.shape)
    noise *= 0.01 * smooth_enough.std() * np.where(later, 1.5, 1.0)[:, None, None, None]
    found = spectra_of(replace(frames, values=(smooth_enough + noise).astype("float32")))
    told = [np.abs(np.corrcoef(found.T, x)[-1, :-1]).max() for x in (states, later)]
    assert told[0] > 0.7
    assert told[1] < 0.4


def test_the_sign_of_a_coherence_tells_which_variable_is_ahead() -> None:
    """The second variable a quarter of a wave later, or earlier: power and places say nothing."""
    frames, _ = moving_waves()
    states = chain(300, 7)
    values = frames.values * np.where(states, 1.0, -1.0)[:, None, None, None] ** [0, 1]
    found = spectra_of(replace(frames, values=values.astype("float32")))
    assert np.abs(np.corrcoef(found.T, states)[-1, :-1]).max() > 0.9


def bells(values_of: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """What one variable is around a place that is anywhere in each frame, in noise."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:12, :16]
    centre = rng.uniform(0.2, 0.8, (300, 2)) * [12, 16]
    y, x = y - centre[:, :1, None], x - centre[:, 1:, None]
    bell = np.exp(-(np.square(y) + np.square(x)) / 20)
    values = bell * values_of(y, x) + 0.1 * rng.normal(size=bell.shape)
    return values[..., None].astype("float32")


@pytest.mark.parametrize("differ", ["direction", "sign"])
def test_spectra_of_one_variable_tell(differ: str) -> None:
    """Which way its waves run, and highs from lows: the power in each band is the same."""
    frames, _ = moving_waves()
    states = chain(300, 8)
    here = states[:, None, None]
    values = bells(
        lambda y, x: np.cos(np.where(here, y, x)) if differ == "direction" else 2.0 * here - 1
    )
    found = spectra_of(replace(frames, values=values, mask=frames.mask[..., :1]))
    assert np.abs(np.corrcoef(found.T, states)[-1, :-1]).max() > 0.8


def test_spectra_of_a_grid_are_those_of_its_transpose() -> None:
    frames, _ = moving_waves(9, 12)
    turned = replace(
        frames, values=frames.values.transpose(0, 2, 1, 3), mask=frames.mask.transpose(1, 0, 2)
    )
    np.testing.assert_allclose(
        *(np.abs(spectra_of(one)) for one in (frames, turned)), rtol=1e-2, atol=1e-2
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 16), (12, 1), (2, 2), (3, 5)])
def test_spectra_of_small_grids(shape: tuple[int, int]) -> None:
    frames, _ = moving_waves()
    h, w = shape
    cut = replace(frames, values=frames.values[:, :h, :w], mask=frames.mask[:h, :w])
    found = spectra_of(cut)
    assert np.isfinite(found).all()
    assert np.abs(found).max(initial=0.0) < 20
    # A point has no waves, and what stands still has none that change.
    assert (found.shape[1] > 0) == (h * w > 1)
    still = replace(cut, values=np.zeros_like(cut.values))
    assert spectra_of(still).shape == (300, 0)


def test_spectra_of_frames_a_block_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, _ = moving_waves()
    gaps = replace(frames, runs=np.array([[0, 7], [7, 8], [8, 150], [150, 300]]))
    whole = spectra_of(gaps)
    for number in (1, 7):
        monkeypatch.setattr("xdsc.frames.values._BYTES", number * frames.values[0].nbytes)
        np.testing.assert_allclose(spectra_of(gaps), whole, rtol=1e-5, atol=1e-5)


def test_features_that_last_are_found_by_their_pairs_in_time() -> None:
    """Mean, spread and lagged covariance, as by NumPy; no pair across a gap."""
    frames, _ = moving_waves(4, 4, n=12)
    rng = np.random.default_rng(1)
    x = rng.normal(5.0, 2.0, (12, 3))
    for ends in ([0, 12], [0, 5, 6, 12], list(range(13))):
        runs = np.stack([ends[:-1], ends[1:]], axis=1)
        mean, spread, lagged = _moments(lambda at: x[at], replace(frames, runs=runs))
        np.testing.assert_allclose(mean, x.mean(axis=0))
        np.testing.assert_allclose(spread, x.std(axis=0))
        pairs = [(t, t - 1) for start, stop in runs for t in range(start + 1, stop)]
        pairs = pairs or [(t, t) for t in range(12)]
        by_hand = np.mean([np.outer(x[t] - mean, x[s] - mean) for t, s in pairs], axis=0)
        np.testing.assert_allclose(lagged, (by_hand + by_hand.T) / 2)


def test_spectra_of_frames_that_do_not_follow_each_other() -> None:
    frames, states = moving_waves()
    apart = replace(frames, runs=np.stack([np.arange(300), np.arange(1, 301)], axis=1))
    found = spectra_of(apart)
    assert adjusted_rand_score(states, kmeans(found, K, 0).labels_) > 0.8


def test_moments_of_stretches_show_what_mean_fields_do_not() -> None:
    series, states = planted("covariances", d=12)
    by_moments = of_moments(series, K, 0, means=False)
    assert adjusted_rand_score(states, by_moments) > 0.5
    assert adjusted_rand_score(states, kmeans(series.scores, K, 0).labels_) < 0.1
    series, states = planted("means", d=12)
    assert adjusted_rand_score(states, of_moments(series, K, 0, means=True)) > 0.5


def test_a_running_mean_keeps_to_its_run() -> None:
    rng, runs = np.random.default_rng(0), np.array([[0, 9], [9, 11], [11, 30]])
    scores = rng.normal(size=(30, 2))
    found = Series(scores, runs).running_mean(5)
    for start, stop in runs:
        near = np.pad(scores[start:stop], ((2, 2), (0, 0)), mode="edge")
        expected = np.lib.stride_tricks.sliding_window_view(near, 5, axis=0).mean(axis=2)
        np.testing.assert_allclose(found[start:stop], expected)


def test_nothing_follows_across_a_gap() -> None:
    series, _ = planted("dynamics", 200)
    cut = Series(series.scores.copy(), np.array([[0, 100], [100, 200]]))
    chains = []
    for shift in (0.0, 50.0):
        # Only the frame after the gap can see what the one before it is.
        scores = cut.scores.copy()
        scores[99] += shift
        states = Chain.begin(KINDS["dynamics"], cut, np.arange(200) % K, K).states
        chains.append(states.log_density(Series(scores, cut.runs)))
    np.testing.assert_array_equal(chains[0][100:], chains[1][100:])
    assert (chains[0][99] != chains[1][99]).all()


@pytest.mark.parametrize("differ", list(KINDS))
def test_the_start_that_comes_back_is_chosen(differ: str) -> None:
    series, states = planted(differ, 240)
    found = choose_start(series, K, 0)
    # Regimes that differ in their means are k-means' as well.
    assert found.start in ({"means", "kmeans"} if differ == "means" else {differ})
    assert adjusted_rand_score(states, found.labels) > 0.6
    assert not found.is_noise
    tried = STARTS if differ == "spectra" else set(STARTS) - {"spectra"}
    assert set(found.reproducibility) == set(found.noise_reproducibility) == set(tried)


def test_a_start_that_finds_the_season_gives_way_to_k_means() -> None:
    """Variances have an annual cycle, as in the middle latitudes, and nothing else differs."""
    time = xr.date_range("2001-01-01", periods=4 * 73, freq="5D")
    winter = np.isin(time.month, [11, 12, 1, 2, 3, 4])
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(len(time), 4)) * np.where(winter[:, None] == [1, 1, 0, 0], 3.0, 0.7)
    series = Series(scores, np.array([[0, len(time)]]))

    def calendar(labels: np.ndarray) -> dict[str, float]:
        labelled = xr.DataArray(labels, {"time": time}, ["time"])
        return {one.part: one.share for one in calendar_shares(labelled)}

    assert choose_start(series, K, 0).start == "covariances"
    found = choose_start(series, K, 0, calendar=calendar)
    assert found.start == "kmeans"
    assert found.calendar["covariances"]["month"] > 0.5
    assert found.rival != "covariances"


@pytest.mark.parametrize(
    ("found", "noise", "best"),
    [
        # k-means comes back best, of noise too: a continuum, which it cuts in the same way twice.
        ({"kmeans": 0.5, "means": 0.3, "dynamics": 0.4}, {"kmeans": 0.5}, "kmeans"),
        ({"kmeans": 0.1, "means": 0.1, "dynamics": 0.6}, {"kmeans": 0.1}, "dynamics"),
        # So little has not come back; nor has a little more, of regimes that differ in variances.
        ({"kmeans": 0.1, "means": 0.1, "dynamics": 0.2}, {"kmeans": 0.1}, "kmeans"),
        ({"kmeans": 0.1, "means": 0.35}, {"kmeans": 0.1}, "kmeans"),
        ({"kmeans": 0.1, "means": 0.45}, {"kmeans": 0.1}, "means"),
        *(
            ({"kmeans": 0.1, own: 0.45}, {"kmeans": 0.1}, "kmeans")
            for own in ("covariances", "dynamics", "spectra")
        ),
        # A little worse than k-means is as well; much worse is not, whatever noise does.
        ({"kmeans": 0.43, "means": 0.4}, {"kmeans": 0.3}, "means"),
        ({"kmeans": 0.6, "means": 0.4}, {"kmeans": 0.6}, "kmeans"),
        # Hardly better than of noise itself: that k-means comes back worse than of it is chance.
        ({"kmeans": 0.2, "means": 0.44}, {"kmeans": 0.4, "means": 0.4}, "kmeans"),
        # As well as k-means, and no better beyond noise.
        ({"kmeans": 0.8, "means": 0.8}, {}, "kmeans"),
        ({"kmeans": 0.8, "means": 0.8}, {"kmeans": 0.1}, "means"),
        # Of two as good as each other the one that says the least.
        ({"kmeans": 0.1, "covariances": 0.5, "dynamics": 0.51}, {}, "covariances"),
        ({"kmeans": 0.1, "covariances": 0.5, "spectra": 0.51}, {}, "covariances"),
        ({"kmeans": 0.1, "covariances": 0.5, "spectra": 0.53}, {}, "spectra"),
        # Where they come back of noise as well, they are no better than k-means.
        ({"kmeans": 0.5, "spectra": 0.6}, {"kmeans": 0.2, "spectra": 0.4}, "kmeans"),
    ],
)
def test_a_start_has_to_beat_k_means_beyond_noise(
    found: dict[str, float], noise: dict[str, float], best: str
) -> None:
    none = dict.fromkeys(STARTS, 0.0)
    held_out = none | {"memory": -1.0}
    assert _best_beyond_noise(none | found, none | noise, held_out, {}) == best


@pytest.mark.parametrize(("of_kmeans", "best"), [(0.0, "means"), (0.2, "covariances")])
def test_a_start_whose_regimes_are_seasons_has_found_nothing(of_kmeans: float, best: str) -> None:
    """But where those of k-means are, too, as of data with their annual cycle."""
    found = {"kmeans": 0.4, "means": 0.5, "covariances": 0.9, "dynamics": 0.4}
    none = dict.fromkeys([*STARTS, "memory"], 0.0)
    said = {name: {"month": 0.0} for name in STARTS}
    said |= {"kmeans": {"month": of_kmeans}, "covariances": {"month": 0.25}}
    assert _best_beyond_noise(found, none, none | {"covariances": 1.0}, said) == best


def test_of_means_and_covariances_the_one_counts_that_tells_unseen_frames() -> None:
    found = {"kmeans": 0.1, "means": 0.8, "covariances": 0.7, "dynamics": 0.1}
    none = dict.fromkeys([*STARTS, "memory"], 0.0)
    for better in ("means", "covariances"):
        assert _best_beyond_noise(found, none, none | {better: 1.0}, {}) == better
    # What does not come back is not taken for its likelihood.
    worse = found | {"covariances": 0.0}
    assert _best_beyond_noise(worse, none, none | {"covariances": 1.0}, {}) == "means"


def test_dynamics_have_to_tell_more_of_unseen_frames_than_memory() -> None:
    found = {"kmeans": 0.1, "means": 0.1, "covariances": 0.6, "dynamics": 0.8}
    none = dict.fromkeys([*STARTS, "memory"], 0.0)
    assert _best_beyond_noise(found, none, none | {"dynamics": 1.0}, {}) == "dynamics"
    assert _best_beyond_noise(found, none, none | {"memory": 1.0}, {}) == "covariances"


@pytest.mark.parametrize("differ", ["means", "covariances", "dynamics"])
def test_unseen_frames_are_more_likely_by_the_model_of_their_kind(differ: str) -> None:
    series, _ = planted(differ, 400)
    _, held_out, _ = cross_validated(series, K, 0)
    if differ == "dynamics":
        assert held_out["dynamics"] > held_out["memory"]
    else:
        assert max(("means", "covariances"), key=lambda name: held_out[name]) == differ


def test_red_noise_is_called_so_and_begins_with_kmeans() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(300, 4))
    for t in range(1, 300):
        scores[t] += 0.8 * scores[t - 1]
    runs, states = np.array([[0, 300]]), chain(300, 1)
    found = choose_start(Series(scores, runs), K, 0)
    assert found.is_noise
    assert found.start == "kmeans"
    # Where disturbances are so weak that EOFs hold nothing of them, spectra in space still may.
    spectra = rng.normal(size=(300, 4)) + np.where(states, 2.0, -2.0)[:, None] * np.eye(4)[0]
    found = choose_start(Series(scores, runs, spectra), K, 0)
    assert not found.is_noise
    assert found.start == "spectra"
    assert adjusted_rand_score(states, found.labels) > 0.8


@pytest.mark.parametrize(
    ("kmeans", "start", "is_noise", "seasons", "rival"),
    [
        (0.44, "kmeans", False, [], "covariances"),
        (0.44, "kmeans", False, ["covariances"], "means"),
        (0.44, "kmeans", False, list(KINDS), None),
        (0.46, "kmeans", False, [], None),
        (0.30, "kmeans", True, [], None),
        (0.30, "means", False, [], None),
    ],
)
def test_k_means_that_come_back_as_of_noise_have_a_rival(
    kmeans: float, start: str, is_noise: bool, seasons: list[str], rival: str | None
) -> None:
    found = {"kmeans": kmeans, "means": 0.3, "covariances": 0.25, "dynamics": 0.05, "spectra": 0.1}
    noise = {"kmeans": 0.4, "means": 0.2, "covariances": 0.1, "dynamics": 0.0, "spectra": 0.1}
    gain = 0.0 if is_noise else 1.0
    null = {"means": {"gain": gain, "surrogates": 0.0, "deviation": 0.01}}
    said = {name: {"month": 0.3 if name in seasons else 0.05} for name in STARTS}
    choice = Choice(start, np.zeros(4, dtype=np.intp), found, noise, {}, null, said)
    assert choice.is_noise == is_noise
    assert choice.rival == choice.to_json()["rival"] == rival
    assert start_selection(choice.to_json()).attrs.get("compare_with") == rival
    told = _start(choice.to_json())
    assert f"kmeans: {kmeans:.2f} (red noise: 0.40)" in told
    assert (f"start={rival!r}" in told) == (rival is not None)
    assert told.count("30% of it the month") == len(seasons)


def test_few_frames_begin_with_kmeans() -> None:
    found = choose_start(planted("dynamics", 100)[0], K, 0)
    assert (found.start, found.reproducibility, found.null) == ("kmeans", {}, {})


def test_spectra_that_there_are_none_of_are_asked_for() -> None:
    """Those of a single point."""
    series, _ = planted("means", 100)
    with pytest.raises(InputError, match=r"start='spectra', received .* use start='auto'"):
        choose_start(series, K, 0, "spectra")
    assert choose_start(series, K, 0, "auto").start == "kmeans"


def test_frames_that_say_the_same_count_once() -> None:
    rng = np.random.default_rng(0)
    whole = np.array([[0, 4000]])
    white = Series(rng.normal(size=(4000, 5)), whole)
    assert white.n_independent == pytest.approx(4000, rel=0.1)
    red = np.zeros((4000, 5))
    for t in range(1, 4000):
        red[t] = 0.6 * red[t - 1] + white.scores[t]
    # Of an autoregression of the first order, n (1 - r) / (1 + r).
    assert Series(red, whole).n_independent == pytest.approx(1000, rel=0.15)
    # What has more variance says more, and what lies beyond a gap does not follow.
    assert Series(red * [1, 1e-3, 1e-3, 1e-3, 1e-3], whole).n_independent == pytest.approx(
        Series(red[:, :1], whole).n_independent, rel=0.01
    )
    ends = np.arange(0, 4001, 2)
    pairs = Series(red, np.stack([ends[:-1], ends[1:]], axis=1))
    assert pairs.n_independent == pytest.approx(4000 / 1.6, rel=0.05)


def test_hours_of_a_week_begin_with_kmeans() -> None:
    days, _ = planted("means", 8, seed=1)
    hours = Series(np.repeat(days.scores, 24, axis=0), np.array([[0, 192]]))
    found = choose_start(hours, K, 0)
    assert (found.start, found.reproducibility, found.null) == ("kmeans", {}, {})
    assert found.n_independent == hours.n_independent < 5 * K
    told, attrs = _start(found.to_json()), start_selection(found.to_json()).attrs
    assert told.endswith("untested: too few time steps to compare starts (6 independent)")
    assert attrs["independent_time_steps"] == 6
    asked = choose_start(hours, K, 0, "means")
    assert (asked.start, asked.n_independent, _start(asked.to_json())) == ("means", None, "means")


def test_without_a_part_runs_end_where_it_was() -> None:
    series = Series(np.arange(20.0)[:, None], np.array([[0, 6], [6, 15], [15, 20]]))
    found = series.without(5, 10)
    np.testing.assert_array_equal(found.scores[:, 0], [*range(5), *range(10, 20)])
    assert found.runs.tolist() == [[0, 5], [5, 10], [10, 15]]
    assert series.without(0, 6).runs.tolist() == [[0, 9], [9, 14]]


def test_a_surrogate_keeps_the_spectrum() -> None:
    series = planted("dynamics", 201)[0]
    found = series.surrogate(np.random.default_rng(0)).scores
    spectra = [np.fft.rfft(x, axis=0) for x in (series.scores, found)]
    np.testing.assert_allclose(*(np.abs(s) for s in spectra), atol=1e-9)
    cross = [s[:, 0] * s[:, 1].conj() for s in spectra]
    np.testing.assert_allclose(*cross, atol=1e-8)


def test_a_surrogate_keeps_what_scores_and_spectra_in_space_have_to_do_with_each_other() -> None:
    scores = planted("dynamics", 201)[0].scores
    series = Series(scores, np.array([[0, 201]]), 2 * scores[:, :3])
    found = series.surrogate(np.random.default_rng(0))
    np.testing.assert_allclose(found.spectra, 2 * found.scores[:, :3], atol=1e-9)
    for cut in (found.only(20, 50), found.without(50, 201).without(0, 20), found.leading(2)):
        assert len(cut.spectra) == len(cut)
        np.testing.assert_array_equal(cut.spectra[:, :2], 2 * cut.scores[:, :2])


def frames(n: int, side: int) -> Frames:
    """Frames of three waves of falling amplitude and a masked corner, with noise."""
    rng = np.random.default_rng(0)
    waves = rng.normal(size=(3, side, side, 1)) / side
    amplitude = rng.normal(size=(n, 3)) * [9.0, 4.0, 2.0]
    values = np.tensordot(amplitude, waves, 1) + rng.normal(size=(n, side, side, 1)) * 0.01
    values[:, 0, 0] = np.nan
    return Frames.from_block(values.astype("float32"), np.zeros(n, int), ["z"])


def test_eofs_leave_masked_cells_out_and_are_scaled_by_the_first() -> None:
    given = frames(80, 6)
    found = eofs_of(given, 3)
    assert not found.basis[:, ~given.mask].any()
    rows = found.basis.reshape(3, -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(3), atol=1e-10)
    departure = given.rows() - given.rows().mean(axis=0)
    variance = np.linalg.svd(departure, compute_uv=False)[:3] ** 2
    shares = np.square(found.scores).mean(axis=0)
    np.testing.assert_allclose(shares, variance / variance[0], rtol=1e-4)


def test_many_cells_have_the_eofs_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    given = frames(80, 6)
    exact = eofs_of(given, 3)
    monkeypatch.setattr("xdsc.methods.regime_starts.scores._MOST_CELLS", 0)
    np.testing.assert_allclose(eofs_of(given, 3).scores, exact.scores, atol=1e-4)


def test_a_constant_field_has_an_eof() -> None:
    values = np.ones((20, 3, 3, 1), "float32")
    found = eofs_of(Frames.from_block(values, np.zeros(20, int), ["z"]))
    assert np.isfinite(found.scores).all()
    assert choose_start(Series(found.scores, np.array([[0, 20]])), K, 0).start == "kmeans"
