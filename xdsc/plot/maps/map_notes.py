"""What stands beside maps: the colour bar, and what lines are."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from xdsc.plot.canvas import Canvas
from xdsc.plot.maps.map_panels import FLAT, bar_is_below, shape_of
from xdsc.plot.style import label_with_units, tone, unit_text

_THIN = 24  # of the height of a bar the width of a flat map


def draw_colour_bar(
    canvas: Canvas,
    drawn: Any,
    values: xr.DataArray,
    what: str,
    extend: str,
    given: dict[str, Any],
) -> None:
    """Add the one colour bar; very small and very large numbers get a power of ten in the units."""
    largest = max(abs(drawn.norm.vmin), abs(drawn.norm.vmax))
    power = 0 if largest == 0 or 1e-2 <= largest < 1e5 else int(np.floor(np.log10(largest)))
    columns, shape = canvas.n_columns, shape_of(canvas.panels[0])
    below = bar_is_below(len(canvas.panels), columns, shape)
    letters = canvas.letters[0 if below else 1]
    style: dict[str, Any] = {
        "label": label_with_units(values, what, power=power, letters=letters),
        "format": lambda value, _: f"{round(value / 10**power, 9):g}".replace("-", "−"),
        **({} if drawn.__class__.__name__.endswith("ContourSet") else {"extend": extend}),
        **({"location": "bottom", "aspect": 40} if below else {"aspect": 30, "pad": 0.02}),
    }
    if below and shape < FLAT:
        # As long as the maps are wide: what matplotlib takes of their height, 0.15, is too little
        # for a bar with room for its numbers.
        rows = -(-len(canvas.panels) // columns)
        part = float(np.clip(1 / (_THIN * rows * shape), 0.15, 0.8))
        style |= {"aspect": _THIN * columns, "fraction": part}
    # Axes without a map give way as well: the bar would lie on them.
    bar = canvas.figure.colorbar(drawn, ax=[*canvas.panels, *canvas.spare], **style | given)
    bar.ax.tick_params(labelsize="small")


def line_handle(values: xr.DataArray, what: str, levels: Any) -> Any:
    """What says in a legend what the contour lines are, and how far apart."""
    from matplotlib.lines import Line2D

    text = f"lines: {label_with_units(values.assign_attrs(units=''), what)}"
    if len(levels) > 1:
        step = float(np.diff(levels).min())
        text += f", every {step:g} {unit_text(values.attrs.get('units'))}".rstrip()
    return Line2D([], [], color=tone(0.15), linewidth=0.9, label=text)
