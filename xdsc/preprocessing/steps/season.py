"""Some months of the year alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.errors import InputError, ParameterError, message
from xdsc.preprocessing.block import TIME
from xdsc.preprocessing.steps.base import FitData, TimeStep

_YEAR = "JFMAMJJASOND"
# Names whose months depend on where one is, with what to write instead.
_NAMES = {
    "winter": "season='DJF' (north) or 'JJA' (south)",
    "spring": "season='MAM' (north) or 'SON' (south)",
    "summer": "season='JJA' (north) or 'DJF' (south)",
    "autumn": "season='SON' (north) or 'MAM' (south)",
    "fall": "season='SON' (north) or 'MAM' (south)",
    "monsoon": "season='JJAS' (South Asia, West Africa) or 'NDJFM' (Australia)",
}


@dataclass(eq=False)
class Season(TimeStep):
    """Keep the time steps of some months, in any calendar.

    Parameters
    ----------
    months : list of int
        From 1 (January) to 12.
    """

    months: list[int]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check `season` and `months`."""
        return {"months": parse_season(given["season"], given["months"])}

    @classmethod
    def make(cls, settings: Mapping[str, Any], data: FitData) -> Self | None:
        """None where all the year is asked for."""
        return None if settings["months"] is None else cls(settings["months"])

    def transform(self, ds: xr.Dataset) -> xr.Dataset:
        """Time steps of these months; lazy.

        Raises
        ------
        InputError
            There are none.
        """
        return ds.isel({TIME: np.flatnonzero(self._kept(ds[TIME]))})

    def positions(self, time: xr.DataArray) -> npt.NDArray[np.int64]:
        """For each of T times its position among those kept, or -1; shape (T,).

        Raises
        ------
        InputError
            None is kept.
        """
        kept = self._kept(time)
        return np.where(kept, np.cumsum(kept) - 1, -1)

    def _kept(self, time: xr.DataArray) -> npt.NDArray[np.bool_]:
        """Whether each time (T,) lies in the season."""
        month = time.dt.month.values
        kept: npt.NDArray[np.bool_] = np.isin(month, self.months)
        if not kept.any():
            raise InputError(
                message(
                    f"time steps in the months {_listed(self.months)}",
                    f"a record of the months {_listed(np.unique(month))}",
                    "ask for another season, or select a longer period",
                )
            )
        return kept


def parse_season(season: str | None, months: Sequence[int] | None) -> list[int] | None:
    """Months of a season.

    Parameters
    ----------
    season : str or None
        Initials of consecutive months, at least 2: "DJF", "JJAS", "NDJFM".
    months : sequence of int or None
        Months from 1 to 12, instead of a season.

    Returns
    -------
    list of int or None
        In ascending order, each once; None where all the year is asked for.

    Raises
    ------
    ParameterError
        Both are given, the season is not understood, or a month is not one.

    Examples
    --------
    >>> parse_season("DJF", None)
    [1, 2, 12]
    >>> parse_season(None, [7, 6])
    [6, 7]
    """
    if season is not None and months is not None:
        raise ParameterError(
            message(
                "a season or months",
                f"season={season!r} and months={months!r}",
                "leave out one of them",
            )
        )
    if season is not None:
        return _months_of(season)
    return None if months is None else _checked(months)


def _months_of(season: Any) -> list[int]:
    """Months whose initials are these."""
    text = season.upper() if isinstance(season, str) else ""
    if 2 <= len(text) <= len(_YEAR):
        # The year twice over, so that a season may pass its end. No two months in a row have the
        # initials of two others, so there is one place where a text fits.
        start = (2 * _YEAR).find(text)
        if start >= 0:
            return sorted((start + i) % 12 + 1 for i in range(len(text)))
    remedy = _NAMES.get(
        text.lower(), "write season='DJF', 'JJAS' or 'NDJFM', or give numbers, months=[1, 2, 12]"
    )
    if text.lower() in _NAMES:
        remedy = f"say which months are meant, {remedy}"
    raise ParameterError(
        message(
            "a season of the initials of two or more consecutive months",
            f"season={season!r}",
            remedy,
        )
    )


def _checked(months: Sequence[int]) -> list[int]:
    """Months in ascending order, each once."""
    given: Any = months
    values = np.asarray(given if isinstance(given, (Sequence, np.ndarray)) else [])
    whole = values.ndim == 1 and values.size > 0 and np.issubdtype(values.dtype, np.integer)
    if not whole or values.min() < 1 or values.max() > 12:
        raise ParameterError(
            message(
                "months from 1 to 12", f"months={months!r}", "give their numbers, months=[1, 2, 12]"
            )
        )
    return [int(month) for month in np.unique(values)]


def _listed(months: Sequence[int] | npt.NDArray[np.int64]) -> str:
    return ", ".join(str(month) for month in months)
