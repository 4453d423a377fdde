"""Statistics of pieces of the data, small each, and how those of all pieces are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr

from xdsc.preprocessing.array_types import Array, Floats
from xdsc.preprocessing.block import BIN, MEMBER, TIME, Y
from xdsc.preprocessing.onepass.moments import pooled_moments
from xdsc.preprocessing.onepass.quantiles import merged_tallies

#: A piece of data, ([member,] t, y, x); a row of what is known of each of its t times; and the
#: places of its first member and time.
OfPiece: TypeAlias = "Callable[[Array, Floats, tuple[int, int]], dict[str, Statistic]]"


@dataclass(frozen=True)
class Statistic:
    """A statistic of one piece of one variable.

    Attributes
    ----------
    data : array or other
        What it is; arrays of fields have (y, x) as their last dimensions.
    how : {"sum", "min", "max", "any", "moments", "tally", "bins", "frames"}
        How it goes together with that of other samples. "moments" are count, mean and sum of
        squared deviations, (3, ...); "tally" is a `Tally`; "bins" are numbers of bins, (b,), and
        their sums, (b, y, x); "frames" are sums of frames at their places, other ones in each
        piece: (place of the first member, of the first time, (members, t)).
    dims : tuple of str
        Of the statistic of the whole variable.
    finish : callable, optional
        What makes an array of the data in the end.
    """

    data: Any
    how: str
    dims: tuple[str, ...] = ()
    finish: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Summary:
    """What a step needs of each variable.

    Attributes
    ----------
    of_piece : callable
        Gives it for a piece.
    known : array of shape (T, K)
        What that must know of each time.
    frames : int
        Pieces have at least so many frames where there are so many, or else the statistics of
        pieces would be larger than the pieces.
    """

    of_piece: OfPiece
    known: Floats
    frames: int = 1


def nothing_known(time: xr.DataArray) -> Floats:
    """What a step must know of times where it need not know anything."""
    return np.empty((time.size, 0))


def sample_axes(values: Array) -> tuple[int, ...]:
    """Axes of the samples of a piece, ([member,] t, y, x)."""
    return tuple(range(values.ndim - 2))


def of_frames(values: Array, at: tuple[int, int], dtype: Any = np.int64) -> Statistic:
    """Sum of each frame of a piece; of whether there is a value, it is their number."""
    sums = values.sum((-2, -1), dtype=dtype).reshape(-1, values.shape[-3])
    return Statistic([(*at, sums)], "frames")


def combined(parts: Sequence[dict[str, Statistic]]) -> dict[str, Statistic]:
    """Statistics of several pieces with the same cells, as those of one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return {
        key: replace(part, data=_POOLS[part.how]([other[key].data for other in parts]))
        for key, part in first.items()
    }


def assembled(
    tiles: Sequence[Sequence[dict[str, Statistic]]],
    sizes: Mapping[str, int],
    time: pd.Index,
    heights: Sequence[int],
    widths: Sequence[int],
) -> dict[str, xr.DataArray]:
    """Statistics of a variable from those of its tiles.

    Parameters
    ----------
    tiles : sequence of sequences of dict
        By row and column.
    sizes : mapping
        Of the dimensions of the variable.
    time : Index
        Its times.
    heights, widths : sequences of int
        Of the rows and columns of tiles.
    """
    found = {}
    for key, part in tiles[0][0].items():
        data = [[tile[key].data for tile in row] for row in tiles]
        coords: dict[str, Any] = {}
        if part.how == "frames":
            array = _at_places([place for row in data for one in row for place in one], sizes)
        elif Y not in part.dims:
            array = _POOLS[part.how]([one for row in data for one in row])
        else:
            if part.how == "bins":
                coords[BIN] = data[0][0][0]
                data = [[sums for _, sums in row] for row in data]
            array = np.block(
                [
                    [
                        np.broadcast_to(one, (*one.shape[:-2], height, width))
                        for one, width in zip(row, widths, strict=True)
                    ]
                    for row, height in zip(data, heights, strict=True)
                ]
            )
        if part.finish is not None:
            array = part.finish(array)
        dims = part.dims
        if part.how == "frames":
            dims = tuple(dim for dim in (MEMBER, TIME) if dim in sizes)
            array, coords[TIME] = array.reshape([sizes[dim] for dim in dims]), (TIME, time)
        found[key] = xr.DataArray(array, coords, dims)
    return found


def _at_places(places: Sequence[tuple[int, int, Array]], sizes: Mapping[str, int]) -> Array:
    """Sums of frames, (members, T)."""
    frames = np.zeros((sizes.get(MEMBER, 1), sizes[TIME]), dtype=places[0][2].dtype)
    for member, time, numbers in places:
        frames[member : member + len(numbers), time : time + numbers.shape[1]] += numbers
    return frames


def _of_bins(parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Sums of all bins that any part has."""
    bins = np.unique(np.concatenate([numbers for numbers, _ in parts]))
    sums = np.zeros((bins.size, *np.broadcast_shapes(*(one.shape[1:] for _, one in parts))))
    for numbers, one in parts:
        sums[np.searchsorted(bins, numbers)] += one
    return bins, sums


_POOLS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": lambda parts: reduce(np.add, parts),
    "min": lambda parts: reduce(np.fmin, parts),
    "max": lambda parts: reduce(np.fmax, parts),
    "any": lambda parts: reduce(np.logical_or, parts),
    "moments": pooled_moments,
    "tally": merged_tallies,
    "bins": _of_bins,
    "frames": lambda parts: [place for part in parts for place in part],
}
