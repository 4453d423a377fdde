import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xdsc.networks.segments import cut_segments, segment_length


@st.composite
def runs(draw):
    lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=4))
    edges = np.cumsum([0, *lengths])
    return np.stack([edges[:-1], edges[1:]], axis=1)


@given(runs=runs(), window=st.integers(1, 9), data=st.data())
def test_every_frame_has_its_window_once_and_no_window_crosses_a_gap(runs, window, data):
    offset = data.draw(st.integers(0, segment_length(window) - 1))
    segments = cut_segments(runs, window, offset)
    centres = segments.windows[segments.windows >= 0]
    assert sorted(centres) == list(range(runs[-1, 1]))
    for frames, windows in zip(segments.frames, segments.windows, strict=True):
        for position, centre in enumerate(windows):
            if centre < 0:
                continue
            start, stop = next(run for run in runs if run[0] <= centre < run[1])
            reach = np.arange(window) - window // 2
            expected = np.clip(centre + reach, start, stop - 1)
            assert frames[position : position + window].tolist() == expected.tolist()


def test_a_window_of_one_frame_is_that_frame():
    segments = cut_segments(np.array([[0, 3]]), 1)
    assert segments.frames.tolist() == segments.windows.tolist() == [[0], [1], [2]]


def test_padding_adds_segments_without_windows():
    padded = cut_segments(np.array([[0, 3]]), 1).padded_to_multiple(2)
    assert padded.windows.tolist() == [[0], [1], [2], [-1]]


def test_frames_are_encoded_one_and_a_half_times_at_most():
    for window in range(2, 12):
        segments = cut_segments(np.array([[0, 10_000]]), window)
        assert segments.frames.size < 1.51 * 10_000 + segment_length(window) + window
