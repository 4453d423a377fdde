"""Metrics of the distances between rows: quadratic in their number, so sampled past a size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from xdsc.arguments import in_range, one_of
from xdsc.errors import ParameterError, message
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
    slices,
    take,
)

#: Labelled rows up to which all pairs are read; past it a sample of this size is.
MAX_SAMPLES = 5000

Distance: TypeAlias = Literal["euclidean", "cosine"]

# Squared distances this small, relative to the squared lengths, are rounding of zero: a Gram
# matrix in float64 cannot tell more, and equal frames must have distance 0.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class PairDistances:
    """What metrics need of the distances among n rows in K clusters, the rows sorted by cluster.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Cluster of each row, ascending.
    totals : numpy.ndarray of float64, shape (n, K)
        Sum of the distances of a row to the rows of a cluster.
    nearest : numpy.ndarray of float64, shape (K, K)
        Smallest distance between rows of two clusters; the diagonal means nothing.
    widest : numpy.ndarray of float64, shape (K,)
        Largest distance between two rows of a cluster.
    weights : numpy.ndarray of float64, shape (K,)
        Share of each cluster among all labelled rows, those outside the sample included.
    sampled : bool
        Whether the n rows are a sample.
    """

    codes: Integers
    totals: Floats
    nearest: Floats
    widest: Floats
    weights: Floats
    sampled: bool

    @property
    def n(self) -> int:
        """Number of rows that were read."""
        return len(self.codes)

    def silhouettes(self) -> Floats:
        """Silhouette coefficient of each row, (n,), with K of at least 2; see `silhouette`."""
        sizes, row = np.bincount(self.codes), np.arange(self.n)
        own = self.totals[row, self.codes] / np.maximum(sizes[self.codes] - 1, 1)
        others = self.totals / sizes
        others[row, self.codes] = np.inf
        other = others.min(axis=1)
        larger = np.maximum(own, other)
        values = np.zeros(self.n)
        defined = (sizes[self.codes] > 1) & (larger > 0)
        np.divide(other - own, larger, out=values, where=defined)
        return values


def pair_distances(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    distance: Distance = "euclidean",
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> PairDistances:
    """Summarise the distances among rows, from Gram matrices in float64 of one block by another.

    Several metrics come from one result: pass it to them as ``pairs=``. Memory: n × K + K × K
    numbers, and a few blocks. Time: n² F / 2 multiplications.

    Parameters
    ----------
    X : array-like of float, shape (T, F)
        Data, one row for each label; a memmap is read in blocks.
    labels : array-like, shape (T,)
        Cluster of each row; negative, NaN or None for rows to leave out.
    distance : {"euclidean", "cosine"}, default "euclidean"
        "cosine" is ``1 - x·y / (|x| |y|)``; a row of zeros is at 1 from every other.
    max_samples : int or None, default `MAX_SAMPLES`
        With more labelled rows than this, a random sample of at most this size is read: from each
        cluster a share after its size, and two members or more where it has them. None: all rows.
    random_state : int, default 0
        Seed of the sample.
    block_bytes : int, default `BLOCK_BYTES`
        Size of a block of X in float64, in bytes.

    Raises
    ------
    ParameterError
        X and labels have different lengths, X has gaps in sampled rows, `distance` is unknown, or
        `max_samples` is too small for two members of each cluster.
    """
    one_of("distance", distance, get_args(Distance))
    if max_samples is not None:
        in_range("max_samples", max_samples, 1, default=5000, whole=True)
    in_range("random_state", random_state, 0, 2**32 - 1, default=0, whole=True)
    X = as_rows(X)
    clusters = Partition.of(labels, len(X))
    chosen = _sample(clusters, max_samples, random_state)
    # Sorted by cluster, so that each is one piece of every block.
    chosen = chosen[np.argsort(clusters.codes[chosen], kind="stable")]
    rows, codes = clusters.rows[chosen], clusters.codes[chosen]
    # A block of distances has to fit as well.
    length = min(block_length(X.shape[1], block_bytes), max(1, math.isqrt(block_bytes // 8)))
    blocks = list(slices(len(rows), length))
    origin = np.zeros(X.shape[1]) if distance == "cosine" else _mean(X, rows, blocks)

    k = len(clusters)
    totals, nearest, widest = np.zeros((len(rows), k)), np.full((k, k), np.inf), np.zeros(k)
    for number, i in enumerate(blocks):
        a = _prepare(take(X, rows[i]), origin, distance)
        rows_at, rows_in = _pieces(codes[i])
        for j in blocks[number:]:
            b = a if i == j else _prepare(take(X, rows[j]), origin, distance)
            columns_at, columns_in = _pieces(codes[j])
            block = _distances(a, b, distance)
            if i == j:
                np.fill_diagonal(block, 0.0)
            totals[i, columns_in] += np.add.reduceat(block, columns_at, axis=1)
            if i != j:
                totals[j, rows_in] += np.add.reduceat(block, rows_at, axis=0).T
            least = np.minimum.reduceat(block, columns_at, axis=1)
            least = np.minimum.reduceat(least, rows_at, axis=0)
            pair = np.ix_(rows_in, columns_in)
            nearest[pair] = np.minimum(nearest[pair], least)
            most = np.maximum.reduceat(block, columns_at, axis=1)
            most = np.maximum.reduceat(most, rows_at, axis=0)
            both, row, column = np.intersect1d(rows_in, columns_in, return_indices=True)
            widest[both] = np.maximum(widest[both], most[row, column])
    return PairDistances(
        codes=codes,
        totals=totals,
        nearest=np.minimum(nearest, nearest.T),
        widest=widest,
        weights=clusters.sizes / max(1, len(clusters.rows)),
        sampled=len(rows) < len(clusters.rows),
    )


def silhouette(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    distance: Distance = "euclidean",
    pairs: PairDistances | None = None,
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Mean silhouette coefficient. Higher is better.

    ``s = (b - a) / max(a, b)``, with a the mean distance of a row to the others of its cluster,
    and b that to the rows of the nearest other cluster. A row alone in its cluster, or equal to
    all of both clusters, has s = 0. The paper's published code uses ``distance="cosine"``.

    Parameters
    ----------
    X, labels, distance, max_samples, random_state, block_bytes
        As for `pair_distances`. From a sample, clusters count by their size in the whole.
    pairs : PairDistances, optional
        What `pair_distances` found for them, to save reading X again.

    Returns
    -------
    float
        From -1 to 1; NaN for fewer than two clusters.

    Notes
    -----
    Equal to `sklearn.metrics.silhouette_score` where nothing is sampled, and 0 for as many
    clusters as rows, where that raises.

    References
    ----------
    Rousseeuw, P. J. (1987): Silhouettes: a graphical aid to the interpretation and validation of
    cluster analysis. Journal of Computational and Applied Mathematics 20, 53-65.

    Examples
    --------
    >>> silhouette([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1])  # (7/9 + 5/7) / 2
    0.746...
    """
    found = pairs or pair_distances(
        X,
        labels,
        distance=distance,
        max_samples=max_samples,
        random_state=random_state,
        block_bytes=block_bytes,
    )
    if len(found.weights) < 2:
        return float("nan")
    means = np.bincount(found.codes, found.silhouettes()) / np.bincount(found.codes)
    return float(found.weights @ means)


