"""The projection of the embeddings: points, centres and colours are where they should be."""

import sys
import types

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt

import xdsc
from xdsc import plot
from xdsc.errors import InputError, NotFittedError, ParameterError
from xdsc.plot import style

K, M = 3, 4
SIZES = (20, 12, 6)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def labels():
    order = np.random.default_rng(0).permutation(sum(SIZES))
    return np.repeat(np.arange(K, dtype=np.int32), SIZES)[order]


@pytest.fixture
def ds(labels):
    flags = {"flag_values": np.arange(K), "flag_meanings": "calm storm rain"}
    time = xr.date_range("2001-01-01", periods=labels.size)
    return xr.Dataset(coords={"time": time, "cluster": ("time", labels, flags)})


@pytest.fixture
def X(ds, labels):
    """Three clouds far apart on the axes."""
    values = 20.0 * np.eye(K, M)[labels] + np.random.default_rng(1).normal(size=(labels.size, M))
    return xr.DataArray(values, {"time": ds["time"]}, ("time", "latent"), name="embedding")


def _points(fig):
    """Positions and colours of all time steps, those without a label first."""
    drawn = fig.axes[0].collections
    offsets = np.concatenate([c.get_offsets() for c in drawn])
    faces = [colors.to_hex(f) for c in drawn for f in np.atleast_2d(c.get_facecolors())]
    return offsets, faces


def _centres(fig):
    return {text.get_text(): text.get_position() for text in fig.axes[0].texts}


def _legend(fig):
    return [text.get_text() for text in fig.legends[0].get_texts()]


def _principal(values):
    centred = values - values.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    return axes[:2], singular[:2] ** 2 / (singular**2).sum()


def test_pca_is_the_plane_of_largest_variance(ds, X, labels):
    fig = plot.embedding(ds, X, kind="pca")
    axes, shares = _principal(X.values)
    expected = (X.values - X.values.mean(axis=0)) @ axes.T
    drawn, faces = _points(fig)
    sign = np.sign((drawn * expected).sum(axis=0))
    np.testing.assert_allclose(drawn * sign, expected, atol=1e-9)
    assert faces == [style.palette(K)[label] for label in labels]
    panel = fig.axes[0]
    texts = [f"PC {i + 1} ({100 * share:.0f} %)" for i, share in enumerate(shares)]
    assert [panel.get_xlabel(), panel.get_ylabel()] == texts
    assert panel.get_aspect() == 1


@pytest.mark.parametrize("figsize", [None, (5, 3), (3, 6)])
def test_all_that_is_written_is_in_the_figure(ds, figsize):
    values = np.random.default_rng(0).normal(size=(ds.sizes["time"], 2)) * [3, 2.2]
    rows = xr.DataArray(values, {"time": ds["time"]}, ("time", "latent"))
    caption = "The regimes lie further apart in the embedding than in the fields. " * 2
    for given in (None, caption):
        fig = plot.embedding(ds, rows, kind="pca", figsize=figsize, caption=given)
        fig.draw_without_rendering()
        below = [fig._supxlabel.get_window_extent()] if given else []
        for box in (fig.axes[0].get_tightbbox(), *below):
            assert fig.bbox.contains(*box.min)
            assert fig.bbox.contains(*box.max)
        panel, *legend = fig.axes[0].bbox, *below, fig.legends[0].get_window_extent()
        assert not any(panel.overlaps(box) for box in legend)


def test_shares_of_a_pressure_are_those_of_its_anomaly(ds, X):
    # Of more time steps than ten a feature scikit-learn takes the eigenvectors of a covariance.
    wide = X.isel(latent=slice(3)).astype("f4")
    small, large = (plot.embedding(ds, wide + mean, kind="pca").axes[0] for mean in (0, 1e6))
    assert large.get_xlabel() == small.get_xlabel()
    assert large.get_ylabel() == small.get_ylabel()


