"""Metrics of the centres and of the spread around them: two passes over X, never quadratic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xdsc.frames.centres import cluster_sums
from xdsc.metrics.inputs import (
    BLOCK_BYTES,
    Convention,
    Floats,
    Integers,
    Partition,
    as_rows,
    block_length,
    check_convention,
    check_finite,
    ratio,
    slices,
    take,
)

# Centres this close, relative to their size, differ by rounding only.
_COINCIDE = 1e-12
# Squared distances to a centre this small, relative to its squared size, are those of equal rows.
_EQUAL = 1e-30


@dataclass(frozen=True)
class Moments:
    """Centres of the K clusters, and the spread around them.

    Attributes
    ----------
    sizes : numpy.ndarray of int, shape (K,)
        Members of each cluster.
    origin : numpy.ndarray of float64, shape (F,)
        A row of X. Differences from it keep the digits that large means would cost.
    centres : numpy.ndarray of float64, shape (K, F)
        Mean of each cluster, minus `origin`.
    squares : numpy.ndarray of float64, shape (K,)
        Sum of the squared distances of the members to their centre.
    spread : numpy.ndarray of float64, shape (K,)
        Mean distance of the members to their centre.
    """

    sizes: Integers
    origin: Floats
    centres: Floats
    squares: Floats
    spread: Floats

    @property
    def n(self) -> int:
        """N, the number of labelled rows."""
        return int(self.sizes.sum())

    @property
    def within(self) -> float:
        """Sum over all rows of the squared distance to the centre of their cluster."""
        return float(self.squares.sum())

    @property
    def between(self) -> float:
        """Sum over all rows of the squared distance of their centre to the overall mean."""
        mean = self.sizes @ self.centres / self.n
        return float(self.sizes @ ((self.centres - mean) ** 2).sum(axis=1))


def cluster_moments(
    X: npt.ArrayLike, labels: npt.ArrayLike, *, block_bytes: int = BLOCK_BYTES
) -> Moments:
    """Centres and spread of the clusters, in float64.

    Several metrics come from one result: pass it to them as ``moments=``. The first pass over X
    finds the centres, the second the distances to them from differences, so nothing cancels.
    Memory: K × F numbers, and a few blocks.

    Parameters
    ----------
    X : array-like of float, shape (T, F)
        Data, one row for each label; a memmap is read in blocks.
    labels : array-like, shape (T,)
        Cluster of each row; negative, NaN or None for rows to leave out.
    block_bytes : int, default `BLOCK_BYTES`
        Size of a block of X in float64, in bytes.

    Raises
    ------
    ParameterError
        X and labels have different lengths, or X has gaps in labelled rows.
    """
    X = as_rows(X)
    clusters = Partition.of(labels, len(X))
    k, n_features = len(clusters), X.shape[1]
    blocks = list(slices(len(clusters.rows), block_length(n_features, block_bytes)))
    origin = X[clusters.rows[0]].astype("float64") if k else np.zeros(n_features)
    # Gaps are reported by check_finite, not by warnings on the way there.
    with np.errstate(invalid="ignore"):
        differences = (
            (take(X, clusters.rows[block]) - origin, clusters.codes[block]) for block in blocks
        )
        centres = cluster_sums(differences, k, n_features)
    check_finite(centres)
    centres /= clusters.sizes[:, None]

    squares, spread = np.zeros(k), np.zeros(k)
    equal = _EQUAL * np.einsum("ij,ij->i", centres, centres)
    for block in blocks:
        codes = clusters.codes[block]
        from_centre = take(X, clusters.rows[block]) - origin
        from_centre -= centres[codes]
        squared = np.einsum("ij,ij->i", from_centre, from_centre)
        squared[squared <= equal[codes]] = 0.0
        squares += np.bincount(codes, squared, minlength=k)
        spread += np.bincount(codes, np.sqrt(squared), minlength=k)
    return Moments(clusters.sizes, origin, centres, squares, spread / clusters.sizes)


def rmse_mean(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    moments: Moments | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Root of the mean squared distance to the centre (equation 11). Lower is better.

    ``RMSE_mean = sqrt(1/N sum_j sum_{x in C_j} |x - mu_j|^2)``

    Parameters
    ----------
    X, labels, block_bytes
        As for `cluster_moments`.
    moments : Moments, optional
        What `cluster_moments` found for them, to save reading X again.

    Returns
    -------
    float
        From 0 upwards; it grows as the square root of the number of features. NaN without any
        labelled row.

    Examples
    --------
    >>> rmse_mean([[0.0], [2.0], [10.0], [14.0]], [0, 0, 1, 1])  # sqrt((1 + 1 + 4 + 4) / 4)
    1.581...
    """
    found = moments or cluster_moments(X, labels, block_bytes=block_bytes)
    return float(np.sqrt(ratio(found.within, found.n)))


