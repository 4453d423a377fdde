"""Figures show what they say: contents of the axes, not only that something is drawn."""

import itertools
import sys

import numpy as np
import pytest
import xarray as xr
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

from xdsc import plot
from xdsc.errors import InputError, NotFittedError, ParameterError
from xdsc.plot import style
from xdsc.plot.maps import map_panels

H, L, K = 4, 6, 3


@pytest.fixture(autouse=True)
def _plain_maps(monkeypatch):
    """As without cartopy; test_plot_projections.py is about maps with it."""
    monkeypatch.setitem(sys.modules, "cartopy", None)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def ds():
    """Warm north, cold south, a masked cell; regime 0 is warm, 2 is cold; latitude descends."""
    labels = np.array([0] * 5 + [1] * 3 + [2] * 2, dtype=np.int32)
    lat, lon = np.linspace(55, 40, H), np.linspace(-15, 10, L)
    field = 280 + lat[:, None] + 0 * lon
    values = field + np.array([2.0, 0.0, -5.0])[labels][:, None, None]
    values[:, 0, 0] = np.nan
    flags = {"flag_values": np.arange(K), "flag_meanings": "regime_0 regime_1 regime_2"}
    return xr.Dataset(
        {"t2m": (("time", "lat", "lon"), values, {"units": "K", "long_name": "Temperature"})},
        coords={
            "time": xr.date_range("2001-01-01", periods=labels.size),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
            "cluster": ("time", labels, flags),
        },
    )


def _maps(fig):
    return [ax for ax in fig.axes if ax.get_title()]


def _bar(fig):
    (bar,) = [ax for ax in fig.axes if not ax.get_title()]
    return bar


def _mesh(ax):
    return ax.collections[0]


def _texts(labels):
    return [label.get_text() for label in labels]


# Composites


def test_a_map_for_each_regime_with_its_share(ds):
    titles = [ax.get_title() for ax in _maps(plot.composites(ds, "t2m"))]
    assert titles == ["regime 0 · 50 % (5)", "regime 1 · 30 % (3)", "regime 2 · 20 % (2)"]


def test_the_only_variable_need_not_be_named(ds):
    alone = ds[["t2m"]]
    assert _bar(alone.dsc.plot.composites()).get_xlabel().startswith("Temperature anomaly")
    assert len(_maps(alone.t2m.dsc.plot.composites())) == 3
    with pytest.raises(ParameterError, match=r"received none\. To fix: choose one of them"):
        ds.assign(again=ds.t2m).dsc.plot.composites()


def test_titles_tell_names_of_labels_made_elsewhere(ds):
    named = ds.assign_coords(cluster=("time", ["NAO+"] * 6 + ["blocking"] * 4))
    titles = [ax.get_title() for ax in _maps(plot.composites(named, "t2m"))]
    assert titles == ["NAO+ · 60 % (6)", "blocking · 40 % (4)"]
    bare = ds.assign_coords(cluster=("time", ds["cluster"].values))
    assert _maps(plot.composites(bare, "t2m"))[2].get_title().startswith("regime 2")


def _share_a_place(boxes):
    """Whether two of the boxes overlap."""
    return any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_long_names_stay_above_their_maps(ds):
    usual = plot.composites(ds, "t2m")
    named = ds.dsc.rename(["Scandinavian blocking, Greenland high", "Atlantic ridge", "Zonal flow"])
    fig = plot.composites(named, "t2m")
    fig.draw_without_rendering()
    first, second, _ = _maps(fig)
    assert first.get_title().split() == [
        *("Scandinavian", "blocking,", "Greenland", "high", "50", "%", "(5)"),
    ]
    assert first.get_title().endswith("\n50 % (5)")
    boxes = [ax.title.get_window_extent() for ax in _maps(fig)]
    assert not _share_a_place(boxes)
    assert all(fig.bbox.containsx(box.x0) and fig.bbox.containsy(box.y1) for box in boxes)
    # The figure grows with the lines, so that the maps stay as they are.
    usual.draw_without_rendering()
    assert second.bbox.width > 0.9 * _maps(usual)[1].bbox.width
    assert plot.composites(named, "t2m", figsize=(9, 3)).get_figheight() == 3


