"""What every error message says to do is typed in, and then it works.

A table for each part of xdsc: module -> (a piece of the message's texts as they stand in the code;
what fails; what the message then says to type; the same with that, as TYPED, typed in). A message
without a case, or a reason why its advice cannot be typed in, fails the checks.
"""

import matplotlib.pyplot as plt
import numpy as np
import of_data
import of_figures
import of_files
import of_fits
import of_preparation
import of_statistics
import pandas as pd
import pytest
import xarray as xr
from following import record, said_at, site_of, sites

import xdsc
from xdsc.errors import XdscError, XdscWarning

PARTS = (of_data, of_preparation, of_fits, of_statistics, of_figures, of_files)
CASES = [
    pytest.param(module, *case, id=f"{module}: {case[0]}")
    for part in PARTS
    for module, cases in part.CASES.items()
    for case in cases
]
REASONS = [
    (module, piece, why)
    for part in PARTS
    for module, reasons in part.REASONS.items()
    for piece, why in reasons.items()
]


@pytest.fixture(scope="module")
def base():
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    return ds[["t2m", "sp"]]


@pytest.fixture(scope="module")
def labelled(base):
    return base.dsc.fit(k=3, method="kmeans", random_state=0)


@pytest.fixture
def names(base, labelled, tmp_path):
    """What the cases may write."""
    helpers = {name: value for part in PARTS for name, value in vars(part).items()}
    mine = base.copy(deep=True)
    yield helpers | {
        "xdsc": xdsc,
        "xr": xr,
        "np": np,
        "pd": pd,
        "folder": tmp_path,
        "base": mine,
        "ds": mine,
        "labelled": labelled.copy(deep=True),
        "fitted": labelled,
        "model": labelled.dsc.model,
    }
    plt.close("all")


@pytest.mark.parametrize(("module", "piece", "wrong", "typed", "right"), CASES)
def test_advice_works_when_it_is_typed_in(names, module, piece, wrong, typed, right, monkeypatch):
    record(monkeypatch)
    with pytest.raises((XdscError, XdscWarning)) as error:
        exec(wrong, names)
    assert said_at(site_of(module, piece))
    assert typed in str(error.value)
    names["TOLD"] = str(error.value)
    exec(right.replace("TYPED", typed), names)


def test_every_message_is_followed_or_has_a_reason():
    followed = {site_of(*case.values[:2]) for case in CASES}
    excused = {site_of(module, piece) for module, piece, _ in REASONS}
    assert not followed & excused
    missing = sorted(map(str, set(sites()) - followed - excused))
    assert not missing, "\n".join(["No case in tests/remedies for:", *missing])
