"""The one way to repeat a piece of work: in turn, or on the workers of the user's Dask client.

Nothing here starts a cluster or imports `distributed`: who has a client has imported it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any, TypeAlias

from xdsc.errors import XdscError, message

#: Arguments of one piece of work.
Given: TypeAlias = tuple[Any, ...]

#: Held while a network is trained or asked: one at a time in a process, in whatever threads.
ONE_NETWORK = threading.RLock()

#: Whether this process is a copy of one whose threads were not copied, and has not settled yet.
_JUST_FORKED = False


def _after_fork() -> None:
    global _JUST_FORKED
    _JUST_FORKED = True
    # The thread that may have held it is not here.
    renew: Callable[[], None] = getattr(ONE_NETWORK, "_at_fork_reinit")  # noqa: B009
    renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def settle_after_fork() -> None:
    """In a forked copy: have scikit-learn do with one thread.

    It would wait without end for those that the first process had, which are not copied.
    """
    global _JUST_FORKED
    if _JUST_FORKED:
        from threadpoolctl import threadpool_limits

        threadpool_limits(1, "openmp")
        _JUST_FORKED = False


# As Dask's allowed-failures: who has brought down that many workers is not given another one.
_MOST_LOSSES = 3

_DONE = ("finished", "error")

_REPEATING = ContextVar("xdsc_repeating", default=False)


def is_repeating() -> bool:
    """Whether this is one of several calls of `run_all`, in turn."""
    return _REPEATING.get()


def active_client() -> Any | None:
    """The `distributed.Client` whose workers are to do the work; None where it is done here.

    That is the case inside a task of a worker, which would wait for tasks that wait for its own
    slot; where Dask's configuration asks for another scheduler; and for an asynchronous client.
    """
    distributed = sys.modules.get("distributed")
    if distributed is None or _in_task(distributed):
        return None
    import dask

    asked = dask.config.get("scheduler", None)
    if isinstance(asked, str) and not asked.endswith("distributed"):
        return None
    try:
        client = distributed.Client.current()
    except ValueError:
        return None
    return None if client.asynchronous else client


def run_all(
    function: Callable[..., Any], wanted: deque[Given], shared: Given = ()
) -> Generator[tuple[Given, Any]]:
    """Call ``function(*shared, *given)`` for all that is wanted, and give results as they come.

    With an active client the calls are tasks on its workers, otherwise they come in turn. A lost
    worker costs what it was doing, which another one does again; so a result has to depend on the
    arguments alone.

    Parameters
    ----------
    function : callable
        Of a module, where it is to travel.
    wanted : deque of tuple
        What to do, in this order; emptied. What is added to it while results are taken is done as
        well: in turn right away if it was added to the left.
    shared : tuple
        Arguments of all calls, which go to every worker once. They are not to be changed.

    Yields
    ------
    given : tuple
        One of those wanted.
    result : object
        What the call gave, or the `Exception` that it raised.

    Notes
    -----
    Closing the generator cancels what has not been done: use it within `contextlib.closing`.

    Examples
    --------
    >>> from collections import deque
    >>> [result for _, result in run_all(pow, deque([(2,), (3,)]), shared=(10,))]
    [100, 1000]
    """
    client = active_client()
    if client is not None:
        yield from _on_workers(client, function, wanted, shared)
        return
    while wanted:
        given = wanted.popleft()
        before = _REPEATING.set(True)
        try:
            result = _result(function, *shared, *given)
        finally:
            _REPEATING.reset(before)
        yield given, result


def _on_workers(
    client: Any, function: Callable[..., Any], wanted: deque[Given], shared: Given
) -> Generator[tuple[Given, Any]]:
    tasks: dict[Any, Given] = {}  # in the order in which they are begun
    suspects: list[Given] = []
    completed = sys.modules["distributed"].as_completed(loop=client.loop)
    there: list[Any] = []
    try:
        there = _share(client, shared)
        while wanted or tasks:
            while wanted:
                given = wanted.popleft()
                # Impure: two calls with the same arguments are two calls.
                future = client.submit(function, *there, *given, pure=False)
                tasks[future] = given
                completed.add(future)
            future = next(completed)
            if future not in tasks:  # lost, and begun anew
                continue
            result = _result(future.result)
            if future.status == "cancelled" and any(f.status == "cancelled" for f in there):
                # The last worker with the shared arguments is gone, and all tasks were with it.
                # The one that was begun first may be what brings workers down: it goes last.
                first, *others = [tasks.pop(f) for f in list(tasks) if f.status not in _DONE]
                wanted.extend(others)
                suspects.append(first)
                there = _share(client, shared)
                if sum(suspect is first for suspect in suspects) < _MOST_LOSSES:
                    wanted.append(first)
                else:
                    yield first, _given_up()
            else:
                given = tasks.pop(future)
                future.release()  # or it would be done again, were its worker lost now
                yield given, result
    finally:
        if client.status == "running":
            client.cancel([*tasks, *there])


def _share(client: Any, shared: Given) -> list[Any]:
    """Futures of arguments that are on all workers."""
    if not shared:
        return []
    # An adaptive cluster may have no worker before there is something to do.
    sys.modules["distributed"].wait(client.submit(int, pure=False))
    there: list[Any] = client.scatter(list(shared), broadcast=True, hash=False)
    return there


def _result(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def _given_up() -> XdscError:
    return XdscError(
        message(
            "work that leaves the workers of the Dask client alive",
            f"{_MOST_LOSSES} workers that were lost while they did it",
            "look into their logs, or give them more memory",
        )
    )


def _in_task(distributed: Any) -> bool:
    """Whether this thread runs a task of a worker."""
    try:
        distributed.get_worker()
    except ValueError:
        return False
    return True
