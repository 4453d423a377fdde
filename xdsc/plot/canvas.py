"""Where a figure is drawn: in a figure of its own, or on axes that the caller has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from xdsc.arguments import check_text, is_number, listing
from xdsc.errors import ParameterError, message
from xdsc.plot.style import subplots, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

#: Between axes and their legend, in widths of the axes.
_APART = 0.02
#: What a legend leaves of the axes.
_LEAST = 0.3
#: In a line of a legend.
_LETTERS = 32
#: Width and height in inches.
Size = tuple[float, float]


@dataclass(frozen=True)
class Wishes:
    """What the caller says of the place and the size of a figure, as in xarray's plots.

    Attributes
    ----------
    axes : Axes or sequence of Axes, optional
        To draw on.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of a panel in inches, and its width over its height.
    title : str, optional
        Of the figure.
    """

    axes: Any = None
    figsize: Size | None = None
    size: float | None = None
    aspect: float | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        """Check sizes and title."""
        check_text("title", self.title)
        of_figure = None if self.figsize is None else listing(self.figsize) or [self.figsize]
        numbers = [n for n in (*(of_figure or ()), self.size, self.aspect) if n is not None]
        good = all(is_number(n) and 0 < n < 1000 for n in numbers)
        if not good or (of_figure is not None and len(of_figure) != 2):
            raise ParameterError(
                message(
                    "sizes in inches, above 0", f"{self.sizes!r:.200}", "pass e.g. figsize=(8, 3)"
                )
            )

    @property
    def sizes(self) -> dict[str, Any]:
        """Those that the caller has said, by the name of the argument."""
        names = ("figsize", "size", "aspect")
        return {name: said for name in names if (said := getattr(self, name)) is not None}

    def figure_size(self, shape: Size, panel: Size, margins: Size) -> Size:
        """Width and height of a figure with `shape` (rows, columns) panels.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns.
        panel : (float, float)
            Width and height of a panel where nothing else is wished.
        margins : (float, float)
            What is needed beside the panels.

        Raises
        ------
        ParameterError
            Wishes exclude each other, or a size is none.
        """
        given = self.sizes
        if self.axes is not None and given:
            raise ParameterError(
                message(
                    "axes that have their size",
                    f"{' and '.join(given)} besides",
                    "leave one of the two out",
                )
            )
        if self.figsize is not None and len(given) > 1:
            raise ParameterError(
                message(
                    "figsize=, or size= and aspect= of a panel",
                    f"{' and '.join(given)}",
                    "leave figsize= out",
                )
            )
        if self.figsize is not None:
            return float(self.figsize[0]), float(self.figsize[1])
        if self.size is not None:
            panel = (self.size * (self.aspect or panel[0] / panel[1]), self.size)
        elif self.aspect is not None:
            panel = (panel[1] * self.aspect, panel[1])
        return shape[1] * panel[0] + margins[0], shape[0] * panel[1] + margins[1]


@dataclass(frozen=True)
class Canvas:
    """Empty panels, and the figure or subfigure that they are in.

    Attributes
    ----------
    figure : Figure or SubFigure
        What holds legends and colour bars.
    panels : list of Axes
        In the order in which they are filled.
    own : bool
        Whether the figure is ours, so that its margins may be used.
    n_columns : int
        Panels in a row.
    spare : list of Axes
        More axes of the caller in the same figure, which are left empty.
    """

    figure: Any
    panels: list[Panel]
    own: bool
    n_columns: int
    spare: list[Panel] = field(default_factory=list)

    @classmethod
    def one(cls, wishes: Wishes, size: Size, layout: str = "constrained") -> Canvas:
        """One panel; `size` is that of the whole figure where nothing is wished."""
        return cls.many(1, 1, wishes, size, (0, 0), layout=layout)

    @classmethod
    def many(
        cls,
        n: int,
        n_columns: int,
        wishes: Wishes,
        panel: Size,
        margins: Size,
        **options: Any,
    ) -> Canvas:
        """`n` panels, `n_columns` in a row, each of the size `panel` where nothing is wished."""
        shape = (-(-n // n_columns), n_columns)
        figsize = wishes.figure_size(shape, panel, margins)
        if wishes.axes is None:
            figure: Any
            figure, grid = subplots(*shape, figsize=figsize, squeeze=False, **options)
            for spare in list(grid.flat)[n:]:
                spare.remove()
            canvas = cls(figure, list(grid.flat)[:n], True, n_columns)
            if wishes.title is not None:
                figure.suptitle(wishes.title, fontsize="medium")
            return canvas
        given = given_axes(wishes.axes, n)
        panels, figure = given[:n], given[0].figure
        spare = [panel for panel in given[n:] if panel.figure is figure]
        canvas = cls(figure, panels, False, _columns_of(panels), spare)
        if wishes.title is not None:
            if n == 1:
                panels[0].set_title(wishes.title)
            else:
                canvas.figure.suptitle(wishes.title)
        return canvas

    @property
    def root(self) -> Figure:
        """The figure itself, also where the panels are in a subfigure."""
        found: Figure = self.figure.figure
        return found

    @property
    def letters(self) -> tuple[int, int]:
        """How many letters of the usual size all panels have room for: across, and upwards."""
        from matplotlib import rcParams
        from matplotlib.transforms import Bbox

        box = Bbox.union([panel.bbox for panel in self.panels])
        # A letter is some 0.6 of its size wide, in points, 72 to an inch; and the layout makes the
        # panels larger by a fifth or so when the figure is drawn.
        letter = 0.5 * rcParams["font.size"] / 72 * self.root.dpi
        return int(box.width / letter), int(box.height / letter)

    @property
    def small_letters(self) -> int:
        """How many letters of small text each panel has room for, across."""
        return int(1.2 * self.letters[0]) // self.n_columns

    def legend(self, handles: Sequence[Any], texts: Sequence[str], **kwargs: Any) -> None:
        """Put a legend at the right of the figure, or beside the caller's axes.

        Long texts are in several lines, and texts that are too many for the height of the figure
        in several columns.
        """
        texts = [wrapped(text, _LETTERS) for text in texts]
        columns = -(-legend_size(texts)[1] // self.root.get_figheight()) if self.own else 1
        style: dict[str, Any] = {"frameon": False, "fontsize": "small", "ncols": int(columns)}
        style |= kwargs
        args = (list(handles), texts)
        if self.own:
            self.figure.legend(*args, loc="outside right center", **style)
        else:
            place = {"bbox_to_anchor": (1 + _APART, 0.5), "borderaxespad": 0.0}
            style |= {"loc": "center left"} | place
            give_way(self.panels[-1], self.panels[-1].legend(*args, **style))


def legend_size(texts: Sequence[str]) -> Size:
    """Width and height in inches of a legend of these texts in one column."""
    lines = "\n".join(wrapped(text, _LETTERS) for text in texts).split("\n")
    return 0.06 * max(map(len, lines)) + 0.5, 0.2 * len(lines) + 0.2


def give_way(panel: Panel, legend: Legend, *, below: bool = False, apart: float = _APART) -> None:
    """Make room for the legend of the caller's axes, as matplotlib does for a colour bar.

    Where the figure has a layout that sees to it, nothing is done.

    Parameters
    ----------
    panel : Axes
        With the legend.
    legend : Legend
        Right of the axes.
    below : bool, default False
        Whether it is below them instead.
    apart : float
        Distance from the axes, in widths or heights of them.
    """
    if panel.figure.figure.get_layout_engine() is None:
        panel.set_axes_locator(_BesideLegend(panel, legend, below, apart))


@dataclass(frozen=True)
class _BesideLegend:
    """Place of axes beside, or above, their legend; matplotlib asks for it when it draws."""

    panel: Any
    legend: Legend
    below: bool
    apart: float

    def __call__(self, panel: Any, renderer: Any) -> Any:
        """In parts of the figure, without the part that the legend takes of the axes."""
        from matplotlib.transforms import Bbox

        whole = panel.get_position(original=True)
        inside = panel.figure.transSubfigure.inverted()
        text = self.legend.get_window_extent(renderer).transformed(inside)
        taken = np.array([0, text.height] if self.below else [text.width, 0])
        stretched = np.array([0, self.apart] if self.below else [self.apart, 0])
        width, height = np.maximum(whole.size - taken, _LEAST * whole.size) / (1 + stretched)
        return Bbox.from_bounds(whole.x0, whole.y1 - height, width, height)

    def get_subplotspec(self) -> Any:
        """Where tight_layout looks for the place of axes in their grid."""
        return self.panel.get_subplotspec()


def given_axes(axes: Any, n: int) -> list[Panel]:
    """The axes that were given, `n` or more, in one row.

    Raises
    ------
    ParameterError
        They are no axes, or too few.
    """
    from matplotlib.axes import Axes

    several = isinstance(axes, list | tuple | np.ndarray)
    flat: Sequence[Any] = list(np.ravel(np.asarray(axes, dtype=object))) if several else [axes]
    if not all(isinstance(ax, Axes) for ax in flat):
        kinds = sorted({type(ax).__name__ for ax in flat if not isinstance(ax, Axes)})
        raise ParameterError(
            message(
                "axes of matplotlib",
                f"{', '.join(kinds)}",
                "make them first, e.g. fig, axes = plt.subplots(2, 2)",
            )
        )
    if len(flat) < n:
        raise ParameterError(
            message(
                f"{n} axes, one for each panel" if n > 1 else "one Axes",
                f"{len(flat)}",
                f"pass {n} of them, or leave them out",
            )
        )
    return list(flat)


def _columns_of(panels: list[Panel]) -> int:
    """Panels in the first row of the caller's grid; all where they are in none."""
    specs = [panel.get_subplotspec() for panel in panels]
    rows = [None if spec is None else spec.rowspan.start for spec in specs]
    return rows.count(rows[0])
