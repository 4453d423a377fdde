"""Names and numbers of regimes go wherever the labels go."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import NotFittedError, ParameterError
from xdsc.plot.style import regime_names


def labels(values=(0, 1, 1, 2, -1), **attrs):
    return xr.DataArray(np.array(values), dims="time", name="cluster", attrs=attrs)


def test_names_go_into_files_composites_and_figures(small, tmp_path):
    fitted = small.dsc.fit(k=3, method="kmeans", random_state=0)
    named = fitted.dsc.rename({0: "NAO+", 2: "Atlantic ridge"})
    assert named.dsc.rename({1: "other"}).dsc.model is named.dsc.rename({0: "x"}).dsc.model
    path = tmp_path / "named.nc"
    named.to_netcdf(path)
    with xr.open_dataset(path) as opened:
        found = xdsc.composites(opened[["t2m"]])
        assert regime_names(found.cluster) == ["NAO+", "regime 1", "Atlantic ridge"]
        assert xdsc.rename(opened, ["a", "b", "c"]).cluster.attrs["flag_meanings"].endswith("a b c")
    figure = named.dsc.plot.timeline()
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[0].startswith("NAO+")
    assert texts[2].startswith("Atlantic ridge")


def test_labels_of_text_become_the_names():
    found = xdsc.rename(xr.DataArray(["a", "b", None], dims="time"), {"a": "NAO+"})
    assert found.values.tolist()[:2] == ["NAO+", "b"]
    assert found.isnull().values.tolist() == [False, False, True]


def test_nothing_else_changes():
    given = labels(long_name="labels", other=1)
    ds = xr.Dataset({"t": ("time", np.arange(5.0))}, {"cluster": given})
    before = ds.copy(deep=True)
    found = xdsc.rename(ds, {0: "NAO+"})
    assert found.cluster.equals(ds.cluster)
    assert found.cluster.attrs.items() >= given.attrs.items()
    assert ds.identical(before)
    assert "cluster" in found.coords


@pytest.mark.parametrize(
    ("order", "values", "names"),
    [
        ("frequency", [1, 0, 0, 2, -1], "b a regime_2"),
        ([2, 0, 1], [1, 2, 2, 0, -1], "regime_0 a b"),
        ({0: 2}, [2, 1, 1, 0, -1], "regime_0 b a"),
        ({0: 7}, [7, 1, 1, 2, -1], "b regime_2 a"),
        ({0: 1, 1: 0}, [1, 0, 0, 2, -1], "b a regime_2"),
    ],
)
def test_names_go_with_the_numbers(order, values, names):
    given = xdsc.rename(labels(), {0: "a", 1: "b"})
    found = xdsc.reorder(given, order)
    assert found.values.tolist() == values
    assert found.attrs["flag_meanings"] == f"no_label {names}"
    assert sorted(np.unique(values)) == found.attrs["flag_values"].tolist()
    # And back.
    back = dict(zip(values, given.values.tolist(), strict=True))
    back.pop(-1)
    assert xdsc.reorder(found, back).equals(given)


def test_members_are_reordered_alike():
    both = xr.DataArray([[0, 1], [1, 1], [1, 0]], dims=("time", "member"))
    assert xdsc.reorder(both).values.tolist() == [[1, 0], [0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ({7: "a"}, "some of the regimes"),
        (["a"], "3 names"),
        ({0: ""}, "text"),
        ({0: 1}, "text"),
        ({0: "a", 1: "a"}, "more than once"),
        ({0: "regime 1"}, "more than once"),
    ],
)
def test_wrong_names_are_told(names, text):
    with pytest.raises(ParameterError, match=text):
        xdsc.rename(labels(), names)


@pytest.mark.parametrize("order", ["size", [0, 1], {0: -1}, {5: 1}, {0: 3, 1: 3}, xr.Dataset()])
def test_wrong_orders_are_told(order):
    with pytest.raises(ParameterError, match="To fix"):
        xdsc.reorder(labels(), order)


def test_without_labels_there_is_nothing_to_name():
    with pytest.raises(NotFittedError, match="fit"):
        xdsc.rename(xr.Dataset(), {0: "a"})
