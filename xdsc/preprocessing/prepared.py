"""A prepared Dataset, and what is to be used of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes, check_time, find_axes
from xdsc.cf.variables import names_given
from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.frames.budget import available_memory, readable
from xdsc.frames.chunks import Size
from xdsc.preprocessing.applying import Result
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.learning import CheckSize
from xdsc.preprocessing.pipeline import Preprocessor
from xdsc.preprocessing.provenance import Provenance, provenance_of


@dataclass(frozen=True)
class Prepared:
    """A prepared Dataset, and what is to be used of it.

    Attributes
    ----------
    ds : Dataset
        Prepared variables, and all others as they were.
    axes : Axes
        Its axes.
    grid : Grid
        Its grid.
    provenance : Provenance
        How it was prepared.
    variables : list of str
        The variables to use.
    given : mapping of str to str
        Names of axes that were given and are there: time, lat, lon, member.
    preprocessor : Preprocessor or None
        What prepared it, fitted; None where that is not known.
    positions : numpy.ndarray of int, shape (T,), or None
        For each time step of the Dataset that it was made from its place in `ds`, -1 for those that
        were left out; None where these are the same.
    """

    ds: xr.Dataset
    axes: Axes
    grid: Grid
    provenance: Provenance
    variables: list[str]
    given: Mapping[str, Any]
    preprocessor: Preprocessor | None = None
    positions: npt.NDArray[np.intp] | None = None

    def require_memory(self) -> Self:
        """Raise `InputError` where Dask's data are larger than the memory that is free."""
        require_memory(Size.of(self.ds, self.axes, self.variables))
        return self

    def frames(self) -> Frames:
        """The variables in memory."""
        step = self.provenance.step
        return Frames.from_dataset(self.ds, self.axes, self.variables, step=step)

    def load(self) -> Prepared:
        """The same with its variables alone, in memory: read often, perhaps in other processes."""
        return replace(self, ds=self.ds[self.variables].compute(), preprocessor=None)

    @property
    def sample_coordinates(self) -> dict[str, xr.Variable]:
        """The coordinate of each dimension of the samples, time the last."""
        return {dim: self.ds[dim].variable for dim in self.axes.samples}

    def codes(self, codes: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Labels of the time steps of the original Dataset, one for each prepared sample.

        Parameters
        ----------
        codes : numpy.ndarray of int, shape (T,) or (members, T)
            Labels; -1 for none.

        Returns
        -------
        numpy.ndarray of int, shape (samples,)
            Members one after the other. -1 where steps that were averaged disagree.
        """
        if self.positions is None:
            return codes.ravel()
        there = self.positions >= 0
        at, given = self.positions[there], np.atleast_2d(codes)[:, there]
        shape = len(given), self.ds.sizes[self.axes.time]
        low, high = np.full(shape, np.iinfo(np.intp).max), np.full(shape, -1)
        for member, labels in enumerate(given):
            np.minimum.at(low[member], at, labels)
            np.maximum.at(high[member], at, labels)
        return np.where(low == high, high, -1).ravel()

    @property
    def attributes(self) -> dict[str, str]:
        """What is used, and how it was prepared."""
        how = json.dumps(self.provenance.settings)
        return {"variables": " ".join(self.variables), "preparation": how}


def prepare(
    ds: xr.Dataset,
    preprocessor: Preprocessor | None = None,
    variables: str | Sequence[str] | None = None,
    *,
    preferred: Sequence[str] = (),
    given: Mapping[str, Any],
    at_least: int = 1,
    check_size: CheckSize | None = None,
    **bring: Any,
) -> Prepared:
    """Prepare a Dataset where that was not done.

    Parameters
    ----------
    ds : Dataset
        Prepared or not.
    preprocessor : Preprocessor, optional
        How to prepare one that is not: as it is where it is fitted, otherwise a copy of it is
        fitted; by default as the paper does it.
    variables : str or sequence of str, optional
        Variables to use; by default all that are prepared.
    preferred : sequence of str
        Of these, those that are there are used, if any is, where `variables` does not say which.
    given : mapping of str to str or None
        Names of the axes: time, lat, lon, member.
    at_least : int, default 1
        Number of time steps needed.
    check_size : callable, optional
        Called with the `Size` of what is prepared before a Preprocessor reads data to be fitted.
    **bring
        ``climatology``, ``names`` and ``regrid`` of `Preprocessor.transform`, for a Dataset that is
        not prepared.

    Raises
    ------
    InputError, ParameterError
        With all problems of the Dataset or the arguments.
    """
    wanted = names_given(variables)
    if not isinstance(preprocessor, (Preprocessor, NoneType)):
        raise ParameterError(
            message(
                "preprocessor= to be an xdsc.Preprocessor",
                f"preprocessor={preprocessor!r:.100}",
                "leave it out, or pass preprocessor=xdsc.Preprocessor(...)",
            )
        )
    if wanted is not None and not len(wanted):
        raise InputError(
            message(
                "at least one name in variables=",
                "an empty list",
                "choose some, or leave variables= out to take all",
            )
        )
    made = provenance_of(ds)
    if made is not None:
        _check_made_by(preprocessor, made)
        there = _there(given, ds)
        axes = find_axes(ds, **there)
        check_time(ds, axes, at_least=at_least)
        result = Result(ds, axes, made)
    else:
        if preprocessor is None:
            names = [name for name in preferred if name in ds] or None if wanted is None else wanted
            preprocessor = Preprocessor(variables=names, **given)
        if hasattr(preprocessor, "steps_"):
            result = preprocessor.apply(ds, **bring)
        else:
            # A copy is fitted, so that what the caller gave stays as it is.
            named = {key: name for key, name in given.items() if getattr(preprocessor, key) is None}
            preprocessor = replace(preprocessor, **named)
            result = preprocessor.fit_apply(ds, _of_wanted(check_size, wanted))
        given = {key: name or getattr(preprocessor, key) for key, name in given.items()}
        there = _there(given, result.ds)
        if result.ds.sizes[result.axes.time] < at_least:  # of times that were checked before
            check_time(result.ds, result.axes, at_least=at_least)
    prepared = list(result.provenance.variables)
    if wanted is None:
        names = [name for name in preferred if name in prepared] or prepared
    else:
        names = _among(wanted, prepared)
    return Prepared(
        result.ds,
        result.axes,
        result.grid or Grid.of(result.ds, result.axes),
        result.provenance,
        names,
        there,
        preprocessor,
        result.positions,
    )


def _of_wanted(check_size: CheckSize | None, wanted: Sequence[str] | None) -> CheckSize | None:
    """The check for those of the prepared variables that are used."""
    if check_size is None or wanted is None:
        return check_size
    return lambda size: check_size(size.of_variables(wanted))


def require_memory(size: Size) -> None:
    """Raise `InputError` where Dask's data, or those in a file, are larger than what is free."""
    if (size.lazy or size.unread) and size.nbytes > (free := available_memory()):
        axes = size.axes
        raise InputError(
            message(
                f"fields that fit into memory, of which {readable(free)} are free",
                f"{readable(size.nbytes)} in {', '.join(size.variables)}",
                "select a shorter period, fewer variables or every fourth time step, "
                f"ds.isel({axes.time}=slice(None, None, 4)), or a coarser grid, "
                f"ds.coarsen({axes.y}=2, {axes.x}=2, boundary='trim').mean()",
            )
        )


def _there(given: Mapping[str, Any], ds: xr.Dataset) -> dict[str, str]:
    """Given names of axes that a Dataset has; a Preprocessor may know them by other names."""
    return {key: name for key, name in given.items() if name in {*ds.dims, *ds.coords}}


def _check_made_by(preprocessor: Preprocessor | None, made: Provenance) -> None:
    """Raise where a Dataset was not prepared by the Preprocessor that is given beside it."""
    if preprocessor is None:
        return
    if not hasattr(preprocessor, "steps_") or preprocessor.fingerprint != made.fit:
        raise ParameterError(
            message(
                "preprocessor= for a Dataset that is not prepared, or that which prepared it",
                f"{preprocessor!r} for one that another has prepared",
                "leave preprocessor= out",
            )
        )


def _among(wanted: Sequence[str], there: list[str]) -> list[str]:
    """The variables that are asked for, or an error where they were not prepared."""
    if missing := [name for name in wanted if name not in there]:
        raise InputError(
            message(
                f"the variables {', '.join(wanted)}",
                f"prepared data without {', '.join(missing)}",
                f"choose among {', '.join(there)}, or prepare the others as well",
            )
        )
    return list(wanted)
