"""What every step of the preparation offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import reading
from xdsc.preprocessing.block import SPACE, TIME
from xdsc.preprocessing.onepass.reduction import begin_pass, finish_pass
from xdsc.preprocessing.onepass.summaries import Summary
from xdsc.storage import DamageError


@dataclass(frozen=True, eq=False)
class FitData:
    """The data that steps are made for.

    Attributes
    ----------
    ds : Dataset
        What is fitted to, selected.
    axes : Axes
        Of `ds`.
    names : list of str
        The V variables to prepare.
    block : Dataset
        These as a block, as they are where steps begin to learn from values, or before that.
    """

    ds: xr.Dataset
    axes: Axes
    names: list[str]
    block: xr.Dataset


@dataclass(eq=False)
class Step:
    """One step of the preparation; its fields are its settings.

    What a user asks for comes to it in two halves as well: `parse` checks the arguments of a
    `Preprocessor` that concern the step, and `make` makes one of these settings and of what the
    data tell, such as their time step.

    A step is fitted on a block (see `xdsc.preprocessing.block`) in two halves: `summary` says what
    it needs of each piece of the data, `statistics` what else, and `learn` makes of both what the
    step holds. So several steps share one pass through the data. What is observed counts, no filled
    value.

    Attributes
    ----------
    fitted_ : Dataset
        All that was learnt, under the names of the variables.
    """

    fitted_: xr.Dataset = field(init=False, repr=False)

    #: Dimensions that what is learnt of a variable may have.
    fitted_dims: ClassVar[tuple[tuple[str, ...], ...]] = (SPACE,)

    #: Whether something is learnt of every variable.
    fits_all: ClassVar[bool] = False

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Settings, as values that JSON knows, from arguments that concern the step.

        Raises
        ------
        ParameterError
            With all that is wrong with them.
        """
        return dict(given)

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """The step that settings, from `parse`, ask for; None where they ask for none.

        Raises
        ------
        InputError, ParameterError
            The data do not go with them.
        """
        return cls()

    def summary(self, time: xr.DataArray) -> Summary | None:
        """What the step needs to know of each piece of a block with these times."""
        return None

    def statistics(self, ds: xr.Dataset) -> dict[str, xr.Dataset]:
        """What else the step needs to know of a block; lazy."""
        return {}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory."""
        self.fitted_ = xr.Dataset()
        return self

    def fit(self, ds: xr.Dataset) -> Self:
        """Fit to a block in one pass through it."""
        learn(([self], ds))
        return self

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Apply to a block; lazy."""
        raise NotImplementedError

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Undo, as far as that can be done; lazy."""
        return ds

    def check_fitted(self, names: Sequence[str], sizes: Mapping[str, int]) -> None:
        """Raise `DamageError` unless a fit may have left what is fitted.

        Parameters
        ----------
        names : sequence of str
            The variables of the fit.
        sizes : mapping of str to int
            Lengths of dimensions that are known, as those of the grid.
        """
        kind = type(self).__name__
        for name, values in self.fitted_.items():
            if values.dtype.kind not in "biuf":
                raise DamageError(f"{kind} of {name!r} with {values.dtype}")
            if name not in names:
                raise DamageError(f"{kind} of {name!r}, which is not prepared")
            if values.dims not in self.fitted_dims:
                raise DamageError(f"{kind} of {name!r} on {values.dims}")
            if any(sizes.get(str(dim), n) != n for dim, n in values.sizes.items()):
                raise DamageError(f"{kind} of {name!r} on {dict(values.sizes)}, not {dict(sizes)}")
        if self.fits_all and (missing := {*names} - {*self.fitted_}):
            raise DamageError(f"{kind} without {sorted(missing)[0]!r}")

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}


class TimeStep(Step):
    """A step that changes the time axis."""

    def positions(self, time: xr.DataArray) -> np.ndarray:
        """For each of T times its position on the new time axis, or -1; shape (T,)."""
        raise NotImplementedError


def learn(*passes: tuple[Sequence[Step], xr.Dataset]) -> None:
    """Fit steps to the same data, in one pass through them.

    Parameters
    ----------
    *passes : (sequence of Step, Dataset)
        Steps and the block to fit them to; all blocks come from the same data.
    """
    import dask  # here, so that `import xdsc` stays quick

    summaries = [[step.summary(ds[TIME]) for step in steps] for steps, ds in passes]
    begun = [begin_pass(wanted, ds) for wanted, (_, ds) in zip(summaries, passes, strict=True)]
    rest = [[step.statistics(ds) for step in steps] for steps, ds in passes]
    is_lazy = any(values.chunks for _, ds in passes for values in ds.values())
    with reading(is_lazy):
        tiles, rest = dask.compute([lazy for lazy, _ in begun], rest)  # type: ignore[attr-defined, no-untyped-call]
        _learn(passes, summaries, begun, tiles, rest)


def _learn(
    passes: Sequence[tuple[Sequence[Step], xr.Dataset]],
    summaries: Sequence[Sequence[Any]],
    begun: Sequence[tuple[Any, Any]],
    tiles: Sequence[Any],
    rest: Sequence[Sequence[Mapping[str, xr.Dataset]]],
) -> None:
    """Give each step what was found for it."""
    for (steps, _), wanted, (_, variables), computed, others in zip(
        passes, summaries, begun, tiles, rest, strict=True
    ):
        found = finish_pass(wanted, variables, computed)
        for step, statistics, other in zip(steps, found, others, strict=True):
            step.learn({**statistics, **other})
