"""Variables on time and space are found; those that do not fit are named together."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdsc.cf import feature_variables, find_axes
from xdsc.errors import InputError, ParameterError, XdscWarning


def regular():
    """Zeros of 5 days on 3 × 4 places."""
    return xr.Dataset(
        {"t2m": (("time", "lat", "lon"), np.zeros((5, 3, 4), "f4"))},
        {
            "time": pd.date_range("2020-01-01", periods=5),
            "lat": [52.0, 51, 50],
            "lon": [0.0, 1, 2, 3],
        },
    )


def busy():
    """A Dataset with everything that is not to be clustered."""
    ds = regular()
    return ds.assign(
        msl=ds["t2m"] + 1,
        level1=ds["t2m"].expand_dims("height", axis=1),
        orography=ds["t2m"].isel(time=0, drop=True),
        index=("time", np.arange(5)),
        crs=0,
        t2m_bnds=ds["t2m"].expand_dims(bnds=2),
    )


def test_variables_with_time_and_space_are_taken_others_left_alone():
    ds = busy()
    assert feature_variables(ds, find_axes(ds)) == ["t2m", "msl", "level1"]


def test_chosen_variables_keep_their_order_and_come_once():
    ds = busy()
    assert feature_variables(ds, find_axes(ds), ["msl", "t2m"]) == ["msl", "t2m"]
    with pytest.raises(ParameterError, match=r"write variables=\['msl', 't2m'\]; for more weight"):
        feature_variables(ds, find_axes(ds), ["msl", "t2m", "msl"])
    assert feature_variables(ds, find_axes(ds), "t2m") == ["t2m"]


def test_all_unsuitable_variables_are_named_together():
    ds = busy().assign(
        kind=regular()["t2m"].astype(str),
        sunshine=regular()["t2m"].astype("m8[ns]"),
        profile=regular()["t2m"].expand_dims(level=3),
    )
    axes = find_axes(ds)
    chosen = ["t2m", "T2M", "orography", "index", "kind", "sunshine", "profile"]
    with pytest.raises(InputError) as caught:
        feature_variables(ds, axes, chosen)
    text = str(caught.value)
    assert len(caught.value.problems) == 6
    for part in (
        "'T2M'",
        "lacks 'time'",
        "decode_timedelta",
        "for i in ds['level'].values",
        "sel(",
    ):
        assert part in text
    # Unasked, those with time and space are still worth an error, and a way around it.
    with pytest.raises(InputError, match="leave it out with variables=") as caught:
        feature_variables(ds, axes)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("chosen", "part"), [([], "an empty list"), (None, "with the dimensions 'time', 'lat'")]
)
def test_no_variable_is_an_error(chosen, part):
    ds = regular().drop_vars("t2m")
    with pytest.raises(InputError, match=part):
        feature_variables(ds, find_axes(ds), chosen)


@pytest.mark.parametrize("levels", [None, [500, 850, 1000], ["a", "b", "c"]])
def test_each_level_is_a_variable_as_advised(levels):
    ds = regular()[["t2m"]].expand_dims(level=3)
    ds = ds + xr.DataArray(np.arange(3.0), dims="level")
    ds = ds if levels is None else ds.assign_coords(level=levels)
    with pytest.raises(InputError) as caught:
        feature_variables(ds, find_axes(ds))
    advice = str(caught.value).split("make each a variable, ")[1].split(", or pass member=")[0]
    made = eval(advice, {"xr": xr, "ds": ds})
    assert feature_variables(made, find_axes(made)) == [f"t2m{i}" for i in levels or range(3)]
    assert [float(values.mean()) for values in made.values()] == [0, 1, 2]


@pytest.mark.parametrize("change", [lambda ds: ds.rename(t2m=500), lambda ds: ds.assign({0: 1})])
def test_names_that_are_no_text_are_an_error_with_new_ones(change):
    ds = change(regular()).assign({("a", 1): 1.0, "vara_1": 2.0})
    with pytest.raises(InputError, match="names of text") as caught:
        find_axes(ds)
    advice = str(caught.value).split("rename them, ")[1].rstrip(".")
    renamed = eval(advice, {"ds": ds})
    assert len(feature_variables(renamed, find_axes(renamed))) == 1
    assert all(isinstance(name, str) for name in renamed.variables)


NO_FIELDS = {
    "flag_values": {"flag_values": [0, 1], "flag_meanings": "sea land"},
    "flag_masks": {"flag_masks": [1, 2]},
    "standard_error": {"standard_name": "sea_surface_temperature standard_error"},
    "number_of_observations": {"standard_name": "air_temperature number_of_observations"},
    "quality": {"standard_name": "quality_flag"},
    "cell_area": {"standard_name": "cell_area"},
    "latitude": {"standard_name": "latitude"},
    "XLONG": {"units": "degree_east"},
    "ancillary": {},
}


@pytest.mark.parametrize("name", NO_FIELDS)
@pytest.mark.parametrize("where", ["attrs", "encoding"])
def test_what_says_that_it_is_no_field_is_left_out_with_a_word(name, where):
    ds = regular()
    getattr(ds["t2m"], where)["ancillary_variables"] = "other ancillary"
    ds[name] = ds.t2m.assign_attrs(NO_FIELDS[name])
    axes = find_axes(ds, lat="lat", lon="lon")
    with pytest.warns(XdscWarning, match=rf"'{name}' \(.*left out.*variables=\['t2m'\]"):
        assert feature_variables(ds, axes) == ["t2m"]
    # As advised, or against it, nothing is said.
    assert feature_variables(ds, axes, ["t2m"]) == ["t2m"]
    assert feature_variables(ds, axes, ["t2m", name]) == ["t2m", name]
    ds[name].attrs.pop("ancillary_variables", None)
    if name == "ancillary":  # to nothing that is there
        ds[name].encoding.clear()
        assert feature_variables(ds[[name]], axes) == [name]
    else:
        with pytest.raises(InputError, match=rf"'{name}' \(.*variables=\['{name}'\]"):
            feature_variables(ds[[name]], axes)
