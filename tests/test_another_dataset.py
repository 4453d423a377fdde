"""A fitted model on another Dataset: other units, names, grids and calendars; the same labels."""

import numpy as np
import pytest
import xarray as xr

import xdsc
from xdsc.errors import InputError, ParameterError, XdscWarning

NAMES = ["t2m", "sp", "u10"]


def make(n_times, n_lat=4, n_lon=5):
    """Temperature, pressure and wind of the tutorial, with its regimes."""
    ds = xdsc.tutorial.open_dataset(
        n_times=n_times, n_lat=n_lat, n_lon=n_lon, n_regimes=3, strength=2, seed=1
    )
    return ds[NAMES].drop_vars("regime")


def kmeans(ds, **options):
    return xdsc.ClusterModel(3, method="kmeans", random_state=0, **options).fit(ds)


@pytest.fixture(scope="module")
def days():
    return make(60)


@pytest.fixture(scope="module")
def plain(days):
    """A model of sixty days as they are."""
    return kmeans(days)


@pytest.fixture(scope="module")
def years():
    return make(800)


@pytest.fixture(scope="module")
def climate(years):
    """A model of the anomalies of two years."""
    return kmeans(years, preset="weather-regimes")


def turned_to_the_west(ds):
    return ds.assign_coords(longitude=ds.longitude + 360)


def shuffled(ds):
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(ds.sizes["latitude"]), rng.permutation(ds.sizes["longitude"])
    ds = ds.isel(latitude=rows, longitude=columns)
    return ds[["u10", "t2m", "sp"]].transpose("longitude", "time", "latitude")


def on_a_larger_grid(ds):
    """The same values, with rows and columns around them that the fit did not have."""
    latitude = np.concatenate([ds.latitude + 1.0, ds.latitude])
    longitude = np.concatenate([ds.longitude, ds.longitude[-1:] + 0.25])
    wider = ds.reindex(latitude=latitude, longitude=longitude)
    return wider.fillna(ds.max())


