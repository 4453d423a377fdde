"""Figures of labelled Datasets. matplotlib is imported when a figure is drawn, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self

import xarray as xr

from xdsc.delegation import documented_by
from xdsc.errors import NotFittedError, ParameterError, message
from xdsc.plot.arguments import known
from xdsc.plot.comparison import compare
from xdsc.plot.history import history
from xdsc.plot.maps.map_figure import composites
from xdsc.plot.rows import rows_of
from xdsc.plot.separation.captions import caption_of
from xdsc.plot.separation.embeddings import embedding
from xdsc.plot.separation.projections import Projection
from xdsc.plot.separation.silhouettes import silhouette
from xdsc.plot.statistics.calendars import timeline
from xdsc.plot.statistics.changes import decompose
from xdsc.plot.statistics.conditions import conditional_frequency
from xdsc.plot.statistics.cycles import life_cycles
from xdsc.plot.statistics.frequencies import frequency
from xdsc.plot.statistics.indices import regime_index
from xdsc.plot.statistics.matrices import transitions
from xdsc.plot.statistics.survival import persistence
from xdsc.preprocessing import Preprocessor
from xdsc.samples import FittedModel, Space
from xdsc.statistics.index.life_cycles import life_cycles as life_cycles_of
from xdsc.statistics.index.regime_index import index_arguments
from xdsc.statistics.index.regime_index import regime_index as regime_index_of
from xdsc.statistics.sequence.frequency import Part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DSCPlot",
    "compare",
    "composites",
    "conditional_frequency",
    "decompose",
    "embedding",
    "frequency",
    "history",
    "life_cycles",
    "persistence",
    "regime_index",
    "rows_of",
    "silhouette",
    "timeline",
    "transitions",
]


class DSCPlot:
    """The figures of one labelled Dataset: ``ds.dsc.plot``.

    Parameters
    ----------
    ds : Dataset
        With the labels ``cluster(time)``.
    history : Dataset, optional
        How training went, one value an epoch; what :meth:`history` draws.
    space : callable, optional
        Gives the rows (time, feature) that distances are measured in, for "data", for "embedding",
        or, for None, the embedding where there is one, and for a preprocessor or None; called when
        they are drawn. By default what `rows_of` makes of the Dataset alone.
    preprocessor : Preprocessor, optional
        Of the fit; what :meth:`composites` takes the climatology from.
    index : callable, optional
        Gives the index of regimes by the numbers of a model for arguments of `xdsc.regime_index`,
        or None, where it is taken from the Dataset.
    """

    def __init__(
        self,
        ds: xr.Dataset,
        history: xr.Dataset | None = None,
        space: Callable[[Space | None, Preprocessor | None], xr.DataArray] | None = None,
        preprocessor: Preprocessor | None = None,
        index: Callable[[Mapping[str, Any]], xr.Dataset | None] | None = None,
    ) -> None:
        self._ds = ds
        self._index = index or (lambda arguments: None)
        self._preprocessor = preprocessor
        self._training = history
        self._space = space or partial(rows_of, ds, None)

    @classmethod
    def _of(
        cls,
        ds: xr.Dataset,
        model: FittedModel | None,
        index: Callable[[Mapping[str, Any]], xr.Dataset | None] | None = None,
    ) -> Self:
        """Take a labelled Dataset, and the model of its last fit.

        Parameters
        ----------
        ds : Dataset
            With the labels ``cluster(time)``.
        model : ClusterModel or None
            Gives the history of the training, the embedding and the preparation; None without one.
        index : callable, optional
            As for the class.
        """
        rows = partial(rows_of, ds, model)
        if model is None:
            return cls(ds, None, rows, None, index)
        return cls(ds, model.history_, rows, model.preprocessor_, index)

    def __repr__(self) -> str:
        return (
            "<ds.dsc.plot: composites(var), timeline(), frequency(), persistence(), "
            "transitions(), conditional_frequency(index), decompose(var, periods), regime_index(), "
            "life_cycles(), history(), embedding(), silhouette(), compare(result)>"
        )

    def __call__(self, *given: Any, **arguments: Any) -> NoReturn:
        """Refuse to guess which figure is meant, as xarray's ``ds.plot()`` does."""
        names = "ds.dsc.plot.composites(var) or ds.dsc.plot.timeline()"
        raise ParameterError(message("a figure by name", "ds.dsc.plot(...)", f"call {names}"))

    @documented_by(composites)
    def composites(self, var: str | None = None, **arguments: Any) -> Figure:
        """Draw one map of a variable for each regime; see `xdsc.plot.composites`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=8, n_lon=8, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.composites("t2m")
        >>> fig  # a map for each regime, and the colour bar
        <Figure size ... with 4 Axes>
        >>> fig = ds.dsc.plot.composites("t2m", contours="sp", col_wrap=2)  # sp over t2m
        """
        # What it does not know goes on to matplotlib, which it asks itself.
        return composites(self._ds, var, **{"preprocessor": self._preprocessor} | arguments)

    @documented_by(timeline)
    def timeline(self, **arguments: Any) -> Figure:
        """Draw the regime of every time step over the calendar; see `xdsc.plot.timeline`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.timeline()
        >>> len(fig.legends[0].get_texts())
        3
        """
        return timeline(self._ds, **known(timeline, arguments))

    @documented_by(frequency)
    def frequency(self, by: Part | None = "month", **arguments: Any) -> Figure:
        """Draw how often each regime occurs; see `xdsc.plot.frequency`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.frequency(by="month")
        >>> fig.axes[0].get_ylabel()
        'time steps (%)'
        """
        return frequency(self._ds, by=by, **arguments)

    @documented_by(persistence)
    def persistence(self, **arguments: Any) -> Figure:
        """Draw how long regimes last; see `xdsc.plot.persistence`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.persistence(n=50, random_state=0)
        >>> len(fig.axes)
        3
        """
        return persistence(self._ds, **arguments)

    @documented_by(transitions)
    def transitions(self, **arguments: Any) -> Figure:
        """Draw which regime follows which; see `xdsc.plot.transitions`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.transitions(n=50, random_state=0)
        >>> fig.axes[0].get_xlabel()
        'to'
        """
        return transitions(self._ds, **arguments)

    @documented_by(conditional_frequency)
    def conditional_frequency(self, index: Any, **arguments: Any) -> Figure:
        """Draw how often regimes occur by an index; see `xdsc.plot.conditional_frequency`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> index = ds.t2m.mean(["latitude", "longitude"])
        >>> fig = ds.dsc.plot.conditional_frequency(index, n=50, random_state=0)
        >>> len(fig.legends[0].get_texts())
        3
        """
        return conditional_frequency(self._ds, index, **arguments)

    @documented_by(decompose)
    def decompose(self, var: str, periods: Any, **arguments: Any) -> Figure:
        """Draw what a change is due to, regime by regime; see `xdsc.plot.decompose`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> first, second = slice(ds.time[0], ds.time[29]), slice(ds.time[30], ds.time[59])
        >>> fig = ds.dsc.plot.decompose("t2m", [first, second], n=50, random_state=0)
        >>> len(fig.axes[0].get_xticklabels())  # three regimes, and all together
        4
        """
        return decompose(self._ds, var, periods, **arguments)

    @documented_by(regime_index)
    def regime_index(self, period: Any = None, **arguments: Any) -> Figure:
        """Draw the index of each regime over time; see `xdsc.plot.regime_index`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.regime_index(variable="t2m", min_duration="2D")
        >>> fig.axes[0].get_ylabel()
        'regime index'
        """
        ds, arguments = self._indexed(regime_index_of, arguments)
        return regime_index(ds, period, **arguments)

    @documented_by(life_cycles)
    def life_cycles(self, **arguments: Any) -> Figure:
        """Draw the life cycles of regimes over the years; see `xdsc.plot.life_cycles`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds[["t2m"]].dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.life_cycles(min_duration="2D")
        >>> len(fig.legends[0].get_texts())
        3
        """
        ds, arguments = self._indexed(life_cycles_of, arguments)
        return life_cycles(ds, **arguments)

    def _indexed(
        self, function: Callable[..., Any], arguments: Mapping[str, Any]
    ) -> tuple[xr.Dataset, dict[str, Any]]:
        """What an index is drawn of, and the arguments of the figure, which asks `function`."""
        of_index, others = index_arguments(function, arguments)
        if (found := self._index(of_index)) is None:
            return self._ds, {"preprocessor": self._preprocessor} | dict(arguments)
        return found, others

    @documented_by(history, brought=("training",))
    def history(self, **arguments: Any) -> Figure:
        """Draw the losses and the label changes of the training; see `xdsc.plot.history`.

        Raises
        ------
        NotFittedError
            The Dataset was not trained on in this session, or its method does not train.
        InputError
            No epoch has a value.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=8, n_lon=8, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="cnn_encoder", epochs=2, progress=False)
        >>> fig = ds.dsc.plot.history()
        >>> fig.axes[-1].get_xlabel()
        'epoch'
        """
        known(history, arguments)
        if self._training is None:
            raise NotFittedError(
                message(
                    "the history of a training run",
                    "a Dataset that was not trained on in this session",
                    "call ds.dsc.fit(k=...) first, or xdsc.plot.history(model.history_)",
                )
            )
        return history(self._training, **arguments)

    @documented_by(embedding, brought=("ds", "embedding"))
    def embedding(
        self,
        kind: Projection = "tsne",
        *,
        preprocessor: Preprocessor | None = None,
        **arguments: Any,
    ) -> Figure:
        """Draw the embeddings in two dimensions; see `xdsc.plot.embedding`.

        Labels without a model, and methods without an embedding, are drawn by the prepared fields.
        Where the embedding was trained the caption says how much further apart the regimes lie in
        it than in the fields, and how well clusters of the fields agree with them.

        Parameters
        ----------
        preprocessor : Preprocessor, optional
            Draws the fields as it prepares them: of a slice of labelled data, those of the fit.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="gmm", random_state=0)
        >>> fig = ds.dsc.plot.embedding("pca")
        >>> fig.axes[0].get_xlabel()
        'PC 1 (... %)'
        """
        known(embedding, arguments)
        rows = self._space(None, preprocessor)
        if self._training is not None and "caption" not in arguments:
            arguments["caption"] = caption_of(self._ds, rows, self._space("data", preprocessor))
        return embedding(self._ds, rows, kind=kind, **arguments)

    @documented_by(silhouette, brought=("ds", "X"))
    def silhouette(
        self, *, space: Space = "data", preprocessor: Preprocessor | None = None, **arguments: Any
    ) -> Figure:
        """Draw how well each time step lies in its regime; see `xdsc.plot.silhouette`.

        Parameters
        ----------
        space : {"data", "embedding"}, default "data"
            What distances are measured in. "data", the prepared fields, compares with other methods
            and is the default as in ``ds.dsc.score()``; "embedding" is what the method itself sees.
        preprocessor : Preprocessor, optional
            How to prepare the fields, as for ``ds.dsc.score()``: for a slice of labelled data, that
            of the fit.

        Raises
        ------
        NotFittedError
            There are no labels; or an embedding is asked for and there is no model.
        ParameterError
            An argument is wrong, or the method has no embedding.
        InputError
            There is only one regime.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> fig = ds.dsc.plot.silhouette()
        >>> fig.axes[0].get_xlabel()
        'silhouette coefficient (Euclidean distance, prepared fields)'
        """
        return silhouette(
            self._ds, self._space(space, preprocessor), **known(silhouette, arguments)
        )

    @documented_by(compare, brought=())
    def compare(
        self,
        result: xr.Dataset,
        metrics: str | Iterable[str] | None = None,
        **arguments: Any,
    ) -> Figure:
        """Draw the scores of a comparison; see `xdsc.plot.compare`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> found = ds.dsc.compare(3, ["kmeans", "gmm"], n_runs=2, progress=False)
        >>> fig = ds.dsc.plot.compare(found, ["silhouette", "rmse_mean"])
        >>> len(fig.axes)
        2
        """
        return compare(result, metrics, **known(compare, arguments))
