"""Which time steps are in no regime: those that belong to none, or are like none of the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xdsc.arguments import in_range
from xdsc.errors import ParameterError, Problems
from xdsc.model.record.fitted_method import Question


@dataclass(frozen=True)
class Limits:
    """What a time step of a regime has to hold.

    Attributes
    ----------
    min_membership : float or None
        Least membership of its regime.
    max_novelty : float or None
        Largest novelty.
    """

    min_membership: float | None = None
    max_novelty: float | None = None

    @classmethod
    def parse(cls, min_membership: Any, max_novelty: Any) -> Limits:
        """Check the arguments of `ClusterModel.label`.

        Raises
        ------
        ParameterError
            They are no shares.
        """
        problems = Problems()
        given = {"min_membership": (min_membership, 0.5), "max_novelty": (max_novelty, 0.99)}
        for name, (value, example) in given.items():
            if value is not None:
                with problems.collect():
                    in_range(name, value, 0, 1, default=example)
        problems.raise_if_any(ParameterError)
        return cls(*(None if value is None else float(value) for value, _ in given.values()))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self != Limits()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What has to be asked besides labels and novelty."""
        return () if self.min_membership is None else ("membership",)

    def applied(self, places: Any, found: dict[Question, Any], k: int) -> Any:
        """Places of regimes, K where there is none; what has no label stays without.

        Parameters
        ----------
        places : array of int, ([members,] T)
            NumPy or Dask.
        found : dict
            Answers of these shapes: "novelty", and "membership" where it is asked for.
        k : int
            K.
        """
        # What is missing is NaN, which is neither below nor above.
        if self.min_membership is not None:
            largest = found["membership"].max(axis=-1)
            places = np.where((largest < self.min_membership) & (places >= 0), k, places)
        if self.max_novelty is not None:
            beyond = found["novelty"] > self.max_novelty
            places = np.where(beyond & (places >= 0), k, places)
        return places

    @property
    def attributes(self) -> dict[str, float]:
        """What labels say of them."""
        given = {"xdsc_min_membership": self.min_membership, "xdsc_max_novelty": self.max_novelty}
        return {name: value for name, value in given.items() if value is not None}
