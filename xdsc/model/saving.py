"""The record of a fit as the contents of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType, NoneType
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import StorageError
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.methods import METHODS
from xdsc.methods.base import MethodState
from xdsc.methods.deep.option_json import options_from_json, options_to_json
from xdsc.methods.format1 import upgraded
from xdsc.model.arguments import Arguments
from xdsc.model.fit import Fit
from xdsc.model.fitted_method import FittedMethod
from xdsc.model.novelty import Novelty
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.grid import Grid
from xdsc.storage import Contents, DamageError

#: Types of what is in the config; other arguments are checked by whoever uses them, as always.
_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "method": (str, NoneType),
        "options": (dict,),
        "preprocessor_given": (str, NoneType),
        "given": (dict,),
        "n_clusters_": (int,),
        "variables_": (list,),
        "n_frames_": (int,),
        "fit_seconds_": (float,),
        "streamed_": (bool,),
        "preparation": (dict,),
        "fit": (str, NoneType),
        "grid_axes": (dict,),
        "grid_shape": (list,),
        "preprocessor": (dict, NoneType),
        "method_state": (dict,),
    }
)


def contents_of(arguments: Arguments, fit: Fit) -> Contents:
    """All that a fitted model is.

    Entries of the method, of the Preprocessor and of the model itself are told apart by prefixes.
    """
    method = fit.method
    assert method.novelty is not None
    state = method.method.state()
    arrays = {
        "order": method.order,
        "mask": method.mask,
        "fill": method.fill,
        "novelty.centres": method.novelty.centres,
        "novelty.distances": method.novelty.distances,
        **{f"method.{name}": array for name, array in state.arrays.items()},
    }
    fields = {"labels": fit.labels.to_dataset(), "grid": fit.grid.coordinates}
    estimators = {f"method.{name}": found for name, found in state.estimators.items()}
    if fit.history is not None:
        fields["history"] = fit.history
    prepared: dict[str, Any] | None = None
    if fit.preprocessor is not None:
        prepared, learnt = fit.preprocessor.state()
        fields |= {f"preprocessor.{name}": ds for name, ds in learnt.items()}
    by_name = isinstance(arguments.method, str)
    if not by_name:
        estimators["method"] = arguments.method
    config = {
        "n_clusters": arguments.n_clusters,
        "method": arguments.method if by_name else None,
        "options": options_to_json(arguments.options),
        "random_state": arguments.random_state,
        "preset": arguments.preset,
        "memory_budget": arguments.memory_budget,
        "stream": arguments.stream,
        "variables": arguments.variables,
        "preprocessor_given": _how_given(arguments.preprocessor),
        "given": arguments.given,
        "n_clusters_": fit.n_clusters,
        "variables_": fit.variables,
        "n_frames_": fit.n_frames,
        "fit_seconds_": fit.seconds,
        "streamed_": fit.streamed,
        "preparation": fit.preparation,
        "fit": fit.fingerprint,
        "grid_axes": asdict(fit.grid.axes),
        "grid_shape": list(fit.grid.shape),
        "preprocessor": prepared,
        "method_state": state.numbers,
    }
    return Contents(config, arrays, fields, estimators)


def parts_of(contents: Contents) -> tuple[Arguments, Fit]:
    """Arguments and record of the model that `contents_of` was told of.

    Raises
    ------
    DamageError
        They are not those of a model: something is missing, of another type, or does not go with
        the rest. Says what, as a noun phrase.
    StorageError
        What the method has found does not go with its settings.
    """
    try:
        for name, kinds in _TYPES.items():
            _check_type(name, contents.config[name], kinds)
        arguments, preprocessor = _arguments_of(contents)
        fit = _fit_of(contents, arguments, preprocessor)
        _check_shapes(fit)
    except StorageError:
        raise
    except Exception as error:
        # Whatever Preprocessors, methods and containers say to values that nobody has written.
        raise DamageError(f"{type(error).__name__}: {error}") from error
    return arguments, fit


def _arguments_of(contents: Contents) -> tuple[Arguments, Preprocessor | None]:
    """What the constructor was given, and the fitted Preprocessor."""
    config, preprocessor, given = contents.config, None, None
    if config["preprocessor"] is not None:
        learnt = _under("preprocessor.", contents.fields)
        preprocessor = Preprocessor.from_state(config["preprocessor"], learnt)
    if (how := config["preprocessor_given"]) is not None:
        if preprocessor is None or how not in ("fitted", "settings"):
            raise DamageError(f"no Preprocessor that was given as {how!r}")
        given = preprocessor if how == "fitted" else preprocessor.unfitted()
    arguments = Arguments(
        n_clusters=config["n_clusters"],
        method=contents.estimators["method"] if config["method"] is None else config["method"],
        preprocessor=given,
        random_state=config["random_state"],
        preset=config["preset"],
        variables=config["variables"],
        memory_budget=config["memory_budget"],
        stream=config["stream"],
        options=_options_of(config),
        **config["given"],
    )
    return arguments, preprocessor


def _options_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the method, as they were meant when the file was written."""
    options = options_from_json(config["options"])
    row = METHODS.get(config["method"] or "")
    if row is not None and "anchor" in row.options and "anchored_" not in config["method_state"]:
        # Of models that do not say whether their embedding is anchored, only those are that had to
        # be asked for it.
        options = {"anchor": None, **options}
    return options


