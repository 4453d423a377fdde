"""Scores of the leading EOFs of frames, which may lie in a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import eigsh

from xdsc.frames import Frames
from xdsc.frames.values import slices

#: Up to so many cells the covariance of all of them is held, 128 MiB.
_MOST_CELLS = 4000

#: Subspace iterations otherwise, and how many more vectors than are wanted take part in them.
_ITERATIONS, _SPARE = 4, 12

#: EOFs with a smaller share of the variance of the first one are rounding.
_LEAST_SHARE = 1e-7


@dataclass(frozen=True)
class Eofs:
    """Leading EOFs of N frames, their scores in one unit for all.

    Attributes
    ----------
    mean : numpy.ndarray, shape (H, L, V)
        Of the frames.
    basis : numpy.ndarray, shape (d, H, L, V)
        Orthonormal over the unmasked cells, 0 in the others; the largest of each is positive.
    unit : float
        Root mean square of the first score in the unit of the data.
    scores : numpy.ndarray, shape (N, d)
        ``(frame - mean) . basis / unit``: in their natural ratio, the first of variance 1.
    """

    mean: npt.NDArray[np.float64]
    basis: npt.NDArray[np.float64]
    unit: float
    scores: npt.NDArray[np.float64]

    @property
    def anchor(self) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
        """What anchored networks learn of them: mean, basis, unit, and spread of the scores."""
        return self.mean, self.basis, self.unit, self.scores.std(axis=0)


def eofs_of(frames: Frames, most: int = 20) -> Eofs:
    """The leading EOFs of frames, at most so many, and as many as there is variance for.

    One pass through the frames where the covariance of their cells fits into memory, else
    subspace iterations, a pass each; and one for the scores.
    """
    mask, values = frames.mask, frames.values
    mean = frames.moments.mean[mask]
    n_cells, n = len(mean), len(frames)
    most = min(most, n_cells, n)

    def times_covariance(vectors: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
        """The covariance of the cells, (cells, cells), times vectors; itself for None."""
        width = n_cells if vectors is None else vectors.shape[1]
        total = np.zeros((n_cells, width))
        for at in slices(values):
            departure = values[at][:, mask] - mean
            total += departure.T @ (departure if vectors is None else departure @ vectors)
        found: npt.NDArray[np.float64] = total / n
        return found

    if n_cells <= _MOST_CELLS:
        variance, vectors = _leading(times_covariance(None), most)
    else:
        rng = np.random.default_rng(0)
        q = rng.normal(size=(n_cells, min(most + _SPARE, n_cells)))
        for _ in range(_ITERATIONS):
            q = np.linalg.qr(times_covariance(q))[0]
        variance, turned = np.linalg.eigh(q.T @ times_covariance(q))
        vectors = q @ turned
    variance, vectors = variance[::-1][:most], vectors[:, ::-1][:, :most]
    kept = max(1, int((variance > _LEAST_SHARE * max(variance[0], 1e-300)).sum()))
    vectors = vectors[:, :kept]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(kept)]
    vectors = vectors * np.where(largest < 0, -1.0, 1.0)
    unit = float(np.sqrt(max(variance[0], 0.0))) or 1.0
    scores = np.concatenate([(values[at][:, mask] - mean) @ vectors for at in slices(values)])
    basis = np.zeros((kept, *mask.shape))
    basis[:, mask] = vectors.T
    return Eofs(frames.moments.mean, basis, unit, scores / unit)


def _leading(
    covariance: npt.NDArray[np.float64], most: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The largest so many eigenvalues of a covariance, ascending, and their vectors."""
    n = len(covariance)
    # Lanczos iterations for a few of many; of a matrix of zeros they find nothing.
    if most < n // 8 and covariance.any():
        v0 = np.random.default_rng(0).normal(size=n)
        variance, vectors = eigsh(covariance, most, which="LA", v0=v0)
        order = np.argsort(variance)
        return variance[order], vectors[:, order]
    variance, vectors = np.linalg.eigh(covariance)
    return variance, vectors
