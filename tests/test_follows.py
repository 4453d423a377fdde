"""Methods that look at what follows what: windows of frames, transitions, a chain with a memory."""

import sys
from dataclasses import replace
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
from hmmlearn.hmm import GaussianHMM
from sklearn.metrics import adjusted_rand_score

import xdsc
from xdsc.errors import InputError, ParameterError, StorageError
from xdsc.frames import Frames
from xdsc.methods import make_method
from xdsc.methods.classical.chain import Chain
from xdsc.methods.classical.metastable import merged, partition, transitions
from xdsc.methods.classical.windows import windows_of

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import families

IN_TIME = ["hmm", "eeof_kmeans", "metastable"]


def plain_frames(rows, runs=None):
    """Rows (N, features) as frames of one variable on a grid of one row."""
    rows = np.asarray(rows, dtype="float32")
    n, width = rows.shape
    return Frames(
        values=rows[:, None, :, None],
        mask=np.ones((1, width, 1), dtype=bool),
        runs=np.array([[0, n]] if runs is None else runs),
        steps=np.arange(n),
        samples=(n,),
        variables=("a",),
        fill=np.zeros(1, dtype="float32"),
    )


def planted(family, n_times=300, **given):
    """Frames of planted regimes on a small grid, and the truth."""
    ds = families.make(family, n_times=n_times, n_lat=12, n_lon=12, **given)
    values = np.stack([ds[name].values for name in ds.data_vars], axis=-1)
    return plain_frames(values.reshape(n_times, -1)), ds.regime.values


def agreement(name, frames, truth, **options):
    method = make_method(name, len(np.unique(truth)), random_state=0, **options).fit(frames)
    return adjusted_rand_score(truth, method.labels_)


# --- What they are for -----------------------------------------------------------------------


def test_metastable_sets_tell_apart_waves_that_travel_in_opposite_directions():
    frames, truth = planted("propagating", n_times=400, strength="strong")
    assert agreement("metastable", frames, truth) > 0.8
    assert agreement("metastable", frames, truth, window=1) < 0.6
    assert agreement("kmeans", frames, truth, n_init=1) < 0.2


def test_a_chain_finds_static_regimes():
    frames, truth = planted("static", strength="medium")
    assert agreement("hmm", frames, truth) > 0.85


def test_a_chain_finds_weak_regimes_better_than_a_mixture_does():
    frames, truth = planted("static", strength="weak", seed=2)
    assert agreement("hmm", frames, truth) > agreement("gmm", frames, truth) + 0.3


def test_extended_eofs_find_static_regimes():
    frames, truth = planted("static", strength="strong")
    assert agreement("eeof_kmeans", frames, truth) > 0.8


def test_extended_eofs_tell_a_field_that_rises_from_one_that_falls():
    """A saw of long rises and long falls: the same values, in another order."""
    phase = np.arange(240) % 24
    height = np.minimum(phase, 24 - phase) - 6.0
    rising = np.where(phase < 12, 1, -1)
    frames = plain_frames(height[:, None] * [1.0, 0.5])
    first, second = make_method("eeof_kmeans", 2, random_state=0).fit(frames).embedding_.T[:2]
    assert abs(np.corrcoef(first, height)[0, 1]) > 0.99
    assert abs(np.corrcoef(second, rising)[0, 1]) > 0.9


# --- Gaps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IN_TIME)
def test_nothing_is_seen_across_a_gap(name):
    frames, _ = planted("static", n_times=120)
    runs = np.array([[0, 50], [50, 51], [51, 120]])
    method = make_method(name, 3, random_state=0, n_init=1).fit(replace(frames, runs=runs))
    for start, stop in runs:
        n = stop - start
        part = replace(
            frames,
            values=frames.values[start:stop],
            runs=np.array([[0, n]]),
            steps=np.arange(n),
            samples=(n,),
        )
        np.testing.assert_array_equal(method.predict(part), method.labels_[start:stop])


@pytest.mark.parametrize("name", IN_TIME)
def test_runs_matter_to_the_fit(name):
    frames, _ = planted("static", n_times=120)
    cut = replace(frames, runs=np.array([[i, i + 2] for i in range(0, 120, 2)]))
    method = make_method(name, 3, random_state=0, n_init=1)
    whole, parts = (method.fit(f).labels_ for f in (frames, cut))
    assert (whole != parts).any()


def test_metastable_sets_need_frames_that_follow_each_other():
    frames, _ = planted("static", n_times=20)
    cut = replace(frames, runs=np.array([[i, i + 1] for i in range(20)]))
    with pytest.raises(InputError, match=r"follow each other.*a gap in time between any two"):
        make_method("metastable", 3).fit(cut)


