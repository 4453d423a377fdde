"""Samples: a labelled Dataset as rows, in the space of its fields or of an embedding.

Scores, comparisons and figures of distances all measure in these rows. A sample is a time step, or
one time step of one member; members come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, Protocol, Self, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.alignment import aligned
from xdsc.arguments import one_of
from xdsc.errors import InputError, ParameterError, message, warn_user
from xdsc.frames import Frames
from xdsc.labels import (
    CLUSTER,
    NO_LABEL,
    labels_of,
    other_period,
    preparation_of,
    regimes_and_codes,
)
from xdsc.methods import METHODS, make_method
from xdsc.preprocessing import Prepared, Preprocessor, is_prepared, prepare
from xdsc.preprocessing.prepared import require_memory
from xdsc.statistics.fields.days import warn_of_daily_labels

Space: TypeAlias = Literal["data", "embedding"]
Integers: TypeAlias = npt.NDArray[np.intp]

# The axes by name, none of them given.
_NO_AXES: Mapping[str, str | None] = MappingProxyType(
    dict.fromkeys(("time", "lat", "lon", "member"))
)
# Attribute of the labels: the variables they were made from.
_CLUSTERED = "xdsc_variables"


class FittedModel(Protocol):
    """What is asked of the model that made the labels; `xdsc.ClusterModel` is one."""

    @property
    def time(self) -> str | None: ...  # noqa: D102
    @property
    def lat(self) -> str | None: ...  # noqa: D102
    @property
    def lon(self) -> str | None: ...  # noqa: D102
    @property
    def member(self) -> str | None: ...  # noqa: D102
    @property
    def variables_(self) -> list[str]: ...  # noqa: D102
    @property
    def preprocessor_(self) -> Preprocessor | None: ...  # noqa: D102
    @property
    def history_(self) -> xr.Dataset | None: ...  # noqa: D102
    def embedding(self, ds: xr.Dataset, /) -> xr.DataArray: ...  # noqa: D102


@dataclass(frozen=True)
class Samples:
    """The N samples of a Dataset that have values, and their labels.

    Attributes
    ----------
    rows : numpy.ndarray, shape (N, F)
        Fields without their masked cells, or embeddings.
    steps : numpy.ndarray of int, shape (N,)
        Place of each row among all samples, missing ones included.
    dims : tuple of str
        Dimensions of the samples, ``(time,)`` or ``(member, time)``.
    codes : numpy.ndarray of int, shape (N,)
        Regimes; -1 for none.
    truth : numpy.ndarray of int, shape (N,), or None
        Regimes that are known to be right; -1 for none.
    attributes : mapping
        What the rows are of, and where the labels come from.
    """

    rows: np.ndarray
    steps: Integers
    dims: tuple[str, ...]
    codes: Integers
    truth: Integers | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def labelled(self, codes: npt.NDArray[Any], truth: npt.NDArray[Any] | None = None) -> Self:
        """The same rows with the labels, and the truth, of all samples, each (samples,)."""
        return replace(
            self, codes=codes[self.steps], truth=None if truth is None else truth[self.steps]
        )


def samples_of(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike | None = None,
    *,
    space: Space = "data",
    embedding: xr.DataArray | None = None,
    truth: str | xr.DataArray | npt.ArrayLike | None = None,
    preprocessor: Preprocessor | None = None,
    variables: str | Sequence[str] | None = None,
    axes: Mapping[str, str | None] = _NO_AXES,
) -> Samples:
    """Take the samples of a labelled Dataset.

    Parameters
    ----------
    ds, labels, space, embedding, truth, preprocessor, variables
        As for `xdsc.score`.
    axes : mapping of str to str or None
        Names of the axes that were given: time, lat, lon, member.

    Raises
    ------
    NotFittedError, InputError, ParameterError
        As for `xdsc.score`.
    """
    check_space(space)
    given = labels_of(ds, CLUSTER if labels is None else labels, axes["time"], members=True)
    warn_of_daily_labels(ds, given)
    dims, codes = tuple(map(str, given.dims)), regimes_and_codes(given.values)[1]
    true = None if truth is None else truth_of(ds, truth, dims[-1])
    if space == "embedding":
        samples = embedding_samples(ds, embedding, dims)
        codes, true = codes.ravel(), None if true is None else true.ravel()
    else:
        prepared = prepared_as_labelled(ds, given, preprocessor, variables, axes)
        _check_dims(dims, prepared.axes.samples)
        samples = field_samples(prepared, prepared.require_memory().frames())
        codes = prepared.codes(codes)
        true = None if true is None else prepared.codes(true)
    origin = {key: value for key, value in given.attrs.items() if str(key).startswith("xdsc_")}
    samples = replace(samples, attributes={"space": space, **samples.attributes, **origin})
    return samples.labelled(codes, true)


def field_samples(prepared: Prepared, frames: Frames) -> Samples:
    """Rows of prepared fields, without labels; a view of `frames` where no cell is masked."""
    rows = frames.values[:].reshape(len(frames), -1) if frames.mask.all() else frames.rows()
    nothing = np.full(len(rows), NO_LABEL)
    dims = prepared.axes.samples
    return Samples(rows, frames.steps, dims, nothing, attributes=prepared.attributes)


def embedding_samples(
    ds: xr.Dataset, embedding: xr.DataArray | None, dims: tuple[str, ...]
) -> Samples:
    """Rows of an embedding of `ds`, without labels; those with NaN are missing.

    `dims` are the dimensions of the samples, ``(time,)`` or ``(member, time)``.
    """
    if embedding is None:
        raise ParameterError(
            message(
                f"embedding= for space='embedding', a DataArray ({', '.join(dims)}, latent)",
                "none",
                "pass embedding=model.embedding(ds) of a model with one of the methods "
                f"{', '.join(_embedding_methods())}",
            )
        )
    if embedding.ndim != len(dims) + 1 or not set(dims) <= set(embedding.dims):
        raise ParameterError(
            message(
                f"an embedding with the dimensions ({', '.join(dims)}, latent)",
                f"one with {embedding.dims}",
                "pass what model.embedding(ds) returns",
            )
        )
    embedding = embedding.transpose(*dims, ...)
    # One column is checked as labels are: their number and their times.
    labels_of(ds, embedding[..., 0], dims[-1], argument="embedding", members=True)
    embedding = aligned(embedding, ds, dims, words="embeddings", argument="embedding")
    rows = embedding.values.reshape(-1, embedding.shape[-1])
    if rows.dtype.kind != "f":
        rows = rows.astype("float64")
    steps = np.flatnonzero(~np.isnan(rows).any(axis=1))
    rows = rows if len(steps) == len(rows) else rows[steps]
    return Samples(rows, steps, dims, np.full(len(rows), NO_LABEL))


def prepared_as_labelled(
    ds: xr.Dataset,
    labels: xr.DataArray,
    preprocessor: Preprocessor | None = None,
    variables: str | Sequence[str] | None = None,
    axes: Mapping[str, str | None] = _NO_AXES,
) -> Prepared:
    """Prepare a Dataset as is asked for, otherwise as its labels say that they were made."""
    if preprocessor is None:
        preprocessor = _preprocessor_of(ds, labels, variables, axes)
        if preprocessor is not None:
            _warn_of_other_period(ds, labels)
    made_from = str(labels.attrs.get(_CLUSTERED, "")).split()
    return prepare(
        ds, preprocessor, variables, preferred=made_from, given=axes, check_size=require_memory
    )


def axes_of(model: FittedModel) -> dict[str, str | None]:
    """Names of the axes that the model was given."""
    return {"time": model.time, "lat": model.lat, "lon": model.lon, "member": model.member}


def as_fitted(
    ds: xr.Dataset, model: FittedModel | None, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments of `xdsc.score`, what was left out filled in from the model of the last fit.

    Parameters
    ----------
    ds : Dataset
        The Dataset to be scored.
    model : ClusterModel or None
        What made its labels; None where that is not known, which leaves the arguments as they are.
    arguments : mapping
        Keyword arguments of `xdsc.score`.

    Returns
    -------
    dict
        With the axes, the preparation and, for ``space="embedding"``, the embedding of the model.
    """
    if model is None:
        return dict(arguments)
    fitted: dict[str, Any] = {**axes_of(model), "preprocessor": model.preprocessor_}
    left_out = {key: value for key, value in fitted.items() if arguments.get(key) is None}
    if arguments.get("space") == "embedding" and arguments.get("embedding") is None:
        left_out["embedding"] = model.embedding(ds)
    return {**arguments, **left_out}


