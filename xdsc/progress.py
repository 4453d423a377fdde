"""How far a piece of work has come: one bar, however much work is nested in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from time import monotonic
from typing import Any, TypeVar

#: What is said on bars goes here as well, bars or none.
LOG = logging.getLogger("xdsc")
LOG.addHandler(logging.NullHandler())

#: Seconds after which work that is short as a rule is shown.
_PATIENCE = 2.0

Item = TypeVar("Item")


class Bar:
    """What a piece of work says of itself; this one is not shown.

    Parameters
    ----------
    title : str
        What is done.

    Attributes
    ----------
    total : int or None
        Of how many steps it is made; None where that is not known yet.
    """

    def __init__(self, title: str) -> None:
        self.title, self.total = title, None

    title: str
    total: int | None

    def plan(self, n: int, unit: str) -> None:
        """Say that there are `n` steps to come."""
        self.total = n + (self.total or 0)

    def stage(self, text: str) -> None:
        """Say what is done now, or what has come of it."""
        LOG.info("%s: %s", self.title, text)
        self._tell(text)

    def advance(self, n: int = 1, text: str = "") -> None:
        """Say that `n` steps are done, and what they were."""

    def note(self, text: str) -> None:
        """Say something beside the bar."""
        LOG.info("%s: %s", self.title, text)

    def clear(self) -> None:
        """Forget how many steps there were."""
        self.total = None

    def close(self) -> None:
        """No more is done."""

    def _tell(self, text: str) -> None:
        """Show a text."""


class _Shown(Bar):
    """On the standard error, or as a widget in a notebook."""

    def __init__(self, title: str, quick: bool) -> None:
        super().__init__(title)
        self._quick, self._begin = quick, monotonic() + _PATIENCE * quick
        self._bar: Any = None
        self._n, self._unit = 0, "it"

    def plan(self, n: int, unit: str) -> None:
        super().plan(n, unit)
        self._unit = unit
        if (bar := self._there()) is not None:
            bar.unit, bar.bar_format = unit, None
            bar.set_description_str(self.title, refresh=False)
            if bar.total is None:
                bar.reset(self.total)
            else:
                bar.total = self.total
                bar.refresh()

    def advance(self, n: int = 1, text: str = "") -> None:
        self._n += n
        if (bar := self._there()) is not None:
            if text:
                bar.set_postfix_str(text, refresh=False)
            bar.update(self._n - bar.n)

    def note(self, text: str) -> None:
        super().note(text)
        if (bar := self._there()) is not None:
            bar.write(f"{self.title}: {text}")

    def clear(self) -> None:
        super().clear()
        self._n = 0
        if self._bar is not None:
            self._bar.total, self._bar.n, self._bar.bar_format = None, 0, "{desc}"
            self._bar.set_postfix_str("", refresh=False)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.leave = self.total is not None and not self._quick
            self._bar.close()

    def _tell(self, text: str) -> None:
        if (bar := self._there()) is None:
            return
        if self.total is None:
            bar.set_description_str(f"{self.title}: {text}")
        else:
            bar.set_postfix_str(text)

    def _there(self) -> Any:
        """The bar, once it is time for one."""
        if self._bar is None and monotonic() >= self._begin:
            # Without a number of steps there is nothing to draw a bar of.
            shape = "{desc}" if self.total is None else None
            arguments = {"initial": self._n, "unit": self._unit, "bar_format": shape}
            self._bar = _tqdm()(desc=self.title, total=self.total, **arguments)
        return self._bar


class _Nested(Bar):
    """A part of a step of another one, which shows its text."""

    def __init__(self, title: str, outer: Bar) -> None:
        super().__init__(title)
        self._outer, self._n = outer, 0

    def advance(self, n: int = 1, text: str = "") -> None:
        self._n += n
        of_all = f"{self._n}/{self.total}" if self.total else str(self._n)
        self._outer.advance(0, f"{self.title}, {text} {of_all}")


_CURRENT: ContextVar[Bar | None] = ContextVar("xdsc_bar", default=None)


@contextmanager
def progress_bar(title: str, *, shown: bool, quick: bool = False) -> Iterator[Bar]:
    """Within the block there is a bar, which work that is nested in it has a part in.

    Parameters
    ----------
    title : str
        What is done.
    shown : bool
        Whether it is shown.
    quick : bool, default False
        Whether the work is short as a rule: it is shown if it is not.

    Yields
    ------
    Bar
        That of the work around, where that has no steps itself; otherwise one whose text that shows
        for a part of a step.
    """
    outer = _CURRENT.get()
    if outer is not None and outer.total is None:
        yield outer
        return
    bar: Bar
    if outer is not None:
        bar = _Nested(title, outer)
    else:
        bar = _Shown(title, quick) if shown else Bar(title)
    before = _CURRENT.set(bar)
    try:
        yield bar
    finally:
        _CURRENT.reset(before)
        bar.close()


def steps(items: Sequence[Item], title: str, unit: str) -> Iterator[Item]:
    """Go through items, under a bar where that takes long; see `progress_bar`.

    Nobody passes ``progress=`` here: what turns it off is tqdm's own ``TQDM_DISABLE``. Not in other
    threads, such as Dask's, where many blocks go through theirs at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield from items
        return
    with progress_bar(title, shown=True, quick=True) as bar:
        bar.plan(len(items), unit)
        for item in items:
            yield item
            bar.advance()


def say(text: str) -> None:
    """Say what is done now on the bar of the work around, if there is one."""
    if (bar := _CURRENT.get()) is not None:
        bar.stage(text)


def _tqdm() -> Any:
    """The class of bars: a widget in a notebook that has widgets, text everywhere else."""
    if find_spec("ipywidgets") is None:
        # It would warn that there are none.
        from tqdm.std import tqdm
    else:
        from tqdm.auto import tqdm
    return tqdm
