"""Regimes of one labelling are found in another, by time steps or by patterns."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError


def labels(values, start="2000-01-01", **options):
    time = xr.date_range(start, periods=len(values), **options)
    return xr.DataArray(np.array(values), {"time": time}, ("time",), "cluster")


def test_confusion_by_hand():
    one, other = labels([0, 0, 1, 1, -1, 1]), labels([5, 5, 3, 3, 3, 5])
    found = xdsc.confusion(one, other)
    assert found.n_frames.values.tolist() == [[0, 2], [2, 1]]
    np.testing.assert_allclose(found.share, [[0, 1], [2 / 3, 1 / 3]])
    # By hand: two pairs alike of C(5, 2); (2 - 4 * 4 / 10) / (4 - 1.6).
    assert found.adjusted_rand_index.item() == pytest.approx(0.4 / 2.4)
    assert found.attrs["n_times"] == 5
    assert xdsc.confusion(one, one).adjusted_mutual_information.item() == pytest.approx(1)


@pytest.mark.parametrize(
    "other",
    [
        labels([9, 3, 3, 5, 5], "1999-12-31"),
        labels([9, 3, 3, 5, 5], "1999-12-31", calendar="noleap", use_cftime=True),
        labels([9, 3, 3, 5, 5], "1999-12-31")[::-1],
        labels([9, 3, 3, 5, 5], "1999-12-31").to_series(),
        labels([9, 3, 3, 5, 5], "1999-12-31").to_dataset(name="cluster"),
        [3, 3, 5, 5],
    ],
    ids=["shifted", "cftime", "reversed", "pandas", "Dataset", "array"],
)
def test_time_steps_are_matched_by_their_dates(other):
    one = labels([0, 0, 1, 1])
    table = xdsc.confusion(one, other).n_frames
    assert table.sel(other_cluster=[3, 5]).values.tolist() == [[2, 0], [0, 2]]
    found = xdsc.match(one, other)
    assert found.reference.values.tolist() == [3, 5]
    assert found.score.values.tolist() == [1, 1]


def test_a_match_is_one_to_one_and_the_best_in_all():
    # Regime 0 meets 0 most often, and so does regime 1; in all 6 steps agree rather than 5.
    one, other = labels([0] * 4 + [1] * 4 + [2]), labels([0, 0, 0, 1, 0, 0, 0, 0, 0])
    found = xdsc.match(one, other)
    assert found.reference.values.tolist() == [1, 0, -1]
    np.testing.assert_allclose(found.score[:2], [1 / 4, 4 / 8])
    assert np.isnan(found.score[2])
    renumbered = xdsc.reorder(one, found)
    assert renumbered.values[[0, 4, 8]].tolist() == [1, 0, 2]


def test_members_are_matched_too():
    both = xr.concat([labels([0, 1]), labels([0, 0])], "member").assign_coords(member=[1, 2])
    found = xdsc.confusion(both, 1 - both.isel(member=[1, 0]))
    assert found.n_frames.values.tolist() == [[0, 3], [1, 0]]
    with pytest.raises(ParameterError, match="shape"):
        xdsc.confusion(both, [0, 1])
    with pytest.raises(InputError, match="select one member"):
        xdsc.confusion(both, labels([0, 1]))


def fields(start="2000-01-01", order=(0, 1, 2), seed=0):
    """Three patterns and some noise."""
    lat, lon = np.linspace(80, 20, 6), np.arange(0.0, 40, 5)
    y, x = np.meshgrid(np.deg2rad(lat * 3), np.deg2rad(lon * 9), indexing="ij")
    patterns = np.stack([np.sin(x), np.cos(x) * np.sin(y), np.cos(y)])
    given = labels(np.tile(order, 10), start)
    noise = np.random.default_rng(seed).normal(scale=0.3, size=(30, 6, 8))
    z = patterns[np.tile([0, 1, 2], 10)] + noise + 100
    ds = xr.Dataset({"z": (("time", "lat", "lon"), z)}, {"lat": lat, "lon": lon, "cluster": given})
    return ds, xr.Dataset({"z": (("regime", "lat", "lon"), patterns)}, {"lat": lat, "lon": lon})


@pytest.mark.parametrize(
    "kind", ["another period", "composites", "patterns", "turned", "west", "part", "more", "coarse"]
)
def test_patterns_are_matched(kind):
    ds, patterns = fields()
    later, _ = fields("2010-01-01", (2, 0, 1), seed=1)
    reference = {
        "another period": later,
        "composites": xdsc.composites(later),
        "patterns": patterns,
        "turned": patterns.isel(lat=slice(None, None, -1)).rename(lat="y", lon="x"),
        "west": patterns.assign_coords(lon=patterns.lon - 360),
        "part": patterns.isel(lat=slice(1, 6)),
        "more": patterns.pad(lon=2, constant_values=0.0).assign_coords(lon=np.arange(-10.0, 50, 5)),
        "coarse": patterns.interp(lat=np.linspace(20, 80, 5), lon=np.arange(0.0, 36, 3.5)),
    }[kind]
    if kind == "turned":
        reference.y.attrs["standard_name"], reference.x.attrs["standard_name"] = (
            "latitude",
            "longitude",
        )
    found = xdsc.match(ds, reference, interpolate=kind == "coarse")
    carried = kind in ("another period", "composites")
    assert found.reference.values.tolist() == ([2, 0, 1] if carried else [0, 1, 2])
    assert (found.score > 0.7).all()
    assert found.correlation.dims == ("cluster", "reference_cluster")


def test_the_correlation_is_weighted_by_area():
    ds, patterns = fields()
    found = xdsc.match(ds, patterns).correlation.isel(cluster=0, reference_cluster=0).item()
    weights = np.cos(np.deg2rad(ds.lat)).values[:, None] * np.ones(8)
    ours = (ds.z.where(ds.cluster == 0).mean("time") - ds.z.mean("time")).values
    theirs = patterns.z.values[0]
    cov = np.cov(ours.ravel(), theirs.ravel(), aweights=weights.ravel(), ddof=0)
    assert found == pytest.approx(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"by": "name"}, ParameterError, "patterns"),
        ({"reference": labels([0, 1], "1900-01-01")}, InputError, "shared values"),
        ({"reference": fields()[1].rename(z="zg")}, InputError, "rename"),
        ({"reference": fields()[1].rename(regime="mode")}, ParameterError, "mode='cluster'"),
        (
            {"reference": fields()[1].assign_coords(lat=range(6))},
            ParameterError,
            "interpolate=True",
        ),
        ({"variables": "t"}, InputError, "both have"),
    ],
)
def test_what_cannot_be_matched_is_told(arguments, error, text):
    ds, patterns = fields()
    with pytest.raises(error, match=text):
        xdsc.match(ds, **{"reference": patterns} | arguments)
