"""Pools: every window of an epoch once, a bounded part of the frames at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdsc.frames.values import moments_of, read_pool, slices
from xdsc.networks import network_size
from xdsc.networks.architectures.autoencoder import CNNLSTMAutoencoder
from xdsc.networks.engine.batches import TrainingBatches, predict
from xdsc.networks.engine.pools import pools_in_order
from xdsc.networks.segments import cut_segments, segment_length

SHAPE = (2, 3, 1)
FRAME = 4 * 6


class Counted:
    """Values of a file, as far as readers can tell; notes how many frames are asked for."""

    def __init__(self, values, budget_in_frames):
        self.values, self.shape = values, values.shape
        self.budget = budget_in_frames * FRAME
        self.reads = []

    def __len__(self):
        return len(self.values)

    def __getitem__(self, at):
        assert isinstance(at, slice)
        self.reads.append(at)
        return self.values[at].copy()


def numbered(n):
    """Frames that hold their own number."""
    return np.broadcast_to(np.arange(n, dtype="float32")[:, None, None, None], (n, *SHAPE)).copy()


def batches_of(values, runs, window=1, batch_size=4, displacement=0.0, seed=3):
    mask = np.ones(SHAPE, bool)
    return TrainingBatches(values, runs, window, batch_size, 2, displacement, mask, seed)


def seen(batches):
    """The number of each window of an epoch, in order, after checking what it reads."""
    found = []
    before = batches.window // 2
    starts = {frame: run for run in batches.runs for frame in range(*run)}
    for index in range(len(batches)):
        frames, target, weight = batches[index]
        windows = batches.segments.windows[
            index * batches.segments_a_batch : (index + 1) * batches.segments_a_batch
        ]
        assert frames.shape[1] == batches.length + batches.window - 1
        assert target.shape[:2] == weight.shape == windows.shape
        for segment, own in zip(frames[..., 0, 0, 0], windows, strict=True):
            for place, frame in enumerate(own):
                if frame >= 0:
                    start, stop = starts[frame]
                    reach = np.arange(frame - before, frame - before + batches.window)
                    expected = np.clip(reach, start, stop - 1)
                    np.testing.assert_array_equal(segment[place : place + len(reach)], expected)
                    found.append(frame)
    return found


@settings(max_examples=40)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    window=st.sampled_from([1, 2, 3, 6]),
    budget=st.integers(30, 400),
)
def test_every_window_is_there_once_an_epoch_whole_and_in_its_run(lengths, window, budget):
    edges = np.cumsum([0, *lengths])
    runs = np.stack([edges[:-1], edges[1:]], axis=1)
    batches = batches_of(Counted(numbered(edges[-1]), budget), runs, window)
    for _ in range(2):
        assert sorted(seen(batches)) == list(range(edges[-1]))
        batches.on_epoch_end()


def test_in_memory_the_batches_are_those_of_one_permutation():
    values, runs = numbered(23), np.array([[0, 10], [10, 23]])
    batches = batches_of(values, runs, window=3, batch_size=8)
    for epoch in range(2):
        rng = np.random.default_rng([3, epoch])
        cut = cut_segments(runs, 3, int(rng.integers(4)))
        rows = np.resize(rng.permutation(len(cut)), len(batches) * 2)
        np.testing.assert_array_equal(batches.segments.frames, cut.frames[rows])
        windows = cut.windows[rows]
        windows[len(cut) :] = -1
        np.testing.assert_array_equal(batches.segments.windows, windows)
        np.testing.assert_array_equal(batches[0][0], values[cut.frames[rows[:2]]])
        batches.on_epoch_end()
    assert batches.pools.at(0).values is values


def test_one_pool_of_a_file_gives_the_batches_of_memory():
    values, runs = numbered(50), np.array([[0, 20], [20, 50]])
    memory, file = (batches_of(v, runs, 3, 8, 0.5) for v in (values, Counted(values, 100)))
    for _ in range(2):
        for index in range(len(memory)):
            for ours, theirs in zip(memory[index], file[index], strict=True):
                np.testing.assert_array_equal(ours, theirs)
        memory.on_epoch_end()
        file.on_epoch_end()


@pytest.mark.parametrize("window", [1, 4])
def test_pools_stay_within_the_budget_and_are_shuffled(window, monkeypatch):
    from xdsc.networks.engine import pools

    held = []

    def spy(values, frames=None):
        pool = read_pool(values, frames)
        held.append(len(pool.values))
        return pool

    monkeypatch.setattr(pools, "read_pool", spy)
    runs = np.array([[0, 5000]])
    batches = batches_of(Counted(numbered(5000), 1500), runs, window, batch_size=8)
    first = seen(batches)
    assert len(held) >= 6
    assert max(held) <= 750
    batches.on_epoch_end()
    second = seen(batches)
    assert first != second
    # A pool holds blocks of all times: its frames are far apart.
    assert np.ptp(first[:500]) > 2500
    again = batches_of(Counted(numbered(5000), 1500), runs, window, batch_size=8)
    assert seen(again) == first


def test_predict_reads_in_order_a_small_part_at_a_time():
    values = Counted(numbered(3000), 1200)
    segments = cut_segments(np.array([[0, 1000], [1000, 3000]]), 3).padded_to_multiple(5)
    found = []
    for rows, pool in pools_in_order(values, segments, 5):
        # The last batch is padded with the first segments.
        assert len(pool.values) <= 100 + 5 * 6
        np.testing.assert_array_equal(
            pool.take(segments.frames[rows])[..., 0, 0, 0], segments.frames[rows]
        )
        found += segments.windows[rows].ravel().tolist()
    assert [frame for frame in found if frame >= 0] == list(range(3000))


@pytest.mark.parametrize("window", [1, 3])
def test_a_network_says_the_same_of_frames_in_a_file_to_the_bit(window):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(101, *SHAPE)).astype("float32")
    runs = np.array([[0, 40], [40, 101]])
    size = network_size({"filters": (4, 4), "lstm_units": (4,), "latent_dim": 3})
    net = CNNLSTMAutoencoder(np.ones(SHAPE, bool), 2, window, size)
    names = ("embedding", "membership", "error")
    file = Counted(values, 50)
    memory, streamed = (predict(net, v, runs, names, 8) for v in (values, file))
    for name in names:
        np.testing.assert_array_equal(memory[name], streamed[name])
    assert max(at.stop - at.start for at in file.reads) <= segment_length(window) * 8 + window


def test_moments_are_those_of_numpy_even_far_from_zero():
    rng = np.random.default_rng(1)
    values = (1e5 + rng.normal(size=(400, 3, 4, 2))).astype("float32")
    values[0] -= 300  # an odd first frame
    exact = values.astype("float64")
    found = moments_of(values)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.variance, exact.var(axis=0), rtol=1e-11)
    constant = np.full((7, 2, 2, 1), 0.1, "float32")
    assert not moments_of(constant).variance.any()


def test_slices_cover_all_frames():
    values = np.zeros((10, 100, 100, 1), "float32")
    assert [(s.start, s.stop) for s in slices(values, 4)] == [(0, 4), (4, 8), (8, 10)]
    assert len(list(slices(np.zeros((0, 1, 1, 1))))) == 0
