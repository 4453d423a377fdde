"""Messages about saved models."""

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
    ],
    "storage.contents": [
        (
            "a whole file that xdsc has saved",
            "(folder / 'a.xdsc').write_text('x')\nxdsc.load_model(folder / 'a.xdsc')",
            "save the model again",
            "model.save(folder / 'a.xdsc')\nxdsc.load_model(folder / 'a.xdsc')",
        ),
    ],
}

REASONS = {
    "model.cluster": {"a file with a whole model": "a damaged file: tests/test_forged_files.py"},
    "storage.archive": {
        "… to be written": "needs a disk that refuses: tests/test_storage.py",
        "… to be read | …": "needs a file of somebody else",
    },
    "storage.arrays": {
        "names of arrays as strings": "a guard: methods name their arrays",
        "to be an array of numbers": "a guard: methods have arrays of numbers",
        "finite values in": "a training that failed: tests/test_storage.py",
    },
    "storage.contents": {
        "a file of format version": "a file of the future: tests/test_save_load.py",
    },
    "storage.damage": {"names of … of letters": "a guard: xdsc names the parts"},
    "storage.estimators": {
        "stored without pickle": "tests/test_save_load.py, by each clusterer",
    },
    "storage.fields": {
        "… to be a Dataset": "a guard: xdsc gives Datasets",
        "names in … to be strings": "a guard: cf.dataset tells it first",
        "to be of numbers, times or strings": "coordinates of objects: tests/test_storage.py",
        "below 2 GiB": "needs 2 GiB",
    },
    "storage.values": {"to be made of numbers, strings": "tests/test_storage.py, by each type"},
}