def _fit_of(contents: Contents, arguments: Arguments, preprocessor: Preprocessor | None) -> Fit:
    config, arrays, fields = contents.config, contents.arrays, contents.fields
    made_of = arguments.method_arguments
    method = made_of.make()
    state = MethodState(
        config["method_state"],
        _under("method.", arrays),
        _under("method.", contents.estimators),
    )
    height, width = config["grid_shape"]
    return Fit(
        method=FittedMethod(
            made_of,
            method.restore(upgraded(method, state)),
            order=arrays["order"],
            mask=arrays["mask"],
            fill=arrays["fill"],
            novelty=Novelty(arrays["novelty.centres"], arrays["novelty.distances"]),
        ),
        preparation=config["preparation"],
        fingerprint=config["fit"],
        preprocessor=preprocessor,
        grid=Grid(fields["grid"], Axes(**config["grid_axes"]), (int(height), int(width))),
        variables=config["variables_"],
        n_clusters=config["n_clusters_"],
        n_frames=config["n_frames_"],
        seconds=config["fit_seconds_"],
        streamed=config["streamed_"],
        labels=fields["labels"][CLUSTER],
        history=fields.get("history"),
    )


def _check_type(name: str, value: Any, kinds: tuple[type, ...]) -> None:
    # To Python, a boolean is an integer.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        raise DamageError(f"{name} of type {type(value).__name__}, not {expected}")


def _check_shapes(fit: Fit) -> None:
    """Hold the parts of a record against each other: K, N, and the grid of H × L points."""
    method, grid, k = fit.method, fit.grid, fit.n_clusters
    novelty = method.novelty
    assert novelty is not None
    shape = (*grid.shape, len(fit.variables))
    if not all(isinstance(name, str) for name in fit.variables):
        raise DamageError("variables_ that are no names")
    if k < 0 or not _is_numbering(method.order, k):
        raise DamageError(f"an order of the regimes that does not number {k}")
    if method.mask.dtype != bool or method.mask.shape != shape:
        raise DamageError(f"a mask of shape {method.mask.shape} for a grid of {shape}")
    if method.fill.dtype.kind != "f" or method.fill.shape != shape[2:]:
        raise DamageError(f"fill values of shape {method.fill.shape} for {shape[2]} variables")
    n_cells = int(method.mask.sum())
    if novelty.centres.ndim != 2 or novelty.centres.shape[1] != n_cells or len(novelty.centres) > k:
        found = novelty.centres.shape
        raise DamageError(f"centres of shape {found} for {k} regimes of {n_cells} cells")
    distances = novelty.distances
    if distances.shape != (fit.n_frames,) or (np.diff(distances) < 0).any():
        raise DamageError(f"distances of shape {distances.shape} for {fit.n_frames} frames")
    for dim, length in zip(grid.axes.space, grid.shape, strict=True):
        if grid.coordinates.sizes.get(dim, length) != length:
            raise DamageError(f"coordinates of a grid that is not of {grid.shape} points")
    if not _are_labels(fit.labels, grid.axes, k):
        raise DamageError(f"labels that are not those of {k} regimes along {grid.axes.samples}")


def _is_numbering(order: np.ndarray, k: int) -> bool:
    return order.dtype.kind in "iu" and order.shape == (k,) and {*order.tolist()} == {*range(k)}


def _are_labels(labels: xr.DataArray, axes: Axes, k: int) -> bool:
    if labels.dtype.kind != "i" or labels.dims != axes.samples:
        return False
    return bool(((labels >= NO_LABEL) & (labels < k)).all())


def _how_given(preprocessor: Preprocessor | None) -> str | None:
    """Whether a model was given a Preprocessor, and if so, what was in it."""
    if preprocessor is None:
        return None
    return "fitted" if hasattr(preprocessor, "steps_") else "settings"


def _under(prefix: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """What has a prefix, without it."""
    return {
        name.removeprefix(prefix): found for name, found in named.items() if name.startswith(prefix)
    }
