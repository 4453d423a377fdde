"""Scores of a labelled Dataset: metrics of its labels, by its fields or by an embedding.

Like everything after the labels, this starts from them and never from a model, so labels that
were saved, sliced or made by another program are judged in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, require_dataset
from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.labels import CLUSTER, labels_of
from xdsc.methods import METHODS, make_method
from xdsc.metrics import MAX_SAMPLES, METRICS, scores
from xdsc.metrics.inputs import codes_of
from xdsc.preprocessing import Preprocessor, is_prepared, prepare

Space: TypeAlias = Literal["data", "embedding"]

# Attributes of the labels: the variables they were made from, and how these were prepared.
_CLUSTERED, _PREPARED = "xdsc_variables", "xdsc_preparation"


def score(
    ds: xr.Dataset,
    labels: str | xr.DataArray | npt.ArrayLike | None = None,
    *,
    space: Space = "data",
    embedding: xr.DataArray | None = None,
    metrics: str | Iterable[str] | None = None,
    truth: str | xr.DataArray | npt.ArrayLike | None = None,
    preprocessor: Preprocessor | None = None,
    variables: str | Sequence[str] | None = None,
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    time: str | None = None,
    lat: str | None = None,
    lon: str | None = None,
    member: str | None = None,
) -> xr.Dataset:
    """Judge the labels of a Dataset by several metrics.

    Parameters
    ----------
    ds : Dataset
        Labelled data with T time steps, prepared or not; an unprepared one is prepared first, as
        for a fit. NumPy or Dask.
    labels : str, DataArray or array-like of shape (T,), optional
        The regime of each time step: the name of a coordinate or variable of `ds`, or the labels
        themselves, by default the coordinate ``cluster``. Steps with -1, NaN or None take no part,
        and neither do missing frames.
    space : {"data", "embedding"}, default "data"
        What distances are measured in: the prepared fields without their masked cells, as the
        paper does, or `embedding`. Scores of different embeddings cannot be compared.
    embedding : DataArray of shape (T, M), optional
        Embeddings as `xdsc.ClusterModel.embedding` gives them; steps with NaN take no part.
    metrics : str or iterable of str, optional
        Names in `xdsc.metrics.METRICS`; by default all, those of truth only with `truth`.
    truth : str, DataArray or array-like of shape (T,), optional
        Regimes that are known to be right, given as `labels` are.
    preprocessor : Preprocessor, optional
        How to prepare a Dataset that is not prepared: as it is where it is fitted, otherwise a
        copy of it is fitted; by default as the labels say that their fields were prepared, and
        where they do not, a `Preprocessor` with `variables` and the axes given here.
    variables : str or sequence of str, optional
        Variables to measure distances in; by default those that the labels say they were made
        from, otherwise all numeric ones with time and space.
    max_samples : int or None, default 5000
        Labelled steps past which silhouettes and inter-cluster distances come from a sample.
    random_state : int, default 0
        Seed of that sample.
    time, lat, lon, member : str, optional
        Names of the axes, where they cannot be told by CF conventions.

    Returns
    -------
    Dataset
        Along ``metric``: ``score``, ``sampled`` (whether it comes from a sample) and ``n_used``
        (number of time steps it comes from), with the coordinates ``title`` and ``direction``
        ("higher" or "lower" is better). NaN where a metric has no value. The attributes say what
        was scored, and where the labels come from.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster`` and `labels` was not given.
    InputError
        `ds` cannot be prepared; all its problems are named.
    ParameterError
        An argument is wrong or does not fit the time steps of `ds`.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> months = ds.time.dt.month.values  # any labels will do
    >>> found = xdsc.score(ds, months, metrics=["silhouette", "rmse_mean"])
    >>> found.score.sel(metric="silhouette").item() < 1
    True
    >>> found.direction.values.tolist()
    ['higher', 'lower']
    """
    require_dataset(ds)
    check_space(space)
    given = labels_of(ds, CLUSTER if labels is None else labels, time, members=True)
    dims, codes = tuple(map(str, given.dims)), _codes(given)
    true = None if truth is None else truth_of(ds, truth, dims[-1])
    names = metric_names(metrics, true)
    attrs: dict[str, str | int] = {"space": space}
    axes_given = {"time": time, "lat": lat, "lon": lon, "member": member}

    if space == "embedding":
        rows = embedding_rows(ds, embedding, dims)
        codes = codes.ravel()
        true = None if true is None else true.ravel()
        steps = np.flatnonzero(~np.isnan(rows).any(axis=1))
        rows = rows if len(steps) == len(rows) else rows[steps]
    else:
        how = preprocessor
        if how is None:
            how = as_labelled(ds, given, variables, axes_given)
        prepared = prepare(
            ds,
            how,
            variables,
            preferred=str(given.attrs.get(_CLUSTERED, "")).split(),
            given=axes_given,
        )
        _check_sample_axes(dims, prepared.axes)
        codes = prepared.codes(codes)
        true = None if true is None else prepared.codes(true)
        frames = prepared.require_memory().frames()
        attrs |= prepared.attributes
        rows, steps = feature_rows(frames), frames.steps
        # Before the metrics take memory of their own.
        del prepared, frames

    codes = codes[steps]
    found = scores(
        rows,
        codes,
        metrics=names,
        truth=None if true is None else true[steps],
        max_samples=max_samples,
        random_state=random_state,
    )
    attrs |= {
        "n_clusters": len(np.unique(codes[codes >= 0])),
        "n_times": int((codes >= 0).sum()),
        "max_samples": "none" if max_samples is None else int(max_samples),
        "random_state": int(random_state),
    }
    attrs |= {key: value for key, value in given.attrs.items() if str(key).startswith("xdsc_")}
    return xr.Dataset(
        {
            "score": ("metric", [s.value for s in found.values()], {"long_name": "score"}),
            "sampled": (
                "metric",
                [s.sampled for s in found.values()],
                {"long_name": "whether the score comes from a sample of the time steps"},
            ),
            "n_used": (
                "metric",
                [s.n_used for s in found.values()],
                {"long_name": "number of time steps that the score comes from", "units": "1"},
            ),
        },
        coords=metric_coordinates(names),
        attrs=attrs,
    )


# --- Parts that comparisons share ----------------------------------------------------------------


def check_space(space: object) -> None:
    """Raise ParameterError for an unknown space."""
    if space not in get_args(Space):
        known = " or ".join(map(repr, get_args(Space)))
        raise ParameterError(message(f"space={known}", f"{space!r}", "choose one of them"))


def embedding_methods() -> list[str]:
    """The rows of METHODS that give an embedding without further options."""
    made = {name: make_method(name, 2 if row.takes_k else None) for name, row in METHODS.items()}
    return [name for name, method in made.items() if "transform" in method.abilities]


def metric_names(metrics: str | Iterable[str] | None, truth: npt.ArrayLike | None) -> list[str]:
    """Names of the metrics that are asked for; ParameterError where one is wrong."""
    # An empty run: `scores` knows best what it accepts, and a long fit must not come first.
    return list(scores([[0.0]], [-1], metrics=metrics, truth=None if truth is None else [-1]))


def metric_coordinates(names: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    """Coordinates along ``metric``: name, title and direction."""
    return {
        "metric": ("metric", list(names)),
        "title": ("metric", [METRICS[name].title for name in names]),
        "direction": ("metric", [METRICS[name].direction for name in names]),
    }


def truth_of(
    ds: xr.Dataset, truth: str | xr.DataArray | npt.ArrayLike, time: str | None
) -> npt.NDArray[np.intp]:
    """The true regimes as integers, shape (T,) or (members, T); -1 where there is none."""
    return _codes(labels_of(ds, truth, time, argument="truth", members=True))


def _codes(labels: xr.DataArray) -> npt.NDArray[np.intp]:
    """Labels as integers of the same shape; -1 where there is none."""
    codes: npt.NDArray[np.intp] = codes_of(labels.values.ravel()).reshape(labels.shape)
    return codes


def as_labelled(
    ds: xr.Dataset,
    labels: xr.DataArray,
    variables: str | Sequence[str] | None,
    axes_given: Mapping[str, str | None],
) -> Preprocessor | None:
    """The preparation that the labels say they were made with, to be fitted again.

    None where they do not say it, or where others than their variables are asked for.
    """
    made_from = str(labels.attrs.get(_CLUSTERED, "")).split()
    there = [name for name in made_from if name in ds]
    if _PREPARED not in labels.attrs or variables is not None or is_prepared(ds):
        return None
    if not there:
        raise InputError(
            message(
                f"the variables {', '.join(made_from)}, which the labels were made from",
                f"a Dataset with {', '.join(map(str, ds.data_vars))}",
                "rename them, or say which to measure distances in, variables=[...]",
            )
        )
    return Preprocessor.with_settings(
        json.loads(str(labels.attrs[_PREPARED])), variables=there, **axes_given
    )


def feature_rows(frames: Frames) -> np.ndarray:
    """Unmasked cells as features, shape (N, features); a view where no cell is masked."""
    return frames.values[:].reshape(len(frames), -1) if frames.mask.all() else frames.rows()


def embedding_rows(
    ds: xr.Dataset, embedding: xr.DataArray | None, dims: Sequence[str]
) -> np.ndarray:
    """Embeddings of the samples of `ds`, shape (samples, M); NaN for missing frames.

    `dims` are the dimensions of the samples: ``(time,)`` or ``(member, time)``.
    """
    if embedding is None:
        raise ParameterError(
            message(
                f"embedding= for space='embedding', a DataArray ({', '.join(dims)}, latent)",
                "none",
                "pass embedding=model.embedding(ds) of a model with one of the methods "
                f"{', '.join(embedding_methods())}",
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
    rows: np.ndarray = embedding.values.reshape(-1, embedding.shape[-1])
    return rows


def _check_sample_axes(dims: tuple[str, ...], axes: Axes) -> None:
    if dims != axes.samples:
        raise ParameterError(
            message(
                f"labels along the dimensions {axes.samples}",
                f"labels along {dims}",
                "pass one label a time step",
            )
        )
