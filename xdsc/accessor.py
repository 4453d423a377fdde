"""``ds.dsc``: a few lines a method, every one delegates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt
import xarray as xr

from xdsc.delegation import documented_by
from xdsc.errors import FitInterrupted, NotFittedError, ParameterError, message
from xdsc.labels import CLUSTER
from xdsc.methods import MethodName
from xdsc.model import ClusterModel
from xdsc.model.html import labels_html, model_html
from xdsc.model.index.indexing import is_by
from xdsc.model.index.labelling import Labelling
from xdsc.model.record.attributes import INTERRUPTED
from xdsc.plot import DSCPlot
from xdsc.preprocessing import Preprocessor, PresetName, check_names
from xdsc.remembered import LabelsOfFit
from xdsc.samples import as_composed, as_fitted
from xdsc.scoring import score
from xdsc.selection import compare
from xdsc.selection.html import comparison_html, comparison_text, is_comparison
from xdsc.statistics.fields.composites import composites
from xdsc.statistics.index.life_cycles import LifeCycles, life_cycles
from xdsc.statistics.index.regime_index import index_arguments, regime_index
from xdsc.statistics.index.standardised import INDEX
from xdsc.statistics.methods import LabelStatistics


@xr.register_dataset_accessor("dsc")  # type: ignore[no-untyped-call]
class DSCAccessor(LabelStatistics):
    """Weather and climate regimes of a Dataset: ``ds.dsc``, or typed ``xdsc.dsc(ds)``.

    Nothing is changed in place. The accessor remembers the last fit that was called on its
    Dataset, and so does the accessor of the labelled Dataset that `fit` returns; other Datasets
    made from these by xarray carry their labels, but no model. Everything is answered for the
    Dataset as it is now: labels that it has, or is given after the fit, take the place of those of
    the fit, which also end with other time steps. What `fit` has returned keeps its own labels and
    model when it is fitted again; the new ones are those of what is returned then.
    """

    _labelling: Labelling | None = None  # here, for Datasets that were pickled without it

    def __init__(self, ds: xr.Dataset) -> None:
        self._given: Any = ds
        self._model: ClusterModel | None = None
        self._labels: LabelsOfFit | None = None
        self._preprocessor: Preprocessor | None = None

    @documented_by(Preprocessor)
    def preprocess(self, **settings: Any) -> xr.Dataset:
        """Prepare the Dataset for clustering; see `xdsc.Preprocessor`.

        `fit` does this itself with the preset "paper". A Dataset that was prepared here is not
        prepared again.

        Returns
        -------
        Dataset
            New; same dims, names and coordinates, apart from what is selected or resampled; lazy if
            the input was.

        Raises
        ------
        InputError, ParameterError
            With all problems of the Dataset or the arguments.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=365, n_lat=4, n_lon=4)
        >>> prepared = ds.dsc.preprocess(deseasonalize=True)
        >>> float(prepared.t2m.min()), float(prepared.t2m.max())
        (0.0, 1.0)
        """
        check_names(settings)
        preprocessor = Preprocessor(**settings)
        prepared = preprocessor.fit_transform(self._ds)
        prepared.dsc._preprocessor = preprocessor
        return prepared

    @documented_by(Preprocessor, open_ended=True)
    def fit(
        self,
        k: int | None = None,
        *,
        n_clusters: int | None = None,
        method: MethodName | Any = "dsc",
        variables: str | Sequence[str] | None = None,
        preset: PresetName | None = None,
        preprocessor: Preprocessor | None = None,
        random_state: int | None = None,
        progress: bool = True,
        time: str | None = None,
        lat: str | None = None,
        lon: str | None = None,
        member: str | None = None,
        memory_budget: str | int | None = None,
        stream: bool | None = None,
        match_to: Any = None,
        init: Any = None,
        **options: Any,
    ) -> xr.Dataset:
        """Find K regimes and return the Dataset with the label of every time step.

        Parameters
        ----------
        k, n_clusters : int
            K, the number of regimes; two words for the same thing. "dbscan" and "hdbscan" find it
            themselves and take none.
        method : str or clusterer, default "dsc"
            A row of `xdsc.methods.METHODS`, or a scikit-learn clusterer, such as
            ``sklearn.cluster.Birch(n_clusters=7)``, of which a copy is fitted.
        variables : str or sequence of str, optional
            Variables to cluster; by default all numeric ones with time and space.
        preset : {"paper", "published-code", "weather-regimes"}, optional
            How to prepare a Dataset that is not prepared; "paper" by default, which leaves the
            annual cycle in. "weather-regimes" is what most studies of regimes do: area-weighted
            anomalies. Settings besides, as ``season="DJF"``, are those of `xdsc.Preprocessor`.
        preprocessor : Preprocessor, optional
            How to prepare it in all detail. Unlike after ``ds.dsc.preprocess(...).dsc.fit(...)``
            the labels come on the Dataset as it is, in its own units.
        random_state : int, optional
            Seed; the same seed gives the same labels.
        progress : bool, default True
            Whether to show a progress bar.
        time, lat, lon, member : str, optional
            Names of the axes, where they cannot be told by CF conventions.
        memory_budget : str or int, optional
            Memory that frames may take, as ``"8 GiB"`` or in bytes; by default half of what is
            available.
        stream : bool, optional
            Whether deep methods read frames from a file on disk instead of holding them in memory;
            by default they do where Dask's data are larger than the budget.
        match_to : Dataset, DataArray, str, array-like or ClusterModel, optional
            Whose numbers and names the regimes get, by `xdsc.match`: a labelled Dataset, labels,
            patterns or a model; see `xdsc.ClusterModel.fit`.
        init : Dataset, DataArray, str, array-like or ClusterModel, optional
            Labels that "kmeans", "gmm", "hmm", "dsc" and their kin begin with; see
            `xdsc.ClusterModel.fit`.
        **options
            Of the method. For "dsc" among others ``window``, ``network``, ``epochs``, ``n_init``;
            see `xdsc.methods.deep.dsc.DSC`.

        Returns
        -------
        Dataset
            `ds` with the integer coordinate ``cluster(time)``, or ``cluster(member, time)``: CF
            flags, numbered by falling frequency or as `match_to` says, -1 where a frame is missing,
            or left out by the preparation, or noise to a method that knows noise.

        Raises
        ------
        InputError, ParameterError
            With all problems of the Dataset or the arguments.
        FitInterrupted
            Ctrl-C in a notebook has ended the training; a KeyboardInterrupt, so that cells that
            wait are not run. ``ds.dsc.model`` is the best model so far.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=8, n_lon=8, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, epochs=5, pretrain_epochs=5, random_state=0, progress=False)
        >>> ds.cluster.dims
        ('time',)
        >>> ds.groupby("cluster").mean().sizes["latitude"]
        8
        """
        model = ClusterModel(
            _one_of(k, n_clusters),
            method=method,
            preprocessor=self._preprocessor if preprocessor is None else preprocessor,
            preset=preset,
            variables=variables,
            time=time,
            lat=lat,
            lon=lon,
            member=member,
            random_state=random_state,
            progress=progress,
            memory_budget=memory_budget,
            stream=stream,
            **options,
        )
        ds = self._ds
        try:
            labelled = model.fit_label(ds, match_to=match_to, init=init)
        except FitInterrupted:
            self._remember(model, LabelsOfFit(model.labels_))
            raise
        if CLUSTER not in ds.variables or self._model_in_step is None:
            self._remember(model, LabelsOfFit(labelled[CLUSTER]))
        labelled.dsc._remember(model, None)
        return labelled

    @property
    def model(self) -> ClusterModel:
        """The fitted `xdsc.ClusterModel` of the last fit.

        Raises
        ------
        NotFittedError
            Without a fit on this very Dataset object.
        """
        if self._model is None:
            labelled = CLUSTER in self._ds.coords
            raise NotFittedError(
                message(
                    "a Dataset on which fit was called, or which fit returned",
                    "a Dataset made from such a one, which carries its labels but no model"
                    if labelled
                    else "one without a fit",
                    "keep the model: model = fitted.dsc.model, then model.label(ds)"
                    if labelled
                    else "call ds.dsc.fit(k=...) first",
                )
            )
        return self._model

    @property
    def history(self) -> xr.Dataset:
        """How training went, one value an epoch: losses and the share of labels that changed.

        Raises
        ------
        NotFittedError
            Without a fit, or where the method does not train.
        """
        if self.model.history_ is None:
            raise NotFittedError(
                message(
                    "a method that trains",
                    f"method={self.model.method_name!r}",
                    "use method='dsc'",
                )
            )
        return self.model.history_

    def membership(self) -> xr.DataArray:
        """Soft assignment q, equation 3; see `xdsc.ClusterModel.membership`.

        Returns
        -------
        DataArray of float32, ([member,] time, cluster)
            Rows sum to 1; NaN for missing frames. The label is the column with the highest value.

        Raises
        ------
        NotFittedError
            Without a fit on this very Dataset object.
        ParameterError
            The method of the fit knows no memberships.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="gmm", random_state=0)
        >>> ds.dsc.membership().dims
        ('time', 'cluster')
        """
        return self.model.membership(self._ds)

    def embedding(self) -> xr.DataArray:
        """Embedding E, equation 1; see `xdsc.ClusterModel.embedding`.

        Returns
        -------
        DataArray of float32, ([member,] time, latent)
            NaN for missing frames.

        Raises
        ------
        NotFittedError
            Without a fit on this very Dataset object.
        ParameterError
            The method of the fit knows no embeddings.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="gmm", random_state=0)
        >>> ds.dsc.embedding().dims
        ('time', 'latent')
        """
        return self.model.embedding(self._ds)

    @documented_by(composites)
    def composites(
        self, labels: str | xr.DataArray | npt.ArrayLike | None = None, **arguments: Any
    ) -> xr.Dataset:
        """Mean, anomaly, standard deviation and count of each regime; see `xdsc.composites`.

        Parameters
        ----------
        labels : str, DataArray or array-like of shape (T,), optional
            Labels made elsewhere; by default the coordinate ``cluster``, or the labels of the last
            fit that was called on this Dataset.
        preprocessor : Preprocessor, optional
            Of the fit that gives the climatology for anomalies; by default that of the last fit
            that was called on this Dataset.
        """
        given = CLUSTER if labels is None else labels
        return composites(self._labelled, given, **as_composed(self._model_in_step, arguments))

    @documented_by(regime_index)
    def regime_index(
        self, labels: str | xr.DataArray | npt.ArrayLike | None = None, **arguments: Any
    ) -> xr.Dataset:
        """Index of each regime at each time step; see `xdsc.regime_index`.

        After a fit, and after ``model.label``, it is that of `xdsc.ClusterModel.regime_index`: by
        the patterns, mean and standard deviation of the fit, which its model keeps. Other arguments
        than `variable` ask for one of its own.

        Parameters
        ----------
        labels : str, DataArray or array-like of shape (T,), optional
            Labels made elsewhere; by default the coordinate ``cluster``, or the labels of the last
            fit that was called on this Dataset. Not needed with `patterns` or `reference`.
        preprocessor : Preprocessor, optional
            Of the fit that gives the climatology; by default that of the last fit that was called
            on this Dataset.
        """
        found = self._index_of_model({"labels": labels, **arguments})
        if found is not None:
            return found
        return regime_index(self._labelled, labels, **as_composed(self._model_in_step, arguments))

    @documented_by(life_cycles)
    def life_cycles(self, threshold: float | None = None, **arguments: Any) -> LifeCycles:
        """Life cycles of regimes, and the active regime of each time step; see `xdsc.life_cycles`.

        Parameters
        ----------
        preprocessor : Preprocessor, optional
            Of the fit that gives the climatology; by default that of the last fit that was called
            on this Dataset.
        """
        of_index, others = index_arguments(life_cycles, arguments)
        if (index := self._index_of_model(of_index)) is not None:
            return life_cycles(index, threshold, **others)
        return life_cycles(self._labelled, threshold, **as_composed(self._model_in_step, arguments))

    @documented_by(score)
    def score(
        self, labels: str | xr.DataArray | npt.ArrayLike | None = None, **arguments: Any
    ) -> xr.Dataset:
        """Judge the labels by several metrics; see `xdsc.score`.

        By default the labels, the embedding, the preparation and the axes are those of the last fit
        that was called on this Dataset.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> ds = ds.dsc.fit(k=3, method="kmeans", random_state=0)
        >>> found = ds.dsc.score(truth="regime")
        >>> found.score.sel(metric="adjusted_rand_index").item()
        1.0
        """
        return score(self._labelled, labels, **as_fitted(self._ds, self._model_in_step, arguments))

    @documented_by(compare)
    def compare(self, *args: Any, **arguments: Any) -> xr.Dataset:
        """Run several methods with several seeds, and judge all alike; see `xdsc.compare`.

        Examples
        --------
        >>> import xdsc
        >>> ds = xdsc.tutorial.open_dataset(n_times=60, n_lat=4, n_lon=4, n_regimes=3)
        >>> found = ds.dsc.compare(
        ...     k=3,
        ...     methods=["kmeans", "agglomerative"],
        ...     n_runs=2,
        ...     metrics="rmse_mean",
        ...     progress=False,
        ... )
        >>> xdsc.comparison_table(found, statistic="best").round(2)
                       RMSE_mean ↓
        Method
        k-means               1.26
        Agglomerative         1.26
        """
        return compare(self._ds, *args, **arguments)

    @property
    def plot(self) -> DSCPlot:
        """Figures of the labels, the embeddings and the training, one a method."""
        return DSCPlot._of(self._labelled, self._model_in_step, self._index_of_model)

    def __repr__(self) -> str:
        if self._model is not None:
            return f"<ds.dsc, fitted: {self._model!r}>"
        if is_comparison(self._ds):
            return f"<ds.dsc, {comparison_text(self._ds)}: plot.compare(ds)>"
        if CLUSTER in self._ds.coords:
            cut = ", interrupted" * (INTERRUPTED in self._ds[CLUSTER].attrs)
            return f"<ds.dsc, labelled{cut}: composites(), plot>"
        return "<ds.dsc, not fitted: call ds.dsc.fit(k=...)>"

    def _repr_html_(self) -> str:
        if self._model is None:
            if is_comparison(self._ds):
                return comparison_html(self._ds, repr(self))
            return labels_html(self._labelled, repr(self))
        return model_html(self._model.arguments, self._model.record, repr(self), "ds.dsc")

    def __getstate__(self) -> dict[str, Any]:
        # xarray pickles the accessor with its Dataset; a network does not go to other processes.
        return {**vars(self), "_model": None, "_labels": None, "_labelling": None}

    def _labelled_by(self, labelling: Labelling | None) -> None:
        """Remember who has made the labels of the Dataset, for their index."""
        self._labelling = labelling

    def _remember(self, model: ClusterModel | None, labels: LabelsOfFit | None) -> None:
        self._model, self._labels = model, labels
        self._labelling = None if model is None else Labelling(model, of_fit=True)

    def _index_of_model(self, arguments: Mapping[str, Any]) -> xr.Dataset | None:
        """The index by the numbers of the model; None where there is no such model, or index."""
        if self._labelling is None or INDEX in self._ds:
            return None
        return self._labelling.index(self._labelled, arguments)

    def _of_the_same_model(self, ds: xr.Dataset) -> Any:
        ds.dsc._remember(self._model, None)
        ds.dsc._labelled_by(self._labelling)
        return ds

    @property
    def _model_in_step(self) -> ClusterModel | None:
        """The model of the last fit; None where the Dataset has been given other labels since."""
        ds, model = self._labelled, self._model
        if model is None or CLUSTER not in ds.variables:
            return model
        return model if is_by(model.record, ds) else None

    @property
    def _ds(self) -> xr.Dataset:
        """The Dataset, as it is now."""
        ds: xr.Dataset = self._given
        return ds

    @property
    def _labelled(self) -> xr.Dataset:
        """The Dataset with the labels of its last fit, or with those that it carries."""
        return self._ds if self._labels is None else self._labels.on(self._ds)


def _one_of(k: int | None, n_clusters: int | None) -> int | None:
    """The one that was given; None where neither was, which some methods want."""
    if k is not None and n_clusters is not None:
        raise ParameterError(
            message(
                "the number of regimes as k= or n_clusters=",
                f"both, {k} and {n_clusters}",
                "call ds.dsc.fit(k=7)",
            )
        )
    return n_clusters if k is None else k
