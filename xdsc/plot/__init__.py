"""Figures of labelled Datasets. matplotlib is imported when a figure is drawn, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import xarray as xr

from xdsc.errors import NotFittedError, message
from xdsc.labels import CLUSTER
from xdsc.plot.calendars import timeline
from xdsc.plot.comparison import compare
from xdsc.plot.embeddings import embedding
from xdsc.plot.history import history
from xdsc.plot.maps import Kind, composites
from xdsc.plot.projections import Projection
from xdsc.plot.silhouettes import silhouette
from xdsc.plot.space import Space, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DSCPlot",
    "compare",
    "composites",
    "embedding",
    "history",
    "rows_of",
    "silhouette",
    "timeline",
]


class DSCPlot:
    """The figures of one labelled Dataset: ``ds.dsc.plot``.

    Parameters
    ----------
    ds : Dataset
        With the labels in the coordinate ``cluster(time)``.
    history : Dataset, optional
        How training went, one value an epoch; what :meth:`history` draws.
    space : callable, optional
        Gives the rows (time, feature) that distances are measured in, for "data", for "embedding",
        or, for None, the embedding where there is one; called when they are drawn. By default what
        `rows_of` makes of the Dataset alone.
    """

    def __init__(
        self,
        ds: xr.Dataset,
        history: xr.Dataset | None = None,
        space: Callable[[Space | None], xr.DataArray] | None = None,
    ) -> None:
        self._given = ds
        self._training = history
        self._space = space or partial(rows_of, ds, None)

    def __repr__(self) -> str:
        return (
            "<ds.dsc.plot: composites(var), timeline(), history(), embedding(), silhouette(), "
            "compare(result)>"
        )

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

    @cached_property
    def _ds(self) -> xr.Dataset:
        """The Dataset with its labels in memory: a figure looks at them more than once."""
        lazy = CLUSTER in self._given.coords and self._given[CLUSTER].chunks is not None
        if not lazy:
            return self._given
        return self._given.assign_coords({CLUSTER: self._given[CLUSTER].variable.compute()})

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

    def embedding(
        self,
        kind: Projection = "tsne",
        *,
        centres: xr.DataArray | npt.ArrayLike | None = None,
        **kwargs: Any,
    ) -> Figure:
        """Draw the embeddings in two dimensions; see :func:`xdsc.plot.embedding`.

        Labels without a model, and methods without an embedding, are drawn by the prepared fields.
        """
        return embedding(self._ds, self._space(None), kind=kind, centres=centres, **kwargs)

    def silhouette(self, *, space: Space = "data", **kwargs: Any) -> Figure:
        """Draw how well each time step lies in its regime; see :func:`xdsc.plot.silhouette`.

        ``space="data"``, the prepared fields, compares with other methods and is the default as in
        ``ds.dsc.score()``; ``space="embedding"`` is what the method itself sees.
        """
        return silhouette(self._ds, self._space(space), **kwargs)

    def compare(self, result: xr.Dataset, metrics: str | Iterable[str] | None = None) -> Figure:
        """Draw what ``ds.dsc.compare(...)`` returned; see :func:`xdsc.plot.compare`."""
        return compare(result, metrics)
