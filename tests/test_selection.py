"""Comparisons: the same data and seeds for all, nothing done twice, nothing lost."""

import errno
import json
import os
import warnings
from collections import namedtuple
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
from clusterers import Moody
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import Birch, KMeans

import xdsc
from xdsc.errors import InputError, ParameterError, StorageError, XdscWarning
from xdsc.frames import disk
from xdsc.methods.classical.agglomerative import Agglomerative
from xdsc.methods.classical.kmeans import KMeans as OwnKMeans
from xdsc.selection.results import Run, Runs, place_for
from xdsc.selection.runner import seeds_of
from xdsc.selection.tasks import as_json, make_tasks

METRICS = ["silhouette", "rmse_mean"]


def compare(ds, k=3, methods=("kmeans", "agglomerative"), **arguments):
    given = {"n_runs": 3, "metrics": METRICS, "progress": False, **arguments}
    return xdsc.compare(ds, k, methods, **given)


@pytest.fixture
def fits(monkeypatch):
    """Seeds of all fits of k-means (None for agglomerative clustering), as they happen."""
    done = []
    for method in (OwnKMeans, Agglomerative):

        def fit(self, frames, original=method.fit, method=method):
            done.append(self.random_state if method is OwnKMeans else None)
            return original(self, frames)

        monkeypatch.setattr(method, "fit", fit)
    return done


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.jsonl"


class Interrupted(ClusterMixin, BaseEstimator):
    def fit(self, X, y=None):
        raise KeyboardInterrupt


# --- The result ------------------------------------------------------------------------------


def test_every_run_is_what_a_fit_and_a_score_give(messy):
    found = compare(messy, truth="regime", metrics=None)
    assert found.score.dims == ("method", "run", "metric")
    assert found.labels.dims == ("method", "run", "time")
    for method in ("kmeans", "agglomerative"):
        for run in range(3):
            one = found.sel({"method": method, "run": run})
            labelled = messy.dsc.fit(k=3, method=method, random_state=int(one.seed))
            np.testing.assert_array_equal(one.labels, labelled.cluster)
            np.testing.assert_array_equal(one.score, labelled.dsc.score(truth="regime").score)
    assert found.labels.dtype == np.int32
    assert (found.labels[..., [5, 7]] == -1).all()
    assert found.labels.attrs["flag_values"].tolist() == [-1, 0, 1, 2]
    assert found.labels.attrs["flag_meanings"] == "no_label regime_0 regime_1 regime_2"
    assert (found.n_clusters == 3).all()
    assert (found.fit_seconds > 0).all()
    assert (found.error == "").all()
    assert found.method_title.values.tolist() == ["k-means", "Agglomerative"]
    assert found.direction.sel(metric="rmse_mean") == "lower"
    assert found.attrs["k"] == 3
    assert found.attrs["variables"] == "sst sp t2m u10"
    assert found.attrs["preparation"] == '{"scale": "minmax"}'
    assert "scikit-learn" in found.attrs["versions"]


def test_the_result_survives_a_file(small, tmp_path):
    found = compare(small, k=[2, 3])
    found.to_netcdf(tmp_path / "comparison.nc")
    with xr.open_dataset(tmp_path / "comparison.nc") as back:
        xr.testing.assert_equal(back, found)
        assert xdsc.format_table(back.sel(k=2)) == xdsc.format_table(found.sel(k=2))


def test_dask_equals_numpy_and_nothing_is_changed(messy):
    before = messy.copy(deep=True)
    whole = compare(messy)
    xr.testing.assert_identical(messy, before)
    lazy = compare(messy.chunk(time=9, latitude=2))
    xr.testing.assert_equal(lazy.labels, whole.labels)
    xr.testing.assert_allclose(lazy.score, whole.score)


