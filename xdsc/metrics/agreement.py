"""Metrics against labels that are known to be right. The names of the clusters do not matter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from xdsc.errors import ParameterError, message, quiet_where
from xdsc.metrics.inputs import Integers, codes_of


def adjusted_rand_index(truth: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Adjusted Rand index: pairs of rows that both put together or apart. Higher is better.

    ``ARI = (RI - E[RI]) / (max RI - E[RI])``, scikit-learn's `adjusted_rand_score`.

    Parameters
    ----------
    truth, labels : array-like of int, float or str, shape (T,)
        Rows where either is negative, NaN or None are left out.

    Returns
    -------
    float
        From -0.5 to 1; 0 is what chance gives. NaN without a row that has both.

    Raises
    ------
    ParameterError
        They have different lengths.

    References
    ----------
    Hubert, L., Arabie, P. (1985): Comparing partitions. Journal of Classification 2, 193-218.

    Examples
    --------
    >>> adjusted_rand_index([0, 0, 1, 1, -1], [5, 5, 3, 3, 3])
    1.0
    """
    from sklearn.metrics import adjusted_rand_score

    return _agreement(adjusted_rand_score, truth, labels)


def adjusted_mutual_information(truth: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mutual information adjusted for chance (AMI). Higher is better.

    ``AMI = (I - E[I]) / ((H(truth) + H(labels)) / 2 - E[I])``, scikit-learn's
    `adjusted_mutual_info_score`.

    Parameters
    ----------
    truth, labels : array-like of int, float or str, shape (T,)
        Rows where either is negative, NaN or None are left out.

    Returns
    -------
    float
        Up to 1; 0 is what chance gives. NaN without a row that has both.

    Raises
    ------
    ParameterError
        They have different lengths.

    References
    ----------
    Vinh, N. X., Epps, J., Bailey, J. (2010): Information theoretic measures for clusterings
    comparison. Journal of Machine Learning Research 11, 2837-2854.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    return _agreement(adjusted_mutual_info_score, truth, labels)


def v_measure(truth: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """V-measure: harmonic mean of homogeneity and completeness. Higher is better.

    ``V = 2 h c / (h + c)``, with ``h = 1 - H(truth | labels) / H(truth)`` and c the other way
    round; scikit-learn's `v_measure_score`. Not adjusted for chance: it grows with K.

    Parameters
    ----------
    truth, labels : array-like of int, float or str, shape (T,)
        Rows where either is negative, NaN or None are left out.

    Returns
    -------
    float
        From 0 to 1. NaN without a row that has both.

    Raises
    ------
    ParameterError
        They have different lengths.

    References
    ----------
    Rosenberg, A., Hirschberg, J. (2007): V-measure: a conditional entropy-based external cluster
    evaluation measure. EMNLP-CoNLL, 410-420.
    """
    from sklearn.metrics import v_measure_score

    return _agreement(v_measure_score, truth, labels)


def matched_accuracy(truth: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Share of rows that are right under the best one-to-one matching. Higher is better.

    ``max_m 1/N sum_i [truth_i = m(labels_i)]`` over all ways m to give each cluster a true one of
    its own (Hungarian algorithm). Clusters that are left over are wrong. Memory: K × K numbers.

    Parameters
    ----------
    truth, labels : array-like of int, float or str, shape (T,)
        Rows where either is negative, NaN or None are left out.

    Returns
    -------
    float
        From 0 to 1. NaN without a row that has both.

    Raises
    ------
    ParameterError
        They have different lengths.

    References
    ----------
    Kuhn, H. W. (1955): The Hungarian method for the assignment problem. Naval Research Logistics
    Quarterly 2, 83-97.

    Examples
    --------
    >>> matched_accuracy([0, 0, 0, 1, 1], [7, 7, 2, 2, 3])  # 7 is 0, and 2 or 3 is 1
    0.6
    """
    return _agreement(_matched_accuracy, truth, labels)


def common_rows(truth: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Integers, Integers]:
    """Codes of both where a row has both.

    Raises
    ------
    ParameterError
        They have different lengths.
    """
    true, found = codes_of(truth), codes_of(labels)
    if len(true) != len(found):
        raise ParameterError(
            message(
                f"{len(true)} labels, one for each of the truth",
                f"{len(found)} labels",
                "select the same time steps in both",
            )
        )
    both = (true >= 0) & (found >= 0)
    return true[both], found[both]


def _agreement(
    score: Callable[[Integers, Integers], float], truth: npt.ArrayLike, labels: npt.ArrayLike
) -> float:
    true, found = common_rows(truth, labels)
    if not len(true):
        return float("nan")
    # Many clusters of few members are a fair question here, not a mistaken regression.
    many = 2 * max(len(np.unique(true)), len(np.unique(found))) > len(true)
    with quiet_where(many, UserWarning, "The number of unique classes is greater"):
        return float(score(true, found))


def _matched_accuracy(true: Integers, found: Integers) -> float:
    from scipy.optimize import linear_sum_assignment

    shape = (int(true.max()) + 1, int(found.max()) + 1)
    together = np.bincount(true * shape[1] + found, minlength=shape[0] * shape[1]).reshape(shape)
    return float(together[linear_sum_assignment(together, maximize=True)].sum() / len(true))