def test_titles_above_a_long_label_of_the_colour_bar_are_in_the_figure():
    lat, lon = np.arange(55.0, 29, -2.5), np.arange(-15.0, 16, 2.5)
    values = np.random.default_rng(0).normal(size=(8, lat.size, lon.size))
    name = "Temperature at the pressure level of 850 hPa, mean of hourly values of the day " * 2
    ds = xr.Dataset(
        {"t2m": (("time", "lat", "lon"), values, {"units": "K", "long_name": name})},
        {
            "time": xr.date_range("2001-01-01", periods=8),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
            "cluster": ("time", np.arange(8) % 4),
        },
    )
    fig = plot.composites(ds, "t2m", contours="t2m")
    fig.draw_without_rendering()
    for ax in _maps(fig):
        box = ax.title.get_window_extent()
        assert fig.bbox.contains(*box.min)
        assert fig.bbox.contains(*box.max)


@pytest.mark.parametrize("k", [1, 2])
def test_the_label_of_the_colour_bar_stays_in_the_figure_with_its_units(ds, k):
    name = "Temperature at the pressure level of 850 hPa, mean of hourly values of the day"
    told = ds.assign(t2m=ds["t2m"].assign_attrs(long_name=name, units="m**2 s**-2"))
    fig = plot.composites(told.assign_coords(cluster=ds["cluster"] % k), "t2m")
    fig.draw_without_rendering()
    label = _bar(fig).xaxis.label
    assert label.get_text().replace("\N{NO-BREAK SPACE}", " ").split() == [
        *f"{name} anomaly from the mean (m² s⁻²)".split(),
    ]
    assert "(m²\N{NO-BREAK SPACE}s⁻²)" in label.get_text()
    box = label.get_window_extent()
    assert fig.bbox.x0 <= box.x0 < box.x1 <= fig.bbox.x1
    assert fig.bbox.y0 <= box.y0


@pytest.mark.parametrize("k", [4, 6])
def test_numbers_beside_flat_maps_do_not_overlap(k):
    lat, lon = np.linspace(-15, 15, 7), np.arange(0.0, 360, 20)
    values = 1000.0 * (np.arange(k) - k / 2)[:, None, None] + 0 * lat[:, None] + lon
    ds = xr.Dataset(
        {"z": (("time", "lat", "lon"), values, {"units": "m"})},
        coords={
            "time": xr.date_range("2001-01-01", periods=k),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
            "cluster": ("time", np.arange(k)),
        },
    )
    fig = plot.composites(ds, "z")
    fig.draw_without_rendering()
    bar, first = _bar(fig), _maps(fig)[0]
    assert bar.bbox.width > 0.8 * fig.bbox.width
    for labels in (bar.get_xticklabels(), first.get_yticklabels()):
        assert not _share_a_place([t.get_window_extent() for t in labels if t.get_text()])
    box = bar.xaxis.label.get_window_extent()
    assert box.y0 >= fig.bbox.y0
    assert box.y1 < first.get_tightbbox().y0


def test_anomalies_are_symmetric_about_zero_and_share_their_colours(ds):
    fig = plot.composites(ds, "t2m")
    # Overall mean of (2, 0, -5) weighted by (5, 3, 2) is 0.
    assert {_mesh(ax).get_clim() for ax in _maps(fig)} == {(-5.0, 5.0)}
    assert {_mesh(ax).get_cmap().name for ax in _maps(fig)} == {"RdBu_r"}
    assert [float(_mesh(ax).get_array().mean()) for ax in _maps(fig)] == pytest.approx([2, 0, -5])
    assert _bar(fig).get_xlabel() == "Temperature anomaly from the mean (K)"


def test_means_and_deviations_have_their_own_limits_and_names(ds):
    mean = plot.composites(ds, "t2m", kind="mean")
    assert _mesh(_maps(mean)[0]).get_clim() == (315.0, 337.0)
    assert _bar(mean).get_xlabel() == "Temperature (K)"
    std = plot.composites(ds, "t2m", kind="std", cmap="magma")
    assert _bar(std).get_xlabel() == "Temperature standard deviation (K)"
    assert _mesh(_maps(std)[0]).get_cmap().name == "magma"


