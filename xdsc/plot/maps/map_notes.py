"""What stands beside maps: the colour bar, and what lines are."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
import xarray as xr

from xdsc.plot.canvas import Canvas
from xdsc.plot.style import label_with_units, tone, unit_text


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
    # Beside a single row there is no room for a long name.
    below = canvas.n_columns >= len(canvas.panels)
    text = label_with_units(values, what, power=power)
    if canvas.own and not below:
        text = "\n".join(wrap(text, max(20, int(9 * canvas.figure.get_figheight()))))
    style = {
        "label": text,
        "format": lambda value, _: f"{round(value / 10**power, 9):g}".replace("-", "−"),
        **({} if drawn.__class__.__name__.endswith("ContourSet") else {"extend": extend}),
        **({"location": "bottom", "aspect": 40} if below else {"aspect": 30, "pad": 0.02}),
    }
    bar = canvas.figure.colorbar(drawn, ax=canvas.panels, **style | given)
    bar.ax.tick_params(labelsize="small")


def line_handle(values: xr.DataArray, what: str, levels: Any) -> Any:
    """What says in a legend what the contour lines are, and how far apart."""
    from matplotlib.lines import Line2D

    text = f"lines: {label_with_units(values.assign_attrs(units=''), what)}"
    if len(levels) > 1:
        step = float(np.diff(levels).min())
        text += f", every {step:g} {unit_text(values.attrs.get('units'))}".rstrip()
    return Line2D([], [], color=tone(0.15), linewidth=0.9, label=text)
