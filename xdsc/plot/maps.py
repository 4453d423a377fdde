"""Maps of the regimes."""

from __future__ import annotations

from copy import copy
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import in_range, one_of
from xdsc.cf import Axes, find_axes, text_of
from xdsc.cf.edges import cell_edges, latitude_edges, longitude_edges
from xdsc.cf.units import dequantified
from xdsc.errors import ParameterError, message, reading
from xdsc.labels import CLUSTER
from xdsc.plot.hatching import Hatch, draw_hatching, hatching_legend, mask_of
from xdsc.plot.style import (
    GREY,
    check_style,
    keep,
    label_with_units,
    percent,
    pyplot,
    regime_names,
    subplots,
    with_labels_in_memory,
)
from xdsc.preprocessing import Preprocessor
from xdsc.statistics.fields.anomalies import Anomaly
from xdsc.statistics.fields.composites import composites as regimes
from xdsc.statistics.fields.significance_tests import Test

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

Array = npt.NDArray[np.floating[Any]]
Kind = Literal["anomaly", "mean", "std"]

_SUFFIX = {"anomaly": "_anomaly", "mean": "", "std": "_std"}
_WHAT = {"anomaly": "anomaly from the {}", "mean": "", "std": "standard deviation"}
_CMAP = {"anomaly": "RdBu_r", "mean": "viridis", "std": "cividis"}
_PANEL = 2.4  # width in inches


class MapCells(NamedTuple):
    """Cells as matplotlib draws them: edges where coordinates are 1-D, centres where 2-D."""

    x: Array
    y: Array
    x_text: str
    y_text: str
    geographic: bool


def composites(
    ds: xr.Dataset,
    var: str,
    *,
    kind: Kind = "anomaly",
    anomaly: Anomaly | None = None,
    preprocessor: Preprocessor | None = None,
    significance: Test | None = None,
    hatch: Hatch = None,
    col_wrap: int | None = None,
    cmap: Any = None,
    **kwargs: Any,
) -> Figure:
    """Draw one map of a variable for each regime, with one colour bar for all.

    North is up whatever the order of the latitudes; cells without data are grey. Coastlines are
    added where cartopy is installed and has the Natural Earth files on disk; nothing is downloaded.

    Parameters
    ----------
    ds : Dataset
        With the variable in its own units, shape (T, H, L), and the coordinate ``cluster(time)``.
    var : str
        Name of the variable.
    kind : {"anomaly", "mean", "std"}, default "anomaly"
        Anomaly (colours symmetric about 0), mean, or standard deviation.
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
    col_wrap : int, optional
        Number of maps in a row; by default 3 or 4.
    cmap : str or Colormap, optional
        By default diverging for anomalies, sequential otherwise; all readable by the colour-blind.
    **kwargs
        For :meth:`matplotlib.axes.Axes.pcolormesh`, as ``vmax=``.

    Returns
    -------
    Figure
        Of matplotlib; the maps, in the order of the regimes, come first in its ``axes``.

    Raises
    ------
    ParameterError
        `var` is no numeric variable over time and space; `kind`, `anomaly`, `significance` or
        `hatch` is none of those above; or matplotlib has no such argument.
    NotFittedError
        `ds` has no coordinate ``cluster``.
    InputError
        No time step has a label.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=8, n_lon=8, n_regimes=3)
    >>> labelled = ds.assign_coords(cluster=ds.regime)  # any labels will do
    >>> fig = xdsc.plot.composites(labelled, "t2m", kind="mean", cmap="magma")
    >>> [panel.get_title() for panel in fig.axes[:2]]
    ['regime 0 · ... % (...)', 'regime 1 · ... % (...)']
    """
    one_of("kind", kind, get_args(Kind))
    if col_wrap is not None:
        in_range("col_wrap", col_wrap, 1, default=2, whole=True)
    check_style(kwargs, signature(composites).parameters)
    ds = with_labels_in_memory(dequantified(ds))
    axes = find_axes(ds)
    _check_variable(ds, var, axes)
    # No climatology is learnt for what does not show it.
    wanted = anomaly if kind == "anomaly" else "mean"
    if hatch is True and significance is None:
        significance = "t"
    stats = regimes(
        keep(ds, var, CLUSTER),
        anomaly=wanted,
        preprocessor=preprocessor,
        significance=significance,
        random_state=0,
    )
    fields = stats[var + _SUFFIX[kind]]
    fields = fields.squeeze([d for d in fields.dims if d not in (CLUSTER, *axes.space)], drop=True)
    fields = fields.transpose(CLUSTER, *axes.space)
    with reading(fields.chunks is not None):
        fields = fields.compute()
    cells = _map_cells(ds, axes)
    mask = mask_of(stats, var, fields, hatch)

    n = fields.sizes[CLUSTER]
    fig, panels = _panels(cells, n, min(col_wrap or _columns(n), n))
    style, extend = _colours(fields.values, kind, cmap, kwargs)
    names = regime_names(stats[CLUSTER])
    coast = _coastlines() if cells.geographic else []
    for i, panel in enumerate(panels):
        mesh = panel.pcolormesh(cells.x, cells.y, fields.values[i], **style)
        if mask is not None:
            draw_hatching(panel, cells.x, cells.y, mask[i])
        _draw_coastlines(panel, coast)
        share, count = float(stats["frequency"][i]), int(stats["n_frames"][i])
        panel.set_title(f"{names[i]} · {percent(share)} ({count})", fontsize="medium")
    what = _WHAT[kind].format(fields.attrs.get("xdsc_anomaly"))
    _colour_bar(fig, panels, mesh, ds[var], what, extend)
    if mask is not None:
        given = hatch if isinstance(hatch, xr.DataArray) else stats[f"{var}_significant"]
        hatching_legend(fig, given.attrs)
    return fig


