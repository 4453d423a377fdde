"""Figures of statistics say what the numbers are."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError


@pytest.fixture
def labels():
    """Three winters in which regime 1 always follows regime 0, and a fourth that has begun."""
    time = xr.date_range("2000-12-01", "2003-12-10", calendar="noleap", use_cftime=True)
    time = time[np.isin(time.month, [12, 1, 2])]
    values = np.resize(np.repeat([0, 1, 2], [3, 2, 4]), time.size)
    given = xr.DataArray(values, {"time": time}, ("time",))
    return xdsc.rename(given, ["NAO+", "NAO-", "Atlantic ridge"])


def test_bars_of_months_reach_a_hundred_per_cent(labels):
    fig = xdsc.plot.frequency(labels)
    panel = fig.axes[0]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["Dec", "Jan", "Feb"]
    tops = [bar.get_y() + bar.get_height() for bar in panel.containers[-1]]
    np.testing.assert_allclose(tops, 100)
    texts = [text.get_text() for text in fig.legends[0].get_texts()]
    assert texts[0].startswith("Atlantic ridge")
    assert xdsc.plot.frequency(labels, by=None).axes[0].get_ylabel() == "time steps (%)"


def test_months_and_seasons_without_labels_have_no_bar(labels):
    days = xr.date_range("2000-12-01", "2003-12-10", calendar="noleap", use_cftime=True)
    whole = labels.reindex(time=days, fill_value=-1)
    for by, names in (("month", ["Dec", "Jan", "Feb"]), ("season", ["DJF"])):
        panel = xdsc.plot.frequency(whole, by=by).axes[0]
        assert [tick.get_text() for tick in panel.get_xticklabels()] == names
        of_season = xdsc.plot.frequency(labels, by=by).axes[0]
        heights = [[bar.get_height() for bar in p.patches] for p in (panel, of_season)]
        np.testing.assert_allclose(*heights)


def test_a_panel_for_each_regime_with_its_trend(labels):
    fig = xdsc.plot.frequency(labels, by="season-year", n=5, random_state=0)
    assert [panel.get_ylabel() for panel in fig.axes] == [
        "NAO+ (%)",
        "NAO- (%)",
        "Atlantic ridge (%)",
    ]
    found = xdsc.frequency(labels, trend=True, n=5, random_state=0)
    slope = 100 * found.trend.values[0, 0]
    assert fig.axes[0].texts[0].get_text().startswith(f"{slope:+.1f}".replace("-", "−"))
    assert len(xdsc.plot.frequency(labels, by="year", trend=False).axes[0].texts) == 0


@pytest.mark.parametrize("by", ["year", "season-year"])
def test_the_axis_of_one_year_is_that_year(labels, by):
    fig = xdsc.plot.frequency(labels[31:80], by=by, trend=False)  # January and February 2001
    panel = fig.axes[-1]
    assert 2001 in panel.get_xticks()
    assert panel.get_xlim() == (2000.5, 2001.5)


def test_survival_is_drawn(labels):
    fig = xdsc.plot.persistence(labels, n=5, random_state=0)
    assert [panel.get_title() for panel in fig.axes] == ["NAO+", "NAO-", "Atlantic ridge"]
    found = xdsc.persistence(labels, n=5, random_state=0)
    drawn = fig.axes[1].lines[1].get_ydata()
    shares = found.survival.values[1]
    np.testing.assert_allclose(drawn, np.where(shares > 0, shares, np.nan))


def test_regimes_without_an_event_have_no_numbers_on_their_axes(labels):
    one = xr.zeros_like(labels[:5]).assign_attrs(flag_values=[0], flag_meanings="all")
    fig = xdsc.plot.persistence(one, n=5, random_state=0)
    panel = fig.axes[0]
    assert panel.texts[0].get_text() == "0 events"
    assert not [*panel.get_xticks(), *panel.get_yticks(), *panel.get_yticks(minor=True)]


@pytest.mark.parametrize("null", ["events", None])
def test_cells_of_transitions_say_what_is_more_and_less(labels, null):
    fig = xdsc.plot.transitions(labels, n=99, random_state=0, null=null)
    texts = {text.get_position(): text.get_text() for text in fig.axes[0].texts}
    found = xdsc.transitions(labels, n=99, random_state=0, exclude_self=True)
    count = found.n_transitions.values[0, 1]
    mark = " ▲" if null else ""
    assert texts[1, 0] == f"100 %{mark}\n{count}"
    assert (0, 0) not in texts
    fig = xdsc.plot.transitions(labels, n=9, random_state=0, null=null, exclude_self=False)
    assert len(fig.axes[0].texts) == 9


def test_slanted_names_end_below_their_columns(labels):
    fig = xdsc.plot.transitions(labels, n=9, random_state=0)
    fig.draw_without_rendering()
    panel = fig.axes[0]
    for column, name in enumerate(panel.get_xticklabels()):
        end, _ = panel.transData.transform((column, 0))
        assert name.get_window_extent().x1 == pytest.approx(end, abs=0.1 * panel.bbox.width)


def test_a_wrong_level_is_told(labels):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        xdsc.plot.transitions(labels, alpha=5)


# --- Index, life cycles, conditions and changes --------------------------------------------------


@pytest.fixture
def index(labels):
    """Indices of the winters: 2 in the regime, -1 elsewhere, and no index in the fourth winter."""
    values = np.where(labels.values[:, None] == np.arange(3), 2.0, -1.0)
    values[-10:] = np.nan
    cluster = ("cluster", np.arange(3), labels.attrs)
    given = xr.DataArray(values, {"time": labels.time, "cluster": cluster}, ("time", "cluster"))
    return xr.Dataset({"regime_index": given})


def test_lines_of_the_index_and_bars_of_life_cycles(index):
    fig = xdsc.plot.regime_index(index, min_duration="3D")
    lines, bars = fig.axes
    assert [tick.get_text() for tick in bars.get_yticklabels()] == [
        "NAO+",
        "NAO-",
        "Atlantic ridge",
    ]
    # A line for each regime and winter, that of the threshold, and that of 0.
    assert sum(len(line.get_xdata()) > 2 for line in lines.lines) == 3 * 4
    events, _ = xdsc.life_cycles(index, min_duration="3D")
    peaks = [line for line in lines.lines if line.get_marker() == "o"]
    assert len(peaks) == events.sizes["event"] > 10
    # Each life cycle is as long as it lasts, and begins half a day before its onset.
    wide = {(bar.get_x(), bar.get_width()) for bar in bars.patches}
    first = events.isel(event=0)
    begin = (first.onset.item() - index.time.values[0]).days - 0.5
    assert (begin, first.duration.item()) in wide


def test_a_period_of_the_index_is_drawn(index, monkeypatch):
    fig = xdsc.plot.regime_index(index, ("2001-12", "2002-02"), min_duration="3D")
    assert {len(line.get_xdata()) for line in fig.axes[0].lines if len(line.get_xdata()) > 2} == {
        90
    }
    assert [t.get_text() for t in fig.axes[1].get_xticklabels()] == [
        "Dec\n2001",
        "Jan\n2002",
        "Feb",
    ]
    monkeypatch.setattr("xdsc.plot.statistics.indices._MOST", 100)
    fig = xdsc.plot.regime_index(index)  # the last whole winter of a long record
    assert fig.axes[1].get_xticklabels()[0].get_text() == "Dec\n2002"
    for period, text in [(("1950", "1951"), "another one"), (("a", "b"), "two dates")]:
        with pytest.raises(ParameterError, match=text):
            xdsc.plot.regime_index(index, period)


def test_life_cycles_lie_in_the_row_of_their_winter(index):
    fig = xdsc.plot.life_cycles(index, min_duration="3D")
    panel = fig.axes[0]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["2001", "2002", "2003"]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["Dec", "Jan", "Feb"]
    events, _ = xdsc.life_cycles(index, min_duration="3D")
    numbers = [int((events.cluster == i).sum()) for i in range(3)]
    texts = [text.get_text() for text in fig.legends[0].get_texts()]
    assert texts[0] == f"NAO+ · {numbers[0]}, mean 3.0 days"
    assert texts[1] == "NAO- · 0"
    with pytest.raises(InputError, match="select a member"):
        xdsc.plot.life_cycles(index.expand_dims(member=2))


def test_short_rows_of_life_cycles_have_days_on_their_axis(index):
    januaries = index.sel(time=index.time.dt.month == 1)
    panel = xdsc.plot.life_cycles(januaries, min_duration="3D").axes[0]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["2001", "2002", "2003"]
    days = [int(tick.get_text().removesuffix(" Jan")) for tick in panel.get_xticklabels()]
    assert days == list(range(1, 32, 3))
    np.testing.assert_allclose(panel.get_xticks(), np.array(days) - 1)
    over_new_year = index.isel(time=slice(20, 50))
    panel = xdsc.plot.life_cycles(over_new_year, min_duration="3D").axes[0]
    texts = [tick.get_text() for tick in panel.get_xticklabels()]
    assert [texts[0], texts[-1]] == ["21 Dec", "17 Jan"]


@pytest.mark.parametrize("figure", [xdsc.plot.regime_index, xdsc.plot.life_cycles])
@pytest.mark.parametrize("n", [1, 60, 800])  # of more than 400 the last season is drawn
def test_one_regime_or_time_step_has_no_index_to_draw(figure, n):
    ds = xdsc.tutorial.open_dataset(n_times=800, n_lat=4, n_lon=4).isel(time=slice(n))
    received = f"none, of 1 regime at {n} time step"
    with pytest.raises(InputError, match=f"{received}.*fit with more regimes"):
        figure(ds.assign_coords(cluster=0 * ds.regime), variable="t2m")


def test_bars_of_conditional_frequencies(labels):
    enso = xr.where(labels == 1, 3.0, labels.time.dt.day / 100).rename("ENSO")
    fig = xdsc.plot.conditional_frequency(labels, enso, n=19, random_state=0)
    found = xdsc.conditional_frequency(labels, enso, n=19, random_state=0)
    panel = fig.axes[0]
    drawn = np.array([[bar.get_height() for bar in bars] for bars in panel.containers]).T
    np.testing.assert_allclose(drawn, 100 * found.frequency)
    assert panel.get_xlabel() == "ENSO"
    assert panel.get_xticklabels()[0].get_text().startswith("low\nup to")
    assert len(panel.texts) == int((found.p_adjusted < 0.05).sum())
    with pytest.raises(ParameterError, match="between 0 and 1"):
        xdsc.plot.conditional_frequency(labels, enso, alpha=5)


@pytest.mark.parametrize("bins", [2, 3, [101_400.0, 101_425.0]])
def test_bins_of_pressures_are_told_apart_and_have_units(labels, bins):
    rng = np.random.default_rng(0)
    given = labels.copy(data=101_325 + 100 * rng.random(labels.size)).rename("msl")
    given.attrs = {"units": "Pa", "long_name": "pressure"}
    panel = xdsc.plot.conditional_frequency(labels, given, bins=bins, n=9).axes[0]
    assert panel.get_xlabel() == "pressure (Pa)"
    limits = [text.get_text().split("\n")[-2] for text in panel.get_xticklabels()]
    written = [float(word) for limit in limits for word in limit.split() if word[0].isdigit()]
    edges = np.quantile(given, np.arange(1, bins) / bins) if isinstance(bins, int) else bins
    np.testing.assert_allclose(written, np.repeat(edges, 2), atol=0.5)


@pytest.mark.parametrize(
    ("periods", "title"),
    [
        ([("2000", "2001-06"), ("2001-07", "2003")], "2001-12-01 to 2003-12-10 against 2000-12-01"),
        ([("2000-12", "2001-01"), ("2002", "2003")], "2002–2003 against 2000–2001"),
    ],
)
def test_periods_are_named_by_years_only_where_these_tell_them_apart(labels, periods, title):
    ds = xr.Dataset({"t": 2.0 * labels}).assign_coords(cluster=labels)
    panel = xdsc.plot.decompose(ds, "t", periods, n=9, random_state=0).axes[0]
    written = " ".join(panel.get_title().split()).replace("\N{NON-BREAKING HYPHEN}", "-")
    assert written.startswith(title)


def test_bars_of_a_decomposition_are_of_the_area_mean(labels):
    lat = ("lat", [0.0, 60.0], {"units": "degrees_north"})
    lon = ("lon", [0.0, 10.0], {"units": "degrees_east"})
    values = labels.values[:, None, None] * np.array([[1.0, 1.0], [4.0, 4.0]])
    ds = xr.Dataset(
        {"t": (("time", "lat", "lon"), values, {"units": "K"})},
        {"time": labels.time, "lat": lat, "lon": lon, "cluster": labels},
    )
    periods = [("2000", "2001-06"), ("2001-07", "2003")]
    fig = xdsc.plot.decompose(ds, "t", periods, n=9, random_state=0)
    bars = np.array([[bar.get_height() for bar in one] for one in fig.axes[0].containers])
    mean = xr.Dataset({"t": 2.0 * labels}).assign_coords(cluster=labels)  # cos 60° = 1/2
    found = xdsc.decompose(mean, "t", periods, n=9, random_state=0)
    np.testing.assert_allclose(bars[:, :-1], found.contribution, rtol=1e-2, atol=1e-12)
    np.testing.assert_allclose(bars[:, -1], found.total, rtol=1e-2, atol=1e-12)
    assert fig.axes[0].get_ylabel() == "change of t (K)"
    long = "a long name of what was measured, at which height and how it was averaged"
    fig = xdsc.plot.decompose(ds.assign(t=ds.t.assign_attrs(long_name=long)), "t", periods, n=9)
    fig.draw_without_rendering()
    label = fig.axes[0].yaxis.label
    assert label.get_text().split() == f"change of {long} (K)".split()
    assert fig.bbox.y0 <= label.get_window_extent().y0 < label.get_window_extent().y1 < fig.bbox.y1
    levels = ds.t.expand_dims(level=2)
    with pytest.raises(InputError, match="level=0"):
        xdsc.plot.decompose(ds.assign(t=levels), "t", periods, n=9)
