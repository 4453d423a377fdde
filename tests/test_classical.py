"""What is special about single methods: scikit-learn's results, EOFs, noise, clusterer objects."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import sklearn.cluster
import sklearn.mixture
import xarray as xr
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import xdsc
from xdsc.errors import InputError, ParameterError
from xdsc.frames import Frames
from xdsc.methods import make_method
from xdsc.methods.classical.density import knee, reach
from xdsc.methods.classical.nearest import MOST_FRAMES, Nearest


@pytest.fixture(scope="module")
def frames(_small):
    """Forty frames of 5 × 7 points and four variables, with masked cells."""
    preprocessor = xdsc.Preprocessor()
    ready = preprocessor.fit_transform(_small)
    return Frames.from_dataset(ready, preprocessor.axes_, preprocessor.variables_)


def plain_frames(rows):
    """Rows (N, features) as frames of one variable on a grid of one row."""
    rows = np.asarray(rows, dtype="float32")
    n, width = rows.shape
    return Frames(
        values=rows[:, None, :, None],
        mask=np.ones((1, width, 1), dtype=bool),
        runs=np.array([[0, n]]),
        steps=np.arange(n),
        samples=(n,),
        variables=("a",),
        fill=np.zeros(1, dtype="float32"),
    )


def blobs(*places, n=10, width=0.1, extra=()):
    """Round groups of n points in the plane, then the `extra` points."""
    rng = np.random.default_rng(0)
    groups = [rng.normal(place, width, size=(n, 2)) for place in places]
    return plain_frames(np.concatenate([*groups, np.reshape(extra, (-1, 2))]))


def dataset_of(frames):
    """A prepared-looking Dataset whose frames, scaled to 0 to 1, are those of `frames`."""
    n, height, width, _ = frames.values.shape
    return xr.Dataset(
        {"a": (("time", "lat", "lon"), frames.values[..., 0])},
        {
            "time": xr.date_range("2000-01-01", periods=n),
            "lat": np.linspace(0, 10, height),
            "lon": np.linspace(0, 10, width),
        },
    )


# --- A mean that is large beside the spread ---------------------------------------------------


@pytest.mark.parametrize(
    "name", ["kmeans", "pca_kmeans", "pca_agglomerative", "gmm", "metastable", "dbscan"]
)
def test_labels_of_a_pressure_are_those_of_its_anomaly(name):
    rng = np.random.default_rng(0)
    pattern = rng.normal(size=(3, 12))[np.repeat(rng.integers(3, size=60), 4)]
    # Float32 holds 64ths of 1e5, too.
    anomaly = np.round(64 * 20 * (pattern + rng.normal(size=(240, 12)))) / 64
    k = None if name == "dbscan" else 3
    small = make_method(name, k, random_state=0).fit(plain_frames(anomaly))
    large = plain_frames(anomaly + 1e5)
    fitted = make_method(name, k, random_state=0).fit(large)
    assert adjusted_rand_score(fitted.labels_, small.labels_) > 0.99
    if name != "pca_agglomerative":
        np.testing.assert_array_equal(fitted.predict(large), fitted.labels_)


# --- The same as scikit-learn on the unmasked cells ------------------------------------------


def test_kmeans_is_that_of_scikit_learn(frames):
    ours = make_method("kmeans", 3, random_state=4).fit(frames)
    theirs = sklearn.cluster.KMeans(3, n_init=10, random_state=4).fit(frames.rows())
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_array_equal(ours.cluster_centers_, theirs.cluster_centers_)


@pytest.mark.parametrize(
    ("linkage", "metric"),
    [
        ("ward", "euclidean"),
        ("complete", "euclidean"),
        ("average", "cosine"),
        ("average", "correlation"),
        ("single", "manhattan"),
    ],
)
def test_agglomerative_is_that_of_scikit_learn(frames, linkage, metric):
    options = {"linkage": linkage, "metric": metric}
    ours = make_method("agglomerative", 4, **options).fit(frames)
    theirs = sklearn.cluster.AgglomerativeClustering(4, **options).fit(frames.rows())
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.seed_ is None


@pytest.mark.parametrize("n_components", [3, 0.5, np.float32(0.5)])
def test_principal_components_are_those_of_scikit_learn(frames, n_components):
    given = n_components if n_components == 3 else float(n_components)
    scores = PCA(given, svd_solver="full").fit_transform(frames.rows().astype("f8"))
    for name, theirs in {
        "pca_kmeans": sklearn.cluster.KMeans(3, n_init=10, random_state=0),
        "pca_agglomerative": sklearn.cluster.AgglomerativeClustering(3),
    }.items():
        ours = make_method(name, 3, n_components=n_components, random_state=0).fit(frames)
        np.testing.assert_allclose(ours.embedding_, scores, atol=1e-4)
        assert ours.n_components_ == scores.shape[1]
        np.testing.assert_array_equal(ours.labels_, theirs.fit_predict(scores))
        assert ours.seed_ == 0


def test_dbscan_is_that_of_scikit_learn(frames):
    ours = make_method("dbscan", eps=1.6, min_samples=4, n_components=None).fit(frames)
    theirs = sklearn.cluster.DBSCAN(eps=1.6, min_samples=4).fit(frames.rows())
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert (ours.labels_ == -1).any()
    assert ours.eps_ == 1.6


def test_hdbscan_is_that_of_scikit_learn(frames):
    ours = make_method("hdbscan", min_cluster_size=4, n_components=5).fit(frames)
    theirs = sklearn.cluster.HDBSCAN(min_cluster_size=4, min_samples=1, copy=True)
    np.testing.assert_array_equal(ours.labels_, theirs.fit(ours.embedding_).labels_)
    assert (ours.labels_ == -1).any()


def test_gmm_is_that_of_scikit_learn(frames):
    ours = make_method("gmm", 3, n_components=4, covariance_type="diag", random_state=2)
    ours.fit(frames)
    scores = ours.embedding_
    theirs = sklearn.mixture.GaussianMixture(
        3,
        covariance_type="diag",
        reg_covar=1e-3 * scores.var(axis=0).mean(),
        n_init=5,
        max_iter=200,
        random_state=2,
    ).fit(scores)
    np.testing.assert_allclose(ours.membership_, theirs.predict_proba(scores))
    np.testing.assert_array_equal(ours.labels_, theirs.predict(scores))
    assert ours.converged_ is True


def test_a_mixture_does_not_depend_on_the_units(frames):
    labels = [
        make_method("gmm", 3, random_state=0).fit(replace(frames, values=scale * frames.values))
        for scale in (np.float32(1), np.float32(1024))
    ]
    np.testing.assert_array_equal(labels[0].labels_, labels[1].labels_)


def test_a_mixture_that_did_not_converge_says_so_quietly(frames):
    method = make_method("gmm", 3, max_iter=1, n_init=1, random_state=0).fit(frames)
    assert method.converged_ is False


# --- The space -------------------------------------------------------------------------------


@pytest.fixture
def stretched():
    """Variances 9, 4 and 1 along three cells that do not vary together: shares 9/14, 4/14, 1/14."""
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    return plain_frames(signs * [3, 2, 1])


@pytest.mark.parametrize(
    ("share", "n_components"), [(0.5, 1), (0.64, 1), (0.65, 2), (0.92, 2), (0.93, 3)]
)
def test_a_share_takes_as_few_components_as_explain_it(stretched, share, n_components):
    method = make_method("kmeans", 2, n_components=share, random_state=0).fit(stretched)
    assert method.n_components_ == n_components
    expected = stretched.rows()[:, :n_components]
    np.testing.assert_allclose(np.abs(method.transform(stretched)), np.abs(expected), atol=1e-5)


def test_more_components_than_there_are_is_all_there_are():
    points = plain_frames(np.random.default_rng(0).normal(size=(6, 30)))
    assert make_method("pca_kmeans", 2, random_state=0).fit(points).n_components_ == 5
    assert make_method("gmm", 2, random_state=0).fit(points).n_components_ == 5
    narrow = plain_frames(np.random.default_rng(0).normal(size=(30, 3)))
    assert make_method("gmm", 2, random_state=0).fit(narrow).n_components_ == 3


@pytest.mark.parametrize("name", ["kmeans", "agglomerative", "gmm", "dbscan", "hdbscan"])
@pytest.mark.parametrize("wrong", [0, -1, 1.0, 0.0, 1.5, True, "all"])
def test_impossible_numbers_of_components(name, wrong):
    method = make_method(name, None if "scan" in name else 2, n_components=wrong)
    with pytest.raises(ParameterError, match="n_components to be a number of principal"):
        method.check()


def test_constant_frames_have_no_components():
    still = plain_frames(np.ones((12, 4)))
    for name in ("pca_kmeans", "pca_agglomerative", "gmm"):
        with pytest.raises(InputError, match="time steps that differ"):
            make_method(name, 2).fit(still)


def test_embeddings_of_a_fit_are_there_with_components_only(small):
    fit = small.dsc.fit(k=3, method="kmeans", n_components=4, random_state=0)
    assert fit.dsc.embedding().sizes["latent"] == 4
    with pytest.raises(ParameterError, match="a method that gives embeddings"):
        small.dsc.fit(k=3, method="kmeans", random_state=0).dsc.embedding()


# --- Nearest centre --------------------------------------------------------------------------


def test_nearest_centre_by_hand():
    rows = np.array([[0.0, 0.0], [0.0, 2.0], [4.0, 0.0], [9.0, 9.0]])
    nearest = Nearest.centre(rows, np.array([0, 0, 2, -1]))
    np.testing.assert_array_equal(nearest.points, [[0, 1], [4, 0]])
    assert nearest.labels.tolist() == [0, 2]
    assert nearest.predict(np.array([[1.0, 1.0], [3.0, 0.0], [9.0, 9.0]])).tolist() == [0, 2, 2]


def test_nearest_centre_goes_by_the_metric():
    rows = np.array([[1.0, 0.0], [0.0, 10.0]])
    new = np.array([[0.0, 1.0]])
    labels = np.array([0, 1])
    assert Nearest.centre(rows, labels).predict(new).tolist() == [0]
    assert Nearest.centre(rows, labels, "cosine").predict(new).tolist() == [1]


# --- Density ---------------------------------------------------------------------------------


def test_the_knee_is_farthest_below_the_chord():
    # The chord rises from 0 to 10 in five steps: 0, 2, 4, 6, 8, 10.
    assert knee(np.array([0.0, 1.0, 1.5, 2.0, 6.0, 10.0])) == 2.0  # 4 below it


def test_the_knee_of_distances_that_are_alike_is_one_of_them():
    assert knee(np.full(5, 3.0)) == 3.0
    assert knee(np.array([0.0, 0.0, 0.0, 2.0, 8.0])) == 2.0
    assert knee(np.zeros(4)) > 0


def test_reach_counts_the_frame_itself():
    rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert reach(rows, 1).tolist() == [0, 0, 0, 0]
    assert reach(rows, 2).tolist() == [1, 1, 2, 4]


def test_eps_is_chosen_between_the_distances_in_clusters_and_to_outliers():
    points = blobs((0, 0), (10, 0), (0, 10), extra=[(30, 30), (-40, 5)])
    method = make_method("dbscan", n_components=None).fit(points)
    rows = points.rows()
    distances = NearestNeighbors(n_neighbors=5).fit(rows).kneighbors(rows)[0][:, -1]
    assert method.eps_ in distances
    assert distances[:30].min() <= method.eps_ < 1
    assert method.n_clusters_ == 3
    assert method.labels_[30:].tolist() == [-1, -1]
    truth = np.repeat([0, 1, 2], 10)
    near = method.labels_[:30] >= 0
    assert near.sum() >= 27
    assert adjusted_rand_score(truth[near], method.labels_[:30][near]) == 1


def test_dbscan_predicts_noise_far_from_every_core():
    method = make_method("dbscan", eps=1.0, n_components=None).fit(blobs((0, 0), (10, 0)))
    first, second = method.labels_[0], method.labels_[10]
    new = plain_frames([[0.5, 0], [10, 0.5], [5, 0], [11.5, 0]])
    assert method.predict(new).tolist() == [first, second, -1, -1]


def test_hdbscan_predicts_the_nearest_centre_and_no_noise():
    points = blobs((0, 0), (10, 0), n=12, extra=[(5, 30)])
    method = make_method("hdbscan", n_components=None).fit(points)
    assert method.n_clusters_ == 2
    assert method.labels_[24] == -1
    centres = [points.rows()[:12].mean(axis=0), points.rows()[12:24].mean(axis=0)]
    order = [method.labels_[0], method.labels_[12]]
    np.testing.assert_allclose(method.cluster_centers_[order], centres, rtol=1e-5)
    new = plain_frames([[4, 30], [7, 0]])
    assert method.predict(new).tolist() == order


def test_only_noise_is_an_error_that_says_what_to_try(frames):
    with pytest.raises(ParameterError, match=r"nothing but noise with eps=0\.01.*try eps=") as told:
        make_method("dbscan", eps=0.01).fit(frames)
    eps = float(str(told.value).split("try eps=")[1].split(",")[0])
    assert (make_method("dbscan", eps=eps).fit(frames).labels_ >= 0).any()

    with pytest.raises(ParameterError, match=r"noise with min_cluster_size=30.*try min_c") as told:
        make_method("hdbscan", min_cluster_size=30).fit(frames)
    size = int(str(told.value).split("try min_cluster_size=")[1].split(",")[0])
    assert (make_method("hdbscan", min_cluster_size=size).fit(frames).labels_ >= 0).any()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("dbscan", {"eps": 0}, "eps to be a number above 0"),
        ("dbscan", {"eps": "wide"}, "eps to be a number above 0"),
        ("dbscan", {"min_samples": 0}, "min_samples to be an integer of at least 1"),
        ("dbscan", {"min_samples": 41}, r"min_samples of at most .* \(40\), received min_samples="),
        ("hdbscan", {"min_cluster_size": 1}, "min_cluster_size to be an integer of at least 2"),
        ("hdbscan", {"min_cluster_size": 41}, r"min_cluster_size of at most .* \(40\)"),
        ("hdbscan", {"min_samples": None}, "min_samples to be an integer of at least 1"),
        (
            "hdbscan",
            {"cluster_selection_method": "all"},
            r"to be one of \('eom', 'leaf'\), received 'all'",
        ),
    ],
)
def test_wrong_options_of_density_methods(name, options, words, frames):
    with pytest.raises(ParameterError, match=words):
        make_method(name, **options).fit(frames)


# --- Wrong options of the others -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("agglomerative", {"linkage": "median"}, "linkage to be one of .*'ward'.*'median'"),
        ("agglomerative", {"metric": "l3"}, "metric to be one of .*'cosine'.*'l3'"),
        ("agglomerative", {"metric": "cosine"}, "metric='euclidean' with linkage='ward'"),
        ("kmeans", {"n_init": 0}, "n_init to be an integer of at least 1"),
        ("gmm", {"n_components": None}, "n_components with method='gmm'"),
        ("gmm", {"covariance_type": "round"}, "covariance_type to be one of .*'round'"),
        ("gmm", {"reg_covar": 0.0}, "reg_covar to be a number above 0"),
        ("gmm", {"max_iter": 0.5}, "max_iter to be an integer"),
    ],
)
def test_wrong_options_are_told(name, options, words):
    with pytest.raises(ParameterError, match=words):
        make_method(name, 3, **options).check()


@pytest.mark.parametrize(("metric", "row"), [("cosine", [0, 0, 0]), ("correlation", [2, 2, 2])])
def test_frames_without_direction_have_no_angle(metric, row):
    points = plain_frames([[1, 2, 3], [3, 2, 1], row, [1, 0, 0]])
    with pytest.raises(ParameterError, match=rf"for metric='{metric}', received 1 such"):
        make_method("agglomerative", 2, linkage="average", metric=metric).fit(points)


@pytest.mark.parametrize("name", ["agglomerative", "pca_agglomerative", "dbscan", "hdbscan"])
def test_too_many_frames_to_compare_each_with_each(name):
    method = make_method(name, None if "scan" in name else 2)
    method.check(MOST_FRAMES)
    with pytest.raises(ParameterError, match=r"at most 30000 time steps.*received 30001, whose"):
        method.check(MOST_FRAMES + 1)


# --- In a Dataset ----------------------------------------------------------------------------


def test_noise_gets_the_fill_label():
    points = blobs((0, 0), (10, 0), (0, 10), n=8, extra=[(30, 30), (-40, 5)])
    ds = dataset_of(points)
    ds["a"][3] = np.nan  # and a missing frame
    labelled = ds.dsc.fit(method="dbscan", n_components=None, eps=0.05)
    labels, model = labelled.cluster, labelled.dsc.model
    assert model.n_clusters_ == 3
    assert model.n_clusters is None
    assert np.flatnonzero(labels == -1).tolist() == [3, 24, 25]
    assert np.bincount(labels[labels >= 0]).tolist() == [8, 8, 7]
    assert labels.attrs["flag_values"].tolist() == [-1, 0, 1, 2]
    assert labels.attrs["xdsc_method"] == "dbscan"
    assert labels.attrs["xdsc_n_clusters"] == 3
    assert labels.attrs["xdsc_random_state"] == "none"
    assert (model.predict(ds) == labels).all()

    regimes = labelled.dsc.composites()
    assert regimes.cluster.values.tolist() == [0, 1, 2]
    assert regimes.n_frames.values.tolist() == [8, 8, 7]
    assert "'dbscan', k=3, fitted on 25 time steps" in repr(model)
    assert "dbscan, k = 3" in model._repr_html_()
    assert "2 of 25 time steps" in labelled.dsc._repr_html_()
    with pytest.raises(ParameterError, match="memberships"):
        labelled.dsc.membership()


def test_models_without_k_before_their_fit():
    model = xdsc.ClusterModel(method="hdbscan")
    assert repr(model) == "<xdsc.ClusterModel 'hdbscan', not fitted>"
    assert ">hdbscan<" in model._repr_html_()


def test_memberships_of_a_mixture(small):
    labelled = small.dsc.fit(k=3, method="gmm", random_state=0)
    q = labelled.dsc.membership()
    assert q.sizes == {"time": 40, "cluster": 3}
    np.testing.assert_allclose(q.sum("cluster"), 1, rtol=1e-5)
    np.testing.assert_array_equal(q.argmax("cluster"), labelled.cluster)


def test_k_where_the_method_finds_it(small):
    for method in ("dbscan", sklearn.cluster.MeanShift()):
        with pytest.raises(ParameterError, match="which finds the number of regimes itself"):
            small.dsc.fit(k=3, method=method)


def test_empty_clusters_break_nothing():
    ds = dataset_of(
        plain_frames(np.repeat([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], [5, 4, 3], axis=0))
    )
    labelled = ds.dsc.fit(k=5, method="kmeans", random_state=0)
    assert labelled.cluster.values.tolist() == [0] * 5 + [1] * 4 + [2] * 3
    assert labelled.cluster.attrs["flag_values"].tolist() == [-1, 0, 1, 2, 3, 4]
    assert labelled.dsc.model.n_clusters_ == 5
    assert labelled.dsc.composites().sizes["cluster"] == 3
    assert (labelled.dsc.model.predict(ds) == labelled.cluster).all()


def test_one_frame_with_data_is_too_few(small):
    ready = small.dsc.preprocess()
    alone = ready.where(ready.time == ready.time[3]).assign_attrs(ready.attrs)
    for method in ("dbscan", sklearn.cluster.MeanShift()):
        with pytest.raises((ParameterError, InputError), match="time steps with data"):
            alone.dsc.fit(method=method)


# --- A clusterer of one's own ----------------------------------------------------------------


class ByFirstCell(ClusterMixin, BaseEstimator):
    """Above or below a threshold in the first cell; below zero is noise. It has no predict."""

    def __init__(self, threshold=0.5):
        self.threshold = threshold

    def fit(self, X, y=None):
        self.labels_ = np.where(X[:, 0] < 0, -1, np.where(X[:, 0] > self.threshold, 1, 0))
        return self


class Gives(BaseEstimator):
    """Gives whatever labels it was made with."""

    def __init__(self, labels=None):
        self.labels = labels

    def fit(self, X):
        if self.labels is not None:
            self.labels_ = np.asarray(self.labels)
        return self


def test_a_clusterer_is_copied_and_not_changed(frames):
    mine = sklearn.cluster.KMeans(4, n_init=3)
    method = make_method(mine, random_state=5).fit(frames)
    theirs = sklearn.cluster.KMeans(4, n_init=3, random_state=5).fit(frames.rows())
    np.testing.assert_array_equal(method.labels_, theirs.labels_)
    np.testing.assert_array_equal(method.predict(frames), theirs.labels_)
    assert method.n_clusters_ == 4
    assert method.seed_ == 5
    assert not hasattr(mine, "labels_")
    assert mine.random_state is None


def test_k_of_the_call_is_set_on_the_copy(small):
    mine = sklearn.cluster.BisectingKMeans()
    labelled = small.dsc.fit(k=3, method=mine, random_state=0)
    assert labelled.dsc.model.n_clusters_ == 3
    assert set(labelled.cluster.values) == {0, 1, 2}
    assert mine.n_clusters == 8
    assert labelled.cluster.attrs["xdsc_method"] == "BisectingKMeans"
    assert labelled.cluster.attrs["xdsc_random_state"] == 0
    assert "'BisectingKMeans', k=3, fitted" in repr(labelled.dsc.model)
    assert "BisectingKMeans, k = 3" in labelled.dsc._repr_html_()


def test_a_mixture_object_gives_memberships(small):
    mine = sklearn.mixture.GaussianMixture(2, covariance_type="diag", reg_covar=1e-2)
    labelled = small.dsc.fit(k=3, method=mine, random_state=0)
    q = labelled.dsc.membership()
    assert q.sizes["cluster"] == 3
    np.testing.assert_array_equal(q.argmax("cluster"), labelled.cluster)
    assert mine.n_components == 2


def test_a_pipeline_that_ends_in_a_clusterer(frames, small):
    mine = make_pipeline(StandardScaler(), PCA(3), sklearn.cluster.KMeans(2, n_init=5))
    method = make_method(mine, 3, random_state=1).fit(frames)
    assert method.estimator_["kmeans"].n_clusters == 3
    assert method.estimator_["pca"].random_state == method.estimator_["kmeans"].random_state == 1
    np.testing.assert_array_equal(method.predict(frames), method.labels_)
    labelled = small.dsc.fit(method=mine, random_state=1)
    assert labelled.dsc.model.n_clusters_ == 2
    assert labelled.cluster.attrs["xdsc_method"] == "Pipeline(StandardScaler, PCA, KMeans)"

    without_predict = make_pipeline(PCA(3), sklearn.cluster.AgglomerativeClustering(3))
    method = make_method(without_predict).fit(frames)
    assert method.predict(frames).shape == (40,)
    assert method.n_clusters_ == 3


def test_a_seed_of_its_own_is_kept(frames):
    method = make_method(sklearn.cluster.KMeans(3, random_state=9), random_state=1).fit(frames)
    assert method.estimator_.random_state == 9
    assert method.seed_ == 9


def test_a_clusterer_of_ones_own_with_noise_and_without_predict():
    points = plain_frames([[0.1, 0], [0.2, 0], [0.9, 1], [-1, 0], [0.8, 1]])
    method = make_method(ByFirstCell()).fit(points)
    assert method.labels_.tolist() == [0, 0, 1, -1, 1]
    assert method.n_clusters_ == 2
    assert method.predict(plain_frames([[0, 0.1], [1, 0.9]])).tolist() == [0, 1]
    assert method.abilities == {"predict"}
    with pytest.raises(ParameterError, match=r"gives memberships, received Estimator"):
        method.predict_proba(points)
    assert method.seed_ is None


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (PCA(2), "clusterer: an object with fit.*received PCA"),
        (LogisticRegression(), "received LogisticRegression, which wants the labels"),
        (Gives(), "received Gives"),
        (Gives(np.zeros(3, int)), r"Gives, which gives int64 of shape \(3,\)"),
        (Gives(np.zeros(40)), r"which gives float64 of shape \(40,\)"),
        (Gives(np.full(40, 1000)), "one label a frame, from 0 to below their number"),
        (Gives(np.full(40, -1)), "nothing but noise from Gives"),
        (sklearn.cluster.KMeans(40), r"k below the number of time steps with data \(40\)"),
        (sklearn.cluster.FeatureAgglomeration(3), "which gives int64 of shape"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_is_no_clusterer_is_told_what_one_is(estimator, words, frames):
    with pytest.raises(ParameterError, match=words):
        make_method(estimator).fit(frames)


def test_a_class_is_told_to_become_an_object():
    with pytest.raises(ParameterError, match=r"make an object of it, method=KMeans\(\.\.\.\)"):
        make_method(sklearn.cluster.KMeans, 3)


def test_options_of_a_clusterer_are_its_own(small):
    with pytest.raises(ParameterError, match=r"options of method='KMeans'.*received n_init"):
        small.dsc.fit(k=3, method=sklearn.cluster.KMeans(), n_init=3)


def test_warnings_of_a_clusterer_of_ones_own_are_its_own():
    points = plain_frames(np.repeat([[0.0, 0.0], [1.0, 1.0]], 4, axis=0))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make_method(sklearn.cluster.KMeans(3, n_init=1), random_state=0).fit(points)
    assert "Number of distinct clusters (2)" in str(told[0].message)
