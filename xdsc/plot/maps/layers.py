"""What is drawn on maps: filled cells, filled contours, and lines."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from xdsc.arguments import in_range, is_number, listing, one_of
from xdsc.errors import ParameterError, message
from xdsc.plot.maps.cells import Placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel

Floats = npt.NDArray[np.floating[Any]]
Draw = Literal["contourf", "pcolormesh"]

#: Share of the variance that may lie between neighbouring cells of a smooth field.
_ROUGH = 0.15
#: Rows and columns that contours need.
_LEAST = 8
#: Parts of the colour bar of filled contours.
_N_LEVELS = 12
_N_LINES = 8
_LINE_COLOUR = "0.15"


def is_smooth(fields: Floats) -> bool:
    """Whether fields, (K, H, L), are without gaps and differ little from cell to cell.

    Examples
    --------
    >>> wave = np.sin(np.arange(16) / 3)
    >>> is_smooth((wave[:, None] * wave)[None])
    True
    >>> is_smooth(np.random.default_rng(0).normal(size=(1, 16, 16)))
    False
    """
    if min(fields.shape[1:]) < _LEAST or not np.isfinite(fields).all():
        return False
    variance = fields.var(axis=(1, 2)).mean()
    steps = [(np.diff(fields, axis=axis) ** 2).mean() / 2 for axis in (1, 2)]
    return bool(variance > 0 and max(steps) < _ROUGH * variance)


@dataclass(frozen=True)
class Scale:
    """How values become colours.

    Attributes
    ----------
    style : dict
        Keywords for pcolormesh and contourf: cmap, norm.
    levels : array or None
        Edges of the colours, where these are steps.
    extend : {"neither", "min", "max", "both"}
        Ends at which the colour bar gets an arrow.
    """

    style: dict[str, Any]
    levels: Floats | None
    extend: str
    rest: dict[str, Any] = field(default_factory=dict)


def scale_of(
    values: Floats,
    *,
    cmap: Any,
    about_zero: bool,
    stepped: bool,
    vmin: float | None = None,
    vmax: float | None = None,
    robust: bool = False,
    levels: Any = None,
    norm: Any = None,
) -> Scale:
    """Colours for the values of all maps; arguments as of `xdsc.plot.composites`."""
    from matplotlib.colors import BoundaryNorm, Normalize
    from matplotlib.ticker import MaxNLocator

    for name, given in (("vmin", vmin), ("vmax", vmax)):
        if given is not None:
            in_range(name, given, -np.inf, default=0)
    finite = values[np.isfinite(values)]
    if norm is not None:
        if levels is not None or vmin is not None or vmax is not None:
            raise ParameterError(
                message(
                    "norm= alone",
                    "limits or levels besides",
                    "give them to the norm, e.g. norm=matplotlib.colors.Normalize(-1, 1)",
                )
            )
        if not isinstance(norm, Normalize):
            raise ParameterError(
                message(
                    "norm= as a norm of matplotlib",
                    f"{norm!r:.100}",
                    "pass norm=matplotlib.colors.Normalize(-1, 1)",
                )
            )
        norm = copy(norm)  # the caller's own stays as it is
        norm.autoscale_None(finite)
        steps = getattr(norm, "boundaries", None)
        return Scale({"cmap": cmap, "norm": norm}, steps, "neither")
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    ends = np.percentile(finite, [2, 98]).tolist() if robust and finite.size else [low, high]
    bound = max([abs(v) for v in (vmin, vmax) if v is not None] or map(abs, ends)) or 1.0
    first, last = (-bound, bound) if about_zero else ends
    first, last = (first if vmin is None else vmin), (last if vmax is None else vmax)
    if not first < last and not (first == last and vmin is None and vmax is None):
        raise ParameterError(
            message("vmin= below vmax=", f"{first:g} and {last:g}", "leave one of them out")
        )
    edges = _edges(levels)
    if edges is None and (stepped or levels is not None):
        n = _N_LEVELS if levels is None else int(levels)
        given = vmin is not None or vmax is not None
        locator = MaxNLocator(n, symmetric=about_zero and not given)
        edges = np.asarray(locator.tick_values(first, last), dtype=float)
        if given:
            inside = edges[np.logical_and(edges > first, edges < last)]
            edges = np.concatenate([[first], inside, [last]])
    if edges is not None:
        first, last = float(edges[0]), float(edges[-1])
    below, above = low < first, high > last
    ends_at = {(True, True): "both", (True, False): "min", (False, True): "max"}
    arrows: Any = ends_at.get((below, above), "neither")
    if edges is None:
        return Scale({"cmap": cmap, "norm": Normalize(first, last)}, None, arrows)
    colours = pyplot_cmap(cmap)
    n_needed = len(edges) - 1 + below + above
    steps = BoundaryNorm(edges, max(colours.N, n_needed), extend=arrows)
    return Scale({"cmap": colours, "norm": steps}, edges, arrows)


def pyplot_cmap(cmap: Any) -> Any:
    """A colour map, which may be given by its name."""
    from matplotlib import colormaps
    from matplotlib.colors import Colormap

    if isinstance(cmap, Colormap):
        return cmap
    return colormaps[one_of("cmap", cmap, list(colormaps))]


def _edges(levels: Any) -> Floats | None:
    """Levels that are given one by one; None where their number is."""
    listed = None if levels is None else listing(levels)
    if listed is None:
        number = levels if levels is None or is_number(levels, whole=True) else -1
        if number is not None and not 1 < number <= 256:
            raise ParameterError(
                message(
                    "levels= as a number from 2 to 256, or as a list",
                    f"{levels!r:.100}",
                    "leave it out",
                )
            )
        return None
    edges = np.array([level for level in listed if is_number(level)], dtype=float)
    if len(edges) < max(2, len(listed)) or not (np.diff(edges) > 0).all():
        raise ParameterError(
            message(
                "levels that rise, two or more",
                f"{levels!r:.60}",
                "sort them, or pass their number, e.g. levels=8",
            )
        )
    return edges


def draw_fill(
    panel: Panel, placed: Placed, values: Any, draw: Draw, scale: Scale, kwargs: dict[str, Any]
) -> Any:
    """Draw one field, (H, L), and return what a colour bar needs."""
    # matplotlib's own methods: those of cartopy's axes would project once more.
    from matplotlib.axes import Axes

    if draw == "pcolormesh":
        style = {"rasterized": True} | scale.style | kwargs
        return Axes.pcolormesh(panel, *placed.edges, placed.cells(values), **style)
    where = *placed.points, placed.at_points(values)
    steps: dict[str, Any] = {"levels": scale.levels}
    style = scale.style | {"extend": scale.extend} | kwargs
    filled = Axes.contourf(panel, *where, **steps, **style)
    lines: dict[str, Any] = {"colors": _LINE_COLOUR, "linewidths": 0.3, "linestyles": "-"}
    Axes.contour(panel, *where, **steps, **lines, alpha=0.5)
    return filled


def line_levels(values: Floats, *, about_zero: bool) -> Floats:
    """Round values for contour lines; of anomalies those at both sides of 0, and not 0 itself."""
    from matplotlib.ticker import MaxNLocator

    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() == finite.max():
        return np.array([])
    levels = MaxNLocator(_N_LINES, symmetric=about_zero).tick_values(finite.min(), finite.max())
    inside = (levels >= finite.min()) & (levels <= finite.max())
    found: Floats = levels[inside & ((np.abs(levels) > 1e-9 * np.ptp(levels)) | (not about_zero))]
    return found


def draw_lines(panel: Panel, placed: Placed, values: Any, levels: Floats) -> None:
    """Draw contour lines of one field, (H, L); below 0 they are dashed."""
    if not len(levels):
        return
    from matplotlib.axes import Axes

    Axes.contour(
        panel,
        *placed.points,
        placed.at_points(values),
        levels=levels,
        colors=_LINE_COLOUR,
        linewidths=0.9,
        linestyles=["--" if level < 0 else "-" for level in levels],
        zorder=3,
    )
