"""How well each time step lies in its regime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from xdsc.errors import InputError, message
from xdsc.labels import NO_LABEL
from xdsc.metrics import MAX_SAMPLES, pair_distances
from xdsc.metrics.pairs import Distance
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.separation.points import Floats, Points
from xdsc.plot.style import pyplot, sample_note, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

_LINE = 0.17  # height of a line of text in inches


class Block(NamedTuple):
    """The bars of one regime: its place among the regimes, its values falling, their first y."""

    code: int
    values: Floats
    start: float


def silhouette(
    ds: xr.Dataset,
    X: xr.DataArray,
    *,
    distance: Distance = "euclidean",
    max_samples: int | None = MAX_SAMPLES,
    random_state: int = 0,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the silhouette coefficient of every time step, regime by regime.

    ``s = (b - a) / max(a, b)``, with a the mean distance to the other time steps of its regime, and
    b that to the nearest other regime: near 1 it lies well in its regime, near 0 between two, and
    below 0 it is closer to another. The only member of a regime has 0. The dashed line is the mean
    of all, which `xdsc.metrics.silhouette` gives; at the right stands the mean of each regime.

    Parameters
    ----------
    ds : Dataset
        With the coordinate ``cluster(time)``, T time steps; those without a label are left out.
    X : DataArray of shape (T, F)
        What distances are measured in: embeddings, or fields as features; NaN for missing frames.
    distance : {"euclidean", "cosine"}, default "euclidean"
        The paper's published code uses "cosine".
    max_samples : int or None, default 5000
        With more labelled time steps, a random sample of at most this size is drawn: from each
        regime a share after its size, and two members or more. The figure says so.
    random_state : int, default 0
        Seed of the sample.
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
    ParameterError
        `distance` is unknown, `max_samples` is too small, or X is at other time steps.
    InputError
        There is only one regime.
    ImportError
        matplotlib is not installed.

    References
    ----------
    Rousseeuw, P. J. (1987): Silhouettes: a graphical aid to the interpretation and validation of
    cluster analysis. Journal of Computational and Applied Mathematics 20, 53-65.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> labelled = ds.assign_coords(cluster=ds.regime)
    >>> fig = xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled), distance="cosine")
    >>> [label.get_text() for label in fig.axes[0].get_yticklabels()]
    ['regime 0', 'regime 1', 'regime 2']
    """
    pyplot()
    points = Points.of(ds, X)
    found = pair_distances(
        points.rows,
        points.codes,
        distance=distance,
        max_samples=max_samples,
        random_state=random_state,
    )
    # Regimes without a row, as all their frames are missing, have no block.
    there = np.unique(points.codes[points.codes != NO_LABEL])
    if len(there) < 2:
        raise InputError(
            message(
                "two regimes or more",
                f"{points.names[there[0]]!r} alone",
                "a silhouette compares regimes: draw more time steps, or fit with more regimes",
            )
        )
    values = found.silhouettes()
    means = np.bincount(found.codes, values) / np.bincount(found.codes)
    mean = float(found.weights @ means)  # regimes count by their size, also in a sample

    height = float(np.clip(0.3 * len(there) + 1.5, 3.0, 9.0))
    canvas = Canvas.one(Wishes(ax, figsize, size, aspect, title), (6.6, height))
    (panel,) = canvas.panels
    blocks = _blocks(there, values, found.codes, text_height=_LINE / (height - 0.8))
    for block in blocks:
        panel.stairs(
            block.values,
            block.start + np.arange(len(block.values) + 1),
            orientation="horizontal",
            fill=True,
            color=points.colours[block.code],
            # Edges of their own colour close the seams between bars.
            linewidth=0.3,
        )
    _dress(panel, blocks, points, means)
    panel.axvline(mean, color=tone(0.15), linestyle="--", linewidth=1.2)
    panel.annotate(
        f"mean {mean:.2f}".replace("-", "−"),
        (mean, 1),
        xycoords=panel.get_xaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        # Not into the heading of the regimes' means.
        ha="center" if mean < 0.8 * panel.get_xlim()[1] else "right",
        va="bottom",
    )
    name = str(X.attrs.get("long_name", "" if X.name is None else X.name))
    measure = "Euclidean" if distance == "euclidean" else distance
    text = f"silhouette coefficient ({measure} distance{f', {name}' if name else ''})"
    # Long names of regimes leave the bars little of the figure's width.
    if len(text) > canvas.letters[0] - max(map(len, points.names)):
        text = text.replace(" (", "\n(", 1)
    panel.set_xlabel(text)
    if found.sampled:
        n_all = int((points.codes != NO_LABEL).sum())
        note = sample_note(found.n, n_all)
        panel.set_title(note, loc="left", fontsize="small", color=tone(0.35), pad=18)
    return canvas.root


def _blocks(
    there: np.ndarray, values: Floats, codes: np.ndarray, text_height: float
) -> list[Block]:
    """Regimes one below the other, apart by a gap, and by a line of text at their middles."""
    gap = 0.015 * len(values)
    line = text_height * (len(values) + gap * len(there))
    blocks: list[Block] = []
    end, middle = -gap, -np.inf
    for i, code in enumerate(there):
        mine = np.sort(values[codes == i])[::-1]
        start = max(end + gap, middle + line - len(mine) / 2)
        blocks.append(Block(int(code), mine, start))
        end, middle = start + len(mine), start + len(mine) / 2
    return blocks


def _dress(panel: Panel, blocks: list[Block], points: Points, means: Floats) -> None:
    """Names at the left, means at the right, the first regime at the top."""
    lowest = min(block.values[-1] for block in blocks)
    highest = max(block.values[0] for block in blocks)
    margin = 0.04 * (max(highest, 0) - min(lowest, 0) or 1)
    panel.set_xlim(min(lowest, 0) - margin, max(highest, 0) + margin)
    margin = 0.02 * (blocks[-1].start + len(blocks[-1].values))
    panel.set_ylim(blocks[-1].start + len(blocks[-1].values) + margin, -margin)
    middles = [block.start + len(block.values) / 2 for block in blocks]
    panel.set_yticks(middles, [points.names[block.code] for block in blocks])
    right = panel.secondary_yaxis("right")
    right.set_yticks(middles, [f"{value:.2f}".replace("-", "−") for value in means])
    right.tick_params(length=0, labelsize="small", labelcolor=tone(0.35))
    right.spines["right"].set_visible(False)
    panel.annotate(
        "mean",
        (1, 1),
        xycoords="axes fraction",
        xytext=(5, 3),
        textcoords="offset points",
        fontsize="small",
        color=tone(0.35),
    )
    panel.axvline(0, color=tone(0.15), linewidth=0.8)
    panel.grid(axis="x", color=tone(0.9))
    panel.set_axisbelow(True)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(labelsize="small")
    panel.spines[["top", "right", "left"]].set_visible(False)
