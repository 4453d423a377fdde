"""How good a clustering is: plain functions of arrays.

``metric(X, labels)`` judges labels by the data, ``metric(truth, labels)`` by labels that are known
to be right. `METRICS` is the table of them, `scores` computes several at once and says how.

- Labels are integers or strings. Negative ones, NaN and None mean "no regime": such rows are left
  out of everything. Clusters are those that occur, whatever the gaps in their numbering.
- What has no value (a silhouette of one cluster, anything of no labelled row) is NaN, not an
  error: a table over many methods keeps its row.
- X is read in blocks, so it may be a memmap, and float32 is never copied to float64 as a whole.
"""

from xdsc.metrics.agreement import (
    adjusted_mutual_information,
    adjusted_rand_index,
    matched_accuracy,
    v_measure,
)
from xdsc.metrics.centres import (
    average_variance,
    calinski_harabasz,
    cluster_moments,
    davies_bouldin,
    explained_variance_ratio,
    rmse_mean,
)
from xdsc.metrics.inputs import BLOCK_BYTES
from xdsc.metrics.pairs import (
    MAX_SAMPLES,
    average_intercluster_distance,
    pair_distances,
    silhouette,
)
from xdsc.metrics.table import METRICS, Metric, Score, scores

__all__ = [
    "BLOCK_BYTES",
    "MAX_SAMPLES",
    "METRICS",
    "Metric",
    "Score",
    "adjusted_mutual_information",
    "adjusted_rand_index",
    "average_intercluster_distance",
    "average_variance",
    "calinski_harabasz",
    "cluster_moments",
    "davies_bouldin",
    "explained_variance_ratio",
    "matched_accuracy",
    "pair_distances",
    "rmse_mean",
    "scores",
    "silhouette",
    "v_measure",
]
