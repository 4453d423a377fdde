"""A fitted model as the contents of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from xdsc.cf import Axes
from xdsc.labels import CLUSTER
from xdsc.methods.arguments import options_from_json, options_to_json
from xdsc.methods.base import MethodState
from xdsc.model.arguments import Arguments
from xdsc.model.fit import Fit
from xdsc.model.fitted_method import FittedMethod
from xdsc.model.novelty import Novelty
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.grid import Grid
from xdsc.storage import Contents, from_json, to_json


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
    return Contents(to_json(config), arrays, fields, estimators)


def parts_of(contents: Contents) -> tuple[Arguments, Fit]:
    """Arguments and record of the model that `contents_of` was told of."""
    config, arrays, fields = from_json(contents.config), contents.arrays, contents.fields
    prepared = config["preprocessor"]
    preprocessor = (
        None
        if prepared is None
        else Preprocessor.from_state(prepared, _under("preprocessor.", fields))
    )
    given = None
    if config["preprocessor_given"] == "fitted":
        given = preprocessor
    elif config["preprocessor_given"] == "settings":
        assert preprocessor is not None
        given = preprocessor.unfitted()
    arguments = Arguments(
        n_clusters=config["n_clusters"],
        method=config["method"] or contents.estimators["method"],
        preprocessor=given,
        random_state=config["random_state"],
        preset=config["preset"],
        variables=config["variables"],
        # Files of the first models do not have these.
        memory_budget=config.get("memory_budget"),
        stream=config.get("stream"),
        options=options_from_json(config["options"]),
        **config["given"],
    )
    made_of = arguments.method_arguments
    state = MethodState(
        config["method_state"],
        _under("method.", arrays),
        _under("method.", contents.estimators),
    )
    height, width = config["grid_shape"]
    fit = Fit(
        method=FittedMethod(
            made_of,
            made_of.make().restore(state),
            order=arrays["order"],
            mask=arrays["mask"],
            fill=arrays["fill"],
            novelty=Novelty(arrays["novelty.centres"], arrays["novelty.distances"]),
        ),
        preparation=config["preparation"],
        fingerprint=config["fit"],
        preprocessor=preprocessor,
        grid=Grid(fields["grid"], Axes(**config["grid_axes"]), (height, width)),
        variables=config["variables_"],
        n_clusters=config["n_clusters_"],
        n_frames=config["n_frames_"],
        seconds=config["fit_seconds_"],
        streamed=bool(config.get("streamed_", False)),
        labels=fields["labels"][CLUSTER],
        history=fields.get("history"),
    )
    return arguments, fit


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
