"""What a new user types first: one line, on a Dataset or a DataArray, and looks at what came."""

import io
import json
import logging
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError
from xdsc.frames import Frames
from xdsc.methods import METHODS, MethodName
from xdsc.preprocessing import PRESETS, PresetName
from xdsc.progress import progress_bar, steps
from xdsc.selection.runner import runs_for

KMEANS = {"k": 3, "method": "kmeans", "random_state": 0}


@pytest.fixture(scope="module")
def year():
    ds = xdsc.tutorial.open_dataset(n_times=400, n_lat=4, n_lon=4, n_regimes=3)
    return ds[["t2m", "sp"]]


# --- The settings of the preparation, in one line ------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"season": "DJF", "deseasonalize": True},
        {"preset": "weather-regimes", "filter": "5D", "scale": None},
        {"sel": {"latitude": slice(45, 44.5)}, "time": "time"},
    ],
)
def test_a_fit_takes_what_preprocess_takes(year, settings, tmp_path):
    found = year.dsc.fit(**KMEANS, **settings)
    ready = year.dsc.preprocess(**settings).dsc.fit(**KMEANS)
    labels = ready.cluster.reindex_like(found.cluster, fill_value=-1)
    np.testing.assert_array_equal(found.cluster, labels)
    attrs = found.cluster.attrs["xdsc_preparation"], ready.cluster.attrs["xdsc_preparation"]
    assert json.loads(attrs[0]) == json.loads(attrs[1])
    xr.testing.assert_identical(found.drop_vars("cluster"), year)
    # A model from a file is fitted again in the same way.
    found.dsc.model.save(tmp_path / "model.xdsc")
    again = xdsc.load_model(tmp_path / "model.xdsc").fit(year)
    np.testing.assert_array_equal(again.labels_, found.cluster)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ({"deseasonalise": True}, "write deseasonalize="),
        ({"sesaon": "DJF"}, "write season="),
        ({"n_componets": 3}, "write n_components="),
        ({"presets": "paper"}, "write preset="),
        ({"unit": {"t2m": "degC"}}, "write units="),
        ({"matchto": 3}, "write match_to="),
        ({"season": "DJF", "preprocessor": xdsc.Preprocessor()}, "leave season= out"),
    ],
)
def test_misspelt_and_doubled_settings_are_told(year, arguments, advice):
    with pytest.raises(ParameterError, match=advice):
        year.dsc.fit(**KMEANS, **arguments)


@pytest.mark.parametrize(
    "option", [{"optimizer": "sgd"}, {"max_iter": 300}, {"loss_weights": (1, 1)}, {"anchor": None}]
)
def test_an_option_of_another_method_is_no_misspelt_setting(year, option):
    with pytest.raises(ParameterError, match=r"options of method='kmeans'.*leave it out"):
        year.dsc.fit(**KMEANS, **option)


@pytest.mark.parametrize(
    ("wrong", "right"), [("method", "methods"), ("n_run", "n_runs"), ("result", "results")]
)
def test_a_comparison_tells_which_argument_was_meant(year, wrong, right):
    with pytest.raises(ParameterError, match=f"write {right}="):
        year.dsc.compare(3, **{wrong: "kmeans"})


def test_settings_of_prepared_data_are_told(year):
    with pytest.raises(ParameterError, match="a prepared Dataset"):
        year.dsc.preprocess(season="DJF").dsc.fit(**KMEANS, season="JJA")


def test_an_option_that_has_the_name_of_a_setting_is_the_method_s():
    model = xdsc.ClusterModel(3, method="dtcr", units=(4, 2), season="DJF")
    assert model.options == {"units": (4, 2)}
    assert model.settings == {"season": "DJF"}


