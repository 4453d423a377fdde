"""The file of a model: what is written comes back, and what is damaged is told."""

import errno
import hashlib
import io
import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
from collections import namedtuple
from contextlib import suppress

import cftime
import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from sklearn.cluster import KMeans

from xdsc.errors import StorageError
from xdsc.frames import disk
from xdsc.storage import FORMAT_VERSION, Contents, from_json, read, temporary, to_json, write
from xdsc.storage import archive as archive_module
from xdsc.storage.temporary import file_beside

ARRAYS = {
    "weights/kernel": np.arange(6, dtype="float32").reshape(2, 3),
    "mask": np.array([[True, False]]),
    "labels_": np.array([-1, 0, 2**40]),
    "scalar": np.array(0.1),
    "none": np.zeros((0, 3), "int32"),
}
CONFIG = {
    "method": "dsc",
    "k": 3,
    "nested": [{"a": None, "b": [1.5, True, "é"]}],
    "tagged": {"widths": (8, 4), "limit": float("inf"), "seed": np.int64(1), "tag": {"$tuple": []}},
}


def fields():
    time = xr.date_range("2001-02-27", periods=4, calendar="noleap", use_cftime=True)
    ds = xr.Dataset(
        {
            "t2m": (("time", "y"), np.linspace(0, 1, 8).reshape(4, 2), {"units": "°C", "n": None}),
            "count": ("y", np.array([2**40, -1])),
            "small": ("y", np.array([3, -1])),
            "valid": ((), np.True_),
        },
        {"time": time, "y": [10, 20]},
        {"history": "made", "pair": (1, 2.5)},
    )
    return {"step-0": ds, "empty": xr.Dataset()}


@pytest.fixture(scope="module")
def contents():
    rows = np.random.default_rng(0).normal(size=(20, 2))
    return Contents(CONFIG, ARRAYS, fields(), {"fitted": KMeans(2, random_state=0).fit(rows)})


