"""FittedPlan: the record of a fit, all that a Preprocessor has learnt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.cf.grids.sel import sel_from_json
from xdsc.preprocessing.block import short_name
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.carry.naming import Wanted
from xdsc.preprocessing.carry.target import Target
from xdsc.preprocessing.presets import PRESETS
from xdsc.preprocessing.provenance import Provenance
from xdsc.preprocessing.steps.base import Step
from xdsc.preprocessing.steps.conversion import Units
from xdsc.preprocessing.steps.gaps import Fill


@dataclass(frozen=True, eq=False)
class FittedPlan:
    """What a Preprocessor has learnt.

    Attributes
    ----------
    settings : dict
        Of the steps, no preset left in them; values that JSON knows.
    given : dict of str to str or None
        Names of axes that were given.
    wanted : tuple of Wanted
        The V variables.
    steps : tuple of Step
        Fitted, in order.
    grid : Grid
        The fitted grid, (H, L), with the axes of the fitted Dataset.
    gaps : Dataset, (variable,)
        What was missing.
    step : float or None
        Median time step in seconds of the resampled data; None for a single time.
    """

    settings: dict[str, Any]
    given: dict[str, str | None]
    wanted: tuple[Wanted, ...]
    steps: tuple[Step, ...]
    grid: Grid
    gaps: xr.Dataset
    step: float | None

    @property
    def axes(self) -> Axes:
        """Of the fitted Dataset."""
        return self.grid.axes

    @property
    def variables(self) -> list[str]:
        """Names of the V variables."""
        return [variable.name for variable in self.wanted]

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of a `Preprocessor` that does the same."""
        return {**arguments_of(self.settings), **self.given, "variables": self.variables}

    @property
    def target(self) -> Target:
        """What other Datasets are brought in line with."""
        units = next(step for step in self.steps if isinstance(step, Units))
        return Target(self.given, self.wanted, self.grid, self.settings, units, self.step)

    @cached_property
    def fingerprint(self) -> str:
        """What tells this fit from fits to other data; the same for NumPy and Dask."""
        state, _ = self.state()
        found = hashlib.sha256(json.dumps(state, sort_keys=True).encode())
        # A mean of anomalies is nothing but rounding, which is what Fill may hold.
        learnt = [step.fitted_ for step in self.steps if not isinstance(step, Fill)]
        for ds in (self.grid.coordinates, *learnt):
            # Fits of older files keep their fingerprints.
            by_name = {short_name(str(name)): values for name, values in ds.variables.items()}
            for name, variable in sorted(by_name.items()):
                values = variable.values
                if values.dtype.kind == "f":
                    # Sums in another order differ in their last digits.
                    largest = np.nanmax(np.abs(values), initial=0.0) or 1.0
                    values = np.rint(np.nan_to_num(values / largest, nan=2.0) * 1e4).astype("i4")
                found.update(f"{name} {values.shape}".encode())
                found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()[:16]

    def provenance(self, climatology: str = "fitted") -> Provenance:
        """What a Dataset carries that was prepared with this, and with this climatology."""
        default = PRESETS["paper"]
        differ = {
            name: value
            for name, value in self.settings.items()
            if name == "scale" or (value or None) != (default.get(name) or None)
        }
        names = tuple(self.variables)
        return Provenance(names, differ, self.step, self.fingerprint, climatology)

    def state(self) -> tuple[dict[str, Any], dict[str, xr.Dataset]]:
        """All of it as JSON and as fields."""
        state = {
            "settings": self.settings,
            "given": self.given,
            "axes": asdict(self.axes),
            "wanted": [variable.state() for variable in self.wanted],
            "steps": [{"kind": type(s).__name__, "settings": s.settings} for s in self.steps],
            "shape": list(self.grid.shape),
            "step": self.step,
        }
        fields = {f"step{i}": step.fitted_ for i, step in enumerate(self.steps)}
        return state, {"grid": self.grid.coordinates, "gaps": self.gaps, **fields}


def arguments_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a `Preprocessor` from settings that JSON knows."""
    return {**settings, "sel": sel_from_json(settings.get("sel"))}
