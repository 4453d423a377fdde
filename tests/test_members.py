"""Members of an ensemble: samples beside each other, and never one after the other."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import ParameterError

MEMBERS = [3, 8]


def together(*runs, name="member"):
    return xr.concat(runs, name, coords="minimal").assign_coords({name: MEMBERS[: len(runs)]})


@pytest.fixture(scope="module")
def runs():
    """Two runs of the tutorial's climate at the same times; dates 10 and 11 are missing."""
    ds = xdsc.tutorial.open_dataset(
        n_times=44, n_lat=4, n_lon=5, n_regimes=3, strength=2, seed=1
    ).drop_vars("regime")
    ds = ds[["t2m", "sp", "u10"]]
    first, second = ds.isel(time=slice(22)), ds.isel(time=slice(22, 44))
    second = second.assign_coords(time=first.time)
    # One frame of the second run is missing.
    second = second.where(second.time != second.time[5]).map(lambda v: v.astype("f4"))
    return tuple(run.drop_isel(time=[10, 11]) for run in (first, second))


@pytest.fixture(scope="module")
def ensemble(runs):
    ds = together(*runs)
    for name in ds.data_vars:
        ds[name].attrs = runs[0][name].attrs
    return ds


@pytest.fixture(scope="module")
def labelled(ensemble):
    return ensemble.dsc.fit(k=3, method="kmeans", random_state=0)


@pytest.fixture(scope="module")
def deep(ensemble, tiny):
    """A tiny DSC with windows of three frames, whose embedding is all the network's."""
    return ensemble.dsc.fit(k=3, window=3, anchor=None, random_state=0, **tiny)


# --- Labels ----------------------------------------------------------------------------------


def test_every_member_has_its_labels(labelled, ensemble):
    cluster = labelled.cluster
    assert cluster.dims == ("member", "time")
    assert cluster.dtype == np.int32
    assert cluster.member.values.tolist() == MEMBERS
    # The missing frame of the second run, and nothing else.
    assert (cluster == -1).values.nonzero() == ([1], [5])
    assert sorted(set(cluster.values.ravel())) == [-1, 0, 1, 2]
    xr.testing.assert_identical(labelled.drop_vars("cluster"), ensemble)


def test_members_pool_as_a_longer_record_would(labelled, runs):
    """k-means knows no time, so two members are two pieces of one record."""
    first, second = runs
    later = second.assign_coords(time=second.time + np.timedelta64(1000, "D"))
    record = xr.concat([first, later], "time", coords="minimal")
    found = record.dsc.fit(k=3, method="kmeans", random_state=0).cluster
    np.testing.assert_array_equal(found.values.reshape(2, -1), labelled.cluster)


@pytest.mark.parametrize("name", ["realization", "number", "ensemble"])
def test_common_names_of_members(labelled, runs, name):
    ds = together(*runs, name=name)
    found = ds.transpose("time", ..., name).dsc.fit(k=3, method="kmeans", random_state=0)
    assert set(found.cluster.dims) == {name, "time"}
    np.testing.assert_array_equal(found.cluster.transpose(name, "time"), labelled.cluster)


def test_any_name_can_be_given(labelled, runs):
    ds = together(*runs, name="start")
    found = ds.dsc.fit(k=3, method="kmeans", random_state=0, member="start")
    np.testing.assert_array_equal(found.cluster.transpose("start", "time"), labelled.cluster)
    # Without the name it is one dimension too many.
    with pytest.raises(xdsc.errors.InputError, match="start"):
        ds.dsc.fit(k=3, method="kmeans")


def test_members_without_numbers_and_under_dask(labelled, ensemble):
    plain = ensemble.drop_vars("member").chunk(member=1, time=7)
    found = plain.dsc.fit(k=3, method="kmeans", random_state=0).cluster
    np.testing.assert_array_equal(found, labelled.cluster)
    assert "member" not in found.coords


def test_one_member_alone_and_members_for_a_model_of_one(labelled, ensemble, runs):
    model = labelled.dsc.model
    for i, run in enumerate(runs):
        for one in (run, ensemble.isel(member=i), ensemble.isel(member=[i])):
            np.testing.assert_array_equal(
                model.predict(one).values.ravel(), labelled.cluster.isel(member=i)
            )
    assert model.predict(ensemble.isel(member=0)).dims == ("time",)
    of_one = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(runs[0])
    both = of_one.label(ensemble)
    assert both.cluster.dims == both.novelty.dims == ("member", "time")
    np.testing.assert_array_equal(both.cluster[0], of_one.labels_)
    np.testing.assert_array_equal(both.cluster[1], of_one.predict(runs[1]))
    np.testing.assert_array_equal(both.novelty[1], of_one.novelty(runs[1]))


def test_another_number_of_members_is_labelled(labelled, ensemble):
    three = ensemble.isel(member=[1, 0, 1]).assign_coords(member=[1, 2, 3])
    found = labelled.dsc.model.predict(three)
    np.testing.assert_array_equal(found, labelled.cluster.isel(member=[1, 0, 1]))


# --- Windows ---------------------------------------------------------------------------------


