"""The annual cycle as harmonics: sums, least squares, values at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from xdsc.cf import typical_step
from xdsc.cf.calendar import (
    decimal_year,
    describe_months,
    describe_times,
    elapsed_days,
    fraction_of_day,
    fraction_of_year,
    month_of,
    times_of_day,
)
from xdsc.errors import InputError, message
from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.block import TERM, X, Y
from xdsc.preprocessing.cycle.climatology import check_times_of_day
from xdsc.preprocessing.cycle.trend import dot, dot_counts, over_members, slope
from xdsc.preprocessing.onepass.summaries import Statistic, Summary

# Eigenvalues of the normal equations below this part of the largest count as zero.
_RANK = 1e-10
_CELLS_AT_ONCE = 1024

# A step of more days than this is that of monthly data.
_MONTH = 27


@dataclass(frozen=True)
class Harmonics:
    r"""Annual harmonics, each times the harmonics of the time of day, and a trend.

    With the fractions τ of the year and δ of the day and the years t since the reference,

    .. math:: v ≈ \sum_j \sum_k c_{jk} φ_j(τ) φ_k(δ) + b t, \quad
        φ = 1, \cos 2πτ, \dots, \cos 2πnτ, \sin 2πτ, \dots, \sin 2πnτ

    by least squares over all values of a cell.

    Attributes
    ----------
    annual, diurnal : int
        Number of harmonics of the year and of the day; without annual ones only a mean.
    detrend : bool
        Whether b is fitted; it is the last of the terms.
    reference : float
        Decimal year where t = 0.
    months : tuple of int
        Months, counted from 0, of the data of the fit.
    times : tuple of int
        Times of day, in seconds, where the harmonics of the day hold; empty if all day long.
    monthly : bool
        Whether times stand for their months.
    """

    annual: int
    diurnal: int
    detrend: bool
    reference: float
    months: tuple[int, ...]
    times: tuple[int, ...] = ()
    monthly: bool = False

    @classmethod
    def for_times(
        cls, time: xr.DataArray, climatology: Mapping[str, Any], *, detrend: bool
    ) -> Harmonics:
        """The harmonics that a fit to `time` can have.

        Raises
        ------
        InputError
            Too few times of the year, or of the day, for so many harmonics.
        """
        times = times_of_day(time)
        diurnal = climatology.get("diurnal")
        if diurnal is None:
            diurnal = min(2, times.size // 2)
        if diurnal > times.size // 2:
            raise InputError(
                message(
                    f"at least {2 * diurnal} times of day for diurnal={diurnal}",
                    f"{times.size}: {describe_times(times.tolist())}",
                    f"use diurnal={times.size // 2}",
                )
            )
        harmonics = cls(
            annual=climatology["n"],
            diurnal=diurnal,
            detrend=detrend,
            reference=float(np.mean(decimal_year(time))),
            months=tuple(np.unique(month_of(time)).tolist()),
            times=tuple(times.tolist()) if times.size <= 2 * diurnal else (),
            monthly=typical_step(elapsed_days(time)) > _MONTH,
        )
        harmonics._check_told_apart(time, times.size)
        return harmonics

    @classmethod
    def restore(
        cls, attributes: Mapping[str, Any], climatology: Mapping[str, Any], *, detrend: bool
    ) -> Harmonics:
        """Harmonics with the attributes of a fit."""
        return cls(
            annual=climatology["n"],
            diurnal=int(attributes["diurnal"]),
            detrend=detrend,
            reference=float(attributes["reference"]),
            # A list of one comes back from NetCDF as a number.
            months=tuple(np.atleast_1d(attributes["months"]).tolist()),
            times=tuple(np.atleast_1d(attributes.get("times_of_day", [])).tolist()),
            monthly=bool(attributes["monthly"]),
        )

    @property
    def n_terms(self) -> int:
        """P, with the trend."""
        return (2 * self.annual + 1) * (2 * self.diurnal + 1) + self.detrend

    @property
    def attributes(self) -> dict[str, Any]:
        """What `restore` needs: numbers, and lists of them that are never empty."""
        times = {"times_of_day": list(self.times)} if self.times else {}
        return {
            "diurnal": self.diurnal,
            "reference": self.reference,
            "months": list(self.months),
            "monthly": int(self.monthly),
            **times,
        }

    def summary(self, time: xr.DataArray) -> Summary:
        """Sums over the samples of a piece, (term, y, x), that make the normal equations.

        Products of two harmonics are harmonics of up to twice the order. So sums of these, 9 for
        two harmonics and 81 with two of the day, stand for all 25 or 625 products of two terms.
        """
        size = (4 * self.annual + 1) * (4 * self.diurnal + 1)
        return Summary(self._sums, self._phases(time), size)

    def coefficients(self, sums: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Least squares for each cell, (term, y, x); 0 in cells without a value.

        A cell with hardly a value has singular equations: the shortest solution is taken.
        """

        def solve(counts: xr.DataArray, totals: xr.DataArray) -> xr.Variable:
            shape = counts.shape[1:]
            cells = self._solve(counts.values.reshape(len(counts), -1), _flat(totals))
            return xr.Variable(totals.dims, cells.reshape(-1, *shape))

        return xr.Dataset(
            {name: solve(counts, sums["totals"][name]) for name, counts in sums["counts"].items()}
        )

    def phases(self, time: xr.DataArray, terms: xr.DataArray) -> Floats:
        """Fractions of year and day, and years since the reference, (T, 3).

        Raises
        ------
        InputError
            Months, or times of day, far from all that the harmonics were fitted to.
        """
        months = np.unique(month_of(time))
        # A month beside a fitted one is not far; harmonics of winters say nothing of summer.
        near = {(month + shift) % 12 for month in self.months for shift in (-1, 0, 1)}
        if self.annual and (far := set(months.tolist()) - near):
            raise InputError(
                message(
                    f"months near those that deseasonalize was fitted to "
                    f"({describe_months(self.months)})",
                    describe_months(far),
                    "fit on whole years, or leave these months out",
                )
            )
        check_times_of_day(time, self.times)
        return self._phases(time)

    def evaluate(self, phases: Floats, coefficients: np.ndarray) -> Floats:
        """Climatology and trend.

        Parameters
        ----------
        phases : array of shape (T, 3)
        coefficients : array of shape (P, H, L)

        Returns
        -------
        array of shape (T, H, L)
        """
        terms = self._terms(phases)
        if self.detrend:
            terms = np.hstack([terms, phases[:, 2:]])
        return np.asarray(np.tensordot(terms, coefficients, axes=1), dtype=np.float64)

    def _sums(self, values: Array, phases: Floats, at: tuple[int, int]) -> dict[str, Statistic]:
        """Sums of a piece."""
        terms, t = self._terms(phases), phases[:, 2:]
        doubled = _products(phases, 2 * self.annual, 2 * self.diurnal)
        if self.detrend:
            doubled, terms = np.hstack([doubled, terms * t, t**2]), np.hstack([terms, t])
        totals, counts = over_members(values)
        dims = (TERM, Y, X)
        return {
            "counts": Statistic(dot_counts(doubled, counts), "sum", dims),
            "totals": Statistic(dot(terms, totals), "sum", dims),
        }

    def _phases(self, time: xr.DataArray) -> Floats:
        year, day = fraction_of_year(time), fraction_of_day(time)
        if self.monthly:
            # Some archives stamp a month on its first day, others in its middle or on its last.
            year, day = (month_of(time) + 0.5) / 12, np.zeros_like(day)
        years = np.floor(decimal_year(time)) + year - self.reference
        return np.stack([year, day, years], axis=1)

    def _terms(self, phases: Floats) -> Floats:
        """All terms but the trend, (T, (2n + 1)(2m + 1))."""
        return _products(phases, self.annual, self.diurnal)

    def _check_told_apart(self, time: xr.DataArray, times: int) -> None:
        """Raise where the harmonics cannot be told apart."""
        if self._tells_apart(time, times):
            return
        fewer = (replace(self, annual=n) for n in range(self.annual - 1, 0, -1))
        found = next((one.annual for one in fewer if one._tells_apart(time, times)), None)
        raise InputError(
            message(
                f"time steps that tell {self.annual} annual harmonics apart",
                f"{time.size} steps at too few times of the year",
                f"ask for fewer harmonics, deseasonalize={found}"
                if found
                else "use means of months, deseasonalize='month', or no climatology, "
                "deseasonalize=False, as for one step a year",
            )
        )

    def _tells_apart(self, time: xr.DataArray, times: int) -> bool:
        terms = self._terms(self._phases(time))
        # Even numbers of times of day leave one of a cosine and a sine at 0: that one is dropped.
        needed = (2 * self.annual + 1) * min(2 * self.diurnal + 1, times)
        eigenvalues = np.linalg.eigvalsh(terms.T @ terms)
        return bool(np.count_nonzero(eigenvalues > _RANK * eigenvalues[-1]) >= needed)

    def _solve(self, counts: Floats, totals: Floats) -> Floats:
        """Coefficients (P, C) from sums of counts (Q, C) and totals (P, C) of C cells."""
        terms = (2 * self.annual + 1) * (2 * self.diurnal + 1)
        doubled = (4 * self.annual + 1) * (4 * self.diurnal + 1)
        moments, values = counts[:doubled], totals[:terms]
        if not self.detrend:
            solved: Floats = self._invert(moments, values[None])[0]
            return solved
        times, squares = counts[doubled:-1], counts[-1]
        of_values, of_times = self._invert(moments, np.stack([values, times]))
        spread = squares - (times * of_times).sum(axis=0)
        product = totals[-1] - (times * of_values).sum(axis=0)
        b = slope(counts[0], spread, product, squares, cycle=self.annual > 0)
        return np.concatenate([of_values - b * of_times, b[None]])

    def _invert(self, moments: Floats, sides: Floats) -> Floats:
        """Solutions (R, P, C) of the normal equations of C cells for R right sides (R, P, C)."""
        size = sides.shape[1]
        products = self._products_from_moments()
        solutions = np.zeros_like(sides)

        def inverses(cells: Any) -> Floats:
            matrices = (moments[:, cells].T @ products).reshape(-1, size, size)
            return np.asarray(np.linalg.pinv(matrices, rcond=_RANK, hermitian=True), dtype=float)

        # Most cells of most data are observed at the same times, so have the same matrix.
        fullest = int(np.argmax(moments[0]))
        full = moments[:, [fullest]]
        same = np.all(np.abs(moments - full) <= 1e-12 * full[0], axis=0)
        if full[0] > 0:
            solutions[:, :, same] = inverses([fullest])[0] @ sides[:, :, same]
        others = np.flatnonzero(~same & (moments[0] > 0))
        for start in range(0, others.size, _CELLS_AT_ONCE):
            cells = others[start : start + _CELLS_AT_ONCE]
            solutions[:, :, cells] = np.einsum("cpq,rqc->rpc", inverses(cells), sides[:, :, cells])
        return solutions

    def _products_from_moments(self) -> Floats:
        """Matrix that turns sums of doubled harmonics into those of products of terms, (Q, P²).

        Found at as many even angles as there are doubled harmonics, where these are orthogonal.
        """
        year, day = 4 * self.annual + 1, 4 * self.diurnal + 1
        grid = np.meshgrid(np.arange(year) / year, np.arange(day) / day, indexing="ij")
        phases = np.stack([angles.ravel() for angles in grid], axis=1)
        terms = self._terms(phases)
        products = (terms[:, :, None] * terms[:, None, :]).reshape(len(terms), -1)
        doubled = _products(phases, 2 * self.annual, 2 * self.diurnal)
        return np.asarray(np.linalg.solve(doubled, products), dtype=np.float64)


def _waves(fraction: Floats, order: int) -> Floats:
    """1, cosines and sines up to an order, of fractions (T,) of a period; (T, 2 order + 1)."""
    angles = 2 * np.pi * fraction[:, None] * np.arange(1, order + 1)
    return np.hstack([np.ones((fraction.size, 1)), np.cos(angles), np.sin(angles)])


def _products(phases: Floats, annual: int, diurnal: int) -> Floats:
    """Waves of the year times waves of the day, (T, (2 annual + 1)(2 diurnal + 1))."""
    year, day = _waves(phases[:, 0], annual), _waves(phases[:, 1], diurnal)
    return (year[:, :, None] * day[:, None, :]).reshape(len(phases), -1)


def _flat(values: xr.DataArray) -> Floats:
    """Cells in one row for each term, (P, C)."""
    return np.asarray(values.values.reshape(len(values), -1))
