"""Files that are written beside their destination, and what a killed process left of such."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

#: None on a system without such locks.
_LOCKS: Any = None
with contextlib.suppress(ImportError):
    import fcntl

    _LOCKS = fcntl

#: Where a process has a name for each of its open files.
_OPEN_FILES = Path("/proc/self/fd")


@contextmanager
def file_beside(target: Path) -> Iterator[tuple[BinaryIO, Callable[[int | None], None]]]:
    """A new file in the folder of `target`, which is gone after the block unless it was put there.

    Only within one file system can a file be put in the place of another in one step. Where the
    system can, the file has no name until then, so that nothing is left of it when its process is
    killed. Where it has one, it is locked as long as the process lives: so others can tell it from
    one that nobody will come back to.

    Yields
    ------
    file : binary file
        Open for writing.
    put : callable
        Puts it in the place of the target, with the permissions that are given, or new ones.
    """
    path: Path | None = None
    file = _unnamed_file(target.parent)
    if file is None:
        file, path = _named_file(target)

    def put(mode: int | None) -> None:
        nonlocal path
        if path is None:
            path = _name_for(file, target)
        if mode is not None:
            path.chmod(mode)
        if os.name == "nt":
            file.close()  # there a file that is open cannot be moved
        path.replace(target)

    with file:
        try:
            yield file, put
        finally:
            # Still there after any failure, also where the user interrupts.
            if path is not None:
                path.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the files of `file_beside` in a folder whose process, on this machine, is gone."""
    if _LOCKS is None:
        return
    mine = re.compile(rf"\..*\.{_machine()}\.[0-9a-f]{{16}}\.xdsc-tmp")
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if mine.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_unlocked(Path(entry.path))


def _unnamed_file(folder: Path) -> BinaryIO | None:
    """A new file without a name; None where the system, or the disk, has no such."""
    if not hasattr(os, "O_TMPFILE") or not _OPEN_FILES.is_dir():
        return None
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:
        return None
    file = os.fdopen(descriptor, "w+b")
    _lock(file)
    return file


def _name_for(file: BinaryIO, target: Path) -> Path:
    """Give a file without a name one beside the target."""
    file.flush()
    path = _new_name(target)
    try:
        # With a folder, of no meaning here, Python makes the call that follows the link.
        os.link(_OPEN_FILES / str(file.fileno()), path, src_dir_fd=file.fileno())
    except OSError:
        copy, path = _named_file(target)
        with copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())
    return path


def _new_name(target: Path) -> Path:
    random = secrets.token_hex(8)
    return target.with_name(f".{target.name[:100]}.{_machine()}.{random}.xdsc-tmp")


@cache
def _machine() -> str:
    """What tells this machine from others that write to the same disk, whose locks are theirs."""
    identity = socket.gethostname()
    with contextlib.suppress(OSError):
        identity += Path("/etc/machine-id").read_text()
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def _named_file(target: Path) -> tuple[BinaryIO, Path]:
    while True:
        path = _new_name(target)
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