@pytest.fixture(scope="module")
def saved(contents, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "regimes.xdsc"
    write(path, contents)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Bytes of a file without an estimator, which takes longest to read."""
    path = tmp_path_factory.mktemp("plain") / "regimes.xdsc"
    write(path, Contents(CONFIG, ARRAYS, fields()))
    return path.read_bytes()


def assert_same(first, second):
    # repr tells tuples from lists, and NumPy's numbers from Python's.
    assert repr(first.config) == repr(second.config)
    assert set(first.arrays) == set(second.arrays)
    for name, array in first.arrays.items():
        assert array.dtype == second.arrays[name].dtype
        np.testing.assert_array_equal(array, second.arrays[name], strict=True)
    assert set(first.fields) == set(second.fields)
    for name, ds in first.fields.items():
        xr.testing.assert_identical(ds, second.fields[name])


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def rewritten(content, change=None, **changed):
    """The file with some entries changed, and listed as they are now."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries |= changed
    head = json.loads(entries.pop("xdsc.json"))
    head["entries"] = {
        name: {"size": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        for name, part in entries.items()
    }
    if change is not None:
        change(head, entries)
    buffer = io.BytesIO()
    archive_module.write_entries(buffer, {"xdsc.json": json.dumps(head).encode(), **entries})
    return buffer.getvalue()


# --- What is written comes back -----------------------------------------------------------------


def test_contents_come_back(contents, saved):
    found = read(saved)
    assert_same(contents, found)
    rows = np.random.default_rng(1).normal(size=(9, 2))
    labels = contents.estimators["fitted"].predict(rows)
    np.testing.assert_array_equal(found.estimators["fitted"].predict(rows), labels)


def test_what_comes_back_can_be_changed(saved):
    found = read(saved)
    found.arrays["labels_"][:] = 0
    found.fields["step-0"]["t2m"][:] = 0


def test_the_same_contents_make_the_same_bytes(contents, saved, tmp_path):
    write(tmp_path / "again.xdsc", read(saved))
    assert (tmp_path / "again.xdsc").read_bytes() == saved.read_bytes()


def test_the_file_is_a_plain_zip_that_others_can_read(saved, tmp_path):
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == [
            "xdsc.json",
            "arrays.safetensors",
            "fields/empty.nc",
            "fields/step-0.nc",
            "estimators/fitted.skops",
        ]
        assert json.loads(archive.read("xdsc.json"))["format_version"] == FORMAT_VERSION
        (tmp_path / "step.nc").write_bytes(archive.read("fields/step-0.nc"))
    with xr.open_dataset(tmp_path / "step.nc") as ds:
        assert ds.t2m.attrs["units"] == "°C"
        assert ds.time.values[1] == cftime.DatetimeNoLeap(2001, 2, 28)
        np.testing.assert_array_equal(ds.t2m, fields()["step-0"].t2m)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_type_and_order_in_memory(dtype, order, tmp_path):
    array = np.asarray(np.arange(12).reshape(3, 4), dtype, order=order)
    write(tmp_path / "a.xdsc", Contents(arrays={"a": array, "part": array[::2, 1::2]}))
    found = read(tmp_path / "a.xdsc").arrays
    assert found["a"].dtype == dtype
    assert found["a"].flags.f_contiguous == (order == "F")
    np.testing.assert_array_equal(found["a"], array)
    np.testing.assert_array_equal(found["part"], array[::2, 1::2])


TIMES = {
    "days": np.array(["1850-01-01", "2100-12-31"], "M8[ns]"),
    "hours": np.array(["2000-01-01T06", "2000-01-01T12"], "M8[s]"),
    "nanoseconds": np.array(["2000-01-01T00:00:00.000000001", "1999-01-01"], "M8[ns]"),
    "far": np.array(["0001-01-01", "9999-12-31T23:59:59"], "M8[us]"),
    "missing": np.array(["2000-01-01", "NaT"], "M8[ms]"),
    "lengths": np.array([90, -1], "m8[s]"),
    "missing length": np.array([1, "NaT"], "m8[ns]"),
}


@pytest.mark.parametrize("values", TIMES.values(), ids=TIMES)
def test_times_come_back(values, tmp_path):
    ds = xr.Dataset({"t": ("x", values), "one": ((), values[0])})
    write(tmp_path / "a.xdsc", Contents(fields={"a": ds}))
    found = read(tmp_path / "a.xdsc").fields["a"]
    xr.testing.assert_identical(found, ds)
    assert found.t.dtype == values.dtype


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "julian", "standard", "all_leap"])
@pytest.mark.parametrize("step", ["1D", "6h", "7us"])
def test_calendars_come_back(calendar, step, tmp_path):
    time = xr.date_range("1901-02-26", periods=5, freq=step, calendar=calendar, use_cftime=True)
    ds = xr.Dataset({"a": ("time", np.arange(5.0))}, {"time": time})
    write(tmp_path / "a.xdsc", Contents(fields={"a": ds}))
    found = read(tmp_path / "a.xdsc").fields["a"]
    xr.testing.assert_identical(found, ds)
    assert found.indexes["time"].calendar == calendar
    assert found.time.values[0].has_year_zero == ds.time.values[0].has_year_zero


NUMBERS = st.sampled_from(
    ["bool", "int8", "uint8", "int16", "uint32", "int64", "uint64", "float16", "float32", "float64"]
)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fields_come_back(tmp_path, data):
    """Any type and shape, NaN and infinities, odd names, all numbers to the bit."""
    shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
    dims = data.draw(
        st.lists(
            st.text(min_size=1, max_size=5), min_size=len(shape), max_size=len(shape), unique=True
        )
    )
    dtype = np.dtype(data.draw(NUMBERS))
    bits = data.draw(st.binary(min_size=(n := int(np.prod(shape)) * dtype.itemsize), max_size=n))
    values = np.frombuffer(bits, "bool" if dtype == "bool" else dtype).reshape(shape)
    values = values.view("uint8") != 0 if dtype == "bool" else values
    name = data.draw(st.text(min_size=1).filter(lambda text: text not in dims))
    ds = xr.Dataset({name: (dims, values)}, attrs={"note": data.draw(st.text())})
    write(tmp_path / "a.xdsc", Contents(fields={"a": ds}))
    found = read(tmp_path / "a.xdsc").fields["a"]
    xr.testing.assert_identical(found, ds)
    assert found[name].dtype == dtype


