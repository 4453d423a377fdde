"""Messages of figures, scores, tables and comparisons."""

import matplotlib.pyplot as plt  # noqa: F401 - cases write it
import numpy as np
import pytest  # noqa: F401 - cases write it
import xarray as xr
from sklearn.cluster import KMeans  # noqa: F401 - cases write it

import xdsc


def compared(ds, k=3, methods=("kmeans",), **given):
    given = {"n_runs": 1, "progress": False, "metrics": "silhouette"} | given
    return xdsc.compare(ds, k, list(methods), **given)


def epochs(n=3):
    """A history of a training."""
    numbers = np.ones(n)
    return xr.Dataset(
        {
            "phase": ("epoch", ["pretraining"] * (n - 1) + ["clustering"]),
            "label_change": ("epoch", numbers),
            "reconstruction_loss": ("epoch", numbers),
        },
        {"epoch": np.arange(n)},
    )


def members(ds):
    """The same index of two members."""
    return xdsc.regime_index(ds[["t2m"]]).expand_dims(member=2)


def halves(ds):
    """Two periods."""
    return [slice(ds.time[0], ds.time[19]), slice(ds.time[20], ds.time[-1])]


X = [[0.0], [1.0], [5.0], [6.0]]
PAIRS = [0, 0, 1, 1]


