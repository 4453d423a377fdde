"""Provenance: how a Dataset was prepared, which it carries as an attribute."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import xarray as xr

from xdsc.errors import InputError, message

#: Attribute of a prepared Dataset: how it was prepared, as JSON.
PREPARED = "xdsc_preprocessing"

# What is no setting.
_ABOUT = ("variables", "step", "fit", "climatology")


@dataclass(frozen=True)
class Provenance:
    """How a Dataset was prepared.

    Attributes
    ----------
    variables : tuple of str
        The prepared variables, in order of preparation.
    settings : mapping
        The scale, and what else differs from the preset "paper"; values that JSON knows.
    step : float or None
        Time step of the fitted data in seconds, before seasons were cut out; None if not known.
    fit : str or None
        Fingerprint of the fit.
    climatology : {"fitted", "own", "other"}
        Whose climatology was taken out.
    """

    variables: tuple[str, ...]
    settings: Mapping[str, Any]
    step: float | None = None
    fit: str | None = None
    climatology: str = "fitted"

    @classmethod
    def from_json(cls, text: Any) -> Self:
        """What `to_json` wrote.

        Raises
        ------
        InputError
            That is something else.
        """
        try:
            found = dict(json.loads(text))
        except (TypeError, ValueError):
            found = {}
        if not isinstance(found.get("variables"), list) or "scale" not in found:
            raise InputError(
                message(
                    f"the attribute {PREPARED!r} as preprocess() writes it",
                    f"{text!r:.80}",
                    f"drop it: del ds.attrs[{PREPARED!r}]",
                )
            )
        return cls(
            tuple(found["variables"]),
            {key: value for key, value in found.items() if key not in _ABOUT},
            found.get("step"),
            found.get("fit"),
            found.get("climatology", "fitted"),
        )

    def to_json(self) -> str:
        """All of it as text, for an attribute that any file format takes."""
        found = {
            "variables": list(self.variables),
            **self.settings,
            "step": self.step,
            "fit": self.fit,
        }
        if self.climatology != "fitted":
            found["climatology"] = self.climatology
        return json.dumps(found)


def provenance_of(ds: xr.Dataset) -> Provenance | None:
    """How a Dataset was prepared, as far as that is still true of it.

    Parameters
    ----------
    ds : Dataset
        Any Dataset.

    Returns
    -------
    Provenance or None
        With those prepared variables that are still there. None where the attribute
        ``xdsc_preprocessing`` is not there, or no prepared variable, or where one that was scaled
        no longer says so in its units.

    Raises
    ------
    InputError
        The attribute is there, and is no provenance.
    """
    if PREPARED not in ds.attrs:
        return None
    found = Provenance.from_json(ds.attrs[PREPARED])
    there = tuple(name for name in found.variables if name in ds.data_vars)
    scaled = found.settings["scale"] is not None
    if not there or (scaled and any(str(ds[name].attrs.get("units")) != "1" for name in there)):
        return None
    return replace(found, variables=there)


def is_prepared(ds: xr.Dataset) -> bool:
    """Whether a Dataset is what `Preprocessor.transform` returned; see `provenance_of`."""
    return provenance_of(ds) is not None


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
