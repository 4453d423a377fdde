"""Bad input: an error of our own that says what to do, and nothing left half fitted."""

from unittest import mock

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError, XdscError


def time_steps_twice(ds):
    return xr.concat([ds, ds.isel(time=[3])], "time").sortby("time")


def with_infinity(ds):
    return ds.assign(t2m=ds.t2m.where(ds.t2m < ds.t2m.max(), np.inf))


# What is done to a good Dataset -> words that the message has.
BAD_DATASETS = {
    "no time axis": (
        lambda ds: ds.drop_vars(["time", "regime"]).rename(time="step"),
        ["time dimension", "looked for standard_name", "step"],
    ),
    "time without dates": (
        lambda ds: ds.assign_coords(time=np.arange(40)),
        ["dates in the time coordinate 'time'", "int64", "decode_cf"],
    ),
    "one date": (
        lambda ds: ds.isel(time=0),
        ["time dimension", "'time' is a single date here", "select several time steps"],
    ),
    "one time step": (
        lambda ds: ds.isel(time=[0]),
        ["at least 2 time steps", "1 in 'time'", "longer period"],
    ),
    "no time step": (lambda ds: ds.isel(time=[]), ["at least 2 time steps", "0 in 'time'"]),
    "no lat": (
        lambda ds: ds.drop_vars("latitude").rename(latitude="row"),
        ["latitude", "looked for standard_name", "pass lat=", "row"],
    ),
    "no lon": (
        lambda ds: ds.drop_vars("longitude").rename(longitude="cell"),
        ["longitude", "looked for standard_name", "pass lon=", "cell"],
    ),
    "duplicate time": (time_steps_twice, ["once", "2019-01-04", "ds.drop_duplicates('time')"]),
    "unsorted time": (
        lambda ds: ds.isel(time=slice(None, None, -1)),
        ["ascending", "ds.sortby('time')"],
    ),
    "missing date": (
        lambda ds: ds.assign_coords(time=ds.time.where(ds.time != ds.time[4])),
        ["NaT", "notnull"],
    ),
    "inf": (with_infinity, ["finite values in 't2m'", "inf", "np.isfinite"]),
    "all missing": (
        lambda ds: ds.assign(t2m=ds.t2m * np.nan),
        ["values in 't2m'", "NaN at every time and place", "leave 't2m' out"],
    ),
    "constant": (
        lambda ds: ds.assign(t2m=xr.full_like(ds.t2m, 280)),
        ["values that vary in 't2m'", "280 at every time and place", "leave 't2m' out"],
    ),
    "text": (
        lambda ds: ds.assign(t2m=ds.t2m.astype(str)),
        ["numbers in 't2m'", "<U", "variables=[...]"],
    ),
    "booleans": (lambda ds: ds.assign(t2m=ds.t2m > 290), ["numbers in 't2m'", "bool"]),
    "levels": (
        lambda ds: ds.assign(t2m=ds.t2m.expand_dims(level=2)),
        ["'level' of size 2", "ds.isel(level=0)", "ds['level'].values}"],
    ),
    "no variables": (
        lambda ds: ds.drop_vars(list(ds.data_vars)),
        ["a variable with the dimensions 'time'", "received the variables []"],
    ),
    "no variable in time": (
        lambda ds: ds.mean("time").assign_coords(time=ds.time),
        ["a variable with the dimensions 'time'"],
    ),
}


@pytest.mark.parametrize("method", ["dsc", "kmeans"])
@pytest.mark.parametrize("case", BAD_DATASETS)
def test_a_bad_dataset_is_told_what_is_wrong(small, case, method):
    spoil, words = BAD_DATASETS[case]
    bad = spoil(small)
    before = bad.copy(deep=True)
    model = xdsc.ClusterModel(3, method=method, progress=False)
    given = set(vars(model))
    for fit in (lambda: bad.dsc.fit(k=3, method=method, progress=False), lambda: model.fit(bad)):
        with pytest.raises(InputError) as caught:
            fit()
        for word in [*words, "Expected", "received", "To fix"]:
            assert word in str(caught.value)
    assert set(vars(model)) == given
    with pytest.raises(NotFittedError):
        _ = bad.dsc.model
    xr.testing.assert_identical(bad, before)


def test_the_name_of_the_labels_must_be_free(small):
    for taken in (small.assign(cluster=small.t2m), small.rename(latitude="cluster")):
        with pytest.raises(InputError, match=r"dimension or variable 'cluster'.*rename\(cluster="):
            taken.dsc.fit(k=3, method="kmeans")
    model = xdsc.ClusterModel(3, method="kmeans").fit(small)
    with pytest.raises(InputError, match=r"dimension or variable 'cluster'"):
        model.label(small.assign(cluster=small.t2m))


