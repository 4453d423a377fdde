"""Scores of a labelled Dataset: metrics of its labels, by its fields or by an embedding.

Like everything after the labels, this starts from them and never from a model, so labels that
were saved, sliced or made by another program are judged in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import in_range
from xdsc.cf import require_dataset
from xdsc.metrics import MAX_SAMPLES, METRICS, Score, scores
from xdsc.preprocessing import Preprocessor
from xdsc.samples import Samples, Space, samples_of


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
    if max_samples is not None:
        in_range("max_samples", max_samples, 1, default=5000, whole=True)
    in_range("random_state", random_state, 0, 2**32 - 1, default=0, whole=True)
    names = metric_names(metrics, truth)
    samples = samples_of(
        ds,
        labels,
        space=space,
        embedding=embedding,
        truth=truth,
        preprocessor=preprocessor,
        variables=variables,
        axes={"time": time, "lat": lat, "lon": lon, "member": member},
    )
    found = scores_of(samples, names, max_samples, random_state)
    labelled = samples.codes[samples.codes >= 0]
    return score_dataset([found], names).assign_attrs(
        {
            **samples.attributes,
            "n_clusters": len(np.unique(labelled)),
            "n_times": len(labelled),
            "max_samples": "none" if max_samples is None else int(max_samples),
            "random_state": int(random_state),
        }
    )


# --- Parts that comparisons share ----------------------------------------------------------------


def metric_names(metrics: str | Iterable[str] | None, truth: object) -> list[str]:
    """Names of the metrics that are asked for; ParameterError where one is wrong."""
    # An empty run: `scores` knows best what it accepts, and a long fit must not come first.
    return list(scores([[0.0]], [-1], metrics=metrics, truth=None if truth is None else [-1]))


def scores_of(
    samples: Samples, names: Sequence[str], max_samples: int | None, random_state: int
) -> dict[str, Score]:
    """Scores of labelled samples, by metric."""
    return scores(
        samples.rows,
        samples.codes,
        metrics=names,
        truth=samples.truth,
        max_samples=max_samples,
        random_state=random_state,
    )


def score_dataset(
    found: Sequence[Mapping[str, Score]],
    names: Sequence[str],
    runs: Mapping[str, int] = MappingProxyType({}),
) -> xr.Dataset:
    """Scores as variables along ``metric``.

    Parameters
    ----------
    found : sequence of mapping of str to Score
        Scores of each run; a metric that is not there has no value.
    names : sequence of str
        Metrics.
    runs : mapping of str to int
        Dimensions of the runs and their sizes, in the order of `found`; none for a single one.

    Returns
    -------
    Dataset
        ``score``, ``sampled`` and ``n_used`` with the dimensions ``(*runs, metric)``.
    """
    dims, shape = (*runs, "metric"), (*runs.values(), len(names))

    def along(value: Callable[[Score], Any], missing: Any) -> np.ndarray:
        flat = [[value(run[n]) if n in run else missing for n in names] for run in found]
        return np.array(flat, dtype=type(missing)).reshape(shape)

    return xr.Dataset(
        {
            "score": (dims, along(lambda score: score.value, np.nan), {"long_name": "score"}),
            "sampled": (
                dims,
                along(lambda score: score.sampled, False),
                {"long_name": "whether the score comes from a sample of the time steps"},
            ),
            "n_used": (
                dims,
                along(lambda score: score.n_used, 0),
                {"long_name": "number of time steps that the score comes from", "units": "1"},
            ),
        },
        coords={
            "metric": ("metric", list(names)),
            "title": ("metric", [METRICS[name].title for name in names]),
            "direction": ("metric", [METRICS[name].direction for name in names]),
        },
    )