def as_composed(model: FittedModel | None, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `xdsc.composites`, with the preparation of the model of the last fit."""
    if model is None or arguments.get("preprocessor") is not None:
        return dict(arguments)
    return {**arguments, "preprocessor": model.preprocessor_}


def check_space(space: object) -> None:
    """Raise ParameterError for an unknown space."""
    one_of("space", space, get_args(Space))


def truth_of(
    ds: xr.Dataset, truth: str | xr.DataArray | npt.ArrayLike, time: str | None
) -> Integers:
    """The true regimes as integers, shape (T,) or (members, T); -1 where there is none."""
    labels = labels_of(ds, truth, time, argument="truth", members=True)
    return regimes_and_codes(labels.values)[1]


def _preprocessor_of(
    ds: xr.Dataset,
    labels: xr.DataArray,
    variables: str | Sequence[str] | None,
    axes: Mapping[str, str | None],
) -> Preprocessor | None:
    """The preparation that the labels say they were made with, to be fitted again.

    None where they do not say it, or where others than their variables are asked for.
    """
    made_from = str(labels.attrs.get(_CLUSTERED, "")).split()
    there = [name for name in made_from if name in ds]
    said = preparation_of(labels.attrs)
    if not said or variables is not None or is_prepared(ds):
        return None
    if not there:
        raise InputError(
            message(
                f"the variables {', '.join(made_from)}, which the labels were made from",
                f"a Dataset with {', '.join(map(str, ds.data_vars))}",
                "rename them, or say which to measure distances in, variables=[...]",
            )
        )
    return Preprocessor.with_settings(said, variables=there, **axes)


def _warn_of_other_period(ds: xr.Dataset, labels: xr.DataArray) -> None:
    """Warn where a preparation is learnt from other time steps than those of the fit."""
    if (other := other_period(labels, ds[str(labels.dims[-1])])) is not None:
        warn_user(
            message(
                f"the time steps of the fit for its preparation, {other.fitted}",
                f"{other.here}, from which climatology and scale are learnt anew",
                "pass preprocessor=model.preprocessor_ of that fit",
            )
        )


def _embedding_methods() -> list[str]:
    """The rows of METHODS that give an embedding without further options."""
    made = {name: make_method(name, 2 if row.takes_k else None) for name, row in METHODS.items()}
    return [name for name, method in made.items() if "transform" in method.abilities]


def _check_dims(dims: tuple[str, ...], expected: tuple[str, ...]) -> None:
    if dims != expected:
        raise ParameterError(
            message(
                f"labels along the dimensions {expected}",
                f"labels along {dims}",
                "pass one label a time step",
            )
        )
