"""The label coordinate: CF flags, order by frequency, provenance; and labels made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.alignment import aligned
from xdsc.arguments import check_name
from xdsc.cf import find_axes, text_of
from xdsc.cf.units import dequantified
from xdsc.errors import NotFittedError, ParameterError, advice, message, reading

#: Name of the coordinate and of the dimension that composites have.
CLUSTER = "cluster"
#: Label of a time step that has none: the frame was missing.
NO_LABEL = -1
#: Flag meaning of the class of time steps that are known, and known to be in no regime.
NO_REGIME = "no_regime"
#: Attributes of labels: how the data of their fit were prepared, as JSON, and their time steps.
PREPARATION, FIT_PERIOD = "xdsc_preparation", "xdsc_fit_period"

# What labels are asked for as, and what the errors then call them.
_WORDS = {"labels": "labels", "truth": "true labels", "embedding": "embeddings"}
# What a label may be, where an array holds them as Python's, and the largest number.
_LABELS = (str, int, float, bool, np.generic, pd.Timestamp)
_LARGEST = 2**31 - 1


def preparation_of(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """How the data of the fit were prepared, by the attributes of labels; empty where not said."""
    try:
        return dict(json.loads(str(attrs.get(PREPARATION, "{}"))))
    except (TypeError, ValueError):
        return {}


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
    provenance: Mapping[str, Any],
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
        Attributes that say where the labels come from, strings and numbers, as files hold them; or
        other flags.
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


def flag_values(attrs: Mapping[Any, Any]) -> list[Any]:
    """CF flag values; none where the attribute is no list of numbers or texts.

    Examples
    --------
    >>> flag_values({"flag_values": np.array([0, 1])}), flag_values({"flag_values": [[0], "x"]})
    ([0, 1], [])
    """
    given = attrs.get("flag_values", [])
    flags = np.ravel(given).tolist() if isinstance(given, np.ndarray) else given
    flags = list(flags) if isinstance(flags, list | tuple) else [flags]
    good = all(isinstance(flag, int | float | str | np.integer) for flag in flags)
    return flags if good else []


def flag_meanings(attrs: Mapping[Any, Any]) -> dict[Any, str]:
    """CF flag value -> meaning; empty where the attributes are no such flags.

    Examples
    --------
    >>> flag_meanings({"flag_values": [0, 1], "flag_meanings": "NAO+ NAO-"})
    {0: 'NAO+', 1: 'NAO-'}
    """
    return dict(zip(flag_values(attrs), text_of(attrs, "flag_meanings").split(), strict=False))


def names_of(regimes: Sequence[Any], attrs: Mapping[Any, Any]) -> list[str]:
    """Name of each regime: its CF flag meaning, else its label.

    Examples
    --------
    >>> names_of([0, 2], {"flag_values": [0, 1], "flag_meanings": "NAO+ Atlantic_ridge"})
    ['NAO+', 'regime 2']
    """
    named = flag_meanings(attrs)
    numbers = {label: f"regime {label}" for label in regimes if type(label) is int}
    return [str(named.get(label, numbers.get(label, label))).replace("_", " ") for label in regimes]


def no_regime_of(attrs: Mapping[Any, Any]) -> int | None:
    """The label that the flags call `NO_REGIME`; None where they know none.

    Examples
    --------
    >>> no_regime_of({"flag_values": [0, 1, 2], "flag_meanings": "NAO+ NAO- no_regime"})
    2
    """
    flags = np.atleast_1d(attrs.get("flag_values", [])).tolist()
    named = dict(zip(text_of(attrs, "flag_meanings").split(), flags, strict=False))
    return named.get(NO_REGIME)


def regimes_alone(ds: xr.Dataset, dim: str = CLUSTER) -> xr.Dataset:
    """Results along a dimension of regimes without those of no regime."""
    if dim not in ds.coords or (none := no_regime_of(ds[dim].attrs)) is None:
        return ds
    return ds.isel({dim: ds[dim].values != none})


def name_coordinate(
    regimes: npt.NDArray[Any], attrs: Mapping[Any, Any], dim: str = CLUSTER
) -> dict[str, xr.Variable]:
    """The names of regimes as a coordinate, where they have names besides their numbers.

    Parameters
    ----------
    regimes : numpy.ndarray, shape (K,)
        Labels.
    attrs : mapping
        Of the labels, with their CF flags.
    dim : str, default "cluster"
        Name of their dimension.

    Returns
    -------
    dict
        ``regime_name``, or the name of another dimension with ``_name``; or empty.

    Examples
    --------
    >>> attrs = {"flag_values": [0, 1], "flag_meanings": "NAO+ NAO-"}
    >>> name_coordinate(np.array([1, 0]), attrs)["regime_name"].values.tolist()
    ['NAO-', 'NAO+']
    """
    labels = regimes.tolist()
    names = names_of(labels, attrs)
    if regimes.dtype.kind not in "iu" or names == names_of(labels, {}):
        return {}
    variable = xr.Variable((dim,), np.array(names, dtype=str), {"long_name": "name of the regime"})
    return {"regime_name" if dim == CLUSTER else f"{dim}_name": variable}


class OtherPeriod(NamedTuple):
    """Time steps in words, of a fit and of a Dataset that carries its labels."""

    fitted: str
    here: str


def period_of(time: xr.DataArray) -> str:
    """T times in words: how many, and from when to when.

    Examples
    --------
    >>> period_of(xr.DataArray(pd.date_range("2000-01-01", periods=31), dims="time"))
    '31 from 2000-01-01 00:00:00 to 2000-01-31 00:00:00'
    """
    index = time.to_index()
    return f"{index.size} from {index[0]} to {index[-1]}" if index.size else "none"


def other_period(labels: xr.DataArray, time: xr.DataArray) -> OtherPeriod | None:
    """Where labels say that their fit had other time steps than `time`; None otherwise."""
    fitted, here = labels.attrs.get(FIT_PERIOD), period_of(time)
    return None if fitted in (None, here) else OtherPeriod(str(fitted), here)


def regimes_and_codes(
    labels: npt.ArrayLike,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """The K regimes that occur, ascending, and the place of each label among them.

    Parameters
    ----------
    labels : array-like of int, float or str, of any shape
        Negative numbers, NaN and None mean "no label".

    Returns
    -------
    regimes : numpy.ndarray, shape (K,)
        Whole numbers are integers, also where gaps have made them floating point numbers.
    codes : numpy.ndarray of int, of the shape of `labels`
        From 0 to K - 1; -1 where there is no label.

    Raises
    ------
    ParameterError
        They are no whole numbers and no text.

    Examples
    --------
    >>> regimes, codes = regimes_and_codes(["warm", None, "cold"])
    >>> regimes.tolist(), codes.tolist()
    (['cold', 'warm'], [1, -1, 0])
    >>> regimes_and_codes([7.0, -1.0, float("nan"), 7.0])[0]
    array([7], dtype=int32)
    """
    given = np.asarray(labels)
    codes = np.full(given.shape, NO_LABEL, dtype=np.intp)
    known = ~np.asarray(pd.isnull(given), dtype=bool)
    if given.dtype == object:
        plain = given[known].tolist()
        if odd := [one for one in plain if not isinstance(one, _LABELS)]:
            raise _no_labels(f"a {type(odd[0]).__name__}, {odd[0]!r:.80}")
        regimes, codes[known] = regimes_and_codes(np.array(plain))
        return regimes, codes
    if given.dtype.kind in "if":
        known &= given >= 0
    values = given[known]
    if values.dtype.kind in "cV" or (values.dtype.kind in "iuf" and (values > _LARGEST).any()):
        raise _no_labels(f"numbers like {values.max()!r}" if values.size else f"{values.dtype}")
    if values.dtype.kind == "f":
        if (fractions := values[values % 1 != 0]).size:  # means of labels, as after a coarsen
            raise ParameterError(
                message(
                    "labels as whole numbers or text",
                    f"numbers like {fractions[0]:g}",
                    "pass one label for each time step, not memberships or means of labels",
                )
            )
        # Integers that became floats because some are missing, as after a reindex.
        values = values.astype(np.int32)
    regimes, codes[known] = np.unique(values, return_inverse=True)
    return regimes, codes


def computed(labels: xr.DataArray) -> xr.DataArray:
    """Labels in memory; of Dask's, an error says what was wrong with them."""
    with reading(True):  # coordinates may be Dask's as well
        return labels.compute()