CASES = {
    "metrics.agreement": [
        (
            "one for each of the truth",
            "xdsc.metrics.adjusted_rand_index([0, 1], [0])",
            "select the same time steps",
            "xdsc.metrics.adjusted_rand_index([0, 1], [0, 1])",
        ),
    ],
    "metrics.inputs": [
        (
            "one for each row of X",
            "xdsc.metrics.rmse_mean(X, [0])",
            "select the same time steps",
            "xdsc.metrics.rmse_mean(X, PAIRS)",
        ),
        (
            "labels of shape (T,), one for each row",
            "membership = np.eye(4)\nxdsc.metrics.rmse_mean(X, membership)",
            "membership.argmax(axis=1)",
            "xdsc.metrics.rmse_mean(X, TYPED)",
        ),
        (
            "X of shape (T, F)",
            "xdsc.metrics.rmse_mean(np.zeros((4, 2, 2)), PAIRS)",
            "X.reshape(len(X), -1)",
            "X = np.zeros((4, 2, 2))\nxdsc.metrics.rmse_mean(TYPED, PAIRS)",
        ),
        (
            "X of real numbers",
            "X = np.array(X).astype(str)\nxdsc.metrics.rmse_mean(X, PAIRS)",
            "X.astype('float32')",
            "xdsc.metrics.rmse_mean(TYPED, PAIRS)",
        ),
        (
            "X without gaps",
            "X = np.array([[0.0, np.nan], [1, 2], [2, 3], [5, 5]])\n"
            "xdsc.metrics.rmse_mean(X, PAIRS)",
            "X[:, np.isfinite(X).all(axis=0)]",
            "xdsc.metrics.rmse_mean(TYPED, PAIRS)",
        ),
        (
            "block_bytes of 1 or more",
            "xdsc.metrics.rmse_mean(X, PAIRS, block_bytes=0)",
            "leave it out",
            "xdsc.metrics.rmse_mean(X, PAIRS)",
        ),
    ],
    "metrics.pairs": [
        (
            "for two members of each cluster",
            "xdsc.score(labelled, max_samples=3,metrics='silhouette')",
            "pass None",
            "xdsc.score(labelled, max_samples=None, metrics='silhouette')",
        ),
    ],
    "metrics.table": [
        (
            "metrics among",
            "xdsc.score(labelled, metrics=['silhuette'])",
            "'silhouette'",
            "xdsc.score(labelled, metrics=[TYPED])",
        ),
        (
            "… for … | none",
            "xdsc.score(labelled, metrics='adjusted_rand_index')",
            "truth=",
            "xdsc.score(labelled, metrics='adjusted_rand_index', TYPED'cluster')",
        ),
    ],
    "plot.__init__": [
        (
            "a figure by name",
            "labelled.dsc.plot('t2m')",
            "ds.dsc.plot.timeline()",
            "labelled.dsc.plot.timeline()",
        ),
        (
            "the history of a training run",
            "labelled.dsc.plot.history()",
            "xdsc.plot.history(model.history_)",
            "class model: history_ = epochs()\nTYPED",
        ),
    ],
    "plot.arguments": [
        (
            "… | …=… | …",
            "xdsc.plot.composites(labelled, 't2m', vmim=1)",
            "vmin=",
            "xdsc.plot.composites(labelled, 't2m', TYPED-1)",
        ),
        (
            "… | …=… | …",
            "xdsc.plot.composites(labelled, 't2m', colormap='viridis')",
            "cmap=",
            "xdsc.plot.composites(labelled, 't2m', TYPED'viridis')",
        ),
    ],
    "plot.statistics.calendar_layouts": [
        (
            "labels ([member,] time), by their dates",
            "ds = labelled.cluster.expand_dims(member=[0, 1]).stack(sample=('member', 'time'))\n"
            "xdsc.plot.timeline(ds)",
            "ds = ds.unstack('sample')",
            "TYPED; xdsc.plot.timeline(ds)",
        ),
        (
            "dates in the coordinate",
            "ds = labelled.assign_coords(time=('time', np.arange(40),"
            "{'units': 'days since 2000-01-01', 'axis': 'T'}))\nxdsc.plot.timeline(ds)",
            "ds = xr.decode_cf(ds)",
            "TYPED; xdsc.plot.timeline(ds)",
        ),
    ],
    "plot.statistics.calendars": [
        (
            "certainty= as a DataArray",
            "xdsc.plot.timeline(labelled, certainty=np.ones(40))",
            "model.membership(ds).max('cluster')",
            "ds = base.dsc.fit(k=3, method='gmm', random_state=0)\nmodel = ds.dsc.model\n"
            "xdsc.plot.timeline(ds, certainty=TYPED)",
        ),
        (
            "certainty= at the time steps",
            "sure = xr.ones_like(ds.t2m[:, 0, 0])\n"
            "xdsc.plot.timeline(labelled[{'time': slice(9)}], certainty=sure)",
            "select the same time steps",
            "xdsc.plot.timeline(labelled[{'time': slice(9)}], certainty=sure[:9])",
        ),
        (
            "certainty= from 0 to 1",
            "xdsc.plot.timeline(labelled, certainty=2 * xr.ones_like(ds.t2m[:, 0, 0]))",
            "model.membership(ds).max('cluster')",
            "ds = base.dsc.fit(k=3, method='gmm', random_state=0)\nmodel = ds.dsc.model\n"
            "xdsc.plot.timeline(ds, certainty=TYPED)",
        ),
    ],
    "plot.canvas": [
        (
            "axes that have their size",
            "xdsc.plot.timeline(labelled, ax=plt.gca(), size=3)",
            "leave one of the two out",
            "xdsc.plot.timeline(labelled, ax=plt.gca())",
        ),
        (
            "figsize=, or size= and aspect=",
            "xdsc.plot.timeline(labelled, figsize=(8, 3), size=3)",
            "leave figsize= out",
            "xdsc.plot.timeline(labelled, size=3)",
        ),
        (
            "sizes in inches, above 0",
            "xdsc.plot.timeline(labelled, figsize=8)",
            "figsize=(8, 3)",
            "xdsc.plot.timeline(labelled, TYPED)",
        ),
        (
            "axes of matplotlib",
            "xdsc.plot.composites(labelled, 't2m', axes='here')",
            "fig, axes = plt.subplots(2, 2)",
            "TYPED\nxdsc.plot.composites(labelled, 't2m', axes=axes)",
        ),
        (
            "pass … of them, or leave them out",
            "fig, axes = plt.subplots(1, 2)\nxdsc.plot.composites(labelled, 't2m', axes=axes)",
            "pass 3 of them",
            "fig, axes = plt.subplots(1, 3)\nxdsc.plot.composites(labelled, 't2m', axes=axes)",
        ),
    ],
    "plot.statistics.changes": [
        (
            "… of time and a grid",
            "ds = labelled.expand_dims(level=[500, 850])\n"
            "xdsc.plot.decompose(ds, 't2m', halves(ds), n=20)",
            "ds.isel(level=0)",
            "xdsc.plot.decompose(TYPED, 't2m', halves(ds), n=20)",
        ),
    ],
    "plot.maps.charts": [
        (
            "axes that have their projection",
            "fig, axes = plt.subplots(1, 3)\n"
            "xdsc.plot.composites(labelled, 't2m', axes=axes, projection='Robinson')",
            "leave one of the two out",
            "xdsc.plot.composites(labelled, 't2m', axes=axes)",
        ),
        (
            "latitudes and longitudes, or a CF grid mapping",
            "pytest.importorskip('cartopy')\n"
            "ds = labelled.drop_vars(['latitude', 'longitude'])\n"
            "xdsc.plot.composites(ds, 't2m', projection='Robinson')",
            "add them as coordinates",
            "ds = ds.assign_coords(latitude=base.latitude, longitude=base.longitude)\n"
            "xdsc.plot.composites(ds, 't2m', projection='Robinson')",
        ),
        (
            "or its name | … | pass e.g.",
            "pytest.importorskip('cartopy')\nxdsc.plot.composites(labelled, 't2m', projection=3)",
            "projection=cartopy.crs.NorthPolarStereo()",
            "import cartopy\nxdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "or its name | … | …",
            "pytest.importorskip('cartopy')\n"
            "xdsc.plot.composites(labelled, 't2m', projection='Robin')",
            "projection='Robinson'",
            "xdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "the arguments of projection=",
            "pytest.importorskip('cartopy')\n"
            "xdsc.plot.composites(labelled, 't2m', projection='UTM')",
            "projection=cartopy.crs.UTM(",
            "import cartopy\nxdsc.plot.composites(labelled, 't2m', TYPED28))",
        ),
    ],
    "arguments": [
        (
            "…= to be … …",
            "index = ds.t2m[:, 0, 0]\nxdsc.plot.conditional_frequency(labelled, index, alpha=5)",
            "alpha=0.05",
            "xdsc.plot.conditional_frequency(labelled, index, TYPED, n=20)",
        ),
    ],
    "plot.statistics.one_index": [
        (
            "the index of one record",
            "index = members(labelled)\nxdsc.plot.life_cycles(index)",
            "index.isel(member=0)",
            "xdsc.plot.life_cycles(TYPED)",
        ),
        (
            "an index with values",
            "ds = labelled.assign_coords(cluster=labelled.cluster * 0)\n"
            "xdsc.plot.regime_index(ds[['t2m']])",
            "fit with more regimes",
            "xdsc.plot.regime_index(labelled[['t2m']])",
        ),
    ],
    "plot.separation.embeddings": [
        (
            "three time steps or more",
            "xdsc.plot.embedding(labelled.isel(time=[0, 1]),"
            "xdsc.plot.rows_of(labelled).isel(time=[0, 1]), kind='pca')",
            "draw more of them",
            "xdsc.plot.embedding(labelled, xdsc.plot.rows_of(labelled), kind='pca')",
        ),
        (
            "embeddings that differ",
            "xdsc.plot.embedding(labelled,xdsc.plot.rows_of(labelled) * 0, kind='pca')",
            "train longer",
            "xdsc.plot.embedding(labelled, xdsc.plot.rows_of(labelled), kind='pca')",
        ),
        (
            "a centre for each of the regimes",
            "rows = xdsc.plot.rows_of(labelled)\n"
            "centres = xr.DataArray(np.zeros((2, 40)), {'cluster': [0, 1]},"
            "('cluster', 'feature'))\n"
            "xdsc.plot.embedding(labelled, rows, kind='pca', centres=centres)",
            "pass centres of the model that made the labels",
            "centres = rows.groupby(labelled.cluster).mean()\n"
            "xdsc.plot.embedding(labelled, rows, kind='pca', centres=centres)",
        ),
        (
            "centres of shape",
            "rows = xdsc.plot.rows_of(labelled)\n"
            "xdsc.plot.embedding(labelled, rows, kind='pca', centres=[[1.0]])",
            "leave them out",
            "xdsc.plot.embedding(labelled, rows, kind='pca')",
        ),
    ],
    "plot.maps.hatching": [
        (
            "hatch= as True, False",
            "xdsc.plot.composites(labelled, 't2m', hatch='x')",
            "hatch=composites.t2m_significant",
            "composites = xdsc.composites(labelled, significance='t')\n"
            "xdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "hatch= with the regimes and the grid",
            "composites = xdsc.composites(labelled, significance='t')\n"
            "xdsc.plot.composites(labelled, 't2m', hatch=composites.t2m_significant[:, :2])",
            "hatch=composites.t2m_significant",
            "xdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
    ],
    "plot.history": [
        (
            "a training history with",
            "xdsc.plot.history(base)",
            "model.history_",
            "class model: history_ = epochs()\nxdsc.plot.history(TYPED)",
        ),
        (
            "a training run of one epoch",
            "xdsc.plot.history(epochs().assign(label_change=epochs().label_change * np.nan,"
            "reconstruction_loss=epochs().reconstruction_loss * np.nan))",
            "epochs= above 0",
            "xdsc.plot.history(epochs())",
        ),
    ],
    "plot.statistics.indices": [
        (
            "period= as two dates",
            "xdsc.plot.regime_index(labelled[['t2m']], 2019)",
            "period=('2019-01-01', '2019-02-09')",
            "xdsc.plot.regime_index(labelled[['t2m']], TYPED)",
        ),
        (
            "a period from … to",
            "xdsc.plot.regime_index(labelled[['t2m']], '1950')",
            "period=('2019-01-01', '2019-02-09')",
            "xdsc.plot.regime_index(labelled[['t2m']], TYPED)",
        ),
    ],
    "plot.maps.layers": [
        (
            "norm= alone",
            "xdsc.plot.composites(labelled, 't2m', norm=plt.Normalize(), vmin=-1)",
            "norm=matplotlib.colors.Normalize(-1, 1)",
            "import matplotlib\nxdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "norm= as a norm",
            "xdsc.plot.composites(labelled, 't2m', norm=print)",
            "norm=matplotlib.colors.Normalize(-1, 1)",
            "import matplotlib\nxdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "vmin= below vmax=",
            "xdsc.plot.composites(labelled, 't2m', vmin=1, vmax=-1)",
            "leave one of them out",
            "xdsc.plot.composites(labelled, 't2m', vmax=1)",
        ),
        (
            "levels= as a number from 2 to 256",
            "xdsc.plot.composites(labelled, 't2m', levels=1)",
            "leave it out",
            "xdsc.plot.composites(labelled, 't2m')",
        ),
        (
            "levels that rise, two or more",
            "xdsc.plot.composites(labelled, 't2m', levels=[1])",
            "levels=8",
            "xdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
    ],
    "plot.maps.map_arguments": [
        (
            "kind to be one of",
            "xdsc.plot.composites(labelled, 't2m', kind='contourf')",
            "draw='contourf'",
            "xdsc.plot.composites(labelled, 't2m', TYPED)",
        ),
        (
            "arguments of filled contours",
            "xdsc.plot.composites(labelled, 't2m', draw='contourf', linewidth=1)",
            "draw='pcolormesh'",
            "xdsc.plot.composites(labelled, 't2m', TYPED, linewidth=1)",
        ),
        (
            "a variable over time and space",
            "xdsc.plot.composites(labelled, 't2')",
            "'t2m'",
            "xdsc.plot.composites(labelled, TYPED)",
        ),
        (
            "labels along …",
            "ds = base.assign_coords(cluster=('latitude', [0, 0, 1, 1]))\n"
            "xdsc.plot.composites(ds, 't2m')",
            "pass one label a time step",
            "xdsc.plot.composites(labelled, 't2m')",
        ),
        (
            "… over …",
            "ds = labelled.expand_dims(level=[500, 850])\nxdsc.plot.composites(ds, 't2m')",
            "ds.isel(level=0)",
            "xdsc.plot.composites(TYPED, 't2m')",
        ),
    ],
    "plot.separation.points": [
        (
            "finite values, or NaN",
            "rows = xdsc.plot.rows_of(labelled)\nrows[0, 0] = np.inf\n"
            "xdsc.plot.embedding(labelled, rows, kind='pca')",
            "np.isinf(X)",
            "X = rows\nX = X.where(~TYPED)\nxdsc.plot.embedding(labelled, X, kind='pca')",
        ),
        (
            "labelled time steps with values",
            "rows = xdsc.plot.rows_of(labelled)\n"
            "ds = labelled.assign_coords(cluster=labelled.cluster.where(labelled.time <"
            "labelled.time[20], -1))\nxdsc.plot.embedding(ds, rows.where(rows.time >="
            "rows.time[20]), kind='pca')",
            "look for missing data",
            "xdsc.plot.embedding(labelled, rows, kind='pca')",
        ),
    ],
    "plot.rows": [
        (
            "preprocessor= for space='data'",
            "how = xdsc.Preprocessor()\n"
            "labelled.dsc.plot.silhouette(space='embedding', preprocessor=how)",
            "leave one of them out",
            "labelled.dsc.plot.silhouette(preprocessor=how)",
        ),
        (
            "a Dataset with a model for space=",
            "labelled.dsc.plot.silhouette(space='embedding')",
            "pass the embedding to xdsc.plot.silhouette",
            "xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled))",
        ),
    ],
    "plot.separation.silhouettes": [
        (
            "two regimes or more",
            "ds = labelled.assign_coords(cluster=labelled.cluster * 0)\n"
            "xdsc.plot.silhouette(ds, xdsc.plot.rows_of(labelled))",
            "draw more time steps",
            "xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled))",
        ),
    ],
    "selection.comparison": [
        (
            "all runs to finish",
            "class Broken(KMeans):\n"
            "    def fit(self, *_, **__): raise RuntimeError\n"
            "compared(base, methods=[Broken(3)])",
            "look at result.error",
            "compared(base, methods=[KMeans(3)])",
        ),
    ],
    "selection.results": [
        (
            "a run in line …",
            "compared(base, results=folder / 'r.jsonl')\n"
            "with open(folder / 'r.jsonl', 'a') as f: f.write('nonsense\\n{}\\n')\n"
            "compared(base, results=folder / 'r.jsonl')",
            "pass the path of a new file",
            "compared(base, results=folder / 's.jsonl')",
        ),
        (
            "…, which is …",
            "compared(base, results=folder)",
            "results='runs.jsonl'",
            "import os\nos.chdir(folder)\ncompared(base, TYPED)",
        ),
        (
            "… | …… | …",
            "compared(base, results=folder / 'new' / 'r.jsonl')",
            "results='runs.jsonl', in a folder that is there",
            "(folder / 'new').mkdir()\ncompared(base, results=folder / 'new' / 'r.jsonl')",
        ),
        (
            "results= to be the path of a new file",
            "(folder / 'r.jsonl').write_text('hello')\ncompared(base, results=folder / 'r.jsonl')",
            "choose another path",
            "compared(base, results=folder / 's.jsonl')",
        ),
        (
            "a results file of the same prepared data",
            "compared(base, results=folder / 'r.jsonl')\n"
            "compared(base.isel(time=slice(30)), results=folder / 'r.jsonl')",
            "choose another path",
            "compared(base, results=folder / 's.jsonl')",
        ),
    ],
    "selection.tasks": [
        (
            "k as a number, or several",
            "compared(base, [])",
            "k=[4, 5, 6]",
            "compared(base, TYPED)".replace("TYPED", "[4, 5, 6]"),
        ),
        (
            "options for the methods",
            "compared(base, options={'gmm': {}})",
            "leave these out",
            "compared(base)",
        ),
        (
            "options of single methods",
            "compared(base, options={'kmeans': {'random_state': 1}})",
            "random_state=",
            "compared(base, TYPED1)",
        ),
        (
            "no checkpoint= in a comparison",
            "compared(base, options={'kmeans': {'checkpoint':'here'}})",
            "results='runs.jsonl'",
            "import os\nos.chdir(folder)\ncompared(base, TYPED)",
        ),
        (
            "methods with an embedding",
            "compared(base, space='embedding')",
            "space='data'",
            "compared(base, TYPED)",
        ),
        (
            "methods that differ",
            "compared(base, methods=['kmeans', 'kmeans'])",
            "give them names",
            "xdsc.compare(base, 3, {'a': 'kmeans', 'b': 'kmeans'}, n_runs=1,"
            "metrics='silhouette', progress=False)",
        ),
        (
            "at least one method",
            "compared(base, methods=[])",
            "methods=['kmeans', 'dsc']",
            "compared(base, methods=['kmeans'])",
        ),
    ],
}

REASONS = {
    "plot.maps.charts": {"an environment without it": "installs a package"},
    "plot.separation.projections": {"an environment without it": "installs a package"},
    "plot.style": {"an environment without it": "installs a package"},
    "selection.results": {
        "room for a run in the results file": "needs a full disk: tests/test_selection.py",
    },
}
