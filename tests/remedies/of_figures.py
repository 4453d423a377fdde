"""Messages of figures, scores, tables and comparisons."""

import numpy as np
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
            "whole numbers as labels",
            "xdsc.metrics.rmse_mean(X, [0.5, 0, 1, 1])",
            "one label a row",
            "xdsc.metrics.rmse_mean(X, PAIRS)",
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
            "the history of a training run",
            "labelled.dsc.plot.history()",
            "xdsc.plot.history(model.history_)",
            "class model: history_ = epochs()\nTYPED",
        ),
    ],
    "plot.calendars": [
        (
            "dates in the coordinate",
            "ds = labelled.assign_coords(time=('time', np.arange(40),"
            "{'units': 'days since 2000-01-01', 'axis': 'T'}))\nxdsc.plot.timeline(ds)",
            "ds = xr.decode_cf(ds)",
            "TYPED; xdsc.plot.timeline(ds)",
        ),
    ],
    "plot.embeddings": [
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
    "plot.hatching": [
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
    "plot.maps": [
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
    "plot.points": [
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
            "a Dataset with a model for space=",
            "labelled.dsc.plot.silhouette(space='embedding')",
            "pass the embedding to xdsc.plot.silhouette",
            "xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled))",
        ),
    ],
    "plot.silhouettes": [
        (
            "two regimes or more",
            "ds = labelled.assign_coords(cluster=labelled.cluster * 0)\n"
            "xdsc.plot.silhouette(ds, xdsc.plot.rows_of(labelled))",
            "draw more time steps",
            "xdsc.plot.silhouette(labelled, xdsc.plot.rows_of(labelled))",
        ),
    ],
    "plot.style": [
        (
            "arguments of the figure",
            "xdsc.plot.composites(labelled, 't2m', vmim=1)",
            "vmin=",
            "xdsc.plot.composites(labelled, 't2m', TYPED-1)",
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
    "selection.results": {
        "room for a run in the results file": "needs a full disk: tests/test_selection.py",
    },
}