SAME = {
    "latitude flipped": lambda ds: ds.isel(latitude=slice(None, None, -1)),
    "longitudes from 0 to 360": turned_to_the_west,
    "shuffled": shuffled,
    "a larger grid": on_a_larger_grid,
    "all of these": lambda ds: shuffled(turned_to_the_west(on_a_larger_grid(ds))),
    "other dimensions": lambda ds: ds.rename(time="valid_time", latitude="lat", longitude="lon"),
    "Dask": lambda ds: ds.chunk(time=7, latitude=3),
    "one more variable": lambda ds: ds.assign(tas=ds.t2m * 2),
    "a level of size one": lambda ds: ds.expand_dims(height=[2.0], axis=2),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_same_data_in_another_layout_are_the_same_to_the_bit(plain, days, change):
    expected = plain.label(days)
    found = plain.label(change(days))
    np.testing.assert_array_equal(found.cluster, expected.cluster)
    # Distances to the centres see the last bit of the prepared fields, as labels may not.
    np.testing.assert_array_equal(found.novelty, expected.novelty)


def test_a_tiny_dsc_labels_and_embeds_another_layout_to_the_bit(fitted, messy):
    other = messy.isel(latitude=slice(None, None, -1)).assign_coords(
        longitude=messy.longitude + 360
    )
    other = other[list(messy.data_vars)[::-1]].transpose("longitude", "latitude", "time", ...)
    xr.testing.assert_equal(fitted.model.predict(other), fitted.model.labels_)
    np.testing.assert_array_equal(fitted.model.embedding(other), fitted.model.embedding(messy))
    np.testing.assert_array_equal(fitted.model.membership(other), fitted.model.membership(messy))


def test_a_model_of_shifted_longitudes_labels_the_usual_ones(days, plain):
    """Fitted on 0 to 360, or on latitudes from south to north, and used the other way round."""
    western = kmeans(turned_to_the_west(days).isel(latitude=slice(None, None, -1)))
    np.testing.assert_array_equal(western.predict(days), plain.labels_)


# --- Units -----------------------------------------------------------------------------------


def in_other_units(ds):
    """K as degC, Pa as hPa and m/s as knots: the same physical values."""
    return ds.assign(
        t2m=(ds.t2m - 273.15).assign_attrs(ds.t2m.attrs, units="degC"),
        sp=(ds.sp / 100).assign_attrs(ds.sp.attrs, units="hPa"),
        u10=(ds.u10 * (3600 / 1852)).assign_attrs(ds.u10.attrs, units="knots"),
    )


@pytest.mark.parametrize("preset", ["paper", "published-code"])
def test_units_are_converted(days, preset):
    model = kmeans(days, preset=preset)
    found = model.label(in_other_units(days))
    np.testing.assert_array_equal(found.cluster, model.labels_)
    np.testing.assert_allclose(found.novelty, model.label(days).novelty, atol=0.05)
    # What comes back is what went in, units too.
    assert found.t2m.attrs["units"] == "degC"


def test_units_are_converted_before_anomalies(climate, years):
    np.testing.assert_array_equal(climate.predict(in_other_units(years)), climate.labels_)


def test_units_asked_for_are_those_of_another_dataset_too(days, plain):
    preprocessor = xdsc.Preprocessor(units={"t2m": "degC", "sp": "hPa"})
    model = kmeans(days, preprocessor=preprocessor)
    np.testing.assert_array_equal(model.labels_, plain.labels_)
    np.testing.assert_array_equal(model.predict(days), plain.labels_)
    np.testing.assert_array_equal(model.predict(in_other_units(days)), plain.labels_)


def test_units_of_another_kind_are_an_error(plain, days):
    other = days.assign(t2m=days.t2m.assign_attrs(units="m"), sp=days.sp.assign_attrs(units="K"))
    with pytest.raises(InputError) as caught:
        plain.predict(other)
    for part in ("'t2m'", "'K'", "'m'", "'sp'", "'Pa'"):
        assert part in str(caught.value)


@pytest.mark.parametrize("chunks", [None, {"time": 20}])
def test_units_that_cannot_be_read_are_told(plain, days, chunks):
    other = days.assign(sp=days.sp.assign_attrs(units="pressure"))
    other = other if chunks is None else other.chunk(chunks)
    with pytest.warns(XdscWarning, match=r"'sp' that can be read.*'Pa', received 'pressure'"):
        plain.label(other)
    # As advised.
    other["sp"].attrs["units"] = "Pa"
    np.testing.assert_array_equal(plain.label(other).cluster, plain.labels_)


def quantified(ds):
    import cf_xarray.units
    import pint_xarray  # noqa: F401

    ds = ds.pint.quantify(unit_registry=cf_xarray.units.units)
    return ds.assign(t2m=ds.t2m.pint.to("degC"), sp=ds.sp.pint.to("hPa"))


def test_quantities_of_pint_are_labelled_and_stay_quantities(plain, days):
    found = plain.label(quantified(days))
    np.testing.assert_array_equal(found.cluster, plain.labels_)
    assert found.cluster.dtype == np.int32
    assert str(found.t2m.pint.units) == "degree_Celsius"
    assert str(found.sp.pint.units) == "hectopascal"


def test_quantities_of_pint_can_be_fitted_composed_and_scored(plain, days):
    found = quantified(days).dsc.fit(k=3, method="kmeans", random_state=0)
    np.testing.assert_array_equal(found.cluster, plain.labels_)
    np.testing.assert_array_equal(found.dsc.model.predict(days), plain.labels_)
    assert str(found.dsc.composites().t2m_anomaly.pint.units) == "delta_degree_Celsius"
    expected = days.dsc.fit(k=3, method="kmeans", random_state=0).dsc.score(metrics="rmse_mean")
    scores = found.dsc.score(metrics="rmse_mean")
    np.testing.assert_allclose(scores.score, expected.score, rtol=1e-5)


def test_quantities_of_pint_can_lose_time_steps(days):
    preprocessor = xdsc.Preprocessor(season="JF", resample="2D")
    expected = kmeans(days, preprocessor=preprocessor).labels_
    model = kmeans(quantified(days), preprocessor=preprocessor)
    np.testing.assert_array_equal(model.labels_, expected)


# --- Names -----------------------------------------------------------------------------------


def test_other_names_by_a_mapping(plain, days):
    other = days.rename(t2m="tas", sp="ps").drop_attrs(deep=True)
    other["tas"].attrs["units"], other["ps"].attrs["units"] = "K", "Pa"
    other["u10"].attrs["units"] = "m s-1"
    found = plain.label(other, names={"t2m": "tas", "sp": "ps"})
    np.testing.assert_array_equal(found.cluster, plain.labels_)
    assert list(found.data_vars) == ["tas", "ps", "u10"]
    np.testing.assert_array_equal(
        plain.novelty(other, names={"t2m": "tas", "sp": "ps"}), plain.novelty(days)
    )


def test_other_names_by_standard_name(plain, days):
    other = days.rename(t2m="tas", sp="ps", u10="uas")
    np.testing.assert_array_equal(plain.predict(other), plain.labels_)


def test_names_that_are_not_there_are_an_error(plain, days):
    with pytest.raises(ParameterError) as caught:
        plain.predict(days, names={"t2m": "tas", "uas": "u10"})
    for part in ("'tas'", "'uas'", "turn it round, names={'u10': 'uas'}"):
        assert part in str(caught.value)


def test_reconstructions_of_other_names_have_the_fitted_ones(fitted, messy):
    expected = fitted.model.reconstruct(messy)
    found = fitted.model.reconstruct(messy.rename(t2m="tas"))
    np.testing.assert_array_equal(found.t2m, expected.t2m)


def test_units_of_reconstructions_are_those_of_their_numbers(fitted, messy):
    expected = fitted.model.reconstruct(messy).t2m
    celsius = (messy.t2m - 273.15).assign_attrs(messy.t2m.attrs, units="degC")
    found = fitted.model.reconstruct(messy.assign(t2m=celsius)).t2m
    offset = {"K": 0.0, "degC": 273.15}[found.attrs["units"]]
    np.testing.assert_allclose(found + offset, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [list, np.array, lambda texts: texts[0].encode()])
def test_units_in_a_list_or_as_bytes_are_those_that_they_say(plain, days, kind):
    def told(ds, unit):
        return ds.assign(t2m=ds.t2m.assign_attrs(units=kind([unit])))

    # Nothing warns of units that are taken for the fitted ones.
    for other in (told(days, "K"), told(days.assign(t2m=days.t2m - 273.15), "degC")):
        assert (plain.predict(other) == plain.labels_).mean() > 0.95
    np.testing.assert_array_equal(kmeans(told(days, "K")).predict(days), plain.labels_)


# --- Grids -----------------------------------------------------------------------------------


def test_a_coarser_version_is_labelled_when_regridded():
    fine = make(60, 9, 9)
    coarse = fine.isel(latitude=slice(None, None, 2), longitude=slice(None, None, 2))
    model = kmeans(fine)
    with pytest.raises(InputError, match='pass regrid="linear"'):
        model.predict(coarse)
    found = model.label(coarse, regrid="linear")
    assert dict(found.sizes) == {"time": 60, "latitude": 5, "longitude": 5}
    assert (found.cluster.values == model.labels_.values).mean() > 0.9
    # On the grid of the fit there is nothing to interpolate.
    np.testing.assert_array_equal(model.predict(fine, regrid="linear"), model.labels_)


def test_regridding_is_linear(plain, days):
    """Fields that are linear in latitude and longitude come through unchanged."""
    slope = 0.3 * days.latitude + 0.2 * days.longitude
    season = xr.DataArray(np.sin(np.arange(60.0)), coords={"time": days.time})
    planes = days.assign({n: days[n].mean() + season * (slope - slope.mean()) for n in NAMES})
    planes = planes.map(lambda v: v.transpose("time", "latitude", "longitude").astype("f4"))
    for name in NAMES:
        planes[name].attrs = days[name].attrs
    model = kmeans(planes)
    half = planes.isel(latitude=[0, 3], longitude=[0, 2, 4])
    np.testing.assert_array_equal(model.predict(half, regrid="linear"), model.labels_)


def test_an_unknown_way_to_regrid_is_a_wrong_argument(plain, days):
    with pytest.raises(ParameterError, match="regrid='lin'"):
        plain.predict(days, regrid="lin")


@pytest.mark.parametrize("asked", [0.494025, [0.494025], slice(None, 1)], ids=str)
def test_a_single_level_is_the_selected_one_or_an_error(days, asked):
    depth = np.array([0.494025, 1.541375], "float32")  # which is 0.49402499... there
    ocean = days[["t2m"]].expand_dims(depth=depth).transpose("time", "depth", ...)
    model = kmeans(ocean, sel={"depth": asked})
    np.testing.assert_array_equal(model.predict(ocean.isel(depth=0)), model.labels_)
    with pytest.raises(
        InputError, match=r"depth=.*0\.49.*|depth=slice.*, as fitted, received 1\.54"
    ):
        model.predict(ocean.isel(depth=1))


def test_another_pressure_is_no_fitted_level(days, tmp_path):
    """Whatever the level is called and measured in; with its own climatology nothing would tell."""

    def at(value, unit, name="plev", **attrs):
        return days.assign_coords({name: ((), value, {"units": unit, **attrs})})

    model = kmeans(at(500.0, "hPa", "level"))
    model.save(tmp_path / "model.xdsc")
    for known in (model, xdsc.load_model(tmp_path / "model.xdsc")):
        np.testing.assert_array_equal(known.predict(at(50000, "Pa")), model.labels_)
        with pytest.raises(
            InputError, match=r"'t2m' at 500 hPa, as fitted, received 'plev' of 850"
        ):
            known.predict(at(850.0, "millibars").expand_dims("plev"))
    # What is no level, or says nothing.
    reference = "reference_air_pressure_for_atmosphere_vertical_coordinate"
    for other in (days, at(2.0, "m"), at(1e5, "Pa", "p0", standard_name=reference)):
        np.testing.assert_array_equal(model.predict(other), model.labels_)


@pytest.mark.parametrize("asked", [500, [500], slice(400, 600)], ids=str)
def test_a_selected_pressure_is_found_in_any_unit(days, asked, tmp_path):
    def on(values, unit, dim="level"):
        levels = xr.DataArray(values, dims=dim, attrs={"units": unit})
        fields = [days[["t2m"]] * (1 + i) for i in range(len(values))]
        return xr.concat(fields, levels)

    model = kmeans(on([500, 850], "hPa"), sel={"level": asked})
    model.save(tmp_path / "model.xdsc")
    # Of two levels 500 is the number of the other one.
    for other in (on([50000.0, 500.0], "Pa"), on([50000], "Pa").isel(level=0), on([0.5], "bar")):
        for known in (model, xdsc.load_model(tmp_path / "model.xdsc")):
            np.testing.assert_array_equal(known.predict(other), model.labels_)
    for other in (on([70000, 85000], "Pa"), on([85000], "Pa").isel(level=0)):
        with pytest.raises(InputError, match=r"level=.?50000\.0.?, as fitted, received .*85000 Pa"):
            model.predict(other)


# --- Calendars -------------------------------------------------------------------------------


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "julian"])
def test_calendars_of_models_on_a_reanalysis(climate, years, calendar):
    time = xr.date_range("2019-01-01T12", periods=360, calendar=calendar, use_cftime=True)
    year = years.isel(time=slice(360))
    found = climate.label(year.assign_coords(time=time))
    assert found.indexes["time"].calendar == calendar
    # The calendars drift apart by five days in a year: few days lie so near to a border.
    agree = (found.cluster.values == climate.labels_.values[:360]).mean()
    assert agree > 0.97
    if calendar in ("noleap", "julian"):  # 2019 has no leap day, so every day is the same
        assert agree == 1