def test_all_problems_of_a_dataset_come_together(small):
    bad = with_infinity(small).assign(sp=small.sp * np.nan, u10=small.u10 * 0)
    with pytest.raises(InputError) as caught:
        bad.dsc.fit(k=3)
    for name in ("'t2m'", "'sp'", "'u10'"):
        assert name in str(caught.value)
    nowhere = small.drop_vars(["latitude", "longitude"]).rename(latitude="a", longitude="b")
    with pytest.raises(InputError) as caught:
        nowhere.dsc.fit(k=3)
    assert "latitude" in str(caught.value)
    assert "longitude" in str(caught.value)


@pytest.mark.parametrize("method", ["dsc", "kmeans"])
@pytest.mark.parametrize(
    ("k", "words"),
    [
        (1, "k of at least 2, received k=1"),
        (-2, "k of at least 2, received k=-2"),
        (3.0, "k to be an integer, received 3.0"),
        ("3", "k to be an integer, received '3'"),
        (True, "k to be an integer, received True"),
        (np.array(3), r"k to be an integer, received array\(3\). To fix: write k=int\(3\)"),
        (40, r"k below the number of time steps with data \(40\)"),
        (41, r"k below the number of time steps with data \(40\), received k=41. To fix: lower k"),
    ],
)
def test_impossible_k(small, k, words, method):
    model = xdsc.ClusterModel(k, method=method)
    given = set(vars(model))
    with pytest.raises(ParameterError, match=words):
        model.fit(small)
    with pytest.raises(ParameterError, match=words):
        small.dsc.fit(k=k, method=method)
    assert set(vars(model)) == given
    with pytest.raises(NotFittedError):
        _ = small.dsc.model


def test_k_counts_frames_with_data_only(messy):
    with pytest.raises(ParameterError, match=r"time steps with data \(35\), received k=36"):
        messy.dsc.fit(k=36, method="kmeans")


@pytest.mark.parametrize("k", [{}, {"k": 3, "n_clusters": 3}, {"k": 3, "n_clusters": 4}])
def test_k_is_wanted_once(small, k):
    with pytest.raises(ParameterError, match=r"as k= or n_clusters=, received (neither|both)"):
        small.dsc.fit(**k)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (["t2m", "z500"], "a variable 'z500'"),
        ("z500", "a variable 'z500'"),
        ([], "at least one name"),
        (["orography"], "lacks 'time'"),
        (["index"], "lacks 'latitude' and 'longitude'"),
    ],
)
def test_variables_that_are_not_there_or_do_not_fit(messy, variables, words):
    with pytest.raises(InputError, match=words):
        messy.dsc.fit(k=3, method="kmeans", variables=variables)


def test_a_misspelt_setting_of_the_preparation(small):
    with pytest.raises(ParameterError, match=r"deseasonalise=\. To fix: write deseasonalize="):
        small.dsc.preprocess(deseasonalise=True)


def test_cells_are_weighted_by_area_in_the_preparation_alone(small):
    words = r"ds\.dsc\.preprocess\(area_weights=True\), or preprocessor=xdsc\.Preprocessor\(area"
    with pytest.raises(ParameterError, match=words):
        small.dsc.compare(3, ["kmeans"], options={"kmeans": {"area_weights": True}})


def test_all_ways_to_weight_by_area_are_one(small):
    first = small.dsc.preprocess(area_weights=True).dsc.fit(k=3, method="kmeans", random_state=0)
    weighted = xdsc.Preprocessor(area_weights=True)
    second = small.dsc.fit(k=3, method="kmeans", random_state=0, preprocessor=weighted)
    third = small.dsc.fit(k=3, method="kmeans", random_state=0, area_weights=True)
    assert (first.cluster == second.cluster).all()
    assert (first.cluster == third.cluster).all()


def test_a_preset_is_for_data_that_are_not_prepared(small):
    with pytest.raises(ParameterError, match="received a prepared Dataset"):
        small.dsc.preprocess().dsc.fit(k=3, method="kmeans", preset="paper")
    with pytest.raises(ParameterError, match="received preprocessor= as well"):
        small.dsc.fit(k=3, method="kmeans", preset="paper", preprocessor=xdsc.Preprocessor())


def test_sums_over_another_time_step_are_told_apart(small):
    small["sshf"] = (1e3 * small.t2m).assign_attrs(units="J m**-2")
    hourly = small.isel(time=slice(24)).assign_coords(
        time=xr.date_range("2000-01-01", periods=24, freq="h")
    )
    model = xdsc.ClusterModel(
        3, method="kmeans", preprocessor=xdsc.Preprocessor(deaccumulate="sshf"), random_state=0
    ).fit(small)
    with pytest.raises(InputError, match="time steps of 86400 s, over which 'sshf' was summed"):
        model.predict(hourly)


