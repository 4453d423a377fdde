"""How often each regime occurs under each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xdsc.arguments import in_range
from xdsc.labels import CLUSTER
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes, legend_size
from xdsc.plot.style import label_with_units, pyplot, regime_colours, regime_names, tone
from xdsc.statistics.sequence.conditional import conditional_frequency as conditional_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_THREE = ("low", "middle", "high")


def conditional_frequency(
    ds: xr.Dataset | xr.DataArray,
    index: xr.DataArray | pd.Series | str,
    *,
    alpha: float = 0.05,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw how often each regime occurs in each tercile of an index.

    A bar is the frequency in a bin of the index, a line across it that in all bins. ▲ and ▼ are
    more and less often than by chance, with p-values adjusted for the false discovery rate below
    `alpha`.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    index : DataArray, pandas.Series or str
        As for `xdsc.conditional_frequency`.
    alpha : float, default 0.05
        Level of the test.
    ax : Axes, optional
        To draw on, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of the figure in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **arguments
        Others of `xdsc.conditional_frequency`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.conditional_frequency`; or `alpha` is none.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2001-01-01", periods=90)
    >>> labels = xr.DataArray(time.day // 4 % 3, {"time": time}, ("time",))
    >>> index = xr.DataArray(time.day, {"time": time}, ("time",), "day")
    >>> fig = xdsc.plot.conditional_frequency(labels, index, n=50, random_state=0)
    >>> fig.axes[0].get_ylabel()
    'time steps of the bin (%)'
    """
    pyplot()
    in_range("alpha", alpha, 0, 1, default=0.05, within=True)
    known(conditional_frequency, arguments, conditional_of)
    wishes = Wishes(ax, figsize, size, aspect, title)
    found = conditional_of(ds, index, **arguments)
    names, colours = regime_names(found[CLUSTER]), regime_colours(found[CLUSTER])
    share, k = 100 * found["frequency"].values, len(names)
    counts = found["n_frames"].values
    overall = 100 * counts.sum(axis=0) / counts.sum()
    bins, (across, height) = len(share) * max(1.1, 0.3 * k + 0.5), legend_size(names)
    canvas = Canvas.one(wishes, (max(3.5, bins + 1.0 + across), max(3.0, height)))
    (panel,) = canvas.panels
    width = 0.84 / k
    for i, (name, colour) in enumerate(zip(names, colours, strict=True)):
        x = np.arange(len(share)) - 0.42 + (i + 0.5) * width
        panel.bar(x, np.nan_to_num(share[:, i]), 0.9 * width, color=colour, label=name)
        panel.hlines(
            np.full(x.size, overall[i]), x - 0.45 * width, x + 0.45 * width, color=tone(0.1), lw=1.2
        )
        for row in np.flatnonzero(found["p_adjusted"].values[:, i] < alpha):
            more = found["p_more"].values[row, i] < found["p_less"].values[row, i]
            panel.annotate(
                "▲" if more else "▼",
                (x[row], max(share[row, i], overall[i])),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize="small",
            )
    panel.set_xticks(range(len(share)), _bins(found))
    panel.set_ylabel("time steps of the bin (%)", fontsize="small")
    panel.set_xlabel(_name(ds, index, canvas.letters[0]), fontsize="small")
    panel.margins(y=0.12)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize="small")
    panel.tick_params(axis="x", length=0)
    canvas.legend(*panel.get_legend_handles_labels())
    return canvas.root


def _name(ds: Any, index: xr.DataArray | pd.Series | str, letters: int) -> str:
    """What the index is, and its units, in lines of so many letters."""
    given = ds[index] if isinstance(index, str) else index
    name = str(given.name or "index")
    if not isinstance(given, xr.DataArray):
        return name
    return label_with_units(given.rename(name), letters=letters)


def _bins(found: xr.Dataset) -> list[str]:
    """Name and limits of each bin, and how many time steps it has."""
    low, high = found["lower"].values, found["upper"].values
    names = _THREE if low.size == 3 else ("",) * low.size
    texts, digits = [], _digits(low[1:])
    for name, begin, end, n in zip(names, low, high, found["n_labelled"].values, strict=True):
        if np.isinf(begin):
            limits = f"up to {end:.{digits}g}" if np.isfinite(end) else "all"
        else:
            to = f"above {begin:.{digits}g}", f"{begin:.{digits}g} to {end:.{digits}g}"
            limits = to[0] if np.isinf(end) else to[1]
        number = 0 if np.isnan(n) else int(n)
        texts.append("\n".join(filter(None, (name, limits.replace("-", "−"), f"n = {number}"))))
    return texts


def _digits(edges: npt.NDArray[np.float64]) -> int:
    """Digits that tell the edges of bins apart, 3 at least, and all before a decimal point."""
    apart = np.diff(np.unique(edges)).min(initial=np.inf)
    largest = np.floor(np.log10(max(float(np.abs(edges).max(initial=0)), 1e-300)))
    finest = largest if np.isinf(apart) else np.floor(np.log10(apart)) - 1
    return int(np.clip(largest - min(finest, 0 if largest < 6 else finest) + 1, 3, 9))
