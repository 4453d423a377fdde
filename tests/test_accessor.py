"""``ds.dsc``: what it remembers, what it leaves alone, and what comes back."""

import pickle

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import NotFittedError

GAPS = [5, 7]  # missing frames of `messy`


def kmeans(ds, **options):
    return ds.dsc.fit(**{"k": 3, "method": "kmeans", "random_state": 0, **options})


# --- The labelled Dataset --------------------------------------------------------------------


def test_fit_returns_the_dataset_with_one_coordinate_more(fitted):
    labels = fitted.labelled.coords["cluster"]
    assert labels.dims == ("time",)
    assert labels.dtype == np.int32
    xr.testing.assert_identical(fitted.labelled.drop_vars("cluster"), fitted.before)
    assert list(fitted.labelled.data_vars) == list(fitted.before.data_vars)


def test_the_fitted_dataset_is_not_changed(fitted):
    xr.testing.assert_identical(fitted.original, fitted.before)
    for name in fitted.before.variables:
        assert fitted.original[name].encoding == fitted.before[name].encoding
        assert fitted.original[name].dtype == fitted.before[name].dtype


def test_missing_frames_get_the_fill_label_and_all_others_a_regime(fitted):
    labels = fitted.labelled.cluster.values
    assert np.flatnonzero(labels == -1).tolist() == GAPS
    assert set(np.delete(labels, GAPS)) <= {0, 1, 2}


def test_labels_are_numbered_by_falling_frequency(fitted):
    labels = fitted.labelled.cluster.values
    counts = np.bincount(labels[labels >= 0], minlength=3)
    assert (np.diff(counts) <= 0).all()


def test_labels_carry_flags_and_where_they_come_from(fitted):
    attrs = fitted.labelled.cluster.attrs
    assert attrs["flag_values"].tolist() == [-1, 0, 1, 2]
    assert attrs["flag_meanings"] == "no_label regime_0 regime_1 regime_2"
    assert attrs["xdsc_method"] == "dsc"
    assert attrs["xdsc_n_clusters"] == 3
    assert attrs["xdsc_random_state"] == 0
    assert attrs["xdsc_variables"] == "sst sp t2m u10"
    for package in ("xdsc", "keras", "xarray", "scikit-learn"):
        assert f"{package} " in attrs["xdsc_versions"]
    assert attrs["xdsc_start"] == fitted.labelled.dsc.model.selection_.attrs["chosen"]


def test_scalar_and_string_coordinates_and_odd_variables_are_kept(fitted):
    for name in ("number", "expver", "source", "regime", "index", "orography", "crs", "time_bnds"):
        xr.testing.assert_identical(
            fitted.labelled[name].drop_vars("cluster", errors="ignore"), fitted.before[name]
        )


def test_plain_xarray_goes_on_from_there(fitted):
    means = fitted.labelled[["t2m", "sp"]].groupby("cluster").mean()
    assert means.t2m.dims == ("cluster", "latitude", "longitude")
    assert -1 in means.cluster


# --- What the accessor remembers -------------------------------------------------------------


def test_the_original_and_the_labelled_dataset_share_the_model(fitted):
    assert isinstance(fitted.labelled.dsc.model, xdsc.ClusterModel)
    assert fitted.original.dsc.model is fitted.labelled.dsc.model


def test_composites_of_the_original_are_those_of_the_labelled(fitted):
    xr.testing.assert_identical(fitted.original.dsc.composites(), fitted.labelled.dsc.composites())


def test_the_original_remembers_the_last_of_several_fits(small):
    first = kmeans(small)
    second = kmeans(small, k=4)
    assert small.dsc.model is second.dsc.model is not first.dsc.model
    assert first.dsc.model.n_clusters == 3
    assert small.dsc.composites().sizes["cluster"] == 4


def test_a_labelled_dataset_can_be_fitted_again(small):
    first = kmeans(small)
    second = kmeans(first, k=4)
    assert set(first.cluster.values) == {0, 1, 2}
    assert set(second.cluster.values) == {0, 1, 2, 3}
    # It keeps its own labels, and what goes with them.
    assert first.dsc.composites().sizes["cluster"] == 3
    assert first.dsc.model.n_clusters == 3
    assert second.dsc.model.n_clusters == 4


