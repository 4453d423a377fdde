"""What is installed, for a report of a bug."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import IO

_PACKAGES = (
    *("xarray", "numpy", "pandas", "dask", "distributed", "cf-xarray", "pint-xarray", "flox"),
    *("netCDF4", "zarr", "scikit-learn", "scipy", "hmmlearn", "keras", "tensorflow"),
    *("tensorflow-cpu", "jax", "torch", "matplotlib", "cartopy", "xesmf", "tqdm", "ipywidgets"),
)


def show_versions(file: IO[str] | None = None) -> None:
    """Write the versions of xdsc and of what it uses: put them into a report of a bug.

    Parameters
    ----------
    file : file-like, optional
        What to write to; the standard output by default.

    Examples
    --------
    >>> import xdsc
    >>> xdsc.show_versions()
    xdsc: ...
    python: ...
    """
    out = sys.stdout if file is None else file
    lines = {
        "xdsc": own_version(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": str(os.cpu_count()),
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "not set"),
        **{name: _version(name) for name in _PACKAGES},
    }
    out.write("".join(f"{name}: {text}\n" for name, text in lines.items()))


def own_version() -> str:
    """The version of xdsc, which may be installed under the name of either distribution."""
    return str(sys.modules["xdsc"].__version__)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
