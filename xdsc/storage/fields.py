"""Datasets as NetCDF-3, which a reader in pure Python reads: no HDF5 parser meets a foreign file.

Values are stored in types that NetCDF-3 has, and come back with their type to the bit:

- booleans as bytes, float16 as float32;
- other integers as int32 where they fit, and else as two int32 of which the second is the lower;
- times, of NumPy or cftime, as integers since 1970 in the largest unit in which they are integers,
  with ``units`` and ``calendar``;
- strings, and arrays without any element, in the attribute ``xdsc`` of the file: it is JSON and
  has for each variable the name, dims, type and attributes, which so are not bound to what NetCDF-3
  can hold. Other readers find the units and the long and standard names in their usual places.

Arrays come back in C order. Encodings are not kept, nor indexes other than those of dimensions.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import StorageError, message
from xdsc.storage.damage import SAFE_NAME, DamageError
from xdsc.storage.times import TIME_TYPE, decode_times, encode_times, is_cftime
from xdsc.storage.values import NUMBER_TYPES, from_json, number_type, to_json

_LARGEST = 2**31 - 4
_PLAIN = ("int8", "int16", "int32", "float32", "float64")
_FOR_OTHER_READERS = ("units", "calendar", "long_name", "standard_name")
_WORDS = "xdsc.words"


def encode_dataset(ds: object, name: str) -> bytes:
    """Write a Dataset; `name` is what messages call it.

    Raises
    ------
    StorageError
        A variable has another type, or 2 GiB and more.
    """
    from scipy.io import netcdf_file

    if not isinstance(ds, xr.Dataset):
        received = type(ds).__name__
        raise StorageError(message(f"{name} to be a Dataset", received, "convert it first"))
    encoded = [_encode_variable(ds, key, name) for key in ds.variables]
    own = {
        "variables": [notes for _, notes in encoded],
        "attrs": to_json(dict(ds.attrs), f"{name}.attrs"),
    }
    buffer = io.BytesIO()
    file = netcdf_file(buffer, "w", version=2)
    dims = {dim: str(dim) if _is_plain_name(dim) else f"dim.{i}" for i, dim in enumerate(ds.sizes)}
    for values, notes in encoded:
        if values is not None:
            _store(file, values, notes, dims)
    file.xdsc = json.dumps(own, allow_nan=False).encode()
    # Closing would close the buffer as well, with what is in it.
    file.flush()
    return buffer.getvalue()


def decode_dataset(content: bytes) -> xr.Dataset:
    """Read a Dataset; `DamageError` or another error where it is not such as is written."""
    from scipy.io import netcdf_file

    with netcdf_file(io.BytesIO(content), "r", mmap=False) as file:
        own = json.loads(file.xdsc)
        stored = {name: np.asarray(variable.data) for name, variable in file.variables.items()}
    data: dict[str, xr.Variable] = {}
    coordinates: dict[str, xr.Variable] = {}
    for notes in own["variables"]:
        values = _decode(stored.get(notes.get("stored")), notes)
        variable = xr.Variable(notes["dims"], values, _attributes(notes["attrs"]))
        (coordinates if notes["is_coordinate"] else data)[notes["name"]] = variable
    return xr.Dataset(data, coordinates, _attributes(own["attrs"]))


def _encode_variable(
    ds: xr.Dataset, key: Hashable, name: str
) -> tuple[np.ndarray | None, dict[str, Any]]:
    """As `_encode`, with notes of all else that there is to a variable."""
    variable, where = ds.variables[key], f"{name}[{key!r}]"
    if not isinstance(key, str) or not all(isinstance(dim, str) for dim in variable.dims):
        raise StorageError(message(f"names in {name} to be strings", where, "rename it"))
    values, notes = _encode(variable.values, where)
    notes |= {"name": key, "dims": list(variable.dims), "is_coordinate": key in ds.coords}
    notes["attrs"] = to_json(dict(variable.attrs), f"{where}.attrs")
    if values is not None:
        number = list(ds.variables).index(key)
        notes["stored"] = key if _is_plain_name(key) else f"variable.{number}"
    return values, notes


def _store(
    file: Any, values: np.ndarray, notes: Mapping[str, Any], names: Mapping[Hashable, str]
) -> None:
    dims = [names[dim] for dim in notes["dims"]]
    dims += [_WORDS] * (values.ndim - len(dims))
    for dim, length in zip(dims, values.shape, strict=True):
        if dim not in file.dimensions:
            file.createDimension(dim, length)
    stored = file.createVariable(notes["stored"], values.dtype.newbyteorder("="), dims)
    stored[...] = values
    for attribute in _FOR_OTHER_READERS:
        # Of times the notes say in which unit they are.
        text = notes.get(attribute, notes["attrs"].get(attribute))
        if isinstance(text, str) and text:
            setattr(stored, attribute, text.encode())


def _encode(values: np.ndarray, where: str) -> tuple[np.ndarray | None, dict[str, Any]]:
    """Values in a type that NetCDF-3 has, and what is needed to restore them; None in the notes."""
    kind = values.dtype.kind
    notes: dict[str, Any] = {"dtype": values.dtype.name}
    if kind == "U" or (kind == "O" and all(isinstance(item, str) for item in values.flat)):
        notes |= {"dtype": "U" if kind == "U" else "object", "shape": list(values.shape)}
        return None, {**notes, "values": [str(item) for item in values.flat]}
    if kind in "mM" or is_cftime(values):
        values, times = encode_times(values)
        notes |= times
    elif values.dtype.name not in NUMBER_TYPES:
        raise StorageError(
            message(
                f"{where} to be of numbers, times or strings",
                f"{values.dtype}",
                "convert or drop it before saving",
            )
        )
    if not values.size:
        return None, {**notes, "shape": list(values.shape), "values": []}
    values = _narrow(values)
    if values.nbytes > _LARGEST:
        raise StorageError(
            message(
                f"{where} below 2 GiB, which is the most that the file can hold of one variable",
                f"{values.nbytes / 2**30:.1f} GiB",
                "select a region, or coarsen the grid before fitting",
            )
        )
    return values, notes


def _narrow(values: np.ndarray) -> np.ndarray:
    if values.dtype.name in _PLAIN:
        return values
    if values.dtype.kind == "b":
        return values.astype("int8")
    if values.dtype.kind == "f":
        return values.astype("float32")
    whole = values.astype("int64")
    if int(whole.min()) >= -(2**31) and int(whole.max()) < 2**31:
        return whole.astype("int32")
    return whole.astype(">i8", order="C")[..., None].view(">i4")


def _decode(values: np.ndarray | None, notes: Mapping[str, Any]) -> np.ndarray:
    """Undo `_encode`."""
    name, dtype = notes["name"], notes["dtype"]
    if "values" in notes:
        return _from_notes(notes)
    if values is None:
        raise DamageError(f"no values of {name}")
    if values.ndim == len(notes["dims"]) + 1:
        values = values.astype(">i4", order="C").view(">i8")[..., 0]
    if "units" in notes:
        return decode_times(values.astype("int64"), notes)
    # Where an integer does not fit, the file was not made here.
    return values.astype(number_type(dtype), order="C")


def _from_notes(notes: Mapping[str, Any]) -> np.ndarray:
    values, shape, dtype = notes["values"], tuple(notes["shape"]), notes["dtype"]
    if math.prod(shape) != len(values) or min(shape, default=0) < 0:
        raise DamageError(f"{len(values)} values of shape {shape} of {notes['name']}")
    if dtype in ("U", "object"):
        if not all(isinstance(item, str) for item in values):
            raise DamageError(f"values of {notes['name']} that are no strings")
        return np.array(values, dtype).reshape(shape)
    is_time = isinstance(dtype, str) and TIME_TYPE.fullmatch(dtype)
    if dtype != "object" and not is_time:
        number_type(dtype)
    return np.empty(shape, dtype)


def _attributes(attrs: Any) -> dict[str, Any]:
    found = from_json(attrs)
    if not isinstance(found, dict):
        raise DamageError("attributes that are no mapping")
    return found


def _is_plain_name(name: object) -> bool:
    return isinstance(name, str) and "." not in name and SAFE_NAME.fullmatch(name) is not None