def test_limits_and_norm_can_be_given(ds):
    fig = plot.composites(ds, "t2m", vmax=3)
    assert _mesh(_maps(fig)[0]).get_clim() == (-3, 3)
    assert _mesh(_maps(fig)[-1]).colorbar.extend == "min"
    norm = colors.TwoSlopeNorm(0)
    fig = plot.composites(ds, "t2m", norm=norm)
    assert {_mesh(ax).get_clim() for ax in _maps(fig)} == {(-5.0, 2.0)}
    assert norm.vmin is None


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("dims", [("time", "lat", "lon"), ("lon", "lat", "time")])
def test_north_is_up(ds, descending, dims):
    turned = ds.sortby("lat", ascending=not descending).transpose(*dims)
    fig = plot.composites(turned, "t2m", kind="mean")
    for ax in _maps(fig):
        low, high = ax.get_ylim()
        assert (low, high) == (37.5, 57.5)
        values = _mesh(ax).get_array()
        edges = _mesh(ax).get_coordinates()
        south, north = values[edges[:-1, 0, 1].argmin()], values[edges[:-1, 0, 1].argmax()]
        assert north.mean() > south.mean()


def test_axes_are_degrees_and_only_written_outside(ds):
    fig = plot.composites(ds, "t2m", col_wrap=2)
    fig.draw_without_rendering()
    first, second, third = _maps(fig)
    assert {"40°N", "50°N"} <= set(_texts(first.get_yticklabels()))
    assert first.yaxis.get_tick_params()["labelleft"]
    assert not second.yaxis.get_tick_params()["labelleft"]
    # The place below the second map is empty, so that it is the lowest of its column.
    assert not first.xaxis.get_tick_params()["labelbottom"]
    assert second.xaxis.get_tick_params()["labelbottom"]
    assert {"10°W", "0°", "10°E"} <= set(_texts(third.get_xticklabels()))
    assert first.get_aspect() == pytest.approx(1 / np.cos(np.radians(47.5)))


def test_cells_without_data_are_grey(ds):
    panel = _maps(plot.composites(ds, "t2m"))[0]
    assert colors.to_hex(panel.get_facecolor()) == style.GREY
    assert np.ma.getmaskarray(_mesh(panel).get_array()).sum() == 1


def test_grids_with_two_dimensional_coordinates(ds):
    lat, lon = np.meshgrid(ds["lat"] + 0.5, ds["lon"], indexing="ij")
    curved = ds.rename(lat="y", lon="x").drop_vars(["y", "x"])
    curved = curved.assign_coords(
        lat2=(("y", "x"), lat, {"standard_name": "latitude", "units": "degrees_north"}),
        lon2=(("y", "x"), lon, {"standard_name": "longitude", "units": "degrees_east"}),
    )
    panel = _maps(plot.composites(curved, "t2m"))[0]
    corners = _mesh(panel).get_coordinates()
    assert corners.shape == (H + 1, L + 1, 2)
    assert corners[..., 1].max() == 58.0
    assert panel.get_ylim()[0] < panel.get_ylim()[1]


def test_projection_axes_are_kilometres(ds):
    metres = {"units": "m", "long_name": "easting"}
    axes = (
        {"standard_name": "projection_x_coordinate"},
        {"standard_name": "projection_y_coordinate"},
    )
    grid = ds.rename(lat="y", lon="x").assign_coords(
        x=("x", 1000.0 * np.arange(L), metres | axes[0]),
        y=("y", 1000.0 * np.arange(H), metres | axes[1]),
    )
    panel = _maps(plot.composites(grid, "t2m"))[0]
    assert panel.get_xlabel() == "easting (km)"
    assert panel.get_xlim() == (-0.5, L - 0.5)
    assert panel.get_aspect() == 1


def test_longitudes_over_the_date_line_stay_together(ds):
    over = ds.assign_coords(lon=("lon", [170, 175, 180, -175, -170, -165], ds["lon"].attrs))
    panel = _maps(plot.composites(over, "t2m"))[0]
    panel.figure.draw_without_rendering()
    assert panel.get_xlim() == (167.5, 197.5)
    assert {"170°E", "180°", "170°W"} <= set(_texts(panel.get_xticklabels()))


def test_cells_at_the_pole_end_there(ds):
    polar = ds.assign_coords(lat=("lat", [90.0, 85.0, 80.0, 75.0], ds["lat"].attrs))
    assert _maps(plot.composites(polar, "t2m"))[0].get_ylim() == (72.5, 90.0)


