"""Steps and functions of blocks, for tests that call their dimensions time, y, x and member.

The dimensions of blocks have names that no file has, and that nobody wants to read in a test.
"""

from typing import Any

import xarray as xr

from xdsc.preprocessing.block import BIN, MEMBER, QUANTILE, STATISTIC, TERM, TIME, X, Y
from xdsc.preprocessing.steps.base import Step

NAMES = {dim: dim.removeprefix("xdsc/") for dim in (MEMBER, TIME, Y, X)} | {
    name: name.removeprefix("xdsc/") for name in (TERM, BIN, QUANTILE, STATISTIC)
}


class Plain:
    """A step, a class of steps or a function: what goes in and comes out has plain names."""

    def __init__(self, of_blocks: Any) -> None:
        vars(self)["of_blocks"] = of_blocks

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        kwargs = {key: _inside(value) for key, value in kwargs.items()}
        return _outside(self.of_blocks(*map(_inside, args), **kwargs))

    def __getattr__(self, name: str) -> Any:
        return _outside(getattr(self.of_blocks, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.of_blocks, name, _inside(value))

    def __repr__(self) -> str:
        return repr(self.of_blocks)


def _inside(value: Any) -> Any:
    if isinstance(value, Plain):
        return value.of_blocks
    if isinstance(value, dict):
        return {key: _inside(part) for key, part in value.items()}
    return _renamed(value, {plain: name for name, plain in NAMES.items()})


def _outside(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _outside(part) for key, part in value.items()}
    if isinstance(value, (xr.Dataset, xr.DataArray)):
        return _renamed(value, NAMES)
    return Plain(value) if callable(value) or isinstance(value, Step) else value


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if not isinstance(value, (xr.Dataset, xr.DataArray)):
        return value
    there = {*value.dims, *value.coords}
    return value.rename({old: new for old, new in names.items() if old in there})
