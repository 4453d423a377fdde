"""How every network is trained and asked: batches, pools, phases, refreshes, snapshots.

Importing it imports Keras.
"""

from xdsc.networks.backend import load_keras

load_keras()