def test_small_numbers_get_their_power_into_the_units(ds):
    rain = (ds["t2m"] * 1e-6).assign_attrs(units="kg m-2 s-1", long_name="Rain")
    fig = plot.composites(ds.assign(t2m=rain), "t2m")
    assert _bar(fig).get_xlabel() == "Rain anomaly from the mean (10⁻⁶ kg m⁻² s⁻¹)"
    fig.draw_without_rendering()
    assert {"−4", "0", "4"} <= set(_texts(_bar(fig).get_xticklabels()))


@pytest.mark.parametrize(
    ("n", "columns"), [(1, 1), (2, 2), (4, 4), (5, 3), (6, 3), (7, 4), (9, 3), (12, 4)]
)
def test_few_places_stay_empty(n, columns):
    assert map_panels.columns_for(n) == columns


def test_coastlines_need_no_download_and_leave_the_limits(ds):
    panel = _maps(plot.composites(ds, "t2m", projection="plain"))[0]
    (coast,) = [c for c in panel.collections if isinstance(c, LineCollection)]
    # Land's End; the map of the other side of the world is not in the figure.
    points = np.concatenate(coast.get_segments())
    assert np.hypot(*(points - [-5.7, 50.07]).T).min() < 0.1
    assert points[:, 0].max() < 180
    assert panel.get_xlim() == (-17.5, 12.5)


def test_dask_is_drawn_as_numpy(ds):
    eager, lazy = (plot.composites(data, "t2m") for data in (ds, ds.chunk(time=3)))
    for a, b in zip(_maps(eager), _maps(lazy), strict=True):
        np.testing.assert_allclose(_mesh(a).get_array(), _mesh(b).get_array())


def test_errors_of_composites(ds):
    with pytest.raises(ParameterError, match=r"\['t2m'\].*'sst'"):
        plot.composites(ds, "sst")
    with pytest.raises(ParameterError, match="kind"):
        plot.composites(ds, "t2m", kind="median")
    with pytest.raises(ParameterError, match=r"level.*isel\(level=0\)"):
        plot.composites(ds.assign(t2m=ds["t2m"].expand_dims(level=2)), "t2m")
    with pytest.raises(NotFittedError, match="fit"):
        plot.composites(ds.drop_vars("cluster"), "t2m")
    with pytest.raises(ParameterError, match=r"received vmaxx=3\. To fix: write vmax="):
        plot.composites(ds, "t2m", vmaxx=3)
    with pytest.raises(ParameterError, match=r"received knd='mean'.*write kind="):
        plot.composites(ds, "t2m", knd="mean")
    with pytest.raises(ImportError, match=r"pip install 'xdsc\[maps\]'"):
        plot.composites(ds, "t2m", projection="Robinson")
    one_level = ds.assign(t2m=ds["t2m"].expand_dims(level=1))
    assert len(_maps(plot.composites(one_level, "t2m"))) == K


# Timeline


def _labelled(time, labels=None, **attrs):
    labels = np.arange(time.size) % K if labels is None else labels
    return xr.Dataset(coords={"time": time, "cluster": ("time", labels, attrs)})


def _cells(fig):
    return _mesh(fig.axes[0]).get_array()


def _legend(fig):
    return _texts(fig.legends[0].get_texts())


@pytest.mark.parametrize("calendar", ["standard", "noleap"])
def test_years_of_days(calendar):
    time = xr.date_range("2000-01-01", "2003-12-31", calendar=calendar, use_cftime=None)
    fig = plot.timeline(_labelled(time))
    cells, panel = _cells(fig), fig.axes[0]
    leap = calendar == "standard"
    assert cells.shape == (4, 366 if leap else 365)
    assert cells[0, :4].tolist() == [0, 1, 2, 0]
    assert cells[1, 0] == (366 if leap else 365) % K
    assert np.ma.getmaskarray(cells).sum() == (3 if leap else 0)  # no 31 December 366
    assert _texts(panel.get_yticklabels()) == ["2000", "2001", "2002", "2003"]
    assert _texts(panel.get_xticklabels())[::11] == ["Jan", "Dec"]
    assert panel.yaxis_inverted()
    assert [text.split(" · ")[0] for text in _legend(fig)] == ["regime 0", "regime 1", "regime 2"]