def average_intercluster_distance(
    X: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    convention: Convention = "equation",
    pairs: PairDistances | None = None,
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> float:
    """Mean over all pairs of clusters of the distance between them (equation 9). Higher is better.

    ``D_ab = min_{x in C_a, y in C_b} |x - y|``, and the mean over the K (K - 1) / 2 pairs.

    Parameters
    ----------
    X, labels, max_samples, random_state, block_bytes
        As for `pair_distances`. From a sample, smallest distances come out too large and largest
        too small: compare samples of one size only.
    convention : {"equation", "published"}, default "equation"
        "published" is what the paper's code computes: the mean of the whole K × K matrix of D,
        with the largest distance inside cluster a as ``D_aa``. It also grows as clusters widen.
    pairs : PairDistances, optional
        What `pair_distances` found for them, with Euclidean distance.

    Returns
    -------
    float
        From 0 upwards. For one cluster NaN, and its largest distance when "published"; NaN
        without any labelled row.

    Examples
    --------
    >>> X, labels = [[0.0], [1.0], [4.0], [6.0], [9.0]], [0, 0, 1, 1, 2]
    >>> average_intercluster_distance(X, labels)  # (3 + 8 + 3) / 3
    4.666...
    >>> average_intercluster_distance(X, labels, convention="published")  # (2 * 14 + 1 + 2) / 9
    3.444...
    """
    check_convention(convention)
    found = pairs or pair_distances(
        X, labels, max_samples=max_samples, random_state=random_state, block_bytes=block_bytes
    )
    k = len(found.weights)
    if convention == "published" and k:
        return float(np.where(np.eye(k, dtype=bool), found.widest, found.nearest).mean())
    if k < 2:
        return float("nan")
    return float(found.nearest[np.triu_indices(k, 1)].mean())


def _sample(clusters: Partition, max_samples: int | None, random_state: int) -> Integers:
    """Positions among the labelled rows, ascending; the same whatever the clusters are called."""
    n = len(clusters.rows)
    if max_samples is None or n <= max_samples:
        return np.arange(n)
    least = np.minimum(clusters.sizes, 2)
    spare = max_samples - int(least.sum())
    if spare < 0:
        raise ParameterError(
            message(
                f"max_samples of {least.sum()} or more, for two members of each cluster",
                f"{max_samples}",
                "raise it, or pass None to read all pairs",
            )
        )
    quota = least + spare * (clusters.sizes - least) // max(1, n - int(least.sum()))
    # Each row draws a key of its own, and each cluster takes its smallest keys.
    keys = np.random.default_rng(random_state).random(n)
    order = np.lexsort((keys, clusters.codes))
    rank = np.arange(n) - np.repeat(np.cumsum(clusters.sizes) - clusters.sizes, clusters.sizes)
    return np.sort(order[rank < quota[clusters.codes[order]]])


def _mean(X: np.ndarray, rows: Integers, blocks: list[slice]) -> Floats:
    """Mean row: distances from Gram matrices keep more digits without it."""
    total = np.zeros(X.shape[1])
    with np.errstate(invalid="ignore"):
        for block in blocks:
            total += take(X, rows[block]).sum(axis=0, dtype="float64")
    return total / max(1, len(rows))


def _prepare(block: np.ndarray, origin: Floats, distance: Distance) -> Floats:
    """Rows in float64: relative to `origin`, of length 1 for the cosine."""
    with np.errstate(invalid="ignore"):
        prepared: Floats = block - origin
        check_finite(prepared.sum(axis=0))
    if distance == "cosine":
        # By the largest value first: squares of very small or large values are zero or infinite.
        largest = np.maximum(prepared.max(axis=1), -prepared.min(axis=1))
        prepared /= np.where(largest > 0, largest, 1.0)[:, None]
        length = np.linalg.norm(prepared, axis=1)
        prepared /= np.where(length > 0, length, 1.0)[:, None]
    return prepared


def _distances(a: Floats, b: Floats, distance: Distance) -> Floats:
    """Distances of the rows of two prepared blocks, shape (len(a), len(b))."""
    squared_a, squared_b = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    lengths = squared_a[:, None] + squared_b
    distances: Floats = a @ b.T
    distances *= -2.0
    distances += lengths
    distances[distances <= _ROUNDING * lengths] = 0.0
    if distance == "euclidean":
        return np.sqrt(distances, out=distances)
    # For unit vectors 1 - x·y is half the squared distance.
    distances /= 2.0
    distances[squared_a == 0] = 1.0
    distances[:, squared_b == 0] = 1.0
    return distances


def _pieces(codes: Integers) -> tuple[Integers, Integers]:
    """Starts of the clusters in a sorted block, and which they are."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return starts, codes[starts]