def test_strings_and_names_come_back(tmp_path):
    ds = xr.Dataset(
        {"η": (("ξ",), np.array(["", "é", "ab"])), "o": ("ξ", np.array(["a", "b", "c"], object))},
        {"float": 3.0},
        {"list": [1, "a"], "array": np.array([1, 2], "int16"), "number": np.float32(0.1)},
    )
    write(tmp_path / "a.xdsc", Contents(fields={"a": ds}))
    found = read(tmp_path / "a.xdsc").fields["a"]
    xr.testing.assert_identical(found, ds)
    assert found["η"].dtype.kind == "U"
    assert found.attrs["array"].dtype == "int16"
    assert type(found.attrs["number"]) is np.float32


def test_dask_is_computed_and_the_dataset_left_as_it_is(tmp_path):
    ds = fields()["step-0"]
    lazy = ds.chunk()
    write(tmp_path / "a.xdsc", Contents(fields={"a": lazy}))
    xr.testing.assert_identical(read(tmp_path / "a.xdsc").fields["a"], ds)
    assert lazy.chunks


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from(["$tuple", "$dict", "$float"]), inner)
    ),
    max_leaves=10,
)


@given(json_values)
def test_values_come_back_from_json(value):
    text = json.dumps(to_json(value), allow_nan=False)
    # repr tells tuples from lists, and NaN is itself to it.
    assert repr(from_json(json.loads(text))) == repr(value)


@given(json_values.map(lambda value: {"$numpy": value}) | json_values)
def test_any_json_is_read_or_refused(value):
    with suppress(StorageError):
        from_json(value)


