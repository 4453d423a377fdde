"""Labels of days on data of hours."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError, XdscWarning

DAYS = 10


@pytest.fixture(scope="module", params=["numpy", "cftime"])
def ds(request):
    time = xr.date_range(
        "2000-01-01", periods=4 * DAYS, freq="6h", use_cftime=request.param != "numpy"
    )
    values = np.random.default_rng(0).normal(size=(4 * DAYS, 2, 3))
    coords = {"time": time, "lat": [40.0, 50.0], "lon": [0.0, 1.0, 2.0]}
    return xr.Dataset({"tp": (("time", "lat", "lon"), values, {"units": "mm"})}, coords)


@pytest.fixture(scope="module")
def daily(ds):
    return xr.DataArray(np.arange(DAYS) % 3, {"time": ds.time[::4]}, ("time",), name="cluster")


def test_labels_of_one_time_of_day_are_told(ds, daily):
    partly = ds.assign_coords(cluster=daily)
    with pytest.warns(XdscWarning, match=r"10 of 40 time steps, all at 00:00.*align='day'"):
        partly.dsc.composites()
    with pytest.warns(XdscWarning, match=r"10 of 40 time steps"):
        partly.dsc.score(metrics="rmse_mean")


@pytest.mark.parametrize("kind", ["coordinate", "noon", "series", "words", "lazy data"])
def test_they_are_spread_over_the_day_where_asked_for(ds, daily, kind):
    expected = xdsc.composites(ds, np.repeat(daily.values, 4))
    if kind == "coordinate":
        found = ds.assign_coords(cluster=daily).dsc.composites(align="day")
    elif kind == "noon":
        noon = daily.assign_coords(time=ds.time[2::4].values)
        found = ds.dsc.composites(labels=noon[::-1], align="day")
    elif kind == "series":
        found = ds.dsc.composites(labels=daily.to_series().rename_axis(None), align="day")
    elif kind == "words":
        words = daily.copy(data=np.array(["a", "b", "c"])[daily.values])
        found = ds.dsc.composites(labels=words[1:], align="day")
        assert found.n_frames.values.tolist() == [12, 12, 12]
        return
    else:
        found = ds.chunk(time=7).dsc.composites(labels=daily, align="day").compute()
    xr.testing.assert_allclose(found.tp_anomaly, expected.tp_anomaly)
    assert found.n_frames.values.tolist() == expected.n_frames.values.tolist()


def test_labels_of_members_are_spread(ds, daily):
    both = xr.concat([ds, -ds], pd.Index([1, 2], name="member"))
    labels = xr.concat([daily, daily[::-1].assign_coords(time=daily.time)], both.member)
    found = both.dsc.composites(labels=labels, align="day")
    whole = np.repeat(labels.values, 4, axis=1)
    expected = both.dsc.composites(labels=xr.DataArray(whole, dims=("member", "time")))
    xr.testing.assert_allclose(found.tp, expected.tp)


def test_what_cannot_be_spread(ds, daily):
    hourly = daily.reindex(time=ds.time, method="ffill")
    with pytest.raises(ParameterError, match=r"several on 2000-01-01.*resample"):
        ds.dsc.composites(labels=hourly, align="day")
    with pytest.raises(ParameterError, match="labels with their dates"):
        ds.dsc.composites(labels=daily.values, align="day")
    with pytest.raises(ParameterError, match="align to be one of 'day', None"):
        ds.dsc.composites(labels=daily, align="hour")
    ds.dsc.composites(labels=hourly.where(ds.time.dt.day < 3, -1))  # no times of day, no alarm
