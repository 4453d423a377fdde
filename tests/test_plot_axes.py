"""Figures on axes of the caller and in subfigures, their sizes and arguments, and in the dark."""

import itertools
import re

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt

import xdsc
from xdsc import plot
from xdsc.errors import ParameterError
from xdsc.plot import style

K = 3


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def ds():
    found = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=K)
    return found.assign_coords(cluster=found.regime, day=found.time.dt.dayofyear)


TRAINING = xr.Dataset(
    {"phase": ("epoch", ["joint"] * 3), "a_loss": ("epoch", [3.0, 2, 1])},
    coords={"epoch": [1, 2, 3]},
).assign(label_change=("epoch", [0.3, 0.2, 0.1]))
RESULT = xr.Dataset(
    {"score": (("method", "run", "metric"), [[[0.1, 2.0]], [[0.2, 1.0]]])},
    coords={
        "method": ["kmeans", "gmm"],
        "metric": ["silhouette", "rmse_mean"],
        "direction": ("metric", ["higher", "lower"]),
    },
    attrs={"k": [K]},
)

HALVES = [slice("2019-01-01", "2019-01-30"), slice("2019-01-31", "2019-03-01")]

#: How each figure is drawn, and on how many panels.
FIGURES = {
    "composites": (lambda p, **a: p.composites("t2m", projection="plain", **a), K),
    "timeline": (lambda p, **a: p.timeline(**a), 1),
    "frequency": (lambda p, **a: p.frequency(**a), 1),
    "persistence": (lambda p, **a: p.persistence(n=3, random_state=0, **a), K),
    "transitions": (lambda p, **a: p.transitions(n=3, random_state=0, **a), 1),
    "conditional_frequency": (
        lambda p, **a: p.conditional_frequency("day", n=3, random_state=0, **a),
        1,
    ),
    "decompose": (lambda p, **a: p.decompose("t2m", HALVES, n=3, random_state=0, **a), 1),
    "regime_index": (lambda p, **a: p.regime_index(variable="t2m", **a), 2),
    "life_cycles": (lambda p, **a: p.life_cycles(variable="t2m", min_duration="2D", **a), 1),
    "history": (lambda p, **a: p.history(**a), 2),
    "embedding": (lambda p, **a: p.embedding("pca", caption=None, **a), 1),
    "silhouette": (lambda p, **a: p.silhouette(**a), 1),
    "compare": (lambda p, **a: p.compare(RESULT, **a), 2),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn_on_axes_of_a_subfigure(ds, name):
    draw, n = FIGURES[name]
    whole = plt.figure(figsize=(6, 6), layout="constrained")
    left, right = whole.subfigures(1, 2)
    axes = right.subplots(n, 1)
    where = {"ax": axes} if n == 1 else {"axes": axes}
    assert draw(plot.DSCPlot(ds, TRAINING), title="Ours", **where) is whole
    assert not left.axes
    assert all(ax.has_data() for ax in np.ravel(axes))
    words = [ax.get_title() for ax in right.axes] + [getattr(right._suptitle, "_text", "")]
    assert "Ours" in words
    assert plt.get_fignums() == [whole.number]


@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
@pytest.mark.parametrize(
    "name",
    ["timeline", "frequency", "conditional_frequency", "decompose", "life_cycles", "embedding"],
)
def test_axes_give_way_to_their_legend(ds, name, layout):
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout=layout)
    draw, _ = FIGURES[name]
    draw(plot.DSCPlot(ds, TRAINING), ax=left)
    if layout is None and name == "timeline":
        fig.tight_layout()  # afterwards, without a warning
    fig.draw_without_rendering()
    legend = left.get_legend().get_window_extent()
    assert fig.bbox.x0 <= legend.x0 < legend.x1 < right.bbox.x0
    assert fig.bbox.y0 <= legend.y0 < legend.y1 <= fig.bbox.y1
    assert not legend.overlaps(left.bbox)
    assert left.bbox.width > 1.5 * fig.dpi


