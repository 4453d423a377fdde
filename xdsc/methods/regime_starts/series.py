"""Scores in time, and what is cut from them: parts, windows, pairs, surrogates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Series:
    """Scores of frames, and the runs in which they follow each other.

    Attributes
    ----------
    scores : numpy.ndarray, shape (N, d)
        One row a frame.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs without a gap in time.
    """

    scores: npt.NDArray[np.float64]
    runs: npt.NDArray[np.intp]

    def __len__(self) -> int:
        """N."""
        return len(self.scores)

    @property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Whether nothing comes before a frame, (N,)."""
        found = np.zeros(len(self), bool)
        found[self.runs[:, 0]] = True
        return found

    def leading(self, d: int) -> Series:
        """The first d scores, or as many as there are."""
        return Series(self.scores[:, :d], self.runs)

    def parts(self, edges: npt.NDArray[np.intp], which: int) -> Series:
        """Every second piece between edges, the first or the second, about their own mean."""
        pieces, runs, at = [], [], 0
        for start, stop in zip(edges[which:-1:2], edges[which + 1 :: 2], strict=True):
            pieces.append(self.scores[start:stop])
            for a, z in self.runs:
                low, high = max(a, start), min(z, stop)
                if low < high:
                    runs.append((low - start + at, high - start + at))
            at += int(stop - start)
        scores = np.concatenate(pieces)
        return Series(scores - scores.mean(axis=0), np.array(runs))

    def windows(self, width: int) -> npt.NDArray[np.float64]:
        """Frames with their neighbours, (N, width d); edges of runs repeat themselves."""
        number = np.arange(len(self))
        first, last = np.empty_like(number), np.empty_like(number)
        for start, stop in self.runs:
            first[start:stop], last[start:stop] = start, stop - 1
        near = number[:, None] + np.arange(width) - width // 2
        near = np.clip(near, first[:, None], last[:, None])
        found: npt.NDArray[np.float64] = self.scores[near].reshape(len(self), -1)
        return found

    def surrogate(self, rng: np.random.Generator) -> Series:
        """Red noise of the same spectra: phases at random, the same ones in all scores.

        Auto- and cross-spectra stay, and with them every linear property; regimes do not
        (Prichard and Theiler 1994).
        """
        n = len(self)
        spectrum = np.fft.rfft(self.scores, axis=0)
        turn = np.exp(2j * np.pi * rng.random(len(spectrum)))
        turn[0] = 1.0
        if n % 2 == 0:
            turn[-1] = 1.0
        scores: npt.NDArray[np.float64] = np.fft.irfft(spectrum * turn[:, None], n, axis=0)
        return Series(scores, self.runs)
