"""Which regime follows which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from xdsc.arguments import in_range
from xdsc.plot.arguments import known
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.style import missing, percent, pyplot, regime_names, tone, wrapped
from xdsc.statistics.sequence.transitions import transitions as transitions_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours end where transitions are this much more, or less, than by chance.
_MOST = 2.0
_WIDE = 18  # letters in a line of a name


def transitions(
    ds: xr.Dataset | xr.DataArray,
    *,
    alpha: float = 0.05,
    exclude_self: bool = True,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
    **arguments: Any,
) -> Figure:
    """Draw the transition matrix, with what is more and what is less often than by chance.

    Cells have the probability and, below, the number of transitions. The colour is their number
    over that of shuffled events; ▲ and ▼ are more and fewer than by chance, with p-values adjusted
    for the false discovery rate below `alpha`.

    Parameters
    ----------
    ds : Dataset or DataArray
        Labelled data; or the labels alone.
    alpha : float, default 0.05
        Level of the test.
    exclude_self : bool, default True
        Whether to leave out time steps that stay in their regime.
    ax : Axes, optional
        To draw on, also of a subfigure.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    size, aspect : float, optional
        Height of the figure in inches, and its width over its height.
    title : str, optional
        Of the figure.
    **arguments
        Others of `xdsc.transitions`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    NotFittedError
        `ds` has no coordinate ``cluster``.
    ParameterError, InputError
        As for `xdsc.transitions`; or `alpha` is none.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import xarray as xr
    >>> import xdsc
    >>> time = xr.date_range("2001-01-01", periods=90)
    >>> labels = xr.DataArray(time.day // 4 % 3, {"time": time}, ("time",))
    >>> fig = xdsc.plot.transitions(labels, n=50, random_state=0)
    >>> fig.axes[0].get_ylabel()
    'from'
    """
    plt = pyplot()
    in_range("alpha", alpha, 0, 1, within=True, default=0.05)
    from matplotlib.colors import LogNorm

    known(transitions, arguments, transitions_of)
    found = transitions_of(ds, exclude_self=exclude_self, **arguments)
    tested = "n_expected" in found
    names = [wrapped(name, _WIDE) for name in regime_names(found["from_cluster"])]
    k = len(names)
    side = 0.82 * k + 1.7
    wishes = Wishes(ax, figsize, size, aspect, title)
    canvas = Canvas.one(wishes, (side + 1.3, side), layout="compressed")
    (panel,) = canvas.panels
    count, share = found["n_transitions"].values, found["probability"].values
    same = np.eye(k, dtype=bool)
    panel.set_facecolor(missing())
    if tested:
        expected = found["n_expected"].values
        ratio = np.where(expected > 0, np.maximum(count, 0.1) / np.maximum(expected, 0.1), np.nan)
        shown = np.clip(np.where(same, np.nan, ratio), 1 / _MOST, _MOST)
        image = panel.imshow(shown, cmap="RdBu_r", norm=LogNorm(1 / _MOST, _MOST))
        bar = canvas.figure.colorbar(image, ax=panel, shrink=0.7, extend="both")
        bar.set_label("times as many as by chance", fontsize="small")
        bar.set_ticks([0.5, 0.7, 1, 1.4, 2], labels=["0.5", "0.7", "1", "1.4", "2"])
        bar.minorticks_off()
    else:
        image = panel.imshow(np.where(same, np.nan, share), cmap="Greys", vmin=0, vmax=1)
    drawn: Any = image.get_array()
    colours = drawn.filled(np.nan)
    for i in range(k):
        for j in range(k):
            if (i == j and exclude_self) or not np.isfinite(share[i, j]):
                continue
            mark = ""
            if tested and found["p_adjusted"].values[i, j] < alpha:
                more = found["p_more"].values[i, j] < found["p_less"].values[i, j]
                mark = " ▲" if more else " ▼"
            if i == j or np.isnan(value := colours[i, j]):
                colour = tone(0)
            else:
                strong = abs(np.log(value)) > 0.5 if tested else value > 0.6
                colour = "white" if strong else "black"
            panel.text(
                *(j, i, f"{percent(share[i, j])}{mark}\n{count[i, j]}"),
                ha="center",
                va="center",
                fontsize="small",
                color=colour,
                fontweight="bold" if mark else "normal",
            )
    panel.set_xticks(range(k), names)
    if max(map(len, names)) > 9:
        # The end of a slanted name stands below its column.
        plt.setp(panel.get_xticklabels(), rotation=30, ha="right", rotation_mode="anchor")
    panel.set_yticks(range(k), names)
    panel.set(xlabel="to", ylabel="from")
    panel.tick_params(length=0, labelsize="small")
    panel.spines[:].set_visible(False)
    return canvas.root