def test_months_of_days_over_a_turn_of_the_year():
    fig = plot.timeline(_labelled(xr.date_range("2000-12-01", "2001-02-28")))
    cells = _cells(fig)
    assert cells.shape == (3, 31)
    assert _texts(fig.axes[0].get_yticklabels()) == ["Dec 2000", "Jan 2001", "Feb 2001"]
    assert cells[1, 0] == 31 % K
    assert np.ma.getmaskarray(cells)[2, 28:].all()
    one = plot.timeline(_labelled(xr.date_range("2001-01-01", "2001-12-31")))
    assert _texts(one.axes[0].get_yticklabels())[0] == "Jan"
    assert one.axes[0].get_ylabel() == "2001"


def test_days_of_hours():
    fig = plot.timeline(_labelled(xr.date_range("2017-01-01T12:00", periods=48, freq="3h")))
    cells = _cells(fig)
    assert cells.shape == (8, 7)
    assert np.ma.getmaskarray(cells)[:4, 0].all()
    assert cells[4:, 0].tolist() == [0, 1, 2, 0]
    assert cells[0, 1] == 4 % K
    assert fig.axes[0].get_ylabel() == "hour of the day"
    assert _texts(fig.axes[0].get_xticklabels())[0] == "1 Jan"


def test_years_of_hours():
    fig = plot.timeline(_labelled(xr.date_range("2001-01-01", "2002-12-31T18:00", freq="6h")))
    cells = _cells(fig)
    assert cells.shape == (8, 365)
    assert cells[:4, 0].tolist() == [0, 1, 2, 0]
    assert _texts(fig.axes[0].get_yticklabels()) == ["2001", "2002"]


def test_years_of_months_and_of_pentads():
    monthly = plot.timeline(_labelled(xr.date_range("2001-03-01", "2003-12-01", freq="MS")))
    assert _cells(monthly).shape == (3, 12)
    assert np.ma.getmaskarray(_cells(monthly)).sum() == 2
    pentads = plot.timeline(_labelled(xr.date_range("2001-01-01", periods=146, freq="5D")))
    assert _cells(pentads).shape == (2, 73)
    assert not np.ma.getmaskarray(_cells(pentads)).any()


def test_missing_steps_and_fill_labels_are_grey():
    ds = _labelled(xr.date_range("2001-01-01", periods=59))
    ds["cluster"][4] = -1
    fig = plot.timeline(ds.drop_isel(time=[7, 8]))
    cells = _cells(fig)
    assert np.flatnonzero(cells[0] == -1).tolist() == [4, 7, 8]
    mesh = _mesh(fig.axes[0])
    assert colors.to_hex(mesh.cmap(mesh.norm(-1))) == style.GREY
    assert _legend(fig)[-1] == "no label"


def test_shares_leave_out_steps_without_label():
    ds = _labelled(xr.date_range("2001-01-01", periods=6), np.array([0, 0, 0, 1, -1, -1]))
    assert _legend(plot.timeline(ds)) == ["regime 0 · 75 %", "regime 1 · 25 %", "no label"]
    assert _legend(plot.timeline(ds.cluster)) == _legend(plot.timeline(ds))


def test_a_regime_keeps_its_colour_where_others_do_not_occur():
    flags = {"flag_values": np.arange(-1, K), "flag_meanings": "no_label calm storm rain"}
    ds = _labelled(xr.date_range("2001-01-01", periods=9), **flags)
    every = dict(_legend_colours(plot.timeline(ds)))
    assert list(every) == ["calm", "storm", "rain"]
    some = dict(_legend_colours(plot.timeline(ds.isel(time=ds["cluster"] > 0))))
    assert list(some)[:2] == ["storm", "rain"]
    assert some["rain"] == every["rain"]
    mesh = _mesh(plt.gcf().axes[0])
    assert colors.to_hex(mesh.cmap(mesh.norm(1))) == every["rain"]


def _legend_colours(fig):
    legend = fig.legends[0]
    for text, patch in zip(_legend(fig), legend.get_patches(), strict=True):
        yield text.split(" · ")[0], colors.to_hex(patch.get_facecolor())