def test_runs_in_another_order_are_the_same_transitions():
    codes = np.array([0, 1, 2, 2, 0, 1, 1])
    found = transitions(codes, np.array([[0, 3], [3, 7]]), 3)
    swapped = transitions(np.roll(codes, -3), np.array([[0, 4], [4, 7]]), 3)
    np.testing.assert_array_equal(found, swapped)
    assert found.sum() == 5


# --- Windows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IN_TIME)
@pytest.mark.parametrize("window", [1, 4, 9])
def test_a_label_depends_on_the_window_alone(name, window):
    frames, _ = planted("static", n_times=100)
    method = make_method(name, 3, window=window, random_state=0, n_init=1).fit(frames)
    before = window // 2
    at = 60
    part = slice(at - before, at - before + window)
    few = replace(
        frames,
        values=frames.values[part],
        runs=np.array([[0, window]]),
        steps=np.arange(window),
        samples=(window,),
    )
    assert method.predict(few)[before] == method.labels_[at]


def test_windows_of_even_length_have_one_frame_more_before():
    rows = np.arange(4.0)[:, None]
    found = windows_of(rows, np.array([[0, 4]]), 4)
    np.testing.assert_array_equal(found[2], [0, 1, 2, 3])
    np.testing.assert_array_equal(found[0], [0, 0, 0, 1])


@pytest.fixture(scope="module")
def messy():
    """Two members; a missing frame, a masked cell and a gap in time."""
    made = [
        xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=5, n_regimes=3, seed=seed)
        for seed in (1, 2)
    ]
    ds = xr.concat([ds[["t2m", "sp"]].drop_vars("regime") for ds in made], "member")
    ds = ds.astype("float32").drop_isel(time=[30, 31])
    ds = ds.where((ds.time != ds.time[7]) | (ds.member == 1))
    ds["sp"][..., 3, 4] = np.nan
    return ds


@pytest.mark.parametrize("name", IN_TIME)
@pytest.mark.parametrize("chunks", [{"time": 7}, {"time": (3, 40, 15), "longitude": 2}])
def test_any_chunks_give_the_same_labels(name, chunks, messy):
    options = {"n_components": 4, "n_init": 1, "random_state": 0}
    model = xdsc.ClusterModel(3, method=name, **options).fit(messy)
    assert (model.labels_ == -1).sum() == 1
    with dask.config.set({"scheduler": "synchronous", "array.chunk-size": 1}):
        lazy = messy.chunk(chunks)
        found = model.predict(lazy)
        assert found.chunks is not None
        np.testing.assert_array_equal(found, model.labels_)
        np.testing.assert_allclose(model.embedding(lazy), model.embedding(messy), atol=1e-4)
        if name == "hmm":
            np.testing.assert_allclose(model.membership(lazy), model.membership(messy), atol=1e-4)


# --- The chain -------------------------------------------------------------------------------


@pytest.fixture
def chain():
    moves = np.array([[0.8, 0.15, 0.05], [0.3, 0.6, 0.1], [0.1, 0.2, 0.7]])
    means = np.array([[0.0, 0.0], [1.0, 0.5], [-1.0, 1.0]])
    covariances = np.array([np.diag(d) for d in ([1.0, 2.0], [0.5, 1.0], [1.5, 1.0])])
    return Chain(moves, means, covariances)


def test_long_run_shares_are_left_as_they_are_by_a_step(chain):
    np.testing.assert_allclose(chain.shares @ chain.transitions, chain.shares)
    assert chain.shares.sum() == pytest.approx(1)


def test_in_a_window_longer_than_the_runs_posteriors_are_those_of_hmmlearn(chain):
    theirs = GaussianHMM(3, "full")
    theirs.startprob_, theirs.transmat_ = chain.shares, chain.transitions
    theirs.means_, theirs.covars_ = chain.means, chain.covariances
    rows = np.random.default_rng(0).normal(size=(30, 2))
    found = chain.posteriors(rows, np.array([[0, 11], [11, 30]]), 41)
    np.testing.assert_allclose(found, theirs.predict_proba(rows, [11, 19]), atol=1e-9)


def test_a_window_of_one_is_a_mixture(chain):
    rows = np.random.default_rng(0).normal(size=(5, 2))
    found = chain.posteriors(rows, np.array([[0, 5]]), 1)
    flat = replace(chain, transitions=np.repeat(chain.shares[None], 3, axis=0))
    np.testing.assert_allclose(found, flat.posteriors(rows, np.array([[0, 5]]), 7), atol=1e-9)


