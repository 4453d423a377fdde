"""How readers of single parts say that something is wrong, and writers that it cannot be done."""

from __future__ import annotations

import re

from xdsc.errors import StorageError, message

#: Names of fields and estimators, which become names of entries.
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")


class DamageError(StorageError):
    """What is wrong with a file, as a noun phrase; `xdsc.storage.read` adds which file it is."""


def check_name(name: object, what: str) -> str:
    """Return the name of an entry, if it is one that a file can hold."""
    if isinstance(name, str) and SAFE_NAME.fullmatch(name):
        return name
    raise StorageError(
        message(f"names of {what} of letters, digits, '_', '.' and '-'", repr(name), "rename it")
    )
