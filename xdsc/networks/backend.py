"""The one door through which Keras is imported, on the backend that is chosen there."""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from xdsc.errors import XdscError, message
from xdsc.networks.chatter import chatter_held_back

_FIRST_IMPORT = threading.Lock()

#: What `keras.config` says while networks are made, trained or asked. Policies come last, since
#: Keras makes one of the precision where there is none.
_OWN_SETTINGS = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "dtype_policy": "float32",
}

#: Whether this process is a copy of one whose backend had threads, which are not copied.
_LOST_THREADS = False


def load_keras() -> Any:
    """Keras, imported at first use; the global random states of the user are as they were.

    What Keras and its backends import draws from NumPy's global generator, so that the random
    numbers of a user would depend on whether a network was wanted before. Rooms of this package
    that import Keras at their top (`architectures`, `engine`) come through here first.

    Raises
    ------
    XdscError
        It cannot be imported here.
    """
    if _LOST_THREADS:
        raise XdscError(
            message(
                "networks in a process that was started anew",
                "a forked copy of a process in which TensorFlow or JAX has run already, where "
                "they would wait without end",
                "start processes anew, multiprocessing.get_context('spawn'), fork before the "
                "first network is fitted, loaded or asked, or use threads",
            )
        )
    with _FIRST_IMPORT:
        choose_backend()
        try:
            with random_states_kept(), _interrupt_held_back():
                return _imported_keras()
        except Exception as error:
            # What a backend raises that is not whole, or not known, is of many kinds.
            backend = os.environ.get("KERAS_BACKEND")
            raise XdscError(
                message(
                    "Keras to be imported, which networks are made with",
                    f"{type(error).__name__}: {error}".rstrip(".")
                    + (f", with KERAS_BACKEND={backend!r}" if backend else ""),
                    "set os.environ['KERAS_BACKEND'] to 'tensorflow', 'jax' or 'torch', whichever "
                    "is installed, and start Python anew, or use a method without a network, such "
                    "as method='kmeans'",
                )
            ) from error


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Raise KeyboardInterrupt after the block where Ctrl-C was pressed within it.

    While it is imported JAX calls Python from where nothing can be raised: a Ctrl-C would be lost,
    or leave half of Keras behind. Nothing is held back in other threads, which get no signals, nor
    where somebody else handles them.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


def _imported_keras() -> Any:
    if not {"keras", "tensorflow"}.isdisjoint(sys.modules):
        # Here already; or the user's own, who has seen what it says.
        return importlib.import_module("keras")
    with chatter_held_back():
        keras = importlib.import_module("keras")
        if keras.backend.backend() == "tensorflow":
            # Looks for GPUs, and says that there are none, and that oneDNN has no whole numbers on
            # many processors; the first network would do it.
            tensorflow = sys.modules["tensorflow"]
            tensorflow.transpose(tensorflow.constant([[0]]))
        return keras


def _has_started() -> bool:
    """Whether a backend of Keras has made threads in this process, for xdsc or somebody else."""
    tensorflow = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(tensorflow, "_context", None)
    jax = sys.modules.get("jax._src.xla_bridge")
    return bool(getattr(context, "_initialized", False) or getattr(jax, "_backends", None))


def _after_fork() -> None:
    global _LOST_THREADS, _FIRST_IMPORT
    _LOST_THREADS = _LOST_THREADS or _has_started()
    _FIRST_IMPORT = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def own_settings() -> Iterator[None]:
    """Within the block Keras has the settings that the networks are made for.

    They are single precision with channels last, whatever the user's ``keras.json`` says or a
    notebook has set for models of its own; after the block these are what they were.
    """
    config = load_keras().config
    before = {name: getattr(config, name)() for name in _OWN_SETTINGS}
    differ = [name for name, own in _OWN_SETTINGS.items() if _name(before[name]) != own]
    try:
        for name in differ:
            getattr(config, f"set_{name}")(_OWN_SETTINGS[name])
        yield
    finally:
        for name in differ:
            getattr(config, f"set_{name}")(before[name])


def _name(setting: Any) -> Any:
    """A setting as it is set; policies are objects with names."""
    return getattr(setting, "name", setting)


@contextmanager
def random_states_kept() -> Iterator[None]:
    """After the block the global random states of NumPy and Python are what they were before.

    For first imports: what Keras and scikit-learn bring with them draws from these.
    """
    numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002 (the user's, kept)
    python_state = random.getstate()
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002 (the user's, given back)
        random.setstate(python_state)


def choose_backend() -> None:
    """Choose Keras's backend at first use, where the user chose none.

    ``KERAS_BACKEND``, an imported Keras and the user's ``keras.json`` are honoured. Otherwise the
    first installed of TensorFlow, JAX and torch is taken. TensorFlow logs errors alone unless
    ``TF_CPP_MIN_LOG_LEVEL`` is set; see `xdsc.networks.chatter` for what it says before that is
    read. It takes the kernels of oneDNN on all processors that these are made for, and not on the
    newest alone, unless ``TF_ENABLE_ONEDNN_OPTS`` says something else. TensorFlow and JAX take GPU
    memory as they need it, and not all of it at once, unless ``TF_FORCE_GPU_ALLOW_GROWTH`` and
    ``XLA_PYTHON_CLIENT_PREALLOCATE`` say something else, or the GPUs are in use already.

    Raises
    ------
    XdscError
        None of them is installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return
    if _has_settings():
        return
    for backend in ("tensorflow", "jax", "torch"):
        if importlib.util.find_spec(backend) is not None:
            os.environ["KERAS_BACKEND"] = backend
            return
    raise XdscError(
        message(
            "TensorFlow, JAX or torch, one of which networks run on",
            "none of them",
            "pip install tensorflow, jax or torch, or use a method without a network, such as "
            "method='kmeans'",
        )
    )


def _has_settings() -> bool:
    """Whether the user has a ``keras.json`` where Keras looks for it."""
    try:
        home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        return (home / "keras.json").exists()
    except (OSError, RuntimeError):
        # In containers users may have no home, or that of somebody else.
        return False


def backend_in_use() -> dict[str, str]:
    """The backend and the versions that the bits of a training depend on."""
    keras = load_keras()
    return {"backend": keras.backend.backend(), "keras": keras.__version__}