def test_the_accessor_and_prepared_data(small):
    found = small.dsc.compare(k=3, methods=["kmeans"], n_runs=2, metrics=METRICS, progress=False)
    expected = compare(small, methods=["kmeans"], n_runs=2)
    xr.testing.assert_identical(found.drop_vars("fit_seconds"), expected.drop_vars("fit_seconds"))
    prepared = compare(small.dsc.preprocess(scale="standard"), methods=["kmeans"], n_runs=1)
    assert prepared.attrs["preparation"] == '{"scale": "standard"}'
    given = xdsc.Preprocessor(scale="standard")
    xr.testing.assert_equal(
        prepared.score, compare(small, methods=["kmeans"], n_runs=1, preprocessor=given).score
    )
    assert not hasattr(given, "steps_")
    some = compare(small, methods=["kmeans"], n_runs=1, variables=["t2m", "sp"])
    assert some.attrs["variables"] == "t2m sp"


def test_several_k(small):
    found = compare(small, k=[2, 4], n_runs=2)
    assert found.score.dims == ("k", "method", "run", "metric")
    assert found.k.values.tolist() == [2, 4]
    for k in (2, 4):
        alone = compare(small, k=k, n_runs=2)
        xr.testing.assert_equal(found.score.sel(k=k, drop=True), alone.score)
        xr.testing.assert_equal(found.labels.sel(k=k, drop=True), alone.labels)


def test_methods_that_find_k_get_none(small):
    found = compare(
        small,
        methods=["kmeans", "hdbscan"],
        options={"hdbscan": {"min_cluster_size": 5, "min_samples": 1}},
    )
    assert (found.n_clusters.sel({"method": "kmeans"}) == 3).all()
    alone = compare(
        small, None, ["hdbscan"], options={"hdbscan": {"min_cluster_size": 5, "min_samples": 1}}
    )
    xr.testing.assert_equal(found.labels.sel({"method": ["hdbscan"]}), alone.labels)
    assert "k" not in alone.attrs


def test_estimators_and_names_of_ones_own(small):
    ward = {"linkage": "ward"}
    found = compare(
        small,
        methods={"birch": Birch(), "ward": "agglomerative", "single": "agglomerative"},
        options={"ward": ward, "single": {"linkage": "single"}},
    )
    assert found.method.values.tolist() == ["birch", "ward", "single"]
    assert found.method_title.values.tolist() == ["birch", "ward", "single"]
    assert (found.labels.sel({"method": "ward"}) != found.labels.sel({"method": "single"})).any()
    expected = small.dsc.fit(k=3, method="agglomerative", **ward).cluster
    np.testing.assert_array_equal(found.labels.sel({"method": "ward", "run": 0}), expected)
    assert json.loads(found.attrs["options"])["ward"] == ward
    assert compare(small, methods=[Birch()]).method.item() == "Birch"


def test_embedding_space(small):
    space = {"space": "embedding", "metrics": "silhouette"}
    found = compare(small, methods=["pca_kmeans"], n_runs=1, **space)
    fitted = small.dsc.fit(k=3, method="pca_kmeans", random_state=int(found.seed[0]))
    assert found.score.item() == fitted.dsc.score(**space).score.item()
    with pytest.raises(ParameterError, match="received kmeans, agglomerative"):
        compare(small, methods=["pca_kmeans", "kmeans", "agglomerative"], **space)


# --- Seeds -----------------------------------------------------------------------------------


def test_seeds_depend_on_random_state_and_run_alone(small, fits):
    first = compare(small, methods=["agglomerative", "kmeans"])
    second = compare(small, methods=["kmeans"], n_runs=4)
    assert fits == [None, *first.seed.values, *second.seed.values]
    assert first.seed.values.tolist() == second.seed.values[:3].tolist()
    xr.testing.assert_equal(
        first.labels.sel({"method": "kmeans"}),
        second.labels.sel({"method": "kmeans", "run": [0, 1, 2]}),
    )
    assert len(set(seeds_of(0, 100)) | set(seeds_of(1, 100))) == 200


def test_a_method_without_random_numbers_runs_once(small, fits):
    found = compare(small)
    assert fits.count(None) == 1
    assert found.deterministic.values.tolist() == [False, True]
    assert "once" in found.deterministic.attrs["long_name"]
    xr.testing.assert_equal(
        found.score[1, 0].drop_vars(["run", "seed"]), found.score[1, 2].drop_vars(["run", "seed"])
    )
    # An estimator with a seed of its own takes no other.
    fixed = compare(small, methods=[KMeans(n_init=1, random_state=0)])
    assert fixed.deterministic.all()


