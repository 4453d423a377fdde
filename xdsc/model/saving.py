"""A fitted model as the contents of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from xdsc.cf import Axes
from xdsc.labels import CLUSTER
from xdsc.methods.arguments import options_from_json, options_to_json
from xdsc.methods.base import MethodState
from xdsc.methods.format1 import upgraded
from xdsc.model.novelty import Novelty
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.grid import Grid
from xdsc.storage import Contents, from_json, to_json

if TYPE_CHECKING:
    from xdsc.model.cluster import ClusterModel


def contents_of(model: ClusterModel) -> Contents:
    """All that a fitted model is.

    Entries of the method, of the Preprocessor and of the model itself are told apart by prefixes.
    """
    state = model._method.state()
    arrays = {
        "order": model._order,
        "mask": model._mask,
        "fill": model._fill,
        "novelty.centres": model._novelty.centres,
        "novelty.distances": model._novelty.distances,
        **{f"method.{name}": array for name, array in state.arrays.items()},
    }
    fields = {"labels": model.labels_.to_dataset(), "grid": model._grid.coordinates}
    estimators = {f"method.{name}": found for name, found in state.estimators.items()}
    if model.history_ is not None:
        fields["history"] = model.history_
    prepared: dict[str, Any] | None = None
    if model.preprocessor_ is not None:
        prepared, learnt = model.preprocessor_.state()
        fields |= {f"preprocessor.{name}": ds for name, ds in learnt.items()}
    by_name = isinstance(model.method, str)
    if not by_name:
        estimators["method"] = model.method
    config = {
        "n_clusters": model.n_clusters,
        "method": model.method if by_name else None,
        "options": options_to_json(model.options),
        "random_state": model.random_state,
        "preset": model.preset,
        "memory_budget": model.memory_budget,
        "stream": model.stream,
        "variables": model.variables,
        "preprocessor_given": _how_given(model.preprocessor),
        "given": model._given,
        "n_clusters_": model.n_clusters_,
        "variables_": model.variables_,
        "n_frames_": model.n_frames_,
        "fit_seconds_": model.fit_seconds_,
        "streamed_": model.streamed_,
        "preparation": model._preparation,
        "fit": model._fit,
        "grid_axes": asdict(model._grid.axes),
        "grid_shape": list(model._grid.shape),
        "preprocessor": prepared,
        "method_state": state.numbers,
    }
    return Contents(to_json(config), arrays, fields, estimators)


def model_of(contents: Contents, kind: type[ClusterModel]) -> ClusterModel:
    """The model, of class `kind`, that `contents_of` was told of."""
    config, arrays, fields = from_json(contents.config), contents.arrays, contents.fields
    config["options"].pop("area_weights", None)  # in files of format 1
    model = kind(
        config["n_clusters"],
        method=config["method"] or contents.estimators["method"],
        random_state=config["random_state"],
        preset=config["preset"],
        variables=config["variables"],
        # Files of the first models do not have these.
        memory_budget=config.get("memory_budget"),
        stream=config.get("stream"),
        **config["given"],
        **options_from_json(config["options"]),
    )
    method = model._make_method()
    state = MethodState(
        config["method_state"], _under("method.", arrays), _under("method.", contents.estimators)
    )
    model._method = method.restore(upgraded(method, state))
    model._key = uuid4().hex
    model._order, model._mask, model._fill = arrays["order"], arrays["mask"], arrays["fill"]
    model._novelty = Novelty(arrays["novelty.centres"], arrays["novelty.distances"])
    model._preparation, model._fit = config["preparation"], config["fit"]
    height, width = config["grid_shape"]
    model._grid = Grid(fields["grid"], Axes(**config["grid_axes"]), (height, width))
    model.n_clusters_, model.variables_ = config["n_clusters_"], config["variables_"]
    model.n_frames_, model.fit_seconds_ = config["n_frames_"], config["fit_seconds_"]
    model.streamed_ = bool(config.get("streamed_", False))
    model.labels_, model.history_ = fields["labels"][CLUSTER], fields.get("history")
    prepared = config["preprocessor"]
    model.preprocessor_ = (
        None
        if prepared is None
        else Preprocessor.from_state(prepared, _under("preprocessor.", fields))
    )
    if config["preprocessor_given"] == "fitted":
        model.preprocessor = model.preprocessor_
    elif config["preprocessor_given"] == "settings":
        assert model.preprocessor_ is not None
        model.preprocessor = model.preprocessor_.unfitted()
    return model


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
