"""Maps of the regimes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from xdsc.arguments import own_arguments
from xdsc.cf import Axes, find_axes
from xdsc.cf.units import dequantified
from xdsc.errors import reading
from xdsc.labels import CLUSTER
from xdsc.plot.arguments import check_style, checked_columns
from xdsc.plot.canvas import Canvas, Size, Wishes, given_axes
from xdsc.plot.maps.cells import Cells, place
from xdsc.plot.maps.charts import chart_for
from xdsc.plot.maps.hatching import Hatch, draw_hatching, hatching_handle, mask_of
from xdsc.plot.maps.layers import Draw, draw_fill, draw_lines, line_levels, pyplot_cmap, scale_of
from xdsc.plot.maps.map_arguments import check_choices, drawing_of, variable_to_draw
from xdsc.plot.maps.map_notes import draw_colour_bar, line_handle
from xdsc.plot.maps.map_panels import columns_for, draw_coast, make_maps
from xdsc.plot.maps.quantities import Kind, colours_of, is_signed
from xdsc.plot.style import (
    keep,
    percent,
    pyplot,
    regime_names,
    with_labels_in_memory,
    wrapped,
)
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.anomalies import Anomaly
from xdsc.statistics.fields.composites import composites as regimes
from xdsc.statistics.fields.significance_tests import Test

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINE = 0.17  # height of a line of a title in inches
_SUFFIX = {"anomaly": "_anomaly", "mean": "", "std": "_std"}
_WHAT = {"anomaly": "anomaly from the {}", "mean": "", "std": "standard deviation"}


def composites(
    ds: xr.Dataset,
    var: str | None = None,
    *,
    kind: Kind = "anomaly",
    contours: str | None = None,
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    significance: Test | None = None,
    hatch: Hatch = None,
    pattern: str = "////",
    draw: Draw | None = None,
    projection: Any = None,
    levels: Any = None,
    vmin: float | None = None,
    vmax: float | None = None,
    robust: bool = False,
    norm: Any = None,
    cmap: Any = None,
    add_colorbar: bool = True,
    cbar_kwargs: dict[str, Any] | None = None,
    col_wrap: int | None = None,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **kwargs: Any,
) -> Figure:
    """Draw one map of a variable for each regime, with one colour bar for all.

    North is up whatever the order of the latitudes; cells without data are grey. Coastlines are
    Natural Earth's and part of the package. Where cartopy is installed the maps have a projection,
    without it they are in degrees.

    Parameters
    ----------
    ds : Dataset
        With the variable in its own units, shape (T, H, L), and the coordinate ``cluster(time)``.
    var : str, optional
        Name of the variable; by default the only one.
    kind : {"anomaly", "mean", "std"}, default "anomaly"
        Anomaly (colours symmetric about 0), mean, or standard deviation.
    contours : str, optional
        Name of a second variable on the same grid, of which the same is drawn as contour lines,
        dashed below 0.
    anomaly : {"climatology", "mean"}, optional
        What anomalies are from, which the colour bar says: the climatology, or the mean of all
        regimes; by default as for `xdsc.composites`.
    preprocessor : Preprocessor, optional
        Of the fit, for its climatology; see `xdsc.composites`.
    significance : {"t", "bootstrap", "events"}, optional
        Test whose significant cells are hatched; see `xdsc.composites`, with the seed 0.
    hatch : bool or DataArray of bool, optional
        Whether to hatch them; by default not where the regimes were found in the variable itself,
        which makes them differ in it at any rate. Or the cells to hatch, `v_significant` of
        composites that were tested otherwise.
    pattern : str, default "////"
        Of matplotlib's hatches; "..." stipples.
    draw : {"contourf", "pcolormesh"}, optional
        Filled contours and their lines, or cells; by default contours for smooth fields without
        gaps on eight rows and columns or more.
    projection : cartopy.crs.Projection or str, optional
        Of the maps: one of cartopy's, or its name, which is turned to the domain; "plain" is none.
        By default what the data were made in (a CF grid mapping); else polar stereographic for
        what lies round a pole, Lambert's for a hemisphere, Robinson's for the globe, Lambert's
        cone for a wide region in middle latitudes, and degrees for others.
    levels : int or array-like, optional
        Number of the steps of colour, or their edges; by default some 12 of filled contours.
    vmin, vmax : float, optional
        Ends of the colours. One of them is enough for anomalies.
    robust : bool, default False
        Whether these are the 2nd and the 98th percentile instead of the extremes.
    norm : matplotlib.colors.Normalize, optional
        Instead of levels and ends.
    cmap : str or Colormap, optional
        By default diverging for anomalies, sequential otherwise, after the quantity (anomalies of
        precipitation and humidity brown to green, of wind violet to orange, others blue to red);
        all readable by the colour-blind.
    add_colorbar : bool, default True
        Whether to draw it.
    cbar_kwargs : dict, optional
        For :meth:`matplotlib.figure.Figure.colorbar`, as ``{"label": "m"}``.
    col_wrap : int, optional
        Number of maps in a row; by default 3 or 4.
    axes : array of Axes, optional
        To draw on, one for each regime, also of a subfigure; their projection is kept.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of each map in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **kwargs
        For :meth:`matplotlib.axes.Axes.pcolormesh`.

    Returns
    -------
    Figure
        Of matplotlib; the maps, in the order of the regimes, come first in its ``axes``.

    Raises
    ------
    ParameterError
        `var` is no numeric variable over time and space; an argument is none of those above; or
        matplotlib has no such argument.
    NotFittedError
        `ds` has no coordinate ``cluster``.
    InputError
        No time step has a label.
    ImportError
        matplotlib is not installed, or a projection is asked for and cartopy is not.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=8, n_lon=8, n_regimes=3)
    >>> labelled = ds.assign_coords(cluster=ds.regime)  # any labels will do
    >>> fig = xdsc.plot.composites(labelled, "t2m", kind="mean", cmap="magma")
    >>> [panel.get_title() for panel in fig.axes[:2]]
    ['regime 0 · ... % (...)', 'regime 1 · ... % (...)']

    Pressure over temperature, stippled where temperature is significant:

    >>> fig = xdsc.plot.composites(
    ...     labelled, "t2m", contours="sp", significance="t", pattern="...", levels=8
    ... )
    """
    pyplot()
    draw = check_choices(kind, draw)
    check_style(kwargs, own_arguments(composites))
    ds = with_labels_in_memory(dequantified(ds))
    grid = find_axes(ds)
    var = variable_to_draw(ds, var, grid)
    names = [var]
    if contours is not None:
        names.append(variable_to_draw(ds, contours, grid))
    # No climatology is learnt for what does not show it.
    wanted = anomaly if kind == "anomaly" else "mean"
    if hatch is True and significance is None:
        significance = "t"
    stats = regimes(
        keep(ds, *names, CLUSTER),
        anomaly=wanted,
        preprocessor=preprocessor,
        significance=significance,
        random_state=0,
    )
    fields = _fields(stats, var, kind, grid)
    mask = mask_of(stats, var, fields, hatch)
    values = fields.values
    draw = drawing_of(draw, values, kwargs)
    about_zero = kind == "anomaly" or (kind == "mean" and is_signed(ds[var]))
    colours = colours_of(ds[var])
    usual = colours.anomaly if about_zero else getattr(colours, kind)
    scale = scale_of(
        values,
        cmap=pyplot_cmap(usual if cmap is None else cmap),
        about_zero=about_zero,
        stepped=draw == "contourf",
        vmin=vmin,
        vmax=vmax,
        robust=robust,
        levels=levels,
        norm=norm,
    )

    n = fields.sizes[CLUSTER]
    cells = Cells.of(ds, var, grid)
    on = None if axes is None else given_axes(axes, n)[0]
    native = None if cells.native is None else cells.native.crs
    chart = chart_for(projection, cells.extent, native, on)
    if chart.crs is not None and cells.native is not None:
        cells = cells.native
    placed = place(cells, chart)
    wishes = Wishes(axes, figsize, size, aspect, title)
    columns = min(checked_columns(col_wrap) or columns_for(n), n)
    n_notes = (contours is not None) + (mask is not None)
    canvas = make_maps(n, columns, cells, placed, chart, wishes, n_notes)
    for i, panel in enumerate(canvas.panels):
        drawn = draw_fill(panel, placed, values[i], draw, scale, kwargs)
        if mask is not None:
            draw_hatching(panel, placed, mask[i], pattern, smooth=draw == "contourf")
    draw_coast(canvas, cells, chart)
    notes = []
    if contours is not None:
        lines = _fields(stats, contours, kind, grid)
        steps = line_levels(lines.values, about_zero=kind == "anomaly")
        for i, panel in enumerate(canvas.panels):
            draw_lines(panel, placed, lines.values[i], steps)
        notes.append(line_handle(ds[contours], _what(kind, lines), steps))
    _write_titles(canvas, stats, may_grow=figsize is None)
    if add_colorbar:
        draw_colour_bar(
            canvas, drawn, ds[var], _what(kind, fields), scale.extend, cbar_kwargs or {}
        )
    if mask is not None:
        given = hatch if isinstance(hatch, xr.DataArray) else stats[f"{var}_significant"]
        notes.append(hatching_handle(given.attrs, pattern))
    if notes:
        style = {"frameon": False, "fontsize": "small", "borderaxespad": 0.2}
        canvas.figure.legend(handles=notes, loc="outside lower left", **style)
    return canvas.root


def _write_titles(canvas: Canvas, stats: xr.Dataset, *, may_grow: bool) -> None:
    """Name of each regime and its share, in a line, or all in several where a name is long."""
    letters = canvas.letters[0] // canvas.n_columns
    names = regime_names(stats[CLUSTER])
    shares = [
        f"{percent(share)} ({count})"
        for share, count in zip(
            stats["frequency"].values.tolist(), stats["n_frames"].values.tolist(), strict=True
        )
    ]
    texts = [f"{name} · {share}" for name, share in zip(names, shares, strict=True)]
    if max(map(len, texts)) > letters:  # it would reach into the next map
        texts = [f"{wrapped(name, letters)}\n{s}" for name, s in zip(names, shares, strict=True)]
    for panel, text in zip(canvas.panels, texts, strict=True):
        panel.set_title(text, fontsize="medium")
    if canvas.own and may_grow:
        rows = -(-len(canvas.panels) // canvas.n_columns)
        more = max(text.count("\n") for text in texts)
        canvas.figure.set_figheight(canvas.figure.get_figheight() + _LINE * more * rows)


def _fields(stats: xr.Dataset, var: str, kind: Kind, grid: Axes) -> xr.DataArray:
    """What is drawn of a variable, (cluster, y, x)."""
    fields = stats[var + _SUFFIX[kind]]
    fields = fields.squeeze([d for d in fields.dims if d not in (CLUSTER, *grid.space)], drop=True)
    fields = fields.transpose(CLUSTER, *grid.space)
    with reading(fields.chunks is not None):
        return fields.compute()


def _what(kind: Kind, fields: xr.DataArray) -> str:
    """What is drawn, in words."""
    return _WHAT[kind].format(fields.attrs.get("xdsc_anomaly"))