def test_windows_never_see_another_member(deep, ensemble):
    """Whatever the second run holds, the first has the same labels and embeddings to the bit."""
    model = deep.dsc.model
    assert model.options["window"] == 3
    other = ensemble.copy(deep=True)
    for name in other.data_vars:
        values = other[name].values
        values[1] = np.where(np.isnan(values[1]), np.nan, values[0].mean() - 3 * values[0].std())
    with pytest.warns(xdsc.errors.XdscWarning, match="novelty"):
        found = model.label(other)
    np.testing.assert_array_equal(found.cluster[0], deep.cluster[0])
    before, after = model.embedding(ensemble), model.embedding(other)
    np.testing.assert_array_equal(after[0], before[0])
    there = ~np.isnan(before[1])
    assert (after[1] != before[1]).values[there.values].any()
    np.testing.assert_array_equal(model.membership(other)[0], model.membership(ensemble)[0])


def test_windows_do_see_their_neighbours_in_the_same_member(deep, ensemble):
    other = ensemble.copy(deep=True)
    for name in other.data_vars:
        other[name].values[1, 2] = other[name].values[1, 15]
    model = deep.dsc.model
    before, after = model.embedding(ensemble), model.embedding(other)
    changed = (before != after).any("latent") & before.notnull().all("latent")
    assert not changed[0].any()
    reach = np.flatnonzero(changed[1])
    assert set(reach) <= {1, 2, 3}
    assert {2} < set(reach)


def test_runs_of_members_end_where_the_next_begins(ensemble):
    from xdsc.preprocessing import prepare

    given = dict.fromkeys(("time", "lat", "lon", "member"))
    frames = prepare(ensemble, given=given).frames()
    assert frames.samples == (2, 20)
    assert len(frames) == 39
    # Dates are missing after the tenth; frame 5 of the second member too.
    assert frames.runs.tolist() == [[0, 10], [10, 20], [20, 25], [25, 29], [29, 39]]


# --- What comes from labels ------------------------------------------------------------------


def test_embedding_and_membership_of_members(deep):
    embedding, membership = deep.dsc.embedding(), deep.dsc.membership()
    assert dict(embedding.sizes) == {"member": 2, "time": 20, "latent": 3}
    assert dict(membership.sizes) == {"member": 2, "time": 20, "cluster": 3}
    missing = deep.cluster == -1
    for array in (embedding, membership):
        assert array.member.values.tolist() == MEMBERS
        np.testing.assert_array_equal(array.isnull().all(array.dims[-1]), missing)
        np.testing.assert_array_equal(array.isnull().any(array.dims[-1]), missing)
    total = membership.sum("cluster").values[~missing.values]
    np.testing.assert_allclose(total, 1, rtol=1e-5)
    highest = membership.fillna(-1).argmax("cluster")
    np.testing.assert_array_equal(highest.where(~missing, -1), deep.cluster)


def test_composites_average_over_members_and_times(labelled, ensemble):
    found = labelled.dsc.composites()
    labels = labelled.cluster.values
    for name in ensemble.data_vars:
        values = ensemble[name].values.astype("f8")
        overall = values[labels >= 0].mean(axis=0)
        for k in range(3):
            mean = values[labels == k].mean(axis=0)
            np.testing.assert_allclose(found[name].sel(cluster=k), mean, rtol=1e-6)
            np.testing.assert_allclose(
                found[f"{name}_anomaly"].sel(cluster=k), mean - overall, rtol=1e-4, atol=1e-4
            )
            np.testing.assert_allclose(
                found[f"{name}_std"].sel(cluster=k), values[labels == k].std(axis=0), rtol=1e-4
            )
    assert found.n_frames.values.tolist() == [(labels == k).sum() for k in range(3)]
    assert found.n_frames.sum() == 39
    assert "member: time: mean" in found.t2m.attrs["cell_methods"]
    assert found.t2m.dims == ("cluster", "latitude", "longitude")


def test_composites_carry_what_members_do_not_share(labelled):
    """A series that all members share counts once for each of them; a static field stays."""
    index = xr.DataArray(np.arange(20.0), dims="time")
    field = xr.DataArray(np.ones((4, 5)), dims=("latitude", "longitude"))
    found = xdsc.composites(labelled.assign(index=index, height=field))
    np.testing.assert_array_equal(found.height, field)
    labels = labelled.cluster.values
    of_each = np.broadcast_to(index.values, labels.shape)
    expected = [of_each[labels == k].mean() for k in range(3)]
    np.testing.assert_allclose(found["index"], expected)


def test_composites_of_labels_alone_count_them(labelled):
    """Without any field that has time, as the figures ask for the sizes of the regimes."""
    found = xdsc.composites(labelled.drop_vars(labelled.data_vars))
    assert found.n_frames.equals(labelled.dsc.composites().n_frames)


def test_scores_of_members_are_those_of_one_record(labelled, runs):
    first, second = runs
    later = second.assign_coords(time=second.time + np.timedelta64(1000, "D"))
    record = xr.concat([first, later], "time", coords="minimal")
    expected = record.dsc.fit(k=3, method="kmeans", random_state=0).dsc.score()
    found = labelled.dsc.score()
    np.testing.assert_array_equal(found.score, expected.score)
    assert found.attrs["n_times"] == 39
    # Without the model the labels say all that is needed.
    np.testing.assert_array_equal(xdsc.score(labelled.copy()).score, found.score)