def _check_variable(ds: xr.Dataset, var: str, axes: Axes) -> None:
    """Raise unless `var` is numeric, over time and space and nothing else."""
    needed = {axes.time, *axes.space}
    allowed = {*axes.samples, *axes.space}
    fit = [
        str(n) for n, v in ds.data_vars.items() if needed <= set(v.dims) and v.dtype.kind in "biuf"
    ]
    asked: Any = var
    if not isinstance(asked, str) or var not in fit:
        raise ParameterError(
            message(
                f"a variable over time and space, one of {fit}", repr(var), "choose one of them"
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


def _colours(
    values: Array, kind: Kind, cmap: Any, kwargs: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Keywords for pcolormesh, and the ends at which the colour bar gets an arrow."""
    style = {"cmap": _CMAP[kind] if cmap is None else _colour_map(cmap), "rasterized": True}
    finite = values[np.isfinite(values)]
    if "norm" in kwargs and not isinstance(kwargs["norm"], str):
        norm = copy(kwargs["norm"])  # the caller's own stays as it is
        norm.autoscale_None(finite)
        return style | kwargs | {"norm": norm}, "neither"
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    given = {key: value for key, value in kwargs.items() if value is not None}
    limits = {"vmin": low, "vmax": high} | given
    if kind == "anomaly":
        ends_given = [abs(given[key]) for key in ("vmin", "vmax") if key in given]
        bound = max(ends_given or [abs(low), abs(high)]) or 1.0
        limits = {"vmin": -bound, "vmax": bound} | given
    ends = (low < limits["vmin"], high > limits["vmax"])
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}
    return style | limits, extend.get(ends, "neither")


def _colour_map(given: Any) -> Any:
    """A colour map of matplotlib, or the name of one."""
    from matplotlib.colors import Colormap

    return given if isinstance(given, Colormap) else one_of("cmap", given, pyplot().colormaps())


def _colour_bar(
    fig: Figure, panels: list[Any], mesh: Any, values: xr.DataArray, what: str, extend: str
) -> None:
    """Add the one colour bar; very small and very large numbers get a power of ten in the units."""
    largest = max(abs(mesh.norm.vmin), abs(mesh.norm.vmax))
    power = 0 if largest == 0 or 1e-3 <= largest < 1e6 else int(np.floor(np.log10(largest)))
    # Beside a single row there is no room for a long name.
    below = all(panel.get_subplotspec().is_first_row() for panel in panels)
    bar = fig.colorbar(
        mesh,
        ax=panels,
        label=label_with_units(values, what, power=power),
        extend=extend,
        format=lambda value, _: f"{round(value / 10**power, 9):g}".replace("-", "−"),
        **({"location": "bottom", "aspect": 40} if below else {"aspect": 30, "pad": 0.02}),
    )
    bar.ax.tick_params(labelsize="small")


def _map_cells(ds: xr.Dataset, axes: Axes) -> MapCells:
    """Where the cells are: in longitude and latitude if the Dataset knows them."""
    if axes.latitude and axes.longitude:
        lat, lon = ds[axes.latitude], ds[axes.longitude]
        if lat.dims == (axes.y,) and lon.dims == (axes.x,):
            edges = longitude_edges(lon.values), latitude_edges(lat.values)
            return MapCells(*edges, "", "", geographic=True)
        if set(lat.dims) == set(lon.dims) == set(axes.space):
            y = lat.transpose(*axes.space).values.astype(float)
            x = lon.transpose(*axes.space).values.astype(float)
            # matplotlib takes no missing coordinates, as of cells outside a satellite's view.
            if np.isfinite(x).all() and np.isfinite(y).all() and min(x.shape) > 1:
                x = np.unwrap(np.unwrap(x, period=360, axis=0), period=360, axis=1)
                return MapCells(x, y, "", "", geographic=True)
    (x, x_text), (y, y_text) = _projected(ds[axes.x]), _projected(ds[axes.y])
    return MapCells(x, y, x_text, y_text, geographic=False)


def _projected(axis: xr.DataArray) -> tuple[Array, str]:
    """Edges and name of a projection axis; metres as kilometres, which fit beside a map."""
    if text_of(axis.attrs, "units") in ("m", "meter", "metre", "meters", "metres"):
        axis = (axis / 1000).assign_attrs(axis.attrs, units="km")
    return cell_edges(axis.values), label_with_units(axis)


def _columns(n: int) -> int:
    """Number of maps in a row that leaves the fewest places empty."""
    return n if n <= 4 else min((4, 3), key=lambda columns: -n % columns)


def _panels(cells: MapCells, n: int, n_columns: int) -> tuple[Figure, list[Panel]]:
    """Figure with n empty maps that share their axes; ticks only at the outside."""
    plt = pyplot()
    n_rows = -(-n // n_columns)
    aspect = 1 / max(np.cos(np.radians(np.mean(cells.y))), 0.2) if cells.geographic else 1.0
    shape = np.clip(aspect * np.ptp(cells.y) / np.ptp(cells.x), 0.3, 2.0)
    bar_width, bar_height = (0.6, 1.0) if n_rows == 1 else (1.4, 0.3)
    size = (_PANEL * n_columns + bar_width, (_PANEL * shape + 0.35) * n_rows + bar_height)
    fig, panels = subplots(
        n_rows,
        n_columns,
        figsize=size,
        squeeze=False,
        layout="compressed",
    )
    used = list(panels.flat)[:n]
    for spare in list(panels.flat)[n:]:
        spare.remove()
    for i, panel in enumerate(used):
        panel.set_aspect(aspect)
        panel.set_facecolor(GREY)
        panel.set_xlim(cells.x.min(), cells.x.max())
        panel.set_ylim(cells.y.min(), cells.y.max())
        for axis, text in ((panel.xaxis, cells.x_text), (panel.yaxis, cells.y_text)):
            axis.set_major_locator(plt.MaxNLocator(4, steps=[1, 2, 3, 5, 10]))
            axis.set_label_text(text)
        if cells.geographic:
            panel.xaxis.set_major_formatter(lambda lon, _: degrees(lon, "EW"))
            panel.yaxis.set_major_formatter(lambda lat, _: degrees(lat, "NS"))
        panel.tick_params(labelsize="small")
        _only_outside(panel, left=i % n_columns == 0, bottom=i + n_columns >= n)
    return fig, used


def _only_outside(panel: Panel, *, left: bool, bottom: bool) -> None:
    """Leave tick labels and axis labels only where the map is at the outside of the figure."""
    panel.tick_params(labelleft=left, labelbottom=bottom)
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


def _coastlines() -> list[Array]:
    """Natural Earth coastlines, each (N, 2) longitude and latitude; none where not on this disk."""
    try:
        from cartopy import config
        from cartopy.io import shapereader
    except ImportError:
        return []
    # Not cartopy's own look-up, which downloads.
    for resolution in ("50m", "110m", "10m"):
        for key in ("pre_existing_data_dir", "data_dir", "repo_data_dir"):
            folder = Path(config[key], "shapefiles", "natural_earth", "physical")
            file = folder / f"ne_{resolution}_coastline.shp"
            if config[key] and file.is_file():
                shapes = shapereader.Reader(str(file)).geometries()
                lines = [line for shape in shapes for line in getattr(shape, "geoms", [shape])]
                return [np.asarray(line.coords)[:, :2] for line in lines]
    return []


def _draw_coastlines(panel: Panel, coast: list[Array]) -> None:
    """Add coastlines to a map in longitude and latitude; its limits stay."""
    from matplotlib.collections import LineCollection

    # The map may count longitudes from -180 or from 0.
    lines = [line + np.array([turn, 0]) for line in coast for turn in (-360, 0, 360)]
    panel.add_collection(LineCollection(lines, colors="0.2", linewidths=0.6), autolim=False)
