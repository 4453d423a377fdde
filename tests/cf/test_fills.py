"""Values that stand for missing ones are found wherever data come in, before any averaging."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xdsc
from xdsc.cf.decoding.fills import require_no_fills
from xdsc.errors import InputError, XdscWarning

LAND = {"latitude": slice(2), "longitude": slice(2)}
FILLS = (-9999.0, 9.96921e36, 1e20, -999.0)


@pytest.fixture(scope="module")
def fitted():
    ds = xdsc.tutorial.open_dataset(n_times=40, n_lat=4, n_lon=5, n_regimes=3, seed=1)
    return ds[["t2m", "sp"]].dsc.fit(k=3, method="kmeans", random_state=0)


def filled(ds, value, **where):
    """The Dataset with a value in some cells of t2m."""
    ds = ds.drop_vars("cluster", errors="ignore").copy(deep=True)
    ds["t2m"][where or LAND] = value
    return ds


@pytest.mark.parametrize("chunks", [None, {"time": 10}], ids=["numpy", "dask"])
@pytest.mark.parametrize("fill", FILLS)
def test_another_dataset_is_looked_at(fitted, fill, chunks):
    other = filled(fitted, fill)
    other = other if chunks is None else other.chunk(chunks)
    model = fitted.dsc.model
    calls = (model.predict, model.embedding, model.novelty)
    if fill > 1e30:  # as missing as inf: tests/cf/test_decoding.py
        calls = ()
    for call in calls if chunks is None else calls[:1]:
        with pytest.raises(InputError, match="'t2m'"):
            call(other).compute()
    with pytest.raises(InputError, match="'t2m'"):
        xdsc.composites(other, fitted.cluster).compute()


@pytest.mark.parametrize("chunks", [None, {"time": 10}], ids=["numpy", "dask"])
def test_nothing_is_averaged_with_them(fitted, chunks):
    """A mean of a temperature and of -9999 is no sentinel any more, and no temperature."""
    some = filled(fitted, -9999.0, time=slice(0, 40, 4))
    some = some if chunks is None else some.chunk(chunks)
    for settings in ({"resample": "2D"}, {"units": {"t2m": "degC"}}, {"deaccumulate": ["t2m"]}):
        with pytest.raises(InputError, match="-9999, which is far from all others"):
            some.assign(t2m=some.t2m.assign_attrs(units="K")).dsc.preprocess(**settings)
    moved = some.interp(longitude=np.linspace(-16, -15, 9), method="nearest")
    with pytest.raises(InputError, match="-9999, which is far from all others"):
        fitted.dsc.model.label(moved, regrid="nearest").compute()


def test_statistics_of_a_variable_or_an_index_are_looked_at(fitted):
    ds = filled(fitted, -9999.0).assign_coords(cluster=fitted.cluster)
    halves = [("2019-01-01", "2019-01-20"), ("2019-01-21", "2019-02-09")]
    with pytest.raises(InputError, match="-9999"):
        xdsc.decompose(ds, "t2m", halves)
    with pytest.raises(InputError, match="-9999"):
        xdsc.regime_index(ds, variable="t2m", anomaly="mean")
    index = pd.Series(np.linspace(-2, 2, 40), pd.DatetimeIndex(ds.time.values))
    index.iloc[5] = -99.9
    with pytest.raises(InputError, match=r"index = index\.where\(index != -99.9\)"):
        xdsc.conditional_frequency(fitted, index)
    xdsc.conditional_frequency(fitted, index.where(index != -99.9))


@pytest.mark.parametrize(
    "values",
    [
        [999.0, 1004, 1005, 1006],  # pressures in hPa
        [99999.0, 100010, 100020, 100100],  # in Pa
        [9999.0, 10010, 10100, 10300],  # geopotential heights in m
        [-99.0, -90, -85, -80],  # temperatures in degC
        [0.0, 0, 0, 127],  # rain in mm
        [255.0, 256, 257, 258],  # temperatures in K
        [-999.0, -1200, 400, 900],  # fluxes in W m-2
    ],
)
def test_numbers_that_quantities_have_are_no_fills(values):
    between = np.linspace(values[1], values[-1], 30)
    whole = xr.DataArray(np.array([*values, *between], "f4"), dims="x", name="v")
    require_no_fills(whole)
    for chunk in (1, 4, 16):
        require_no_fills(whole.chunk(x=chunk)).compute()


def test_bytes_are_fields_here_and_may_be_flags_in_composites(fitted):
    """255 far from all others stands for a missing one, which a mean hides; but flags are any."""
    cover = xr.full_like(fitted.t2m, 40, dtype="uint8")
    cover[::7, 0, 0], cover[1] = 255, 60
    with pytest.raises(InputError, match="255, which is far from all others"):
        require_no_fills(cover)
    xdsc.composites(fitted.assign(quality=cover))


@pytest.mark.parametrize("fill", [9.96921e36, -9999.0])
def test_infinite_values_hide_no_fills(fill):
    values = np.linspace(280.0, 300.0, 20)
    values[3], values[5] = np.inf, fill
    with pytest.raises(InputError, match=f"{fill:g}".replace("+", r"\+")):
        require_no_fills(xr.DataArray(values, dims="time", name="t2m"))


@pytest.mark.parametrize("chunks", [{}, {"time": 10}], ids=["numpy", "dask"])
def test_infinite_values_spoil_no_composite(fitted, chunks):
    ds = fitted.copy(deep=True)
    ds["t2m"][5, 1, 1] = -np.inf
    ds = ds.chunk(chunks) if chunks else ds
    with pytest.raises(InputError, match="finite values in 't2m'"):
        xdsc.composites(ds).compute()
    with pytest.raises(InputError, match="finite values in 't2m'"):
        ds.dsc.regime_index(variable="t2m").compute()


# --- Radians without units -----------------------------------------------------------------------


def on_grid(lat, lon):
    ds = xdsc.tutorial.open_dataset(n_times=20, n_lat=len(lat), n_lon=len(lon), n_regimes=3)
    ds = ds[["t2m"]].rename(latitude="lat", longitude="lon").drop_vars(["lat", "lon"])
    return ds.assign_coords(lat=("lat", np.asarray(lat)), lon=("lon", np.asarray(lon)))


EUROPE = np.arange(30, 70, 5.0), np.arange(-10, 40, 5.0)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_numbers_that_are_round_in_degrees_alone_are_radians(dtype):
    radians = on_grid(*(np.deg2rad(c).astype(dtype) for c in EUROPE))
    with pytest.raises(InputError, match=r"'lat' and 'lon' in radians, by their values"):
        radians.dsc.preprocess()
    again = radians.assign_coords(lat=np.rad2deg(radians.lat), lon=np.rad2deg(radians.lon))
    assert again.dsc.preprocess().sizes == again.sizes


def test_what_may_be_either_is_told_and_taken_for_degrees():
    """A degree of the Gulf of Guinea, by kilometres, or a part of Europe in radians."""
    either = on_grid(np.linspace(0.5, 1.2, 5), np.linspace(0.2, 0.9, 6))
    with pytest.warns(XdscWarning, match="'lat' and 'lon' without it, in a range that could be"):
        either.dsc.preprocess()
    either["lat"].attrs["units"] = "degrees_north"
    either.dsc.preprocess()


def test_small_degrees_elsewhere_are_degrees():
    for lat, lon in ((np.arange(1.2, 1.5, 0.05), np.arange(103.6, 104.1, 0.1)), EUROPE):
        on_grid(lat, lon).dsc.preprocess()
