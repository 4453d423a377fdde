"""What the change of a mean is due to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.cf import find_axes, text_of
from xdsc.cf.grids.area import area_weights
from xdsc.cf.units import dequantified
from xdsc.errors import InputError, message
from xdsc.labels import CLUSTER
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.style import label_with_units, pyplot, regime_names, tone, unit_text, wrapped
from xdsc.statistics.sequence.decomposition import decompose as decompose_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDE = 14  # letters under the bars of a regime
_COLOURS = {"frequency": "#4477aa", "within": "#cc6677", "interaction": "#ddcc77"}
_WORDS = {
    "frequency": "frequency of regimes",
    "within": "within regimes",
    "interaction": "both",
}


def decompose(
    ds: xr.Dataset,
    var: str,
    periods: Sequence[Any],
    *,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw what each regime, and all together, have to do with the change of a mean.

    Bars are what is due to other frequencies of the regimes, to other weather within them, and to
    both, with intervals of 95 %; the line and the band are the change itself. Of a field its mean
    over the grid is taken, weighted by area.

    Parameters
    ----------
    ds : Dataset
        Labelled data with time.
    var : str
        The variable.
    periods : two slices, or pairs of first and last date
        As for `xdsc.decompose`.
    ax : Axes, optional
        To draw on, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of the figure in inches, and its width over its height.
    title : str, optional
        Of the figure; on given axes instead of the change in figures.
    **arguments
        Others of `xdsc.decompose`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.decompose`; or there are levels.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> parts = [slice(ds.time[0], ds.time[29]), slice(ds.time[30], ds.time[59])]
    >>> fig = xdsc.plot.decompose(ds, "t2m", parts, labels="regime", n=50, random_state=0)
    >>> [label.get_text() for label in fig.axes[0].get_xticklabels()][-1]
    'all'
    """
    pyplot()
    known(decompose, arguments, decompose_of)
    wishes = Wishes(ax, figsize, size, aspect, title)
    ds = dequantified(ds)
    found = decompose_of(_area_mean(ds, var), var, periods, **arguments)
    if found["change"].ndim:
        dims = found["change"].dims
        raise InputError(
            message(
                f"{var!r} of time and a grid",
                f"the dimensions {dims} besides",
                f"select one of each, ds.isel({dims[0]}=0)",
            )
        )
    names = [*regime_names(found[CLUSTER]), "all"]
    canvas = Canvas.one(wishes, (max(4.5, 0.95 * len(names) + 2.6), 3.2))
    (panel,) = canvas.panels
    panel.axhline(0, color=tone(0.3), lw=0.8)
    change, low, high = (float(found[f"change{end}"]) for end in ("", "_low", "_high"))
    if low <= high:  # neither is known of periods of one season
        panel.axhspan(low, high, color=tone(0.88), zorder=0, label="change, 95 %")
    panel.axhline(change, color=tone(0.45), lw=1.2, ls="--", zorder=0, label="change")
    width = 0.8 / len(_COLOURS)
    for i, part in enumerate(found["part"].values.tolist()):
        one = found.sel(part=part)
        value, bottom, top = (
            np.append(one[f"contribution{end}"].values, one[f"total{end}"].values)
            for end in ("", "_low", "_high")
        )
        x = np.arange(len(names)) - 0.4 + (i + 0.5) * width
        panel.bar(x, value, 0.9 * width, color=_COLOURS[part], label=_WORDS[part])
        panel.vlines(x, bottom, top, color=tone(0.15), lw=1)
    panel.axvline(len(names) - 1.5, color=tone(0.8), lw=0.8)
    letters = min(_WIDE, canvas.small_letters // len(names))
    panel.set_xticks(range(len(names)), [wrapped(name, letters) for name in names])
    panel.set_ylabel(_label(ds[var], canvas.letters[1]), fontsize="small")
    first, second = _written(str(found.attrs["xdsc_periods"]).split("; "))
    units = unit_text(text_of(ds[var].attrs, "units"))
    words = f"{second} against {first}: " + f"{change:+.2g} {units}".rstrip().replace("-", "−")
    if canvas.own or title is None:
        panel.set_title(wrapped(words, canvas.small_letters), fontsize="small")
    panel.spines[["top", "right", "bottom"]].set_visible(False)
    panel.tick_params(labelsize="small")
    panel.tick_params(axis="x", length=0)
    canvas.legend(*panel.get_legend_handles_labels())
    return canvas.root


def _area_mean(ds: xr.Dataset, var: str) -> xr.Dataset:
    """A Dataset with the mean of a variable over its grid, where it has one."""
    if var not in ds.data_vars:
        return ds  # which is told by what is asked next
    try:
        axes = find_axes(ds)
    except InputError:
        return ds
    if not set(axes.space) <= set(ds[var].dims):
        return ds
    mean = ds[var].weighted(area_weights(ds, axes)).mean(axes.space, keep_attrs=True)
    others = [name for name in ds.data_vars if set(ds[name].dims) & set(axes.space)]
    return ds.drop_vars(others).assign({var: mean})


def _label(values: xr.DataArray, letters: int) -> str:
    """What changes, and its units, in lines of so many letters."""
    name = text_of(values.attrs, "long_name") or str(values.name)
    values = values.assign_attrs(long_name=f"change of {name}")
    return label_with_units(values, letters=letters)


def _written(periods: list[str]) -> list[str]:
    """Periods by their years; by their dates where one is within a year, or they share a year."""
    ends = [period.split(" to ") for period in periods]
    years = [{end[:4] for end in pair} for pair in ends]
    if min(map(len, years)) > 1 and not years[0] & years[1]:
        return [f"{first[:4]}–{last[:4]}" for first, last in ends]
    return [f"{a[:10]} to {b[:10]}".replace("-", "\N{NON-BREAKING HYPHEN}") for a, b in ends]