def test_scores_with_truth_and_in_the_embedding(labelled, deep):
    truth = labelled.cluster.rename("truth")
    found = labelled.dsc.score(truth=truth.reset_coords(drop=True), metrics="adjusted_rand_index")
    assert found.score.item() == 1
    found = deep.dsc.score(space="embedding", metrics=["silhouette"])
    assert found.attrs["space"] == "embedding"
    assert -1 <= found.score.item() <= 1


def test_labels_of_one_member_do_not_score_all(labelled):
    with pytest.raises(ParameterError, match="time"):
        labelled.dsc.score(labelled.cluster.isel(member=0, drop=True))


def test_compare_runs_on_members(ensemble, labelled):
    found = ensemble.dsc.compare(
        k=3, methods=["kmeans"], n_runs=2, metrics="rmse_mean", progress=False
    )
    assert found.labels.dims[-2:] == ("member", "time")
    assert found.labels.member.values.tolist() == MEMBERS
    assert ((found.labels == -1).sum(["member", "time"]) == 1).all()
    best = labelled.dsc.score(metrics="rmse_mean").score.item()
    np.testing.assert_allclose(found.score.min(), best, rtol=1e-3)


def test_labels_of_members_go_to_a_file(labelled, tmp_path):
    labelled.to_netcdf(tmp_path / "members.nc")
    with xr.open_dataset(tmp_path / "members.nc") as back:
        np.testing.assert_array_equal(back.cluster, labelled.cluster)
        assert back.cluster.dims == ("member", "time")
        xr.testing.assert_allclose(xdsc.composites(back.load()), labelled.dsc.composites())


# --- Preparation -----------------------------------------------------------------------------


def test_statistics_pool_over_members(ensemble):
    prepared = ensemble.dsc.preprocess()
    for name in ensemble.data_vars:
        values = ensemble[name].astype("f8")
        expected = (values - values.min()) / (values.max() - values.min())
        np.testing.assert_allclose(prepared[name], expected, atol=1e-6)
        assert prepared[name].dims == ensemble[name].dims


def test_seasons_and_means_over_days_with_members(ensemble):
    preprocessor = xdsc.Preprocessor(resample="2D")
    cluster = ensemble.dsc.fit(
        k=2, method="kmeans", random_state=0, preprocessor=preprocessor
    ).cluster
    assert cluster.dims == ("member", "time")
    pairs = cluster.values.reshape(2, -1, 2)
    np.testing.assert_array_equal(pairs[..., 0], pairs[..., 1])


# --- Figures ---------------------------------------------------------------------------------


@pytest.fixture
def closed_figures():
    plt = pytest.importorskip("matplotlib.pyplot")
    yield
    plt.close("all")


@pytest.mark.usefixtures("closed_figures")
def test_composites_of_members_are_drawn(labelled):
    figure = labelled.dsc.plot.composites("t2m")
    titles = [panel.get_title() for panel in figure.axes[:3]]
    counts = labelled.dsc.composites().n_frames.values
    assert [f"({n})" in title for n, title in zip(counts, titles, strict=True)] == [True] * 3


@pytest.mark.usefixtures("closed_figures")
def test_figures_of_distances_draw_the_samples_of_all_members(labelled):
    X = xdsc.plot.rows_of(labelled, labelled.dsc.model)
    assert X.dims == ("member", "time", "feature")
    assert X.isnull().all("feature").values.nonzero() == ([1], [5])
    xr.testing.assert_identical(xdsc.plot.rows_of(labelled.copy()), X)
    fig = labelled.dsc.plot.silhouette()
    drawn = sum(patch.get_data().values.size for patch in fig.axes[0].patches)
    assert drawn == 39
    points = labelled.dsc.plot.embedding("pca").axes[0].collections[0].get_offsets()
    assert len(points) == 39


@pytest.mark.usefixtures("closed_figures")
def test_the_timeline_draws_members_one_below_the_other(labelled):
    cells = labelled.dsc.plot.timeline().axes[0].collections[0].get_array()
    codes = labelled["cluster"].transpose("member", "time").values
    n_members = len(codes)
    assert cells.shape[0] % n_members == 0
    drawn = [np.ma.masked_equal(cells[i::n_members], -1).compressed() for i in range(n_members)]
    assert [d.tolist() for d in drawn] == [row[row >= 0].tolist() for row in codes]


@pytest.mark.usefixtures("closed_figures")
def test_one_member_is_drawn(labelled):
    one = labelled.isel(member=0)
    one.dsc.plot.timeline()
    one.dsc.plot.silhouette()
    one.dsc.plot.embedding(kind="pca")
    one.dsc.plot.composites("t2m")


def test_reprs_know_members(labelled):
    assert "39 time steps" in repr(labelled.dsc)
    assert "regime" in labelled.dsc._repr_html_() or "cluster" in labelled.dsc._repr_html_()
