"""How much memory there is, and how much of it a fit may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xdsc.errors import ParameterError, message

# cgroups say "no limit" with a number that no machine has.
_NO_LIMIT = 2**60

# Names of the files of version 2 and version 1 of the cgroups: limit, what is taken, and the
# entries of memory.stat which say how much of that is cached files, which the kernel gives back.
_VERSIONS = (
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
    (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_inactive_file", "total_active_file"),
    ),
)


def available_memory(root: Path = Path("/")) -> int:
    """Bytes of memory that are free for this process.

    The least of what the machine has left and of what the cgroups leave that the process is in,
    such as the limit of a pod or of a batch job.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are.
    """
    import psutil

    return max(0, min([int(psutil.virtual_memory().available), *_left_by_cgroups(root)]))


def memory_budget(given: Any = None) -> int:
    """Bytes of memory that frames may take.

    Parameters
    ----------
    given : str or int, optional
        As ``"2 GiB"``, or in bytes; None is half of what is available.

    Raises
    ------
    ParameterError
        It is neither.

    Examples
    --------
    >>> memory_budget("2 GiB") == memory_budget(2**31) == 2147483648
    True
    """
    from dask.utils import parse_bytes

    if given is None:
        return available_memory() // 2
    budget = 0
    if isinstance(given, (str, int)) and not isinstance(given, bool):
        try:
            budget = int(parse_bytes(given))
        except ValueError:
            budget = 0
    if budget <= 0:
        raise ParameterError(
            message(
                "memory_budget as a size, or None for half of what is available",
                f"memory_budget={given!r}",
                "use memory_budget='4 GiB'",
            )
        )
    return budget


def readable(n_bytes: float) -> str:
    """A number of bytes as text.

    Examples
    --------
    >>> readable(3 * 2**30)
    '3.00 GiB'
    """
    from dask.utils import format_bytes

    return str(format_bytes(int(n_bytes)))


def _left_by_cgroups(root: Path) -> Iterator[int]:
    """What each limit leaves, from the cgroup of this process up to that of the container."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, files = root / "sys/fs/cgroup", _VERSIONS[0]
        elif "memory" in controllers.split(","):
            top, files = root / "sys/fs/cgroup/memory", _VERSIONS[1]
        else:
            continue
        # In a container the path may be that outside of it; the top is there in any case.
        here = top / path.strip("/")
        for folder in (here, *here.parents):
            if (left := _left(folder, *files)) is not None:
                yield left
            if folder == top:
                break


def _left(folder: Path, limit: str, taken: str, cached: tuple[str, ...]) -> int | None:
    """What the limit of one cgroup leaves; None where there is no limit."""
    try:
        most, used = (folder / limit).read_text().strip(), int((folder / taken).read_text())
        if most == "max" or int(most) >= _NO_LIMIT:
            return None
        entries = dict(
            line.split(maxsplit=1) for line in (folder / "memory.stat").read_text().splitlines()
        )
    except (OSError, ValueError):
        return None
    return int(most) - used + sum(int(entries.get(name, 0)) for name in cached)
