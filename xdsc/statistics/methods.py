"""The statistics of labels as methods of ``ds.dsc``: one line each, every one delegates."""

from __future__ import annotations

from typing import Any

import xarray as xr

from xdsc.delegation import documented_by
from xdsc.statistics.matching.confusion import confusion
from xdsc.statistics.matching.matching import match
from xdsc.statistics.matching.naming import rename, reorder
from xdsc.statistics.sequence.conditional import conditional_frequency
from xdsc.statistics.sequence.decomposition import decompose
from xdsc.statistics.sequence.frequency import frequency
from xdsc.statistics.sequence.persistence import persistence
from xdsc.statistics.sequence.transitions import transitions


class LabelStatistics:
    """Statistics of a Dataset that knows its labels."""

    @property
    def _labelled(self) -> xr.Dataset:
        """The Dataset with its labels."""
        raise NotImplementedError

    def _of_the_same_model(self, ds: xr.Dataset) -> Any:
        """A Dataset with the same regimes by the same numbers."""
        return ds

    @documented_by(frequency)
    def frequency(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Count how often each regime occurs; see `xdsc.frequency`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.frequency(by="month").frequency.dims
        ('month', 'cluster')
        """
        return frequency(self._labelled, *args, **arguments)

    @documented_by(persistence)
    def persistence(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Tell how long regimes last; see `xdsc.persistence`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.persistence(random_state=0).mean_duration.attrs["units"]
        'days'
        """
        return persistence(self._labelled, *args, **arguments)

    @documented_by(transitions)
    def transitions(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Count which regime follows which; see `xdsc.transitions`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.transitions(n=100, random_state=0).probability.dims
        ('from_cluster', 'to_cluster')
        """
        return transitions(self._labelled, *args, **arguments)

    @documented_by(conditional_frequency)
    def conditional_frequency(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Count regimes by terciles of an index; see `xdsc.conditional_frequency`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> index = ds.t2m.mean(["latitude", "longitude"])
        >>> ds.dsc.conditional_frequency(index, n=100, random_state=0).frequency.dims
        ('bin', 'cluster')
        """
        return conditional_frequency(self._labelled, *args, **arguments)

    @documented_by(decompose)
    def decompose(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Part the change of a mean by regimes; see `xdsc.decompose`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> first, second = slice(ds.time[0], ds.time[29]), slice(ds.time[30], ds.time[59])
        >>> found = ds.dsc.decompose("t2m", [first, second], n=100, random_state=0)
        >>> found.part.values.tolist()
        ['frequency', 'within', 'interaction']
        """
        return decompose(self._labelled, *args, **arguments)

    @documented_by(match)
    def match(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Match the regimes one to one with others; see `xdsc.match`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.match("regime").score.values.tolist()
        [1.0, 1.0, 1.0]
        """
        return match(self._labelled, *args, **arguments)

    @documented_by(confusion)
    def confusion(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Compare the labels with others; see `xdsc.confusion`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.confusion("regime").adjusted_rand_index.item()
        1.0
        """
        return confusion(self._labelled, *args, **arguments)

    @documented_by(rename)
    def rename(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Give regimes names; see `xdsc.rename`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> ds.dsc.rename({0: "NAO+"}).cluster.attrs["flag_meanings"]
        'no_label NAO+ regime_1 regime_2'
        """
        renamed: xr.Dataset = self._of_the_same_model(rename(self._labelled, *args, **arguments))
        return renamed

    @documented_by(reorder)
    def reorder(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Give regimes other numbers; see `xdsc.reorder`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> renumbered = ds.dsc.reorder([2, 1, 0])
        >>> bool((renumbered.cluster == 2 - ds.cluster).all())
        True
        """
        return reorder(self._labelled, *args, **arguments)
