"""The label coordinate: CF flags, order by frequency, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

#: Name of the coordinate and of the dimension that composites have.
CLUSTER = "cluster"
#: Label of a time step that has none: the frame was missing.
NO_LABEL = -1


def order_by_frequency(labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Clusters from most to least frequent; ties keep their order, empty clusters come last.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (N,)
        Labels from 0 to K - 1; `NO_LABEL` is not counted.
    n_clusters : int
        K.

    Returns
    -------
    numpy.ndarray of int, shape (K,)
        ``order[new] = old``.

    Examples
    --------
    >>> order_by_frequency(np.array([2, 2, 0, 2, 0, -1]), 3).tolist()
    [2, 0, 1]
    """
    counts = np.bincount(labels[labels >= 0], minlength=n_clusters)
    return np.argsort(-counts, kind="stable")


def label_variable(
    labels: Any,
    dims: Sequence[str],
    n_clusters: int,
    provenance: Mapping[str, str | int | float],
) -> xr.Variable:
    """Dress integer labels as a CF flag variable.

    Parameters
    ----------
    labels : numpy.ndarray or dask.array.Array of int, shape (T,) or (members, T)
        Labels from 0 to K - 1, or `NO_LABEL`; the flags declare it whether it occurs or not, which
        of Dask's labels nobody knows before they are computed.
    dims : sequence of str
        Names of the dimensions.
    n_clusters : int
        K.
    provenance : mapping
        Attributes that say where the labels come from; strings and numbers, as files hold them.
    """
    meanings = ["no_label", *(f"regime_{k}" for k in range(n_clusters))]
    # No _FillValue: decoding one would turn the labels into floating point numbers.
    attrs = {
        "long_name": "cluster label",
        "flag_values": np.array([NO_LABEL, *range(n_clusters)], dtype=np.int32),
        "flag_meanings": " ".join(meanings),
        "comment": "numbered by falling frequency in the data of the fit",
        **provenance,
    }
    return xr.Variable(tuple(dims), labels.astype(np.int32), attrs)
