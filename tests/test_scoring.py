"""Scores of labelled Datasets are those of the arrays that they stand for."""

import numpy as np
import pytest
import sklearn.metrics
import xarray as xr

import xdsc
from xdsc.errors import InputError, NotFittedError, ParameterError
from xdsc.metrics import METRICS, scores
from xdsc.remembered import LabelsOfFit

T, H, L = 40, 5, 7  # of `small`


@pytest.fixture
def labels():
    """Four clusters without a 2, five steps without a label."""
    made = np.random.default_rng(3).choice([0, 1, 3, 4], T)
    made[[0, 9, 10, 30, 39]] = -1
    return made


def rows_of(ds):
    """Prepared fields as plain rows, by other means than the package's."""
    names = ["sst", "sp", "t2m", "u10"]
    stacked = xdsc.Preprocessor().fit_transform(ds)[names].to_dataarray()
    rows = stacked.transpose("time", "latitude", "longitude", "variable").values
    rows = rows.reshape(len(rows), -1)
    present = ~np.isnan(rows).all(axis=1)
    return rows[:, ~np.isnan(rows[present]).any(axis=0)], present


def values(found):
    return dict(zip(found.metric.values.tolist(), found.score.values.tolist(), strict=True))


# --- Values ----------------------------------------------------------------------------------


def test_a_hand_made_dataset_has_hand_worked_scores():
    fields = np.array([0.0, 2.0, 10.0, 14.0, 50.0]).reshape(5, 1, 1)
    ds = xr.Dataset(
        {"v": (("time", "lat", "lon"), fields)},
        coords={
            "time": xr.date_range("2000", periods=5),
            "lat": [50.0],
            "lon": [0.0],
            "cluster": ("time", [0, 0, 1, 1, -1]),
        },
    )
    prepared = xdsc.Preprocessor(scale=None).fit_transform(ds)
    found = values(xdsc.score(prepared, metrics=["rmse_mean", "average_intercluster_distance"]))
    # Squared distances to the centres 1 and 12; 10 - 2 between the clusters.
    assert found["rmse_mean"] == pytest.approx(np.sqrt((1 + 1 + 4 + 4) / 4))
    assert found["average_intercluster_distance"] == pytest.approx(8)
    # By default divided by the range, that of the step without a label included.
    assert values(xdsc.score(ds, metrics="rmse_mean"))["rmse_mean"] == pytest.approx(
        np.sqrt(10 / 4) / 50
    )


def test_equal_to_scikit_learn_on_the_prepared_rows(small, labels):
    rows, _ = rows_of(small)
    found = values(xdsc.score(small.assign_coords(cluster=("time", labels))))
    known = labels >= 0
    for name, function in (
        ("silhouette", sklearn.metrics.silhouette_score),
        ("davies_bouldin", sklearn.metrics.davies_bouldin_score),
        ("calinski_harabasz", sklearn.metrics.calinski_harabasz_score),
    ):
        assert found[name] == pytest.approx(function(rows[known], labels[known]), rel=1e-5), name


def test_all_metrics_by_default_and_those_of_truth_with_a_truth(small, labels):
    without = xdsc.score(small, labels)
    assert without.metric.values.tolist() == [n for n, m in METRICS.items() if m.needs == "data"]
    found = xdsc.score(small, labels, truth="regime")
    assert found.metric.values.tolist() == list(METRICS)
    known = labels >= 0
    truth = small.regime.values[known]
    assert values(found)["adjusted_rand_index"] == pytest.approx(
        sklearn.metrics.adjusted_rand_score(truth, labels[known])
    )
    assert found.title.values.tolist() == [m.title for m in METRICS.values()]
    assert found.direction.values.tolist() == [m.direction for m in METRICS.values()]


@pytest.mark.parametrize("form", ["name", "array", "DataArray", "list"])
def test_truth_and_labels_may_be_given_in_every_form(small, labels, form):
    ds = small.assign(mine=("time", labels))
    made = {
        "name": ("mine", "regime"),
        "array": (labels, small.regime.values),
        "DataArray": (ds.mine, small.regime),
        "list": (labels.tolist(), small.regime.values.tolist()),
    }
    given, truth = made[form]
    found = xdsc.score(ds, given, truth=truth, metrics="v_measure")
    expected = scores(None, labels, truth=small.regime.values, metrics="v_measure")
    assert found.score.item() == expected["v_measure"].value


def test_labels_may_be_strings_or_have_gaps_as_nan(small, labels):
    expected = xdsc.score(small, labels)
    names = np.array([None, "a", "b", "", "c", "d"], dtype=object)
    for given in (names[labels + 1], np.where(labels < 0, np.nan, labels)):
        xr.testing.assert_identical(xdsc.score(small, given), expected)


# --- What takes part -------------------------------------------------------------------------


