"""The record of a fit as the contents of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from xdsc.cf import Axes
from xdsc.errors import StorageError, XdscError
from xdsc.labels import CLUSTER
from xdsc.methods import METHODS
from xdsc.methods.base import MethodState
from xdsc.methods.deep.option_json import options_from_json, options_to_json
from xdsc.methods.format1 import upgraded
from xdsc.model.files.record_checks import check_config, check_record
from xdsc.model.index.indexing import VARIABLE
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.fit import Fit
from xdsc.model.record.fitted_method import FittedMethod
from xdsc.model.record.novelty import Novelty
from xdsc.model.record.numbering import Numbering
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.grid import Grid
from xdsc.storage import Contents, DamageError, made_of

# What the names of the numbers of an index begin with.
_INDEX = "index."


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
    for i, numbers in enumerate(fit.indices.values()):
        fields[f"{_INDEX}{i}"] = numbers
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
        # With settings besides it is one of those of the Preprocessor.
        "preset": None if arguments.settings else arguments.preset,
        "memory_budget": arguments.memory_budget,
        "stream": arguments.stream,
        "variables": arguments.variables,
        "preprocessor_given": "settings"
        if arguments.settings
        else _how_given(arguments.preprocessor),
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
        "numbering": asdict(fit.numbering),
        "notes": dict(fit.notes),
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
        check_config(contents.config)
        arguments, preprocessor = _arguments_of(contents)
        fit = _fit_of(contents, arguments, preprocessor)
        check_record(arguments, fit)
    except StorageError:
        raise
    except Exception as error:
        if type(error) is XdscError:
            # Not the file's fault: no network runs in this process.
            raise
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
    how = arguments.method_arguments
    method = how.make()
    state = MethodState(
        config["method_state"],
        _under("method.", arrays),
        _under("method.", contents.estimators),
    )
    height, width = config["grid_shape"]
    return Fit(
        method=FittedMethod(
            how,
            method.restore(upgraded(method, state)),
            order=arrays["order"],
            mask=arrays["mask"],
            fill=arrays["fill"],
            novelty=Novelty(arrays["novelty.centres"], arrays["novelty.distances"]),
        ),
        preparation=config["preparation"],
        fingerprint=config["fit"],
        preprocessor=preprocessor,
        grid=Grid(fields["grid"], made_of(Axes, config["grid_axes"]), (int(height), int(width))),
        variables=config["variables_"],
        n_clusters=config["n_clusters_"],
        n_frames=config["n_frames_"],
        seconds=config["fit_seconds_"],
        streamed=config["streamed_"],
        numbering=_numbering_of(config),
        notes=config.get("notes", {}),
        labels=fields["labels"][CLUSTER],
        history=fields.get("history"),
        indices={
            str(numbers.attrs[VARIABLE]): numbers
            for _, numbers in sorted(_under(_INDEX, fields).items())
        },
    )


def _numbering_of(config: Mapping[str, Any]) -> Numbering:
    """What the regimes are called; in older files by frequency."""
    if "numbering" not in config:
        return Numbering.by_frequency(config["n_clusters_"])
    found = config["numbering"]
    return Numbering(tuple(found["numbers"]), tuple(found["names"]))


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
