"""Arguments of maps: checked, and chosen where the caller says nothing."""

from __future__ import annotations

from typing import Any, get_args

import xarray as xr

from xdsc.arguments import one_of
from xdsc.cf import Axes
from xdsc.errors import ParameterError, message, nearest
from xdsc.labels import CLUSTER
from xdsc.plot.maps.layers import Draw, is_smooth
from xdsc.plot.maps.quantities import Kind

#: Of pcolormesh's arguments those that contourf has as well.
_OF_BOTH = {"alpha", "antialiased", "zorder"}


def check_choices(kind: Any, draw: Any) -> Draw | None:
    """Raise unless `kind` and `draw` are known."""
    if isinstance(kind, str) and kind in get_args(Draw):
        remedy = f"pass draw={kind!r}; kind= says what is drawn"
        raise ParameterError(message(f"kind to be one of {get_args(Kind)}", repr(kind), remedy))
    one_of("kind", kind, get_args(Kind))
    found: Draw | None = one_of("draw", draw, (*get_args(Draw), None))
    return found


def drawing_of(draw: Draw | None, values: Any, kwargs: dict[str, Any]) -> Draw:
    """How to draw fields, (K, H, L), where the caller says nothing."""
    of_cells = sorted(kwargs.keys() - _OF_BOTH)
    if draw == "contourf" and of_cells:
        raise ParameterError(
            message(
                f"arguments of filled contours, one of {sorted(_OF_BOTH)}",
                f"{of_cells[0]}=",
                "leave it out, or pass draw='pcolormesh'",
            )
        )
    if draw is not None:
        return draw
    return "contourf" if not of_cells and is_smooth(values) else "pcolormesh"


def variable_to_draw(ds: xr.Dataset, var: str | None, axes: Axes) -> str:
    """`var`, or the only one for None; it has to be numeric, over time and space and no more."""
    needed = {axes.time, *axes.space}
    allowed = {*axes.samples, *axes.space}
    fit = [
        str(n) for n, v in ds.data_vars.items() if needed <= set(v.dims) and v.dtype.kind in "biuf"
    ]
    if var is None and len(fit) == 1:
        var = fit[0]
    if not isinstance(var, str) or var not in fit:
        raise ParameterError(
            message(
                f"a variable over time and space, one of {fit}",
                "none" if var is None else f"{var!r:.200}",
                f"write {near!r}" if (near := nearest(var, fit)) else "choose one of them",
            )
        )
    if CLUSTER in ds.variables and not {*ds[CLUSTER].dims} <= {*axes.samples}:
        raise ParameterError(
            message(
                f"labels along {' and '.join(axes.samples)}",
                f"labels along {' and '.join(map(str, ds[CLUSTER].dims))}",
                "pass one label a time step",
            )
        )
    if more := [str(d) for d in ds[var].dims if d not in allowed and ds.sizes[d] > 1]:
        raise ParameterError(
            message(
                f"{var!r} over {sorted(needed)}",
                f"the dimensions {more} besides",
                f"select one of each first, e.g. ds.isel({more[0]}=0)",
            )
        )
    return var
