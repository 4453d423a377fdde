"""`import xdsc` is cheap: heavy libraries wait until they are used."""

import subprocess
import sys

import pytest

HEAVY = ("keras", "tensorflow", "sklearn", "matplotlib", "cartopy", "jax", "torch")

REPORT = f"""
import sys
print(sorted(name for name in {HEAVY} if name in sys.modules))
"""

TOUCH = """
import numpy as np, xarray as xr
ds = xr.Dataset({"t": (("time", "lat", "lon"), np.zeros((2, 2, 2)))})
ds.dsc
"""


@pytest.mark.parametrize("code", ["import xdsc", f"import xdsc\n{TOUCH}"], ids=["import", "ds.dsc"])
def test_nothing_heavy_in_a_fresh_process(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + REPORT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
