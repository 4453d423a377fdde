"""Spectra of frames in space, which stay as they are where disturbances move about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft2

from xdsc.frames import Frames
from xdsc.frames.values import slices
from xdsc.methods.regime_starts.scores import leading

#: Waves along the longer side of the grid that part one band of wavenumbers from the next; on they
#: go by half-octaves, as far as there are waves on the grid.
_EDGES = (0.5, 1.5, 2.5, 3.5, 5.0, 7.0, 10.0)

#: Power of a frame is taken as at least so much of the mean, in shares of it.
_LEAST_POWER = 1e-6


def spectra_of(frames: Frames, most: int = 10) -> npt.NDArray[np.float64]:
    """Slowest components of the spectra of frames in space.

    Of each frame's departure from the mean of all, less its own mean in space and tapered to the
    edges of the grid (Hann), in bands of wavenumbers: the logarithm of the power of each variable,
    and the coherence of each two, real and imaginary (co- and quadrature spectrum, von Storch and
    Zwiers 1999, Section 11.4). A pattern that is found elsewhere has the same; regimes that stay
    where they are, or whose mean fields differ, are found better in scores of EOFs. Noise in space
    makes them noisy from frame to frame, so of the standardised features those combinations are
    kept whose covariance with themselves one frame later is largest.

    Parameters
    ----------
    frames : Frames
        Of shape (H, L, V).
    most : int
        Components to keep, if there are as many features.

    Returns
    -------
    numpy.ndarray, shape (N, d)
        The first of variance 1, the others in their ratio to it; d is 0 where the grid has no
        waves, as of one point, or none that change.
    """
    found = _features(frames)
    found -= found.mean(axis=0)
    spread = found.std(axis=0)
    found = found[:, spread > 1e-6] / spread[spread > 1e-6]
    if not found.shape[1]:
        return np.zeros((len(frames), 0))
    most = min(most, found.shape[1])
    vectors = leading(_lagged(found, frames.runs), most)[1][:, ::-1][:, :most]
    components: npt.NDArray[np.float64] = found @ vectors
    return components / components[:, 0].std()


def _lagged(found: npt.NDArray[np.float32], runs: np.ndarray) -> npt.NDArray[np.float64]:
    """Covariance of features (N, F) with themselves one frame later, made symmetric, (F, F).

    That with themselves at once, where no frame follows another.
    """
    total = found[1:].T @ found[:-1]
    begins = runs[1:, 0]
    total -= found[begins].T @ found[begins - 1]
    if len(runs) == len(found):
        total = found.T @ found
    covariance: npt.NDArray[np.float64] = (total + total.T).astype("float64") / (2 * len(found))
    return covariance


def _features(frames: Frames) -> npt.NDArray[np.float32]:
    """Logarithms of power, and coherences, in each band, (N, F)."""
    h, w, v = frames.shape
    mask, mean = frames.mask, frames.moments.mean
    variance = (frames.moments.variance * mask).sum(axis=(0, 1))
    unit = np.sqrt(np.maximum(variance, np.finfo("float32").tiny))
    # Of two points the window of three intervals is not 0.
    taper = (np.hanning(h + 2)[1:-1, None] * np.hanning(w + 2)[1:-1])[..., None] * mask
    share = taper / np.maximum(taper.sum(axis=(0, 1)), np.finfo(float).tiny)
    waves = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)) * max(h, w)
    bands = [band for band in _bands(waves) if band.any()]
    one, other = np.tril_indices(v, -1)
    power = np.empty((len(frames), len(bands), v), "float32")
    cross = np.empty((len(frames), len(bands), len(one)), "complex64")
    for at in slices(frames.values):
        departure = frames.values[at] - mean
        departure -= (departure * share).sum(axis=(1, 2), keepdims=True)
        spectrum = rfft2((departure * (taper / unit)).astype("float32"), axes=(1, 2))
        for number, band in enumerate(bands):
            own = spectrum[:, band]
            power[at, number] = np.square(np.abs(own)).mean(axis=1)
            cross[at, number] = (own[..., one] * own[..., other].conj()).mean(axis=1)
    power += _LEAST_POWER * power.mean(axis=0) + np.finfo("float32").tiny
    cross /= np.sqrt(power[..., one]) * np.sqrt(power[..., other])
    parts = [np.log(power), cross.real, cross.imag]
    return np.concatenate([part.reshape(len(frames), -1) for part in parts], axis=1)


def _bands(waves: npt.NDArray[np.float64]) -> list[npt.NDArray[np.bool_]]:
    """Where each band of wavenumbers is."""
    edges = list(_EDGES)
    while edges[-1] < waves.max():
        edges.append(edges[-1] * np.sqrt(2.0))
    return [(waves >= low) & (waves < high) for low, high in pairwise(edges)]
