"""A record that came from a file, held against itself: what no fit has found is told on loading."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import text_of
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.methods.classical.adapter import ScikitLearn
from xdsc.model.fitting.streaming import check_memory
from xdsc.model.html import model_html
from xdsc.model.index.indexing import ORIGIN
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.fit import Fit
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.index.standardised import MEAN, MONTHS, NUMBERS, PATTERN, STD
from xdsc.storage import DamageError

_TEXT: tuple[type, ...] = (str, NoneType)
_NUMBER: tuple[type, ...] = (int, np.integer, NoneType)

#: Types of what is in the config; other arguments are checked by whoever uses them, as always.
_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "n_clusters": _NUMBER,
        "method": _TEXT,
        "options": (dict,),
        "random_state": _NUMBER,
        "preset": _TEXT,
        "memory_budget": (int, str, NoneType),
        "stream": (bool, np.bool_, NoneType),
        "variables": (str, list, tuple, NoneType),
        "preprocessor_given": _TEXT,
        "given": (dict,),
        "n_clusters_": (int,),
        "variables_": (list,),
        "n_frames_": (int,),
        "fit_seconds_": (float,),
        "streamed_": (bool,),
        "preparation": (dict,),
        "fit": _TEXT,
        "grid_axes": (dict,),
        "grid_shape": (list,),
        "preprocessor": (dict, NoneType),
        "method_state": (dict,),
    }
)
#: Of what a fit has found besides labels: their names, and what their lengths are, None for any.
_FOUND: Mapping[str, tuple[str | None, ...]] = MappingProxyType(
    {"embedding_": ("N", None), "membership_": ("N", "K"), "cluster_centers_": (None, None)}
)


def check_config(config: Mapping[str, Any]) -> None:
    """Raise `DamageError` unless the parts of a config have their types."""
    for name, kinds in _TYPES.items():
        value = config[name]
        # To Python, a boolean is an integer.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
            raise DamageError(f"{name} of type {type(value).__name__}, not {expected}")
    for name in ("given", "grid_axes"):
        if odd := [axis for axis, found in config[name].items() if not isinstance(found, _TEXT)]:
            raise DamageError(f"{name} with {odd[0]} that is no name")
    for name in ("variables", "variables_"):
        listed = config[name]
        if isinstance(listed, (list, tuple)) and not all(isinstance(item, str) for item in listed):
            raise DamageError(f"{name} that are no names")


def check_record(arguments: Arguments, fit: Fit) -> None:
    """Raise `DamageError`, or whatever else it says of itself, where a record is not whole."""
    _check_shapes(fit)
    _check_numbering(fit)
    _check_method(fit)
    _check_labels(fit)
    if fit.history is not None:
        _check_history(fit.history)
    for name, numbers in fit.indices.items():
        _check_numbers(fit, name, numbers)
    if fit.preprocessor is not None:
        _check_preparation(fit, fit.preprocessor)
    check_memory(arguments.memory_budget, arguments.stream, fit.method.method)
    _check_answers(fit)
    # What is shown of a model is made of all that is said in words.
    model_html(arguments, fit, "")
    for preprocessor in (fit.preprocessor, arguments.preprocessor):
        if isinstance(preprocessor, Preprocessor):
            repr(preprocessor)


def _check_shapes(fit: Fit) -> None:
    """Hold the parts of a record against each other: K, N, and the grid of H × L points."""
    method, grid, k = fit.method, fit.grid, fit.n_clusters
    novelty = method.novelty
    assert novelty is not None
    shape = (*grid.shape, len(fit.variables))
    if not fit.variables or len({*fit.variables}) < len(fit.variables):
        raise DamageError(f"the variables {fit.variables!r:.200}")
    if fit.n_frames < 1 or not 0 <= fit.seconds < np.inf:
        raise DamageError(f"{fit.n_frames} frames in {fit.seconds} seconds")
    if k < 1 or not _is_numbering(method.order, k):
        raise DamageError(f"an order of the regimes that does not number {k}")
    if method.mask.dtype != bool or method.mask.shape != shape or not method.mask.any():
        raise DamageError(f"a mask of shape {method.mask.shape} for a grid of {shape}")
    if method.fill.dtype.kind != "f" or method.fill.shape != shape[2:]:
        raise DamageError(f"fill values of shape {method.fill.shape} for {shape[2]} variables")
    n_cells = int(method.mask.sum())
    centres, distances = novelty.centres, novelty.distances
    if centres.ndim != 2 or centres.shape[1] != n_cells or len(centres) > k:
        raise DamageError(f"centres of shape {centres.shape} for {k} regimes of {n_cells} cells")
    if centres.dtype.kind != "f" or distances.dtype.kind != "f":
        raise DamageError(f"centres of {centres.dtype} at distances of {distances.dtype}")
    if distances.shape != (fit.n_frames,) or (np.diff(distances) < 0).any() or distances[0] < 0:
        raise DamageError(f"distances of shape {distances.shape} for {fit.n_frames} frames")
    for name in (grid.axes.latitude, grid.axes.longitude):
        found = grid.coordinates.variables.get(name)
        if found is not None and found.dtype.kind not in "iuf":
            raise DamageError(f"{name!r:.80} of {found.dtype}, which is no latitude or longitude")
    for dim, length in zip(grid.axes.space, grid.shape, strict=True):
        if grid.coordinates.sizes.get(dim, length) != length:
            raise DamageError(f"coordinates of a grid that is not of {grid.shape} points")


def _check_method(fit: Fit) -> None:
    """What a fit has found says something of each frame, and of K regimes."""
    method, k, n = fit.method.method, fit.n_clusters, fit.n_frames
    found = method.labels_
    if found.dtype.kind != "i" or found.shape != (n,) or found.min() < NO_LABEL or found.max() >= k:
        raise DamageError(f"labels_ of {found.dtype} and shape {found.shape} for {n} frames")
    if method.n_clusters_ != k:
        raise DamageError(f"a method of {method.n_clusters_} regimes, not {k}")
    lengths = {"N": n, "K": k}
    for name, axes in _FOUND.items():
        values = getattr(method, name, None)
        if values is None:
            continue
        expected = [lengths.get(axis or "") for axis in axes]
        known = isinstance(values, np.ndarray) and values.dtype.kind == "f"
        if not known or values.ndim != len(axes):
            raise DamageError(f"{name} of {type(values).__name__}")
        if any(want not in (None, has) for want, has in zip(expected, values.shape, strict=True)):
            raise DamageError(f"{name} of shape {values.shape} for {n} frames and {k} regimes")
    seed = method.seed_
    if seed is not None and not (type(seed) is int and 0 <= seed < 2**63):
        raise DamageError(f"the seed {seed!r:.80}")
    if not isinstance(method.interrupted_, bool):
        raise DamageError(f"interrupted_ {method.interrupted_!r:.80}")
    agreement = method.agreement_
    if agreement is not None and not (type(agreement) is float and -1 <= agreement <= 1):
        raise DamageError(f"agreement_ {agreement!r:.80}")
    curves = method.history_
    if curves is not None and not (
        isinstance(curves, dict)
        and "phase" in curves
        and all(isinstance(curve, list) for curve in curves.values())
        and len({len(curve) for curve in curves.values()}) == 1
    ):
        raise DamageError("a history of the training that is none")


def _check_numbering(fit: Fit) -> None:
    """K regimes have as many numbers, ascending, and names that files can hold."""
    numbers: tuple[Any, ...] = fit.numbering.numbers
    names: tuple[Any, ...] = fit.numbering.names
    if not len(numbers) == len(names) == len({*names}) == fit.n_clusters:
        raise DamageError(f"{len(numbers)} numbers and {len(names)} names of regimes")
    if not all(type(number) is int and 0 <= number < 2**31 - 1 for number in numbers):
        raise DamageError(f"numbers of regimes like {numbers!r:.200}")
    if list(numbers) != sorted({*numbers}):
        raise DamageError(f"numbers of regimes that do not ascend, {numbers!r:.200}")
    if not all(isinstance(name, str) and name.split() == [name] for name in names):
        raise DamageError(f"names of regimes like {names!r:.200}")
    notes: list[tuple[Any, Any]] = list(fit.notes.items())
    if not all(isinstance(text, str) for pair in notes for text in pair):
        raise DamageError("notes that are no text")


def _check_labels(fit: Fit) -> None:
    """Labels are along the samples of the grid's axes, and dressed as a fit dresses them."""
    labels, k = fit.labels, fit.n_clusters
    within = labels.dtype.kind == "i" and labels.dims == fit.grid.axes.samples and labels.size
    if not within or not bool(labels.isin([NO_LABEL, *fit.numbering.numbers]).all()):
        raise DamageError(f"labels that are not those of {k} regimes along {labels.dims}")
    if fit.grid.axes.time not in labels.coords:
        raise DamageError("labels without times")
    own = fit.numbering.attributes(no_regime=False)
    dressed = {"xdsc_n_clusters": k, **fit.provenance, **own}
    for name in ("flag_values", "flag_meanings", "xdsc_method", "xdsc_n_clusters"):
        if name not in labels.attrs or not np.array_equal(labels.attrs[name], dressed[name]):
            raise DamageError(f"labels whose attribute {name} is not that of {k} regimes")
    if not isinstance(labels.attrs.get("xdsc_random_state"), (str, int, np.integer)):
        raise DamageError("labels whose attribute xdsc_random_state is no seed")


