"""The comparison of methods: dots are runs, bars are medians, the best one stands out."""

import itertools

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt

import xdsc
from xdsc import plot
from xdsc.errors import InputError, ParameterError
from xdsc.plot import comparison, style

BEST = style.palette(1)[0]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _result(score, methods=None, metrics=None, directions=None):
    score = np.asarray(score, dtype=float)
    n_methods, n_runs, n_metrics = score.shape
    metrics = metrics or [f"metric_{i}" for i in range(n_metrics)]
    directions = directions or ["higher"] * n_metrics
    return xr.Dataset(
        {"score": (("method", "run", "metric"), score)},
        {
            "method": methods or [f"method_{i}" for i in range(n_methods)],
            "run": np.arange(n_runs),
            "metric": metrics,
            "title": ("metric", [name.replace("_", " ").capitalize() for name in metrics]),
            "direction": ("metric", directions),
        },
    )


@pytest.fixture
def result():
    """Three methods, three runs, two metrics."""
    silhouette = [[0.1, 0.2, 0.6], [0.3, 0.3, 0.3], [0.2, np.nan, 0.5]]
    davies = [[1.0, 1.1, 1.2], [2.0, 2.0, 2.0], [0.9, np.nan, 1.4]]
    score = np.stack([silhouette, davies], axis=-1)
    return _result(score, ["kmeans", "dbscan", "dsc"], ["sil", "davies"], ["higher", "lower"])


def _runs(panel):
    """Dots of each row, top to bottom."""
    dots = [line for line in panel.lines if line.get_marker() == "o"]
    return {int(line.get_ydata()[0]): line.get_xdata().tolist() for line in dots if line._x.size}


def _medians(panel):
    bars = [line for line in panel.lines if line.get_marker() == "|"]
    return {int(bar.get_ydata()[0]): float(bar.get_xdata()[0]) for bar in bars}


def _best(panel):
    bars = [line for line in panel.lines if line.get_marker() == "|"]
    return [int(b.get_ydata()[0]) for b in bars if colors.to_hex(b.get_color()) == BEST]


def _names(fig):
    return [text.get_text() for text in fig.axes[0].get_yticklabels()]


def test_a_dot_for_each_run_and_a_bar_for_the_median(result):
    fig = plot.compare(result)
    sil, davies = fig.axes
    assert _runs(sil) == {0: [0.1, 0.2, 0.6], 1: [0.3], 2: [0.2, 0.5]}
    assert _medians(sil) == {0: 0.2, 1: 0.3, 2: pytest.approx(0.35)}
    assert _medians(davies) == {0: 1.1, 1: 2.0, 2: pytest.approx(1.15)}


def test_the_best_median_is_that_of_the_better_side(result):
    sil, davies = plot.compare(result).axes
    assert _best(sil) == [2]
    assert _best(davies) == [0]
    for panel, row in ((sil, 2), (davies, 0)):
        (band,) = panel.patches
        assert (band.get_y(), band.get_y() + band.get_height()) == (row - 0.5, row + 0.5)
    assert sil.get_xlabel() == "best median 0.35"
    assert davies.get_xlabel() == "best median 1.1"
    assert sil.get_title() == "Sil\nbetter →"
    assert davies.get_title() == "Davies\n← better"


def test_methods_that_share_the_best_median_are_all_marked():
    panel = plot.compare(_result([[[1.0]], [[0.5]], [[1.0]]])).axes[0]
    assert _best(panel) == [0, 2]


def test_failed_runs_are_counted_behind_the_name(result):
    fig = plot.compare(result)
    assert _names(fig) == ["kmeans", "dbscan", "dsc (failed: 1)"]
    assert [text.get_text() for ax in fig.axes for text in ax.texts] == []
    assert fig.axes[0].get_ylim() == (2.5, -0.5)  # the first method at the top


