"""A fit from beginning to end: Dataset and arguments in, the record of the fit out."""

from __future__ import annotations

import time as clock
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import require_dataset
from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.labels import NO_LABEL, order_by_frequency
from xdsc.methods import METHODS
from xdsc.methods.base import ClusteringMethod
from xdsc.methods.deep.clustering import DeepClustering
from xdsc.model.answering.answers import AnswersAtOnce
from xdsc.model.fitting.beginning import check_begins, labels_to_begin_with
from xdsc.model.fitting.reference import Reference
from xdsc.model.fitting.streaming import check_memory, checked_size, read_frames
from xdsc.model.record.arguments import Arguments, check_spelling
from xdsc.model.record.attributes import provenance, training_history, versions_of
from xdsc.model.record.fit import Fit
from xdsc.model.record.fitted_method import FittedMethod, numbered
from xdsc.model.record.novelty import Novelty
from xdsc.model.record.numbering import Numbering
from xdsc.preprocessing import Preprocessor, is_prepared, prepare
from xdsc.progress import Bar, progress_bar

#: Sizes of values whose squares, summed over many cells, neither vanish nor overflow in float32.
_LEAST, _MOST = 1e-15, 1e15


def find_regimes(
    ds: xr.Dataset,
    arguments: Arguments,
    *,
    novelty: bool = True,
    match_to: Any = None,
    init: Any = None,
) -> Fit:
    """Prepare a Dataset where that was not done, and find its regimes.

    Parameters
    ----------
    ds : Dataset
        Gridded data with time; NumPy or Dask.
    arguments : Arguments
        How; see `xdsc.ClusterModel`.
    novelty : bool, default True
        Whether to learn how far the frames are from their regimes, which costs one more pass
        through them. Without it nothing can be said of the novelty of other frames.
    match_to, init
        As for `ClusterModel.fit`.

    Returns
    -------
    Fit
        All that was found.

    Raises
    ------
    InputError
        `ds` does not fit; all its problems are named.
    ParameterError
        Arguments are wrong; all of them are named.
    """
    made_of = arguments.method_arguments
    check_spelling(arguments.method, arguments.options)
    method = made_of.make(progress=arguments.progress)
    is_quick = not isinstance(method, DeepClustering)
    title = METHODS[made_of.name].title if made_of.name in METHODS else made_of.name
    with progress_bar(title, shown=arguments.progress, quick=is_quick) as bar:
        return _find_regimes(
            ds, arguments, method, bar, novelty=novelty, match_to=match_to, init=init
        )


def _find_regimes(
    ds: xr.Dataset,
    arguments: Arguments,
    method: ClusteringMethod,
    bar: Bar,
    *,
    novelty: bool,
    match_to: Any,
    init: Any,
) -> Fit:
    begin = clock.perf_counter()
    made_of = arguments.method_arguments
    check_memory(arguments.memory_budget, arguments.stream, method)
    if isinstance(method, DeepClustering):
        bar.stage("starting Keras")
    # Before any data are read; `fit` does it again, with the number of frames.
    method.check()
    if init is not None:
        check_begins(method, made_of.name)
    require_dataset(ds)
    bar.stage("preparing the data")
    prepared = prepare(
        ds,
        preprocessor_for(ds, arguments),
        arguments.variables,
        given=arguments.given,
        at_least=2,
        check_size=partial(
            checked_size, method=method, given=arguments.memory_budget, stream=arguments.stream
        ),
    )
    how = dict(prepared.provenance.settings)
    reference = None if match_to is None else Reference.of(match_to, ds, prepared)
    begin_with = None
    if init is not None:
        begin_with = labels_to_begin_with(init, ds, prepared, arguments.n_clusters)
    frames = read_frames(
        prepared, method, arguments.memory_budget, arguments.stream, arguments.progress
    )
    with closing(frames):
        _check_frames(frames)
        bar.stage("looking for regimes")
        if begin_with is None:
            method.fit(frames)
        else:
            method.fit(frames, begin_with[frames.steps])
        distances = Novelty.of(frames, method.labels_) if novelty else None

    n_clusters = method.n_clusters_
    order = order_by_frequency(method.labels_, n_clusters)
    numbering = Numbering.by_frequency(n_clusters)
    notes = {} if init is None else {"xdsc_init": "labels that were given"}
    answers = AnswersAtOnce(ds=ds, axes=prepared.axes, positions=prepared.positions, frames=frames)
    origin = provenance(
        made_of,
        method,
        n_clusters,
        prepared.variables,
        how,
        ds[prepared.axes.time],
        versions_of(method),
    )

    def labelled() -> xr.DataArray:
        places = frames.spread(numbered(method.labels_, order), NO_LABEL)
        return answers.labels(places, numbering, {**origin, **notes})

    if reference is not None:
        new, numbering, matched = reference.followed(labelled(), n_clusters)
        order, notes = order[new], notes | matched
    labels = labelled()
    return Fit(
        method=FittedMethod(
            made_of, method, order=order, mask=frames.mask, fill=frames.fill, novelty=distances
        ),
        preparation=how,
        fingerprint=prepared.provenance.fit,
        preprocessor=prepared.preprocessor,
        grid=prepared.grid,
        variables=prepared.variables,
        n_clusters=n_clusters,
        n_frames=len(frames),
        seconds=clock.perf_counter() - begin,
        streamed=not frames.in_memory,
        numbering=numbering,
        notes=notes,
        labels=labels,
        history=training_history(method.history_, method.history_long_names),
    )


def preprocessor_for(ds: xr.Dataset, arguments: Arguments) -> Preprocessor | None:
    """What `ds` is to be prepared with; None for one that was prepared elsewhere."""
    if arguments.preset is None and not arguments.settings:
        return arguments.preprocessor
    if arguments.preprocessor is not None or is_prepared(ds):
        chosen = ["preset"] * (arguments.preset is not None) + list(arguments.settings)
        words = ", ".join(f"{name}=" for name in chosen)
        raise ParameterError(
            message(
                f"{words} alone, for a Dataset that is not prepared",
                "a prepared Dataset" if is_prepared(ds) else "preprocessor= as well",
                f"leave {words} out",
            )
        )
    return Preprocessor(
        preset="paper" if arguments.preset is None else arguments.preset,
        variables=arguments.variables,
        **arguments.given,
        **arguments.settings,
    )


def _check_frames(frames: Frames) -> None:
    """Raise where frames cannot be clustered: too few, all the same, not finite, or too large."""
    if len(frames) < 2:
        raise InputError(
            message("at least 2 time steps with data", f"{len(frames)}", "select a longer period")
        )
    moments = frames.moments
    if not (np.isfinite(moments.mean).all() and np.isfinite(moments.variance).all()):
        raise InputError(
            message(
                "finite values in prepared data",
                "infinite ones, or gaps other than masked cells and missing frames",
                "prepare the Dataset with ds.dsc.preprocess()",
            )
        )
    if not moments.variance.any():
        raise InputError(
            message("time steps that differ", "the same field at all times", "check the data")
        )
    spread = float(np.sqrt(moments.variance.max()))
    largest = max(float(np.abs(moments.mean).max()), spread)
    if spread < _LEAST or largest > _MOST:
        raise InputError(
            message(
                f"prepared values from about {_LEAST:g} to {_MOST:g}",
                f"some that vary by {spread:.2g} and reach {largest:.2g}",
                "use scale='minmax', or variables in other units",
            )
        )
