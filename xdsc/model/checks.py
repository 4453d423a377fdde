"""What is checked before a model is fitted, and before it labels other data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.methods import METHODS
from xdsc.preprocessing import Climatology, Preprocessor


def check_no_settings(method: Any, options: Mapping[str, Any]) -> None:
    """Tell settings of the preparation from misspelt options of a method."""
    settings = {field.name for field in fields(Preprocessor) if field.init}
    own = METHODS[method].options if isinstance(method, str) and method in METHODS else []
    if taken := sorted(settings & set(options) - set(own)):
        first = f"{taken[0]}={options[taken[0]]!r}"
        raise ParameterError(
            message(
                "options of the method",
                f"{', '.join(taken)}, which the preparation takes",
                f"pass preprocessor=xdsc.Preprocessor({first}), or call "
                f"ds.dsc.preprocess({first}) first",
            )
        )


def check_room(ds: xr.Dataset, name: str) -> None:
    """Raise where a new coordinate would take the place of something else."""
    if name in ds.dims or name in ds.data_vars:
        raise InputError(
            message(
                f"a Dataset without a dimension or variable {name!r}",
                f"one with {name!r}, where the labels are to go",
                f"rename it: ds.rename({name}='...')",
            )
        )


def check_nothing_to_bring(climatology: Climatology, names: object, regrid: object) -> None:
    """Raise where a prepared Dataset is to be brought in line, which comes before preparing."""
    fitted = isinstance(climatology, str) and climatology == "fitted"
    if not fitted or names is not None or regrid is not None:
        raise ParameterError(
            message(
                "a Dataset that is not prepared for climatology=, names= and regrid=",
                "a prepared one",
                "pass the Dataset as it was before preprocess()",
            )
        )


def check_there(wanted: Sequence[str], ds: xr.Dataset) -> None:
    """Raise where variables are missing."""
    if missing := [name for name in wanted if name not in ds.data_vars]:
        raise InputError(
            message(f"the variables {wanted}", f"a Dataset without {missing}", "add or rename them")
        )


def check_frames(frames: Frames) -> None:
    """Raise where frames cannot be clustered: too few, not finite, or all the same."""
    if len(frames) < 2:
        raise InputError(
            message("at least 2 time steps with data", f"{len(frames)}", "select a longer period")
        )
    moments = frames.moments
    if not (np.isfinite(moments.mean).all() and np.isfinite(moments.variance).all()):
        raise InputError(
            message(
                "finite values in prepared data",
                "infinite ones, or gaps other than masked cells and missing frames",
                "prepare the Dataset with ds.dsc.preprocess()",
            )
        )
    if not moments.variance.any():
        raise InputError(
            message("time steps that differ", "the same field at all times", "check the data")
        )