def test_one_time_step_and_no_labels():
    one = _labelled(xr.date_range("2001-01-01", periods=1))
    assert _cells(plot.timeline(one)).shape == (1, 1)
    with pytest.raises(NotFittedError, match="fit"):
        plot.timeline(one.drop_vars("cluster"))
    for undated in (one.drop_vars("time"), one.assign_coords(time=[0])):
        with pytest.raises(InputError, match="decode_cf"):
            plot.timeline(undated)


def test_a_season_is_a_row_and_the_rest_of_the_year_is_no_gap():
    days = xr.date_range("2000-12-01", "2004-02-29")
    winter = days.month.isin([12, 1, 2])
    chosen = plot.timeline(_labelled(days[winter]))
    cells, panel = _cells(chosen), chosen.axes[0]
    assert _texts(panel.get_yticklabels()) == ["2000/01", "2001/02", "2002/03", "2003/04"]
    assert _texts(panel.get_xticklabels()) == ["Dec", "Jan", "Feb"]
    assert cells.shape == (4, 31 + 31 + 29)
    assert cells[1, 0] == 90 % K  # the first of the second winter
    assert np.ma.getmaskarray(cells).sum() == 3  # 29 February but in 2004
    assert "no label" not in _legend(chosen)
    # Labels of the season alone, over the whole year, are the same figure.
    labels = np.where(winter, np.cumsum(winter) - 1, -1)
    whole = plot.timeline(_labelled(days, np.where(winter, labels % K, -1)))
    np.testing.assert_array_equal(_cells(whole).filled(-9), cells.filled(-9))


def test_a_short_record_has_a_season_where_it_comes_twice():
    days = xr.date_range("2019-01-01", periods=400)
    twice = plot.timeline(_labelled(days, np.where(days.month.isin([12, 1, 2]), 0, -1)))
    assert _texts(twice.axes[0].get_yticklabels()) == ["2018/19", "2019/20"]
    assert _cells(twice).shape == (2, 31 + 31 + 28)
    once = plot.timeline(_labelled(days, np.where(days.month.isin([6, 7, 8]), 0, -1)))
    assert len(_cells(once)) == 14  # months: labels of other seasons may be missing
    late = plot.timeline(_labelled(days[:60], np.repeat([-1, 0], 30)))
    assert _texts(late.axes[0].get_yticklabels()) == ["Jan", "Feb", "Mar"]


def test_hours_and_months_of_a_season():
    hours = xr.date_range("2000-06-01", "2002-08-31T18:00", freq="6h")
    fig = plot.timeline(_labelled(hours[hours.month.isin([6, 7, 8])]))
    assert _cells(fig).shape == (3 * 4, 92)
    assert _texts(fig.axes[0].get_yticklabels()) == ["2000", "2001", "2002"]
    months = xr.date_range("2000-11-01", "2003-03-01", freq="MS")
    fig = plot.timeline(_labelled(months[months.month.isin([11, 12, 1, 2, 3])]))
    assert _cells(fig).tolist() == [[0, 1, 2, 0, 1], [2, 0, 1, 2, 0], [1, 2, 0, 1, 2]]
    assert _texts(fig.axes[0].get_xticklabels()) == ["Nov", "Dec", "Jan", "Feb", "Mar"]


def test_one_value_a_year_is_decades_of_years():
    winters = xr.date_range("1988-01-16", "2001-01-16", freq="YS-JAN") + np.timedelta64(15, "D")
    fig = plot.timeline(_labelled(winters))
    assert _texts(fig.axes[0].get_yticklabels()) == ["1980–", "1990–", "2000–"]
    assert _cells(fig)[1].tolist() == [(2 + i) % K for i in range(-1, 9)]
    assert "no label" not in _legend(fig)


def test_decades_of_a_long_record_are_named_as_far_as_there_is_room():
    years = xr.date_range("0001-01-01", periods=2000, freq="YS", calendar="noleap", use_cftime=True)
    panel = plot.timeline(_labelled(years)).axes[0]
    panel.figure.draw_without_rendering()
    labels = panel.get_yticklabels()
    assert _texts(labels) == [f"{year}–" for year in range(0, 2001, 200)]
    tops = [label.get_window_extent().y1 for label in labels]
    bottoms = [label.get_window_extent().y0 for label in labels]
    assert all(top < bottom for top, bottom in zip(tops[1:], bottoms, strict=False))