def test_frames_far_from_everything_have_memberships(chain):
    found = chain.posteriors(np.full((4, 2), 1e6), np.array([[0, 4]]), 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_a_chain_does_not_depend_on_the_units(covariance_type):
    frames, _ = planted("static", n_times=120)
    options = {"covariance_type": covariance_type, "n_init": 1, "random_state": 0}
    first, second = (
        make_method("hmm", 3, **options).fit(replace(frames, values=scale * frames.values))
        for scale in (np.float32(1), np.float32(1024))
    )
    np.testing.assert_array_equal(first.labels_, second.labels_)
    np.testing.assert_allclose(first.transitions_.sum(axis=1), 1)
    assert first.estimator_.covariances.shape == (3, 10, 10)


def test_a_chain_that_did_not_converge_says_so_quietly(caplog):
    frames, _ = planted("static", n_times=60)
    fits = {
        steps: make_method("hmm", 3, max_iter=steps, n_init=1, random_state=0).fit(frames)
        for steps in (1, 500)
    }
    assert fits[1].converged_ is False
    assert fits[500].converged_ is True
    assert not caplog.records


def test_transitions_of_a_chain_are_those_that_were_planted():
    frames, truth = planted("static", strength="strong")
    method = make_method("hmm", 4, random_state=0).fit(frames)
    stayed = (truth[1:] == truth[:-1]).mean()
    assert method.estimator_.shares @ np.diag(method.transitions_) == pytest.approx(
        stayed, abs=0.03
    )


# --- Merging ---------------------------------------------------------------------------------


def test_states_that_are_never_left_are_parted():
    blocks = np.kron(np.eye(3), np.full((2, 2), 5.0))
    found = partition(blocks, 3, seed=0)
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_small_clusters_without_frames_go_with_their_nearest():
    centres = np.array([[0.0], [10.0], [9.0], [1.0]])
    found = merged(np.array([0, 0, 1, 1]), np.array([[0, 4]]), centres, 2, seed=0)
    assert found.tolist() == [0, 1, 1, 0]


def test_no_more_small_clusters_than_frames_and_no_fewer_than_regimes():
    frames, _ = planted("static", n_times=20)
    for k, n_small, expected in ((3, 30, 20), (12, 5, 12), (3, 7, 7)):
        method = make_method("metastable", k, n_small=n_small, random_state=0).fit(frames)
        assert len(method.regime_of_) == expected
        assert method.labels_.max() < k


# --- Arguments, spaces, states ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("hmm", {"covariance_type": "round"}, "covariance_type to be one of .*'round'"),
        ("hmm", {"prior_weight": 0}, "prior_weight to be a number above 0"),
        ("hmm", {"max_iter": 0}, "max_iter to be an integer of at least 1"),
        ("metastable", {"n_small": 1}, "n_small to be an integer of at least 2"),
        *((name, {"window": 0}, "window to be an integer of at least 1") for name in IN_TIME),
        *((name, {"n_init": 1.5}, "n_init to be an integer") for name in IN_TIME),
        *((name, {"n_components": None}, f"with method='{name}'") for name in IN_TIME),
        *((name, {"n_components": 0}, "number of principal components") for name in IN_TIME),
    ],
)
def test_wrong_options_are_told(name, options, words):
    with pytest.raises(ParameterError, match=words):
        make_method(name, 3, **options).check()


@pytest.mark.parametrize("name", IN_TIME)
def test_constant_components_and_shares_of_variance(name):
    rows = np.random.default_rng(0).normal(size=(40, 2)) @ np.array([[1.0, 2, 0, 1], [0, 1, 0, 3]])
    for n_components in (10, 0.9):
        options = {"n_components": n_components, "random_state": 0}
        method = make_method(name, 3, **options).fit(plain_frames(rows))
        assert len(np.unique(method.labels_)) == 3
        width = method.n_components_ * (method.window if name == "metastable" else 1)
        assert method.embedding_.shape == (40, width)


@pytest.mark.parametrize("name", IN_TIME)
def test_frames_that_are_all_the_same_are_told(name):
    with pytest.raises(InputError, match="time steps that differ"):
        make_method(name, 2).fit(plain_frames(np.ones((12, 4))))


@pytest.mark.parametrize("name", ["hmm", "eeof_kmeans"])
def test_a_state_of_another_k_is_refused(name):
    frames, _ = planted("static", n_times=40)
    state = make_method(name, 3, random_state=0).fit(frames).state()
    with pytest.raises(StorageError, match="shape"):
        make_method(name, 4).restore(state)
