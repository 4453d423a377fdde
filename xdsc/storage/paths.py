"""What the user gives as the name of a file or folder."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from xdsc.errors import StorageError, message


def on_disk(path: Any) -> Path:
    """The file or folder on a disk that is meant, ``~`` written out.

    Raises
    ------
    StorageError
        It is no path, or the address of something elsewhere.
    """
    received = f"{path!r:.200}"
    if not isinstance(path, (str, os.PathLike)):
        raise StorageError(message("a path", received, "pass a string or a pathlib.Path"))
    try:
        text = os.fspath(path)
        if "://" in text:
            name = PurePosixPath(text).name
            raise StorageError(
                message("a path on a disk", received, f"use {name!r}, and copy it to or from there")
            )
        found = os.fspath(Path(path).expanduser())
        # Surrogates and null characters are in no name.
        if "\0" in found or os.fsdecode(os.fsencode(found)) != found:
            raise ValueError
    except (TypeError, ValueError, RuntimeError) as error:
        raise StorageError(message("a path", received, "pass the name of a file")) from error
    return Path(found)