@pytest.mark.parametrize("name", FIGURES)
def test_unknown_arguments_are_refused_by_us_with_a_suggestion(ds, name):
    draw, n = FIGURES[name]
    for wrong, meant in (("figsze", "figsize"), ("axs", "ax" if n == 1 else "axes")):
        with pytest.raises(ParameterError, match=rf"received {wrong}=.*write {meant}"):
            draw(plot.DSCPlot(ds, TRAINING), **{wrong: (3, 3)})
    assert not plt.get_fignums()


def test_sizes_are_those_that_were_asked_for(ds):
    fig = plot.timeline(ds, figsize=(5, 2), title="Regimes")
    assert fig.get_size_inches().tolist() == [5, 2]
    assert fig.get_suptitle() == "Regimes"
    fig = plot.persistence(ds, size=2, aspect=1.5, col_wrap=1, n=3, random_state=0)
    assert fig.get_size_inches() == pytest.approx([3.4, 6.3])
    for wrong in (
        {"figsize": (5, 2), "ax": fig.axes[0]},
        {"figsize": (5, 2), "size": 3},
        {"figsize": 5},
        {"size": -1},
        {"ax": fig},
    ):
        with pytest.raises(ParameterError):
            plot.timeline(ds, **wrong)
    with pytest.raises(ParameterError, match=r"3 axes.*received 2"):
        plot.composites(ds, "t2m", axes=fig.axes[:2])


def test_axes_without_a_map_give_way_to_the_colour_bar(ds):
    fig, axes = plt.subplots(2, 2, figsize=(8, 6))
    plot.composites(ds, "t2m", axes=axes, projection="plain")
    bar = fig.axes[-1].get_tightbbox()
    assert not any(panel.bbox.overlaps(bar) for panel in axes.flat)


def _inside(fig, boxes):
    return all(fig.bbox.contains(*box.min) and fig.bbox.contains(*box.max) for box in boxes)


@pytest.mark.parametrize("figsize", [None, (7, 3)])
@pytest.mark.parametrize("name", ["timeline", "frequency", "conditional_frequency"])
def test_the_legend_of_many_regimes_is_in_the_figure(ds, name, figsize):
    many = ds.assign_coords(cluster=("time", np.arange(60) % 24))
    draw, _ = FIGURES[name]
    fig = draw(plot.DSCPlot(many), figsize=figsize)
    fig.draw_without_rendering()
    assert len(fig.legends[0].get_texts()) == 24
    assert _inside(fig, [fig.legends[0].get_window_extent()])


LONG = ["Scandinavian blocking and Greenland high", "North Atlantic Oscillation", "Abcdefghij" * 6]


@pytest.mark.parametrize(
    "name", ["timeline", "frequency", "conditional_frequency", "persistence", "decompose"]
)
def test_long_names_leave_room_for_the_figure(ds, name):
    fig = FIGURES[name][0](plot.DSCPlot(ds.dsc.rename(LONG)))
    fig.draw_without_rendering()
    texts = [text for legend in fig.legends for text in legend.get_texts()]
    below = fig.axes[0].get_xticklabels()
    each = [text.get_window_extent() for text in (*texts, *below) if text.get_text()]
    assert _inside(fig, each)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(each, 2))
    assert fig.axes[0].bbox.width > 0.7 * fig.dpi


