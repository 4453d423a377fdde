"""The record of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import xarray as xr

from xdsc.calendar_share import CalendarShare, calendar_shares
from xdsc.cf import text_of
from xdsc.model.record.attributes import VERSIONS, provenance
from xdsc.model.record.fitted_method import FittedMethod
from xdsc.model.record.numbering import Numbering
from xdsc.preprocessing import Preprocessor
from xdsc.preprocessing.carry.grid import Grid


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """All that a fit has found. It is made whole, and nothing of it is changed later.

    Attributes
    ----------
    method : FittedMethod
        Who answers questions about frames.
    preparation : mapping
        Settings that the fitted Dataset was prepared with.
    fingerprint : str or None
        Of the Preprocessor's fit, which tells it from others; see `Preprocessor.fingerprint`.
    preprocessor : Preprocessor or None
        Fitted; None where the fitted Dataset had been prepared elsewhere.
    grid : Grid
        Of the fitted frames.
    variables : list of str
        The V variables.
    n_clusters : int
        K.
    n_frames : int
        N, time steps of all members that took part.
    seconds : float
        Wall time.
    streamed : bool
        Whether frames were streamed from a file.
    numbering : Numbering
        What the regimes are called, in the order of the method's answers.
    notes : mapping of str to str
        What else labels say of where they come from, as their attributes.
    labels : DataArray of int32, ([member,] time)
        Of the fitted Dataset, with provenance.
    history : Dataset or None
        How training went.
    indices : mapping of str to Dataset
        Patterns, mean and standard deviation of the index of regimes, by variable, of those that
        were asked for; see `xdsc.model.index.indexing`.
    """

    method: FittedMethod
    preparation: Mapping[str, object]
    fingerprint: str | None
    preprocessor: Preprocessor | None
    grid: Grid
    variables: list[str]
    n_clusters: int
    n_frames: int
    seconds: float
    streamed: bool
    numbering: Numbering
    notes: Mapping[str, str]
    labels: xr.DataArray
    history: xr.Dataset | None
    indices: Mapping[str, xr.Dataset] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> tuple[CalendarShare, ...]:
        """How much of the labels month and time of day say."""
        return calendar_shares(self.labels)

    @property
    def provenance(self) -> dict[str, str | int]:
        """Where labels of its method come from, as their attributes."""
        own = provenance(
            self.method.arguments,
            self.method.method,
            self.n_clusters,
            self.variables,
            self.preparation,
            self.labels[self.labels.dims[-1]],
            text_of(self.labels.attrs, VERSIONS),  # not those that are installed now
        )
        return {**own, **self.notes}
