"""Messages of everything that starts from labels."""

import json

import numpy as np
import xarray as xr

import xdsc


def records(n=60, k=3, **more):
    """Labels with dates, in spells of three days."""
    time = xr.date_range("2001-01-01", periods=n)
    return xr.DataArray(np.arange(n) // 3 % k, {"time": time}, ("time",), "cluster")


def years(n=1461):
    """Labels of daily data over some years, and a field."""
    time = xr.date_range("2000-01-01", periods=n)
    values = np.random.default_rng(0).normal(size=(n, 2, 2))
    ds = xr.Dataset({"z": (("time", "lat", "lon"), values, {"units": "m"})}, {"time": time})
    ds = ds.assign_coords(lat=[50.0, 40], lon=[0.0, 10])
    return ds.assign_coords(cluster=("time", np.arange(n) // 4 % 3))


def of_climatology(ds):
    """Labels that say that a climatology was taken out."""
    said = json.dumps({"deseasonalize": {"kind": "harmonics", "n": 2}, "scale": "standard"})
    return ds.assign_coords(cluster=ds.cluster.assign_attrs(xdsc_preparation=said))


def one_of(site, call, name, value):
    """A case of an argument with a misspelt value."""
    return (
        site,
        call.replace("X", f"{name}={value + 'x'!r}"),
        f"{name}={value!r}",
        call.replace("X", "TYPED"),
    )


def index_of(ds, **given):
    return xdsc.regime_index(ds, variable="t2m", anomaly="mean", **given)


CASES = {
    "arguments": [
        (
            "…= as text, or None",
            "xdsc.plot.frequency(records(), title=3)",
            "leave title= out",
            "xdsc.plot.frequency(records())",
        ),
        one_of("… to be one of", "xdsc.frequency(records(), X)", "by", "month"),
        one_of("… to be one of", "xdsc.persistence(records(), n=3, X)", "censored", "include"),
        one_of(
            "… to be one of",
            "xdsc.persistence(records(), min_duration='2D', n=3, X)",
            "short",
            "neighbour",
        ),
        one_of("… to be one of", "xdsc.transitions(records(), n=3, X)", "null", "events"),
        one_of("… to be one of", "xdsc.composites(labelled, X)", "anomaly", "mean"),
        one_of("… to be one of", "xdsc.composites(labelled, X)", "align", "day"),
        one_of("… to be one of", "xdsc.composites(labelled, X, n=9)", "significance", "events"),
        one_of("… to be one of", "xdsc.match(records(), records(), X)", "by", "labels"),
        one_of("… to be one of", "xdsc.life_cycles(index_of(labelled), X)", "by", "index"),
        one_of("… to be one of", "xdsc.score(labelled, X, metrics='silhouette')", "space", "data"),
        one_of(
            "… to be one of",
            "xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled), X)",
            "distance",
            "cosine",
        ),
        one_of(
            "… to be one of",
            "xdsc.plot.composites(labelled, 't2m', anomaly='mean', X)",
            "cmap",
            "magma",
        ),
        one_of(
            "… to be one of",
            "xdsc.plot.composites(labelled, 't2m', anomaly='mean', X)",
            "kind",
            "mean",
        ),
        one_of("… to be one of", "fitted.dsc.plot.embedding(X)", "kind", "pca"),
        one_of("… to be one of", "prep(base, X)", "scale", "standard"),
        one_of("… to be one of", "prep(base, X)", "gaps", "interpolate"),
        (
            "… among …",
            "xdsc.comparison_table(compared(base), 'silhuette')",
            "'silhouette'",
            "xdsc.comparison_table(compared(base), TYPED)",
        ),
        (
            "… among …",
            "xdsc.plot.compare(compared(base), 'silhuette')",
            "'silhouette'",
            "xdsc.plot.compare(compared(base), TYPED)",
        ),
        (
            "… among …",
            "xdsc.comparison_table(compared(base), statistic='mean')",
            "'median'",
            "xdsc.comparison_table(compared(base), statistic=TYPED)",
        ),
        (
            "…= to be … …",
            "xdsc.transitions(records(), n=0)",
            "n=1000",
            "xdsc.transitions(records(), TYPED)",
        ),
        (
            "…= to be … …",
            "xdsc.transitions(records(), random_state='x')",
            "random_state=0",
            "xdsc.transitions(records(), n=3, TYPED)",
        ),
        (
            "…= to be … …",
            "xdsc.plot.transitions(records(), n=3, alpha=5)",
            "alpha=0.05",
            "xdsc.plot.transitions(records(), n=3, TYPED)",
        ),
        (
            "…= to be … …",
            "xdsc.score(labelled, max_samples='all')",
            "max_samples=5000",
            "xdsc.score(labelled, TYPED, metrics='silhouette')",
        ),
        (
            "…= to be … …",
            "fitted.dsc.plot.embedding('pca', perplexity=-1)",
            "perplexity=None",
            "fitted.dsc.plot.embedding('pca', TYPED)",
        ),
        (
            "…= to be a name",
            "xdsc.frequency(records(), time=3)",
            "leave time= out",
            "xdsc.frequency(records())",
        ),
    ],
    "comparable": [
        (
            "a comparison with one K",
            "xdsc.comparison_table(result := compared(base, [2, 3]))",
            "result.sel(k=2)",
            "xdsc.comparison_table(TYPED)",
        ),
        (
            "a comparison: score",
            "xdsc.comparison_table(base)",
            "pass what ds.dsc.compare(...) returned",
            "xdsc.comparison_table(compared(base))",
        ),
        (
            "at least one method, run",
            "xdsc.plot.compare(compared(base).isel(run=[]))",
            "pass all of what",
            "xdsc.plot.compare(compared(base))",
        ),
    ],
    "samples": [
        (
            "embedding= for space=",
            "xdsc.score(labelled, space='embedding')",
            "embedding=model.embedding(ds)",
            "model = xdsc.ClusterModel(3, method='gmm', random_state=0).fit(ds)\n"
            "xdsc.score(labelled, space='embedding', TYPED, metrics='silhouette')",
        ),
        (
            "an embedding with the dimensions",
            "model = xdsc.ClusterModel(3, method='gmm', random_state=0).fit(ds)\n"
            "xdsc.score(labelled, space='embedding', embedding=model.embedding(ds)[:, 0])",
            "model.embedding(ds)",
            "xdsc.score(labelled, space='embedding', embedding=TYPED, metrics='silhouette')",
        ),
        (
            "which the labels were made from",
            "xdsc.score(labelled.rename(t2m='a', sp='b'))",
            "variables=[",
            "xdsc.score(labelled.rename(t2m='a', sp='b'), TYPED'a'],metrics='silhouette')",
        ),
        (
            "of the fit for its preparation",
            "xdsc.score(labelled.isel(time=slice(30)))",
            "preprocessor=model.preprocessor_",
            "xdsc.score(labelled.isel(time=slice(30)), TYPED, metrics='silhouette')",
        ),
        (
            "labels along the dimensions",
            "ds = xr.concat([base, base], 'number')\n"
            "xdsc.score(ds, labelled.cluster, metrics='silhouette')",
            "pass one label a time step",
            "xdsc.score(base, labelled.cluster, metrics='silhouette')",
        ),
    ],
    "selection.calendar_of_runs": [
        (
            "regimes that are not the calendar",
            "compared(daily(), 4)",
            "preset='weather-regimes'",
            "compared(daily(), 4, TYPED)",
        ),
    ],
    "calendar_share": [
        (
            "regimes that are not the calendar",
            "fit(daily(), 4, 'kmeans')",
            "preset='weather-regimes'",
            "fit(daily(), 4, 'kmeans', TYPED)",
        ),
    ],
    "statistics.fields.anomalies": [
        (
            "in its own units for anomaly=",
            "prepared = prep(base)\nds = base\n"
            "xdsc.composites(prepared.assign_coords(cluster=labelled.cluster),"
            "anomaly='climatology')",
            "ds.assign_coords(cluster=prepared.cluster)",
            "prepared = fit(prepared)\nxdsc.composites(TYPED)",
        ),
        (
            "of the fit for its climatology",
            "m = xdsc.ClusterModel(3, method='kmeans', preset='weather-regimes',"
            "random_state=0).fit(years()[['z']])\n"
            "part = m.label(years()[['z']]).isel(time=slice(800))\nxdsc.composites(part)",
            "preprocessor=model.preprocessor_",
            "model = m\nxdsc.composites(part, TYPED)",
        ),
        (
            "as the fit has taken one out",
            "xdsc.composites(of_climatology(labelled))",
            "anomaly='mean'",
            "xdsc.composites(of_climatology(labelled), TYPED)",
        ),
    ],
    "statistics.fields.composites": [
        (
            "free names for the composites",
            "ds = labelled.assign(t2m_std=labelled.t2m[0])\nxdsc.composites(ds)",
            "ds.drop_vars('t2m_std')",
            "xdsc.composites(TYPED)",
        ),
    ],
    "statistics.fields.days": [
        (
            "labels at all times of day",
            "ds = daily(40, '12h')\nlabels = records(20).assign_coords(time=ds.time[::2].values)\n"
            "labels = labels.reindex(time=ds.time)\nxdsc.composites(ds, labels)",
            "composites(align='day')",
            "xdsc.composites(ds, labels, align='day')",
        ),
        (
            "labels at all times of day",
            "ds = daily(40, '12h')\nlabels = records(20).assign_coords(time=ds.time[::2].values)\n"
            "xdsc.composites(ds, labels.reindex(time=ds.time))",
            "labels.reindex(time=ds['time'], method='ffill')",
            "xdsc.composites(ds, TYPED)",
        ),
        (
            "labels with their dates for align=",
            "xdsc.composites(base, [0, 1] * 20, align='day')",
            "pass a DataArray or a pandas Series with dates",
            "xdsc.composites(base, pd.Series([0, 1] * 20, base.time.to_index()), align='day')",
        ),
        (
            "one label a day for align=",
            "labels = xr.DataArray([0, 1] * 20, daily(40, '12h').time.coords)\n"
            "xdsc.composites(daily(40, '12h'), labels, align='day')",
            "labels.resample(time='1D').first()",
            "xdsc.composites(daily(40, '12h'), TYPED, align='day')",
        ),
    ],
    "statistics.fields.distribution": [
        (
            "…= as different shares",
            "xdsc.composites(labelled, quantile=95)",
            "quantile=0.95",
            "xdsc.composites(labelled, TYPED)",
        ),
        (
            "…= as different shares",
            "xdsc.composites(labelled, exceedance=[0, 1])",
            "exceedance=[0.05, 0.95]",
            "xdsc.composites(labelled, TYPED)",
        ),
    ],
    "statistics.fields.in_one_row": [
        (
            "a label for some of the time steps",
            "xdsc.composites(ds := labelled.assign_coords(cluster=labelled.cluster * 0 - 1))",
            "label other time steps",
            "xdsc.composites(labelled)",
        ),
    ],
    "statistics.fields.lags": [
        (
            "lag= as different numbers of days",
            "xdsc.composites(labelled, lag='five')",
            "lag=['-5D', '0D', '5D']",
            "xdsc.composites(labelled, TYPED)",
        ),
        (
            "events of which the record knows",
            "xdsc.composites(records(2).to_dataset().assign(z=records(2) * 1.0), lag=0)",
            "label a longer period",
            "xdsc.composites(records().to_dataset().assign(z=records() * 1.0), lag=0)",
        ),
        (
            "lag= as whole",
            "xdsc.composites(labelled, lag='6h')",
            "lag=range(-5, 6)",
            "xdsc.composites(labelled, TYPED)",
        ),
        (
            "lag= as whole",
            "ds = daily(60, '12h')\nds['cluster'] = 'time', records(60).values\n"
            "xdsc.composites(ds, lag='3h')",
            "lag=[-0.5, 0, 0.5]",
            "xdsc.composites(ds, TYPED)",
        ),
    ],
    "statistics.fields.looks": [
        (
            "dates along … for by='hour'",
            "ds = labelled.assign_coords(time=('time', np.arange(40),"
            "{'units': 'hours since 2000-01-01'}))\n"
            "xdsc.composites(ds, by='hour', time='time')",
            "xr.decode_cf(ds)",
            "xdsc.composites(TYPED, by='hour')",
        ),
        (
            "a free name for the dimension",
            "ds = labelled.assign(hour=labelled.t2m[0])\nxdsc.composites(ds, by='hour')",
            "ds.rename(hour='...')",
            "xdsc.composites(TYPED, by='hour')",
        ),
        (
            "by='hour' or None",
            "xdsc.composites(labelled, by='day')",
            "by='hour'",
            "xdsc.composites(labelled, TYPED)",
        ),
        (
            "of labels that hold for one time step each",
            "xdsc.composites(labelled, lag=0, significance='events', by='hour')",
            "ds.resample(time='1D').mean()",
            "xdsc.composites(TYPED.assign_coords(time=ds.time), labelled.cluster, lag=0, "
            "significance='events', n=9)",
        ),
    ],
    "statistics.fields.pattern_grid": [
        (
            "for interpolate=True",
            "patterns = index_of(labelled).pattern.drop_vars('latitude')\n"
            "index_of(base, patterns=patterns, interpolate=True)",
            "bring the patterns to the grid of the data",
            "index_of(base, patterns=patterns)",
        ),
        (
            "patterns with values on the grid",
            "patterns = index_of(labelled).pattern\n"
            "index_of(base, patterns=patterns.where(patterns.cluster > 0))",
            "leave it out",
            "index_of(base, patterns=patterns.isel(cluster=[1, 2]))",
        ),
        (
            "patterns of …, (regime",
            "patterns = index_of(labelled)[['pattern']]\n"
            "patterns = patterns.assign(a=patterns.pattern, b=patterns.pattern)"
            ".drop_vars('pattern')\nindex_of(base, patterns=patterns)",
            "patterns['name']",
            "name = 'a'\nindex_of(base, patterns=patterns[name])",
        ),
        (
            "patterns on (regime",
            "patterns = index_of(labelled).pattern.expand_dims(run=2)\n"
            "index_of(base, patterns=patterns)",
            "select one of each other dimension",
            "index_of(base, patterns=patterns[0])",
        ),
        (
            "data at every … of the patterns",
            "patterns = index_of(labelled).pattern\n"
            "ds = base.isel(latitude=slice(3))\nindex_of(ds, patterns=patterns)",
            "interpolate=True",
            "index_of(ds, patterns=patterns, TYPED)",
        ),
        (
            "data at every … of the patterns",
            "patterns = xdsc.composites(labelled)[['t2m_anomaly']]\n"
            "patterns = patterns.rename(t2m_anomaly='t2m').isel(latitude=slice(1, 4))\n"
            "ds = labelled.isel(latitude=slice(3))\nxdsc.match(ds, patterns)",
            "interpolate=True",
            "xdsc.match(ds, patterns, TYPED)",
        ),
    ],
    "statistics.fields.significance_tests": [
        (
            "alpha= between 0 and 0.5",
            "xdsc.composites(labelled, significance='t', alpha=5)",
            "alpha=0.05",
            "xdsc.composites(labelled, significance='t', TYPED)",
        ),
        (
            "block= as a duration",
            "xdsc.composites(labelled, significance='t', block='x')",
            "block='10D'",
            "xdsc.composites(years(), significance='bootstrap', TYPED, n=9)",
        ),
        (
            "two regimes, so that each has",
            "xdsc.composites(labelled.assign_coords(cluster=labelled.cluster * 0),"
            "significance='t')",
            "leave significance= out",
            "xdsc.composites(labelled.assign_coords(cluster=labelled.cluster * 0))",
        ),
        (
            "dates, for a bootstrap of whole seasons",
            "ds = labelled.assign_coords(time=('time', np.arange(40),"
            "{'units': 'days since 2000-01-01'}))\n"
            "xdsc.composites(ds, significance='bootstrap', n=9, time='time')",
            "significance='events'",
            "xdsc.composites(labelled, TYPED, n=9)",
        ),
        (
            "for a bootstrap of whole seasons | …",
            "xdsc.composites(labelled,significance='bootstrap', n=9)",
            "block='10D'",
            "xdsc.composites(years(), significance='bootstrap', n=9, TYPED)",
        ),
        (
            "dates, and blocks of a time step",
            "xdsc.composites(labelled,significance='bootstrap', block='30D', n=9)",
            "significance='events'",
            "xdsc.composites(labelled, TYPED, n=9)",
        ),
    ],
    "statistics.index.life_cycles": [
        (
            "min_duration= as a duration",
            "xdsc.life_cycles(index_of(labelled), min_duration='x')",
            "min_duration='5D'",
            "xdsc.life_cycles(index_of(labelled), TYPED)",
        ),
        (
            "window= as a duration",
            "xdsc.life_cycles(index_of(labelled), window='x')",
            "window='4D'",
            "xdsc.life_cycles(index_of(labelled), TYPED)",
        ),
        (
            "threshold= as a number",
            "xdsc.life_cycles(index_of(labelled), 'x')",
            "threshold=1.0",
            "xdsc.life_cycles(index_of(labelled), TYPED)",
        ),
        (
            "… for by=",
            "xdsc.life_cycles(index_of(labelled)[['regime_index']], by='correlation')",
            "pass what xdsc.regime_index returns",
            "xdsc.life_cycles(index_of(labelled), by='correlation')",
        ),
        (
            "an index ([member,] time, cluster)",
            "xdsc.life_cycles(index_of(labelled).regime_index.drop_vars('time'))",
            "decode times with xr.decode_cf(ds)",
            "xdsc.life_cycles(index_of(labelled).regime_index)",
        ),
        (
            "times that ascend",
            "index = index_of(labelled).regime_index[::-1]\nxdsc.life_cycles(index)",
            "index.sortby('time')",
            "xdsc.life_cycles(TYPED)",
        ),
    ],
    "statistics.index.regime_index": [
        (
            "patterns= or reference=",
            "r = index_of(labelled)\nindex_of(base, patterns=r.pattern, reference=r)",
            "reference= brings patterns",
            "index_of(base, reference=r)",
        ),
        (
            "as regime_index returns it",
            "index_of(base, reference=base)",
            "xdsc.regime_index(fitted)",
            "fitted = labelled[['t2m', 'cluster']]\nindex_of(base, reference=TYPED)",
        ),
        (
            "variable= as one of",
            "xdsc.regime_index(labelled)",
            "variable='t2m'",
            "xdsc.regime_index(labelled, TYPED)",
        ),
    ],
    "statistics.matching.matching": [
        (
            "two Datasets with fields",
            "xdsc.match(records(), records(), by='patterns')",
            "pass labels of shared time steps",
            "xdsc.match(records(), records(), by='labels')",
        ),
        (
            "variables that both have",
            "patterns = xdsc.composites(labelled)[['t2m_anomaly']]\n"
            "patterns = patterns.rename(t2m_anomaly='zg')\n"
            "xdsc.match(labelled.rename(t2m='z500'), patterns, by='patterns')",
            "patterns.rename(zg='z500')",
            "xdsc.match(labelled.rename(t2m='z500'), TYPED, by='patterns')",
        ),
    ],
    "statistics.matching.naming": [
        (
            "… names, of the regimes",
            "xdsc.rename(records(), ['a'])",
            "{0: 'NAO+'}",
            "xdsc.rename(records(), TYPED)",
        ),
        (
            "some of the regimes … | … | choose some",
            "xdsc.rename(records(), {7: 'a'})",
            "choose some of them",
            "xdsc.rename(records(), {0: 'a'})",
        ),
        (
            "names of text",
            "xdsc.rename(records(), {0: 3})",
            "'NAO+'",
            "xdsc.rename(records(), {0: TYPED})",
        ),
        (
            "labels that are whole numbers",
            "labels = records().astype(str)\nxdsc.reorder(labels)",
            "labels.copy(data=np.unique(labels, return_inverse=True)[1])",
            "xdsc.reorder(TYPED)",
        ),
        (
            "what xdsc.match has found",
            "xdsc.reorder(records(), base)",
            "pass its whole result",
            "xdsc.reorder(records(), xdsc.match(records(), records()))",
        ),
        (
            "each of the regimes … once",
            "xdsc.reorder(records(), [0, 1])",
            "'frequency'",
            "xdsc.reorder(records(), TYPED)",
        ),
        (
            "each with a number of its own",
            "xdsc.reorder(records(), {0: -5})",
            "choose other numbers",
            "xdsc.reorder(records(), {0: 5})",
        ),
        (
            "a name of its own for each",
            "xdsc.rename(records(), ['a', 'a', 'b'])",
            "change one",
            "xdsc.rename(records(), ['a', 'c', 'b'])",
        ),
    ],
    "statistics.matching.patterns": [
        (
            "patterns with a dimension 'cluster'",
            "patterns = xdsc.composites(labelled)"
            "[['t2m_anomaly']].rename(cluster='mode')\nxdsc.match(labelled, patterns)",
            "patterns.rename(mode='cluster')",
            "xdsc.match(labelled, TYPED.rename(t2m_anomaly='t2m'))",
        ),
    ],
    "statistics.sequence.conditional": [
        (
            "an index, or its name",
            "xdsc.conditional_frequency(labelled, 'nino34')",
            "pass the values",
            "xdsc.conditional_frequency(labelled, base.t2m[:, 0, 0], n=3)",
        ),
        (
            "an index at labelled time steps",
            "index = pd.Series([1.0, 2.0],"
            "pd.date_range('1900', periods=2))\nxdsc.conditional_frequency(labelled, index)",
            "look at the dates",
            "index.index = base.time.to_index()[:2]\n"
            "xdsc.conditional_frequency(labelled, index, n=3)",
        ),
        (
            "two bins or more",
            "xdsc.conditional_frequency(labelled, base.t2m[:, 0, 0], bins=1)",
            "bins=3",
            "xdsc.conditional_frequency(labelled, base.t2m[:, 0, 0], TYPED, n=3)",
        ),
        (
            "bins= as a number",
            "xdsc.conditional_frequency(labelled, base.t2m[:, 0, 0], bins='x')",
            "bins=3",
            "xdsc.conditional_frequency(labelled, base.t2m[:, 0, 0], TYPED, n=3)",
        ),
        (
            "an index of numbers",
            "xdsc.conditional_frequency(labelled, [1, 2])",
            "a pandas Series with dates",
            "xdsc.conditional_frequency(labelled,"
            "pd.Series(np.arange(40.0), base.time.to_index()), n=3)",
        ),
        (
            "an index with dates",
            "index = base.t2m[:, 0, 0].drop_vars('time')\n"
            "xdsc.conditional_frequency(labelled, index)",
            "index.assign_coords(",
            "xdsc.conditional_frequency(labelled, TYPEDtime=base.time), n=3)",
        ),
        (
            "one value of the index for each",
            "index = base.t2m[:, 0, 0]\n"
            "index = xr.concat([index, index], 'time').sortby('time')\n"
            "xdsc.conditional_frequency(labelled, index)",
            "index.resample(time='MS').mean()",
            "xdsc.conditional_frequency(labelled, TYPED, n=3)",
        ),
    ],
    "statistics.sequence.decomposition": [
        (
            "var= as the name",
            "xdsc.decompose(years(), 'x', [('2000', '2001'), ('2002', '2003')])",
            "'z'",
            "xdsc.decompose(years(), TYPED, [('2000', '2001'), ('2002', '2003')], n=3)",
        ),
        (
            "… along …",
            "ds = years().assign(o=years().z[0])\n"
            "xdsc.decompose(ds, 'o', [('2000', '2001'), ('2002', '2003')])",
            "choose another variable",
            "xdsc.decompose(ds, 'z', [('2000', '2001'), ('2002', '2003')], n=3)",
        ),
        (
            "periods of two dates",
            "xdsc.decompose(years(), 'z', [('x', 'y'), ('2002', '2003')])",
            "('1981', '2000')",
            "ds = years()\nds['time'] = ds.time - np.timedelta64(7000, 'D')\n"
            "xdsc.decompose(ds, 'z', [TYPED, ('1981', '1983')], n=3)",
        ),
        (
            "labelled time steps from",
            "xdsc.decompose(years(), 'z', [('1900', '1901'),('2002', '2003')])",
            "choose another period",
            "xdsc.decompose(years(), 'z', [('2000', '2001'), ('2002', '2003')], n=3)",
        ),
    ],
    "statistics.sequence.frequency": [
        (
            "for a trend",
            "xdsc.frequency(years(), by='month', trend=True)",
            "leave by=",
            "xdsc.frequency(years(), trend=True, n=3)",
        ),
    ],
    "statistics.sequence.pairing": [
        (
            "labels of shape …, one for each",
            "xdsc.confusion(records(), [0, 1])",
            "pass a DataArray",
            "xdsc.confusion(records(), records()[:9])",
        ),
        (
            "members in both labellings",
            "labels = records().expand_dims(member=2)\nxdsc.confusion(records(), labels)",
            "labels.isel(member=0)",
            "xdsc.confusion(records(), TYPED)",
        ),
        (
            "or of the same size",
            "xdsc.confusion(records(), records()[:9].drop_vars('time'))",
            "give both their dates",
            "xdsc.confusion(records(), records()[:9])",
        ),
        (
            "shared values of",
            "other = records().assign_coords(time=records().time"
            "+ np.timedelta64(999, 'D'))\nxdsc.confusion(records(), other)",
            "select what both have",
            "xdsc.confusion(records(), records()[:9])",
        ),
    ],
    "statistics.sequence.periods": [
        (
            "two periods",
            "xdsc.decompose(years(), 'z', ['2000', '2001', '2002'])",
            "periods=[('1981', '2000'), ('2001', '2020')]",
            "ds = years()\nds['time'] = ds.time - np.timedelta64(300, 'D')\n"
            "xdsc.decompose(ds, 'z', TYPED, n=3)",
        ),
    ],
    "statistics.sequence.persistence": [
        (
            "min_duration= as '5D'",
            "xdsc.persistence(records(), min_duration='x')",
            "min_duration='5D'",
            "xdsc.persistence(records(), TYPED, n=3)",
        ),
    ],
    "statistics.sequence.series": [
        (
            "labels ([member,] time), by their dates",
            "labels = records().expand_dims(run=2).stack(sample=('run', 'time'))\n"
            "xdsc.persistence(labels, n=3)",
            "labels.unstack('sample')",
            "xdsc.persistence(TYPED, n=3)",
        ),
        (
            "labels with dates along",
            "labels = records().drop_vars('time')\nxdsc.transitions(labels)",
            "labels.assign_coords(time=",
            "xdsc.transitions(TYPEDrecords().time), n=3)",
        ),
        (
            "labels, or a Dataset and labels=",
            "xdsc.frequency(records(), records())",
            "pass one",
            "xdsc.frequency(records())",
        ),
        (
            "a column … of labels",
            "df = pd.DataFrame({'a': [0, 1], 'b': [1, 0]},"
            "pd.date_range('2000', periods=2))\nxdsc.frequency(df)",
            "df.iloc[:, 0]",
            "xdsc.frequency(TYPED)",
        ),
        (
            "labels of shape (time,) or (member, time)",
            "labels = records().expand_dims(run=2,model=2)\nxdsc.frequency(labels)",
            "labels.stack(run=[",
            "labels = labels.rename(run='r')\nxdsc.frequency(TYPED'r', 'model']))",
        ),
        (
            "a label for some of the time steps",
            "xdsc.frequency(records() * 0 - 1)",
            "label other time steps",
            "xdsc.frequency(records())",
        ),
    ],
}

REASONS: dict[str, dict[str, str]] = {}