def average_variance(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    convention: Convention = "equation",
    moments: Moments | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Mean over the clusters of their variance (equation 10). Lower is better.

    ``Var_j = 1/n_j sum_{x in C_j} |x - mu_j|^2``, and the mean over the K clusters, each counting
    the same: weighted by size it would be the square of `rmse_mean`.

    Parameters
    ----------
    X, labels, block_bytes
        As for `cluster_moments`.
    convention : {"equation", "published"}, default "equation"
        "published" is what the paper's code computes: the variance of all entries of the rows of
        a cluster around their one common mean, ``var_j = 1/(n_j F) sum_x sum_f (x_f - m_j)^2``,
        then the mean over clusters weighted by size. It holds the differences among the features
        of a centre, hardly moves between methods, and its Table 2 shows it.
    moments : Moments, optional
        What `cluster_moments` found for them, to save reading X again.

    Returns
    -------
    float
        From 0 upwards; NaN without any labelled row.

    Examples
    --------
    >>> X, labels = [[0.0, 4.0], [2.0, 4.0], [9.0, 9.0]], [0, 0, 1]
    >>> average_variance(X, labels)
    0.5
    >>> average_variance(X, labels, convention="published")  # (2 * 2.75 + 1 * 0) / 3
    1.833...
    """
    check_convention(convention)
    found = moments or cluster_moments(X, labels, block_bytes=block_bytes)
    if not found.n:
        return float("nan")
    variances = found.squares / found.sizes
    if convention == "equation":
        return float(variances.mean())
    n_features = len(found.origin)
    # Spread of the entries = spread around the centre + spread among the centre's features.
    entries = variances / n_features + (found.centres + found.origin).var(axis=1)
    return float(found.sizes @ entries / found.n)


def davies_bouldin(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    moments: Moments | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Davies-Bouldin score: how much each cluster overlaps the one nearest to it. Lower is better.

    ``DB = 1/K sum_i max_{j != i} (s_i + s_j) / |mu_i - mu_j|``, with s the mean distance of the
    members to their centre.

    Parameters
    ----------
    X, labels, block_bytes
        As for `cluster_moments`.
    moments : Moments, optional
        What `cluster_moments` found for them, to save reading X again.

    Returns
    -------
    float
        From 0 upwards; NaN for fewer than two clusters.

    Notes
    -----
    Equal to `sklearn.metrics.davies_bouldin_score`, but for clusters with one and the same
    centre: they cannot be told apart and the score is infinite. scikit-learn leaves them out of
    the maximum, so that clusters that overlap entirely get its best score, 0.

    References
    ----------
    Davies, D. L., Bouldin, D. W. (1979): A cluster separation measure. IEEE PAMI 1(2), 224-227.

    Examples
    --------
    >>> davies_bouldin([[0.0], [2.0], [10.0], [14.0]], [0, 0, 1, 1])  # (1 + 2) / 11
    0.2727...
    """
    found = moments or cluster_moments(X, labels, block_bytes=block_bytes)
    k = len(found.sizes)
    if k < 2:
        return float("nan")
    worst = np.zeros(k)
    size = np.linalg.norm(found.centres, axis=1)
    for i in range(1, k):
        apart = np.linalg.norm(found.centres[:i] - found.centres[i], axis=1)
        same = apart <= _COINCIDE * (size[:i] + size[i])
        overlap = np.full(i, np.inf)
        np.divide(found.spread[:i] + found.spread[i], apart, out=overlap, where=~same)
        worst[i] = overlap.max()
        worst[:i] = np.maximum(worst[:i], overlap)
    return float(worst.mean())


def calinski_harabasz(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    moments: Moments | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Calinski-Harabasz score: variance between over variance within. Higher is better.

    ``CH = (B / (K - 1)) / (W / (N - K))``, with W the sum of squared distances to the centres and
    B that of the centres, counted once a row, to the overall mean.

    Parameters
    ----------
    X, labels, block_bytes
        As for `cluster_moments`.
    moments : Moments, optional
        What `cluster_moments` found for them, to save reading X again.

    Returns
    -------
    float
        From 0 upwards; NaN for fewer than two clusters, for as many clusters as rows and for
        constant data.

    Notes
    -----
    Equal to `sklearn.metrics.calinski_harabasz_score`, but for clusters without any spread: the
    score is then infinite, where scikit-learn says 1.

    References
    ----------
    Caliński, T., Harabasz, J. (1974): A dendrite method for cluster analysis. Communications in
    Statistics 3(1), 1-27.

    Examples
    --------
    >>> calinski_harabasz([[0.0], [2.0], [10.0], [14.0]], [0, 0, 1, 1])  # (121 / 1) / (10 / 2)
    24.2
    """
    found = moments or cluster_moments(X, labels, block_bytes=block_bytes)
    k = len(found.sizes)
    if k < 2:
        return float("nan")
    return ratio(found.between * (found.n - k), found.within * (k - 1))


def explained_variance_ratio(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    moments: Moments | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Share of the variance of X that the cluster means explain. Higher is better.

    ``B / (B + W)``, with B and W as for `calinski_harabasz`; η² of an analysis of variance. It
    never falls when a cluster is split, so compare it at equal K.

    Parameters
    ----------
    X, labels, block_bytes
        As for `cluster_moments`.
    moments : Moments, optional
        What `cluster_moments` found for them, to save reading X again.

    Returns
    -------
    float
        From 0 (one cluster) to 1 (clusters without spread); NaN for constant data.

    Examples
    --------
    >>> explained_variance_ratio([[0.0], [2.0], [10.0], [14.0]], [0, 0, 1, 1])  # 121 / 131
    0.9236...
    """
    found = moments or cluster_moments(X, labels, block_bytes=block_bytes)
    if not found.n:
        return float("nan")
    between = found.between
    return ratio(between, between + found.within)
