"""Novelty: where a frame lies among the distances of those that a model was fitted on."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import xdsc
from xdsc.errors import XdscWarning
from xdsc.frames import Frames
from xdsc.model.record.novelty import Novelty


def frames_of(rows):
    """Frames of one variable on a grid of one row."""
    values = np.asarray(rows, "float32")[:, None, :, None]
    n, *shape = values.shape
    return Frames(
        values=values,
        mask=np.ones(shape, bool),
        runs=np.array([[0, n]]),
        steps=np.arange(n),
        samples=(n,),
        variables=("v",),
        fill=np.zeros(1, "float32"),
    )


def blobs(n, centres, seed):
    """Planted regimes: n frames around centres (K, F), noise of variance 1; and their regimes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(centres)
    return centres[labels] + rng.normal(size=(n, centres.shape[1])), labels


def dataset(rows, shape, start="2000"):
    values = np.asarray(rows, "float32").reshape(-1, *shape)
    return xr.Dataset(
        {"v": (("time", "lat", "lon"), values, {"units": "K"})},
        {
            "time": xr.date_range(start, periods=len(values)),
            "lat": np.linspace(50, 40, shape[0]),
            "lon": np.linspace(0, 10, shape[1]),
        },
    )


def centres_of(k, n_features, apart=8.0):
    rng = np.random.default_rng(7)
    directions = rng.normal(size=(k, n_features))
    return apart * directions / np.linalg.norm(directions, axis=1, keepdims=True)


# --- Hand-worked -----------------------------------------------------------------------------


def test_hand_worked_ranks():
    # Two regimes on a line: 0, 2, 4 and 20, 24.
    novelty = Novelty.of(frames_of([[0.0], [2], [4], [20], [24]]), np.array([0, 0, 0, 1, 1]))
    np.testing.assert_allclose(novelty.centres.ravel(), [2, 22])
    # Leaving itself out: 0 is 3 from (2 + 4) / 2, 2 is 0 from 2, 20 is 4 from 24.
    np.testing.assert_allclose(novelty.distances, [0, 3, 3, 4, 4])
    new = frames_of([[2.0], [3], [4.5], [5.5], [6.5], [12], [-1e6]])  # 0, 1, 2.5, 3.5, 4.5, ...
    np.testing.assert_allclose(novelty.rank(new), [0, 0.2, 0.2, 0.6, 1, 1, 1])


def test_a_regime_of_one_frame_is_judged_by_the_others():
    # The frame at 10 is alone; the nearest other centre, 1, is 9 away.
    novelty = Novelty.of(frames_of([[0.0], [2], [10]]), np.array([0, 0, 1]))
    np.testing.assert_allclose(novelty.distances, [2, 2, 9])
    np.testing.assert_allclose(novelty.rank(frames_of([[10.0], [15], [19.5]])), [0, 2 / 3, 1])


def test_one_frame_alone_and_noise():
    alone = Novelty.of(frames_of([[3.0]]), np.array([0]))
    np.testing.assert_allclose(alone.rank(frames_of([[3.0], [3.5]])), [0, 1])
    # Noise, -1, has no centre, and lies as far as it lies from those of the others.
    noisy = Novelty.of(frames_of([[0.0], [2], [7]]), np.array([0, 0, -1]))
    np.testing.assert_allclose(noisy.centres, [[1]])
    np.testing.assert_allclose(noisy.distances, [2, 2, 6])


@settings(max_examples=20)
@given(n=st.integers(2, 600), seed=st.integers(0, 99))
def test_leaving_one_out_is_the_distance_to_the_mean_of_the_others(n, seed):
    rng = np.random.default_rng(seed)
    rows, labels = rng.normal(size=(n, 3)).astype("f4"), np.arange(n) // (n // 2 + 1)
    labels[0] = labels[1]  # no regime of one
    if (np.bincount(labels) == 1).any():
        labels[:] = 0
    found = Novelty.of(frames_of(rows), labels).distances
    expected = []
    for i in range(n):
        others = np.arange(n) != i
        to_own = rows[others & (labels == labels[i])].mean(axis=0, dtype="f8")
        to_all = [rows[labels == k].mean(axis=0, dtype="f8") for k in set(labels) - {labels[i]}]
        expected.append(min(np.linalg.norm(rows[i] - c) for c in [to_own, *to_all]))
    np.testing.assert_allclose(found, np.sort(expected), rtol=1e-5)


def test_masked_cells_do_not_count():
    frames = frames_of([[0.0, 5], [2, 5]])
    frames.mask[0, 1, 0] = False
    frames.values[:, 0, 1, 0] = 1e9
    novelty = Novelty.of(frames, np.array([0, 0]))
    assert novelty.centres.tolist() == [[1]]


