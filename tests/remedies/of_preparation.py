"""Messages about the preparation, and about bringing other Datasets in line with it."""

import numpy as np
import xarray as xr

import xdsc


def daily(n=1100, freq="1D", start="2000-01-01", **names):
    """Red noise and an annual cycle on a small grid."""
    time = xr.date_range(start, periods=n, freq=freq)
    rng = np.random.default_rng(0)
    cycle = np.cos(2 * np.pi * time.day_of_year.values / 365)[:, None, None]
    fields = {
        name: (("time", "lat", "lon"), rng.normal(size=(n, 3, 3)) + 5 * cycle, {"units": unit})
        for name, unit in (names or {"z": "m", "u": "m s-1"}).items()
    }
    return xr.Dataset(fields, {"time": time, "lat": [50.0, 45, 40], "lon": [0.0, 5, 10]})


def holed(ds, where, name="t2m"):
    return ds.assign({name: ds[name].where(~where)})


def fitted_to(ds, **settings):
    return xdsc.Preprocessor(**settings).fit(ds)


def changing(values):
    """Dask's values that are missing somewhere, unless they are read for the first time."""
    read = []

    def block(values):
        read.append(values)
        return np.where(values > values.max() - 1, np.nan, values) if len(read) > 4 else values

    return values.copy(data=values.data.map_blocks(block, meta=np.empty((0, 0, 0), values.dtype)))


def moved(ds):
    return ds.assign_coords(longitude=ds.longitude + 0.1)


def projected(ds):
    """On axes of its own, with 2-D latitude and longitude."""
    lat, lon = xr.broadcast(ds.latitude, ds.longitude)
    ds = ds.drop_vars(["latitude", "longitude"]).rename(latitude="y", longitude="x")
    return ds.assign_coords(
        lat=(("y", "x"), lat.values),
        lon=(("y", "x"), lon.values),
        y=np.arange(ds.sizes["y"]),
        x=np.arange(ds.sizes["x"]),
    )


def at_level(ds, level):
    return ds.assign_coords(plev=((), 100.0 * level, {"units": "Pa"}))


