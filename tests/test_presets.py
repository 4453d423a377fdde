"""Presets and settings of the preparation, as users of ``ds.dsc`` meet them."""

import json

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError
from xdsc.preprocessing import is_prepared

EXPLICIT = {
    "paper": {
        "gaps": "mean",
        "deseasonalize": False,
        "detrend": False,
        "scale": "minmax",
        "area_weights": False,
    },
    "published-code": {
        "gaps": "overall-mean",
        "deseasonalize": False,
        "detrend": False,
        "scale": "cell-minmax",
        "area_weights": False,
    },
    "weather-regimes": {
        "gaps": "mean",
        "deseasonalize": True,
        "detrend": False,
        "scale": "standard",
        "area_weights": True,
    },
}
OTHERS = {"paper": "weather-regimes", "published-code": "paper", "weather-regimes": "paper"}
PRESETS = pytest.mark.parametrize("preset", EXPLICIT)


@pytest.fixture(scope="module")
def years():
    """Three variables over two years; single gaps, and a missing frame in the first winter."""
    ds = xdsc.tutorial.open_dataset(n_times=730, n_lat=4, n_lon=5, n_regimes=3, strength=2, seed=1)
    ds = ds[["t2m", "sp", "u10"]].drop_vars("regime")
    ds["t2m"][12, 0, 0] = ds["sp"][300, 2, 2] = ds["u10"][[3, 4], 1, 1] = np.nan
    return ds.where(ds.time != ds.time[7]).map(lambda v: v.astype("f4"), keep_attrs=True)


@pytest.fixture(scope="module")
def hours():
    """Thirty days every six hours, whose regime is the day's."""
    ds = xdsc.tutorial.open_dataset(n_times=120, n_lat=3, n_lon=4, n_regimes=3, strength=2, seed=1)
    ds = ds[["t2m", "sp"]].drop_vars("regime")
    return ds.assign_coords(time=xr.date_range("2001-01-20", periods=120, freq="6h"))


# --- Presets ---------------------------------------------------------------------------------


@PRESETS
def test_a_preset_is_its_settings(years, preset):
    expected = years.dsc.preprocess(preset=OTHERS[preset], **EXPLICIT[preset])
    xr.testing.assert_identical(years.dsc.preprocess(preset=preset), expected)


@PRESETS
def test_a_fit_takes_presets_by_name(years, preset):
    found = years.dsc.fit(k=3, method="kmeans", random_state=0, preset=preset)
    ready = years.dsc.preprocess(preset=preset).dsc.fit(k=3, method="kmeans", random_state=0)
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0, preset=preset).fit(years)
    xr.testing.assert_identical(found.cluster, ready.cluster)
    xr.testing.assert_identical(found.cluster.drop_vars("cluster"), model.labels_)
    xr.testing.assert_identical(found.drop_vars("cluster"), years)


def test_the_default_is_the_paper(years):
    xr.testing.assert_identical(years.dsc.preprocess(), years.dsc.preprocess(preset="paper"))
    found = years.dsc.fit(k=3, method="kmeans", random_state=0)
    paper = years.dsc.fit(k=3, method="kmeans", random_state=0, preset="paper")
    xr.testing.assert_identical(found.cluster, paper.cluster)


def whole(ds):
    return ds.drop_isel(time=7).astype("f8")


def test_the_paper_by_hand(years):
    raw = whole(years)
    expected = ((raw - raw.min()) / (raw.max() - raw.min())).fillna(
        (raw.mean() - raw.min()) / (raw.max() - raw.min())
    )
    found = years.dsc.preprocess()
    assert found.isel(time=7).t2m.isnull().all()
    xr.testing.assert_allclose(whole(found), expected, rtol=1e-5, atol=1e-5)


def test_the_published_code_by_hand(years):
    raw = whole(years)
    one_mean = float(raw.sum().to_dataarray().sum() / raw.count().to_dataarray().sum())
    filled = raw.fillna(one_mean)
    low, high = filled.min("time"), filled.max("time")
    found = whole(years.dsc.preprocess(preset="published-code"))
    xr.testing.assert_allclose(found, (filled - low) / (high - low), rtol=1e-5, atol=1e-5)


