"""Frames: the prepared (time, lat, lon, variable) block that methods eat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from xdsc.calendar_share import CalendarShare, calendar_shares
from xdsc.cf import Axes, run_of
from xdsc.errors import InputError, message, reading
from xdsc.frames.scratch import StreamedValues
from xdsc.frames.values import CellMoments, moments_of, presence
from xdsc.labels import NO_LABEL


@dataclass(frozen=True)
class Frames:
    """A block of N frames of shape (H, L, V), as plain arrays.

    Attributes
    ----------
    values : numpy.ndarray of float32, shape (N, H, L, V), or StreamedValues
        Prepared values; a masked cell holds its variable's mean. Those that are streamed lie in a
        file, and ``values[start:stop]`` reads them.
    mask : numpy.ndarray of bool, shape (H, L, V)
        True where a cell carries data.
    runs : numpy.ndarray of int, shape (R, 2)
        Start and stop (exclusive) of the runs of frames without a gap in time.
    steps : numpy.ndarray of int, shape (N,)
        Position of each frame among the samples of the Dataset, which are its times, one member
        after the other; missing frames are left out.
    samples : tuple of int
        Their numbers, ``(T,)`` or ``(members, T)``.
    variables : tuple of str
        Names of the V variables.
    fill : numpy.ndarray, shape (V,)
        What the masked cells hold.
    time : numpy.ndarray or None, shape (T,)
        The times, of frames that were read from a Dataset.
    """

    values: np.ndarray | StreamedValues
    mask: np.ndarray
    runs: np.ndarray
    steps: np.ndarray
    samples: tuple[int, ...]
    variables: tuple[str, ...]
    fill: np.ndarray
    time: np.ndarray | None = None

    def __len__(self) -> int:
        """N."""
        return len(self.values)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, L, V)."""
        h, w, v = self.mask.shape
        return h, w, v

    @property
    def in_memory(self) -> bool:
        """Whether the values are a NumPy array."""
        return isinstance(self.values, np.ndarray)

    @cached_property
    def moments(self) -> CellMoments:
        """Mean and variance in time of each cell."""
        values = self.values
        return moments_of(values) if isinstance(values, np.ndarray) else values.moments

    def close(self) -> None:
        """Remove the file of values that are streamed."""
        if not isinstance(self.values, np.ndarray):
            self.values.close()

    def spread(self, found: np.ndarray, missing: float) -> np.ndarray:
        """What was found for each frame, (N, ...), at all samples, (*samples, ...).

        Parameters
        ----------
        found : numpy.ndarray, shape (N, ...)
            One value, or several, a frame.
        missing : float
            What missing frames get.
        """
        full = np.full((int(np.prod(self.samples)), *found.shape[1:]), missing, found.dtype)
        full[self.steps] = found
        return full.reshape(*self.samples, *found.shape[1:])

    def calendar_shares(self, labels: np.ndarray) -> tuple[CalendarShare, ...]:
        """How much of labels (N,) month and time of day say; nothing where dates are not known."""
        if self.time is None:
            return ()
        dims = ("member", "time")[-len(self.samples) :]
        full = self.spread(labels, NO_LABEL)
        return calendar_shares(xr.DataArray(full, {"time": self.time}, dims))

    def rows(self) -> np.ndarray:
        """Unmasked cells as features, shape (N, features)."""
        rows: np.ndarray = self.values[:][:, self.mask]
        return rows

    @classmethod
    def from_dataset(
        cls,
        prepared: xr.Dataset,
        axes: Axes,
        variables: Sequence[str],
        mask: np.ndarray | None = None,
        fill: np.ndarray | None = None,
        step: float | None = None,
    ) -> Frames:
        """Read a prepared Dataset into memory.

        Parameters
        ----------
        prepared : xarray.Dataset
            What `xdsc.Preprocessor` makes: NaN stands only in masked cells and missing frames.
        axes : Axes
            Names of its dimensions.
        variables : sequence of str
            Variables to stack, V of them.
        mask, fill : numpy.ndarray, optional
            Those of the frames that a method was fitted on; by default they are read off the data.
        step : float, optional
            Time step in seconds, by default the median one; longer ones are gaps.

        Raises
        ------
        InputError
            Cells that carry data in the given mask are missing.
        """
        order = (*axes.samples, axes.y, axes.x)
        stacked = [
            prepared[name].squeeze([d for d in prepared[name].dims if d not in order], drop=True)
            for name in variables
        ]
        # One compute for all variables: they often share tasks.
        whole = xr.Dataset(dict(zip(variables, stacked, strict=True)))
        with reading(any(values.chunks for values in stacked)):
            loaded = whole.compute()
        # The block is the largest thing here: filled and changed in place, copied where it must be.
        sides = [prepared.sizes[dim] for dim in order]
        values = np.empty((*sides, len(variables)), "float32")
        for v, name in enumerate(variables):
            there = loaded[name]
            # A variable that all members share is there once.
            shared = [dim for dim in order if dim not in there.dims]
            values[..., v] = (there.expand_dims(shared) if shared else there).transpose(*order)
        time = prepared[axes.time].values
        run = run_of(time, step)
        return replace(cls.from_block(values, run, variables, mask, fill), time=time)

    @classmethod
    def from_streamed(
        cls,
        values: StreamedValues,
        run: np.ndarray,
        samples: tuple[int, ...],
        variables: Sequence[str],
        time: np.ndarray,
    ) -> Frames:
        """Take values that lie in a file; `run` and `variables` are those of `from_block`."""
        return cls(
            values=values,
            mask=values.mask,
            runs=runs_of(run, values.steps),
            steps=values.steps,
            samples=samples,
            variables=tuple(variables),
            fill=values.fill,
            time=time,
        )

    @classmethod
    def from_block(
        cls,
        values: np.ndarray,
        run: np.ndarray,
        variables: Sequence[str],
        mask: np.ndarray | None = None,
        fill: np.ndarray | None = None,
    ) -> Frames:
        """Take a block of prepared values that is in memory already.

        Parameters
        ----------
        values : numpy.ndarray of float32, shape (T, H, L, V) or (members, T, H, L, V)
            NaN in masked cells and missing frames. Changed in place.
        run : numpy.ndarray of int, shape (T,)
            Number of the run without a gap in time in which each time lies, ascending.
        variables, mask, fill
            As for `from_dataset`.

        Raises
        ------
        InputError
            Cells that carry data in the given mask are missing.
        """
        samples = values.shape[:-3]
        values = values.reshape(-1, *values.shape[-3:])
        present, observed = presence(values)
        if not present.all():
            values = values[present]
        mask = observed if mask is None else mask
        _check_observed(observed, mask, variables)
        if fill is None:
            fill = np.array(
                [
                    values[..., v].mean(where=cells, dtype="float64")
                    if cells.any() and len(values)
                    else 0.0
                    for v, cells in enumerate(np.moveaxis(mask, -1, 0))
                ],
                dtype="float32",
            )
        np.copyto(values, fill, where=~mask)
        steps = np.flatnonzero(present)
        return cls(
            values=values,
            mask=mask,
            runs=runs_of(run, steps),
            steps=steps,
            samples=samples,
            variables=tuple(variables),
            fill=fill,
        )


def _check_observed(observed: np.ndarray, mask: np.ndarray, variables: Sequence[str]) -> None:
    if observed.shape != mask.shape:
        raise InputError(
            message(
                f"a grid of {mask.shape[0]} × {mask.shape[1]} points, as fitted",
                f"{observed.shape[0]} × {observed.shape[1]}",
                "interpolate to the fitted grid",
            )
        )
    lacking = [name for v, name in enumerate(variables) if (mask & ~observed)[..., v].any()]
    if lacking:
        raise InputError(
            message(
                "data wherever the fitted Dataset has some",
                f"gaps in {', '.join(lacking)}",
                "prepare the Dataset with the Preprocessor of the fit",
            )
        )


def runs_of(of_time: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Runs among the frames at `steps`: a missing frame is a gap as a missing date is.

    So is the step from one member to the next.
    """
    if not len(steps):
        return np.empty((0, 2), dtype=int)
    member, at = np.divmod(steps, len(of_time))
    run = of_time[at] + member * len(of_time)
    broken = (np.diff(steps) > 1) | (np.diff(run) > 0)
    edges = np.concatenate([[0], np.flatnonzero(broken) + 1, [len(steps)]])
    return np.stack([edges[:-1], edges[1:]], axis=1)