# --- What cannot be stored ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (Contents({"a": {"b": {1, 2}}}), r"config\['a'\]\['b'\] to be made of.*received set"),
        (Contents({1: 2}), r"config to be made of .*strings as keys, received dict"),
        (Contents({"a": np.complex64(1)}), "NumPy's complex64"),
        (Contents(arrays={"w": np.array([1.0, np.inf])}), "finite values in w, received NaN or"),
        (Contents(arrays={"w": np.array(["a"])}), "w to be an array of numbers, received <U1"),
        (Contents(arrays={"w": [1, 2]}), "w to be an array of numbers, received list"),
        (Contents(arrays={"w": np.array([1j])}), "w to be an array of numbers, received complex"),
        (Contents(arrays={"__metadata__": np.zeros(1)}), "names of arrays"),
        (Contents(fields={"../a": xr.Dataset()}), "names of fields of letters"),
        (Contents(estimators={"a/b": KMeans()}), "names of estimators of letters"),
        (Contents(fields={"a": xr.DataArray([1])}), "a to be a Dataset, received DataArray"),
        (Contents(fields={"a": xr.Dataset({"z": ("x", [1j])})}), r"a\['z'\] to be of numbers"),
        (Contents(fields={"a": xr.Dataset({1: ("x", [1])})}), r"names in a to be strings"),
        (
            Contents(fields={"a": xr.Dataset(attrs={"odd": {1, 2}})}),
            r"a\.attrs\['odd'\] to be made of numbers.*received set",
        ),
        (Contents(estimators={"a": object()}), "in the place of object"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_written(contents, words, tmp_path):
    with pytest.raises(StorageError, match=words):
        write(tmp_path / "a.xdsc", contents)
    assert not list(tmp_path.iterdir())


# --- Writing as a whole or not at all -----------------------------------------------------------


def test_what_is_there_is_replaced(saved, tmp_path):
    path = tmp_path / "a.xdsc"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write(str(path), Contents({"k": 1}))
    assert read(path).config == {"k": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names_in(tmp_path) == ["a.xdsc"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.xdsc").symlink_to(tmp_path / "a.xdsc")
    write(tmp_path / "link.xdsc", Contents({"k": 1}))
    assert (tmp_path / "link.xdsc").is_symlink()
    assert read(tmp_path / "a.xdsc").config == {"k": 1}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no space left"), MemoryError])
@pytest.mark.parametrize("place", ["write", "fsync", "replace"])
@pytest.mark.parametrize("old", [b"old", None])
def test_an_interrupted_save_leaves_the_old_file_whole(error, place, old, tmp_path, monkeypatch):
    path = tmp_path / "a.xdsc"
    if old is not None:
        path.write_bytes(old)

    def fail(*args):
        raise error

    if place == "write":

        def half(file, entries):
            file.write(b"PK\x03\x04 and no more")
            fail()

        monkeypatch.setattr(archive_module, "write_entries", half)
    else:
        monkeypatch.setattr(os, place, fail)
    expected = StorageError if isinstance(error, OSError) else error
    with pytest.raises(expected):
        write(path, Contents(CONFIG, ARRAYS))
    monkeypatch.undo()
    assert names_in(tmp_path) == ([] if old is None else ["a.xdsc"])
    assert old is None or path.read_bytes() == old


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/such/a.xdsc", "a folder to save to, received .*no/such, which is not there"),
        (".", "the name of a file"),
        ("a" * 300, "to be written, received .*too long"),
        ("s3://bucket/a.xdsc", "a path on a disk, received .*use 'a.xdsc', and copy it"),
        (7, "a path, received 7"),
    ],
)
def test_a_place_that_is_none_is_told(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match=words):
        write(name, Contents())


# --- Damaged files ------------------------------------------------------------------------------


def assert_refused(content, words, folder):
    path = folder / "damaged.xdsc"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=words) as caught:
        read(path)
    assert "To fix:" in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StorageError, match=r"none\.xdsc, which is not there"):
        read(tmp_path / "none.xdsc")
    with pytest.raises(StorageError, match="to be read"):
        read(tmp_path)


def test_rewriting_alone_changes_nothing(plain, tmp_path):
    (tmp_path / "a.xdsc").write_bytes(rewritten(plain))
    assert_same(read(tmp_path / "a.xdsc"), Contents(CONFIG, ARRAYS, fields()))


@pytest.mark.parametrize("content", [b"", b"PK", b"CDF\x01 of NetCDF", b"PK\x03\x04" + bytes(99)])
def test_files_of_another_kind_are_refused(content, tmp_path):
    assert_refused(
        content, r"a whole file that xdsc has saved, received .*damaged\.xdsc with", tmp_path
    )


def test_another_zip_is_refused(tmp_path):
    buffer = io.BytesIO()
    archive_module.write_entries(buffer, {"a.txt": b"a"})
    assert_refused(buffer.getvalue(), r"no entry xdsc\.json", tmp_path)


def test_a_newer_file_asks_for_an_upgrade(plain, tmp_path):
    def newer(head, entries):
        head.update(format_version=FORMAT_VERSION + 1, entries={"weights.new": 1})
        entries["weights.new"] = entries.pop("arrays.safetensors")

    words = rf"version {FORMAT_VERSION + 1}, written by a newer xdsc. To fix: upgrade"
    assert_refused(rewritten(plain, newer), words, tmp_path)


