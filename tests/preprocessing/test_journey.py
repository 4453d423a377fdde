"""The journey of a fit: everything is found, checked and computed once."""

import json
import sys
from collections import Counter

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.preprocessing import Preprocessor, prepare
from xdsc.preprocessing.carry.grid import Grid
from xdsc.preprocessing.plan import TABLE
from xdsc.preprocessing.provenance import Provenance

SETTINGS = [
    {},
    {"preset": "weather-regimes"},
    {"deseasonalize": "day", "filter": {"cutoff": "10D"}, "gaps": "interpolate"},
    {"resample": "2D", "season": "NDJFM", "scale": "robust", "variable_weights": {"t2m": 2}},
    {"gaps": "overall-mean", "scale": None, "detrend": True},
    {"sel": {"longitude": slice(-30, 30)}, "units": {"t2m": "degC"}},
]


@pytest.fixture(scope="module")
def year():
    """A masked cell, gaps, a missing frame; longitudes from 0 to 360."""
    ds = xdsc.tutorial.open_dataset(n_times=420, n_lat=4, n_lon=6)[["t2m", "sp"]]
    ds["t2m"] = ds.t2m.where((ds.latitude != ds.latitude[0]) | (ds.longitude != ds.longitude[1]))
    ds["sp"] = ds.sp.where(ds.time != ds.time[40])
    ds["t2m"] = ds.t2m.where(ds.time != ds.time[40])
    ds["sp"][12, 0, 0] = np.nan
    return ds.assign_coords(longitude=np.linspace(0, 300, 6))


@pytest.fixture
def calls(monkeypatch):
    """How often functions are called, by their name, wherever they were imported to."""
    found = Counter()

    def count(name, function):
        def counted(*args, **kwargs):
            found[name] += 1
            return function(*args, **kwargs)

        return counted

    for name in ("find_axes", "check_time", "require_unprepared", "bring_in_line"):
        for module in list(sys.modules.values()):
            if module.__name__.startswith("xdsc") and callable(getattr(module, name, None)):
                monkeypatch.setattr(module, name, count(name, getattr(module, name)))
    monkeypatch.setattr(Grid, "of", count("Grid.of", Grid.of))
    monkeypatch.setattr(Provenance, "from_json", count("from_json", Provenance.from_json))
    for row in TABLE:
        name = row.kind.__name__
        monkeypatch.setattr(row.kind, "transform", count(name, row.kind.transform))
    return found


ONCE = {"find_axes": 1, "check_time": 1, "require_unprepared": 1, "Grid.of": 1}


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_numpy_data_are_prepared_once(year, calls, settings):
    found = prepare(year, Preprocessor(**settings), given={}, at_least=2)
    steps = {type(step).__name__ for step in found.preprocessor.steps_}
    # These are applied to times and numbers of values as well, and not to data only.
    more = {"Season", "Resample"} & steps
    assert more <= set(calls)
    # A fit knows the missing frames, and need not look for them.
    assert "Screen" not in calls
    once = {name: n for name, n in calls.items() if name not in more}
    assert once == ONCE | dict.fromkeys(steps - more - {"Screen"}, 1)


@pytest.mark.filterwarnings("ignore:Expected regimes that are not the calendar")
def test_a_fit_of_k_means_goes_straight(year, calls):
    xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(year[["t2m", "sp"]])
    assert calls == ONCE | dict.fromkeys(("Units", "Fill", "Scale"), 1)


def test_what_is_prepared_says_how_once(year, calls):
    prepared = Preprocessor().fit_transform(year)
    calls.clear()
    found = prepare(prepared, given={})
    assert calls == {"find_axes": 1, "check_time": 1, "from_json": 1, "Grid.of": 1}
    calls.clear()
    found.frames()
    assert json.loads(found.attributes["preparation"]) == {"scale": "minmax"}
    assert not calls


@pytest.mark.parametrize("lazy", [False, True], ids=["NumPy", "Dask"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_a_fit_keeps_is_what_transform_makes(year, settings, lazy):
    ds = year.chunk(time=100) if lazy else year
    preprocessor = Preprocessor(**settings)
    kept = preprocessor.fit_transform(ds)
    again = preprocessor.transform(ds)
    assert all((kept[name].chunks is not None) == lazy for name in ("t2m", "sp"))
    xr.testing.assert_identical(kept, again)
    found = prepare(ds, Preprocessor(**settings), given={})
    later = prepare(ds, preprocessor, given={})
    xr.testing.assert_identical(found.ds, kept)
    xr.testing.assert_identical(found.grid.coordinates, later.grid.coordinates)
    assert found.axes == later.axes
    assert found.provenance == later.provenance
    assert found.provenance.to_json() == kept.attrs["xdsc_preprocessing"]
    assert json.loads(found.attributes["preparation"]) == found.provenance.settings
    np.testing.assert_array_equal(found.positions, later.positions)


def test_the_model_gives_the_names_of_axes_that_the_preprocessor_leaves_open(year):
    ds = year.assign_coords(place=("latitude", year.latitude.values + 1))
    found = prepare(ds, Preprocessor(scale="standard"), given={"lat": "place", "time": None})
    assert found.axes.latitude == "place"
    assert found.preprocessor.axes_ == found.axes
