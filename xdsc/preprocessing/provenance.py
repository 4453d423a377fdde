"""The mark of a prepared Dataset, by which later steps know how it was prepared."""

from __future__ import annotations

import json
from typing import Any

import xarray as xr

from xdsc.errors import InputError, message

#: Attribute of a prepared Dataset: how it was prepared, as JSON.
PREPARED = "xdsc_preprocessing"

# Of the mark, what is no setting: names, the fit, its time step, and whose climatology was taken.
_ABOUT = ("variables", "fit", "step", "climatology")


def is_prepared(ds: xr.Dataset) -> bool:
    """Whether a Dataset is what `Preprocessor.transform` returned.

    Parameters
    ----------
    ds : Dataset
        Any Dataset.

    Returns
    -------
    bool
        True where the mark, the attribute ``xdsc_preprocessing``, is there, and prepared variables
        with it; those that were scaled must still say so in their units.

    Raises
    ------
    InputError
        The attribute is there, and is no mark.
    """
    if PREPARED not in ds.attrs:
        return False
    mark = mark_of(ds)
    there = [name for name in mark["variables"] if name in ds.data_vars]
    scaled = mark["scale"] is not None
    return bool(there) and not (scaled and any(ds[n].attrs.get("units") != "1" for n in there))


def mark_of(ds: xr.Dataset) -> dict[str, Any]:
    """The mark of a prepared Dataset: its settings, variables, fit, step and climatology."""
    try:
        mark = dict(json.loads(ds.attrs[PREPARED]))
        if isinstance(mark["variables"], list) and "scale" in mark:
            return mark
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(
        message(
            f"the attribute {PREPARED!r} as preprocess() writes it",
            f"{ds.attrs.get(PREPARED)!r:.80}",
            f"drop it: del ds.attrs[{PREPARED!r}]",
        )
    )


def prepared_variables(ds: xr.Dataset) -> list[str]:
    """Names of the prepared variables of a Dataset.

    Parameters
    ----------
    ds : Dataset
        A prepared Dataset.

    Returns
    -------
    list of str
        In the order of preparation, without those that were dropped since.

    Raises
    ------
    InputError
        `ds` is not prepared.
    """
    if not is_prepared(ds):
        raise InputError(
            message(
                f"a prepared Dataset, with the attribute {PREPARED!r}",
                "one without",
                "call ds.dsc.preprocess() first",
            )
        )
    return [name for name in mark_of(ds)["variables"] if name in ds.data_vars]


def preparation(ds: xr.Dataset) -> dict[str, object]:
    """How a prepared Dataset was prepared: the settings alone."""
    return {key: value for key, value in mark_of(ds).items() if key not in _ABOUT}


def prepared_step(ds: xr.Dataset) -> float | None:
    """Time step of the fitted data in seconds, before seasons were cut out; None if not known."""
    return mark_of(ds).get("step")


def require_unprepared(ds: xr.Dataset) -> None:
    """Raise an `InputError` for a Dataset that is prepared: nothing is prepared twice."""
    if is_prepared(ds):
        raise InputError(
            message(
                "a Dataset that is not prepared",
                "one that is",
                "pass it as it was before preprocess()",
            )
        )
