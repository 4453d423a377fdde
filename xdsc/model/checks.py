"""What is checked before a model is fitted, and before it labels other data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from xdsc.errors import InputError, ParameterError, message
from xdsc.frames import Frames
from xdsc.preprocessing import Climatology


def interruption(where: str, checkpoint: Any) -> str:
    """What is said of a fit that the user has ended: what is left of it, and how to go on.

    Parameters
    ----------
    where : str
        As "in epoch 3 of the phase 'joint'".
    checkpoint : str, path or None
        The folder of the fit.
    """
    if checkpoint is None:
        on = "the next fit with checkpoint='run1' can be gone on with"
    else:
        on = f"call fit again with checkpoint={os.fspath(checkpoint)!r} to go on"
    return message(
        "a fit that is trained to its end",
        f"Ctrl-C {where}: no labels are returned, and the best model so far is kept",
        f"use it as it is, ds = ds.dsc.model.label(ds), or for a Dataset without a name "
        f"model = sys.last_value.model; {on}",
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
