"""Empty maps: their size, frame, ticks and coastlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xdsc.plot.canvas import Canvas, Wishes
from xdsc.plot.maps.cells import Cells, Placed
from xdsc.plot.maps.charts import Chart
from xdsc.plot.maps.coastlines import coastlines, scale_for
from xdsc.plot.maps.grid_mappings import cartopy_crs
from xdsc.plot.style import missing, pyplot, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel

Floats = npt.NDArray[np.floating[Any]]

_PANEL = 2.4  # width in inches
FLAT = 0.3  # height over width of maps that are lower than what is written around them
_LINE = 0.1  # height of digits in inches


def columns_for(n: int) -> int:
    """Number of maps in a row that leaves the fewest places empty."""
    return n if n <= 4 else min((4, 3), key=lambda columns: -n % columns)


def make_maps(
    n: int, n_columns: int, cells: Cells, placed: Placed, chart: Chart, wishes: Wishes, n_notes: int
) -> Canvas:
    """Figure with `n` empty maps that share their frame; ticks only at the outside.

    Below them is room for `n_notes` lines.
    """
    x, y = _limits(placed, chart)
    aspect = _aspect(chart, cells, y)
    shape = float(np.clip(aspect * np.ptp(y) / np.ptp(x), 0.05, 2.0))
    bar = (0.6, 1.0) if bar_is_below(n, n_columns, shape) else (1.4, 0.3)
    # Flat maps cannot give way to what is written around them.
    bar = (bar[0], bar[1] + (0.25 if shape < FLAT else 0))
    below = 0.2 * n_notes + (0.3 if wishes.title else 0)
    canvas = Canvas.many(
        *(n, n_columns, wishes),
        panel=(_PANEL, _PANEL * shape + 0.35),
        margins=(bar[0], bar[1] + below),
        layout="compressed",
        subplot_kw=None if chart.crs is None else {"projection": chart.crs},
    )
    for i, panel in enumerate(canvas.panels):
        panel.set_facecolor(missing())
        if chart.frame == "globe" and chart.crs is not None:
            panel.set_global()  # type: ignore[attr-defined]
        else:
            panel.set_xlim(*x)
            panel.set_ylim(*y)
        panel.set_aspect(aspect)
        _frame(panel, placed, chart, (x, y))
        outside = (i % canvas.n_columns == 0, i + canvas.n_columns >= n) if canvas.own else (1, 1)
        _ticks(panel, cells, chart, bool(outside[0]), bool(outside[1]))
    return canvas


def bar_is_below(n: int, n_columns: int, shape: float) -> bool:
    """Whether the colour bar is below the maps, of so much height over width, or beside them.

    Beside a single row there is no room for a long name, and beside flat maps none for numbers.
    """
    return n <= n_columns or -(-n // n_columns) * shape < 0.25 * n_columns


def shape_of(panel: Panel) -> float:
    """Height of a map over its width."""
    return float(panel.get_aspect() * panel.get_data_ratio())  # type: ignore[operator]


def _limits(placed: Placed, chart: Chart) -> tuple[tuple[float, float], tuple[float, float]]:
    """First and last x and y of a map."""
    x, y = placed.edges
    if placed.hidden is not None:
        shown = np.zeros(x.shape, dtype=bool)
        height, width = placed.hidden.shape
        shown[:height, :width] = ~placed.hidden
        x, y = x[shown], y[shown]
    if chart.frame == "circle":
        radius = float(np.hypot(x, y).max())
        return (-radius, radius), (-radius, radius)
    return (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))


def _aspect(chart: Chart, cells: Cells, y: tuple[float, float]) -> float:
    """Height of a unit of y for the width of one of x: degrees of longitude narrow to the poles."""
    if chart.in_degrees and cells.geographic:
        return float(1 / max(np.cos(np.radians(np.mean(y))), 0.2))
    return 1.0


def _frame(panel: Panel, placed: Placed, chart: Chart, limits: Any) -> None:
    """Bound a map as its chart says."""
    if chart.crs is None or chart.frame not in ("circle", "domain"):
        return
    from matplotlib.path import Path

    if chart.frame == "circle":
        angle = np.linspace(0, 2 * np.pi, 181)
        border = limits[0][1] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    else:
        border = np.concatenate(
            [
                np.stack([side[0, :], side[1, :]], axis=1)
                for side in (
                    np.stack([e[0, :] for e in placed.edges]),
                    np.stack([e[:, -1] for e in placed.edges]),
                    np.stack([e[-1, ::-1] for e in placed.edges]),
                    np.stack([e[::-1, 0] for e in placed.edges]),
                )
            ]
        )
    panel.set_boundary(Path(border))  # type: ignore[attr-defined]


def _ticks(panel: Panel, cells: Cells, chart: Chart, left: bool, bottom: bool) -> None:
    """Tick labels and axis labels, only where the map is at the outside of the figure."""
    plt = pyplot()
    if chart.crs is not None and not chart.in_degrees:
        grid: dict[str, Any] = {
            "linewidth": 0.4,
            "color": tone(0.5),
            "alpha": 0.6,
            "linestyle": "-",
        }
        if chart.frame in ("box", "domain"):
            sides = {"left": "y"} if left else {}
            sides |= {"bottom": "x"} if bottom else {}
            grid |= {"xlocs": plt.MaxNLocator(4), "ylocs": plt.MaxNLocator(4)}
            grid |= {"draw_labels": sides or False, "x_inline": False, "y_inline": False}
        lines = panel.gridlines(**grid)  # type: ignore[attr-defined]
        lines.xlabel_style = lines.ylabel_style = {"size": "small"}
        lines.rotate_labels = False
        return
    panel.xaxis.set_visible(True)
    panel.yaxis.set_visible(True)
    height = min(panel.bbox.height, panel.bbox.width * shape_of(panel)) / panel.figure.dpi
    rows = int(np.clip(height / _LINE, 1, 4))
    for axis, text, far, most in (
        (panel.xaxis, cells.x_text, np.ptp(panel.get_xlim()), 4),
        (panel.yaxis, cells.y_text, np.ptp(panel.get_ylim()), rows),
    ):
        steps = [1, 3, 6, 9, 10] if cells.geographic and far > 80 else [1, 2, 3, 5, 10]
        axis.set_major_locator(plt.MaxNLocator(most, steps=steps, min_n_ticks=min(most, 2)))
        axis.set_label_text(text)
    if cells.geographic:
        turn = chart.central_longitude
        if turn:
            # Round numbers of degrees, not of what lies between them and the middle of the map.
            low, high = panel.get_xlim()
            ticks = panel.xaxis.get_major_locator().tick_values(low + turn, high + turn)
            panel.set_xticks([tick - turn for tick in ticks if low <= tick - turn <= high])
        panel.xaxis.set_major_formatter(lambda lon, _: degrees(lon + turn, "EW"))
        panel.yaxis.set_major_formatter(lambda lat, _: degrees(lat, "NS"))
    panel.tick_params(labelsize="small", labelleft=left, labelbottom=bottom)
    if not left:
        panel.set_ylabel("")
    if not bottom:
        panel.set_xlabel("")


def degrees(value: float, signs: str) -> str:
    """Write a longitude (signs "EW") or a latitude ("NS") in degrees.

    Examples
    --------
    >>> degrees(-7.5, "EW"), degrees(350, "EW"), degrees(45, "NS"), degrees(0, "NS")
    ('7.5°W', '10°W', '45°N', '0°')
    """
    value = round((value + 180) % 360 - 180, 6)
    sign = "" if value in (0, -180) else signs[int(value < 0)]
    return f"{abs(value):g}°{sign}"


def _coast_on(chart: Chart, cells: Cells) -> list[Floats]:
    """Coastlines in the coordinates of a chart, each (N, 2); none for a grid in nowhere."""
    extent = cells.extent
    if chart.crs is None:
        if extent is None:
            return []
        lines = coastlines(scale_for(extent.east - extent.west, extent.north - extent.south))
        # The map may count longitudes from -180 or from 0.
        return [line + np.array([turn, 0]) for line in lines for turn in (-360, 0, 360)]
    # A grid on its own projection is a region.
    scale = (
        "50m"
        if extent is None
        else scale_for(extent.east - extent.west, extent.north - extent.south)
    )
    lines = coastlines(scale)
    ends = np.cumsum([len(line) for line in lines])[:-1]
    together = np.concatenate(lines)
    degrees_crs = cartopy_crs().PlateCarree()
    xy = chart.crs.transform_points(degrees_crs, *together.T)[:, :2]
    return [part for line in np.split(xy, ends) for part in _unbroken(line, chart.crs)]


def _within(lines: list[Floats], x: tuple[float, float], y: tuple[float, float]) -> list[Floats]:
    """Lines that may touch a map with these limits: files would be large with all of them."""
    low, high = np.array([x[0], y[0]]), np.array([x[1], y[1]])
    return [
        line
        for line in lines
        if (line.max(axis=0) >= low).all() and (line.min(axis=0) <= high).all()
    ]


def _unbroken(line: Floats, crs: Any) -> list[Floats]:
    """A line without what is not on the map, and cut where it leaves at one side."""
    there = np.logical_and(*np.isfinite(line).T)
    step = np.abs(np.diff(line, axis=0, prepend=line[:1]))
    wide = np.array([np.ptp(crs.x_limits), np.ptp(crs.y_limits)]) / 4
    with np.errstate(invalid="ignore"):
        cut = ~there | (step > wide).any(axis=1)
    parts = np.split(np.arange(len(line)), np.flatnonzero(cut))
    good = [part[there[part]] for part in parts]
    return [line[part] for part in good if len(part) > 1]


def draw_coast(canvas: Canvas, cells: Cells, chart: Chart) -> None:
    """Add coastlines to all maps; their limits stay."""
    from matplotlib.collections import LineCollection

    first = canvas.panels[0]
    lines = _within(_coast_on(chart, cells), first.get_xlim(), first.get_ylim())
    for panel in canvas.panels if lines else []:
        coast = LineCollection(lines, colors="0.2", linewidths=0.6, zorder=1.6)
        panel.add_collection(coast, autolim=False)