def test_missing_and_unknown_and_changed_entries_are_refused(plain, tmp_path):
    def missing(head, entries):
        del entries["fields/step-0.nc"]

    def unknown(head, entries):
        entries["more.txt"] = b"more"

    def unlisted(head, entries):
        head["entries"]["more.txt"] = head["entries"]["arrays.safetensors"]
        entries["more.txt"] = entries["arrays.safetensors"]

    def changed(head, entries):
        entries["fields/step-0.nc"] += b" "

    def without_arrays(head, entries):
        del head["entries"]["arrays.safetensors"], entries["arrays.safetensors"]

    for change, words in (
        (missing, "no entry fields/step-0.nc"),
        (unknown, "the unknown entry more.txt"),
        (unlisted, "the unknown entry more.txt"),
        (changed, "a changed entry fields/step-0.nc"),
        (without_arrays, "no entry arrays.safetensors"),
    ):
        assert_refused(rewritten(plain, change), words, tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"),
        ("format_version", "1"),
        ("format_version", True),
        ("format_version", 0),
        ("format_version", None),
        ("packages", []),
        ("config", "k=3"),
        ("config", None),
        ("config", {"$tuple": []}),
        ("config", {"$unknown": 1}),
        ("fortran", {}),
        ("fortran", [1]),
        ("fortran", ["no such"]),
        ("entries", []),
        ("entries", {"arrays.safetensors": 3}),
    ],
)
def test_a_wrong_schema_is_refused(plain, key, value, tmp_path):
    def change(head, entries):
        head[key] = value

    assert_refused(rewritten(plain, change), "with", tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": ' + b"[" * 100_000, b'{"a": 1e999}'],
)
def test_a_head_that_is_no_json_is_refused(text, tmp_path):
    buffer = io.BytesIO()
    archive_module.write_entries(buffer, {"xdsc.json": text})
    assert_refused(buffer.getvalue(), "with", tmp_path)


def zipped(*entries, method=zipfile.ZIP_STORED, **attributes):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "a/../../x",
        "..",
        ".",
        "a\\x",
        "C:x",
        "a/b/c",
        "folder/",
        "a\nb",
        "é",
        "a//b",
    ],
)
def test_unsafe_names_are_refused(name, tmp_path):
    content = zipped(("xdsc.json", b"{}"), (name, b"x"))
    assert_refused(content, "with the unsafe entry name", tmp_path)
    assert names_in(tmp_path) == ["damaged.xdsc"]


def test_a_name_that_hides_behind_a_null_is_refused(tmp_path):
    content = zipped(("xdsc.json", b"{}"), ("arraysX../../x", b"x")).replace(b"sX..", b"s\0..")
    assert_refused(content, "with the unsafe entry name", tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twice_the_same_entry_is_refused(tmp_path):
    assert_refused(zipped(("xdsc.json", b"{}"), ("xdsc.json", b"{}")), "more than once", tmp_path)


def test_links_are_refused(tmp_path):
    content = zipped(("xdsc.json", b"/etc/passwd"), external_attr=(stat.S_IFLNK | 0o777) << 16)
    assert_refused(content, "no plain file", tmp_path)


def test_compressed_entries_are_refused(tmp_path):
    bomb = zipped(("xdsc.json", bytes(10**6)), method=zipfile.ZIP_DEFLATED)
    assert_refused(bomb, "the compressed entry xdsc.json", tmp_path)


def test_sizes_beyond_the_file_are_refused(tmp_path):
    content = zipped(("xdsc.json", b"{}"))
    large = struct.pack("<I", 2**31)
    for size in (b"\x02\0\0\0\x02\0\0\0",):
        assert content.count(size) == 2
        content = content.replace(size, large + large)
    assert_refused(content, r"entries of \d+ bytes in a file of", tmp_path)


def test_entries_that_lie_over_each_other_are_refused(tmp_path):
    """A small file with many names for one large entry."""
    content = zipped(("xdsc.json", bytes(10_000)), ("a", b""), ("b", b""))
    places = [i for i in range(len(content)) if content[i : i + 4] == b"PK\x01\x02"]
    changed = bytearray(content)
    for place in places[1:]:
        changed[place + 20 : place + 28] = content[places[0] + 20 : places[0] + 28]
        changed[place + 42 : place + 46] = content[places[0] + 42 : places[0] + 46]
    assert_refused(bytes(changed), "with", tmp_path)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (struct.pack("<Q", 2**40) + b"{}", "arrays with a header of 1099511627776 bytes"),
        (struct.pack("<Q", 2**63) + b"{}", "arrays with a header of"),
        (b"", "with"),
        (struct.pack("<Q", 2) + b"[]", "arrays that cannot be read"),
        (struct.pack("<Q", 2) + b"{}" + b"rest", "arrays that cannot be read"),
    ],
)
def test_damaged_arrays_are_refused(plain, arrays, words, tmp_path):
    assert_refused(rewritten(plain, **{"arrays.safetensors": arrays}), words, tmp_path)


