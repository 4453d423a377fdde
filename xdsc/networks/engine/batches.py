"""Batches of segments for Keras's own ``fit`` and ``predict``."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from xdsc.frames.values import Values
from xdsc.networks.engine.pools import Pools, pools_in_order
from xdsc.networks.segments import Segments, cut_segments, segment_length

#: Segments of a batch that there may be for fewer frames: a batch is padded to its size.
_FEW = 512


class TrainingBatches(keras.utils.PyDataset):
    """Shuffled batches of segments, cut anew each epoch.

    Parameters
    ----------
    values : numpy.ndarray, shape (N, H, L, V), or values in a file
        Prepared frames, masked cells filled. Those in a file come pool by pool: see `Pools`.
    runs : numpy.ndarray of int, shape (R, 2)
        Runs of frames without a gap in time.
    window : int
        W.
    batch_size : int
        Windows a batch.
    target_width : int
        Columns of the target.
    displacement : float
        Each segment is moved by up to this fraction of the grid's sides, another way each time.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data; the others keep their fill value when frames are moved.
    seed : int
        Of shuffling and moving. Keras reads batches ahead in a thread of its own, so every epoch
        and batch has its own random numbers, whatever the order in which they are asked for.

    Attributes
    ----------
    target : numpy.ndarray, shape (N, target_width)
        What training draws each frame to, as the target distribution p; zero until a refresh.
    """

    def __init__(
        self,
        values: Values,
        runs: np.ndarray,
        window: int,
        batch_size: int,
        target_width: int,
        displacement: float,
        mask: np.ndarray,
        seed: int,
    ) -> None:
        super().__init__()
        self.values, self.runs, self.window, self.seed = values, runs, window, seed
        self.mask = mask
        self.reach = [round(displacement * side) for side in values.shape[1:3]]
        self.length = segment_length(window)
        self.segments_a_batch = max(1, batch_size // self.length)
        self.target = np.zeros((len(values), target_width), "float32")
        # One batch more than an offset of 0 needs: an offset can add a segment to each run.
        most = sum(-(-(stop - start + self.length - 1) // self.length) for start, stop in runs)
        self.segments_a_batch = min(self.segments_a_batch, max(most, _FEW))
        self.n_batches = -(-most // self.segments_a_batch)
        self.pools = Pools(values, window, self.segments_a_batch)
        self._cut(epoch=0)

    def __len__(self) -> int:
        return self.n_batches

    def on_epoch_end(self) -> None:
        """Cut and shuffle the segments of the next epoch."""
        self._cut(self.epoch + 1)

    def _cut(self, epoch: int) -> None:
        self.epoch = epoch
        rng = np.random.default_rng([self.seed, epoch])
        cut = cut_segments(self.runs, self.window, int(rng.integers(self.length)))
        self.segments = self.pools.cut(cut, rng, self.n_batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = slice(index * self.segments_a_batch, (index + 1) * self.segments_a_batch)
        windows = self.segments.windows[rows]
        weight = (windows >= 0).astype("float32")
        rng = np.random.default_rng([self.seed, self.epoch, index])
        frames = self.pools.at(index).take(self.segments.frames[rows])
        return self._displaced(frames, rng), self.target[windows], weight

    def _displaced(self, segments: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Move the frames of each segment together; what enters at an edge repeats the edge."""
        if not any(self.reach):
            return segments
        height, width = segments.shape[2:4]
        moved = np.empty_like(segments)
        for i, segment in enumerate(segments):
            dy, dx = (int(rng.integers(-reach, reach + 1)) for reach in self.reach)
            rows = np.clip(np.arange(height) + dy, 0, height - 1)
            columns = np.clip(np.arange(width) + dx, 0, width - 1)
            moved[i] = segment.take(rows, axis=1).take(columns, axis=2)
        if not self.mask.all():
            np.copyto(moved, segments, where=~self.mask)
        return moved


def predict(
    network: Any,
    values: Values,
    runs: np.ndarray,
    outputs: tuple[str, ...],
    batch_size: int,
    only: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Run the network over every frame, or over those alone where `only` (N,) is True.

    Values that lie in a file are read in order, one piece ahead of the network; the batches are
    those of values in memory.

    Returns
    -------
    dict
        For each of `outputs`, an array with one row a frame, in the order of `values`; where `only`
        is False, without a meaning.
    """
    segments: Segments = cut_segments(runs, network.window)
    if only is not None:
        wanted = (segments.windows >= 0) & only[segments.windows]
        segments = segments.take(np.flatnonzero(wanted.any(axis=1)))
    a_batch = max(1, batch_size // segment_length(network.window))
    a_batch = min(a_batch, max(len(segments), _FEW))
    segments = segments.padded_to_multiple(a_batch)
    found: dict[str, np.ndarray] = {}
    for rows, pool in pools_in_order(values, segments, a_batch):
        result = network.predict_on_batch(pool.take(segments.frames[rows]))
        windows = segments.windows[rows]
        real = windows >= 0
        for name in outputs:
            block = np.asarray(result[name])
            if name not in found:
                found[name] = np.zeros((len(values), *block.shape[2:]), block.dtype)
            found[name][windows[real]] = block[real]
    return found
