"""What must hold of anything that is taken for data."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from xdsc.errors import InputError, message


def require_dataset(ds: object) -> None:
    """Raise an `InputError` that says what to do with anything but a Dataset with names of text.

    Nor may dates have a time zone, which xarray keeps and nothing that counts time knows.

    Examples
    --------
    >>> require_dataset(xr.Dataset({500: 1.0}))
    Traceback (most recent call last):
        ...
    xdsc.errors.InputError: Expected names of text, received the names [500]. To fix: rename them,
    ds.rename({500: 'var500'}).
    """
    if not isinstance(ds, xr.Dataset):
        remedy = "open the data with xr.open_dataset or xr.open_mfdataset"
        if isinstance(ds, xr.DataArray):
            name = "name='t2m'" if ds.name is None else ""
            remedy = f"turn it into one, da.to_dataset({name})"
        elif isinstance(ds, xr.DataTree):
            remedy = "pass the Dataset of one node, node.to_dataset()"
        raise InputError(message("an xarray.Dataset", f"a {type(ds).__name__}", remedy))
    names = list(dict.fromkeys([*ds.variables, *ds.dims]))
    if odd := [name for name in names if not isinstance(name, str) or not name]:
        raise InputError(
            message(
                "names of text",
                f"the names {odd}",
                f"rename them, ds.rename({_texts(odd, names)})",
            )
        )
    for dim in ds.dims:
        # xarray keeps such dates, and asks NumPy of their type, which does not know it.
        if dim in ds.variables and isinstance(ds.variables[dim].dtype, pd.DatetimeTZDtype):
            raise InputError(
                message(
                    f"dates without a time zone in {dim!r}",
                    f"those of {ds.variables[dim].dtype.tz}",
                    "take them in UTC, "
                    f"ds.assign_coords({dim}=ds.indexes[{dim!r}].tz_convert(None))",
                )
            )


def text_of(attrs: Mapping[Any, Any], key: str) -> str:
    """An attribute as text, of which files may hold several, or bytes; "" where there is none.

    Examples
    --------
    >>> text_of({"long_name": ["geopotential", "height"]}, "long_name")
    'geopotential height'
    >>> text_of({"units": b"K"}, "units")
    'K'
    """
    value = attrs.get(key)
    if value is None:
        return ""
    texts = np.ravel(np.asarray(value, dtype=object))
    return " ".join(t.decode(errors="replace") if isinstance(t, bytes) else str(t) for t in texts)


def _texts(odd: list[Hashable], taken: list[Hashable]) -> dict[Hashable, str]:
    """A name of text for each of those that are none, free of those that are taken."""
    found: dict[Hashable, str] = {}
    for name in odd:
        text = "var" + re.sub(r"\W+", "_", str(name)).strip("_")
        while text in taken or text in found.values():
            text += "_"
        found[name] = text
    return found
