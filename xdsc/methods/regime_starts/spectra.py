"""Spectra of frames in space, which change little where disturbances move about."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, rfft2
from scipy.linalg import eigh
from scipy.signal.windows import tukey

from xdsc.frames import Frames
from xdsc.frames.values import slices

_Array = npt.NDArray[np.float64]

#: Waves along the longer side of the grid that part one band of wavenumbers from the next; on they
#: go by half-octaves, as far as there are waves on the grid.
_EDGES = (0.5, 1.5, 2.5, 3.5, 5.0, 7.0, 10.0)

#: Share of the grid, along y and x, on which frames fall off to its edges, a half at either end.
_TAPERED = 0.5

#: Power is taken as at least so much of a variable's variance for each wave, some thousandth of
#: what the waves of weather have: in bands below it is the noise of instruments, or of packing.
_LEAST_POWER = 5e-5

#: Waves along the longer side of the grid from which on skewness looks at them: a longer one is
#: hardly there whole, and would hide the others.
_SKEWED = 1.5

#: Skewness is said of waves that have more than about this share of a variable's variance.
_LEAST_VARIANCE = 1e-3

#: Features are taken in units of their standard deviation, which is taken as at least this: what
#: varies less, as the power of many short waves may, says little.
_LEAST_SPREAD = 0.1


def spectra_of(frames: Frames, most: int = 10) -> _Array:
    """Slowest components of the spectra of frames in space.

    Of each frame's departure from the mean of all, less its own mean in space and tapered to the
    edges of the grid by a cosine, in bands of wavenumbers: the logarithm of the power of each
    variable; the direction in which its waves run, the mean of cos 2θ and of sin 2θ by power; and
    the coherence of each two variables, by their co-spectrum and by their quadrature spectra along
    y and x, which say which one is ahead (von Storch and Zwiers 1999, Section 11.4). Of all bands
    but the longest waves, the skewness in space of each variable, which tells highs from lows. A
    pattern that is found elsewhere has the same, up to its strength, unless it is cut by the edge;
    regimes that stay where they are, or whose mean fields differ, are found better in scores of
    EOFs. A single frame says little of its spectrum, so of the features those combinations are kept
    that last, whose covariance with themselves one frame later is largest.

    Parameters
    ----------
    frames : Frames
        Of shape (H, L, V); they are looked at twice.
    most : int
        Components to keep, if there are as many features.

    Returns
    -------
    numpy.ndarray, shape (N, d)
        The largest of variance 1, the others in their ratio to it; d is 0 where the grid has no
        waves, as of one point, or none that change.
    """
    features = _features_of(frames)
    mean, spread, lagged = _moments(features, frames)
    if not len(mean):
        return np.zeros((len(frames), 0))
    unit = np.maximum(spread, _LEAST_SPREAD)
    leading = [max(len(mean) - most, 0), len(mean) - 1]
    vectors = eigh(lagged / np.outer(unit, unit), subset_by_index=leading)[1][:, ::-1]
    each = [(features(at) - mean) / unit @ vectors for at in slices(frames.values)]
    found: _Array = np.concatenate(each)
    size = found.std(axis=0)
    # What is smaller is rounding.
    kept = size > 1e-6
    return found[:, kept] / max(size.max(), 1e-6)


def _moments(features: Callable[[slice], _Array], frames: Frames) -> tuple[_Array, _Array, _Array]:
    """Mean and standard deviation of features, (F,), and their covariance a frame later, (F, F).

    The covariance is made symmetric. Where no frame follows another it is that at once.
    """
    begins = np.zeros(len(frames), bool)
    begins[frames.runs[:, 0]] = True
    lag = int(not begins.all())
    n, pairs, size = len(frames), 0, features(slice(0, 1)).shape[1]
    total, squares, ahead, behind = np.zeros((4, size))
    product = np.zeros((size, size))
    for at in slices(frames.values):
        first = max(at.start - lag, 0)
        found = features(slice(first, at.stop))
        own = found[at.start - first :]
        total += own.sum(axis=0)
        squares += np.square(own).sum(axis=0)
        follows = slice(None) if not lag else ~begins[first + 1 : at.stop]
        after, before = found[lag:][follows], found[: len(found) - lag][follows]
        pairs += len(after)
        ahead += after.sum(axis=0)
        behind += before.sum(axis=0)
        product += after.T @ before
    mean = total / n
    spread = np.sqrt(np.maximum(squares / n - np.square(mean), 0.0))
    lagged = (product - np.outer(ahead, mean) - np.outer(mean, behind)) / pairs
    lagged += np.outer(mean, mean)
    return mean, spread, (lagged + lagged.T) / 2


def _features_of(frames: Frames) -> Callable[[slice], _Array]:
    """A function that gives the features of a slice of frames, (n, F), in each band."""
    h, w, v = frames.shape
    mean, variance = frames.moments.mean, frames.moments.variance
    # With a point more at either end, where it is 0.
    along_y, along_x = (tukey(n + 2, _TAPERED)[1:-1] for n in (h, w))
    taper = np.outer(along_y, along_x)[..., None] * frames.mask
    tiny = np.finfo(float).tiny
    share = taper / np.maximum(taper.sum(axis=(0, 1)), tiny)
    # So that the power of all waves of the plane is 1 in the mean, that in space aside.
    power_of_all = h * w * (np.square(taper) * variance).sum(axis=(0, 1))
    taper = taper / np.sqrt(np.maximum(power_of_all, tiny))
    bands, directions, angles = _bands(h, w), _directions(h, w), _angles(h, w)
    short = (_wavenumbers(h, w) >= _SKEWED)[..., None]
    one, other = np.tril_indices(v, -1)

    def features(at: slice) -> _Array:
        departure = frames.values[at] - mean
        departure -= (departure * share).sum(axis=(1, 2), keepdims=True)
        waves = rfft2((departure * taper).astype("float32"), axes=(1, 2))
        parts = [_skewness(irfft2(waves * short, (h, w), axes=(1, 2)) * (h * w))]
        for band in bands:
            own = waves[:, band]
            mirrored = own.conj() / own.shape[1]
            cross, *turned = (
                own.swapaxes(1, 2) @ (mirrored * weight[band, None])
                for weight in (np.ones((h, w // 2 + 1)), *directions)
            )
            power = np.einsum("nvv->nv", cross).real + _LEAST_POWER
            parts.append(np.log(power))
            of_each = (own * mirrored).real.swapaxes(1, 2)
            parts += [of_each @ angle[band] / power for angle in angles]
            both = np.sqrt(power[:, one] * power[:, other])
            parts += [x[:, one, other] / both for x in (cross.real, *(t.imag for t in turned))]
        return np.concatenate(parts, axis=1, dtype="float64")

    return features


def _skewness(fields: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Skewness in space of fields (n, H, L, V) of mean 0, (n, V); 0 where they hardly vary."""
    square = np.square(fields)
    variance = square.mean(axis=(1, 2)) + _LEAST_VARIANCE
    found: npt.NDArray[np.floating] = (square * fields).mean(axis=(1, 2)) / variance**1.5
    return found


