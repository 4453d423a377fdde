"""The table of metrics, and several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

from xdsc.arguments import listing
from xdsc.catalogue import Catalogue
from xdsc.errors import ParameterError, Problems, message, nearest
from xdsc.metrics import agreement, centres, pairs
from xdsc.metrics.inputs import BLOCK_BYTES
from xdsc.metrics.pairs import MAX_SAMPLES

Direction: TypeAlias = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One row of `METRICS`.

    Attributes
    ----------
    title : str
        Name for tables and axes.
    function : callable
        ``function(X, labels, **options)``, or ``function(truth, labels)``.
    direction : {"higher", "lower"}
        What is better.
    range : tuple of float
        Lowest and highest value.
    reads : {"moments", "euclidean", "cosine", "truth"}
        What it is made from: the moments of the clusters, distances between the rows, or the true
        labels. Metrics that read the same share the work in `scores`.
    options : mapping
        Keyword arguments that make it this metric.
    """

    title: str
    function: Callable[..., float]
    direction: Direction
    range: tuple[float, float]
    reads: Literal["moments", "euclidean", "cosine", "truth"]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def needs(self) -> Literal["data", "truth"]:
        """Whether its first argument is X or the true labels."""
        return "truth" if self.reads == "truth" else "data"


@dataclass(frozen=True)
class Score:
    """The value of a metric, and how it was found.

    Attributes
    ----------
    value : float
        NaN where the metric has none, e.g. a silhouette of one cluster.
    direction : {"higher", "lower"}
        What is better.
    sampled : bool
        Whether it comes from a sample of the labelled rows.
    n_used : int
        Number of rows that it comes from.
    """

    value: float
    direction: Direction
    sampled: bool
    n_used: int

    def __float__(self) -> float:
        return self.value


_PUBLISHED = MappingProxyType({"convention": "published"})
_COSINE = MappingProxyType({"distance": "cosine"})
_UNIT, _POSITIVE = (0.0, 1.0), (0.0, inf)

#: Name -> metric. A new metric is one function and one row here.
METRICS: Mapping[str, Metric] = Catalogue(
    {
        "silhouette": Metric("Silhouette", pairs.silhouette, "higher", (-1.0, 1.0), "euclidean"),
        "silhouette_cosine": Metric(
            "Silhouette (cosine)", pairs.silhouette, "higher", (-1.0, 1.0), "cosine", _COSINE
        ),
        "davies_bouldin": Metric(
            "Davies-Bouldin", centres.davies_bouldin, "lower", _POSITIVE, "moments"
        ),
        "calinski_harabasz": Metric(
            "Calinski-Harabasz", centres.calinski_harabasz, "higher", _POSITIVE, "moments"
        ),
        "explained_variance_ratio": Metric(
            "Explained variance ratio", centres.explained_variance_ratio, "higher", _UNIT, "moments"
        ),
        "rmse_mean": Metric("RMSE_mean", centres.rmse_mean, "lower", _POSITIVE, "moments"),
        "average_variance": Metric(
            "Average variance", centres.average_variance, "lower", _POSITIVE, "moments"
        ),
        "average_variance_published": Metric(
            "Average variance (published code)",
            centres.average_variance,
            "lower",
            _POSITIVE,
            "moments",
            _PUBLISHED,
        ),
        "average_intercluster_distance": Metric(
            "Average inter-cluster distance",
            pairs.average_intercluster_distance,
            "higher",
            _POSITIVE,
            "euclidean",
        ),
        "average_intercluster_distance_published": Metric(
            "Average inter-cluster distance (published code)",
            pairs.average_intercluster_distance,
            "higher",
            _POSITIVE,
            "euclidean",
            _PUBLISHED,
        ),
        "adjusted_rand_index": Metric(
            "Adjusted Rand index", agreement.adjusted_rand_index, "higher", (-0.5, 1.0), "truth"
        ),
        "adjusted_mutual_information": Metric(
            "Adjusted mutual information",
            agreement.adjusted_mutual_information,
            "higher",
            (-inf, 1.0),
            "truth",
        ),
        "v_measure": Metric("V-measure", agreement.v_measure, "higher", _UNIT, "truth"),
        "matched_accuracy": Metric(
            "Matched accuracy", agreement.matched_accuracy, "higher", _UNIT, "truth"
        ),
    }
)


