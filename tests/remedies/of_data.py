"""Messages about what is in a Dataset: axes, dates, units, areas, regions, labels."""

import numpy as np
import xarray as xr


def fit(ds, k=3, method="kmeans", **given):
    return ds.dsc.fit(k, method=method, random_state=0, **given)


def prep(ds, **given):
    return ds.dsc.preprocess(**given)


def curved(ds):
    """On 2-D latitude and longitude, without coordinates along rows and columns."""
    lat, lon = xr.broadcast(ds.latitude, ds.longitude)
    ds = ds.drop_vars(["latitude", "longitude"]).rename(latitude="j", longitude="i")
    where = {"latitude": "j", "longitude": "i"}
    return ds.assign_coords(
        lat=lat.rename(where).drop_vars(["latitude", "longitude"], errors="ignore").variable,
        lon=lon.rename(where).drop_vars(["latitude", "longitude"], errors="ignore").variable,
    )


def packed(ds, **attrs):
    ds = ds.copy(deep=True)
    ds["t2m"] = ds.t2m.assign_attrs(attrs)
    return ds


def bare(ds):
    """Without coordinates along the grid."""
    return ds.drop_vars(["latitude", "longitude"]).rename(latitude="y", longitude="x")


def areas(ds, **attrs):
    values = np.ones((ds.sizes["latitude"], ds.sizes["longitude"]))
    return xr.DataArray(values, dims=("latitude", "longitude"), attrs=attrs)


