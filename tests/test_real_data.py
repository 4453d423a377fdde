"""Three real sets that nobody here wrote: reanalysis, masked forcing, a projected grid."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

import xdsc

# Of fields as they are, most of what is found is the season.
pytestmark = pytest.mark.filterwarnings("ignore:.*that are not the calendar")

#: What is read of them: of ten years and of a month some, which training takes its time for.
SETS = {
    "eraint-wmed-daily": {"time": 800, "latitude": 11, "longitude": 13},
    "wfde5-uk-hourly": {"time": 240, "lat": 20, "lon": 28},
    "inca-austria-hourly": {"time": 240, "y": 17, "x": 20},
}
K = 4
SHORT = {"pretrain_epochs": 1, "epochs": 1, "batch_size": 128}


@dataclass(frozen=True)
class Real:
    name: str
    raw: xr.Dataset
    labelled: xr.Dataset
    composites: xr.Dataset


@pytest.fixture(scope="module", params=SETS)
def real(request, data_dir, tiny):
    """A set merged from its files, fitted, with its composites."""
    files = sorted((data_dir / request.param).glob("*.nc"))
    if not files:
        pytest.skip(f"no real data: {data_dir / request.param} has no files")
    with xr.open_mfdataset(files) as lazy:
        raw = lazy.isel(time=slice(SETS[request.param]["time"])).load()
    options = {
        # No network: what is found is not looked at, and each grid is traced anew.
        "eraint-wmed-daily": {"method": "kmeans"},
        # The one that is reconstructed.
        "wfde5-uk-hourly": {**tiny, **SHORT, "start": "kmeans"},
        # The one that has its start chosen.
        "inca-austria-hourly": {**tiny, **SHORT, "decoder": False, "start": "auto"},
    }[request.param]
    labelled = raw.dsc.fit(k=K, random_state=0, **options)
    return Real(request.param, raw, labelled, labelled.dsc.composites())


def test_the_set_is_what_the_files_hold_with_labels(real):
    assert dict(real.labelled.sizes) == SETS[real.name]
    xr.testing.assert_identical(real.labelled.drop_vars("cluster"), real.raw)


def test_labels_are_complete(real):
    labels = real.labelled.cluster.values
    assert labels.min() == 0
    assert labels.max() < K
    assert len(np.unique(labels)) > 1
    assert (np.diff(np.bincount(labels, minlength=K)) <= 0).all()


def test_all_variables_take_part(real):
    assert real.labelled.dsc.model.variables_ == list(real.raw.data_vars)


def test_composites_equal_groupby(real):
    truth = real.labelled.astype("f8").groupby("cluster").mean()
    for name in real.raw.data_vars:
        found = real.composites[name]
        assert found.dims == ("cluster", *real.raw[name].dims[1:])
        np.testing.assert_allclose(found, truth[name], rtol=1e-5)
        assert found.attrs.get("units") == real.raw[name].attrs.get("units")


def test_regimes_differ_and_their_anomalies_cancel(real):
    for name in real.raw.data_vars:
        anomaly = real.composites[f"{name}_anomaly"].astype("f8")
        spread = float(real.raw[name].std())
        assert float(np.abs(anomaly).max()) > 0.05 * spread
        # By the number of values, not of frames: the INCA winds have a few gaps.
        n = real.composites[f"{name}_count"]
        left = (anomaly * n).sum("cluster") / n.sum("cluster").clip(1)
        assert float(np.abs(left).max()) < 1e-4 * spread


def test_the_sea_of_wfde5_stays_missing(real):
    if real.name != "wfde5-uk-hourly":
        pytest.skip("the other sets have no mask")
    sea = real.raw.Tair.isnull().all("time")
    assert 0.5 < sea.mean() < 0.6
    for name in real.raw.data_vars:
        assert (real.composites[name].isnull() == sea).all()
        assert (
            real.composites[f"{name}_count"].sum("cluster") == real.raw.sizes["time"] * ~sea
        ).all()
    made = real.labelled.dsc.model.reconstruct(real.raw.isel(time=slice(5)))
    assert (made.Tair.isnull() == sea).all()


def test_the_projected_grid_of_inca_keeps_its_coordinates(real):
    if real.name != "inca-austria-hourly":
        pytest.skip("the other sets are on latitude and longitude")
    for name in ("lat", "lon", "x", "y", "lambert_conformal_conic"):
        xr.testing.assert_identical(real.composites[name].variable, real.raw[name].variable)
    axes = real.labelled.dsc.model.preprocessor_.axes_
    assert axes == xdsc.cf.Axes("time", "y", "x", "lat", "lon")


def test_the_model_labels_a_part_as_it_labelled_the_whole(real):
    part = real.raw.isel(time=slice(100, 160))
    np.testing.assert_array_equal(
        real.labelled.dsc.model.predict(part), real.labelled.cluster[100:160]
    )


def test_the_html_repr_tells_the_period(real):
    first, last = (str(real.raw.time.values[i])[:10] for i in (0, -1))
    assert f"{first} to {last}" in real.labelled.dsc._repr_html_()
