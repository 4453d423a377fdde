"""The one place that decides on which backend Keras runs."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def choose_backend() -> None:
    """Choose Keras's backend at first use, where the user chose none.

    ``KERAS_BACKEND``, an imported Keras and the user's ``keras.json`` are honoured. Otherwise the
    first installed of TensorFlow, JAX and torch is taken. TensorFlow's start-up chatter on the
    standard error is silenced unless ``TF_CPP_MIN_LOG_LEVEL`` is set. TensorFlow and JAX take GPU
    memory as they need it, and not all of it at once, unless ``TF_FORCE_GPU_ALLOW_GROWTH`` and
    ``XLA_PYTHON_CLIENT_PREALLOCATE`` say something else, or the GPUs are in use already.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    if (home / "keras.json").exists():
        return
    for backend in ("tensorflow", "jax", "torch"):
        if importlib.util.find_spec(backend) is not None:
            os.environ["KERAS_BACKEND"] = backend
            return


def backend_in_use() -> dict[str, str]:
    """The backend and the versions that the bits of a training depend on."""
    import keras

    return {"backend": keras.backend.backend(), "keras": keras.__version__}