def test_weather_regimes_by_hand(years):
    found = whole(years.dsc.preprocess(preset="weather-regimes"))
    weight = np.sqrt(np.cos(np.deg2rad(years.latitude)))
    plain = found / weight
    factor = {name: float(plain[name].std()) for name in plain}
    # Anomalies of one standard deviation; weights may have any common size.
    np.testing.assert_allclose(list(factor.values()), factor["t2m"], rtol=1e-3)
    raw = whole(years)
    # Two annual harmonics by least squares; the year is as long as it is.
    days = xr.where(raw.time.dt.is_leap_year, 366, 365)
    phase = 2 * np.pi * (raw.time.dt.dayofyear - 0.5).values / days.values
    waves = np.stack(
        [np.ones_like(phase), *(f(n * phase) for n in (1, 2) for f in (np.cos, np.sin))]
    )
    for name in years.data_vars:
        cell = raw[name].isel(latitude=1, longitude=2).values  # without gaps, but for sp
        there = ~np.isnan(cell)
        terms, *_ = np.linalg.lstsq(waves[:, there].T, cell[there])
        expected = cell - terms @ waves
        shown = plain[name].isel(latitude=1, longitude=2).values
        np.testing.assert_allclose(
            shown[there] * expected[there].std() / shown[there].std(),
            expected[there],
            atol=0.02 * expected[there].std(),
        )
    # No annual cycle is left.
    months = plain.groupby("time.month").mean().mean(["latitude", "longitude"])
    assert float(np.abs(months.to_dataarray()).max()) < 0.25


def test_settings_override_presets(years):
    found = years.dsc.preprocess(preset="weather-regimes", scale=None, area_weights=False)
    settings = json.loads(found.attrs["xdsc_preprocessing"])
    assert settings["scale"] is None
    assert not settings.get("area_weights")
    assert settings["deseasonalize"] == {"kind": "harmonics", "n": 2}
    assert found.t2m.attrs["units"] == "K"
    assert abs(float(found.t2m.mean())) < 0.1
    assert float(found.sp.std()) > 10  # Pa, not standardised
    assert is_prepared(found)


def test_none_and_false_are_settings(years):
    found = years.dsc.preprocess(preset="weather-regimes", deseasonalize=False)
    settings = json.loads(found.attrs["xdsc_preprocessing"])
    assert not settings.get("deseasonalize")
    assert settings["area_weights"] is True


def test_an_unknown_preset_and_a_preset_for_prepared_data(years):
    with pytest.raises(ParameterError, match=r"'paper', 'published-code', 'weather-regimes'"):
        years.dsc.fit(k=3, method="kmeans", preset="papper")
    ready = years.dsc.preprocess()
    with pytest.raises(ParameterError, match="leave preset= out"):
        ready.dsc.fit(k=3, method="kmeans", preset="paper")
    with pytest.raises(ParameterError, match=r"preprocessor= as well.*leave preset= out"):
        years.dsc.fit(k=3, method="kmeans", preset="paper", preprocessor=xdsc.Preprocessor())


# --- Time steps that are left out or averaged ------------------------------------------------


@pytest.mark.parametrize("chosen", [{"season": "DJF"}, {"months": [1, 2, 12]}], ids=str)
def test_labels_outside_of_the_season_are_missing(years, chosen):
    found = years.dsc.fit(
        k=3, method="kmeans", random_state=0, preprocessor=xdsc.Preprocessor(**chosen)
    )
    winter = years.time.dt.month.isin([12, 1, 2])
    missing = ~winter | (years.time == years.time[7])
    np.testing.assert_array_equal(found.cluster == -1, missing)
    assert found.sizes == years.sizes
    xr.testing.assert_identical(found.drop_vars("cluster"), years)
    # The same labels as of the winters alone.
    alone = years.dsc.preprocess(**chosen)
    np.testing.assert_array_equal(alone.time, years.time[winter])
    labels = alone.dsc.fit(k=3, method="kmeans", random_state=0).cluster
    np.testing.assert_array_equal(labels, found.cluster[winter])
    # The model leaves the same out of another Dataset.
    later = years.isel(time=slice(300, 500))
    model = found.dsc.model
    labelled = model.label(later)
    np.testing.assert_array_equal(labelled.cluster, found.cluster[300:500])
    np.testing.assert_array_equal(labelled.novelty.isnull(), missing[300:500])
    with pytest.raises(InputError, match="time steps in the months 1, 2, 12"):
        model.label(years.sel(time="2019-07"))