def _check_preparation(fit: Fit, preprocessor: Preprocessor) -> None:
    """What Datasets are prepared with is what the fitted one was prepared with."""
    if preprocessor.variables_ != fit.variables:
        raise DamageError(f"a preparation of {preprocessor.variables_}, not {fit.variables}")
    made = preprocessor.provenance
    if made.fit != fit.fingerprint or dict(made.settings) != fit.preparation:
        raise DamageError(f"a preparation other than {fit.preparation!r:.200}")


def _check_history(history: xr.Dataset) -> None:
    good = set(history.dims) == {"epoch"} and {"phase", "label_change"} <= set(history.data_vars)
    if not good or any(history[name].dtype.kind not in "fiuUO" for name in history.data_vars):
        raise DamageError("a history of the training that is none")


def _check_numbers(fit: Fit, name: str, numbers: xr.Dataset) -> None:
    """Numbers of an index are of regimes of the fit, of one of its variables, on its grid."""
    what = f"numbers of the index of {name!r:.80}"
    if name not in fit.variables or not {*NUMBERS} <= {*numbers.data_vars}:
        raise DamageError(f"{what} that are none")
    if CLUSTER not in numbers.coords or {*numbers.data_vars} - {*NUMBERS, ORIGIN}:
        raise DamageError(f"{what} with the variables {list(numbers.variables)!r:.200}")
    cluster = numbers[CLUSTER]
    known = cluster.dtype.kind == "i" and {*cluster.values.tolist()} <= {*fit.numbering.numbers}
    if not known or not cluster.size or len({*cluster.values.tolist()}) < cluster.size:
        raise DamageError(f"{what} of the regimes {cluster.values!r:.80}")
    space = numbers[PATTERN].dims[1:]
    dims = {PATTERN: (CLUSTER, *space), MEAN: (CLUSTER,), STD: (CLUSTER,), ORIGIN: space}
    for part, values in numbers.data_vars.items():
        if values.dims != dims[str(part)] or values.dtype.kind != "f":
            raise DamageError(f"{what}, with a {part} of {values.dtype} along {values.dims}")
    if tuple(numbers[PATTERN].shape[1:]) != fit.grid.shape or space != fit.grid.axes.space:
        raise DamageError(f"{what} on a grid of {numbers[PATTERN].shape[1:]} points")
    pattern, mean, std = (numbers[part].values for part in (PATTERN, MEAN, STD))
    if not np.isfinite(pattern).any(axis=(1, 2)).all() or np.isinf(pattern).any():
        raise DamageError(f"{what} without a pattern")
    if not (np.isfinite(mean) & np.isfinite(std) & (std >= 0)).all():
        raise DamageError(f"{what} whose mean and deviation are none")
    months = text_of(numbers.attrs, MONTHS).split()
    if not months or not {*months} <= {str(month) for month in range(1, 13)}:
        raise DamageError(f"{what} of the months {months!r:.80}")


def _check_answers(fit: Fit) -> None:
    """Ask what stands on objects of scikit-learn, which can hold anything.

    Networks are not asked: all their weights have been looked at, and a first answer takes seconds.
    """
    method = fit.method
    if not isinstance(method.method, ScikitLearn):
        return
    with np.errstate(all="ignore"):
        label = method.answer_for_nothing("labels")
        if not ((label >= NO_LABEL) & (label < fit.n_clusters)).all():
            raise DamageError(f"a method that answers with the label {label}")
        if "predict_proba" in method.method.abilities:
            q = method.answer_for_nothing("membership")
            if q.shape != (1, fit.n_clusters) or not np.isfinite(q).all():
                raise DamageError(f"a method that answers with memberships of shape {q.shape}")
        if "transform" in method.method.abilities:
            method.answer_for_nothing("embedding")


def _is_numbering(order: np.ndarray, k: int) -> bool:
    return order.dtype.kind in "iu" and order.shape == (k,) and {*order.tolist()} == {*range(k)}