def test_masked_cells_and_missing_frames_take_no_part(messy):
    rows, present = rows_of(messy)
    assert (~present).sum() == 2
    assert rows.shape[1] < H * L * 7
    everywhere = np.random.default_rng(0).integers(0, 3, messy.sizes["time"])
    found = xdsc.score(messy, everywhere, truth=everywhere)
    expected = scores(rows[present], everywhere[present], truth=everywhere[present])
    for name, value in values(found).items():
        assert value == pytest.approx(expected[name].value, rel=1e-5), name
    assert set(found.n_used.values.tolist()) == {present.sum()}


def test_steps_without_a_label_take_no_part(small, labels):
    alone = xdsc.Preprocessor().fit_transform(small).isel(time=labels >= 0)
    found = xdsc.score(small, labels)
    expected = xdsc.score(alone, labels[labels >= 0])
    np.testing.assert_allclose(found.score, expected.score, rtol=1e-6)
    assert (found.n_used == 35).all()
    assert found.attrs["n_times"] == 35
    assert found.attrs["n_clusters"] == 4


def test_no_label_at_all_gives_nan(small):
    found = xdsc.score(small, np.full(T, -1))
    assert np.isnan(found.score).all()
    assert (found.n_used == 0).all()


def test_the_variables_are_those_of_the_labels_or_those_given(small):
    labelled = small.dsc.fit(k=3, method="kmeans", variables=["t2m", "u10"], random_state=0)
    found = xdsc.score(labelled, metrics="rmse_mean")
    assert found.attrs["variables"] == "t2m u10"
    alone = xdsc.score(small[["t2m", "u10"]], labelled.cluster.values, metrics="rmse_mean")
    assert found.score.item() == alone.score.item()
    for ds in (labelled, labelled.dsc.preprocess()):
        one = xdsc.score(ds, variables="sp", metrics="rmse_mean")
        assert one.attrs["variables"] == "sp"
        assert one.score.item() == pytest.approx(
            xdsc.score(small[["sp"]], labelled.cluster.values, metrics="rmse_mean").score.item()
        )
    without = xdsc.score(labelled.drop_vars("u10"), metrics="rmse_mean")
    assert without.attrs["variables"] == "t2m"
    # What the caller prepares comes first.
    other = xdsc.score(labelled, preprocessor=xdsc.Preprocessor(variables="sp"))
    assert other.attrs["variables"] == "sp"


def test_what_is_prepared_stays_as_it_is(small, labels):
    prepared = small.dsc.preprocess(scale="standard")
    found = xdsc.score(prepared, labels)
    given = xdsc.score(small, labels, preprocessor=xdsc.Preprocessor(scale="standard"))
    xr.testing.assert_identical(found, given)
    assert found.attrs["preparation"] == '{"scale": "standard"}'
    assert values(found)["rmse_mean"] != values(xdsc.score(small, labels))["rmse_mean"]


def test_a_preprocessor_is_never_fitted_in_place(small, labels):
    preprocessor = xdsc.Preprocessor(scale="standard")
    xdsc.score(small, labels, preprocessor=preprocessor)
    assert not hasattr(preprocessor, "steps_")
    fitted = preprocessor.fit(small)
    half = small.isel(time=slice(20))
    by_fitted = xdsc.score(half, labels[:20], preprocessor=fitted)
    by_itself = xdsc.score(half, labels[:20], preprocessor=xdsc.Preprocessor(scale="standard"))
    assert values(by_fitted)["rmse_mean"] != values(by_itself)["rmse_mean"]


def test_dask_equals_numpy_and_nothing_is_changed(messy, labels):
    ds = messy.assign_coords(cluster=("time", labels[: messy.sizes["time"]]))
    before = ds.copy(deep=True)
    whole = xdsc.score(ds)
    xr.testing.assert_identical(ds, before)
    xr.testing.assert_allclose(xdsc.score(ds.chunk(time=9, latitude=2)), whole)


def test_a_sample_is_told(small, labels):
    found = xdsc.score(small, labels, max_samples=20, random_state=1)
    of_pairs = [n for n, m in METRICS.items() if m.reads in ("euclidean", "cosine")]
    sampled = found.metric.isin(of_pairs)
    np.testing.assert_array_equal(found.sampled, sampled)
    assert (found.n_used[sampled] <= 20).all()
    assert (found.n_used[~sampled] == 35).all()
    assert found.attrs["max_samples"] == 20
    again = xdsc.score(small, labels, max_samples=20, random_state=1)
    xr.testing.assert_identical(found, again)


# --- Embeddings ------------------------------------------------------------------------------


