"""Messages about saved models."""

from sklearn.cluster import KMeans, MiniBatchKMeans  # noqa: F401
from sklearn.mixture import GaussianMixture  # noqa: F401
from sklearn.pipeline import make_pipeline  # noqa: F401
from sklearn.preprocessing import FunctionTransformer  # noqa: F401

from xdsc.storage import Contents, write  # noqa: F401

CASES = {
    "storage.archive": [
        (
            "a folder to save to",
            "model.save(folder / 'new' / 'regimes.xdsc')",
            "make it first",
            "(folder / 'new').mkdir()\nmodel.save(folder / 'new' / 'regimes.xdsc')",
        ),
        (
            "add a name, regimes.xdsc",
            "model.save(folder)",
            "regimes.xdsc",
            "model.save(folder / 'TYPED')",
        ),
        (
            "choose another name",
            "import os\nos.mkfifo(folder / 'pipe')\nmodel.save(folder / 'pipe')",
            "choose another name",
            "model.save(folder / 'a.xdsc')",
        ),
        (
            "a saved model to be read",
            "xdsc.load_model(folder)",
            "check the path",
            "model.save(folder / 'a.xdsc')\nxdsc.load_model(folder / 'a.xdsc')",
        ),
        (
            "a saved model | …",
            "xdsc.load_model(folder / 'b.xdsc')",
            "check the path",
            "model.save(folder / 'a.xdsc')\nxdsc.load_model(folder / 'a.xdsc')",
        ),
    ],
    "storage.contents": [
        (
            "a whole file that xdsc has saved",
            "(folder / 'a.xdsc').write_text('x')\nxdsc.load_model(folder / 'a.xdsc')",
            "save the model again",
            "model.save(folder / 'a.xdsc')\nxdsc.load_model(folder / 'a.xdsc')",
        ),
    ],
    "storage.estimators": [
        (
            "stored without pickle",
            "own = make_pipeline(FunctionTransformer(lambda rows: rows), KMeans(3))\n"
            "xdsc.ClusterModel(method=own).fit(ds).save(folder / 'a.xdsc')",
            "use another clusterer, such as KMeans, MiniBatchKMeans or GaussianMixture",
            "for each in (KMeans(3), MiniBatchKMeans(3), GaussianMixture(3)):\n"
            "    xdsc.ClusterModel(method=each).fit(ds).save(folder / 'a.xdsc')\n"
            "labelled.to_netcdf(folder / 'labels.nc')",
        ),
    ],
    "storage.fields": [
        (
            "to be of numbers, times or strings",
            "field = xr.Dataset(coords={'x': ('x', [1j, 2j])})\n"
            "write(folder / 'a.xdsc', Contents(fields={'a': field}))",
            "convert or drop it",
            "for field in (field.assign_coords(x=field.x.real), field.drop_vars('x')):\n"
            "    write(folder / 'a.xdsc', Contents(fields={'a': field}))",
        ),
    ],
    "storage.values": [
        (
            "to be made of numbers, strings",
            "field = xr.Dataset(attrs={'odd': {1, 2}})\n"
            "write(folder / 'a.xdsc', Contents(fields={'a': field}))",
            "change or drop it",
            "for field in (field.assign_attrs(odd=[1, 2]), field.drop_attrs()):\n"
            "    write(folder / 'a.xdsc', Contents(fields={'a': field}))",
        ),
    ],
    "storage.paths": [
        (
            "pass a string or a pathlib.Path",
            "model.save(3)",
            "pathlib.Path",
            "import pathlib\nmodel.save(TYPED(folder) / 'a.xdsc')",
        ),
        (
            "a path | … | pass the name of a file",
            "model.save('\\0')",
            "pass the name of a file",
            "model.save(folder / 'a.xdsc')",
        ),
        (
            "a path on a disk",
            "model.save('s3://bucket/regimes.xdsc')",
            "'regimes.xdsc'",
            "model.save(folder / TYPED)\nxdsc.load_model(folder / TYPED)",
        ),
    ],
}

REASONS = {
    "model.cluster": {
        "a file with a whole model": "a damaged file: tests/test_forged_files.py",
        "a checkpoint of a fit": "needs a fit of a network: tests/test_checkpoints.py",
    },
    "storage.archive": {
        "… to be written": "needs a disk that refuses: tests/test_storage.py",
        "… to be read | …": "needs a file of somebody else",
    },
    "storage.arrays": {
        "names of arrays as strings": "a guard: methods name their arrays",
        "to be an array of numbers": "a guard: methods have arrays of numbers",
        "finite values in": "a training that failed, which no data are known to do",
    },
    "storage.contents": {
        "a file of format version": "a file of the future: tests/test_save_load.py",
    },
    "storage.damage": {"names of … of letters": "a guard: xdsc names the parts"},
    "storage.fields": {
        "… to be a Dataset": "a guard: xdsc gives Datasets",
        "names in … to be strings": "a guard: cf.dataset tells it first",
        "below 2 GiB": "needs 2 GiB",
    },
}
