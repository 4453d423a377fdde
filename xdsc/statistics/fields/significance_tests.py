"""Tests of composites: their arguments, what they draw, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import text_of
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.statistics.chance import check_draws, seed_of
from xdsc.statistics.fields.draws import (
    Draws,
    ExchangedSeasons,
    MovingBlocks,
    PlacedEvents,
    PlacedOnsets,
)
from xdsc.statistics.fields.in_time import LabelledSamples
from xdsc.statistics.fields.nulls import placement, t_test
from xdsc.statistics.sequence.durations import in_days

Test: TypeAlias = Literal["t", "bootstrap", "events"]
Kernel: TypeAlias = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

#: Attribute of labels: the variables they were found in.
CLUSTERED = "xdsc_variables"
_FEWEST = 5


@dataclass(frozen=True)
class Significance:
    """A test of composites, with what it needs.

    Attributes
    ----------
    test : {"t", "bootstrap", "events"}
        Which.
    alpha : float
        Level of the test of a whole field.
    n : int
        Number of draws.
    seed : int
        Of the draws.
    block : float or None
        Days of the blocks of the bootstrap; whole seasons where it is None.
    """

    test: Test
    alpha: float
    n: int
    seed: int
    block: float | None

    @classmethod
    def parse(
        cls,
        test: str | None,
        alpha: float,
        n: int,
        random_state: int | None,
        block: str | float | None,
    ) -> Significance | None:
        """Check the arguments of `composites`; None where no test is asked for.

        Raises
        ------
        ParameterError
            With all that is wrong.
        """
        problems = Problems()
        with problems.collect():
            one_of("significance", test, (*get_args(Test), None))
        if not _is_number(alpha) or not 0 < alpha < 0.5:
            problems.add(
                message("alpha= between 0 and 0.5", f"{alpha!r}", "pass alpha=0.05, the default")
            )
        with problems.collect():
            check_draws(n, random_state)
        days = None if block is None else in_days(block)
        good = days is None or (test in ("bootstrap", None) and 0 < days < np.inf)
        if not good:
            problems.add(
                message(
                    "block= as a duration, for significance='bootstrap'",
                    f"block={block!r} and significance={test!r}",
                    "pass significance='bootstrap' and block='10D', or leave block= out",
                )
            )
        problems.raise_if_any(ParameterError)
        if test is None:
            return None
        return cls(test, float(alpha), int(n), seed_of(random_state), days)  # type: ignore[arg-type]

    def kernel(self, samples: LabelledSamples, k: int, *, of_onsets: bool = False) -> Kernel:
        """The test of labelled values (N, C), which gives p-values (K, C).

        Of `of_onsets` the values at the onsets of a regime are compared with all others.

        Raises
        ------
        InputError
            There is one regime, or less than five blocks to draw from.
        """
        if len(np.unique(samples.codes)) < 2:
            raise InputError(
                message(
                    "two regimes, so that each has other time steps to be compared with",
                    f"labels of {len(np.unique(samples.codes))}",
                    "label all time steps, or leave significance= out",
                )
            )
        if of_onsets and self.test != "events":
            samples = samples.onsets()
        if self.test == "t":
            run = samples.run if of_onsets else None
            return partial(t_test, codes=samples.codes, k=k, pairs=samples.pairs, onsets_in=run)
        return partial(
            placement, draws=self._draws(samples, k, of_onsets), n=self.n, seed=self.seed
        )

    def _draws(self, samples: LabelledSamples, k: int, of_onsets: bool) -> Draws:
        """What is drawn of the labels."""
        if self.test == "events":
            kind = PlacedOnsets if of_onsets else PlacedEvents
            return kind(samples.codes, k, samples.run)
        return _seasons(samples, k) if self.block is None else _blocks(samples, k, self.block)

    def attributes(
        self, values: xr.DataArray, labels: xr.DataArray, *, of_onsets: bool = False
    ) -> dict[str, Any]:
        """What p-values of a variable say of themselves."""
        name = text_of(values.attrs, "long_name") or str(values.name)
        bootstrap = "random exchange of the labels of whole seasons among years"
        if self.block is not None:
            bootstrap = f"bootstrap of the labels in moving blocks of {self.block:g} days"
        tests = {
            "t": "Welch's t-test with the effective sample size n (1 - r1) / (1 + r1); r1 is the "
            "product of the lag-1 autocorrelations of the variable and of the regime's indicator",
            "bootstrap": f"{bootstrap}, while the fields stay",
            "events": "random placement of the same events in time",
        }
        if of_onsets:
            tests["events"] = "random order of the same events in each run without a gap"
            tests["t"] = (
                "Welch's t-test with the effective sample size n / (1 + 2 sum r1^l rI(l)) over "
                "lags l up to 20, of the variable and of the indicator I of onsets"
            )
        attrs: dict[str, Any] = {
            "long_name": f"{name}, p-value of the difference from all other labelled time steps",
            "units": "1",
            "xdsc_test": tests[self.test],
            "xdsc_null": "mean of the regime equal to the mean of its complement, two-sided",
        }
        if of_onsets:
            attrs["xdsc_null"] = (
                "mean so long after the onsets of the regime equal to the mean so long after all "
                "other labelled time steps, two-sided"
            )
        if self.test != "t":
            attrs |= {"xdsc_n_draws": self.n, "xdsc_random_state": self.seed}
        clustered = text_of(labels.attrs, CLUSTERED).split()
        if clustered:
            circular = values.name in clustered
            attrs["circular"] = int(circular)
            if circular:
                attrs["comment"] = (
                    "the regimes were found in this variable, so that they differ in it whether "
                    "they are real or not: its p-values say nothing"
                )
        return attrs


def _seasons(samples: LabelledSamples, k: int) -> Draws:
    """Draw labels of whole seasons."""
    season, part = samples.season, samples.part
    if season is None or part is None:
        raise InputError(
            message(
                "dates, for a bootstrap of whole seasons",
                "times that are none",
                "decode them, xr.decode_cf(ds), or pass significance='events'",
            )
        )
    number = min(len(np.unique(season[part == one])) for one in np.unique(part))
    if number < _FEWEST:
        raise InputError(
            message(
                f"labels in at least {_FEWEST} years for a bootstrap of whole seasons",
                f"{number}",
                "pass significance='events', or composites shorter blocks, block='10D'",
            )
        )
    return ExchangedSeasons(samples.codes, k, season, part)


def _blocks(samples: LabelledSamples, k: int, block: float) -> Draws:
    """Draw labels of moving blocks of so many days."""
    size = samples.codes.size
    length = 86_400 * block / samples.step if samples.step > 0 else np.nan
    if not 1 <= length <= size / _FEWEST:
        raise InputError(
            message(
                f"dates, and blocks of a time step and more, {_FEWEST} of them in the record",
                f"{size} labelled time steps {samples.step / 86400:g} days apart, "
                f"and block='{block:g}D'",
                "pass another length, or significance='events'",
            )
        )
    return MovingBlocks(samples.codes, k, round(length))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