def test_a_model_of_360_days_labels_a_reanalysis(years):
    time = xr.date_range("2019-01-01T12", periods=800, calendar="360_day", use_cftime=True)
    model = kmeans(years.assign_coords(time=time), preset="weather-regimes")
    found = model.predict(years)
    assert (found.values == model.labels_.values).mean() > 0.95
    assert found.indexes["time"].equals(years.indexes["time"])


def test_a_dataset_without_a_label_says_why(plain, days):
    """As of a model regridded along coasts, or on another side of the mask."""
    gone = days.where(days.latitude > days.latitude[1])
    with pytest.warns(XdscWarning, match="half of the values .* none gets a label"):
        found = plain.predict(gone)
    assert (found == -1).all()
    # Where a time step has a label, the others are known to be missing.
    assert (plain.predict(gone.combine_first(days.isel(time=[3]))) >= 0).sum() == 1


# --- Climatology -----------------------------------------------------------------------------


def warmer(ds, kelvin=15.0):
    return ds.assign(t2m=ds.t2m + np.float32(kelvin))


def test_its_own_climatology_removes_a_constant_bias(climate, years):
    found = climate.label(warmer(years), climatology="own")
    np.testing.assert_array_equal(found.cluster, climate.labels_)
    np.testing.assert_allclose(found.novelty, climate.label(years).novelty, atol=0.02)


