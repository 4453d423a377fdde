"""The only rooms that know Keras: what networks look like, and how they are trained.

Importing this package imports no Keras; its rooms `engine` and `architectures` do.
"""

from xdsc.networks.backend import backend_in_use, choose_backend, load_keras, own_settings
from xdsc.networks.devices import chosen_devices
from xdsc.networks.exchange import (
    Beginning,
    TrainingHooks,
    TrainingOutcome,
    TrainingPlan,
    TrainingSnapshot,
)
from xdsc.networks.keras_names import unknown_names
from xdsc.networks.segments import held_out
from xdsc.networks.sizes import SIZES, NetworkSize, network_size
from xdsc.networks.table import NETWORKS, network_class
from xdsc.networks.weight_shapes import check_weights

__all__ = [
    "NETWORKS",
    "SIZES",
    "Beginning",
    "NetworkSize",
    "TrainingHooks",
    "TrainingOutcome",
    "TrainingPlan",
    "TrainingSnapshot",
    "backend_in_use",
    "check_weights",
    "choose_backend",
    "chosen_devices",
    "held_out",
    "load_keras",
    "network_class",
    "network_size",
    "own_settings",
    "unknown_names",
]
