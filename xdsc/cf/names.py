"""Names for what results have beside the dimensions of a user."""

from __future__ import annotations

from collections.abc import Collection, Hashable


def free_name(name: str, taken: Collection[Hashable]) -> str:
    """A name, with an underscore or more where others have it already.

    Examples
    --------
    >>> free_name("feature", ("time",)), free_name("run", ("run", "time"))
    ('feature', 'run_')
    """
    while name in taken:
        name += "_"
    return name
