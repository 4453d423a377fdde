"""The mark of a prepared Dataset, by which later steps know how it was prepared."""

from __future__ import annotations

import json

import xarray as xr

from xdsc.errors import InputError, message

#: Attribute of a prepared Dataset: how it was prepared, as JSON.
PREPARED = "xdsc_preprocessing"


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
    """
    if PREPARED not in ds.attrs:
        return False
    configuration = json.loads(ds.attrs[PREPARED])
    there = [name for name in configuration["variables"] if name in ds.data_vars]
    scaled = configuration["scale"] is not None
    return bool(there) and not (scaled and any(ds[n].attrs.get("units") != "1" for n in there))


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
    return [name for name in json.loads(ds.attrs[PREPARED])["variables"] if name in ds.data_vars]


def preparation(ds: xr.Dataset) -> dict[str, object]:
    """How a prepared Dataset was prepared: the settings, without the names of the variables."""
    settings = dict(json.loads(ds.attrs[PREPARED]))
    del settings["variables"]
    return settings
