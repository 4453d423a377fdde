"""A zip file of a few entries, written as a whole or not at all, and read with suspicion."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from xdsc.errors import StorageError, message
from xdsc.frames.disk import is_full, no_room, require_room
from xdsc.storage.damage import SAFE_NAME, DamageError
from xdsc.storage.paths import on_disk
from xdsc.storage.temporary import file_beside, remove_abandoned

_MOST_ENTRIES = 10_000
_ENTRY_NAME = re.compile(f"({SAFE_NAME.pattern})(/{SAFE_NAME.pattern})?")
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = stat.S_IFREG | 0o644
# Bytes that a zip file needs for an entry beside its content and, twice, its name.
_OVERHEAD = 128
_ROOM = "make room there, or save to a folder on a larger disk"
_FIRST_BYTES = b"PK\x03\x04"

#: What zipfile makes of a damaged file; among them "encrypted" and places before its beginning.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def write_archive(path: str | os.PathLike[str], entries: Mapping[str, bytes]) -> None:
    """Write entries to a file that replaces what is there only once it is whole and on the disk.

    Parameters
    ----------
    path : str or path
        Destination; its folder has to be there.
    entries : mapping of str to bytes
        In the order in which they are to lie in the file.

    Raises
    ------
    StorageError
        The folder is not there, or the system does not let the file be written. The old file, if
        there is one, is then as it was.
    """
    given = on_disk(path)
    try:
        # Where the path is a link, what it points to is replaced.
        target = Path(os.path.realpath(given))
        _check_target(target)
        _replace(target, entries)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            message(f"{given} to be written", f"{error}", "check space and permissions")
        ) from error


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read all entries of a file into memory; nothing is extracted to the disk.

    Raises
    ------
    StorageError
        The file is not there, or the system does not let it be read.
    DamageError
        It is no such archive, or not a whole one.
    """
    source = on_disk(path)
    try:
        # Before it is opened: a pipe would wait for somebody who writes to it.
        if not stat.S_ISREG(source.stat().st_mode):
            kind = "a folder" if source.is_dir() else "no plain file"
            received = f"{source}, which is {kind}"
            raise StorageError(message("a saved model to be read", received, "check the path"))
        with source.open("rb") as file:
            return read_entries(file)
    except StorageError:
        raise
    except FileNotFoundError as error:
        raise StorageError(
            message("a saved model", f"{source}, which is not there", "check the path")
        ) from error
    except OSError as error:
        raise StorageError(
            message(f"{source} to be read", f"{error}", "check that it is a file of yours")
        ) from error


def write_entries(file: BinaryIO, entries: Mapping[str, bytes]) -> None:
    """Write entries as a zip file to an open file; the same entries make the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            # Date, system and mode would otherwise tell when and where the file was written.
            info = zipfile.ZipInfo(name, _FIRST_DATE)
            info.create_system = _UNIX
            info.external_attr = _MODE << 16
            archive.writestr(info, content)


def read_entries(file: BinaryIO) -> dict[str, bytes]:
    """Read all entries of an open zip file; `DamageError` unless they are such as are written."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(4) != _FIRST_BYTES:
        raise DamageError("a file of another kind")
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check_infos(infos, size)
            return {info.filename: archive.read(info) for info in infos}
    except DamageError:
        raise
    except _ZIP_ERRORS as error:
        raise DamageError(f"a truncated or changed zip file: {error}") from error


def _check_target(target: Path) -> None:
    """Raise `StorageError` unless a path can be a file's."""
    if not target.parent.is_dir():
        raise StorageError(
            message("a folder to save to", f"{target.parent}, which is not there", "make it first")
        )
    if target.is_dir():
        received = f"{target}, which is a folder"
        raise StorageError(message("the name of a file", received, "add a name, regimes.xdsc"))
    if target.exists() and not target.is_file():
        received = f"{target}, which is no plain file"
        raise StorageError(message("the name of a file", received, "choose another name"))


def _replace(target: Path, entries: Mapping[str, bytes]) -> None:
    """Write a file beside the target, and put it in its place once it is on the disk."""
    remove_abandoned(target.parent)
    need = sum(_OVERHEAD + 2 * len(name) + len(content) for name, content in entries.items())
    room = need, target.parent, f"{target.name}, which is whole before the old one goes", _ROOM
    require_room(*room, StorageError)
    try:
        with file_beside(target) as (file, put):
            write_entries(file, entries)
            file.flush()
            os.fsync(file.fileno())
            put(stat.S_IMODE(target.stat().st_mode) if target.exists() else None)
    except OSError as error:
        if is_full(error):
            raise no_room(*room, StorageError) from error
        raise
    _sync_folder(target.parent)


def _check_infos(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Raise `DamageError` unless entries of a zip file of `size` bytes are such as are written."""
    if len(infos) > _MOST_ENTRIES:
        raise DamageError(f"{len(infos)} entries")
    seen: set[str] = set()
    for info in infos:
        # What the file says, before zipfile cuts it at a null character.
        name = info.orig_filename
        if not _ENTRY_NAME.fullmatch(name):
            raise DamageError(f"the unsafe entry name {name!r:.100}")
        if name in seen:
            raise DamageError(f"the entry {name} more than once")
        seen.add(name)
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise DamageError(f"the entry {name} that is no plain file")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise DamageError(f"the compressed entry {name}")
    if (total := sum(info.file_size for info in infos)) > size:
        raise DamageError(f"entries of {total} bytes in a file of {size}")


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk as well, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
