"""Regimes numbered and named as those of a reference that they match."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.labels import CLUSTER, NO_LABEL, PREPARATION, labels_of
from xdsc.model.record.numbering import Numbering
from xdsc.preprocessing import Prepared
from xdsc.statistics.matching.matching import Labeller, labels_by, match
from xdsc.statistics.matching.naming import reorder


@dataclass(frozen=True)
class Reference:
    """What regimes are to be matched with, and in what.

    Attributes
    ----------
    given : Dataset, DataArray or array
        A labelled Dataset, labels, or patterns.
    ds : Dataset
        The fitted Dataset.
    prepared : Prepared
        The same, prepared.
    """

    given: Any
    ds: xr.Dataset
    prepared: Prepared

    @classmethod
    def of(cls, given: Any, ds: xr.Dataset, prepared: Prepared) -> Reference:
        """Take what the user has given, and see whether it can be matched.

        It is held against any labels before the fit, which may take hours.

        Raises
        ------
        InputError, ParameterError
            As of `xdsc.match`.
        """
        if isinstance(given, Labeller):
            given = labels_by(given, ds)
        elif isinstance(given, str):
            axes = prepared.axes
            found = labels_of(ds, given, axes.time, members=True)
            given = found.assign_coords({dim: ds[dim] for dim in found.dims if dim in ds.coords})
        reference = cls(given, ds, prepared)
        shape = tuple(ds.sizes[dim] for dim in prepared.axes.samples)
        labels = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2
        how = {PREPARATION: json.dumps(dict(prepared.provenance.settings))}
        reference.match(xr.DataArray(labels, dims=prepared.axes.samples, attrs=how))
        return reference

    def match(self, labels: xr.DataArray) -> xr.Dataset:
        """What `xdsc.match` finds for labels of the fitted Dataset."""
        return match(
            self.ds.assign_coords({CLUSTER: labels.variable}),
            self.given,
            variables=self._variables,
            preprocessor=self.prepared.preprocessor,
            time=self.prepared.axes.time,
        )

    def followed(
        self, labels: xr.DataArray, k: int
    ) -> tuple[npt.NDArray[np.intp], Numbering, dict[str, str]]:
        """Labels as of the reference.

        Parameters
        ----------
        labels : DataArray of int, ([member,] time)
            From 0 to K - 1.
        k : int
            K.

        Returns
        -------
        order : numpy.ndarray of int, shape (K,)
            ``order[place] = label``, where places are in the order of the new numbers.
        numbering : Numbering
            These, and their names.
        notes : dict of str to str
            Attributes that say what was matched, and how well.
        """
        found = _with_numbers(self.match(labels))
        # What is left over is no match: it gets a number, and no name.
        found["reference"] = found["reference"].where(found["score"] > 0, NO_LABEL)
        each = xr.DataArray(np.arange(k, dtype=np.int32), dims=(CLUSTER,), attrs=labels.attrs)
        renumbered = reorder(each, found)
        flags = np.asarray(renumbered.attrs["flag_values"]).tolist()
        names = _different(flags, renumbered.attrs["flag_meanings"].split())
        order = np.argsort(renumbered.values)
        numbers = renumbered.values[order].tolist()
        scores = dict(zip(found[CLUSTER].values.tolist(), found["score"].values, strict=True))
        texts = [
            f"{names[number]} {scores.get(label, np.nan):.2f}"
            for label, number in zip(order.tolist(), numbers, strict=True)
        ]
        notes = {
            "comment": "numbered and named as the reference that they were matched with",
            "xdsc_matched_by": f"{found.attrs['xdsc_score']}: {', '.join(texts)}",
        }
        return order, Numbering(tuple(numbers), tuple(names[n] for n in numbers)), notes

    @property
    def _variables(self) -> Sequence[str] | None:
        """Those of the fit that the reference has; None where it has none, or is labels."""
        if not isinstance(self.given, xr.Dataset):
            return None
        theirs = {str(name).removesuffix("_anomaly") for name in self.given.data_vars}
        return [name for name in self.prepared.variables if name in theirs] or None


def _different(numbers: Sequence[int], names: Sequence[str]) -> dict[int, str]:
    """A name for each number; one that another has already gets its number too."""
    found: dict[int, str] = {}
    for number, name in zip(numbers, names, strict=True):
        found[number] = f"{name}_{number}" if name in found.values() else name
    return found


def _with_numbers(found: xr.Dataset) -> xr.Dataset:
    """A match with regimes of text as numbers in their order, named by the text."""
    along = found["reference_cluster"]
    if along.dtype.kind in "iu":
        return found
    texts = along.values.tolist()
    places = [texts.index(text) if text in texts else NO_LABEL for text in found.reference.values]
    flags = {
        "flag_values": np.arange(len(texts), dtype=np.int32),
        "flag_meanings": " ".join("_".join(str(text).split()) for text in texts),
    }
    numbered = xr.Variable(("reference_cluster",), np.arange(len(texts)), flags)
    return found.assign(reference=(CLUSTER, np.array(places, dtype=np.int64))).assign_coords(
        reference_cluster=numbered
    )