def test_labels_without_a_model_stay_beside_the_model_of_a_fit(small):
    small.coords["cluster"] = ("time", np.arange(small.sizes["time"]) % 2)
    second = kmeans(small, k=4)
    assert small.dsc.composites().sizes["cluster"] == 2
    assert small.dsc.model is second.dsc.model


def test_answers_are_for_the_dataset_as_it_is_now(small):
    kmeans(small)
    before = small.dsc.composites()
    small["t2m"] = small.t2m - 1000
    small["another"] = small.sp * 2
    del small["u10"]
    after = small.dsc.composites()
    np.testing.assert_allclose(after.t2m, before.t2m - 1000, rtol=1e-5)
    np.testing.assert_allclose(after.another, before.sp * 2, rtol=1e-5)
    assert "u10" not in after
    assert len(small.dsc.plot.composites("another").axes) == 4


@pytest.mark.parametrize("coordinate", [True, False])
def test_labels_given_after_the_fit_take_the_place_of_its_own(small, coordinate):
    kmeans(small)
    # What the fit has learnt of the values does not hold for these either.
    name = next(iter(small.data_vars))
    small[name] = 1000 * small[name]
    own = np.arange(small.sizes["time"]) % 2
    if coordinate:
        small.coords["cluster"] = ("time", own)
    else:
        small["cluster"] = ("time", own)
    assert small.dsc.composites().n_frames.values.tolist() == [20, 20]
    alone = small.copy()
    chosen = {"metrics": "silhouette"}
    xr.testing.assert_equal(small.dsc.score(**chosen), alone.dsc.score(**chosen))
    names = [label.get_text() for label in small.dsc.plot.silhouette().axes[0].get_yticklabels()]
    assert names == ["regime 0", "regime 1"]
    # The returned Dataset as well.
    labelled = kmeans(alone.drop_vars("cluster"))
    labelled["cluster"] = ("time", own)
    xr.testing.assert_equal(labelled.dsc.composites(), small.dsc.composites())
    # Another fit leaves them where they are.
    if coordinate:
        kmeans(small, k=4)
        assert small.dsc.composites().sizes["cluster"] == 2
        assert small.dsc.model.n_clusters == 4


def test_labels_of_the_fit_end_with_other_time_steps(small):
    kmeans(small)
    small.coords["time"] = small.time + np.timedelta64(1, "D")
    with pytest.raises(NotFittedError, match=r"ds\.dsc\.fit"):
        small.dsc.composites()
    with pytest.raises(NotFittedError, match=r"ds\.dsc\.fit"):
        small.dsc.score()
    with pytest.raises(NotFittedError, match=r"ds\.dsc\.fit"):
        small.dsc.plot.timeline()


@pytest.mark.parametrize(
    "derive",
    [lambda ds: ds.sel(time="2019-01"), lambda ds: ds.copy(), lambda ds: ds * 1],
    ids=["sel", "copy", "arithmetic"],
)
def test_what_xarray_makes_of_it_has_labels_but_no_model(fitted, derive):
    derived = derive(fitted.labelled.drop_vars(["crs", "time_bnds"]))
    assert "cluster" in derived.coords
    assert derived.dsc.composites().sizes["cluster"] >= 1
    with pytest.raises(
        NotFittedError, match=r"carries its labels but no model.*model\.label\(ds\)"
    ):
        _ = derived.dsc.model


def test_what_xarray_makes_of_the_original_has_nothing(fitted):
    with pytest.raises(NotFittedError, match=r"one without a fit.*call ds\.dsc\.fit"):
        _ = fitted.original.isel(time=slice(10)).dsc.model


@pytest.mark.parametrize("which", ["original", "labelled"])
def test_a_fitted_dataset_goes_to_other_processes_without_its_model(fitted, which):
    ds = getattr(fitted, which)
    copied = pickle.loads(pickle.dumps(ds))
    xr.testing.assert_identical(copied, ds)
    assert ds.dsc.model is fitted.model
    with pytest.raises(NotFittedError):
        _ = copied.dsc.model


# --- What it gives ---------------------------------------------------------------------------


