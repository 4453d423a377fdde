"""What TensorFlow writes to the standard error when it starts: shown where it says something.

Its libraries write to file descriptor 2 before their log level is read, so that the environment
alone does not silence them.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

#: A line of TensorFlow's log: level, and what is said.
_LOGGED = re.compile(rb"^(?:\d{4}-\d\d-\d\d [\d:.]+: )?([IWEF])(?:\d{4})? .*")
_ABSL = b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR"
#: Errors that are none: libraries that are linked twice, on every machine with CUDA, and kernels
#: of oneDNN that other kernels stand in for.
_NONE = (
    b"factory for plugin",
    b"computation placer already registered",
    b"oneDNN supports DT_INT32 only",
)
#: Errors of a machine without an NVIDIA GPU, which has nothing to miss.
_CUDA = (b"cuda", b"cuInit", b"CUDA")


@contextmanager
def chatter_held_back() -> Iterator[None]:
    """Within the block hold back what is written to file descriptor 2, and show what matters of it.

    All of it where the block fails, and is not just interrupted; otherwise all but information and
    warnings of TensorFlow's log, and errors about CUDA on a machine that has no NVIDIA GPU. Nothing
    is held back where the user has asked for it by a ``TF_CPP_MIN_LOG_LEVEL`` below 2.
    """
    held = None if _is_wanted(os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")) else _opened()
    if held is None:
        yield
        return
    file, before = held
    failed = True
    try:
        yield
        failed = False
    except KeyboardInterrupt:
        failed = False
        raise
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
        with file:
            file.seek(0)
            text = file.read()
        _show(text if failed else telling(text, has_gpu=_has_gpu()))


def telling(text: bytes, *, has_gpu: bool) -> bytes:
    r"""The lines of a log that a user can do something about.

    Examples
    --------
    >>> log = b"I0000 00:00:17.1 99 cudart_stub.cc:31] Could not find cuda drivers.\nBad luck\n"
    >>> telling(log, has_gpu=False)
    b'Bad luck\n'
    """
    return b"".join(line for line in text.splitlines(True) if not _is_noise(line, has_gpu))


def _is_noise(line: bytes, has_gpu: bool) -> bool:
    if line.strip() == _ABSL:
        return True
    found = _LOGGED.match(line)
    if found is None or found[1] == b"F":
        return False
    if found[1] != b"E" or any(part in line for part in _NONE):
        return True
    return not has_gpu and any(part in line for part in _CUDA)


def _is_wanted(level: str) -> bool:
    return level.strip().isdigit() and int(level) < 2


def _has_gpu() -> bool:
    """Whether the system knows an NVIDIA GPU; where that cannot be told it is said to."""
    if not sys.platform.startswith("linux"):
        return sys.platform != "darwin"
    return Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()


def _opened() -> tuple[IO[bytes], int] | None:
    """A file in the place of file descriptor 2, and what was there; None where that cannot be."""
    try:
        sys.stderr.flush()
        before = os.dup(2)
    except (AttributeError, OSError, ValueError):
        return None
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by who restores)
        os.dup2(file.fileno(), 2)
    except OSError:
        os.close(before)
        return None
    return file, before


def _show(text: bytes) -> None:
    with suppress(OSError):
        while text:
            text = text[os.write(2, text) :]
