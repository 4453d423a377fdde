"""The traced step of a network, which serves all phases and starts that it can."""

from __future__ import annotations

import keras
import numpy as np

from xdsc.networks.architectures.base import ClusteringNetwork
from xdsc.networks.devices import replicated
from xdsc.networks.exchange import TrainingPlan
from xdsc.networks.keras_names import plain_optimizer

#: What Keras makes of a network when it compiles it, and traces.
_STEP = ("optimizer", "train_function", "predict_function")


class TracedStep:
    """Has Keras compile a network once for each step that it can take.

    Tracing takes seconds, a step milliseconds, and TensorFlow frees no graph.

    Parameters
    ----------
    network : ClusteringNetwork
        To be trained; one that was trained before by the same plan brings its step along.
    plan : TrainingPlan
        Whose optimizer it is.
    """

    def __init__(self, network: ClusteringNetwork, plan: TrainingPlan) -> None:
        self.network, self.plan = network, plan
        # What is asked of the network before its first phase has the step for asking traced.
        self._compile()

    def begin_phase(self) -> None:
        """Be ready to train what the network says, with an optimizer that remembers nothing."""
        self._compile()
        with replicated(self.network):
            optimizer, kept = self.network.optimizer, self.network.kept_steps
            if not optimizer.built:
                # Built while training is traced, every weight of the optimizer would cost
                # TensorFlow a branch of the graph, and megabytes that it never frees.
                optimizer.build(self.network.trainable_variables)
                kept.initial[kept.state] = [np.array(v.numpy()) for v in optimizer.variables]
                return
            # Of a fresh optimizer TensorFlow would keep 30 kB a weight for good.
            for variable, initial in zip(
                optimizer.variables, kept.initial[kept.state], strict=True
            ):
                variable.assign(initial)

    def _compile(self) -> None:
        network, kept = self.network, self.network.kept_steps
        state = network.traced_state
        if network.compiled:
            if kept.state == state:
                return
            kept.by_state[kept.state] = {name: getattr(network, name) for name in _STEP}
        if state in kept.by_state:
            for name, value in kept.by_state[state].items():
                setattr(network, name, value)
        else:
            with replicated(network):
                network.compile(optimizer=_optimizer(self.plan), jit_compile=_jit())
        kept.state = state


def _jit() -> bool | str:
    """On TensorFlow XLA costs seconds at every start and gains nothing; JAX cannot do without."""
    return False if keras.backend.backend() == "tensorflow" else "auto"


def _optimizer(plan: TrainingPlan) -> keras.optimizers.Optimizer:
    """A fresh optimizer: each phase begins with empty moments."""
    name, config = plain_optimizer(plan.optimizer)
    config = {"learning_rate": plan.learning_rate, **config}
    return keras.optimizers.get({"class_name": name, "config": config})