def test_composites_of_a_season_are_of_that_season(years):
    preprocessor = xdsc.Preprocessor(season="JJA")
    found = years.dsc.fit(k=3, method="kmeans", random_state=0, preprocessor=preprocessor)
    composites = found.dsc.composites()
    assert composites.n_frames.sum() == 2 * 92
    summer = years.t2m[years.time.dt.month.isin([6, 7, 8])].astype("f8")
    overall = (composites.t2m * composites.n_frames).sum("cluster") / (2 * 92)
    xr.testing.assert_allclose(overall, summer.mean("time"), rtol=1e-5)


def test_every_hour_has_the_label_of_its_day(hours):
    preprocessor = xdsc.Preprocessor(resample="1D")
    found = hours.dsc.fit(k=3, method="kmeans", random_state=0, preprocessor=preprocessor)
    assert found.sizes["time"] == 120
    days = found.cluster.values.reshape(30, 4)
    assert (days == days[:, :1]).all()
    daily = hours.resample(time="1D").mean()
    for name in daily:
        daily[name].attrs = hours[name].attrs
    expected = daily.dsc.fit(k=3, method="kmeans", random_state=0).cluster
    np.testing.assert_array_equal(days[:, 0], expected)
    assert found.dsc.model.n_frames_ == 30
    # On another Dataset that begins within a day, too.
    later = hours.isel(time=slice(42, 90))
    labels = found.dsc.model.predict(later)
    assert labels.sizes["time"] == 48
    dates = later.time.dt.floor("D").values
    for date in np.unique(dates):
        assert len(set(labels.values[dates == date])) == 1
    np.testing.assert_array_equal(labels[2:46], found.cluster[44:88])


def test_a_season_of_averaged_steps(hours):
    preprocessor = xdsc.Preprocessor(resample="1D", months=[2])
    found = hours.dsc.fit(k=2, method="kmeans", random_state=0, preprocessor=preprocessor)
    np.testing.assert_array_equal(found.cluster == -1, hours.time.dt.month == 1)
    days = found.cluster[48:].values.reshape(18, 4)
    assert (days == days[:, :1]).all()


# --- Prepared once ---------------------------------------------------------------------------


def test_prepared_data_are_not_prepared_again(years, monkeypatch):
    prepared = years.dsc.preprocess(deseasonalize=True, scale="standard", season="DJF")

    def refuse(*args, **kwargs):
        raise AssertionError("prepared a second time")

    expected = years.dsc.fit(
        k=3,
        method="kmeans",
        random_state=0,
        preprocessor=xdsc.Preprocessor(deseasonalize=True, scale="standard", season="DJF"),
    )
    monkeypatch.setattr(xdsc.Preprocessor, "fit", refuse)
    with monkeypatch.context() as patch:
        patch.setattr(xdsc.Preprocessor, "transform", refuse)
        found = prepared.dsc.fit(k=3, method="kmeans", random_state=0)
        found.dsc.score(metrics="rmse_mean")
        prepared.dsc.compare(k=3, methods=["kmeans"], n_runs=1, progress=False)
    np.testing.assert_array_equal(found.cluster, expected.cluster.sel(time=found.time))
    xr.testing.assert_identical(found.drop_vars("cluster"), prepared)
    # The model knows how they were prepared, and so labels raw data.
    np.testing.assert_array_equal(found.dsc.model.predict(years), expected.cluster)


# --- Scores ----------------------------------------------------------------------------------