# --- Results files ---------------------------------------------------------------------------


def test_what_is_in_the_file_is_not_run_again(small, path, fits):
    whole = compare(small, results=path)
    assert len(fits) == 4
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 5
    path.write_text("".join(lines[:3]))  # the header and two runs of k-means
    fits.clear()
    again = compare(small, results=path)
    assert fits == [whole.seed[2], None]
    xr.testing.assert_equal(again.drop_vars("fit_seconds"), whole.drop_vars("fit_seconds"))
    np.testing.assert_array_equal(again.fit_seconds[0, :2], whole.fit_seconds[0, :2])
    fits.clear()
    third = compare(small, results=path)
    assert fits == []
    xr.testing.assert_identical(third, again)


def test_more_runs_and_methods_add_to_the_file(small, path, fits):
    compare(small, methods=["kmeans"], n_runs=2, results=path)
    compare(small, methods=["agglomerative", "kmeans"], n_runs=3, results=path)
    assert len(fits) == 4
    compare(small, k=[3, 4], methods=["kmeans"], n_runs=2, results=path)
    assert len(fits) == 6


def test_changed_options_are_run_anew(small, path, fits):
    first = compare(small, results=path)
    fits.clear()
    options = {"kmeans": {"n_init": 1}}
    changed = compare(small, results=path, options=options)
    assert fits == first.seed.values.tolist()
    fits.clear()
    # Both are in the file now.
    xr.testing.assert_identical(compare(small, results=path, options=options), changed)
    xr.testing.assert_identical(compare(small, results=path), first)
    assert fits == []


def test_other_metrics_or_another_truth_need_no_other_fit(small, path, fits):
    compare(small, results=path)
    fits.clear()
    more = compare(small, results=path, metrics=None, truth="regime")
    assert fits == []
    xr.testing.assert_equal(more.score, compare(small, metrics=None, truth="regime").score)
    fits.clear()
    other = compare(small, results=path, metrics="v_measure", truth=np.arange(40) % 2)
    assert fits == []
    assert (other.score != more.score.sel(metric=["v_measure"])).all()
    size = path.stat().st_size
    compare(small, results=path, metrics="v_measure", truth=np.arange(40) % 2)
    assert path.stat().st_size == size


def test_a_half_written_last_line_is_cut_off(small, path, fits):
    whole = compare(small, results=path)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    fits.clear()
    again = compare(small, results=path)
    assert fits == [None]
    xr.testing.assert_equal(again.labels, whole.labels)
    assert len(path.read_bytes().splitlines()) == 5
    # Even where that was the header.
    path.write_bytes(content[:30])
    compare(small, results=path, n_runs=1)
    assert path.read_bytes().splitlines()[0] == content.splitlines()[0]


