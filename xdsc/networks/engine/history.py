"""What is noted of a training, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from xdsc.networks.architectures.base import ClusteringNetwork


class History:
    """What happened, a value an epoch; see `xdsc.networks.exchange.TrainingOutcome`.

    Parameters
    ----------
    network : ClusteringNetwork
        Whose running means are noted.
    holds_out : bool, default False
        Whether frames are held out, on which labels are compared with the start's.

    Attributes
    ----------
    curves : dict of str to list
        ``phase``, ``<name>_loss`` for each of the network's `loss_terms`, ``label_change`` and,
        where frames are held out, ``held_out_agreement``; NaN where an epoch has none.
    loss : float
        Over the last epoch, all terms together.
    """

    def __init__(self, network: ClusteringNetwork, holds_out: bool = False) -> None:
        self.network = network
        self.loss = 0.0
        losses = [f"{name}_loss" for name in network.loss_terms]
        names = ["phase", *losses, "label_change", *["held_out_agreement"] * holds_out]
        self.curves: dict[str, list[Any]] = {name: [] for name in names}

    def add(
        self,
        phase: str,
        logs: dict[str, float],
        label_change: float = np.nan,
        agreement: float = np.nan,
    ) -> None:
        """Note one epoch."""
        self.loss = float(logs.get("loss", 0.0))
        self.curves["phase"].append(phase)
        self.curves["label_change"].append(float(label_change))
        if "held_out_agreement" in self.curves:
            self.curves["held_out_agreement"].append(float(agreement))
        measured = self.network.measured_terms(phase)
        for name in self.network.loss_terms:
            value = logs.get(f"{name}_loss", np.nan) if name in measured else np.nan
            self.curves[f"{name}_loss"].append(float(value))
