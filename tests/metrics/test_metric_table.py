"""The table of metrics, and several at once."""

import tracemalloc

import numpy as np
import pytest

from xdsc.errors import ParameterError
from xdsc.metrics import METRICS, centres, pairs, scores

DATA = [name for name, row in METRICS.items() if row.needs == "data"]
TRUTH = [name for name, row in METRICS.items() if row.needs == "truth"]


@pytest.fixture
def planted():
    """Three regimes in 200 rows, and their labels."""
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 3
    rows = rng.normal(size=(200, 6)) + 4 * np.eye(3, 6)[truth]
    return rows.astype("float32"), truth


@pytest.mark.parametrize("name", METRICS)
def test_good_labels_beat_bad_ones_within_the_range(name, planted):
    X, truth = planted
    bad = np.random.default_rng(1).permutation(truth)
    row = METRICS[name]
    good, bad = (
        scores(X, labels, metrics=name, truth=truth)[name].value for labels in (truth, bad)
    )
    if name == "average_intercluster_distance_published":
        # Its diagonal rewards wide clusters: no promise.
        assert good >= 0
    elif row.direction == "higher":
        assert good > bad
    else:
        assert good < bad
    assert row.range[0] <= min(good, bad) <= max(good, bad) <= row.range[1]
    assert row.title


@pytest.mark.parametrize("name", METRICS)
def test_a_score_is_the_value_of_its_function(name, planted):
    X, truth = planted
    labels = np.where(np.arange(200) < 20, -1, truth // 2)
    row = METRICS[name]
    first = truth if row.needs == "truth" else X
    score = scores(X, labels, truth=truth)[name]
    assert float(score) == score.value == row.function(first, labels, **row.options)
    assert (score.direction, score.sampled, score.n_used) == (row.direction, False, 180)


def test_default_is_all_that_is_possible(planted):
    X, truth = planted
    assert list(scores(X, truth)) == DATA
    assert list(scores(None, truth, truth=truth)) == TRUTH
    assert list(scores(X, truth, truth=truth)) == list(METRICS)
    assert list(scores(X, truth, metrics=["v_measure", "rmse_mean"], truth=truth)) == [
        "v_measure",
        "rmse_mean",
    ]


def test_the_result_says_that_it_was_sampled(planted):
    X, truth = planted
    found = scores(X, truth, max_samples=50, truth=truth)
    for name, score in found.items():
        quadratic = METRICS[name].reads in ("euclidean", "cosine")
        assert score.sampled == quadratic
        assert score.n_used == 200 if not quadratic else 45 <= score.n_used <= 50
    assert found == scores(X, truth, max_samples=50, truth=truth)
    assert found != scores(X, truth, max_samples=50, truth=truth, random_state=1)


def test_metrics_that_read_the_same_share_the_work(planted, monkeypatch):
    X, truth = planted
    reads = []
    for module, name in [(centres, "cluster_moments"), (pairs, "pair_distances")]:
        original = getattr(module, name)

        def counted(*args, original=original, **options):
            reads.append(options.get("distance", "moments"))
            return original(*args, **options)

        monkeypatch.setattr(module, name, counted)
    scores(X, truth)
    assert sorted(reads) == ["cosine", "euclidean", "moments"]


def test_wrong_names_come_together():
    with pytest.raises(ParameterError) as caught:
        scores(None, [0, 1], metrics=["entropy", "silhouette", "v_measure"])
    text = str(caught.value)
    assert "'entropy'" in text
    assert "Expected X for 'silhouette'" in text
    assert "Expected truth for 'v_measure'" in text


def test_memory_stays_bounded_and_a_memmap_on_disk(tmp_path):
    shape = (4000, 400)
    X = np.memmap(tmp_path / "rows.dat", dtype="float32", mode="w+", shape=shape)
    rng = np.random.default_rng(0)
    for start in range(0, len(X), 500):
        X[start : start + 500] = rng.normal(size=(500, 400))
    labels = rng.integers(-1, 4, len(X))
    scores(X[:50], labels[:50])  # imports and caches do not count
    tracemalloc.start()
    try:
        scores(X, labels, max_samples=1000, block_bytes=200_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 4  # 6.4 MB of float32; a block is 0.2 MB