def test_a_run_without_one_metric_has_not_failed(result):
    result = result.copy(deep=True)
    result["score"][1, :2, 0] = np.nan
    result["score"][0, 0, 1] = np.inf
    fig = plot.compare(result)
    assert _names(fig)[:2] == ["kmeans", "dbscan"]
    (lacking,) = fig.axes[0].texts
    assert (lacking.get_text(), lacking.xy[1]) == ("no value: 2", 1)
    (lacking,) = fig.axes[1].texts
    assert (lacking.get_text(), lacking.xy[1]) == ("no value: 1", 0)
    assert _runs(fig.axes[1])[0] == [1.1, 1.2]


def test_a_method_of_which_all_runs_failed(result):
    result = result.copy(deep=True)
    result["score"][2] = np.nan
    fig = plot.compare(result)
    assert _names(fig)[2] == "dsc (failed: 3)"
    assert 2 not in _medians(fig.axes[0])
    assert _best(fig.axes[0]) == [1]
    nothing = plot.compare(result.isel(method=[2]))
    assert nothing.axes[0].get_xlabel() == "no values"
    assert not nothing.axes[0].get_xticks().size


def test_failed_runs_do_not_count_as_unlabelled(result):
    labels = xr.DataArray(np.zeros((3, 3, 10), int), dims=("method", "run", "time"))
    labels[2, 1] = -1
    fig = plot.compare(result.assign(labels=labels))
    assert fig.get_suptitle() == "100 % of the time steps labelled"
    failed = result.assign(score=result.score * np.nan, labels=labels)
    assert not plot.compare(failed).get_suptitle()


def test_metrics_can_be_chosen(result):
    fig = plot.compare(result, ["davies", "sil"])
    assert [panel.get_title().split("\n")[0] for panel in fig.axes] == ["Davies", "Sil"]
    assert len(plot.compare(result, "sil").axes) == 1


def test_one_method_and_one_run():
    (panel,) = plot.compare(_result([[[0.25]]])).axes
    assert _runs(panel) == {0: [0.25]}
    assert panel.get_xlabel() == "median 0.25"
    assert len(panel.patches) == 0


def test_many_of_everything_share_the_axis_of_methods():
    rng = np.random.default_rng(0)
    fig = plot.compare(_result(rng.normal(size=(14, 20, 14))))
    assert len(fig.axes) == 14
    assert all(len(_runs(panel)[row]) == 20 for panel in fig.axes for row in range(14))
    assert all(panel.get_shared_y_axes().joined(panel, fig.axes[0]) for panel in fig.axes)
    fig.draw_without_rendering()
    written = [any(t.get_visible() for t in p.get_yticklabels()) for p in fig.axes]
    assert written == [i % 5 == 0 for i in range(14)]  # at the left of each row
    width, height = fig.get_size_inches()
    assert max(width, height) < 15


@pytest.mark.parametrize(
    ("n", "columns"), [(1, 1), (4, 4), (5, 3), (6, 3), (8, 4), (9, 3), (12, 4), (14, 5), (20, 5)]
)
def test_few_places_stay_empty(n, columns):
    assert comparison._columns(n) == columns


def test_small_numbers_get_their_power_into_the_title():
    fig = plot.compare(_result([[[2e-6]], [[-4e-6]]]))
    fig.draw_without_rendering()
    (panel,) = fig.axes
    assert panel.get_title() == "Metric 0 (10⁻⁶)\nbetter →"
    assert panel.get_xlabel() == "best median 2"
    assert {"−4", "2"} <= {text.get_text() for text in panel.get_xticklabels()}
    assert plot.compare(_result([[[7502.4]]])).axes[0].get_xlabel() == "median 7502"


def test_the_figure_of_the_caller_keeps_its_title(result):
    asked = result.assign_attrs(k=[4])
    assert plot.compare(asked).get_suptitle() == "k = 4"
    fig, axes = plt.subplots(1, 2)
    fig.suptitle("Mine")
    plot.compare(asked, axes=axes)
    assert fig.get_suptitle() == "Mine"