def safetensors_of(dtype, shape, data, n_bytes=None):
    head = {"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, n_bytes or len(data)]}}
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (safetensors_of("F32", [1], struct.pack("<f", np.nan)), "NaN or infinite values in the"),
        (safetensors_of("F64", [1], struct.pack("<d", np.inf)), "NaN or infinite values in the"),
        (safetensors_of("F32", [2**40], bytes(4)), "with"),
        (safetensors_of("F32", [1], bytes(4), 2**40), "with"),
        (safetensors_of("BF16", [2], bytes(4)), "with"),
        (safetensors_of("object", [2], bytes(4)), "with"),
    ],
)
def test_arrays_that_are_none_are_refused(plain, arrays, words, tmp_path):
    def change(head, entries):
        head["fortran"] = []

    assert_refused(rewritten(plain, change, **{"arrays.safetensors": arrays}), words, tmp_path)


def skops_of(node):
    buffer = io.BytesIO()
    schema = json.dumps({**node, "protocol": 2, "_skops_version": "0.16.0"}).encode()
    archive_module.write_entries(buffer, {"schema.json": schema})
    return buffer.getvalue()


def node(module, name, loader, **more):
    return {"__module__": module, "__class__": name, "__loader__": loader, **more}


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (b"pickle", "a file of another kind"),
        (skops_of({}), "an estimator that cannot be read"),
        (skops_of(node("os", "system", "FunctionNode")), r"Untrusted types.*os\.system"),
        (skops_of(node("subprocess", "Popen", "ObjectNode", content=None)), "none of the classes"),
        (skops_of(node("posix", "system", "ConstructorFromReduceNode")), "not among what a file"),
        (skops_of(node("numpy.random", "RandomState", "RandomStateNode")), "not among what"),
        (skops_of(node("numpy", "void", "NdArrayNode", type="numpy", file="1.npy")), "no plain"),
        (skops_of(node("builtins", "eval", "TypeNode")), "no plain"),
        (zipped(("schema.json", bytes(10**6)), method=zipfile.ZIP_DEFLATED), "compressed entry"),
    ],
)
def test_estimators_that_would_run_something_are_refused(plain, estimator, words, tmp_path):
    content = rewritten(plain, **{"estimators/fitted.skops": estimator})
    assert_refused(content, words, tmp_path)


@pytest.mark.parametrize("content", [b"", b"CDF\x02", b"CDF\x02" + bytes(40), b"\x89HDF\r\n\x1a\n"])
def test_damaged_fields_are_refused(plain, content, tmp_path):
    assert_refused(rewritten(plain, **{"fields/step-0.nc": content}), "with", tmp_path)


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_byte_may_flip(plain, tmp_path, data):
    """An error, or what was saved: bytes that say nothing, such as dates, may flip."""
    place = data.draw(st.integers(0, len(plain) - 1))
    changed = bytearray(plain)
    changed[place] ^= data.draw(st.integers(1, 255))
    check_damaged(bytes(changed), tmp_path)