HOW = {
    "paper": xdsc.Preprocessor(),
    "weather-regimes": xdsc.Preprocessor(preset="weather-regimes"),
    "published-code": xdsc.Preprocessor(preset="published-code", variables=["t2m", "sp"]),
    "a season": xdsc.Preprocessor(deseasonalize=True, season="DJF", filter="3D"),
    "a region": xdsc.Preprocessor(sel={"latitude": slice(44.8, 44.4)}, scale="standard"),
    "weights": xdsc.Preprocessor(variable_weights={"t2m": 3.0}, units={"t2m": "degC"}, scale=None),
}


@pytest.mark.parametrize("preprocessor", HOW.values(), ids=HOW)
def test_labels_say_how_to_score_them(years, preprocessor, tmp_path):
    years = years.isel(time=slice(400))
    metrics = ["silhouette", "rmse_mean", "davies_bouldin"]
    found = years.dsc.fit(k=3, method="kmeans", random_state=0, preprocessor=preprocessor)
    expected = found.dsc.score(metrics=metrics)
    assert expected.score.notnull().all()
    # Without the model, and from a file.
    plain = found.copy()
    plain.to_netcdf(tmp_path / "labelled.nc")
    with xr.open_dataset(tmp_path / "labelled.nc") as stored:
        for ds in (plain, stored.load()):
            scores = xdsc.score(ds, metrics=metrics)
            np.testing.assert_allclose(scores.score, expected.score, rtol=1e-6)
            assert scores.attrs["preparation"] == expected.attrs["preparation"]
            assert scores.attrs["variables"] == expected.attrs["variables"]
            assert scores.attrs["n_times"] == expected.attrs["n_times"]
    # The labels alone say it too.
    scores = xdsc.score(years, found.cluster.reset_coords(drop=True), metrics=metrics)
    np.testing.assert_allclose(scores.score, expected.score, rtol=1e-6)


def test_scores_differ_with_the_preparation(years):
    found = years.dsc.fit(k=3, method="kmeans", random_state=0, preset="weather-regimes")
    own = xdsc.score(found.copy(), metrics="silhouette").score.item()
    paper = xdsc.score(
        found.copy(), metrics="silhouette", preprocessor=xdsc.Preprocessor()
    ).score.item()
    assert own != pytest.approx(paper, abs=1e-3)
    # Labels that say nothing are scored as the paper does.
    bare = xdsc.score(years, found.cluster.values, metrics="silhouette").score.item()
    assert bare == pytest.approx(paper)


def test_scores_of_averaged_steps(hours):
    preprocessor = xdsc.Preprocessor(resample="1D")
    found = hours.dsc.fit(k=3, method="kmeans", random_state=0, preprocessor=preprocessor)
    expected = found.dsc.score(metrics="silhouette")
    assert expected.attrs["n_times"] == 30
    scores = xdsc.score(found.copy(), metrics="silhouette")
    np.testing.assert_allclose(scores.score, expected.score)
    daily = hours.resample(time="1D").mean()
    by_day = xdsc.score(daily, found.cluster.values[::4], metrics="silhouette")
    np.testing.assert_allclose(by_day.score, expected.score, rtol=1e-4)


# --- Gaps ------------------------------------------------------------------------------------


def with_gaps():
    """Ten days of 2 × 2 cells that count the days; every kind of gap in "a", none in "b"."""
    days = np.arange(10.0, dtype="f4")[:, None, None]
    a = days + np.array([[0.0, 100], [200, 300]], "f4")
    b = np.sin(a)
    a[:, 1, 1] = np.nan  # masked
    a[4, 0, 0] = np.nan  # between neighbours
    a[0, 0, 1] = np.nan  # before all neighbours
    a[7] = b[7] = np.nan  # a missing frame
    dims = ("time", "lat", "lon")
    return xr.Dataset(
        {"a": (dims, a, {"units": "K"}), "b": (dims, b, {"units": "Pa"})},
        {
            "time": xr.date_range("2001", periods=10),
            "lat": [50.0, 40.0],
            "lon": [0.0, 1.0],
        },
    )


def counts(report):
    return {name: v.values.tolist() for name, v in report.data_vars.items()}


