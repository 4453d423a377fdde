"""Training on several devices: the one place that knows `tf.distribute`.

Every device has all weights and a part of each batch. On TensorFlow a network is replicated, and
what its loss needs of the whole batch is summed over the replicas here; on JAX the program is that
of one device, and JAX spreads the arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from xdsc.errors import ParameterError, message
from xdsc.networks.backend import load_keras
from xdsc.networks.segments import segment_length


def chosen_devices(devices: int | str | Sequence[str] | None) -> list[str] | None:
    """Names of the devices to train on; None leaves the choice of one to Keras.

    Parameters
    ----------
    devices : int, "all", sequence of str or None
        How many, all that there are, or which. GPUs are taken where there are some, else CPUs, of
        which a process has one.

    Raises
    ------
    ParameterError
        There are no such devices, or the backend cannot use several; says which there are.
    """
    if devices is None:
        return None
    keras = load_keras()
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise ParameterError(
            message(
                "TensorFlow or JAX as the backend of Keras for devices=",
                backend,
                "set KERAS_BACKEND=tensorflow before Python starts, or leave devices= out",
            )
        )
    first = [str(name) for name in keras.distribution.list_devices()]
    if isinstance(devices, str) and devices == "all":
        return first
    if isinstance(devices, int) and not isinstance(devices, bool) and 1 <= devices <= len(first):
        return first[:devices]
    known = list(dict.fromkeys([*first, *map(str, keras.distribution.list_devices("cpu"))]))
    if isinstance(devices, (list, tuple)) and devices:
        names = [str(name).lower() for name in devices]
        if len(set(names)) == len(names) and set(names) <= set(known):
            return names
    raise ParameterError(
        message(
            f"devices= to be a number from 1 to {len(first)}, 'all', or some of {', '.join(known)}",
            f"devices={devices!r:.200}",
            "leave devices= out to train on one",
        )
    )


@contextmanager
def spread_over(names: Sequence[str] | None) -> Iterator[AbstractContextManager[Any]]:
    """Within the block networks are trained on all these devices.

    Yields
    ------
    context manager
        Within which they are to be made, with all their weights.
    """
    keras = load_keras()
    if names is None:
        yield nullcontext()
    elif keras.backend.backend() == "tensorflow":
        yield _strategy(tuple(names)).scope()
    else:
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=list(names)))
        try:
            yield nullcontext()
        finally:
            keras.distribution.set_distribution(before)


@cache
def _strategy(names: tuple[str, ...]) -> Any:
    """The one strategy of these devices.

    TensorFlow numbers the sums over replicas of each strategy anew, and takes the sums of two
    networks that have one number for one sum.
    """
    import tensorflow as tf

    return tf.distribute.MirroredStrategy([f"/{name}" for name in names])


@contextmanager
def replicated(network: Any) -> Iterator[None]:
    """Within the block variables are made as those of the network are: on all of its devices."""
    strategy = getattr(network, "_distribute_strategy", None)
    if strategy is None:
        yield
        return
    with strategy.scope():
        yield


@contextmanager
def on_one_device(network: Any) -> Iterator[None]:
    """Within the block a replicated network runs on its first device only."""
    # Every replica would give an answer of its own to the same question.
    strategy = getattr(network, "_distribute_strategy", None)
    if strategy is None:
        yield
        return
    network._distribute_strategy = None
    try:
        yield
    finally:
        network._distribute_strategy = strategy


def n_replicas() -> int:
    """How many replicas share the batch for which a loss is computed."""
    if load_keras().backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def sum_of_replicas(value: Any) -> Any:
    """The sum of a tensor over the replicas that share a batch; itself where there is one."""
    if n_replicas() == 1:
        return value
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def shared_batch_size(batch_size: int, window: int, n_devices: int) -> int:
    """Windows a batch, rounded up such that every device gets as many segments.

    Examples
    --------
    >>> shared_batch_size(32, 1, 3), shared_batch_size(32, 5, 2), shared_batch_size(32, 5, 1)
    (33, 32, 32)
    """
    length = segment_length(window)
    segments = max(1, batch_size // length)
    return -(-segments // n_devices) * n_devices * length
