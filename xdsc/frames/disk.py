"""Whether a disk has room for a file, before it is written and while it is."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from xdsc.errors import InputError, StorageError, message
from xdsc.frames.budget import readable


def free_bytes(folder: Path) -> int | None:
    """Bytes that are free on the disk of a folder; None where the system does not know."""
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return None
    # Some file systems, of the network or made by a program, have no size.
    return found.free if found.total else None


def require_room(
    need: int, folder: Path, what: str, remedy: str, kind: type[InputError | StorageError]
) -> None:
    """Raise where a disk has no room for a file.

    Parameters
    ----------
    need : int
        Bytes of the file.
    folder : Path
        Where it is to be.
    what : str
        What the file is for.
    remedy : str
        What to do.
    kind : type
        Of the error.
    """
    free = free_bytes(folder)
    if free is not None and need > free:
        raise no_room(need, folder, what, remedy, kind)


def no_room(
    need: int, folder: Path, what: str, remedy: str, kind: type[InputError | StorageError]
) -> InputError | StorageError:
    """The error of `require_room`."""
    free = free_bytes(folder)
    there = "nothing that the system knows of" if free is None else readable(free)
    return kind(
        message(f"{readable(need)} of free disk for {what}", f"{there} in {folder}", remedy)
    )


def is_full(error: OSError) -> bool:
    """Whether a write failed since the disk, or the share of a user, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
