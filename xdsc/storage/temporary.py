"""Files that are written beside their destination, and what a killed process left of such."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

#: None on a system without such locks.
_LOCKS: Any = None
with contextlib.suppress(ImportError):
    import fcntl

    _LOCKS = fcntl

_NAME = re.compile(r"\..*\.[0-9a-f]{16}\.xdsc-tmp")


@contextmanager
def file_beside(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file in the folder of `target`, which is gone after the block unless it was moved.

    Only within one file system can a file be moved in one step. The file is locked as long as the
    process lives: so others can tell it from one that nobody will come back to.

    Yields
    ------
    file : binary file
        Open for writing.
    path : Path
        Where it is.
    """
    file, path = _new_file(target)
    with file:
        try:
            yield file, path
        finally:
            # Still there after any failure, also where the user interrupts.
            path.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the files of `file_beside` in a folder whose process is gone."""
    if _LOCKS is None:
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_unlocked(Path(entry.path))


def _new_file(target: Path) -> tuple[BinaryIO, Path]:
    while True:
        path = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.xdsc-tmp")
        file = path.open("xb")
        try:
            _lock(file)
        except BlockingIOError:
            # Somebody took it for abandoned in the moment between.
            file.close()
            continue
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        file.close()


def _lock(file: BinaryIO) -> None:
    """Raises `BlockingIOError` where somebody else has the lock."""
    if _LOCKS is None:
        return
    try:
        _LOCKS.flock(file, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        # A file system without locks: there nothing is ever taken for abandoned.
        return


def _remove_unlocked(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("rb") as file:
        _LOCKS.flock(file, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
        path.unlink(missing_ok=True)