def scores(
    X: npt.ArrayLike | None,
    labels: npt.ArrayLike,
    *,
    metrics: str | Iterable[str] | None = None,
    truth: npt.ArrayLike | None = None,
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> dict[str, Score]:
    """Compute several metrics, reading X as few times as they allow.

    Parameters
    ----------
    X : array-like of float, shape (T, F), or None
        Data, one row for each label; a memmap is read in blocks. None for metrics of truth only.
    labels : array-like, shape (T,)
        Cluster of each row; negative, NaN or None for rows to leave out.
    metrics : str or iterable of str, optional
        Names in `METRICS`. By default all that X and truth allow.
    truth : array-like, shape (T,), optional
        Labels that are known to be right.
    max_samples : int or None, default `MAX_SAMPLES`
        Labelled rows past which silhouettes and inter-cluster distances come from a sample.
    random_state : int, default 0
        Seed of the sample.
    block_bytes : int, default `BLOCK_BYTES`
        Size of a block of X in float64, in bytes; the peak is some five blocks, besides the
        centres (K × F).

    Returns
    -------
    dict of str to Score
        In the order of `metrics`.

    Raises
    ------
    ParameterError
        A metric is unknown or lacks what it needs, lengths differ, or X has gaps.

    Examples
    --------
    >>> found = scores([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1], metrics=["rmse_mean"])
    >>> found["rmse_mean"]
    Score(value=0.5, direction='lower', sampled=False, n_used=4)
    """
    given = {"data": X is not None, "truth": truth is not None}
    if metrics is None:
        names = [name for name, row in METRICS.items() if given[row.needs]]
    else:
        names = [metrics] if isinstance(metrics, str) else listing(metrics) or [metrics]
    _check_names(names, given)

    moments: centres.Moments | None = None
    distances: dict[pairs.Distance, pairs.PairDistances] = {}
    found = {}
    for name in names:
        row = METRICS[name]
        sampled = False
        if row.reads == "truth":
            assert truth is not None
            value = row.function(truth, labels, **row.options)
            n_used = len(agreement.common_rows(truth, labels)[0])
        elif row.reads == "moments":
            assert X is not None
            moments = moments or centres.cluster_moments(X, labels, block_bytes=block_bytes)
            value = row.function(X, labels, moments=moments, **row.options)
            n_used = moments.n
        else:
            assert X is not None
            if row.reads not in distances:
                distances[row.reads] = pairs.pair_distances(
                    X,
                    labels,
                    distance=row.reads,
                    max_samples=max_samples,
                    random_state=random_state,
                    block_bytes=block_bytes,
                )
            among = distances[row.reads]
            value = row.function(X, labels, pairs=among, **row.options)
            n_used, sampled = among.n, among.sampled
        found[name] = Score(value, row.direction, sampled, n_used)
    return found


def _check_names(names: list[str], given: Mapping[str, bool]) -> None:
    problems = Problems()
    for name in names:
        asked: Any = name
        if not isinstance(asked, str) or asked not in METRICS:
            near = nearest(name, METRICS)
            remedy = f"write {near!r}" if near else "choose some, as metrics=['silhouette']"
            problems.add(message(f"metrics among {', '.join(METRICS)}", f"{name!r:.100}", remedy))
        elif not given[METRICS[name].needs]:
            needs = METRICS[name].needs
            argument = "X" if needs == "data" else "truth"
            problems.add(message(f"{argument} for {name!r}", "none", f"pass {argument}="))
    problems.raise_if_any(ParameterError)
