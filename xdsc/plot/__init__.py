"""Figures of labelled Datasets. matplotlib is imported when a figure is drawn, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from xdsc.errors import NotFittedError, message
from xdsc.plot.calendars import timeline
from xdsc.plot.maps import Kind, composites
from xdsc.plot.training import history

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DSCPlot", "composites", "history", "timeline"]


class DSCPlot:
    """The figures of one labelled Dataset: ``ds.dsc.plot``.

    Parameters
    ----------
    ds : Dataset
        With the labels in the coordinate ``cluster(time)``.
    history : Dataset, optional
        How training went, one value an epoch; what :meth:`history` draws.
    """

    def __init__(self, ds: xr.Dataset, history: xr.Dataset | None = None) -> None:
        self._ds = ds
        self._training = history

    def __repr__(self) -> str:
        return "<ds.dsc.plot: composites(var), timeline(), history()>"

    def composites(
        self,
        var: str,
        *,
        kind: Kind = "anomaly",
        col_wrap: int | None = None,
        cmap: Any = None,
        **kwargs: Any,
    ) -> Figure:
        """Draw one map of `var` for each regime; see :func:`xdsc.plot.composites`."""
        return composites(self._ds, var, kind=kind, col_wrap=col_wrap, cmap=cmap, **kwargs)

    def timeline(self) -> Figure:
        """Draw the labels over the calendar; see :func:`xdsc.plot.timeline`."""
        return timeline(self._ds)

    def history(self) -> Figure:
        """Draw how training went; see :func:`xdsc.plot.history`."""
        if self._training is None:
            raise NotFittedError(
                message(
                    "the history of a training run",
                    "a Dataset that was not trained on in this session",
                    "call ds.dsc.fit(k=...) first, or xdsc.plot.history(model.history_)",
                )
            )
        return history(self._training)