def _no_labels(received: str) -> ParameterError:
    return ParameterError(
        message(
            f"labels as whole numbers up to {_LARGEST}, or text",
            received,
            "pass a number or a name for each time step; names get numbers by "
            "np.unique(names, return_inverse=True)[1]",
        )
    )


def labels_of(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike,
    time: str | None = None,
    *,
    argument: Literal["labels", "truth", "embedding"] = "labels",
    members: bool = False,
    lazy: bool = False,
) -> xr.DataArray:
    """Labels, shape (T,), on the time dimension of `ds`, in the order of its coordinates.

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
    lazy : bool, default False
        Whether labels of Dask stay such; by default they are computed.

    Raises
    ------
    NotFittedError, ParameterError
        As for `composites`.
    """
    check_name("time", time)
    ds = dequantified(ds)  # time may be pint's
    if isinstance(labels, str):
        labels = _named(ds, labels, argument)
    if isinstance(labels, pd.Series) and isinstance(labels.index, pd.MultiIndex):
        labels = labels.to_xarray()  # of members and times
    given = _as_array(labels, argument)
    if given.ndim == 2 and set(given.dims) <= set(ds.dims):
        found = _of_members(ds, given, time, argument, members)
    else:
        # Labels with a dimension of the Dataset say themselves what time is.
        named = isinstance(labels, xr.DataArray) and given.ndim == 1 and given.dims[0] in ds.dims
        found = _of_times(ds, given, str(given.dims[0]) if named else time, argument)
    return found if lazy else computed(found)