def test_embedding_space(small, labels):
    made = np.random.default_rng(0).normal(size=(T, 3))
    made[5] = np.nan
    embedding = xr.DataArray(made, dims=("time", "latent"), coords={"time": small.time})
    used = (labels >= 0) & ~np.isnan(made).any(axis=1)
    expected = scores(made[used], labels[used], truth=small.regime.values[used])
    for given in (embedding, embedding.T, embedding.drop_vars("time")):
        found = xdsc.score(small, labels, space="embedding", embedding=given, truth="regime")
        assert values(found) == {name: pytest.approx(s.value) for name, s in expected.items()}
        assert found.attrs["space"] == "embedding"
    assert (found.n_used == used.sum()).all()


def test_the_accessor_brings_embedding_and_preparation_of_its_model(fitted):
    found = fitted.labelled.dsc.score(space="embedding", metrics="silhouette")
    embedding = fitted.model.embedding(fitted.before)
    assert (
        found.score.item()
        == xdsc.score(
            fitted.labelled, space="embedding", embedding=embedding, metrics="silhouette"
        ).score.item()
    )
    # The Dataset that fit was called on remembers its labels.
    xr.testing.assert_identical(fitted.original.dsc.score(), fitted.labelled.dsc.score())
    assert fitted.labelled.dsc.score().attrs["xdsc_method"] == "dsc"


def test_the_accessor_prepares_as_the_fit_did(small):
    prepared = small.dsc.preprocess(scale="standard")
    labelled = prepared.dsc.fit(k=3, method="kmeans", random_state=0)
    raw = small.copy()
    model = labelled.dsc.model
    raw.dsc._remember(model, LabelsOfFit(model.predict(small)))
    xr.testing.assert_allclose(raw.dsc.score(), labelled.dsc.score())


# --- The result ------------------------------------------------------------------------------


def test_the_result_survives_a_file(fitted, tmp_path):
    found = fitted.labelled.dsc.score(truth="regime")
    found.to_netcdf(tmp_path / "scores.nc")
    with xr.open_dataset(tmp_path / "scores.nc") as back:
        xr.testing.assert_equal(back, found)
        assert back.sampled.dtype == bool
        assert back.attrs == found.attrs
    assert found.score.dtype == np.float64
    assert found.score.dims == found.sampled.dims == found.n_used.dims == ("metric",)


# --- Errors ----------------------------------------------------------------------------------


def test_no_labels(small):
    with pytest.raises(NotFittedError, match=r"ds\.dsc\.fit\(k="):
        small.dsc.score()


def test_unknown_metric(small, labels):
    with pytest.raises(ParameterError, match="received 'silhuette'"):
        xdsc.score(small, labels, metrics=["silhuette"])


def test_truth_is_wanted_and_not_there(small, labels):
    with pytest.raises(ParameterError, match="pass truth="):
        xdsc.score(small, labels, metrics="v_measure")
    with pytest.raises(ParameterError, match="truth= as a name in the Dataset"):
        xdsc.score(small, labels, truth="regimes")
    with pytest.raises(ParameterError, match="truth= as a name in the Dataset"):
        xdsc.score(small, labels, truth="cluster")


def test_truth_of_another_length_or_time(small, labels):
    with pytest.raises(ParameterError, match="40 true labels, one a time step, received 39"):
        xdsc.score(small, labels, truth=labels[1:])
    later = small.regime.assign_coords(time=small.time + np.timedelta64(1, "D"))
    with pytest.raises(ParameterError, match="true labels at other times"):
        xdsc.score(small, labels, truth=later)


def test_labels_along_another_dimension(small):
    with pytest.raises(ParameterError, match=r"labels along the dimensions \('time',\)"):
        xdsc.score(small, xr.DataArray(np.arange(H), dims="latitude"))


def test_embedding_is_wanted_and_not_there(small, labels):
    with pytest.raises(ParameterError, match=r"model\.embedding\(ds\).*dsc"):
        xdsc.score(small, labels, space="embedding")
    for shape, dims, text in (
        ((T, 2), ("step", "latent"), r"dimensions \(time, latent\)"),
        ((T,), ("time",), r"dimensions \(time, latent\)"),
        ((T - 1, 2), ("time", "latent"), "40 embeddings"),
    ):
        embedding = xr.DataArray(np.zeros(shape), dims=dims)
        with pytest.raises(ParameterError, match=text):
            xdsc.score(small, labels, space="embedding", embedding=embedding)


def test_unknown_space(small, labels):
    with pytest.raises(ParameterError, match="space to be one of 'data', 'embedding'"):
        xdsc.score(small, labels, space="latent")


def test_variables_that_are_not_prepared(small, labels):
    prepared = small.dsc.preprocess(variables=["t2m", "sp"])
    with pytest.raises(InputError, match="prepared data without u10"):
        xdsc.score(prepared, labels, variables=["t2m", "u10"])
    with pytest.raises(InputError, match="at least one name"):
        xdsc.score(prepared, labels, variables=[])
