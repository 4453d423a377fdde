"""Frames in a temporary file: written once, in any order of time, and read by slices."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from xdsc.errors import InputError
from xdsc.frames.disk import is_full, no_room, require_room
from xdsc.frames.values import CellMoments, moments_of, presence, read_pool

_FLOAT = 4
# What the file is for, and what to do where there is no room for it.
_WHAT = (
    "the frames, which do not fit into memory",
    (
        "choose a folder on a larger disk, dask.config.set(temporary_directory='/path/to/scratch') "
        "or TMPDIR, or take fewer variables, a shorter period or a coarser grid"
    ),
)


class Scratch:
    """A temporary file that takes the samples of a Dataset block by block of time.

    It has no name (or loses it when it is closed, on systems that need one), so that nothing is
    left of it once it is closed, garbage collected, or its process is gone.

    Parameters
    ----------
    samples : tuple of int
        ``(T,)`` or ``(members, T)``.
    shape : (int, int, int)
        H, L, V.

    Attributes
    ----------
    present : numpy.ndarray of bool, shape (samples,)
        Samples with any value.
    observed : numpy.ndarray of bool, shape (H, L, V)
        Cells that have a value at all of these.

    Raises
    ------
    InputError
        The disk has no room for it.
    """

    def __init__(self, samples: Sequence[int], shape: tuple[int, int, int]) -> None:
        self.samples, self.shape = tuple(samples), shape
        self.frame_bytes = _FLOAT * prod(shape)
        self.folder = _scratch_folder()
        self.need = prod(self.samples) * self.frame_bytes
        check_scratch_room(self.need)
        self.present = np.zeros(prod(self.samples), bool)
        self.observed = np.ones(shape, bool)
        self._lock = threading.Lock()
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 (closed with the object)
            dir=self.folder, buffering=0
        )
        self._close = weakref.finalize(self, self._file.close)

    def put(self, start: int, block: npt.NDArray[np.float32]) -> None:
        """Write a block of time, ([members,] B, H, L, V), that begins at time `start`.

        Threads may write at the same time, each time once.
        """
        block = block.reshape(-1, *block.shape[-4:])
        n_times = self.samples[-1]
        for member, values in enumerate(block):
            present, observed = presence(values)
            first = member * n_times + start
            with self._lock:
                self.present[first : first + len(values)] = present
                self.observed &= observed
                self._write(first, values)

    def read(self, first: int, into: npt.NDArray[np.float32]) -> None:
        """Read consecutive samples, (n, H, L, V), into an array."""
        view = into.reshape(-1).view(np.uint8).data
        done = 0
        with self._lock:
            self._file.seek(first * self.frame_bytes)
            while done < len(view):
                n = self._file.readinto(view[done:])  # type: ignore[attr-defined]
                if not n:
                    raise OSError(f"a scratch file of xdsc in {self.folder} is cut off")
                done += n

    def close(self) -> None:
        """Give the disk back."""
        self._close()

    def _write(self, first: int, values: npt.NDArray[np.float32]) -> None:
        view = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        done = 0
        try:
            self._file.seek(first * self.frame_bytes)
            while done < len(view):
                done += self._file.write(view[done:])
        except OSError as error:
            if is_full(error):
                self.close()
                raise no_room(self.need, self.folder, *_WHAT, InputError) from error
            raise


class StreamedValues:
    """Frames (N, H, L, V) in a scratch file; slices of them are NumPy arrays.

    Parameters
    ----------
    scratch : Scratch
        With all samples written.
    budget : int
        Bytes of memory that those who read may take all together.

    Attributes
    ----------
    shape : tuple of int
        (N, H, L, V); missing frames are left out.
    dtype : numpy.dtype
        float32.
    steps : numpy.ndarray of int, shape (N,)
        Which of the samples the frames are.
    mask : numpy.ndarray of bool, shape (H, L, V)
        Cells that have a value in all frames.
    moments : CellMoments
        Of the frames; masked cells hold `fill`, and do not vary.
    fill : numpy.ndarray of float32, shape (V,)
        What masked cells hold: the mean of their variable.
    """

    dtype = np.dtype("float32")

    def __init__(self, scratch: Scratch, budget: int) -> None:
        self._scratch, self.budget = scratch, budget
        self.steps, self.mask = np.flatnonzero(scratch.present), scratch.observed
        self.shape = (len(self.steps), *scratch.shape)
        self.fill = np.zeros(self.shape[-1], "float32")
        moments = moments_of(self)
        for v, cells in enumerate(np.moveaxis(self.mask, -1, 0)):
            if cells.any() and len(self):
                self.fill[v] = moments.mean[..., v][cells].mean()
        self.moments = CellMoments(np.where(self.mask, moments.mean, self.fill), moments.variance)

    def __len__(self) -> int:
        """N."""
        return self.shape[0]

    def __getitem__(self, at: slice) -> npt.NDArray[np.float32]:
        """Frames of a slice without a step, from the file."""
        start, stop, step = at.indices(len(self))
        assert step == 1, "frames in a file are read in order"
        block = np.empty((max(stop - start, 0), *self.shape[1:]), self.dtype)
        steps = self.steps[start:stop]
        edges = [0, *(np.flatnonzero(np.diff(steps) > 1) + 1), len(block)]
        for begin, end in pairwise(edges):
            if begin < end:
                self._scratch.read(int(steps[begin]), block[begin:end])
        if not self.mask.all():
            np.copyto(block, self.fill, where=~self.mask)
        return block

    def load(self) -> npt.NDArray[np.float32]:
        """All frames in memory."""
        return read_pool(self).values

    def close(self) -> None:
        """Give the disk back."""
        self._scratch.close()

    def __reduce__(self) -> Any:
        raise TypeError("frames in a scratch file stay in their process")


def check_scratch_room(need: int) -> None:
    """Raise `InputError` where the disk has no room for frames of so many bytes."""
    require_room(need, _scratch_folder(), *_WHAT, InputError)


def _scratch_folder() -> Path:
    """Where large temporary files go: Dask's setting, or else that of the system."""
    import dask

    folder = Path(dask.config.get("temporary-directory", None) or tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    return folder
