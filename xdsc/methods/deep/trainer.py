"""How a deep method makes its network and trains it, and what is left of that: weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xdsc.frames import Frames
from xdsc.networks import (
    Beginning,
    TrainingHooks,
    TrainingOutcome,
    TrainingPlan,
    chosen_devices,
    load_keras,
    network_class,
    own_settings,
)
from xdsc.parallel import ONE_NETWORK


@dataclass(frozen=True)
class NetworkTrainer:
    """Makes networks of one kind, and trains them in one way; travels to workers.

    Attributes
    ----------
    network : str
        A row of `xdsc.networks.NETWORKS`.
    arguments : mapping
        Of its class, besides the mask and the seed.
    plan : TrainingPlan
        How to train; several devices may take larger batches, which they share.
    devices : int, "all", sequence of str or None
        Which ones; see `xdsc.networks.chosen_devices`.
    beginning : Beginning, optional
        Where the clusters of the frames that it is trained on begin.
    """

    network: str
    arguments: Mapping[str, Any]
    plan: TrainingPlan
    devices: int | str | Sequence[str] | None = None
    beginning: Beginning | None = None

    def maker(self, mask: np.ndarray) -> Callable[[int], Any]:
        """Makes networks for frames of the shape of `mask`, (H, L, V), True where data are.

        The function takes the seed of their weights.
        """

        def make(seed: int) -> Any:
            return network_class(self.network)(mask=mask, seed=seed, **self.arguments)

        return make

    def kind(self, mask: np.ndarray) -> str:
        """The same for networks that differ in nothing but their weights."""
        plan = self.plan
        found = hashlib.sha256(np.ascontiguousarray(mask).tobytes())
        given = (self.network, sorted(self.arguments.items()), plan.optimizer, plan.learning_rate)
        found.update(repr((mask.shape, given)).encode())
        return found.hexdigest()

    def train(
        self,
        frames: Frames,
        seeds: np.ndarray,
        advance: Callable[[str], None],
        hooks: TrainingHooks | None = None,
    ) -> tuple[TrainedNetwork, TrainingOutcome]:
        """One start: a network trained with two seeds, its weights' and its training's.

        ``advance(phase)`` is called after each epoch.
        """
        # Keras takes seconds to import: not before a network is wanted.
        load_keras()
        from xdsc.networks.devices import shared_batch_size, spread_over
        from xdsc.networks.engine.shared import network_to_train
        from xdsc.networks.engine.training import train
        from xdsc.networks.engine.weights import build, weights_of

        devices, mask = chosen_devices(self.devices), frames.mask
        make, network_seed, training_seed = self.maker(mask), int(seeds[0]), int(seeds[1])

        def trained(network: Any) -> tuple[TrainedNetwork, TrainingOutcome]:
            size = shared_batch_size(self.plan.batch_size, network.window, len(devices or [0]))
            outcome = train(
                network,
                frames.values,
                mask,
                frames.runs,
                replace(self.plan, batch_size=size),
                training_seed,
                advance,
                hooks,
                frames.moments,
                self.beginning,
            )
            # Who asks the network has other frames.
            return TrainedNetwork(replace(self, beginning=None), mask, weights_of(network)), outcome

        with ONE_NETWORK, own_settings():
            if devices is None:
                with network_to_train(self.kind(mask), make, network_seed) as network:
                    return trained(network)
            # What asks the network later knows nothing of devices.
            with spread_over(devices) as making:
                with making:
                    network = make(network_seed)
                    build(network)
                return trained(network)


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The weights that a training has found, which travel, and whose weights they are.

    Attributes
    ----------
    trainer : NetworkTrainer
        Makes the network that they are for.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where data are.
    weights : mapping of str to numpy.ndarray
        By name; see `xdsc.networks.engine.weights`.
    """

    trainer: NetworkTrainer
    mask: np.ndarray
    weights: Mapping[str, np.ndarray]

    def ask(self, question: Callable[[Any], Any]) -> Any:
        """Ask the network something while nobody else has it.

        Raises
        ------
        StorageError
            The weights are not those of the network.
        """
        load_keras()
        from xdsc.networks.engine.shared import network_holding

        trainer, mask = self.trainer, self.mask
        with ONE_NETWORK, own_settings():
            return question(network_holding(trainer.kind(mask), trainer.maker(mask), self.weights))

    def outputs(self, frames: Frames, *names: str) -> dict[str, np.ndarray]:
        """What the network says of N frames, (N, ...) each, by name."""
        found: dict[str, np.ndarray] = self.ask(
            lambda network: self._outputs(network, frames, names)
        )
        return found

    def labels(self, frames: Frames) -> np.ndarray:
        """Clusters of N frames, (N,)."""

        def label(network: Any) -> Any:
            return network.labels(self._outputs(network, frames, network.label_outputs))

        found: np.ndarray = self.ask(label)
        return found

    @property
    def centres(self) -> np.ndarray:
        """Centres of the clusters in the space of the embedding, (K, M)."""
        found: np.ndarray = self.ask(lambda network: network.centres)
        return found

    def _outputs(
        self, network: Any, frames: Frames, names: tuple[str, ...]
    ) -> dict[str, np.ndarray]:
        from xdsc.networks.engine.batches import predict

        return predict(network, frames.values, frames.runs, names, self.trainer.plan.batch_size)