def test_centres_are_the_means_of_the_regimes(ds, X, labels):
    fig = plot.embedding(ds, X, kind="pca")
    drawn, _ = _points(fig)
    centres = _centres(fig)
    assert list(centres) == ["0", "1", "2"]
    for k in range(K):
        np.testing.assert_allclose(centres[str(k)], drawn[labels == k].mean(axis=0), atol=1e-9)
    discs = [line for line in fig.axes[0].lines if line.get_markerfacecolor() != "none"]
    assert [disc.get_markerfacecolor() for disc in discs] == style.palette(K)


@pytest.mark.parametrize("labelled", [False, True])
def test_centres_can_be_given(ds, X, labels, labelled):
    given = X.values[[np.flatnonzero(labels == k)[0] for k in range(K)]]
    if labelled:  # in another order, with one that does not occur
        rows = np.concatenate([given[::-1], np.zeros((1, M))])
        given = xr.DataArray(rows, {"cluster": [2, 1, 0, 7]}, ("cluster", "latent"))
    fig = plot.embedding(ds, X, kind="pca", centres=given)
    drawn, _ = _points(fig)
    for k in range(K):
        where = drawn[np.flatnonzero(labels == k)[0]]
        np.testing.assert_allclose(_centres(fig)[str(k)], where, atol=1e-9)


def test_centres_of_regimes_that_do_not_occur_are_left_out(ds, X, labels):
    some = labels != 1
    fig = plot.embedding(ds.isel(time=some), X.isel(time=some), kind="pca", centres=np.eye(K, M))
    assert list(_centres(fig)) == ["0", "2"]
    assert set(_points(fig)[1]) == {style.palette(K)[k] for k in (0, 2)}


def test_the_legend_names_regimes_and_shares(ds, X):
    assert _legend(plot.embedding(ds, X, kind="pca")) == [
        "calm · 53 %",
        "storm · 32 %",
        "rain · 16 %",
    ]


def test_no_label_is_grey_and_a_missing_frame_is_not_drawn(ds, X, labels):
    ds, X = ds.copy(deep=True), X.copy()
    ds["cluster"][:4] = -1
    X[3:6, 2] = np.nan
    fig = plot.embedding(ds, X, kind="pca")
    drawn, faces = _points(fig)
    assert len(drawn) == len(labels) - 3
    assert faces[:3] == [style.GREY] * 3
    assert style.GREY not in faces[3:]
    assert _legend(fig)[-1] == "no label"


def test_labels_by_name_are_numbered(X, labels):
    names = np.array(["calm", "rain", "storm"])[labels]
    named = xr.Dataset(coords={"time": X["time"], "cluster": ("time", names)})
    fig = plot.embedding(named, X, kind="pca")
    assert [text.split(" · ")[0] for text in _legend(fig)] == ["calm", "rain", "storm"]
    assert list(_centres(fig)) == ["0", "1", "2"]


def test_tsne_keeps_clouds_together_and_is_seeded(ds, X, labels):
    fig = plot.embedding(ds, X)
    drawn, _ = _points(fig)
    assert drawn.shape == (len(labels), 2)
    distances = np.linalg.norm(drawn[:, None] - drawn, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).all()
    # A centre is a point among the others: it lies in its own cloud.
    for k, centre in enumerate(_centres(fig).values()):
        assert labels[np.linalg.norm(drawn - centre, axis=1).argmin()] == k
    panel = fig.axes[0]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("t-SNE 1", "t-SNE 2")
    assert len(panel.get_xticks()) == len(panel.get_yticks()) == 0
    np.testing.assert_array_equal(_points(plot.embedding(ds, X))[0], drawn)
    assert not np.allclose(_points(plot.embedding(ds, X, perplexity=3))[0], drawn)


def test_tsne_of_many_features_reads_fifty_principal_components(ds, labels, monkeypatch):
    from sklearn.manifold import TSNE

    read = []

    def fit_transform(self, rows):
        read.append(rows)
        return rows[:, :2]

    monkeypatch.setattr(TSNE, "fit_transform", fit_transform)
    values = np.random.default_rng(0).normal(size=(90, 60))
    many = xr.Dataset(coords={"time": np.arange(90), "cluster": ("time", np.arange(90) % K)})
    plot.embedding(many, xr.DataArray(values, dims=("time", "feature")))
    assert read[0].shape == (90 + K, 50)
    # Distances between the points are those in all 60 features, but for the smallest components.
    kept = read[0][:90].var(axis=0).sum() / values.var(axis=0).sum()
    assert 0.95 < kept < 1