@pytest.mark.filterwarnings("ignore:.*filled with a mean")
@pytest.mark.parametrize("chunks", [None, {"time": 3}], ids=["numpy", "dask"])
@pytest.mark.parametrize("options", [{}, {"filter": 3}, {"detrend": True}], ids=str)
def test_the_report_of_gaps_by_mean(options, chunks):
    ds = with_gaps() if chunks is None else with_gaps().chunk(chunks)
    # A line for each cell would leave nothing of "a".
    ds["a"] = ds.a + ds.b.fillna(0)
    report = xdsc.Preprocessor(**options).fit(ds).gaps_
    assert counts(report) == {
        "observed": [9 * 3 - 2, 9 * 4],
        "interpolated": [0, 0],
        "filled": [2, 0],
        "masked_cells": [1, 0],
        "missing_frames": 1,
    }
    assert report["variable"].values.tolist() == ["a", "b"]
    assert all(v.attrs["long_name"] for v in report.data_vars.values())


@pytest.mark.filterwarnings("ignore:.*filled with a mean")
def test_every_number_of_the_report_has_units():
    report = xdsc.Preprocessor().fit(with_gaps()).gaps_
    assert {name for name, v in report.data_vars.items() if v.attrs.get("units") != "1"} == set()


@pytest.mark.filterwarnings("ignore:.*filled with a mean")
def test_gaps_by_the_mean_hold_the_mean_and_by_interpolation_the_line():
    ds = with_gaps()
    for gaps, expected in (
        ("mean", float(ds.a.where(ds.time != ds.time[7]).mean())),
        ("interpolate", 4.0),
    ):
        preprocessor = xdsc.Preprocessor(gaps=gaps)
        back = preprocessor.inverse_transform(preprocessor.fit_transform(ds)).a
        assert float(back[4, 0, 0]) == pytest.approx(expected, rel=1e-5)
        assert back[7].isnull().all()
        assert back[:, 1, 1].isnull().all()
        # The first day has no neighbour before it: the mean of all there is.
        assert 60 < float(back[0, 0, 1]) < 120


@pytest.mark.parametrize("chunks", [None, {"time": 3}], ids=["numpy", "dask"])
def test_the_report_of_gaps_by_interpolation(chunks):
    ds = with_gaps() if chunks is None else with_gaps().chunk(chunks)
    report = xdsc.Preprocessor(gaps="interpolate").fit(ds).gaps_
    assert counts(report) == {
        "observed": [9 * 3 - 2, 9 * 4],
        "interpolated": [1, 0],
        "filled": [1, 0],
        "masked_cells": [1, 0],
        "missing_frames": 1,
    }


def test_the_report_counts_the_season_alone():
    ds = with_gaps().assign_coords(time=xr.date_range("2001-01-27", periods=10))
    report = xdsc.Preprocessor(months=[2]).fit(ds).gaps_  # days 5 to 9
    assert counts(report) == {
        "observed": [4 * 3, 4 * 4],
        "interpolated": [0, 0],
        "filled": [0, 0],
        "masked_cells": [1, 0],
        "missing_frames": 1,
    }


def test_gaps_can_be_an_error_that_counts_them():
    with pytest.raises(InputError) as caught:
        with_gaps().dsc.preprocess(gaps="error")
    for part in ("no gaps in 'a', received 2 missing", "1 time steps that lack", "'interpolate'"):
        assert part in str(caught.value)
    assert "'b'" not in str(caught.value)


def test_masked_cells_are_no_gaps():
    ds = with_gaps().drop_isel(time=[0, 4, 7])
    report = xdsc.Preprocessor(gaps="error").fit(ds).gaps_
    assert report.filled.values.tolist() == [0, 0]
    assert report.masked_cells.values.tolist() == [1, 0]


def test_the_model_keeps_the_report(small, tmp_path):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small)
    model.save(tmp_path / "regimes.xdsc")
    back = xdsc.load_model(tmp_path / "regimes.xdsc")
    xr.testing.assert_identical(back.preprocessor_.gaps_, model.preprocessor_.gaps_)
