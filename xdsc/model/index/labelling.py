"""Who has labelled a Dataset, and how it was brought in line: what its index goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import xarray as xr

from xdsc.model.index.indexing import carries_labels, is_by
from xdsc.model.record.arguments import Arguments
from xdsc.model.record.fit import Fit
from xdsc.preprocessing import Climatology

# What the model knows itself, or leaves as it is: other values ask for another index.
_AS_IT_IS: Mapping[str, Any] = {
    **dict.fromkeys(("labels", "patterns", "reference", "anomaly", "preprocessor")),
    "interpolate": False,
    "area_weights": True,
}
_AXES = ("time", "lat", "lon", "member")


class Model(Protocol):
    """What is asked of the model; `xdsc.ClusterModel` is one."""

    @property
    def record(self) -> Fit: ...  # noqa: D102
    @property
    def arguments(self) -> Arguments: ...  # noqa: D102
    def regime_index(  # noqa: D102
        self,
        ds: xr.Dataset,
        variable: str | None = None,
        *,
        climatology: Climatology = "fitted",
        names: Mapping[str, str] | None = None,
        regrid: str | None = None,
    ) -> xr.Dataset: ...


@dataclass(frozen=True)
class Labelling:
    """A model, and how it was asked for the labels of a Dataset.

    Attributes
    ----------
    model : ClusterModel
        Whose regimes they are.
    climatology, names, regrid
        As the labels were asked for; see `ClusterModel.predict`.
    of_fit : bool
        Whether the labels are those of the fit itself.
    """

    model: Model
    climatology: Climatology = "fitted"
    names: Mapping[str, str] | None = None
    regrid: str | None = None
    of_fit: bool = False

    def index(self, ds: xr.Dataset, arguments: Mapping[str, Any]) -> xr.Dataset | None:
        """The index by the numbers of the model.

        Parameters
        ----------
        ds : Dataset
            That was labelled, as it is now.
        arguments : mapping
            Of `xdsc.regime_index`.

        Returns
        -------
        Dataset or None
            None where another index is asked for, or the Dataset has other labels meanwhile.
        """
        fit, given = self.model.record, self.model.arguments.given
        variable = arguments.get("variable")
        known = {"variable": variable, **_AS_IT_IS, **{axis: given.get(axis) for axis in _AXES}}
        if any(
            name not in known or (value is not None and value is not known[name])
            for name, value in arguments.items()
        ):
            return None
        if variable not in fit.variables and (variable is not None or len(fit.variables) > 1):
            return None
        if not (carries_labels(fit, ds) if self.of_fit else is_by(fit, ds)):
            return None
        if self.of_fit:
            return self.model.regime_index(ds, variable)
        return self.model.regime_index(
            ds, variable, climatology=self.climatology, names=self.names, regrid=self.regrid
        )
