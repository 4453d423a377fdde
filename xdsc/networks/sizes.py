"""Network sizes by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from xdsc.errors import ParameterError, message, nearest

#: Of layers, and their number: beyond what any machine can use.
WIDEST, MOST_LAYERS = 2**16, 64


@dataclass(frozen=True)
class NetworkSize:
    """Widths of the CNN-LSTM autoencoder.

    Parameters
    ----------
    filters : tuple of tuple of int
        Channels of the convolutions of each stack; one 2 x 2 pooling follows each stack.
    lstm_units : tuple of int
        Units of each LSTM layer.
    latent_dim : int
        M, the length of the embedding.
    dropout : float
        Dropout of the LSTM inputs and states during training, 0 to below 1.
    activation : str
        Keras name of the convolutions' activation.
    """

    filters: tuple[tuple[int, ...], ...]
    lstm_units: tuple[int, ...]
    latent_dim: int
    dropout: float = 0.0
    activation: str = "tanh"


#: The table of named sizes. "paper" has the widths of Section 4 and the published code.
SIZES: dict[str, NetworkSize] = {
    "paper": NetworkSize(
        filters=((64, 64), (128,), (256,), (512,)),
        lstm_units=(512, 512),
        latent_dim=256,
        dropout=0.1,
    ),
    "compact": NetworkSize(filters=((16,), (32,), (32,), (64,)), lstm_units=(64,), latent_dim=32),
}


def network_size(
    network: str | Mapping[str, Any] | NetworkSize, latent_dim: int | None = None
) -> NetworkSize:
    """Look up a size by name, or take one given as a mapping or a `NetworkSize`.

    Parameters
    ----------
    network : str, mapping or NetworkSize
        A row of `SIZES`, or fields of `NetworkSize`; a mapping may leave fields out, which are
        then those of "compact".
    latent_dim : int, optional
        M, in place of the size's own.

    Raises
    ------
    ParameterError
        Unknown name or field, or a width that is not a positive integer.
    """
    if isinstance(network, NetworkSize):
        chosen = asdict(network)
    elif isinstance(network, str):
        if network not in SIZES:
            remedy = f"use network={nearest(network, SIZES) or 'compact'!r}"
            raise ParameterError(
                message(f"network to be one of {sorted(SIZES)}", repr(network), remedy)
            )
        chosen = asdict(SIZES[network])
    elif not isinstance(network, Mapping):
        raise ParameterError(
            message(
                f"network to be one of {sorted(SIZES)} or a mapping",
                f"{network!r:.200}",
                "use network='compact'",
            )
        )
    else:
        known = {field.name for field in fields(NetworkSize)}
        if unknown := sorted(map(repr, set(network) - known)):
            near = nearest(unknown[0].strip("'"), known)
            remedy = f"use {near!r}" if near else f"drop {', '.join(unknown)}"
            raise ParameterError(
                message(f"network fields among {sorted(known)}", ", ".join(unknown), remedy)
            )
        chosen = asdict(SIZES["compact"]) | dict(network)
    if latent_dim is not None:
        chosen["latent_dim"] = latent_dim
    return _checked(chosen)


def _tuple(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _checked(chosen: dict[str, Any]) -> NetworkSize:
    filters = tuple(map(_tuple, _tuple(chosen["filters"])))
    lstm_units = _tuple(chosen["lstm_units"])
    widths = [w for stack in filters for w in stack] + [*lstm_units, chosen["latent_dim"]]
    positive = all(
        isinstance(w, int) and not isinstance(w, bool) and 0 < w <= WIDEST for w in widths
    )
    if not (filters and all(filters) and lstm_units and positive and len(widths) <= MOST_LAYERS):
        raise ParameterError(
            message(
                f"positive integer widths up to {WIDEST}, at least one convolution stack and one "
                f"LSTM layer, and {MOST_LAYERS} layers at most",
                f"filters={filters!r:.200}, lstm_units={lstm_units!r:.200}, "
                f"latent_dim={chosen['latent_dim']!r:.200}",
                "see xdsc.networks.SIZES for two examples",
            )
        )
    dropout = chosen["dropout"]
    if not isinstance(dropout, (int, float, np.number)) or not 0 <= dropout < 1:
        raise ParameterError(
            message("dropout from 0 to below 1", f"{dropout!r:.200}", "use 0.0 for none")
        )
    return NetworkSize(
        filters, lstm_units, chosen["latent_dim"], float(chosen["dropout"]), chosen["activation"]
    )
