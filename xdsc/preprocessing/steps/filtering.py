"""Low-pass filters along time that never see across a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import as_timedelta, is_number
from xdsc.cf import run_of, time_runs
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.preprocessing.along_time import along_time, duration, median_step, missing_frames
from xdsc.preprocessing.block import TIME
from xdsc.preprocessing.steps.base import FitData, Step
from xdsc.preprocessing.steps.lowpass import lanczos_weights, smooth
from xdsc.storage import DamageError

KINDS = ("running-mean", "lanczos")
_EXAMPLES = (
    "give a duration, filter='10D', an odd number of steps, filter=5, or "
    "filter={'kind': 'lanczos', 'cutoff': '10D'}"
)
# Months and years are not all as long as the median one.
_TOLERANCE = 0.1
_ROUNDING = 1e-9


@dataclass(eq=False)
class Filter(Step):
    r"""Smooth each cell along time.

    .. math:: u_t = \frac{\sum_k w_k v_{t+k}}{\sum_k w_k}, \quad |k| \le (n - 1) / 2

    over the values that are there and lie in the same run without a gap, of the same member. Where
    less than half of the window's weight is there (of :math:`\sum |w_k|` or of :math:`\sum w_k`),
    and where the value itself is missing, the result is NaN: a filter fills nothing.

    What a filter took out cannot be put back; `inverse_transform` returns what it gets.

    Parameters
    ----------
    kind : {"running-mean", "lanczos"}
        Equal weights, or those of `lanczos_weights`.
    window : int
        Number n of time steps in the window, odd.
    cutoff : float or None
        Of "lanczos": period in time steps where half of the amplitude passes.
    step : float or None
        Step in seconds of the data for which this was meant. None: not checked.
    """

    kind: str
    window: int
    cutoff: float | None = None
    step: float | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `filter`."""
        return {"filter": check_filter(given["filter"])}

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """The window in time steps of the data; None without `filter`."""
        chosen = parse_filter(settings["filter"], data.block[TIME])
        return None if chosen is None else cls(**chosen)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Weights of the window, shape (n,); their sum is 1."""
        if self.kind == "lanczos":
            assert self.cutoff is not None
            return lanczos_weights(self.window, self.cutoff)
        return np.full(self.window, 1 / self.window)

    def check_fitted(self, names: Sequence[str], sizes: Mapping[str, int]) -> None:
        """Also that Lanczos' filter knows what it cuts off."""
        super().check_fitted(names, sizes)
        if self.kind == "lanczos" and self.cutoff is None:
            raise DamageError("a filter without the frequency that it cuts off")

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Smooth a block; lazy.

        Raises
        ------
        InputError
            Its step is another one than that for which the filter was meant.
        """
        self._check_step(median_step(ds.indexes[TIME]))
        weights = self.weights
        run = run_of(ds.indexes[TIME])[:, None, None]
        missing = missing_frames(ds)

        def kernel(*arrays: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return smooth(*arrays, weights=weights)

        return ds.map(
            lambda values: along_time(kernel, values, missing, run, depth=self.window // 2),
            keep_attrs=True,
        )

    def _check_step(self, step: float) -> None:
        if self.step is None or np.isnan(step) or abs(step / self.step - 1) <= _TOLERANCE:
            return
        raise InputError(
            message(
                f"a time step of {duration(self.step)}, for which the filter was made",
                f"data with a step of {duration(step)}",
                "bring both to one time step, e.g. with "
                f"resample={_as_freq(max(step, self.step))!r}, before the fit and here",
            )
        )


def check_filter(value: Any) -> dict[str, Any] | None:
    """What a user asks for as a filter, checked as far as that goes without data.

    Parameters
    ----------
    value : None, str, int or mapping
        As for `parse_filter`.

    Returns
    -------
    dict or None
        With `kind`, `window` and `cutoff`; numbers of steps, durations as text, or None. JSON knows
        all of it, and `parse_filter` takes it.

    Raises
    ------
    ParameterError
        With everything that is not understood.
    """
    if value is None or value is False:
        return None
    options = dict(value) if isinstance(value, Mapping) else {"window": value}
    options.setdefault("kind", "lanczos" if "cutoff" in options else "running-mean")
    kind, window, cutoff = (options.pop(name, None) for name in ("kind", "window", "cutoff"))

    problems = Problems()
    if kind not in KINDS:
        problems.add(message(f"a kind of filter, {' or '.join(KINDS)}", f"{kind!r}", _EXAMPLES))
    for name in options:
        problems.add(message("kind, window and cutoff of a filter", f"{name!r}", "leave it out"))
    if kind == "lanczos" and cutoff is None:
        problems.add(message("the cutoff of a Lanczos filter", "none", _EXAMPLES))
    if kind == "running-mean" and window is None:
        problems.add(message("the window of a running mean", "none", _EXAMPLES))
    if kind == "running-mean" and cutoff is not None:
        remedy = "leave out the cutoff, or ask for kind='lanczos'"
        problems.add(message("a window alone for a running mean", "a cutoff", remedy))
    with problems.collect():
        window = _checked_window(window)
    with problems.collect():
        cutoff = _checked_cutoff(cutoff)
    problems.raise_if_any(ParameterError)
    return {"kind": kind, "window": window, "cutoff": cutoff}


def parse_filter(value: Any, time: npt.ArrayLike) -> dict[str, Any] | None:
    """Settings of a `Filter` from what a user asks for.

    Parameters
    ----------
    value : None, str, int or mapping
        A duration ("10D") or an odd number of steps for a running mean, or a mapping with `kind`,
        `window` and, for "lanczos", `cutoff`. Durations become steps by the median step of the
        data, windows then the nearest odd number (of two, the greater: 10 days are 11 of daily
        data). Without a `window`, "lanczos" takes the odd number nearest to 3 cutoff + 1: the
        response is then within 0.03 of 1 for periods from twice the cutoff, and within 0.05 of
        0 below two thirds of it; more would only lose more at the ends of runs.
    time : array, DataArray or Index of shape (T,)
        Times of the block to be filtered.

    Returns
    -------
    dict or None
        Keyword arguments of `Filter`; None where nothing is to be filtered.

    Raises
    ------
    ParameterError
        `value` is not understood.
    InputError
        The window has fewer than 3 steps of the data, the cutoff not more than 2, or no run without
        a gap is as long as the window.
    """
    options = check_filter(value)
    if options is None:
        return None
    step, window, cutoff = median_step(time), options["window"], options["cutoff"]
    if np.isnan(step):
        received = str(np.asarray(time).size)
        raise InputError(message("2 time steps or more to filter", received, "leave filter out"))

    problems = Problems()
    if cutoff is not None:
        n_steps = _steps(cutoff, step)
        if n_steps <= 2:
            problems.add(_too_short("a cutoff of more than 2 time steps", cutoff, step))
        options["cutoff"] = n_steps
    n_window = _odd(3 * options["cutoff"] + 1 if window is None else _steps(window, step))
    if window is not None and n_window < 3:
        problems.add(_too_short("a window of 3 time steps or more", window, step))
    longest = int(np.diff(time_runs(time)).max())
    if longest < n_window:
        problems.add(
            message(
                f"a run of {n_window} time steps without a gap, the window of the filter",
                f"{longest} in the longest run, {duration(longest * step)}",
                "ask for a shorter window, or select a longer period",
            )
        )
    problems.raise_if_any(InputError)
    return {**options, "window": n_window, "step": step}


def _checked_window(window: Any) -> int | str | None:
    """A window: an odd number of steps, or a duration."""
    amount = _amount(window, "the window")
    if amount is None or isinstance(amount, str):
        return amount
    if amount != round(amount) or amount % 2 != 1 or amount < 3:
        raise ParameterError(
            message(
                "a window of an odd number of time steps, 3 or more, so that it has a middle",
                f"{window!r}",
                f"take {max(_odd(amount), 3)}",
            )
        )
    return int(amount)


def _checked_cutoff(cutoff: Any) -> float | str | None:
    """A cutoff: a number of steps, or a duration."""
    amount = _amount(cutoff, "the cutoff")
    if isinstance(amount, float) and amount <= 2:
        raise ParameterError(
            message(
                "a cutoff of more than 2 time steps, the shortest period that data can have",
                f"{cutoff!r}",
                "take 4 or more",
            )
        )
    return amount


def _amount(value: Any, name: str) -> float | str | None:
    """A number of time steps, or the text of a duration."""
    if value is None:
        return None
    length = as_timedelta(value)
    if length is not None:
        if length > pd.Timedelta(0):
            return value if isinstance(value, str) else str(length)
    elif is_number(value) and 0 < value < np.inf:
        return float(value)
    raise ParameterError(
        message(
            f"a duration or a number of time steps as {name} of the filter", f"{value!r}", _EXAMPLES
        )
    )


def _steps(amount: float | str, step: float) -> float:
    """Number of time steps of a checked number or duration."""
    if isinstance(amount, str):
        return float(pd.Timedelta(amount).total_seconds() / step)
    return amount


def _odd(steps: float) -> int:
    """Nearest odd number, of two the greater."""
    return 2 * int((steps + _ROUNDING) // 2) + 1


def _too_short(expected: str, amount: float | str, step: float) -> str:
    """Text for a duration that is too short for the data."""
    received = f"{amount!r}, {_steps(amount, step):.4g} steps of {duration(step)}"
    return message(expected, received, "ask for a longer one, or leave filter out")


def _as_freq(step: float) -> str:
    """A `resample` for a step in seconds."""
    days = step / 86400
    if days >= 28:
        return "MS" if days < 60 else "YS"
    return f"{round(days)}D" if days >= 1 else f"{max(round(step / 3600), 1)}h"
