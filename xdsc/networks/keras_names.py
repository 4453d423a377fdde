"""Names that only Keras can judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xdsc.errors import message
from xdsc.networks.backend import load_keras


def unknown_names(activation: str, optimizer: str | Mapping[str, Any]) -> list[str]:
    """Problems with the names of an activation and an optimizer, as texts of errors."""
    keras = load_keras()
    problems = []
    try:
        keras.activations.get(activation)
    except ValueError:
        remedy = "use 'tanh', as the paper does"
        problems.append(message("an activation of Keras", f"{activation!r}", remedy))
    try:
        spec = optimizer if isinstance(optimizer, str) else {"config": {}, **optimizer}
        keras.optimizers.get(spec)
    except (ValueError, TypeError, KeyError):
        problems.append(
            message(
                "an optimizer of Keras, by name or as {'class_name': ..., 'config': {...}}",
                f"optimizer={optimizer!r}",
                "use 'adam'",
            )
        )
    return problems