def _as_array(labels: Any, argument: str) -> xr.DataArray:
    """Labels, or what came in their place, as an array."""
    if isinstance(labels, xr.DataArray):
        return labels
    try:
        return xr.DataArray(labels)
    except (TypeError, ValueError):
        raise ParameterError(
            message(
                f"{argument}= as a name in the Dataset, an array or a list",
                f"{type(labels).__name__}",
                "pass one label a time step, as in a DataArray with dates",
            )
        ) from None


def _of_times(ds: xr.Dataset, given: xr.DataArray, time: str | None, argument: str) -> xr.DataArray:
    """Labels of shape (T,)."""
    words = _WORDS[argument]
    if given.ndim != 1:
        raise ParameterError(
            message(
                f"{words} of shape (T,), one for each time step",
                f"shape {given.shape}",
                "pass one label a step, e.g. membership.argmax('cluster')",
            )
        )
    if time is None or time not in ds.dims:
        time = find_axes(ds, time=time).time
    remedy = f"select the same time steps in the Dataset and in the {words}"
    if given.size != ds.sizes[time]:
        raise ParameterError(
            message(f"{ds.sizes[time]} {words}, one a time step", f"{given.size} {words}", remedy)
        )
    return aligned(given, ds, (time,), words=words, argument=argument)


def _of_members(
    ds: xr.Dataset, labels: xr.DataArray, time: str | None, argument: str, members: bool
) -> xr.DataArray:
    """Labels of shape (members, T)."""
    words = _WORDS[argument]
    axes = find_axes(ds, time=time if time in ds.dims else None)
    if len(free := {*labels.dims} - {axes.time, *axes.space}) == 1 < labels.ndim:
        # Labels of members say which dimension these are on, whatever it is called.
        axes = replace(axes, member=str(*free))
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
    return aligned(labels, ds, axes.samples, words=words, argument=argument)


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
    series = [str(n) for n, v in ds.variables.items() if v.ndim == 1 and n not in ds.dims]
    raise ParameterError(
        message(
            f"{argument}= as a name in the Dataset, or the labels themselves",
            f"{name!r}",
            advice(argument, name, series, f"choose one of {series}"),
        )
    )
