"""The only rooms that know Keras: layers, the autoencoder, the joint training.

Importing this package imports no Keras; `xdsc.networks.training` and the modules below it do.
"""

from xdsc.networks.backend import choose_backend
from xdsc.networks.checks import unknown_names
from xdsc.networks.sizes import SIZES, NetworkSize, network_size

__all__ = ["SIZES", "NetworkSize", "choose_backend", "network_size", "unknown_names"]
