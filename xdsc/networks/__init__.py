"""The only rooms that know Keras: layers, the autoencoder, the joint training.

Importing this package imports no Keras; its rooms `engine` and `architectures` do.
"""

from xdsc.networks.backend import backend_in_use, choose_backend
from xdsc.networks.devices import chosen_devices
from xdsc.networks.keras_names import unknown_names
from xdsc.networks.sizes import SIZES, NetworkSize, network_size

__all__ = [
    "SIZES",
    "NetworkSize",
    "backend_in_use",
    "choose_backend",
    "chosen_devices",
    "network_size",
    "unknown_names",
]
