"""Embeddings in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.arguments import check_text, in_range, one_of
from xdsc.errors import InputError, ParameterError, Problems, message
from xdsc.labels import CLUSTER, NO_LABEL
from xdsc.plot.canvas import Canvas, Size, Wishes
from xdsc.plot.separation.points import Floats, Points
from xdsc.plot.separation.projections import Plane, Projection, project
from xdsc.plot.style import ink, missing, percent, pyplot, sample_note, tone, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

_IN_COLUMN = 16  # entries of the legend


def embedding(
    ds: xr.Dataset,
    embedding: xr.DataArray,
    *,
    kind: Projection = "tsne",
    centres: xr.DataArray | npt.ArrayLike | None = None,
    perplexity: float | None = None,
    max_points: int = 5000,
    random_state: int = 0,
    caption: str | None = None,
    ax: Any = None,
    figsize: Size | None = None,
    size: float | None = None,
    aspect: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw embeddings in two dimensions, each time step in the colour of its regime.

    The paper's Fig. 2. Numbered discs are the centres of the regimes, grey is a time step without
    a label; missing frames are left out.

    Parameters
    ----------
    ds : Dataset
        With the coordinate ``cluster(time)``, T time steps.
    embedding : DataArray of shape (T, M)
        What `xdsc.ClusterModel.embedding` gives, or any features of the time steps; NaN for
        missing frames.
    kind : {"tsne", "pca", "umap"}, default "tsne"
        "tsne" and "umap" keep neighbours together; distances between groups, and their sizes, mean
        little. "pca" is the plane of largest variance, in the units of the embedding. UMAP needs
        the package umap-learn.
    centres : DataArray or array of shape (K, M), optional
        Of the regimes, in the order of their labels; by default the mean of each regime. t-SNE has
        no map for new points, so the centres are projected together with the time steps, as K
        points among the others.
    perplexity : float, optional
        Of t-SNE, about the number of neighbours that a point keeps: 30, or a third of the points
        where they are few.
    max_points : int, default 5000
        With more time steps, a random sample of this size is drawn, and the figure says so.
    random_state : int, default 0
        Seed of the sample and of the projection.
    caption : str, optional
        Below the figure.
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
        An argument is wrong, or the embedding is of other time steps.
    InputError
        There are fewer than three embeddings, or they are all the same.
    ImportError
        matplotlib or umap-learn is not installed.

    Notes
    -----
    More than 50 features are reduced to their first 50 principal components before t-SNE and UMAP.

    References
    ----------
    van der Maaten and Hinton (2008): Visualizing data using t-SNE. Journal of Machine Learning
    Research 9. McInnes, Healy and Melville (2018): UMAP, arXiv:1802.03426.

    Examples
    --------
    >>> import xdsc
    >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    >>> model = xdsc.ClusterModel(3, method="gmm", random_state=0).fit(ds)
    >>> fig = xdsc.plot.embedding(model.label(ds), model.embedding(ds), kind="pca")
    >>> fig.axes[0].get_ylabel()
    'PC 2 (... %)'
    """
    pyplot()
    _check_arguments(kind, perplexity, max_points, random_state)
    check_text("caption", caption)
    points = Points.of(ds, embedding)
    _check_points(points)
    marks = points.means() if centres is None else _given_centres(centres, points)
    marked = np.flatnonzero(np.isfinite(marks).all(axis=1))

    n_all = len(points)
    chosen = np.arange(n_all)
    if n_all > max_points:
        chosen = np.random.default_rng(random_state).choice(n_all, max_points, replace=False)
        chosen.sort()
    plane = project(points.rows[chosen], marks[marked], kind, perplexity, random_state)

    n_columns = 1 + (len(points.names) - 1) // _IN_COLUMN
    canvas = Canvas.one(
        Wishes(ax, figsize, size, aspect, title),
        (5.1 + 1.5 * n_columns, 0.6 + 4.7 * plane.shape + (0.4 if caption else 0)),
        layout="compressed",
    )
    (panel,) = canvas.panels
    codes = points.codes[chosen]
    palette = np.array([*points.colours, missing()])  # code -1 is the last
    size = float(np.clip(9000 / len(codes), 5, 28))
    for labelled in (False, True):  # grey below the others, which keep their order in time
        mine = (codes != NO_LABEL) == labelled
        if mine.any():
            panel.scatter(
                plane.points[mine, 0],
                plane.points[mine, 1],
                c=palette[codes[mine]],
                s=size,
                linewidths=0,
                alpha=0.85,
                rasterized=len(codes) > 2000,
                zorder=2 + labelled,
            )
    few = len(marked) <= 12
    for code, (x, y) in zip(marked, plane.centres, strict=True):
        _disc(panel, x, y, points.colours[code], points.numbers[code], size=13 if few else 9)
    _dress(panel, plane, kind)
    _legend(canvas, points)
    if len(chosen) < n_all:
        panel.set_title(
            sample_note(len(chosen), n_all), loc="right", fontsize="small", color=tone(0.35)
        )
    if caption:
        _write(canvas, caption, 44 if kind == "pca" else 24)
    return canvas.root