def test_a_record_of_all_seasons_keeps_its_gaps():
    days = xr.date_range("2001-01-01", "2003-12-31")
    fig = plot.timeline(_labelled(days[days.month != 7]))
    assert _cells(fig).shape[1] == 365
    assert _legend(fig)[-1] == "no label"


def test_labels_of_members_alone_are_drawn_one_below_the_other():
    time = xr.date_range("2001-01-01", periods=40, freq="6h")
    labels = np.stack([np.arange(40) % K, np.zeros(40, dtype=int)])
    ds = xr.Dataset(
        coords={"time": time, "member": ["a", "b"], "cluster": (("member", "time"), labels)}
    )
    fig = plot.timeline(ds)
    assert _texts(fig.axes[0].get_yticklabels()) == ["a", "b"]
    assert _cells(fig).shape == (8, 10)
    assert _cells(fig)[:4].T.ravel().tolist() == labels[0].tolist()
    assert (_cells(fig)[4:] == 0).all()
    assert _legend(fig)[0] == "regime 0 · 68 %"  # 14 of 40, and 40 of 40


def test_less_certain_labels_are_paler():
    ds = _labelled(xr.date_range("2001-01-01", periods=6))
    sure = xr.DataArray([1, 0.5, 0, 1, np.nan, 1], {"time": ds.time}, ("time",))
    fig = plot.timeline(ds, certainty=sure)
    alpha = _mesh(fig.axes[0]).get_alpha()[0]
    assert alpha[0] == 1 > alpha[1] > alpha[2] > 0
    assert alpha[4] == alpha[2]
    assert fig.legends[0].get_title().get_text() == "paler: less certain"
    with pytest.raises(ParameterError, match="same time steps"):
        plot.timeline(ds, certainty=sure[:3])
    with pytest.raises(ParameterError, match=r"certainty= from 0 to 1, received 0 to 3"):
        plot.timeline(ds, certainty=3 * sure)


# History


@pytest.fixture
def training():
    nan = np.nan
    return xr.Dataset(
        {
            "reconstruction_loss": ("epoch", [0.4, 0.2, 0.1, 0.09, 0.08]),
            "clustering_loss": ("epoch", [nan, nan, 0.3, 0.2, 0.1]),
            "label_change": ("epoch", [nan, nan, 0.25, nan, 0.0]),
        },
        coords={
            "epoch": np.arange(1, 6),
            "phase": ("epoch", ["pretrain"] * 2 + ["joint"] * 3),
        },
    )


def test_history_draws_the_epochs_that_have_a_value(training):
    fig = plot.history(training)
    drawn = [ax.lines[0].get_xydata() for ax in fig.axes]
    assert [len(points) for points in drawn] == [5, 3, 2]
    np.testing.assert_allclose(drawn[2], [[3, 0.25], [5, 0]])
    assert fig.axes[2].get_xlabel() == "epoch"
    for ax in fig.axes:
        (shade,) = ax.patches
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == (0.5, 2.5)
    fig.draw_without_rendering()
    assert any(text.endswith(" %") for text in _texts(fig.axes[2].get_yticklabels()))


def test_a_curve_that_hardly_falls_lies_below_the_upper_edge(training):
    flat = training.assign(reconstruction_loss=("epoch", [1.0, 0.999, 0.998, 0.998, 0.997]))
    panel = plot.history(flat).axes[0]
    assert panel.get_ylim()[0] == 0
    assert panel.get_ylim()[1] > 1.05


def test_history_needs_its_curves(training):
    with pytest.raises(InputError, match="label_change"):
        plot.history(training.drop_vars("label_change"))


# What they share


def test_the_accessor_object_delegates(ds, training):
    figures = plot.DSCPlot(ds, history=training)
    assert len(_maps(figures.composites("t2m", kind="mean", col_wrap=1))) == K
    assert _legend(figures.timeline()) == _legend(plot.timeline(ds))
    assert len(figures.history().axes) == 3
    with pytest.raises(NotFittedError, match="history"):
        plot.DSCPlot(ds).history()