def test_history_has_a_value_for_every_epoch(fitted):
    history = fitted.labelled.dsc.history
    assert list(history.data_vars) == [
        "phase",
        "reconstruction_loss",
        "clustering_loss",
        "label_change",
        "held_out_agreement",
    ]
    assert history.phase.values.tolist() == [
        "untrained", "pretrain", "pretrain", "joint", "joint",
    ]  # fmt: skip
    assert np.isfinite(history.reconstruction_loss).all()
    joint = history.phase == "joint"
    assert (history.clustering_loss.notnull() == joint).all()
    assert (history.clustering_loss[joint.values] >= 0).all()


def test_membership_sums_to_one_and_its_highest_column_is_the_label(fitted):
    q = fitted.labelled.dsc.membership()
    assert q.dims == ("time", "cluster")
    assert q.cluster.values.tolist() == [0, 1, 2]
    assert np.flatnonzero(q.isnull().any("cluster")).tolist() == GAPS
    known = q.drop_isel(time=GAPS)
    np.testing.assert_allclose(known.sum("cluster"), 1, rtol=1e-5)
    labels = fitted.labelled.cluster.drop_isel(time=GAPS)
    np.testing.assert_array_equal(known.argmax("cluster"), labels)
    xr.testing.assert_identical(fitted.original.dsc.membership(), q)


def test_embedding_has_a_row_for_every_time_step(fitted):
    embedding = fitted.labelled.dsc.embedding()
    assert embedding.dims == ("time", "latent")
    assert embedding.shape == (37, 3 + 3)
    assert np.flatnonzero(embedding.isnull().any("latent")).tolist() == GAPS
    xr.testing.assert_identical(
        embedding.time,
        fitted.before.time.drop_vars(
            [name for name in fitted.before.time.coords if name != "time"]
        ),
    )


def test_plot_knows_the_labels_and_the_history(fitted):
    for ds in (fitted.original, fitted.labelled):
        assert isinstance(ds.dsc.plot, xdsc.plot.DSCPlot)


# --- How it is asked -------------------------------------------------------------------------


def test_k_and_n_clusters_mean_the_same(small):
    xr.testing.assert_identical(
        small.dsc.fit(k=3, method="kmeans", random_state=0),
        small.dsc.fit(n_clusters=3, method="kmeans", random_state=0),
    )
    xr.testing.assert_identical(small.dsc.fit(3, method="kmeans", random_state=0), kmeans(small))


def test_variables_can_be_chosen(small):
    chosen = kmeans(small, variables=["t2m", "u10"])
    alone = kmeans(small[["t2m", "u10"]])
    assert chosen.dsc.model.variables_ == ["t2m", "u10"]
    np.testing.assert_array_equal(chosen.cluster, alone.cluster)
    assert list(chosen.data_vars) == list(small.data_vars)
    assert kmeans(small, variables="t2m").dsc.model.variables_ == ["t2m"]


def test_a_variable_that_is_no_number_is_no_trouble_when_others_are_chosen(small):
    small["weather"] = small.t2m.astype(str)
    assert kmeans(small, variables=["t2m", "sp"]).dsc.model.variables_ == ["t2m", "sp"]


def test_preprocess_returns_prepared_data_and_changes_nothing(messy):
    before = messy.copy(deep=True)
    ready = messy.dsc.preprocess()
    xr.testing.assert_identical(messy, before)
    assert set(ready.variables) == set(messy.variables)
    assert ready.sizes == messy.sizes
    for name in ("sp", "t2m"):
        assert float(ready[name].min()) == 0
        assert float(ready[name].max()) == 1
        assert ready[name].dims == messy[name].dims
    for name in ("index", "orography", "crs", "time_bnds"):
        xr.testing.assert_identical(ready[name], messy[name])


def test_prepared_data_are_not_prepared_again(small):
    ready = small.dsc.preprocess(scale="standard", variables=["t2m", "sp"])
    fit = kmeans(ready)
    assert fit.dsc.model.variables_ == ["t2m", "sp"]
    standard = xdsc.ClusterModel(
        3,
        method="kmeans",
        random_state=0,
        preprocessor=xdsc.Preprocessor(variables=["t2m", "sp"], scale="standard"),
    )
    xr.testing.assert_equal(standard.fit(small).labels_, fit.dsc.model.labels_)
    assert not fit.cluster.equals(kmeans(small.dsc.preprocess(scale=None)).cluster)