def test_its_own_climatology_removes_a_bias_of_the_season_and_the_place(climate, years):
    season = 5 * np.cos(2 * np.pi * years.time.dt.dayofyear / 365.25)
    place = xr.DataArray(np.arange(20.0).reshape(4, 5), dims=("latitude", "longitude"))
    biased = years.assign(t2m=(years.t2m + season * place).astype("f4"))
    biased["t2m"].attrs = years.t2m.attrs
    found = climate.predict(biased, climatology="own")
    assert (found == climate.labels_).mean() > 0.99


def test_a_scenario_has_the_climatology_of_its_historical_run(climate, years):
    # A model that is 15 K too warm, and 3 K warmer still later: the bias goes, the change stays.
    scenario = warmer(years, 18)
    found = climate.label(scenario, climatology=warmer(years))
    expected = climate.label(warmer(years, 3))
    np.testing.assert_array_equal(found.cluster, expected.cluster)
    np.testing.assert_allclose(found.novelty, expected.novelty, atol=0.02)


def test_the_fitted_climatology_keeps_the_bias_and_says_so(climate, years):
    with pytest.warns(XdscWarning, match=r"100% of the time steps.*'novelty'.*climatology='own'"):
        found = climate.label(warmer(years))
    assert (found.novelty == 1).all()
    assert (found.cluster != climate.labels_).mean() > 0.1


