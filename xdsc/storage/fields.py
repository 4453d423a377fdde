"""Datasets as NetCDF-3, which xarray writes and scipy reads: no HDF5 parser meets a foreign file.

xarray writes the file and turns times into numbers. By itself it would not give everything back
that Datasets of users hold, so that the file's attribute ``xdsc``, which is JSON, has for each
variable its name, dims, type and attributes. What NetCDF-3 and xarray would lose without it:

- integers of 64 bits and unsigned ones come back as smaller ones, and are refused where those
  cannot hold them; float16 and names beyond Latin-1 are refused;
- attributes that are None, lists of strings or mappings are refused; booleans, tuples, lists and
  numbers change their type; ``scale_factor``, ``_FillValue`` and the like would act on the values;
- times in other units than ns come back in ns, and cftime's dates of the standard calendar as
  NumPy's; strings of NumPy's type come back as objects.

Values are stored in types that NetCDF-3 has, and come back with their type to the bit. What it has
none for, which is strings, integers that 32 bits do not hold, and arrays without any element, is in
the JSON. Other readers find times, units and the long and standard names in their usual places.

Arrays come back in C order. Encodings are not kept, nor indexes other than those of dimensions.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import StorageError, message
from xdsc.storage.damage import SAFE_NAME, DamageError
from xdsc.storage.format1 import values_of_field
from xdsc.storage.values import NUMBER_TYPES, from_json, number_type, to_json

_LARGEST = 2**31 - 4
_ATTRIBUTE = "xdsc"
#: Types that NetCDF-3 has, for those that it has not; integers are in the JSON if they do not fit.
_STORED_AS = {"bool": "int8", "uint8": "int16", "float16": "float32"} | dict.fromkeys(
    ("uint16", "uint32", "int64", "uint64"), "int32"
)
#: NumPy's types of times that xarray has, and units of lengths of time.
_TIME_TYPE = re.compile(r"(datetime64|timedelta64)\[(s|ms|us|ns)\]")
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_FOR_OTHER_READERS = ("units", "calendar", "long_name", "standard_name")


def encode_dataset(ds: object, name: str) -> bytes:
    """Write a Dataset; `name` is what messages call it.

    Raises
    ------
    StorageError
        A variable has another type, or 2 GiB and more.
    """
    if not isinstance(ds, xr.Dataset):
        received = type(ds).__name__
        raise StorageError(message(f"{name} to be a Dataset", received, "convert it first"))
    names = _names_in_file(ds)
    stored: dict[Any, xr.Variable] = {}
    variables = []
    # Coordinates last, as a Dataset has them that was read: it makes the same bytes again.
    for key, variable in {**ds.data_vars.variables, **ds.coords.variables}.items():
        where = f"{name}[{key!r}]"
        if not isinstance(key, str) or not all(isinstance(dim, str) for dim in variable.dims):
            raise StorageError(message(f"names in {name} to be strings", where, "rename it"))
        values, notes = _encode(variable, where)
        notes |= {"name": key, "dims": list(variable.dims), "is_coordinate": key in ds.coords}
        notes["attrs"] = to_json(dict(variable.attrs), f"{where}.attrs")
        if values is None:
            notes |= {"shape": list(variable.shape)}
        else:
            notes["stored"] = names[key]
            named = [names[dim] for dim in variable.dims]
            stored[notes["stored"]] = xr.Variable(named, values, _for_other_readers(notes))
        variables.append(notes)
    attrs = to_json(dict(ds.attrs), f"{name}.attrs")
    text = json.dumps({"variables": variables, "attrs": attrs}, allow_nan=False)
    file = xr.Dataset(stored, attrs={_ATTRIBUTE: text})
    return bytes(file.to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def decode_dataset(content: bytes, format_version: int) -> xr.Dataset:
    """Read a Dataset; `DamageError` or another error where it is not such as is written."""
    # Undecoded: what the attributes of a file ask for is not done.
    file = xr.load_dataset(io.BytesIO(content), engine="scipy", decode_cf=False)
    own = json.loads(file.attrs[_ATTRIBUTE])
    data: dict[str, xr.Variable] = {}
    coordinates: dict[str, xr.Variable] = {}
    # Each is taken once, so that no file asks for more memory than its size warrants.
    stored = dict(file.variables)
    for notes in own["variables"]:
        if "values" in notes:
            values = _listed(notes)
        elif notes.get("stored") in stored:
            values = stored.pop(notes["stored"]).values
        else:
            raise DamageError(f"no values of {notes['name']}")
        if format_version == 1:
            values = values_of_field(values, notes)
        variable = xr.Variable(notes["dims"], _decode(values, notes), _attributes(notes["attrs"]))
        (coordinates if notes["is_coordinate"] else data)[notes["name"]] = variable
    return xr.Dataset(data, coordinates, _attributes(own["attrs"]))


def _names_in_file(ds: xr.Dataset) -> dict[Hashable, str]:
    """Names of dimensions and variables that NetCDF-3 has; of ``xdsc/y`` what is after the slash.

    That one is a number where something else is called so already.
    """
    every: list[Hashable] = list(dict.fromkeys([*ds.variables, *ds.dims]))
    found = {name: str(name) for name in every if _is_plain_name(name)}
    for number, name in enumerate(every):
        short = str(name).rpartition("/")[2]
        free = _is_plain_name(short) and short not in found.values()
        found.setdefault(name, short if free else f"name.{number}")
    return found


def _encode(variable: xr.Variable, where: str) -> tuple[np.ndarray | None, dict[str, Any]]:
    """Values in a type that NetCDF-3 has, and what is needed to restore them; None in the notes."""
    values = variable.values
    kind, dtype = values.dtype.kind, values.dtype.name
    if kind == "U" or (kind == "O" and all(isinstance(item, str) for item in values.flat)):
        words = [str(item) for item in values.flat]
        return None, {"dtype": "U" if kind == "U" else dtype, "values": words}
    notes: dict[str, Any] = {"dtype": dtype}
    time = _TIME_TYPE.fullmatch(dtype)
    if _is_cftime(values) or (time and time[1] == "datetime64"):
        # Without the encoding, xarray chooses a unit in which all times are whole numbers.
        found = xr.coders.CFDatetimeCoder().encode(xr.Variable(variable.dims, values))
        values = found.values
        notes |= {name: found.attrs[name] for name in ("units", "calendar")}
    elif time:
        values = values.astype("int64")
        notes["units"] = _UNITS[time[2]]
    elif dtype not in NUMBER_TYPES:
        raise StorageError(
            message(
                f"{where} to be of numbers, times or strings",
                f"{values.dtype}",
                "convert or drop it before saving",
            )
        )
    stored_as = _STORED_AS.get(values.dtype.name, values.dtype.name)
    if not values.size or (stored_as == "int32" and not _fits_int32(values)):
        return None, {**notes, "values": values.ravel().tolist()}
    values = values.astype(stored_as)
    if values.nbytes > _LARGEST:
        raise StorageError(
            message(
                f"{where} below 2 GiB, which is the most that the file can hold of one variable",
                f"{values.nbytes / 2**30:.1f} GiB",
                "select a region, or coarsen the grid before fitting",
            )
        )
    return values, notes


def _decode(values: np.ndarray, notes: Mapping[str, Any]) -> np.ndarray:
    """Undo `_encode`."""
    dtype = notes["dtype"]
    if "units" not in notes:
        is_text = values.dtype.kind in "UO"
        # Where an integer does not fit, the file was not made here.
        return values if is_text else values.astype(number_type(dtype), order="C")
    time = _TIME_TYPE.fullmatch(dtype)
    if time and time[1] == "timedelta64":
        return values.astype("int64").astype(dtype)
    if time:
        unit: Any = time[2]
        coder = xr.coders.CFDatetimeCoder(use_cftime=False, time_unit=unit)
    elif dtype == "object":
        coder = xr.coders.CFDatetimeCoder(use_cftime=True)
    else:
        raise DamageError(f"times of type {dtype!r}")
    rules = {name: notes[name] for name in ("units", "calendar")}
    return coder.decode(xr.Variable(notes["dims"], values, rules)).values


def _listed(notes: Mapping[str, Any]) -> np.ndarray:
    """Values that are in the notes."""
    values, shape, dtype = notes["values"], tuple(notes["shape"]), notes["dtype"]
    if math.prod(shape) != len(values) or min(shape, default=0) < 0:
        raise DamageError(f"{len(values)} values of shape {shape} of {notes['name']}")
    is_text = dtype in ("U", "object") and "units" not in notes
    kind = str if is_text else int
    if not all(type(item) is kind for item in values):
        raise DamageError(f"values of {notes['name']} that are not all of type {kind.__name__}")
    if not is_text:
        dtype = "int64" if "units" in notes else number_type(dtype)
    return np.array(values, dtype).reshape(shape)


def _is_cftime(values: np.ndarray) -> bool:
    if values.dtype.kind != "O" or not values.size:
        return False
    import cftime

    return all(isinstance(item, cftime.datetime) for item in values.flat)


def _fits_int32(values: np.ndarray) -> bool:
    return int(values.min()) >= -(2**31) and int(values.max()) < 2**31


def _for_other_readers(notes: Mapping[str, Any]) -> dict[str, str]:
    found = {name: notes.get(name, notes["attrs"].get(name)) for name in _FOR_OTHER_READERS}
    return {name: text for name, text in found.items() if isinstance(text, str) and text}


def _attributes(attrs: Any) -> dict[str, Any]:
    found = from_json(attrs)
    if not isinstance(found, dict):
        raise DamageError("attributes that are no mapping")
    return found


def _is_plain_name(name: object) -> bool:
    return isinstance(name, str) and "." not in name and SAFE_NAME.fullmatch(name) is not None