def _check_arguments(kind: Any, perplexity: Any, max_points: Any, random_state: Any) -> None:
    problems = Problems()
    with problems.collect():
        one_of("kind", kind, get_args(Projection))
    if perplexity is not None:
        with problems.collect():
            in_range("perplexity", perplexity, 0, within=True, default=None)
    with problems.collect():
        in_range("max_points", max_points, 3, default=5000, whole=True)
    with problems.collect():
        in_range("random_state", random_state, 0, 2**32 - 1, default=0, whole=True)
    problems.raise_if_any(ParameterError)


def _check_points(points: Points) -> None:
    if len(points) < 3:
        raise InputError(
            message("three time steps or more", f"{len(points)}", "draw more of them at once")
        )
    if (points.rows == points.rows[0]).all():
        raise InputError(
            message(
                "embeddings that differ",
                "the same one at all time steps",
                "train longer or with other options; see ds.dsc.plot.history()",
            )
        )


def _given_centres(given: xr.DataArray | npt.ArrayLike, points: Points) -> Floats:
    """Centres of the regimes that occur, (K, M), from those of all that were looked for."""
    labels = points.regimes[CLUSTER].values
    if isinstance(given, xr.DataArray) and CLUSTER in given.indexes:
        there = given.indexes[CLUSTER]
        if missing := [label for label in labels.tolist() if label not in there]:
            raise ParameterError(
                message(
                    f"a centre for each of the regimes {labels.tolist()}",
                    f"none for {missing}",
                    "pass centres of the model that made the labels",
                )
            )
        given = given.transpose(CLUSTER, ...).sel({CLUSTER: labels})
    try:
        array = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if labels.dtype.kind in "iu" and array.ndim == 2 and len(array) > labels.max():
        array = array[labels]
    if array.shape != (expected := (len(labels), points.rows.shape[1])):
        raise ParameterError(
            message(
                f"centres of shape {expected}, one for each regime",
                f"{type(given).__name__} of shape {array.shape}",
                "pass those of the embedding, or leave them out",
            )
        )
    return array


def _disc(panel: Panel, x: float, y: float, colour: str, number: str, size: float) -> None:
    """Mark a centre with its number; `size` is in points."""
    panel.plot(x, y, "o", ms=size, mfc=colour, mec=tone(1), mew=1.5, zorder=5)
    panel.plot(x, y, "o", ms=size + 1.5, mfc="none", mec=tone(0.15), mew=0.6, zorder=5)
    panel.text(
        x,
        y,
        number,
        color=ink(colour),
        size=0.65 * size,
        weight="bold",
        ha="center",
        va="center_baseline",
        zorder=6,
    )


def _dress(panel: Panel, plane: Plane, kind: str) -> None:
    panel.set(xlabel=plane.x_text, ylabel=plane.y_text)
    panel.set_aspect("equal")
    panel.tick_params(labelsize="small")
    panel.spines[["top", "right"]].set_visible(False)
    if kind != "pca":  # numbers without a meaning
        panel.set_xticks([])
        panel.set_yticks([])


def _write(canvas: Canvas, caption: str, below: float) -> None:
    """Write a caption below the figure, or so many points below the caller's axes."""
    style: dict[str, Any] = {"fontsize": "small", "color": tone(0.35)}
    if canvas.own:
        # Wider than the panel, whose place it leaves alone.
        letters = min(80, int(16 * canvas.figure.get_figwidth()))
        canvas.figure.supxlabel(wrapped(caption, letters), x=0.02, ha="left", **style)
        return
    canvas.panels[0].annotate(
        wrapped(caption, min(80, canvas.small_letters)),
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -below),
        textcoords="offset points",
        va="top",
        **style,
    )


def _legend(canvas: Canvas, points: Points) -> None:
    """Name the regimes as the discs are numbered."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    shares = points.regimes["frequency"].values
    handles: list[Any] = []
    texts = []
    for colour, number, name, share in zip(
        points.colours, points.numbers, points.names, shares, strict=True
    ):
        disc = Line2D([], [], ls="", marker="o", ms=11, mfc=colour, mec="none")
        text = Line2D(
            [], [], ls="", marker=rf"$\mathbf{{{number}}}$", ms=3.2 + 2 * len(number), mew=0
        )
        text.set_markerfacecolor(ink(colour))
        handles.append((disc, text))
        texts.append(f"{name} · {percent(float(share))}")
    if (points.codes == NO_LABEL).any():
        handles.append(Line2D([], [], ls="", marker="o", ms=6, mfc=missing(), mec="none"))
        texts.append("no label")
    canvas.legend(
        handles,
        texts,
        handler_map={tuple: HandlerTuple(ndivide=1)},
        ncols=1 + (len(points.names) - 1) // _IN_COLUMN,
    )
