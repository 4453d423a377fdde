"""Arguments of figures that are not known are refused by name, before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any

from xdsc.arguments import in_range, own_arguments
from xdsc.errors import ParameterError, message, nearest


def known(
    figure: Callable[..., Any],
    given: Mapping[str, Any],
    *passed_on_to: Callable[..., Any],
) -> dict[str, Any]:
    """Check keywords of a figure.

    Parameters
    ----------
    figure : callable
        Draws the figure.
    given : mapping
        Keywords.
    *passed_on_to : callable
        What the figure passes on those that it does not know itself.

    Returns
    -------
    dict
        `given`.

    Raises
    ------
    ParameterError
        None of the functions has such an argument.

    Examples
    --------
    >>> def draw(ds, *, ax=None): ...
    >>> known(draw, {"axx": 3})
    Traceback (most recent call last):
    xdsc.errors.ParameterError: Expected arguments of plot.draw, received axx=3. To fix: write ax=.
    """
    names = [name for f in (figure, *passed_on_to) for name in own_arguments(f)]
    refuse_others(given, names, f"arguments of plot.{figure.__name__}", names)
    return dict(given)


def check_style(given: Mapping[str, Any], own: Iterable[str]) -> None:
    """Check what is passed on to :meth:`matplotlib.axes.Axes.pcolormesh` before anything is drawn.

    Parameters
    ----------
    given : mapping
        Of arguments.
    own : iterable of str
        Arguments of the figure itself, which may have been meant.

    Raises
    ------
    ParameterError
        There is no such argument.
    """
    styles = cell_styles()
    what = "arguments of the figure, or of matplotlib's pcolormesh"
    refuse_others(given, styles, what, [*own, *sorted(styles)])


def cell_styles() -> set[str]:
    """What matplotlib's pcolormesh takes."""
    from matplotlib.artist import ArtistInspector
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

    return {*signature(Axes.pcolormesh).parameters, *ArtistInspector(QuadMesh).get_setters()}


def refuse_others(
    given: Mapping[str, Any], allowed: Iterable[str], what: str, meant: Iterable[str]
) -> None:
    """Raise a ParameterError for the first argument that is not allowed, with what it may mean."""
    allowed = set(allowed)
    for name in given:
        if name not in allowed:
            near = nearest(name, meant)
            raise ParameterError(
                message(
                    what,
                    f"{name}={given[name]!r:.50}",
                    "leave it out" if near is None else f"write {near}=",
                )
            )


def checked_columns(col_wrap: Any) -> int | None:
    """Raise unless `col_wrap` is a number of panels, or None."""
    if col_wrap is not None:
        in_range("col_wrap", col_wrap, 1, default=2, whole=True)
    return None if col_wrap is None else int(col_wrap)
