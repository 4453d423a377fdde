"""The mean annual cycle: fitted, taken out, put back."""

from __future__ import annotations

from typing import Self

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, message
from xdsc.preprocessing.gaps import compute

_DAYS_NEEDED = 300
_TERM, _OTHER = "_term", "_other_term"


class Seasonal:
    r"""Take out the mean annual cycle of each cell, its mean included.

    By least squares on the observed values v of a cell at the fractions τ of the year,

    .. math:: v(τ) ≈ c_0 + \sum_{j=1}^{n} a_j \cos(2πjτ) + b_j \sin(2πjτ)

    with n harmonics. Two follow the seasons of most variables and have 5 coefficients, where a
    mean for each day of the year would take 366 from the data [1]_.

    Parameters
    ----------
    harmonics : int, default 2
        Number n of annual harmonics.

    Attributes
    ----------
    coefficients_ : Dataset, (H, L, 2n + 1)
        The coefficients of each variable, in its units; 0 in cells without a value.

    References
    ----------
    .. [1] Wilks, D. S. (2019): Statistical Methods in the Atmospheric Sciences, 4th ed., Sec. 10.4.
    """

    coefficients_: xr.Dataset
    _axes: Axes

    def __init__(self, harmonics: int = 2) -> None:
        self.harmonics = harmonics

    def statistics(self, ds: xr.Dataset, axes: Axes) -> dict[str, xr.Dataset]:
        """Normal equations of each cell: the matrix X^T X and the right side X^T v; lazy.

        Raises
        ------
        InputError
            Less than about a year of data, or fewer dates in it than harmonics need.
        """
        self._axes = axes
        self._check_length(ds[axes.time])
        terms = self._terms(ds[axes.time])
        pairs = terms * terms.rename({_TERM: _OTHER})
        extra = [dim for dim in ds.dims if dim not in (axes.time, *axes.space)]
        plain = ds.squeeze(extra)
        return {
            "matrix": plain.map(
                lambda v: xr.dot(v.notnull().astype(float), pairs, dim=axes.time, optimize=True)
            ),
            "side": plain.map(
                lambda v: xr.dot(v.fillna(0).astype(float), terms, dim=axes.time, optimize=True)
            ),
        }

    def learn(self, statistics: dict[str, xr.Dataset]) -> Self:
        """Solve the normal equations.

        A cell with hardly a value has a singular matrix: the shortest solution is taken.
        """

        def solve(matrix: xr.DataArray, side: xr.DataArray) -> xr.DataArray:
            space = self._axes.space
            inverse = np.linalg.pinv(
                matrix.transpose(*space, _TERM, _OTHER).values, rcond=1e-10, hermitian=True
            )
            solution = inverse @ side.transpose(*space, _TERM).values[..., None]
            return xr.DataArray(solution[..., 0], dims=(*space, _TERM))

        matrices, sides = statistics["matrix"], statistics["side"]
        self.coefficients_ = xr.Dataset(
            {name: solve(matrices[name], sides[name]) for name in sides}
        )
        return self

    def fit(self, ds: xr.Dataset, axes: Axes) -> Self:
        """Fit the annual cycle of each cell of `ds`."""
        return self.learn(*compute(self.statistics(ds, axes)))

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Subtract the annual cycle; lazy, dtype kept."""
        return ds.map(lambda v: (v - self._cycle(v)).astype(v.dtype), keep_attrs=True)

    def inverse_transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Add the annual cycle; lazy, dtype kept."""
        return ds.map(lambda v: (v + self._cycle(v)).astype(v.dtype), keep_attrs=True)

    def _cycle(self, values: xr.DataArray) -> xr.DataArray:
        """The annual cycle of one variable, (T, H, L), in chunks like those of `values`."""
        terms, coefficients = self._terms(values[self._axes.time]), self.coefficients_[values.name]
        if values.chunks is not None:
            chunks = values.chunksizes
            terms = terms.chunk({self._axes.time: chunks[self._axes.time]})
            coefficients = coefficients.chunk({dim: chunks[dim] for dim in self._axes.space})
        cycle: xr.DataArray = xr.dot(terms, coefficients, dim=_TERM, optimize=True)
        return cycle

    def _terms(self, time: xr.DataArray) -> xr.DataArray:
        """1, cos and sin of the harmonics of the year at each time, (T, 2n + 1), any calendar."""
        angle = 2 * np.pi * (time.dt.decimal_year.values % 1)[:, None]
        angles = angle * np.arange(1, self.harmonics + 1)
        terms = np.concatenate([np.ones_like(angle), np.cos(angles), np.sin(angles)], axis=1)
        return xr.DataArray(terms, dims=(self._axes.time, _TERM))

    def _check_length(self, time: xr.DataArray) -> None:
        """Raise where the annual cycle cannot be told from `time`."""
        index = time.to_index()
        days = (index[-1] - index[0]).total_seconds() / 86400
        if days < _DAYS_NEEDED:
            raise InputError(
                message(
                    "about a year of data or more for deseasonalize",
                    f"{days:.0f} days, from {index[0]} to {index[-1]}",
                    "use a longer period, or deseasonalize=False",
                )
            )
        terms = self._terms(time).values
        if np.linalg.matrix_rank(terms) < terms.shape[1]:
            raise InputError(
                message(
                    f"time steps that tell {self.harmonics} annual harmonics apart",
                    f"{len(index)} steps at too few times of the year",
                    "ask for fewer harmonics, e.g. deseasonalize=1",
                )
            )