def test_a_comparison_takes_them_too(year):
    one = {"methods": ["kmeans"], "n_runs": 1, "metrics": "rmse_mean", "progress": False}
    found = year.dsc.compare(3, preset="weather-regimes", season="DJF", **one)
    given = xdsc.Preprocessor(preset="weather-regimes", season="DJF")
    expected = year.dsc.compare(3, preprocessor=given, **one)
    xr.testing.assert_identical(found.labels, expected.labels)
    with pytest.raises(ParameterError, match="write season="):
        year.dsc.compare(3, sesaon="DJF", **one)


def test_runs_are_as_many_as_there_is_time_for(year):
    plain = [SimpleNamespace(is_random=False)]
    deep = [*plain, SimpleNamespace(is_random=True)]
    assert [runs_for(deep, n) for n in (1, 10**6, 2 * 10**6, 10**9)] == [20, 20, 10, 3]
    assert runs_for(plain, 10**9) == 20
    short = year.isel(time=slice(40))
    found = short.dsc.compare(3, ["agglomerative"], metrics="rmse_mean", progress=False)
    assert found.attrs["n_runs"] == found.sizes["run"] == 20


# --- DataArrays ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["t2m", None, "time", 5])
def test_a_dataarray_is_a_dataset_of_one_variable(year, name):
    da = year.t2m.rename(name)
    found = da.dsc.fit(**KMEANS, season="DJF")
    ds = year[["t2m"]].dsc.fit(**KMEANS, season="DJF")
    assert found.name == name
    xr.testing.assert_identical(found.drop_vars("cluster"), da)
    np.testing.assert_array_equal(found.cluster, ds.cluster)
    assert found.dsc.model is da.dsc.model
    variable = name if name == "t2m" else "field"
    expected, composites = ds.dsc.composites(), found.dsc.composites()
    np.testing.assert_array_equal(composites[variable], expected.t2m)
    xr.testing.assert_equal(found.dsc.frequency(), ds.dsc.frequency())
    ready = da.dsc.preprocess(season="DJF")
    assert ready.name == name
    again = ready.dsc.fit(**KMEANS)
    kept = found.cluster.where(found.cluster >= 0, drop=True)
    np.testing.assert_array_equal(again.cluster, kept)
    named = found.dsc.rename({0: "NAO+"})
    assert named.dsc.model is found.dsc.model
    assert "NAO+" in named.cluster.attrs["flag_meanings"]
    assert found.dsc.reorder([2, 1, 0]).name == name
    assert repr(found.dsc).startswith("<da.dsc, fitted")


def test_a_dataarray_is_asked_as_it_is_now(year):
    da = year.t2m.copy()
    da.dsc.fit(**KMEANS)
    da.coords["cluster"] = ("time", np.arange(400) % 2)
    assert da.dsc.composites().n_frames.values.tolist() == [200, 200]


def test_the_accessors_have_a_typed_door(year):
    assert xdsc.dsc(year) is year.dsc
    da = year.t2m
    assert xdsc.dsc(da) is da.dsc


# --- What is shown ------------------------------------------------------------------------------


def test_comparisons_show_their_table(year):
    found = year.dsc.compare(
        [2, 3], ["kmeans"], n_runs=1, metrics=["silhouette", "rmse_mean"], progress=False
    )
    html = found.dsc._repr_html_()
    assert "<summary>Scores, k = 3</summary>" in html
    assert "Silhouette ↑" in html
    assert "comparison of kmeans, 1 runs, k = 2, 3" in repr(found.dsc)
    assert "Scores</summary>" in found.sel(k=2).dsc._repr_html_()


def test_text_where_the_user_wants_text(year):
    labelled = year.dsc.fit(**KMEANS, deseasonalize=True)
    shown = [labelled.dsc, labelled.dsc.model, labelled.dsc.model.preprocessor_]
    html = [one._repr_html_() for one in shown]
    assert all("<details>" in text for text in html)
    assert "climatology={" in html[2]
    with xr.set_options(display_style="text"):
        assert all(one._repr_html_().startswith("<pre>") for one in shown)
        assert "<details>" not in "".join(one._repr_html_() for one in shown)