def test_cells_of_the_matrix_of_long_names_have_room(ds):
    fig = FIGURES["transitions"][0](plot.DSCPlot(ds.dsc.rename(LONG)))
    fig.draw_without_rendering()
    boxes = [text.get_window_extent() for text in fig.axes[0].texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_levels_limits_and_the_colour_bar_are_as_in_xarray(ds):
    fig = plot.composites(
        ds, "t2m", kind="mean", levels=[280, 285, 290], cbar_kwargs={"label": "warm"}
    )
    bar = fig.axes[-1]
    assert bar.get_xlabel() == "warm"
    assert fig.axes[0].collections[0].norm.boundaries.tolist() == [280, 285, 290]
    limits = plot.composites(ds, "t2m", kind="mean", robust=True).axes[0].collections[0].get_clim()
    means = ds.dsc.composites()["t2m"].values
    assert limits == pytest.approx(np.percentile(means, [2, 98]))
    assert len(plot.composites(ds, "t2m", add_colorbar=False).axes) == K
    for wrong in ({"levels": [2, 1]}, {"levels": 1}, {"vmin": 3, "vmax": 1}, {"col_wrap": 0}):
        with pytest.raises(ParameterError):
            plot.composites(ds, "t2m", **wrong)
    with pytest.raises(ParameterError, match=r"draw='contourf'"):
        plot.composites(ds, "t2m", kind="contourf")


def test_contours_of_a_second_variable_say_what_they_are(ds):
    fig = plot.composites(ds, "t2m", contours="sp")
    (note,) = fig.legends[0].get_texts()
    assert note.get_text().startswith("lines: Surface pressure anomaly from the mean, every ")
    with pytest.raises(ParameterError, match="'nothing'"):
        plot.composites(ds, "t2m", contours="nothing")


def test_colours_follow_the_quantity():
    def of(**attrs):
        from xdsc.plot.maps.quantities import colours_of

        return colours_of(xr.DataArray(0.0, name=attrs.pop("name", "x"), attrs=attrs)).anomaly

    assert of(standard_name="precipitation_flux") == of(name="tp") == "BrBG"
    assert of(standard_name="air_temperature") == of(name="sst") == of(name="z500") == "RdBu_r"
    assert of(long_name="Total precipitation", name="t") == "BrBG"
    assert of(standard_name="water_evapotranspiration_flux") == "BrBG_r"
    bare = xr.DataArray(0.0, name="t", attrs={"standard_name": "air_temperature", "units": "K"})
    assert style.label_with_units(bare) == "air temperature (K)"


@pytest.mark.parametrize("name", FIGURES)
def test_text_and_lines_can_be_read_in_the_dark(ds, name):
    draw, _ = FIGURES[name]
    with plt.style.context("dark_background"):
        fig = draw(plot.DSCPlot(ds, TRAINING))
        ground = np.array([0.0, 0.0, 0.0])
        texts = [text for ax in fig.axes for text in (ax.title, ax.xaxis.label, ax.yaxis.label)]
        texts += [tick for ax in fig.axes for tick in ax.get_xticklabels() + ax.get_yticklabels()]
        texts += [text for legend in fig.legends for text in legend.get_texts()]
        shown = [text for text in texts if text.get_text()]
        lines = [line for ax in fig.axes for line in ax.lines if line.get_linestyle() != "None"]
    assert shown
    for artist in [*shown, *lines]:
        far = np.linalg.norm(np.array(colors.to_rgb(artist.get_color())) - ground)
        assert far > 0.4 or artist in lines, artist
    assert style.tone(0.35) == colors.to_hex("0.35")


def test_embeddings_of_trained_methods_say_how_far_training_pulled_apart(ds):
    rng = np.random.default_rng(0)
    noise = xr.DataArray(rng.normal(size=(60, 4)), {"time": ds.time}, ("time", "feature"))
    apart = noise.copy(data=0.01 * noise.values + 10 * np.eye(4)[ds.cluster.values])
    figures = plot.DSCPlot(ds, TRAINING, lambda space, _: noise if space == "data" else apart)
    caption = figures.embedding("pca").get_supxlabel()
    assert "Training" in caption
    numbers = [float(n.replace("−", "-")) for n in re.findall(r"[−]?\d\.\d\d", caption)]
    assert numbers[0] == pytest.approx(1, abs=0.01)  # in the embedding
    assert abs(numbers[1]) < 0.1  # in the fields
    assert abs(numbers[2]) < 0.2  # k-means of noise, and the labels
    figures.embedding("pca", ax=plt.figure().add_subplot())
    (below,) = [t.get_text() for t in plt.gca().texts if "Training" in t.get_text()]
    assert below.split() == caption.split()
    alone = plot.embedding(ds, apart, kind="pca")
    assert "Training" not in str([t.get_text() for t in (*alone.axes[0].texts, *alone.texts)])
    assert not alone.get_supxlabel()