@pytest.mark.parametrize("n", [3, 4])
def test_few_time_steps(ds, X, n):
    some = X.isel(time=slice(n))
    for kind in ("tsne", "pca"):
        drawn, _ = _points(plot.embedding(ds.isel(time=slice(n)), some, kind=kind))
        assert np.isfinite(drawn).all()
        assert drawn.shape == (n, 2)


def test_one_feature(ds, X):
    fig = plot.embedding(ds, X.isel(latent=[0]), kind="pca")
    drawn, _ = _points(fig)
    np.testing.assert_allclose(np.ptp(drawn, axis=0), [np.ptp(X.values[:, 0]), 0])
    assert fig.axes[0].get_ylabel() == "PC 2 (0 %)"
    assert _points(plot.embedding(ds, X.isel(latent=[0])))[0].shape == (len(X), 2)


def test_a_sample_is_seeded_and_said(ds, X):
    def drawn(**kwargs):
        return _points(plot.embedding(ds, X, kind="pca", max_points=10, **kwargs))[0]

    fig = plot.embedding(ds, X, kind="pca", max_points=10)
    assert len(_points(fig)[0]) == 10
    assert fig.axes[0].get_title(loc="right") == "10 of 38 time steps, drawn at random"
    assert _legend(fig)[0] == "calm · 53 %"  # of all
    np.testing.assert_array_equal(drawn(), _points(fig)[0])
    assert not np.array_equal(drawn(random_state=1), drawn())
    assert plot.embedding(ds, X, kind="pca").axes[0].get_title(loc="right") == ""


def test_global_random_state_is_left_alone(ds, X):
    before = np.random.get_state()  # noqa: NPY002
    plot.embedding(ds, X, max_points=20)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_umap_where_it_is_installed(ds, X, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match="pip install umap-learn"):
        plot.embedding(ds, X, kind="umap")

    class UMAP:
        def __init__(self, **kwargs):
            self.kwargs = kwargs

        def fit(self, rows):
            assert self.kwargs["n_neighbors"] == 15
            assert self.kwargs["random_state"] == 4
            self.embedding_ = rows[:, :2]
            return self

        def transform(self, rows):
            return rows[:, :2]

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=UMAP))
    fig = plot.embedding(ds, X, kind="umap", random_state=4)
    np.testing.assert_array_equal(_points(fig)[0], X[:, :2])
    assert fig.axes[0].get_xlabel() == "UMAP 1"


def test_errors_of_embedding(ds, X):
    with pytest.raises(ParameterError, match=r"(?s)kind.*perplexity.*max_points"):
        plot.embedding(ds, X, kind="mds", perplexity=0, max_points=1)
    with pytest.raises(NotFittedError, match="fit"):
        plot.embedding(ds.drop_vars("cluster"), X)
    with pytest.raises(ParameterError, match="time steps"):
        plot.embedding(ds, X.isel(time=slice(10)))
    with pytest.raises(ParameterError, match="other times"):
        plot.embedding(ds, X.assign_coords(time=xr.date_range("1990-01-01", periods=len(X))))
    with pytest.raises(ParameterError, match=r"centres of shape \(3, 4\).*\(2, 4\)"):
        plot.embedding(ds, X, centres=np.zeros((2, M)))
    some = xr.DataArray(np.zeros((2, M)), {"cluster": [0, 1]}, ("cluster", "latent"))
    with pytest.raises(ParameterError, match=r"none for \[2\]"):
        plot.embedding(ds, X, centres=some)
    with pytest.raises(InputError, match="same one"):
        plot.embedding(ds, xr.ones_like(X))
    with pytest.raises(InputError, match="three time steps"):
        plot.embedding(ds.isel(time=[0, 1]), X.isel(time=[0, 1]))
    with pytest.raises(InputError, match="none with both"):
        plot.embedding(ds, X * np.nan)
    with pytest.raises(InputError, match="1 rows with infinite"):
        plot.embedding(ds, X.where(X.max() > X, np.inf))


