"""What every step of the preparation offers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import xarray as xr


@dataclass(eq=False)
class Step:
    """One step of the preparation; its fields are its settings.

    A step is fitted on a block (see `xdsc.preprocessing.block`) in two halves: `statistics` says
    what it needs of the data, lazily, and `learn` makes of it what the step holds. So several steps
    share one pass through the data. What is observed counts, no filled value.

    Attributes
    ----------
    fitted_ : Dataset
        All that was learnt, under the names of the variables.
    """

    fitted_: xr.Dataset = field(init=False, repr=False)

    def statistics(self, ds: xr.Dataset) -> dict[str, xr.Dataset]:
        """What the step needs to know of a block; lazy."""
        return {}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory."""
        self.fitted_ = xr.Dataset()
        return self

    def fit(self, ds: xr.Dataset) -> Self:
        """Fit to a block: `statistics` and `learn` in one."""
        (statistics,) = compute(self.statistics(ds))
        return self.learn(statistics)

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Apply to a block; lazy."""
        raise NotImplementedError

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Undo, as far as that can be done; lazy."""
        return ds

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}


class TimeStep(Step):
    """A step that changes the time axis."""

    def positions(self, time: xr.DataArray) -> np.ndarray:
        """For each of T times its position on the new time axis, or -1; shape (T,)."""
        raise NotImplementedError


def compute(*lazy: Any) -> tuple[Any, ...]:
    """Bring lazy results into memory, all in one pass through the data."""
    import dask  # here, so that `import xdsc` stays quick

    return tuple(dask.compute(*lazy))  # type: ignore[attr-defined, no-untyped-call]