def _wavenumbers(h: int, w: int) -> _Array:
    """Waves of a half-plane, (H, L // 2 + 1), along the longer side of the grid."""
    found: _Array = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)) * max(h, w)
    return found


def _bands(h: int, w: int) -> list[npt.NDArray[np.bool_]]:
    """Where each band of wavenumbers is among the waves of a half-plane, (H, L // 2 + 1)."""
    waves = _wavenumbers(h, w)
    # Waves along y alone, and the shortest along x, are there twice, as each other's conjugates.
    for column in (0,) if w % 2 else (0, -1):
        waves[h // 2 + 1 :, column] = 0.0
    edges = list(_EDGES)
    while edges[-1] < waves.max():
        edges.append(edges[-1] * np.sqrt(2.0))
    bands = [(waves >= low) & (waves < high) for low, high in pairwise(edges)]
    return [band for band in bands if band.any()]


def _directions(h: int, w: int) -> tuple[_Array, _Array]:
    """Whether the waves of a half-plane run up or down y, and x: 1, -1, or 0 for neither."""
    y, x = _along(h, w)
    return np.sign(y), np.sign(x)


def _angles(h: int, w: int) -> tuple[_Array, _Array]:
    """Cosine and sine of twice the angle in which the waves of a half-plane run, from x."""
    (y, x), square = _along(h, w), np.square(np.maximum(_wavenumbers(h, w) / max(h, w), 1e-9))
    return 1 - 2 * np.square(np.fft.fftfreq(h))[:, None] / square, 2 * x * y / square


def _along(h: int, w: int) -> tuple[_Array, _Array]:
    """Waves a point of a half-plane along y and x, 0 for the shortest, which run both ways."""
    y, x = (np.where(np.abs(f) < 0.5, f, 0.0) for f in (np.fft.fftfreq(h), np.fft.rfftfreq(w)))
    along_y, along_x = np.meshgrid(y, x, indexing="ij")
    return along_y, along_x