# Which space: what the accessor passes


def test_a_model_with_an_embedding_is_drawn_by_it(fitted):
    ds = fitted.labelled
    X = plot.rows_of(ds, ds.dsc.model)
    xr.testing.assert_identical(X, ds.dsc.embedding())
    drawn, _ = _points(ds.dsc.plot.embedding("pca"))
    assert len(drawn) == ds.sizes["time"] - 2  # two frames are missing
    again, _ = _points(plot.embedding(ds, X, kind="pca"))
    np.testing.assert_array_equal(drawn, again)


def test_a_method_without_an_embedding_is_drawn_by_the_prepared_fields(small):
    ds = small.dsc.fit(k=3, method="kmeans", random_state=0)
    X = plot.rows_of(ds, ds.dsc.model)
    prepared = small.dsc.preprocess()
    fields = np.stack([prepared[name].values for name in prepared.data_vars], axis=-1)
    fields = fields.reshape(ds.sizes["time"], -1)
    there = np.isfinite(fields).all(axis=0)  # a variable of the sea has no cells on land
    assert not there.all()
    np.testing.assert_array_equal(X, fields[:, there])
    xr.testing.assert_identical(plot.rows_of(ds, ds.dsc.model, "data"), X)
    # k-means' centres are the means, so each frame is nearest to the mean of its own.
    means = X.groupby(ds["cluster"].drop_vars("time")).mean()
    nearest = np.square(X - means).sum("feature").argmin("cluster")
    np.testing.assert_array_equal(nearest, ds["cluster"])
    with pytest.raises(ParameterError, match="embeddings"):
        plot.rows_of(ds, ds.dsc.model, "embedding")


def test_labels_alone_are_drawn_by_the_prepared_fields(small, messy):
    ds = small.dsc.fit(k=3, method="kmeans", variables=["t2m"], random_state=0)
    alone = ds.copy()
    X = plot.rows_of(alone)
    xr.testing.assert_identical(X, plot.rows_of(ds, ds.dsc.model))  # the variable t2m alone
    np.testing.assert_array_equal(
        _points(alone.dsc.plot.embedding("pca"))[0], _points(ds.dsc.plot.embedding("pca"))[0]
    )
    gaps = plot.rows_of(messy.assign_coords(cluster=("time", np.arange(messy.sizes["time"]) % 2)))
    assert np.flatnonzero(gaps.isnull().all("feature")).tolist() == [5, 7]
    assert int(gaps.isnull().any("feature").sum()) == 2
    with pytest.raises(NotFittedError, match="labels alone"):
        plot.rows_of(alone, None, "embedding")
    with pytest.raises(ParameterError, match="space"):
        plot.rows_of(alone, None, "latent")
    with pytest.raises(NotFittedError, match="fit"):
        messy.dsc.plot.embedding()


# Notebooks


def test_a_notebook_shows_a_figure_once(monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the notebook has its own
    begin = f"import sys; sys.path[:0] = {[str(p) for p in sys.path]}\n"
    cells = [
        begin
        + "import numpy as np, xarray as xr\nfrom xdsc import plot\n"
        + "time = xr.date_range('2001-01-01', periods=9)\n"
        + "ds = xr.Dataset(coords={'time': time, 'cluster': ('time', np.arange(9) % 3)})\n"
        + "plot.timeline(ds)",
        "plot.timeline(ds);",
        "fig = plot.timeline(ds)",
        "fig",
        "for _ in range(2):\n    plot.timeline(ds)",
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(nb, timeout=120, kernel_name="python3").execute()
    pictures = [
        sum("image/png" in output.get("data", {}) for output in cell["outputs"])
        for cell in nb.cells
    ]
    assert pictures == [1, 1, 1, 1, 2]


def test_outside_of_notebooks_pyplot_keeps_the_figure(ds):
    fig = plot.timeline(ds)
    assert fig._repr_mimebundle_() == {}
    assert plt.fignum_exists(fig.number)


def test_plot_is_part_of_the_package():
    assert xdsc.plot.embedding is plot.embedding
