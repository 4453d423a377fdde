"""Labels over the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.cf.axes.coordinates import has_dates
from xdsc.errors import ParameterError, message
from xdsc.labels import CLUSTER, NO_LABEL, labels_of, regimes_and_codes
from xdsc.plot.canvas import Canvas, Size, Wishes, legend_size
from xdsc.plot.statistics.calendar_layouts import Layout, arrange, dates_of, for_members
from xdsc.plot.style import (
    missing,
    percent,
    pyplot,
    regime_colours,
    regime_names,
    regime_sizes,
    tone,
    with_labels_in_memory,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

_NO_DATE = -2
#: How much of its colour a time step keeps that is not certain at all.
_PALEST = 0.15


def timeline(
    ds: xr.Dataset | xr.DataArray,
    *,
    certainty: xr.DataArray | None = None,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the regime of every time step over the calendar.

    Daily data of up to 14 months are drawn as months × days, longer ones as years × days of the
    year; sub-daily data as hours × days; monthly data as years × months, yearly data as decades ×
    years. Of a record that has labels in one season only, of up to nine months, and more than once,
    each season is a row, and the rest of the year is left out. Members are drawn one below the
    other. Grey is a time step that is missing or has no label; what is left empty is no date at
    all, as 30 February.

    Parameters
    ----------
    ds : Dataset or DataArray
        With the coordinate ``cluster(time)`` or ``cluster(member, time)``; datetime64 or any CF
        calendar. Or the labels alone.
    certainty : DataArray, (time,) or (member, time), optional
        From 0 to 1, how sure each label is; what is less sure is paler. For example
        ``membership.max("cluster")``, the share of runs that agree, or ``1 - novelty``.
    ax : Axes, optional
        To draw on, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of the figure in inches, and its width over its height.
    title : str, optional
        Of the figure.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    InputError
        Time is no dates, or no time step has a label.
    ParameterError
        `certainty` is of other time steps, or not from 0 to 1; or an argument is wrong.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> days = xr.date_range("2001-01-01", periods=90)
    >>> seasons = days.month.isin([1, 2]).astype(int)
    >>> fig = xdsc.plot.timeline(xr.Dataset(coords={"time": days, "cluster": ("time", seasons)}))
    >>> [label.get_text() for label in fig.axes[0].get_yticklabels()]
    ['Jan', 'Feb', 'Mar']
    """
    pyplot()
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    if isinstance(ds, xr.DataArray):
        ds = xr.Dataset(coords={CLUSTER: ds.drop_vars(CLUSTER, errors="ignore")})
    ds = with_labels_in_memory(ds)
    labels = _labels(ds)
    time = labels.dims[-1]
    # In one row, members or not.
    every = xr.DataArray(labels.values.ravel(), dims=(time,), attrs=ds[CLUSTER].attrs)
    sizes = regime_sizes(xr.Dataset(coords={CLUSTER: every}))
    found = np.atleast_2d(regimes_and_codes(labels.values)[1])
    slots, layout = arrange(dates_of(labels, time), np.logical_or.reduce(found >= 0, axis=0))
    calendars = for_members(layout, _member_names(labels))
    sure = None if certainty is None else _checked_certainty(certainty, labels)

    shape = (max(c.rows.max() for c in calendars) + 1, layout.columns[layout.rows >= 0].max() + 1)
    cells, strength = np.full(shape, _NO_DATE), np.ones(shape)
    for i, calendar in enumerate(calendars):
        # Slots that no time step is in stay without a label.
        codes, weights = np.full(layout.rows.size, NO_LABEL), np.ones(layout.rows.size)
        codes[slots[found[i] >= 0]] = found[i][found[i] >= 0]
        if sure is not None:
            weights[slots] = np.where(found[i] >= 0, sure[i], 1.0)
        there = calendar.rows >= 0
        where = calendar.rows[there], calendar.columns[there]
        cells[where], strength[where] = codes[there], weights[there]

    colours = regime_colours(sizes[CLUSTER])
    names = regime_names(sizes[CLUSTER])
    entries = [
        (colour, f"{name} · {percent(float(share))}")
        for colour, name, share in zip(colours, names, sizes["frequency"], strict=True)
    ]
    if (cells == NO_LABEL).any():
        entries.append((missing(), "no label"))

    patches, texts = [Patch(color=colour) for colour, _ in entries], [text for _, text in entries]
    height = _height(len(cells), calendars[0], legend_size(texts)[1])
    canvas = Canvas.one(Wishes(ax, figsize, size, aspect, title), (8.0, height))
    (panel,) = canvas.panels
    style: dict[str, Any] = {} if sure is None else {"alpha": strength}
    panel.pcolormesh(
        np.ma.masked_equal(cells, _NO_DATE),
        cmap=ListedColormap([missing(), *colours]),
        vmin=NO_LABEL - 0.5,
        vmax=len(colours) - 0.5,
        rasterized=True,
        **style,
    )
    _dress(panel, calendars[0], shape)
    canvas.legend(
        patches,
        texts,
        title=None if sure is None else "paler: less certain",
        title_fontsize="small",
        alignment="left",
    )
    return canvas.root


