"""How unlike two latent sequences are: the choices of Deep Temporal Clustering.

Every function takes sequences x and y of shape (..., T', d), T' steps of d features, whose leading
axes broadcast, and gives a squared distance of the broadcast leading shape. The distance of two
series of one feature is that of the literature; the squared distance is the mean over the d
features. The paper has d = 1. With squares the Euclidean choice stays the Euclidean distance of
the flattened sequences, Student's t needs no root, and so no gradient is infinite at distance 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from keras import ops

#: Added to variances and complexities: a sequence whose own is far below counts as constant.
TINY = 1e-6


def euclidean(x: Any, y: Any) -> Any:
    """Squared Euclidean distance.

    ``d^2 = mean_f sum_t (x_tf - y_tf)^2``
    """
    return ops.mean(ops.sum(ops.square(x - y), axis=-2), axis=-1)


def correlation(x: Any, y: Any) -> Any:
    """Squared correlation-based distance (COR), from 0 to 4: blind to level and amplitude.

    ``d^2 = mean_f 2 (1 - r_f)``, r_f Pearson's correlation of feature f over the steps.

    `TINY` is added to the covariance as well as to both variances: r then stays within -1 and 1,
    two constant sequences are alike (r = 1), and a constant one and a varying one have r = 0.
    """
    x = x - ops.mean(x, axis=-2, keepdims=True)
    y = y - ops.mean(y, axis=-2, keepdims=True)
    spread_x = ops.sum(ops.square(x), axis=-2) + TINY
    spread_y = ops.sum(ops.square(y), axis=-2) + TINY
    # Not the root of the product, which the square of a tiny number would leave float32 for.
    r = (ops.sum(x * y, axis=-2) + TINY) * ops.rsqrt(spread_x) * ops.rsqrt(spread_y)
    # Rounding makes r of a sequence with itself a little more than 1.
    return ops.mean(2.0 * ops.maximum(1.0 - r, 0.0), axis=-1)


def complexity_invariant(x: Any, y: Any) -> Any:
    """Squared complexity-invariant distance (CID) of Batista et al. (2014).

    ``d^2 = mean_f ED_f^2 max(CE_f(x), CE_f(y))^2 / min(CE_f(x), CE_f(y))^2`` with the Euclidean
    distance ED and the complexity ``CE_f(x)^2 = sum_t (x_t+1,f - x_tf)^2``.

    `TINY` is added to both squared complexities.
    """
    squared_distance = ops.sum(ops.square(x - y), axis=-2)
    complexity_x, complexity_y = _squared_complexity(x), _squared_complexity(y)
    correction = ops.maximum(complexity_x, complexity_y) / ops.minimum(complexity_x, complexity_y)
    return ops.mean(squared_distance * correction, axis=-1)


def _squared_complexity(x: Any) -> Any:
    return ops.sum(ops.square(x[..., 1:, :] - x[..., :-1, :]), axis=-2) + TINY


def autocorrelation(x: Any, y: Any) -> Any:
    """Squared distance of the autocorrelation functions (ACF): blind to phase too.

    ``d^2 = mean_f sum_l (rho_lf(x) - rho_lf(y))^2`` over the lags l = 1 to T' - 1, with
    ``rho_lf(x) = sum_t x'_tf x'_t+l,f / sum_t x'_tf^2``, x' the departure from the mean over t.

    All lags have the same weight. `TINY` is added to the denominator: a constant sequence has no
    autocorrelation.
    """
    return ops.mean(
        ops.sum(ops.square(_autocorrelations(x) - _autocorrelations(y)), axis=-2), axis=-1
    )


def _autocorrelations(x: Any) -> Any:
    n_steps = x.shape[-2]
    x = x - ops.mean(x, axis=-2, keepdims=True)
    spread = ops.sum(ops.square(x), axis=-2) + TINY
    lagged = [
        ops.sum(x[..., lag:, :] * x[..., : n_steps - lag, :], axis=-2) for lag in range(1, n_steps)
    ]
    return ops.stack(lagged, axis=-2) / ops.expand_dims(spread, -2)


class Similarity(NamedTuple):
    """One row of the table of similarities.

    Attributes
    ----------
    squared_distance : callable
        Of sequences x and y.
    fewest_steps : int
        T' with which it says anything: the correlation of two steps is -1 or 1, and their
        autocorrelation -1/2.
    """

    squared_distance: Callable[[Any, Any], Any]
    fewest_steps: int


#: The table of similarities.
SIMILARITIES: Mapping[str, Similarity] = MappingProxyType(
    {
        "euclidean": Similarity(euclidean, 1),
        "correlation": Similarity(correlation, 3),
        "complexity-invariant": Similarity(complexity_invariant, 2),
        "autocorrelation": Similarity(autocorrelation, 3),
    }
)
