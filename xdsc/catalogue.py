"""Tables of what can be chosen by name, which notebooks complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

Row = TypeVar("Row")


class Catalogue(Mapping[str, Row]):
    """Rows by name; it is not changed.

    Examples
    --------
    >>> Catalogue({"kmeans": 1, "dsc": 2})
    Catalogue('kmeans', 'dsc')
    """

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> Row:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Catalogue({', '.join(map(repr, self))})"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)