def test_a_file_of_other_data_is_left_alone(small, path):
    compare(small, results=path, n_runs=1)
    content = path.read_bytes()
    changed = small.assign(t2m=small.t2m.copy())
    changed["t2m"][3, 2, 2] += 1e-3
    for other in (changed, small.isel(time=slice(1, None)), small[["t2m"]]):
        with pytest.raises(InputError, match=r"same prepared data.*nothing was changed"):
            compare(other, results=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("text", ["method,score\nkmeans,1\n", "notes", '{"format": "geojson"}\n'])
def test_a_file_of_another_kind_is_left_alone(small, path, text):
    path.write_text(text)
    with pytest.raises(InputError, match="holds something else"):
        compare(small, results=path)
    assert path.read_text() == text


def test_a_broken_line_is_named(small, path):
    compare(small, results=path, n_runs=1)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{}\n" + lines[1])
    with pytest.raises(InputError, match="line 2"):
        compare(small, results=path)


def test_an_interruption_keeps_what_was_done(small, path, fits):
    with pytest.raises(KeyboardInterrupt):
        compare(small, methods=["kmeans", Interrupted(), "agglomerative"], results=path)
    fits.clear()
    compare(small, results=path)
    assert fits == [None]


def test_infinite_and_missing_scores_come_back(path):
    fields = np.repeat([0.0, 1.0, 5.0], 4).reshape(12, 1, 1)
    coords = {"time": xr.date_range("2000", periods=12), "lat": [50.0], "lon": [0.0]}
    ds = xr.Dataset({"v": (("time", "lat", "lon"), fields)}, coords=coords)
    given = {"metrics": ["calinski_harabasz", "davies_bouldin"], "results": path, "n_runs": 1}
    first = compare(ds, methods=["agglomerative"], **given)
    assert first.score.sel(metric="calinski_harabasz").item() == np.inf
    json.loads(path.read_text().splitlines()[1], parse_constant=pytest.fail)  # no NaN: valid JSON
    xr.testing.assert_identical(compare(ds, methods=["agglomerative"], **given), first)


# --- Failures --------------------------------------------------------------------------------


def test_a_run_that_fails_is_told_once_and_spoils_no_other(small, path):
    with pytest.warns(XdscWarning) as caught:
        found = compare(small, methods=[Moody(), "kmeans"], n_runs=6, results=path)
    assert len(caught) == 1
    odd = found.seed.values % 2 == 1
    assert 0 < odd.sum() < 6
    assert f"{odd.sum()} that failed" in str(caught[0].message)
    assert caught[0].filename == __file__
    moody = found.sel({"method": "Moody"})
    assert moody.error[odd].values.tolist() == ["RuntimeError: a bad day"] * odd.sum()
    assert (moody.error[~odd] == "").all()
    assert moody.score[odd].isnull().all()
    assert (moody.labels[odd] == -1).all()
    assert (moody.n_clusters[odd] == 0).all()
    assert moody.fit_seconds[odd].isnull().all()
    assert moody.score[~odd].notnull().all()
    assert found.score.sel({"method": "kmeans"}).notnull().all()


def test_what_failed_is_tried_again(small, path, monkeypatch):
    with pytest.warns(XdscWarning):
        compare(small, methods=[Moody()], n_runs=6, results=path)
    tried = []

    def fit(self, X, y=None):
        tried.append(self.random_state)
        self.labels_ = np.arange(len(X)) % self.n_clusters
        return self

    monkeypatch.setattr(Moody, "fit", fit)
    found = compare(small, methods=[Moody()], n_runs=6, results=path)
    assert tried == [seed for seed in found.seed.values if seed % 2]
    assert (found.error == "").all()


# --- Errors before the first run -------------------------------------------------------------


def test_all_wrong_arguments_come_together_before_any_run(small, fits):
    options = {"kmeans": {"n_init": 0}, "agglomerative": {"linkages": "ward"}}
    with pytest.raises(
        ParameterError, match=r"kmeans: .*n_init=0[^-]*\n- agglomerative: .*linkages"
    ):
        compare(small, options=options)
    with pytest.raises(ParameterError, match=r"kmeans: .*below the number of time steps"):
        compare(small, k=40)
    with pytest.raises(ParameterError, match=r"agglomerative: .*k= or n_clusters="):
        compare(small, k=None)
    assert fits == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"methods": ["kmean"]}, "'kmean'"),
        ({"methods": []}, "at least one method"),
        ({"methods": ["kmeans", "kmeans"]}, "methods that differ"),
        ({"options": {"dsc": {}}}, "some for dsc"),
        ({"options": {"kmeans": {"random_state": 1}}}, "pass k=, random_state="),
        ({"n_runs": 0}, "n_runs=0"),
        ({"random_state": -1}, "random_state=-1"),
        ({"space": "latent"}, "one of 'data', 'embedding'"),
        ({"metrics": "silhuette"}, "'silhuette'"),
        ({"metrics": "v_measure"}, "pass truth="),
        ({"k": [3, 3]}, "several that differ"),
        ({"k": []}, "several that differ"),
        ({"k": [3, np.int64(3)]}, "several that differ"),
        ({"k": [[3, 4], [5, 6]]}, "k to be an integer"),
        ({"k": np.array(1)}, "k of at least 2"),
    ],
)
def test_wrong_arguments(small, fits, arguments, text):
    with pytest.raises(ParameterError, match=text):
        compare(small, **arguments)
    assert fits == []


