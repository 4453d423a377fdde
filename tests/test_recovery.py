"""DSC learns: it finds planted regimes, and training moves."""

import numpy as np
import pytest
import sklearn.metrics

import xdsc

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def learnt():
    """Half a year of the tutorial Dataset on a coarse grid; k-means' regimes need no learning."""
    ds = xdsc.tutorial.open_dataset(n_times=180, n_lat=16, n_lon=16, n_regimes=4, seed=1)
    return ds.dsc.fit(k=4, start="covariances", random_state=0, progress=False)


def test_planted_regimes_are_recovered_far_better_than_by_chance(learnt):
    score = sklearn.metrics.adjusted_rand_score(learnt.regime, learnt.cluster)
    rng = np.random.default_rng(0)
    # Persistent labels that know nothing: the truth, moved round in time.
    chance = [
        sklearn.metrics.adjusted_rand_score(learnt.regime, np.roll(learnt.cluster, shift))
        for shift in rng.integers(20, 160, size=50)
    ]
    assert score > 0.3
    assert score > max(chance) + 0.1


def test_the_reconstruction_loss_falls_by_more_than_60_percent(learnt):
    loss = learnt.dsc.history.reconstruction_loss
    assert loss[-1] < 0.4 * loss[0]


def test_the_clustering_loss_is_above_zero_from_the_first_refresh(learnt):
    history = learnt.dsc.history
    joint = history.clustering_loss.where(history.phase == "joint", drop=True)
    assert (joint > 1e-3).all()


def test_labels_change_and_then_settle(learnt):
    change = learnt.dsc.history.label_change.dropna("epoch")
    assert change.max() > 0
    assert change[-1] < 0.1


def test_every_regime_is_used(learnt):
    assert set(learnt.cluster.values) == {0, 1, 2, 3}
