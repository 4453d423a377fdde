"""Ctrl-C in a notebook: the first one ends a training in good order, the second one at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xdsc.parallel import is_repeating


class Interrupt:
    """Whether the user has pressed Ctrl-C.

    Attributes
    ----------
    is_caught : bool
        Whether Ctrl-C is waited for; otherwise it raises KeyboardInterrupt, as ever.
    is_asked : bool
        Whether it was pressed.
    """

    def __init__(self, is_caught: bool) -> None:
        self.is_caught, self.is_asked = is_caught, False

    def ask(self) -> bool:
        """Whether it was pressed."""
        return self.is_asked


@contextmanager
def first_interrupt(is_asked: bool = False) -> Iterator[Interrupt]:
    """Note the first Ctrl-C within the block; the second raises KeyboardInterrupt.

    Where the first one came before the block, `is_asked`, the next one is the second.

    Between two batches weights are whole, anywhere in a step of the training they may not be; so
    nothing is raised at first. That is done at a prompt and in a notebook, where someone will see
    what came of it. A program, and what repeats fits, such as `xdsc.compare`, is to stop: there,
    in other threads and where somebody else handles the signal, nothing is changed.
    """
    ours = signal.default_int_handler
    interrupt = Interrupt(
        is_interactive()
        and not is_repeating()
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is ours
    )
    interrupt.is_asked = interrupt.is_caught and is_asked
    if not interrupt.is_caught or is_asked:
        yield interrupt
        return

    def note(signum: int, frame: Any) -> None:
        interrupt.is_asked = True
        signal.signal(signal.SIGINT, ours)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, ours)


def is_interactive() -> bool:
    """Whether this is a notebook or a prompt; IPython and Python set ``sys.ps1`` there."""
    return hasattr(sys, "ps1")