def test_options_as_json_are_the_same_in_every_process():
    class Plain:
        def __init__(self):
            self.size = 3

    assert as_json(KMeans(3)) == as_json(KMeans(3))
    assert as_json(KMeans(3)) != as_json(KMeans(4))
    assert as_json(Plain()) == as_json(Plain())
    assert "0x" not in json.dumps(as_json({"a": Plain(), "f": as_json, "c": KMeans}))
    assert as_json({"x": np.float32(0.5), "y": (1, np.arange(2))}) == {"x": 0.5, "y": [1, [0, 1]]}


# --- Tables ----------------------------------------------------------------------------------


@pytest.fixture
def result():
    """Three methods, four runs: m_2 ties with m_1 when rounded, m_3 failed in one metric."""
    silhouette = [[0.1, 0.2, 0.3, 0.5], [0.4999, 0.1, 0.1, 0.1], [0.0, -0.2, 0.1, np.nan]]
    rmse = [[12.0, 14.0, 11.0, 13.0], [10.0, 20.0, 30.0, np.inf], [np.nan] * 4]
    return xr.Dataset(
        {"score": (("method", "run", "metric"), np.stack([silhouette, rmse], axis=-1))},
        coords={
            "metric": METRICS,
            "title": ("metric", ["Silhouette", "RMSE_mean"]),
            "direction": ("metric", ["higher", "lower"]),
            "method": ["m_1", "m_2", "m_3"],
            "method_title": ("method", ["M_1 & <co>", "M|2", "m_3"]),
        },
    )


def test_best_median_and_spread_over_the_runs(result):
    table = xdsc.comparison_table(result)
    assert table.index.tolist() == ["M_1 & <co>", "M|2", "m_3"]
    expected = {
        ("Silhouette ↑", "best"): [0.5, 0.4999, 0.1],
        ("Silhouette ↑", "median"): [0.25, 0.1, 0.0],
        # Quartiles of four runs: a quarter of the way between neighbours.
        ("Silhouette ↑", "spread"): [0.35 - 0.175, (0.1 + 0.3999 / 4) - 0.1, 0.15],
        ("RMSE_mean ↓", "best"): [11.0, 10.0, np.nan],
        ("RMSE_mean ↓", "median"): [12.5, 25.0, np.nan],
        ("RMSE_mean ↓", "spread"): [1.5, np.inf, np.nan],
    }
    assert table.columns.tolist() == list(expected)
    for name, column in expected.items():
        np.testing.assert_allclose(table[name], column, rtol=1e-12, err_msg=str(name))


def test_one_statistic_has_plain_columns(result):
    table = xdsc.comparison_table(result, ["rmse_mean"], "median")
    assert table.columns.tolist() == ["RMSE_mean ↓"]
    assert table.index.name == "Method"


def test_the_best_is_bold_in_markdown(result):
    text = xdsc.format_table(result, "markdown", statistic="best")
    lines = [[cell.strip() for cell in line.split(" | ")] for line in text.splitlines()]
    assert lines[0] == ["| Method", "Silhouette ↑", "RMSE_mean ↓ |"]
    # 0.4999 reads as 0.500, so it is bold as well; a missing value is not.
    assert lines[2] == ["| M_1 & <co>", "**0.500**", "11.0 |"]
    assert lines[3] == [r"| M\|2", "**0.500**", "**10.0** |"]
    assert lines[4] == ["| m_3", "0.100", "– |"]


def test_the_best_is_bold_in_html(result):
    text = xdsc.format_table(result, "html", statistic=["best", "spread"])
    assert text.count("<td><b>0.500</b></td>") == 2
    assert text.count("<td><b>10.0</b></td>") == 1
    assert text.count("<b>") == 3  # no spread is the best
    assert "<td>0.100</td>" in text
    assert "<td>–</td>" in text
    assert "<th>M_1 &amp; &lt;co&gt;</th>" in text


