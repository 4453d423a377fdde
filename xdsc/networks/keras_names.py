"""Names of Keras that users and files may give: those of a list, and never objects.

A serialised object of Keras can name any module, which Keras then imports and makes something of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xdsc.errors import message, nearest
from xdsc.networks.backend import load_keras

#: Elementwise, so that no layer changes its width.
ACTIVATIONS = (
    *(
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "leaky_relu",
    ),
    *("linear", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign"),
    *("swish", "tanh"),
)
OPTIMIZERS = (
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion"),
    *("muon", "nadam", "rmsprop", "sgd"),
)
#: What Keras's ``serialize`` writes; the last two say where Keras has it from, and are not read.
_KEYS = {"class_name", "config", "module", "registered_name"}


def unknown_names(activation: Any, optimizer: Any) -> list[str]:
    """Problems with the names of an activation and an optimizer, as texts of errors."""
    problems = []
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        near = nearest(activation, ACTIVATIONS)
        remedy = f"use {near!r}" if near else "use 'tanh', as the paper does"
        expected = f"the name of an activation of Keras among {', '.join(ACTIVATIONS)}"
        problems.append(message(expected, f"{activation!r:.200}", remedy))
    if (wrong := _wrong_optimizer(optimizer)) is not None:
        near = None if isinstance(optimizer, Mapping) else nearest(optimizer, OPTIMIZERS)
        problems.append(
            message(
                "an optimizer of Keras, by name or as {'class_name': ..., 'config': {...}} with "
                f"numbers in its config: one of {', '.join(OPTIMIZERS)}",
                f"optimizer={optimizer!r:.200}{wrong}",
                f"use {near or 'adam'!r}",
            )
        )
    return problems


def plain_optimizer(optimizer: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and configuration of an optimizer that has no `unknown_names`."""
    if isinstance(optimizer, str):
        return optimizer.lower(), {}
    return optimizer["class_name"].lower(), dict(optimizer.get("config") or {})


def _wrong_optimizer(optimizer: Any) -> str | None:
    """What is wrong with an optimizer, to come after it; empty where nothing more can be said."""
    if isinstance(optimizer, Mapping):
        config = optimizer.get("config") or {}
        name = optimizer.get("class_name")
        if not set(optimizer) <= _KEYS or not isinstance(config, Mapping):
            return ""
        for key, value in config.items():
            number = isinstance(value, (bool, int, float, np.number, type(None)))
            if not isinstance(key, str) or not (number or (key == "name" and type(value) is str)):
                return f", where {key!r:.80} is no number"
    else:
        name = optimizer
    if not isinstance(name, str) or name.lower() not in OPTIMIZERS:
        return ""
    name, config = plain_optimizer(optimizer)
    if not config:
        return None
    keras = load_keras()
    try:
        keras.optimizers.get({"class_name": name, "config": config})
    except Exception as error:
        # Keras has many words for arguments that an optimizer does not take.
        return f", {(str(error).splitlines() or [''])[0]:.200}"
    return None
