"""How far a frame is from all that a model was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xdsc.frames import Frames
from xdsc.frames.centres import cluster_sums
from xdsc.frames.values import slices

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Novelty:
    """Distances of the fitted frames to the centres of their regimes, to rank others by.

    A regime's centre is the mean of its prepared frames, so that every method is served alike, and
    no network is asked about fields that it cannot know. The distance of a fitted frame is that to
    the centre of the *others* in its regime (or of another regime, if that is nearer): a frame is
    near to a centre that it is a part of, and new frames would look strange beside it.

    Attributes
    ----------
    centres : numpy.ndarray of float32, shape (K, features)
        Of the regimes that have frames; unmasked cells.
    distances : numpy.ndarray, shape (N,)
        Euclidean, in ascending order.
    """

    centres: npt.NDArray[np.float32]
    distances: Floats

    @classmethod
    def of(cls, frames: Frames, labels: np.ndarray) -> Novelty:
        """Learn from N fitted frames and their labels, (N,); -1 is noise and has no centre."""
        regimes, counts = np.unique(labels[labels >= 0], return_counts=True)
        codes = np.where(labels >= 0, np.searchsorted(regimes, labels), -1)
        blocks = ((frames.values[at][:, frames.mask], codes[at]) for at in slices(frames.values))
        sums = cluster_sums(blocks, len(regimes), int(frames.mask.sum()))
        centres = sums / counts[:, None]
        own = labels[:, None] == regimes
        # The centre without the frame itself is farther off by n / (n - 1).
        shrunk = counts / np.maximum(counts - 1, 1)
        found = _distances(frames, centres) * np.where(own, shrunk, 1.0)
        alone = own & (counts == 1)
        found = np.where(alone, np.inf, found).min(axis=1)
        # A frame that is alone, with no other regime, is as far from itself as any.
        return cls(centres.astype("float32"), np.sort(np.where(np.isinf(found), 0.0, found)))

    def rank(self, frames: Frames) -> Floats:
        """Share of the fitted frames that are nearer to their centre, (N,); 1 is beyond them all.

        It is the empirical distribution function of the distances, at the distance of each frame
        to the nearest centre.
        """
        nearest = _distances(frames, self.centres).min(axis=1, initial=np.inf)
        rank: Floats = np.searchsorted(self.distances, nearest) / len(self.distances)
        return rank


def _distances(frames: Frames, centres: np.ndarray) -> Floats:
    """Euclidean distances of N frames to K centres, (N, K)."""
    found = np.empty((len(frames), len(centres)))
    for at in slices(frames.values, most=256):
        rows = frames.values[at][:, frames.mask].astype("float64")
        for k, centre in enumerate(centres):
            found[at, k] = np.linalg.norm(rows - centre, axis=1)
    return found
