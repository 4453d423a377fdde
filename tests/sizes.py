"""Sizes of networks and of their fields, the same in all tests that do not ask for others.

Tracing a network takes 5 to 10 s, training one that was traced already 1 s; and one is traced
again for each other grid, mask, number of variables or clusters, window, width and batch size.
"""

#: A masked one, two of other units, and wind; more would cost every test its share.
VARIABLES = ["sst", "sp", "t2m", "u10"]

#: Of `xdsc.tutorial.open_dataset`; what is masked is the same for any number of times.
GRID = {"n_lat": 5, "n_lon": 7, "n_regimes": 3, "seed": 1}

_NETWORK = {"filters": (4, 4), "lstm_units": (4,), "latent_dim": 3}
_CNN = {"network": _NETWORK}
_DSC = {"network": _NETWORK, "window": 3}

#: By method.
SIZES = {
    "dsc": _DSC,
    "cnn_lstm_encoder": _DSC,
    "cnn_encoder": _CNN,
    "cnn_autoencoder": _CNN,
    "dec": {"hidden": (8,), "latent_dim": 3, "layer_epochs": 1},
    "dtc": {"filters": 4, "lstm_units": (4, 2)},
    "dtcr": {"units": (4, 2), "frame_features": 4, "window": 4},
}

#: A DSC whose training draws random numbers.
DSC_WITH_DROPOUT = {"network": {**_NETWORK, "dropout": 0.2}, "window": 3}
