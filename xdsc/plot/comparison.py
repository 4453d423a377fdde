"""Methods against each other."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import some_of
from xdsc.comparable import ranked_scores, remarks, require_comparison
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.style import is_dark, palette, percent, pyplot, raised, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.floating[Any]]

_PLAIN = 0.45
_WIDTH = 26  # letters in a line of a title


def compare(
    result: xr.Dataset,
    metrics: str | Iterable[str] | None = None,
    *,
    col_wrap: int | None = None,
    axes: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
) -> Figure:
    r"""Draw the scores of several methods, a panel for each metric and a dot for each run.

    The bar is the median of a method's runs; the best median is coloured and written out. The
    arrow above a panel points to the better side. Behind a method's name stands how many of its
    runs failed, and which cannot be compared and so are left out of the median: those with another
    number of regimes than was asked for, or labels for less than nine tenths of the time steps. A
    method that has no others is never the best.

    Parameters
    ----------
    result : Dataset
        A comparison: ``score(method, run, metric)``, NaN for what has no value, with the
        coordinates ``direction(metric)`` ("higher" or "lower" is better) and ``title(metric)``.
    metrics : str or iterable of str, optional
        Metrics to draw, in this order; by default all.
    col_wrap : int, optional
        Number of panels in a row; by default up to 5.
    axes : array of Axes, optional
        To draw on, one for each panel, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of each panel in inches, and its width over its height.
    title : str, optional
        Of the figure.

    Returns
    -------
    Figure
        Of matplotlib; a panel for each metric.

    Raises
    ------
    InputError
        `result` is no comparison.
    ParameterError
        A metric is not in it.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> result = xdsc.compare(ds, 3, ["kmeans"], n_runs=2, metrics="rmse_mean", progress=False)
    >>> fig = xdsc.plot.compare(result)
    >>> fig.axes[0].get_title()
    'RMSE_mean\n← better'
    """
    pyplot()
    require_comparison(result)
    there = result["metric"].values.tolist()
    chosen = there if metrics is None else some_of("metrics", metrics, there)
    scores = result["score"].transpose("method", "run", "metric").compute()
    failed = scores.isnull().all("metric").sum("run").values
    titles = result["method_title" if "method_title" in result.variables else "method"]
    names = [
        title + (f" (failed: {n})" if n else "") + (f" ({remark})" if remark else "")
        for title, n, remark in zip(titles.values.astype(str), failed, remarks(result), strict=True)
    ]
    to_rank, ranked = ranked_scores(result)
    # Figures of the caller have a title of their own.
    asked = _asked(result) if title is None and axes is None else title
    wishes = Wishes(axes, figsize, size, aspect, asked)
    canvas = _panels(len(chosen), names, col_wrap, wishes)
    for panel, metric in zip(canvas.panels, chosen, strict=True):
        this = result.sel(metric=metric)
        name = str(this["title"].item()) if "title" in this.variables else metric
        values = scores.sel(metric=metric).values.astype(float)
        values = np.where(np.isfinite(values), values, np.nan)
        fine = to_rank.sel(metric=metric).notnull().values
        _draw(panel, values, failed, name, this, (fine, ranked), canvas.small_letters)
    return canvas.root


def _columns(n: int) -> int:
    """Number of panels in a row: a figure that fits on a page, with few places empty."""
    if n <= 4 or n > 12:
        return min(n, 5)
    return min((4, 3), key=lambda columns: -n % columns)


def _asked(result: xr.Dataset) -> str | None:
    """How many regimes were asked for, and how many time steps there are, as far as it is known."""
    asked = np.ravel(result["k"].values if "k" in result.coords else result.attrs.get("k", []))
    parts = [f"k = {asked[0]}"] if asked.size == 1 else []
    if "labels" in result:
        over = [dim for dim in result["labels"].dims if dim not in ("method", "run")]
        # Runs that failed have no label, which their methods' names say.
        good = result["score"].notnull().any("metric")
        share = (result["labels"] >= 0).mean(over).where(good).values
        if not good.any():
            return ", ".join(parts) or None
        low, high = (percent(float(end)) for end in (np.nanmin(share), np.nanmax(share)))
        parts.append(f"{low if low == high else f'{low} to {high}'} of the time steps labelled")
    return ", ".join(parts) or None


def _panels(n: int, names: list[str], col_wrap: int | None, wishes: Wishes) -> Canvas:
    """Figure with n empty panels that share the axis of the methods."""
    n_columns = min(n, col_wrap or _columns(n))
    names_width = 0.075 * max(map(len, names)) + 0.2
    height = 0.23 * len(names) + 1.0
    canvas = Canvas.many(
        *(n, n_columns, wishes),
        panel=(2.1, height),
        margins=(names_width, 0.25 if wishes.title else 0),
        sharey=True,
        layout="constrained",
    )
    for i, panel in enumerate(canvas.panels):
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(len(names) - 0.5, -0.5)  # the first method at the top
        panel.tick_params(labelleft=i % canvas.n_columns == 0)
    return canvas


def _draw(
    panel: Panel,
    values: Floats,
    failed: Any,
    title: str,
    this: xr.Dataset,
    fine: tuple[Any, Any],
    letters: int,
) -> None:
    """One metric: values (method, run), and which runs and methods can be compared.

    Small text has room for so many letters.
    """
    first_colour = palette(5)[4 if is_dark() else 0]
    higher = this["direction"].item() == "higher"
    known = np.isfinite(values)
    medians = np.full(len(values), np.nan)
    runs, ranked = fine
    counted = np.where(runs, values, np.nan)
    some = np.asarray(np.isfinite(counted).any(axis=1))
    medians[some] = np.nanmedian(counted[some], axis=1)
    best = np.zeros(len(values), dtype=bool)
    compared = some & ranked
    if compared.any():
        first = float(medians[compared].max() if higher else medians[compared].min())
        best = np.asarray(compared & (medians == first))
    for row in range(len(values)):
        colour = first_colour if best[row] else tone(_PLAIN)
        # A method without random numbers gives the same value in each run: one dot.
        mine = np.unique(values[row][known[row]])
        if best[row] and len(values) > 1:
            panel.axhspan(row - 0.5, row + 0.5, color=first_colour, alpha=0.15, lw=0, zorder=0)
        panel.plot(mine, np.full(mine.size, row), "o", ms=4, color=colour, alpha=0.45, mew=0)
        if some[row]:
            panel.plot(medians[row], row, "|", ms=11, mew=2.2, color=colour, zorder=3)
        if lacking := int((~known[row]).sum() - failed[row]):
            panel.annotate(
                f"no value: {lacking}",
                (0.99, row),
                xycoords=panel.get_yaxis_transform(),
                ha="right",
                va="center",
                fontsize="x-small",
                color=tone(_PLAIN),
            )
    arrow = "better →" if higher else "← better"
    power = _power(values[known])
    units = f" (10{raised(power)})" if power else ""
    panel.set_title("\n".join([*wrap(title + units, _WIDTH), arrow]), fontsize="small")
    text = "none that can be compared" if some.any() else "no values"
    if best.any():
        what = "best median" if len(values) > 1 else "median"
        text = f"{what} {_short(medians[best][0] / 10**power)}"
    panel.set_xlabel(text, fontsize="small", color=first_colour if best.any() else tone(_PLAIN))
    panel.xaxis.set_major_formatter(lambda x, _: f"{round(x / 10**power, 9):g}".replace("-", "−"))
    panel.margins(x=0.08)
    ticks = panel.xaxis.get_major_formatter().format_ticks(panel.get_xticks().tolist())
    longest = max(map(len, ticks))
    panel.locator_params(axis="x", nbins=int(np.clip(letters // (longest + 3), 1, 4)))
    if not known.any():
        panel.set_xticks([])  # matplotlib's numbers are of nothing
    panel.grid(axis="x", color=tone(0.9))
    panel.set_axisbelow(True)
    panel.tick_params(labelsize="small")
    panel.tick_params(axis="y", length=0)
    panel.spines[["top", "right", "left"]].set_visible(False)


def _power(values: Floats) -> int:
    """Power of ten to write before very small and very large numbers."""
    largest = float(np.abs(values).max(initial=0.0))
    return 0 if largest == 0 or 1e-3 <= largest < 1e5 else int(np.floor(np.log10(largest)))


def _short(value: float) -> str:
    """Three digits or so, without an exponent."""
    return (f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}").replace("-", "−")
