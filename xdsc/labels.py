"""The label coordinate: CF flags, order by frequency, provenance; and labels made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import find_axes
from xdsc.cf.units import dequantified
from xdsc.errors import NotFittedError, ParameterError, message

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


def labels_of(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike,
    time: str | None = None,
    *,
    argument: Literal["labels", "truth", "embedding"] = "labels",
    members: bool = False,
) -> xr.DataArray:
    """Labels in memory, shape (T,), on the time dimension of `ds`.

    Parameters
    ----------
    ds : Dataset
        With a time dimension of T steps.
    labels : str, DataArray or array-like of shape (T,)
        As for `composites`.
    time : str, optional
        As for `composites`.
    argument : {"labels", "truth", "embedding"}, default "labels"
        What the errors call them.
    members : bool, default False
        Whether labels with a dimension of members are welcome as well, shape (members, T).

    Raises
    ------
    NotFittedError, ParameterError
        As for `composites`.
    """
    found = aligned_labels(dequantified(ds), labels, time, argument, members)  # time may be pint's
    return found.copy(data=found.values)


def aligned_labels(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike,
    time: str | None,
    argument: Literal["labels", "truth", "embedding"],
    members: bool,
) -> xr.DataArray:
    """Labels on the time dimension of `ds`, NumPy or Dask; see `labels_of`."""
    words = {"labels": "labels", "truth": "true labels", "embedding": "embeddings"}[argument]
    if isinstance(labels, str):
        labels = _named(ds, labels, argument)
    given = labels if isinstance(labels, xr.DataArray) else xr.DataArray(labels)
    if given.ndim == 2 and set(given.dims) <= set(ds.dims):
        return _of_members(ds, given, words, time, members)
    if given.ndim != 1:
        raise ParameterError(
            message(
                f"{words} of shape (T,), one for each time step",
                f"shape {given.shape}",
                "pass one label a step, e.g. membership.argmax('cluster')",
            )
        )
    # Labels with a dimension of the Dataset say themselves what time is.
    if isinstance(labels, xr.DataArray) and given.dims[0] in ds.dims:
        time = str(given.dims[0])
    elif time not in ds.dims:
        time = find_axes(ds, time=time).time
    remedy = f"select the same time steps in the Dataset and in the {words}"
    if given.size != ds.sizes[time]:
        raise ParameterError(
            message(f"{ds.sizes[time]} {words}, one a time step", f"{given.size} {words}", remedy)
        )
    if {time} <= set(given.indexes) & set(ds.indexes) and not given.indexes[time].equals(
        ds.indexes[time]
    ):
        raise ParameterError(
            message(
                f"{words} at the time steps of the Dataset (from {ds.indexes[time][0]})",
                f"{words} at other times (from {given.indexes[time][0]})",
                f"{remedy}, e.g. {argument}.reindex({time}=ds[{time!r}])",
            )
        )
    return xr.DataArray(given.data, dims=time, name=given.name, attrs=given.attrs)


def _of_members(
    ds: xr.Dataset, labels: xr.DataArray, words: str, time: str | None, members: bool
) -> xr.DataArray:
    """Labels in memory, shape (members, T)."""
    axes = find_axes(ds, time=time if time in ds.dims else None)
    if set(labels.dims) != set(axes.samples) or not members:
        other = next(dim for dim in labels.dims if dim != axes.time)
        raise ParameterError(
            message(
                f"{words} of shape (T,), one for each time step",
                f"{words} with the dimensions {labels.dims}",
                f"select one, ds.isel({other}=0)",
            )
        )
    labels = labels.transpose(*axes.samples)
    if labels.shape != (shape := tuple(ds.sizes[dim] for dim in axes.samples)):
        raise ParameterError(
            message(
                f"{words} of shape {shape}, as the Dataset",
                f"shape {labels.shape}",
                f"select the same members and time steps in the Dataset and in the {words}",
            )
        )
    return xr.DataArray(labels.data, dims=labels.dims, name=labels.name, attrs=labels.attrs)


def _named(ds: xr.Dataset, name: str, argument: str) -> xr.DataArray:
    """The labels called `name` in `ds`."""
    if name in ds.variables:
        return ds[name]
    if name == CLUSTER and argument == "labels":
        raise NotFittedError(
            message(
                f"labels in the coordinate {CLUSTER!r}",
                f"a Dataset with the coordinates {list(map(str, ds.coords))}",
                "call ds = ds.dsc.fit(k=...) first, or pass labels=...",
            )
        )
    raise ParameterError(
        message(
            f"{argument}= as a name in the Dataset, or the labels themselves",
            f"{name!r}",
            f"choose one of {[str(n) for n, v in ds.variables.items() if v.ndim == 1]}",
        )
    )
