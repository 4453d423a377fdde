"""The block: the variables alone, as floats, on dimensions that every step knows by name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import xarray as xr

from xdsc.cf import Axes
from xdsc.errors import InputError, message

#: Dimensions of a block, in this order; the first where there are members. No file has a name with
#: a slash, which NetCDF and Zarr keep for groups, so that no variable is called as they are.
_OWN = "xdsc/"
MEMBER, TIME, Y, X = "xdsc/member", "xdsc/time", "xdsc/y", "xdsc/x"
DIMS = (MEMBER, TIME, Y, X)
SPACE = (Y, X)
#: What else steps have beside variables, in blocks and in what they have learnt of them.
TERM, BIN, QUANTILE, STATISTIC = "xdsc/term", "xdsc/bin", "xdsc/quantile", "xdsc/statistic"
_BEFORE_3 = {Y: "y", X: "x", TERM: "_term", STATISTIC: "_statistic"}


def to_block(ds: xr.Dataset, names: Sequence[str], axes: Axes) -> xr.Dataset:
    """Variables of a Dataset as a block.

    Without the other coordinates no arithmetic can align, and so lose, anything.

    Parameters
    ----------
    ds : Dataset
        Data on `axes`; further dimensions have size 1.
    names : sequence of str
        The variables, V of them.
    axes : Axes
        Of `ds`.

    Returns
    -------
    Dataset
        ([member,] time, y, x) for each variable, float32 or float64, with its attributes; time is
        the only coordinate. A variable that all members share has them as well, since what is
        missing may differ between them.

    Raises
    ------
    InputError
        A variable has a name of dimensions of blocks, as none from a file has.
    """
    if taken := [name for name in names if name.startswith(_OWN)]:
        new = ", ".join(f"{name!r}: {name.removeprefix(_OWN)!r}" for name in taken)
        raise InputError(
            message(
                f"variables with other names than {_OWN}..., which no file can have",
                ", ".join(map(repr, taken)),
                f"rename them, ds.rename({{{new}}})",
            )
        )
    rename = _names(axes)

    def plain(name: str) -> xr.Variable:
        variable = ds[name].variable
        variable = variable.isel({dim: 0 for dim in variable.dims if dim not in rename})
        floats = variable.astype(np.result_type(variable.dtype, np.float32), copy=False)
        dims = [rename[dim] for dim in floats.dims]
        found = xr.Variable(dims, floats.data, variable.attrs)
        if axes.member is not None and MEMBER not in dims:
            sizes = {MEMBER: ds.sizes[axes.member], **found.sizes}
            found = found.set_dims(sizes)  # type: ignore[no-untyped-call]
        order = [dim for dim in DIMS if dim in found.dims]
        return found.transpose(*order)

    time = (TIME, ds.indexes[axes.time])
    return xr.Dataset({name: plain(name) for name in names}, coords={TIME: time})


def from_block(
    ds: xr.Dataset, block: xr.Dataset, axes: Axes, keeps_steps: bool = True
) -> xr.Dataset:
    """A new Dataset with the variables of a block, on the dimensions that they have in `ds`.

    Parameters
    ----------
    ds : Dataset
        Where the block comes from.
    block : Dataset
        Some or all of its variables, at all or other times.
    axes : Axes
        Of `ds`.
    keeps_steps : bool, default True
        Whether all times of the block are times of `ds`. Otherwise what else `ds` has on its times
        is left out.
    """
    names: dict[Hashable, Hashable] = {new: old for old, new in _names(axes).items()}

    def back(name: Hashable, values: xr.DataArray) -> xr.Variable:
        variable = xr.Variable(
            [names[dim] for dim in values.dims], values.variable.data, values.attrs
        )
        dims = ds[name].dims
        if axes.member in variable.dims and axes.member not in dims:
            dims = (axes.member, *dims)
        ones = {dim: 1 for dim in dims if dim not in variable.dims}
        whole: xr.Variable = variable.set_dims({**ones, **variable.sizes})  # type: ignore[no-untyped-call]
        return whole.transpose(*dims)

    found = {name: back(name, values) for name, values in block.items()}
    index, time = block.indexes[TIME], axes.time
    if index.equals(ds.indexes[time]):
        return ds.assign(found)
    if keeps_steps:
        return ds.isel({time: ds.indexes[time].get_indexer(index)}).assign(found)
    rest = ds.drop_dims(time)
    order = [name for name in ds.data_vars if name in rest or name in found]
    plain = rest.drop_vars(rest.data_vars)
    plain = plain.assign_coords({time: (time, index, ds[time].attrs)})
    plain[time].encoding = {
        key: value for key, value in ds[time].encoding.items() if key in ("units", "calendar")
    }
    return plain.assign({name: found[name] if name in found else rest[name] for name in order})


def samples(ds: xr.Dataset | xr.DataArray) -> list[str]:
    """Dimensions of the samples, ([member,] time), that `ds` has."""
    return [dim for dim in (MEMBER, TIME) if dim in ds.dims]


def frames_there(ds: xr.Dataset) -> xr.DataArray:
    """Whether a frame has any value, of any variable, ([member,] time); lazy.

    One without is missing: `Screen` makes such ones of those that lack too much, and all that comes
    after, up to the frames of a method, goes by what it has left.
    """
    there = ds.notnull().any(SPACE).to_dataarray().any("variable")
    return there.transpose(*samples(there))


def short_name(dim: str) -> str:
    """What a dimension of a block was called in files of formats 1 and 2."""
    return _BEFORE_3.get(dim, dim)


def of_older_file(learnt: xr.Dataset) -> xr.Dataset:
    """What a step has learnt, from a file of any format, on the dimensions of a block."""
    new = {old: name for name, old in _BEFORE_3.items() if old in learnt.dims}
    return learnt.rename(new)


def _names(axes: Axes) -> dict[Hashable, str]:
    """Name in the Dataset -> name in the block."""
    names: dict[Hashable, str] = {axes.time: TIME, axes.y: Y, axes.x: X}
    if axes.member is not None:
        names[axes.member] = MEMBER
    return names
