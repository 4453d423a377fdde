"""Hatching of the cells that are significant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import xarray as xr

from xdsc.errors import ParameterError, message
from xdsc.plot.maps.cells import Placed
from xdsc.plot.style import tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel

#: Whether to hatch, or the cells to hatch; None for where that says something.
Hatch: TypeAlias = bool | xr.DataArray | None

_PATTERN = "////"
_INK = "0.15"  # on colours, whatever the background


def mask_of(found: xr.Dataset, var: str, fields: xr.DataArray, hatch: Hatch) -> Any:
    """Which cells to hatch, as an array of the shape of `fields`; None for no hatching.

    Parameters
    ----------
    found : Dataset
        Composites, tested or not.
    var : str
        Name of the variable.
    fields : DataArray, (cluster, y, x)
        What is drawn.
    hatch : bool, DataArray or None
        As for `xdsc.plot.composites`.

    Raises
    ------
    ParameterError
        `hatch` is neither, or cells of another grid or other regimes.
    """
    name = f"{var}_significant"
    if not isinstance(hatch, xr.DataArray):
        if not isinstance(hatch, bool | np.bool_ | None):
            raise ParameterError(
                message(
                    "hatch= as True, False, or the cells to hatch",
                    f"{hatch!r}",
                    f"pass hatch=composites.{name}",
                )
            )
        if name not in found or hatch is False:
            return None
        if hatch is None and found[name].attrs.get("circular"):
            return None
        hatch = found[name]
    own = [dim for dim in hatch.dims if dim in fields.dims or hatch.sizes[dim] > 1]
    mask = hatch.squeeze([dim for dim in hatch.dims if dim not in own], drop=True)
    try:
        _, mask = xr.align(fields, mask.reset_coords(drop=True), join="exact")
        return mask.transpose(*fields.dims).values.astype(bool)
    except ValueError:
        raise ParameterError(
            message(
                f"hatch= with the regimes and the grid of {var!r}, {dict(fields.sizes)}",
                f"{dict(hatch.sizes)}, or other coordinates",
                f"pass hatch=composites.{name} of the same Dataset",
            )
        ) from None


def draw_hatching(
    panel: Panel, placed: Placed, mask: Any, pattern: str = _PATTERN, *, smooth: bool = False
) -> None:
    """Hatch the cells of a map, (H, L); or, between filled contours, the area that they make up."""
    if not mask.any():
        return
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap

    with rc_context({"hatch.linewidth": 0.5, "hatch.color": _INK}):
        if smooth:
            area = placed.at_points(mask.astype(float))
            style: dict[str, Any] = {"levels": [0.5, 1.5], "hatches": [pattern], "colors": "none"}
            Axes.contourf(panel, *placed.points, area, **style)
            return
        hidden = np.ma.masked_where(~mask, mask.astype(float))
        cells = Axes.pcolor(
            panel,
            *placed.edges,
            np.ma.masked_where(~placed.cells(mask), placed.cells(hidden)),
            cmap=ListedColormap(["none"]),  # an alpha of 0 would hide the hatching too
            shading="auto",
        )
        cells.set(edgecolor=_INK, linewidth=0, hatch=pattern)


def hatching_handle(attrs: dict[str, Any], pattern: str = _PATTERN) -> Any:
    """What says in a legend what the hatching means."""
    from matplotlib.patches import Patch

    level = attrs.get("xdsc_alpha_fdr")
    text = "significant" if level is None else f"significant (false discovery rate {level:g})"
    ink = tone(0.15)
    return Patch(hatch=pattern, facecolor="none", edgecolor=ink, linewidth=0, label=text)
