"""Numbers and names of the regimes of a fit, which its labels have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from xdsc.labels import NO_LABEL, NO_REGIME


@dataclass(frozen=True)
class Numbering:
    """What labels call the K regimes.

    Attributes
    ----------
    numbers : tuple of int
        In ascending order; those of a reference may leave some out.
    names : tuple of str
        As ``flag_meanings`` has them, without blanks.
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...]

    @classmethod
    def by_frequency(cls, k: int) -> Self:
        """Numbers from 0, and the names that go with them."""
        return cls(tuple(range(k)), tuple(f"regime_{number}" for number in range(k)))

    @property
    def no_regime(self) -> int:
        """The label of no regime, a number more."""
        return max(self.numbers) + 1

    def labels(self, places: Any) -> Any:
        """Labels, of NumPy or Dask as the places of regimes are; K stands for no regime.

        Examples
        --------
        >>> Numbering((1, 4), ("NAO+", "NAO-")).labels(np.array([1, 0, -1, 2])).tolist()
        [4, 1, -1, 5]
        """
        table = np.array([*self.numbers, self.no_regime, NO_LABEL], dtype=np.int32)
        if hasattr(places, "map_blocks"):
            return places.map_blocks(partial(_taken, table), dtype=np.int32)
        return _taken(table, places)

    def attributes(self, *, no_regime: bool) -> dict[str, Any]:
        """CF flags; `no_regime` says whether it is one of them."""
        more = ([self.no_regime], [NO_REGIME]) if no_regime else ([], [])
        return {
            "flag_values": np.array([NO_LABEL, *self.numbers, *more[0]], dtype=np.int32),
            "flag_meanings": " ".join(["no_label", *self.names, *more[1]]),
        }


def _taken(table: npt.NDArray[np.int32], places: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    found: npt.NDArray[np.int32] = table[places]
    return found