def test_prepared_data_without_a_prepared_variable(small):
    ready = small.dsc.preprocess(variables=["t2m", "sp"])
    with pytest.raises(InputError, match="prepared data without u10"):
        ready.dsc.fit(k=3, method="kmeans", variables=["t2m", "u10"])
    with pytest.raises(InputError, match="at least one name"):
        ready.dsc.fit(k=3, method="kmeans", variables=[])


@pytest.mark.parametrize("lazy", [False, True])
def test_prepared_data_that_got_gaps_or_infinities(small, lazy):
    ready = small.dsc.preprocess()
    ready["t2m"] = ready.t2m.where(ready.t2m < ready.t2m.max(), np.inf)
    ready = ready.chunk() if lazy else ready
    with pytest.raises(InputError, match=r"finite values in prepared data.*preprocess\(\)"):
        ready.dsc.fit(k=3, method="kmeans")


def test_the_same_field_at_all_times(small):
    still = small.isel(time=0, drop=True).expand_dims(time=small.time)
    with pytest.raises(InputError, match="time steps that differ, received the same field"):
        still.dsc.fit(k=3, method="kmeans")


@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_values_whose_squares_float32_cannot_sum(small, unit):
    ds = (small[["t2m"]] - small.t2m.mean()) * unit
    with pytest.raises(InputError, match=r"from about 1e-15 to 1e\+15.*scale='minmax'"):
        ds.dsc.fit(k=3, method="kmeans", scale=None)
    scaled = ds.dsc.fit(k=3, method="kmeans", random_state=0)
    expected = small[["t2m"]].dsc.fit(k=3, method="kmeans", random_state=0)
    np.testing.assert_array_equal(scaled.cluster, expected.cluster)


def test_nothing_but_gaps(small):
    ready = small.dsc.preprocess()
    nothing = ready.map(lambda v: v * np.nan).assign_attrs(ready.attrs)
    with pytest.raises(InputError, match="at least 2 time steps with data, received 0"):
        nothing.dsc.fit(k=3, method="kmeans")


def test_a_dataarray_is_told_to_become_a_dataset(small):
    model = xdsc.ClusterModel(3, method="kmeans")
    with pytest.raises(InputError, match=r"Dataset, received a DataArray.*to_dataset\(\)"):
        model.fit(small.t2m)
    with pytest.raises(InputError, match="to_dataset"):
        model.fit_label(small.t2m.rename(None))
    model.fit(small)
    for use in (model.predict, model.label, model.membership, model.embedding, model.reconstruct):
        with pytest.raises(InputError, match="to_dataset"):
            use(small.t2m)
    with pytest.raises(InputError, match="to_dataset"):
        xdsc.Preprocessor().fit(small.t2m)


@pytest.mark.parametrize("wrong", [None, 3, "era5.nc", np.zeros((3, 3))])
def test_anything_else_is_told_to_be_a_dataset(wrong):
    with pytest.raises(InputError, match=r"an xarray\.Dataset"):
        xdsc.ClusterModel(3).fit(wrong)


@pytest.mark.parametrize("n", [39, 41, 1, 0])
def test_labels_of_the_wrong_length(small, n):
    with pytest.raises(ParameterError, match=rf"40 labels, one a time step, received {n} labels"):
        small.dsc.composites(labels=np.zeros(n, int))


def test_composites_before_fit(small):
    with pytest.raises(NotFittedError, match=r"ds\.dsc\.fit\(k=\.\.\.\) first, or pass labels="):
        small.dsc.composites()


@pytest.mark.parametrize("what", ["model", "history", "membership", "embedding"])
def test_what_only_a_fit_can_give(small, what):
    def ask():
        found = getattr(small.dsc, what)
        return found() if callable(found) else found

    with pytest.raises(NotFittedError, match=r"a Dataset on which fit was called.*fit\(k=\.\.\.\)"):
        ask()


@pytest.mark.parametrize("use", ["predict", "label", "membership", "embedding", "reconstruct"])
def test_a_model_before_its_fit(small, use):
    model = xdsc.ClusterModel(3)
    with pytest.raises(NotFittedError, match=r"a fitted model.*not fitted.*fit\(ds\) first"):
        getattr(model, use)(small)


@pytest.mark.parametrize("use", ["membership", "embedding", "reconstruct"])
def test_what_kmeans_cannot_give(small, use):
    model = xdsc.ClusterModel(3, method="kmeans").fit(small)
    with pytest.raises(ParameterError, match=r"a method that gives.*kmeans.*method='dsc'"):
        getattr(model, use)(small)


