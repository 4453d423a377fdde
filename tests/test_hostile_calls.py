"""Statistics and figures of hostile Datasets, labels and arguments; a tiny DSC of such Datasets."""

import warnings
from contextlib import contextmanager

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from draws import seeds
from hostile import drawn
from hostile_calls import figure, statistic

import xdsc
from xdsc.errors import InputError, ParameterError, XdscError


@pytest.fixture(scope="module")
def base():
    ds = xdsc.tutorial.open_dataset(n_times=30, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    ds = ds[["t2m", "sp"]].dsc.fit(k=3, method="kmeans", random_state=0)
    return ds.copy()


@contextmanager
def errors_of_our_own(said):
    """All errors are those of xdsc, and say what to do; but for what a reader of data says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except XdscError as error:
        assert "To fix:" in str(error), said  # noqa: PT017
    except OSError as error:
        assert "a lost chunk" in str(error), said  # noqa: PT017
    except Exception as error:
        raise AssertionError(said) from error


def check(base, draw, seeds):
    for seed in seeds:
        with errors_of_our_own(f"seed {seed}"):
            call, said = draw(base, seed)
        with errors_of_our_own(said):
            call()
        plt.close("all")


def test_hostile_statistics_end_in_errors_of_our_own(base):
    check(base, statistic, range(40))


def test_hostile_figures_end_in_errors_of_our_own(base):
    check(base, figure, range(18))


@pytest.mark.slow
def test_more_hostile_statistics_end_in_errors_of_our_own(base):
    check(base, statistic, seeds(40, 100))


@pytest.mark.slow
def test_more_hostile_figures_end_in_errors_of_our_own(base):
    check(base, figure, seeds(18, 60))


@pytest.mark.slow
def test_hostile_input_to_networks_ends_in_errors_of_our_own(base, tiny):
    """The network that is traced the soonest; what differs is told before one is built."""
    small = {**tiny, "encoder": "cnn", "decoder": False, "pretrain_epochs": 1, "epochs": 1}
    for seed in seeds(0, 20):
        with errors_of_our_own(f"seed {seed}"):
            ds, given, settings = drawn(base.drop_vars("cluster"), seed)
            given = {**small, "window": 1, **given}
            given = {name: given[name] for name in given if name not in ("n_init", "stream")}
            if settings is not None:
                given["preprocessor"] = xdsc.Preprocessor(**settings)
            ds.dsc.fit(**(given | {"method": "dsc"}))


def test_composites_of_float16_are_those_of_numbers(base):
    half = base.assign(t2m=base.t2m.astype("f2"), sp=(base.sp / 1000).astype("f2"))
    found, exact = xdsc.composites(half), xdsc.composites(half.astype("f8"))
    for name in ("t2m", "t2m_anomaly", "t2m_std", "sp"):
        np.testing.assert_allclose(found[name], exact[name], rtol=1e-3, atol=2e-2)


@pytest.mark.parametrize("scale", [1e-30, 1e25, 1e29])
def test_composites_near_the_limits_of_floats_are_finite(base, scale):
    """Squares of float32 that overflow or vanish are no deviation of zero."""
    ds = base.assign(t2m=((base.t2m - base.t2m.mean()) * np.float32(scale)).astype("f4"))
    found, exact = xdsc.composites(ds), xdsc.composites(ds.astype("f8"))
    np.testing.assert_allclose(found.t2m_std, exact.t2m_std, rtol=1e-4)
    np.testing.assert_allclose(found.t2m, exact.t2m, rtol=1e-4, atol=1e-4 * scale)


@pytest.mark.parametrize(
    ("labels", "received"),
    [
        ([object()] * 30, "a object"),
        ([0, ("x",)] * 15, "a tuple"),
        (np.full(30, 2**40), "numbers like"),
        (np.full(30, 1j), "numbers like"),
    ],
)
def test_labels_that_are_none_are_told(base, labels, received):
    array = np.empty(30, object)
    array[:] = labels
    given = array if isinstance(labels, list) else labels
    with pytest.raises(ParameterError, match=received):
        xdsc.frequency(base, xr.DataArray(given, dims="time"))


def test_labels_of_chunks_that_are_no_such_are_told(base):
    lazy = da.from_array(base.cluster.values, chunks=5).map_blocks(
        lambda block: block[:1], dtype="i4", meta=np.empty(0, "i4")
    )
    with pytest.raises(InputError, match="data that can be read"):
        xdsc.frequency(base.assign_coords(cluster=("time", lazy)))


@pytest.mark.parametrize("flags", [[[0], "x"], {"a": 1}, object(), np.array("x")])
def test_flags_that_are_none_name_nothing(base, flags):
    labels = base.cluster.assign_attrs(flag_values=flags, flag_meanings="a b")
    assert xdsc.frequency(labels).sizes["cluster"] == 3
    assert xdsc.composites(base, labels).sizes["cluster"] == 3
