"""Scores in time, and what is cut from them: parts, windows, pairs, surrogates."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d


@dataclass(frozen=True)
class Series:
    """Scores of frames, and the runs in which they follow each other.

    Attributes
    ----------
    scores : numpy.ndarray, shape (N, d)
        One row a frame.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs without a gap in time.
    spectra : numpy.ndarray, shape (N, s)
        What frames are besides, `spectra_of` them; by default nothing, s = 0.
    """

    scores: npt.NDArray[np.float64]
    runs: npt.NDArray[np.intp]
    spectra: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        if not self.spectra.size:
            object.__setattr__(self, "spectra", np.zeros((len(self), 0)))

    def __len__(self) -> int:
        """N."""
        return len(self.scores)

    @property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Whether nothing comes before a frame, (N,)."""
        found = np.zeros(len(self), bool)
        found[self.runs[:, 0]] = True
        return found

    @property
    def n_independent(self) -> float:
        """Frames that tell something new: N over the decorrelation time, in frames.

        That time is 1 + 2 times the sum of the autocorrelation of all scores together, those of
        more variance weighing more, up to the lag at which there is none left (von Storch and
        Zwiers 1999, Section 17.1). Frames of two runs are no pair.
        """
        anomalies = self.scores - self.scores.mean(axis=0)
        covariance = np.zeros(len(self))
        for start, stop in self.runs:
            n = stop - start
            power = np.square(np.abs(np.fft.rfft(anomalies[start:stop], 2 * n, axis=0)))
            covariance[:n] += np.fft.irfft(power.sum(axis=1))[:n]
        correlation = covariance[1:] / max(covariance[0], np.finfo(float).tiny)
        none_left = np.flatnonzero(correlation <= 0)
        last = none_left[0] if len(none_left) else len(correlation)
        return float(len(self) / (1 + 2 * correlation[:last].sum()))

    def leading(self, d: int) -> Series:
        """The first d scores, or as many as there are."""
        return Series(self.scores[:, :d], self.runs, self.spectra)

    @property
    def of_spectra(self) -> Series:
        """The spectra as scores."""
        return Series(self.spectra, self.runs)

    def without(self, start: int, stop: int) -> Series:
        """All frames but those from `start` to before `stop`."""
        before = np.minimum(self.runs, start)
        after = np.maximum(self.runs, stop) - (stop - start)
        runs = np.concatenate([before, after])
        scores, spectra = (np.delete(x, slice(start, stop), 0) for x in (self.scores, self.spectra))
        return Series(scores, runs[runs[:, 0] < runs[:, 1]], spectra)

    def only(self, start: int, stop: int) -> Series:
        """Frames from `start` to before `stop`."""
        runs = np.clip(self.runs, start, stop) - start
        runs = runs[runs[:, 0] < runs[:, 1]]
        return Series(self.scores[start:stop], runs, self.spectra[start:stop])

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

    def running_mean(self, width: int) -> npt.NDArray[np.float64]:
        """Means of frames with their neighbours, (N, d); edges of runs repeat themselves."""
        found = np.empty_like(self.scores)
        for start, stop in self.runs:
            at = slice(start, stop)
            uniform_filter1d(self.scores[at], width, axis=0, output=found[at], mode="nearest")
        return found

    def surrogate(self, rng: np.random.Generator) -> Series:
        """Red noise of the same spectra in time: phases at random, the same ones in all scores.

        Auto- and cross-spectra stay, and with them every linear property; regimes do not
        (Prichard and Theiler 1994).
        """
        n = len(self)
        spectrum = np.fft.rfft(np.concatenate([self.scores, self.spectra], axis=1), axis=0)
        turn = np.exp(2j * np.pi * rng.random(len(spectrum)))
        turn[0] = 1.0
        if n % 2 == 0:
            turn[-1] = 1.0
        noise = np.fft.irfft(spectrum * turn[:, None], n, axis=0)
        scores, spectra = np.split(noise, [self.scores.shape[1]], axis=1)
        return Series(scores, self.runs, spectra)
