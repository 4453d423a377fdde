"""What the networks look like, and what each of them minimises.

Importing it imports Keras.
"""

from xdsc.networks.backend import load_keras

load_keras()