def _labels(ds: xr.Dataset) -> xr.DataArray:
    """Labels, ([member,] time), with their coordinates; of members where a dimension has dates."""
    dated = [d for d in ds[CLUSTER].dims if has_dates(ds, d)] if CLUSTER in ds.variables else []
    if len(dated) == 1 and ds[CLUSTER].ndim == 2:
        labels = ds[CLUSTER].transpose(..., dated[0])
    else:
        labels = labels_of(ds, CLUSTER)
    own = {n: c for n, c in ds[CLUSTER].coords.items() if n != CLUSTER}
    return labels.drop_vars(CLUSTER, errors="ignore").assign_coords(own)


def _member_names(labels: xr.DataArray) -> list[str]:
    """Names of the members of labels; one, without a name, where there are none."""
    if labels.ndim == 1:
        return [""]
    member = labels.dims[0]
    return [
        str(name)
        for name in (
            labels[member].values if member in labels.coords else range(labels.sizes[member])
        )
    ]


def _checked_certainty(certainty: xr.DataArray, labels: xr.DataArray) -> npt.NDArray[np.float64]:
    """How much of its colour each time step keeps, (members, T); NaN is not certain at all."""
    given: Any = certainty
    remedy = "pass e.g. model.membership(ds).max('cluster')"
    if not isinstance(given, xr.DataArray) or set(given.dims) - set(labels.dims):
        received = getattr(given, "dims", None) or type(given).__name__
        raise ParameterError(
            message(f"certainty= as a DataArray over {labels.dims}", f"{received}", remedy)
        )
    given = given.reset_coords(drop=True).astype(float)
    try:
        given, _ = xr.align(given, labels.reset_coords(drop=True), join="exact")
    except ValueError:
        raise ParameterError(
            message(
                "certainty= at the time steps of the labels",
                f"{dict(certainty.sizes)}, or other coordinates",
                "select the same time steps",
            )
        ) from None
    values = given.broadcast_like(labels.reset_coords(drop=True)).transpose(*labels.dims).values
    known = values[np.isfinite(values)]
    if ((known < 0) | (known > 1)).any():
        raise ParameterError(
            message("certainty= from 0 to 1", f"{known.min():g} to {known.max():g}", remedy)
        )
    kept: npt.NDArray[np.float64] = np.nan_to_num(np.atleast_2d(values))
    return _PALEST + (1 - _PALEST) * kept


def _height(n_rows: int, layout: Layout, legend: float) -> float:
    """Height of the figure in inches: rows that can be read, and room for the legend."""
    groups = n_rows / layout.rows_in_group
    rows = 0.28 * groups if layout.rows_in_group == 1 else max(2.2, 0.4 * groups)
    return float(np.clip(max(rows + 0.7, legend + 0.2), 1.5, 10.0))


def _dress(panel: Panel, layout: Layout, shape: tuple[int, ...]) -> None:
    """Write ticks; draw lines between the rows, and between columns that are wide enough."""
    # On one base line, whether a name reaches below it or not.
    panel.set_xticks(list(layout.column_ticks), list(layout.column_ticks.values()), va="baseline")
    panel.tick_params(axis="x", pad=12)
    panel.set_yticks(list(layout.row_ticks), list(layout.row_ticks.values()))
    panel.set(xlabel=layout.column_text, ylabel=layout.row_text)
    panel.tick_params(length=0, labelsize="small")
    panel.invert_yaxis()  # time goes down the page, as in a calendar
    panel.spines[:].set_visible(False)
    n_rows, n_columns = shape
    if n_rows / layout.rows_in_group <= 40:
        for row in range(layout.rows_in_group, n_rows, layout.rows_in_group):
            panel.axhline(row, color=tone(1), linewidth=1.5)
    if n_columns <= 62:
        for column in range(1, n_columns):
            panel.axvline(column, color=tone(1), linewidth=0.5)