CASES = {
    "alignment": [
        (
            "at the … of the Dataset",
            "labels = labelled.cluster.assign_coords(time=base.time + np.timedelta64(5, 'D'))\n"
            "xdsc.frequency(ds, labels)",
            "labels.reindex(time=ds['time'])",
            "xdsc.frequency(ds, TYPED)",
        )
    ],
    "cf.grids.area": [
        (
            "area_weights= to be True, False, the name of a variable, or a DataArray",
            "xdsc.regime_index(labelled, variable='t2m', area_weights=3)",
            "area_weights=True",
            "xdsc.regime_index(labelled, variable='t2m', TYPED)",
        ),
        (
            "a latitude in degrees for",
            "prep(ds := bare(base), area_weights=True)",
            "ds['y'].attrs['standard_name'] = 'latitude'",
            "ds = ds.assign_coords(y=[50.0, 45, 40, 35]); TYPED; prep(ds, area_weights=True)",
        ),
        (
            "a latitude along one dimension",
            "prep(ds := curved(base), area_weights=True)",
            "area_weights=False",
            "prep(ds, TYPED)",
        ),
        (
            "latitudes in degrees for weights",
            "ds = base.assign_coords(latitude=np.arange(4), longitude=np.arange(5))\n"
            "prep(ds, area_weights=True)",
            "ds['latitude'].attrs['units'] = 'degrees_north'",
            "TYPED; prep(ds, area_weights=True)",
        ),
        (
            "latitudes in degrees for weights",
            "ds = base.assign_coords(latitude=np.arange(4), longitude=np.arange(5))\n"
            "prep(ds, area_weights=True)",
            "ds.assign_coords(latitude=",
            "prep(TYPED[50.0, 45, 40, 35]), area_weights=True)",
        ),
        (
            "latitudes from -90 to 90",
            "ds = base.assign_coords(latitude=base.latitude * 1)\n"
            "ds['latitude'] = ds.latitude.copy(data=[100.0, 45, 40, 35])\n"
            "ds.latitude.attrs = base.latitude.attrs\n"
            "prep(ds, area_weights=True)",
            "pass area_weights= with the areas of the cells",
            "ds['cell_area'] = areas(ds)\nprep(ds, area_weights='cell_area')",
        ),
        (
            "one variable of areas",
            "ds = base.assign(a=areas(base), b=areas(base))\n"
            "ds.t2m.attrs['cell_measures'] = 'area: a'\n"
            "ds.sp.attrs['cell_measures'] = 'area: b'\n"
            "prep(ds, area_weights='area')",
            "area_weights='a'",
            "prep(ds, TYPED)",
        ),
        (
            "with the areas of the cells | …",
            "prep(ds, area_weights='aera')",
            "area_weights=True",
            "prep(ds, TYPED)",
        ),
        (
            "with the areas of the cells | …",
            "ds = packed(base, cell_measures='area: areacella')\nprep(ds, area_weights='area')",
            "ds.assign(areacella=areas['areacella'])",
            "areas = xr.Dataset({'areacella': areas(ds)})\nprep(TYPED, area_weights='area')",
        ),
        (
            "… on the grid (…)",
            "ds = base.assign(a=areas(base).expand_dims(time=base.time))\n"
            "prep(ds, area_weights='a', variables=['t2m', 'sp'])",
            "areas.isel(time=0)",
            "areas = ds.a\nprep(ds.assign(a=TYPED), area_weights='a', variables=['t2m', 'sp'])",
        ),
        (
            "… to be finite and above 0",
            "ds = base.assign(a=areas(base))\nds.a[0, 0] = 0\nprep(ds, area_weights='a')",
            "areas.where(areas > 0, areas.mean())",
            "areas = ds.a\nprep(ds.assign(a=TYPED), area_weights='a')",
        ),
        (
            "… at every … of the data",
            "cells = areas(base).assign_coords(latitude=[1.0, 2, 3, 4])\n"
            "xdsc.regime_index(labelled, variable='t2m', area_weights=cells)",
            "ds.assign(cell_area=areas)",
            "areas, ds = areas(base), labelled\n"
            "xdsc.regime_index(TYPED, variable='t2m', area_weights='cell_area')",
        ),
        (
            "… on the grid of …",
            "cells = areas(base).isel(latitude=slice(3))\n"
            "xdsc.regime_index(labelled, variable='t2m', area_weights=cells)",
            "select the same region of both",
            "xdsc.regime_index(labelled, variable='t2m', area_weights=areas(base))",
        ),
    ],
    "arguments": [
        ("…= to be a name", "fit(base, lat=3)", "leave lat= out", "fit(base)"),
    ],
    "cf.axes.axes": [
        (
            "different dimensions for time",
            "fit(base, member='latitude')",
            "correct what is passed as time=, member=",
            "fit(base)",
        ),
        (
            "a grid with points",
            "fit(base.sel(latitude=slice(0, 90)))",
            "a slice that runs the other way",
            "fit(base.sel(latitude=slice(90, 0)))",
        ),
        (
            "as numbers, in degrees",
            "fit(ds := base.assign_coords(latitude=base.latitude.astype(str)))",
            "ds.assign_coords(latitude=ds['latitude'].astype(float))",
            "fit(TYPED)",
        ),
        (
            "… without gaps",
            "fit(ds := base.assign_coords(latitude=[np.nan, 45.0, 44.0, 43.0]))",
            "ds.isel(latitude=ds['latitude'].notnull().values)",
            "fit(TYPED)",
        ),
        (
            "time= to name a dimension that has a coordinate",
            "ds = base.assign_coords(when=base.time).drop_vars('time')\nfit(ds, time='when')",
            "ds.swap_dims(time='when')",
            "fit(TYPED)",
        ),
        (
            "one time dimension",
            "dates = [np.datetime64('2000-01-01', 'ns'), np.datetime64('2001-01-01', 'ns')]\n"
            "ds = base.rename(time='a').expand_dims(b=dates)\nds.a.attrs = {}\nfit(ds)",
            "time='b'",
            "fit(ds.rename(a='member'), TYPED)",
        ),
        (
            "one time dimension",
            "dates = [np.datetime64('2000-01-01', 'ns'), np.datetime64('2001-01-01', 'ns')]\n"
            "ds = base.rename(time='a').expand_dims(b=dates)\nds.a.attrs = {}\nmodel.label(ds)",
            "ds.rename({'b': 'time'})",
            "model.label(TYPED.rename(a='member'))",
        ),
        (
            "a time dimension with a coordinate (looked",
            "fit(ds := base.drop_vars('time'))",
            "ds.assign_coords(time=",
            "fit(TYPEDbase.time))",
        ),
        (
            "a time dimension with a coordinate (looked",
            "model.label(ds := base.drop_vars('time').rename(time='day'))",
            "ds.rename({",
            "model.label(TYPED'day': 'time'}).assign_coords(time=base.time))",
        ),
        (
            "member= to name a dimension",
            "fit(base, member='run')",
            "leave member= out",
            "fit(base)",
        ),
        (
            "one dimension of members",
            "ds = base.expand_dims(number=2, realization=2)\n"
            "ds = ds.rename(realization='ensemble')\nfit(ds)",
            "ds.stack(member=",
            "fit(TYPED['number', 'ensemble']))",
        ),
    ],
    "cf.dataset": [
        (
            "dates without a time zone",
            "import pandas as pd\nds = base.assign_coords(time=pd.date_range('2000', periods=40, "
            "tz='Europe/Vienna'))\nfit(ds)",
            "ds.assign_coords(time=ds.indexes['time'].tz_convert(None))",
            "fit(TYPED)",
        ),
        (
            "an xarray.Dataset",
            "da = base.t2m\nxdsc.ClusterModel(3, method='kmeans').fit(da)",
            "da.to_dataset()",
            "fit(TYPED)",
        ),
        (
            "names of text",
            "fit(ds := base.rename(t2m=500))",
            "ds.rename({500: 'var500'})",
            "fit(TYPED)",
        ),
    ],
    "cf.decoding.packing": [
        (
            "decoded values in … | values as",
            "ds = packed(base, _FillValue=-999.0)\nds['t2m'][0, 0, 0] = -999.0\nfit(ds)",
            "ds = xr.decode_cf(ds)",
            "TYPED; fit(ds)",
        ),
        (
            "attributes of decoded values",
            "fit(ds := packed(base, scale_factor=0.01, add_offset=270.0))",
            "del ds['t2m'].attrs['scale_factor']",
            "TYPED; del ds['t2m'].attrs['add_offset']; fit(ds)",
        ),
    ],
    "cf.axes.degrees": [
        (
            "whose attribute units says that they are degrees",
            "ds = packed(base).assign_coords(latitude=[0.51, 0.73, 0.92, 1.17],"
            "longitude=[0.21, 0.43, 0.61, 0.83, 1.07])\nfit(ds)",
            "ds['latitude'].attrs['units'] = 'degrees_north'",
            "again = ds.copy(deep=True)\nTYPED\nfit(ds)\nds = again\n"
            "import re\nfit(eval(re.search(r'ds.assign_coords.*[)]', TOLD).group()))",
        ),
        (
            "latitude and longitude in degrees",
            "ds = base.assign_coords(latitude=np.deg2rad(base.latitude),"
            "longitude=np.deg2rad(base.longitude))\n"
            "ds.latitude.attrs = {'standard_name': 'latitude', 'units': 'radian'}\n"
            "ds.longitude.attrs = {'standard_name': 'longitude', 'units': 'radian'}\nfit(ds)",
            "ds.assign_coords(",
            "import re\nfit(eval(re.search(r'ds.assign_coords.*[)]', TOLD).group()))",
        ),
    ],
    "cf.axes.forecasts": [
        (
            "of when forecasts begin, with … along it",
            "ds = base.assign_coords(valid_time=base.time + np.timedelta64(12, 'h'))\n"
            "ds.time.attrs['standard_name'] = 'forecast_reference_time'\nfit(ds)",
            "ds.swap_dims(time='valid_time')",
            "fit(TYPED)",
        ),
        (
            "of when forecasts begin, with … along it",
            "ds = base.assign_coords(valid_time=base.time + np.timedelta64(12, 'h'))\n"
            "ds.time.attrs['standard_name'] = 'forecast_reference_time'\nmodel.label(ds)",
            "ds.drop_vars('valid_time')",
            "model.label(TYPED)",
        ),
        (
            "of when forecasts begin, and nothing of their lead time",
            "ds = base.rename(time='init_time')\nfit(ds)",
            "ds.assign_coords(valid_time=ds['init_time'] + np.timedelta64(5, 'D'))"
            ".swap_dims(init_time='valid_time')",
            "fit(TYPED)",
        ),
        (
            "of when forecasts begin, and nothing of their lead time",
            "ds = base.rename(time='init_time')\nfit(ds)",
            "time='init_time'",
            "fit(ds, TYPED)",
        ),
        (
            "of when forecasts begin, and nothing of their lead time",
            "ds = base.rename(time='init_time')\nmodel.label(ds)",
            "ds.rename({'init_time': 'time'})",
            "model.label(TYPED)",
        ),
        (
            "as of forecasts by their start",
            "ds = base.assign_coords(step=np.timedelta64(12, 'h'))\n"
            "ds.time.attrs['standard_name'] = 'forecast_reference_time'\nfit(ds)",
            "ds.assign_coords(valid_time=ds['time'] + ds['step']).swap_dims(time='valid_time')",
            "fit(TYPED)",
        ),
    ],
    "cf.axes.horizontal": [
        (
            "…= to name a dimension, or a 1-D",
            "fit(base, lat='lattitude')",
            "'latitude'",
            "fit(base, lat=TYPED)",
        ),
        (
            "a … (looked for standard_name",
            "fit(ds := base.drop_vars('latitude').rename(latitude='p'))",
            "lat='p'",
            "fit(ds, TYPED)",
        ),
        (
            "a … (looked for standard_name",
            "model.label(ds := base.drop_vars('latitude').rename(latitude='p'))",
            "ds.rename({'p': 'y'})",
            "model.label(TYPED)",
        ),
        (
            "a … (looked for standard_name",
            "model.label(ds := base.drop_vars('longitude').rename(longitude='p'))",
            "ds.rename({'p': 'x'})",
            "model.label(TYPED)",
        ),
        (
            "one … | …, which belong to different grids",
            "ds = base.assign(u=base.sp.rename(latitude='lat_u'))\n"
            "ds.lat_u.attrs = ds.latitude.attrs\nfit(ds)",
            "lat='lat",
            "fit(ds, lat='latitude', variables=['t2m', 'sp'])",
        ),
        (
            "a grid of two dimensions",
            "ds = base.stack(p=('latitude', 'longitude')).reset_index('p')\nfit(ds)",
            "interpolate stations",
            "fit(ds.set_index(p=('latitude', 'longitude')).unstack('p'))",
        ),
        (
            "a grid of two dimensions",
            "other = base.sp.drop_vars('longitude').rename(longitude='l')\n"
            "ds = curved(base[['t2m']]).drop_vars('lat').rename(j='y', i='x').assign(u=other)\n"
            "one = xdsc.ClusterModel(3, method='kmeans', random_state=0).fit(base[['t2m']])\n"
            "one.label(ds)",
            "leave out the variables on the other grid",
            "one.label(ds[['t2m']])",
        ),
    ],
    "cf.grids.merged": [
        (
            "each place of … once",
            "first, second = base[['t2m']], base[['sp']]\n"
            "second = second.assign_coords(latitude=second.latitude + 1e-5)\n"
            "fit(xr.merge([first, second], join='outer'))",
            "second.assign_coords(latitude=first['latitude'])",
            "fit(xr.merge([first, TYPED], join='outer'))",
        ),
        (
            "each place of … once",
            "first, second = base[['t2m']], base[['sp']]\n"
            "second = second.assign_coords(latitude=second.latitude + 1e-5)\n"
            "fit(xr.merge([first, second], join='outer'))",
            "join='override'",
            "fit(xr.merge([first, second], TYPED))",
        ),
    ],
    "cf.grids.asked": [
        (
            "… once in sel=",
            "prep(base, sel={'latitude': slice(60, 20), 'lat': slice(60, 20)})",
            "leave 'lat' out",
            "prep(base, sel={'latitude': slice(60, 20)})",
        ),
        (
            "sel= by the coordinates",
            "prep(base, sel={'lattitude': slice(60, 20)})",
            "'latitude' and 'longitude'",
            "prep(base, sel={'latitude': slice(60, 20)})",
        ),
        (
            "a slice without step",
            "prep(base, sel={'latitude': slice(60, 20, 2)})",
            "leave the step out",
            "prep(base, sel={'latitude': slice(60, 20)})",
        ),
        (
            "a slice for …, which has two",
            "prep(ds := curved(base), sel={'lat': 45.0})",
            "sel={'lat': slice(",
            "prep(ds, TYPED40, 50)})",
        ),
        (
            "to be the coordinate of a dimension",
            "prep(ds := base.assign_coords(band=('latitude', list('abcd'))), sel={'band': 'a'})",
            "ds.swap_dims(latitude='band')",
            "prep(TYPED, sel={'band': ['a', 'b']})",
        ),
        (
            "numbers for …, whose values",
            "prep(base, sel={'latitude': 'north'})",
            "select by numbers",
            "prep(base, sel={'latitude': slice(60, 20)})",
        ),
    ],
    "cf.grids.region": [
        (
            "cells in the region",
            "prep(curved(base), sel={'lat': slice(-60, -50)})",
            "select a region that the data cover",
            "prep(curved(base), sel={'lat': slice(40, 50)})",
        ),
        (
            "data at … …",
            "prep(base, sel={'latitude': slice(-60, -50)})",
            "select what the data have",
            "prep(base, sel={'latitude': slice(40, 50)})",
        ),
    ],
    "cf.grids.sel": [
        (
            "sel= as a mapping",
            "prep(base, sel='Europe')",
            'sel={"latitude": slice(30, 70)}',
            "prep(base, TYPED)",
        ),
        (
            "in sel= | a …",
            "prep(base, sel={'latitude': object()})",
            "a slice, number, string, date or list",
            "prep(base, sel={'latitude': slice(30, 70)})",
        ),
        (
            "write slices as slice(30, 70)",
            "prep(base, sel={'latitude': {'slyce': [30, 70]}})",
            "slice(30, 70)",
            "prep(base, sel={'latitude': TYPED})",
        ),
    ],
    "cf.decoding.sentinels": [
        (
            "finite values in … | inf",
            "ds = packed(base)\nds['t2m'][0, 0, 0] = np.inf\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where(np.isfinite(ds['t2m']))",
            "TYPED; fit(ds)",
        ),
        (
            "…, as fill values are",
            "ds = packed(base)\nds['t2m'][0, 0, 0] = 9.9e33\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where(abs(ds['t2m']) < 1e30)",
            "TYPED; fit(ds)",
        ),
        (
            "1e20, which climate models",
            "ds = packed(base)\nds['t2m'][0, 0, 0] = 1e20\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where(ds['t2m'] < 1e20)",
            "TYPED; fit(ds)",
        ),
        (
            "which netCDF fills … with",
            "ds = base.copy()\nds['t2m'] = ds.t2m.round().astype('i2')\n"
            "ds['t2m'][0, 0, 0] = -32767\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where(ds['t2m'] != -32767)",
            "TYPED; fit(ds)",
        ),
        (
            "which is far from all others",
            "ds = packed(base)\nds['t2m'][0, 0, 0] = -9999.0\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where(ds['t2m'] != -9999.0)",
            "TYPED; fit(ds)",
        ),
        (
            "which its attributes name as valid",
            "ds = packed(base, valid_range=[200.0, 350.0])\nds['t2m'][0, 0, 0] = 360.0\nfit(ds)",
            "ds['t2m'] = ds['t2m'].where((ds['t2m'] >= 200) & (ds['t2m'] <= 350))",
            "TYPED; fit(ds)",
        ),
    ],
    "cf.units.spelling": [
        (
            "the unit of an accumulation",
            "ds = packed(base, units='W m-2')\nprep(ds, deaccumulate={'t2m': '1D'})",
            "leave the variable out of deaccumulate=",
            "prep(ds)",
        ),
        (
            "a unit, such as",
            "prep(base, units={'t2m': 'hpaa'})",
            "one of UDUNITS",
            "prep(base, units={'t2m': 'degC'})",
        ),
    ],
    "cf.axes.time": [
        (
            "at least … time steps",
            "fit(base.isel(time=[0]))",
            "select a longer period",
            "fit(base)",
        ),
        (
            "dates in the time coordinate",
            "ds = base.assign_coords(time=np.arange(40))\n"
            "ds.time.attrs = {'units': 'days since 2000-01-01'}\nfit(ds)",
            "xr.decode_cf(ds)",
            "fit(TYPED)",
        ),
        (
            "a date for every step",
            "dates = base.time.values.copy()\ndates[3] = 'NaT'\n"
            "fit(ds := base.assign_coords(time=dates))",
            "ds.isel(time=ds['time'].notnull())",
            "fit(TYPED)",
        ),
        (
            "each date of … once",
            "fit(ds := base.isel(time=[0, 0, *range(1, 40)]))",
            "ds.drop_duplicates('time')",
            "fit(TYPED)",
        ),
        (
            "in ascending order",
            "fit(ds := base.isel(time=slice(None, None, -1)))",
            "ds.sortby('time')",
            "fit(TYPED)",
        ),
    ],
    "cf.units.factors": [
        (
            "units that can be converted to … | … | …",
            "prep(base, units={'t2m': 'm'})",
            "ask for a unit of the same kind",
            "prep(base, units={'t2m': 'degC'})",
        ),
        (
            "a unit of which … is a multiple",
            "prep(ds := packed(base, units='dB'), units={'t2m': '1'})",
            "10 ** (ds[name] / 10)",
            "name = 't2m'\nds[name] = TYPED\nds.t2m.attrs['units'] = '1'\n"
            "prep(ds, units={'t2m': '1'})",
        ),
        (
            "set the attribute units to '1e-3'",
            "prep(ds := packed(base, units='psu'), units={'t2m': '1'})",
            "set the attribute units to '1e-3'",
            "ds.t2m.attrs['units'] = '1e-3'\nprep(ds, units={'t2m': '1'})",
        ),
    ],
    "cf.variables": [
        (
            "values in … | none along",
            "fit(base.expand_dims(number=0))",
            "look at what was selected of 'number'",
            "fit(base.expand_dims(number=1))",
        ),
        (
            "variables= as a name or a list of names",
            "fit(base, variables=3)",
            "variables=['t2m', 'msl']",
            "fit(base.rename(sp='msl'), TYPED)",
        ),
        (
            "variables= with each name once",
            "fit(base, variables=['sp', 't2m', 'sp'])",
            "variables=['sp', 't2m']",
            "fit(base, TYPED)",
        ),
        (
            "fields alone on time and space | … as well",
            "ds = base.assign(flag=base.t2m > 280)\n"
            "ds['flag'] = ds.flag.astype('i1').assign_attrs(flag_values=[0, 1],"
            "flag_meanings='no yes')\nfit(ds)",
            "variables=['t2m', 'sp']",
            "fit(ds, TYPED)",
        ),
        (
            "a field on time and space | … alone",
            "ds = (base[['t2m']] > base[['t2m']].mean()).astype('i1')\n"
            "ds.t2m.attrs = {'flag_values': [0, 1], 'flag_meanings': 'no yes'}\nfit(ds)",
            "variables=['t2m']",
            "fit(ds, TYPED)",
        ),
        (
            "a variable with the dimensions",
            "fit(base.mean('time', keep_attrs=True).assign_coords(time=base.time))",
            "add gridded data that vary in time",
            "fit(base)",
        ),
        (
            "at least one name in variables=",
            "prep(base, variables=[])",
            "leave variables= out",
            "prep(base)",
        ),
        (
            "a variable … | the variables",
            "fit(base, variables='tm2')",
            "'t2m'",
            "fit(base, variables=TYPED)",
        ),
        (
            "… on … | the dimensions",
            "fit(base.assign(o=base.sp[0]), variables=['t2m', 'o'])",
            "leave it out of variables=",
            "fit(base, variables=['t2m'])",
        ),
        (
            "numbers in … | dtype",
            "fit(base.assign(sp=base.sp.astype(str)), variables=['t2m', 'sp'])",
            "ds['sp'].astype(float)",
            "ds = base.assign(sp=base.sp.astype(str))\nfit(ds.assign(sp=TYPED))",
        ),
        (
            "… on … alone",
            "fit(ds := base.expand_dims(level=[500, 850]))",
            "ds.isel(level=0)",
            "fit(TYPED)",
        ),
        (
            "… on … alone",
            "fit(ds := base[['t2m']].expand_dims(level=[500, 850]))",
            "xr.Dataset({f't2m{i}': ds['t2m'].sel(level=i, drop=True) "
            "for i in ds['level'].values})",
            "fit(TYPED)",
        ),
        (
            "… on … alone",
            "fit(ds := base.expand_dims(level=[500, 850]))",
            "member='level'",
            "fit(ds, TYPED)",
        ),
        (
            "… on … alone",
            "model.label(ds := base.expand_dims(scenario=[1, 2]))",
            "ds.rename({'scenario': 'member'})",
            "assert model.label(TYPED).cluster.dims == ('member', 'time')",
        ),
    ],
    "errors": [
        (
            "data that can be read",
            "ds = base.chunk(time=10)\nodd = ds.t2m.data.map_blocks(lambda b: b[:2], dtype='f4',"
            "meta=np.empty((0,) * 3, 'f4'))\nds['t2m'] = (ds.t2m.dims, odd)\nfit(ds)",
            "leave it out",
            "fit(ds.drop_vars('t2m').load())",
        ),
    ],
    "labels": [
        (
            "labels as whole numbers up to …, or text",
            "xdsc.frequency(base, [object()] * 40)",
            "np.unique(names, return_inverse=True)[1]",
            "names = ['a', 'b'] * 20\nxdsc.frequency(base, TYPED)",
        ),
        (
            "labels as whole numbers or text",
            "labelled.coarsen(time=2).mean().dsc.composites()",
            "pass one label for each time step",
            "labelled.isel(time=slice(None, None, 2)).dsc.composites()",
        ),
        (
            "…= as a name in the Dataset, an array or a list",
            "xdsc.frequency(base, xr.Dataset())",
            "a DataArray with dates",
            "xdsc.frequency(base, labelled.cluster)",
        ),
        (
            "… of shape (T,), one for each time step | shape",
            "xdsc.composites(base, np.eye(40))",
            "membership.argmax('cluster')",
            "membership = xr.DataArray(np.eye(40), dims=('time', 'cluster'))\n"
            "xdsc.composites(base, TYPED)",
        ),
        (
            "… …, one a time step",
            "xdsc.frequency(base, [0, 1])",
            "select the same time steps",
            "xdsc.frequency(base.isel(time=[0, 1]), [0, 1])",
        ),
        (
            "… of shape (T,), one for each time step | … with the dimensions",
            "labels = labelled.cluster.expand_dims(latitude=base.latitude)\n"
            "xdsc.composites(ds := base.assign_coords(cluster=labels))",
            "ds.isel(latitude=0)",
            "xdsc.composites(TYPED)",
        ),
        (
            "… of shape …, as the Dataset",
            "ds = base.expand_dims(number=3)\n"
            "labels = labelled.cluster.expand_dims(number=2).drop_vars('time')\n"
            "xdsc.composites(ds, labels)",
            "select the same members",
            "xdsc.composites(ds.isel(number=[0, 1]), labels)",
        ),
        (
            "labels in the coordinate",
            "xdsc.composites(ds := base)",
            "ds = ds.dsc.fit(k=",
            "TYPED3, method='kmeans'); xdsc.composites(ds)",
        ),
        (
            "…= as a name in the Dataset, or the labels themselves",
            "xdsc.composites(labelled, 'clster')",
            "'cluster'",
            "xdsc.composites(labelled, TYPED)",
        ),
    ],
}

REASONS: dict[str, dict[str, str]] = {}
