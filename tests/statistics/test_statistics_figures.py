"""Figures of statistics say what the numbers are."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError


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
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["Jan", "Feb", "Dec"]
    tops = [bar.get_y() + bar.get_height() for bar in panel.containers[-1]]
    np.testing.assert_allclose(tops, 100)
    texts = [text.get_text() for text in fig.legends[0].get_texts()]
    assert texts[0].startswith("Atlantic ridge")
    assert xdsc.plot.frequency(labels, by=None).axes[0].get_ylabel() == "time steps (%)"


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


def test_survival_is_drawn(labels):
    fig = xdsc.plot.persistence(labels, n=5, random_state=0)
    assert [panel.get_title() for panel in fig.axes] == ["NAO+", "NAO-", "Atlantic ridge"]
    found = xdsc.persistence(labels, n=5, random_state=0)
    drawn = fig.axes[1].lines[1].get_ydata()
    shares = found.survival.values[1]
    np.testing.assert_allclose(drawn, np.where(shares > 0, shares, np.nan))


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


def test_a_wrong_level_is_told(labels):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        xdsc.plot.transitions(labels, alpha=5)
