"""Tasks of Dask that each get a block of time of all variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf import Axes

#: Indices of `dask.array.blockwise`: members, time, and the first that is free for others.
MEMBER, TIME, REST = 0, 1, 2


def blocks_of_time(
    ds: xr.Dataset,
    axes: Axes,
    variables: Sequence[str],
    lengths: tuple[int, ...],
    halo: tuple[int, int] = (0, 0),
) -> list[Any]:
    """Arguments of `dask.array.blockwise` that give each task its block of each variable.

    Parameters
    ----------
    ds : Dataset
        Prepared.
    axes : Axes
        Its axes.
    variables : sequence of str
        V of them.
    lengths : tuple of int
        Of the blocks of time.
    halo : (int, int), default (0, 0)
        Neighbours in time that a task gets as well, before and after its block, where there are
        any.

    Returns
    -------
    list
        V arrays, each with its indices: `TIME` for time, and one of its own for every other
        dimension, as variables may be chunked in many ways. A task gets V lists for `whole_block`.
    """
    arguments: list[Any] = []
    index = REST
    for name in variables:
        array = _dask_array(ds, axes, name)
        at = array.ndim - 3
        array = with_halo(array.rechunk({at: lengths}), at, halo)
        own = [index + i for i in range(array.ndim)]
        own[at] = TIME
        index += array.ndim
        arguments += [array, tuple(own)]
    return arguments


def with_halo(array: Any, axis: int, halo: tuple[int, int]) -> Any:
    """Blocks with neighbours before and after them along an axis, as far as there are any."""
    from dask.array.overlap import overlap

    if array.numblocks[axis] == 1 or not any(halo):
        return array
    return overlap(array, depth={axis: halo}, boundary="none")  # type: ignore[no-untyped-call]


def whole_block(
    variables: Sequence[Any], members: tuple[int, ...], length: int, space: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """The block of time of a task, put together.

    Parameters
    ----------
    variables : sequence of nested lists
        For each of the V variables its pieces, arrays ([members,] B, h, l), in lists of lists of
        lists by member, row and column; without members in lists of lists. Pieces without members
        are those of all members.
    members : tuple of int
        Their number, or nothing where there is no such dimension.
    length : int
        B, time steps.
    space : (int, int)
        H, L.

    Returns
    -------
    numpy.ndarray of float32, shape ([members,] B, H, L, V)
    """
    values = np.empty((*members, length, *space, len(variables)), "float32")
    for v, pieces in enumerate(variables):
        _put(values[..., v], pieces)
    return values


def _dask_array(ds: xr.Dataset, axes: Axes, name: str) -> Any:
    """A variable as a Dask array ([members,] T, H, L)."""
    import dask.array as da

    order = (*axes.samples, axes.y, axes.x)
    array = ds[name]
    array = array.squeeze([dim for dim in array.dims if dim not in order], drop=True)
    array = array.transpose(*(dim for dim in order if dim in array.dims))
    return da.asarray(array.data)  # type: ignore[no-untyped-call]


def _put(into: np.ndarray, pieces: Any) -> None:
    """Put nested lists of pieces, ([members,] B, h, l), in their places, ([members,] B, H, L)."""
    depth, leaf = 0, pieces
    while isinstance(leaf, list):
        depth, leaf = depth + 1, leaf[0]
    member = 0
    for rows in pieces if depth == 3 else [pieces]:
        y = 0
        for row in rows:
            x = 0
            for piece in row:
                h, w = piece.shape[-2:]
                place = into[..., y : y + h, x : x + w]
                if depth == 3:
                    place = place[member : member + len(piece)]
                place[...] = piece
                x += w
            y += h
        member += len(piece)
