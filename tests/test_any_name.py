"""No name is reserved: what xdsc calls things inside is free for what a user calls so."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError

# What dimensions, coordinates and variables inside, or in results, are called.
NAMES = [
    *("x", "y", "time", "member", "_term", "term", "bin", "quantile", "statistic"),
    *("variable", "feature", "latent", "sample", "metric", "method", "run", "k", "labels", "score"),
    *("_member", "_time", "count", "novelty", "gone", "calendar", "group", "lag"),
]
KMEANS = {"k": 2, "method": "kmeans", "random_state": 0}


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 3, 4)) + 4.0 * rng.integers(0, 2, 30)[:, None, None]
    return xr.Dataset(
        {"z": (("t", "row", "column"), values, {"units": "m"})},
        {
            "t": ("t", pd.date_range("2001", periods=30), {"standard_name": "time"}),
            "row": ("row", [50.0, 55.0, 60.0], {"units": "degrees_north"}),
            "column": ("column", np.arange(4.0), {"units": "degrees_east"}),
        },
    )


@pytest.fixture(scope="module")
def expected(plain):
    return plain.dsc.fit(**KMEANS).cluster.values


def journey(ds, path):
    """Fit, judge, compose, save, load, label; the labels."""
    fitted = ds.dsc.fit(**KMEANS)
    variable = fitted.cluster.attrs["xdsc_variables"].split()[0]
    fitted.dsc.score(metrics="silhouette")
    assert dict(fitted.dsc.composites()[variable].sizes)["cluster"] == 2
    fitted.dsc.model.save(path)
    again = xdsc.load_model(path)
    np.testing.assert_array_equal(again.predict(ds), fitted.cluster)
    assert variable in again.preprocessor_.mask_
    return fitted.cluster.values


@pytest.mark.parametrize("name", NAMES[::2])
def test_a_variable_of_any_name(plain, expected, name, tmp_path):
    ds = plain.rename(z=name)
    assert (journey(ds, tmp_path / "m.xdsc") == expected).all()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("xdsc/y", lambda ds: ds.dsc.fit(**KMEANS)),
        ("frequency", lambda ds: ds.dsc.fit(**KMEANS).dsc.composites()),
    ],
)
def test_what_cannot_be_says_how_to_rename_it(plain, name, call):
    with pytest.raises(InputError) as error:
        call(ds := plain.rename(z=name))
    words = str(error.value)
    call(eval(words[words.index("ds.rename") : words.index("})") + 2], {"ds": ds}))


@pytest.mark.parametrize("name", NAMES[1::4])
def test_a_dimension_and_a_coordinate_of_any_name(plain, expected, name, tmp_path):
    if name == "novelty":  # where labels of other data go
        with pytest.raises(InputError, match="rename it"):
            xdsc.ClusterModel(2, method="kmeans").fit(plain).label(plain.rename(t=name))
        return
    row = plain.rename(row=name).dsc.fit(**KMEANS)
    assert (row.cluster.values == expected).all()
    assert row.dsc.composites().z.dims == ("cluster", name, "column")
    ds = plain.rename(t=name).assign_coords({f"{name}_": 1.0})
    assert (journey(ds, tmp_path / "m.xdsc") == expected).all()


@pytest.mark.parametrize("name", ["run", "metric", "feature", "_member"])
def test_results_have_room_for_the_dimensions_of_the_user(plain, name):
    ds = plain.rename(t=name)
    compared = ds.dsc.compare(2, ["kmeans"], n_runs=2, metrics="silhouette", progress=False)
    assert compared.labels.sizes[f"{name}_" if name[0] not in "_f" else name] == 30
    fitted = ds.dsc.fit(**KMEANS)
    assert xdsc.plot.rows_of(fitted).sizes[name] == 30
    assert len(fitted.dsc.life_cycles().events)


@pytest.mark.parametrize("name", ["run", "realisation", "odd"])
def test_members_on_a_dimension_of_any_name(plain, name):
    ds = xr.concat([plain, plain + 0.1], name).assign_coords({name: [1, 2]})
    fitted = ds.dsc.fit(**KMEANS, member=name)
    assert fitted.dsc.composites().n_frames.sum() == 60
    assert np.isfinite(fitted.dsc.score(metrics="silhouette").score)
    compared = ds.dsc.compare(
        2, ["kmeans"], n_runs=1, metrics="silhouette", progress=False, member=name
    )
    assert compared.labels.dims[2:] == ("run_" if name == "run" else name, "t")
