"""How fast a network trains: samples per second beside the published loop, in one run.

    python benchmarks/training.py --sizes compact paper

Each row is a step of training (forward, backward, optimizer) on random fields of the paper's size
(41 x 41 x 7), windows of one frame. "published" is the network of the published code, written again
with plain Keras layers on the 48 x 48 grid that it pads to, in its batches of 8. Before it stands
the product of two matrices, which says what the machine can do. Rows are timed in turn, round by
round; given are the median time of processor of a sample (with ``--wall``, as for a GPU, by the
clock), its ratio to the published loop, and with TensorFlow the arithmetic of a sample, which
bounds it, and how fast that is done.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As xdsc asks for it where it imports Keras first.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras
import numpy as np
from keras import layers

from xdsc.networks import network_class, network_size
from xdsc.networks.engine.step import TracedStep
from xdsc.networks.exchange import TrainingPlan

GRID, VARIABLES, CLUSTERS, RNG = (41, 41), 7, 7, np.random.default_rng(0)


def published() -> Callable[[], int]:
    """A step of the published network: reconstruction and Student-t memberships, SGD."""
    x = frames = layers.Input((48, 48, VARIABLES))
    for filters in ((64, 64), (128,), (256,), (512,)):
        for width in filters:
            x = layers.Conv2D(width, 3, padding="same", activation="tanh")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Reshape((1, -1))(x)
    for sequences in (True, False):
        x = layers.LSTM(512, return_sequences=sequences, dropout=0.1, recurrent_dropout=0.1)(x)
    embedding = layers.Dense(256, activation="sigmoid")(x)
    x = layers.Reshape((3, 3, 512))(layers.Dense(3 * 3 * 512)(embedding))
    for width in (512, 256, 128, 64):
        x = layers.Conv2D(width, 3, padding="same", activation="tanh")(layers.UpSampling2D(2)(x))
    decoded = layers.Conv2D(VARIABLES, 3, padding="same", activation="tanh")(x)
    membership = layers.Dense(CLUSTERS, activation="softmax")(embedding)
    model = keras.Model(frames, [decoded, membership])
    model.compile(keras.optimizers.SGD(1e-7, momentum=0.9), ["mse", "kld"])
    batch = RNG.normal(size=(8, 48, 48, VARIABLES)).astype("float32")
    target = np.full((8, CLUSTERS), 1 / CLUSTERS, "float32")

    def step() -> int:
        model.train_on_batch(batch, [batch, target])
        return len(batch)

    return step


def ours(size: str, batch_size: int) -> Callable[[], int]:
    """A step of DSC's own network."""
    mask = np.ones((*GRID, VARIABLES), bool)
    network = network_class("cnn-lstm")(
        mask, CLUSTERS, 1, network_size(size), anchored=False, seed=0
    )
    plan = TrainingPlan(0, 1, batch_size, "adam", 1e-3, 1, 1e-3, 3, 0.0, 3.0)
    batch = RNG.normal(size=(batch_size, 1, *GRID, VARIABLES)).astype("float32")
    network(batch)
    TracedStep(network, plan).begin_phase()
    target = np.full((batch_size, 1, CLUSTERS), 1 / CLUSTERS, "float32")
    weight = np.ones((batch_size, 1), "float32")
    data = [keras.ops.convert_to_tensor(each) for each in (batch, target, weight)]

    def step() -> int:
        network.train_on_batch(*data)
        return batch_size

    return step


def product(n: int = 1024) -> Callable[[], int]:
    """Five products of two square matrices of single precision."""
    a = RNG.normal(size=(n, n)).astype("float32")

    def step() -> int:
        for _ in range(5):
            a @ a
        return 5

    return step


def arithmetic(step: Callable[[], int]) -> float:
    """Floating-point operations of a sample in the graph that a first step traces, or nan."""
    if keras.backend.backend() != "tensorflow":
        step()
        return float("nan")
    import tensorflow as tf
    from tensorflow.compat.v1 import profiler

    known = {id(graph) for graph in gc.get_objects() if isinstance(graph, tf.Graph)}
    samples = step()
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    counted = [
        profiler.profile(graph, options=options.with_empty_output().build()).total_float_ops
        for graph in gc.get_objects()
        if isinstance(graph, tf.Graph) and id(graph) not in known
    ]
    return max(counted) / samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="*", default=["compact", "paper"])
    parser.add_argument("--batch-sizes", nargs="*", type=int, default=[8, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--wall", action="store_true", help="time by the clock on the wall, as GPUs have no other"
    )
    args = parser.parse_args()
    clock = time.perf_counter if args.wall else time.process_time
    steps = {"published, batch 8": published()}
    for size in args.sizes:
        for batch_size in args.batch_sizes:
            steps[f"{size}, batch {batch_size}"] = ours(size, batch_size)
    operations = {name: arithmetic(step) for name, step in steps.items()}
    steps, operations = {"GEMM": product(), **steps}, {"GEMM": 2.0 * 1024**3, **operations}
    spent: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(args.rounds):
        for name, step in steps.items():
            begin = clock()
            samples = step()
            spent[name].append((clock() - begin) / samples)
    each = {name: median(times) for name, times in spent.items()}
    speed = {name: operations[name] / 1e9 / each[name] for name in steps}
    print(f"GEMM: {speed.pop('GEMM'):.0f} GFLOP/s{'' if args.wall else ' of one core'}")
    for name in speed:
        ratio = each["published, batch 8"] / each[name]
        line = f"{name:20} {1e3 * each[name]:7.2f} ms/sample, {ratio:5.1f} times the published"
        if np.isfinite(operations[name]):
            line += f"; {operations[name] / 1e9:5.2f} GFLOP at {speed[name]:3.0f} GFLOP/s"
        print(line)


if __name__ == "__main__":
    main()
