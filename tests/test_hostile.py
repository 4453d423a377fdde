"""Hostile Datasets and arguments end in errors of xdsc, or work; never in those of others."""

import warnings
from contextlib import suppress

import numpy as np
import pytest
from draws import seeds
from hostile import WEIRD, drawn

import xdsc
from xdsc.errors import InputError, ParameterError, XdscError
from xdsc.methods import METHODS, make_method


@pytest.fixture(scope="module")
def base():
    ds = xdsc.tutorial.open_dataset(n_times=30, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    return ds[["t2m", "sp"]]


def check_drawn(base, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds, given, settings = drawn(base, seed)
        try:
            with suppress(XdscError):
                if settings is not None:
                    given["preprocessor"] = xdsc.Preprocessor(**settings)
                found = ds.dsc.fit(**given)
                found.dsc.score(metrics=["silhouette"])
                assert found.dsc.model._repr_html_()
        except OSError as error:
            # What a reader says stays its own, with a line that says where.
            assert "a lost chunk" in str(error)  # noqa: PT017
            assert "while xdsc read" in error.__notes__[0]  # noqa: PT017


def test_hostile_input_ends_in_errors_of_our_own(base):
    for seed in range(40):
        check_drawn(base, seed)


@pytest.mark.slow
def test_more_hostile_input_ends_in_errors_of_our_own(base):
    for seed in seeds(40, 100):
        check_drawn(base, seed)


@pytest.mark.parametrize("name", METHODS)
def test_options_of_any_type_are_checked_at_the_door(name):
    """By `check`, which reads no data and trains nothing."""
    row = METHODS[name]
    weird = [*WEIRD, "adam", {"filters": "x"}, {"dropout": None}, {"class_name": [], "config": 1}]
    for option in row.options:
        for value in weird[:: 1 if option in ("network", "optimizer", "start") else 3]:
            with suppress(ParameterError):
                make_method(name, 3 if row.takes_k else None, **{option: value}).check(30)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("batch_size", 10**9),
        ("n_init", 10**9),
        ("window", 10**9),
        ("latent_dim", 10**9),
        ("loss_weights", (1e30, 1.0)),
        ("network", {"filters": (10**9,)}),
        ("optimizer", {"class_name": "Adam", "config": {"learning_rate": {"class_name": "x"}}}),
    ],
)
def test_what_no_machine_can_use_is_told(option, value):
    with pytest.raises(ParameterError, match=option if option != "network" else "widths"):
        make_method("dsc", 3, **{option: value}).check()


def test_chunks_that_are_not_what_they_say_are_told(base):
    lazy = base.chunk(time=5)
    odd = lazy.t2m.data.map_blocks(
        lambda block: block[:2], dtype="float32", meta=np.empty((0,) * 3)
    )
    with pytest.raises(InputError, match="data that can be read, in chunks of the shape"):
        lazy.assign(t2m=(lazy.t2m.dims, odd)).dsc.fit(k=3, method="kmeans")


@pytest.mark.parametrize("dim", ["latitude", "longitude"])
def test_numbers_are_wanted_of_latitudes(base, dim):
    text = base.assign_coords({dim: [f"{value}" for value in base[dim].values]})
    with pytest.raises(InputError, match=f"'{dim}' as numbers, in degrees"):
        text.dsc.fit(k=3, method="kmeans")
    again = text.assign_coords({dim: text[dim].astype(float)})
    assert "cluster" in again.dsc.fit(k=3, method="kmeans").coords
    with pytest.raises(InputError, match="a grid with points"):
        base.isel({dim: slice(0)}).dsc.fit(k=3, method="kmeans")


@pytest.mark.parametrize("variables", [3, [["t2m"]], {"t2m": 1}, (name for name in ["t2m"])])
def test_variables_that_are_no_names_are_told(base, variables):
    with pytest.raises(ParameterError, match="a name or a list of names"):
        base.dsc.fit(k=3, method="kmeans", variables=variables)


@pytest.mark.parametrize("given", [{"member": "time"}, {"member": "latitude"}, {"time": ["time"]}])
def test_axes_that_are_one_or_none_are_told(base, given):
    with pytest.raises((InputError, ParameterError), match="To fix:"):
        base.dsc.fit(k=3, method="kmeans", **given)
