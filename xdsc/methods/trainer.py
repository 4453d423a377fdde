"""How a deep method makes its network and trains it: all that a start knows of the method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xdsc.frames import Frames
from xdsc.networks import (
    TrainingHooks,
    TrainingOutcome,
    TrainingPlan,
    chosen_devices,
    network_class,
)
from xdsc.parallel import ONE_NETWORK

if TYPE_CHECKING:
    from xdsc.networks.architectures.base import ClusteringNetwork


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
    """

    network: str
    arguments: Mapping[str, Any]
    plan: TrainingPlan
    devices: int | str | Sequence[str] | None = None

    def fresh_network(self, mask: np.ndarray, seed: int) -> ClusteringNetwork:
        """A network for frames of the shape of `mask`, (H, L, V): True where data are."""
        made: ClusteringNetwork = network_class(self.network)(
            mask=mask, seed=seed, **self.arguments
        )
        return made

    def network_with(
        self, weights: Mapping[str, np.ndarray], mask: np.ndarray
    ) -> ClusteringNetwork:
        """A network with the weights that `xdsc.networks.engine.weights.weights_of` gave."""
        from xdsc.networks.engine.weights import build, set_weights

        with ONE_NETWORK:
            # The seed is that of weights which are set right away.
            network = self.fresh_network(mask, seed=0)
            build(network)
            set_weights(network, weights)
        return network

    def train(
        self,
        frames: Frames,
        seeds: np.ndarray,
        advance: Callable[[str], None],
        hooks: TrainingHooks | None = None,
        before: ClusteringNetwork | None = None,
    ) -> tuple[ClusteringNetwork, TrainingOutcome]:
        """One start: a network trained with two seeds, its weights' and its training's.

        ``advance(phase)`` is called after each epoch. The network `before`, that of another start,
        is trained again, which saves tracing its steps once more.
        """
        # Keras takes seconds to import: not before a network is wanted.
        from xdsc.networks.devices import shared_batch_size, spread_over
        from xdsc.networks.engine.training import train
        from xdsc.networks.engine.weights import begin_anew, build, weights_of

        devices = chosen_devices(self.devices)
        mask = frames.mask
        with ONE_NETWORK:
            with spread_over(devices) as making:
                with making:
                    network = self.fresh_network(mask, int(seeds[0]))
                    if devices is not None:
                        build(network)
                    elif before is not None:
                        begin_anew(before, network)
                        network = before
                size = shared_batch_size(self.plan.batch_size, network.window, len(devices or [0]))
                outcome = train(
                    network,
                    frames.values,
                    mask,
                    frames.runs,
                    replace(self.plan, batch_size=size),
                    int(seeds[1]),
                    advance,
                    hooks,
                    frames.moments,
                )
            if devices is None:
                return network, outcome
            # What asks the network later knows nothing of devices.
            return self.network_with(weights_of(network), mask), outcome