CASES = {
    "preprocessing.applying": [
        (
            "which can be put back",
            "ds = daily()\np = fitted_to(ds, deseasonalize=True)\n"
            "p.inverse_transform(p.transform(ds, climatology='own'))",
            "keep the Dataset as it was before transform()",
            "p.inverse_transform(p.transform(ds))",
        ),
        (
            "climatology='fitted', 'own' or a Dataset",
            "model.label(base, climatology='onw')",
            "write climatology='own'",
            "m = xdsc.ClusterModel(2, method='kmeans',"
            "preprocessor=xdsc.Preprocessor(deseasonalize=True)).fit(daily())\n"
            "m.label(daily(), climatology='own')",
        ),
        (
            "climatology='fitted', 'own' or a Dataset",
            "p = fitted_to(daily(), deseasonalize=True)\nclimatology = daily(366).z\n"
            "p.transform(daily(), climatology=climatology)",
            "climatology.to_dataset(name='z')",
            "p = fitted_to(daily()[['z']], deseasonalize=True)\n"
            "p.transform(daily()[['z']], climatology=TYPED)",
        ),
        (
            "for another one than the fitted one",
            "model.label(base, climatology='own')",
            "leave climatology out",
            "model.label(base)",
        ),
    ],
    "preprocessing.block": [
        (
            "with other names than",
            "prep(ds := base.rename(t2m='xdsc/term'))",
            "ds.rename({'xdsc/term': 'term'})",
            "prep(TYPED)",
        ),
    ],
    "preprocessing.carry.align": [
        (
            "the fitted grid of",
            "model.label(moved(base))",
            'regrid="linear"',
            "model.label(moved(base), TYPED)",
        ),
        (
            "the fitted grid of",
            "m = xdsc.ClusterModel(3, method='kmeans', random_state=0).fit(projected(base))\n"
            "plain = projected(base).drop_vars(['lat', 'lon'])\n"
            "m.label(plain.assign_coords(x=plain.x + 0.5))",
            "give both grids their latitudes and longitudes, or interpolate them first",
            "m.label(plain.assign_coords(x=plain.x + 0.5).interp(x=plain.x, "
            "kwargs={'fill_value': 'extrapolate'}))",
        ),
    ],
    "preprocessing.carry.axis_points": [
        (
            "data over the whole fitted grid",
            "model.label(base.isel(longitude=slice(3)), regrid='linear')",
            "use data that reach over",
            "model.label(base, regrid='linear')",
        ),
    ],
    "preprocessing.carry.conform": [
        (
            "over which … was summed in the fit",
            "hourly = daily(200, '1h', tp='m')\n"
            "m = xdsc.ClusterModel(2, method='kmeans', random_state=0,"
            "preprocessor=xdsc.Preprocessor(deaccumulate='tp')).fit(hourly)\n"
            "m.label(daily(200, '3h', tp='m'))",
            "deaccumulate={'tp': '1h'}",
            "xdsc.ClusterModel(2, method='kmeans', random_state=0,"
            "preprocessor=xdsc.Preprocessor(TYPED)).fit(hourly).label(daily(200, '1h', tp='m'))",
        ),
        (
            "which the fitted Dataset has",
            "ds = base.copy(deep=True)\ndel ds.t2m.attrs['units']\nmodel.label(ds)",
            "ds['t2m'].attrs['units']",
            "TYPED = 'K'\nmodel.label(ds)",
        ),
        (
            "that can be read, to compare them",
            "ds = base.copy(deep=True)\nds.t2m.attrs['units'] = 'Kelfin'\nmodel.label(ds)",
            "ds['t2m'].attrs['units']",
            "TYPED = 'K'\nmodel.label(ds)",
        ),
        (
            "time steps of …, as fitted",
            "ds = base.isel(time=slice(20))\n"
            "ds = ds.assign_coords(time=xr.date_range('2019-01-01', periods=20, freq='6h'))\n"
            "model.label(ds)",
            "average them first",
            "model.label(ds.resample(time='1D').mean())",
        ),
    ],
    "preprocessing.carry.levels": [
        (
            "hPa, as fitted",
            "m = xdsc.ClusterModel(3, method='kmeans', random_state=0).fit(at_level(base, 500))\n"
            "m.label(ds := at_level(base, 850))",
            "ds.drop_vars('plev')",
            "m.label(TYPED)",
        ),
    ],
    "preprocessing.carry.naming": [
        (
            "names= to be a mapping",
            "model.label(base, names='tas')",
            "names={'t2m': 'tas'}",
            "model.label(base.rename(t2m='tas'), TYPED)",
        ),
        (
            "as keys of names=",
            "model.label(base, names={'tm2': 't2m'})",
            "'t2m'",
            "model.label(base, names={TYPED: 't2m'})",
        ),
        (
            "for … in names=",
            "model.label(base, names={'t2m': 'tas'})",
            "'t2m'",
            "model.label(base, names={'t2m': TYPED})",
        ),
        (
            "one variable called",
            "ds = base.rename(t2m='tas')\nds.tas.attrs = {'units': 'K'}\nmodel.label(ds)",
            "names={'t2m': 'tas'}",
            "model.label(ds, TYPED)",
        ),
        (
            "one variable called",
            "ds = base.rename(t2m='tas')\nds = ds.assign(tas2=ds.tas)\nmodel.label(ds)",
            "names={'t2m': 'tas'}",
            "model.label(ds, TYPED)",
        ),
        (
            "a variable of its own for each",
            "model.label(base, names={'t2m': 'sp'})",
            "pass names= with another one for",
            "model.label(base, names={'t2m': 't2m'})",
        ),
        (
            "to be free for the variable",
            "ds = base.rename(t2m='tas', latitude='t2m')\nmodel.label(ds, names={'t2m': 'tas'})",
            "ds.rename({'t2m': 't2m_axis'})",
            "ds = TYPED.rename(t2m_axis='latitude')\nmodel.label(ds, names={'t2m': 'tas'})",
        ),
    ],
    "preprocessing.carry.regrid": [
        (
            "regrid to be one of",
            "model.label(base, regrid='bilinearly')",
            "regrid=",
            "model.label(base, TYPED'linear')",
        ),
        (
            "to interpolate between",
            "m = xdsc.ClusterModel(3, method='kmeans').fit(bare(base))\n"
            "m.label(bare(base).isel(y=slice(3)), regrid='linear')",
            "give both grids their coordinates, ds.assign_coords(...)",
            "model.label(base, regrid='linear')",
        ),
        (
            "1-D latitude and longitude on both grids",
            "model.label(curved(moved(base)), regrid='linear')",
            "interpolate them first",
            "model.label(base, regrid='linear')",
        ),
    ],
    "preprocessing.cycle.bin_means": [
        (
            "of the year in the data that deseasonalize was",
            "ds = daily()\nhalf = ds.sel(time=ds.time.dt.month < 7)\n"
            "p = fitted_to(half, deseasonalize='month')\np.transform(ds)",
            "fit on whole years",
            "fitted_to(ds, deseasonalize='month').transform(ds)",
        ),
    ],
    "preprocessing.cycle.climatology": [
        (
            "a kind of climatology",
            "prep(daily(), deseasonalize='monthly')",
            "'month'",
            "prep(daily(), deseasonalize=TYPED)",
        ),
        (
            "options that deseasonalize=",
            "prep(daily(), deseasonalize={'kind': 'month', 'n': 3})",
            "leave 'n' out",
            "prep(daily(), deseasonalize={'kind': 'month'})",
        ),
        (
            "for a climatology of months",
            "prep(base, deseasonalize='month')",
            "deseasonalize=False",
            "prep(base, TYPED)",
        ),
        (
            "about a year of data or more",
            "prep(base, deseasonalize=True)",
            "deseasonalize=False",
            "prep(base, TYPED)",
        ),
        (
            "time steps for detrend",
            "prep(base.isel(time=slice(8)), detrend=True)",
            "detrend=False",
            "prep(base.isel(time=slice(8)), TYPED)",
        ),
        (
            "two years of data or more",
            "prep(daily(400), deseasonalize=True, detrend=True)",
            "detrend=False",
            "prep(daily(400), deseasonalize=True, TYPED)",
        ),
        (
            "the times of day that deseasonalize was",
            "p = fitted_to(daily(1500, '6h'), deseasonalize=True)\n"
            "p.transform(daily(1500, '6h', '2000-01-01T03:00'))",
            "select or resample to the fitted times of day",
            "p.transform(daily(1500, '6h'))",
        ),
        (
            "… for … of deseasonalize",
            "prep(daily(), deseasonalize=0.5)",
            "n=2",
            "prep(daily(), deseasonalize=dict(kind='harmonics', n=2))",
        ),
    ],
    "preprocessing.cycle.harmonics": [
        (
            "times of day for diurnal=",
            "ds = daily(1500, '6h')\nprep(ds, deseasonalize={'kind': 'harmonics', 'diurnal': 3})",
            "diurnal=2",
            "prep(ds, deseasonalize={'kind': 'harmonics', 'diurnal': 2})",
        ),
        (
            "months near those that deseasonalize",
            "ds = daily()\np = fitted_to(ds.sel(time=ds.time.dt.month < 6), deseasonalize=1)\n"
            "p.transform(ds)",
            "fit on whole years",
            "fitted_to(ds, deseasonalize=1).transform(ds)",
        ),
        (
            "annual harmonics apart",
            "ds = daily(1096).resample(time='QS').mean()\nprep(ds, deseasonalize=2)",
            "deseasonalize=1",
            "prep(ds, TYPED)",
        ),
        (
            "annual harmonics apart",
            "ds = daily(1096).resample(time='YS').mean()\nprep(ds, deseasonalize=1)",
            "deseasonalize=False",
            "prep(ds, TYPED)",
        ),
    ],
    "preprocessing.learning": [
        (
            "to differ from its climatology",
            "ds = daily(1096)\nday = ds.time.dt.dayofyear\n"
            "ds['u'] = (np.cos(2 * np.pi * ds.time.dt.month / 12) + 0 * ds.u)\n"
            "prep(ds, deseasonalize='month')",
            "deseasonalize=False",
            "prep(ds, TYPED)",
        ),
    ],
    "preprocessing.pipeline": [
        (
            "a fitted Preprocessor",
            "xdsc.Preprocessor().transform(ds)",
            "fit(ds)",
            "xdsc.Preprocessor().TYPED.transform(ds)",
        ),
        ("settings among", "prep(ds, area_weight=True)", "area_weights=", "prep(ds, TYPEDTrue)"),
    ],
    "preprocessing.prepared": [
        (
            "preprocessor= to be",
            "fit(ds, preprocessor='paper')",
            "preprocessor=xdsc.Preprocessor(",
            "fit(ds, TYPED))",
        ),
        (
            "at least one name in variables=",
            "fit(ds, variables=[])",
            "leave variables= out",
            "fit(ds)",
        ),
        (
            "for a Dataset that is not prepared, or that which",
            "ds = prep(base)\nfit(ds, preprocessor=xdsc.Preprocessor(scale='standard'))",
            "leave preprocessor= out",
            "fit(ds)",
        ),
        (
            "prepared data without",
            "ds = prep(base, variables='t2m')\nfit(ds, variables=['t2m', 'sp'])",
            "prepare the others as well",
            "fit(prep(base), variables=['t2m', 'sp'])",
        ),
    ],
    "preprocessing.presets": [
        ("preset= to be one of", "prep(ds, preset='papers')", "preset='paper'", "prep(ds, TYPED)"),
    ],
    "preprocessing.provenance": [
        (
            "as preprocess() writes it",
            "ds.attrs['xdsc_preprocessing'] = 'yes'\nfit(ds)",
            "del ds.attrs['xdsc_preprocessing']",
            "TYPED; fit(ds)",
        ),
        (
            "a Dataset that is not prepared",
            "xdsc.Preprocessor().fit(prep(ds))",
            "pass it as it was before preprocess()",
            "xdsc.Preprocessor().fit(ds)",
        ),
    ],
    "preprocessing.steps.anomalies": [
        ("detrend=True or False", "prep(ds, detrend='yes')", "detrend=True", "prep(ds, TYPED)"),
    ],
    "preprocessing.steps.conversion": [
        (
            "to name some of the variables",
            "prep(ds, units={'tm2': 'degC'})",
            "correct the names",
            "prep(ds, units={'t2m': 'degC'})",
        ),
        (
            "units to convert to … | none",
            "del ds.t2m.attrs['units']\nprep(ds, units={'t2m': 'degC'})",
            "ds['t2m'].attrs['units']",
            "TYPED = 'K'\nprep(ds, units={'t2m': 'degC'})",
        ),
        (
            "deaccumulate= as names",
            "prep(daily(30, '1h', tp='m'), deaccumulate=3)",
            "deaccumulate={'tp': '1h'}",
            "prep(daily(30, '1h', tp='m'), TYPED)",
        ),
        (
            "time steps of one length",
            "ds = daily(30, '1h', tp='m').isel(time=slice(0, 20))\n"
            "ds = ds.assign_coords(time=ds.time + np.arange(20) % 2 * np.timedelta64(10, 'm'))\n"
            "prep(ds, deaccumulate='tp')",
            "deaccumulate={'tp': '1D'}",
            "prep(ds, TYPED)",
        ),
        (
            "the time over which … is accumulated",
            "prep(daily(30, '1h', tp='m'),deaccumulate={'tp': 'hour?'})",
            "deaccumulate={'tp': '1h'}",
            "prep(daily(30, '1h', tp='m'), TYPED)",
        ),
    ],
    "preprocessing.steps.filtering": [
        (
            "for which the filter was made",
            "p = fitted_to(daily(60, '12h'), filter='5D')\np.transform(daily(60))",
            "resample='1D'",
            "fitted_to(daily(60, '12h'), filter='5D', TYPED).transform(daily(60))",
        ),
        (
            "a kind of filter, ",
            "prep(daily(60), filter={'kind': 'mean'})",
            "filter={'kind': 'lanczos', 'cutoff': '10D'}",
            "prep(daily(90), TYPED)",
        ),
        (
            "kind, window and cutoff of a filter",
            "prep(daily(60), filter={'kind': 'running-mean','window': 5, 'order': 2})",
            "leave it out",
            "prep(daily(60), filter=5)",
        ),
        (
            "the cutoff of a Lanczos filter",
            "prep(daily(60), filter={'kind': 'lanczos'})",
            "'10D'",
            "prep(daily(60), filter={'kind': 'lanczos', 'cutoff': TYPED})",
        ),
        (
            "the window of a running mean",
            "prep(daily(60), filter={'kind': 'running-mean'})",
            "filter=5",
            "prep(daily(60), TYPED)",
        ),
        (
            "a window alone for a running mean",
            "prep(daily(60), filter={'kind': 'running-mean','window': 5, 'cutoff': '10D'})",
            "cutoff",
            "prep(daily(60), filter=5)",
        ),
        (
            "a run of … time steps without a gap",
            "prep(daily(20), filter='31D')",
            "ask for a shorter window",
            "prep(daily(20), filter='5D')",
        ),
        (
            "a window of an odd number",
            "prep(daily(60), filter=4)",
            "take 5",
            "prep(daily(60), filter=5)",
        ),
        (
            "a cutoff of more than 2",
            "prep(daily(60), filter={'kind': 'lanczos', 'cutoff': 1})",
            "take 4",
            "prep(daily(60), filter={'kind': 'lanczos', 'cutoff': 4})",
        ),
        (
            "a duration or a number of time steps as",
            "prep(daily(60), filter='five')",
            "filter='10D'",
            "prep(daily(60), TYPED)",
        ),
        (
            "ask for a longer one, or leave filter out",
            "prep(daily(60), filter='12h')",
            "leave filter out",
            "prep(daily(60))",
        ),
    ],
    "preprocessing.steps.gaps": [
        (
            "at least half of their values",
            "column = base.longitude + 16 - base.time.dt.day % 5 / 4\n"
            "ds = holed(holed(base, abs(column) > 0.01), abs(column) > 0.01, 'sp')\nfit(ds)",
            "ds.interpolate_na",
            "fit(base)",
        ),
        (
            "… in … | … | …",
            "ds = base.assign(t2m=base.t2m * np.nan)\nfit(ds)",
            "variables=['sp']",
            "fit(ds, TYPED)",
        ),
        (
            "values wherever the fitted Dataset has some",
            "model.label(ds := holed(base, base.longitude < base.longitude[1]))",
            "use data with the fitted mask",
            "model.label(base)",
        ),
        (
            "no gaps in",
            "ds = holed(base, (base.time == base.time[3]) & (base.longitude < base.longitude[1]))\n"
            "prep(ds, gaps='error')",
            "gaps='interpolate'",
            "prep(ds, TYPED)",
        ),
        (
            "values at every time step",
            "ds = holed(holed(base, base.time == base.time[3]), base.time == base.time[3], 'sp')\n"
            "prep(ds, gaps='error')",
            "gaps='mean'",
            "prep(ds, TYPED)",
        ),
    ],
    "preprocessing.steps.invented": [
        (
            "of them missing…, and so filled",
            "ds = holed(base, (base.time.dt.day % 9 == 0) & (base.longitude < -15))\nfit(ds)",
            "ds['t2m'].interpolate_na('time')",
            "ds['t2m'] = TYPED\nfit(ds)",
        ),
        (
            "at time steps that have the other variables",
            "ds = daily(80, '12h', a='m', z='m', u='m')\nnoon = ds.time.dt.hour == 12\n"
            "ds = holed(holed(holed(ds, noon, 'z'), ~noon, 'u'), ~noon, 'a')\nprep(ds)",
            "ds.resample(time='1D').mean()",
            "prep(TYPED)",
        ),
    ],
    "preprocessing.steps.parsing": [
        (
            "= as a mapping from variables",
            "prep(ds, units='degC')",
            "units={'t2m': 'degC'}",
            "prep(ds, TYPED)",
        ),
    ],
    "preprocessing.steps.rereading": [
        (
            "the same each time they are read",
            "ds = base.chunk(time=10)\nds['t2m'] = changing(ds.t2m)\nfit(ds)",
            "ds = ds.load()",
            "TYPED; fit(ds)",
        ),
    ],
    "preprocessing.steps.resampling": [
        ("bins at least as long", "prep(ds, resample='6h')", "leave resample out", "prep(ds)"),
        ("the length of a bin", "prep(ds, resample='weekly')", "'7D'", "prep(ds, resample=TYPED)"),
    ],
    "preprocessing.steps.scaling": [
        (
            "an interquartile range above 0",
            "ds = base.assign(sp=base.sp.where(base.time == base.time[3], 1.0))\n"
            "prep(ds, scale='robust')",
            "scale='standard'",
            "prep(ds, TYPED)",
        ),
    ],
    "preprocessing.steps.season": [
        (
            "time steps in the months",
            "prep(ds, season='JJA')",
            "ask for another season",
            "prep(ds, season='DJF')",
        ),
        (
            "a season or months",
            "prep(ds, season='DJF', months=[1])",
            "leave out one of them",
            "prep(ds, season='DJF')",
        ),
        (
            "a season of the initials",
            "prep(ds, season='winter')",
            "'DJF'",
            "prep(ds, season=TYPED)",
        ),
        ("months from 1 to 12", "prep(ds, months=[0])", "months=[1, 2, 12]", "prep(ds, TYPED)"),
    ],
    "preprocessing.steps.weighting": [
        (
            "area_weights=True, False or the name",
            "prep(ds, area_weights=3)",
            "ds.assign(cell_area=",
            "prep(TYPEDareas(ds)), area_weights='cell_area')",
        ),
        (
            "variable_weights of some of",
            "prep(ds, variable_weights={'tm2': 2})",
            "correct the name",
            "prep(ds, variable_weights={'t2m': 2})",
        ),
        (
            "a number above 0 as the weight",
            "prep(ds, variable_weights={'t2m': 0})",
            "leave 't2m' out of variables=",
            "prep(ds, variables='sp')",
        ),
    ],
    "preprocessing.subset": [
        (
            "a region or a level in sel=",
            "prep(ds, sel={'time': slice('2019-01-05', None)})",
            "ds.sel(time=",
            "prep(TYPEDslice('2019-01-05', None)))",
        ),
        (
            "…=…, as fitted",
            "ds = base.expand_dims(level=[500, 850])\n"
            "m = xdsc.ClusterModel(3, method='kmeans', random_state=0,"
            "preprocessor=xdsc.Preprocessor(sel={'level': 500})).fit(ds)\n"
            "m.label(ds.sel(level=850))",
            "select the fitted one",
            "m.label(ds.sel(level=500))",
        ),
        (
            "…=…, as fitted",
            "ds = base.expand_dims(level=[500, 850])\n"
            "m = xdsc.ClusterModel(3, method='kmeans', sel={'level': 500}, random_state=0)\n"
            "m.fit(ds)\n"
            "m.label(ds := ds.assign_coords(level=[0, 1]))",
            "ds.sel(level=",
            "m.label(TYPED 0, drop=True))",
        ),
        (
            "…=…, as fitted",
            "ds = base.expand_dims(level=[500, 850])\n"
            "m = xdsc.ClusterModel(3, method='kmeans', sel={'level': 500}, random_state=0)\n"
            "m.fit(ds)\n"
            "m.label(ds := ds.assign_coords(level=[0, 1]).isel(level=0))",
            "ds.drop_vars('level')",
            "m.label(TYPED)",
        ),
    ],
}

REASONS = {
    "preprocessing.carry.regrid": {"numbers as …": "a guard: cf.axes tells it first"},
    "preprocessing.steps.interpolation": {"a limit of 1": "a guard: no setting gives it"},
    "preprocessing.steps.conversion": {
        "two time steps or more, which say": "a guard: cf.time tells it first",
    },
    "preprocessing.steps.filtering": {
        "2 time steps or more to filter": "a guard: cf.time tells it first",
    },
    "preprocessing.steps.scaling": {
        "values that vary in": "a guard: preprocessing.steps.gaps tells it first",
    },
    "preprocessing.carry.esmf": {
        "an environment without it": "installs a package",
        "to regrid with xESMF": "needs xESMF, which the checks do not install",
        '1-D latitude and longitude for regrid="conservative"': "needs xESMF",
        'two rows and columns or more for regrid="conservative"': "needs xESMF",
    },
    "preprocessing.prepared": {
        "fields that fit into memory": "needs little memory: tests/test_never_whole.py",
    },
    "preprocessing.steps.anomalies": {
        "Anomalies before fit": "a guard of the step, which only the pipeline calls",
    },
}
