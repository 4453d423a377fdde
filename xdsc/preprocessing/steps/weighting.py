"""Weights: how much cells and variables count in the distances between frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import xarray as xr

from xdsc.cf.grids.area import area_weights
from xdsc.errors import ParameterError, Problems, message
from xdsc.preprocessing.block import SPACE
from xdsc.preprocessing.steps.base import FitData, Step
from xdsc.preprocessing.steps.parsing import by_variable

_NUMBERS = (int, float, np.number)


@dataclass(eq=False)
class Weights(Step):
    """Multiply each variable by √(area of the cell) · √(weight of the variable).

    Weights are those of *squared distances*: a variable of weight 2 counts as if it were there
    twice, a cell of twice the area as two cells. So values are multiplied by square roots [1]_.

    Make one with `Weights.of`, which knows the areas.

    Parameters
    ----------
    variable_weights : dict of str to float, optional
        Weights above 0, by variable; 1 for those that are not named.

    Attributes
    ----------
    fitted_ : Dataset of float64
        For each variable its factor, (y, x) or, without areas, ().

    References
    ----------
    .. [1] Hannachi, Jolliffe and Stephenson (2007), Empirical orthogonal functions and related
       techniques in atmospheric science, Int. J. Climatol. 27, Section 3.
    """

    fitted_dims = ((), SPACE)
    fits_all = True

    variable_weights: dict[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `area_weights` and `variable_weights`."""
        problems = Problems()
        area, weights = given["area_weights"], None
        if not isinstance(area, (bool, np.bool_, str)):
            problems.add(
                message(
                    "area_weights=True, False or the name of a variable",
                    f"a {type(area).__name__}",
                    "make the areas a variable, ds.assign(cell_area=...), area_weights='cell_area'",
                )
            )
        with problems.collect():
            weights = by_variable(
                "variable_weights", given["variable_weights"], _NUMBERS, ("weights", "2")
            )
        problems.raise_if_any(ParameterError)
        return {
            "area_weights": area if isinstance(area, str) else bool(area),
            "variable_weights": weights and {name: float(w) for name, w in weights.items()},
        }

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """None where neither areas nor variables are weighted."""
        asked, weights = settings["area_weights"], settings["variable_weights"]
        if not asked and not weights:
            return None
        area = area_weights(data.ds, data.axes, asked) if asked else None
        return cls.of(area, weights, data.names)

    @classmethod
    def of(
        cls,
        area: xr.DataArray | None,
        variable_weights: Mapping[str, float] | None,
        names: Sequence[str],
    ) -> Self:
        """Fit to areas and names; no data are needed.

        Parameters
        ----------
        area : DataArray, (y, x), optional
            Relative area of each cell, above 0, as from `xdsc.cf.grids.area.area_weights`; its
            dimensions may have any names. None for cells that all count the same.
        variable_weights : mapping of str to float, optional
            As in the constructor.
        names : sequence of str
            The V variables.

        Raises
        ------
        ParameterError
            Weights of unknown variables, or that are not above 0; all are named.
        """
        weights = dict(variable_weights or {})
        _check(weights, names)
        step = cls({name: float(weight) for name, weight in weights.items()})
        field = xr.Variable((), 1.0) if area is None else xr.Variable(SPACE, area.values)
        roots = np.sqrt(field.astype(np.float64))
        factors = {name: roots * np.sqrt(step.variable_weights.get(name, 1.0)) for name in names}
        step.fitted_ = xr.Dataset(factors)
        return step

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Nothing is learnt from data: what `Weights.of` made stays as it is."""
        return self

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Weight; lazy, dtype and attributes kept."""

        def weight(values: xr.DataArray) -> xr.DataArray:
            factor = self.fitted_[values.name].astype(values.dtype)
            return (values * factor).assign_attrs(values.attrs)

        return ds.assign({name: weight(values) for name, values in ds.items()})

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Take the weights off; lazy, dtype and attributes kept."""

        def unweight(values: xr.DataArray) -> xr.DataArray:
            factor = self.fitted_[values.name].astype(values.dtype)
            return (values / factor).assign_attrs(values.attrs)

        return ds.assign({name: unweight(values) for name, values in ds.items()})


def _check(weights: Mapping[str, Any], names: Sequence[str]) -> None:
    """Check that weights are above 0 and of known variables."""
    problems = Problems()
    for name, weight in weights.items():
        if name not in names:
            problems.add(
                message(
                    f"variable_weights of some of {list(names)}",
                    f"{name!r}",
                    "correct the name, or leave it out",
                )
            )
        is_number = isinstance(weight, _NUMBERS) and not isinstance(weight, bool)
        if not is_number or not 0 < weight < np.inf:
            problems.add(
                message(
                    f"a number above 0 as the weight of {name!r}",
                    f"{weight!r}",
                    f"give one, or leave {name!r} out of variables=",
                )
            )
    problems.raise_if_any(ParameterError)
