"""Time steps that belong to no regime, by membership and by novelty, and who takes their labels."""

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError
from xdsc.labels import no_regime_of


@pytest.fixture(scope="module")
def ds():
    return xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)[["t2m"]]


@pytest.fixture(scope="module")
def gmm(ds):
    return xdsc.ClusterModel(3, method="gmm", n_components=3, random_state=0).fit(ds)


@pytest.fixture
def gappy(ds):
    """The last step is missing, and the one before it is like none of the fit."""
    odd = ds.t2m.copy()
    odd[-1] = np.nan
    odd[-2] += 100
    return ds.assign(t2m=odd)


def test_steps_below_a_membership_are_in_no_regime(ds, gmm, gappy):
    plain = gmm.label(gappy)
    q = gmm.membership(gappy).max("cluster")
    least = float(q.quantile(0.3))
    found = gmm.label(gappy, min_membership=least).cluster
    none = (q < least).values
    assert 0 < none.sum() < none.size
    np.testing.assert_array_equal(found.values, np.where(none, 3, plain.cluster.values))
    assert found.values[-1] == -1
    assert found.attrs["flag_meanings"] == "no_label regime_0 regime_1 regime_2 no_regime"
    assert found.attrs["flag_values"].tolist() == [-1, 0, 1, 2, 3]
    assert found.attrs["xdsc_min_membership"] == least
    assert no_regime_of(found.attrs) == 3
    assert no_regime_of(plain.cluster.attrs) is None


def test_steps_beyond_a_novelty_are_in_no_regime(ds, gmm, gappy):
    found = gmm.label(gappy, max_novelty=0.99)
    assert found.cluster.values[-2:].tolist() == [3, -1]
    np.testing.assert_array_equal(found.cluster == 3, found.novelty > 0.99)
    both = gmm.label(gappy, max_novelty=0.99, min_membership=0.9).cluster
    one = gmm.label(gappy, min_membership=0.9).cluster
    np.testing.assert_array_equal(both == 3, (found.cluster == 3) | (one == 3))
    # A limit that nothing is beyond declares the class as well.
    assert no_regime_of(gmm.label(ds, max_novelty=1).cluster.attrs) == 3


def test_lazy_labels_are_the_same(gmm, gappy):
    asked = {"min_membership": 0.9, "max_novelty": 0.9}
    expected = gmm.label(gappy, **asked).cluster
    with dask.config.set(scheduler="sync"):
        found = gmm.label(gappy.chunk(time=20), **asked).cluster
        assert found.chunks is not None
        xr.testing.assert_identical(found.compute(), expected)


@pytest.mark.parametrize("name", ["min_membership", "max_novelty"])
@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", True, np.nan])
def test_limits_that_are_none_are_told(ds, gmm, name, value):
    with pytest.raises(ParameterError, match=f"{name}= to be a number from 0 to 1"):
        gmm.label(ds, **{name: value})


def test_methods_without_memberships_say_so(ds):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ds)
    with pytest.raises(ParameterError, match="memberships"):
        model.label(ds, min_membership=0.5)


# --- Who takes such labels ---------------------------------------------------------------------

# Two regimes and 2 for none, over ten days.
VALUES = [0, 0, 2, 1, 1, 1, 2, 2, 0, -1]


@pytest.fixture
def labels():
    time = pd.date_range("2000-01-01", periods=len(VALUES))
    attrs = {"flag_values": [-1, 0, 1, 2], "flag_meanings": "no_label NAO+ NAO- no_regime"}
    return xr.DataArray(VALUES, {"time": time}, ("time",), "cluster", attrs)


def test_statistics_take_no_regime_for_a_class(labels):
    found = xdsc.frequency(labels)
    assert found.n_frames.values.tolist() == [3, 3, 3]
    assert found.n_unlabelled.item() == 1
    assert found.regime_name.values.tolist() == ["NAO+", "NAO-", "no regime"]
    found = xdsc.persistence(labels, n=10, random_state=0)
    # It ends events, and does not cut them off.
    assert found.n_censored.values.tolist() == [2, 0, 0]
    np.testing.assert_array_equal(found.mean_duration, [np.nan, 3.0, 1.5])
    found = xdsc.transitions(labels, exclude_self=True, null=None)
    assert found.n_transitions.values.tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 0]]


def test_no_regime_is_matched_with_nothing(labels):
    # The third regime of the other one is there where these are in none.
    other = xr.DataArray([1, 1, 0, 2, 2, 2, 0, 0, 1, 1], labels.coords, ("time",))
    found = xdsc.match(other, labels)
    assert found.reference.values.tolist() == [-1, 0, 1]
    assert np.isnan(found.score[0])
    assert xdsc.match(labels, other).reference.values.tolist() == [1, 2, -1]


def test_no_regime_keeps_its_place_and_needs_no_name(labels):
    often = labels.copy(data=[2, 2, 2, 2, 2, 1, 1, 0, 2, -1])
    found = xdsc.reorder(often)
    assert found.values.tolist() == [2, 2, 2, 2, 2, 0, 0, 1, 2, -1]
    assert found.attrs["flag_meanings"] == "no_label NAO- NAO+ no_regime"
    named = xdsc.rename(labels, ["a", "b"])
    assert named.attrs["flag_meanings"] == "no_label a b no_regime"


def test_no_regime_has_no_index(ds):
    labels = ds.regime.copy(data=np.where(ds.regime == 2, 3, ds.regime))
    flags = {"flag_values": [-1, 0, 1, 3], "flag_meanings": "no_label a b no_regime"}
    index = xdsc.regime_index(ds, labels.assign_attrs(flags))
    assert index.cluster.values.tolist() == [0, 1]
    assert xdsc.life_cycles(index).labels.attrs["flag_meanings"] == "no_label a b no_regime"


def test_figures_draw_no_regime_in_grey(labels):
    pytest.importorskip("matplotlib")
    from xdsc.plot.style import GREY, palette, regime_colours

    fig = xdsc.plot.timeline(xr.Dataset(coords={"time": labels.time, "cluster": labels}))
    texts = [text.get_text() for text in fig.legends[0].get_texts()]
    assert texts == ["NAO+ · 33 %", "NAO- · 33 %", "no regime · 33 %", "no label"]
    *regimes, none = regime_colours(xr.DataArray([0, 1, 2], dims="cluster", attrs=labels.attrs))
    assert regimes == palette(2)
    assert none not in (*palette(12), GREY)