def test_no_frames_have_no_ranks():
    novelty = Novelty.of(frames_of([[0.0], [1]]), np.array([0, 0]))
    empty = frames_of(np.empty((0, 1)))
    assert novelty.rank(empty).shape == (0,)


# --- By a model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_fit", "shape"), [(600, (3, 4)), (60, (20, 25))], ids=["many frames", "many features"]
)
def test_new_frames_like_those_of_the_fit_are_ranked_evenly(n_fit, shape):
    """Also where frames are few: beside the centre that it is a part of, a frame looks near."""
    centres = centres_of(3, shape[0] * shape[1], apart=30)
    fit, _ = blobs(n_fit, centres, seed=0)
    new, _ = blobs(600, centres, seed=1)
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(dataset(fit, shape))
    novelty = model.label(dataset(new, shape, "2010")).novelty  # no warning: none is novel
    assert novelty.min() >= 0
    # Binomial spread of the sample and of the quantile that the fit gives.
    for level in (0.5, 0.8, 0.9):
        spread = np.sqrt(level * (1 - level) * (1 / 600 + 1 / n_fit))
        assert float((novelty >= level).mean()) == pytest.approx(1 - level, abs=4 * spread)


def test_frames_far_from_all_of_the_fit_have_one(recwarn):
    centres = centres_of(3, 12)
    rows, _ = blobs(90, centres, seed=0)
    ds = dataset(rows, (3, 4))
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ds)
    far = ds.assign(v=(ds.v + 100).assign_attrs(ds.v.attrs))
    assert (model.novelty(far) == 1).all()
    mixed = ds.assign(v=ds.v.where(ds.time != ds.time[4], 100).assign_attrs(ds.v.attrs))
    assert not recwarn.list  # novelty() tells without warning; nor is one in ninety many
    found = model.label(mixed).novelty
    assert found[4] == 1
    np.testing.assert_array_equal(found.drop_isel(time=4), model.novelty(ds).drop_isel(time=4))


def test_a_warning_comes_with_more_than_a_tenth():
    rows, _ = blobs(100, centres_of(3, 12), seed=0)
    ds = dataset(rows, (3, 4))
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(ds)
    already = int((model.novelty(ds) == 1).sum())
    order = np.argsort(model.novelty(ds).values)

    def with_far(n):
        value = ds.v.copy()
        value[order[:n]] = 100.0
        return ds.assign(v=value)

    model.label(with_far(10 - already))  # a tenth is no news
    with pytest.warns(XdscWarning, match="11% of the time steps farther"):
        model.label(with_far(11 - already))


def test_it_is_a_coordinate_with_attributes_and_nan_for_missing_frames(fitted, messy):
    novelty = fitted.model.novelty(messy)
    assert novelty.dims == ("time",)
    assert novelty.dtype == np.float32
    assert novelty.attrs["units"] == "1"
    missing = messy.t2m.isnull().all(["latitude", "longitude"])
    assert missing.sum() == 2
    np.testing.assert_array_equal(novelty.isnull(), missing)
    assert 0 <= float(novelty.min()) < float(novelty.max()) <= 1
    labelled = fitted.model.label(messy)
    assert "novelty" in labelled.coords
    np.testing.assert_array_equal(labelled.novelty, novelty)
    assert labelled.novelty.attrs == novelty.attrs


def test_a_dataset_of_missing_frames_only_has_no_novelty(fitted, messy):
    nothing = messy.isel(time=[5, 7])
    with pytest.warns(XdscWarning, match="none gets a label"):
        labelled = fitted.model.label(nothing)
    assert labelled.novelty.isnull().all()


def test_the_name_must_be_free(fitted, messy):
    with pytest.raises(xdsc.errors.InputError, match="variable 'novelty'"):
        fitted.model.label(messy.assign(novelty=messy["index"]))


def test_steps_that_are_left_out_have_none_and_averaged_ones_share_theirs(small):
    preprocessor = xdsc.Preprocessor(resample="2D", months=[1])
    model = xdsc.ClusterModel(2, method="kmeans", random_state=0, preprocessor=preprocessor)
    novelty = model.fit(small).label(small).novelty
    # The last bin begins on 31 January, and 1 February is in it.
    np.testing.assert_array_equal(novelty.isnull(), np.arange(40) >= 32)
    january = novelty[:32].values.reshape(-1, 2)
    np.testing.assert_array_equal(january[:, 0], january[:, 1])


def test_it_goes_into_a_file_and_comes_back(small, tmp_path):
    model = xdsc.ClusterModel(3, method="kmeans", random_state=0).fit(small)
    model.save(tmp_path / "regimes.xdsc")
    xr.testing.assert_identical(
        xdsc.load_model(tmp_path / "regimes.xdsc").novelty(small), model.novelty(small)
    )
