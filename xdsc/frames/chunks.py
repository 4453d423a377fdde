"""How lazy data are chunked, and whether that will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import message, warn_user

#: More bytes than that in memory at once, in one task, are too much for a worker.
MOST_BYTES = 2**30
#: Each chunk is some ten tasks; Dask needs about a millisecond for ten.
MOST_CHUNKS = 100_000
# Values of a block of time that is worth a task of its own.
_LEAST_VALUES = 2**18


def chunk_bytes() -> int:
    """What Dask takes for a good size of chunks, which users can set."""
    import dask  # here, so that `import xdsc` stays quick
    from dask.utils import parse_bytes

    size: int = parse_bytes(dask.config.get("array.chunk-size"))
    return size


def is_lazy(ds: xr.Dataset, variables: Sequence[str]) -> bool:
    """Whether any of the variables is Dask's."""
    return any(ds[name].chunks is not None for name in variables)


def is_unread(ds: xr.Dataset, variables: Sequence[str]) -> bool:
    """Whether any of the variables is in a file, or a store, that is read whole: not by Dask."""
    apart = [ds[name].variable for name in variables if ds[name].chunks is None]
    return any(not variable._in_memory for variable in apart)


@dataclass(frozen=True)
class Size:
    """What the shapes of data tell of frames that are to be made of them.

    Attributes
    ----------
    axes : Axes
        Of the data.
    variables : sequence of str
        Those that become frames.
    frame, times : int
        Bytes of one frame, of all members, and number of frames.
    lazy, unread : bool
        See `is_lazy` and `is_unread`.
    """

    axes: Axes
    variables: Sequence[str]
    frame: int
    times: int
    lazy: bool
    unread: bool

    @classmethod
    def of(
        cls, ds: xr.Dataset, axes: Axes, variables: Sequence[str], times: int | None = None
    ) -> Self:
        """Size of the frames of a Dataset, or of so many of them."""
        return cls(
            axes,
            variables,
            frame_bytes(ds, axes, variables),
            ds.sizes[axes.time] if times is None else times,
            is_lazy(ds, variables),
            is_unread(ds, variables),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all frames."""
        return self.frame * self.times

    def of_variables(self, names: Sequence[str]) -> Self:
        """The size where only some of the variables become frames."""
        frame = self.frame // len(self.variables) * len(names)
        return replace(self, variables=names, frame=max(1, frame))


def frame_bytes(ds: xr.Dataset, axes: Axes, variables: Sequence[str]) -> int:
    """Size of one time step as a frame: all variables and members in float32, at least a byte."""
    dims = (*axes.samples[:-1], axes.y, axes.x)
    return max(1, 4 * len(variables) * prod(ds.sizes[dim] for dim in dims))


def warn_of_chunks(
    ds: xr.Dataset,
    axes: Axes,
    variables: Sequence[str],
    *,
    in_blocks: bool = False,
    sorts_series: bool = False,
) -> None:
    """Warn, once, of chunks that are too large or too many to go through one after the other.

    Parameters
    ----------
    ds : Dataset
        NumPy or Dask.
    axes : Axes
        Its axes.
    variables : sequence of str
        Those that are used.
    in_blocks : bool, default False
        Whether all variables are looked at together, on the whole grid, a block of time at a time;
        otherwise each chunk is looked at by itself.
    sorts_series : bool, default False
        Whether the time series of each cell are sorted.

    Warns
    -----
    XdscWarning
        With the chunks to use.
    """
    # Variables alone: coordinates may be Dask's as well, in chunks of their own.
    lazy = [ds[name].variable for name in variables if ds[name].chunks is not None]
    if not lazy:
        return
    frames = [v.dtype.itemsize * v.size // v.sizes[axes.time] for v in lazy]
    frame = sum(frames) if in_blocks else max(frames)
    whole = dict.fromkeys((*axes.samples[:-1], axes.y, axes.x), -1)
    good = {axes.time: max(1, chunk_bytes() // max(frame, 1)), **whole}
    most = f"{MOST_BYTES // 2**30} GiB"
    if in_blocks:
        longest = max(max(v.chunksizes[axes.time]) for v in lazy)
        held = longest * frame
        expected = (
            "chunks of which one block of time, all variables on the whole grid, holds at most "
            f"{most}"
        )
        received = f"chunks of {longest} time steps, {held / 2**30:.1f} GiB"
    else:
        held = max(v.dtype.itemsize * prod(map(max, v.chunks or ())) for v in lazy)
        expected = f"chunks of at most {most}, as each is in memory at once"
        received = f"one of {held / 2**30:.1f} GiB"
    texts = []
    if held > MOST_BYTES:
        texts.append(
            message(
                expected,
                received,
                f"open the data with chunks={good}; if a store holds chunks of that size, write "
                f"it anew first, ds.chunk({good}).to_zarr(...)",
            )
        )
    if (number := max(prod(map(len, v.chunks or ())) for v in lazy)) > MOST_CHUNKS:
        texts.append(
            message(
                f"at most {MOST_CHUNKS} chunks a variable, as each costs Dask some tasks",
                f"{number}",
                f"open the data with chunks={good}",
            )
        )
    in_time = max((v.nbytes for v in lazy if len(v.chunksizes[axes.time]) > 1), default=0)
    if sorts_series and in_time > MOST_BYTES:
        texts.append(
            message(
                "whole time series in a chunk for scale='cell-robust', which sorts them",
                f"chunks in time of {in_time / 2**30:.1f} GiB, which Dask has to hold at once",
                "use scale='cell-standard', or write the data anew first, "
                f"ds.chunk({{'{axes.time}': -1, '{axes.y}': 'auto', '{axes.x}': 'auto'}})"
                ".to_zarr(...)",
            )
        )
    if texts:
        warn_user("\n".join(texts))


def with_fewer_chunks(block: xr.Dataset, time: str) -> xr.Dataset:
    """A block whose chunks are worth a task each: tiny ones are put together in time."""

    def fewer(values: xr.DataArray) -> xr.DataArray:
        if values.chunks is None:
            return values
        # Of the whole grid: chunks that are small in space alone stay so.
        frame = values.size // max(values.sizes[time], 1)
        chunks = merged(values.variable.chunksizes[time], _LEAST_VALUES // max(frame, 1))
        return values if chunks == values.chunksizes[time] else values.chunk({time: chunks})

    return block.map(fewer, keep_attrs=True)


def merged(chunks: tuple[int, ...], least: int) -> tuple[int, ...]:
    """Chunks put together with the next ones until they have `least` frames, the last one apart."""
    found = [0]
    for chunk in chunks:
        if found[-1] >= least:
            found.append(0)
        found[-1] += chunk
    return tuple(found)
