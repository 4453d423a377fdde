"""All that composites say of one variable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import xarray as xr

from xdsc.labels import CLUSTER
from xdsc.statistics.fields.anomalies import Reference, long_name
from xdsc.statistics.fields.distribution import (
    EXCEEDANCE,
    beyond,
    exceedance_parts,
    quantile_parts,
    share_beyond,
    thresholds,
)
from xdsc.statistics.fields.in_time import LabelledSamples
from xdsc.statistics.fields.looks import Look, Looks
from xdsc.statistics.fields.moments import along, grouped, moments
from xdsc.statistics.fields.significance import significance_of
from xdsc.statistics.fields.significance_tests import Significance

Parts = dict[str, xr.DataArray]


@dataclass(frozen=True)
class Wanted:
    """What is asked for of each variable.

    Attributes
    ----------
    k : int
        K.
    sampled : str
        Names of the dimensions that are averaged over, as cell methods write them.
    labels : DataArray
        Whose attributes say what they were found in.
    reference : Reference
        What anomalies are from.
    test : Significance or None
        Test of the regimes.
    quantile, exceedance : numpy.ndarray or None
        Shares.
    """

    k: int
    sampled: str
    labels: xr.DataArray
    reference: Reference
    test: Significance | None = None
    quantile: npt.NDArray[np.float64] | None = None
    exceedance: npt.NDArray[np.float64] | None = None

    def of(self, values: xr.DataArray, departures: xr.DataArray | None, looks: Looks) -> Parts:
        """Composites of a variable: name suffix -> values with ``cluster`` for the samples.

        `departures` are what it differs from its climatology by; None without one.
        """
        dim = looks.each[0].codes.dims[0]
        values = values.transpose(dim, ...)
        if departures is not None:
            departures = departures.transpose(dim, ...).assign_attrs(values.attrs)
            departures = departures.rename(values.name)
        return looks.joined(
            [
                self._of_look(
                    look.of(values), None if departures is None else look.of(departures), look
                )
                for look in looks.each
            ]
        )

    def _of_look(
        self, values: xr.DataArray, departures: xr.DataArray | None, look: Look
    ) -> list[Parts]:
        """Parts for each lag, or the only ones."""
        studied = values if departures is None else departures
        limits = everywhere = baseline = None
        if self.exceedance is not None:
            departs = departures is not None
            limits = thresholds(studied, look.codes.values, self.exceedance, departs)
            together, one = _labelled(studied, look.codes)
            everywhere = share_beyond(together, one, limits, 1).isel({CLUSTER: 0})
        if look.at_lags is None:
            found = self._moments(values, departures, look.codes, None, limits, everywhere)
            for samples in look.samples:
                found |= self._tested(studied, samples, limits)
            return [found]
        if departures is None:
            together, one = _labelled(values, look.codes)
            baseline = grouped(together, one, 1).mean().isel({CLUSTER: 0}, drop=True)
        each = []
        for i, codes in enumerate(look.at_lags):
            there, own = _with_label(values, codes)
            away = None if departures is None else _with_label(departures, codes)[0]
            found = self._moments(there, away, own, baseline, limits, everywhere)
            if look.samples:
                found |= self._tested(studied, look.samples[i], limits, of_onsets=True)
            each.append(found)
        return each

    def _moments(
        self,
        values: xr.DataArray,
        departures: xr.DataArray | None,
        codes: xr.DataArray,
        baseline: xr.DataArray | None,
        limits: xr.DataArray | None,
        everywhere: xr.DataArray | None,
    ) -> Parts:
        """Parts of some samples with their regimes."""
        parts = moments(values, codes, self.k, self.sampled, departures, baseline)
        parts["_anomaly"].attrs |= self.reference.attributes(values)
        if self.quantile is not None:
            parts |= quantile_parts(values, codes.values, self.k, self.quantile)
        if limits is not None and everywhere is not None:
            studied = values if departures is None else departures
            parts |= exceedance_parts(studied, codes, limits, everywhere, self.k)
            parts["_threshold"] = limits
        return parts

    def _tested(
        self,
        studied: xr.DataArray,
        samples: LabelledSamples,
        limits: xr.DataArray | None,
        *,
        of_onsets: bool = False,
    ) -> Parts:
        """P-values of means, and of how often values are beyond thresholds."""
        assert self.test is not None
        test = partial(
            significance_of,
            samples=samples,
            k=self.k,
            chosen=self.test,
            labels=self.labels,
            of_onsets=of_onsets,
        )
        found = test(studied)
        if limits is None:
            return found
        text = f"{long_name(studied)}, share beyond the percentile"
        each = []
        for i in range(limits.sizes[EXCEEDANCE]):
            over = beyond(studied, limits.isel({EXCEEDANCE: i})).rename(studied.name)
            over = over.assign_attrs(studied.attrs | {"long_name": text})
            each.append(test(over))
        for name in each[0]:
            whole = along([parts[name] for parts in each], EXCEEDANCE)
            found[f"_exceedance{name}"] = whole.transpose(CLUSTER, EXCEEDANCE, ...)
        return found


def _with_label(values: xr.DataArray, codes: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """The samples that have a label; one without where there are none."""
    (dim,) = codes.dims
    place = np.flatnonzero(codes.values >= 0)
    place = place if place.size else np.arange(1)
    return values.isel({dim: place}), codes.isel({dim: place})


def _labelled(values: xr.DataArray, codes: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """The samples that have a label, all of one regime."""
    there, own = _with_label(values, codes)
    return there, own.where(own < 0, 0)
