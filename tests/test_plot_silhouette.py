"""The silhouette diagram: bars are the coefficients, sorted, regime by regime."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt
from sklearn.metrics import silhouette_samples, silhouette_score

import xdsc
from xdsc import metrics, plot
from xdsc.errors import InputError, NotFittedError, ParameterError, XdscWarning
from xdsc.plot import style


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _case(labels, X, **attrs):
    time = xr.date_range("2001-01-01", periods=len(labels))
    ds = xr.Dataset(coords={"time": time, "cluster": ("time", labels)})
    return ds, xr.DataArray(X, {"time": time}, ("time", "latent"), attrs=attrs)


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([0, 1, 2], (18, 10, 7)))
    X = np.array([[0.0, 5], [3, 1], [5, 5]])[labels] + rng.normal(size=(35, 2))
    return _case(labels, X, long_name="embedding")


def _blocks(fig):
    """Values and first y of the bars of each regime, from the top."""
    drawn = [patch.get_data() for patch in fig.axes[0].patches]
    return [(np.asarray(d.values), float(d.edges[0])) for d in drawn]


def _mean(fig):
    (line,) = [line for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    return line.get_xdata()[0]


def _texts(fig):
    return [text.get_text() for text in fig.axes[0].texts]


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_bars_are_the_coefficients_of_each_regime_sorted(case, distance):
    ds, X = case
    labels = ds["cluster"].values
    fig = plot.silhouette(ds, X, distance=distance)
    expected = silhouette_samples(X, labels, metric=distance)
    for k, (values, _) in enumerate(_blocks(fig)):
        np.testing.assert_allclose(values, np.sort(expected[labels == k])[::-1], atol=1e-9)
    assert _mean(fig) == pytest.approx(silhouette_score(X, labels, metric=distance))
    assert f"mean {_mean(fig):.2f}" in _texts(fig)
    word = {"euclidean": "Euclidean", "cosine": "cosine"}[distance]
    text = f"silhouette coefficient ({word} distance, embedding)"
    assert fig.axes[0].get_xlabel() == text


def test_regimes_stand_one_below_the_other_in_their_colours(case):
    ds, X = case
    fig = plot.silhouette(ds, X)
    panel = fig.axes[0]
    blocks = _blocks(fig)
    ends = [start + len(values) for values, start in blocks]
    starts = [start for _, start in blocks]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert panel.yaxis_inverted()
    faces = [colors.to_hex(patch.get_facecolor()) for patch in panel.patches]
    assert faces == style.palette(3)
    assert [t.get_text() for t in panel.get_yticklabels()] == ["regime 0", "regime 1", "regime 2"]
    middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(panel.get_yticks(), middles)
    (right,) = panel.child_axes
    written = [float(t.get_text().replace("−", "-")) for t in right.get_yticklabels()]
    np.testing.assert_allclose(written, [values.mean() for values, _ in blocks], atol=0.005)


def test_names_of_small_regimes_do_not_overlap():
    labels = np.array([0] * 200 + [1, 2, 3, 4])
    fig = plot.silhouette(*_case(labels, np.arange(204.0)[:, None] ** 2))
    fig.draw_without_rendering()
    boxes = [t.get_window_extent() for t in fig.axes[0].get_yticklabels()]
    assert all(above.y0 > below.y1 for above, below in pairwise(boxes))


def test_long_names_leave_the_label_of_the_axis_in_the_figure(case):
    ds, X = case
    fig = plot.silhouette(xdsc.rename(ds, ["A" * 40, "B", "C"]), X.rename("the prepared fields"))
    fig.draw_without_rendering()
    label = fig.axes[0].xaxis.label.get_window_extent()
    assert fig.bbox.x0 <= label.x0 < label.x1 <= fig.bbox.x1


def test_the_only_member_of_a_regime_has_zero():
    # 7/9, 5/7 and their mirror images, as in the docs of xdsc.metrics.silhouette; 9 is alone.
    fig = plot.silhouette(*_case([0, 0, 1, 1, 2], [[0.0], [1.0], [4.0], [5.0], [90.0]]))
    first, second, alone = (values for values, _ in _blocks(fig))
    np.testing.assert_allclose(first, [7 / 9, 5 / 7])
    np.testing.assert_allclose(second, [7 / 9, 5 / 7])
    assert alone.tolist() == [0.0]
    assert _mean(fig) == pytest.approx((7 / 9 + 5 / 7) * 2 / 5)


def test_no_label_and_missing_frames_are_left_out(case):
    ds, X = case
    ds, X = ds.copy(deep=True), X.copy()
    ds["cluster"][:3] = -1
    X[5, 1] = np.nan
    kept = np.setdiff1d(np.arange(35), [0, 1, 2, 5])
    fig = plot.silhouette(ds, X)
    assert sum(len(values) for values, _ in _blocks(fig)) == 31
    expected = silhouette_score(X[kept], ds["cluster"].values[kept])
    assert _mean(fig) == pytest.approx(expected)


def test_a_regime_whose_frames_are_missing_has_no_block(case):
    ds, X = case
    fig = plot.silhouette(ds, X.where(ds["cluster"] != 1))
    assert len(_blocks(fig)) == 2
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["regime 0", "regime 2"]
    faces = [colors.to_hex(patch.get_facecolor()) for patch in fig.axes[0].patches]
    assert faces == [style.palette(3)[k] for k in (0, 2)]


def test_a_sample_is_seeded_and_said_and_has_the_mean_of_the_metric(case):
    ds, X = case
    fig = plot.silhouette(ds, X, max_samples=20)
    drawn = sum(len(values) for values, _ in _blocks(fig))
    assert 18 <= drawn <= 20
    note = fig.axes[0].get_title(loc="left")
    assert note == f"{drawn} of 35 time steps, drawn at random"
    expected = metrics.silhouette(X.values, ds["cluster"].values, max_samples=20)
    assert _mean(fig) == pytest.approx(expected)
    assert _mean(plot.silhouette(ds, X, max_samples=20)) == _mean(fig)
    assert _mean(plot.silhouette(ds, X, max_samples=20, random_state=1)) != _mean(fig)
    assert plot.silhouette(ds, X, max_samples=None).axes[0].get_title(loc="left") == ""


def test_labels_may_be_a_variable_or_lazy(case):
    ds, X = case
    expected = _mean(plot.silhouette(ds, X))
    assert _mean(plot.silhouette(ds.reset_coords("cluster"), X)) == expected
    assert _mean(plot.silhouette(ds.chunk(time=10), X)) == expected


def test_the_accessor_draws_what_score_judges(small):
    ds = small.dsc.fit(k=3, method="kmeans", random_state=0)
    fig = ds.dsc.plot.silhouette()
    X = plot.rows_of(ds, ds.dsc.model, "data")
    assert _mean(fig) == pytest.approx(silhouette_score(X, ds["cluster"]), abs=1e-6)
    assert "prepared fields" in fig.axes[0].get_xlabel()


def test_the_accessor_draws_the_space_of_the_method(fitted):
    ds = fitted.labelled
    fig = ds.dsc.plot.silhouette(space="embedding", distance="cosine")
    assert fig.axes[0].get_xlabel() == "silhouette coefficient (cosine distance, embedding)"
    assert sum(len(values) for values, _ in _blocks(fig)) == ds.sizes["time"] - 2


def test_errors_of_silhouette(case):
    ds, X = case
    with pytest.raises(NotFittedError, match="fit"):
        plot.silhouette(ds.drop_vars("cluster"), X)
    with pytest.raises(ParameterError, match="cosine"):
        plot.silhouette(ds, X, distance="manhattan")
    with pytest.raises(InputError, match=r"two regimes.*regime 0"):
        plot.silhouette(ds.assign_coords(cluster=("time", np.zeros(35, int))), X)


def test_a_slice_is_drawn_by_the_preparation_of_the_fit():
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
    fitted = ds.dsc.fit(k=3, method="kmeans", random_state=0)
    part, preprocessor = fitted.isel(time=slice(40)), fitted.dsc.model.preprocessor_
    with pytest.warns(XdscWarning, match=r"pass preprocessor=model\.preprocessor_"):
        part.dsc.plot.silhouette()
    fig = part.dsc.plot.silhouette(preprocessor=preprocessor)
    expected = part.dsc.score(metrics="silhouette", preprocessor=preprocessor).score.item()
    assert _mean(fig) == pytest.approx(expected, abs=1e-6)
    part.dsc.plot.embedding("pca", preprocessor=preprocessor)
    with pytest.raises(ParameterError, match="leave one of them out"):
        plot.rows_of(part, space="embedding", preprocessor=preprocessor)