def test_numbers_that_differ_in_late_digits_do_not_overlap():
    score = np.linspace(0.019115, 0.019123, 12).reshape(3, 4, 1)
    fig = plot.compare(_result(np.tile(score, 4)))
    fig.draw_without_rendering()
    for panel in fig.axes:
        low, high = panel.get_xlim()
        inside = [t for t in panel.xaxis.get_major_ticks() if low <= t.get_loc() <= high]
        boxes = [tick.label1.get_window_extent() for tick in inside]
        assert inside
        assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_what_compare_returns_is_drawn(small):
    found = xdsc.compare(small, 3, ["kmeans", "agglomerative"], n_runs=2, progress=False)
    fig = small.dsc.plot.compare(found, ["silhouette", "davies_bouldin"])
    assert _names(fig) == found["method_title"].values.tolist()
    expected = np.unique(found["score"].sel(metric="silhouette").values[0])
    np.testing.assert_array_equal(_runs(fig.axes[0])[0], expected)
    several = xdsc.compare(small, [2, 3], ["kmeans"], n_runs=1, progress=False)
    with pytest.raises(InputError, match=r"result\.sel\(k=2\)"):
        plot.compare(several)
    assert len(plot.compare(several.sel(k=2), "silhouette").axes) == 1


def test_errors_of_compare(result):
    with pytest.raises(ParameterError, match=r"among sil, davies.*'rmse'"):
        plot.compare(result, "rmse")
    with pytest.raises(ParameterError, match="metrics among"):
        plot.compare(result, [])
    with pytest.raises(InputError, match="a comparison"):
        plot.compare(result.rename(score="value"))
    with pytest.raises(InputError, match="a comparison"):
        plot.compare(result["score"])
    with pytest.raises(InputError, match="at least one"):
        plot.compare(result.isel(run=[]))


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"n_clusters": 2}, "k = 2"),
        ({"labelled": 74}, "k = 3, 74% labelled"),
        ({"n_clusters": 5, "labelled": 50}, "k = 5, 50% labelled"),
    ],
)
def test_what_cannot_be_compared_is_said_and_never_the_best(changes, remark):
    result = _result([[[0.5], [0.4]], [[0.9], [0.8]], [[0.3], [0.3]]])
    labels = np.zeros((3, 2, 100), int)
    labels[1, :, changes.get("labelled", 100) :] = -1
    numbers = np.full((3, 2), 3)
    numbers[1] = changes.get("n_clusters", 3)
    result = result.assign(
        n_clusters=(("method", "run"), numbers), labels=(("method", "run", "time"), labels)
    )
    result = result.assign_coords(method_title=("method", ["A", "B", "C"]))
    fig = plot.compare(result.assign_attrs(k=[3]))
    assert _names(fig) == ["A", f"B ({remark})", "C"]
    assert fig.axes[0].get_xlabel() == "best median 0.45"
    table = xdsc.format_table(result, "markdown", statistic="best", digits=1)
    assert "**0.5**" in table
    assert "**0.9**" not in table
    assert f"B ({remark})" in table
    alone = plot.compare(result.assign_attrs(k=[3]).isel(method=[1]))
    if "n_clusters" in changes:
        assert alone.axes[0].get_xlabel() == "none that can be compared"


def test_one_odd_run_is_left_out_of_the_median():
    result = _result([[[0.5], [0.4], [0.9]], [[0.3], [0.3], [0.3]]])
    result = result.assign(n_clusters=(("method", "run"), [[3, 3, 2], [3, 3, 3]]))
    fig = plot.compare(result.assign_coords(method_title=("method", ["A", "B"])))
    assert _names(fig) == ["A (k = 2, 1 of 3 runs, not ranked)", "B"]
    assert fig.axes[0].get_xlabel() == "best median 0.45"
    assert len(_runs(fig.axes[0])[0]) == 3
