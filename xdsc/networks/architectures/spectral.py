"""The k-means objective without labels, as DTCR trains on it."""

from __future__ import annotations

import numpy as np


def spectral_target(embedding: np.ndarray, n_clusters: int) -> np.ndarray:
    r"""Where the k-means loss draws each embedding to, and how strongly.

    Spectral relaxation (Zha et al. 2001) turns the k-means objective on the rows of H, (N, M),
    into

    .. math:: L = Tr(H H^T) - Tr(F^T H H^T F), \quad F^T F = I,

    whose minimum over F, (N, K), is at the K leading left singular vectors of H. (Ma et al. write
    H with columns for rows.) F is held fixed between refreshes. As F Fᵀ is a projection,

    .. math:: L = |H - F F^T H|^2 = \sum_i |h_i - (F G)_i|^2, \quad G = F^T H,

    a sum over frames, which a batch can take its share of once G is held fixed too. That changes
    neither L at the refresh nor its gradient there: with ``R = H - F G`` the gradient through G is
    ``-2 Fᵀ R = 0``, and the other is ``2 R = 2 (H - F Fᵀ H)``, which is also that of the traces.
    ``F G = H V Vᵀ`` with the leading right singular vectors V, so F itself, N long, is not needed.

    As in the paper H is not centred. What is divided by is the variance of H, so that the mean loss
    of all frames is the share of it outside K dimensions, whatever N and the scale of H. With a
    target held fixed, shrinking H gains nothing in between, and dividing by what H has become
    nothing at the next refresh.

    Parameters
    ----------
    embedding : numpy.ndarray, shape (N, M)
        H.
    n_clusters : int
        K.

    Returns
    -------
    numpy.ndarray of float32, shape (N, M + 1)
        Rows of F G, and in the last column the weight, one over the variance of H (the sum of the
        variances of its columns).
    """
    h = embedding.astype("float64")
    _, vectors = np.linalg.eigh(h.T @ h)
    leading = vectors[:, -n_clusters:]
    # Frames that are all the same have no variance, and are where they are drawn to.
    weight = 1.0 / max(h.var(axis=0).sum(), np.finfo("float32").tiny ** 0.5)
    target = (h @ leading) @ leading.T
    return np.column_stack([target, np.full(len(h), weight)]).astype("float32")