def test_data_like_those_of_the_fit_give_no_warning(climate, years):
    found = climate.label(years.isel(time=slice(100, 300)))  # warnings are errors here
    np.testing.assert_array_equal(found.cluster, climate.labels_[100:300])


def test_neither_predict_nor_novelty_warns(climate, years):
    climate.predict(warmer(years))
    assert (climate.novelty(warmer(years)) == 1).all()


# --- Errors ----------------------------------------------------------------------------------


def test_an_unknown_climatology(climate, years):
    with pytest.raises(
        ParameterError, match="climatology='fitted', 'own' or a Dataset, received 'mine'"
    ):
        climate.predict(years, climatology="mine")


def test_a_dataarray_as_climatology_is_told_to_become_a_dataset(climate, years):
    name = climate.record.variables[0]
    with pytest.raises(ParameterError, match=rf"to_dataset\(name='{name}'\)"):
        climate.predict(years, climatology=years[name])


def test_its_own_climatology_needs_one_in_the_fit(plain, days):
    with pytest.raises(ParameterError, match="deseasonalize=True or detrend=True"):
        plain.predict(days, climatology="own")


@pytest.mark.parametrize(
    "bring", [{"names": {"t2m": "tas"}}, {"regrid": "linear"}, {"climatology": "own"}], ids=str
)
def test_prepared_data_have_nothing_to_be_brought_in_line(plain, days, bring):
    ready = plain.preprocessor_.transform(days)
    np.testing.assert_array_equal(plain.predict(ready), plain.labels_)
    for method in (plain.predict, plain.label, plain.novelty):
        with pytest.raises(ParameterError, match="pass the Dataset as it was before preprocess"):
            method(ready, **bring)


def test_data_prepared_otherwise_are_an_error(plain, days):
    other = days.dsc.preprocess(scale="standard")
    with pytest.raises(InputError, match="pass the unprepared Dataset"):
        plain.predict(other)


def test_another_grid_names_both_and_the_remedy(plain, days):
    with pytest.raises(InputError) as caught:
        plain.predict(days.assign_coords(latitude=days.latitude + 0.1))
    for part in ("4 × 5 points", "from 45 to 44.25", "from 45.1 to 44.35", 'regrid="linear"'):
        assert part in str(caught.value)


def test_a_smaller_area_cannot_be_regridded(plain, days):
    part = days.isel(latitude=slice(2))
    for regrid in (None, "linear"):
        with pytest.raises(InputError, match=r"reach over latitude 44\.25 to 44\.5"):
            plain.predict(part, regrid=regrid)


def test_all_that_is_missing_is_told_at_once(plain, days):
    other = days[["u10"]].isel(latitude=slice(2), time=[1, 0])
    with pytest.raises(InputError) as caught:
        plain.label(other)
    assert len(caught.value.problems) == 4
    for part in ("'t2m'", "'sp'", "air_temperature", "2 × 5", "sortby('time')"):
        assert part in str(caught.value)


def test_a_dataset_is_not_changed_by_being_labelled(climate, years):
    part = in_other_units(shuffled(turned_to_the_west(years.isel(time=slice(50)))))
    before = part.copy(deep=True)
    found = climate.label(part)
    xr.testing.assert_identical(part, before)
    xr.testing.assert_identical(found.drop_vars(["cluster", "novelty"]), before)