def test_a_preprocessor_shows_what_its_preset_says_besides():
    html = xdsc.Preprocessor(preset="weather-regimes", scale="robust")._repr_html_()
    assert "not fitted" in html
    assert html.count("<th>scale</th>") == 1
    assert "<th>area_weights</th><td>True</td>" in html


def test_tables_of_names_are_completed_and_editors_know_them():
    assert METHODS._ipython_key_completions_() == list(METHODS) == list(get_args(MethodName))
    assert set(get_args(get_args(PresetName)[0])) == set(PRESETS)
    assert "silhouette" in xdsc.metrics.METRICS._ipython_key_completions_()


def test_versions_are_shown():
    text = io.StringIO()
    xdsc.show_versions(text)
    assert f"xdsc: {xdsc.__version__}\n" in text.getvalue()
    assert f"xarray: {xr.__version__}\n" in text.getvalue()


# --- Progress -----------------------------------------------------------------------------------


def test_a_bar_is_there_at_once_and_filled_in_the_end(capsys):
    with progress_bar("DSC", shown=True) as bar:
        bar.stage("preparing the data")
        assert "DSC: preparing the data" in capsys.readouterr().err
        with progress_bar("inner", shown=True) as same:
            assert same is bar
            bar.plan(10, "epoch")
            bar.advance(4, "joint")
            with progress_bar("one of four", shown=True) as part:
                part.advance(2, "pretrain")
                assert "one of four, pretrain 2" in str(bar._bar.postfix)
            bar.advance(6)
            bar.stage("labels have settled after 4 of 10 epochs")
    text = capsys.readouterr().err
    assert "10/10" in text
    assert text.rstrip().endswith("labels have settled after 4 of 10 epochs]")


def test_work_that_is_short_is_not_shown(capsys):
    with progress_bar("k-means", shown=True, quick=True) as bar:
        bar.stage("looking for regimes")
    with progress_bar("DSC", shown=False) as bar:
        bar.plan(3, "epoch")
        bar.advance()
    assert capsys.readouterr().err == ""


def test_nested_work_has_one_bar(year, capsys, monkeypatch):
    bars = []
    from tqdm.std import tqdm

    class Counted(tqdm):
        def __init__(self, *args, **kwargs):
            bars.append(kwargs)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr("xdsc.progress._tqdm", lambda: Counted)
    year.dsc.compare(3, ["kmeans"], n_runs=2, metrics="rmse_mean")
    assert len(bars) == 1
    assert "2/2" in capsys.readouterr().err


def test_a_record_is_streamed_under_the_bar_of_the_fit(year, capsys):
    from xdsc.cf import find_axes
    from xdsc.frames.reading import stream_frames

    ready = year.dsc.preprocess().chunk(time=50)
    with progress_bar("DSC", shown=True) as bar:
        frames = stream_frames(
            ready, find_axes(ready), ["t2m"], 86400.0, budget=2**20, progress=True
        )
        assert isinstance(frames, Frames)
        frames.close()
        assert bar.total is None
        bar.plan(2, "epoch")
        bar.advance(2)
    text = capsys.readouterr().err
    assert "block" in text
    assert "2/2" in text
    assert "Reading" not in text


def test_stages_are_logged_under_the_name_of_the_package(year, caplog):
    with caplog.at_level(logging.INFO, logger="xdsc"):
        year.dsc.fit(**KMEANS, progress=False)
    assert "k-means: looking for regimes" in caplog.messages


def test_work_that_is_not_as_short_as_a_rule_is_shown_as_far_as_it_is(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("xdsc.progress.monotonic", lambda: now[0])
    for item in steps(range(4), "Drawing labels", "batch"):
        now[0] = float(item)
        if item == 3:
            assert "Drawing labels:  75%" in capsys.readouterr().err
