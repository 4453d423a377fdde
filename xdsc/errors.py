"""Exceptions, and the one way messages are built.

Every message says what was expected, what was received, and what to do about it. All problems of
one Dataset come together in one error, so that a second run does not find the second problem.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any


class XdscError(Exception):
    """Base of every error that xdsc raises itself.

    Attributes
    ----------
    problems : tuple of str
        The single problems, where the error lists several.
    """

    problems: tuple[str, ...] = ()


class InputError(XdscError, ValueError):
    """The Dataset does not fit the task."""


class ParameterError(XdscError, ValueError):
    """An argument is wrong, whatever the Dataset."""


class NotFittedError(XdscError, ValueError, AttributeError):
    """Something is asked for that only a fit can give.

    As in scikit-learn it is an `AttributeError` as well: what a fit leaves is not there before it.
    """


class StorageError(XdscError, OSError):
    """A model cannot be written to a file, or read from one."""


class FitInterrupted(KeyboardInterrupt):
    """Ctrl-C in a notebook has ended a training, of which the model so far is kept.

    Attributes
    ----------
    model : xdsc.ClusterModel
        Fitted as far as it came; in a notebook it is ``sys.last_value.model`` as well.
    """

    def __init__(self, text: str, model: Any) -> None:
        super().__init__(text)
        self.model = model


class XdscWarning(UserWarning):
    """Something went wrong that does not spoil the rest."""


def warn_user(text: str) -> None:
    """Warn, and name the line outside of xdsc that called it.

    Parameters
    ----------
    text : str
        As made by `message`.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("xdsc."):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, XdscWarning, stacklevel=level)


@contextmanager
def quiet_where(needed: bool, category: type[Warning], text: str = "") -> Iterator[None]:
    """Within the block warnings of a category are ignored, if that is needed.

    Filters are those of the whole process, so that other threads lose warnings meanwhile: not
    without need.

    Parameters
    ----------
    needed : bool
        Whether such a warning is to be expected.
    category : type of Warning
        Which ones.
    text : str, optional
        What they begin with, as a regular expression.
    """
    if not needed:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", text, category)
        yield


def message(expected: str, received: str, remedy: str) -> str:
    """Build the text of an error.

    Parameters
    ----------
    expected, received : str
        Noun phrases: what the code needs, and what it got.
    remedy : str
        What to do, as a command, if possible a line of code.

    Returns
    -------
    str
        One sentence for the problem and one for the remedy.

    Examples
    --------
    >>> message("k of at least 2", "k=1", "ask for two regimes or more")
    'Expected k of at least 2, received k=1. To fix: ask for two regimes or more.'
    """
    return f"Expected {expected}, received {received}. To fix: {remedy.rstrip('.')}."


@contextmanager
def reading(lazy: bool) -> Iterator[None]:
    """Within the block data are read, by others where they are lazy.

    What a reader says of a lost chunk stays its own, with a line that says where it was said.
    Chunks that are not what they were said to be are told.

    Parameters
    ----------
    lazy : bool
        Whether somebody else is asked for the data.
    """
    try:
        yield
    except XdscError:
        raise
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        if not lazy:
            raise
        first = (str(error).splitlines() or [""])[0]
        raise InputError(
            message(
                "data that can be read, in chunks of the shape and type that they have by name",
                f"{type(error).__name__}: {first:.200}",
                "find the variable by reading them one by one, ds['t2m'].load(), and leave it out "
                "or write it anew",
            )
        ) from error
    except Exception as error:
        if lazy:
            error.add_note("Said while xdsc read the data of the Dataset: ds.load() reads them.")
        raise


#: What other packages call what is called otherwise here.
_ELSEWHERE = {
    "seed": "random_state",
    "colormap": "cmap",
    "colourmap": "cmap",
    "ax": "axes",
    "ncols": "col_wrap",
    "crs": "projection",
    "bbox": "sel",
    "region": "sel",
    "lr": "learning_rate",
    "nepochs": "epochs",
    "nclusters": "k",
}


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that a wrong one was meant to be: one that it looks like, or means.

    Examples
    --------
    >>> nearest("K-Means", ["dsc", "kmeans"]), nearest("som", ["dsc", "kmeans"])
    ('kmeans', None)
    >>> nearest("seed", ["random_state", "season"])
    'random_state'
    """
    if not isinstance(name, str):
        return None
    plain = {_plain(other): other for other in known}
    meant = _ELSEWHERE.get(_plain(name))
    if meant is not None and _plain(name) not in plain and meant in plain.values():
        return meant
    found = get_close_matches(_plain(name), plain, n=1)
    return plain[found[0]] if found else None


def advice(argument: str, wrong: object, known: Iterable[str], otherwise: str) -> str:
    """What to do about a wrong name: the nearest one as an argument, or something else.

    Examples
    --------
    >>> advice("method", "kmean", ["dsc", "kmeans"], "choose one of these")
    "write method='kmeans'"
    """
    near = nearest(wrong, known)
    return otherwise if near is None else f"write {argument}={near!r}"


def _plain(name: str) -> str:
    """A name without what people write in different ways."""
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


class Problems:
    """Collects problems, then raises all of them as one error.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add("No time.")
    >>> problems.add("No latitude.")
    >>> problems.raise_if_any(InputError, heading="The Dataset cannot be clustered:")
    Traceback (most recent call last):
    xdsc.errors.InputError: The Dataset cannot be clustered:
    - No time.
    - No latitude.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []

    def __bool__(self) -> bool:
        """Whether a problem was found."""
        return bool(self._texts)

    def add(self, text: str) -> None:
        """Remember one problem; the same problem found twice is told once."""
        if text not in self._texts:
            self._texts.append(text)

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Remember the error that the block raises, and go on after it."""
        try:
            yield
        except XdscError as error:
            for text in error.problems or (str(error),):
                self.add(text)

    def raise_if_any(self, kind: type[XdscError] = InputError, heading: str = "") -> None:
        """Raise one error that lists all problems; do nothing where there are none.

        Parameters
        ----------
        kind : type of XdscError, default InputError
            Class of the error.
        heading : str, optional
            First line. A single problem without a heading stands alone, without a bullet.

        Raises
        ------
        XdscError
            Of class `kind`.
        """
        if not self._texts:
            return
        if len(self._texts) == 1 and not heading:
            raise kind(self._texts[0])
        bullets = [f"- {text}" for text in self._texts]
        error = kind("\n".join([heading or "Several things are wrong:", *bullets]))
        error.problems = tuple(self._texts)
        raise error
