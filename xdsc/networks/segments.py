"""Which frames go into a batch: windows, and the segments that let windows share frames.

A *segment* is S consecutive windows. It needs S + W - 1 frames, each encoded once. The window of
a frame is centred on it; at the ends of a run without gaps it repeats the run's edge frame, so that
every frame has a window and no window crosses a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segments:
    """Index arrays of a set of segments.

    Attributes
    ----------
    frames : numpy.ndarray of int, shape (G, S + W - 1)
        The frames that each segment reads.
    windows : numpy.ndarray of int, shape (G, S)
        The frame that each of the segment's windows belongs to; -1 for none (padding).
    """

    frames: np.ndarray
    windows: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, rows: np.ndarray) -> Segments:
        """The segments `rows`."""
        return Segments(self.frames[rows], self.windows[rows])

    def padded_to_multiple(self, n: int) -> Segments:
        """Add segments without windows, so that every batch of n has the same shape."""
        missing = -len(self) % n
        rows = np.resize(np.arange(len(self)), len(self) + missing)
        padded = self.take(rows)
        padded.windows[len(self) :] = -1
        return padded


def segment_length(window: int) -> int:
    """S for windows of W frames: each frame is then encoded 1.5 times at most."""
    return max(1, 2 * (window - 1))


def frames_before(window: int) -> int:
    """Frames of a window of W that come before the frame that it belongs to."""
    return window // 2


def cut_segments(runs: np.ndarray, window: int, offset: int = 0) -> Segments:
    """Cut runs of frames into segments that together hold each frame's window once.

    Parameters
    ----------
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of each run of frames without a gap.
    window : int
        W.
    offset : int
        From 0 to S - 1: how far the first segment of each run begins before the run. Another
        offset every epoch puts a frame next to other neighbours in the batch.

    Returns
    -------
    Segments
    """
    length = segment_length(window)
    before = frames_before(window)
    frames, windows = [], []
    for start, stop in np.asarray(runs):
        first = np.arange(start - offset, stop, length)
        centre = first[:, None] + np.arange(length)
        windows.append(np.where((centre >= start) & (centre < stop), centre, -1))
        reach = first[:, None] + np.arange(length + window - 1) - before
        frames.append(np.clip(reach, start, stop - 1))
    return Segments(np.concatenate(frames), np.concatenate(windows))


def held_out(n: int) -> np.ndarray:
    """Which of n frames are held out, (n,): every eighth of 64 pieces; all of very few."""
    piece = max(1, round(n / 64))
    found = np.arange(n) // piece % 8 == 4
    return found if found.any() else np.ones(n, bool)