def test_a_fit_on_prepared_data_labels_raw_data_too(small):
    ready = small.dsc.preprocess(scale="standard")
    fit = kmeans(ready)
    xr.testing.assert_equal(fit.dsc.model.predict(small), fit.dsc.model.labels_)
    xr.testing.assert_equal(fit.dsc.model.predict(ready), fit.dsc.model.labels_)


def test_a_choice_among_the_prepared_variables(small):
    ready = small.dsc.preprocess()
    assert kmeans(ready, variables=["u10"]).dsc.model.variables_ == ["u10"]
    np.testing.assert_array_equal(
        kmeans(ready, variables=["u10"]).cluster, kmeans(small, variables="u10").cluster
    )


def test_axes_can_be_named(small):
    odd = small.drop_attrs().rename(time="when", latitude="a", longitude="b")
    fit = kmeans(odd, time="when", lat="a", lon="b")
    assert fit.cluster.dims == ("when",)
    np.testing.assert_array_equal(fit.cluster, kmeans(small).cluster)
    np.testing.assert_array_equal(fit.dsc.model.predict(odd), fit.cluster)


def test_the_new_cds_layout(small):
    cds = small.rename(time="valid_time").assign_coords(number=0)
    cds["valid_time"].attrs.pop("axis")
    fit = kmeans(cds)
    assert fit.cluster.dims == ("valid_time",)
    np.testing.assert_array_equal(fit.cluster, kmeans(small).cluster)


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
def test_other_calendars(small, calendar):
    time = xr.date_range("2019-01-01", periods=40, calendar=calendar, use_cftime=True)
    fit = kmeans(small.assign_coords(time=("time", time, small.time.attrs)))
    np.testing.assert_array_equal(fit.cluster, kmeans(small).cluster)
    assert "2019-01-01 to" in fit.dsc._repr_html_()


def test_composites_of_labels_made_elsewhere(small):
    names = np.where(small.regime == 0, "calm", "wild")
    regimes = small.dsc.composites(labels=names)
    assert regimes.cluster.values.tolist() == ["calm", "wild"]
    by_name = small.dsc.composites("regime")
    np.testing.assert_allclose(
        by_name.t2m, small.t2m.groupby("regime").mean().transpose("regime", ...), rtol=1e-6
    )


# --- Reprs -----------------------------------------------------------------------------------


def test_reprs_say_what_to_do_next(small):
    assert "not fitted" in repr(small.dsc)
    assert "ds.dsc.fit(k=7)" in small.dsc._repr_html_()
    labelled = kmeans(small)
    assert repr(small.dsc) == repr(labelled.dsc)
    assert "'kmeans', k=3, fitted on 40 time steps" in repr(labelled.dsc)
    part = labelled.isel(time=slice(20))
    assert "composites()" in repr(part.dsc)
    assert "labels without a model" in part.dsc._repr_html_()


def test_the_html_repr_says_what_was_fitted_on_what_and_how_it_went(fitted):
    html = fitted.labelled.dsc._repr_html_()
    for words in (
        "ds.dsc",
        "dsc, k = 3",
        "window=3",
        "seed",
        "sst, sp, t2m",
        "35 of 37, 2019-01-01 to 2019-02-09",
        "0: ",
        "4 epochs",
        "reconstruction loss",
        "clustering loss",
    ):
        assert words in html
    assert html == fitted.original.dsc._repr_html_()
    assert html.replace("<b>ds.dsc<", "<b>xdsc.ClusterModel<") == fitted.model._repr_html_()
    assert [part.split("<")[0] for part in html.split("<summary>")[1:]] == [
        "Preparation",
        "Grid",
        "Training",
        "Versions",
    ]
    assert "latitude&#x27; from" in html


def test_html_is_escaped(small):
    model = xdsc.ClusterModel(3, network="<script>")
    assert "<script>" not in model._repr_html_()
    assert "&lt;script&gt;" in model._repr_html_()


def test_shares_in_the_html_repr_leave_unlabelled_steps_out(small):
    labelled = small.assign_coords(cluster=("time", np.repeat([-1, 0, 1], [20, 15, 5])))
    assert "0: 75 % · 1: 25 %" in labelled.dsc._repr_html_()
    floats = labelled.assign_coords(cluster=labelled.cluster.where(labelled.cluster >= 0))
    assert "0: 75 % · 1: 25 %" in floats.dsc._repr_html_()