def test_without_matplotlib_the_error_says_how_to_get_it(ds, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'xdsc\[plot\]'"):
        plot.timeline(ds)


def test_the_input_is_left_alone(ds):
    before = ds.copy(deep=True)
    plot.composites(ds, "t2m")
    plot.timeline(ds)
    xr.testing.assert_identical(ds, before)


# Machado, Oliveira & Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1; linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    ),
    "protanopia": np.array(
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    ),
}


@pytest.mark.parametrize("sight", SIGHT)
def test_twelve_colours_can_be_told_apart(sight):
    shades = [_oklab(SIGHT[sight], c) for c in [*style.palette(12), style.GREY, "white"]]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(shades, 2))
    assert nearest > 0.07
    assert style.palette(5) == style.palette(12)[:5]
    assert len(set(style.palette(30))) == 30


def _oklab(sight, colour):
    """Colour as somebody sees it, in the uniform space of Ottosson (2020)."""
    rgb = np.array(colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = np.array(
        [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    ) @ np.clip(sight @ linear, 0, 1)
    mixed = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.array(mixed) @ np.cbrt(cones)


def test_units_are_written_as_in_print():
    assert style.unit_text("kg m**-2 s^-1") == "kg m⁻² s⁻¹"
    assert style.unit_text("W m-2") == "W m⁻²"
    assert style.unit_text("1") == style.unit_text(None) == ""
    assert style.percent(0.001) == "< 1 %"


# Hatching


def _hatched(fig):
    """Cells that are hatched, a number a map."""
    found = [[c for c in ax.collections if c.get_hatch()] for ax in _maps(fig)]
    return [len(c[0].get_paths()) if c else 0 for c in found]


def test_significant_cells_are_hatched_and_circular_ones_only_when_asked(ds):
    ds["cluster"] = ("time", [0, 0, 1, 1, 0, 1, 1, 0, 0, 1])  # hardly any autocorrelation
    apart = xr.where(ds.cluster == 0, 3.0, 0.0) * (ds.lon > 0)
    wobble = 0.1 * np.cos(np.arange(ds.sizes["time"]) ** 2)
    ds["t2m"] = (280 + apart + 0 * ds.lat + xr.DataArray(wobble, dims="time")).transpose(
        "time", "lat", "lon"
    )
    cells = int((ds.lon > 0).sum()) * H
    fig = plot.composites(ds, "t2m", significance="t")
    assert _hatched(fig)[0] == cells
    drawn = next(c for c in _maps(fig)[0].collections if c.get_hatch())
    assert drawn.get_alpha() is None  # which would hide the hatching with the faces
    assert (drawn.to_rgba(drawn.get_array().compressed())[:, 3] == 0).all()
    assert _texts(fig.legends[0].get_texts()) == ["significant (false discovery rate 0.1)"]
    assert not any(_hatched(plot.composites(ds, "t2m")))
    assert not any(_hatched(plot.composites(ds, "t2m", significance="t", hatch=False)))
    circular = ds.assign_coords(cluster=ds.cluster.assign_attrs(xdsc_variables="t2m"))
    fig = plot.composites(circular, "t2m", significance="t")
    assert not any(_hatched(fig))
    assert not fig.legends
    assert _hatched(plot.composites(circular, "t2m", hatch=True))[0] == cells


def test_cells_to_hatch_can_be_given(ds):
    cluster = xr.DataArray([0, 1, 2], dims="cluster")
    mask = ((ds.lat > 50) & (ds.lon < 0)).expand_dims(cluster=cluster)
    fig = plot.composites(ds, "t2m", hatch=mask.transpose("lon", "cluster", "lat"))
    assert _hatched(fig) == [int((ds.lat > 50).sum() * (ds.lon < 0).sum())] * K
    with pytest.raises(ParameterError, match="hatch= with the regimes and the grid of 't2m'"):
        plot.composites(ds, "t2m", hatch=mask.isel(lat=slice(2)))
    with pytest.raises(ParameterError, match="hatch= as True, False"):
        plot.composites(ds, "t2m", hatch="xx")


def test_without_matplotlib_it_is_said_what_to_install(ds, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    for draw in (plot.composites, plot.timeline, plot.frequency):
        with pytest.raises(ImportError, match="pip install 'xdsc"):
            draw(ds)