def test_the_best_is_bold_in_latex(result):
    text = xdsc.format_table(result, "latex", statistic="median", digits=2)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert rows == [
        r" & Silhouette $\uparrow$ & RMSE\_mean $\downarrow$ \\",
        r"M\_1 \& <co> & \textbf{0.25} & \textbf{12} \\",
        r"M|2 & 0.10 & 25 \\",
        r"m\_3 & 0.00 & -- \\",
    ]
    alone = result.isel(method=[2]).assign(score=result.score.isel(method=[2]) - 1)
    negative = xdsc.format_table(alone, "latex", metrics="silhouette", statistic="best", digits=2)
    assert r"m\_3 & \textbf{$-$0.90} \\" in negative


def test_nothing_is_bold_where_nothing_has_a_value(result):
    empty = result.assign(score=result.score * np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert xdsc.comparison_table(empty).isnull().all(axis=None)
        for kind, mark in (("html", "<b>"), ("markdown", "**"), ("latex", "textbf")):
            assert mark not in xdsc.format_table(empty, kind)


def test_wrong_tables(result):
    with pytest.raises(ParameterError, match="received format='pdf'"):
        xdsc.format_table(result, "pdf")
    with pytest.raises(ParameterError, match="received 'davies_bouldin'"):
        xdsc.comparison_table(result, ["silhouette", "davies_bouldin"])
    with pytest.raises(ParameterError, match="received 'mean'"):
        xdsc.comparison_table(result, statistic="mean")
    with pytest.raises(InputError, match=r"result\.sel\(k=4\)"):
        xdsc.comparison_table(result.expand_dims(k=[4, 7]))


def test_networks_are_known_to_be_random_before_they_run():
    """So their runs need not wait for the first one, which tells it of others."""
    tasks = make_tasks(["dsc", "cnn_encoder", "kmeans", "agglomerative"], 3, {})
    assert [task.is_random for task in tasks] == [True, True, False, False]


@pytest.mark.parametrize(
    "place", [".", "no/such/runs.jsonl", "pipe", "/dev/full", "", 3, b"a", "a\0b", "closed.jsonl"]
)
def test_a_place_where_nothing_can_be_kept_is_told_before_any_run(
    small, place, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    if place == "closed.jsonl":
        Path(place).touch(0o444)
        if os.access(place, os.W_OK):
            pytest.skip("the user may write everywhere")
    monkeypatch.setattr("xdsc.selection.comparison.prepare", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(ParameterError, match="results= to be the name of a file"):
        xdsc.compare(small, 3, ["kmeans"], results=place)
    assert not Path("no").exists()


def test_a_place_in_the_folder_of_the_user_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "expanduser", lambda path: tmp_path / path.relative_to("~"))
    assert place_for("~/runs.jsonl") == tmp_path / "runs.jsonl"


def test_a_disk_without_room_is_told_before_data_are_read(path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(100, 0, 100))
    ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3).chunk(time=10)
    with (
        dask.config.set(scheduler=lambda *args, **kwargs: pytest.fail("data are read")),
        pytest.raises(StorageError, match=r"free disk for runs.*100 B in .*another disk"),
    ):
        compare(ds, results=path)
    assert not path.exists()


def test_a_disk_that_fills_up_keeps_whole_runs_alone(tmp_path, monkeypatch):
    runs = Runs(tmp_path / "runs.jsonl", {"data": "x"})
    before = (tmp_path / "runs.jsonl").read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xdsc.selection.results.os.fsync", full)
    with pytest.raises(StorageError, match="free disk for runs"):
        runs.add(Run({"method": "kmeans"}, 0, np.zeros(5, np.int32)))
    assert (tmp_path / "runs.jsonl").read_bytes() == before
    # With room again the file goes on, as the error says.
    monkeypatch.undo()
    runs.add(Run({"method": "kmeans"}, 0, np.zeros(5, np.int32)))
    assert len((tmp_path / "runs.jsonl").read_bytes()) > len(before)
