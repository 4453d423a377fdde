"""Model files that somebody has made up: one that xdsc has saved, changed in one place."""

import copy
import hashlib
import io
import json
import zipfile
from dataclasses import replace

import numpy as np

from xdsc.storage import archive, read, write

#: What no fit writes; by turns too large, of another type, nested, and without end.
HOSTILE = [
    *(None, True, False, 0, -1, 1, 7, 10**9, -(10**9), 2**70, 0.5, -1.5, 1e300),
    *({"$float": "nan"}, {"$float": "inf"}, {"$tuple": []}, {"$tuple": [10**9, 10**9]}),
    *("", "x", "\0", "../../etc/passwd", "a" * 10_000, "os.system", "days since 0000-00-00"),
    *([], [[]], [1] * 1000, ["x", None], [10**9] * 4, {}, {"": None}, {"x": {"y": {}}}),
    {"$numpy": {"dtype": "float64", "values": [1.0, 2.0]}},
    {"class_name": "Lambda", "config": {"module": "os"}, "module": "os", "registered_name": "x"},
]


def entries_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(entries):
    """A file of these entries, listed in its head as they are now."""
    head = json.loads(entries["xdsc.json"])
    head["entries"] = {
        name: {"size": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        for name, part in entries.items()
        if name != "xdsc.json"
    }
    buffer = io.BytesIO()
    archive.write_entries(buffer, {**entries, "xdsc.json": json.dumps(head).encode()})
    return buffer.getvalue()


def places_in(value, path=()):
    """Paths to all values in JSON."""
    found = [path] if path else []
    items = {dict: dict.items, list: enumerate}.get(type(value), lambda value: ())(value)
    for key, item in items:
        found += places_in(item, (*path, key))
    return found


def with_change(value, path, change):
    """A copy of JSON with the value at a path changed, or gone where the change says so."""
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    new = change(at[path[-1]])
    if new is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return changed


def hostile_change(rng):
    kind = rng.integers(4)
    if kind == 0:
        return lambda value: KeyError
    if kind == 1:
        return lambda value: [value, value]
    if kind == 2:
        return lambda value: -value if isinstance(value, (int, float)) else {"x": value}
    return lambda value: HOSTILE[rng.integers(len(HOSTILE))]


def json_forged(text, rng):
    """JSON with one value changed."""
    value = json.loads(text)
    places = places_in(value)
    path = places[rng.integers(len(places))]
    return json.dumps(with_change(value, path, hostile_change(rng))).encode()


def schema_forged(text, rng):
    """The schema of an estimator with one attribute changed, or anything in it."""
    value = json.loads(text)
    attributes = [path for path in places_in(value) if path[-1] == "content"]
    attributes = [path for path in attributes if isinstance(value_at(value, path), str)]
    if rng.integers(3) == 0:
        return json_forged(text, rng)
    path = attributes[rng.integers(len(attributes))]
    hostile = HOSTILE[rng.integers(len(HOSTILE))]
    return json.dumps(with_change(value, path, lambda _: json.dumps(hostile))).encode()


def value_at(value, path):
    for key in path:
        value = value[key]
    return value


def array_forged(array, rng):
    kind = rng.integers(7)
    if kind == 0:
        return array[..., None]
    if kind == 1:
        return np.concatenate([array.ravel(), array.ravel()[:1]])
    if kind == 2:
        return array.astype(["float64", "int64", "bool", "uint8"][rng.integers(4)])
    if kind == 3:
        return np.zeros((0, *array.shape[1:]), array.dtype)
    if kind == 4:
        return (array.astype("float64") * -1e9).astype(array.dtype)
    if kind == 5:
        return array.T.copy()
    return np.full(array.shape, rng.integers(2) * 100, array.dtype)


def field_forged(ds, rng):
    kind = rng.integers(6)
    names = [*ds.variables]
    if kind == 0 or not names:
        return ds.isel({dim: slice(0, n - 1) for dim, n in ds.sizes.items()})
    name = names[rng.integers(len(names))]
    if kind == 1:
        return ds.drop_vars(name)
    if kind == 2:
        return ds.rename({name: "x"})
    if kind == 3:
        return ds.drop_attrs()
    if kind == 4:
        values = ds[name].values
        other = values.astype(str) if rng.integers(2) else np.zeros(values.shape, "float32")
        return ds.assign({name: (ds[name].dims, other, ds[name].attrs)})
    ds = ds.copy()
    for key in ds[name].attrs or {"x": 0}:
        ds[name].attrs[key] = [0, "x", 1e30, [1, 2]][rng.integers(4)]
    return ds


def forged(path, seed, folder):
    """The path of a file that is that of `path` with one part changed."""
    rng = np.random.default_rng(seed)
    target = folder / f"forged{seed}.xdsc"
    entries = entries_of(path.read_bytes())
    skops = [name for name in entries if name.endswith(".skops")]
    kind = rng.integers(6)
    if kind <= 1 and skops:
        name = skops[rng.integers(len(skops))]
        inner = entries_of(entries[name])
        inner["schema.json"] = schema_forged(inner["schema.json"], rng)
        buffer = io.BytesIO()
        archive.write_entries(buffer, inner)
        target.write_bytes(packed({**entries, name: buffer.getvalue()}))
    elif kind <= 3:
        head = json.loads(entries["xdsc.json"])
        head["config"] = json.loads(json_forged(json.dumps(head["config"]), rng))
        target.write_bytes(packed({**entries, "xdsc.json": json.dumps(head).encode()}))
    elif kind == 4:
        contents = read(path)
        name = sorted(contents.arrays)[rng.integers(len(contents.arrays))]
        arrays = {**contents.arrays, name: array_forged(contents.arrays[name], rng)}
        write(target, replace(contents, arrays=arrays))
    else:
        contents = read(path)
        name = sorted(contents.fields)[rng.integers(len(contents.fields))]
        fields = {**contents.fields, name: field_forged(contents.fields[name], rng)}
        write(target, replace(contents, fields=fields))
    return target
