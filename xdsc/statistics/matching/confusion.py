"""One labelling against another."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.metrics.agreement import adjusted_mutual_information, adjusted_rand_index
from xdsc.statistics.sequence.pairing import cross_table, second_series, shared_codes
from xdsc.statistics.sequence.series import label_series

_ONE = {"units": "1"}


def confusion(
    ds: xr.Dataset | xr.DataArray,
    other: str | xr.Dataset | xr.DataArray | npt.ArrayLike,
    labels: str | xr.DataArray | npt.ArrayLike = CLUSTER,
    *,
    time: str | None = None,
) -> xr.Dataset:
    """How two labellings of the same time steps agree.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone, ([member,] time), whoever made them.
    other : Dataset, DataArray, str or array-like
        Another labelled Dataset, other labels, or their name in `ds`. Time steps and members are
        those that both have, by their coordinates.
    labels : str, DataArray or array-like of shape (T,), default "cluster"
        The regime of each time step, as for `composites`.
    time : str, optional
        Name of the dimension of time, where it cannot be told.

    Returns
    -------
    Dataset
        Along ``cluster`` and ``other_cluster``: ``n_frames``, how often the two meet where both
        have a label, and ``share`` of that in the time steps of ``cluster``; with
        ``adjusted_rand_index`` and ``adjusted_mutual_information``, which are 1 where both part the
        time steps alike, whatever the numbers, and 0 by chance.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    ParameterError
        `labels` do not fit `ds`.
    InputError
        They share no time step, or none has a label.

    References
    ----------
    Hubert, L., Arabie, P. (1985): Comparing partitions. Journal of Classification 2, 193-218.
    Vinh, N. X., Epps, J., Bailey, J. (2010): Information theoretic measures for clusterings
    comparison. Journal of Machine Learning Research 11, 2837-2854.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> one = xr.DataArray([0, 0, 1, 1, 1], dims="time")
    >>> found = xdsc.confusion(one, xr.DataArray([5, 5, 3, 3, 5], dims="time"))
    >>> found.n_frames.values.tolist()
    [[0, 2], [2, 1]]
    """
    ours = label_series(ds, labels, time)
    theirs = second_series(ds, other, labels if isinstance(labels, str) else CLUSTER, time)
    a, b = shared_codes(ours, theirs)
    table = cross_table(a, b, (len(ours.regimes), len(theirs.regimes)))
    total = table.sum(axis=1, keepdims=True)
    dims = (CLUSTER, "other_cluster")
    found: dict[str, Any] = {
        "n_frames": (dims, table, {"long_name": "number of time steps"} | _ONE),
        "share": (
            dims,
            table / np.where(total > 0, total, np.nan),
            {"long_name": "share of the time steps of the regime"} | _ONE,
        ),
    }
    for name, score in (
        ("adjusted_rand_index", adjusted_rand_index),
        ("adjusted_mutual_information", adjusted_mutual_information),
    ):
        found[name] = ((), score(a, b), {"long_name": name.replace("_", " ")} | _ONE)
    coordinates = ours.coordinates() | theirs.coordinates("other_cluster")
    return xr.Dataset(found, coordinates, {"n_times": int(table.sum())})
