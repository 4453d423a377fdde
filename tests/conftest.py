"""What all tests share."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import hypothesis
import numpy as np
import pytest
import xarray as xr
from draws import MORE
from sizes import GRID, SIZES, VARIABLES

import xdsc

# Time limits a draw say more about a busy machine than about the code.
hypothesis.settings.register_profile("xdsc", deadline=None, print_blob=True, max_examples=30 * MORE)
hypothesis.settings.register_profile(
    "xdsc-ci", hypothesis.settings.get_profile("xdsc"), derandomize=True, database=None
)
hypothesis.settings.load_profile("xdsc-ci" if os.environ.get("CI") else "xdsc")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _networks_kept() -> None:
    """Keep more kinds of networks than a user has: tracing one costs what ten tests do."""
    if (shared := sys.modules.get("xdsc.networks.engine.shared")) is not None:
        shared.MOST_NETWORKS = 60


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real gridded data, which the repository does not ship."""
    if not DATA.is_dir():
        pytest.skip(f"no real data: {DATA} is not there")
    return DATA


@pytest.fixture(scope="session")
def tiny() -> Mapping[str, Any]:
    """Options of "dsc" with which a fit takes as little time as TensorFlow allows."""
    return MappingProxyType(
        {
            "network": SIZES["dsc"]["network"],
            "pretrain_epochs": 2,
            "epochs": 2,
            "progress": False,
        }
    )


@pytest.fixture(scope="session")
def _small() -> xr.Dataset:
    return xdsc.tutorial.open_dataset(n_times=40, **GRID)[VARIABLES]


@pytest.fixture
def small(_small: xr.Dataset) -> xr.Dataset:
    """Forty days of the tutorial Dataset on an odd little grid; a fresh one for each test."""
    return _small.copy(deep=True)


@pytest.fixture(scope="session")
def _messy(_small: xr.Dataset) -> xr.Dataset:
    ds = _small.copy(deep=True)
    # Frames 5 and 7 are missing, which leaves a run of one frame; dates 20 to 22 are missing.
    gone = (ds.time == ds.time[5]) | (ds.time == ds.time[7])
    for name in ds.data_vars:
        ds[name] = ds[name].where(~gone)
    ds["t2m"][12, 0, 0] = np.nan
    ds = ds.drop_isel(time=[20, 21, 22])
    n_times, n_lat, n_lon = (ds.sizes[dim] for dim in ("time", "latitude", "longitude"))
    rng = np.random.default_rng(0)
    ds["index"] = ("time", rng.normal(size=n_times), {"long_name": "an index"})
    ds["orography"] = (("latitude", "longitude"), rng.normal(size=(n_lat, n_lon)), {"units": "m"})
    ds["crs"] = ((), 0, {"grid_mapping_name": "latitude_longitude"})
    ds["time_bnds"] = (("time", "nv"), np.stack([ds.time.values, ds.time.values], axis=1))
    ds["time"].attrs["bounds"] = "time_bnds"
    ds["time"].encoding["units"] = "hours since 1900-01-01"
    ds["t2m"].attrs["grid_mapping"] = "crs"
    return ds.assign_coords(
        number=0,
        expver=("time", np.array(["0001", "0005"])[np.arange(n_times) % 2]),
        source="reanalysis",
    )


@pytest.fixture
def messy(_messy: xr.Dataset) -> xr.Dataset:
    """As `small`, with all that real files bring: gaps of every kind, side coordinates, bounds.

    Runs without a gap: 0 to 4, 6 alone, 8 to 19 and 20 to 36; frames 5 and 7 are missing.
    """
    return _messy.copy(deep=True)


@dataclass(frozen=True)
class Fitted:
    """A Dataset before, during and after a fit."""

    before: xr.Dataset  # deep copy made before the fit
    original: xr.Dataset  # the object on which fit was called
    labelled: xr.Dataset  # what fit returned

    @property
    def model(self) -> xdsc.ClusterModel:
        return self.labelled.dsc.model


@pytest.fixture(scope="session")
def fitted(_messy: xr.Dataset, tiny: Mapping[str, Any]) -> Fitted:
    """A tiny DSC with windows of three frames, fitted to `messy`. To be read, not changed."""
    original = _messy.copy(deep=True)
    labelled = original.dsc.fit(k=3, window=3, random_state=0, **tiny)
    return Fitted(_messy.copy(deep=True), original, labelled)
