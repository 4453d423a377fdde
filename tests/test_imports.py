"""`import xdsc` is cheap: libraries wait until they are used. One fresh process tells of all."""

import json
import subprocess
import sys

import pytest

HEAVY = {"keras", "tensorflow", "sklearn", "matplotlib", "cartopy", "jax", "torch"}

STEPS = """
import json, sys
found = {}

def note(step):
    found[step] = sorted(sys.modules)

import xdsc, xdsc.metrics
note("import")

import numpy as np, xarray as xr
dims = ("time", "lat", "lon")
ds = xr.Dataset({"t": (dims, np.ones((4, 2, 2)), {"units": "m s**-1"})})
ds = ds.assign_coords(time=xr.date_range("2000", periods=4))
ds.dsc
note("accessor")

from xdsc.preprocessing.block import TIME, Y
from xdsc.preprocessing.steps.conversion import Units
xdsc.composites(ds, labels=[0, 1, 0, 1])
block = ds.isel(lon=0).rename(time=TIME, lat=Y)
Units().fit(block).transform(block)
note("units")

ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
xdsc.compare(ds, 3, ["kmeans"], n_runs=2, metrics="silhouette", progress=False)
note("comparison")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def imported():
    """Modules that are there after each step."""
    command = [sys.executable, "-W", "error", "-c", STEPS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {step: set(names) for step, names in json.loads(done.stdout).items()}


@pytest.mark.parametrize("step", ["import", "accessor"])
def test_nothing_heavy_in_a_fresh_process(imported, step):
    assert not HEAVY & imported[step]


def test_nobody_else_pays_for_pint(imported):
    """xarray imports pint itself."""
    assert not {"pint_xarray", "cf_xarray.units"} & imported["units"]


def test_distributed_is_not_imported_without_need(imported):
    assert "sklearn" in imported["comparison"]
    assert "distributed" not in imported["comparison"]
    assert "keras" not in imported["comparison"]
