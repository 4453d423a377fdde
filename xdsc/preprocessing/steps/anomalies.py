"""Anomalies: the mean annual cycle and a linear trend, fitted together, taken out, put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import xarray as xr

from xdsc.errors import NotFittedError, ParameterError, Problems, message
from xdsc.preprocessing.array_types import Floats
from xdsc.preprocessing.block import SPACE, TERM, TIME
from xdsc.preprocessing.cycle.bin_means import BinMeans
from xdsc.preprocessing.cycle.climatology import check_length, parse_deseasonalize
from xdsc.preprocessing.cycle.harmonics import Harmonics
from xdsc.preprocessing.onepass.summaries import Summary
from xdsc.preprocessing.steps.base import FitData, Step
from xdsc.storage import DamageError

# Where the statistics tell of the times of the fit.
_FIT = "fit"
# Values in float64 at once, 32 MiB.
_SLAB = 2**22


@dataclass(eq=False)
class Anomalies(Step):
    r"""Take out the mean annual cycle of each cell, its mean included, and a linear trend.

    For a cell with the values v at the times t,

    .. math:: v' = v - c(t) - b \, (t - t_0)

    where c is a climatology, of harmonics or of means over days or months [1]_, and b the trend;
    both are fitted together, from sums that one pass through the data gives. Members are pooled.
    Any CF calendar can be fitted, and another one transformed: days of the year go by month and
    day, 29 February is a day of its own, and from and to the 360_day calendar they go by the
    fraction of the year, as harmonics always do.

    Parameters
    ----------
    climatology : dict, optional
        Kind of climatology and its options, as `parse_deseasonalize` makes it; None for none.
    detrend : bool, default False
        Whether a trend is taken out. Without a climatology, the mean goes with it.

    Attributes
    ----------
    fitted_ : Dataset, (P, H, L)
        The terms of each variable, in its units: coefficients of harmonics or means of bins, then
        the trend a year; 0 in cells without a value. The attributes say what the terms are.

    References
    ----------
    .. [1] Wilks, D. S. (2019): Statistical Methods in the Atmospheric Sciences, 4th ed., Sec. 10.4.
    """

    fitted_dims = ((TERM, *SPACE),)

    climatology: dict[str, Any] | None = None
    detrend: bool = False

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `deseasonalize` and `detrend`."""
        problems = Problems()
        settings = dict(given)
        with problems.collect():
            settings["deseasonalize"] = parse_deseasonalize(given["deseasonalize"])
        if not isinstance(given["detrend"], bool):
            problems.add(
                message("detrend=True or False", f"{given['detrend']!r}", "choose one of them")
            )
        problems.raise_if_any(ParameterError)
        return settings

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """None where neither is asked for."""
        asked = settings["deseasonalize"] is not None or settings["detrend"]
        return cls(settings["deseasonalize"], settings["detrend"]) if asked else None

    def summary(self, time: xr.DataArray) -> Summary | None:
        """Sums over the samples of a piece, for least squares or for means.

        Raises
        ------
        InputError
            Too little time, or too few times of the year or of the day, for what is asked.
        """
        return None if self._idle else self._cycle_for(time).summary(time)

    def statistics(self, ds: xr.Dataset) -> dict[str, xr.Dataset]:
        """What the times of a block tell."""
        if self._idle:
            return {}
        return {_FIT: xr.Dataset(attrs=self._cycle_for(ds[TIME]).attributes)}

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Fit from statistics in memory."""
        if self._idle:
            return super().learn(statistics)
        sums = {name: ds for name, ds in statistics.items() if name != _FIT}
        attributes = statistics[_FIT].attrs
        self.fitted_ = self._cycle(attributes).coefficients(sums).assign_attrs(attributes)
        return self

    def refit(self, ds: xr.Dataset) -> Self:
        """A new step with the same settings, fitted to another block.

        Anomalies from its own climatology take the bias out of a model.
        """
        return type(self)(**self.settings).fit(ds)

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Subtract climatology and trend; lazy, dtype kept.

        Raises
        ------
        InputError
            Times of the year or of the day that the fit says nothing of.
        """
        return self._add(ds, -1)

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Add climatology and trend; lazy, dtype kept.

        Raises
        ------
        InputError
            Times of the year or of the day that the fit says nothing of.
        """
        return self._add(ds, 1)

    @property
    def _idle(self) -> bool:
        return self.climatology is None and not self.detrend

    @property
    def _asked(self) -> dict[str, Any]:
        """The climatology; a mean alone is one without harmonics."""
        return self.climatology or {"kind": "harmonics", "n": 0, "diurnal": 0}

    @property
    def _kind(self) -> type[BinMeans] | type[Harmonics]:
        return Harmonics if self._asked["kind"] == "harmonics" else BinMeans

    def _cycle_for(self, time: xr.DataArray) -> BinMeans | Harmonics:
        """What can be fitted to these times."""
        check_length(time, self.climatology, detrend=self.detrend)
        return self._kind.for_times(time, self._asked, detrend=self.detrend)

    def _cycle(self, attributes: dict[str, Any]) -> BinMeans | Harmonics:
        """What the terms mean."""
        return self._kind.restore(attributes, self._asked, detrend=self.detrend)

    def check_fitted(self, names: Sequence[str], sizes: Mapping[str, int]) -> None:
        """Also that there are as many terms as the climatology has."""
        super().check_fitted(names, sizes)
        if self._idle:
            return
        cycle, terms = self._cycle(self.fitted_.attrs), self.fitted_[TERM]
        # Means are of the bins that have one; harmonics are all there.
        number = cycle.n_terms if isinstance(cycle, Harmonics) else terms.size
        for name in names:
            if self.fitted_[name].sizes[TERM] != number or not number:
                raise DamageError(f"a climatology of {name!r} on {dict(self.fitted_[name].sizes)}")

    def _add(self, ds: xr.Dataset, sign: int) -> xr.Dataset:
        """Add climatology and trend of each variable times `sign`."""
        if self._idle:
            return ds
        if not hasattr(self, "fitted_"):
            raise NotFittedError(
                message("a fitted climatology or trend", "Anomalies before fit", "call fit first")
            )
        cycle = self._cycle(self.fitted_.attrs)
        phases = cycle.phases(ds[TIME], self.fitted_[TERM])
        add = partial(_add_in_slabs, evaluate=cycle.evaluate, sign=sign)
        return ds.map(
            lambda values: values.copy(
                data=_by_chunks(add, values, phases, self.fitted_[values.name].values)
            ),
            keep_attrs=True,
        )


def _by_chunks(
    add: Callable[[Any, Floats, Floats], Any],
    values: xr.DataArray,
    phases: Floats,
    coefficients: Floats,
) -> Any:
    """Apply `add` to all values, or lazily to each chunk of them, with chunks as they are."""
    if values.chunks is None:
        return add(values.data, phases, coefficients)
    import dask.array as da  # here, so that `import xdsc` stays quick

    *_, times, rows, columns = values.chunks
    indices = "mtyx"[-values.ndim :]
    return da.blockwise(  # type: ignore[no-untyped-call]
        add,
        indices,
        values.data,
        indices,
        da.from_array(phases, chunks=(times, -1)),  # type: ignore[no-untyped-call]
        "tc",
        da.from_array(coefficients, chunks=(-1, rows, columns)),  # type: ignore[no-untyped-call]
        "pyx",
        concatenate=True,
        meta=np.empty((0,) * values.ndim, dtype=values.dtype),
    )


def _add_in_slabs(
    values: np.ndarray,
    phases: Floats,
    coefficients: Floats,
    *,
    evaluate: Callable[[Floats, Floats], Floats],
    sign: int,
) -> np.ndarray:
    """Add the cycle in float64 to some frames at a time: no such copy of all values is made.

    Parameters
    ----------
    values : array of shape ([member,] T, H, L)
    phases : array of shape (T, C)
        What `evaluate` needs of the times.
    coefficients : array of shape (P, H, L)
    evaluate : callable
        Phases and coefficients -> (T, H, L).
    sign : int
        -1 or 1.

    Returns
    -------
    array of shape ([member,] T, H, L)
        In the dtype of `values`.
    """
    result = np.empty_like(values)
    times = max(len(phases), 1)
    frames = max(1, _SLAB * times // max(values.size, 1))
    for start in range(0, times, frames):
        part = slice(start, start + frames)
        cycle = evaluate(phases[part], coefficients)
        result[..., part, :, :] = values[..., part, :, :] + sign * cycle
    return result