def test_any_byte_of_what_zip_writes_itself_may_flip(plain, tmp_path):
    """The same for all bits of the table of contents, and of the first entry's header."""
    begin = plain.index(b"PK\x01\x02")
    for place in [*range(40), *range(begin, len(plain))]:
        changed = bytearray(plain)
        changed[place] ^= 1 << place % 8
        check_damaged(bytes(changed), tmp_path)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_may_end_anywhere(plain, tmp_path, data):
    assert_refused(plain[: data.draw(st.integers(0, len(plain) - 1))], "with", tmp_path)


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_entries_may_hold_anything(plain, tmp_path, data):
    """As before, with sums that match: somebody has made this up."""
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        names = archive.namelist()[1:]
        name = data.draw(st.sampled_from(names))
        part = bytearray(archive.read(name))
    place = data.draw(st.integers(0, min(len(part), 2000) - 1))
    part[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.xdsc"
    path.write_bytes(rewritten(plain, **{name: bytes(part)}))
    with suppress(StorageError):
        read(path)


def check_damaged(content, folder):
    path = folder / "damaged.xdsc"
    path.write_bytes(content)
    try:
        found = read(path)
    except StorageError:
        return
    assert_same(found, Contents(CONFIG, ARRAYS, fields()))


# --- What a killed process leaves ---------------------------------------------------------------

KILLED = """
import os, signal, sys
from xdsc.storage import Contents, archive, write
def die(file, entries):
    file.write(b"PK and no more"); file.flush(); os.kill(os.getpid(), signal.SIGKILL)
archive.write_entries = die
write(sys.argv[1], Contents())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="files have names there from the beginning")
def test_a_killed_save_leaves_nothing(tmp_path):
    try:
        os.close(os.open(tmp_path, os.O_TMPFILE | os.O_RDWR))
    except OSError:
        pytest.skip("this disk has no files without a name")
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.xdsc")], check=False)
    assert names_in(tmp_path) == []


def test_a_save_removes_what_a_killed_one_has_left_and_nothing_else(tmp_path, monkeypatch):
    named = "from xdsc.storage import temporary; temporary._unnamed_file = lambda folder: None"
    code = f"{named}\n{KILLED}"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.xdsc")], check=False)
    (left,) = names_in(tmp_path)
    assert left.endswith(".xdsc-tmp")
    # Another machine on the same disk may be at work, and its locks may not be seen here.
    other = left.replace(temporary._machine(), "0" * 8)
    for name in (".notes.tmp", other):
        (tmp_path / name).touch()
    monkeypatch.setattr(temporary, "_unnamed_file", lambda folder: None)
    with file_beside(tmp_path / "b.xdsc"):
        mine = {*names_in(tmp_path)} - {".notes.tmp", other, left}
        write(tmp_path / "c.xdsc", Contents())
        assert {*names_in(tmp_path)} == {".notes.tmp", other, *mine, "c.xdsc"}
    assert {*names_in(tmp_path)} == {".notes.tmp", other, "c.xdsc"}


# --- Room on the disk ---------------------------------------------------------------------------


def test_no_room_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(10**6, 10**6 - 10, 10))
    with pytest.raises(StorageError, match=r"B of free disk for a\.xdsc.*10 B in .*make room"):
        write(tmp_path / "a.xdsc", Contents())
    assert names_in(tmp_path) == []
    # A file system that does not know its size has room.
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(0, 0, 0))
    write(tmp_path / "a.xdsc", Contents())


@pytest.mark.parametrize("named", [True, False])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, named):
    path = tmp_path / "a.xdsc"
    write(path, Contents({"old": True}))

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive_module.os, "fsync", full)
    if named:
        monkeypatch.setattr(temporary, "_unnamed_file", lambda folder: None)
    with pytest.raises(StorageError, match=r"of free disk for a\.xdsc.*larger disk"):
        write(path, Contents())
    assert names_in(tmp_path) == ["a.xdsc"]
    assert read(path).config == {"old": True}