def test_kmeans_has_no_history(small):
    with pytest.raises(NotFittedError, match="a method that trains"):
        _ = small.dsc.fit(k=3, method="kmeans").dsc.history


def test_a_failing_fit_leaves_the_last_good_one(small):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small)
    labels, seconds = model.labels_.copy(deep=True), model.fit_seconds_
    with pytest.raises(XdscError):
        model.fit(small.isel(time=[0]))
    with pytest.raises(XdscError):
        model.fit(small.isel(time=[0, 1]))  # fails after it was prepared
    xr.testing.assert_identical(model.labels_, labels)
    xr.testing.assert_identical(model.predict(small), labels)
    assert model.fit_seconds_ == seconds

    labelled = small.dsc.fit(k=3, method="kmeans", random_state=0)
    kept = small.dsc.model
    with pytest.raises(XdscError):
        small.dsc.fit(k=99)
    assert small.dsc.model is kept is labelled.dsc.model


def test_a_refit_that_fails_at_any_stage_changes_nothing(small):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small)
    expected = repr(model), model._repr_html_(), model.label(small)
    model.n_clusters, model.method = 4, "gmm"
    stages = (
        "prepare",
        "read_frames",
        "_check_frames",
        "Novelty.of",
        "order_by_frequency",
        "AnswersAtOnce",
        "FittedMethod",
        "provenance",
        "training_history",
        "Fit",
    )
    for stage in stages:
        failing = mock.patch(f"xdsc.model.fitting.fitting.{stage}", side_effect=RuntimeError(stage))
        with failing, pytest.raises(RuntimeError, match=stage):
            model.fit(small.isel(time=slice(20), latitude=slice(3)))
        assert (repr(model), model._repr_html_()) == expected[:2]
    xr.testing.assert_identical(model.label(small), expected[2])


def test_what_a_fit_finds_is_not_there_before_it(small):
    model = xdsc.ClusterModel(3, method="kmeans")
    assert not hasattr(model, "labels_")
    with pytest.raises(NotFittedError, match=r"call fit\(ds\) first"):
        _ = model.n_clusters_


def test_a_failing_fit_does_not_fit_the_callers_preprocessor(small):
    preprocessor = xdsc.Preprocessor(variables=["t2m"])
    with pytest.raises(ParameterError):
        xdsc.ClusterModel(99, method="kmeans", preprocessor=preprocessor).fit(small)
    assert not hasattr(preprocessor, "steps_")


def test_every_error_can_be_caught_as_ours_or_as_a_value_error(small):
    for kind in (XdscError, ValueError):
        with pytest.raises(kind):
            small.dsc.fit(k=1)
        with pytest.raises(kind):
            small.isel(time=[0]).dsc.fit(k=3)
        with pytest.raises(kind):
            small.dsc.composites()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss_weights": 3}, ["loss_weights", "two numbers"]),
        ({"loss_weights": ("a", 1)}, ["loss_weights", "two numbers"]),
        ({"optimizer": "adamm"}, ["optimizer of Keras", "adamm", "'adam'"]),
        ({"network": 7}, ["network", "mapping", "7"]),
        ({"network": {"filters": 0}}, ["positive integer widths"]),
        ({"network": {"activation": "tnah"}}, ["activation of Keras", "tnah"]),
        ({"random_state": 2**40}, ["random_state", "at most"]),
        ({"method": ["dsc"]}, ["method to be one of", "kmeans"]),
        ({"method": "kmeans", "random_state": "a"}, ["random_state", "integer"]),
    ],
)
def test_wrong_options_are_told_before_the_data_are_touched(small, options, words):
    unusable = small.drop_vars("time")
    with pytest.raises(ParameterError) as error:
        unusable.dsc.fit(k=3, progress=False, **options)
    assert all(word in str(error.value) for word in words)


def test_composites_of_a_dataarray_tell_it_too(small):
    with pytest.raises(InputError, match=r"to_dataset"):
        xdsc.composites(small.t2m)


def test_a_dataset_prepared_in_another_way_is_not_labelled(small):
    model = small.dsc.fit(k=3, method="kmeans", random_state=0).dsc.model
    with pytest.raises(InputError, match=r"prepared as the fitted one.*minmax.*standard"):
        model.label(small.dsc.preprocess(scale="standard"))


def test_axes_may_be_called_as_members_are(small):
    odd = small[["t2m"]].rename(latitude="number", longitude="run").drop_attrs()
    found = odd.dsc.fit(3, method="kmeans", random_state=0, lat="number", lon="run")
    assert found.cluster.dims == ("time",)
    assert found.dsc.composites().t2m.dims == ("cluster", "number", "run")
